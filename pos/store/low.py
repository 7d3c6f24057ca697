"""Which items run low at a place: what is available there is at or below their reorder point, or none is left where no
point is known. Available = on hand without what baskets hold that are set aside.

An item is told when it crosses the line, not while it stays below: what is low is kept in a table. The first look only
learns, since a shop that begins with empty shelves knows that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pos import clock
from pos.store import inventory_read, stock
from pos.store.db import Store

#: The last document whose items were looked at; missing before the first look at everything.
_UPTO = "low_stock_upto"
#: The last move of an event that was looked at.
_MOVED = "low_stock_moved"
#: Documents walked in one look.
DOCUMENTS_MAX = 500
#: Items asked for at once.
BITE_ITEMS = 2000


@dataclass(frozen=True, slots=True)
class Low:
    """An item that has just run low at a place. qty: what is available; qty, reorder: thousandths; reorder None = no
    point is known."""

    code: str
    name: str
    uom: str
    qty: int
    reorder: int | None
    location: str = ""


#: An item's code and a place's.
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Crossed:
    """What changed since the last look: items now low, and (code, place) of those that are not any more."""

    low: list[Low]
    full: list[Pair]


#: Called with what crossed the line, inside the transaction that remembers it, so that nothing is told twice or never.
Tell = Callable[[Crossed], None]


def places(store: Store) -> list[str]:
    """Where it matters what is left: this till's own warehouse, and every location in use."""
    own = {store.config.till.warehouse} if store.config.server.role != "hub" else set()
    asked = "SELECT code FROM inventory_location WHERE active = 1 AND is_virtual = 0"
    return sorted(own | {code for (code,) in store.execute(asked).fetchall()})


def moved(store: Store, now: datetime, tell: Tell) -> Crossed:
    """Look at what documents and events moved since the last look, and at what is set aside; nothing before the first
    look at everything."""
    upto, seen = int(_meta(store, _UPTO) or -1), int(_meta(store, _MOVED) or 0)
    if upto < 0:
        return Crossed([], [])
    row = store.execute(
        "SELECT coalesce(max(n), 0) FROM (SELECT n FROM document WHERE n > ? ORDER BY n LIMIT ?) AS few",
        (upto, DOCUMENTS_MAX),
    ).fetchone()
    last = store.execute("SELECT coalesce(max(n), 0) FROM inventory_move").fetchone()[0]
    pairs = set(inventory_read.reserved(store))
    if row[0]:
        asked = (
            "SELECT DISTINCT m.item_code, m.warehouse FROM document d JOIN movement m ON m.document = d.id"
            " WHERE d.n > ? AND d.n <= ?"
        )
        pairs |= {(item, place) for item, place in store.execute(asked, (upto, row[0])).fetchall()}
    if last > seen:
        asked = "SELECT DISTINCT item, location FROM inventory_move WHERE n > ? AND n <= ?"
        pairs |= {(item, place) for item, place in store.execute(asked, (seen, last)).fetchall()}
    if not pairs and not row[0]:
        return Crossed([], [])
    return _judge(store, pairs, now, tell, upto=row[0] or upto, seen=last)


def everything(store: Store, now: datetime, tell: Tell) -> Crossed:
    """Look at every item: somebody else may have moved it. Costs a pass over the stock table."""
    last = store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()[0]
    seen = store.execute("SELECT coalesce(max(n), 0) FROM inventory_move").fetchone()[0]
    asked = (
        "SELECT s.item, s.warehouse FROM stock s JOIN item i ON i.code = s.item LEFT JOIN movement_total t"
        " ON t.item = s.item AND t.warehouse = s.warehouse WHERE s.warehouse = ? AND i.stocked = 1 AND i.disabled = 0"
        " AND coalesce(i.reorder, 0) >= "
        "s.qty + CASE WHEN s.own_at_set IS NULL THEN 0 ELSE coalesce(t.qty, 0) - s.own_at_set END"
    )
    pairs = {(item, place) for one in places(store) for item, place in store.execute(asked, (one,)).fetchall()}
    pairs |= _known(store) | set(inventory_read.reserved(store))
    waiting = (
        "SELECT DISTINCT m.item_code, m.warehouse FROM outbox o JOIN movement m ON m.document = o.document "
        "WHERE o.connection IN (SELECT id FROM connection) "
        "AND o.state IN ('queued', 'sending', 'sent', 'unknown', 'rejected')"
    )
    pairs |= {(item, place) for item, place in store.execute(waiting).fetchall()}
    return _judge(store, pairs, now, tell, upto=last, seen=seen)


def _known(store: Store) -> set[Pair]:
    return {(item, place) for item, place in store.execute("SELECT item, location FROM low_stock").fetchall()}


def _judge(store: Store, pairs: set[Pair], now: datetime, tell: Tell, *, upto: int, seen: int) -> Crossed:
    watched = set(places(store))
    pairs = {pair for pair in pairs if pair[1] in watched} | {pair for pair in _known(store) if pair[1] not in watched}
    found = _low_of(store, pairs, watched)
    known = _known(store) & pairs
    new, gone = sorted(found.keys() - known), sorted(known - found.keys())
    marks = {_UPTO: str(upto), _MOVED: str(seen)}
    if not new and not gone and all(_meta(store, key) == mark for key, mark in marks.items()):
        return Crossed([], [])
    at = clock.stamp(now)
    with store.transaction():  # short: sales wait for it; nobody else writes these rows
        for item, place in new:
            asked = "INSERT INTO low_stock (item, location, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            store.execute(asked, (item, place, at))
        for pair in gone:
            store.execute("DELETE FROM low_stock WHERE item = ? AND location = ?", pair)
        crossed = Crossed([found[pair] for pair in new] if _meta(store, _UPTO) else [], gone)
        for key, mark in marks.items():
            store.execute(
                "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, mark),
            )
        tell(crossed)
    return crossed


def _low_of(store: Store, pairs: Iterable[Pair], watched: set[str]) -> dict[Pair, Low]:
    """Those of these that are low now."""
    by_place = dict[str, list[str]]()
    for item, place in sorted(pairs):
        if place in watched:
            by_place.setdefault(place, []).append(item)
    promised = inventory_read.reserved(store)
    found = dict[Pair, Low]()
    for place, items in by_place.items():
        for start in range(0, len(items), BITE_ITEMS):
            for low in _low_at(store, items[start : start + BITE_ITEMS], place, promised):
                found[low.code, place] = low
    return found


def _low_at(store: Store, items: Iterable[str], place: str, promised: Mapping[Pair, int]) -> list[Low]:
    there = stock.stock_of(store, items, place)
    if not there:
        return []
    rows = store.execute(
        "SELECT code, name, uom, reorder FROM item WHERE stocked = 1 AND disabled = 0 AND has_variants = 0 "
        "AND code IN (SELECT value FROM json_each(?))",
        (json.dumps(list(there)),),
    ).fetchall()
    lows = [
        Low(code, name, uom, there[code] - promised.get((code, place), 0), reorder, place)
        for code, name, uom, reorder in rows
    ]
    return [low for low in lows if low.qty <= (low.reorder or 0)]


def _meta(store: Store, key: str) -> str:
    row = store.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else ""
