"""Bytes of documents by month, in PostgreSQL: `engines.postgres_months` holds what is done there. SQLite keeps its
table as it is; a till's database is one file, and its receipts are files beside it."""

from __future__ import annotations

from typing import Any


def up(_db: Any) -> None:
    """Nothing here."""
