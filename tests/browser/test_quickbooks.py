"""QuickBooks from the first to the last: connected, mapped, traded, booked, broken there, named here, put right.

A till in a process of its own whose clock is turned past the end of the day, a browser, and an emulated Intuit.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pos import config as settings
from pos.store import passwords, people
from pos.store.db import open_store
from tests.browser import shop
from tests.browser.conftest import Watch, _context
from tests.browser.screen import Screen
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_company import Doc
from tests.contract.qbo_sites import Site, environ, running
from tests.till_process import REPO, Till

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RUTH, PASSWORD = "990", "kettle orange window"
SOCKS, LACES = "96385074", "LACES-140"
#: What the agents do by themselves may take so long on a busy machine.
AGENTS_SECONDS_MAX = 90
#: The business day ends so soon after the test began.
MINUTES_LEFT = 6


@dataclass
class Shop:
    """The till, its books, and the clock of the till."""

    till: Till
    site: Site
    ahead: Path
    url: str
    root: Path

    def passes(self, minutes: int) -> None:
        self.ahead.write_text(str(minutes * 60))

    def documents(self) -> list[Doc]:
        return sorted(self.site.gb.documents(), key=lambda doc: str(doc["DocNumber"]))


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def until(what: Callable[[], Any]) -> Any:
    """What the agents bring about in their own time."""
    end = time.monotonic() + AGENTS_SECONDS_MAX
    while not (found := what()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Shop]:
    """Open for business six minutes before its day ends."""
    port, ahead = free_port(), tmp_path / "ahead"
    ahead.write_text("0")
    ends = datetime.now(UTC) + timedelta(minutes=MINUTES_LEFT)
    with running() as site:
        env = environ(
            site.url,
            TILLKEEP_QUICKBOOKS_REDIRECT_URL=f"http://localhost:{port}/api/integrations/quickbooks/callback",
            TILLKEEP_QUICKBOOKS_SETTLE_MINUTES="1",
            TILLKEEP_SHOP_TIMEZONE="UTC",
            TILLKEEP_SHOP_DAY_STARTS=f"{ends:%H:%M}",
            TILLKEEP_TEST_AHEAD=str(ahead),
        )
        root = tmp_path / "till"
        root.mkdir()
        store = open_store(settings.load(root, env))
        shop.fill(store)
        people.add_user(store, RUTH, "Ruth Adeyemi", "admin", "7531")
        passwords.set_password(store, RUTH, PASSWORD)
        store.close()
        till = Till(root, "--port", str(port), env=env)
        till.script = REPO / "tests" / "turned_till.py"
        with till:
            yield Shop(till, site, ahead, f"http://localhost:{port}", root)


@pytest.fixture
def windows(browser: Browser) -> Iterator[Callable[[], tuple[Page, Watch]]]:
    """Opens windows of fresh browsers; what one did wrong fails the test."""
    opened, watches = [], []

    def open_one() -> tuple[Page, Watch]:
        opened.append(_context(browser))
        page = opened[-1].new_page()
        watches.append(Watch(page))
        return page, watches[-1]

    yield open_one
    for context in opened:
        context.close()
    assert [line for watch in watches for line in watch.found] == []


def connected(page: Page, open_: Shop) -> None:
    """Ruth goes to Integrations, to Intuit's page, chooses the company there, and comes back."""
    page.goto(f"{open_.url}/settings/integrations")
    page.fill("#code", RUTH)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page.locator("h1")).to_have_text("Overview")
    page.goto(f"{open_.url}/settings/integrations")
    page.click("#connect")
    expect(page.locator("h1")).to_have_text("Connect a company")
    page.click(f"button:has-text('{open_.site.gb.name}')")
    page.wait_for_url(re.compile(r".*/settings/integrations\?.*"))
    expect(page.locator("#quickbooks .facts").first).to_contain_text(open_.site.gb.name)


def mapped(page: Page, open_: Shop) -> None:
    """The lists of the company are loaded, and each way to pay, the shop, the tax and an item are chosen from them."""
    page.goto(f"{open_.url}/settings/integrations/mapping")
    page.click("#reload")
    page.wait_for_selector("form#mapping")
    page.select_option("[data-text=tax] select", "inclusive")
    for name, code, method, account in (("Cash", "CA", "1", shops.DRAWER), ("Card", "CD", "3", shops.CARDS)):
        row = page.locator(f"tr[data-part=tenders][data-name={name}]")
        row.locator("[data-column=code]").fill(code)
        row.locator("[data-column=method]").select_option(method)
        row.locator("[data-column=account]").select_option(account)
    shop_row = page.locator("tr[data-part=shops][data-name=main]")
    shop_row.locator("[data-column=code]").fill("LON")
    shop_row.locator("[data-column=department]").select_option("1")
    page.locator("tr[data-part=taxes][data-name=A] [data-column=code]").select_option(shops.STANDARD)
    page.click("[data-text=default_item] button[data-pick]")
    page.fill("#picker-q", "EPOS")
    page.click("#picker-rows button:has-text('EPOS Sales')")
    page.click("#save")
    expect(page.locator("#toast")).to_be_visible()
    expect(page.locator(".is-saved")).to_be_visible()


