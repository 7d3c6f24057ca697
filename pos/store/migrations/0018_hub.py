"""The hub: its tills, numbers of theirs it has not got yet, and leases that name who alone does a thing now."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE lease (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until TEXT NOT NULL, "
    "fence INTEGER NOT NULL)",
    "CREATE TABLE hub_till (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, till TEXT NOT NULL, "
    "ids TEXT NOT NULL, key_hash TEXT NOT NULL, code_hash TEXT NOT NULL, code_until TEXT NOT NULL, instance TEXT NOT "
    "NULL, added_at TEXT NOT NULL, added_by TEXT NOT NULL, joined_at TEXT NOT NULL, first_joined_at TEXT NOT NULL, "
    "revoked_at TEXT NOT NULL, seen_at TEXT NOT NULL, version TEXT NOT NULL, clock_off_seconds INTEGER NOT NULL, "
    "head_sequence INTEGER NOT NULL, head_hash TEXT NOT NULL, top_sequence INTEGER NOT NULL, why TEXT NOT NULL)",
    "CREATE INDEX hub_till_key ON hub_till (key_hash)",
    "CREATE UNIQUE INDEX hub_till_till ON hub_till (till) WHERE till <> '' AND revoked_at = ''",
    "CREATE TABLE hub_gap (till TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, found_at TEXT NOT NULL, "
    "PRIMARY KEY (till, first))",
)


def up(db: Any) -> None:
    """No tills yet, and nobody holds anything."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
