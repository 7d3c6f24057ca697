"""What a cashier may not do alone: somebody else agrees on the same screen, and the act goes on where it stood."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import shop
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BOOT = "5012345000015"


def ask_for_discount(screen: Screen, percent: str) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("F3")
    screen.page.locator("#discount-reasons").get_by_text("Damaged", exact=True).click()
    screen.type(percent)
    screen.take("#discount-apply")
    expect(screen.page.locator("#dlg-approve[open]")).to_be_visible()


def agree(screen: Screen, code: str = shop.MANAGER, pin: str = shop.MANAGER_PIN) -> None:
    screen.page.fill("#approve-code", code)
    screen.page.fill("#approve-pin", pin)
    screen.take("#approve-go")


def test_a_large_discount_is_agreed_to_in_place_and_named_on_the_receipt(screen: Screen) -> None:
    ask_for_discount(screen, "20")
    expect(screen.page.locator("#approve-why")).to_contain_text("20 %")
    agree(screen, pin="0000")
    expect(screen.page.locator("#approve-problem")).not_to_have_text("")
    assert screen.page.input_value("#approve-pin") == ""
    agree(screen, code=shop.CASHIER, pin=shop.PIN)
    expect(screen.page.locator("#approve-problem")).to_contain_text("Nobody approves their own act")
    agree(screen)
    expect(screen.page.locator("#dlg-discount[open]")).to_have_count(0)
    screen.expect_total("£95.20")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")
    approved = screen.receipts()[-1]["approved"]
    assert [(one["act"], one["by"]["code"]) for one in approved] == [("discount", shop.MANAGER)]


def test_giving_up_leaves_the_basket_as_it_was(screen: Screen) -> None:
    ask_for_discount(screen, "20")
    screen.press("Escape")
    expect(screen.page.locator("#dlg-approve[open]")).to_have_count(0)
    expect(screen.page.locator("#discount-problem")).to_contain_text("20 %")
    screen.press("Escape")
    screen.expect_total("£119.00")
    kept = screen.basket()
    assert kept is not None
    assert kept["approvals"] == []


def test_only_keys_are_needed(screen: Screen) -> None:
    ask_for_discount(screen, "15")
    screen.type(shop.MANAGER)
    screen.press("Enter")
    screen.type(shop.MANAGER_PIN)
    screen.press("Enter")
    screen.expect_total("£101.15")
