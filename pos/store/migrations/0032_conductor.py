"""QuickBooks Desktop through Conductor: company files, sessions, their steps, what failed, lists and stock of theirs;
what records are found by; and what a schedule starts."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE conductor_company (connection TEXT NOT NULL PRIMARY KEY, company TEXT NOT NULL, end_user TEXT "
    "NOT NULL, enabled INTEGER NOT NULL, stock_owner TEXT NOT NULL, history_from TEXT NOT NULL, facts TEXT NOT "
    "NULL, tested_at TEXT NOT NULL, last_good_at TEXT NOT NULL, last_error TEXT NOT NULL, last_error_at TEXT NOT "
    "NULL, made_at TEXT NOT NULL, made_by TEXT NOT NULL)",
    "CREATE UNIQUE INDEX conductor_company_company ON conductor_company (company)",
    "CREATE TABLE conductor_session (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, connection "
    "TEXT NOT NULL, company TEXT NOT NULL, objects TEXT NOT NULL, status TEXT NOT NULL, cause TEXT NOT NULL, "
    "asked_by TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT NOT NULL, owner TEXT NOT NULL, lease_until "
    "TEXT NOT NULL, next_at TEXT NOT NULL, waits_from TEXT NOT NULL, cancel_at TEXT NOT NULL, cancel_by TEXT NOT "
    "NULL, code TEXT NOT NULL, "
    "message TEXT NOT NULL, took_ms INTEGER NOT NULL DEFAULT 0)",
    "CREATE UNIQUE INDEX conductor_session_id ON conductor_session (id)",
    "CREATE INDEX conductor_session_connection_status ON conductor_session (connection, status)",
    "CREATE INDEX conductor_session_company_n ON conductor_session (company, n)",
    "CREATE TABLE conductor_step (session INTEGER NOT NULL, position INTEGER NOT NULL, object_type TEXT NOT NULL,"
    " direction TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL, synced INTEGER NOT NULL, failed "
    "INTEGER NOT NULL, unchanged INTEGER NOT NULL, cursor TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT "
    "NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (session, position))",
    "CREATE TABLE conductor_failure (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL, at "
    "TEXT NOT NULL, object_type TEXT NOT NULL, object_id TEXT NOT NULL, remote_id TEXT NOT NULL, title TEXT NOT "
    "NULL, code TEXT NOT NULL, message TEXT NOT NULL, remedy TEXT NOT NULL)",
    "CREATE UNIQUE INDEX conductor_failure_session_object_type_object_id_remote_id ON conductor_failure (session,"
    " object_type, object_id, remote_id)",
    "CREATE TABLE conductor_ref (connection TEXT NOT NULL, sort TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT "
    "NULL, active INTEGER NOT NULL, facts TEXT NOT NULL, seen_at TEXT NOT NULL, PRIMARY KEY (connection, sort, "
    "id))",
    "CREATE INDEX conductor_ref_connection_sort_name ON conductor_ref (connection, sort, name)",
    "CREATE TABLE conductor_stock (connection TEXT NOT NULL, item TEXT NOT NULL, site TEXT NOT NULL, on_hand TEXT"
    " NOT NULL, on_order TEXT NOT NULL, on_sales_order TEXT NOT NULL, seen_at TEXT NOT NULL, PRIMARY KEY "
    "(connection, item, site))",
    "CREATE TABLE conductor_till (sort TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT "
    "NULL, phone TEXT NOT NULL, email TEXT NOT NULL, disabled INTEGER NOT NULL, price_list TEXT NOT NULL, amount "
    "INTEGER, PRIMARY KEY (sort, code))",
    "ALTER TABLE record ADD COLUMN facet TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE record ADD COLUMN active INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE record ADD COLUMN words TEXT NOT NULL DEFAULT ''",
    # a list is read from these alone: its rows are short, those of the table are not
    "CREATE INDEX record_words ON record (company, kind, words, id, deleted, active, facet, version) WHERE words <> ''",
    "CREATE INDEX record_facet ON record (company, kind, facet, id, deleted, active, words, version) WHERE words <> ''",
    # QuickBooks Online tells no two names apart by their case
    "CREATE INDEX record_name ON record (company, kind, lower(title)) WHERE words = ''",
    "CREATE INDEX record_link_state ON record_link (company, connection, kind, state, record_id, agreed_version)",
    "CREATE INDEX record_link_there ON record_link (company, connection, kind, remote_id, record_id)",
    "CREATE INDEX audit_record ON audit (subject) WHERE act IN "
    "('record.create', 'record.edit', 'record.delete', 'record.decide', 'record.retry')",
    "CREATE INDEX record_conflict_record ON record_conflict (company, kind, record_id, id)",
    "ALTER TABLE run_schedule ADD COLUMN what TEXT NOT NULL DEFAULT 'runs'",
    "ALTER TABLE run_schedule ADD COLUMN objects TEXT NOT NULL DEFAULT ''",
)


def up(db: Any) -> None:
    """Nothing that was there before changes."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
