"""What records say: documents out of which a customer was taken, and numbers that were given out before a loss."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE blanking (document TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL, hash TEXT NOT NULL, blanked TEXT "
    "NOT NULL, customer TEXT NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX blanking_open ON blanking (document) WHERE done = 0",
    "CREATE TABLE lost_number (record TEXT NOT NULL PRIMARY KEY, till TEXT NOT NULL, sequence INTEGER NOT NULL, "
    "session INTEGER NOT NULL, z INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE forgotten (mark TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID",
)


def up(db: Any) -> None:
    """Nothing was blanked yet, and no numbers were lost."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
