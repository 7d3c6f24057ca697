"""Runs of a company's sales into its books, their log, what they came to, their schedules; and sales imported from
another till's bookkeeping export."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE run_job (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, scope TEXT NOT NULL, "
    "company TEXT NOT NULL, day_from TEXT NOT NULL, day_to TEXT NOT NULL, parallel INTEGER NOT NULL, "
    "stagger_seconds INTEGER NOT NULL, continue_on_failure INTEGER NOT NULL, status TEXT NOT NULL, "
    "exit_code TEXT NOT NULL, reason TEXT NOT NULL, words TEXT NOT NULL, made_of TEXT NOT NULL, "
    "warnings INTEGER NOT NULL, requested_by TEXT NOT NULL, schedule TEXT NOT NULL, created_at TEXT NOT NULL, "
    "started_at TEXT NOT NULL, "
    "ended_at TEXT NOT NULL, cancel_at TEXT NOT NULL, cancel_by TEXT NOT NULL, log_bytes INTEGER NOT NULL, "
    "ingested INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX run_job_id ON run_job (id)",
    "CREATE INDEX run_job_status ON run_job (status, n)",
    "CREATE INDEX run_job_schedule ON run_job (schedule, n)",
    "CREATE INDEX run_job_created ON run_job (created_at, n)",
    "CREATE INDEX run_job_day ON run_job (day_to, day_from)",
    "CREATE TABLE run_part (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, company TEXT NOT NULL, "
    "connection TEXT NOT NULL, place INTEGER NOT NULL, status TEXT NOT NULL, phase TEXT NOT NULL, "
    "tries INTEGER NOT NULL, owner TEXT NOT NULL, lease_until TEXT NOT NULL, next_at TEXT NOT NULL, "
    "started_at TEXT NOT NULL, ended_at TEXT NOT NULL, exit_code TEXT NOT NULL, reason TEXT NOT NULL, "
    "words TEXT NOT NULL, made_of TEXT NOT NULL, warnings INTEGER NOT NULL, cursor TEXT NOT NULL)",
    "CREATE UNIQUE INDEX run_part_job ON run_part (job, company)",
    "CREATE INDEX run_part_company ON run_part (company, n)",
    "CREATE INDEX run_part_status ON run_part (status, n)",
    "CREATE INDEX run_part_ended ON run_part (company, ended_at)",
    "CREATE TABLE run_log (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, company TEXT NOT NULL, "
    "phase TEXT NOT NULL, level TEXT NOT NULL, at TEXT NOT NULL, words TEXT NOT NULL, ends_at_byte INTEGER NOT NULL)",
    "CREATE INDEX run_log_job ON run_log (job, ends_at_byte)",
    "CREATE INDEX run_log_at ON run_log (at)",
    "CREATE TABLE run_artifact (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, "
    "company TEXT NOT NULL, connection TEXT NOT NULL, day TEXT NOT NULL, source TEXT NOT NULL, "
    "currency TEXT NOT NULL, raw_rows INTEGER NOT NULL, rejected_rows INTEGER NOT NULL, "
    "raw_total INTEGER NOT NULL, raw_count INTEGER NOT NULL, sent_total INTEGER NOT NULL, "
    "sent_count INTEGER NOT NULL, booked_total INTEGER NOT NULL, booked_count INTEGER NOT NULL, "
    "uploaded INTEGER NOT NULL, skipped INTEGER NOT NULL, failed INTEGER NOT NULL, status TEXT NOT NULL, "
    "reason TEXT NOT NULL, difference INTEGER NOT NULL, tolerance INTEGER NOT NULL, run_status TEXT NOT NULL, "
    "processed_at TEXT NOT NULL, hash TEXT NOT NULL, ingested INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX run_artifact_once ON run_artifact (company, day, processed_at, hash)",
    "CREATE INDEX run_artifact_job ON run_artifact (job, company, day)",
    "CREATE INDEX run_artifact_latest ON run_artifact (company, processed_at)",
    "CREATE TABLE run_figure (artifact INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, "
    "here INTEGER NOT NULL, sent INTEGER NOT NULL, booked INTEGER NOT NULL, verdict TEXT NOT NULL, "
    "words TEXT NOT NULL, PRIMARY KEY (artifact, kind, name))",
    "CREATE TABLE run_schedule (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, name TEXT NOT NULL, "
    "company TEXT NOT NULL, cron TEXT NOT NULL, time_zone TEXT NOT NULL, date_mode TEXT NOT NULL, "
    "parallel INTEGER NOT NULL, stagger_seconds INTEGER NOT NULL, continue_on_failure INTEGER NOT NULL, "
    "enabled INTEGER NOT NULL, is_system INTEGER NOT NULL, next_fire_at TEXT NOT NULL, last_fire_at TEXT NOT NULL, "
    "last_result TEXT NOT NULL, version INTEGER NOT NULL, made_by TEXT NOT NULL, made_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX run_schedule_id ON run_schedule (id)",
    "CREATE TABLE run_schedule_event (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, schedule TEXT NOT NULL, "
    "company TEXT NOT NULL, at TEXT NOT NULL, fire_at TEXT NOT NULL, kind TEXT NOT NULL, job TEXT NOT NULL, "
    "words TEXT NOT NULL, made_of TEXT NOT NULL)",
    "CREATE INDEX run_schedule_event_schedule ON run_schedule_event (schedule, n)",
    "CREATE TABLE run_choice (who TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, at TEXT NOT NULL, "
    "PRIMARY KEY (who, name))",
    "CREATE TABLE import_file (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, company TEXT NOT NULL, "
    "name TEXT NOT NULL, sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL, state TEXT NOT NULL, "
    "place TEXT NOT NULL, raw_rows INTEGER NOT NULL, new_rows INTEGER NOT NULL, known_rows INTEGER NOT NULL, "
    "rejected_rows INTEGER NOT NULL, skipped_rows INTEGER NOT NULL, gone_rows INTEGER NOT NULL, "
    "cursor INTEGER NOT NULL, day_from TEXT NOT NULL, day_to TEXT NOT NULL, words TEXT NOT NULL, "
    "made_of TEXT NOT NULL, job TEXT NOT NULL, by TEXT NOT NULL, received_at TEXT NOT NULL, ended_at TEXT NOT NULL)",
    "CREATE INDEX import_file_company ON import_file (company, n)",
    "CREATE TABLE import_row (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, company TEXT NOT NULL, "
    "row_key TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL, "
    "kind TEXT NOT NULL, place TEXT NOT NULL, tender TEXT NOT NULL, customer TEXT NOT NULL, staff TEXT NOT NULL, "
    "item TEXT NOT NULL, name TEXT NOT NULL, category TEXT NOT NULL, qty INTEGER NOT NULL, net INTEGER NOT NULL, "
    "tax INTEGER NOT NULL, gross INTEGER NOT NULL, cost INTEGER NOT NULL, rate TEXT NOT NULL, "
    "bundle INTEGER NOT NULL, seen_in INTEGER NOT NULL, gone_in INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX import_row_key ON import_row (company, row_key)",
    "CREATE INDEX import_row_day ON import_row (company, day, n)",
    "CREATE INDEX import_row_bundle ON import_row (bundle)",
    "CREATE INDEX import_row_seen ON import_row (seen_in)",
    "CREATE INDEX import_row_loose ON import_row (company, day) WHERE bundle = 0",
    "CREATE TABLE import_reject (file INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, "
    "made_of TEXT NOT NULL, row_text TEXT NOT NULL, PRIMARY KEY (file, line))",
)


def up(db: Any) -> None:
    """There were none."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
