"""Till and books side by side: one row per session or day and connection, one per document that differs."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE reconciliation (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, name TEXT NOT "
    "NULL, connection TEXT NOT NULL, day TEXT NOT NULL, verdict TEXT NOT NULL, compared_at TEXT NOT NULL, "
    "here INTEGER NOT NULL, there INTEGER NOT NULL, total_here INTEGER NOT NULL, total_there INTEGER NOT NULL, "
    "within INTEGER NOT NULL, note TEXT NOT NULL, sums TEXT NOT NULL, tried_at TEXT NOT NULL, outcome TEXT NOT NULL, "
    "code TEXT NOT NULL, reason TEXT NOT NULL, wanted_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX reconciliation_name ON reconciliation (scope, name, connection)",
    "CREATE INDEX reconciliation_day ON reconciliation (connection, day)",
    "CREATE TABLE reconciliation_item (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, "
    "key TEXT NOT NULL, document TEXT NOT NULL, number TEXT NOT NULL, part TEXT NOT NULL, session TEXT NOT NULL, "
    "day TEXT NOT NULL, remote_id TEXT NOT NULL, what TEXT NOT NULL, words TEXT NOT NULL, here TEXT NOT NULL, "
    "there TEXT NOT NULL, found_at TEXT NOT NULL, last_at TEXT NOT NULL, state TEXT NOT NULL, closed_at TEXT NOT "
    "NULL, closed_by TEXT NOT NULL, reason TEXT NOT NULL)",
    "CREATE UNIQUE INDEX reconciliation_item_key ON reconciliation_item (connection, key)",
    "CREATE INDEX reconciliation_item_session ON reconciliation_item (connection, session)",
    "CREATE INDEX reconciliation_item_day ON reconciliation_item (connection, day)",
)


def up(db: Any) -> None:
    """Create them empty: what was booked before is compared when it lies in the days looked at, or somebody asks."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
