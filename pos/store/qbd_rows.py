"""Rows of the queue to QuickBooks Desktop: what one says, how its state changes, and what holds what back.

Each change is `UPDATE … WHERE state = old AND ticket = mine` and the count is checked. The order of items is a chain:
of all open work on an item, the one with the lowest turn is first, and work is blocked by as many of its items as it is
not first on. So what is free is found by an index, however much is held back before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.rules.qbd_split import guid, ref_number
from pos.said import said
from pos.store import notices
from pos.store.db import Store
from pos.store.models import InventoryEvent, QbdCompany, QbdTicket
from pos.store.models import QbdWork as Rows

#: States that are not the end.
OPEN = ("not_ready", "pending", "in_flight", "unknown", "error")
STATES = (*OPEN, "applied", "cancelled")
#: What an event is said to be, by its parts: the first of these that any part is.
EVENT_ORDER = ("error", "unknown", "in_flight", "not_ready", "pending", "applied")
WORDS_MAX = 1000
#: A set of a company that is booked waits so long in line to be cleared; QuickBooks keeps the rest.
SETS_MAX = 200


@dataclass(frozen=True, slots=True)
class Work:
    """One message set. payload: what its request is made of; doubt: it was handed out and nobody knows what became of
    it; probing: QuickBooks is asked for it before anything else. Moments are clock.stamp() texts."""

    n: int
    connection: str
    company: str
    kind: str
    source: str
    part: int
    parts: int
    writes: bool
    state: str
    payload: dict[str, Any]
    blocked: int
    doubt: bool
    probing: bool
    tries: int
    attempt: int
    next_at: str
    ticket: str
    set_id: str
    request_id: str
    version: str
    body: str
    ref_number: str
    remote_id: str
    edit_sequence: str
    txn_number: str
    code: str
    message: str
    made_at: str
    handed_at: str
    done_at: str

    @property
    def guid(self) -> str:
        """ExternalGUID: made of what it is, so always the same."""
        return guid(self.connection, self.source, self.kind, self.part)


def work(row: Any) -> Work:
    """The row as it is."""
    return Work(
        n=row.n, connection=row.connection, company=row.company, kind=row.kind, source=row.source, part=row.part,
        parts=row.parts, writes=bool(row.writes), state=row.state, payload=json.loads(row.payload),
        blocked=row.blocked, doubt=bool(row.doubt), probing=bool(row.probing), tries=row.tries, attempt=row.attempt,
        next_at=row.next_at, ticket=row.ticket, set_id=row.set_id, request_id=row.request_id, version=row.version,
        body=row.body, ref_number=ref_number(row.n), remote_id=row.remote_id, edit_sequence=row.edit_sequence,
        txn_number=row.txn_number, code=row.code, message=row.message, made_at=row.made_at, handed_at=row.handed_at,
        done_at=row.done_at,
    )  # fmt: skip


def one(n: int) -> Work | None:
    """A row by its number. Inside a transaction or a reading."""
    row = Rows.get_or_none(Rows.n == n)
    return work(row) if row is not None else None


def of_source(source: str) -> list[Work]:
    """All parts of an event or another source, in order; without those that were given up before they were sent."""
    rows = Rows.select().where(Rows.source == source).order_by(Rows.turn, Rows.part, Rows.n)
    return [work(row) for row in rows]


def put(
    store: Store, connection: str, company: str, kind: str, source: str, payload: Mapping[str, Any],
    items: Iterable[str], now: datetime, *, part: int = 1, parts: int = 1, turn: int = 0, state: str = "pending",
    writes: bool = True, message: str = "",
) -> int:  # fmt: skip
    """New work; its number. turn: of its source, where it has parts already. In the caller's transaction."""
    stamp = clock.stamp(now)
    row = Rows.create(
        connection=connection, company=company, kind=kind, source=source, part=part, parts=parts, turn=turn,
        state=state, writes=writes, payload=dumped(payload), next_at=stamp, made_at=stamp, message=message[:WORDS_MAX],
    )  # fmt: skip
    n = int(row.n)
    Rows.update(turn=turn or n, ref_number=ref_number(n)).where(Rows.n == n).execute()
    hold(store, connection, n, turn or n, items)
    return n


