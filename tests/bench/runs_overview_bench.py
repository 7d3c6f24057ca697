"""The overview of runs with two years of runs of 50 companies: the page, and its panels as an open page asks."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from pos import clock, config
from pos.actions import run_overview
from pos.app import App, create_app
from pos.store import companies, qbo_tokens
from pos.store.db import Store, open_store
from pos.store.models import Connection
from tests.bench import measure

COMPANIES, DAYS, ROUNDS = 50, 730, 200
HEADS = ("what", "p50", "p95", "p99", "slowest")
CURRENCIES = ("GBP", "GBP", "GBP", "EUR", "JPY")


def run() -> None:
    """Fill a database, ask, print the table."""
    with measure.scratch() as folder:
        read = config.load(folder, environ={})
        loaded = settings(read)
        store = open_store(loaded)
        try:
            fill(store, COMPANIES, DAYS)
        finally:
            store.close()
        with contextlib.redirect_stderr(io.StringIO()):
            app = create_app(loaded)
        try:
            load = os.getloadavg()[0]
            title = f"{COMPANIES} companies, {COMPANIES * DAYS:,} artifacts, load {load:.1f}, milliseconds"
            measure.table(title, HEADS, list(_asked(app)))
        finally:
            app.stop()


def settings(read: config.Config) -> config.Config:
    """Those of a hub whose companies sign in to QuickBooks."""
    return replace(
        read,
        till=replace(read.till, id="HUB"),
        server=replace(read.server, role="hub"),
        quickbooks=replace(read.quickbooks, client_id="bench", client_secret="bench"),
    )


def _asked(app: App) -> Iterator[list[str]]:
    page, base = app.flask.test_client(), app.config.runs.prefix
    page.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {app.control_key}"
    yield ["the page, the first look of a process", *measure.spread([_took(page, f"{base}/")])]
    yield ["the page", *_times(page, f"{base}/")]
    for period in run_overview.PERIODS:
        yield [f"panels, {period}", *_times(page, f"{base}/api/overview/panels?period={period}")]
    yield ["panels, 90d, one company", *_times(page, f"{base}/api/overview/panels?period=90d&company=c07")]


def _times(page: FlaskClient, path: str) -> list[str]:
    return measure.spread([_took(page, path) for _ in range(ROUNDS)])


def _took(page: FlaskClient, path: str) -> float:
    began = time.perf_counter()
    answer = page.get(path, base_url="http://127.0.0.1:5000")
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return took


# -- runs that were made up --------------------------------------------------------------------------------------------


def fill(store: Store, many: int, days: int) -> None:
    """Companies with QuickBooks as their books, and a run of each for each of the last days; some of them failed,
    differ, or were not compared."""
    rng, now = random.Random(11), clock.now()
    last = run_overview.target(store.config, now)
    keys = [f"c{n:02}" for n in range(many)]
    for n, key in enumerate(keys):
        companies.add(store, key, f"Company {n:02}", "bench", currency=CURRENCIES[n % len(CURRENCIES)])
        before = companies.kept(store, key, "quickbooks")
        companies.keep(store, key, "quickbooks", {"mapping": _mapping()}, before, "bench")
        _sign_in(store, key, n, now)
    for back in range(days):
        day = last - timedelta(days=back)
        with store.transaction():
            put(store, [made(rng, key, n, day, now) for n, key in enumerate(keys)])
    store.execute("ANALYZE")


def _sign_in(store: Store, key: str, n: int, now: datetime) -> None:
    """Books that are signed in to, as a consent leaves them."""
    connection = companies.connection_id("quickbooks", key)
    Connection.create(id=connection, kind="quickbooks", title="QuickBooks Online", company=key, enabled=True)
    begun = qbo_tokens.Begun(connection, key, "sandbox", "bench", "http://127.0.0.1/")
    until = now + timedelta(days=5 if n == 9 else 90)
    pair = qbo_tokens.Pair("access", "refresh", now + timedelta(hours=1), until, None)
    qbo_tokens.connected(store, begun, f"99{n:08}", pair, "bench")


def _mapping() -> dict[str, Any]:
    """As large as a shop with 300 items has it."""
    return {"items": {f"SKU{n}": str(n) for n in range(300)}}


def made(rng: random.Random, key: str, n: int, day: date, now: datetime) -> dict[str, Any]:
    """One run of one company for one day, as rows of the tables."""
    job, begun = clock.uuid7(), datetime(day.year, day.month, day.day, 6, tzinfo=now.tzinfo) + timedelta(days=1)
    total, luck = rng.randint(10_000, 900_000), rng.random()
    status = "MISMATCH" if luck < 0.02 else "NOT RUN" if luck < 0.04 else "MATCH"
    ended = "failed" if luck > 0.99 else "succeeded"
    off = rng.randint(1, 5000) if status == "MISMATCH" else 0
    at = [clock.stamp(begun + timedelta(seconds=n + more)) for more in (0, 3, 3 + rng.randint(5, 90))]
    code, words = ("1", "it broke") if ended == "failed" else ("0", "")
    why = "QuickBooks was away" if status == "NOT RUN" else ""
    return {
        "job": (
            job, "single", key, day.isoformat(), day.isoformat(), 1, 0, 0, ended, code, "", "", "",
            int(status != "MATCH"), "bench", "", *at, "", "", 0, 0,
        ),
        "part": (
            job, key, f"quickbooks-{key}", 0, ended, "done", 0, "", "", "", at[1], at[2],
            code, "", words, "", int(status != "MATCH"), "{}",
        ),
        "artifact": (
            job, key, f"quickbooks-{key}", day.isoformat(), "journal", CURRENCIES[n % len(CURRENCIES)], 400, 0, total,
            400, total, 4, total - off, 4, 4, 0, 0, status, why, off, 0,
            ended, at[2], hashlib.sha256(job.encode()).hexdigest(), 0,
        ),
    }  # fmt: skip


TABLES = {
    "job": (
        "run_job", "id, scope, company, day_from, day_to, parallel, stagger_seconds, continue_on_failure, status,"
        " exit_code, reason, words, made_of, warnings, requested_by, schedule, created_at, started_at, ended_at,"
        " cancel_at, cancel_by, log_bytes, ingested",
    ),
    "part": (
        "run_part", "job, company, connection, place, status, phase, tries, owner, lease_until, next_at, started_at,"
        " ended_at, exit_code, reason, words, made_of, warnings, cursor",
    ),
    "artifact": (
        "run_artifact", "job, company, connection, day, source, currency, raw_rows, rejected_rows, raw_total,"
        " raw_count, sent_total, sent_count, booked_total, booked_count, uploaded, skipped, failed, status, reason,"
        " difference, tolerance, run_status, processed_at, hash, ingested",
    ),
}  # fmt: skip


def put(store: Store, rows: list[dict[str, Any]]) -> None:
    """Such rows into their tables."""
    for name, (table, columns) in TABLES.items():
        marks = ", ".join("?" * len(columns.split(",")))
        store.execute_many(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [row[name] for row in rows])
