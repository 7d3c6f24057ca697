"""Two companies on one hub: no query of the console, and none of a till, ever shows one of them a row of the other's.

Each query is asked by somebody of each company and must show what is theirs and nothing else; somebody who may see
everything is asked beside them, so that a query that shows nobody anything proves nothing. A new route of the console
has to be put into one of the tables here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from pos import clock, config
from pos.actions import hub_intake
from pos.app import App, create_app
from pos.rules import hub
from pos.store import companies, hub_tills, notices, passwords, people, reach, reconciliations
from pos.store.companies import Place
from pos.store.hub_tills import Joining
from pos.store.models import Connection, Document, Held, Outbox, ReconciliationItem, Session, User, VoucherRow
from pos.store.scopes import Scope
from pos.web import auth
from tests.actions.test_hub_intake import Made
from tests.web.conftest import PASSWORD, Console, Page

#: Every route of the console that keeps to somebody's reach, as they are asked: {…} are ids of the other's rows.
LISTS = (
    "/console",
    "/console/overview.csv",
    "/api/console/overview",
    "/console/outbox?show=all",
    "/console/outbox.csv?show=all",
    "/api/console/outbox?show=all",
    "/api/console/outbox?show=needs",
    "/api/console/outbox?show=all&q={beginning}",
    "/console/reconciliation",
    "/console/reconciliation.csv",
    "/api/console/reconciliations",
    "/console/z",
    "/console/z.csv",
    "/api/console/zreads",
    "/console/audit",
    "/console/audit.csv",
    "/api/console/audit",
    "/console/people",
    "/console/people.csv",
    "/api/console/people",
    "/console/tills",
    "/console/hub/tills.csv",
    "/api/console/hub/tills",
)
#: What names one thing: the other's is not there, one's own is. A body makes it a POST.
NAMED: tuple[tuple[str, Any], ...] = (
    ("/console/outbox/{n}", None),
    ("/api/console/outbox/{n}", None),
    ("/api/console/outbox/{n}/park", {"reason": "wait for Monday"}),
    ("/api/console/outbox/{n}/unpark", {}),
    ("/api/console/outbox/{n}/resolve", {"reason": "typed in by hand", "second": {"code": "99", "secret": "x"}}),
    ("/console/receipts/{document}", None),
    ("/api/console/documents/{document}/file", None),
    ("/console/trace.csv?q={number}", None),
    ("/console/reconciliation/session/{session}", None),
    ("/console/reconciliation/session/{session}.csv", None),
    ("/api/console/reconciliations/session/{session}", None),
    ("/api/console/reconciliations/items/{item}/settle", {"reason": "counted by hand"}),
    ("/api/console/z?number={z}", None),
    ("/console/people/person?code={code}", None),
    ("/api/console/people/{code}/role", {"role": "cashier"}),
    ("/api/console/people/{code}/active", {"active": False}),
    ("/api/console/people/{code}/pin", {}),
    ("/api/console/people/{code}/password", {}),
    ("/api/console/people/{code}/badge", {}),
    ("/api/console/hub/tills/{till}/again", {}),
    ("/api/console/hub/tills/{till}/keep", {}),
    ("/api/console/hub/tills/{till}/rename", {"name": "Ours"}),
    ("/api/console/hub/tills/{till}/move", {}),
    ("/api/console/hub/tills/{till}/revoke", {}),
)
#: Asked in tests of their own below.
APART = {
    "/console/trace",
    "/api/console/trace",
    "/api/console/outbox/retry",
    "/api/console/reconciliations/run",
    "/api/reconciliations",
    "/api/reconciliations/<scope>/<name>",
    "/api/reconciliations/run",
    "/api/reconciliations/items/<int:n>/settle",
    "/api/console/people",
    "/api/console/hub/tills",
}
#: About the books of one company, named in the request: another's are refused.
OF_COMPANY: tuple[tuple[str, Any], ...] = (
    ("/settings/integrations", None),
    ("/api/integrations/quickbooks/auth-url", None),
    ("/api/integrations/quickbooks/callback", {"address": "http://localhost/?code=a&state=b"}),
    ("/api/integrations/quickbooks/disconnect", {}),
    ("/api/integrations/quickbooks/realm", {"take": True}),
)
#: Routes of the console about the whole hub: whose rights are kept to a part of it is refused.
WHOLE = {
    "/api/console/agents", "/api/console/agents/pause", "/api/console/agents/resume", "/api/console/agents/run",
    "/api/console/agents/runs", "/api/console/anchors", "/api/console/audit/verify",
    "/api/console/logs", "/api/console/replay", "/api/console/replay/look", "/api/console/settings",
    "/api/console/tills", "/api/console/tills/<key>/revoke", "/api/console/tokens",
    "/api/console/tokens/<key>/revoke", "/api/console/tokens/<key>/rotate", "/console/agents", "/console/agents.csv",
    "/console/agents/runs", "/console/agents/runs.csv", "/console/anchors/<till>.jsonl", "/console/logs",
    "/console/logs.csv", "/console/replay", "/console/settings", "/console/settings.csv", "/console/tills.csv",
    "/console/tokens", "/console/tokens.csv",
}  # fmt: skip


@dataclass(frozen=True)
class Side:
    """One company: its till's key, ids of its rows, and words that give a row of it away."""

    company: str
    key: str
    ids: dict[str, Any]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Hub:
    """A hub of two companies, and somebody of each at its console; `whole` may see all of it."""

    app: App
    sides: tuple[Side, Side]
    pages: tuple[Console, Console]
    whole: Console


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    read = config.load(tmp_path_factory.mktemp("two"), environ={})
    wanted = replace(read, till=replace(read.till, id="HUB", name="Hub"), server=replace(read.server, role="hub"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people.PINS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        app = create_app(wanted)
        try:
            companies.add(app.store, "north", "Boreal Ltd", "test")
            sides = (_seed(app, "main", "T1", "Aquila"), _seed(app, "north", "N1", "Boreal"))
            people.add_user(app.store, "99", "Zora Whole", "admin", "4711", "test")
            passwords.set_password(app.store, "99", PASSWORD, "test")
            pages = tuple(Console(app).sign_in(side.ids["reader"]) for side in sides)
            yield Hub(app, sides, pages, Console(app).sign_in("99"))  # type: ignore[arg-type]
        finally:
            app.stop()


def _seed(app: App, company: str, till: str, word: str) -> Side:
    """One of everything, each with the word in it."""
    store, key = app.store, f"key of {till}"
    code = hub_tills.add(store, f"{word} till", "test", Place(company, company))
    joined = hub_tills.join(store, code, Joining(till, (till,), f"folder{till}", hub.digest(key), "1.0"))
    connection = companies.connection_id("erpnext", company)
    Connection.create(id=connection, kind="erpnext", title=f"{word} books", company=company)
    doc, body = Made(till).next(customer=f"{word} customer")
    hub_intake.take_in(app.journal, joined, doc["id"], body)
    row = Outbox.get(Outbox.document == doc["id"])
    Outbox.update(state="rejected", code="odd", message=f"{word} is odd").where(Outbox.n == row.n).execute()
    session, day, now = doc["session"], doc["business_day"], clock.now()
    z = _a_z(doc, word)
    Session.update(
        open=False, closed_at=clock.stamp(now), z_number=1, z_document=z.id, last_sequence=1, counted=1
    ).where(Session.id == session).execute()
    for scope in (Scope("session", session, day), Scope("day", day, day)):
        reconciliations.not_run(store, connection, scope, now, "line", f"{word} books are away")
    item = ReconciliationItem.create(
        connection=connection, key=doc["id"], document=doc["id"], number=doc["invoice_name"], part="sale",
        session=session, day=day, remote_id=f"{word}-REMOTE", what="differs", words=f"{word} differs", here="",
        there="", found_at="", last_at="", state="open", closed_at="", closed_by="", reason="",
    )  # fmt: skip
    notices.raise_notice(store, f"outbox:{row.n}", "needs", f"{word} was refused", "", doc["invoice_name"])
    reader, member = {"main": ("11", "12"), "north": ("21", "22")}[company]
    for code, name in ((reader, f"{word} reader"), (member, f"{word} member")):
        people.add_user(store, code, name, "admin" if code == reader else "cashier", "4711", "test")
        reach.keep_to(store, code, [Place(company, "")], "test", new=True)
    passwords.set_password(store, reader, PASSWORD, "test")
    Held.create(
        id=clock.uuid7(), store="main", till=till, title=f"{word} basket", basket="{}", lines=1, total="1.00",
        state="held", by_code=member, by_name=f"{word} member", at=clock.stamp(now),
    )  # fmt: skip
    VoucherRow.create(
        id=f"{word}:1", code="GV-SAME", act="issue", amount=500, at=clock.stamp(now), expires="", till=till,
        document=doc["id"], position=1, origin="document", exposure=0, sent_at="x",
    )  # fmt: skip
    ids = {
        "n": row.n, "document": doc["id"], "number": doc["invoice_name"], "beginning": f"{till}-", "session": session,
        "day": day, "item": item.n, "z": z.number, "code": member, "reader": reader, "till": joined.id,
    }  # fmt: skip
    return Side(company, key, ids, (word, f"{till}-", doc["id"], joined.id))


def _a_z(doc: dict[str, Any], word: str) -> Any:
    """As much of a Z as a list shows."""
    sale = Document.get(Document.id == doc["id"])
    number = f"{doc['till']}-000009"
    z = {
        "kind": "z", "id": f"{doc['id'][:-4]}0000", "till": doc["till"], "invoice_name": number, "currency": "GBP",
        "note": word,
        "z": {**{kind: {"count": 1} for kind in ("sales", "returns", "voids")}, "total": "1.00", "count": None},
    }  # fmt: skip
    values = {name: getattr(sale, name) for name in sale._meta.fields if name != "n"}
    values |= {"id": z["id"], "kind": "z", "sequence": 9, "number": number, "body": json.dumps(z), "path": number}
    return Document.create(**values)


def _asked(page: Page, address: str, ids: dict[str, Any], body: Any = None) -> Any:
    path = address.format(**ids)
    return page.get(path) if body is None else page.post(path, body)


@pytest.mark.parametrize("address", LISTS)
def test_a_list_shows_ones_own_rows_alone(two: Hub, address: str) -> None:
    for own, page, other in ((0, two.pages[0], 1), (1, two.pages[1], 0)):
        text = _asked(page, address, two.sides[own].ids).get_data(as_text=True)
        assert any(mark in text for mark in two.sides[own].marks), text[:2000]
        found = [mark for mark in two.sides[other].marks if mark in text]
        assert found == [], f"{two.sides[own].company} sees {found} of the other"
    for side in two.sides:
        text = _asked(two.whole, address, side.ids).get_data(as_text=True)
        assert any(mark in text for mark in side.marks), "who may see everything sees both"


@pytest.mark.parametrize(("address", "body"), NAMED)
def test_what_is_the_others_is_not_there(two: Hub, address: str, body: Any) -> None:
    before = two.app.store.execute("SELECT count(*) FROM audit").fetchone()
    for page, other in ((two.pages[0], two.sides[1]), (two.pages[1], two.sides[0])):
        answer = _asked(page, address, other.ids, body)
        assert answer.status_code == 404, answer.get_data(as_text=True)[:500]
        assert not any(mark in answer.get_data(as_text=True) for mark in other.marks[:1])
    assert two.app.store.execute("SELECT count(*) FROM audit").fetchone() == before, "and nothing was done to it"
    if body is None:
        for page, side in zip(two.pages, two.sides, strict=True):
            if "/api/console/z?" not in address:  # a whole Z is made again elsewhere
                assert _asked(page, address, side.ids).status_code == 200


def test_a_trace_finds_nothing_of_the_other(two: Hub) -> None:
    for page, side, other in ((two.pages[0], two.sides[0], two.sides[1]), (two.pages[1], two.sides[1], two.sides[0])):
        for words in (other.ids["number"], other.ids["document"], other.ids["beginning"]):
            answer = page.get(f"/api/console/trace?q={words}").json
            assert (answer["found"], answer["document"]) == ([], None)
            assert other.marks[0] not in page.get(f"/console/trace?q={words}").text
        assert page.get(f"/api/console/trace?q={side.ids['number']}").json["document"]["number"] == side.ids["number"]


def test_acts_on_many_rows_leave_the_others_alone(two: Hub) -> None:
    own, other = two.sides
    answer = two.pages[0].post("/api/console/outbox/retry", {"rows": [other.ids["n"]]}).json
    assert (answer["done"], [row["n"] for row in answer["refused"]]) == (0, [other.ids["n"]])
    assert two.pages[0].post("/api/console/outbox/retry", {"fitting": {"show": "needs"}}).json["done"] == 1
    assert Outbox.get(Outbox.n == other.ids["n"]).state == "rejected"
    Outbox.update(state="rejected").where(Outbox.n == own.ids["n"]).execute()
    two.pages[0].post("/api/console/reconciliations/run")
    wanted = dict(two.app.store.execute("SELECT connection, max(wanted_at) FROM reconciliation GROUP BY connection"))
    assert wanted["erpnext"] and not wanted["erpnext-north"]


def test_whom_somebody_adds_reaches_no_further_than_they_do(two: Hub) -> None:
    made = two.pages[1].post("/api/console/people", {"code": "29", "name": "Boreal new", "role": "cashier"})
    assert made.json["row"]["scope"] == ["north"]
    taken = two.pages[1].post("/api/console/people", {"code": two.sides[0].ids["code"], "name": "X", "role": "cashier"})
    assert taken.status_code == 409 and "Aquila" not in taken.text
    place = {"name": "Another", "company": "main"}
    assert two.pages[1].post("/api/console/hub/tills", place).status_code == 404
    added = two.pages[1].post("/api/console/hub/tills", {"name": "Another"}).json["row"]
    assert (added["company"], added["shop"]) == ("north", "north")


def test_somebody_of_both_chooses_what_they_look_at(two: Hub) -> None:
    page = Console(two.app).sign_in("99")
    both = page.get("/api/console/outbox?show=all").json["total"]
    assert page.get("/api/console/outbox?show=all&at=north").json["total"] == both - 1
    assert page.get("/api/console/outbox?show=all").json["total"] == both - 1, "it is kept"
    assert page.get("/api/console/outbox?show=all&at=").json["total"] == both
    answer = two.pages[0].get("/api/console/outbox?show=all&at=north")
    assert "Boreal" not in answer.text and answer.json["total"] == both - 1, "nobody chooses what is not theirs"


@pytest.mark.parametrize(("address", "body"), OF_COMPANY)
def test_the_books_of_another_company_are_refused(two: Hub, address: str, body: Any) -> None:
    for page, other in ((two.pages[0], two.sides[1]), (two.pages[1], two.sides[0])):
        named = {**(body or {}), "company": other.company}
        answer = page.get(f"{address}?company={other.company}") if body is None else page.post(address, named)
        assert answer.status_code == 403, answer.get_data(as_text=True)[:500]
        assert other.marks[0] not in answer.get_data(as_text=True)


def rules(flask: Flask) -> dict[str, auth.Rule]:
    found = {}
    for rule in flask.url_map.iter_rules():
        declared = auth.rule_of(flask, rule.endpoint)
        if declared is not None and declared.kind == "right":
            found[rule.rule] = declared
    return found


def test_every_route_of_the_console_stands_in_a_table_here(two: Hub) -> None:
    flask, adapter = two.app.flask, two.app.flask.url_map.bind("")
    known = dict(two.sides[0].ids)
    asked = {
        adapter.match(path.format(**known).partition("?")[0], method="GET", return_rule=True)[0].rule for path in LISTS
    }
    for path, body in NAMED:
        address = path.format(**known).partition("?")[0]
        asked.add(adapter.match(address, method="GET" if body is None else "POST", return_rule=True)[0].rule)
    declared = rules(flask)
    assert {rule for rule, found in declared.items() if found.within} == asked | APART | {
        path for path, _ in OF_COMPANY
    }, "each is asked above"
    console = {rule for rule in declared if rule.startswith(auth.CONSOLE[:2])}
    assert {rule for rule in console if not declared[rule].within} == WHOLE, "put a new one where it belongs"


def test_what_is_about_the_whole_hub_is_closed_to_whom_it_is_not(two: Hub) -> None:
    """A route that does not say that it keeps to somebody's reach shows them nothing, also those of the till."""
    for rule, declared in rules(two.app.flask).items():
        if declared.within:
            continue
        path = rule.replace("<int:n>", "1").replace("<key>", "x").replace("<till>", "x")
        if "<" in path:
            continue
        adapter = two.app.flask.url_map.bind("")
        post = adapter.allowed_methods(path) and "GET" not in adapter.allowed_methods(path)
        page = two.pages[1]
        if not path.startswith(auth.CONSOLE):
            continue  # another door: see below
        answer = page.post(path) if post else page.get(path)
        assert answer.status_code in (302, 403), path
        assert "Aquila" not in answer.get_data(as_text=True)
    screen = Page(two.app)
    screen.session()
    assert screen.post("/api/sign-in", {"code": "21", "pin": "4711"}).status_code == 200
    for path in ("/api/status", "/api/receipts/T1-000001", "/api/vouchers", "/api/notices", "/receipts", "/report"):
        answer = screen.get(path)
        assert answer.status_code == 403, (path, answer.status_code)
        assert "Aquila" not in answer.get_data(as_text=True)


# -- what tills ask ----------------------------------------------------------------------------------------------------


def _till(two: Hub, side: Side) -> Page:
    name = side.ids["beginning"].rstrip("-")
    headers = {
        "HTTP_AUTHORIZATION": f"Bearer {side.key}",
        "HTTP_" + hub.TILL.upper().replace("-", "_"): name,
        "HTTP_" + hub.INSTANCE.upper().replace("-", "_"): f"folder{name}",
        "HTTP_" + hub.VERSION.upper().replace("-", "_"): "1.0",
    }
    return Page(two.app, **headers)


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("/api/hub/v1/feeds/people", True),
        ("/api/hub/v1/feeds/notices", True),
        ("/api/hub/v1/feeds/vouchers", True),
        ("/api/hub/v1/held?store=main", True),
        ("/api/hub/v1/vouchers/GV-SAME", True),
        ("/api/hub/v1/receipts/{number}", False),
        ("/api/hub/v1/documents/{document}", False),
    ],
)
def test_a_till_hears_of_its_own_company_alone(two: Hub, address: str, own: bool) -> None:
    for side, other in (two.sides, two.sides[::-1]):
        answer = _till(two, side).get(address.format(**other.ids))
        text = answer.get_data(as_text=True)
        assert other.marks[0] not in text and other.ids["document"] not in text, text
        assert answer.status_code == (200 if own else 404), text
        mine = _till(two, side).get(address.format(**side.ids))
        assert mine.status_code == 200 and any(mark in mine.text for mark in side.marks), mine.text


