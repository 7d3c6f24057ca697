"""A day on the screen: float, cash out and in, a blind count, a difference somebody agrees to, and the Z."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import shop
from tests.browser.screen import Screen
from tests.browser.test_approve import agree

pytestmark = pytest.mark.browser

SOCKS = "96385074"


def amount(screen: Screen, digits: str, reason: str = "") -> None:
    page = screen.page
    expect(page.locator("#dlg-amount[open]")).to_be_visible()
    for digit in digits:
        page.keyboard.press(digit)
    if reason:
        page.fill("#amount-reason", reason)
    screen.take("#dlg-amount [type=submit]")


def test_from_float_to_z(screen: Screen) -> None:
    page = screen.page
    page.goto(screen.url + "/day")
    screen.take("[data-day=float]")
    amount(screen, "15000")
    expect(page.locator("#day-done")).to_contain_text("£150.00")
    expect(page.locator("#day-facts")).to_contain_text("£150.00")

    screen.take("[data-day=drop]")
    amount(screen, "2000")
    expect(page.locator("#amount-problem")).to_have_text("Say what for.")
    page.fill("#amount-reason", "Too many notes")
    screen.take("#dlg-amount [type=submit]")
    agree(screen)  # a cashier does not move cash alone
    expect(page.locator("#day-done")).to_contain_text("£20.00")

    screen.open("/")
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")

    page.goto(screen.url + "/day")
    expect(page.locator("#day")).to_have_attribute("data-step", "open")
    expect(page.locator("[data-day=x]")).to_be_hidden()
    screen.press("F9")
    expect(page.locator("#pieces input")).to_have_count(12)
    assert "137.50" not in page.inner_text("#day"), "the count is blind"
    screen.press("Enter", "6", "Enter")  # from £50 to £20, and on; nothing is fixed by it
    expect(page.locator("[data-value='20.00']")).to_have_value("6")
    expect(page.locator("#day")).to_have_attribute("data-step", "count")
    page.fill("[data-value='0.50']", "15")
    screen.press("F9")
    expect(page.locator("#day")).to_have_attribute("data-step", "compare")
    expect(page.locator("#counted")).to_have_text("£127.50")
    expect(page.locator("#close-alert")).to_contain_text("Cash is £10.00 short")
    expect(page.locator("#compared .row-short")).to_contain_text("£137.50")
    screen.press("F9")
    expect(page.locator("#close-problem")).to_contain_text("Choose a reason")
    screen.take("text=Wrong change given")
    screen.press("F9")
    agree(screen)  # to close the day
    expect(page.locator("#dlg-approve-title")).to_have_text("Agree to this difference")
    agree(screen)
    expect(page.locator("#z-name")).to_have_text("Z0001 is written")
    kinds = [document["kind"] for document in screen.receipts()]
    assert kinds == ["float", "drop", "sale", "z"]
    screen.take("#z-done")
    expect(page.locator("#day-title")).to_have_text("No session is open")


def test_a_manager_reads_x_and_finds_the_z_in_the_list(new_window: object) -> None:
    screen: Screen = new_window()  # type: ignore[operator]
    screen.sign_in(shop.MANAGER, shop.MANAGER_PIN)
    page = screen.page
    page.goto(screen.url + "/day")
    screen.take("[data-day=float]")
    amount(screen, "5000")
    expect(page.locator("#takings")).to_be_visible()
    screen.take("[data-day=x]")
    expect(page.locator("#x-lines")).to_contain_text("50.00")
    screen.press("Escape")
    screen.take("text=All Z-reads")
    expect(page.locator("main")).to_contain_text("Z0001")
