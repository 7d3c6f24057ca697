"""The screens of stock at the console: a look over the shop, a request answered by a second person as it comes in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pos import clock
from pos.actions import inventory as door
from pos.app import App
from pos.rules.inventory import Draft, Line
from pos.store import inventory, inventory_places, passwords, people, qbd_companies
from pos.store.inventory_places import Location
from tests.browser.axe import Axe
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

PASSWORD = "kettle orange window"
RUTH, SAMI, SOCKS = "990", "30", "SO-7001"


class _Sami:
    """Who asks: a stock-keeper of the shop."""

    code = person = SAMI
    name = "Sami Lund"

    def may(self, right: str) -> bool:
        return right == "stock"


@pytest.fixture(scope="module")
def stocked(till: App) -> App:
    people.add_user(till.store, RUTH, "Ruth Adeyemi", "admin", "7531")
    passwords.set_password(till.store, RUTH, PASSWORD)
    people.add_user(till.store, SAMI, "Sami Lund", "stock_keeper", "7391")
    here = Location(till.config.till.warehouse, "main", "Shop floor", qb_site_name="Shop")
    inventory_places.put_location(till.store, here, "test")
    inventory_places.put_location(till.store, Location("BACK", "main", "Back room", qb_site_name="Back"), "test")
    qbd_companies.add(till.store, "main", "books", None, "test")
    return till


def ask(till: App, memo: str) -> str:
    """Sami asks for a level, which always waits; the request's id."""
    day = inventory.today(till.store, "main", clock.now())
    lines = (Line(SOCKS, destination=till.config.till.warehouse, set_to=90000),)
    draft = Draft(clock.uuid7(), "main", "adjustment", day, lines, memo=memo)
    found = door.ask(till.store, till.config, draft, _Sami(), via="screen").approval
    assert found is not None
    return found.id


def enter(screen: Screen) -> Page:
    page = screen.page
    page.goto(f"{screen.url}/console/sign-in?to=inventory")
    page.fill("#code", RUTH)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page).to_have_url(f"{screen.url}/inventory")
    return page


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_look_over_the_stock_and_a_request_answered_as_it_comes_in(stocked: App, new_window: Any) -> None:
    screen: Screen = new_window()
    page, axe = enter(screen), Axe(screen.page)
    expect(page.locator("#figures")).to_contain_text("Approvals waiting")
    axe.look("overview")
    page.fill("#q", "ankle socks")
    page.press("#q", "Enter")
    row = page.locator("#rows tbody tr").filter(has_text=SOCKS)
    expect(row).to_be_visible()
    row.get_by_role("link", name=SOCKS).first.click()
    expect(page.locator("#levels")).to_contain_text("Stores - TS")
    axe.look("item")

    page.get_by_role("link", name="Approvals").click()
    expect(page.locator("#rows")).to_contain_text("Nothing waits for a second person.")
    request = ask(stocked, "Found two boxes")
    expect(page.locator("#rows")).to_contain_text(SOCKS)  # by itself: nobody asked for the page again
    axe.look("approvals")
    page.get_by_role("link", name=re.compile("^Open: Adjustment")).click()
    expect(page.locator("#standing")).to_contain_text("set to 90")
    axe.look("approval")
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page)
    page.fill("#note", "Counted with him")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#head")).to_contain_text("Approved")
    expect(page.locator("#answer")).to_contain_text("Counted with him")

    page.get_by_role("link", name="What came of it").click()
    expect(page).to_have_url(f"{screen.url}/inventory/events/{request}")
    expect(page.locator("#moves")).to_contain_text("90")
    assert fits(page)
    axe.look("event")
    page.fill("#void-reason", "It was another box")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#head")).to_contain_text("Taken back")
    for path in ("/inventory", "/inventory/queue", "/inventory/places", "/inventory/audit"):
        page.goto(f"{screen.url}{path}")
        assert fits(page), path
    assert axe.found == []
