"""Till and books side by side on the screen: a difference with both figures, settled by keyboard with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from pos import clock
from pos.app import App
from pos.rules.reconcile import Figures, Pair, compare
from pos.store import connections, people, reconciliations, scopes
from tests import receipts
from tests.browser import ready
from tests.browser.axe import Axe
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

ADMIN, ADMIN_PIN = "990", "7531"


def test_a_difference_is_settled_by_keyboard_and_another_look_is_asked_for(new_window: Any, till: App) -> None:
    people.add_user(till.store, ADMIN, "Ira Voss", "admin", ADMIN_PIN)
    connections.sync(till.store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:9")])
    sold = till.journal.commit(receipts.sale()).doc
    ours, theirs = (Figures(2400, {"20%": 2400}, {"VAT": 400}, {name: 2400}) for name in ("Cash", "Card"))
    pair = Pair(
        sold["id"], sold["id"], sold["invoice_name"], "sale", sold["session"], sold["business_day"], ours, theirs,
        "submitted", "SINV-1", "Cash payment is 0.00, not 24.00",
    )  # fmt: skip
    here = scopes.session_of(till.store, sold["session"])
    reconciliations.keep(till.store, "erpnext", here, compare([pair], "GBP"), "", clock.now())

    screen: Screen = new_window(reduced_motion="reduce")
    page = screen.page
    ready.watch(page.context)
    screen.sign_in(ADMIN, ADMIN_PIN)
    page.goto(f"{screen.url}/reconciliation")
    ready.wait(page)
    expect(page.locator(".verdict .state-word").first).to_have_text("1 differs")
    page.locator(".verdicts tbody a").first.press("Enter")
    page.wait_for_url("**/reconciliation/session/*")
    ready.wait(page)
    rows = page.locator(".difference .both tbody tr")
    expect(rows).to_have_text(["Cash Tender £24.00 £0.00", "Card Tender £0.00 £24.00"], use_inner_text=True)
    axe = Axe(page)
    axe.look("a difference that is open")
    assert not axe.found, "\n".join(axe.found)

    reason = page.locator(".settle input")
    reason.press("Enter")
    reason.fill("no")
    reason.press("Enter")
    expect(page.locator(".settle .problem")).to_have_text("Say in a few words why this is right as it is.")
    reason.fill("The terminal was down: paid in cash")
    reason.press("Enter")
    expect(page.locator(".difference.is-settled")).to_contain_text("Ira Voss: The terminal was down: paid in cash")
    expect(page.locator(".leg-head .state-word").first).to_have_text("Settled")
    page.locator("#run").press("Enter")
    expect(page.locator("#run-said")).to_have_text("Being compared…")
    reconciliations.keep(till.store, "erpnext", here, compare([], "GBP"), "", clock.now())
    expect(page.locator(".leg-head .state-word").first).to_have_text("Match")
