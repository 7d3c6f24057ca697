"""What the cashier waits for: scan to painted line, and the first paint on a slow box, with 100,000 items."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from pos import config
from pos.app import create_app
from pos.store import people
from pos.web.server import listen
from tests.bench import catalogue, measure
from tests.browser.conftest import ARGUMENTS, WINDOW, find_chromium
from tests.browser.screen import Screen

ITEMS = 100_000
SCANS = 200
LINES_IN_A_BASKET = 10
LOADS = 15
THROTTLE = 4
CODE, PIN = "1", "2468"

#: In the page: from the end key reaching it to the frame in which the new line is painted.
WATCH = """
window.painted = [];
addEventListener('keydown', (event) => { if (event.key === 'Enter') window.ended = performance.now(); }, true);
addEventListener('DOMContentLoaded', () => new MutationObserver((changes) => {
  const added = changes.some((change) => [...change.addedNodes].some((node) => node.dataset?.line));
  if (!added || !window.ended) return;
  const from = window.ended;
  window.ended = 0;
  requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => window.painted.push(performance.now() - from);
    after.port2.postMessage(0);
  });
}).observe(document.getElementById('lines'), { childList: true }));
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def run(items: int = ITEMS) -> None:
    """Fill a fresh till, serve it, and look at it through Chromium. Prints two tables."""
    with measure.scratch() as folder, _till(folder, items) as (url, codes), sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        if path is None:
            print("\nSkipped: no Chromium. Name one in CHROMIUM, or install one.")
            return
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            _scans(browser, url, codes, items)
            _loads(browser, url, items)
        finally:
            browser.close()


@contextmanager
def _till(folder: Path, items: int) -> Iterator[tuple[str, list[str]]]:
    logging.getLogger("pos").setLevel(logging.WARNING)
    app = create_app(config.load(folder, environ={"TILLKEEP_QUEUE_IN_SERVER": "no"}))
    catalogue.fill(app.store, items)
    people.add_user(app.store, CODE, "Bench", "cashier", PIN)
    codes = [row[0] for row in app.store.execute("SELECT code FROM barcode ORDER BY code")]
    server = listen(app.flask, "127.0.0.1", 0, 8, 1 << 20)
    serving = threading.Thread(target=server.run)
    serving.start()
    app.start()
    try:
        yield f"http://127.0.0.1:{server.port}", codes
    finally:
        server.stop()
        serving.join(timeout=20)
        server.close_screens()
        app.stop()


def _signed_in(browser: Browser, url: str) -> BrowserContext:
    size: Any = WINDOW
    context = browser.new_context(viewport=size)
    csrf = context.request.get(f"{url}/api/session").json()["csrf"]
    words = {"data": {"code": CODE, "pin": PIN}, "headers": {"X-CSRFToken": csrf}}
    assert context.request.post(f"{url}/api/sign-in", **words).ok
    return context


def _scans(browser: Browser, url: str, codes: list[str], items: int) -> None:
    draw = random.Random(11)
    context = _signed_in(browser, url)
    context.add_init_script(WATCH)
    page = context.new_page()
    samples: list[float] = []
    while len(samples) < SCANS:
        page.goto(url)
        page.wait_for_selector("#results .item")
        screen = Screen(page, url, Path())
        for code in draw.sample(codes, LINES_IN_A_BASKET):
            _scan(screen, code)
        samples += [ms / 1000 for ms in page.evaluate("window.painted")]
        page.evaluate("localStorage.clear()")
        page.goto(f"{url}/receipts")
        page.evaluate("localStorage.clear()")
    context.close()
    measure.table(
        f"Scan to painted line in Chromium with {items:,} items, {len(samples)} scans, milliseconds from the end key",
        ("p50", "p95", "p99", "slowest"),
        [measure.spread(samples)],
    )


def _scan(screen: Screen, code: str) -> None:
    before = screen.page.evaluate("window.painted.length")
    screen.scan(code)
    screen.page.wait_for_function("(n) => window.painted.length > n", arg=before)
    screen.page.wait_for_timeout(120)  # a cashier reaches for the next item


def _loads(browser: Browser, url: str, items: int) -> None:
    rows = []
    for name, slower, cold in (("cold, full speed", 1, True), ("cold", THROTTLE, True), ("warm", THROTTLE, False)):
        first, usable = [], []
        context = _signed_in(browser, url)
        for _ in range(LOADS):
            if cold:
                context.close()
                context = _signed_in(browser, url)
            page = context.new_page()
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
            page.goto(url)
            page.wait_for_selector("#results .item")
            first.append(page.evaluate(PAINT) / 1000)
            usable.append(page.evaluate("performance.now()") / 1000)
            page.close()
        context.close()
        at = "" if slower == 1 else f", processor {slower} times slower"
        rows += [
            (f"first paint, {name}{at}", *measure.spread(first)),
            (f"first tiles, {name}{at}", *measure.spread(usable)),
        ]
    measure.table(
        f"Opening the sell screen with {items:,} items, {LOADS} loads each, milliseconds",
        ("what", "p50", "p95", "p99", "slowest"),
        rows,
    )
