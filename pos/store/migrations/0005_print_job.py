"""What is to be printed or was: slips and pulses of the drawer."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE print_job (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, document TEXT NOT "
    "NULL, number TEXT NOT NULL, template TEXT NOT NULL, part TEXT NOT NULL, body TEXT NOT NULL, copy INTEGER NOT "
    "NULL, cause TEXT NOT NULL, by_code TEXT NOT NULL, by_name TEXT NOT NULL, device TEXT NOT NULL, state TEXT NOT "
    "NULL, sure INTEGER NOT NULL, confirmed INTEGER NOT NULL, reason TEXT NOT NULL, tries INTEGER NOT NULL, made_at "
    "TEXT NOT NULL, next_at TEXT NOT NULL, until TEXT NOT NULL, sent_at TEXT NOT NULL, done_at TEXT NOT NULL)",
    "CREATE INDEX print_job_document ON print_job (document, template)",
    "CREATE INDEX print_job_open ON print_job (state, next_at) WHERE state IN ('waiting', 'sending')",
    # By itself a document is printed once, and opens the drawer once, whatever else happens.
    "CREATE UNIQUE INDEX print_job_once ON print_job (document, template) WHERE cause = 'auto' OR template = 'drawer'",
)


def up(db: Any) -> None:
    """Create it."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
