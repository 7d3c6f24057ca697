"""What is there: what the owner of the stock last told us, and our own movements it does not know yet.

One function for every screen. Two kinds of stock rows: kept here (`inventory`), where qty − own_at_set is the sum of
all moves of events and each of our movements changes it; and pulled from a connection, where only those count that it
had not booked when last asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pos import clock
from pos.store import hub_changes

if TYPE_CHECKING:
    from pos.store.db import Store

_AS_OF = "stock_as_of"
#: Up to here the waiting documents are walked; above, the movements of the items asked for.
_WALK_MAX = 500
#: Books that take money alone own no stock: what waits for them was told to whoever does.
_GOODS = "substr(connection, 1, 10) <> 'quickbooks'"
_OPEN = f"state IN ('queued', 'sending', 'sent', 'unknown', 'rejected') AND {_GOODS}"
#: Booked, but after the connection was last asked for its stock.
_LATE = f"state IN ('booked', 'differs') AND updated_at > :as_of AND {_GOODS}"
#: A part books the movements of its own direction: goods leave with a sale, come back with a return.
#: To a hub a document goes as a whole.
_PART = "m.document = o.document AND (o.part = 'document' OR (o.part = 'sale') = (m.qty < 0))"
#: Parts that count no more once the moment of the last pull goes from `after` to `upto`; one part by itself.
_BETWEEN = (
    "SELECT document, part FROM outbox WHERE state IN ('booked', 'differs') AND updated_at > :after"
    f" AND updated_at <= :upto AND {_GOODS}"
)
_ONE = f"SELECT document, part FROM outbox WHERE document = :document AND part = :part AND {_GOODS}"
#: Before the first pull nothing booked counts.
_NEVER = "9999"
_LISTED = "(SELECT value FROM json_each(:items))"


def stock_of(store: Store, items: Iterable[str], warehouse: str = "") -> dict[str, int]:
    """Thousandths in a warehouse ("" = the till's own), per item; may be negative. An item nobody ever told about is
    left out."""
    place = warehouse or store.config.till.warehouse
    given = {"items": json.dumps(list(items)), "warehouse": place, "as_of": _as_of(store)}
    told = store.execute(
        "SELECT s.item, s.qty, s.own_at_set, t.qty FROM stock s "
        "LEFT JOIN movement_total t ON t.item = s.item AND t.warehouse = s.warehouse "
        f"WHERE s.item IN {_LISTED} AND s.warehouse = :warehouse",
        {k: given[k] for k in ("items", "warehouse")},
    ).fetchall()
    if not told:
        return {}
    moved = any(own_at_set is None and own is not None for _, _, own_at_set, own in told)  # of ours, at any time
    waiting = _waiting(store, given) if moved else {}
    return {
        item: qty + (waiting.get(item, 0) if own_at_set is None else (own or 0) - own_at_set)
        for item, qty, own_at_set, own in told
    }


def elsewhere(store: Store, items: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    """Where else there is something of these items: (warehouse, thousandths), the most first. An item there is nothing
    of in any other place is left out."""
    wanted, here = list(items), store.config.till.warehouse
    asked = f"SELECT DISTINCT warehouse FROM stock WHERE item IN {_LISTED} AND warehouse <> :here"
    found: dict[str, list[tuple[str, int]]] = {}
    for (place,) in store.execute(asked, {"items": json.dumps(wanted), "here": here}).fetchall():
        for item, qty in stock_of(store, wanted, place).items():
            if qty > 0:
                found.setdefault(item, []).append((place, qty))
    return {item: sorted(places, key=lambda x: (-x[1], x[0])) for item, places in found.items()}


def told_at(store: Store) -> str:
    """When whoever owns the stock was last asked for it, to the end: a stamp; "" when it is counted here."""
    row = store.execute("SELECT max(checked_at) FROM cursor WHERE feed = 'stock'").fetchone()
    return row[0] or ""


def own_total(store: Store, item: str, warehouse: str) -> int:
    """The sum of all our movements of an item; kept in the row when its stock is counted here."""
    row = store.execute("SELECT qty FROM movement_total WHERE item = ? AND warehouse = ?", (item, warehouse)).fetchone()
    return row[0] if row else 0


def pulled_until(store: Store, began: datetime) -> None:
    """Say that a complete pull of stock is in, and when its first page was asked for.

    What was booked after that moment still counts as not known there. Tills of a hub hear of what was counted so until
    now and is no more: its figure is another one, though no row of stock may have changed.
    """
    with store.transaction():
        before, after = sorted((_as_of(store), clock.stamp(began)))
        hub_changes.tell(store, "stock", _names(store, _BETWEEN, {"after": before, "upto": after}))
        store.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (_AS_OF, clock.stamp(began)),
        )


def booked(store: Store, document: str, part: str, stamp: str) -> None:
    """A part of a document was booked, by the clock of whoever sent it. Where that is not after the last pull (which
    ended meanwhile, or goes by another clock), it counts no more from here on: tills of a hub hear of it. Inside its
    transaction."""
    if stamp <= _as_of(store) != _NEVER:
        hub_changes.tell(store, "stock", _names(store, _ONE, {"document": document, "part": part}))


def is_unsettled(store: Store, began: datetime) -> bool:
    """Whether something of ours was being booked while stock was pulled from this moment on: the figures that came may
    hold it already, while here it still counts as not known there."""
    asked = (
        f"SELECT 1 FROM outbox WHERE state IN ('sending', 'sent', 'unknown') AND {_GOODS}"
        f" UNION ALL SELECT 1 FROM outbox WHERE {_LATE}"
    )
    return (
        store.execute(f"SELECT count(*) FROM ({asked} LIMIT 1) AS any_of", {"as_of": clock.stamp(began)}).fetchone()[0]
        > 0
    )


def _names(store: Store, parts: str, given: dict[str, str]) -> list[str]:
    """What the rows of stock are called that the movements of some parts of documents change. Nothing where nobody is
    told."""
    if not hub_changes.top(store):
        return []
    asked = f"SELECT DISTINCT m.item_code, m.warehouse FROM ({parts}) o CROSS JOIN movement m ON {_PART}"
    return [f"{item}{hub_changes.SEP}{warehouse}" for item, warehouse in store.execute(asked, given).fetchall()]


def _as_of(store: Store) -> str:
    """The moment of the last complete pull; before the first one nothing booked counts any more."""
    row = store.execute("SELECT value FROM meta WHERE key = ?", (_AS_OF,)).fetchone()
    return row[0] if row else _NEVER


def _waiting(store: Store, given: dict[str, str]) -> dict[str, int]:
    sql = store.execute
    asked = f"SELECT 1 FROM outbox WHERE {_OPEN} UNION ALL SELECT 1 FROM outbox WHERE {_LATE}"
    few = sql(f"SELECT count(*) FROM ({asked} LIMIT {_WALK_MAX + 1}) AS few", {"as_of": given["as_of"]}).fetchone()[0]
    if not few:
        return {}
    parts = f"SELECT document, part FROM outbox WHERE {_OPEN} UNION SELECT document, part FROM outbox WHERE {_LATE}"
    if few <= _WALK_MAX:
        rows = sql(
            f"SELECT m.item_code, sum(m.qty) FROM ({parts}) o CROSS JOIN movement m ON {_PART} "
            f"WHERE m.warehouse = :warehouse AND m.item_code IN {_LISTED} GROUP BY m.item_code",
            given,
        )
    else:
        rows = sql(
            f"SELECT m.item_code, sum(m.qty) FROM movement m WHERE m.item_code IN {_LISTED} "
            "AND m.warehouse = :warehouse AND EXISTS (SELECT 1 FROM outbox o WHERE "
            f"{_PART} AND (({_OPEN}) OR ({_LATE}))) GROUP BY m.item_code",
            given,
        )
    return {item: qty for item, qty in rows}
