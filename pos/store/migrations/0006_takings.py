"""What documents come to, summed up by session and day, so that a report of a month is as quick as one of an hour."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE takings_people (session TEXT NOT NULL, business_day TEXT NOT NULL, hour TEXT NOT NULL, cashier TEXT "
    "NOT NULL, kind TEXT NOT NULL, documents INTEGER NOT NULL, sold INTEGER NOT NULL, back INTEGER NOT NULL, total "
    "INTEGER NOT NULL, PRIMARY KEY (session, business_day, hour, cashier, kind)) WITHOUT ROWID",
    "CREATE TABLE takings_goods (session TEXT NOT NULL, business_day TEXT NOT NULL, kind TEXT NOT NULL, item_group "
    "TEXT NOT NULL, brand TEXT NOT NULL, tax_code TEXT NOT NULL, tax_rate TEXT NOT NULL, side INTEGER NOT NULL, "
    "voucher INTEGER NOT NULL, lines INTEGER NOT NULL, qty INTEGER NOT NULL, amount INTEGER NOT NULL, net INTEGER NOT "
    "NULL, tax INTEGER NOT NULL, discount INTEGER NOT NULL, PRIMARY KEY (session, business_day, kind, item_group, "
    "brand, tax_code, tax_rate, side, voucher)) WITHOUT ROWID",
    "CREATE TABLE takings_tenders (session TEXT NOT NULL, business_day TEXT NOT NULL, kind TEXT NOT NULL, tender TEXT "
    "NOT NULL, mode TEXT NOT NULL, side INTEGER NOT NULL, payments INTEGER NOT NULL, amount INTEGER NOT NULL, change "
    "INTEGER NOT NULL, PRIMARY KEY (session, business_day, kind, tender, mode, side)) WITHOUT ROWID",
    "ALTER TABLE session ADD COLUMN counted INTEGER",
)


def up(db: Any) -> None:
    """Create them empty; they are filled from the documents as time allows."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
