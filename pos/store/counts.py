"""Counts of the drawer, kept as they were made before the expected amount was shown. Never changed, never removed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pos import clock
from pos.errors import Conflict, NotFound

if TYPE_CHECKING:
    from pos.store.db import Store

_COLUMNS = "id, session, at, by_code, by_name, counted, expected"


@dataclass(frozen=True, slots=True)
class Counted:
    """One count of the drawer as it was stored. counted, expected: plain JSON, amounts in minor units."""

    id: str
    session: str
    at: str
    by_code: str
    by_name: str
    counted: Mapping[str, Any]
    expected: Mapping[str, Any]


def save(tx: Store, key: str, session: str, by: tuple[str, str], counted: Any, expected: Any) -> Counted:
    """Keep a count as it was made. Conflict when the id holds another one."""
    before = tx.execute("SELECT counted FROM count_check WHERE id = ?", (key,)).fetchone()
    text = json.dumps(counted, sort_keys=True)
    if before is None:
        tx.execute(
            f"INSERT INTO count_check ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (key, session, clock.stamp(clock.now()), *by, text, json.dumps(expected, sort_keys=True)),
        )
    elif before[0] != text:
        raise Conflict("This count is already stored with other figures. Count again.", code="other_content")
    return get(tx, key)


def get(store: Store, key: str) -> Counted:
    """One stored count. NotFound."""
    row = store.execute(f"{_COUNTS} WHERE id = ?", (key,)).fetchone()
    if row is None:
        raise NotFound("There is no such count; count the drawer first.", field="count")
    return _counted(row)


def of_session(store: Store, session: str) -> list[Counted]:
    """All counts of a session, in the order they were made."""
    return [_counted(row) for row in store.execute(f"{_COUNTS} WHERE session = ? ORDER BY at, id", (session,))]


_COUNTS = f"SELECT {_COLUMNS} FROM count_check"


def _counted(row: tuple[Any, ...]) -> Counted:
    key, session, at, by_code, by_name, counted, expected = row
    return Counted(key, session, at, by_code, by_name, json.loads(counted), json.loads(expected))
