"""The screen of comparisons: asked for, gone through, saved; who may act."""

from __future__ import annotations

from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.rules.parity import DESKTOP, Finding
from pos.store import parity, qbd_asks, qbd_companies
from pos.store.models import QbdCompany
from tests.web.conftest import Console, Page

ASK = "/api/inventory/parity/ask"


@pytest.fixture
def compared(till: App) -> App:
    """One comparison with a company file, and what stood out."""
    store = till.store
    with store.transaction():
        QbdCompany.create(
            connection=qbd_companies.CONNECTION, company="main", username="webconnector", owner_id="{1}",
            file_id="{2}", app_name="Tillkeep", made_at="",
        )  # fmt: skip
    now = clock.now()
    run = parity.begin(store, "main", qbd_companies.CONNECTION, DESKTOP, strict=True, by="9")
    found = [
        Finding("MUG", "quantity", "needs_adjustment", "12", "14", "-2", "Shop", {"names_differ": ["MUG", "Mug"]}),
        Finding("MUG", "income_account", "needs_adjustment", "=HYPERLINK(1)", "Sales"),
        Finding("-2+3", "item", "missing", "", "-2+3", detail={"missing": "here"}),
    ]
    parity.keep(store, run, found, now)
    parity.end(
        store, run, "done", {"items": 7, "in_sync": 5, "needs_adjustment": 2, "missing": 1}, "BACK is left out.", now
    )
    return till


def text_of(page: Page, path: str) -> str:
    answer = page.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return " ".join(answer.text.split())


def sent(page: Page, path: str, body: Any) -> Any:
    return page.post(path, body).json


def test_the_screen_says_how_it_stands_and_keeps_to_what_is_asked(compared: App, operator: Console) -> None:
    shown = text_of(operator, "/inventory/parity")
    for words in ("In sync", "of 7", "BACK is left out.", "Missing here", "differs in case or blanks", "Compare now"):
        assert words in shown
    assert "=HYPERLINK" not in text_of(operator, "/inventory/parity?status=missing")
    assert "Nothing is in that state." in text_of(operator, "/inventory/parity?state=gone")
    assert operator.get("/inventory/parity?side=elsewhere").status_code == 422
    saved = operator.get("/inventory/parity.csv").text
    assert "'=HYPERLINK(1)" in saved and "'-2+3" in saved and ",-2," in saved, "no formulas, but figures"


def test_a_till_without_books_says_so(till: App, operator: Console) -> None:
    assert "Nothing to compare with" in text_of(operator, "/inventory/parity")
    assert operator.post(ASK, {"side": DESKTOP}).status_code == 404
    assert operator.post(ASK, {"side": "quickbooks"}).status_code == 409
    assert operator.post(ASK, {"side": "erpnext"}).status_code == 404
    assert sent(operator, ASK, {"side": "the moon"})["field"] == "side"


def test_acts_by_the_api(compared: App, operator: Console) -> None:
    store = compared.store
    first = sent(operator, ASK, {"side": DESKTOP, "loose": True})["run"]
    assert sent(operator, ASK, {"side": DESKTOP})["run"] == first, "a second click is the same comparison"
    assert (
        first["state"] == "asked" and qbd_asks.asked(store, qbd_companies.CONNECTION, "ask_levels").state == "pending"
    )
    key = {"side": DESKTOP, "item": "MUG", "field": "quantity", "location": "Shop"}
    assert sent(operator, "/api/inventory/parity/dismiss", {**key, "reason": ""})["field"] == "reason"
    assert operator.post("/api/inventory/parity/dismiss", {**key, "reason": "On loan"}).status_code == 200
    assert "On loan" in text_of(operator, "/inventory/parity?state=dismissed")
    propose = "/api/inventory/parity/propose"
    assert sent(operator, propose, {"what": "quantities"})["field"] == "max"
    answer = sent(operator, propose, {"what": "accounts", "max": "5"})
    assert (answer["requests"], answer["leftCount"]) == ([], 0)


def test_who_may_only_look_sees_no_acts(compared: App) -> None:
    accountant = Page(compared).sign_in("5")
    shown = text_of(accountant, "/inventory/parity")
    assert "MUG" in shown and "Compare now" not in shown and "data-dismiss" not in shown
    assert accountant.post(ASK, {"side": DESKTOP}).status_code == 403
