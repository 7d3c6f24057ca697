"""A badge held to the scanner agrees to an act on every page that asks for somebody, not on the sell screen alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from pos.app import App
from pos.store import people
from tests.browser import shop
from tests.browser.screen import Screen
from tests.browser.test_returns import sell

pytestmark = pytest.mark.browser

SOCKS = "96385074"
BADGE = "TKB-OWEN-MARSH-0900"


@pytest.fixture(autouse=True)
def _badge(till: App) -> Iterator[None]:
    people.set_badge(till.store, shop.MANAGER, BADGE)
    yield


def agree_by_badge(screen: Screen, act: str) -> None:
    """Scan, then the PIN: the focus is there already."""
    expect(screen.page.locator("#dlg-approve[open]")).to_be_visible()
    screen.scan(BADGE)
    expect(screen.page.locator("#approve-why")).to_have_text("Badge read. Type the PIN.")
    assert screen.page.input_value("#approve-code") == ""
    screen.type(shop.MANAGER_PIN)
    screen.press("Enter")
    expect(screen.page.locator("#dlg-approve[open]")).to_have_count(0)


def test_on_a_receipt(screen: Screen) -> None:
    number = sell(screen, SOCKS)
    screen.page.goto(f"{screen.url}/receipts/{number}")
    screen.take("#void")
    screen.page.locator("#words-chips").get_by_text("Wrong items").click()
    screen.take("#dlg-words [type=submit]")
    agree_by_badge(screen, "void")
    screen.page.wait_for_url(lambda url: number not in url)
    assert [(x["act"], x["by"]["code"]) for x in screen.receipts()[-1]["approved"]] == [("void", shop.MANAGER)]


def test_on_the_page_of_the_day(screen: Screen) -> None:
    page = screen.page
    sell(screen, SOCKS)
    page.goto(screen.url + "/day")
    screen.take("[data-day=paid_out]")
    screen.type("500")
    expect(page.locator("#amount-typed")).to_have_text("£5.00")
    page.fill("#amount-reason", "Milk")
    screen.take("#dlg-amount [type=submit]")
    agree_by_badge(screen, "paid_out")
    expect(page.locator("#day-done")).to_contain_text("£5.00")
    assert [x["act"] for x in screen.receipts()[-1]["approved"]] == ["paid_out"]


def test_a_scan_on_the_page_of_the_day_presses_nothing_and_is_no_amount(screen: Screen) -> None:
    page = screen.page
    page.goto(screen.url + "/day")
    page.focus("[data-day=no_sale]")
    screen.scan(SOCKS)
    page.wait_for_timeout(150)
    assert page.locator("dialog[open]").count() == 0
    screen.take("[data-day=paid_in]")
    screen.scan(SOCKS)
    expect(page.locator("#amount-typed")).to_have_text("£0.00")


def test_it_signs_in(new_window: Any) -> None:
    screen: Screen = new_window()
    screen.open("/sign-in")
    expect(screen.page.locator("#code")).to_be_focused()
    screen.scan(BADGE)
    expect(screen.page.locator("#say")).to_have_text("Badge read. Type the PIN.")
    screen.type("0000")
    screen.press("Enter")
    expect(screen.page.locator("#say")).not_to_have_text("Badge read. Type the PIN.")
    screen.scan(BADGE)
    screen.type(shop.MANAGER_PIN)
    screen.press("Enter")
    expect(screen.page).to_have_url(f"{screen.url}/")
    expect(screen.page.locator("#user-name")).to_contain_text("Owen Marsh")


def test_code_and_pin_may_come_in_one_go(new_window: Any) -> None:
    """Quick hands, or a keyboard that types by itself, are no badge."""
    screen: Screen = new_window()
    screen.open("/sign-in")
    screen.scan(shop.CASHIER)
    expect(screen.page.locator("#pin")).to_be_focused()
    screen.scan(shop.PIN)
    expect(screen.page).to_have_url(f"{screen.url}/")


def test_a_pin_typed_with_a_quick_end_is_whole(new_window: Any) -> None:
    screen: Screen = new_window()
    screen.open("/sign-in")
    screen.type(shop.CASHIER[:1])
    screen.scan(shop.CASHIER[1:])
    screen.type(shop.PIN[:2])
    screen.scan(shop.PIN[2:])
    screen.page.wait_for_selector("#results .item", state="attached")
    screen.press("F12")
    expect(screen.page.locator("#lock")).to_be_visible()
    screen.type(shop.PIN[:2])
    screen.scan(shop.PIN[2:])
    expect(screen.page.locator("#lock")).to_be_hidden()


def test_it_unlocks_the_till_for_who_holds_it_with_the_basket_kept(new_window: Any) -> None:
    screen: Screen = new_window()
    screen.open("/sign-in")
    screen.scan(shop.CASHIER, shop.PIN)
    screen.page.wait_for_selector("#results .item", state="attached")
    screen.scan(SOCKS)
    expect(screen.page.locator("#lines .line:not(.line-hint)")).to_have_count(1)
    screen.press("F12")
    screen.scan(BADGE)
    expect(screen.page.locator("#lock-say")).to_have_text("Badge read. Type the PIN.")
    screen.type(shop.MANAGER_PIN)
    screen.press("Enter")
    expect(screen.page.locator("#lock")).to_be_hidden()
    expect(screen.page.locator("#user-name")).to_contain_text("Owen Marsh")
    expect(screen.page.locator("#lines .line:not(.line-hint)")).to_have_count(1)
