"""Which items run low: at or below their reorder point, or with none left where no point is known.

An item is told when it crosses the line, not while it stays below: what is low is kept in a table. The first look only
learns, since a shop that begins with empty shelves knows that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pos import clock
from pos.store import stock
from pos.store.db import Store

#: The last document whose items were looked at; missing before the first look at everything.
_UPTO = "low_stock_upto"
#: Documents walked in one look.
DOCUMENTS_MAX = 500
#: Items asked for at once.
BITE_ITEMS = 2000


@dataclass(frozen=True, slots=True)
class Low:
    """An item that has just run low. qty, reorder: thousandths; reorder None = no point is known."""

    code: str
    name: str
    uom: str
    qty: int
    reorder: int | None


@dataclass(frozen=True, slots=True)
class Crossed:
    """What changed since the last look: items now low, and codes of those that are not any more."""

    low: list[Low]
    full: list[str]


#: Called with what crossed the line, inside the transaction that remembers it, so that nothing is told twice or never.
Tell = Callable[[Crossed], None]


def moved(store: Store, now: datetime, tell: Tell) -> Crossed:
    """Look at the items of documents saved since the last look; nothing before the first look at everything."""
    upto = int(_meta(store, _UPTO) or -1)
    if upto < 0:
        return Crossed([], [])
    row = store.execute(
        "SELECT coalesce(max(n), 0) FROM (SELECT n FROM document WHERE n > ? ORDER BY n LIMIT ?) AS few",
        (upto, DOCUMENTS_MAX),
    ).fetchone()
    if not row[0]:
        return Crossed([], [])
    asked = (
        "SELECT DISTINCT m.item_code FROM document d JOIN movement m ON m.document = d.id WHERE d.n > ? AND d.n <= ?"
    )
    codes = [code for (code,) in store.execute(asked, (upto, row[0])).fetchall()]
    return _judge(store, codes, now, tell, upto=row[0])


def everything(store: Store, now: datetime, tell: Tell) -> Crossed:
    """Look at every item: somebody else may have moved it. Costs a pass over the stock table."""
    last = store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()[0]
    asked = (
        "SELECT s.item FROM stock s JOIN item i ON i.code = s.item LEFT JOIN movement_total t ON t.item = s.item "
        "AND t.warehouse = s.warehouse WHERE s.warehouse = ? AND i.stocked = 1 AND i.disabled = 0 AND "
        "coalesce(i.reorder, 0) >= "
        "s.qty + CASE WHEN s.own_at_set IS NULL THEN 0 ELSE coalesce(t.qty, 0) - s.own_at_set END "
        "UNION SELECT item FROM low_stock "
        "UNION SELECT m.item_code FROM outbox o JOIN movement m ON m.document = o.document "
        "WHERE o.connection IN (SELECT id FROM connection) "
        "AND o.state IN ('queued', 'sending', 'sent', 'unknown', 'rejected')"
    )
    codes = [code for (code,) in store.execute(asked, (store.config.till.warehouse,)).fetchall()]
    return _judge(store, codes, now, tell, upto=last)


def _judge(store: Store, codes: list[str], now: datetime, tell: Tell, *, upto: int) -> Crossed:
    found: dict[str, Low] = {}
    for start in range(0, len(codes), BITE_ITEMS):
        found.update(_low_of(store, codes[start : start + BITE_ITEMS]))
    known = {code for (code,) in store.execute("SELECT item FROM low_stock").fetchall()} & set(codes)
    new, gone = sorted(found.keys() - known), sorted(known - found.keys())
    if not new and not gone and _meta(store, _UPTO) == str(upto):
        return Crossed([], [])
    at = clock.stamp(now)
    with store.transaction():  # short: sales wait for it; nobody else writes these rows
        for code in new:
            store.execute("INSERT INTO low_stock (item, since) VALUES (?, ?) ON CONFLICT DO NOTHING", (code, at))
        for code in gone:
            store.execute("DELETE FROM low_stock WHERE item = ?", (code,))
        crossed = Crossed([found[code] for code in new] if _meta(store, _UPTO) else [], gone)
        store.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (_UPTO, str(upto)),
        )
        tell(crossed)
    return crossed


def _low_of(store: Store, codes: Iterable[str]) -> dict[str, Low]:
    there = stock.stock_of(store, codes)
    if not there:
        return {}
    rows = store.execute(
        "SELECT code, name, uom, reorder FROM item WHERE stocked = 1 AND disabled = 0 AND has_variants = 0 "
        "AND code IN (SELECT value FROM json_each(?))",
        (json.dumps(list(there)),),
    ).fetchall()
    lows = (Low(code, name, uom, there[code], reorder) for code, name, uom, reorder in rows)
    return {low.code: low for low in lows if low.qty <= (low.reorder or 0)}


def _meta(store: Store, key: str) -> str:
    row = store.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else ""
