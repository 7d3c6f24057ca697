"""Bodies nobody's page sends: each is refused in words, at once, and by no fault of ours. Each route that has one."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

from pos.app import App
from tests.security.test_forgery import CHANGES, counts
from tests.web.conftest import Page
from tests.web.test_rules import ROUTES, sample

#: These end what the other questions need, or are about no JSON.
LEFT_OUT = ("/api/sign-out", "/api/console/sign-out", "/api/lock", "/api/setup/finish", "/api/copies")
READERS = [route for route in CHANGES if not any(part in route for part in LEFT_OUT)]
#: What they are sent is not looked at: there is nothing to say.
UNREAD = (
    "POST /api/notices/read", "POST /api/approvals/ask/<key>/withdraw", "POST /api/console/audit/verify",
    "POST /conductor/test",
)  # fmt: skip
SECONDS_MAX = 20  # generous: a number that blows up takes minutes, or all the memory
LONG = b"9" * 4000

WRONG = {
    "nested 100,000 deep": b'{"a":' * 100_000,
    "a list 100,000 deep": b'{"lines":' + b"[" * 100_000,
    "NaN": b'{"total": NaN, "amount": NaN}',
    "Infinity": b'{"total": -Infinity}',
    "UTF-16": '{"code": "9"}'.encode("utf-16"),
    "Latin-1": '{"code": "é"}'.encode("latin-1"),
    "half a character": b'{"code": "\xe2\x82"}',
    "half a surrogate pair": b'{"code": "\\ud800"}',
    "gzip, said or not": gzip.compress(b'{"code": "9"}'),
    "two objects": b"{}{}",
    "a comment": b"{/* */}",
    "a BOM": b"\xef\xbb\xbf{}",
    "nothing": b"",
}


def some(values: Sequence[Any], n: int) -> Sequence[Any]:
    """A few of them, other ones for each n; all of them where there is time."""
    return values if os.environ.get("TILLKEEP_LONG") else values[n % 5 :: 5]


def test_what_is_no_json_is_refused_by_every_route(till: App, program: Page) -> None:
    before = counts(till)
    for n, route in enumerate(READERS):
        for name in WRONG if route == "POST /api/create-sale" else some([*WRONG], n):
            status = ask_raw(program, route, WRONG[name])
            assert 400 <= status < 500 or (status == 200 and route in UNREAD), (route, name, status)
    assert {name: n for name, n in counts(till).items() if n > before[name] and name != "audit"} == {}


def ask_raw(page: Page, route: str, raw: bytes, **headers: str) -> int:
    method, path = sample(route)
    return page.post(path, raw, method=method, headers=headers).status_code


#: In the place of each value a route reads.
VALUES: tuple[bytes, ...] = (
    b"1e999999999", b"-1e-999999999", b'"1e999999999"', b"1" + b"0" * 400, b'"' + LONG + b'"', b'"NaN"', b'"Infinity"',
    b'"\\u0000"', b'"\\u202e\\u0007"', b'"' + "١٢".encode() + b'"', b"-0", b"true", b"null", b"[[]]", b'{"a": {}}',
    b'"../../../../etc/passwd"', b'"\' OR 1=1 --"', b'"%s%n{0}"', b"9223372036854775808",
)  # fmt: skip


def bodies(described: dict[str, Any], route: str) -> Iterator[bytes]:
    """For each hostile value a body with it in every field the route is described to read, at every depth."""
    method, path = route.split(" ")
    path = (
        path.replace("<", "{").replace(">", "}").replace("{path:", "{").replace("{int:", "{").replace("{any_text:", "{")
    )
    content = described["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    parts = described.get("components", {}).get("schemas", {})
    for value in some(VALUES, len(route)):
        mark = "\ue000"
        yield json.dumps(filled(schema, parts, mark), ensure_ascii=False).encode().replace(f'"{mark}"'.encode(), value)


def filled(schema: dict[str, Any], parts: dict[str, Any], mark: str, depth: int = 0) -> Any:
    """An example of a schema with `mark` for each plain value."""
    if "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return filled(schema[word][0], parts, mark, depth)
    if "properties" in schema and depth < 6:
        return {name: filled(inner, parts, mark, depth + 1) for name, inner in schema["properties"].items()}
    if schema.get("type") == "array" and depth < 6:
        return [filled(schema.get("items", {}), parts, mark, depth + 1)]
    return mark


def test_no_value_in_any_field_is_a_fault_of_ours_or_takes_for_ever(till: App, program: Page) -> None:
    described = program.get("/api/openapi.json").json
    faults, asked = [], 0
    for route in READERS:
        began = time.monotonic()
        for raw in bodies(described, route):
            asked += raw not in VALUES
            status = ask_raw(program, route, raw)
            if status >= 500:
                faults.append((route, status, raw[:300]))
        if time.monotonic() - began > SECONDS_MAX:
            faults.append((route, 0, b"takes for ever"))
    assert faults == []
    assert asked > 150, "most routes say what they read"


def test_a_basket_with_a_figure_that_explodes_is_refused_at_once(till: App, program: Page, basket: Any) -> None:
    """The fields one by one, all else as it should be: the ones above are refused at their first field."""
    good = basket()
    faults = []
    for n, path in enumerate(leaves(good)):
        for value in some(VALUES, n):
            raw = json.dumps(with_mark(good, path), ensure_ascii=False).replace('"\ue000"', value.decode()).encode()
            for address in ("/api/create-sale", "/api/price"):
                began = time.monotonic()
                answer = program.post(address, raw)
                if answer.status_code >= 500 or time.monotonic() - began > SECONDS_MAX:
                    faults.append((address, path, value[:40], answer.status_code))
    assert faults == []


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    elif path != ("id",):
        yield path


def with_mark(value: Any, path: tuple[Any, ...]) -> Any:
    copied = json.loads(json.dumps(value))
    at = copied
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = "\ue000"
    return copied


def test_of_a_key_given_twice_one_counts_and_it_is_the_one_that_is_priced(
    till: App, program: Page, basket: Any
) -> None:
    """Two readers that took different ones would be a way around every check; here there is one reader."""
    good = json.dumps(basket())
    twice = good[:-1] + ', "total": "0.01"}'
    answer = program.post("/api/create-sale", twice.encode())
    assert (answer.status_code, answer.json["code"]) == (409, "total_differs")


def test_a_compressed_body_is_not_unpacked(program: Page, basket: Any) -> None:
    """So there is nothing that could swell: a megabyte of zeros is a kilobyte of nonsense."""
    bomb = gzip.compress(b"0" * 1_000_000)
    for headers in ({}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}):
        assert ask_raw(program, "POST /api/create-sale", bomb, **headers) == 400


NONSENSE = ("%00", "%0d%0aSet-Cookie:x=1", "%ff%fe", "9" * 400, "..%2f..%2fetc%2fpasswd", "%F0%9F%92%A9", "%25%00%27")


def test_addresses_full_of_nonsense_are_no_fault_of_ours(till: App, program: Page) -> None:
    """Each part of an address and each question behind it."""
    faults = []
    for n, route in enumerate(ROUTES):
        if not route.startswith("GET ") or route == "GET /live":
            continue
        path = route.partition(" ")[2]
        for nonsense in some(NONSENSE, n):
            parts = path.split("<")
            address = parts[0] + "".join(nonsense + part.partition(">")[2] for part in parts[1:])
            names = ("q", "page", "limit", "offset", "day", "from", "to", "sort", "after", "number", "code", "level")
            asked = "&".join(f"{name}={nonsense}" for name in names)
            answer = program.get(f"{address}?{asked}")
            if answer.status_code >= 500 or "x=1" in answer.headers.get("Set-Cookie", ""):
                faults.append((address[:80], nonsense[:20], answer.status_code))
    assert faults == []
