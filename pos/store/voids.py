"""Lines taken off a basket before it was paid: who, what, how much. No document, but on the Z and in the audit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from pos import clock
from pos.store import audit, shifts
from pos.store.db import Store


class TakenOff(NamedTuple):
    """One line, or some pieces of it. amount: minor units, as it was shown."""

    id: str
    basket: str
    line: str
    item_code: str
    item_name: str
    qty: Decimal
    amount: int


def take_off(store: Store, rows: Sequence[TakenOff], by: str) -> int:
    """Write them down; how many were new. Sent again, one counts once."""
    now, till = clock.stamp(clock.now()), store.config.till.id
    with store.transaction():
        session = shifts.name_now(store, shifts.last(store, till))
        fresh = []
        for x in rows:
            added = store.execute(
                "INSERT INTO line_void (id, session, basket, line, item_code, item_name, qty, amount, by_code, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (x.id, session, x.basket, x.line, x.item_code, x.item_name, int(x.qty.scaleb(3)), x.amount, by, now),
            ).rowcount
            if added:
                fresh.append(x)
        for x in fresh:
            detail = {"line": x.line, "item": x.item_code, "qty": f"{x.qty.normalize():f}", "amount": x.amount}
            audit.record(store, by, "line.void", x.basket, {**detail, "session": session})
    return len(fresh)
