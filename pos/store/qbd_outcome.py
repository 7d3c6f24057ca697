"""What became of a message that was handed out. Each change counts only for who holds it, and is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pos import clock
from pos.rules import qbd_ladder
from pos.said import said
from pos.store import audit, qbd_asks, qbd_rows
from pos.store.db import Store
from pos.store.qbd_rows import WORDS_MAX, Work

#: States in which a late answer may still say that it is booked.
UNANSWERED = ("in_flight", "unknown", "error")


@dataclass(frozen=True, slots=True)
class Answer:
    """What QuickBooks said of a posting it has. remote_id: TxnID, of a list object its ListID."""

    remote_id: str
    edit_sequence: str = ""
    txn_number: str = ""
    code: str = ""
    message: str = ""


def booked(store: Store, work: Work, answer: Answer, now: datetime, *, late: bool = False) -> bool:
    """It is in QuickBooks. Whether that was news: an answer that comes again changes nothing. late: of a session that
    is over, for the very bytes that are out; it counts whoever holds them now. ValueError without an id of theirs."""
    if not answer.remote_id:
        raise ValueError("nothing is booked without an id of QuickBooks")
    values = {
        "state": "applied", "remote_id": answer.remote_id, "edit_sequence": answer.edit_sequence,
        "txn_number": answer.txn_number, "code": answer.code, "message": answer.message[:WORDS_MAX], "doubt": False,
        "probing": False, "done_at": clock.stamp(now), "ticket": "", "lease_until": "",
    }  # fmt: skip
    with store.transaction():
        fresh = qbd_rows.one(store, work.n)
        if fresh is None or fresh.set_id != work.set_id or (late and not fresh.doubt):
            return False
        states, ticket = (UNANSWERED, None) if late else (("in_flight",), work.ticket)
        if not qbd_rows.change(store, work.n, states, values, ticket=ticket):
            return False
        qbd_rows.may_clear(store, work.connection, work.set_id)
        _end(store, work, freed=late)
        audit.record(
            store, "qbwc", "qbd.booked", work.source,
            {"kind": work.kind, "part": work.part, "of": work.parts, "id": answer.remote_id, "ref": work.ref_number},
        )  # fmt: skip
    return True


def refused(store: Store, work: Work, code: str, message: str, now: datetime, *, again: bool) -> bool:
    """A definite no: nothing of it is in QuickBooks. again: it goes once more by itself, under a new id, until it was
    tried often enough; else it waits for a person. False when it is another session's by now."""
    over = not again or qbd_ladder.is_over(work.tries, store.config.qbwc.tries_max)
    values = {
        "state": "error" if over else "pending", "attempt": work.attempt + 1, "set_id": "", "body": "",
        "request_id": "", "doubt": False, "probing": False, "ticket": "", "lease_until": "", "code": code,
        "message": message[:WORDS_MAX], "next_at": clock.stamp(qbd_ladder.again_at(work.tries, now)),
    }  # fmt: skip
    return _changed(store, work, values, clears=work.set_id)


def absent(store: Store, work: Work, message: str, now: datetime) -> bool:
    """QuickBooks was asked and does not have it. The same bytes go again under the same id, for they may still be under
    way; where the id protects no longer (`probe`), new ones under a new id."""
    fresh = {
        "state": "pending", "attempt": work.attempt + 1, "set_id": "", "body": "", "request_id": "", "doubt": False,
        "tries": 0,
    }  # fmt: skip
    same = {"state": "unknown", "tries": max(0, work.tries - 1)}  # asking was no try
    values = (same if work.body else fresh) | {
        "probing": False, "ticket": "", "lease_until": "", "message": message[:WORDS_MAX], "next_at": clock.stamp(now),
    }  # fmt: skip
    return _changed(store, work, values)


