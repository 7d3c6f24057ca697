"""Two companies' days into their books, from the first to the last: set up on the screens, one with exports of another
till, the other with a till of its own; run by a schedule, matched, broken there and named here, cancelled, killed.

A hub in a process of its own whose clock is turned past the end of the day, a till, browsers, and an emulated Intuit.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pos.actions import qbo_mapping
from pos.store import passwords, people
from pos.store.db import open_store
from tests.browser import shop
from tests.browser.conftest import Watch, _context
from tests.browser.screen import Screen
from tests.browser.test_quickbooks import PASSWORD, RUTH, SOCKS, free_port, sell, until
from tests.browser.test_two_tills import _signed_in
from tests.contract import hubs, qbo_books
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_company import Company, Doc
from tests.contract.hubs import Hub, Upper
from tests.contract.qbo_sites import environ, running
from tests.till_process import REPO, Till

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

HEAD = (
    "Customer Full Name,Location Name,Quantity,Product,Category,Date/Time,TOTAL Sales,Tender,NET Sales,Cost Price,Tax"
)
#: The business day ends so soon after the test began.
MINUTES_LEFT = 6
#: A run over so many days makes a document for each.
DAYS_BEFORE = 8
HARBOUR = "9130000000000005"


@dataclass
class Two:
    """The hub with its clock, its two companies in Intuit's, and a till of the second."""

    hub: Hub
    ahead: Path
    url: str
    harbour: Company
    quay: Company
    root: Path
    day: date

    def passes(self, minutes: int) -> None:
        self.ahead.write_text(str(minutes * 60))

    def page(self, path: str = "/") -> str:
        return f"{self.url}/epos-qbo{path}"


def documents(company: Company) -> list[Doc]:
    return sorted(company.documents(), key=lambda doc: str(doc["DocNumber"]))


@pytest.fixture
def two(tmp_path: Path, _cheap_pins: None) -> Iterator[Two]:
    """A hub without any company but its own, six minutes before its day ends."""
    port, ahead, ends = free_port(), tmp_path / "ahead", datetime.now(UTC) + timedelta(minutes=MINUTES_LEFT)
    ahead.write_text("0")
    cloud = shops.both()
    harbour = shops.british(cloud, HARBOUR, "Harbour Goods Ltd")
    with running(cloud) as site:
        hub = Hub(tmp_path / "hub", None)
        hub.env |= environ(
            site.url,
            TILLKEEP_QUICKBOOKS_REDIRECT_URL=f"http://localhost:{port}/api/integrations/quickbooks/callback",
            TILLKEEP_QUICKBOOKS_PROBE_SECONDS="1",
            TILLKEEP_QUICKBOOKS_SETTLE_MINUTES="1",
            TILLKEEP_SHOP_TIMEZONE="UTC",
            TILLKEEP_SHOP_DAY_STARTS=f"{ends:%H:%M}",
            TILLKEEP_RUNS_POLL_SECONDS="1",
            TILLKEEP_TEST_AHEAD=str(ahead),
        )
        hub.process = Till(hub.root, env=hub.env)
        hub.process.script, hub.process.port = REPO / "tests" / "turned_till.py", port
        store = open_store(hub.config)
        shop.fill(store)
        people.add_user(store, RUTH, "Ruth Adeyemi", "admin", "7531")
        passwords.set_password(store, RUTH, PASSWORD)
        store.close()
        hub.start()
        day = (ends - timedelta(days=1)).date()
        try:
            yield Two(hub, ahead, f"http://localhost:{port}", harbour, site.gb, tmp_path, day)
        finally:
            hub.process.stop()


