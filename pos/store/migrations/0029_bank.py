"""Lines of a company's bank, and the takings by card each was matched to."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE bank_file (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, company TEXT NOT NULL, name TEXT NOT NULL, "
    "sha256 TEXT NOT NULL, new_rows INTEGER NOT NULL, known_rows INTEGER NOT NULL, rejected_rows INTEGER NOT NULL, "
    "day_from TEXT NOT NULL, day_to TEXT NOT NULL, by TEXT NOT NULL, received_at TEXT NOT NULL)",
    "CREATE INDEX bank_file_company ON bank_file (company, n)",
    "CREATE TABLE bank_row (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, company TEXT NOT NULL, "
    "row_key TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL, "
    "amount INTEGER NOT NULL, text TEXT NOT NULL)",
    "CREATE UNIQUE INDEX bank_row_key ON bank_row (company, row_key)",
    "CREATE INDEX bank_row_day ON bank_row (company, day, n)",
    "CREATE TABLE bank_reject (file INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, "
    "made_of TEXT NOT NULL, row_text TEXT NOT NULL, PRIMARY KEY (file, line))",
    "CREATE TABLE bank_match (company TEXT NOT NULL, taking TEXT NOT NULL, line INTEGER NOT NULL, day TEXT NOT NULL, "
    "fee INTEGER NOT NULL, off INTEGER NOT NULL, seconds INTEGER NOT NULL, at TEXT NOT NULL, "
    "PRIMARY KEY (company, taking))",
    "CREATE UNIQUE INDEX bank_match_line ON bank_match (line)",
    "CREATE INDEX bank_match_day ON bank_match (company, day)",
)


def up(db: Any) -> None:
    """There were none."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
