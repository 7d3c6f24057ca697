"""Gift vouchers: a ledger of rows, what the issuer last said of each, and value set aside for baskets being paid."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE voucher_row (id TEXT NOT NULL PRIMARY KEY, code TEXT NOT NULL, act TEXT NOT NULL, amount INTEGER NOT "
    "NULL, at TEXT NOT NULL, expires TEXT NOT NULL, till TEXT NOT NULL, document TEXT NOT NULL, position INTEGER NOT "
    "NULL, origin TEXT NOT NULL, exposure INTEGER NOT NULL, sent_at TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX voucher_row_code ON voucher_row (code)",
    "CREATE INDEX voucher_row_document ON voucher_row (document)",
    "CREATE INDEX voucher_row_unsent ON voucher_row (at) WHERE sent_at = '' AND origin = 'document'",
    "CREATE TABLE voucher_known (code TEXT NOT NULL PRIMARY KEY, known_at TEXT NOT NULL, status TEXT NOT NULL) "
    "WITHOUT ROWID",
    "CREATE TABLE voucher_hold (id TEXT NOT NULL PRIMARY KEY, code TEXT NOT NULL, amount INTEGER NOT NULL, till TEXT "
    "NOT NULL, basket TEXT NOT NULL, at TEXT NOT NULL, released_at TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE takings_vouchers (session TEXT NOT NULL, business_day TEXT NOT NULL, kind TEXT NOT NULL, act TEXT "
    "NOT NULL, rows INTEGER NOT NULL, amount INTEGER NOT NULL, exposure INTEGER NOT NULL, PRIMARY KEY (session, "
    "business_day, kind, act)) WITHOUT ROWID",
    "CREATE INDEX voucher_hold_open ON voucher_hold (code) WHERE released_at = ''",
)


def up(db: Any) -> None:
    """Create them empty: no document before this held a voucher's row."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