@pytest.fixture
def windows(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens windows of fresh browsers; what one did wrong fails the test."""
    opened, watches = [], []

    def open_one() -> Page:
        opened.append(_context(browser))
        page = opened[-1].new_page()
        watches.append(Watch(page))
        return page

    yield open_one
    for context in opened:
        context.close()
    assert [line for watch in watches for line in watch.found] == []


# -- what Ruth does ----------------------------------------------------------------------------------------------------


def set_up(page: Page, two: Two, key: str, name: str, source: str, there: Company) -> None:
    """A company from its first question to its books: set up, connected, its ways to pay mapped."""
    page.goto(two.page("/companies/new"))
    page.fill("[name=company_key]", key)
    page.fill("[name=display_name]", name)
    page.select_option("[name=source]", source)
    page.click("form.set-up button[type=submit]")
    expect(page).not_to_have_url(re.compile(r".*/companies/new$"))
    page.goto(f"{two.url}/settings/integrations?company={key}")
    page.click("#connect")
    expect(page.locator("h1")).to_have_text("Connect a company")
    page.click(f"button:has-text('{there.name}')")
    expect(page).to_have_url(re.compile(r".*/settings/integrations\?.*"))
    expect(page.locator("#quickbooks .facts").first).to_contain_text(there.name)
    made = copy.deepcopy(qbo_books.MAPPING)
    made |= {"shops": {key: made["shops"]["main"]}, "default_item": "20", "walk_in": "58", "customers": {}}
    made["taxes"]["A"] = made["taxes"].pop("V20")  # the catalogue's own name for it
    store = open_store(two.hub.config)
    qbo_mapping.write(store, key, made, qbo_mapping.read(store, key), RUTH)
    store.close()


def exported(two: Two, days: list[date], *, tender: str = "Cash") -> Path:
    """Two rows a day of the other till: 3.00 and 4.80, VAT of 20 % in both."""
    rows = [
        row
        for day in days
        for row in (
            f",Harbour,2,Cola 330 ml,Drinks,{day:%d/%m/%Y} 23:58:00,3.00,{tender},2.50,0.80,0.50",
            f",Harbour,1,Notebook A5,Stationery,{day:%d/%m/%Y} 23:59:00,4.80,{tender},4.00,1.90,0.80",
        )
    ]
    path = two.root / f"export {days[0]:%d %b} {tender}.csv"
    path.write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
    return path


def upload(page: Page, two: Two, path: Path) -> None:
    page.goto(two.page("/imports/"))
    page.select_option("#upload-company", "harbour")
    page.set_input_files("#upload-file", path)
    page.click("#upload-go")
    expect(page).to_have_url(re.compile(r".*/imports/\d+/$"))


@contextmanager
def trading(two: Two, page: Page) -> Iterator[Screen]:
    """A till of the second company that joined the hub, with a cashier at its screen."""
    made = Upper(two.root / "till", "Q1")
    place = {"name": "Till Q1", "company": "quay"}
    made.join(two.hub.url, str(two.hub.ask("POST", "/api/console/hub/tills", place)["secret"]))
    made.close()
    mine = {"TILLKEEP_TILL_ID": "Q1", "TILLKEEP_HUB_URL": two.hub.url, "TILLKEEP_HUB_PROBE_SECONDS": "1"}
    same = ("TILLKEEP_TILL_WALK_IN", "TILLKEEP_SHOP_TIMEZONE", "TILLKEEP_SHOP_DAY_STARTS")
    env = mine | {name: two.hub.env[name] for name in same}
    with Till(made.root, env=env) as till:
        screen = Screen(page, f"http://127.0.0.1:{till.port}", till.root / "invoices")
        hubs.until(lambda: _signed_in(screen), "people and goods came down")
        yield screen


def scheduled(page: Page, two: Two, at: datetime) -> None:
    page.goto(two.page("/schedules/"))
    page.click("#new")
    page.fill("#f-name", "Every evening")
    page.fill("#f-cron", f"{at.minute} {at.hour} * * *")
    page.fill("#f-time_zone", "UTC")
    page.select_option("#f-date_mode", "trading_date")
    page.click("#schedule button[type=submit]")
    expect(page.locator("#rows")).to_contain_text("Every evening")


def run(page: Page, two: Two, company: str, first: date, last: date | None = None) -> str:
    """A run by hand; its address."""
    page.goto(two.page("/runs/"))
    page.select_option("#trigger-company", company)
    page.fill("#trigger-from", first.isoformat())
    if last is not None:
        page.fill("#trigger-to", last.isoformat())
    page.click("#trigger button[type=submit]")
    expect(page).to_have_url(re.compile(r".*/runs/[0-9a-f-]{36}/$"))
    return page.url


def ended(page: Page, how: str) -> None:
    """The page of a run follows it by itself until it is over."""
    over = ", ".join(f"#run[data-run-status={status}]" for status in ("succeeded", "failed", "cancelled"))
    expect(page.locator(over)).to_have_count(1, timeout=120_000)
    expect(page.locator("#run")).to_have_attribute("data-run-status", how)


def runs(two: Two) -> list[tuple[Any, ...]]:
    """Every run: its id, status, exit code, and whether a schedule asked for it."""
    return two.hub.rows("SELECT id, status, exit_code, schedule <> '' FROM run_job ORDER BY n")


def days_of(two: Two, company: str) -> list[tuple[Any, ...]]:
    """What the newest run of a company came to, day by day."""
    return two.hub.rows(
        "SELECT day, source, status, raw_total, booked_total, uploaded, skipped FROM run_artifact WHERE job ="
        " (SELECT job FROM run_part WHERE company = ? ORDER BY n DESC LIMIT 1) AND company = ? ORDER BY day",
        company, company,
    )  # fmt: skip


# -- the story ---------------------------------------------------------------------------------------------------------


def test_two_companies_from_their_set_up_to_a_run_that_was_killed(two: Two, windows: Callable[[], Page]) -> None:
    page = windows()
    page.goto(f"{two.url}/console")
    page.fill("#code", RUTH)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page.locator("h1")).to_have_text("Overview")
    set_up(page, two, "harbour", "Harbour", "csv", two.harbour)
    set_up(page, two, "quay", "Quay", "journal", two.quay)
    upload(page, two, exported(two, [two.day]))
    with trading(two, windows()) as screen:
        sell(screen, SOCKS, "£7.50")
        sell(screen, SOCKS, "£7.50")
        upper = screen.page.context.request
        until(lambda: upper.get(f"{screen.url}/api/status").json()["waiting"] == 0)
    scheduled(page, two, datetime.now(UTC) + timedelta(minutes=MINUTES_LEFT + 4))
    assert documents(two.harbour) == documents(two.quay) == [], "the day is not over, and no run was asked for"

    two.passes(MINUTES_LEFT + 5)
    page.goto(two.page())
    until(lambda: [row[1:] for row in runs(two)] == [("succeeded", "0", 1)])
    middle = f"{two.day:%y%m%d}"
    (theirs,), (ours,) = documents(two.harbour), documents(two.quay)
    assert [theirs["DocNumber"], ours["DocNumber"]] == [f"TK-{middle}-LON-CA"] * 2
    assert [theirs["TotalAmt"], ours["TotalAmt"]] == [Decimal("7.80"), Decimal("15.00")]
    assert days_of(two, "harbour") == [(two.day.isoformat(), "csv", "MATCH", 780, 780, 1, 0)]
    (quay,) = days_of(two, "quay")
    assert quay[1:5] == ("journal", "MATCH", 1500, 1500)
    expect(page.locator("main")).to_contain_text("Succeeded")  # the overview drew itself anew when the run ended

    again(page, two)
    broken_there(page, two, theirs)
    cancelled_and_killed(page, two)


def again(page: Page, two: Two) -> None:
    """The same export once more changes nothing, here or there."""
    upload(page, two, two.root / f"export {two.day:%d %b} Cash.csv")
    run(page, two, "harbour", two.day)
    ended(page, "succeeded")
    assert [(doc["TotalAmt"]) for doc in documents(two.harbour)] == [Decimal("7.80")]
    assert two.hub.rows("SELECT COUNT(*) FROM import_row") == [(2,)]
    assert days_of(two, "harbour") == [(two.day.isoformat(), "csv", "MATCH", 780, 780, 0, 1)]


def broken_there(page: Page, two: Two, theirs: Doc) -> None:
    """Somebody changes a document in QuickBooks: the run, the overview and a notice name it; put right, none does."""
    number = str(theirs["DocNumber"])
    two.harbour.change("SalesReceipt", theirs["Id"], TotalAmt=Decimal("7.00"))
    run(page, two, "harbour", two.day)
    ended(page, "succeeded")
    expect(page.locator("#days")).to_contain_text("MISMATCH")
    page.click("#days a[href*='/artifacts/']")
    expect(page.locator("main")).to_contain_text(number)
    page.goto(two.page())
    expect(page.locator("main")).to_contain_text(number)
    page.goto(f"{two.url}/console")
    expect(page.locator("#reasons")).to_contain_text(number)
    two.harbour.change("SalesReceipt", theirs["Id"], TotalAmt=theirs["TotalAmt"])
    run(page, two, "harbour", two.day)
    ended(page, "succeeded")
    expect(page.locator("#days")).not_to_contain_text("MISMATCH")
    page.goto(f"{two.url}/console")
    expect(page.locator("#reasons")).not_to_contain_text(number)


def cancelled_and_killed(page: Page, two: Two) -> None:
    """A long run stops between two documents; another one is killed in the middle and comes to its end."""
    days = [two.day - timedelta(days=n) for n in range(DAYS_BEFORE, 0, -1)]
    page.goto(two.page("/companies/harbour/advanced"))
    page.select_option("[name=posting]", "runs")
    page.click("form.set-up button[type=submit]")
    expect(page.locator("form.set-up [data-done]")).not_to_be_empty()
    upload(page, two, exported(two, days, tender="Card"))
    before = len(documents(two.harbour))
    address = run(page, two, "harbour", days[0], days[-1])
    until(lambda: len(documents(two.harbour)) > before)
    page.click("#cancel")
    ended(page, "cancelled")
    reached = len(documents(two.harbour)) - before
    assert 0 < reached < DAYS_BEFORE, "it stopped between two documents"

    run(page, two, "harbour", days[0], days[-1])
    until(lambda: len(documents(two.harbour)) - before > reached)
    two.hub.kill()
    page.goto("about:blank")
    two.hub.start()
    until(lambda: runs(two)[-1][1] == "succeeded")
    mine = [doc for doc in documents(two.harbour) if str(doc["DocNumber"]).endswith("-CD")]
    assert [doc["TxnDate"] for doc in mine] == [day.isoformat() for day in days], "each day once"
    assert {row[2] for row in days_of(two, "harbour")} == {"MATCH"}
    assert not [row for row in runs(two) if row[1] in ("queued", "running")]
    page.goto(address)
    expect(page.locator("#run")).to_have_attribute("data-run-status", "cancelled")
