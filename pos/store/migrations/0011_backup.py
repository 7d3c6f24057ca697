"""Copies elsewhere: how far each place has the receipts, and every snapshot with what became of it."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE copy_place (place TEXT NOT NULL, mark TEXT NOT NULL, copied_n INTEGER NOT NULL, copied_at TEXT NOT "
    "NULL, near INTEGER NOT NULL, failing_since TEXT NOT NULL, failures INTEGER NOT NULL, retry_at TEXT NOT NULL, code "
    "TEXT NOT NULL, words TEXT NOT NULL, used_at TEXT NOT NULL, PRIMARY KEY (place, mark))",
    "CREATE TABLE snapshot (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, place TEXT NOT NULL, "
    "cause TEXT NOT NULL, made_at TEXT NOT NULL, took_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT "
    "NULL, encrypted INTEGER NOT NULL, mark INTEGER NOT NULL, documents INTEGER NOT NULL, head TEXT NOT NULL, "
    "verified_at TEXT NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL, removed_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX snapshot_name_place ON snapshot (name, place)",
    "CREATE INDEX snapshot_place ON snapshot (place, made_at)",
)


def up(db: Any) -> None:
    """Create them empty: every receipt there is is copied to each place in turn."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
