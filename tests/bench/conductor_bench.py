"""Sessions with QuickBooks Desktop through Conductor (the emulator, in a process of its own, its answers not checked):
50,000 customers and 100,000 items brought here, then 100 changes among them, then the dashboard over all of it. Without
the rests that leave the processor to sales, twice as long as what was computed."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import multiprocessing
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

from flask.testing import FlaskClient

from agents import conductor as agent
from pos import agent as pos_agent
from pos import clock, config
from pos.actions import conductor_jobs, conductor_pull, conductor_take, run_round
from pos.actions.conductor_manager import SyncManager
from pos.app import create_app
from pos.connectors.conductor.client import Client
from pos.rules.conductor import TYPES
from pos.store import companies, conductor_companies
from pos.store.db import Store, open_store
from tests.bench import measure

CUSTOMERS, ITEMS, CHANGED = 50_000, 100_000, 100
LOOKS, HOURS = 100, 24 * 180
SCREENS = (
    ("the dashboard", "/conductor"),
    ("its panel, asked for again every 1.5 s", "/conductor/panel"),
    ("its connection", "/conductor/connection"),
    ("status, for programs", "/api/conductor/status"),
    ("history, the first page", "/conductor/history"),
    ("history, by what failed", "/conductor/history?sort=failed&down=1"),
    ("conflicts", "/conductor/conflicts"),
    ("customers, the first page", "/conductor/customers"),
    ("items, found by words", "/conductor/items?q=Stocked+0042"),
)
HEADS = ("what", "objects", "seconds", "processor, s", "objects a second", "memory at its highest, MB")
TIMES = ("what", "how many", "p50", "p95", "p99", "most")


def run() -> None:
    """Print the tables. TILLKEEP_BENCH_SHARE=10 does it with a tenth of the records."""
    share = max(1, int(os.environ.get("TILLKEEP_BENCH_SHARE", "1")))
    customers, items = CUSTOMERS // share, ITEMS // share
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    books = multiprocessing.get_context("spawn").Process(target=_books, args=(theirs, customers, items), daemon=True)
    books.start()
    url, key, end_user = ours.recv()
    rest, pos_agent.REST_FACTOR = pos_agent.REST_FACTOR, 0.0
    load = _load()
    try:
        with measure.scratch() as folder:
            environ = {"CONDUCTOR_SECRET_KEY": key, "CONDUCTOR_END_USER_ID": end_user, "CONDUCTOR_BASE_URL": url}
            store = open_store(config.load(folder, environ))
            conductor_companies.begin(store, store.config)
            try:
                with _checkpointed(store):
                    rows, times = _measured(store, ours, customers + items)
            finally:
                store.close()
            head = f"{customers:,} customers and {items:,} items, load {load} before, {_load()} after"
            measure.table(head, HEADS, rows)
            measure.table("The first of them, milliseconds", TIMES, times)
            pages(store.config)
    finally:
        pos_agent.REST_FACTOR = rest
        ours.send("end")
        books.join(10)


def _books(pipe: Connection, customers: int, items: int) -> None:
    from tests.contract.emulators.conductor import END_USER, KEY, Conductor

    with Conductor(validate=False) as there:
        accounts = {row["name"]: row["id"] for row in there.file.rows("accounts")}
        sales, costs, asset = (
            accounts[name] for name in ("Merchandise Sales", "Cost of Goods Sold", "Inventory Asset")
        )  # fmt: skip
        moments = itertools.count()  # one a second: what was made within minutes of the last would be met once more
        begun = clock.now() - timedelta(days=30)
        there.file.clock = lambda: begun + timedelta(seconds=next(moments))
        made = [
            there.file.put(
                "customers", name=f"Customer {n:06}", firstName="Ana", lastName=f"No {n}", phone=f"01 {n:06}",
                email=f"c{n}@example.com",
                billingAddress={"line1": f"{n} High Street", "city": "Leeds", "postalCode": "LS1 1AA"},
            )["id"]
            for n in range(customers)
        ]  # fmt: skip
        goods = list[str]()
        for n in range(items // 2):
            there.file.put(
                "inventory_items", name=f"Stocked {n:06}", salesDescription=f"Item number {n}",
                salesPrice=f"{n % 900}.25", incomeAccountId=sales, cogsAccountId=costs, assetAccountId=asset,
            )  # fmt: skip
            priced = {"description": f"Item number {n}", "price": f"{n % 900}.25", "postingAccountId": sales}
            goods.append(there.file.put("service_items", name=f"Service {n:06}", salesOrPurchaseDetails=priced)["id"])
        there.file.clock = clock.now
        pipe.send((there.url, KEY, END_USER))
        while pipe.recv() != "end":
            for key in made[: CHANGED // 2]:
                there.file.edit("customers", key, jobTitle="changed")
            for key in goods[: CHANGED // 2]:
                there.file.edit("service_items", key, salesOrPurchaseDetails={"description": "changed"})
            pipe.send("changed")


class _Times:
    """How long each call of some functions takes, for as long as the bench runs."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {}

    def of(self, what: str, real: Callable[..., Any]) -> Callable[..., Any]:
        kept = self.found.setdefault(what, [])

        def call(*given: Any, **named: Any) -> Any:
            began = clock.monotonic()
            try:
                return real(*given, **named)
            finally:
                kept.append(clock.monotonic() - began)

        return call

    def rows(self) -> list[tuple[Any, ...]]:
        return [(what, len(kept), *measure.spread(kept)) for what, kept in self.found.items() if kept]


