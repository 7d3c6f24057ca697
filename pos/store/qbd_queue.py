"""The queue to QuickBooks Desktop: what its Web Connector is handed, in which order, and what became of it.

    not_ready ──mapped──▶ pending ──take──▶ in_flight ──booked──▶ applied
                           ▲  ▲              ├─ a definite no: on the ladder, with a new id ──▶ pending
                           │  └──────────────┤  … or for a person ──▶ error ──retry──▶ pending, with a new id
                           │                 └─ no answer, a dead session ──▶ unknown ──is it there?──▶ in_flight
                           │                                                     yes ──▶ applied
                           │                                                     no ───▶ unknown ──the same bytes──▶ …
                           └── no, and its id protects no longer: with a new id

The bytes of a posting and their message set id are stored in the transaction that hands them out, and go again
unchanged until an answer is kept; before they do, QuickBooks is asked for the RefNumber, for it may have booked them
and kept no answer under the id. A claim is a session's: it dies with it. Items keep their order: what is open on one
holds back what comes later on the same (`qbd_rows`), and nothing else. A late answer of a session that is over counts
when it says that the set is booked, and changes nothing when it says no: the same bytes are answered so again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from pos import clock
from pos.errors import Conflict, NotFound, UserError
from pos.rules import qbd_ladder
from pos.rules.qbd_split import Part
from pos.said import said
from pos.store import audit, qbd_archive, qbd_asks, qbd_ready, qbd_rows
from pos.store.db import Store
from pos.store.qbd_outcome import (
    DEAD,
    absent,
    asked,
    booked,
    given_up,
    lost,
    parked,
    probe,
    put_off,
    refused,
    release,
)
from pos.store.qbd_rows import OPEN, STATES, Work

__all__ = [
    "OPEN", "STATES", "Handed", "Summary", "Work", "absent", "asked", "booked", "cancel", "enqueue", "given_up",
    "held", "left", "lost", "of_set", "parked", "percent", "probe", "put_off", "refused", "release", "retry",
    "retry_all", "summary", "take", "tell", "work_of",
]  # fmt: skip

#: 20 of 23 characters QuickBooks takes: nobody guesses one.
SET_ID_BYTES = 10
#: Messages that cannot be built are put aside; so many at most in one call.
BUILDS_MAX = 200
#: So many go again at one word.
RETRY_MAX = 500
#: A queue longer than this is not counted at each step.
COUNT_MAX = 10_000
EVER = 1 << 40
_TICKET = "SELECT until FROM qbd_ticket WHERE ticket = ? AND connection = ? AND state = 'open' AND until > ?"
#: Builds the bytes of a message: (work, set_id, old_set_id, request_id, version) -> qbXML in ASCII. Of work that is
#: `probing`: the question whether it is there. A UserError says why it cannot be built.
Build = Callable[[Work, str, str, str, str], str]


@dataclass(frozen=True, slots=True)
class Handed:
    """What is handed out. body: the exact bytes; again: they were handed out before; probing: a question in place of
    the posting."""

    n: int
    kind: str
    source: str
    writes: bool
    body: str
    set_id: str
    request_id: str
    again: bool
    probing: bool


class Ticket(NamedTuple):
    """Who is handed something: the SHA-256, and until when it is open."""

    id: str
    until: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A company's queue. counts: state -> messages that are open; ready, held: as `left`; oldest: since when the oldest
    one waits, "" = none does."""

    counts: dict[str, int]
    ready: int
    held: int
    oldest: str


# -- into it -----------------------------------------------------------------------------------------------------------


def enqueue(tx: Store, event: Any) -> None:
    """Let QuickBooks be told of an event (its row or like it, saved with its lines; `connection` "" = nobody is told).
    What is known of places, items and reasons is read here. In the transaction that makes the event."""
    if not event.connection:
        return
    split = qbd_ready.split_of(tx, event)
    if split.nothing:
        sql = "UPDATE inventory_event SET qb_status = 'none', qb_words = ? WHERE id = ?"
        tx.execute(sql, (str(split.nothing), event.id))
        return
    qbd_ready.arrange(tx, event, split, clock.now())


