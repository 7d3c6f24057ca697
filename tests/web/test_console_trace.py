"""Trace, replay and overview at the console: from what this till knows, with no line to anybody."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import charts
from pos.app import App
from pos.rules import documents
from pos.rules.reconcile import Figures, Pair, compare
from pos.store import connections, copies, outbox, outlook, reconciliations, scopes
from pos.store import takings as tables
from pos.store.copies import Copying
from tests import receipts
from tests.store.looking import bodies
from tests.web.conftest import Console, Page

SESSION = "T1-S000001"


@pytest.fixture
def sold(till: App, operator: Console, admin: Page, basket: Any) -> dict[str, Any]:
    """One sale with a connection that was never reached."""
    connections.sync(till.store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:9")])
    return dict(admin.post("/api/create-sale", basket()).json["receipt"])


def steps(page: Console, words: str) -> dict[str, str]:
    found = page.get(f"/api/console/trace?q={words}").json
    return {step["key"]: step["tone"] for step in found["steps"]}


def text_of(page: Console, words: str, key: str) -> str:
    found = page.get(f"/api/console/trace?q={words}").json
    return str(next(step["text"] for step in found["steps"] if step["key"] == key))


def send(till: App, *, differs: bool = False) -> None:
    """It goes out: no answer at first, then it is found there."""
    store = till.store
    (row,) = outbox.claim(store, "erpnext", "test", 1, clock.now())
    outbox.hold(store, row, clock.now())
    outbox.lost(store, row, clock.now(), 0, "timeout", "No answer in 60 s.")
    (row,) = outbox.claim(store, "erpnext", "test", 1, clock.now())
    row = outbox.sent(store, row, clock.now(), "ACC-SINV-2026-11873")
    if differs:
        outbox.differs(store, row, clock.now(), {}, "total 4.99 here, 4.97 there")
    else:
        outbox.booked(store, row, clock.now(), {})


def close(admin: Page, cash: str = "4.99") -> None:
    count = admin.post("/api/shift/count-check", {"id": clock.uuid7(), "cash": cash, "tenders": {}}).json["count"]
    reason = "" if cash == "4.99" else "Wrong change given"
    answer = admin.post("/api/shift/close", {"id": clock.uuid7(), "count": count, "reason": reason})
    assert answer.status_code == 201, answer.json


def test_without_a_line_it_says_how_far_it_is(operator: Console, sold: Any) -> None:
    assert steps(operator, sold["number"]) == {
        "sold": "done", "written": "done", "copied": "none", "sent": "waiting", "booked": "waiting",
        "compared": "waiting", "session": "waiting", "z": "waiting", "count": "waiting",
    }  # fmt: skip
    assert operator.get(f"/api/console/trace?q={sold['number']}").json["summary"] == "On its way"


def test_the_whole_way_to_the_counted_drawer(till: App, operator: Console, admin: Page, sold: Any) -> None:
    send(till)
    till.journal.flush()
    copies.keep(till.store, Copying("usb", "KEEP-1", copied_n=10, copied_at=clock.stamp(clock.now()), near=False))
    close(admin)
    assert set(steps(operator, sold["number"]).values()) == {"done"}
    found = operator.get(f"/api/console/trace?q={sold['number']}").json
    assert found["summary"] == "Complete: every step done, nothing differs"
    titles = [event["title"] for event in found["events"]]
    assert titles[:6] == [
        "Sold", "Written", "Sent to ERPNext", "No answer; held as unknown, not sent again blindly", "ERPNext has it",
        "Read back and equal",
    ]  # fmt: skip
    assert text_of(operator, sold["number"], "z") == "Z 1, document 1 of 1"


@pytest.mark.sqlite
def test_each_thing_that_is_wrong_shows_at_its_step(till: App, operator: Console, admin: Page, sold: Any) -> None:
    number = sold["number"]
    till.journal.flush()
    (file,) = (f for f in Path(till.config.invoices).rglob("*.json") if number in f.name)
    body = file.read_bytes()
    file.unlink()
    assert steps(operator, number)["written"] == "check"
    file.write_bytes(body.replace(b"Mug", b"Jug"))
    assert steps(operator, number)["written"] == "needs"
    file.write_bytes(body)
    copies.keep(till.store, Copying("data", "here", copied_n=10, copied_at=clock.stamp(clock.now()), near=True))
    assert text_of(operator, number, "copied") == "only on the same disk"
    send(till, differs=True)
    assert steps(operator, number)["compared"] == "needs"
    close(admin, "4.00")
    assert steps(operator, number)["count"] == "check"
    till.store.execute("UPDATE document SET prev_hash = 'x' WHERE kind = 'z'")
    assert text_of(operator, number, "written") == "the chain does not hold around it; run verify"


def test_what_a_later_comparison_found_is_told(till: App, operator: Console, admin: Page, sold: Any) -> None:
    send(till)
    close(admin)
    here = scopes.session_of(till.store, SESSION)
    ours, theirs = (Figures(499, {"20%": 499}, {"VAT": 83}, {name: 499}) for name in ("Cash", "Card"))
    pair = Pair(
        key=sold["id"], document=sold["id"], number=sold["number"], part="sale", session=SESSION, day=here.day,
        ours=ours, theirs=theirs, state="submitted", remote_id="ACC-SINV-2026-11873",
    )  # fmt: skip
    reconciliations.keep(till.store, "erpnext", here, compare([pair], "GBP"), "", clock.now())
    assert steps(operator, sold["number"])["compared"] == "needs"


def test_a_receipt_is_found_by_number_id_name_there_and_beginning(till: App, operator: Console, sold: Any) -> None:
    send(till)
    for words in (sold["number"], sold["number"].lower(), sold["id"], "ACC-SINV-2026-11873", sold["id"][:18], "1"):
        found = operator.get(f"/api/console/trace?q={words}").json
        assert [one["id"] for one in found["found"]] == [sold["id"]], words
    nothing = operator.get("/api/console/trace?q=T9-000001").json
    assert (nothing["found"], nothing["document"]) == ([], None)
    assert "does not know T9-000001" in operator.get("/console/trace?q=T9-000001").text


def test_the_file_and_the_slip_are_one_press_away(till: App, operator: Console, sold: Any) -> None:
    answer = operator.get(f"/api/console/documents/{sold['id']}/file")
    assert json.loads(answer.get_data())["id"] == sold["id"]
    assert sold["number"] in answer.headers["Content-Disposition"]
    assert "Mug" in operator.get(f"/console/receipts/{sold['id']}").text
    assert operator.get("/api/console/documents/nothing/file").status_code == 404
    told = operator.get(f"/console/trace.csv?q={sold['number']}").get_data(as_text=True)
    assert told.startswith("\ufeffnumber,at,title,words")


# -- replay ------------------------------------------------------------------------------------------------------------


def files(till: App) -> list[dict[str, str]]:
    till.journal.flush()
    return [
        {"name": documents.decode(body)["invoice_name"], "text": body.decode("utf-8")} for body in bodies(till.store)
    ]


def verdicts(page: Console, receipts: list[dict[str, str]]) -> list[str]:
    answer = page.post("/api/console/replay/look", {"receipts": receipts})
    assert answer.status_code == 200, answer.json
    return [row["verdict"] for row in answer.json["rows"]]


def results(page: Console, receipts: list[dict[str, str]]) -> list[str]:
    return [row["result"] for row in page.post("/api/console/replay", {"receipts": receipts}).json["rows"]]


def counts(till: App) -> tuple[int, ...]:
    tables = ("document", "outbox", "line", "tender", "audit")
    return tuple(till.store.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables)


def test_it_is_shown_first_what_would_happen_and_nothing_does(till: App, operator: Console, sold: Any) -> None:
    (here,) = files(till)
    doc = json.loads(here["text"])
    changed = {"name": "changed", "text": here["text"].replace('"Mug"', '"Jug"')}
    before = counts(till)
    assert verdicts(operator, [here]) == ["known"]
    send(till)
    before = counts(till)
    assert verdicts(operator, [here, changed, {"name": "note", "text": "hello"}]) == [
        "booked",
        "unreadable",
        "unreadable",
    ]
    assert doc["id"]
    assert counts(till) == before


def test_a_whole_day_twice_changes_nothing(till: App, operator: Console, admin: Page, sold: Any, basket: Any) -> None:
    for mugs in range(2, 6):
        admin.post("/api/create-sale", basket(mugs))
    day = files(till)
    assert results(operator, day) == ["known"] * 5
    before = counts(till)
    assert results(operator, day) == ["known"] * 5
    assert counts(till) == before


def older(amount: float) -> str:
    """A receipt of the older shape; figures with decimals, as a till that is gone wrote them."""
    line, paid = {"item_code": "MUG", "qty": 1, "rate": amount}, {"mode_of_payment": "Cash", "amount": amount}
    head = {"invoice_name": "OLD-000017", "created_at": "2026-11-20 10:12:13", "total": amount}
    return json.dumps({**head, "items": [line], "payments": [paid]})


def test_receipts_another_till_made_are_new_once(till: App, operator: Console, sold: Any) -> None:
    pasted = {"name": "Pasted", "text": f"[{older(12.5)},\n{older(12.5)}]"}
    looked = operator.post("/api/console/replay/look", {"receipts": [pasted]}).json["rows"]
    assert [(row["name"], row["verdict"]) for row in looked] == [("Pasted (1)", "new"), ("Pasted (2)", "known")]
    assert (looked[0]["number"], looked[0]["total_text"]) == ("OLD-000017", "£12.50")
    assert results(operator, [pasted]) == ["taken", "known"]
    assert verdicts(operator, [pasted]) == ["known", "known"]
    assert verdicts(operator, [{"name": "x", "text": older(11.5)}]) == ["differs"]
    assert results(operator, [{"name": "x", "text": older(11.5)}]) == ["refused"]


def test_what_the_books_refused_of_it_is_tried_again(till: App, operator: Console, sold: Any) -> None:
    (row,) = outbox.claim(till.store, "erpnext", "test", 1, clock.now())
    outbox.rejected(till.store, row, clock.now(), "item_missing", "No.", "Make it.")
    day = files(till)
    looked = operator.post("/api/console/replay/look", {"receipts": day}).json["rows"]
    assert looked[0]["words"] == "Here already; what the books refused of it is tried again."
    assert results(operator, day) == ["known"]
    assert till.store.execute("SELECT state FROM outbox").fetchone() == ("queued",)


@pytest.mark.parametrize("body", [{}, {"receipts": []}, {"receipts": [{"name": "x"}]}, {"receipts": ["x"]}])
def test_a_body_that_holds_no_receipts_is_refused(operator: Console, body: Any) -> None:
    assert operator.post("/api/console/replay/look", body).json["field"].startswith("receipts")


# -- overview ----------------------------------------------------------------------------------------------------------


def test_todays_figures_add_up_to_the_penny(till: App, operator: Console, admin: Page, sold: Any, basket: Any) -> None:
    admin.post("/api/create-sale", basket(2))
    send(till)
    send(till, differs=True)
    admin.post("/api/create-sale", basket(3))
    today = {one["key"]: one["amount"] for one in operator.get("/api/console/overview").json["today"]}
    assert today == {"taken": "29.94", "equal": "4.99", "needs": "9.98", "waiting": "14.97"}


def test_every_reason_is_there_the_worst_first_with_a_way_to_act(till: App, operator: Console, sold: Any) -> None:
    (row,) = outbox.claim(till.store, "erpnext", "test", 1, clock.now())
    outbox.rejected(till.store, row, clock.now(), "item_missing", "No item MUG.", "Make it.")
    connections.away(till.store, "erpnext", clock.now(), "connection refused", None)
    found = operator.get("/api/console/overview").json
    assert [(reason["tone"], reason["way"]) for reason in found["reasons"]] == [
        ("needs", f"/console/outbox/{row.n}"),
        ("offline", "/console/outbox?show=waiting"),
    ]
    assert found["tills"][0]["tone"] == "needs"
    assert len(found["tills"][0]["reasons"]) == 2
    page = operator.get("/console").text
    assert "No item MUG." in page
    assert f'href="/console/outbox/{row.n}"' in page


def test_a_shop_without_books_says_so(operator: Console, admin: Page, basket: Any) -> None:
    admin.post("/api/create-sale", basket())
    found = operator.get("/api/console/overview").json
    assert {one["key"]: one["amount"] for one in found["today"]} == {"taken": "4.99", "kept": "4.99"}
    assert found["tills"][0]["reasons"] == ["Saved; no books are connected"]


def test_what_is_drawn_has_its_figures_behind_it(till: App, sold: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours of today beside those a week ago, and what waits by its age: the sums are those of the receipts."""
    tables.roll(till.store)
    monkeypatch.setattr(clock, "now", lambda now=clock.now: now() + timedelta(days=7))
    config = till.config
    today = clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts)
    till.journal.commit(receipts.sale(receipts.line(price="20.00")))
    found = charts.hours(till.store, config, today)
    sums = [sum(Decimal(bar[name]) for bar in found["bars"]) for name in ("amount", "then")]
    assert sums == [Decimal("20.00"), Decimal("4.99")]
    assert [sum(bar[name] for bar in found["bars"]) for name in ("count", "then_count")] == [1, 1]
    highest = max(found["bars"], key=lambda bar: Decimal(bar["amount"]))
    assert highest["height"] == max(bar["height"] for bar in found["bars"]) > highest["then_height"]
    assert highest["y"] + highest["height"] == found["base"]
    assert {bar["age"]: bar["count"] for bar in charts.ages(till.store)["bars"] if bar["count"]} == {
        "minutes": 1,
        "older": 1,
    }
    monkeypatch.setattr(outlook, "AGED_ROWS_MAX", 1)
    aged = charts.ages(till.store)
    assert (aged["cut"], aged["total"]) == (True, 1), "many are not all counted, and it is said"


def test_the_pictures_stand_on_the_overview_with_a_table_each(operator: Console, sold: Any) -> None:
    page = operator.get("/console").text
    for name in ("hours", "chart", "ages"):
        assert f'id="{name}"' in page
    assert page.count("As a table") == 2 and "How long it has been waiting" in page


def test_the_side_shows_only_what_the_person_may_open(till: App, operator: Console) -> None:
    reader = Console(till).sign_in("8")
    assert 'href="/console/replay"' in operator.get("/console").text
    assert 'href="/console/replay"' not in reader.get("/console").text
    assert reader.get("/console/replay").status_code == 403
