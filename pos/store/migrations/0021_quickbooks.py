"""Sign-ins to QuickBooks Online, sealed, and those under way."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE qbo_token (connection TEXT NOT NULL PRIMARY KEY, company TEXT NOT NULL, environment TEXT NOT NULL, "
    "realm TEXT NOT NULL, sealed TEXT NOT NULL, access_until TEXT NOT NULL, refresh_until TEXT NOT NULL, "
    "hard_until TEXT NOT NULL, version INTEGER NOT NULL, reauth TEXT NOT NULL, error TEXT NOT NULL, "
    "error_at TEXT NOT NULL, name TEXT NOT NULL, country TEXT NOT NULL, connected_at TEXT NOT NULL, "
    "connected_by TEXT NOT NULL, refreshed_at TEXT NOT NULL, held TEXT NOT NULL, held_sealed TEXT NOT NULL)",
    "CREATE INDEX qbo_token_company ON qbo_token (company)",
    "CREATE TABLE qbo_state (state TEXT NOT NULL PRIMARY KEY, connection TEXT NOT NULL, company TEXT NOT NULL, "
    "environment TEXT NOT NULL, person TEXT NOT NULL, session TEXT NOT NULL, browser TEXT NOT NULL, "
    "redirect_url TEXT NOT NULL, until TEXT NOT NULL, used_at TEXT NOT NULL)",
)


def up(db: Any) -> None:
    """Nobody signed in to QuickBooks yet."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