def tell(
    tx: Store, connection: str, company: str, kind: str, source: str, parts: Sequence[Part], now: datetime
) -> list[int]:
    """Put other postings in line: a day's sales, an item or account a person agreed to; their numbers. The same source
    again changes nothing. In the caller's transaction."""
    known = [row.n for row in qbd_rows.of_source(tx, source) if row.connection == connection and row.kind == kind]
    if known:
        return known
    made = list[int]()
    for at, part in enumerate(parts, 1):
        made.append(
            qbd_rows.put(
                tx, connection, company, kind, source, part.payload, part.items, now, part=at, parts=len(parts),
                turn=made[0] if made else 0,
            )
        )  # fmt: skip
    return made


def cancel(tx: Store, event: Any) -> None:
    """QuickBooks is no longer told of an event (its row, or anything with its `id`). Conflict when any part of it was
    handed out and not refused for certain. In the transaction that voids it."""
    stamp = clock.stamp(clock.now())
    for row in qbd_rows.of_source(tx, event.id):
        if row.state == "cancelled":
            continue
        changed = {"state": "cancelled", "done_at": stamp}
        if row.doubt or row.probing or not qbd_rows.change(tx, row.n, qbd_ready.FREE, changed):
            raise Conflict(
                said("QuickBooks has been told of it already; take it back by a counter-event."), code="handed_out"
            )
        qbd_rows.let_go(tx, row.connection, row.n)
        qbd_rows.tell(tx, row.connection, event.id, freed=True)


# -- out of it ---------------------------------------------------------------------------------------------------------


def take(
    store: Store, connection: str, ticket: str, version: str, now: datetime, build: Build
) -> Handed | None:  # fmt: skip
    """What this session is handed next; None when nothing is due, or the ticket is not open. The bytes are on the disk
    when this returns. What the ticket held is unanswered: it is in doubt, and due again."""
    with _durably(store):
        row = store.execute(_TICKET, (ticket, connection, clock.stamp(now))).fetchone()
        if row is None:
            return None
        release(store, ticket, now, connection=connection)
        for _ in range(BUILDS_MAX):
            found = _next(store, connection, now)
            if found is None:
                return None
            handed = _hand_out(store, found, Ticket(ticket, str(row[0])), version, now, build)
            if handed is not None:
                return handed
    return None


def _durably(store: Store) -> AbstractContextManager[Store]:
    """What is forgotten after a power cut would be sent under a new id."""
    return store.transaction() if store.in_transaction() else store.durably()


def _next(store: Store, connection: str, now: datetime) -> Work | None:
    """What is due: first what nobody knows the end of, then the one that waits longest."""
    for due, moment in _due(now):
        for state in ("unknown", "pending"):
            where = f"connection = ? AND state = ? AND blocked = 0 AND {due} ORDER BY next_at, n LIMIT 1"
            for row in qbd_rows.works(store, where, (connection, state, moment)):
                return row
    return None


def _due(now: datetime) -> tuple[tuple[str, str], tuple[str, str]]:
    """Its moment came; or lies so far ahead that the clock was set back."""
    far = clock.stamp(now + qbd_ladder.AHEAD_MAX)
    return ("next_at <= ?", clock.stamp(now)), ("next_at > ?", far)


