"""Looking at a till's tables and files, and waiting, for tests of the journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pos.store.db import Store
from pos.store.journal import Committed


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


def bytes_of(store: Store, saved: Committed) -> bytes:
    """A document's bytes where this store keeps them: its file in invoices/, or the database alone."""
    if store.keeps_files:
        return file_of(store, saved).read_bytes()
    found: str = store.execute("SELECT body FROM document WHERE n = ?", (saved.n,)).fetchone()[0]
    return found.encode()
