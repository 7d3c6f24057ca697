"""Stock kept here: places, events, approvals, counts, purchase orders, what was found beside the books; QuickBooks
Desktop through its Web Connector; and whose a key for programs is."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE inventory_location (code TEXT NOT NULL PRIMARY KEY, company TEXT NOT NULL, display_name TEXT NOT "
    "NULL, active INTEGER NOT NULL, is_virtual INTEGER NOT NULL, qb_site_name TEXT NOT NULL, qb_site_id TEXT NOT "
    "NULL, made_at TEXT NOT NULL, changed_at TEXT NOT NULL, changed_by TEXT NOT NULL)",
    "CREATE INDEX inventory_location_company ON inventory_location (company)",
    "CREATE TABLE inventory_part (company TEXT NOT NULL, item TEXT NOT NULL, income_account TEXT NOT NULL, "
    "cogs_account TEXT NOT NULL, asset_account TEXT NOT NULL, adjustment_account TEXT NOT NULL, cost TEXT NOT NULL, "
    "vendor TEXT NOT NULL, mpn TEXT NOT NULL, qb_name TEXT NOT NULL, qb_id TEXT NOT NULL, qb_type TEXT NOT NULL, "
    "changed_at TEXT NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (company, item))",
    "CREATE INDEX inventory_part_company_qb_id ON inventory_part (company, qb_id)",
    "CREATE TABLE inventory_reason (company TEXT NOT NULL, code TEXT NOT NULL, words TEXT NOT NULL, account TEXT "
    "NOT NULL, active INTEGER NOT NULL, changed_at TEXT NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (company, "
    "code))",
    "CREATE TABLE inventory_event (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, company TEXT NOT "
    "NULL, kind TEXT NOT NULL, status TEXT NOT NULL, effective_date TEXT NOT NULL, memo TEXT NOT NULL, reason TEXT "
    "NOT NULL, reference TEXT NOT NULL, purchase_order TEXT NOT NULL, count TEXT NOT NULL, counters TEXT NOT NULL, "
    "lines INTEGER NOT NULL, fingerprint TEXT NOT NULL, created_at TEXT NOT NULL, created_by TEXT NOT NULL, "
    "approval TEXT NOT NULL, approved_by TEXT NOT NULL, voided_at TEXT NOT NULL, voided_by TEXT NOT NULL, "
    "void_reason TEXT NOT NULL, connection TEXT NOT NULL, qb_status TEXT NOT NULL, qb_words TEXT NOT NULL)",
    "CREATE UNIQUE INDEX inventory_event_id ON inventory_event (id)",
    "CREATE INDEX inventory_event_company_n ON inventory_event (company, n)",
    "CREATE INDEX inventory_event_company_qb_status_n ON inventory_event (company, qb_status, n)",
    "CREATE INDEX inventory_event_counters ON inventory_event (counters)",
    "CREATE TABLE inventory_line (event TEXT NOT NULL, position INTEGER NOT NULL, item TEXT NOT NULL, source TEXT "
    "NOT NULL, destination TEXT NOT NULL, qty INTEGER NOT NULL, set_to INTEGER, level_before INTEGER, account TEXT "
    "NOT NULL, reason TEXT NOT NULL, cost TEXT NOT NULL, order_line INTEGER NOT NULL, PRIMARY KEY (event, "
    "position))",
    "CREATE TABLE inventory_move (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, position "
    "INTEGER NOT NULL, item TEXT NOT NULL, location TEXT NOT NULL, qty INTEGER NOT NULL, level_after INTEGER NOT "
    "NULL, day TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL)",
    "CREATE INDEX inventory_move_item_location_n ON inventory_move (item, location, n)",
    "CREATE INDEX inventory_move_event ON inventory_move (event)",
    "CREATE INDEX inventory_move_item_day ON inventory_move (item, day)",
    "CREATE TABLE inventory_approval (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, company TEXT "
    "NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, why TEXT NOT NULL, words TEXT NOT NULL, state TEXT NOT "
    "NULL, asked_by TEXT NOT NULL, asked_name TEXT NOT NULL, asked_at TEXT NOT NULL, until TEXT NOT NULL, "
    "decided_by TEXT NOT NULL, decided_name TEXT NOT NULL, decided_at TEXT NOT NULL, note TEXT NOT NULL, event TEXT "
    "NOT NULL)",
    "CREATE UNIQUE INDEX inventory_approval_id ON inventory_approval (id)",
    "CREATE INDEX inventory_approval_company_state_n ON inventory_approval (company, state, n)",
    "CREATE TABLE inventory_count (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, company TEXT NOT "
    "NULL, location TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL, made_by TEXT "
    "NOT NULL, made_at TEXT NOT NULL, ended_at TEXT NOT NULL, approval TEXT NOT NULL, event TEXT NOT NULL)",
    "CREATE UNIQUE INDEX inventory_count_id ON inventory_count (id)",
    "CREATE INDEX inventory_count_company_state_n ON inventory_count (company, state, n)",
    "CREATE TABLE inventory_counted (count TEXT NOT NULL, item TEXT NOT NULL, first INTEGER, first_level INTEGER, "
    "first_by TEXT NOT NULL, first_at TEXT NOT NULL, second INTEGER, second_level INTEGER, second_by TEXT NOT NULL, "
    "second_at TEXT NOT NULL, PRIMARY KEY (count, item))",
    "CREATE TABLE inventory_tally (count TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, item TEXT NOT "
    "NULL, round INTEGER NOT NULL, qty INTEGER NOT NULL, more INTEGER NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, "
    "PRIMARY KEY (count, id, position))",
    "CREATE INDEX inventory_tally_count_item ON inventory_tally (count, item)",
    "CREATE TABLE purchase_order (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, company TEXT NOT "
    "NULL, number TEXT NOT NULL, supplier TEXT NOT NULL, location TEXT NOT NULL, state TEXT NOT NULL, memo TEXT NOT "
    "NULL, made_by TEXT NOT NULL, made_at TEXT NOT NULL, changed_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX purchase_order_id ON purchase_order (id)",
    "CREATE UNIQUE INDEX purchase_order_company_number ON purchase_order (company, number)",
    "CREATE INDEX purchase_order_company_state_n ON purchase_order (company, state, n)",
    "CREATE TABLE purchase_order_line (purchase_order TEXT NOT NULL, position INTEGER NOT NULL, item TEXT NOT NULL, "
    "qty INTEGER NOT NULL, received INTEGER NOT NULL, cost TEXT NOT NULL, PRIMARY KEY (purchase_order, position))",
    "CREATE TABLE parity_run (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, company TEXT NOT NULL, connection TEXT "
    "NOT NULL, side TEXT NOT NULL, strict INTEGER NOT NULL, state TEXT NOT NULL, asked_by TEXT NOT NULL, asked_at "
    "TEXT NOT NULL, ended_at TEXT NOT NULL, counts TEXT NOT NULL, words TEXT NOT NULL)",
    "CREATE INDEX parity_run_company_n ON parity_run (company, n)",
    "CREATE TABLE parity_item (company TEXT NOT NULL, side TEXT NOT NULL, item TEXT NOT NULL, field TEXT NOT NULL, "
    "location TEXT NOT NULL, status TEXT NOT NULL, ours TEXT NOT NULL, theirs TEXT NOT NULL, difference TEXT NOT "
    "NULL, detail TEXT NOT NULL, state TEXT NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, times "
    "INTEGER NOT NULL, reopened INTEGER NOT NULL, run INTEGER NOT NULL, proposal TEXT NOT NULL, PRIMARY KEY "
    "(company, side, item, field, location))",
    "CREATE INDEX parity_item_company_side_state_status ON parity_item (company, side, state, status)",
    "CREATE TABLE qbd_company (connection TEXT NOT NULL PRIMARY KEY, company TEXT NOT NULL, username TEXT NOT NULL, "
    "password_hash TEXT NOT NULL, owner_id TEXT NOT NULL, file_id TEXT NOT NULL, app_name TEXT NOT NULL, "
    "company_file TEXT NOT NULL, company_name TEXT NOT NULL, bound_at TEXT NOT NULL, version TEXT NOT NULL, country "
    "TEXT NOT NULL, edition TEXT NOT NULL, facts TEXT NOT NULL, moves_stock TEXT NOT NULL, "
    "counts_as TEXT NOT NULL, enabled INTEGER NOT NULL, made_at TEXT NOT NULL, last_set TEXT NOT NULL, "
    "last_contact_at TEXT NOT NULL, last_error TEXT NOT NULL, last_error_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX qbd_company_company ON qbd_company (company)",
    "CREATE UNIQUE INDEX qbd_company_username ON qbd_company (username)",
    "CREATE TABLE qbd_ticket (ticket TEXT NOT NULL PRIMARY KEY, connection TEXT NOT NULL, username TEXT NOT NULL, "
    "address TEXT NOT NULL, "
    "state TEXT NOT NULL, client_version TEXT NOT NULL, version TEXT NOT NULL, company_file TEXT NOT NULL, checked "
    "INTEGER NOT NULL, outstanding INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, "
    "connection_errors INTEGER NOT NULL, "
    "last_error TEXT NOT NULL, made_at TEXT NOT NULL, seen_at TEXT NOT NULL, until TEXT NOT NULL, closed_at TEXT "
    "NOT NULL)",
    "CREATE INDEX qbd_ticket_connection_state ON qbd_ticket (connection, state)",
    "CREATE INDEX qbd_ticket_made_at ON qbd_ticket (made_at)",
    "CREATE TABLE qbd_work (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, turn INTEGER NOT NULL, connection TEXT NOT "
    "NULL, company TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT "
    "NULL, writes INTEGER NOT NULL, state TEXT NOT NULL, payload TEXT NOT NULL, blocked INTEGER NOT NULL, doubt "
    "INTEGER NOT NULL, probing INTEGER NOT NULL, tries INTEGER NOT NULL, attempt INTEGER NOT "
    "NULL, next_at TEXT NOT NULL, ticket TEXT NOT NULL, lease_until TEXT NOT NULL, set_id TEXT NOT NULL, request_id "
    "TEXT NOT NULL, version TEXT NOT NULL, body TEXT NOT NULL, handed_at TEXT NOT NULL, ref_number TEXT NOT NULL, "
    "remote_id TEXT NOT NULL, edit_sequence TEXT NOT NULL, txn_number TEXT NOT NULL, code TEXT NOT NULL, message "
    "TEXT NOT NULL, made_at TEXT NOT NULL, done_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX qbd_work_connection_source_kind_part ON qbd_work (connection, source, kind, part)",
    "CREATE INDEX qbd_work_connection_state_blocked_next_at_n ON qbd_work (connection, state, blocked, next_at, n)",
    "CREATE INDEX qbd_work_source ON qbd_work (source)",
    "CREATE INDEX qbd_work_set_id ON qbd_work (set_id)",
    "CREATE TABLE qbd_work_item (connection TEXT NOT NULL, item TEXT NOT NULL, work INTEGER NOT NULL, turn INTEGER "
    "NOT NULL, open INTEGER NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (work, item))",
    "CREATE INDEX qbd_work_item_connection_item_turn_work ON qbd_work_item (connection, item, turn, work) WHERE "
    "(open = 1)",
    "CREATE TABLE qbd_archive (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, work INTEGER "
    "NOT NULL, source TEXT NOT NULL, ticket TEXT NOT NULL, at TEXT NOT NULL, direction TEXT NOT NULL, set_id TEXT "
    "NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX qbd_archive_connection_n ON qbd_archive (connection, n)",
    "CREATE INDEX qbd_archive_source ON qbd_archive (source)",
    "CREATE INDEX qbd_archive_work ON qbd_archive (work)",
    "CREATE INDEX qbd_archive_at ON qbd_archive (at)",
    "CREATE TABLE qbd_item (connection TEXT NOT NULL, list_id TEXT NOT NULL, full_name TEXT NOT NULL, kind TEXT NOT "
    "NULL, active INTEGER NOT NULL, on_hand TEXT NOT NULL, cost TEXT NOT NULL, price TEXT NOT NULL, income_account "
    "TEXT NOT NULL, cogs_account TEXT NOT NULL, asset_account TEXT NOT NULL, seen_at "
    "TEXT NOT NULL, PRIMARY KEY (connection, list_id))",
    "CREATE INDEX qbd_item_connection_full_name ON qbd_item (connection, full_name)",
    "CREATE TABLE qbd_site (connection TEXT NOT NULL, list_id TEXT NOT NULL, full_name TEXT NOT NULL, active "
    "INTEGER NOT NULL, seen_at TEXT NOT NULL, PRIMARY KEY (connection, list_id))",
    "CREATE TABLE qbd_level (connection TEXT NOT NULL, item TEXT NOT NULL, site TEXT NOT NULL, on_hand TEXT NOT "
    "NULL, seen_at TEXT NOT NULL, PRIMARY KEY (connection, item, site))",
    "CREATE TABLE qbd_account (connection TEXT NOT NULL, list_id TEXT NOT NULL, full_name TEXT NOT NULL, kind TEXT "
    "NOT NULL, active INTEGER NOT NULL, seen_at TEXT NOT NULL, PRIMARY KEY (connection, list_id))",
    "CREATE INDEX qbd_account_connection_full_name ON qbd_account (connection, full_name)",
    "CREATE INDEX stock_warehouse_item ON stock (warehouse, item)",
    "CREATE INDEX inventory_line_item ON inventory_line (item)",
    "DROP TABLE low_stock",
    "CREATE TABLE low_stock (item TEXT NOT NULL, location TEXT NOT NULL, since TEXT NOT NULL, PRIMARY KEY (item, "
    "location)) WITHOUT ROWID",
    "DELETE FROM meta WHERE key = 'low_stock_upto'",
    "ALTER TABLE token ADD COLUMN person TEXT NOT NULL DEFAULT ''",
)


def up(db: Any) -> None:
    """What was counted here before keeps its level: it gets its opening when the program starts."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
