"""X, Z and day reports: a session of 10,000 receipts, and 100,000 receipts over a month."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from pos import clock, config
from pos.actions import reports
from pos.rules import documents, ledger, shift, takings, zread
from pos.store import entries, shifts
from pos.store import takings as tables
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from tests import days, receipts
from tests.bench import measure

#: Receipts of one session, and how many such sessions there are.
RECEIPTS, SESSIONS = 10_000, 10
DAYS_PER_SESSION = 3
ROUNDS = 20
GROUPS = ("Shoes", "Coats", "Hats", "Bags", "Gifts", "Home", "Socks", "Belts")


def run(size: int = RECEIPTS, sessions: int = SESSIONS) -> None:
    """Fill a database, time the reports and print the table."""
    with measure.scratch() as folder:
        store = open_store(config.load(folder, environ={}))
        try:
            fill(store, size, sessions)
            rows = _measure(store, size)
        finally:
            store.close()
    measure.table(
        f"Reports with {size * sessions:,} receipts in {sessions} sessions, milliseconds",
        ("what", "p50", "p95", "p99", "slowest"),
        rows,
    )


def fill(store: Store, size: int, sessions: int) -> None:
    """One session document by document; the others are its rows again under other numbers, days and ids."""
    rng, last = random.Random(3), documents.GENESIS
    with store.transaction():
        for i in range(1, size + 1):
            doc, body = documents.stamp(_sale(rng), **_numbers(i, size), prev_hash=last)
            last = doc["hash"]
            entries.put(store, ledger.rows(doc, body))
        for k in range(1, sessions):
            again(store, k, size)
        store.execute("UPDATE session SET open = 0, z_number = number WHERE number < ?", (sessions,))


def _sale(rng: random.Random) -> dict[str, Any]:
    lines = [
        receipts.line(
            f"SKU{rng.randint(1, 2000)}", rng.randint(1, 2), f"{rng.randint(1, 90)}.{rng.randint(0, 99):02d}",
            item_group=rng.choice(GROUPS), brand=rng.choice(("Acme", "Finch", "")),
        )
        for _ in range(rng.randint(1, 4))
    ]  # fmt: skip
    code = f"C{rng.randint(1, 6)}"
    return receipts.sale(*lines, cashier={"code": code, "name": f"Name of {code}"})


def _numbers(i: int, size: int) -> dict[str, Any]:
    day = f"2026-11-{1 + (i - 1) * DAYS_PER_SESSION // size:02d}"
    hour = 9 + (i - 1) * DAYS_PER_SESSION * 10 // size % 10
    return {
        "invoice_name": ledger.number_of("T1", i), "till": "T1", "store": "main", "series": "till", "sequence": i,
        "created_at": f"{day}T{hour:02d}:32:07.123+00:00", "business_day": day,
        "session": ledger.session_id("T1", 1), "mode": "mock",
    }  # fmt: skip


def again(store: Store, k: int, size: int) -> None:
    """The first session once more as the one after `k` others, open."""
    moved = f"'2026-11-' || printf('%02d', substr(business_day, 9) + {k * DAYS_PER_SESSION})"
    other = {
        "id": f"id || '-{k}'", "sequence": f"sequence + {k * size}", "business_day": moved,
        "session": f"'{ledger.session_id('T1', k + 1)}'", "path": f"path || '-{k}'",
    }  # fmt: skip
    chosen = ", ".join(other.get(c, c) for c in ledger.DOCUMENT)
    store.execute(
        f"INSERT INTO document ({', '.join(ledger.DOCUMENT)}) SELECT {chosen} FROM document WHERE sequence <= {size}"
    )
    for table, columns in (("line", ledger.LINE), ("tender", ledger.TENDER)):
        chosen = ", ".join(f"document || '-{k}'" if c == "document" else c for c in columns)
        store.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {table} WHERE instr(document, '-') = 9"
            " AND length(document) = 36"
        )
    row = {
        "id": ledger.session_id("T1", k + 1), "till": "T1", "number": k + 1, "opened_at": "2026-11-01T09:00:00+00:00",
        "opened_by": "C1", "business_day": f"2026-11-{1 + k * DAYS_PER_SESSION:02d}", "closed_at": None, "open": 1,
        "first_sequence": k * size + 1, "last_sequence": None, "z_number": None, "z_document": None, "counted": None,
    }  # fmt: skip
    store.execute(entries.SESSION, tuple(row[c] for c in ledger.SESSION))


def _measure(store: Store, size: int) -> list[list[str]]:
    def x() -> dict[str, Any]:
        session = shifts.current(store, "T1")
        assert session is not None
        with store.reading():
            return zread.report(shifts.facts(store, session), shifts.given(store, session))

    def month() -> dict[str, Any]:
        return takings.figures(tables.of_days(store, ("T1",), "2026-11-01", "2026-11-30"), {}, "GBP")

    tables.roll(store)
    with store.transaction():  # as if none of this session had been summed up yet
        session = shifts.current(store, "T1")
        assert session is not None
        for table in tables.TABLES:
            store.execute(f"DELETE FROM {table.name} WHERE session = ?", (session.id,))
        first = store.execute("SELECT min(n) FROM document WHERE session = ?", (session.id,)).fetchone()[0]
        entries.set_meta(store, tables.MARK, first - 1)
    rows = [[f"X, {size:,} receipts, none summed up yet", *measure.spread(_timed(x, 3))]]
    began = clock.monotonic()
    tables.roll(store)
    rows.append([f"summing {size:,} receipts up", *measure.spread([clock.monotonic() - began])])
    rows.append([f"X, {size:,} receipts", *measure.spread(_timed(x, ROUNDS))])
    rows.append(["day report over the month", *measure.spread(_timed(month, ROUNDS))])
    rows += _close(store)
    return rows


def _close(store: Store) -> list[list[str]]:
    """The Z itself, through the journal, and the same Z added up again from its documents."""
    journal = Journal(store, recovering=False)
    try:

        def complete(tx: Store) -> dict[str, Any]:
            tables.roll(tx)
            session = shifts.current(tx, "T1")
            assert session is not None
            given = zread.with_count(shifts.given(tx, session), 10, {"id": "c"}, ())
            return {"z": zread.report(shifts.facts(tx, session), given)}

        began = clock.monotonic()
        doc = journal.commit(shift.blank("z", clock.uuid7(), days.MAKER), complete=complete).doc
        wrote = clock.monotonic() - began
        began = clock.monotonic()
        assert reports.recomputed(store, doc)
        again = clock.monotonic() - began
    finally:
        journal.close()
    return [
        ["Z, numbered and written", *measure.spread([wrote])],
        ["the same Z added up again", *measure.spread([again])],
    ]


def _timed(act: Callable[[], Any], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = clock.monotonic()
        act()
        taken.append(clock.monotonic() - began)
    return taken


if __name__ == "__main__":
    run()
