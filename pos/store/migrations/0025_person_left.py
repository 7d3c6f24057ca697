"""Where a person's rights reached once: tills there may know them, and are told that they are gone."""

from __future__ import annotations

from typing import Any


def up(db: Any) -> None:
    """Nobody left any place yet."""
    db.execute_sql(
        "CREATE TABLE person_left (person TEXT NOT NULL, company TEXT NOT NULL, shop TEXT NOT NULL, "
        "PRIMARY KEY (person, company, shop))"
    )
