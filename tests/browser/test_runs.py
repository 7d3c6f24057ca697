"""The screens of runs in a browser, below another address than the usual one: started once, followed to the end, told
of on every page, with a WebSocket or without one; and a page of a run that is over asks for nothing any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pos import clock
from pos.actions import run_overview
from pos.app import App
from pos.store import passwords, people, run_artifacts, run_work, runs
from pos.store.models import Connection
from pos.store.run_work import End
from tests.browser.axe import Axe
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BASE = "/office-runs"
RUTH, PASSWORD = "990", "kettle orange window"
DAY = "2026-11-20"
#: What was raised in a page is kept over its loadings, and stands in the document to be waited for.
LISTEN = """
const show = () => { document.documentElement.dataset.heard = sessionStorage.getItem("heard") ?? ""; };
for (const name of ["started", "completed"]) document.addEventListener(`tillkeep:run-${name}`, ({ detail }) => {
  sessionStorage.setItem("heard", `${sessionStorage.getItem("heard") ?? ""}${name} ${detail.id} ${detail.status};`);
  show();
});
document.addEventListener("DOMContentLoaded", show);
"""


def heard(page: Page, what: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-heard", re.compile(re.escape(what)))


def all_heard(page: Page) -> list[str]:
    return (page.locator("html").get_attribute("data-heard") or "").split(";")[:-1]


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"TILLKEEP_RUNS_PREFIX": BASE}


@pytest.fixture(scope="module")
def books(till: App) -> App:
    """A till with books to run to, and somebody who may start a run."""
    Connection.create(id="quickbooks", kind="quickbooks", title="Books", company="main")
    people.add_user(till.store, RUTH, "Ruth Adeyemi", "admin", "7531")
    passwords.set_password(till.store, RUTH, PASSWORD)
    return till


@pytest.fixture
def asked_for() -> list[str]:
    return []


@pytest.fixture
def signed_in(new_window: Any, books: App, asked_for: list[str]) -> Callable[..., Page]:
    """Opens a page of somebody at the console. Every address that is asked for is in `asked_for`."""

    def opened(**options: Any) -> Page:
        screen: Screen = new_window(reduced_motion="reduce", **options)
        page = screen.page
        page.goto(f"{screen.url}/console/sign-in")
        page.fill("#code", RUTH)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        expect(page.locator("h1")).to_have_text("Overview")
        page.add_init_script(LISTEN)
        page.on("request", lambda request: asked_for.append(request.url.removeprefix(screen.url)))
        return page

    return opened


@pytest.fixture(autouse=True)
def _nothing_open(till: App) -> Iterator[None]:
    yield
    for job in runs.open_ids(till.store):
        runs.cancel(till.store, job, RUTH, clock.now())
        for part in runs.parts(till.store, job):
            if part.status == "running":
                run_work.finish(till.store, part, End("cancelled", "1", "cancelled", "Over."), clock.now())


def ask(till: App, day: str = DAY) -> str:
    return runs.ask(
        till.store, "single", "main", day, day, parallel=1, stagger_seconds=0, continue_on_failure=False, by=RUTH,
        now=clock.now(), books={"main": "quickbooks"},
    )  # fmt: skip


def work(till: App, job: str, to: str = "") -> Any:
    """Take the run's part, up to a phase."""
    now = clock.now()
    found = run_work.claim(till.store, "w", now)
    assert found is not None and found[0].job == job
    part = found[0]
    while to and part.phase != to:
        moved = run_work.next_phase(till.store, part, now)
        assert moved is not None
        part = moved
    return part


def end(till: App, part: Any, how: End) -> None:
    assert run_work.finish(till.store, part, how, clock.now() + timedelta(seconds=1))


def go(page: Page, till: App, path: str) -> None:
    page.goto(till.flask.config["TEST_URL"] + BASE + path)


