"""Paper and the customer's screen in a real browser: the COPY, the slip's own page, the basket followed live."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import shop
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BOOT, CREAM = "5012345000015", "5012345000121"


def sold(screen: Screen) -> str:
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_change("£0.00")
    return str(screen.receipts()[-1]["invoice_name"])


def silent(screen: Screen) -> None:
    """The browser's print dialog would wait for a person."""
    screen.page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")


def test_the_second_print_of_a_receipt_says_copy(screen: Screen) -> None:
    silent(screen)
    screen.open(f"/receipts/{sold(screen)}")
    band = screen.page.locator(".paper:not(.gift) .copy-band")
    expect(screen.page.locator("#print-state")).to_have_text("Not printed yet.")
    screen.take('[data-print="receipt"]')
    expect(screen.page.locator("#print-state")).to_contain_text("Printed in the browser")
    expect(band).to_be_hidden()
    expect(screen.page.locator("#print-words")).to_have_text("Print a COPY")
    screen.take('[data-print="receipt"]')
    expect(band).to_be_visible()
    expect(screen.page.locator(".gift .copy-band")).to_be_hidden()
    screen.page.wait_for_function("window.printed === 2")
    expect(screen.page.locator(".office-page[aria-current]")).to_have_attribute("href", "/receipts")
    screen.page.emulate_media(media="print")
    for frame in (".top", ".office", ".foot", ".ask"):
        expect(screen.page.locator(frame)).to_be_hidden()
    screen.page.emulate_media(media="screen")
    screen.press("F12")  # the frame's lock covers a receipt like everything else
    expect(screen.page.locator("#lock")).to_be_visible()
    screen.page.fill("#lock-pin", shop.PIN)
    screen.press("Enter")
    expect(screen.page.locator("#lock")).to_be_hidden()
    expect(band).to_be_visible()


def test_a_slip_has_a_page_that_prints_once(screen: Screen, tmp_path: Path) -> None:
    silent(screen)
    number = sold(screen)
    session = screen.page.context.request.get(f"{screen.url}/api/session").json()
    asked = {"data": {"document": number, "browser": True}, "headers": {"X-CSRFToken": session["csrf"]}}
    made = screen.page.context.request.post(f"{screen.url}/api/print", **asked).json()
    screen.open(made["page"])
    expect(screen.page.locator(".roll")).to_contain_text(number)
    expect(screen.page.locator(".roll")).to_contain_text("£6.95")
    screen.page.wait_for_function("window.printed === 1")
    widths = "[...document.querySelectorAll('.roll pre')].map((p) => p.scrollWidth - p.clientWidth)"
    assert max(screen.page.evaluate(widths)) <= 0
    screen.page.screenshot(path=tmp_path / "slip.png", full_page=True)
    screen.page.reload()
    expect(screen.page.locator(".roll")).to_contain_text(number)
    assert screen.page.evaluate("window.printed") == 0
    screen.press("Escape")
    expect(screen.page).to_have_url(f"{screen.url}/")


def test_the_customers_screen_follows_the_basket_live(screen: Screen, tmp_path: Path) -> None:
    other = screen.page.context.new_page()
    other.goto(f"{screen.url}/display")
    expect(other.locator(".display-shop")).to_have_text("Finch & Marlow")
    screen.scan(BOOT)
    expect(other.locator("#total")).to_have_text("£119.00")
    expect(other.locator("#lines li").first).to_contain_text("Ridge walking boot")
    screen.scan(CREAM)
    expect(other.locator("#total")).to_have_text("£125.95")
    other.screenshot(path=tmp_path / "display.png")
    screen.press("F7")
    expect(other.locator("#total")).to_have_text("£119.00")
    screen.press("F7")
    expect(other.locator(".display-idle")).to_be_visible()
    screen.scan(BOOT, CREAM)
    expect(other.locator("#total")).to_have_text("£125.95")
    screen.press("F9")
    screen.expect_view("pay")
    screen.type("15000")
    screen.press("Enter")
    expect(other.locator("#change")).to_have_text("£24.05")
    other.screenshot(path=tmp_path / "display-paid.png")
    other.close()


def test_the_customers_screen_has_no_key_and_no_door(screen: Screen) -> None:
    other = screen.page.context.new_page()
    other.goto(f"{screen.url}/display")
    assert other.locator("button, a, input, form, select").count() == 0
    other.close()
