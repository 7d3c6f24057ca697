"""One page of a feed goes in: its rows and the cursor in one transaction, so that neither is ahead of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import DataError, IntegrityError

from pos.errors import PosError
from pos.said import said
from pos.store import cashiers, connections, feeds, hub_told, notices
from pos.store.db import Store

#: Of the rows that could not be taken in, so many get a notice of their own; the others are counted in the log.
NOTICES_MAX = 50

Rows = Iterable[Mapping[str, Any]]
#: Feed -> what takes its rows in.
_PUT: dict[str, Callable[[Store, Rows, str], feeds.Counts]] = {
    "taxes": lambda store, rows, _source: feeds.put_taxes(store, rows),
    "items": feeds.put_items,
    "barcodes": lambda store, rows, _source: feeds.put_barcodes(store, rows),
    "prices": lambda store, rows, _source: feeds.put_prices(store, rows),
    "stock": feeds.put_stock,
    "customers": feeds.put_customers,
    "modes": feeds.put_modes,
    "cashiers": cashiers.put,
    "people": hub_told.put_people,
    "rights": hub_told.put_rights,
    "notices": hub_told.put_notices,
}
#: What a single bad row may raise; anything else is a fault of ours and stops the round.
_BAD_ROW = (PosError, TypeError, ValueError, KeyError, IntegrityError, DataError)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a page did. refused: (name, why) of each row that was left out."""

    counts: feeds.Counts
    refused: tuple[tuple[str, str], ...]


def put(
    store: Store,
    connection: str,
    feed: str,
    rows: tuple[dict[str, Any], ...],
    cursor: str,
    refused: Iterable[tuple[str, str]],
    now: datetime,
) -> Taken:
    """Take a page in. A bad row never stops its neighbours: it is left out, and a notice says so until it is good."""
    with store.transaction():
        counts, bad = _put(store, feed, rows, connection)
        bad = [*refused, *bad]
        if cursor:
            connections.move(store, connection, feed, cursor, now)
        _report(store, connection, feed, {_name(row) for row in rows} - {name for name, _ in bad}, bad)
    return Taken(counts, tuple(bad))


def _put(store: Store, feed: str, rows: Rows, source: str) -> tuple[feeds.Counts, list[tuple[str, str]]]:
    given = list(rows)
    take_in = _PUT[feed]
    try:
        with store.transaction():
            return take_in(store, given, source), []
    except _BAD_ROW:
        pass  # one of them is bad: each by itself
    counts, bad = feeds.Counts(), []
    for row in given:
        try:
            with store.transaction():
                counts += take_in(store, [row], source)
        except _BAD_ROW as error:
            bad.append(
                (_name(row), error.message if isinstance(error, PosError) else f"{type(error).__name__}: {error}")
            )
    return counts, bad


def _report(store: Store, connection: str, feed: str, good: set[str], bad: list[tuple[str, str]]) -> None:
    prefix = f"row:{connection}:{feed}:"
    still_open = {shown.key for shown in notices.open_notices(store, prefix=prefix, limit=NOTICES_MAX)}
    for key in still_open & {prefix + name for name in good}:
        notices.settle(store, key)
    for name, why in bad[: NOTICES_MAX - len(still_open)]:
        text = said("{name} ({feed}) could not be taken in: {why}", name=name, feed=feed, why=why)
        remedy = said("Correct it there; it comes again when saved.")
        notices.raise_notice(store, prefix + name, "check", text, remedy, name)


def _name(row: Mapping[str, Any]) -> str:
    """What people call a row, for the report."""
    known = row.get("code") or row.get("name") or " ".join(str(row[k]) for k in ("item", "warehouse") if row.get(k))
    return str(known or "a row without a name")