def test_started_once_followed_to_its_end_below_another_address(
    signed_in: Callable[..., Page], books: App, asked_for: list[str]
) -> None:
    page = signed_in()
    axe = Axe(page)
    page.click(".nav a:has-text('Runs')")
    page.click(".run-tabs a:text-is('Runs')")
    expect(page.locator("h1")).to_have_text("Runs")
    axe.look("runs")
    # The first answer is lost on its way; the second press sends the same run again.
    page.route("**/api/runs/active*", lambda route: route.abort())  # nor is it told of by other ways
    page.route("**/runs/trigger", lambda route: (route.fetch(), route.abort())[1], times=1)
    page.dispatch_event("#trigger-from", "change")
    page.click("#trigger-go")
    expect(page.locator("#trigger-problem")).to_contain_text("does not answer")
    page.dblclick("#trigger-go")
    page.wait_for_url(re.compile(rf"{BASE}/runs/[0-9a-f-]{{36}}/$"))
    page.unroute("**/api/runs/active*")
    (job,) = runs.open_ids(books.store)
    assert page.url.endswith(f"/runs/{job}/")
    expect(page.locator("#log")).to_contain_text("Asked for by 990")
    part = work(books, job, "upload")
    runs.say(books.store, job, "main", "upload", "info", "☕ Document 1 of 3 is in the books.", clock.now())
    expect(page.locator("#log")).to_contain_text("☕ Document 1 of 3")
    expect(page.locator(".phases [aria-current=step]")).to_contain_text("Send")
    axe.look("a run that goes on")
    page.click("#cancel")
    expect(page.locator("#cancel-words")).to_contain_text("stops after the document it is at")
    expect(page.locator("#head .badge")).to_have_text("Stopping")
    end(books, part, End("cancelled", "1", "cancelled", "Stopped after 1 of 3 documents."))
    expect(page.locator("#head .badge")).to_have_text("Cancelled")
    expect(page.locator("#log-state")).to_have_text("complete")
    expect(page.locator("#log")).to_contain_text("The run cancelled, exit code 1")
    expect(page.locator("#cancel")).to_have_count(0)
    expect(page.locator("#run-toasts")).to_contain_text("was cancelled")
    page.click(".codes summary")
    axe.look("a run that is over")
    go(page, books, "/logs/")
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    axe.look("logs of runs")
    assert [path for path in asked_for if "epos-qbo" in path] == [], "no script knows the usual address"
    assert not axe.found, "\n".join(axe.found)


def says_in_time(page: Page, words: str) -> None:
    """The page's time passes second by second until it says so: what it says goes again after some of them."""
    end = clock.monotonic() + 30
    while words not in page.locator("#run-toasts").inner_text():
        assert clock.monotonic() < end, f"it never said {words!r}"
        page.clock.run_for(1000)


def test_a_page_of_a_run_that_is_over_asks_for_nothing_any_more(
    signed_in: Callable[..., Page], books: App, asked_for: list[str]
) -> None:
    job = ask(books)
    end(books, work(books, job), End("failed", "1", "failed", "Two documents were refused."))
    page = signed_in()
    page.clock.install()
    go(page, books, f"/runs/{job}/")
    expect(page.locator("#log-state")).to_have_text("complete")
    expect(page.locator("#log")).to_contain_text("Two documents were refused")
    del asked_for[:]
    other = ask(books, "2026-11-18")  # another run begins and ends meanwhile
    says_in_time(page, "has started")
    end(books, work(books, other), End("succeeded", "0", "", "Nothing to post."))
    says_in_time(page, "succeeded")
    page.clock.run_for(60_000)
    about = [path for path in asked_for if f"/runs/{job}/" in path]
    assert about == [], "neither the page nor the log of a run that is over"
    assert all_heard(page) == [f"started {other} queued", f"completed {other} succeeded"]


def test_the_list_comes_anew_with_its_filters_and_never_under_somebody_typing(
    signed_in: Callable[..., Page], books: App, asked_for: list[str]
) -> None:
    page = signed_in(height=420)
    go(page, books, "/runs/?company=main&first=2026-01-01")
    page.evaluate("document.getElementById('main').scrollTop = 120")
    job = ask(books)
    books.hub.nudge()
    expect(page.locator(f'tr[data-run-id="{job}"]')).to_be_visible()
    heard(page, f"started {job} queued")
    expect(page.locator("#run-toasts")).to_contain_text("has started")  # said again on the page that was loaded
    assert page.url.endswith("/runs/?company=main&first=2026-01-01")
    assert page.evaluate("document.getElementById('main').scrollTop") == 120
    # Filled in by halves, the form stays as it is, and the list behind it comes anew all the same.
    page.fill("#trigger-parallel", "7")
    page.evaluate("window.stays = true")
    end(books, work(books, job), End("failed", "1", "failed", "Two documents were refused."))
    expect(page.locator(f'tr[data-run-id="{job}"] .badge')).to_have_text("Failed")
    expect(page.locator("#run-toasts")).to_contain_text("failed")
    assert page.evaluate("window.stays") and page.input_value("#trigger-parallel") == "7"
    heard(page, f"completed {job} failed")
    # Over before any page saw it: told all the same, and once.
    quick = ask(books, "2026-11-17")
    end(books, work(books, quick), End("succeeded", "0", "", "Nothing to post."))
    heard(page, f"completed {quick} succeeded")
    go(page, books, "/logs/")
    expect(page.locator("#rows")).to_contain_text("Nothing to post.")
    with page.expect_response("**/api/runs/active*"):
        page.reload()
    assert all_heard(page) == [f"started {job} queued", f"completed {job} failed", f"completed {quick} succeeded"]


