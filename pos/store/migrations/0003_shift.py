"""Sessions that close: what a Z made of them; lines by tax rate, brand and voucher; counts of the drawer."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

STATEMENTS = (
    "ALTER TABLE session ADD COLUMN first_sequence INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE session ADD COLUMN last_sequence INTEGER",
    "ALTER TABLE session ADD COLUMN z_number INTEGER",
    "ALTER TABLE session ADD COLUMN z_document TEXT",
    "CREATE INDEX session_till_z_number ON session (till, z_number)",
    "ALTER TABLE line ADD COLUMN tax_rate TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE line ADD COLUMN brand TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE line ADD COLUMN voucher INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE count_check (id TEXT NOT NULL PRIMARY KEY, session TEXT NOT NULL, at TEXT NOT NULL, by_code TEXT NOT "
    "NULL, by_name TEXT NOT NULL, counted TEXT NOT NULL, expected TEXT NOT NULL)",
    "CREATE INDEX count_check_session ON count_check (session, at)",
)


def up(db: Any) -> None:
    """New columns, filled from the documents already there."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
    db.execute_sql(
        "UPDATE session SET first_sequence = coalesce((SELECT min(sequence) FROM document WHERE session = session.id"
        " AND series = 'till'), 0)"
    )
    for key, body in db.execute_sql("SELECT id, body FROM document").fetchall():
        items = json.loads(body, parse_float=Decimal, parse_int=Decimal).get("items") or []
        for item in items:
            rate = Decimal(item.get("tax_rate") or 0)
            db.execute_sql(
                "UPDATE line SET tax_rate = ? WHERE document = ? AND line = ?",
                (f"{rate.normalize():f}", key, item["line"]),
            )
