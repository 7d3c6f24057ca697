"""Reconciliation at the console: the same data and acts as at the till, behind the other door; each list as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.rules.reconcile import Figures, Pair, compare
from pos.store import connections, reconciliations, scopes
from tests.web.conftest import Console, Page

SESSION = "T1-S000001"


@pytest.fixture
def accountant(till: App, operator: Console, admin: Page, basket: Any) -> Console:
    """Somebody who may read, after a closed session whose one sale was booked by the wrong way to pay."""
    connections.sync(till.store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:9")])
    assert admin.post("/api/shift/open", {"id": clock.uuid7(), "float": "0.00"}).status_code == 201
    sold = admin.post("/api/create-sale", basket()).json["receipt"]
    count = admin.post("/api/shift/count-check", {"id": clock.uuid7(), "cash": "4.99", "tenders": {}}).json["count"]
    assert admin.post("/api/shift/close", {"id": clock.uuid7(), "count": count}).status_code == 201
    ours, theirs = (Figures(499, {"20%": 499}, {"VAT": 83}, {name: 499}) for name in ("Cash", "Card"))
    here = scopes.session_of(till.store, SESSION)
    pair = Pair(
        key=sold["id"], document=sold["id"], number=sold["number"], part="sale", session=SESSION, day=here.day,
        ours=ours, theirs=theirs, state="submitted", remote_id="SINV-1",
    )  # fmt: skip
    reconciliations.keep(till.store, "erpnext", here, compare([pair], "GBP"), "", clock.now())
    return Console(till).sign_in("8")


def table(page: Console, path: str) -> list[dict[str, str]]:
    text = page.get(path).get_data(as_text=True).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_difference_is_seen_saved_and_settled(accountant: Console) -> None:
    assert "1 comparison has open differences." in accountant.get("/console/reconciliation").text
    page = accountant.get(f"/console/reconciliation/session/{SESSION}").text
    assert "T1-000002" in page or "T1-000001" in page
    rows = table(accountant, f"/console/reconciliation/session/{SESSION}.csv")
    assert [(row["figure"], row["here"], row["there"]) for row in rows] == [
        ("Cash", "£4.99", "£0.00"),
        ("Card", "£0.00", "£4.99"),
    ]
    leg = accountant.get(f"/api/console/reconciliations/session/{SESSION}").json["legs"][0]
    path = f"/api/console/reconciliations/items/{leg['items'][0]['n']}/settle"
    assert accountant.post(path, {"reason": " "}).json["field"] == "reason"
    assert accountant.post(path, {"reason": "The card terminal was down"}).status_code == 200
    assert "Everything that was compared matches" in accountant.get("/console/reconciliation").text


def test_every_comparison_is_one_row_of_the_export(accountant: Console) -> None:
    rows = [row for row in table(accountant, "/console/reconciliation.csv") if row["connection"] == "erpnext"]
    assert [(row["name"], row["state"], row["total_here"]) for row in rows if row["name"] == SESSION] == [
        (SESSION, "mismatch", "£4.99")
    ]


def test_another_look_is_asked_for(accountant: Console) -> None:
    answer = accountant.post("/api/console/reconciliations/run", {"scope": "session", "name": SESSION})
    assert (answer.status_code, answer.json["asked"]) == (202, 1)


def test_an_operator_without_the_right_sees_none_of_it(accountant: Console, operator: Console) -> None:
    assert operator.get("/console/reconciliation").status_code == 403
    assert operator.get("/api/console/reconciliations").status_code == 403
    assert operator.post("/api/console/reconciliations/run").status_code == 403
    assert 'href="/console/reconciliation"' not in operator.get("/console").text