def test_without_a_websocket_it_asks(signed_in: Callable[..., Page], books: App, asked_for: list[str]) -> None:
    page = signed_in()
    page.route_web_socket(re.compile(r"/live$"), lambda ws: ws.close())
    page.clock.install()
    go(page, books, "/logs/")
    expect(page.locator("h1")).to_have_text("Logs of runs")
    job = ask(books)
    page.clock.run_for(5000)
    heard(page, f"started {job} queued")
    end(books, work(books, job), End("succeeded", "0", "mismatch", "The books differ by £3.00.", 1))
    expect(page.locator("#rows")).to_contain_text("Asked for by")  # loaded anew
    page.clock.run_for(5000)
    heard(page, f"completed {job} succeeded")
    toast = page.locator(".run-toast", has_text="succeeded")
    expect(toast).to_contain_text("The books differ by £3.00.")
    expect(page.locator("#run-toasts")).to_have_attribute("role", "status")
    toast.get_by_role("button").click()
    expect(toast).to_have_count(0)


def test_a_schedule_is_made_by_words_changed_switched_run_and_deleted(
    signed_in: Callable[..., Page], books: App, asked_for: list[str]
) -> None:
    page = signed_in(timezone_id="Europe/London")
    axe = Axe(page)
    page.click(".nav a:has-text('Runs')")
    page.click(".run-tabs a:text-is('Schedules')")
    asked_for.clear()
    page.click("#new")
    page.fill("#f-name", "Evening")
    page.fill("#f-cron", "0 25 * * *")
    expect(page.locator("#preview")).to_contain_text("Hour: 0 to 23")
    page.fill("#f-cron", "0 18 * * *")
    page.fill("#f-time_zone", "Asia/Tokyo")
    expect(page.locator("#preview")).to_contain_text("every day at 18:00; next: ")
    axe.look("a schedule being made")
    page.click("#schedule-form [type=submit]")
    row = page.locator("#rows tr", has_text="Evening")
    expect(row).to_contain_text("every day at 18:00")
    expect(row.locator(".reader")).to_contain_text("where you are")  # 9 or 10 in the morning in London
    row.get_by_role("button", name="Run Evening now").click()
    expect(page.locator("#events tr", has_text="Evening")).to_contain_text("Started by 990.")
    (job,) = runs.open_ids(books.store)
    assert runs.job(books.store, job).requested_by == RUTH
    row.get_by_role("button", name="Switch Evening off").click()
    expect(row.locator(".badge").first).to_have_text("Off")
    row.get_by_role("button", name="Change Evening").click()
    page.fill("#f-name", "Late")
    page.press("#f-name", "Enter")
    row = page.locator("#rows tr", has_text="Late")
    expect(row).to_be_visible()
    axe.look("schedules", dark=False)
    row.get_by_role("button", name="Delete Late").click()
    page.locator("#sure").get_by_role("button", name="Delete").click()
    expect(page.locator("#rows")).to_contain_text("There is no schedule yet.")
    expect(page.locator("#events tr").nth(1)).to_contain_text("deleted since")
    assert [path for path in asked_for if "epos-qbo" in path] == [], "no script knows the usual address"
    assert axe.found == []


def test_the_overview_comes_anew_and_keeps_search_filters_and_focus(signed_in: Callable[..., Page], books: App) -> None:
    """Panels alone are put in anew; the chart is drawn from the table behind it, marks and all."""
    page = signed_in()
    go(page, books, "/dashboard/?period=30d")
    page.evaluate("window.stays = true")
    page.fill("#run-search", "no such name")
    expect(page.locator("#run-none")).to_be_visible()
    page.fill("#run-search", "MAIN")
    expect(page.locator("#run-companies tbody tr:visible")).to_have_count(1)
    page.select_option("#chart-period", "7d")
    expect(page.locator("#run-chart .nothing-here")).to_be_visible()
    page.focus("#chart-company")
    day = run_overview.target(books.config, clock.now()).isoformat()
    job = ask(books, day)
    part = work(books, job, "archive")
    run_artifacts.put_artifact(
        books.store, job, "main", day, currency="GBP", raw_total=123450, raw_count=40, booked_total=123200,
        status="MISMATCH", difference=250, run_status="succeeded", processed_at=clock.stamp(clock.now()),
    )  # fmt: skip
    end(books, part, End("succeeded", "0", "mismatch", "One day differs."))
    books.hub.nudge()
    expect(page.locator("#run-companies")).to_contain_text("differs by £2.50")
    expect(page.locator("#run-events li").first).to_contain_text("Succeeded")
    expect(page.locator("#run-chart tr[data-day]")).to_have_count(7)
    drawn = (
        "Chart.getChart(document.querySelector('canvas[data-chart=GBP]')).data.datasets.map((one) => one.data.at(-1))"
    )
    assert page.evaluate(drawn) == [0, 1234.5, 0], "what differs is no part of what matches"
    assert page.evaluate("[window.stays, document.activeElement.id]") == [True, "chart-company"]
    assert (page.input_value("#run-search"), page.input_value("#chart-period")) == ("MAIN", "7d")
    assert page.url.endswith("/dashboard/?period=7d&company=")
