"""Events of stock that is kept here: written once, whole, with what they do to the levels; taken back, never edited.

On hand = the sum of all moves of events + the sum of all movements of documents. It stands materialised in `stock`:
qty − own_at_set is the former, `movement_total` the latter; a row whose own_at_set is null is a connection's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from typing import Any

from pos import clock
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import inventory as rules
from pos.rules.inventory import Checked, Draft, Good, Limits, Line, Move
from pos.said import said
from pos.store import audit, companies, inventory_places, purchase_orders
from pos.store.db import Store
from pos.store.inventory_read import Row as Row
from pos.store.inventory_read import figures as figures
from pos.store.inventory_read import item_detail as item_detail
from pos.store.inventory_read import levels as levels
from pos.store.inventory_read import moves as moves
from pos.store.inventory_read import overview as overview
from pos.store.reach import EVERYWHERE, Reach

_LISTED = "(SELECT value FROM json_each(?))"
#: States in which a part may be at QuickBooks, or on its way.
_AWAY = ("in_flight", "unknown")


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
_LINE = ("item", "qty", "source", "destination", "set_to", "level_before", "account", "reason", "cost", "order_line")


def today(store: Store, company: str, now: datetime) -> str:
    """The company's day, ISO."""
    zone = companies.one(store, company).time_zone
    return clock.business_day(now, zone, store.config.shop.day_starts).isoformat()


def limits(store: Store, company: str, now: datetime) -> Limits:
    """What the settings allow, on the company's day."""
    own = store.config.inventory
    return Limits(today(store, company, now), own.closed_until, own.future_days, own.lines_max)


# -- written -----------------------------------------------------------------------------------------------------------


def post(tx: Store, draft: Draft, *, by: str, approval: str = "", approved_by: str = "", now: datetime) -> Event:
    """Make a draft an event: header, lines, moves, levels, audit and what QuickBooks Desktop is told, all or nothing.

    The same id with the same content is the event that is there. Conflict for other content; Invalid names the field.
    """
    with tx.transaction():
        before = same(tx, draft)
        if before is not None:
            return before
        checked = check(tx, draft, now)
        if draft.purchase_order:
            purchase_orders.book(tx, draft, now)
        if draft.kind == "receipt":
            purchase_orders.keep_last_costs(tx, draft, by)
        return _write(tx, checked, by=by, approval=approval, approved_by=approved_by, now=now)


def check(store: Store, draft: Draft, now: datetime) -> Checked:
    """The draft on the levels of this moment, as `post` would take it. Invalid names the field."""
    items = {line.item for line in draft.lines}
    pairs = {(line.item, place) for line in draft.lines for place in (line.source, line.destination) if place}
    for reason in {draft.reason, *(line.reason for line in draft.lines)} - {""}:
        known = inventory_places.reasons(store, draft.company).get(reason)
        if known is None or (not known.active and draft.kind != "counter"):
            raise Invalid(said("There is no reason {code}.", code=reason[:60]), field="reason")
    there, owners = _standing(store, pairs)
    return rules.checked(
        draft,
        there,
        inventory_places.rules_places(store, rules.places_of(draft)),
        _goods(store, items),
        limits(store, draft.company, now),
        owners=owners,
    )


def same(store: Store, draft: Draft) -> Event | None:
    """The event that has this id already, when it says the same; None where there is none. Conflict for another."""
    found = _find(store, draft.id)
    if found is None:
        return None
    if found.company != draft.company or found.fingerprint != rules.fingerprint(draft):
        raise Conflict(
            "There is an event of this id already, with other content. Begin a new one.", field="id",
            code="other_content",
        )  # fmt: skip
    return found


def opened(tx: Store, company: str, lines: Sequence[Line], *, by: str, memo: str, now: datetime) -> Event | None:
    """An opening of levels somebody else had checked: lines with set_to, level and qty worked out. Touches no row of
    `stock`; whoever calls sets it. None where nothing changes."""
    moved = [line for line in lines if line.qty]
    if not moved:
        return None
    draft = Draft(clock.uuid7(), company, "opening", today(tx, company, now), tuple(moved), memo=memo)
    steps = tuple(
        Move(at, line.item, line.destination, line.qty, line.set_to or 0) for at, line in enumerate(moved, start=1)
    )
    return _write(tx, Checked(draft, tuple(moved), steps), by=by, now=now, levelled=True)


