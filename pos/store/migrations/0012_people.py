"""Passwords for the console: their hash, their own count of wrong tries, and which door a sign-in came through."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "ALTER TABLE user ADD COLUMN password_hash TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE user ADD COLUMN password_failed INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE user ADD COLUMN password_locked_until TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sign_in ADD COLUMN place TEXT NOT NULL DEFAULT 'till'",
)


def up(db: Any) -> None:
    """Nobody has a password yet; every sign-in there is was made at a till."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
