"""The console with a million outbox rows: the list of the outbox, a trace, the overview; asked as a browser does."""

from __future__ import annotations

import contextlib
import io
import json
import random
import time
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from pos import clock, config
from pos.app import App, create_app
from pos.rules import documents, ledger
from pos.store import connections, entries, intake
from pos.store import takings as tables
from pos.store.db import Store, open_store
from tests import receipts
from tests.bench import measure

ROWS = 1_000_000
#: Business days they lie in; the last one is today.
DAYS = 500
#: Of them refused, and on their way, where the line is up.
REFUSED, WAITING = 120, 900
ROUNDS = 300
TEMPLATES = 200
LISTS = (
    ("needs a person", "show=needs"),
    ("waiting", "show=waiting"),
    ("booked, newest first", "show=booked"),
    ("everything", "show=all"),
    ("everything, a page in the middle", "show=all&after={middle}"),
    ("needs a person, by total", "show=needs&sort=total"),
    ("a number searched", "show=all&q={number}"),
    ("a beginning searched", "show=all&q=T1-0004"),
    ("words searched", "show=all&q=not+found"),
)


def run(size: int = ROWS) -> None:
    """Fill a database, ask, print both tables."""
    with measure.scratch() as folder:
        loaded = config.load(folder, environ={})
        store = open_store(loaded)
        try:
            fill(store, size)
        finally:
            store.close()
        with contextlib.redirect_stderr(io.StringIO()):
            app = create_app(loaded)
        try:
            rows = lists(app, size)
            measure.table(f"The outbox with {size:,} rows, milliseconds", HEADS, rows)
            measure.table(f"Trace and overview with {size:,} rows, milliseconds", HEADS, around(app, size))
            app.store.execute("UPDATE outbox SET state = 'queued', booked_at = '' WHERE state = 'booked'")
            rows = lists(app, size)
            measure.table(f"The outbox with all {size:,} rows on their way, milliseconds", HEADS, rows)
        finally:
            app.stop()


HEADS = ("what", "p50", "p95", "p99", "slowest")


