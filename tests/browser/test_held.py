"""A basket is set aside and taken up again, whole; nothing of it gets lost, and two never become one."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BOOT, SOCKS = "5012345000015", "96385074"


def test_hold_and_take_up_again_with_another_basket_open(screen: Screen) -> None:
    page = screen.page
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("F8")
    page.fill("#note-words", "left boot only")
    screen.press("Enter")
    expect(page.locator(".line .note")).to_have_text("left boot only")
    before = screen.basket()
    screen.press("F2")
    page.fill("#words-typed", "Lady with the dog")
    screen.press("Enter")
    expect(page.locator("#held-count")).to_have_text("1")
    expect(page.locator("#lines > .line:not(.line-hint)")).to_have_count(0)
    assert screen.basket() is None
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    screen.take("#open-held")
    page.get_by_role("button", name="Take up: Lady with the dog").click()
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), total="£119.00")
    expect(page.locator(".line .note")).to_have_text("left boot only")
    after = screen.basket()
    assert before is not None
    assert after is not None
    assert after["id"] == before["id"]
    expect(page.locator("#held-count")).to_have_text("1")  # the socks
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")
    assert screen.receipts()[-1]["id"] == before["id"]


def test_discarding_takes_a_reason(screen: Screen) -> None:
    page = screen.page
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    screen.press("F2")
    page.fill("#words-typed", "Grey socks")
    screen.press("Enter")
    expect(page.locator("#lines > .line:not(.line-hint)")).to_have_count(0)
    screen.press("F2")  # nothing in the basket: the list
    page.get_by_role("button", name="Discard Grey socks").click()
    screen.take("#dlg-words [type=submit]")
    expect(page.locator("#words-problem")).to_have_text("Say why it is discarded.")
    page.get_by_text("Entered by mistake").click()
    screen.take("#dlg-words [type=submit]")
    expect(page.get_by_role("button", name="Discard Grey socks")).to_have_count(0)
