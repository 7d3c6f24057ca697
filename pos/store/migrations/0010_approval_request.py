"""Approvals asked for from afar, answered on the answerer's own screen; short ways to what the audit says of both."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE approval_request (id TEXT NOT NULL PRIMARY KEY, act TEXT NOT NULL, subject TEXT NOT NULL, bound TEXT "
    "NOT NULL, what TEXT NOT NULL, asked_by TEXT NOT NULL, asked_name TEXT NOT NULL, made_at TEXT NOT NULL, until TEXT "
    "NOT NULL, state TEXT NOT NULL, answered_by TEXT NOT NULL, answered_name TEXT NOT NULL, answered_at TEXT NOT NULL, "
    "approval TEXT NOT NULL)",
    "CREATE INDEX approval_request_state ON approval_request (state)",
    "CREATE INDEX approval_made_at ON approval (made_at)",
    "CREATE INDEX audit_approval_refused ON audit (n) WHERE act = 'approval.refused'",
    "CREATE INDEX audit_rights ON audit (n) WHERE act IN ('rights.change', 'rights.ceiling')",
)


def up(db: Any) -> None:
    """Create them."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