def lost(store: Store, work: Work, code: str, message: str, now: datetime, *, at_once: bool = False) -> bool:
    """Nobody knows what became of it. QuickBooks is asked for it: at once the first time where `at_once`, else by the
    ladder; is it not there, the same bytes go again. After all tries a person looks. A question is just asked again."""
    if not work.writes:
        return put_off(store, work, code, message, now)
    if qbd_ladder.is_over(work.tries, store.config.qbwc.tries_max):
        return given_up(store, work, code, f"{_nobody_knows(work)} {message}".strip(), now)
    soon = at_once and work.tries <= 1
    values = {
        "state": "unknown", "ticket": "", "lease_until": "", "code": code, "message": message[:WORDS_MAX],
        "probing": True, "next_at": clock.stamp(now if soon else qbd_ladder.again_at(work.tries, now)),
    }  # fmt: skip
    return _changed(store, work, values)


def _nobody_knows(work: Work) -> str:
    return said("Nobody could say whether it is in QuickBooks. Look there for {ref}.", ref=work.ref_number)


def probe(store: Store, work: Work, code: str, message: str, now: datetime) -> bool:
    """Its id protects no longer: QuickBooks is asked for it, and these bytes never go again."""
    values = {
        "state": "unknown", "probing": True, "body": "", "tries": 0, "ticket": "", "lease_until": "", "code": code,
        "message": message[:WORDS_MAX], "next_at": clock.stamp(now),
    }  # fmt: skip
    return _changed(store, work, values)


def given_up(
    store: Store, work: Work, code: str, message: str, now: datetime, *, remote_id: str = ""
) -> bool:  # fmt: skip
    """A person has to look: it may be in QuickBooks, or is not as it was sent (then `remote_id` is theirs, and its id
    would only answer that it is there). Nothing of it is sent by itself; let go again, QuickBooks is asked first."""
    values = {
        "state": "error", "ticket": "", "lease_until": "", "code": code, "message": message[:WORDS_MAX],
        "probing": True, "doubt": True, "next_at": clock.stamp(now),
    } | ({"remote_id": remote_id, "body": ""} if remote_id else {})  # fmt: skip
    return _changed(store, work, values)


def parked(store: Store, work: Work, code: str, message: str, now: datetime) -> None:
    """It cannot be built, so nothing is handed out: a person has to put something right. In a transaction."""
    values = {"state": "error", "code": code, "message": message[:WORDS_MAX], "next_at": clock.stamp(now)}
    if qbd_rows.change(store, work.n, (work.state,), values):
        qbd_rows.tell(store, work.connection, work.source)


def put_off(store: Store, work: Work, code: str, message: str, now: datetime) -> bool:
    """A question came to nothing: it is asked again by the ladder, and given up after all tries."""
    over = qbd_ladder.is_over(work.tries, store.config.qbwc.tries_max)
    values = {
        "state": "error" if over else "pending", "ticket": "", "lease_until": "", "code": code,
        "message": message[:WORDS_MAX], "next_at": clock.stamp(qbd_ladder.again_at(work.tries, now)),
        "done_at": clock.stamp(now) if over else "",
        "payload": qbd_rows.dumped(qbd_asks.from_the_start(work.payload)),
    }  # fmt: skip
    return _changed(store, work, values)


def asked(store: Store, work: Work, payload: dict[str, object], now: datetime, *, more: bool) -> bool:
    """A page of a question is kept; more: the next one is asked for at once. In the transaction that keeps the page."""
    values = {
        "state": "pending" if more else "applied", "ticket": "", "lease_until": "", "code": "0", "message": "",
        "payload": qbd_rows.dumped(payload), "tries": 0, "next_at": clock.stamp(now),
        "done_at": "" if more else clock.stamp(now),
    }  # fmt: skip
    return _changed(store, work, values)


