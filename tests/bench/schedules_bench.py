"""What it costs that somebody looks for what is due: a look that finds nothing, with no schedule and with many."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from pos import clock, config
from pos.actions import schedules
from pos.store import runs
from pos.store.db import Store, open_store
from pos.store.models import Connection
from pos.store.schedules import Form
from tests.bench import measure

SIZES, LOOKS = (0, 50, 500), 200
#: 18:00 in Lagos is five hours ahead.
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HEADS = ("schedules", "CPU of a look, ms", "a look, ms", "statements", "CPU at one look in 15 s", "all fall due, s")


def run() -> None:
    """Print the table."""
    load = os.getloadavg()[0]
    measure.table(f"looks of the scheduler, {LOOKS} of each, load {load:.1f}", HEADS, list(_rows()))


def _rows() -> Iterator[tuple[object, ...]]:
    for size in SIZES:
        with measure.scratch() as folder, clock.set_to(START):
            read = config.load(folder, environ={})
            store = open_store(replace(read, server=replace(read.server, role="hub")))
            try:
                _fill(store, size)
                yield (size, *_idle(store), _busy(store))
            finally:
                store.close()


def _fill(store: Store, size: int) -> None:
    """Schedules that take turns at minutes of the evening; every hundredth run of two years' is one of theirs."""
    with store.transaction():
        Connection.create(id="erpnext", kind="erpnext", title="Books")
        for n in range(size):
            cron = f"{n % 60} {17 + n % 3} * * *"
            form = Form(f"Schedule {n}", "main", cron, "Africa/Lagos", "trading_date", 2, 2, False)
            schedules.create(store, form, "bench")
        for n in range(size * 10):
            runs.ask(
                store, "single", "main", "2026-11-19", "2026-11-19", parallel=1, stagger_seconds=0,
                continue_on_failure=False, by="bench", schedule="gone" if n % 100 == 0 else "", now=START,
                books={"main": "erpnext"},
            )  # fmt: skip
        store.execute("UPDATE run_job SET status = 'succeeded'")
        store.execute("UPDATE run_part SET status = 'succeeded'")
    schedules.look(store, store.config)


def _idle(store: Store) -> tuple[str, str, int, str]:
    began, used = time.perf_counter(), time.process_time()
    for _ in range(LOOKS):
        schedules.look(store, store.config)
    cpu, wall = (time.process_time() - used) / LOOKS, (time.perf_counter() - began) / LOOKS
    statements = list[str]()
    connection = store.database.connection()
    connection.set_trace_callback(statements.append)
    schedules.look(store, store.config)
    connection.set_trace_callback(None)
    return f"{cpu * 1000:.2f}", f"{wall * 1000:.2f}", len(statements), f"{cpu / 15:.4%}"


def _busy(store: Store) -> str:
    """One look at a moment all of them have come: the first starts a run, the others find it going."""
    began = time.perf_counter()
    with clock.set_to(datetime(2026, 11, 20, 23, 0, tzinfo=UTC)):
        schedules.look(store, store.config)
    return f"{time.perf_counter() - began:.2f}"
