"""What being watched costs: counting on a sale's way, the log in files, and one scrape with a million outbox rows."""

from __future__ import annotations

import contextlib
import io
import random
import time
from collections.abc import Callable
from typing import Any

from pos import clock, config
from pos.app import App, create_app
from pos.store import tally
from pos.store.db import open_store
from pos.store.journal import Committed
from pos.web import logs
from pos.web.counted import Counted
from tests.bench import console_bench, measure
from tests.web.conftest import Page, stock_shop

ROWS = 1_000_000
SALES = 3_000
SCRAPES = 300
CALLS = 100_000
HEADS = ("what", "p50", "p95", "p99", "slowest")


def run(rows: int = ROWS, sales: int = SALES) -> None:
    """Print the tables."""
    counting()
    with measure.scratch() as folder, contextlib.redirect_stderr(io.StringIO()):
        app = create_app(config.load(folder, environ={}))
        try:
            stock_shop(app)
            on_the_way_of_a_sale(app, sales)
        finally:
            app.stop()
    with measure.scratch() as folder:
        loaded = config.load(folder, environ={})
        store = open_store(loaded)
        try:
            console_bench.fill(store, rows)
            began = time.perf_counter()
            tally.counts(store)
            print(f"Counted for the first time ever: {measure.ms(time.perf_counter() - began)} ms")
            tally.catch_up(store)
        finally:
            store.close()
        with contextlib.redirect_stderr(io.StringIO()):
            app = create_app(loaded)
        try:
            scrapes(app, rows)
        finally:
            app.stop()


def counting() -> None:
    """The counters of one sale alone: a document, its time, its request."""
    counted, committed = Counted(), Committed({"kind": "sale"}, b"", False, 1, "")
    began = time.perf_counter()
    for _ in range(CALLS):
        counted.saved(committed)
        counted.timed(0.003, None)
        counted.answered("POST", 201, 0.004)
    took = (time.perf_counter() - began) / CALLS
    measure.table(
        "Counting one sale", ("what", "microseconds"), [["three counters, two of them histograms", f"{took * 1e6:.1f}"]]
    )


def on_the_way_of_a_sale(app: App, sales: int) -> None:
    """The same sales, each with or without by chance, so that whatever else the box does falls on all alike."""
    page, chance = Page(app).sign_in("7"), random.Random(3)
    ways: dict[str, Callable[[], None]] = {
        "nothing counted, no log file": lambda: (_count(app, False), logs.uninstall())[0],
        "counted": lambda: (_count(app, True), logs.uninstall())[0],
        "counted, the log in a file as well": lambda: (_count(app, True), logs.install(app.config))[0],
    }
    samples: dict[str, list[float]] = {name: [] for name in ways}
    for n in range(sales + 100):
        name = chance.choice(list(ways))
        ways[name]()
        body = basket()
        began = time.perf_counter()
        answer = page.client.post("/api/create-sale", base_url=page.base, json=body, headers={"X-CSRFToken": page.csrf})
        took = time.perf_counter() - began
        assert answer.status_code == 201, answer.text
        if n >= 100:  # the first ones fill caches
            samples[name].append(took)
    rows = [[name, len(seen), *measure.spread(seen)] for name, seen in samples.items()]
    measure.table(f"A sale through the program, {sales:,} sales", ("what", "sales", *HEADS[1:]), rows)


def _count(app: App, on: bool) -> None:
    """Counters as the program has them, or ones that do nothing."""
    for name in ("saved", "timed", "answered"):
        app.counted.__dict__.pop(name, None)
        if not on:
            app.counted.__dict__[name] = lambda *_: None
    app.journal.on_commit[:] = [*app.journal.on_commit[:1], app.counted.saved]
    app.journal.on_timed = app.counted.timed


def basket() -> dict[str, Any]:
    """One mug, paid exactly."""
    line = {"line": "a", "item_code": "MUG", "qty": "1", "price_source": "list"}
    paid = {"mode_of_payment": "Cash", "amount": "4.99"}
    return {"id": clock.uuid7(), "customer": "", "lines": [line], "payments": [paid], "total": "4.99"}


def scrapes(app: App, rows: int) -> None:
    """The first one after a start goes on counting where the till was when it ended."""
    client = app.flask.test_client()
    samples = []
    for _ in range(SCRAPES + 1):
        began = time.perf_counter()
        answer = client.get("/metrics", base_url=Page.base)
        samples.append(time.perf_counter() - began)
        assert answer.status_code == 200
    first = ["the first scrape after a start", "", "", "", measure.ms(samples[0])]
    measure.table(
        f"/metrics with {rows:,} outbox rows, milliseconds",
        HEADS,
        [first, ["those after", *measure.spread(samples[1:])]],
    )
