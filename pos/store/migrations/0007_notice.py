"""Notices that go out, are read by person and come in by signed webhooks; what is low in stock."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "ALTER TABLE notice ADD COLUMN changes INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE notice ADD COLUMN changed_at TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE notice ADD COLUMN event INTEGER NOT NULL DEFAULT 0",
    "UPDATE notice SET changed_at = CASE resolved_at WHEN '' THEN first_at ELSE resolved_at END",
    "CREATE INDEX notice_open ON notice (level) WHERE resolved_at = ''",
    "CREATE TABLE notice_read (key TEXT NOT NULL, person TEXT NOT NULL, change INTEGER NOT NULL, read_at TEXT NOT "
    "NULL, PRIMARY KEY (key, person)) WITHOUT ROWID",
    "CREATE TABLE notice_delivery (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key TEXT "
    "NOT NULL, change INTEGER NOT NULL, changed_at TEXT NOT NULL, channel TEXT NOT NULL, what TEXT NOT NULL, level "
    "TEXT NOT NULL, text TEXT NOT NULL, remedy TEXT NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL, tries "
    "INTEGER NOT NULL, next_at TEXT NOT NULL, lease_until TEXT NOT NULL, owner TEXT NOT NULL, error TEXT NOT NULL, "
    "done_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX notice_delivery_once ON notice_delivery (key, change, channel)",
    "CREATE INDEX notice_delivery_open ON notice_delivery (channel, state, next_at)",
    "CREATE TABLE hook_event (hook TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, "
    "PRIMARY KEY (hook, id)) WITHOUT ROWID",
    "CREATE TABLE low_stock (item TEXT NOT NULL PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID",
    "ALTER TABLE item ADD COLUMN reorder INTEGER",
)


def up(db: Any) -> None:
    """Create them; what is open stays open and is not sent out afterwards."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