def test_a_till_cannot_take_up_a_basket_of_another_company(two: Hub) -> None:
    for side, other in (two.sides, two.sides[::-1]):
        [basket] = [row.id for row in Held.select().where(Held.till == other.ids["beginning"].rstrip("-"))]
        body = {"store": "main", "act": clock.uuid7(), "to": "resumed", "by": "1", "reason": "", "again": ""}
        till = _till(two, side)
        assert till.post(f"/api/hub/v1/held/{basket}/claim", body).status_code == 404
        assert till.post("/api/hub/v1/held/states", {"store": "main", "ids": [basket]}).json["held"] == []
        assert till.post("/api/hub/v1/vouchers/find", {"ids": [f"{other.marks[0]}:1"]}).json["rows"] == []
        assert till.post(f"/api/hub/v1/receipts/{other.ids['number']}/claim").status_code == 404


def test_who_comes_out_of_a_companys_reach_is_gone_at_its_tills(two: Hub) -> None:
    store, (main, north) = two.app.store, two.sides
    people.add_user(store, "50", "Mira", "cashier", "4711", "test")

    def told(side: Side) -> dict[str, bool]:
        rows = _till(two, side).get("/api/hub/v1/feeds/people").json["rows"]
        return {row["code"]: row["active"] for row in rows}

    assert told(main)["50"] and told(north)["50"], "somebody of the whole hub works anywhere"
    reach.keep_to(store, "50", [Place("north", "")], "test")
    assert (told(main)["50"], told(north)["50"]) == (False, True)
    assert User.get(User.code == "50").active
