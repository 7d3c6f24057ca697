"""What goes from a hub to its tills: a number for each change, receipts of other tills, baskets others may take."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE hub_top (id INTEGER NOT NULL PRIMARY KEY, epoch TEXT NOT NULL, change INTEGER NOT NULL)",
    "CREATE TABLE hub_change (feed TEXT NOT NULL, name TEXT NOT NULL, change INTEGER NOT NULL, "
    "PRIMARY KEY (feed, name))",
    "CREATE INDEX hub_change_feed ON hub_change (feed, change)",
    "CREATE TABLE foreign_copy (original TEXT NOT NULL, id TEXT NOT NULL, number TEXT NOT NULL, body TEXT NOT NULL, "
    "fetched_at TEXT NOT NULL, PRIMARY KEY (original, id))",
    "CREATE INDEX foreign_copy_number ON foreign_copy (number)",
    "ALTER TABLE held ADD COLUMN up TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE held ADD COLUMN holder TEXT NOT NULL DEFAULT ''",
)


def up(db: Any) -> None:
    """Nothing was told to a till yet, and no basket was handed up."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
