"""Another price than the shelf's: by right or by a second person, beside the shelf's own, on record."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from pos.app import App
from tests.browser import shop
from tests.browser.screen import Screen
from tests.browser.test_approve import agree

pytestmark = pytest.mark.browser

BOOT = "5012345000015"


def overrides(till: App) -> list[tuple[str, dict[str, str]]]:
    found = till.store.execute("SELECT actor, detail FROM audit WHERE act = 'price.override' ORDER BY n").fetchall()
    return [(actor, json.loads(detail)) for actor, detail in found]


def pay(screen: Screen) -> None:
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")


def test_a_cashiers_price_needs_somebody_who_may(screen: Screen, till: App) -> None:
    page = screen.page
    screen.scan(BOOT, BOOT)
    screen.expect_total("£238.00")
    screen.press("*")
    expect(page.locator("#figure-hint")).to_have_text("£119.00 on the shelf")
    screen.type("9900")
    screen.press("Enter")
    expect(page.locator("#approve-why")).to_contain_text("another price")
    agree(screen)
    screen.expect_total("£198.00")
    line = page.locator("#lines > .line")
    expect(line.locator(".was")).to_have_text("£238.00")
    expect(line.locator(".more")).to_contain_text("price changed, £119.00 on the shelf")
    pay(screen)
    receipt = screen.receipts()[-1]
    item = receipt["items"][0]
    assert (item["price"], item["list_price"], item["price_source"]) == ("99.00", "119.00", "typed")
    assert [(one["act"], one["by"]["code"]) for one in receipt["approved"]] == [("price_override", shop.MANAGER)]
    assert overrides(till)[-1] == (
        shop.CASHIER,
        {"item": "HB-9001", "line": item["line"], "price": "99.00", "shelf": "119.00"},
    )


def test_the_shelfs_price_comes_back_without_asking_anybody(screen: Screen) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.take('[data-act="price"]')
    screen.type("12900")
    screen.press("Enter")
    agree(screen)
    screen.expect_total("£129.00")
    screen.take('[data-act="price"]')
    screen.page.get_by_role("button", name="Back to the shelf's price").click()
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), total="£119.00")
    assert screen.page.locator("#lines .was").count() == 0


def test_a_price_nobody_agrees_to_is_not_given(screen: Screen, till: App) -> None:
    before = len(overrides(till))
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("*")
    screen.type("100")
    screen.press("Enter")
    expect(screen.page.locator("#dlg-approve[open]")).to_be_visible()
    screen.press("Escape")
    expect(screen.page.locator("#figure-problem")).to_contain_text("another price")
    screen.press("Escape")
    screen.expect_total("£119.00")
    pay(screen)
    assert len(overrides(till)) == before


def test_a_manager_sets_a_price_alone_and_it_is_written_down(new_window, till: App) -> None:  # type: ignore[no-untyped-def]
    screen: Screen = new_window()
    screen.sign_in(shop.MANAGER, shop.MANAGER_PIN)
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("*")
    screen.type("10000")
    screen.press("Enter")
    screen.expect_total("£100.00")
    pay(screen)
    assert overrides(till)[-1][0] == shop.MANAGER