def fill(store: Store, size: int) -> None:
    """A few hundred sales made, and each of them many times under other numbers and ids."""
    rng, now = random.Random(7), clock.now()
    today = clock.business_day(now, store.config.shop.timezone, store.config.shop.day_starts)
    connections.sync(store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:9")])
    with store.transaction():
        for i in range(1, TEMPLATES + 1):
            doc, body = documents.stamp(_sale(rng, i), **_numbers(i, today), prev_hash=documents.GENESIS)
            entries.put(store, ledger.rows(doc, body))
            entries.put_outbox(store, doc, "queued", now)
    done = TEMPLATES
    while done < size:
        count = min(done, size - done)
        with store.transaction():
            _again(store, done, count)
        done += count
    with store.transaction():
        step, per = max(size // DAYS, 1), f"-(({size} - sequence) / {max(size // DAYS, 1)}) || ' days'"
        store.execute(
            f"UPDATE document SET business_day = date('{today}', {per}), path = date('{today}', {per}) || '/' || number"
            f" || '.json', hash = 'h' || sequence, prev_hash = 'h' || (sequence - 1), session = 'T1-S' ||"
            f" printf('%06d', 1 + (sequence - 1) / {step})"
        )
        _settle(store, size, now)
    intake.remember(store, size)
    tables.roll(store)
    store.execute("ANALYZE")


def _sale(rng: random.Random, i: int) -> dict[str, Any]:
    line = receipts.line(
        f"SKU{rng.randint(1, 400)}", rng.randint(1, 2), f"{rng.randint(1, 90)}.{rng.randint(0, 99):02d}"
    )
    return receipts.sale(line, cashier={"code": f"C{i % 6}", "name": f"Name of C{i % 6}"})


def _numbers(i: int, today: Any) -> dict[str, Any]:
    return {
        "invoice_name": ledger.number_of("T1", i), "till": "T1", "store": "main", "series": "till", "sequence": i,
        "created_at": f"{today}T09:32:07.123+00:00", "business_day": today.isoformat(),
        "session": ledger.session_id("T1", 1), "mode": "erpnext",
    }  # fmt: skip


def _again(store: Store, done: int, count: int) -> None:
    """The first `count` documents once more behind the `done` there are."""
    other = {
        "id": f"printf('%08x', sequence + {done}) || substr(id, 9)",
        "sequence": f"sequence + {done}",
        "number": f"'T1-' || printf('%06d', sequence + {done})",
        "path": f"'x/' || (sequence + {done})",
    }
    names = ", ".join(ledger.DOCUMENT)
    chosen = ", ".join(other.get(c, c) for c in ledger.DOCUMENT)
    store.execute(
        f"INSERT INTO document ({names}) SELECT {chosen} FROM document WHERE sequence <= {count} ORDER BY sequence"
    )
    store.execute(
        "INSERT INTO outbox (document, connection, part, state, tries, next_at, lease_until, owner, after, settle_at,"
        " booked_at, resolved, remote_id, remote, code, message, difference, created_at, updated_at)"
        " SELECT d.id, 'erpnext', 'sale', 'queued', 0, o.next_at, '', '', '', '', '', '', '', '', '', '', '',"
        " o.created_at, o.updated_at FROM document d JOIN outbox o ON o.n = 1"
        f" WHERE d.sequence > {done} ORDER BY d.sequence"
    )


def _settle(store: Store, size: int, now: Any) -> None:
    """Most are booked long ago; some were refused along the way, the last ones are on their way."""
    at = clock.stamp(now - timedelta(hours=1))
    story = json.dumps([at, "post", "", ""]) + "\n" + json.dumps([at, "booked", "", ""]) + "\n"
    remote = json.dumps({"figures": {"grand_total": "12.00", "net_total": "10.00"}, "rows": [{"name": "abcdef0123"}]})
    store.execute(
        "UPDATE outbox SET state = 'booked', booked_at = ?, remote_id = 'ACC-SINV-' || n, remote = ?, story = ?"
        " WHERE n <= ?",
        (at, remote, story, size - WAITING),
    )
    every = max((size - WAITING) // REFUSED, 1)
    store.execute(
        "UPDATE outbox SET state = 'rejected', code = 'item_missing', message = 'Item SKU1 not found. Make it there.',"
        " remote_id = '', booked_at = '' WHERE n % ? = 0 AND state = 'booked'",
        (every,),
    )


def lists(app: App, size: int) -> list[list[str]]:
    """Each list as JSON, then the first one as the page people see."""
    page = _page(app)
    middle = _marks(page)
    facts = {"number": f"T1-{size // 3:06d}", "middle": middle}
    rows = [[name, *_timed(page, f"/api/console/outbox?{query.format(**facts)}", 40)] for name, query in LISTS]
    return [*rows, ["the page, needs a person", *_timed(page, "/console/outbox", 40)]]


def around(app: App, size: int) -> list[list[str]]:
    """Traces of receipts from all over, by number and by the name they have there; the overview."""
    page, rng = _page(app), random.Random(5)
    numbers = [rng.randint(1, size) for _ in range(ROUNDS)]
    for n in numbers[: ROUNDS // 2]:  # half of them have their file
        path, body = app.store.execute("SELECT path, body FROM document WHERE sequence = ?", (n,)).fetchone()
        file = app.config.invoices / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body, encoding="utf-8")
    by_number = [_took(page, f"/api/console/trace?q=T1-{n:06d}") for n in numbers]
    by_name = [_took(page, f"/api/console/trace?q=ACC-SINV-{n}") for n in numbers]
    as_page = [_took(page, f"/console/trace?q=T1-{n:06d}") for n in numbers]
    return [
        ["trace by number", *measure.spread(by_number)],
        ["trace by the name in the books", *measure.spread(by_name)],
        ["trace, the page", *measure.spread(as_page)],
        ["overview, the first look", *measure.spread([_took(page, "/api/console/overview")])],
        ["overview, looked at again", *_timed(page, "/api/console/overview", 40, pause=0.05)],
    ]


def _page(app: App) -> FlaskClient:
    client = app.flask.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {app.control_key}"
    return client


def _marks(page: FlaskClient) -> str:
    """The mark of a row deep in the list."""
    answer = page.get("/api/console/outbox?show=all&limit=500", base_url="http://127.0.0.1:5000")
    return str(answer.json["after"])


def _timed(page: FlaskClient, path: str, rounds: int, pause: float = 0.0) -> list[str]:
    found = []
    for _ in range(rounds):
        found.append(_took(page, path))
        time.sleep(pause)
    return measure.spread(found)


def _took(page: FlaskClient, path: str) -> float:
    began = time.perf_counter()
    answer = page.get(path, base_url="http://127.0.0.1:5000")
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return took
