"""Approvals asked for from afar: a waiting request, and the answer somebody else gives it on their own screen.

An answer that agrees makes an ordinary approval, so that the act is sent again as if the PIN had been typed beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from pos import clock
from pos.errors import Conflict, NotFound
from pos.store import approvals, audit
from pos.store.approvals import Approver
from pos.store.db import Store

MINUTES = 10
#: Waiting requests of one person; nobody asks for more at once.
WAITING_MAX = 20
_COLUMNS = (
    "id, act, subject, bound, what, asked_by, asked_name, made_at, until, state, answered_by, answered_name,"
    " answered_at, approval"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. state: waiting, agreed, refused, withdrawn; one that waits past `until` is over."""

    id: str
    act: str
    subject: str
    bound: str
    what: str
    asked_by: str
    asked_name: str
    made_at: str
    until: str
    state: str
    answered_by: str
    answered_name: str
    answered_at: str
    approval: str


def ask(store: Store, act: str, subject: str, bound: Decimal | None, what: str, by: str, name: str) -> Request:
    """Write a request down; the same one, still waiting, is the request that stands."""
    now, limit = clock.now(), "" if bound is None else f"{bound:f}"
    with store.transaction():
        mine = [one for one in waiting(store) if one.asked_by == by]
        for one in mine:
            if (one.act, one.subject, one.bound) == (act, subject, limit):
                return one
        if len(mine) >= WAITING_MAX:
            raise Conflict("Too many requests of yours wait already.", code="too_many")
        key = clock.uuid7()
        row = (
            key,
            act,
            subject,
            limit,
            what,
            by,
            name,
            clock.stamp(now),
            clock.stamp(now + timedelta(minutes=MINUTES)),
        )
        store.execute(
            f"INSERT INTO approval_request ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', '', '', '', '')",
            row,
        )
        audit.record(store, by, "approval.asked", subject, {"act": act, "bound": limit, "request": key})
    return find(store, key)


def find(store: Store, key: str) -> Request:
    """One request. NotFound."""
    row = store.execute(f"SELECT {_COLUMNS} FROM approval_request WHERE id = ?", (key,)).fetchone()
    if row is None:
        raise NotFound("There is no such request.")
    return Request(*row)


def waiting(store: Store) -> list[Request]:
    """What waits for an answer now, the oldest first."""
    rows = store.execute(
        f"SELECT {_COLUMNS} FROM approval_request WHERE state = 'waiting' AND until > ? ORDER BY made_at",
        (clock.stamp(clock.now()),),
    )
    return [Request(*row) for row in rows.fetchall()]


def agree(store: Store, request: Request, approver: Approver, bound: Decimal | None) -> str:
    """Somebody agrees: the approval's id. The caller checked their right. Conflict when it is answered or over."""
    with store.transaction():
        _answer(store, request, approver, "agreed")
        key = approvals.grant(store, request.act, request.subject, approver, request.asked_by, bound)
        store.execute("UPDATE approval_request SET approval = ? WHERE id = ?", (key, request.id))
    return key


def refuse(store: Store, request: Request, approver: Approver) -> None:
    """Somebody says no. Conflict when it is answered or over."""
    with store.transaction():
        _answer(store, request, approver, "refused")
        detail = {"act": request.act, "asked_by": request.asked_by, "why": "They said no.", "request": request.id}
        audit.record(store, approver.code, "approval.refused", request.subject, detail)


def withdraw(store: Store, key: str, by: str) -> None:
    """Whoever asked gave up. Nothing happens to one that is answered."""
    store.execute(
        "UPDATE approval_request SET state = 'withdrawn' WHERE id = ? AND asked_by = ? AND state = 'waiting'", (key, by)
    )


def _answer(store: Store, request: Request, approver: Approver, state: str) -> None:
    now = clock.stamp(clock.now())
    done = store.execute(
        "UPDATE approval_request SET state = ?, answered_by = ?, answered_name = ?, answered_at = ?"
        " WHERE id = ? AND state = 'waiting' AND until > ?",
        (state, approver.code, approver.name, now, request.id, now),
    ).rowcount
    if not done:
        raise Conflict("That request is answered, given up or too old.", code="answered")
