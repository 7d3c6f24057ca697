"""What is taken off before pay is told to the till: once, by removal, by fewer pieces, by giving the basket up."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route, expect

from pos.app import App
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BOOT, SOCKS, CREAM = "5012345000015", "96385074", "5012345000121"
WAITING = "JSON.parse(localStorage.getItem('tillkeep.takenoff') ?? '[]').length"


class TakenOff:
    """The rows of the store since this test began, as (item, thousandths, pence)."""

    def __init__(self, till: App) -> None:
        self.store = till.store
        self.before = len(self._rows())

    def _rows(self) -> list[Any]:
        return self.store.execute("SELECT item_code, qty, amount FROM line_void ORDER BY rowid").fetchall()

    def rows(self) -> list[Any]:
        return self._rows()[self.before :]


@pytest.fixture
def taken_off(till: App) -> TakenOff:
    return TakenOff(till)


def told(screen: Screen) -> None:
    """Nothing waits in the browser any more. On a busy machine an answer may be lost, and is asked for again later."""
    screen.page.wait_for_function(f"() => {WAITING} === 0", timeout=60_000)


def test_a_line_and_pieces_of_one_are_told_when_the_sale_goes_on(screen: Screen, taken_off: TakenOff) -> None:
    screen.scan(BOOT, SOCKS, SOCKS, SOCKS)
    screen.expect_total("£141.50")
    screen.press("-")
    screen.expect_total("£134.00")
    screen.press("F6")
    screen.type("1")
    screen.press("Enter")
    screen.expect_total("£126.50")
    screen.press("ArrowUp", "F7")
    screen.expect_total("£7.50")
    screen.scan(CREAM)
    screen.expect_total("£14.45")
    told(screen)
    assert taken_off.rows() == [("SO-7001", 1000, 750), ("SO-7001", 1000, 750), ("HB-9001", 1000, 11900)]
    screen.reload()
    screen.expect_total("£14.45")
    screen.press("F9")
    screen.expect_view("pay")
    told(screen)
    assert len(taken_off.rows()) == 3


def test_what_was_put_back_was_never_off(screen: Screen, taken_off: TakenOff) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("F7")
    screen.page.get_by_role("button", name="Put back").click()
    screen.expect_total("£119.00")
    screen.press("F9")
    screen.expect_view("pay")
    told(screen)
    assert taken_off.rows() == []


def test_a_quantity_of_nothing_takes_the_line_off(screen: Screen, taken_off: TakenOff) -> None:
    screen.scan(BOOT, SOCKS, SOCKS)
    screen.expect_total("£134.00")
    screen.press("F6")
    screen.type("0")
    screen.press("Enter")
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), total="£119.00")
    screen.press("F9")
    screen.expect_view("pay")
    told(screen)
    assert taken_off.rows() == [("SO-7001", 2000, 1500)]


def test_nothing_waits_for_it_and_nothing_is_lost(screen: Screen, taken_off: TakenOff) -> None:
    def away(route: Route) -> None:
        route.abort()

    screen.page.route("**/api/void-line", away)
    screen.scan(BOOT, SOCKS)
    screen.expect_total("£126.50")
    screen.press("F7")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")
    assert taken_off.rows() == []
    screen.page.unroute("**/api/void-line")
    screen.reload()
    told(screen)
    assert taken_off.rows() == [("SO-7001", 1000, 750)]


def test_an_answer_that_was_lost_counts_once(screen: Screen, taken_off: TakenOff) -> None:
    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    screen.page.route("**/api/void-line", lost)
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    screen.press("F7")
    with screen.page.expect_event("requestfailed"):
        screen.scan(BOOT)
    screen.page.unroute("**/api/void-line")
    screen.reload()
    told(screen)
    assert taken_off.rows() == [("SO-7001", 1000, 750)]


def test_a_basket_is_emptied_only_on_purpose(screen: Screen, taken_off: TakenOff) -> None:
    screen.scan(BOOT, SOCKS, "0000")
    screen.expect_total("£126.50")
    screen.take('.panel-head [data-act="empty"]')
    screen.press("Enter")
    screen.expect_total("£126.50")
    screen.take('.panel-head [data-act="empty"]')
    screen.page.get_by_role("button", name="Empty it").click()
    expect(screen.page.locator("#lines > .line")).to_have_count(0)
    told(screen)
    assert taken_off.rows() == [("HB-9001", 1000, 11900), ("SO-7001", 1000, 750)]
    assert screen.basket() is None
