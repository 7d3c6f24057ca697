"""inventory smoke: the whole way of a change of stock over HTTP, against a real server on a folder that is thrown away.

Nothing of this folder is read or written. Prints a line a step, then INVENTORY_API_SMOKE_PASS and
INVENTORY_BATCH4_SMOKE_PASS; 1 when a step went otherwise.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from pos import cli, config
from pos.store import catalog, people
from pos.store.db import Store
from pos.store.env_users import CHARS_MADE

API_PASS, BATCH4_PASS = "INVENTORY_API_SMOKE_PASS", "INVENTORY_BATCH4_SMOKE_PASS"
#: What a trial is called, so that what one left is found again: `inventory cleanup`.
SKU, PLACE = "SMOKE-SKU-", "SMOKE_"
SECONDS_MAX = 30
_API = "/api/inventory"


class Failed(Exception):
    """A step went otherwise than it must."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]


@dataclass
class Trial:
    """A server to ask, with the headers of each asker. say: is told of each step."""

    port: int
    keys: Mapping[str, dict[str, str]]
    say: Callable[[str], None] = print
    made: dict[str, str] = field(default_factory=dict)

    def ask(self, who: str, method: str, path: str, body: Any = None) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        headers = {**self.keys.get(who, {}), "Content-Type": "application/json"}
        try:
            line.request(method, f"{_API}/{path}", None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            text = answer.read()
        finally:
            line.close()
        found = json.loads(text) if text.startswith(b"{") else {}
        return Answer(answer.status, found)

    def step(self, words: str, who: str, path: str, body: Any, status: int, /, **wanted: Any) -> dict[str, Any]:
        """One request, whose answer must have this status and these values. body: None asks, else it sends."""
        found = self.ask(who, "GET" if body is None else "POST", path, body)
        wrong = {name: found.body.get(name) for name, value in wanted.items() if found.body.get(name) != value}
        if found.status != status or wrong:
            told = found.body.get("message") or wrong
            raise Failed(f"{words}: {found.status} in place of {status}, {told}")
        self.say(f"ok   {words}")
        return found.body


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="only what passed and what did not")


def run(args: argparse.Namespace, root: Path) -> int:  # noqa: ARG001 - nothing of the folder is touched
    say = (lambda _words: None) if args.quiet else print
    logging.disable(logging.INFO)
    try:
        with _server(say) as trial:
            of_the_api(trial)
            print(API_PASS)
            of_approvals(trial)
            print(BATCH4_PASS)
    except Failed as error:
        print(f"FAIL {error}")
        return cli.FAILED
    finally:
        logging.disable(logging.NOTSET)
    return cli.OK


def of_the_api(trial: Trial) -> None:
    """Places, goods in, a transfer, what is refused, a void; the levels after each."""
    sku, here, there = f"{SKU}1", f"{PLACE}SHOP", f"{PLACE}BACK"
    trial.step("nobody reads without a key", "nobody", "overview", None, 401)
    trial.step("a wrong key is refused", "wrong", "overview", None, 401)
    for code in (here, there):
        place = {"code": code, "displayName": code, "qbSiteFullName": code}
        trial.step(f"the place {code} is made", "admin", "location", place, 201)
        trial.step(f"the place {code} is there already", "admin", "location", place, 200)
    trial.step("the key that writes sets nothing up", "write", "location", {"code": f"{PLACE}NO"}, 403)
    line = {"sku": sku, "quantity": "10"}
    came = {"id": "smoke-in", "location": here, "memo": "smoke test", **line}
    trial.step("ten come in", "write", "adjustment", came, 201, status="committed")
    trial.step("the same again is the same", "write", "adjustment", came, 200, status="committed")
    trial.step("other content of one id is a conflict", "write", "adjustment", {**came, "quantity": "9"}, 409)
    way = {"fromLocation": here, "toLocation": there, "sku": sku}
    trial.step("four go to the back", "write", "transfer", {"id": "smoke-go", "quantity": "4", **way}, 201)
    for words, wrong, name in (
        ("nothing", {"quantity": "0"}, "quantity"),
        ("more than is there", {"quantity": "24"}, "quantity"),
        ("an unknown item", {"quantity": "1", "sku": f"{SKU}NO"}, "sku"),
        ("the same place", {"quantity": "1", "toLocation": here}, "toLocation"),
    ):
        trial.step(f"{words} is refused", "write", "transfer", {**way, **wrong}, 400, field=name)
    _levels(trial, sku, {here: "6", there: "4"})
    trial.step("an odd code is found", "write", f"item/{quote(f'{SKU}2/50% x', safe='')}", None, 200)
    trial.step("the transfer is taken back", "admin", "events/smoke-go/void", {"reason": "smoke"}, 200, status="voided")
    _levels(trial, sku, {here: "10", there: "0"})
    for path in ("health", "locations", "events", "queue-summary", "audit", "security-config", "approvals"):
        trial.step(f"{path} answers", "admin", path, None, 200)