def sell(screen: Screen, code: str, total: str, *, card: bool = False) -> None:
    screen.open()
    screen.scan(code)
    screen.expect_total(total)
    screen.press("F9")
    screen.expect_view("pay")
    if card:
        screen.press("F2")
        expect(screen.page.locator("#typed-what")).to_have_text("Card amount")
    expect(screen.page.locator("#take")).to_have_attribute("aria-disabled", "false")
    screen.press("Enter")
    screen.expect_change("£0.00")


def look(page: Page, open_: Shop, day: str, wanted: str) -> None:
    """Another look is asked for; the page is read until it says so."""
    address = f"{open_.url}/console/reconciliation/day/{day}"
    page.goto(address)
    page.click("#run")
    expect(page.locator("#run-said")).not_to_be_empty()

    def says() -> bool:
        page.goto(address)
        return wanted in page.inner_text("section[aria-label='QuickBooks Online'] .card-head")

    until(says)


def test_from_the_sign_in_to_a_difference_that_a_person_puts_right(open_shop: Shop, windows: Any) -> None:
    page, _ = windows()
    connected(page, open_shop)
    mapped(page, open_shop)
    front, _ = windows()
    screen = Screen(front, open_shop.url, open_shop.root / "invoices")
    screen.sign_in()
    sell(screen, SOCKS, "£7.50")
    sell(screen, SOCKS, "£7.50")
    sell(screen, LACES, "£3.50", card=True)
    day = screen.receipts()[0]["business_day"]
    assert open_shop.documents() == [], "the day is not over"

    open_shop.passes(MINUTES_LEFT + 3)
    screen.sign_in()  # it locked itself meanwhile
    sell(screen, SOCKS, "£7.50")  # the next day's first; the agents hear of it
    cash, card = until(lambda: len(found := open_shop.documents()) == 2 and found)
    middle = day[2:].replace("-", "")
    assert [cash["DocNumber"], card["DocNumber"]] == [f"TK-{middle}-LON-CA", f"TK-{middle}-LON-CD"]
    assert [cash["TotalAmt"], card["TotalAmt"]] == [Decimal("15.00"), Decimal("3.50")]
    assert {line["SalesItemLineDetail"]["ItemRef"]["value"] for line in (cash["Line"][0], card["Line"][0])} == {"20"}
    assert [cash["DepositToAccountRef"]["value"], card["DepositToAccountRef"]["value"]] == [shops.DRAWER, shops.CARDS]
    number = screen.receipts()[0]["invoice_name"]
    page.goto(f"{open_shop.url}/console/trace?q={number}")
    expect(page.locator("main")).to_contain_text(f"{cash['DocNumber']}, SalesReceipt/{cash['Id']}")
    look(page, open_shop, day, "Match")

    open_shop.site.gb.change("SalesReceipt", cash["Id"], TotalAmt=Decimal("14.00"), DocNumber="1042")
    look(page, open_shop, day, "differ")
    difference = page.locator("ol.reasons li.is-needs")
    expect(difference).to_have_count(1)
    expect(difference).to_contain_text(f"number is 1042, not {cash['DocNumber']}; total is 14.00, not 15.00")
    expect(difference).to_contain_text("£15.00 here, £14.00 there")
    expect(difference).to_contain_text("Made of 2 receipts")
    expect(difference.locator(f"a[href='/console/trace?q={number}']")).to_have_count(1)
    page.goto(f"{open_shop.url}/console")
    expect(page.locator("#reasons")).to_contain_text(cash["DocNumber"])

    open_shop.site.gb.change("SalesReceipt", cash["Id"], TotalAmt=cash["TotalAmt"], DocNumber=cash["DocNumber"])
    look(page, open_shop, day, "Match")
    expect(page.locator("ol.reasons li.is-needs")).to_have_count(0)
    page.goto(f"{open_shop.url}/console")
    expect(page.locator("body")).not_to_contain_text(f"differs from the books: {cash['DocNumber']}")
    assert len(open_shop.documents()) == 2, "nothing was posted twice"
