"""Months of a hub's PostgreSQL: partitions made ahead, bytes of before moved into them, and a month let go.

`engines.postgres_months` says how they lie. Of SQLite there are none, and nothing here is called there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pos.errors import Conflict
from pos.store import entries
from pos.store.db import Store

#: Documents moved in one transaction: all who write wait for it.
MOVE_ROWS = 200
#: How far the bytes of before have been moved into their months.
MOVED = "bodies_moved"
AHEAD_MONTHS = 2
#: A reader that holds a month is waited for so long, for everybody else waits behind.
LOCK_MS = 2000


@dataclass(frozen=True, slots=True)
class Part:
    """One month that has a partition. rows: as the planner reckons."""

    month: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Seal:
    """What a partition holds, so that a change between two looks is seen. newest: the place of the last document."""

    rows: int
    newest: int
    mark: int


def _table(month: str) -> str:
    return f"document_body_{month[:4]}_{month[5:7]}"


def parts(store: Store) -> list[Part]:
    """Every month that has a partition, oldest first."""
    rows = store.execute(
        "SELECT c.relname, greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid) FROM pg_inherits i"
        " JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'document_body'::regclass ORDER BY 1"
    ).fetchall()
    return [Part(name[-7:].replace("_", "-"), count, size) for name, count, size in rows]


def make_ahead(store: Store, today: date) -> None:
    """Partitions of this month and the next ones; an older month's is made after a document of it came."""
    first = today.replace(day=1)
    wanted = []
    for _ in range(AHEAD_MONTHS + 1):
        wanted.append(first.isoformat()[:7])
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    if set(wanted) <= {part.month for part in parts(store)}:
        return
    with store.transaction():
        for month in wanted:
            store.execute("SELECT document_month(?)", (month,))


def move_some(store: Store) -> int:
    """Make the months that are missing, and move the bytes of the next documents that lie in none; 0 = all do.

    Documents get their places in the order they are committed in, so what is below the newest was seen."""
    (top,) = store.execute("SELECT coalesce(max(n), 0) FROM document_head").fetchone()
    ns = [n for (n,) in store.execute(
        "SELECT n FROM document_head WHERE n > ? AND n <= ? AND body IS NOT NULL ORDER BY n LIMIT ?",
        (_moved(store), top, MOVE_ROWS))]  # fmt: skip
    if ns:
        _move(store, ns)
    last = ns[-1] if ns else top
    if last > _moved(store):
        with store.transaction():
            entries.set_meta(store, MOVED, str(last))
    return len(ns)


def _moved(store: Store) -> int:
    return int(entries.meta(store, MOVED, "0"))


def unmoved(store: Store) -> list[str]:
    """Months of documents whose bytes lie in no partition."""
    asked = "SELECT DISTINCT substr(business_day, 1, 7) FROM document_head WHERE n > ? AND body IS NOT NULL"
    return [month for (month,) in store.execute(asked, (_moved(store),))]


def move_month(store: Store, month: str) -> None:
    """Move what is left of one month."""
    where = "n > ? AND business_day >= ? AND business_day < ? AND body IS NOT NULL"
    facts = (_moved(store), f"{month}-01", f"{month}-99", MOVE_ROWS)
    while ns := [n for (n,) in store.execute(f"SELECT n FROM document_head WHERE {where} LIMIT ?", facts)]:
        _move(store, ns)


def _move(store: Store, ns: list[int]) -> None:
    marks = ", ".join("?" * len(ns))
    with store.transaction():
        where = f"FROM document_head WHERE n IN ({marks}) AND body IS NOT NULL"
        for (month,) in store.execute(f"SELECT DISTINCT substr(business_day, 1, 7) {where}", ns).fetchall():
            store.execute("SELECT document_month(?)", (month,))
        store.execute(f"SELECT document_keep(substr(business_day, 1, 7), n, body) {where}", ns)
        store.execute(f"UPDATE document_head SET body = NULL WHERE n IN ({marks})", ns)


# -- a month that is put away ------------------------------------------------------------------------------------------


def rows_of(store: Store, month: str) -> int:
    """How many documents of a month have their bytes here."""
    found = store.execute("SELECT to_regclass(?) IS NOT NULL", (_table(month),)).fetchone()[0]
    here = store.execute(f"SELECT count(*) FROM {_table(month)}").fetchone()[0] if found else 0
    where = "n > ? AND business_day >= ? AND business_day < ? AND body IS NOT NULL"
    asked = f"SELECT count(*) FROM document_head WHERE {where}"
    return int(here) + int(store.execute(asked, (_moved(store), f"{month}-01", f"{month}-99")).fetchone()[0])


def seal(store: Store, month: str) -> Seal:
    """What the partition of a month holds now."""
    return Seal(*store.execute(
        "SELECT count(*), coalesce(max(n), 0), coalesce(bit_xor(hashtextextended(body, n)), 0)"
        f" FROM {_table(month)}").fetchone())  # fmt: skip


def pages(store: Store, month: str, rows: int) -> Iterator[list[tuple[int, str, bytes]]]:
    """(n, path, bytes) of every document of a month, in the order they were saved, some at a time."""
    after = 0
    while True:
        page = store.execute(
            f"SELECT b.n, d.path, b.body FROM {_table(month)} b JOIN document_head d ON d.n = b.n WHERE b.n > ?"
            " ORDER BY b.n LIMIT ?",
            (after, rows),
        ).fetchall()
        if not page:
            return
        after = page[-1][0]
        yield [(n, path, body.encode("utf-8")) for n, path, body in page]


def let_go(store: Store, month: str, sealed: Seal, files: dict[str, tuple[int, int]]) -> None:
    """Drop a month's bytes, which lie in proven archives. files: archive -> the first and last document in it.

    Conflict when a document of the month came in or was changed since it was sealed, and CannotSave while readers hold
    the month: then nothing was done, and another try may follow.
    """
    table = _table(month)
    with store.rows():
        store.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
        store.execute(f"LOCK TABLE {table} IN SHARE MODE")  # who writes into this month waits; nobody else does
        if seal(store, month) != sealed:
            raise Conflict(f"Receipts of {month} came in meanwhile. Do it again.", code="busy")
        store.execute("DELETE FROM document_away WHERE month = ?", (month,))
        store.execute_many(
            "INSERT INTO document_away (month, file, first_n, last_n) VALUES (?, ?, ?, ?)",
            [(month, file, first, last) for file, (first, last) in files.items()],
        )
        store.execute(f"ALTER TABLE document_body DETACH PARTITION {table}")
        store.execute(f"DROP TABLE {table}")
