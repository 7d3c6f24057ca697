"""What stands at places while something is about to move: goods, levels of what we keep, and who keeps the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pos.rules.inventory import Good
from pos.said import said
from pos.store.db import Store

_LISTED = "(SELECT value FROM json_each(?))"


def goods(store: Store, items: Iterable[str]) -> dict[str, Good]:
    asked = f"SELECT code, stocked, has_variants, disabled FROM item WHERE code IN {_LISTED}"
    rows = store.execute(asked, (json.dumps(sorted(items)),)).fetchall()
    return {code: Good(code, bool(stocked), bool(template), bool(off)) for code, stocked, template, off in rows}


def names(store: Store, items: Iterable[str]) -> dict[str, str]:
    """What items are called, of those that are known."""
    asked = f"SELECT code, name FROM item WHERE code IN {_LISTED}"
    return dict(store.execute(asked, (json.dumps(sorted(items)),)).fetchall())


def standing(
    store: Store, pairs: Iterable[tuple[str, str]]
) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], str]]:
    """On hand of each (item, place) that we keep, and who keeps those that we do not."""
    there, owners = dict[tuple[str, str], int](), dict[tuple[str, str], str]()
    wanted = sorted(set(pairs))
    listed = json.dumps(sorted({item for item, _ in wanted}))
    rows = store.execute(
        f"SELECT item, warehouse, qty, own_at_set FROM stock WHERE item IN {_LISTED}", (listed,)
    ).fetchall()
    own = store.execute(
        f"SELECT item, warehouse, qty FROM movement_total WHERE item IN {_LISTED}", (listed,)
    ).fetchall()
    moved = {(item, place): qty for item, place, qty in own}
    kept = {(item, place): (qty, at_set) for item, place, qty, at_set in rows}
    for pair in wanted:
        qty, at_set = kept.get(pair, (0, 0))
        if at_set is None or (pair not in kept and is_owned(store, pair[1])):
            owners[pair] = owner(store) or said("another system")
            continue
        there[pair] = qty - at_set + moved.get(pair, 0)
    return there, owners


def is_owned(store: Store, place: str) -> bool:
    """Whether the stock of a place is a connection's, so that an item new to it is not ours to keep either."""
    if not owner(store):
        return False
    asked = "SELECT 1 FROM stock WHERE warehouse = ? AND own_at_set IS NULL LIMIT 1"
    return store.execute(asked, (place,)).fetchone() is not None


def owner(store: Store) -> str:
    """What the connection is called that tells us of stock; "" where nobody does."""
    row = store.execute(
        "SELECT coalesce(c.title, k.connection) FROM cursor k LEFT JOIN connection c ON c.id = k.connection"
        " WHERE k.feed = 'stock' ORDER BY k.checked_at DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else ""
