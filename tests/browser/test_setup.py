"""A new till in a browser: the terminal's code, every question once, a scanner that is heard, and then it sells."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pos import config
from pos.app import App, create_app
from pos.cli.reference import config_ini
from pos.store import people
from pos.web.server import listen
from tests.browser.axe import Axe
from tests.browser.conftest import Watch, _context
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture
def fresh(tmp_path: Any, _cheap_pins: None) -> Iterator[App]:
    """A till in an empty folder, as the terminal's person has just started it."""
    (tmp_path / "config.ini").write_text(config_ini(), encoding="utf-8")
    app = create_app(config.load(tmp_path, environ={"TILLKEEP_QUEUE_IN_SERVER": "no"}))
    server = listen(app.flask, "127.0.0.1", 0, 8, 1 << 20)
    serving = threading.Thread(target=server.run)
    serving.start()
    app.start()
    app.flask.config["TEST_URL"] = f"http://127.0.0.1:{server.port}"
    yield app
    server.stop()
    serving.join(timeout=20)
    server.close_screens()
    app.stop()


@pytest.fixture
def page(browser: Browser, fresh: App) -> Iterator[Page]:
    context = _context(browser, reduced_motion="reduce")
    opened = context.new_page()
    watch = Watch(opened)
    yield opened
    context.close()
    assert watch.found == []


def title(page: Page, words: str) -> None:
    expect(page.locator("#step-title")).to_have_text(words)


def two_people(page: Page) -> None:
    for code, name, role in (("1", "Olive Hart", ""), ("2", "Priya Nair", "cashier")):
        page.locator("#person-code").fill(code)
        page.locator("#person-name").fill(name)
        if role:
            page.locator("#person-role").select_option(role)
        page.locator("#person-pin").fill("4711")
        page.get_by_role("button", name="Add").click()
        expect(page.locator(".setup-people")).to_contain_text(name)


def test_a_new_till_is_asked_everything_once_and_then_sells(page: Page, fresh: App) -> None:
    axe, code = Axe(page), fresh.door.offer()
    page.goto(fresh.flask.config["TEST_URL"] + "/sign-in")
    expect(page.locator("#door-code")).to_be_focused()
    axe.look("code")
    page.keyboard.type("0000 0000" if code != "0000 0000" else "1111 1111")
    page.keyboard.press("Enter")
    expect(page.locator("#door-problem")).to_contain_text("not the code")
    page.keyboard.type(code)
    page.keyboard.press("Enter")

    title(page, "Your shop")
    page.get_by_label("Name of the shop").fill("Blau & Söhne")
    page.get_by_label("Time zone").fill("Nowhere")
    page.locator("#next").click()
    expect(page.locator("#problem")).to_contain_text("Nowhere")
    expect(page.get_by_label("Time zone")).to_be_focused()
    axe.look("a question that was refused")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.keyboard.press("Enter")

    title(page, "Money and tax")
    page.locator("#skip").click()
    title(page, "This till")
    page.get_by_label("Number of this till").fill("T9")
    page.locator("#next").click()
    title(page, "Printer and drawer")
    page.get_by_role("button", name="Print the test page").click()
    expect(page.locator("#problem")).to_contain_text("address of the printer")
    axe.look("printer")
    page.locator("#skip").click()

    title(page, "Scanner")
    Screen(page, fresh.flask.config["TEST_URL"], fresh.config.invoices).scan("5012345000015")
    expect(page.locator("#scanned")).to_contain_text("5012345000015")
    expect(page.locator("#scanned")).to_contain_text("13 characters")
    axe.look("scanner")
    page.locator("#next").click()

    title(page, "People")
    two_people(page)
    axe.look("people")
    page.locator("#next").click()

    title(page, "Ready")
    expect(page.locator(".setup-list")).to_have_text("Money and taxPrinter and drawer")
    axe.look("the end")
    page.locator("#next").click()
    expect(page.locator("#sign-in")).to_be_visible()
    assert axe.found == [], "\n".join(axe.found)

    read = config.load(fresh.config.root, {})
    assert (read.shop.name, read.shop.timezone, read.till.id) == ("Blau & Söhne", "Europe/Berlin", "T9")
    assert [(one.code, one.role) for one in people.people(fresh.store)] == [("1", "admin"), ("2", "cashier")]


@pytest.mark.parametrize(("tag", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_it_fits_a_small_window_in_either_direction(browser: Browser, fresh: App, tag: str, direction: str) -> None:
    context = _context(browser, width=390, height=700)
    url = fresh.flask.config["TEST_URL"]
    context.add_cookies([{"name": "tillkeep_language", "value": tag, "url": url}])
    page = context.new_page()
    code = fresh.door.offer()
    page.goto(url + "/setup")
    page.locator("#door-code").fill(code)
    page.keyboard.press("Enter")
    expect(page.locator("#step input").first).to_be_visible()
    assert page.evaluate("document.documentElement.dir") == direction
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing to the side"
    assert page.locator("#next").bounding_box()["height"] >= 48
    if tag == "ar":
        latin = page.evaluate("document.querySelector('#step').innerText.match(/[A-Za-z]{4,}/g) ?? []")
        assert [word for word in latin if word not in ("Europe", "London", "English")] == []
    context.close()
