"""Companies and shops of a hub: where a till stands, whose books a connection is, how far a person reaches."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE company (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, active INTEGER NOT NULL, "
    "time_zone TEXT NOT NULL, currency TEXT NOT NULL, settings TEXT NOT NULL, made_at TEXT NOT NULL)",
    "CREATE TABLE shop (id TEXT NOT NULL PRIMARY KEY, company TEXT NOT NULL, name TEXT NOT NULL)",
    "CREATE INDEX shop_company ON shop (company)",
    # Empty: as in the settings of this server.
    "INSERT INTO company (id, name, active, time_zone, currency, settings, made_at) "
    "VALUES ('main', '', 1, '', '', '{}', '')",
    "INSERT INTO shop (id, company, name) VALUES ('main', 'main', '')",
    "ALTER TABLE hub_till ADD COLUMN company TEXT NOT NULL DEFAULT 'main'",
    "ALTER TABLE hub_till ADD COLUMN shop TEXT NOT NULL DEFAULT 'main'",
    "CREATE TABLE till_place (till TEXT NOT NULL PRIMARY KEY, company TEXT NOT NULL, shop TEXT NOT NULL)",
    "CREATE INDEX till_place_company ON till_place (company)",
    "ALTER TABLE connection ADD COLUMN company TEXT NOT NULL DEFAULT 'main'",
    "CREATE TABLE person_scope (person TEXT NOT NULL, company TEXT NOT NULL, shop TEXT NOT NULL, "
    "PRIMARY KEY (person, company, shop))",
)


def up(db: Any) -> None:
    """One company with one shop, where everything is that was here before."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
