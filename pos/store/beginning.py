"""Whether a till has begun: does anybody work here, was anything sold, which of the first questions are answered."""

from __future__ import annotations

import json

from pos.store.connections import is_demo
from pos.store.db import Store

#: In the table of marks: the first questions that were answered.
KEY = "setup_steps"


def is_fresh(store: Store) -> bool:
    """Nobody works here yet, nothing was sold, and it is no demo shop."""
    nobody = store.execute("SELECT 1 FROM user WHERE active = 1 LIMIT 1").fetchone() is None
    return nobody and not has_documents(store) and not is_demo(store)


def has_documents(store: Store) -> bool:
    """Whether numbers were given out."""
    return store.execute("SELECT 1 FROM document LIMIT 1").fetchone() is not None


def answered(store: Store) -> list[str]:
    """The questions that were answered."""
    row = store.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    return [str(one) for one in json.loads(row[0])] if row else []


def mark(store: Store, step: str) -> None:
    """One more is answered."""
    with store.transaction():
        steps = json.dumps(sorted({*answered(store), step}))
        store.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (KEY, steps),
        )
