"""The pages beside selling, on the screen: one frame, the row of pages by right, the lock, the table of rights."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from pos.app import App
from pos.store import people
from pos.store import rights as tables
from tests.browser import shop
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

OWNER, OWNER_PIN = "999", "1357"


@pytest.fixture(scope="module")
def owned(till: App) -> App:
    people.add_user(till.store, OWNER, "Olive Hart", "admin", OWNER_PIN)
    return till


def pages(screen: Screen) -> list[str]:
    return screen.page.locator(".office-page").all_inner_texts()


def test_the_row_of_pages_holds_what_this_person_may_open(owned: App, new_window: Any) -> None:
    cashier: Screen = new_window().sign_in()
    cashier.open("/day")
    assert pages(cashier) == ["Day", "Receipts", "Notices"]
    owner: Screen = new_window().sign_in(OWNER, OWNER_PIN)
    owner.open("/day")
    assert {"Day", "Z-reads", "Report", "Receipts", "Approvals", "Notices", "Rights"} <= set(pages(owner))
    for path in ("/zreads", "/report", "/receipts", "/approvals", "/notices", "/rights"):
        owner.open(path)
        expect(owner.page.locator(".office-page[aria-current]")).to_have_attribute("href", path)
        expect(owner.page.locator("#status")).to_contain_text("saved here")
        expect(owner.page.locator("#user-name")).to_have_text("Olive Hart")


def test_a_page_beside_selling_is_locked_and_opened_again_where_it_was(new_window: Any) -> None:
    screen: Screen = new_window().sign_in(shop.MANAGER, shop.MANAGER_PIN)
    screen.open("/day")
    page = screen.page
    expect(page.locator("#status")).to_contain_text("saved here")
    screen.press("F12")
    expect(page.locator("#lock")).to_be_visible()
    assert page.evaluate("document.getElementById('app').inert")
    page.wait_for_function("async () => (await fetch('/api/shift')).status === 401")  # the server was told as well
    page.fill("#lock-pin", shop.MANAGER_PIN)
    screen.press("Enter")
    expect(page.locator("#lock")).to_be_hidden()
    assert page.url == screen.url + "/day"
    expect(page.locator("#day-problem")).to_have_text("")
    screen.take("#open-settings")
    screen.take("#sign-out")
    expect(page.locator("#sign-in")).to_be_visible()


def test_a_right_is_given_and_a_ceiling_set_and_who_did_it_is_told(owned: App, new_window: Any) -> None:
    screen: Screen = new_window().sign_in(OWNER, OWNER_PIN)
    screen.open("/rights")
    page = screen.page
    cell = page.locator("[data-role=cashier][data-right=void]")
    expect(page.locator("[data-role=admin][data-right=void]")).to_be_disabled()
    cell.check()
    page.fill("[type=text][data-role=supervisor]", "30")
    expect(page.locator("#rights-said")).to_have_text("2 changes, not saved")
    assert not tables.of(owned.store).allowed("cashier", "void")
    screen.take("#save")
    expect(page.locator("#rights-said")).to_have_text("Saved. It holds from now on.")
    assert tables.of(owned.store).allowed("cashier", "void")
    assert tables.of(owned.store).discount_percent_max("supervisor") == 30
    told = page.locator("#changes li")
    expect(told.nth(0)).to_contain_text("Supervisor: discount up to 30 %, before 50 %")
    expect(told.nth(1)).to_contain_text("Cashier: may now void a finished sale")
    expect(told.nth(1)).to_contain_text("Olive Hart")
    cell.uncheck()
    screen.take("#undo")
    expect(cell).to_be_checked()
    page.fill("[type=text][data-role=supervisor]", "140")
    screen.take("#save")
    expect(page.locator("#rights-problem")).to_contain_text("between 0 and 100")
    assert tables.of(owned.store).discount_percent_max("supervisor") == 30


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1024, 768), (390, 844), (640, 400)], ids=str)
def test_no_page_is_wider_than_its_window(owned: App, new_window: Any, width: int, height: int) -> None:
    screen: Screen = new_window(width=width, height=height).sign_in(OWNER, OWNER_PIN)
    for path in ("/day", "/zreads", "/report", "/receipts", "/approvals", "/notices", "/rights"):
        screen.open(path)
        assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_discount_is_asked_for_here_and_agreed_to_on_another_screen(owned: App, new_window: Any) -> None:
    cashier: Screen = new_window().sign_in()
    manager: Screen = new_window().sign_in(shop.MANAGER, shop.MANAGER_PIN)
    manager.open("/approvals")
    expect(manager.page.locator("#waiting")).to_contain_text("Nobody waits for an answer.")
    cashier.scan("5012345000015")
    cashier.expect_total("£119.00")
    cashier.press("F3")
    cashier.type("20")
    cashier.page.click("#discount-reasons .chip >> nth=0")
    cashier.take("#discount-apply")
    expect(cashier.page.locator("#dlg-approve[open]")).to_be_visible()
    cashier.take("#approve-ask")
    expect(cashier.page.locator("#approve-why")).to_contain_text("It waits for an answer on another screen")
    waiting = manager.page.locator("#waiting li")
    expect(waiting).to_contain_text("Priya Nair asks for a discount: 20%")
    waiting.locator(".btn-main").click()
    expect(cashier.page.locator("#dlg-approve")).to_be_hidden()
    cashier.expect_total("£95.20")
    expect(manager.page.locator("#given tbody tr").first).to_contain_text("not used yet")
