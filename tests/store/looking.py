"""Looking at a till's tables and files, and waiting, for tests of the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pos.store import chains
from pos.store.db import Store
from pos.store.journal import Committed
from pos.store.verify import verify


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return store.execute(sql).fetchall()


def file_of(store: Store, saved: Committed) -> Path:
    return store.config.invoices / saved.path


def outbox(store: Store) -> list[tuple[Any, ...]]:
    return rows(store, "SELECT document, connection, part, state, after FROM outbox ORDER BY n")


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


def bodies(store: Store) -> list[bytes]:
    """The bytes of every document where this store keeps them, each day's in the order of their numbers."""
    if store.keeps_files:
        return [file.read_bytes() for file in sorted(store.config.invoices.glob("*/*.json"))]
    return [body.encode() for (body,) in rows(store, "SELECT body FROM document ORDER BY path")]


def differences(store: Store) -> list[str]:
    """Everything that is not as it must be, by what `verify` runs on this store, sums included."""
    if store.keeps_files:
        return verify(store.config).differences
    return chains.walk(store).differences


def bytes_of(store: Store, saved: Committed) -> bytes:
    """A document's bytes where this store keeps them: its file in invoices/, or the database alone."""
    if store.keeps_files:
        return file_of(store, saved).read_bytes()
    found: str = store.execute("SELECT body FROM document WHERE n = ?", (saved.n,)).fetchone()[0]
    return found.encode()


def kept(store: Store) -> bytes:
    """All that the database holds, each text in it as it stands there."""
    if store.keeps_files:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return store.path.read_bytes()
    tables = rows(store, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    return "\n".join(text for (name,) in tables for (text,) in rows(store, f'SELECT t::text FROM "{name}" t')).encode()


def changes(store: Store) -> int:
    """How many rows this thread has changed so far; only the difference of two answers says anything."""
    if store.keeps_files:
        return int(rows(store, "SELECT total_changes()")[0][0])
    store.execute("SELECT pg_stat_force_next_flush()")
    store.execute("SELECT pg_stat_clear_snapshot()")
    changed = "sum(n_tup_ins + n_tup_upd + n_tup_del)"
    return int(rows(store, f"SELECT coalesce({changed}, 0) FROM pg_stat_user_tables")[0][0])


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What this thread says to the database inside."""
    said: list[str] = []
    if store.keeps_files:
        connection = store.database.connection()
        connection.set_trace_callback(said.append)
        yield said
        connection.set_trace_callback(None)
        return
    from pos.store.engines import dialect

    one, many = dialect.statement, dialect.at_once
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "statement", lambda sql: [said.append(sql), one(sql)][1])
        patch.setattr(dialect, "at_once", lambda sql, rows: [said.append(sql), many(sql, rows)][1])
        yield said