def of_approvals(trial: Trial) -> None:
    """Thresholds, four eyes, a second click, a rejection; what was agreed to goes to the queue."""
    sku, here, there = f"{SKU}1", f"{PLACE}SHOP", f"{PLACE}BACK"
    trial.step("approvals are on", "write", "security-config", None, 200, approvalsOn=True, anonymousAccess=False)
    big = {"location": here, "sku": sku, "quantity": "30"}
    waits = {"status": "pending_approval"}
    trial.step("thirty wait for somebody", "write", "adjustment", {"id": "smoke-30", **big}, 202, **waits)
    one = {"id": "smoke-set", "location": there, "sku": sku, "quantity": "5", "mode": "set"}
    trial.step("a level waits for somebody", "write", "adjustment", one, 202, **waits)
    day = {"id": "smoke-day", "fromLocation": there, "toLocation": here, "sku": sku}
    trial.step(
        "nine more go",
        "write",
        "transfer",
        {"id": "smoke-9", "fromLocation": here, "toLocation": there, "sku": sku, "quantity": "9"},
        201,
    )
    trial.step("a day in pieces waits, too", "write", "transfer", {**day, "quantity": "6"}, 202, **waits)
    agree = "approvals/smoke-30/approve"
    trial.step("the key that writes agrees to nothing", "write", agree, {}, 403)
    trial.step("its sister of the environment neither", "admin", agree, {}, 403, code="four_eyes")
    trial.step("a key that is nobody's neither", "bot", agree, {}, 403, code="nobody")
    done = trial.step("somebody else agrees", "ada", agree, {}, 200, status="committed")
    again = trial.step("a second click changes nothing", "ben", agree, {}, 200, status="committed")
    if done["event"]["id"] != again["event"]["id"] or done["event"]["approvedBy"] != again["event"]["approvedBy"]:
        raise Failed("the second click made another event")
    trial.step("a level is rejected", "ben", "approvals/smoke-set/reject", {"note": "count it"}, 200, status="rejected")
    trial.step("and no longer agreed to", "ada", "approvals/smoke-set/approve", {}, 409, code="decided")
    _levels(trial, sku, {here: "31", there: "9"})
    if again["event"]["qbStatus"] not in ("pending", "not_ready"):
        raise Failed(f"what was agreed to is {again['event']['qbStatus']} for QuickBooks")
    trial.say(f"ok   what was agreed to is {again['event']['qbStatus']} for QuickBooks")
    moved = trial.step("the transfer is in the queue", "write", "events/smoke-9", None, 200)["event"]
    if moved["qbStatus"] != "pending":
        raise Failed(f"the transfer is {moved['qbStatus']} for QuickBooks: {moved['qbWords']}")
    rows = trial.step("the audit has it all", "admin", "audit?limit=200", None, 200)["rows"]
    acts = [row["act"] for row in rows]
    missing = {"inventory.refused", "inventory.request.approved", "inventory.request.rejected"} - set(acts)
    if missing:
        raise Failed(f"the audit lacks {', '.join(sorted(missing))}")


def _levels(trial: Trial, sku: str, wanted: dict[str, str]) -> None:
    found = trial.step("the levels are looked at", "write", f"item/{quote(sku, safe='')}", None, 200)
    now = {row["location"]: row["onHand"] for row in found["rows"]}
    if {place: now.get(place, "0") for place in wanted} != wanted:
        raise Failed(f"the levels are {now} in place of {wanted}")


@contextmanager
def _server(say: Callable[[str], None]) -> Iterator[Trial]:
    """A server on a free port of this machine and a folder that goes with it."""
    from pos.app import create_app  # the whole program; not needed for --help
    from pos.web.server import listen

    write, admin = (secrets.token_hex(CHARS_MADE // 2) for _ in range(2))
    around = {
        "INVENTORY_WRITE_TOKEN": write, "INVENTORY_ADMIN_TOKEN": admin, "QBWC_USERNAME": "smoke",
        "QBWC_PASSWORD": secrets.token_hex(16),
    }  # fmt: skip
    with TemporaryDirectory(prefix="tillkeep-smoke-") as folder:
        app = create_app(config.load(Path(folder), environ=around))
        try:
            keys = {name: {"Authorization": f"Bearer {key}"} for name, key in _people(app.store).items()}
            keys |= {"write": {"X-Inventory-Token": write}, "admin": {"X-Inventory-Admin-Token": admin}}
            keys["wrong"] = {"X-Inventory-Token": f"{write}x"}
            server = listen(app.flask, "127.0.0.1", 0, 4, app.config.security.body_kb_max * 1024)
            thread = threading.Thread(target=server.run, name="smoke", daemon=True)
            thread.start()
            try:
                yield Trial(server.port, keys, say)
            finally:
                server.stop()
                thread.join(SECONDS_MAX)
        finally:
            app.stop()


def _people(store: Store) -> dict[str, str]:
    """Goods to move, and keys: of two people, and one that is nobody's."""
    catalog.put_taxes(store, [{"code": "SMOKE", "title": "Smoke", "rate": "0"}])
    rows = [
        {"code": code, "name": code, "item_group": "Smoke", "tax_code": "SMOKE"}
        for code in (f"{SKU}1", f"{SKU}2/50% x")
    ]
    catalog.put_items(store, rows, "smoke-test")
    found = {"bot": people.add_token(store, "bot", "admin", "smoke-test")}
    for code in ("ada", "ben"):
        people.add_user(store, code, code.title(), "manager", None, "smoke-test")
        found[code] = people.add_token(store, code, "manager", "smoke-test", person=code)
    return found
