"""What QuickBooks Desktop is to be told of an event, by what is known of places, items, reasons and accounts now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pos.rules import qbd_split
from pos.rules.qbd_split import Change, Item, Known, Site, Split, Told
from pos.said import said
from pos.store import qbd_rows
from pos.store.db import Store

#: Parts a person or an answer can still change: nothing of them is, or may be, in QuickBooks.
FREE = ("not_ready", "pending", "error")
BITE = 200
#: So many events are looked at in one transaction.
MAPPED_MAX = 1000


class Event(NamedTuple):
    """What is to be known of an event."""

    id: str
    company: str
    kind: str
    connection: str
    effective_date: str
    memo: str
    reason: str
    counters: str
    qb_words: str


_EVENT = f"SELECT {', '.join(Event._fields)} FROM inventory_event WHERE"
_LINES = (
    "SELECT item, qty, destination, source, set_to, account, reason FROM inventory_line WHERE event = ?"
    " ORDER BY position"
)


def event_of(store: Store, source: str) -> Event | None:
    """An event by its id. Inside a transaction or a reading."""
    row = store.execute(f"{_EVENT} id = ?", (source,)).fetchone()
    return Event(*row) if row else None


def split_of(store: Store, event: Any) -> Split:
    """The parts of an event (its row, or like it), or why it cannot be told. Inside a transaction or a reading."""
    if event.kind == "counter" and not _was_told(store, event.counters):
        return Split(nothing=said("QuickBooks was not told of what this takes back."))
    lines = tuple(Change(*row) for row in store.execute(_LINES, (event.id,)).fetchall())
    told = Told(event.id, event.kind, event.effective_date, event.memo, lines, event.reason)
    return qbd_split.split(told, _known(store, event.company, event.connection, lines))


def _was_told(store: Store, event: str) -> bool:
    """Whether an event has, or had, anything to tell."""
    asked = "SELECT 1 FROM qbd_work WHERE source = ? AND state <> 'cancelled' LIMIT 1"
    return store.execute(asked, (event,)).fetchone() is not None


def _known(store: Store, company: str, connection: str, lines: tuple[Change, ...]) -> Known:
    codes = list({code for line in lines for code in (line.source, line.destination) if code})
    asked = f"SELECT code, qb_site_name, qb_site_id FROM inventory_location WHERE code IN ({_marks(codes)})"
    sites = {code: Site(name, key) for code, name, key in store.execute(asked, codes).fetchall()}
    items, known = list({line.item for line in lines}), {}
    for at in range(0, len(items), BITE):
        bite = items[at : at + BITE]
        asked = (
            "SELECT item, qb_name, qb_id, adjustment_account FROM inventory_part WHERE company = ?"
            f" AND item IN ({_marks(bite)})"
        )
        for item, name, key, account in store.execute(asked, (company, *bite)).fetchall():
            known[item] = Item(name or item, key, account)
    asked = "SELECT code, account FROM inventory_reason WHERE company = ?"
    reasons = dict(store.execute(asked, (company,)).fetchall())
    row = store.execute("SELECT counts_as FROM qbd_company WHERE connection = ?", (connection,)).fetchone()
    levels = row is not None and row[0] == "level"
    return Known(sites, known, reasons, store.config.qbwc.adjustment_account, levels)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"


def arrange(store: Store, event: Any, split: Split, now: datetime) -> None:
    """Make the event's work what `split` says, in the place it has in the order of its items. Only while nothing of it
    is, or may be, in QuickBooks: then what waits is changed where it only names things anew. In a transaction."""
    parts = qbd_rows.of_source(store, event.id)
    out = [row for row in parts if row.state != "cancelled" and (row.state not in FREE or row.doubt)]
    if out:
        _rename(store, parts, split)
    else:
        _replace(store, event, parts, split, now)
    qbd_rows.tell(store, event.connection, event.id, freed=any(row.state == "error" for row in parts))


def _rename(store: Store, parts: list[qbd_rows.Work], split: Split) -> None:
    """Some of it is out: the rest may get other names for what it moves, and nothing else."""
    live = [row for row in parts if row.state != "cancelled"]
    same = [row.kind for row in live] == [part.kind for part in split.parts] and all(
        _amounts(row.payload) == _amounts(part.payload) for row, part in zip(live, split.parts, strict=False)
    )
    for row, part in zip(live, split.parts, strict=False) if same else ():
        if row.state in FREE and not row.doubt and row.payload != part.payload:
            qbd_rows.change(store, row.n, FREE, {"payload": qbd_rows.dumped(part.payload)})


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
        items = tuple(dict.fromkeys(row[0] for row in store.execute(_LINES, (event.id,)).fetchall()))
        wanted = [(1, kind, {}, items, "not_ready")]
    for at, kind, payload, items, state in wanted:
        old = left.pop((kind, at), None)
        if old is None:
            n = qbd_rows.put(
                store, event.connection, event.company, kind, event.id, payload, items, now, part=at,
                parts=len(wanted), turn=turn, state=state, message=split.words,
            )  # fmt: skip
            turn = turn or n
            if any(row.probing for row in parts):  # restored from a copy: it may have gone out since
                qbd_rows.change(store, n, (state,), {"probing": True})
            continue
        if old.state == "error" and state == "pending":
            state = "error"  # it still waits for a person
        values = {"state": state, "payload": qbd_rows.dumped(payload), "parts": len(wanted)}
        if state != old.state or state == "not_ready":
            values |= {"message": split.words, "code": ""}
        qbd_rows.change(store, old.n, (*FREE, "cancelled"), values)
        qbd_rows.hold(store, event.connection, old.n, turn, items)
    for row in left.values():
        qbd_rows.change(store, row.n, FREE, {"state": "cancelled", "message": str(split.nothing)})


def mapped(store: Store, company: str, now: datetime, *, limit: int = MAPPED_MAX, after: int = 0) -> tuple[int, int]:
    """A place, an item, a reason or an account was mapped: events that waited for it go on. How many, and the number of
    the last one that was looked at, 0 when that was all. after: only those behind this number."""
    done, last = 0, 0
    with store.transaction():
        asked = f"{_EVENT} company = ? AND qb_status = 'not_ready' AND n > ? ORDER BY n LIMIT ?"
        rows = store.execute(asked.replace("SELECT ", "SELECT n, ", 1), (company, after, limit)).fetchall()
        for n, *values in rows:
            event, last = Event(*values), int(n)
            split = split_of(store, event)
            if split.reasons and split.words == event.qb_words:
                continue
            arrange(store, event, split, now)
            done += not split.reasons
    return done, last if len(rows) == limit else 0


def mapped_all(store: Store, now: datetime) -> int:
    """The same for every company, some at a time; how many went on."""
    with store.reading():
        companies = [row[0] for row in store.execute("SELECT company FROM qbd_company").fetchall()]
    done = 0
    for company in companies:
        last = -1
        while last:
            went, last = mapped(store, company, now, after=max(0, last))
            done += went
    return done


def is_current(store: Store, row: qbd_rows.Work, now: datetime) -> bool:
    """Whether work that is about to be handed out says what is mapped now. If not, its event is arranged anew, and
    what is due is to be looked for again."""
    if row.kind not in (qbd_split.TRANSFER, qbd_split.ADJUSTMENT):
        return True
    event = event_of(store, row.source)
    if event is None:
        return True
    split = split_of(store, event)
    if row.part <= len(split.parts) and split.parts[row.part - 1].payload == row.payload:
        return True
    arrange(store, event, split, now)
    fresh = qbd_rows.one(store, row.n)
    return fresh is not None and fresh.state == "pending" and fresh.blocked == 0 and fresh.payload == row.payload
