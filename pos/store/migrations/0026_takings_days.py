"""Sums of takings are found by their day, also where thousands of sessions have some."""

from __future__ import annotations

from typing import Any

TABLES = ("takings_people", "takings_goods", "takings_tenders")


def up(db: Any) -> None:
    """An index for each; the tables hold a few rows a session."""
    for table in TABLES:
        db.execute_sql(f"CREATE INDEX {table}_day ON {table} (business_day)")