def _measured(store: Store, books: Any, size: int) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    times, manager = _Times(), SyncManager(store, store.config, companies.MAIN)
    rows = [("before", 0, "", "", "", _peak())]
    ask, take, hold = Client.page, conductor_take.bite, store._all_or_nothing
    Client.page = times.of("a page of theirs, asked for and read", ask)  # type: ignore[method-assign]
    vars(conductor_pull)["bite"] = times.of("up to 40 rows of it taken in", take)
    store._all_or_nothing = _held(times, hold)  # type: ignore[method-assign]
    try:
        rows.append(_session(manager, "the first: everything, made here"))
    finally:
        Client.page = ask  # type: ignore[method-assign]
        vars(conductor_pull)["bite"] = take
        store._all_or_nothing = hold  # type: ignore[method-assign]
    assert store.execute("SELECT COUNT(*) FROM record").fetchone()[0] >= size
    books.send("change")
    books.recv()
    rows.append(_session(manager, f"{CHANGED} changed since"))
    return rows, times.rows()


@contextmanager
def _checkpointed(store: Store) -> Iterator[None]:
    """As a server's flusher does: the log does not grow for ever."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(2):
            store.execute("PRAGMA wal_checkpoint(PASSIVE)")
        store.release()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _held(times: _Times, real: Callable[..., Any]) -> Callable[..., Any]:
    """The transactions of a store, each timed from its begin to its commit."""
    kept = times.found.setdefault("others wait for a transaction of ours", [])

    @contextmanager
    def held(how: str) -> Iterator[None]:
        began = clock.monotonic()
        try:
            with real(how):
                yield
        finally:
            kept.append(clock.monotonic() - began)

    return held


def _session(manager: SyncManager, what: str) -> tuple[Any, ...]:
    manager.start_sync(["customers", "items"], by="bench")
    began, used = clock.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    run_round.by_hand(manager.store, manager.config, agent.AGENT, "bench", bool, conductor_jobs.work)
    took, now = clock.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    found = manager.get_sync_status()
    assert found is not None and found["status"] == "completed", found
    processor = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    count = found["synced_objects"]
    return (what, count, f"{took:.1f}", f"{processor:.1f}", f"{count / took:.0f}", _peak())


def pages(loaded: config.Config) -> None:
    """The screens over what a folder holds, with half a year of hourly sessions behind them, one of which runs."""
    store = open_store(loaded)
    try:
        _half_a_year(store)
    finally:
        store.close()
    with contextlib.redirect_stderr(io.StringIO()):
        app = create_app(loaded)
    try:
        client = app.flask.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {app.control_key}"
        rows = [(what, *measure.spread([_took(client, path) for _ in range(LOOKS)])) for what, path in SCREENS]
    finally:
        app.stop()
    head = f"Screens over {HOURS:,} sessions, milliseconds, {LOOKS} times each, load {_load()}"
    measure.table(head, TIMES[:1] + TIMES[2:], rows)


def _half_a_year(store: Store) -> None:
    """Sessions of all types, every tenth with 20 errors; the last one is half way and held by a worker."""
    now, types = clock.now(), list(TYPES)
    with store.transaction():
        first = int(store.execute("SELECT COALESCE(MAX(n), 0) FROM conductor_session").fetchone()[0]) + 1
        sessions, steps, failed = list[tuple[Any, ...]](), list[tuple[Any, ...]](), list[tuple[Any, ...]]()
        for n in range(HOURS):
            at, over = now - timedelta(hours=HOURS - n), n < HOURS - 1
            start, end = clock.stamp(at), clock.stamp(at + timedelta(minutes=9)) if over else ""
            state, held = ("completed", "") if over else ("running", clock.stamp(now + timedelta(minutes=50)))
            sessions.append((first + n, f"bench-{n}", json.dumps(types), state, start, end, held, 540_000 * over))
            steps += [
                (first + n, at_, name, way, "done" if over else "working", 3000, 2990 if over else 1500)
                for at_, (name, way) in enumerate((name, way) for name in types for way in ("pull", "push"))
            ]
            if n % 10 == 0 or not over:
                failed += [(first + n, start, "items", f"I{k}", f"8-{k}", f"Item {k}") for k in range(20)]
        store.execute_many(
            "INSERT INTO conductor_session (n, id, connection, company, objects, status, cause, asked_by, started_at,"
            " ended_at, owner, lease_until, next_at, waits_from, cancel_at, cancel_by, code, message, took_ms)"
            " VALUES (?, ?, 'conductor', 'main', ?, ?, 'schedule', 'bench', ?, ?, 'bench', ?, '', '', '', '', '', '',"
            " ?)", sessions,
        )  # fmt: skip
        store.execute_many(
            "INSERT INTO conductor_step (session, position, object_type, direction, state, total, synced, failed,"
            " unchanged, cursor, started_at, ended_at, code, message)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 2, 0, '{}', '', '', '', '')", steps,
        )  # fmt: skip
        store.execute_many(
            "INSERT INTO conductor_failure (session, at, object_type, object_id, remote_id, title, code, message,"
            " remedy) VALUES (?, ?, ?, ?, ?, ?, 'refused', 'Refused.', 'Put it right.')", failed,
        )  # fmt: skip


def _took(client: FlaskClient, path: str) -> float:
    began = clock.monotonic()
    answer = client.get(path, base_url="http://127.0.0.1:5000")
    took = clock.monotonic() - began
    assert answer.status_code == 200, (path, answer.status_code, answer.get_data(as_text=True)[:400])
    return took


def _peak() -> str:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{most / (2**20 if sys.platform == 'darwin' else 2**10):.0f}"


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"
