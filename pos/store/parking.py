"""Parking: a person sets a document aside, and takes it up again. It keeps its state; meanwhile nothing of it is sent.

What is parked is still open: it counts as waiting in the status bar, its list is one press away, and its notice says
who parked it and why. A return of it waits, too.
"""

from __future__ import annotations

from pos import clock
from pos.errors import Invalid, NotFound
from pos.said import said
from pos.store import audit, notices, refusals
from pos.store.db import Store
from pos.store.models import Document, Outbox
from pos.store.outbox import NEEDS, LostLease
from pos.store.stories import told

REASON_CHARS_MIN = 5
REASON_CHARS_MAX = 300


def park(store: Store, n: int, reason: str, by: str) -> None:
    """Set one row aside. Invalid without a reason, or when it is booked or parked; LostLease while it is being sent."""
    reason = checked(reason)
    now = clock.now()
    with store.transaction():
        row = _row(n)
        if row.state == "booked" or row.resolved:
            raise Invalid("This document is done with; there is nothing to park.", field="n")
        if row.parked:
            raise Invalid(said("It is parked already. {who}", who=row.parked), field="n")
        _change(row, parked=f"{by}: {reason}", story=told(now, "parked", {"message": f"{by}: {reason}"}))
        number = Document.select(Document.number).where(Document.id == row.document).scalar() or row.document
        refusals.settle(store, n)
        notices.raise_notice(
            store,
            f"outbox:{n}",
            "check",
            said("{number} is parked and not sent to the books ({who}: {why}).", number=number, who=by, why=reason),
            said("Take it up again in the console's outbox when it may go."),
            number,
        )
        audit.record(store, by, "outbox.park", row.document, _detail(row) | {"reason": reason})


def unpark(store: Store, n: int, by: str) -> None:
    """Take it up again: it goes on where it stood. Invalid when it is not parked."""
    now = clock.now()
    with store.transaction():
        row = _row(n)
        if not row.parked:
            raise Invalid("This document is not parked.", field="n")
        _change(row, parked="", next_at=clock.stamp(now), story=told(now, "unparked", {"message": by}))
        refusals.settle(store, n)
        if row.state in NEEDS and not row.resolved:
            number = Document.select(Document.number).where(Document.id == row.document).scalar() or row.document
            refusals.tell(store, n, number, f"{number}: {row.message}", "")
        audit.record(store, by, "outbox.unpark", row.document, _detail(row))


def checked(reason: str) -> str:
    """The reason without stray spaces. Invalid when it says nothing."""
    reason = " ".join(reason.split())
    if not REASON_CHARS_MIN <= len(reason) <= REASON_CHARS_MAX:
        raise Invalid("Say why in a few words.", field="reason")
    return reason


def _row(n: int) -> Outbox:
    row = Outbox.get_or_none(Outbox.n == n)
    if row is None:
        raise NotFound("There is no such row in the outbox.", field="n")
    return row


def _change(row: Outbox, **values: object) -> None:
    same = (Outbox.n == row.n) & (Outbox.state == row.state) & (Outbox.owner == "") & (Outbox.parked == row.parked)
    if Outbox.update(updated_at=clock.stamp(clock.now()), **values).where(same).execute() != 1:
        raise LostLease("It is being sent at this moment. Look again in a minute.")


def _detail(row: Outbox) -> dict[str, str]:
    return {"part": row.part, "connection": row.connection, "was": row.state}
