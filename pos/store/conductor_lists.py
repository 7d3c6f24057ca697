"""Small lists of a QuickBooks company file, as they were asked for last: what forms choose from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pos import clock
from pos.store.db import Store
from pos.store.models import ConductorRef as Refs

_PUT = (
    "INSERT INTO conductor_ref (connection, sort, id, name, active, facts, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (connection, sort, id) DO UPDATE SET name = excluded.name, active = excluded.active,"
    " facts = excluded.facts, seen_at = excluded.seen_at"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. active: it can be chosen; what is not, or is not there any more, can only stand where it stands."""

    sort: str
    id: str
    name: str
    active: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)
    seen_at: str = ""


def keep(store: Store, connection: str, sort: str, entries: Sequence[Entry], now: datetime) -> None:
    """A whole list in place of the one before. What it does not have any more stays, so that its name is known, and
    cannot be chosen."""
    stamp = clock.stamp(now)
    rows = [
        (connection, sort, one.id, one.name, int(one.active), json.dumps(dict(one.facts), sort_keys=True), stamp)
        for one in entries
    ]
    with store.transaction():
        store.execute_many(_PUT, rows)
        left = _of(connection, sort) & (Refs.seen_at != stamp) & (Refs.active == 1)
        Refs.update(active=False).where(left).execute()


def listed(
    store: Store, connection: str, sort: str, *, words: str = "", active: bool = True, limit: int = 500
) -> list[Entry]:  # fmt: skip
    """Entries of one list by their names. words: only those that hold them; active: only those that can be chosen."""
    asked = _of(connection, sort)
    if active:
        asked &= Refs.active == 1
    if words:
        asked &= Refs.name.contains(words)
    with store.reading():
        return [_entry(row) for row in Refs.select().where(asked).order_by(Refs.name, Refs.id).limit(limit)]


def named(store: Store, connection: str, sort: str, keys: Iterable[str]) -> dict[str, Entry]:
    """Those of these entries that are known, by their ids."""
    with store.reading():
        rows = Refs.select().where(_of(connection, sort) & Refs.id.in_(list(keys)))
        return {row.id: _entry(row) for row in rows}


def sorts(store: Store, connection: str) -> dict[str, tuple[int, str]]:
    """How many entries each list has that can be chosen, and when it was asked for last."""
    with store.reading():
        rows = store.execute(
            "SELECT sort, SUM(active), MAX(seen_at) FROM conductor_ref"
            " WHERE connection = ? GROUP BY sort ORDER BY sort",
            (connection,),
        ).fetchall()
    return {sort: (int(count), str(seen)) for sort, count, seen in rows}


def _of(connection: str, sort: str) -> Any:
    return (Refs.connection == connection) & (Refs.sort == sort)


def _entry(row: Any) -> Entry:
    return Entry(row.sort, row.id, row.name, bool(row.active), json.loads(row.facts), row.seen_at)
