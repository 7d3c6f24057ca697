"""/api/openapi.json is complete and true: every address, every status, every shape; and no request breaks the till."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from flask import jsonify
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pos.app import App
from pos.store import people
from pos.web import auth, openapi
from pos.web.describe import description_of
from tests.conftest import REPO
from tests.web.conftest import Page
from tests.web.described import held_to

Basket = Callable[..., dict[str, Any]]

#: TILLKEEP_API_CASES=200 looks at so many requests for each address and kind of caller, each time at other ones.
CASES = int(os.environ.get("TILLKEEP_API_CASES", "0"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
#: WebSockets are asked for in tests/web/test_status.py.
NOT_ASKED = ("/live", "/api/hub/v1/live")


# -- complete ----------------------------------------------------------------------------------------------------------


def test_every_address_is_described_and_none_that_is_not_there(till: App) -> None:
    said = openapi.document(till.flask)["paths"]
    described = {(path, method.upper()) for path, operations in said.items() for method in operations}
    assert described == {(openapi.path_of(route), method) for route, method in openapi.routes(till.flask)}


def test_every_address_for_programs_stands_in_the_docs(till: App) -> None:
    page = (REPO / "docs" / "api.md").read_text(encoding="utf-8")
    named = {re.sub(r"<[^>]*>", "<>", word) for word in re.findall(r"(?:/api|/hooks)/[\w/<>.-]*[\w>]", page)}
    routes = {re.sub(r"<[^>]*>", "<>", r.rule) for r, _ in openapi.routes(till.flask) if openapi._is_json(r)}
    assert sorted(routes - named) == []


def test_every_address_for_programs_declares_its_shapes(till: App) -> None:
    silent = []
    for route, method in openapi.routes(till.flask):
        said = description_of(till.flask.view_functions[route.endpoint])
        if openapi._is_json(route) and said is None:
            silent.append(f"{method} {route.rule}")
    assert silent == []


def test_a_rule_is_said_in_words_and_its_refusals_are_declared(till: App) -> None:
    said = openapi.document(till.flask)["paths"]
    for route, method in openapi.routes(till.flask):
        operation = said[openapi.path_of(route)][method.lower()]
        rule = auth.rule_of(till.flask, route.endpoint)
        assert rule is not None
        if rule.kind == "right":
            assert {"401", "403"} <= set(operation["responses"]), route.rule
            assert all(right in operation["description"] for right in rule.rights)
            assert operation["security"] == [{"key": []}]
        assert operation["summary"], route.rule
    assert said["/api/hold"]["post"]["responses"].keys() >= {"200", "201", "401", "403", "409", "415", "422", "503"}
    assert said["/api/items/{code}/matrix"]["get"]["parameters"][0]["name"] == "code"


def test_it_is_served_as_it_is_made(till: App, page: Page) -> None:
    answer = page.get("/api/openapi.json")
    assert answer.json["openapi"] == "3.1.0"
    assert answer.json["paths"] == openapi.document(till.flask)["paths"]


# -- true --------------------------------------------------------------------------------------------------------------


def told(case: Any, wsgi: Any, headers: dict[str, str]) -> str:
    """What the answer to one case does against the description, "" when nothing."""
    answer = case.call(app=wsgi, headers=headers)
    try:
        case.validate_response(answer, checks=CHECKS)
    except BaseExceptionGroup as wrong:
        words = "; ".join(str(getattr(one, "message", one))[:300] for one in wrong.exceptions)
        return f"{case.method} {case.formatted_path} {answer.status_code}: {words} | {answer.text[:300]}"
    return ""


def asked(app: App, headers: dict[str, str], mode: GenerationMode, cases: int, only: str = "") -> Iterator[str]:
    """Every address, each with so many requests made from its description; what is wrong with the answers."""

    def wsgi(environ: dict[str, Any], start: Any) -> Any:
        environ.setdefault("REMOTE_ADDR", "127.0.0.1")
        return app.flask(environ, start)

    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", wsgi)
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in NOT_ASKED or only not in operation.path:
            continue
        if mode is GenerationMode.POSITIVE or operation.body:  # else there is nothing that could be otherwise
            made = operation.as_strategy(generation_mode=mode)
            yield from _asked(made, CASES or cases, lambda case: told(case, wsgi, headers))


def _asked(made: Any, cases: int, ask: Callable[[Any], str]) -> list[str]:
    wrong = []

    @settings(
        max_examples=cases,
        derandomize=not CASES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=made)
    def each(case: Any) -> None:
        wrong.append(ask(case))

    each()
    return [words for words in wrong if words]


@pytest.fixture
def traded(till: App, basket: Basket) -> App:
    """A till where something was sold, so that there is something to find."""
    anna = Page(till).sign_in("7")
    assert anna.post("/api/create-sale", basket()).status_code == 201
    return till


def long(*case: Any) -> Any:
    """Whoever may nothing is refused alike everywhere; test_who_may.py asks each address without a key."""
    return pytest.param(*case, marks=pytest.mark.long)


@pytest.mark.parametrize(("role", "cases"), [("admin", 1), ("cashier", 1), long("", 1), long("not a key", 1)])
def test_no_request_breaks_the_till_and_no_answer_is_undeclared(traded: App, role: str, cases: int) -> None:
    """With a key for everything, one for little, none, and one that is none."""
    headers = {}
    if role:
        known = role in ("admin", "cashier")
        headers["Authorization"] = f"Bearer {people.add_token(traded.store, role, role) if known else 'tk_none'}"
    assert list(asked(traded, headers, GenerationMode.POSITIVE, cases)) == []


@pytest.mark.parametrize("cases", [1, long(3)])
def test_requests_that_are_not_as_described_are_refused_in_words(traded: App, cases: int) -> None:
    headers = {"Authorization": f"Bearer {people.add_token(traded.store, 'admin', 'admin')}"}
    assert list(asked(traded, headers, GenerationMode.NEGATIVE, cases)) == []


def test_an_answer_nobody_declared_would_be_found(till: App) -> None:
    """The control: the looks above can fail."""
    till.flask._got_first_request = False
    view = auth.open_to_all(lambda: (jsonify({"ok": True}), 418))
    view.__module__ = "pos.web.held"
    till.flask.add_url_rule("/api/teapot", endpoint="teapot", view_func=view)
    wrong = list(asked(till, {}, GenerationMode.POSITIVE, 1, only="teapot"))
    assert "418" in wrong[0]
    with pytest.raises(AssertionError, match="418"):
        held_to(till.flask, "GET", Page(till).client.get("/api/teapot", base_url=Page.base))


def test_a_number_no_row_can_have_is_not_there(till: App) -> None:
    """SQLite takes 64 bits; a longer one once was an error of ours."""
    key = people.add_token(till.store, "admin", "admin")
    page = Page(till, HTTP_AUTHORIZATION=f"Bearer {key}")
    assert page.get(f"/api/console/outbox/{1 << 63}").status_code == 404
    answer = page.post("/api/console/outbox/retry", {"rows": [1 << 63]})
    assert (answer.status_code, answer.json["field"]) == (422, "rows")