def dumped(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


# -- changing one ------------------------------------------------------------------------------------------------------


def change(n: int, states: Sequence[str], values: Mapping[str, Any], *, ticket: str | None = None) -> bool:
    """Change a row that is in one of these states, and held by this ticket when one is given. Whether it was."""
    asked = (Rows.n == n) & Rows.state.in_(states)
    if ticket is not None:
        asked &= Rows.ticket == ticket
    return bool(Rows.update(**values).where(asked).execute() == 1)


def answered(ticket: str, n: int, *, done: int = 1) -> None:
    """The ticket's work `n` is no longer outstanding."""
    QbdTicket.update(outstanding=0, done=QbdTicket.done + done).where(
        (QbdTicket.ticket == ticket) & (QbdTicket.outstanding == n)
    ).execute()


def may_clear(connection: str, set_id: str) -> None:
    """A message set whose answer is kept: QuickBooks may forget it, with one of the next ones."""
    row = QbdCompany.get_or_none(QbdCompany.connection == connection)
    if row is not None and set_id:
        kept = [*row.last_set.split(), set_id][-SETS_MAX:]
        QbdCompany.update(last_set=" ".join(kept)).where(QbdCompany.connection == connection).execute()


def to_clear(connection: str) -> str:
    """The oldest set that may be cleared, named this once; "" = there is none."""
    row = QbdCompany.get_or_none(QbdCompany.connection == connection)
    if row is None or not row.last_set:
        return ""
    oldest, *others = row.last_set.split()
    QbdCompany.update(last_set=" ".join(others)).where(QbdCompany.connection == connection).execute()
    return str(oldest)


# -- what holds what back ----------------------------------------------------------------------------------------------

_FIRSTS = (
    "SELECT work, first FROM qbd_work_item WHERE connection = ? AND item = ? AND open = 1 ORDER BY turn, work LIMIT 2"
)
_FIRST = "UPDATE qbd_work_item SET first = ? WHERE work = ? AND item = ?"
_BLOCKED = "UPDATE qbd_work SET blocked = blocked + ? WHERE n = ?"


def hold(store: Store, connection: str, n: int, turn: int, items: Iterable[str]) -> None:
    """Put new work into the chains of its items."""
    for item in dict.fromkeys(items):
        store.execute(
            "INSERT INTO qbd_work_item (connection, item, work, turn, open, first) VALUES (?, ?, ?, ?, 1, 0)",
            (connection, item, n, turn),
        )
        store.execute(_BLOCKED, (1, n))
        _lead(store, connection, item)


def let_go(store: Store, connection: str, n: int, *, forget: bool = False) -> None:
    """Take work out of the chains of its items: what comes next on each is free of it. forget: as if it had never been
    there."""
    rows = store.execute("SELECT item, first FROM qbd_work_item WHERE work = ? AND open = 1", (n,)).fetchall()
    if forget:
        store.execute("DELETE FROM qbd_work_item WHERE work = ?", (n,))
    else:
        store.execute("UPDATE qbd_work_item SET open = 0, first = 0 WHERE work = ?", (n,))
    store.execute("UPDATE qbd_work SET blocked = 0 WHERE n = ?", (n,))
    for item, first in rows:
        if first:
            _lead(store, connection, item)


def _lead(store: Store, connection: str, item: str) -> None:
    """The first of an item's chain is called so, and nothing else is. Only the two at its head can be wrong."""
    for at, (n, first) in enumerate(store.execute(_FIRSTS, (connection, item)).fetchall()):
        if bool(first) != (at == 0):
            store.execute(_FIRST, (int(at == 0), n, item))
            store.execute(_BLOCKED, (-1 if at == 0 else 1, n))


# -- what people see ---------------------------------------------------------------------------------------------------


def tell(store: Store, connection: str, source: str) -> None:
    """The event says what its parts are; people are told while anything waits for them."""
    parts = [row for row in of_source(source) if row.state != "cancelled"]
    state = next((state for state in EVENT_ORDER if any(row.state == state for row in parts)), "none")
    words = next((row.message for row in parts if row.state == state), "") if state in EVENT_ORDER[:4] else ""
    there = sum(row.state == "applied" for row in parts)
    if 0 < there < len(parts):
        words = f"{said('{n} of {all} parts are in QuickBooks.', n=there, all=len(parts))} {words}".strip()
    InventoryEvent.update(qb_status=state, qb_words=words[:WORDS_MAX]).where(InventoryEvent.id == source).execute()
    _notice(store, connection)


def _notice(store: Store, connection: str) -> None:
    """One notice for a company file, open while anything in its queue waits for a person."""
    key = f"qbd:{connection}"
    waits = Rows.select().where((Rows.connection == connection) & (Rows.state == "error")).exists()
    if waits == notices.is_open(store, key):
        return
    if not waits:
        notices.settle(store, key)
        return
    notices.raise_notice(
        store, key, "needs", said("QuickBooks Desktop did not take everything it was told."),
        said("Look at the queue of inventory: each line says what to do."),
    )  # fmt: skip
