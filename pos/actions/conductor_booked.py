"""Adjustments made in a QuickBooks company file, booked here where QuickBooks owns the stock.

Each becomes one event, once, however often it is read; a changed one is countered and booked anew, a deleted one
countered. Otherwise they are copies that are only looked at.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pos import clock
from pos.actions.conductor_merge import stamp
from pos.actions.conductor_net import TYPE, went
from pos.actions.conductor_side import Side
from pos.errors import Conflict, PosError
from pos.rules import inventory as rules
from pos.rules.conductor_fields import THERE
from pos.rules.inventory import Draft, Line
from pos.rules.money import exact
from pos.said import said
from pos.store import conductor_stock, connections, inventory, inventory_events, inventory_places, records
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.conductor_stock import ADJUSTMENT, BY, Theirs
from pos.store.inventory_events import Event
from pos.store.records import Record

#: From when on they are booked: what was adjusted before is in what is on hand already.
BOOKED_FROM = "conductor:booked-from"
BITE_ROWS = 50
_NAMESPACE = uuid.UUID("0d5b5c5e-4c3e-5b83-8f5e-1f0f6f8f2c11")


def book(
    on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]
) -> int:  # fmt: skip
    """Where QuickBooks owns the stock, make what was adjusted there events here; how many. What was adjusted before it
    owned the stock is in what is on hand already. Lost."""
    if on.settings.stock_owner != "quickbooks":
        with on.store.transaction():
            connections.move(on.store, on.connection, BOOKED_FROM, "", clock.now())
        return 0
    begin = connections.mark(on.store, on.connection, BOOKED_FROM).value
    if not begin:
        newest = conductor_stock.newest(on.store, on.company)
        begin = stamp(newest) or "-"
        with on.store.transaction():
            connections.move(on.store, on.connection, BOOKED_FROM, begin, clock.now())
    after, count = "", 0
    while not stopping():
        rows = conductor_stock.theirs(on.store, on.company, on.connection, after, BITE_ROWS)
        if not rows:
            break
        for row in rows:
            after = row.record
            count += _booked(on, session, step, row, begin)
        breathe()
    return count


def _booked(on: Side, session: Session, step: Step, row: Theirs, begin: str) -> bool:
    """One adjustment of theirs; whether something moved. It is all or nothing, and says so where it cannot be."""
    record = records.get(on.store, on.company, ADJUSTMENT, row.record)
    try:
        with on.store.transaction():
            event, moved = _event(on, row, record, begin)
            revision = "gone" if row.gone else row.revision
            connections.move(
                on.store, on.connection, conductor_stock.feed(row.remote), f"{revision}|{event}", clock.now()
            )
            went(on, session, step, dict(step.cursor), synced=int(moved))
            return moved
    except PosError as error:
        failure = Failure(
            TYPE, object_id=row.record, remote_id=row.remote, title=record.title, code=error.code, message=error.message
        )
        went(on, session, step, dict(step.cursor), failures=[failure])
        return False


def _event(on: Side, row: Theirs, record: Record, begin: str) -> tuple[str, bool]:
    """The event it is here now ("" = none), and whether something moved."""
    before = inventory.event(on.store, row.event) if row.event else None
    made = stamp(record.fields.get("createdAt"))
    if before is None and (row.gone or made <= begin):
        return "", False
    sums = {} if row.gone else _sums(on, record)
    if before is not None and before.status == "committed" and _of(before) == sums:
        return before.id, False
    now = clock.now()
    taken = before is not None and _counter(on, before, now)
    if not any(sums.values()):
        return "", taken
    key = str(uuid.uuid5(_NAMESPACE, f"{on.connection}/{row.remote}/{row.revision}"))
    while inventory_events.find(on.store, key) is not None:  # countered since: a backup there brought this state back
        key = str(uuid.uuid5(_NAMESPACE, key))
    number = str(record.fields.get("refNumber") or row.remote)[:80]
    lines = tuple(Line(item, qty, destination=place) for (place, item), qty in sorted(sums.items()) if qty)
    draft = Draft(
        key, on.company, "adjustment", str(record.fields.get("transactionDate")), lines,
        reference=f"QuickBooks {number}", memo=_plain_text(record.fields.get("memo")),
    )  # fmt: skip
    inventory.post(on.store, draft, by=BY, now=now)
    return key, True


def _of(event: Event) -> dict[tuple[str, str], int]:
    return {(line.destination, line.item): line.qty for line in event.lines}


def _counter(on: Side, before: Event, now: datetime) -> bool:
    """Take back what an adjustment of theirs was before, unless people did."""
    if before.status != "committed" or conductor_stock.is_taken_back(on.store, before.id):
        return False
    key = str(uuid.uuid5(_NAMESPACE, f"{before.id}/counter"))
    inventory.counter(on.store, before.id, key=key, by=BY, now=now)
    return True


def _sums(on: Side, record: Record) -> dict[tuple[str, str], int]:
    """(place, our item) -> thousandths. PosError where an item or its place is not known here."""
    place = _place(on, record)
    keys = [str(line.get("item") or "") for line in record.lines]
    known = conductor_stock.items(on.store, on.company, [key for key in keys if not key.startswith(THERE)])
    sums: dict[tuple[str, str], int] = {}
    for key, line in zip(keys, record.lines, strict=True):
        qty = _qty(line)
        if not qty:
            continue
        if key not in known:
            raise Conflict(said("Its item {code} is none of ours; it is booked once it is.", code=key[:60]),
                           code="item_unknown")  # fmt: skip
        sums[place, known[key]] = sums.get((place, known[key]), 0) + qty
    return sums


def _qty(line: Mapping[str, Any]) -> int:
    held = str(line.get("quantityDifference") or "")
    if not held and line.get("serialNumber"):
        held = {"added": "1", "removed": "-1"}.get(str(line.get("serialNumberAction")), "")
    if not held:
        return 0
    number = exact(held).scaleb(3)
    if number != number.to_integral_value() or abs(number) > rules.QTY_MAX:
        raise Conflict(said("{value} has more than three decimals.", value=held), code="too_fine")
    return int(number)


def _place(on: Side, record: Record) -> str:
    """Where it was adjusted: the place of its site, else the one place that has no site."""
    site = record.fields.get("inventorySite") or {}
    places = inventory_places.locations(on.store, on.company, active=True)
    if site.get("id"):
        name = str(site.get("fullName") or "").casefold()
        found = [
            one for one in places if one.qb_site_id == site["id"] or (name and one.qb_site_name.casefold() == name)
        ]
    else:
        found = [one for one in places if not one.qb_site_id and not one.qb_site_name and not one.is_virtual]
        found = found or (places if len(places) == 1 else [])
    if len(found) != 1:
        raise Conflict(
            said("Which place here it was adjusted at is not known: name the sites of QuickBooks at the places."),
            code="place_unknown",
        )
    return found[0].code


def _plain_text(held: Any) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in str(held or ""))[: rules.TEXT_MAX["memo"]]
