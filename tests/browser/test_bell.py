"""The bell on the screen: rung live, read by person, by keyboard and by touch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pos.app import App
from pos.store import notices
from tests.browser import shop
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _quiet(till: App) -> None:
    """Each test begins with nothing to tell."""
    for one in notices.open_notices(till.store, limit=1000):
        notices.settle(till.store, one.key)


def test_the_bell_rings_live_while_selling_and_leaves_the_basket_alone(screen: Screen, till: App) -> None:
    page = screen.page
    expect(page.locator("#bell")).to_have_attribute("aria-label", "Notices: nothing new")
    expect(page.locator("#bell-count")).to_have_text("")
    notices.raise_notice(till.store, "hook:/orders:7", "check", "Web order 7: Jane Doe, 54.00 GBP.", event=True)
    expect(page.locator("#bell-count")).to_have_text("1")
    expect(page.locator("#bell")).to_have_attribute("aria-label", "Notices: 1 not read, please check")
    expect(page.locator("#say-now")).to_have_text(re.compile("Notices: 1 not read"))
    notices.raise_notice(till.store, "disk", "needs", "No room.", "Make room.")
    expect(page.locator("#bell")).to_have_attribute("data-worst", "needs")
    expect(page.locator("#bell-count")).to_have_text("2")
    notices.settle(till.store, "disk")
    notices.settle(till.store, "hook:/orders:7")
    expect(page.locator("#bell-count")).to_have_text("")


def test_notices_are_read_by_keyboard_and_the_count_follows_on_every_screen(screen: Screen, till: App) -> None:
    notices.raise_notice(till.store, "a", "check", "Look at <this>.", "Do that.")
    notices.raise_notice(till.store, "b", "needs", "A person is needed.")
    page = screen.page
    expect(page.locator("#bell-count")).to_have_text("2")
    other = page.context.new_page()
    other.goto(screen.url + "/notices")
    expect(other.locator("main h1")).to_have_text("Notices 2 open, 2 not read by you")
    expect(other.locator(".notice:not(.is-over) .notice-text")).to_have_text(["A person is needed.", "Look at <this>."])
    first = other.locator("[data-read]").first
    first.focus()
    other.keyboard.press("Enter")
    expect(other.locator("main h1")).to_have_text("Notices 2 open, 1 not read by you")
    expect(other.locator("[data-read]")).to_have_count(1)
    expect(other.locator("[data-read]")).to_be_focused()
    expect(page.locator("#bell-count")).to_have_text("1")
    other.locator("#read-all").click()
    expect(other.locator("main h1")).to_have_text("Notices 2 open")
    expect(other.locator("[data-read]")).to_have_count(0)
    expect(page.locator("#bell-count")).to_have_text("")
    other.reload()
    expect(other.locator(".notice-when").first).to_have_text(re.compile("read by you"))
    other.keyboard.press("Escape")
    expect(other).to_have_url(screen.url + "/")
    other.close()


def test_a_locked_screen_is_rung_and_shows_nothing_until_somebody_is_back(screen: Screen, till: App) -> None:
    page = screen.page
    page.locator("#lock-now").click()
    expect(page.locator("#lock")).to_be_visible()
    notices.raise_notice(till.store, "c", "needs", "While locked.")
    page.wait_for_timeout(1500)
    expect(page.locator("#bell-count")).to_have_text("")
    page.locator("#lock-pin").fill(shop.PIN)
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_be_hidden()
    expect(page.locator("#bell-count")).to_have_text("1")
