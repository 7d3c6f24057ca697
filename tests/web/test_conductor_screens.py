"""Screens of QuickBooks Desktop: what they show, who may, what they never write and never tell."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pos import clock, config
from pos.app import App
from pos.rules.merge import Conflict as Clash
from pos.store import (
    conductor_companies,
    conductor_lists,
    conductor_sessions,
    passwords,
    people,
    qbd_companies,
    record_links,
    records,
)
from pos.store.conductor_lists import Entry
from pos.store.conductor_sessions import Failure, Session
from pos.store.record_links import Link
from tests.web.conftest import PASSWORD, Console

KEY = "sk_conductor_test_secret"
ORDER = "qbd_sales_order"


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    given = replace(shop.conductor, secret_key=KEY, end_user_id="end_usr_test", url="http://127.0.0.1:9/v1")
    return replace(shop, conductor=given)


def ran(till: App, status: str, *, hours: int, failed: int = 0, took: int = 60) -> Session:
    """A session of customers that is over, or runs."""
    now = clock.now() - timedelta(hours=hours)
    made = conductor_sessions.start(till.store, "main", "conductor", ["customers"], [("customers", "pull")], "9", now)
    taken = conductor_sessions.claim(till.store, "test", now)
    assert taken is not None
    step = conductor_sessions.steps(till.store, made.n)[0]
    bad = [Failure("customers", "", f"80-{n}", "=Acme", "refused", "No.", "Do it.") for n in range(failed)]
    conductor_sessions.went(till.store, taken, step, {}, total=4, synced=4 - failed, failures=bad)
    if status != "running":
        conductor_sessions.end_step(till.store, taken, step, "done", now)
        conductor_sessions.end(till.store, taken, status, now + timedelta(seconds=took))
    return made


@pytest.fixture
def written(till: App) -> Iterator[sqlite3.Connection]:
    """Another connection to the database: `PRAGMA data_version` on it moves with every commit of others."""
    other = sqlite3.connect(till.store.path)
    yield other
    other.close()


def test_looking_writes_nothing_and_counts_are_this_sessions_own(
    till: App, operator: Console, written: sqlite3.Connection
) -> None:
    """W-24: the polled page counted what all sessions before it had done, and wrote that down."""
    ran(till, "completed", hours=3)
    ran(till, "running", hours=1, failed=1)
    operator.get("/conductor")
    before = written.execute("PRAGMA data_version").fetchone()
    panel = operator.get("/conductor/panel").text
    operator.get("/conductor/connection")
    assert written.execute("PRAGMA data_version").fetchone() == before
    assert 'hx-trigger="every 1500ms' in panel
    assert "Running" in panel and 'aria-valuetext="99 %, 4 of 4 so far"' in panel
    conductor_sessions.cancel(till.store, "conductor", "9", clock.now())
    assert "every 1500ms" in operator.get("/conductor/panel").text, "it stops at a safe point, and runs until then"


def test_a_session_that_waits_or_ended_says_so_in_words(till: App, operator: Console) -> None:
    """W-26: a step that crashed counted as completed."""
    assert "Nothing was brought together yet." in operator.get("/conductor").text
    session = ran(till, "running", hours=1)
    taken = conductor_sessions.running(till.store, "conductor")
    assert taken is not None
    later = clock.now() + timedelta(minutes=2)
    conductor_sessions.put_off(till.store, taken, later, "QBD_CONNECTION_ERROR", "Open QuickBooks.", clock.now())
    panel = operator.get("/conductor/panel").text
    assert "Waiting for QuickBooks" in panel and "Open QuickBooks. It goes on by itself" in panel
    assert "No connection" in operator.get("/conductor/connection").text
    taken = conductor_sessions.claim(till.store, "test", later)
    assert taken is not None and taken.n == session.n
    conductor_sessions.end(till.store, taken, "failed", later, "away", "Open QuickBooks.")
    panel = operator.get("/conductor/panel").text
    assert "Failed" in panel and "Completed" not in panel and 'hx-trigger="every 20s' in panel


def test_history_is_sorted_filtered_and_leads_to_errors_and_their_csv(till: App, operator: Console) -> None:
    good, bad = ran(till, "completed", hours=48, took=500), ran(till, "completed", hours=24, failed=2, took=30)
    ran(till, "cancelled", hours=2)
    page = operator.get("/conductor/history").text
    assert page.rindex("Cancelled") < page.rindex("Completed with errors")
    page = operator.get("/conductor/history?sort=took&down=1").text
    assert page.index(f"/history/{good.n}") < page.index(f"/history/{bad.n}")
    page = operator.get("/conductor/history?status=completed").text
    assert f"/history/{good.n}" in page and f"/history/{bad.n}" not in page
    day = (clock.now() - timedelta(hours=24)).date().isoformat()
    page = operator.get(f"/conductor/history?first={day}&status=with_errors").text
    assert f"/history/{bad.n}" in page and f"/history/{good.n}" not in page
    assert operator.get("/conductor/history?first=yesterday").status_code == 422
    assert operator.get("/conductor/history?sort=message").status_code == 422
    page = operator.get(f"/conductor/history/{bad.n}?limit=1").text
    assert "=Acme" in page and "Do it." in page and 'rel="next"' in page
    rows = operator.get(f"/conductor/history/{bad.n}.csv").text.splitlines()
    assert len(rows) == 3 and ",'=Acme," in rows[1], "no spreadsheet runs it"
    assert operator.get("/conductor/history/99").status_code == 404
    assert operator.get("/conductor/history/99.csv").status_code == 404


def test_keeping_our_lines_keeps_their_ids(till: App, operator: Console) -> None:
    """Both values of a conflict are kept as they are compared, without ids; a decision is about what they say."""
    now, store = clock.now(), till.store
    records.create(store, "main", "qbd_item", "MUG", {"name": "Mug"}, [], "9", now)
    lines = [{"id": "5-1", "item": "MUG", "quantity": "2", "rate": "4.99", "amount": "9.98"}]
    made = records.create(store, "main", ORDER, "O1", {"refNumber": "R1"}, lines, "9", now)
    record_links.put(store, Link("main", "conductor", ORDER, "O1", remote_id="A-1", agreed={}, agreed_version=1))
    ours, theirs = (
        [{"item": "MUG", "quantity": "2", "rate": "4.99"}],
        [{"item": "MUG", "quantity": "3", "rate": "4.99"}],
    )
    records.clashed(store, "main", "conductor", ORDER, "O1", [Clash("lines", ours, theirs, "ask")], now)
    (one,) = operator.get("/api/conductor/conflicts").json["conflicts"]
    assert (one["type"], one["field"], one["ours"], one["state"]) == ("sales_orders", "lines", ours, "open")
    assert "Mug" in operator.get("/conductor/conflicts?type=sales_orders").text
    assert operator.post(f"/api/conductor/conflicts/{one['id']}", {"choice": "both"}).status_code == 422
    assert operator.post(f"/api/conductor/conflicts/{one['id']}", {"choice": "ours"}).status_code == 200
    assert records.get(store, "main", ORDER, "O1") == made, "nothing of it changed"
    again = operator.post(f"/api/conductor/conflicts/{one['id']}", {"choice": "ours"})
    assert (again.status_code, again.json["code"]) == (409, "decided")
    assert operator.post(f"/api/conductor/conflicts/{one['id']}/undo").json["conflict"]["decision"] == "theirs"
    (line,) = records.get(store, "main", ORDER, "O1").lines
    assert (line["id"], line["quantity"]) == ("5-1", "3"), "theirs is taken into the line that is there"
    assert operator.post(f"/api/conductor/conflicts/{one['id']}/undo").json["conflict"]["decision"] == "ours"
    shown = operator.get("/conductor/conflicts?state=decided").text
    assert " decided, " in shown and "6 decided" not in shown and "Ours counts" in shown  # a person by name


def test_settings_are_for_whoever_may_and_never_tell_a_secret(till: App, operator: Console) -> None:
    """W-27, W-2A: the key came back with the page, and whoever was signed in could change it."""
    page = operator.get("/conductor/settings").text
    assert KEY not in page and "CONDUCTOR_SECRET_KEY" in page and ">set<" in page
    account = Entry("account", "80-1", "Sales", facts={"accountType": "income"})
    conductor_lists.keep(till.store, "conductor", "account", [account], clock.now())
    table = {"customers": {"winner": "latest", "fields": {"phone": "ours", "fax": ""}}, "items": {"direction": "off"}}
    mark = page.partition('data-mark="')[2].partition('"')[0]
    body = {"rules": table, "accounts": {"income": "80-1"}, "stock_owner": "quickbooks", "mark": mark}
    saved = operator.post("/api/conductor/settings", body)
    assert saved.status_code == 200, saved.json
    page = operator.get("/conductor/settings").text
    assert 'id="owner-customers-phone" data-set="rules.customers.fields.phone" data-was="ours"' in page
    assert 'data-set="rules.customers.fields.fax" data-was=""' in page
    assert '<option value="80-1" selected>Sales</option>' in page
    assert 'data-set="rules.items.direction" data-was="off"' in page and 'id="direction-invoices"' not in page
    assert "off in the settings" in operator.get("/conductor").text
    lost = operator.post("/api/conductor/settings", {"rules": {"vendors": {"winner": "ours"}}, "mark": mark})
    assert (lost.status_code, lost.json["code"]) == (409, "changed"), "the table of somebody else is not lost"
    for wrong in ({"rules": {"invoices": {"direction": "both"}}}, {"secret_key": "x"}, {"end_user": "nobody"}):
        assert operator.post("/api/conductor/settings", {**wrong, "mark": saved.json["mark"]}).status_code == 422, wrong


def test_one_way_to_quickbooks_and_the_page_says_how_to_change_it(till: App, operator: Console) -> None:
    assert operator.post("/api/conductor/settings", {"enabled": False}).json["enabled"] is False
    assert "switched off" in operator.get("/conductor").text
    qbd_companies.add(till.store, "main", "till", None, "9")
    qbd_companies.set_enabled(till.store, "main", True, "9")
    page = operator.get("/conductor/settings").text
    assert "Web Connector; switch that off first." in page and "qbwc companies" in page
    refused = operator.post("/api/conductor/settings", {"enabled": True})
    assert (refused.status_code, refused.json["code"]) == (409, "other_way")
    row = conductor_companies.by_company(till.store, "main")
    assert row is not None and not row.enabled


def test_who_may_not_is_not_let_in(till: App, operator: Console) -> None:
    people.add_user(till.store, "3", "Mona Berg", "manager", "8531")
    people.add_user(till.store, "2", "Dora Lund", "accountant", "8532")
    for code in ("3", "2"):
        passwords.set_password(till.store, code, PASSWORD)
    mona, dora = Console(till).sign_in("3"), Console(till).sign_in("2")
    shown = mona.get("/conductor").text
    assert "Test connection" not in shown and "/conductor/settings" not in shown
    assert 'id="start-go"' in shown
    for path in ("/conductor", "/conductor/panel", "/conductor/conflicts", "/conductor/history"):
        assert (mona.get(path).status_code, dora.get(path).status_code) == (200, 403), path
    for who in (mona, dora):
        assert who.get("/conductor/settings").status_code == 403
        assert who.post("/conductor/test").status_code == 403
        assert who.post("/api/conductor/settings", {}).status_code == 403


def test_who_started_cancelled_decided_edited_and_chose_is_in_the_audit(till: App, operator: Console) -> None:
    """W-29: there was a table for it, and nothing wrote it."""
    store, now = till.store, clock.now()
    records.create(store, "main", "qbd_customer", "C1", {"name": "Ana"}, [], "system", now)
    records.clashed(store, "main", "conductor", "qbd_customer", "C1", [Clash("phone", "1", "2", "ask")], now)
    session = operator.post("/api/conductor/sync", {"objects": ["customers"]}).json["session"]["session"]
    assert operator.post("/api/conductor/sync/cancel", {"session": session}).status_code == 200
    assert operator.post("/api/conductor/conflicts/1", {"choice": "theirs"}).status_code == 200
    assert operator.post("/api/conductor/records/vendors", {"fields": {"name": "Acme"}}).status_code == 201
    chosen = {"stock_owner": "quickbooks", "enabled": False}
    assert operator.post("/api/conductor/settings", chosen).status_code == 200
    with store.reading():
        rows = store.execute("SELECT act FROM audit WHERE actor = '6'").fetchall()
    acts = {act for (act,) in rows}
    wanted = {"conductor.start", "conductor.cancel", "conductor.choices", "conductor.enabled"}
    assert acts >= wanted | {"record.decide", "record.create"}
