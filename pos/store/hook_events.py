"""Signed messages that were taken in: the same one again is known."""

from __future__ import annotations

from datetime import datetime

from pos import clock
from pos.store.db import Store

#: Senders try again for hours or days, never for so long.
KEPT_DAYS = 90


def digest_of(store: Store, hook: str, event: str) -> str | None:
    """What was taken in under this id; None when nothing was."""
    row = store.execute("SELECT digest FROM hook_event WHERE hook = ? AND id = ?", (hook, event)).fetchone()
    return row[0] if row else None


def keep(store: Store, hook: str, event: str, digest: str, now: datetime) -> None:
    """Remember a message; inside the transaction that acts on it."""
    values = (hook, event, digest, clock.stamp(now))
    store.execute("INSERT INTO hook_event (hook, id, digest, at) VALUES (?, ?, ?, ?)", values)


def thin(store: Store, before: datetime) -> int:
    """Forget those taken in before; how many."""
    with store.transaction():
        return store.execute("DELETE FROM hook_event WHERE at < ?", (clock.stamp(before),)).rowcount
