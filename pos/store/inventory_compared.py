"""What a count comes to: each figure against what was on hand when it was counted, not when it is compared.

What is sold, sent or received meanwhile is no difference. What somebody puts right by hand meanwhile makes the figure
worthless: that item is counted anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pos import clock
from pos.errors import Conflict
from pos.store import audit, intake, stock
from pos.store.db import Store
from pos.store.inventory_counts import Count, Counted, asked_for, count, forget, lines, uncountable
from pos.store.models import InventoryCount, InventoryCounted

_LISTED = "(SELECT value FROM json_each(?))"
#: The moves of an event that was taken back are there twice, the second time the other way round.
_IS_REVERSAL = (
    "e.status = 'voided' AND 2 * (SELECT count(*) FROM inventory_move k WHERE k.event = m.event AND k.n <= m.n)"
    " > (SELECT count(*) FROM inventory_move k WHERE k.event = m.event)"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What comparing a round came to. again: items whose stock was changed by hand after they were counted: these are
    to be counted anew. differing: items of the round with another figure than was on hand."""

    again: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()


def judge(store: Store, key: str, state: str, *, zero: bool, by: str, now: datetime) -> Judged:
    """Compare the round that is counted with what was on hand when each item was counted, and take the count on: to
    the second round, to `waiting` where a difference stays, else it is done. zero: of what nobody counted there is
    none; else it is left out, as is an item that was deleted, or of which no stock is kept now. Conflict `over`.
    state: as whoever asks saw it; when somebody else took the count on since, nothing happens."""
    with store.transaction():
        here = count(store, key)
        if here.state not in ("open", "recount"):
            raise Conflict("This count is over; nothing more can be counted into it.", code="over")
        if here.state != state:
            return Judged()
        name = "first" if here.state == "open" else "second"
        if zero:
            _zero(key, here.state, lines(store, key), name, by, now)
        found = [one for one in asked_for(here.state, lines(store, key)) if getattr(one, name) is not None]
        gone = uncountable(store, [one.item for one in found])
        if gone:  # what nobody can put right any more holds back nothing else
            _leave_out(key, gone, name)
            found = [one for one in found if one.item not in gone]
        moments = {one.item: str(getattr(one, f"{name}_at")) for one in found}
        again = _changed_by_hand(store, here.location, moments)
        if again:
            forget(key, again, name)
            return Judged(again=again)
        levels = levels_then(store, here.location, moments)
        row = InventoryCounted
        for one in found:
            change = {f"{name}_level": levels[one.item]}
            row.update(**change).where((row.count == key) & (row.item == one.item)).execute()
        differing = tuple(one.item for one in found if getattr(one, name) != levels[one.item])
        _on(store, here, differing, by, now)
        return Judged(differing=differing)


def _zero(key: str, state: str, found: Sequence[Counted], name: str, by: str, now: datetime) -> None:
    row = InventoryCounted
    values = {name: 0, f"{name}_by": by, f"{name}_at": clock.stamp(now)}
    for one in asked_for(state, found):
        if getattr(one, name) is None:
            row.update(**values).where((row.count == key) & (row.item == one.item)).execute()


def _leave_out(key: str, items: Iterable[str], name: str) -> None:
    row = InventoryCounted
    for item in items:
        row.update(**{f"{name}_level": None}).where((row.count == key) & (row.item == item)).execute()


def _on(store: Store, here: Count, differing: Sequence[str], by: str, now: datetime) -> None:
    """The state after a round was compared; nobody else may have taken it further meanwhile."""
    row, stamp = InventoryCount, clock.stamp(now)
    if not differing:
        values = {"state": "done", "ended_at": stamp}
    else:
        values = {"state": "recount"} if here.state == "open" else {"state": "waiting", "approval": ""}
    row.update(**values).where(row.id == here.id).execute()
    audit.record(store, by, "inventory.count.compared", here.id, {"state": values["state"], "differ": len(differing)})


# -- what was on hand --------------------------------------------------------------------------------------------------


def levels_then(store: Store, location: str, moments: Mapping[str, str]) -> dict[str, int]:
    """What was on hand of each item at its moment (a stamp): what is there now, without what happened after it by its
    own time. So a sale a till sends in late is known as soon as it is there."""
    now = stock.stock_of(store, moments, location)
    found = {item: now.get(item, 0) for item in moments}
    if not moments:
        return found
    for item, at, qty in _after(store, location, moments):
        if at > moments[item]:
            found[item] -= qty
    return found


def _after(store: Store, location: str, moments: Mapping[str, str]) -> list[tuple[str, str, int]]:
    """(item, stamp, change) of what happened at a place since the first of these moments."""
    items, since = json.dumps(sorted(moments)), min(moments.values())
    events = store.execute(
        f"SELECT m.item, CASE WHEN {_IS_REVERSAL} THEN e.voided_at ELSE e.created_at END, m.qty FROM inventory_move m"
        f" JOIN inventory_event e ON e.id = m.event WHERE m.location = ? AND m.item IN {_LISTED}"
        " AND (e.created_at > ? OR e.voided_at > ?)",
        (location, items, since, since),
    ).fetchall()
    # The day of business of a document is at most a day off that of its moment, in whatever zone its till is.
    day = (intake.local(store, clock.parse(since)) - timedelta(days=1)).date().isoformat()
    documents = store.execute(
        "SELECT m.item_code, d.created_at, m.qty FROM document d JOIN movement m ON m.document = d.id"
        f" WHERE d.business_day >= ? AND m.warehouse = ? AND m.item_code IN {_LISTED}",
        (day, location, items),
    ).fetchall()
    return [
        *((item, at, qty) for item, at, qty in events),
        *((item, clock.stamp(clock.parse(at)), qty) for item, at, qty in documents),
    ]


def _changed_by_hand(store: Store, location: str, moments: Mapping[str, str]) -> tuple[str, ...]:
    """Items whose stock somebody put right after they were counted: the count would put it right once more."""
    if not moments:
        return ()
    rows = store.execute(
        "SELECT m.item, max(CASE WHEN e.voided_at > e.created_at THEN e.voided_at ELSE e.created_at END)"
        " FROM inventory_move m JOIN inventory_event e ON e.id = m.event WHERE m.location = ?"
        f" AND e.kind IN ('adjustment', 'count', 'opening', 'counter') AND m.item IN {_LISTED} GROUP BY m.item",
        (location, json.dumps(sorted(moments))),
    ).fetchall()
    return tuple(sorted(item for item, at in rows if at > moments[item]))
