"""Arabic in a real browser: the page turns round, amounts and codes do not, and any keyboard's digits are taken."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import shop
from tests.browser.screen import Screen

SOCKS, BOOT = "96385074", "5012345000015"
WIDTH, HEIGHT = 1366, 768
PAGES = ("/", "/day", "/receipts", "/zreads", "/notices", "/vouchers", "/sign-in")


@pytest.fixture
def arabic(new_window: Any) -> Screen:
    """Owen, who reads Arabic, at the sell screen; nothing in the basket."""
    screen: Screen = new_window(width=WIDTH, height=HEIGHT)
    screen.page.context.add_cookies([{"name": "tillkeep_language", "value": "ar", "url": screen.url}])
    return screen.sign_in(shop.MANAGER, shop.MANAGER_PIN)


def middle(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None, selector
    return box["x"] + box["width"] / 2


def test_the_screen_turns_round_and_fits(arabic: Screen) -> None:
    page = arabic.page
    for path in PAGES:
        page.goto(arabic.url + path)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        wide = "[document.documentElement.scrollWidth, document.body.scrollWidth]"
        assert max(page.evaluate(wide)) <= WIDTH, f"{path} scrolls sideways"
    page.goto(arabic.url + "/")
    page.wait_for_selector("#results .item")
    assert middle(page, "section.items") > middle(page, "section.basket") > middle(page, "section.side")
    assert middle(page, ".brand") > WIDTH * 0.8 > WIDTH * 0.2 > middle(page, "#clock")


def test_keypad_amounts_and_codes_keep_their_own_direction(arabic: Screen) -> None:
    page = arabic.page
    seven, eight, nine = (middle(page, f'.side [data-pad="{key}"]') for key in "789")
    assert seven < eight < nine
    arabic.scan(SOCKS)
    expect(page.locator("#total-row:not(.is-pricing) #total")).to_have_text("7.50\u00a0£")
    assert page.eval_on_selector("#total > bdi", "(one) => getComputedStyle(one).direction") == "ltr"
    arabic.press("F9")
    arabic.expect_view("pay")
    expect(page.locator("#pay-left")).to_have_text("7.50\u00a0£")
    expect(page.locator("#kinds .kind").first).to_contain_text("النقد")


def test_digits_and_commas_of_any_keyboard_are_taken(arabic: Screen) -> None:
    page = arabic.page
    arabic.scan(BOOT)
    expect(page.locator("#total-row:not(.is-pricing) #total")).to_have_text("119.00\u00a0£")
    arabic.press("F9")
    arabic.expect_view("pay")
    shown = page.locator("#typed-amount")
    for keys in ("٢٠٠٫٥٠", "200,50", "200.50", "۲۰۰٫۵۰"):
        for key in keys:
            page.evaluate("(key) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
                          "{ key, bubbles: true, cancelable: true }))", key)  # fmt: skip
            page.wait_for_timeout(60)  # slower than a scanner
        expect(shown).to_have_text("200.50\u00a0£")
        for _ in keys:
            arabic.press("Backspace")
        expect(shown).to_have_class("ltr is-idle")
    arabic.press("Escape")


def test_a_refusal_is_read_in_arabic(arabic: Screen) -> None:
    arabic.scan("XX99")
    expect(arabic.page.locator("#lines .is-unknown .name")).to_have_text("رمز غير معروف")
    expect(arabic.page.locator("#held-why")).to_contain_text("رمز واحد يُسوّى أولًا")


def test_each_browser_chooses_for_itself_and_the_basket_stays(screen: Screen) -> None:
    page = screen.page
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    page.click("#open-settings")
    with page.expect_navigation():
        page.select_option("[data-language-choice]", "ar")
    expect(page.locator("#total")).to_have_text("7.50\u00a0£")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    page.click("#open-settings")
    with page.expect_navigation():
        page.select_option("[data-language-choice]", "en")
    screen.expect_lines(("1", "Ankle socks, 3 pairs", "£7.50"), total="£7.50")
