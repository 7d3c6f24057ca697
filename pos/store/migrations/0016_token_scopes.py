"""Keys for programs may have fewer rights than their role."""

from __future__ import annotations

from typing import Any


def up(db: Any) -> None:
    """Every key there is has all the rights of its role."""
    db.execute_sql("ALTER TABLE token ADD COLUMN scopes TEXT NOT NULL DEFAULT ''")
