"""What a company of QuickBooks has to choose from, and items that are created there."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE qbo_list (connection TEXT NOT NULL PRIMARY KEY, company TEXT NOT NULL, realm TEXT NOT NULL, "
    "body TEXT NOT NULL, loaded_at TEXT NOT NULL, loaded_by TEXT NOT NULL)",
    "CREATE TABLE qbo_new_item (connection TEXT NOT NULL, item TEXT NOT NULL, company TEXT NOT NULL, "
    "realm TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, sent TEXT NOT NULL, request_id TEXT NOT NULL, "
    "remote_id TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, other_id TEXT NOT NULL, "
    "approved_by TEXT NOT NULL, approved_at TEXT NOT NULL, next_at TEXT NOT NULL, lease TEXT NOT NULL, "
    "done_at TEXT NOT NULL, PRIMARY KEY (connection, item))",
)


def up(db: Any) -> None:
    """Nobody looked yet."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
