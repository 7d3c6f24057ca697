"""Till and books side by side, over HTTP: what is known, another look, a difference settled with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.rules.reconcile import Figures, Pair, compare
from pos.store import connections, notices, reconciliations, scopes
from pos.store.scopes import Scope
from tests.web.conftest import Page

SESSION = "T1-S000001"
CARD, CASH = (Figures(499, {"20%": 499}, {"VAT": 83}, {name: 499}) for name in ("Card", "Cash"))


@pytest.fixture
def closed(till: App, admin: Page, basket: Any) -> dict[str, Any]:
    """One sale in a session that is closed, and a connection to hold it against; the sale."""
    connections.sync(till.store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:9")])
    assert admin.post("/api/shift/open", {"id": clock.uuid7(), "float": "0.00"}).status_code == 201
    sold = admin.post("/api/create-sale", basket()).json["receipt"]
    count = admin.post("/api/shift/count-check", {"id": clock.uuid7(), "cash": "4.99", "tenders": {}}).json["count"]
    assert admin.post("/api/shift/close", {"id": clock.uuid7(), "count": count}).status_code == 201
    return dict(sold)


def compared(till: App, sold: dict[str, Any], theirs: Figures) -> None:
    here = scopes.session_of(till.store, SESSION)
    pair = Pair(
        key=sold["id"], document=sold["id"], number=sold["number"], part="sale", session=SESSION, day=here.day,
        ours=CASH, theirs=theirs, state="submitted", remote_id="SINV-1",
    )  # fmt: skip
    reconciliations.keep(till.store, "erpnext", here, compare([pair], "GBP"), "", clock.now())


def row(page: Page) -> dict[str, Any]:
    found = page.get("/api/reconciliations").json["rows"]
    return next(dict(r) for r in found if r["name"] == SESSION)


def test_a_closed_session_nobody_looked_at_is_not_run_and_so_are_the_books(closed: dict[str, Any], admin: Page) -> None:
    cells = row(admin)["cells"]
    assert [(c["title"], c["state"], c["why"]) for c in cells] == [
        ("ERPNext", "not_run", "Not looked at yet."),
        ("Books", "not_run", "No accounting connection is set up."),
    ]
    assert "No accounting connection is set up." in admin.get("/reconciliation").text


def test_a_difference_is_shown_with_both_figures_and_settled_with_a_reason(
    till: App, closed: dict[str, Any], admin: Page
) -> None:
    compared(till, closed, CARD)
    assert row(admin)["cells"][0]["state_text"] == "1 differs"
    assert notices.is_open(till.store, f"reconcile:erpnext:{SESSION}")
    leg = admin.get(f"/api/reconciliations/session/{SESSION}").json["legs"][0]
    (item,) = leg["items"]
    assert [(f["name"], f["here_text"], f["there_text"]) for f in item["figures"]] == [
        ("Cash", "£4.99", "£0.00"),
        ("Card", "£0.00", "£4.99"),
    ]
    page = admin.get(f"/reconciliation/session/{SESSION}").text
    assert closed["number"] in page
    path = f"/api/reconciliations/items/{item['n']}/settle"
    refused = admin.post(path, {"reason": " ok "})
    assert (refused.status_code, refused.json["field"]) == (422, "reason")
    assert admin.post(path, {"reason": "The card terminal was down, paid in cash"}).status_code == 200
    assert row(admin)["cells"][0]["state"] == "settled"
    assert not notices.is_open(till.store, f"reconcile:erpnext:{SESSION}")
    assert admin.post(path, {"reason": "once more, please"}).status_code == 422
    audited = till.store.execute("SELECT actor, subject FROM audit WHERE act = 'reconcile.settle'").fetchall()
    assert audited == [("9", closed["number"])]


def test_another_look_is_asked_for_once_and_waits_for_the_agent(till: App, closed: dict[str, Any], admin: Page) -> None:
    compared(till, closed, CASH)
    answer = admin.post("/api/reconciliations/run", {"scope": "session", "name": SESSION})
    assert (answer.status_code, answer.json["asked"]) == (202, 1)
    cell = row(admin)["cells"][0]
    assert (cell["state"], cell["wanted"]) == ("match", True)
    assert admin.post("/api/reconciliations/run", {"scope": "session"}).status_code == 422
    assert admin.post("/api/reconciliations/run", {"scope": "session", "name": "T1-S000077"}).status_code == 404


def test_without_a_connection_nothing_can_be_looked_at(till: App, admin: Page) -> None:
    answer = admin.post("/api/reconciliations/run", {})
    assert (answer.status_code, answer.json["code"]) == (409, "no_connection")
    assert "No session was closed" in admin.get("/reconciliation").text


@pytest.mark.parametrize("path", ["/api/reconciliations", "/reconciliation", f"/api/reconciliations/session/{SESSION}"])
def test_a_cashier_sees_none_of_it(closed: dict[str, Any], anna: Page, path: str) -> None:
    assert anna.get(path).status_code == 403
    assert anna.post("/api/reconciliations/run", {}).status_code == 403
    assert anna.post("/api/reconciliations/items/1/settle", {"reason": "because I say so"}).status_code == 403


def test_the_worst_stands_first(till: App, closed: dict[str, Any], admin: Page) -> None:
    compared(till, closed, CASH)
    reconciliations.not_run(
        till.store, "erpnext", Scope("day", "2026-11-20", "2026-11-20"), clock.now(), "nothing", "x"
    )
    assert [r["scope"] for r in admin.get("/api/reconciliations").json["rows"]] == ["day", "session"]
    compared(till, closed, CARD)
    assert [r["scope"] for r in admin.get("/api/reconciliations").json["rows"]] == ["session", "day"]
