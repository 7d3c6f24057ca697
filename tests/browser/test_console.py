"""One walk through the console: signed in, everything that is wrong seen, put right, traced, replayed, signed out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pos import clock
from pos.app import App
from pos.store import outbox, passwords, people
from tests.browser.axe import Axe
from tests.browser.screen import Screen
from tests.till_process import Line

pytestmark = pytest.mark.browser

PASSWORD = "kettle orange window"
RUTH, BEN = "990", "808"


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """A connection nobody answers."""
    return {"ERPNEXT_URL": "http://127.0.0.1:9", "ERPNEXT_API_KEY": "key", "ERPNEXT_API_SECRET": "secret"}


@pytest.fixture(scope="module")
def line(till: App) -> Line:
    people.add_user(till.store, RUTH, "Ruth Adeyemi", "admin", "7531")
    people.add_user(till.store, BEN, "Ben Okafor", "manager", "2468")
    passwords.set_password(till.store, RUTH, PASSWORD)
    return Line(int(till.flask.config["TEST_URL"].rpartition(":")[2]), till.control_key)


def sell(line: Line) -> str:
    """One sale of socks; its number."""
    lines = [{"line": "1", "item_code": "SO-7001", "qty": "1"}]
    body = {"id": clock.uuid7(), "total": "7.50", "lines": lines}
    body["payments"] = [{"mode_of_payment": "Cash", "amount": "7.50"}]
    status, answer = line.ask("POST", "/api/create-sale", body)
    assert status == 201, answer
    return str(answer["receipt"]["number"])


def refuse(till: App, number: str) -> int:
    """The books say no to this one; its row."""
    for row in outbox.claim(till.store, "erpnext", "walk", 50, clock.now()):
        if row.number == number:
            words = ("item_missing", "An item of this receipt does not exist in ERPNext.", "Create it there.")
            outbox.rejected(till.store, row, clock.now(), *words, reply="HTTP 404\n{}")
            refused = row.n
        else:
            outbox.not_sent(till.store, row, clock.now(), "No line.")
    return refused


def enter(screen: Screen) -> Page:
    """Through the door, as a person does it."""
    page = screen.page
    page.goto(f"{screen.url}/console/outbox")
    expect(page).to_have_url(f"{screen.url}/console/sign-in")
    page.fill("#code", RUTH)
    page.fill("#password", "not the password")
    page.press("#password", "Enter")
    expect(page.locator("#say")).to_have_text("Code or password is wrong.")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page.locator("h1")).to_have_text("Overview")
    return page


def test_a_walk_through_the_console(new_window: Any, till: App, line: Line) -> None:
    first, second, third = (sell(line) for _ in range(3))
    rows = [refuse(till, first), refuse(till, second)]
    screen: Screen = new_window(reduced_motion="reduce")
    page = enter(screen)
    axe = Axe(page)
    # everything that is wrong, the worst first, and it is live
    expect(page.locator("#reasons .is-needs")).to_have_count(2)
    expect(page.locator("#today .is-needs dd")).to_contain_text("£15.00")
    sell(line)
    expect(page.locator("#today .is-taken dd")).to_contain_text("£30.00")
    axe.look("overview")
    # the outbox: one refused row opened, parked, taken up again
    page.click(f'#reasons a[href="/console/outbox/{rows[0]}"]')
    expect(page.locator(".missing")).to_contain_text("SO-7001")
    page.fill("#park-reason", "asked the supplier")
    page.click('form[data-act="park"] button')
    expect(page.locator("#head .badge")).to_have_text("Parked")
    axe.look("a parked document")
    page.click('form[data-act="unpark"] button')
    expect(page.locator("#head .badge")).to_have_text("Refused")
    # settled by hand: not by oneself, but by somebody else
    page.fill("#resolve-reason", "booked by hand as SINV-9")
    page.fill("#second-code", RUTH)
    page.fill("#second-secret", "7531")
    page.click('form[data-act="resolve"] button')
    expect(page.locator("#act-problem")).to_have_text("The second person is somebody else.")
    page.fill("#second-code", BEN)
    page.fill("#second-secret", "2468")
    page.click('form[data-act="resolve"] button')
    expect(page.locator("#head .badge")).to_have_text("Settled by hand")
    # the other one is tried again from the list, by keyboard
    page.click('.nav a[href="/console/outbox"]')
    axe.look("outbox")
    box = page.locator(f'#rows tr[data-n="{rows[1]}"] input')
    box.focus()
    page.keyboard.press("Space")
    page.fill("#reason", "the item was made")
    page.keyboard.press("Enter")
    expect(page.locator("#acts-said")).to_have_text("1 goes again.")
    expect(page.locator(".nothing-here")).to_be_visible()
    # a trace, from the bar at the top, and by a scanner with the cursor nowhere
    page.fill("#lookup", third)
    page.press("#lookup", "Enter")
    expect(page.locator("#way li")).to_have_count(9)
    expect(page.locator("#way .is-waiting").first).to_contain_text("Sent")
    axe.look("trace")
    page.locator("h1").click()
    screen.scan(first, key_ms=8)
    expect(page.locator("h1")).to_contain_text(first)
    expect(page.locator("#events")).to_contain_text("booked by hand as SINV-9")
    assert axe.found == []


def test_a_day_dropped_twice_changes_nothing(new_window: Any, till: App, line: Line) -> None:
    number = sell(line)
    screen: Screen = new_window(reduced_motion="reduce")
    page = enter(screen)
    axe = Axe(page)
    page.click('.nav a[href="/console/replay"]')
    axe.look("replay, empty")
    till.journal.flush()
    files = sorted(Path(till.config.invoices).rglob("*.json"))
    documents = till.store.execute("SELECT COUNT(*) FROM document").fetchone()
    page.set_input_files("#files", [*files, _note(Path(till.config.root))])
    expect(page.locator("#replayed tr")).to_have_count(len(files) + 1)
    expect(page.locator("#replayed tr").first).to_contain_text("No receipt")
    expect(page.locator("#replayed")).to_contain_text(number)
    axe.look("replay, looked at")
    page.click("#go")
    expect(page.locator("#result-title")).to_have_text("What happened")
    expect(page.locator("#counts")).to_have_text(f"{len(files)} known · 1 refused")
    assert till.store.execute("SELECT COUNT(*) FROM document").fetchone() == documents
    page.click(".who")
    axe.look("the person's menu", ".who-menu")
    page.click("#sign-out")
    expect(page).to_have_url(f"{screen.url}/console/sign-in")
    axe.look("door")
    assert axe.found == []


def _note(folder: Path) -> Path:
    note = folder / "note.json"
    note.write_text('{"note": "no receipt"}', encoding="utf-8")
    return note


@pytest.mark.parametrize("size", [(640, 400), (390, 844), (1024, 768)])
def test_no_page_is_wider_than_its_window(new_window: Any, till: App, line: Line, size: tuple[int, int]) -> None:
    number = sell(line)
    screen: Screen = new_window(width=size[0], height=size[1])
    page = enter(screen)
    for path in ("/console", "/console/outbox?show=all", f"/console/trace?q={number}", "/console/replay"):
        page.goto(screen.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
