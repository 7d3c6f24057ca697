"""Rows of the queue to QuickBooks Desktop: what one says, how its state changes, and what holds what back.

Each change is `UPDATE … WHERE state = old AND ticket = mine` and the count is checked. The order of items is a chain:
of all open work on an item, the one with the lowest turn is first, and work is blocked by as many of its items as it is
not first on. So what is free is found by an index, however much is held back before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.rules.qbd_split import guid, ref_number
from pos.said import said
from pos.store import entries, notices
from pos.store.db import Store

#: States that are not the end.
OPEN = ("not_ready", "pending", "in_flight", "unknown", "error")
STATES = (*OPEN, "applied", "cancelled")
#: What an event is said to be, by its parts: the first of these that any part is.
EVENT_ORDER = ("error", "unknown", "in_flight", "not_ready", "pending", "applied")
WORDS_MAX = 1000
#: The source of all questions: no event, and nothing people wait for.
ASK = "ask"
#: A set of a company that is booked waits so long in line to be cleared; QuickBooks keeps the rest.
SETS_MAX = 200
#: Meta: up to which date a copy the till came back from may have forgotten what was sent; business days run ahead.
FORGOT = "qbd.forgot"
FORGOT_AHEAD = timedelta(days=1)


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
        return guid(self.connection, name_of(self.source, self.payload), self.kind, self.part)


#: Columns of a row, in the order `worked` takes them.
COLUMNS = (
    "n", "connection", "company", "kind", "source", "part", "parts", "writes", "state", "payload", "blocked", "doubt",
    "probing", "tries", "attempt", "next_at", "ticket", "set_id", "request_id", "version", "body", "ref_number",
    "remote_id", "edit_sequence", "txn_number", "code", "message", "made_at", "handed_at", "done_at",
)  # fmt: skip
SELECT = f"SELECT {', '.join(COLUMNS)} FROM qbd_work"
_FLAGS = ("writes", "doubt", "probing")
_INSERT = (
    "INSERT INTO qbd_work (turn, connection, company, kind, source, part, parts, writes, state, payload, blocked,"
    " doubt, probing, tries, attempt, next_at, ticket, lease_until, set_id, request_id, version, body, handed_at,"
    " ref_number, remote_id, edit_sequence, txn_number, code, message, made_at, done_at) VALUES (?, ?, ?, ?, ?, ?, ?,"
    " ?, ?, ?, 0, 0, 0, 0, 1, ?, '', '', '', '', '', '', '', '', '', '', '', '', ?, ?, '') RETURNING n"
)


def worked(row: Sequence[Any]) -> Work:
    """The row as it is, from its COLUMNS."""
    values = dict(zip(COLUMNS, row, strict=True))
    values |= {name: bool(values[name]) for name in _FLAGS}
    return Work(**values | {"payload": json.loads(values["payload"])})


def works(store: Store, where: str, facts: Sequence[Any]) -> list[Work]:
    """Rows found by SQL behind the WHERE. Raw, for the queue is asked at each step of a session."""
    return [worked(row) for row in store.execute(f"{SELECT} WHERE {where}", facts).fetchall()]


def one(store: Store, n: int) -> Work | None:
    """A row by its number. Inside a transaction or a reading."""
    return next(iter(works(store, "n = ?", (n,))), None)


def of_source(store: Store, source: str) -> list[Work]:
    """All parts of an event or another source, in order."""
    return works(store, "source = ? ORDER BY turn, part, n", (source,))


def put(
    store: Store, connection: str, company: str, kind: str, source: str, payload: Mapping[str, Any],
    items: Iterable[str], now: datetime, *, part: int = 1, parts: int = 1, turn: int = 0, state: str = "pending",
    writes: bool = True, message: str = "",
) -> int:  # fmt: skip
    """New work; its number. turn: of its source, where it has parts already. What a till that came back from a copy may
    have sent before is asked for first. In the caller's transaction."""
    stamp = clock.stamp(now)
    facts = (turn, connection, company, kind, source, part, parts, int(writes), state, dumped(payload), stamp,
             message[:WORDS_MAX], stamp)  # fmt: skip
    n = int(store.execute(_INSERT, facts).fetchone()[0])
    ref = ref_number(connection, name_of(source, payload), kind, part) if writes else ""
    forgot = writes and str(payload.get("date") or "~") <= entries.meta(store, FORGOT, "")
    sql = "UPDATE qbd_work SET turn = ?, ref_number = ?, probing = ? WHERE n = ?"
    store.execute(sql, (turn or n, ref, int(forgot), n))
    hold(store, connection, n, turn or n, items)
    return n


