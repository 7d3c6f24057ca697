"""A shop that is years old: start to first sale with 100,000 items and 9,000 receipts; then idle, then its memory."""

from __future__ import annotations

import time

import psutil

from pos import config
from pos.store.db import open_store
from tests.bench import catalogue, measure, shoppers
from tests.till_process import Till

ITEMS = 100_000
RECEIPTS = 9_000
STARTS = 5
IDLE_SECONDS = 20


def run() -> None:
    """Print start times, idle processor time and resident memory."""
    with measure.scratch() as folder:
        till = Till(folder, "--demo")
        template = aged(till)
        starts, firsts = [], []
        for _ in range(STARTS):
            began = time.perf_counter()
            till.start()
            line = till.line()
            status, answer = line.ask("POST", "/api/create-sale", {**template, "id": shoppers.new_id()})
            firsts.append(time.perf_counter() - began)
            starts.append(till.seconds_to_start)
            assert status == 201, answer
            line.close()
            till.stop()
        heads = ("what", "p50", "p95", "p99", "max")
        rows = [
            ["process start -> answers", *measure.spread(starts)],
            ["process start -> first sale", *measure.spread(firsts)],
        ]
        measure.table(f"Start with {ITEMS:,} items and {RECEIPTS:,} receipts, {STARTS} times", heads, rows)
        with till:
            idle(till, template)


def aged(till: Till) -> dict[str, object]:
    """Give the till its items and its past; a basket to buy."""
    with till:
        template = shoppers.priced(till, shoppers.codes(till, 3))
        made = 0
        while made < RECEIPTS:
            made += len(shoppers.buy(till, template, 4, 2.0)[0])
    store = open_store(config.load(till.root, environ={}))
    catalogue.fill(store, ITEMS)
    store.close()
    return template


def idle(till: Till, template: dict[str, object]) -> None:
    """Processor time of a till nobody uses, and its memory before and after work."""
    process = psutil.Process(till.process.pid)
    time.sleep(3)
    before = measure.cpu_seconds(till.process.pid)
    began = time.perf_counter()
    time.sleep(IDLE_SECONDS)
    busy = (measure.cpu_seconds(till.process.pid) - before) / (time.perf_counter() - began)
    fresh = process.memory_info().rss
    shoppers.buy(till, template, 4, 5.0)
    used = process.memory_info().rss
    rows = [
        ("idle processor time", f"{busy * 100:.2f} % of one core over {IDLE_SECONDS} s"),
        ("resident memory, idle", f"{fresh / 2**20:.0f} MiB"),
        ("resident memory, after 5 s of 4 busy clients", f"{used / 2**20:.0f} MiB"),
        ("threads", process.num_threads()),
    ]
    measure.table("A till at rest", ("what", "figure"), rows)