def _hand_out(store: Store, row: Work, ticket: Ticket, version: str, now: datetime, build: Build) -> Handed | None:
    """Hand this one out; None when it turned out that it cannot be, and is put aside."""
    if row.state == "pending" and not qbd_ready.is_current(store, row, now):
        return None
    if not row.writes:
        row = replace(row, payload=qbd_asks.in_session(row.payload, ticket.id, now))
    again = row.state == "unknown" and not row.probing and bool(row.body)
    posts = row.writes and not row.probing
    set_id = row.set_id if again or row.probing else secrets.token_hex(SET_ID_BYTES) if posts else ""
    request_id = set_id if posts else "Q" + secrets.token_hex(SET_ID_BYTES)
    body, old = row.body, ""
    if not again:
        old = qbd_rows.to_clear(store, row.connection) if posts else ""
        try:
            body = build(row, set_id if posts else "", old, request_id, version)
        except UserError as why:
            if old:
                qbd_rows.may_clear(store, row.connection, old)
            parked(store, row, qbd_ladder.BUILD_ERROR, why.message, now)
            return None
    values = {
        "state": "in_flight", "ticket": ticket.id, "lease_until": ticket.until, "handed_at": clock.stamp(now),
        "request_id": request_id, "tries": row.tries + 1,
    }  # fmt: skip
    if posts:
        values |= {"set_id": set_id, "body": body, "doubt": True} | ({} if again else {"version": version})
    if not row.writes:
        values["payload"] = qbd_rows.dumped(row.payload)
    if not qbd_rows.change(store, row.n, (row.state,), values):
        return None
    store.execute("UPDATE qbd_ticket SET outstanding = ? WHERE ticket = ?", (row.n, ticket.id))
    qbd_archive.keep(store, row, "ask", body, now, ticket=ticket.id, set_id=set_id if posts else "")
    qbd_rows.tell(store, row.connection, row.source)
    return Handed(row.n, row.kind, row.source, row.writes, body, set_id if posts else "", request_id, again,
                  row.probing)  # fmt: skip


# -- looking, and a person's acts --------------------------------------------------------------------------------------


def left(store: Store, connection: str, now: datetime) -> tuple[int, int]:
    """How many messages could be handed out now, and how many wait for a moment, for what comes before them or for a
    mapping; either is counted up to COUNT_MAX."""
    waits = "AND blocked = 0 AND next_at > ? AND next_at <= ?"
    (_, soon), (_, far) = _due(now)
    with store.reading():
        held_back = _count(store, connection, "not_ready") + sum(
            _count(store, connection, state, more, facts)
            for state in ("unknown", "pending")
            for more, facts in ((waits, (soon, far)), ("AND blocked > 0", ()))
        )
        return min(_ready(store, connection, now), COUNT_MAX), min(held_back, COUNT_MAX)


def _ready(store: Store, connection: str, now: datetime, most: int = COUNT_MAX) -> int:
    ready = sum(
        _count(store, connection, state, f"AND blocked = 0 AND {due}", (moment,), most)
        for state in ("unknown", "pending")
        for due, moment in _due(now)
    )
    dead = store.execute(f"SELECT count(*) {DEAD}", (connection, "", clock.stamp(now))).fetchone()[0]
    return ready + int(dead)


def _count(
    store: Store, connection: str, state: str, more: str = "", facts: Sequence[Any] = (), most: int = COUNT_MAX
) -> int:  # fmt: skip
    """Of a state, in its index alone."""
    asked = f"SELECT 1 FROM qbd_work WHERE connection = ? AND state = ? {more} LIMIT {most}"
    return int(store.execute(f"SELECT count(*) FROM ({asked}) x", (connection, state, *facts)).fetchone()[0])


def percent(store: Store, connection: str, ticket: str, now: datetime) -> int:
    """How much of a session's work is done: 1 to 99 while anything is ready, 100 when nothing is. A very long queue is
    counted once a session."""
    with store.transaction():
        row = store.execute("SELECT done, total FROM qbd_ticket WHERE ticket = ?", (ticket,)).fetchone()
        done, total = row or (0, 0)
        ready = _ready(store, connection, now)
        if ready >= COUNT_MAX:
            if total <= done:
                total = done + _ready(store, connection, now, most=EVER)
                store.execute("UPDATE qbd_ticket SET total = ? WHERE ticket = ?", (total, ticket))
            ready = max(ready, total - done)
    return qbd_ladder.percent(done, ready)


