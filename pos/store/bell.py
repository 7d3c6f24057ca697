"""What the bell shows: open notices, the worst first, and who has read which change of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.errors import NotFound
from pos.said import unpacked
from pos.store import reach as within
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach

#: Resolved notices are listed this long.
RESOLVED_DAYS = 30
_ORDER = {"needs": 0, "check": 1, "info": 2}
_RANK = "CASE n.level WHEN 'needs' THEN 0 WHEN 'check' THEN 1 ELSE 2 END"
_READ = "LEFT JOIN notice_read r ON r.key = n.key AND r.person = :person"
_UNREAD = "n.resolved_at = '' AND (r.change IS NULL OR r.change < n.changes)"


@dataclass(frozen=True, slots=True)
class Listed:
    """One notice as one person sees it. change: what to send back when it is read; resolved_at: "" = open."""

    key: str
    level: str
    text: str
    remedy: str
    subject: str
    first_at: str
    last_at: str
    count: int
    resolved_at: str
    change: int
    read_at: str


@dataclass(frozen=True, slots=True)
class Ring:
    """What the bell says to one person: how many open notices they have not read, and the worst level among those."""

    unread: int
    worst: str


@dataclass(frozen=True, slots=True)
class State:
    """What the bell says to everybody. mark: another one after each change, so that screens know when to look again."""

    open: int
    worst: str
    mark: str


def ring(store: Store, person: str, reach: Reach = EVERYWHERE) -> Ring:
    """The bell of one person, of what lies in their reach."""
    where, facts = within.notices(reach, "n")
    if where:
        return _ring_within(store, person, where[0], facts)
    rows = store.execute(
        f"SELECT n.level, count(*) FROM notice n {_READ} WHERE {_UNREAD} GROUP BY n.level", {"person": person}
    ).fetchall()
    return Ring(sum(count for _, count in rows), _worst(level for level, _ in rows))


def _ring_within(store: Store, person: str, where: str, facts: Sequence[str]) -> Ring:
    read = _READ.replace(":person", "?")
    rows = store.execute(
        f"SELECT n.level, count(*) FROM notice n {read} WHERE {_UNREAD} AND {where} GROUP BY n.level", (person, *facts)
    ).fetchall()
    return Ring(sum(count for _, count in rows), _worst(level for level, _ in rows))


def state(store: Store) -> State:
    """The bell of the till."""
    rows = store.execute("SELECT level, count(*) FROM notice WHERE resolved_at = '' GROUP BY level").fetchall()
    mark = store.execute("SELECT count(*), coalesce(sum(changes), 0), coalesce(sum(count), 0) FROM notice").fetchone()
    return State(sum(count for _, count in rows), _worst(level for level, _ in rows), "-".join(map(str, mark)))


def listed(store: Store, person: str, offset: int, limit: int, now: datetime) -> tuple[list[Listed], int, int]:
    """A page of notices, how many there are to page through, and how many of them are open.

    Open ones first, the worst first, then the latest; behind them those resolved in the last 30 days.
    """
    since = {"since": clock.stamp(now - timedelta(days=RESOLVED_DAYS))}
    shown = "(n.resolved_at = '' OR n.resolved_at > :since)"
    rows = store.execute(
        "SELECT n.key, n.level, n.text, n.remedy, n.subject, n.first_at, n.last_at, n.count, n.resolved_at, n.changes, "
        "CASE WHEN r.change >= n.changes THEN r.read_at ELSE '' END, n.text_made_of, n.remedy_made_of "
        f"FROM notice n {_READ} WHERE {shown} "
        f"ORDER BY n.resolved_at <> '', CASE WHEN n.resolved_at = '' THEN {_RANK} END, n.changed_at DESC, n.key "
        "LIMIT :limit OFFSET :offset",
        {"person": person, "limit": limit, "offset": offset, **since},
    ).fetchall()
    counts = f"SELECT count(*), coalesce(sum(n.resolved_at = ''), 0) FROM notice n WHERE {shown}"
    total, still_open = store.execute(counts, since).fetchone()
    return [_listed(*row) for row in rows], total, still_open


def _listed(key: str, level: str, text: str, remedy: str, *rest: Any) -> Listed:
    *facts, text_of, remedy_of = rest
    return Listed(key, level, unpacked(text, text_of), unpacked(remedy, remedy_of), *facts)


def read(store: Store, key: str, person: str, change: int | None, now: datetime) -> None:
    """A person has read a notice as it stood at `change` (None: as it stands). NotFound. Reading twice does nothing."""
    with store.transaction():
        row = store.execute("SELECT changes FROM notice WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise NotFound("There is no such notice.", field="key")
        _mark(store, key, person, row[0] if change is None else min(change, row[0]), now)


def read_all(store: Store, person: str, now: datetime) -> int:
    """A person has read everything that is open; how many were new to them."""
    with store.transaction():
        asked = f"SELECT n.key, n.changes FROM notice n {_READ} WHERE {_UNREAD}"
        rows = store.execute(asked, {"person": person}).fetchall()
        for key, changes in rows:
            _mark(store, key, person, changes, now)
        return len(rows)


def _mark(store: Store, key: str, person: str, change: int, now: datetime) -> None:
    store.execute(
        "INSERT INTO notice_read (key, person, change, read_at) VALUES (?, ?, ?, ?) ON CONFLICT (key, person) "
        "DO UPDATE SET change = excluded.change, read_at = excluded.read_at WHERE excluded.change > notice_read.change",
        (key, person, change, clock.stamp(now)),
    )


def _worst(levels: Any) -> str:
    return min(levels, key=lambda level: _ORDER.get(level, 9), default="")
