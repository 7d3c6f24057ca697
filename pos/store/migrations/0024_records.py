"""Records that two sides may change, what joins them to books elsewhere, conflicts, and the jobs of both directions."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE record (company TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, "
    "fields TEXT NOT NULL, lines TEXT NOT NULL, version INTEGER NOT NULL, edited_at TEXT NOT NULL, "
    "edited_by TEXT NOT NULL, origin TEXT NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (company, kind, id))",
    "CREATE INDEX record_title ON record (company, kind, title)",
    "CREATE TABLE record_link (company TEXT NOT NULL, connection TEXT NOT NULL, kind TEXT NOT NULL, "
    "record_id TEXT NOT NULL, remote_id TEXT NOT NULL, sync_token TEXT NOT NULL, agreed TEXT NOT NULL, "
    "agreed_version INTEGER NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, "
    "synced_at TEXT NOT NULL, sent TEXT NOT NULL, request_id TEXT NOT NULL, operation TEXT NOT NULL, "
    "sent_version INTEGER NOT NULL, sent_at TEXT NOT NULL, settle_at TEXT NOT NULL, edition INTEGER NOT NULL, "
    "seen INTEGER NOT NULL, PRIMARY KEY (company, connection, kind, record_id))",
    "CREATE UNIQUE INDEX record_link_remote ON record_link (connection, kind, remote_id) WHERE remote_id <> ''",
    "CREATE TABLE record_conflict (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, company TEXT NOT NULL, "
    "connection TEXT NOT NULL, kind TEXT NOT NULL, record_id TEXT NOT NULL, field TEXT NOT NULL, ours TEXT NOT NULL, "
    "theirs TEXT NOT NULL, rule TEXT NOT NULL, state TEXT NOT NULL, made_at TEXT NOT NULL, decided_by TEXT NOT NULL, "
    "decided_at TEXT NOT NULL, decision TEXT NOT NULL, undo TEXT NOT NULL)",
    "CREATE UNIQUE INDEX record_conflict_open ON record_conflict (company, connection, kind, record_id, field) "
    "WHERE state = 'open'",
    "CREATE INDEX record_conflict_company ON record_conflict (company, state, id)",
    "CREATE TABLE sync_job (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, company TEXT NOT NULL, "
    "connection TEXT NOT NULL, direction TEXT NOT NULL, resource TEXT NOT NULL, state TEXT NOT NULL, "
    "asked_by TEXT NOT NULL, asked_at TEXT NOT NULL, chosen TEXT NOT NULL, started_at TEXT NOT NULL, "
    "ended_at TEXT NOT NULL, owner TEXT NOT NULL, lease TEXT NOT NULL, next_at TEXT NOT NULL, totals TEXT NOT NULL, "
    "cursor TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL)",
    "CREATE INDEX sync_job_company ON sync_job (company, state, id)",
    "CREATE INDEX sync_job_state ON sync_job (state, id)",
    "CREATE TABLE sync_job_record (job_id INTEGER NOT NULL, mark TEXT NOT NULL, record_kind TEXT NOT NULL, "
    "record_id TEXT NOT NULL, remote_id TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL, "
    "message TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (job_id, mark))",
    "CREATE INDEX sync_job_record_state ON sync_job_record (job_id, state)",
)


def up(db: Any) -> None:
    """There were none."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
