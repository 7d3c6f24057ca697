"""Notices keep what their sentences were made of, so that each reader has them in their own language."""

from __future__ import annotations

from typing import Any


def up(db: Any) -> None:
    """What was told before stays as it was written: in English."""
    for table in ("notice", "notice_delivery"):
        for column in ("text_made_of", "remedy_made_of"):
            db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
