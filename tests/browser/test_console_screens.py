"""Agents, logs, audit, people, keys, machines and settings of the console, used; axe looks in both lights."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pos.app import App
from pos.store import passwords, people
from tests.browser.axe import Axe
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

PASSWORD = "kettle orange window"
RUTH = "990"


@pytest.fixture
def page(new_window: Any, till: App) -> Page:
    people.add_user(till.store, RUTH, "Ruth Adeyemi", "admin", "7531")
    passwords.set_password(till.store, RUTH, PASSWORD)
    screen: Screen = new_window(reduced_motion="reduce")
    page = screen.page
    page.goto(f"{screen.url}/console/sign-in")
    page.fill("#code", RUTH)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page.locator("h1")).to_have_text("Overview")
    return page


def open_screen(page: Page, name: str) -> None:
    page.click(f'.nav a:has-text("{name}")')
    expect(page.locator("h1")).to_have_text(name)


def test_the_screens_of_who_looks_after_the_till(page: Page, till: App) -> None:
    axe = Axe(page)
    agents(page, axe)
    logs(page, axe)
    audit(page, axe)
    person(page, axe)
    keys(page, axe)
    machines(page, axe)
    one_setting(page, axe, till)
    assert not axe.found, "\n".join(axe.found)


def one_setting(page: Page, axe: Axe, till: App) -> None:
    """Changed in a dialog: refused in the words of the start, then written, and said to wait for the next one."""
    open_screen(page, "Settings")
    page.click('button[data-setting="security.pin_tries"]')
    expect(page.locator("#change-text")).to_be_focused()
    page.fill("#change-text", "many")
    page.press("#change-text", "Enter")
    expect(page.locator("#change-problem")).to_contain_text("must be a whole number")
    axe.look("setting")
    page.fill("#change-text", "7")
    page.press("#change-text", "Enter")
    expect(page.locator("#change")).to_be_hidden()
    expect(page.locator(".note.is-check")).to_contain_text("next start")
    page.fill('#filters input[type="search"]', "pin_tries")
    page.press('#filters input[type="search"]', "Enter")
    expect(page.locator("table.settings tbody tr")).to_have_count(1)
    expect(page.locator("table.settings tbody tr").first).to_contain_text("another from the next start")
    assert "pin_tries = 7" in (till.config.root / "config.ini").read_text(encoding="utf-8")
    axe.look("settings")


def agents(page: Page, axe: Axe) -> None:
    open_screen(page, "Agents")
    page.click('#agents button[data-act="pause"][data-agent="watch"]')
    expect(page.locator("#agents tr", has_text="Paused")).to_be_visible()
    page.click('#agents button[data-act="run"][data-agent="watch"]')
    expect(page.locator("#acts-problem")).to_have_text("")
    axe.look("agents")
    page.click('#agents button[data-act="resume"][data-agent="watch"]')
    expect(page.locator("#agents tr", has_text="Paused")).to_have_count(0)
    page.click('.title a:has-text("History")')
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    page.select_option('select[name="agent"]', "watch")
    expect(page.locator('select[name="agent"]')).to_have_value("watch")
    axe.look("rounds")


def logs(page: Page, axe: Axe) -> None:
    open_screen(page, "Logs")
    page.fill('#filters input[name="q"]', "/api/console/agents/pause")
    page.press('#filters input[name="q"]', "Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    axe.look("logs")


def audit(page: Page, axe: Axe) -> None:
    open_screen(page, "Audit")
    page.fill("#act", "agent")
    page.press("#act", "Enter")
    expect(page.locator("#rows del").first).to_have_text("paused")
    page.click("#verify")
    expect(page.locator("#verify-said")).to_contain_text("The chain is whole")
    axe.look("audit")


def person(page: Page, axe: Axe) -> None:
    open_screen(page, "People")
    page.fill("#add-code", "61")
    page.fill("#add-name", "Nia Lowe")
    page.click('form.ask button:has-text("Add")')
    expect(page.locator("#secret-text")).to_have_text(re.compile(r"^[0-9]{6}$"))
    axe.look("people, with a PIN that was made")
    page.click("#secret-done")
    expect(page.locator("#secret")).to_be_hidden()
    page.click('a[aria-label="Open: Nia Lowe"]')
    expect(page.locator("h1")).to_have_text("Nia Lowe")
    page.select_option("#role", "supervisor")
    page.click('button:has-text("Change the role")')
    expect(page.locator(".title .quiet")).to_contain_text("Supervisor")
    axe.look("person")
    page.click('button:has-text("Switch off")')
    expect(page.locator(".title .badge")).to_have_text("Switched off")


def keys(page: Page, axe: Axe) -> None:
    open_screen(page, "People")
    page.click('a:has-text("Keys for programs")')
    page.fill("#add-name", "watcher")
    page.check('input[name="scopes"][value="operate"]')
    page.click('form.ask button:has-text("Make a key")')
    expect(page.locator("#secret-text")).to_contain_text("tk_")
    expect(page.locator("#rows", has_text="watcher")).to_be_visible()
    axe.look("keys, with one that was made")
    page.click("#secret-done")
    expect(page.locator("#secret")).to_be_hidden()
    page.click('button[aria-label="Withdraw watcher"]')
    expect(page.locator("#rows", has_text="watcher")).to_have_count(0)


def machines(page: Page, axe: Axe) -> None:
    open_screen(page, "Tills")
    expect(page.locator("#difference")).to_have_text("agrees")
    page.fill("#add-name", "Tablet by the door")
    page.click('button:has-text("Make a one-time code")')
    expect(page.locator("#secret-text")).to_contain_text("-")
    expect(page.locator("#rows", has_text="Waits for its code")).to_be_visible()
    axe.look("tills")