def _write(
    tx: Store, checked: Checked, *, by: str, now: datetime, approval: str = "", approved_by: str = "",
    levelled: bool = False, tell: bool = True,
) -> Event:  # fmt: skip
    draft, stamp = checked.draft, clock.stamp(now)
    connection = connection_of(tx, draft.company) if tell and draft.kind != "opening" else ""
    values = {
        "id": draft.id, "company": draft.company, "kind": draft.kind, "status": "committed",
        "effective_date": draft.effective_date, "memo": draft.memo, "reason": draft.reason,
        "reference": draft.reference, "purchase_order": draft.purchase_order, "count": draft.count,
        "counters": draft.counters, "lines": len(checked.lines), "fingerprint": rules.fingerprint(draft),
        "created_at": stamp, "created_by": by, "approval": approval, "approved_by": approved_by, "voided_at": "",
        "voided_by": "", "void_reason": "", "connection": connection, "qb_status": "none", "qb_words": "",
    }  # fmt: skip
    names = ", ".join(f'"{name}"' for name in values)
    tx.execute(f"INSERT INTO inventory_event ({names}) VALUES ({_marks(values)})", tuple(values.values()))
    tx.execute_many(
        f"INSERT INTO inventory_line (event, position, {', '.join(_LINE)}) VALUES (?, ?, {_marks(_LINE)})",
        [
            (draft.id, at, line.item, line.qty, line.source, line.destination, line.set_to,
             line.level, line.account, line.reason, line.cost, line.order_line)
            for at, line in enumerate(checked.lines, start=1)
        ],
    )  # fmt: skip
    _move(tx, draft.id, checked.moves, today(tx, draft.company, now), by, stamp, levelled=levelled)
    detail = {"company": draft.company, "kind": draft.kind, "lines": len(checked.lines), "day": draft.effective_date}
    more = {"approval": approval, "approved_by": approved_by, "counters": draft.counters, "reason": draft.reason}
    audit.record(tx, by, f"inventory.{draft.kind}", draft.id, detail | {k: v for k, v in more.items() if v})
    event = _found(tx, draft.id)
    if connection:
        items = {line.item for line in checked.lines}
        _queue().enqueue(
            tx,
            event,
            inventory_places.parts(tx, draft.company, items),
            inventory_places.reasons(tx, draft.company),
        )
        event = _found(tx, draft.id)
    return event


def _move(tx: Store, event: str, steps: Sequence[Move], day: str, by: str, at: str, *, levelled: bool = False) -> None:
    """The moves and what they make of the levels; levelled: whoever calls sets those."""
    tx.execute_many(
        "INSERT INTO inventory_move (event, position, item, location, qty, level_after, day, by, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(event, one.position, one.item, one.location, one.qty, one.level_after, day, by, at) for one in steps],
    )
    if levelled:
        return
    sums = dict[tuple[str, str], int]()
    for one in steps:
        sums[one.item, one.location] = sums.get((one.item, one.location), 0) + one.qty
    tx.execute_many(
        "INSERT INTO stock (item, warehouse, qty, own_at_set, modified) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (item, warehouse) DO UPDATE SET qty = stock.qty + excluded.qty",
        [(item, place, qty, 0, "") for (item, place), qty in sums.items()],
    )


# -- taken back --------------------------------------------------------------------------------------------------------


def void(tx: Store, event: str, *, by: str, reason: str, now: datetime) -> Event:
    """Take an event back that QuickBooks has not got: its moves are reversed, its parts there cancelled. Voiding it
    again changes nothing. Conflict once it is on its way or there, or where goods would be missing."""
    with tx.transaction():
        found = _found(tx, event)
        if found.status == "voided":
            return found
        _refuse_taken_back(tx, found)
        if found.qb_status in (*_AWAY, "applied"):
            raise Conflict(
                "QuickBooks has it, or may have it. Take it back by a counter-event.", code="at_quickbooks",
                facts={"qb_status": found.qb_status},
            )  # fmt: skip
        rules.refuse_date(found.effective_date, replace(limits(tx, found.company, now), future_days=36500))
        if found.connection:
            _queue().cancel(tx, found)
        steps = _reversed(tx, found)
        _move(tx, found.id, steps, today(tx, found.company, now), by, clock.stamp(now))
        tx.execute(
            "UPDATE inventory_event SET status = 'voided', voided_at = ?, voided_by = ?, void_reason = ?"
            " WHERE id = ? AND status = 'committed'",
            (clock.stamp(now), by, reason, found.id),
        )
        if found.purchase_order:
            purchase_orders.unbook(tx, found.purchase_order, found.lines, now)
        audit.record(tx, by, "inventory.void", found.id, {"company": found.company, "reason": reason})
        return _found(tx, found.id)


def counter(tx: Store, event: str, *, key: str, by: str, memo: str = "", approval: str = "", approved_by: str = "",
            now: datetime) -> Event:  # fmt: skip
    """Take an event back by another one, dated today: the way for what QuickBooks has. key: the new event's id; the
    same again is the event that is there. Conflict where it was taken back, or waits to be sent; Invalid where goods
    would be missing."""
    with tx.transaction():
        found = _found(tx, event)
        lines = rules.reversed_lines(tuple(line for line in found.lines if line.qty))
        draft = Draft(
            key, found.company, "counter", today(tx, found.company, now), lines, memo=memo, reason=found.reason,
            counters=found.id,
        )  # fmt: skip
        before = _find(tx, key)
        if before is not None and before.counters == found.id and before.memo == memo:
            return before  # asked for on another day perhaps
        if before is not None:
            same(tx, draft)
        _refuse_countered(tx, found)
        checked = check(tx, draft, now)
        if found.purchase_order:
            purchase_orders.unbook(tx, found.purchase_order, found.lines, now)
        tell = found.qb_status == "applied"
        return _write(tx, checked, by=by, approval=approval, approved_by=approved_by, now=now, tell=tell)


