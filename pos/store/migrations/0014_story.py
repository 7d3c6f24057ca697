"""What became of each document on its way, step by step, and the last answer as it came."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "ALTER TABLE outbox ADD COLUMN story TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE outbox ADD COLUMN reply TEXT NOT NULL DEFAULT ''",
)


def up(db: Any) -> None:
    """What was booked before keeps its moments and no steps."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
