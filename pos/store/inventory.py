"""Events of stock that is kept here: written once, whole, with what they do to the levels; taken back, never edited.

On hand = the sum of all moves of events + the sum of all movements of documents. It stands materialised in `stock`:
qty − own_at_set is the former, `movement_total` the latter; a row whose own_at_set is null is a connection's.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import replace
from datetime import datetime

from pos import clock
from pos.errors import Conflict, Invalid
from pos.rules import inventory as rules
from pos.rules.inventory import Checked, Draft, Limits, Line, Move
from pos.said import said
from pos.store import audit, companies, inventory_places, purchase_orders, qbd_queue
from pos.store.db import Store
from pos.store.inventory_events import LINE, Event, find, found
from pos.store.inventory_events import event as event
from pos.store.inventory_events import events as events
from pos.store.inventory_kept import goods, standing
from pos.store.inventory_read import Row as Row
from pos.store.inventory_read import figures as figures
from pos.store.inventory_read import item_detail as item_detail
from pos.store.inventory_read import levels as levels
from pos.store.inventory_read import moves as moves
from pos.store.inventory_read import overview as overview

#: States in which a part may be at QuickBooks, or on its way.
AWAY = ("in_flight", "unknown")


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
    there, owners = standing(store, pairs)
    return rules.checked(
        draft,
        there,
        inventory_places.rules_places(store, rules.places_of(draft)),
        goods(store, items),
        limits(store, draft.company, now),
        owners=owners,
    )


def same(store: Store, draft: Draft) -> Event | None:
    """The event that has this id already, when it says the same; None where there is none. Conflict for another."""
    found = find(store, draft.id)
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
        f"INSERT INTO inventory_line (event, position, {', '.join(LINE)}) VALUES (?, ?, {_marks(LINE)})",
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
    event = found(tx, draft.id)
    if connection:
        qbd_queue.enqueue(tx, event)
        event = found(tx, draft.id)
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
        one = found(tx, event)
        if one.status == "voided":
            return one
        _refuse_taken_back(tx, one)
        if one.qb_status in (*AWAY, "applied"):
            raise Conflict(
                "QuickBooks has it, or may have it. Take it back by a counter-event.", code="at_quickbooks",
                facts={"qb_status": one.qb_status},
            )  # fmt: skip
        rules.refuse_date(one.effective_date, replace(limits(tx, one.company, now), future_days=36500))
        if one.connection:
            qbd_queue.cancel(tx, one)
        steps = _reversed(tx, one)
        _move(tx, one.id, steps, today(tx, one.company, now), by, clock.stamp(now))
        tx.execute(
            "UPDATE inventory_event SET status = 'voided', voided_at = ?, voided_by = ?, void_reason = ?"
            " WHERE id = ? AND status = 'committed'",
            (clock.stamp(now), by, reason, one.id),
        )
        if one.purchase_order:
            purchase_orders.unbook(tx, one.purchase_order, one.lines, now)
        if one.kind == "receipt":
            purchase_orders.keep_costs_before(tx, one.id, one.company, one.lines, by)
        audit.record(tx, by, "inventory.void", one.id, {"company": one.company, "reason": reason})
        return found(tx, one.id)


def counter(tx: Store, event: str, *, key: str, by: str, memo: str = "", approval: str = "", approved_by: str = "",
            now: datetime) -> Event:  # fmt: skip
    """Take an event back by another one, dated today: the way for what QuickBooks has. key: the new event's id; the
    same again is the event that is there. Conflict where it was taken back, or waits to be sent; Invalid where goods
    would be missing."""
    with tx.transaction():
        one = found(tx, event)
        lines = rules.reversed_lines(tuple(line for line in one.lines if line.qty))
        draft = Draft(
            key, one.company, "counter", today(tx, one.company, now), lines, memo=memo, reason=one.reason,
            counters=one.id,
        )  # fmt: skip
        before = find(tx, key)
        if before is not None and before.counters == one.id and before.memo == memo:
            return before  # asked for on another day perhaps
        if before is not None:
            same(tx, draft)
        _refuse_countered(tx, one)
        checked = check(tx, draft, now)
        if one.purchase_order:
            purchase_orders.unbook(tx, one.purchase_order, one.lines, now)
        if one.kind == "receipt":
            purchase_orders.keep_costs_before(tx, one.id, one.company, one.lines, by)
        tell = one.qb_status == "applied"
        return _write(tx, checked, by=by, approval=approval, approved_by=approved_by, now=now, tell=tell)


def _refuse_taken_back(tx: Store, one: Event) -> None:
    row = tx.execute(
        "SELECT id FROM inventory_event WHERE counters = ? AND status = 'committed' LIMIT 1", (one.id,)
    ).fetchone()
    if row is not None:
        raise Conflict("It was taken back already by a counter-event.", code="taken_back", facts={"by": row[0]})


def _refuse_countered(tx: Store, one: Event) -> None:
    if one.status == "voided":
        raise Conflict("It was taken back already.", code="taken_back")
    if one.kind == "counter":
        raise Conflict("A counter-event is not taken back itself; enter what is right.", code="is_counter")
    _refuse_taken_back(tx, one)
    if one.qb_status in ("pending", "not_ready", "error"):
        raise Conflict(
            "QuickBooks is not known to have it. Void it; where that is refused, let it be tried again first.",
            code="not_sent",
        )
    if one.qb_status in AWAY:
        raise Conflict("It is on its way to QuickBooks. Take it back once an answer is there.", code="at_quickbooks")
    if not any(line.qty for line in one.lines):
        raise Conflict("It moved nothing, so nothing is to be taken back.", code="moved_nothing")


def _reversed(tx: Store, one: Event) -> list[Move]:
    """What undoes an event's moves at the levels of now. Conflict where a level would go below nothing."""
    asked = "SELECT position, item, location, qty FROM inventory_move WHERE event = ? ORDER BY n DESC"
    rows = tx.execute(asked, (one.id,)).fetchall()
    there, owners = standing(tx, {(item, place) for _, item, place, _ in rows})
    steps = []
    for position, item, place, qty in rows:
        if (item, place) in owners:
            raise Conflict(
                said("The stock of {code} at {place} is kept by {owner} now; change it there.", code=item, place=place,
                     owner=owners[item, place]), code="kept_elsewhere",
            )  # fmt: skip
        there[item, place] = after = there.get((item, place), 0) - qty
        steps.append(Move(position, item, place, -qty, after))
    places = inventory_places.rules_places(tx, {place for _, _, place, _ in rows})
    for step in steps:
        if step.qty > 0 and step.location in places and not places[step.location].active:
            raise Conflict(said("The place {code} is switched off.", code=step.location), code="place_off")
    for (item, place), after in there.items():
        lowered = sum(step.qty for step in steps if (step.item, step.location) == (item, place)) < 0
        if after < 0 and lowered:
            raise Conflict(
                said("{code} would go below nothing at {place}; some of it has left already.", code=item, place=place),
                code="below_zero",
            )  # fmt: skip
    return steps


def _marks(names: Sized) -> str:
    return ", ".join("?" * len(names))


def connection_of(store: Store, company: str) -> str:
    """The QuickBooks Desktop connection a company's events go to; "" where there is none, or Conductor is the way."""
    asked = (
        "SELECT connection FROM qbd_company q WHERE company = ? AND enabled = 1 AND NOT EXISTS"
        " (SELECT 1 FROM conductor_company c WHERE c.company = q.company AND c.enabled = 1)"
    )
    row = store.execute(asked, (company,)).fetchone()
    return str(row[0]) if row else ""