def held(store: Store, ticket: str, n: int) -> Work | None:
    """The work a session was handed and has not answered; None when it is another's by now, or over."""
    with store.reading():
        return next(iter(qbd_rows.works(store, "n = ? AND ticket = ? AND state = 'in_flight'", (n, ticket))), None)


def of_set(store: Store, set_id: str) -> Work | None:
    """The posting a message set id is of; None for one that was given up or never made."""
    with store.reading():
        return next(iter(qbd_rows.works(store, "set_id = ?", (set_id,))), None) if set_id else None


def summary(store: Store, company: str) -> Summary:
    """How a company's queue stands; all nothing where it has no QuickBooks Desktop."""
    counts = dict.fromkeys(OPEN, 0)
    with store.reading():
        row = store.execute("SELECT connection FROM qbd_company WHERE company = ?", (company,)).fetchone()
        if row is None:
            return Summary(counts, 0, 0, "")
        connection = str(row[0])
        counts = {state: _count(store, connection, state, most=EVER) for state in OPEN}
        oldest = "SELECT made_at FROM qbd_work WHERE connection = ? AND state = ? ORDER BY next_at LIMIT 1"
        firsts = [
            found[0]
            for state in ("unknown", "pending", "not_ready")
            for found in store.execute(oldest, (connection, state)).fetchall()
        ]
        ready = _ready(store, connection, clock.now(), most=EVER)
    held_back = max(0, counts["unknown"] + counts["pending"] - ready) + counts["not_ready"]
    return Summary(counts, ready, held_back, min(firsts, default=""))


def work_of(store: Store, source: str) -> list[Work]:
    """All parts of an event or another source, in order."""
    with store.reading():
        return qbd_rows.of_source(store, source)


def retry(store: Store, source: str, by: str, now: datetime) -> list[Work]:
    """A person lets what waits go again at once, with all its tries. What was refused for certain is written anew, by
    what is mapped now, under a new id; what nobody knows the end of is asked for, and goes again as it was. The parts
    as they then are; NotFound for a source without any; Conflict when nothing of it waits."""
    with store.transaction():
        parts = qbd_rows.of_source(store, source)
        if not parts:
            raise NotFound(said("QuickBooks was not told of this."))
        waiting = [row for row in parts if row.state in qbd_ready.FREE or row.state == "unknown"]
        if not any(row.state != "pending" or row.next_at > clock.stamp(now) for row in waiting):
            raise Conflict(said("Nothing of it waits for a person."), code="not_waiting")
        for row in waiting:
            state = "pending" if row.state == "error" else row.state
            values: dict[str, Any] = {"tries": 0, "next_at": clock.stamp(now), "state": state}
            if row.state == "error" and row.doubt:
                values |= {"state": "unknown", "probing": row.probing or not row.body}
            qbd_rows.change(store, row.n, (row.state,), values)
        event = qbd_ready.event_of(store, source)
        if event is not None:
            qbd_ready.arrange(store, event, qbd_ready.split_of(store, event), now)
        qbd_rows.tell(store, waiting[0].connection, source, freed=True)
        audit.record(store, by, "qbd.retry", source, {"parts": [row.part for row in waiting]})
        return qbd_rows.of_source(store, source)


def retry_all(store: Store, connection: str, by: str, now: datetime, *, code: str = "") -> int:
    """Let everything of a company file go again that waits for a person, some at a time; how many events and other
    sources. code: only what QuickBooks refused with it."""
    asked = "connection = ? AND state = 'error' AND writes = 1" + (" AND code = ?" if code else "")
    facts = (connection, code) if code else (connection,)
    with store.transaction():
        sql = f"SELECT DISTINCT source FROM qbd_work WHERE {asked} LIMIT ?"
        sources = [row[0] for row in store.execute(sql, (*facts, RETRY_MAX)).fetchall()]
        for source in sources:
            retry(store, source, by, now)
    return len(sources)
