"""Opening each page of the till in Chromium: from the navigation until what it shows is answered and painted.

The shop behind it is old: 100,000 items, 100,000 receipts, hundreds of Z-reads, thousands of notices and vouchers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from pos import clock, config
from pos.app import App, create_app
from pos.rules import shift, zread
from pos.store import notices, people, shifts, vouchers
from pos.store import takings as tables
from pos.store.db import Store
from pos.store.vouchers import LedgerRow
from pos.web.server import listen
from tests import days
from tests.bench import catalogue, measure, report_bench
from tests.browser import ready
from tests.browser.conftest import ARGUMENTS, WINDOW, find_chromium
from tests.browser.pages import pages
from tests.till_process import Line

ITEMS, RECEIPTS = 100_000, 100_000
#: Closed sessions behind the open one, each with its share of the receipts; and Z-reads of the years before.
SESSIONS, OLDER_ZREADS = 8, 600
NOTICES, VOUCHERS = 5_000, 5_000
LOADS = 20
CODE, PIN = "1", "2468"


def run(items: int = ITEMS, receipts: int = RECEIPTS, loads: int = LOADS) -> None:
    """Fill a fresh till, serve it, open every page `loads` times. Prints a table."""
    with measure.scratch() as folder, sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        if path is None:
            print("\nSkipped: no Chromium. Name one in CHROMIUM, or install one.")
            return
        with _till(folder, items, receipts) as (app, number):
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            try:
                rows = _measure(app, browser, number, loads)
            finally:
                browser.close()
    measure.table(
        f"Opening a page with {items:,} items and {receipts:,} receipts, {loads} times each, milliseconds to ready",
        ("page", "p50", "p95", "p99", "slowest"),
        rows,
    )


@contextmanager
def _till(folder: Path, items: int, receipts: int) -> Iterator[tuple[App, str]]:
    logging.getLogger("pos").setLevel(logging.WARNING)
    app = create_app(config.load(folder, environ={"TILLKEEP_QUEUE_IN_SERVER": "no"}))
    people.add_user(app.store, CODE, "Bench", "admin", PIN)
    catalogue.fill(app.store, items)
    number = _trade(app, receipts // (SESSIONS + 1))
    _talk(app.store)
    server = listen(app.flask, "127.0.0.1", 0, 8, 1 << 20)
    serving = threading.Thread(target=server.run)
    serving.start()
    app.start()
    app.flask.config["TEST_URL"] = f"http://127.0.0.1:{server.port}"
    try:
        yield app, number
    finally:
        server.stop()
        serving.join(timeout=20)
        server.close_screens()
        app.stop()


def _trade(app: App, size: int) -> str:
    """Sessions of `size` receipts, the last one open, the one before it closed by its Z; a receipt's number."""
    store = app.store
    report_bench.fill(store, size, SESSIONS)
    store.execute("UPDATE session SET z_number = NULL WHERE z_document IS NULL")

    counted = {
        "id": "c",
        "at": clock.stamp(clock.now()),
        "by": "Bench",
        "pieces": [],
        "rows": [],
        "variance": Decimal(0),
    }
    counted |= {"reason": "", "note": "", "approved_by": ""}

    def complete(tx: Store) -> dict[str, object]:
        tables.roll(tx)
        session = shifts.current(tx, "T1")
        assert session is not None
        given = zread.with_count(shifts.given(tx, session), 1, counted, ())
        return {"z": zread.report(shifts.facts(tx, session), given)}

    z = app.journal.commit(shift.blank("z", clock.uuid7(), days.MAKER), complete=complete).doc
    with store.transaction():
        columns = [row[1] for row in store.execute("PRAGMA table_info(session)").fetchall()]
        for n in range(2, OLDER_ZREADS + 2):
            other = {"id": f"id || '-{n}'", "number": str(-n), "z_number": str(n)}
            chosen = ", ".join(other.get(column, column) for column in columns)
            store.execute(
                f"INSERT INTO session ({', '.join(columns)}) SELECT {chosen} FROM session WHERE id = ?", (z["session"],)
            )
        report_bench.again(store, SESSIONS + 1, size)
    tables.roll(store)
    number: str = store.execute("SELECT number FROM document WHERE kind = 'sale' LIMIT 1").fetchone()[0]
    return number


def _talk(store: Store) -> None:
    """Notices and vouchers of years."""
    now = clock.now()
    with store.transaction():
        for n in range(NOTICES):
            notices.raise_notice(store, f"bench:{n}", ("info", "check", "needs")[n % 3], f"The thing {n} happened.")
    rows = [LedgerRow(f"x:{n}", f"GV-261101-{n:06d}", "issue", 2500, clock.stamp(now)) for n in range(VOUCHERS)]
    vouchers.take_in(store, rows, now, codes=[row.code for row in rows])


def _measure(app: App, browser: Browser, number: str, loads: int) -> list[list[str]]:
    context = _signed_in(app, browser)
    page = context.new_page()
    document = app.store.execute("SELECT id FROM document WHERE number = ?", (number,)).fetchone()[0]
    parts = {"number": number, "document": document, "z": "1", "paper": _paper(app, document)}
    found = list(pages(app, page, parts))
    rows = [[path.split("?")[0], *measure.spread(_opened(context, app, path, loads))] for path in found]
    app.store.execute("UPDATE document SET business_day = '2026-11-21'")
    rows.append(["/receipts, all of one day", *measure.spread(_opened(context, app, "/receipts", loads))])
    context.close()
    return sorted(rows, key=lambda row: -float(row[2]))


def _signed_in(app: App, browser: Browser) -> BrowserContext:
    url = app.flask.config["TEST_URL"]
    context = browser.new_context(viewport=WINDOW, service_workers="block")
    ready.watch(context)
    csrf = context.request.get(f"{url}/api/session").json()["csrf"]
    answer = context.request.post(f"{url}/api/sign-in", data={"code": CODE, "pin": PIN}, headers={"X-CSRFToken": csrf})
    assert answer.ok, answer.text()
    return context


def _paper(app: App, document: str) -> str:
    """The address of one slip for the browser's print."""
    line = Line(int(app.flask.config["TEST_URL"].rpartition(":")[2]), app.control_key)
    status, answer = line.ask("POST", "/api/print", {"document": document, "template": "receipt", "browser": True})
    line.close()
    assert status == 202, answer
    return str(answer["page"])


def _opened(context: BrowserContext, app: App, path: str, loads: int) -> list[float]:
    """Seconds from the navigation to ready, each in a new tab; the files of static/ are in the browser's cache."""
    taken = []
    for _ in range(loads + 1):
        page = context.new_page()
        page.goto(app.flask.config["TEST_URL"] + path)
        taken.append(ready.wait(page) / 1000)
        page.close()
    return taken[1:]


if __name__ == "__main__":
    run()
