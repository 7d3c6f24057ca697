"""Documents of the books that are made of several receipts: what is in each, its bytes, and what it is known by."""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    "CREATE TABLE bundle (n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, "
    "company TEXT NOT NULL, root INTEGER NOT NULL, kind TEXT NOT NULL, day TEXT NOT NULL, shop TEXT NOT NULL, "
    "tender TEXT NOT NULL, currency TEXT NOT NULL, single INTEGER NOT NULL, supplement INTEGER NOT NULL, "
    "number TEXT NOT NULL, total INTEGER NOT NULL, body TEXT NOT NULL, sent TEXT NOT NULL, request_id TEXT NOT NULL, "
    "edition INTEGER NOT NULL, refused INTEGER NOT NULL, made_at TEXT NOT NULL, closed_at TEXT NOT NULL)",
    "CREATE UNIQUE INDEX bundle_number ON bundle (connection, number) WHERE number <> ''",
    "CREATE UNIQUE INDEX bundle_open ON bundle (connection, day, shop, tender, kind, currency) WHERE number = ''",
    "CREATE INDEX bundle_day ON bundle (connection, day)",
    "CREATE INDEX bundle_root ON bundle (root)",
    "CREATE TABLE bundle_member (bundle INTEGER NOT NULL, outbox INTEGER NOT NULL, document TEXT NOT NULL, "
    "part TEXT NOT NULL, PRIMARY KEY (bundle, outbox))",
    "CREATE INDEX bundle_member_outbox ON bundle_member (outbox)",
    "CREATE INDEX bundle_member_document ON bundle_member (document)",
)


def up(db: Any) -> None:
    """Nothing was bundled yet."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
