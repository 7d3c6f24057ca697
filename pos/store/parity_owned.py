"""Stock of places that a connection keeps by now, and that was kept here before: its figure and what ours comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pos.store import stock
from pos.store.db import Store

BITE = 500
_ASKED = (
    "SELECT s.item, s.warehouse, coalesce(t.qty, 0) + (SELECT sum(m.qty) FROM inventory_move m WHERE m.item = s.item"
    " AND m.location = s.warehouse) FROM stock s JOIN inventory_location l ON l.code = s.warehouse"
    " LEFT JOIN movement_total t ON t.item = s.item AND t.warehouse = s.warehouse"
    " WHERE l.company = ? AND s.own_at_set IS NULL AND (s.item, s.warehouse) > (?, ?) AND EXISTS (SELECT 1 FROM"
    f" inventory_move m WHERE m.item = s.item AND m.location = s.warehouse) ORDER BY s.item, s.warehouse LIMIT {BITE}"
)


@dataclass(frozen=True, slots=True)
class Both:
    """An item at a place, thousandths. ours: all our events and documents; theirs: what its owner told, and our
    documents it has not booked."""

    item: str
    place: str
    ours: int
    theirs: int


def connection(store: Store) -> str:
    """The connection that tells us of stock; "" where nobody does."""
    row = store.execute(
        "SELECT connection FROM cursor WHERE feed = 'stock' ORDER BY checked_at DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else ""


def both(store: Store, company: str) -> Iterator[list[Both]]:
    """Everything both keep, in bites, by item and place."""
    last = ("", "")
    while True:
        with store.reading():
            rows = store.execute(_ASKED, (company, *last)).fetchall()
            places: dict[str, list[str]] = {}
            for item, place, _ in rows:
                places.setdefault(place, []).append(item)
            theirs = {(item, place): qty for place, items in places.items()
                      for item, qty in stock.stock_of(store, items, place).items()}  # fmt: skip
        if rows:
            yield [Both(item, place, ours, theirs.get((item, place), 0)) for item, place, ours in rows]
            last = (rows[-1][0], rows[-1][1])
        if len(rows) < BITE:
            return