def _refuse_taken_back(tx: Store, found: Event) -> None:
    row = tx.execute(
        "SELECT id FROM inventory_event WHERE counters = ? AND status = 'committed' LIMIT 1", (found.id,)
    ).fetchone()
    if row is not None:
        raise Conflict("It was taken back already by a counter-event.", code="taken_back", facts={"by": row[0]})


def _refuse_countered(tx: Store, found: Event) -> None:
    if found.status == "voided":
        raise Conflict("It was taken back already.", code="taken_back")
    if found.kind == "counter":
        raise Conflict("A counter-event is not taken back itself; enter what is right.", code="is_counter")
    _refuse_taken_back(tx, found)
    if found.qb_status in ("pending", "not_ready", "error"):
        raise Conflict("QuickBooks has not got it; void it instead.", code="not_sent")
    if found.qb_status in _AWAY:
        raise Conflict("It is on its way to QuickBooks. Take it back once an answer is there.", code="at_quickbooks")
    if not any(line.qty for line in found.lines):
        raise Conflict("It moved nothing, so nothing is to be taken back.", code="moved_nothing")


def _reversed(tx: Store, found: Event) -> list[Move]:
    """What undoes an event's moves at the levels of now. Conflict where a level would go below nothing."""
    asked = "SELECT position, item, location, qty FROM inventory_move WHERE event = ? ORDER BY n DESC"
    rows = tx.execute(asked, (found.id,)).fetchall()
    there, owners = _standing(tx, {(item, place) for _, item, place, _ in rows})
    steps = []
    for position, item, place, qty in rows:
        if (item, place) in owners:
            raise Conflict(
                said("The stock of {code} at {place} is kept by {owner} now; change it there.", code=item, place=place,
                     owner=owners[item, place]), code="kept_elsewhere",
            )  # fmt: skip
        there[item, place] = after = there.get((item, place), 0) - qty
        steps.append(Move(position, item, place, -qty, after))
    for (item, place), after in there.items():
        lowered = sum(step.qty for step in steps if (step.item, step.location) == (item, place)) < 0
        if after < 0 and lowered:
            raise Conflict(
                said("{code} would go below nothing at {place}; some of it has left already.", code=item, place=place),
                code="below_zero",
            )  # fmt: skip
    return steps


# -- read --------------------------------------------------------------------------------------------------------------


def event(store: Store, key: str, reach: Reach = EVERYWHERE) -> Event:
    """One event. NotFound, also for one of a company outside of the reach."""
    found = _find(store, key)
    if found is None or (reach.companies is not None and found.company not in reach.companies):
        raise NotFound("There is no such event here.", field="event")
    return found


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
    if reach.companies is not None:
        where.append(f"company IN {_LISTED}")
        facts.append(json.dumps(sorted(reach.companies)))
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
    return [_found(store, key) for (key,) in store.execute(asked, (*facts, limit)).fetchall()]


def _find(store: Store, key: str) -> Event | None:
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    row = store.execute(f"SELECT {names} FROM inventory_event WHERE id = ?", (key,)).fetchone()
    if row is None:
        return None
    asked = f"SELECT {', '.join(_LINE)} FROM inventory_line WHERE event = ? ORDER BY position"
    lines = tuple(
        Line(item, qty, source, destination, set_to, level, *rest)
        for item, qty, source, destination, set_to, level, *rest in store.execute(asked, (key,)).fetchall()
    )
    return Event(**dict(zip(_COLUMNS, row, strict=True)), lines=lines)


def _found(store: Store, key: str) -> Event:
    found = _find(store, key)
    if found is None:
        raise NotFound("There is no such event here.", field="event")
    return found


def _goods(store: Store, items: Iterable[str]) -> dict[str, Good]:
    asked = f"SELECT code, stocked, has_variants, disabled FROM item WHERE code IN {_LISTED}"
    rows = store.execute(asked, (json.dumps(sorted(items)),)).fetchall()
    return {code: Good(code, bool(stocked), bool(template), bool(off)) for code, stocked, template, off in rows}


def _standing(
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


def _marks(names: Sized) -> str:
    return ", ".join("?" * len(names))


def _queue() -> Any:
    return import_module("pos.store.qbd_queue")


def connection_of(store: Store, company: str) -> str:
    """The QuickBooks Desktop connection a company's events go to; "" where there is none."""
    asked = "SELECT connection FROM qbd_company WHERE company = ? AND enabled = 1"
    row = store.execute(asked, (company,)).fetchone()
    return str(row[0]) if row else ""


def owner(store: Store) -> str:
    """What the connection is called that tells us of stock; "" where nobody does."""
    row = store.execute(
        "SELECT coalesce(c.title, k.connection) FROM cursor k LEFT JOIN connection c ON c.id = k.connection"
        " WHERE k.feed = 'stock' ORDER BY k.checked_at DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else ""
