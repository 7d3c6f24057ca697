"""What QuickBooks Desktop is to be told of an event, by what is known of places, items, reasons and accounts now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pos.rules import qbd_split
from pos.rules.qbd_split import Change, Item, Known, Site, Split, Told
from pos.said import said
from pos.store import qbd_rows
from pos.store.db import Store
from pos.store.models import (
    InventoryEvent,
    InventoryLine,
    InventoryLocation,
    InventoryPart,
    InventoryReason,
    QbdCompany,
)
from pos.store.models import QbdWork as Rows

#: Parts a person or an answer can still change: nothing of them is, or may be, in QuickBooks.
FREE = ("not_ready", "pending", "error")
BITE = 200


def split_of(store: Store, event: Any, company: Any = None) -> Split:
    """The parts of an event (its row), or why it cannot be told. Inside a transaction or a reading."""
    company = company or QbdCompany.get_or_none(QbdCompany.connection == event.connection)
    if event.kind == "counter" and not _was_told(event.counters):
        return Split(nothing=said("QuickBooks was not told of what this takes back."))
    rows = list(InventoryLine.select().where(InventoryLine.event == event.id).order_by(InventoryLine.position))
    lines = tuple(
        Change(item=row.item, qty=row.qty, destination=row.destination, source=row.source, set_to=row.set_to,
               account=row.account, reason=row.reason)
        for row in rows
    )  # fmt: skip
    told = Told(event.id, event.kind, event.effective_date, event.memo, lines, event.reason)
    return qbd_split.split(told, _known(store, event.company, company, lines))


def _was_told(event: str) -> bool:
    """Whether an event has, or had, anything to tell."""
    return bool(Rows.select().where((Rows.source == event) & (Rows.state != "cancelled")).exists())


def _known(store: Store, company: str, desktop: Any, lines: tuple[Change, ...]) -> Known:
    codes = list({code for line in lines for code in (line.source, line.destination) if code})
    items = list({line.item for line in lines})
    sites = {
        row.code: Site(row.qb_site_name, row.qb_site_id)
        for row in InventoryLocation.select().where(InventoryLocation.code.in_(codes))
    }
    known = {}
    for at in range(0, len(items), BITE):
        asked = (InventoryPart.company == company) & InventoryPart.item.in_(items[at : at + BITE])
        for row in InventoryPart.select().where(asked):
            known[row.item] = Item(row.qb_name or row.item, row.qb_id, row.adjustment_account)
    reasons = {
        row.code: row.account for row in InventoryReason.select().where(InventoryReason.company == company)
    }  # fmt: skip
    levels = desktop is not None and desktop.counts_as == "level"
    return Known(sites, known, reasons, store.config.qbwc.adjustment_account, levels)


def arrange(store: Store, event: Any, split: Split, now: datetime) -> None:
    """Make the event's work what `split` says, in the place it has in the order of its items. Only while nothing of it
    is, or may be, in QuickBooks: then what waits is changed where it only names things anew. In a transaction."""
    parts = qbd_rows.of_source(event.id)
    out = [row for row in parts if row.state != "cancelled" and (row.state not in FREE or row.doubt)]
    if out:
        _rename(parts, split)
    else:
        _replace(store, event, parts, split, now)
    qbd_rows.tell(store, event.connection, event.id)


def _rename(parts: list[qbd_rows.Work], split: Split) -> None:
    """Some of it is out: the rest may get other names for what it moves, and nothing else."""
    live = [row for row in parts if row.state != "cancelled"]
    same = [row.kind for row in live] == [part.kind for part in split.parts] and all(
        _amounts(row.payload) == _amounts(part.payload) for row, part in zip(live, split.parts, strict=False)
    )
    for row, part in zip(live, split.parts, strict=False) if same else ():
        if row.state in FREE and not row.doubt and row.payload != part.payload:
            qbd_rows.change(row.n, FREE, {"payload": qbd_rows.dumped(part.payload)})


def _amounts(payload: dict[str, Any]) -> list[str]:
    lines = payload.get("lines", [])
    return [str(line.get("quantity") or line.get("difference") or line.get("new")) for line in lines]


def _replace(store: Store, event: Any, parts: list[qbd_rows.Work], split: Split, now: datetime) -> None:
    turn = min((row.n for row in parts), default=0)
    left = {(row.kind, row.part): row for row in parts}
    for row in parts:
        qbd_rows.let_go(store, event.connection, row.n, forget=True)
    wanted = [(at, part.kind, part.payload, part.items, "pending") for at, part in enumerate(split.parts, 1)]
    if split.reasons:
        kind = qbd_split.TRANSFER if event.kind == "transfer" else qbd_split.ADJUSTMENT
        asked = InventoryLine.select(InventoryLine.item).where(InventoryLine.event == event.id)
        wanted = [(1, kind, {}, tuple(dict.fromkeys(row.item for row in asked)), "not_ready")]
    for at, kind, payload, items, state in wanted:
        old = left.pop((kind, at), None)
        if old is None:
            n = qbd_rows.put(
                store, event.connection, event.company, kind, event.id, payload, items, now, part=at,
                parts=len(wanted), turn=turn, state=state, message=split.words,
            )  # fmt: skip
            turn = turn or n
            continue
        values = {"state": state, "payload": qbd_rows.dumped(payload), "parts": len(wanted)}
        if state != old.state or state == "not_ready":
            values |= {"message": split.words, "code": ""}
        qbd_rows.change(old.n, (*FREE, "cancelled"), values)
        qbd_rows.hold(store, event.connection, old.n, turn, items)
    for row in left.values():
        qbd_rows.change(row.n, FREE, {"state": "cancelled", "message": str(split.nothing)})


def mapped(store: Store, company: str, now: datetime) -> int:
    """A place, an item, a reason or an account was mapped: events that waited for it go on; how many. In the caller's
    transaction, or for the agent's round."""
    done = 0
    with store.transaction():
        asked = (InventoryEvent.company == company) & (InventoryEvent.qb_status == "not_ready")
        for event in list(InventoryEvent.select().where(asked).order_by(InventoryEvent.n)):
            split = split_of(store, event)
            if split.reasons and split.words == event.qb_words:
                continue
            arrange(store, event, split, now)
            done += not split.reasons
    return done


def is_current(store: Store, row: qbd_rows.Work, now: datetime) -> bool:
    """Whether work that is about to be handed out says what is mapped now. If not, its event is arranged anew, and
    what is due is to be looked for again."""
    if row.kind not in (qbd_split.TRANSFER, qbd_split.ADJUSTMENT):
        return True
    event = InventoryEvent.get_or_none(InventoryEvent.id == row.source)
    if event is None:
        return True
    split = split_of(store, event)
    if row.part <= len(split.parts) and split.parts[row.part - 1].payload == row.payload:
        return True
    arrange(store, event, split, now)
    fresh = qbd_rows.one(row.n)
    return fresh is not None and fresh.state == "pending" and fresh.blocked == 0 and fresh.payload == row.payload
