"""A hub's PostgreSQL with millions of receipts: the console's lists, trace and overview, asked as a browser does.

TILLKEEP_BENCH_HUB=/somewhere keeps what was filled there, and asks it again the next time.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from flask.testing import FlaskClient

from pos import config as settings
from pos.actions import archive
from pos.app import create_app
from pos.config import Config
from pos.rules import archived
from pos.store import outlook, partitions
from pos.store.db import Store
from tests import engines
from tests.bench import fill_hub, measure

RECEIPTS = 100_000
ROUNDS = 60
#: For a bulk load; what is measured afterwards runs with `SAFE`.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
        "max_wal_senders": "0", "max_wal_size": "2GB", "checkpoint_timeout": "30min"}  # fmt: skip
SAFE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "wal_level": "replica",
        "max_wal_senders": "4", "random_page_cost": "1.1", "effective_cache_size": "8GB"}  # fmt: skip
TRACE = "/api/console/trace?q="
HEADS = ("what", "p50", "p95", "p99", "slowest")


def run(size: int = RECEIPTS) -> None:
    """Fill, or take what is there; ask; print the tables."""
    if missing := engines.missing():
        print(f"skipped: {missing}")
        return
    with _server(size) as config:
        with contextlib.redirect_stderr(io.StringIO()):
            app = create_app(config)
        try:
            page = app.flask.test_client()
            page.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {app.control_key}"
            (count,) = app.store.execute("SELECT count(*) FROM document_head").fetchone()
            rows = _asked(page, count)
            _put_away(app.store)
            first, last = app.store.execute("SELECT min(first_n), max(last_n) FROM document_away").fetchone()
            numbers = app.store.execute(
                "SELECT number FROM document_head WHERE n BETWEEN ? AND ? ORDER BY id DESC LIMIT 5000", (first, last)
            ).fetchall()
            rows += [["trace: an archived receipt", *_timed(page, lambda: f"{TRACE}{random.choice(numbers)[0]}")]]
            measure.table(f"A hub's console with {count:,} receipts, milliseconds", HEADS, rows)
            print(f"\nload average at the end: {os.getloadavg()[0]:.1f}")
        finally:
            app.stop()


@contextlib.contextmanager
def _server(size: int) -> Iterator[Config]:
    kept = os.environ.get("TILLKEEP_BENCH_HUB")
    with contextlib.nullcontext(Path(kept)) if kept else measure.scratch() as folder:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        place = folder / "pg"
        server = engines.Server(place)
        if not place.exists():
            _filled(place, size)
        _set(server, SAFE)
        try:
            yield _config(folder, server)
        finally:
            if not kept:
                engines.stop(server)


def _filled(place: Path, size: int) -> None:
    place.mkdir()
    engines.SETTINGS.update({**FAST, "shared_buffers": "1GB", "maintenance_work_mem": "256MB"})
    server = engines.start(place)
    server.sql(f"CREATE DATABASE hub OWNER {engines.OWNER} TEMPLATE template0 ENCODING 'UTF8'")
    began = time.perf_counter()
    count = fill_hub.fill(_config(place.parent, server), size)
    took = time.perf_counter() - began
    with psycopg.connect(server.url("hub")) as db:
        sizes = db.execute(
            "SELECT CASE WHEN relname LIKE 'document_body_%' THEN 'document_body' ELSE relname END,"
            " sum(pg_total_relation_size(oid)) / 1e6 FROM pg_class WHERE relkind = 'r' AND relnamespace ="
            " 'public'::regnamespace GROUP BY 1 ORDER BY 2 DESC LIMIT 8"
        ).fetchall()
    rows = [[name, f"{mb:,.0f} MB", f"{float(mb) * 1e6 / count:,.0f}"] for name, mb in sizes]
    measure.table(
        f"{count:,} receipts, filled in {took:,.0f} s", ("table, with its indexes", "size", "bytes each"), rows
    )


def _set(server: engines.Server, wanted: dict[str, str]) -> None:
    with (server.folder / "data" / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in wanted.items())
    server.control("restart", "-m", "fast")


def _config(folder: Path, server: engines.Server) -> Config:
    found = settings.load(folder, environ={})
    url = server.url("hub")
    return replace(
        found, storage=replace(found.storage, url=url), server=replace(found.server, role="hub"),
        queue=replace(found.queue, in_server=False),
        erpnext=replace(found.erpnext, url="http://127.0.0.1:9", api_key="k", api_secret="s"),
    )  # fmt: skip


def _put_away(store: Store) -> None:
    """The oldest month, which is a part of one, into archives; unless that was done before."""
    if store.execute("SELECT 1 FROM document_away LIMIT 1").fetchone() is not None:
        return
    month = min(partitions.parts(store), key=lambda part: part.month)
    began, used = time.perf_counter(), time.process_time()
    planned = archive.planned(store, archived.month_end(month.month), without_backup="a bench")[0]
    done = archive.put_away(store, planned, "bench", "a bench")
    took, used = time.perf_counter() - began, time.process_time() - used
    row = [
        f"{done.removed:,}",
        f"{month.bytes / 1e6:,.0f} MB",
        f"{done.bytes / 1e6:,.0f} MB",
        f"{took:,.0f} s",
        f"{used:,.0f} s",
    ]
    measure.table("A month put away", ("receipts", "partition", "archives", "took", "processor"), [row])


def _asked(page: FlaskClient, size: int) -> list[list[str]]:
    rng = random.Random(5)
    per_till = size // fill_hub.TILLS

    def number() -> str:
        return f"T{rng.randint(1, fill_hub.TILLS):02d}-{rng.randint(1, per_till):06d}"

    marks = page.get("/api/console/outbox?show=all&limit=500", base_url="http://127.0.0.1:5000").get_json()
    outbox = "/api/console/outbox?show="
    asked = {
        "outbox: needs a person": f"{outbox}needs",
        "outbox: waiting": f"{outbox}waiting",
        "outbox: booked, newest first": f"{outbox}booked",
        "outbox: everything": f"{outbox}all",
        "outbox: a page further down": f"{outbox}all&after={marks['after']}",
        "outbox: needs a person, by total": f"{outbox}needs&sort=total",
        "outbox: a number": f"{outbox}all&q={number()}",
        "outbox: the beginning of a number": f"{outbox}all&q=T07-00012",
        "outbox: words": f"{outbox}needs&q=not+found",
        "outbox: words in everything": f"{outbox}all&q=not+found",
        "Z-reads": "/api/console/zreads",
        "audit": "/api/console/audit",
        "audit: one act": "/api/console/audit?act=adopt",
        "tills": "/api/console/tills",
        "agents": "/api/console/agents",
        "overview": "/api/console/overview",
    }
    rows = [[name, *_timed(page, lambda path=path: path)] for name, path in asked.items()]  # type: ignore[misc]
    rows += [
        ["overview, the first look of a process", *_timed(page, lambda: "/api/console/overview", _forget, 10)],
        ["trace: by number", *_timed(page, lambda: f"{TRACE}{number()}", rounds=4 * ROUNDS)],
        [
            "trace: by the name in the books",
            *_timed(page, lambda: f"/api/console/trace?q=ACC-SINV-{rng.randint(1, size)}"),
        ],
        ["trace: by the beginning of a number", *_timed(page, lambda: f"{TRACE}{number()[:-2]}")],
        ["trace: the page", *_timed(page, lambda: f"/console/trace?q={number()}")],
        ["outbox: the page", *_timed(page, lambda: "/console/outbox")],
        ["receipts of a day, the page", *_timed(page, lambda: f"/receipts?day={_day(rng)}")],
        ["receipts of the last day, the page", *_timed(page, lambda: "/receipts")],
        ["receipt by number", *_timed(page, lambda: f"/api/receipts/{number()}")],
    ]
    return rows


def _timed(
    page: FlaskClient, path: Callable[[], str], before: Callable[[], None] = lambda: None, rounds: int = ROUNDS
) -> list[str]:
    found = []
    for _ in range(rounds):
        before()
        asked, began = path(), time.perf_counter()
        answer = page.get(asked, base_url="http://127.0.0.1:5000")
        found.append(time.perf_counter() - began)
        assert answer.status_code == 200, f"{asked}: {answer.text[:300]}"
    return measure.spread(found)


def _day(rng: random.Random) -> str:
    return (datetime.now(UTC).date() - timedelta(days=rng.randint(2, fill_hub.DAYS - 30))).isoformat()


def _forget() -> None:
    outlook._known.clear()
