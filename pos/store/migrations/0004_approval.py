"""A second person's word for one act; rights other than the defaults; badges; baskets set aside and lines taken off."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE approval (id TEXT NOT NULL PRIMARY KEY, act TEXT NOT NULL, subject TEXT NOT NULL, bound TEXT NOT "
    "NULL, approver TEXT NOT NULL, approver_name TEXT NOT NULL, approver_role TEXT NOT NULL, asked_by TEXT NOT NULL, "
    "made_at TEXT NOT NULL, until TEXT NOT NULL, used_at TEXT NOT NULL, used_for TEXT NOT NULL)",
    "CREATE INDEX approval_subject ON approval (subject)",
    "CREATE TABLE right_override (role TEXT NOT NULL, right TEXT NOT NULL, allowed INTEGER NOT NULL, "
    "PRIMARY KEY (role, right))",
    "CREATE TABLE discount_ceiling (role TEXT NOT NULL PRIMARY KEY, percent TEXT NOT NULL)",
    "ALTER TABLE user ADD COLUMN badge_hash TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX user_badge_hash ON user (badge_hash)",
    "CREATE TABLE held (id TEXT NOT NULL PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL, title TEXT NOT NULL, "
    "basket TEXT NOT NULL, lines INTEGER NOT NULL, total TEXT NOT NULL, state TEXT NOT NULL, by_code TEXT NOT NULL, "
    "by_name TEXT NOT NULL, at TEXT NOT NULL, changed_at TEXT NOT NULL, changed_by TEXT NOT NULL, "
    "taken TEXT NOT NULL, reason TEXT NOT NULL)",
    "CREATE INDEX held_store_state ON held (store, state)",
    "CREATE TABLE line_void (id TEXT NOT NULL PRIMARY KEY, session TEXT NOT NULL, basket TEXT NOT NULL, line TEXT NOT "
    "NULL, item_code TEXT NOT NULL, item_name TEXT NOT NULL, qty INTEGER NOT NULL, amount INTEGER NOT NULL, "
    "by_code TEXT NOT NULL, at TEXT NOT NULL)",
    "CREATE INDEX line_void_session ON line_void (session)",
)


def up(db: Any) -> None:
    """Create them."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
