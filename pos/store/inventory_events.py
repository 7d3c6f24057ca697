"""Events of stock as they were entered: one by its id, and the newest of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pos.errors import NotFound
from pos.rules.inventory import Line
from pos.store import inventory_places
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach, companies_in

_LISTED = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Event:
    """One event with its lines. Stamps as clock.stamp(); by: codes of people. qb_status: see InventoryEvent."""

    n: int
    id: str
    company: str
    kind: str
    status: str
    effective_date: str
    memo: str
    reason: str
    reference: str
    purchase_order: str
    count: str
    counters: str
    fingerprint: str
    created_at: str
    created_by: str
    approval: str
    approved_by: str
    voided_at: str
    voided_by: str
    void_reason: str
    connection: str
    qb_status: str
    qb_words: str
    lines: tuple[Line, ...] = ()


_COLUMNS = tuple(name for name in Event.__dataclass_fields__ if name != "lines")
LINE = ("item", "qty", "source", "destination", "set_to", "level_before", "account", "reason", "cost", "order_line")


def event(store: Store, key: str, reach: Reach = EVERYWHERE) -> Event:
    """One event. NotFound, also for one of a company outside of the reach."""
    one = found(store, key)
    if not inventory_places.sees(store, reach, one.company):
        raise NotFound("There is no such event here.", field="event")
    return one


def events(
    store: Store, company: str = "", reach: Reach = EVERYWHERE, *, kind: str = "", status: str = "",
    qb_status: Sequence[str] = (), item: str = "", location: str = "", before: int = 0, limit: int = 50,
) -> list[Event]:  # fmt: skip
    """The newest events first, those below `before` (an n; 0 = from the newest)."""
    where, facts = ["n < ?"], list[Any]([before or 2**62])
    for condition, value in (("company = ?", company), ("kind = ?", kind), ("status = ?", status)):
        if value:
            where.append(condition)
            facts.append(value)
    if not reach.is_all:
        seen = [one.id for one in companies_in(store, reach) if inventory_places.sees(store, reach, one.id)]
        where.append(f"company IN {_LISTED}")
        facts.append(json.dumps(seen))
    if qb_status:
        where.append(f"qb_status IN {_LISTED}")
        facts.append(json.dumps(list(qb_status)))
    for column, value in (("item", item), ("location", location)):
        if value:
            where.append(
                f"EXISTS (SELECT 1 FROM inventory_move m WHERE m.event = inventory_event.id AND m.{column} = ?)"
            )
            facts.append(value)
    asked = f"SELECT id FROM inventory_event WHERE {' AND '.join(where)} ORDER BY n DESC LIMIT ?"
    return [found(store, key) for (key,) in store.execute(asked, (*facts, limit)).fetchall()]


def find(store: Store, key: str) -> Event | None:
    """One event; None where there is none."""
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    row = store.execute(f"SELECT {names} FROM inventory_event WHERE id = ?", (key,)).fetchone()
    if row is None:
        return None
    asked = f"SELECT {', '.join(LINE)} FROM inventory_line WHERE event = ? ORDER BY position"
    lines = tuple(
        Line(item, qty, source, destination, set_to, level, *rest)
        for item, qty, source, destination, set_to, level, *rest in store.execute(asked, (key,)).fetchall()
    )
    return Event(**dict(zip(_COLUMNS, row, strict=True)), lines=lines)


def found(store: Store, key: str) -> Event:
    """One event. NotFound."""
    one = find(store, key)
    if one is None:
        raise NotFound("There is no such event here.", field="event")
    return one
