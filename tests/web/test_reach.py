"""Two companies on one hub: no query of the console, and none of a till, ever shows one of them a row of the other's.

Each query is asked by somebody of each company and must show what is theirs and nothing else; somebody who may see
everything is asked beside them, so that a query that shows nobody anything proves nothing. A new route of the console
has to be put into one of the tables here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from pos import clock
from pos.actions import voucher_notices
from pos.errors import BadSettings
from pos.store import deliveries, notices, outlook, reach
from pos.store.companies import Place
from pos.store.models import NoticeDelivery, Outbox, VoucherRow
from pos.web import auth
from tests.web.conftest import Console, Page
from tests.web.reach_of_books import OF_COMPANY
from tests.web.reach_of_inventory import STOCK_APART, STOCK_LISTS, STOCK_NAMED
from tests.web.reach_of_runs import RUN_APART, RUN_LISTS, RUN_NAMED
from tests.web.two_companies import Hub, a_hub

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
    *("/console/z", "/console/z.csv", "/api/console/zreads"),
    *("/console/audit", "/console/audit.csv", "/api/console/audit"),
    "/console/people",
    "/console/people.csv",
    "/api/console/people",
    "/console/tills",
    "/console/hub/tills.csv",
    "/api/console/hub/tills",
    "/console/companies",
    "/console/companies.csv",
    "/api/console/companies",
    *RUN_LISTS,
    *STOCK_LISTS,
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
    *RUN_NAMED,
    *STOCK_NAMED,
    ("/console/companies/{company}", None),
    ("/api/console/companies/{company}", None),
    ("/api/console/companies/{company}/rename", {"name": "Ours"}),
    ("/api/console/companies/{company}/active", {"active": False}),
    ("/api/console/companies/{company}/counting", {"time_zone": "Asia/Tokyo", "currency": "JPY"}),
    ("/api/console/companies/{company}/shops", {"id": "ours", "name": "Ours"}),
    ("/api/console/companies/{company}/shops/{company}/rename", {"name": "Ours"}),
    ("/api/console/companies/{company}/connections/{books}/test", {}),
)
#: Asked in tests of their own below.
APART = {
    *RUN_APART,
    *STOCK_APART,
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


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with a_hub(tmp_path_factory.mktemp("two")) as hub:
        yield hub


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
    written = "SELECT count(*) FROM audit WHERE act <> 'inventory.refused'"
    before = two.app.store.execute(written).fetchone()
    for page, other in ((two.pages[0], two.sides[1]), (two.pages[1], two.sides[0])):
        answer = _asked(page, address, other.ids, body)
        assert answer.status_code == 404, answer.get_data(as_text=True)[:500]
        assert not any(mark in answer.get_data(as_text=True) for mark in other.marks[:1])
    assert two.app.store.execute(written).fetchone() == before, "and nothing was done to it"
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


def test_companies_are_added_by_who_sees_all_and_changed_by_who_sees_all_of_one(two: Hub) -> None:
    own, body = two.pages[1], {"id": "south", "name": "South Ltd", "time_zone": "Africa/Cairo", "currency": "egp"}
    assert own.post("/api/console/companies", body).status_code == 403
    row = two.whole.post("/api/console/companies", body).json["row"]
    assert (row["name"], row["currency"], [shop["id"] for shop in row["shops"]]) == ("South Ltd", "EGP", ["south"])
    path = "/api/console/companies"
    assert two.whole.post(f"{path}/south/counting", {"time_zone": "Europe/Oslo", "currency": ""}).json["row"][
        "own_time_zone"
    ]
    assert own.post(f"{path}/north/counting", {"time_zone": "", "currency": "JPY"}).status_code == 409, "it has sold"
    assert own.get(f"{path}/north").json["row"]["currency"] == "GBP", "and nothing was changed"
    shops = own.post(f"{path}/north/shops", {"id": "pier", "name": "Boreal pier"}).json["row"]["shops"]
    assert [(shop["id"], shop["tills"] > 0) for shop in shops] == [("north", True), ("pier", False)]
    reach.keep_to(two.app.store, "22", [Place("north", "pier")], "test")
    part = two.whole.get(f"{path}?q=pier").json["rows"]
    assert [(one["id"], one["people"]) for one in part] == [("north", len(own.get("/api/console/people").json["rows"]))]
    assert two.whole.post(f"{path}/south/active", {"active": False}).json["row"]["active"] is False
    assert [one["id"] for one in two.whole.get(path).json["rows"]] == ["main", "north"]
    acts = [act for (act,) in two.app.store.execute("SELECT act FROM audit WHERE subject = 'south' ORDER BY n")]
    assert acts == ["company.add", "company.counting", "company.active"]


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
        path = f"{address}?company={other.company}"
        answer = page.get(path) if body is None else page.post(path, named)
        assert answer.status_code == 403, answer.get_data(as_text=True)[:500]
        assert other.marks[0] not in answer.get_data(as_text=True)


def test_a_programs_key_is_kept_to_its_company(two: Hub) -> None:
    body = {"name": "North's program", "role": "admin", "places": ["north"]}
    assert two.whole.post("/api/console/tokens", {**body, "places": ["nowhere"]}).status_code == 404
    secret = two.whole.post("/api/console/tokens", body).json["secret"]
    program, own, other = Page(two.app, HTTP_AUTHORIZATION=f"Bearer {secret}"), two.sides[1], two.sides[0]
    row = next(row for row in two.whole.get("/api/console/tokens").json["rows"] if row["name"] == body["name"])
    assert row["places"] == ["north"]
    for address in (one for one in LISTS if one.startswith("/api")):
        text = _asked(program, address, own.ids).text
        assert any(mark in text for mark in own.marks), address
        assert not any(mark in text for mark in other.marks), address
    for address, asked in NAMED[:12]:
        assert _asked(program, address, other.ids, asked).status_code == 404, address
    for address in (
        "/api/console/settings",
        "/api/console/tokens",
        "/api/status",
        f"/api/receipts/{own.ids['number']}",
    ):
        assert program.get(address).status_code == 403, address
    added = program.post("/api/console/people", {"code": "28", "name": "Boreal help", "role": "cashier"})
    assert added.json["row"]["scope"] == ["north"], "whom it adds reaches no further than it does"
    two.whole.post(f"/api/console/tokens/{row['id']}/revoke")
    again = two.whole.post("/api/console/tokens", {"name": body["name"], "role": "admin"}).json["secret"]
    assert "Aquila" in Page(two.app, HTTP_AUTHORIZATION=f"Bearer {again}").get("/api/console/people").text


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
    asked |= {
        adapter.match(path, method="GET" if body is None else "POST", return_rule=True)[0].rule
        for path, body in OF_COMPANY
    }
    assert {rule for rule, found in declared.items() if found.within} == asked | APART, "each is asked above"
    console = {rule for rule in declared if rule.startswith((*auth.CONSOLE[:2], "/epos-qbo"))}
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


def test_a_voucher_is_overdrawn_within_one_company_and_told_to_it_alone(two: Hub) -> None:
    store = two.app.store
    note = lambda: {one.key: one for one in notices.open_notices(store, prefix=voucher_notices.OVERDRAWN)}  # noqa: E731
    for side, amount in ((two.sides[0], 900), (two.sides[1], -700)):  # 5.00 is on the code at each of them
        till = side.ids["beginning"].rstrip("-")
        VoucherRow.create(
            id=f"more {till}", code="GV-SAME", act="redeem" if amount < 0 else "adjust", amount=amount,
            at="2026-11-21T13:00:00.000000Z", expires="", till=till, document=side.ids["document"], position=2,
            origin="document", exposure=0, sent_at="x",
        )  # fmt: skip
    assert voucher_notices.overdrawn(store, only=["GV-SAME"]) == 1
    (key,) = note()
    assert key == "voucher:overdrawn:GV-SAME@north" and "£2.00 short" in note()[key].text
    for page, sees in zip(two.pages, (False, True), strict=True):
        assert ("GV-SAME" in page.get("/api/console/overview").text) is sees
    VoucherRow.update(amount=-500).where(VoucherRow.id == "more N1").execute()
    assert voucher_notices.overdrawn(store) == 0 and not note(), "and it is settled"


def test_a_channel_tells_its_receivers_of_their_company_alone(two: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    store = two.app.store
    settings = replace(store.config.notices, email_to="n@north.example", smtp_host="localhost", chat_url="http://x",
                       at="email:north")  # fmt: skip
    monkeypatch.setattr(store, "config", replace(store.config, notices=settings))
    for side in two.sides:
        notices.raise_notice(store, f"odd:{side.company}", "needs", "Odd", "", side.ids["number"])
    notices.raise_notice(store, "odd:hub", "needs", "The disk is full")
    notices.settle(store, "odd:main")
    told = [(row.channel, row.what, row.key) for row in NoticeDelivery.select().order_by(NoticeDelivery.n)]
    assert [row for row in told if row[0] == "email"] == [("email", "raised", "odd:north")]
    assert [row[1:] for row in told if row[0] == "chat"] == [
        ("raised", "odd:main"), ("raised", "odd:north"), ("raised", "odd:hub"), ("resolved", "odd:main"),
    ], "who is not kept to anything is told everything"  # fmt: skip
    unknown = replace(settings, at="email:nowhere")
    monkeypatch.setattr(store, "config", replace(store.config, notices=unknown))
    with pytest.raises(BadSettings, match="nowhere"):
        deliveries.refuse_unknown(store)


def test_days_and_sums_are_a_companys_own_and_two_currencies_are_never_added(
    two: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two.app.store.transaction():
        two.app.store.execute("UPDATE company SET currency = 'EUR', time_zone = 'Asia/Tokyo' WHERE id = 'north'")
    monkeypatch.setattr(outlook, "FRESH_SECONDS", 0.0)
    at = clock.parse("2026-11-21T16:00:00.000000Z")  # the next day in Tokyo
    with clock.set_to(lambda: at):
        shown = two.whole.get("/api/console/overview?at=").json
        assert shown["counted"]["currency"] == "GBP" and [one["currency"] for one in shown["others"]] == ["EUR"]
        assert shown["today"][0]["amount_text"].startswith("£") and "Boreal Ltd" in shown["others"][0]["names"]
        assert "Boreal Ltd" not in shown["counted"]["names"]
        own = two.pages[1].get("/api/console/overview").json
        assert (own["counted"], own["others"]) == ({"currency": "EUR", "names": []}, [])
        assert own["today"][0]["amount_text"].startswith("€") and own["tills"][0]["taken_text"].startswith("€")
        assert own["chart"]["bars"][-1]["day"] == 22 and shown["chart"]["bars"][-1]["day"] == 21
        assert "€" in two.pages[1].get("/console").text and "€" in two.whole.get("/console").text
        assert "€" not in two.pages[0].get("/console").text
