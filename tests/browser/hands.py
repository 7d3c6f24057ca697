"""Cashier and manager at one screen: what they do in a day, with hands on everything or by keyboard alone."""

from __future__ import annotations

import re
from decimal import Decimal

from playwright.sync_api import expect

from tests.browser import trading
from tests.browser.screen import Screen
from tests.browser.trading import MANAGER, MANAGER_PIN

CODES = trading.barcodes()


def sign_in(screen: Screen, code: str, pin: str) -> None:
    """As a person does it, on the sign-in page."""
    screen.page.goto(f"{screen.url}/sign-in")
    screen.page.fill("#code", code)
    screen.page.fill("#pin", pin)
    screen.take("#go")
    screen.page.wait_for_selector("#results .item", state="attached")


def sign_out(screen: Screen) -> None:
    screen.take("#open-settings")
    screen.take("#sign-out")
    expect(screen.page).to_have_url(f"{screen.url}/sign-in")


class Hands:
    """Cashier and manager at one screen."""

    def __init__(self, screen: Screen) -> None:
        self.screen, self.page = screen, screen.page

    def scan(self, *codes: str) -> None:
        self.screen.scan(*(CODES.get(code, code) for code in codes))

    def pay(self, how: str, total: str) -> str:
        """From the basket to the change; the receipt's number."""
        screen, (kind, _, given) = self.screen, how.partition(" ")
        screen.expect_total(f"£{total}")
        screen.press("F9")
        screen.expect_view("pay")
        expect(self.page.locator("#pay-total")).to_have_text(f"£{total}")
        if given:
            self.press_digits(given + "00")
        if kind == "split":
            screen.press("Enter")  # and at once the card: nobody waits for the screen
        if kind in ("card", "split"):
            screen.press("F2")
            expect(self.page.locator("#typed-what")).to_have_text("Card amount")
        change = Decimal(given) - Decimal(total) if kind == "cash" and given else Decimal("0.00")
        expect(self.page.locator("#take")).to_have_attribute("aria-disabled", "false")
        screen.press("Enter")
        screen.expect_change(f"£{change}")
        return self.page.inner_text("#kept bdi")

    def press_digits(self, digits: str) -> None:
        """On the pad: the amount comes from the right."""
        for digit in digits:
            self.page.locator(f"#tender [data-pad='{digit}']").click()

    def tile(self, name: str) -> None:
        self.screen.press("F1")
        self.page.fill("#search", name)
        self.page.locator("#results .item", has_text=name).click()

    def sell(self, codes: tuple[str, ...], how: str, total: str) -> str:
        self.scan(*codes)
        return self.pay(how, total)

    def agree(self) -> None:
        expect(self.page.locator("#dlg-approve[open]")).to_be_visible()
        self.page.fill("#approve-code", MANAGER)
        self.page.fill("#approve-pin", MANAGER_PIN)
        self.screen.take("#approve-go")
        expect(self.page.locator("#dlg-approve[open]")).to_have_count(0)

    def amount(self, act: str, digits: str, reason: str = "") -> None:
        """On the page of the day: an act, an amount, a reason."""
        self.screen.take(f"[data-day={act}]")
        expect(self.page.locator("#dlg-amount[open]")).to_be_visible()
        self.page.keyboard.type(digits)
        if reason:
            self.page.fill("#amount-reason", reason)
        self.screen.take("#dlg-amount [type=submit]")

    def done(self, text: str) -> None:
        expect(self.page.locator("#day-done")).to_contain_text(text)

    def find(self, number: str) -> None:
        self.screen.press("F4")
        expect(self.page.locator("#dlg-back[open]")).to_be_visible()
        self.screen.scan(number)
        expect(self.page.locator("#back-what")).to_contain_text(number)

    def give_back(self, number: str, name: str) -> None:
        self.find(number)
        row = self.page.locator(".back-row", has_text=name)
        row.get_by_role("button", name="One more back").click()
        self.page.locator("#back-chips").get_by_text("Wrong size").click()
        self.screen.take("#back-go")
        self.agree()


def off(hands: Hands, percent: str, reason: str) -> None:
    hands.screen.press("F3")
    hands.page.locator("#discount-reasons").get_by_text(reason, exact=True).click()
    hands.screen.type(percent)
    hands.screen.take("#discount-apply")


#: From anything on a page to anything else, no more than this many presses of Tab.
TABS_MAX = 15


class Keys(Hands):
    """The same hands, away from mouse and glass."""

    def tab_to(self, selector: str) -> None:
        """Press Tab until the element has the focus; it lies before where one stands, or behind."""
        place = self.page.locator(selector).first
        expect(place).to_be_visible()
        for key in ["Tab"] * TABS_MAX + ["Shift+Tab"] * 2 * TABS_MAX:
            if place.evaluate("(e) => e === document.activeElement || e.contains(document.activeElement)"):
                return
            self.screen.press(key)
        raise AssertionError(f"{selector} is more than {TABS_MAX} presses of Tab away")

    def go(self, selector: str, key: str = "Enter") -> None:
        self.tab_to(selector)
        self.screen.press(key)

    def write(self, text: str) -> None:
        """Into the field that has the focus."""
        self.screen.type(text)

    def agree(self) -> None:
        expect(self.page.locator("#dlg-approve[open]")).to_be_visible()
        self.write(MANAGER)
        self.screen.press("Enter")
        self.write(MANAGER_PIN)
        self.screen.press("Enter")
        expect(self.page.locator("#dlg-approve[open]")).to_have_count(0)

    def amount(self, act: str, digits: str, reason: str = "") -> None:
        self.go(f"[data-day={act}]")
        expect(self.page.locator("#dlg-amount[open]")).to_be_visible()
        self.write(digits)
        if reason:
            self.tab_to("#amount-reason")
            self.write(reason)
        self.screen.press("Enter")

    def press_digits(self, digits: str) -> None:
        self.write(digits)

    def day(self) -> None:
        """From selling to the page of the day."""
        self.go(".tabs a[href='/day']")
        expect(self.page.locator("#day")).to_have_attribute("data-step", re.compile("."))
        self.screen.press("Tab")
        expect(self.page.locator("#skip")).to_be_focused()
        self.screen.press("Enter")  # past the bars

    def sell_again(self) -> None:
        """And back."""
        self.screen.press("Escape")
        self.page.wait_for_selector("#results .item", state="attached")


def sign_in_by_keyboard(keys: Keys, code: str, pin: str) -> None:
    """The field for the code has the focus already."""
    expect(keys.page.locator("#code")).to_be_focused()
    keys.write(code)
    keys.screen.press("Enter")
    keys.write(pin)
    keys.screen.press("Enter")
    keys.page.wait_for_selector("#results .item", state="attached")
