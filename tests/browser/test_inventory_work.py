"""A stock-keeper's day in a browser: scanned, lost and found again, sent once, counted blind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from pos.app import App
from pos.store import inventory, inventory_places, people
from pos.store.inventory_places import Location, Reason
from tests.browser.axe import Axe
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

SAMI, PIN = "30", "7391"


@pytest.fixture(scope="module")
def stocked(till: App) -> App:
    people.add_user(till.store, SAMI, "Sami Lund", "stock_keeper", PIN)
    inventory_places.put_location(till.store, Location("BACK", "main", "Back room"), "test")
    inventory_places.put_reason(till.store, Reason("main", "DAMAGED", "Damaged", "6010 Shrinkage"), "test")
    return till


@pytest.fixture
def keeper(stocked: App, new_window: Any) -> Screen:
    """Sami with a hand-held."""
    screen: Screen = new_window(width=390, height=844, has_touch=True)
    request = screen.page.context.request
    session = request.get(f"{screen.url}/api/session").json()
    words = {"data": {"code": SAMI, "pin": PIN}, "headers": {"X-CSRFToken": session["csrf"]}}
    assert request.post(f"{screen.url}/api/sign-in", **words).ok
    return screen


def level(till: App, item: str, place: str = "") -> int:
    place = place or till.config.till.warehouse
    return inventory.levels(till.store, "main", [item], [place]).get((item, place), 0)


def quantity(page: Page, name: str) -> Any:
    return page.get_by_label(f"Quantity of {name}")


def test_scans_survive_a_reload_a_lost_answer_and_a_second_click(stocked: App, keeper: Screen) -> None:
    page = keeper.open("/inventory/transfer").page
    keeper.scan("5012345000015", "4711-NOPE", "5012345000015")
    expect(quantity(page, "Ridge walking boot")).to_have_value("2")
    expect(page.locator(".line.is-unknown")).to_contain_text("4711-NOPE")
    expect(page.locator(".line-figures")).to_contain_text("On hand3")
    page.reload()
    expect(quantity(page, "Ridge walking boot")).to_have_value("2")
    axe = Axe(page)
    axe.look("lines to move")
    assert axe.found == []
    page.get_by_role("button", name="Move").click()
    expect(page.locator("#work-problem")).to_contain_text("Take the codes off")
    page.get_by_role("button", name="Take this code off").click()
    page.get_by_label("To", exact=True).press("B")  # a letter chooses, though a scanner is listened for
    expect(page.get_by_label("To", exact=True)).to_have_value("BACK")
    quantity(page, "Ridge walking boot").fill("9")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(".line.is-wrong")).to_contain_text("has 3 of HB-9001")
    quantity(page, "Ridge walking boot").fill("2")

    lost: list[Any] = []

    def lose(route: Route) -> None:
        """The first answer never comes back, though the server did what it was asked."""
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route(re.compile("/api/inventory/transfer"), lose)
    page.get_by_role("button", name="Move").dblclick()
    expect(page.locator("#work-done")).to_contain_text("1 line moved from Stores - TS to Back room.")
    assert lost == [201] and level(stocked, "HB-9001", "BACK") == 2000, "moved once, whatever was pressed and lost"
    expect(page.locator("#lines-none")).to_be_visible()


def test_setting_a_level_says_whom_to_ask(stocked: App, keeper: Screen) -> None:
    page = keeper.open("/inventory/adjust").page
    keeper.scan("5012345000046")
    page.get_by_text("Set to").click()
    expect(page.locator("#set-says")).to_contain_text("Ask Owen Marsh")
    page.get_by_role("button", name="Adjust").click()
    expect(page.locator("#work-problem")).to_contain_text("Choose a reason")
    page.get_by_label("Reason").select_option("DAMAGED")
    expect(page.locator("#account")).to_have_text("Account: 6010 Shrinkage")
    before = level(stocked, "SH-1001")
    page.get_by_role("button", name="Adjust").click()
    expect(page.locator("#work-done")).to_contain_text("Waits for a second person")
    assert level(stocked, "SH-1001") == before


def test_goods_come_against_an_order_and_a_place_is_counted_blind(stocked: App, keeper: Screen) -> None:
    page = keeper.open("/inventory/orders/new").page
    page.get_by_label("Supplier").fill("Fern & Co")
    page.get_by_label("Item").fill("loafer")
    page.get_by_label("Item").press("Enter")
    page.locator(".found-item", has_text="Finch loafer").click()
    page.get_by_label("Cost of one Finch loafer").fill("31.5")
    page.get_by_role("button", name="One more of Finch loafer").click()
    page.get_by_role("button", name="Order").click()
    expect(page.locator("#work-done")).to_contain_text("PO-000001")
    page.goto(f"{keeper.url}/inventory/orders")
    page.get_by_role("link", name="Receive", exact=True).last.click()
    before = level(stocked, "SH-1002")
    expect(page.locator("#lines-none")).to_be_visible()
    keeper.scan("5012345000053", "5012345000015")
    expect(page.locator(".line.is-unknown")).to_contain_text("is not on this order")
    page.get_by_role("button", name="Take this code off").click()
    page.get_by_role("button", name="Receive").click()
    expect(page.locator("#work-done")).to_contain_text("1 line received.")
    assert level(stocked, "SH-1002") == before + 1000
    keeper.scan("5012345000053")
    expect(page.locator(".line-figures")).to_contain_text("Ordered2To come1")

    page.goto(f"{keeper.url}/inventory/counts")
    page.get_by_text("What I scan").click()
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/inventory/counts/*-*")
    keeper.scan("5012345000053")
    expect(quantity(page, "Finch loafer")).to_have_value("1")
    assert "On hand" not in page.locator("#main").inner_text()
    page.get_by_role("button", name="Finish this round").click()
    expect(page.locator(".badge", has_text="Counting again")).to_be_visible()
    quantity(page, "Finch loafer")
    keeper.scan("5012345000053")
    expect(quantity(page, "Finch loafer")).to_have_value("1")
    page.get_by_role("button", name="Finish this round").click()
    expect(page.locator(".badge", has_text="Waits for a second person")).to_be_visible()
    expect(page.locator("tr.is-needs")).to_contain_text("SH-1002")


def test_labels_are_printed_in_the_shops_size(stocked: App, keeper: Screen) -> None:
    page = keeper.open("/inventory/labels").page
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    keeper.scan("5012345000015", "5012345000015")
    expect(page.locator(".label")).to_have_count(2)
    expect(page.locator(".label").first).to_contain_text("£119.00")
    page.get_by_role("button", name="Print").click()
    expect(page).to_have_title("printed")
    page.emulate_media(media="print")
    box = page.locator(".label").first.bounding_box()
    assert box is not None and (round(box["width"]), round(box["height"])) == (189, 113), "50 by 30 millimetres"
    expect(page.locator(".work")).to_be_hidden()
