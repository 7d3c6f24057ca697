"""Whether people were told how a run ended, so that whoever comes next tells what a killed process did not."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "ALTER TABLE run_job ADD COLUMN told INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX run_job_untold ON run_job (n) WHERE told = 0",
)


def up(db: Any) -> None:
    """Runs from before count as told of."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
