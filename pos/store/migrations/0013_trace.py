"""Documents a person set aside, and short ways to what a trace and the outbox list ask for.

An index with every row would be a page more to write with each sale; these hold what is open, or what a person did.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "ALTER TABLE outbox ADD COLUMN parked TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX outbox_open ON outbox (n) WHERE state <> 'booked'",
    "CREATE INDEX outbox_parked ON outbox (n) WHERE parked <> ''",
    "CREATE INDEX outbox_remote_id ON outbox (remote_id) WHERE remote_id <> ''",
    "CREATE INDEX audit_outbox ON audit (subject) WHERE act IN "
    "('outbox.retry', 'outbox.resolve', 'outbox.park', 'outbox.unpark')",
    "CREATE INDEX reconciliation_item_document ON reconciliation_item (document) WHERE document <> ''",
)


def up(db: Any) -> None:
    """Nothing is parked yet."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
