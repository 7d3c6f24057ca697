"""A voucher whose issuer is out of reach: how old the knowledge is and what the shop's rule says, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from pos import clock
from pos.app import App
from pos.store import vouchers
from pos.store.vouchers import Hold, LedgerRow
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

SHOE = "5012345000046"


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Books at an address where nobody answers."""
    return {
        "ERPNEXT_URL": "http://127.0.0.1:9",
        "ERPNEXT_API_KEY": "key",
        "ERPNEXT_API_SECRET": "secret",
    }


def test_out_of_reach_of_the_issuer_age_and_rule_are_in_words(screen: Screen, till: App) -> None:
    page, store = screen.page, till.store
    heard = clock.now() - timedelta(hours=3)
    at = clock.stamp(heard)
    rows = [
        LedgerRow("erpnext:FAR-0001", "FAR-0001", "issue", 5000, at, till="T2"),
        LedgerRow("erpnext:NEAR-0001", "NEAR-0001", "issue", 3000, at, till="T1"),
    ]
    vouchers.take_in(store, rows, heard, codes=["FAR-0001", "NEAR-0001"])
    screen.scan(SHOE)
    screen.expect_total("£85.00")
    screen.scan("FAR-0001")  # any code the ledger knows, whatever it looks like
    says = page.locator("#voucher-says")
    expect(says).to_contain_text("£50.00")
    expect(says).to_contain_text("Last confirmed")
    expect(says.locator(".vcard-why")).not_to_be_empty()
    expect(page.locator("#voucher-go")).to_be_hidden()
    screen.press("Escape")
    screen.press("F9")
    screen.expect_view("pay")
    screen.scan("FAR-0001")
    expect(page.locator("#pay-voucher-problem")).not_to_be_empty()
    expect(page.locator("#payments .disc")).to_have_count(0)
    set_aside = Hold(
        "h1", "FAR-0001", 1000, till.config.till.id, (screen.basket() or {})["id"], clock.stamp(clock.now())
    )
    vouchers.hold(store, set_aside)  # as if the issuer had answered in time
    with page.expect_response("**/api/vouchers/release") as released:
        screen.press("Escape")
    screen.expect_view("sell")
    assert released.value.json()["released"] == 1, "nobody waits a quarter of an hour for a basket that is not paid"
    screen.press("F9")
    screen.expect_view("pay")
    screen.scan("NEAR-0001")
    expect(page.locator("#pay-left")).to_have_text("£55.00")
    expect(page.locator("#typed-what")).to_have_text("Cash given")
    screen.press("Enter")
    screen.expect_view("change")
    exposed = till.store.execute("SELECT sum(exposure) FROM voucher_row WHERE code = 'NEAR-0001'").fetchone()
    assert exposed == (3000,)