def name_of(source: str, payload: Mapping[str, Any]) -> str:
    """What work is known by in QuickBooks, also to a till that came back from a copy: its source; of a document of
    the books its number, for there the bundles are counted anew."""
    return f"book:{payload['tail']}" if source.startswith("book:") and payload.get("tail") else source


def forget(store: Store, now: datetime) -> None:
    """The till came back from a copy: what bears a date up to now may be in QuickBooks though nothing here says so. In
    the transaction that restores."""
    until = (now + FORGOT_AHEAD).date().isoformat()
    entries.set_meta(store, FORGOT, max(until, entries.meta(store, FORGOT, "")))


def dumped(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


# -- changing one ------------------------------------------------------------------------------------------------------


def change(
    store: Store, n: int, states: Sequence[str], values: Mapping[str, Any], *, ticket: str | None = None
) -> bool:  # fmt: skip
    """Change a row that is in one of these states, and held by this ticket when one is given. Whether it was."""
    sets = ", ".join(f"{name} = ?" for name in values)
    facts = [int(value) if isinstance(value, bool) else str(value) if isinstance(value, str) else value
             for value in values.values()]  # fmt: skip
    sql = f"UPDATE qbd_work SET {sets} WHERE n = ? AND state IN ({', '.join('?' * len(states))})"
    facts += [n, *states]
    if ticket is not None:
        sql, facts = f"{sql} AND ticket = ?", [*facts, ticket]
    return store.execute(sql, facts).rowcount == 1


def answered(store: Store, ticket: str, n: int, *, done: int = 1) -> None:
    """The ticket's work `n` is no longer outstanding."""
    sql = "UPDATE qbd_ticket SET outstanding = 0, done = done + ? WHERE ticket = ? AND outstanding = ?"
    store.execute(sql, (done, ticket, n))


def may_clear(store: Store, connection: str, set_id: str) -> None:
    """A message set whose answer is kept: QuickBooks may forget it, with one of the next ones."""
    if set_id:
        _sets(store, connection, [*_to_clear(store, connection), set_id][-SETS_MAX:])


def to_clear(store: Store, connection: str) -> str:
    """The oldest set that may be cleared, named this once; "" = there is none."""
    oldest, *others = _to_clear(store, connection) or [""]
    if oldest:
        _sets(store, connection, others)
    return oldest


def _to_clear(store: Store, connection: str) -> list[str]:
    row = store.execute("SELECT last_set FROM qbd_company WHERE connection = ?", (connection,)).fetchone()
    return str(row[0]).split() if row else []


def _sets(store: Store, connection: str, sets: Sequence[str]) -> None:
    store.execute("UPDATE qbd_company SET last_set = ? WHERE connection = ?", (" ".join(sets), connection))


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


def tell(store: Store, connection: str, source: str, *, freed: bool = False) -> None:
    """The event says what its parts are; people are told while anything waits for them. freed: something may have
    waited for them that does no longer."""
    if source == ASK:
        return
    parts = store.execute(
        "SELECT state, message FROM qbd_work WHERE source = ? AND state <> 'cancelled' ORDER BY turn, part, n",
        (source,),
    ).fetchall()
    state = next((state for state in EVENT_ORDER if any(part[0] == state for part in parts)), "none")
    words = next((part[1] for part in parts if part[0] == state), "") if state in EVENT_ORDER[:4] else ""
    there = sum(part[0] == "applied" for part in parts)
    if 0 < there < len(parts):
        words = f"{said('{n} of {all} parts are in QuickBooks.', n=there, all=len(parts))} {words}".strip()
    store.execute(
        "UPDATE inventory_event SET qb_status = ?, qb_words = ? WHERE id = ?", (state, words[:WORDS_MAX], source)
    )
    if freed or state == "error":
        _notice(store, connection)


def _notice(store: Store, connection: str) -> None:
    """One notice for a company file, open while anything in its queue waits for a person."""
    key = f"qbd:{connection}"
    asked = "SELECT 1 FROM qbd_work WHERE connection = ? AND state = 'error' AND writes = 1 LIMIT 1"
    waits = store.execute(asked, (connection,)).fetchone() is not None
    if waits == notices.is_open(store, key):
        return
    if not waits:
        notices.settle(store, key)
        return
    notices.raise_notice(
        store, key, "needs", said("QuickBooks Desktop did not take everything it was told."),
        said("Look at the queue of inventory: each line says what to do."),
    )  # fmt: skip
