"""All tables as version 1 of the program had them. Frozen: a later change of the models is a new file."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE document (n INTEGER NOT NULL PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, till TEXT NOT "
    "NULL, store TEXT NOT NULL, series TEXT NOT NULL, sequence INTEGER NOT NULL, number TEXT NOT NULL, path "
    "TEXT NOT NULL, created_at TEXT NOT NULL, business_day TEXT NOT NULL, session TEXT NOT NULL, cashier TEXT "
    "NOT NULL, customer TEXT NOT NULL, currency TEXT NOT NULL, total INTEGER NOT NULL, tax INTEGER NOT NULL, "
    "hash TEXT NOT NULL, prev_hash TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE UNIQUE INDEX document_id ON document (id)",
    "CREATE UNIQUE INDEX document_till_series_sequence ON document (till, series, sequence)",
    "CREATE INDEX document_number ON document (number)",
    "CREATE INDEX document_business_day_kind ON document (business_day, kind)",
    "CREATE TABLE line (document TEXT NOT NULL, line TEXT NOT NULL, position INTEGER NOT NULL, item_code TEXT "
    "NOT NULL, item_name TEXT NOT NULL, item_group TEXT NOT NULL, qty INTEGER NOT NULL, list_price INTEGER NOT "
    "NULL, amount INTEGER NOT NULL, net INTEGER NOT NULL, tax INTEGER NOT NULL, tax_code TEXT NOT NULL, "
    "discount INTEGER NOT NULL, against_document TEXT, against_line TEXT, PRIMARY KEY (document, line)) WITHOUT "
    "ROWID",
    "CREATE INDEX line_against_document_against_line ON line (against_document, against_line) "
    "WHERE against_document IS NOT NULL",
    "CREATE TABLE tender (document TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, mode TEXT NOT "
    "NULL, amount INTEGER NOT NULL, change INTEGER NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (document, "
    "position)) WITHOUT ROWID",
    "CREATE TABLE movement (document TEXT NOT NULL, position INTEGER NOT NULL, item_code TEXT NOT NULL, "
    "warehouse TEXT NOT NULL, qty INTEGER NOT NULL, PRIMARY KEY (document, position)) WITHOUT ROWID",
    "CREATE INDEX movement_item_code ON movement (item_code)",
    "CREATE TABLE session (id TEXT NOT NULL PRIMARY KEY, till TEXT NOT NULL, number INTEGER NOT NULL, opened_at "
    "TEXT NOT NULL, opened_by TEXT NOT NULL, business_day TEXT NOT NULL, closed_at TEXT, open INTEGER NOT NULL)",
    "CREATE INDEX session_till ON session (till)",
    "CREATE TABLE item (code TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, item_group TEXT NOT NULL, brand "
    "TEXT NOT NULL, description TEXT NOT NULL, uom TEXT NOT NULL, tax_code TEXT NOT NULL, variant_of TEXT, "
    "has_variants INTEGER NOT NULL, open_price INTEGER NOT NULL, weighed INTEGER NOT NULL, stocked INTEGER NOT "
    "NULL, disabled INTEGER NOT NULL, image TEXT NOT NULL, thumb TEXT NOT NULL, modified TEXT NOT NULL, source "
    "TEXT NOT NULL)",
    "CREATE INDEX item_item_group ON item (item_group)",
    "CREATE INDEX item_variant_of ON item (variant_of)",
    "CREATE TABLE barcode (code TEXT NOT NULL PRIMARY KEY, item TEXT NOT NULL, uom TEXT NOT NULL)",
    "CREATE INDEX barcode_item ON barcode (item)",
    "CREATE TABLE attribute (item TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, position INTEGER NOT "
    "NULL, PRIMARY KEY (item, name))",
    "CREATE TABLE price (price_list TEXT NOT NULL, item TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT "
    "NOT NULL, valid_from TEXT NOT NULL, valid_upto TEXT NOT NULL, name TEXT NOT NULL, modified TEXT NOT NULL, "
    "PRIMARY KEY (price_list, item, valid_from))",
    "CREATE INDEX price_item ON price (item)",
    "CREATE TABLE stock (item TEXT NOT NULL, warehouse TEXT NOT NULL, qty INTEGER NOT NULL, own_at_set INTEGER, "
    "modified TEXT NOT NULL, PRIMARY KEY (item, warehouse))",
    "CREATE TABLE tax_code (code TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, rate TEXT NOT NULL, account "
    "TEXT NOT NULL)",
    "CREATE TABLE customer (code TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, customer_group TEXT NOT NULL, "
    "phone TEXT NOT NULL, email TEXT NOT NULL, tax_id TEXT NOT NULL, disabled INTEGER NOT NULL, modified TEXT "
    "NOT NULL, source TEXT NOT NULL)",
    "CREATE TABLE payment_mode (name TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, position INTEGER NOT NULL, "
    "disabled INTEGER NOT NULL, modified TEXT NOT NULL, source TEXT NOT NULL)",
    "CREATE TABLE user (code TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, pin_hash TEXT "
    "NOT NULL, active INTEGER NOT NULL, failed INTEGER NOT NULL, locked_until TEXT NOT NULL, modified TEXT NOT "
    "NULL, source TEXT NOT NULL)",
    "CREATE TABLE device (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, secret_hash TEXT NOT NULL, "
    "code_until TEXT NOT NULL, enrolled_at TEXT NOT NULL, enrolled_by TEXT NOT NULL, revoked_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX device_secret_hash ON device (secret_hash)",
    "CREATE TABLE sign_in (secret_hash TEXT NOT NULL PRIMARY KEY, user TEXT NOT NULL, device TEXT NOT NULL, "
    "created_at TEXT NOT NULL, seen_at TEXT NOT NULL, locked INTEGER NOT NULL, ended_at TEXT NOT NULL)",
    "CREATE INDEX sign_in_user ON sign_in (user)",
    "CREATE TABLE token (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, secret_hash TEXT NOT NULL, role TEXT "
    "NOT NULL, created_at TEXT NOT NULL, used_at TEXT NOT NULL, revoked_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX token_secret_hash ON token (secret_hash)",
    "CREATE TABLE audit (n INTEGER NOT NULL PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, act TEXT NOT "
    "NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE connection (id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, enabled "
    "INTEGER NOT NULL, paused_reason TEXT NOT NULL, last_contact_at TEXT NOT NULL, last_error TEXT NOT NULL, "
    "retry_at TEXT NOT NULL, offline_since TEXT NOT NULL)",
    "CREATE TABLE outbox (n INTEGER NOT NULL PRIMARY KEY, document TEXT NOT NULL, connection TEXT NOT NULL, "
    "part TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, next_at TEXT NOT NULL, lease_until TEXT "
    "NOT NULL, owner TEXT NOT NULL, after TEXT NOT NULL, settle_at TEXT NOT NULL, booked_at TEXT NOT NULL, "
    "resolved TEXT NOT NULL, remote_id TEXT NOT NULL, remote TEXT NOT NULL, code TEXT NOT NULL, message TEXT "
    "NOT NULL, difference TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX outbox_document_connection_part ON outbox (document, connection, part)",
    "CREATE INDEX outbox_connection_state_next_at ON outbox (connection, state, next_at)",
    "CREATE TABLE cursor (connection TEXT NOT NULL, feed TEXT NOT NULL, value TEXT NOT NULL, moved_at TEXT NOT "
    "NULL, checked_at TEXT NOT NULL, PRIMARY KEY (connection, feed))",
    "CREATE TABLE agent_state (agent TEXT NOT NULL, connection TEXT NOT NULL, paused INTEGER NOT NULL, due_at "
    "TEXT NOT NULL, failures INTEGER NOT NULL, lease_until TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY "
    "(agent, connection))",
    "CREATE TABLE agent_run (n INTEGER NOT NULL PRIMARY KEY, agent TEXT NOT NULL, connection TEXT NOT NULL, "
    "cause TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT NOT NULL, outcome TEXT NOT NULL, sentence "
    "TEXT NOT NULL, error TEXT NOT NULL)",
    "CREATE INDEX agent_run_agent_started_at ON agent_run (agent, started_at)",
    "CREATE TABLE notice (key TEXT NOT NULL PRIMARY KEY, level TEXT NOT NULL, text TEXT NOT NULL, remedy TEXT "
    "NOT NULL, subject TEXT NOT NULL, first_at TEXT NOT NULL, last_at TEXT NOT NULL, count INTEGER NOT NULL, "
    "resolved_at TEXT NOT NULL)",
)


def up(db: Any) -> None:
    """Create the tables and their indexes."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
