"""QuickBooks Desktop in a browser, with an emulated Conductor: tested, started, followed, cancelled, decided, undone.

The emulated company file is held by its lock while a session is to stand still; the agent of the till is the real one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pos import clock
from pos.app import App
from pos.rules.merge import Conflict as Clash
from pos.store import conductor_sessions, passwords, people, records
from tests.browser.axe import Axe
from tests.browser.screen import Screen
from tests.contract.emulators.conductor import END_USER, KEY, Conductor

pytestmark = pytest.mark.browser

RUTH, OLE, PASSWORD = "990", "991", "kettle orange window"
CUSTOMER = "qbd_customer"


@pytest.fixture(scope="module")
def there() -> Iterator[Conductor]:
    with Conductor() as running:
        for n in range(4):
            running.file.put("customers", name=f"Harrow {n}", phone=str(n))
        yield running
        assert running.broken == []


@pytest.fixture(scope="module")
def settings(there: Conductor) -> dict[str, str]:
    """Its agents work in the same process."""
    return {
        "TILLKEEP_QUEUE_IN_SERVER": "yes",
        "CONDUCTOR_SECRET_KEY": KEY,
        "CONDUCTOR_END_USER_ID": END_USER,
        "CONDUCTOR_BASE_URL": there.url,
    }


@pytest.fixture(scope="module")
def office(till: App) -> App:
    """Ruth may do everything; Ole looks after records and may change no setting."""
    people.add_user(till.store, RUTH, "Ruth Adeyemi", "admin", "7531")
    people.add_user(till.store, OLE, "Ole Brandt", "manager", "7532")
    for code in (RUTH, OLE):
        passwords.set_password(till.store, code, PASSWORD)
    return till


@pytest.fixture
def signed_in(new_window: Any, office: App) -> Callable[..., Page]:
    """Opens a window of somebody at the dashboard."""

    def opened(code: str = RUTH, **options: Any) -> Page:
        screen: Screen = new_window(reduced_motion="reduce", **options)
        page = screen.page
        page.goto(f"{screen.url}/console/sign-in")
        page.fill("#code", code)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        expect(page.locator("h1")).to_have_text("Overview")
        page.click(".nav a:has-text('QuickBooks Desktop')")
        expect(page.locator("h1")).to_have_text("QuickBooks Desktop")
        return page

    return opened


def choose(page: Page, *names: str) -> None:
    for box in page.locator("[name=object]").all():
        box.set_checked(box.get_attribute("value") in names)


def sessions(office: App) -> list[int]:
    """Numbers of all there were, the latest first."""
    return [one.n for one in conductor_sessions.history(office.store, "conductor")]


def told(page: Page, words: str) -> None:
    expect(page.locator("#status")).to_have_text(words)


def away(page: Page) -> None:
    """Nobody looks at it any more, as when another tab is before it."""
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")


def back(page: Page) -> None:
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")


def swapped(page: Page) -> None:
    """Once more the panel is asked for and put in its place."""
    page.evaluate("document.getElementById('panel').dataset.before = ''")
    expect(page.locator("#panel[data-before]")).to_have_count(0)


def test_the_connection_is_really_tested(signed_in: Callable[..., Page], there: Conductor) -> None:
    page = signed_in()
    axe = Axe(page)
    asked = len(there.calls)
    page.click("#test")
    expect(page.locator("#connection-fresh")).to_have_text(re.compile(r"QuickBooks answered in \d+ ms\."))
    expect(page.locator("#connection")).to_contain_text("Connected")
    assert "health" in " ".join(there.calls[asked:])
    there.reachable = False
    try:
        page.click("#test")
        expect(page.locator("#connection-why")).to_contain_text("QuickBooks Desktop is not running on the computer")
        expect(page.locator("#connection")).to_contain_text("No connection")
        expect(page.locator("#connection-fresh")).to_have_count(0)
        page.reload()
        expect(page.locator("#connection-why")).to_contain_text("is not running")
        axe.look("no connection")
    finally:
        there.reachable = True
    page.click(".run-tabs a:has-text('Settings')")
    page.click("#test")
    expect(page.locator("#connection")).to_contain_text("Connected")
    assert KEY not in page.content(), "the key never comes to the page"
    page.click("#lists")
    expect(page.locator("#account-income option")).not_to_have_count(0)
    expect(page.locator("#secret")).to_contain_text("CONDUCTOR_SECRET_KEY")
    assert not axe.found, "\n".join(axe.found)


def test_started_once_followed_and_completed_with_errors(
    signed_in: Callable[..., Page], office: App, there: Conductor
) -> None:
    there.file.put("customers", name="Twice", email="one@example.com")
    fields = {"name": "Twice", "email": "another@example.com", "isActive": True}
    records.create(office.store, "main", CUSTOMER, "C-TWICE", fields, [], RUTH, clock.now())
    before = len(sessions(office))
    page, other = signed_in(height=480), signed_in(OLE)
    axe = Axe(page)
    expect(other.locator("#test")).to_have_count(0)  # who may not change settings does not see them
    expect(other.locator(".run-tabs")).not_to_contain_text("Settings")
    choose(page, "customers")
    away(other)
    slow: list[Any] = []  # the panel was asked for before the session began, and that answer comes late
    page.route("**/conductor/panel", lambda route: route.continue_() if slow else slow.append(route))
    page.evaluate("htmx.trigger(document.body, 'look')")
    with there.file.lock:
        with page.expect_response("**/api/conductor/sync"):
            page.dblclick("#start-go")
        slow[0].continue_()
        expect(page.locator("#status")).to_have_text("Running", timeout=10_000)  # no turn later, which is 20 s away
        expect(page.locator("#progress")).to_have_attribute("aria-label", "Progress of the session")
        page.focus("#cancel")
        page.evaluate("document.getElementById('main').scrollTop = 40")
        at = page.evaluate("document.getElementById('main').scrollTop")
        swapped(page)
        swapped(page)
        expect(page.locator("#cancel")).to_be_focused()  # over two swaps of the piece it stands in
        assert at > 0 and page.evaluate("document.getElementById('main').scrollTop") == at
        axe.look("a session that runs")
        choose(other, "items")
        other.click("#start-go")  # nothing ran when this page was loaded
        expect(other.locator("#start-problem")).to_contain_text(f"{RUTH} started it")
        told(other, "Running")
        asked = list[str]()
        page.on("request", lambda request: asked.append(request.url))
        away(page)
        back(other)
        for _ in range(3):
            swapped(other)
        assert len(asked) <= 1, "nobody looks: but for one under way, nothing is asked for"
        back(page)
    told(page, "Completed with errors")
    told(other, "Completed with errors")
    assert len(sessions(office)) == before + 1, "one, of Ruth"
    row = page.locator("#types tr[data-type=customers]")
    expect(row).to_contain_text("Done, with errors")
    expect(page.locator("#errors")).to_contain_text("Twice")
    axe.look("completed with errors")
    page.click("#all-errors")
    expect(page.locator("h1")).to_contain_text(f"Session {sessions(office)[0]}")
    expect(page.locator("#errors")).to_contain_text("Twice")
    axe.look("errors of a session")
    with page.expect_download() as saved:
        page.click("#csv")
    assert "Twice" in saved.value.path().read_text(encoding="utf-8")
    page.goto(page.url.rpartition("/history")[0])
    expect(page.locator("[name=object]:checked")).to_have_count(1)  # as they were chosen the last time
    assert not axe.found, "\n".join(axe.found)


def test_cancelled_once_at_a_safe_point_and_in_the_history(
    signed_in: Callable[..., Page], office: App, there: Conductor
) -> None:
    page = signed_in()
    axe = Axe(page)
    choose(page, "customers", "vendors")
    with there.file.lock:
        page.click("#start-go")
        told(page, "Running")
        page.click("#cancel")
        expect(page.locator("#sure")).to_contain_text("safe point")
        axe.look("cancelling", "#sure")
        page.click("#sure button[value=no]")
        told(page, "Running")
        page.press("#cancel", "Enter")
        page.click("#sure-yes")
        told(page, "Stopping")
        expect(page.locator("#why")).to_contain_text("at a safe point")
        expect(page.locator("#cancel")).to_have_attribute("aria-disabled", "true")
    told(page, "Cancelled")
    expect(page.locator("#start-go")).to_have_attribute("aria-disabled", "false")
    page.click(".run-tabs a:has-text('History')")
    expect(page.locator("#history tbody tr").first).to_contain_text("Cancelled")
    page.select_option("#status", "failed")
    expect(page.locator("#history")).to_contain_text("Nothing here fits that.")
    assert "status=failed" in page.url
    page.click("#show-all")
    expect(page.locator("#history tbody tr")).to_have_count(len(sessions(office)))
    page.click("#history thead a:has-text('Took')")
    expect(page.locator("#history th[aria-sort]")).to_contain_text("Took")
    expect(page.locator("#sort-7")).to_be_focused()
    page.go_back()
    expect(page.locator("#history th[aria-sort]")).to_contain_text("Started")
    axe.look("history")
    assert not axe.found, "\n".join(axe.found)


def test_a_conflict_is_decided_and_the_decision_taken_back(signed_in: Callable[..., Page], office: App) -> None:
    store, now = office.store, clock.now()
    ours, theirs = {"line1": "1 High Street", "city": "Leeds"}, {"line1": "22 Long Lane", "city": "Bradford"}
    fields = {"name": "Müller", "billingAddress": ours}
    records.create(store, "main", CUSTOMER, "C-BOTH", fields, [], RUTH, now)
    clash = Clash("billingAddress", ours, theirs, "ask")
    records.clashed(store, "main", "conductor", CUSTOMER, "C-BOTH", [clash], now)
    page = signed_in(OLE)
    axe = Axe(page)
    page.click(".run-tabs a:has-text('Conflicts')")
    one = page.locator(".clashes > li", has_text="Müller")
    expect(one).to_contain_text("Billing address")
    expect(one.locator(".side").first).to_contain_text("Leeds")
    expect(one.locator(".side").last).to_contain_text("Bradford")
    expect(one).not_to_contain_text("{")
    axe.look("an open conflict")
    one.get_by_role("button", name="Take theirs").press("Enter")
    expect(page.locator("#conflicts")).not_to_contain_text("Müller")
    assert records.get(store, "main", CUSTOMER, "C-BOTH").fields["billingAddress"] == theirs
    page.click("#state-decided")
    expect(one).to_contain_text("Ole Brandt decided")
    axe.look("a decided conflict")
    one.get_by_role("button", name="Undo").click()
    expect(one.locator(".side.is-chosen")).to_contain_text("Leeds")
    assert records.get(store, "main", CUSTOMER, "C-BOTH").fields["billingAddress"] == ours
    assert not axe.found, "\n".join(axe.found)