def restored(store: Store, now: datetime) -> int:
    """The till came back from a copy: whatever is not known to be in QuickBooks may have gone there since. It is asked
    for before anything is sent, and so is what is told anew of days until now; no session of then goes on. How many
    messages. In the transaction that restores."""
    open_now = "writes = 1 AND state IN ('not_ready', 'pending', 'in_flight', 'unknown', 'error') ORDER BY n"
    with store.transaction():
        qbd_rows.forget(store, now)
        store.execute("UPDATE qbd_ticket SET state = 'dropped', outstanding = 0 WHERE state = 'open'")
        found = qbd_rows.works(store, open_now, ())
        for row in found:
            values: dict[str, object] = {"probing": True}  # what waits for a mapping is asked for once it has one
            if row.state != "not_ready":
                values |= {"doubt": True, "body": "", "ticket": "", "lease_until": "", "tries": 0,
                           "state": "error" if row.state == "error" else "unknown", "next_at": clock.stamp(now),
                           "message": said("The till was restored; asking whether it arrived.")}  # fmt: skip
            qbd_rows.change(store, row.n, (row.state,), values)
        for row in {row.source: row for row in found}.values():
            qbd_rows.tell(store, row.connection, row.source)
    return len(found)


# -- sessions that end -------------------------------------------------------------------------------------------------


#: Work in flight that nobody holds any more, or this session does: (connection, ticket, moment).
DEAD = (
    "FROM qbd_work w LEFT JOIN qbd_ticket t ON t.ticket = w.ticket WHERE w.connection = ? AND w.state = 'in_flight'"
    " AND (w.ticket = ? OR t.ticket IS NULL OR t.state <> 'open' OR t.until <= ?)"
)


def release(store: Store, ticket: str, now: datetime, *, connection: str = "") -> int:
    """A session is over, or asks for more without an answer: what it holds is in doubt, and due at once; and so is,
    of this connection, what sessions hold that are closed, dropped or silent for too long. How many."""
    with store.transaction():
        if not connection:
            row = store.execute("SELECT connection FROM qbd_ticket WHERE ticket = ?", (ticket,)).fetchone()
            if row is None:
                return 0
            connection = str(row[0])
        found = store.execute(f"SELECT w.n {DEAD}", (connection, ticket, clock.stamp(now))).fetchall()
        for (n,) in found:
            row = qbd_rows.one(store, n)
            if row is not None:
                _let_lie(store, row, now)
    return len(found)


def _let_lie(store: Store, row: Work, now: datetime) -> None:
    over = qbd_ladder.is_over(row.tries, store.config.qbwc.tries_max)
    values: dict[str, object] = {
        "state": "unknown" if row.writes else "pending", "ticket": "", "lease_until": "", "next_at": clock.stamp(now)
    }  # fmt: skip
    if row.writes:
        words = said("The session ended without an answer to it.")
        values |= {"code": qbd_ladder.LOST, "message": words, "probing": True}
    if over and row.writes:  # a session that always ends here must not do so for ever
        values |= {"state": "error", "message": _nobody_knows(row)}
    elif over:
        values |= {"tries": 0, "next_at": clock.stamp(qbd_ladder.again_at(row.tries, now))}
    if qbd_rows.change(store, row.n, ("in_flight",), values, ticket=row.ticket):
        qbd_rows.answered(store, row.ticket, row.n, done=0)
        qbd_rows.tell(store, row.connection, row.source)


def _changed(store: Store, work: Work, values: Mapping[str, object], clears: str = "") -> bool:
    with store.transaction():
        if not qbd_rows.change(store, work.n, ("in_flight",), values, ticket=work.ticket):
            return False
        if clears:
            qbd_rows.may_clear(store, work.connection, clears)
        _end(store, work)
    return True


def _end(store: Store, work: Work, *, freed: bool = False) -> None:
    """After each change: the session is free of it, the chain goes on where it is over, people see what it is."""
    qbd_rows.answered(store, work.ticket, work.n)
    fresh = qbd_rows.one(store, work.n)
    if fresh is not None and fresh.state in ("applied", "cancelled"):
        qbd_rows.let_go(store, work.connection, work.n)
    qbd_rows.tell(store, work.connection, work.source, freed=freed)
