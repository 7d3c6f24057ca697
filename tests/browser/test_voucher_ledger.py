"""The page of gift vouchers: figures that add up, one voucher with its rows, issued and adjusted by hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pos.app import App
from pos.store import people
from tests.browser import shop
from tests.browser.screen import Screen
from tests.browser.test_approve import agree

pytestmark = pytest.mark.browser

SOCKS = "96385074"
ACCOUNTANT, ACCOUNTANT_PIN = "800", "1357"


@pytest.fixture
def manager(new_window) -> Screen:  # type: ignore[no-untyped-def]
    screen: Screen = new_window()
    screen.sign_in(shop.MANAGER, shop.MANAGER_PIN)
    return screen


def by_hand(screen: Screen, digits: str, reason: str) -> None:
    expect(screen.page.locator("#dlg-hand[open]")).to_be_visible()
    screen.type(digits)
    screen.page.locator("#hand-reasons").get_by_text(reason).click()
    screen.take("#hand-go")


def test_issued_by_hand_used_adjusted_and_every_figure_adds_up(manager: Screen) -> None:
    page = manager.open("/vouchers").page
    expect(page.locator(".nothing-here")).to_contain_text("No voucher was issued yet")
    manager.take("#issue")
    manager.take("#hand-go")
    expect(page.locator("#hand-problem")).to_have_text("Type the amount.")
    by_hand(manager, "4000", "Goodwill")
    expect(page.locator("#hand-done")).to_contain_text("£40.00")
    code = re.search(r"GV-\S+?(?=,)", page.inner_text("#hand-done"))
    assert code is not None
    manager.take("#hand-close")
    expect(page.locator("#sum-outstanding")).to_have_text("£40.00")

    manager.open("/")
    manager.scan(SOCKS)
    manager.expect_total("£7.50")
    manager.press("F9")
    manager.expect_view("pay")
    manager.scan(code[0])
    expect(page.locator("#take-word")).to_have_text("Finish the sale")
    manager.press("Enter")
    manager.expect_view("change")
    number = manager.receipts()[-1]["invoice_name"]

    manager.open("/vouchers")
    expect(page.locator("#sum-used")).to_have_text("£7.50")
    expect(page.locator("#sum-outstanding")).to_have_text("£32.50")
    manager.scan(code[0])  # a scan opens it
    rows = page.locator("#one-rows tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("-£7.50")
    expect(rows.nth(1).get_by_role("link")).to_have_attribute("href", f"/receipts/{number}")
    manager.take("#adjust")
    page.get_by_text("comes off it").click()
    by_hand(manager, "250", "Entered by mistake")
    expect(page.locator("#hand-done")).to_contain_text("£30.00 on it now")
    manager.press("Enter")
    expect(page.locator("#sum-outstanding")).to_have_text("£30.00")
    expect(rows).to_have_count(3)  # the same voucher is still open
    manager.press("Escape")
    page.fill("#q", code[0][-6:])
    manager.press("Enter")
    expect(page.locator("[data-voucher]")).to_have_text([code[0]])
    page.get_by_role("link", name="Expired").click()
    expect(page.locator(".nothing-here")).to_be_visible()
    expect(page.locator("#q")).to_have_value(code[0][-6:])


def test_somebody_without_the_right_has_it_agreed_to(new_window, till: App) -> None:  # type: ignore[no-untyped-def]
    people.add_user(till.store, ACCOUNTANT, "Nia Bell", "supervisor", ACCOUNTANT_PIN)
    screen: Screen = new_window()
    page = screen.sign_in(ACCOUNTANT, ACCOUNTANT_PIN).open("/vouchers").page
    screen.take("#issue")
    by_hand(screen, "1500", "Replaces a lost card")
    agree(screen)
    expect(page.locator("#hand-done")).to_contain_text("£15.00")
    document = screen.receipts()[-1]
    assert document["voucher"]["reason"] == "Replaces a lost card"
    assert [x["act"] for x in document["approved"]] == ["voucher_issue"]
