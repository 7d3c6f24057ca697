"""The outbox: every document on its way to a connection, and the only place that changes its state.

    queued ──take──▶ sending ──▶ sent (remote id kept) ──read back, compared──▶ booked | differs
       ▲                ├─ nothing was sent ──▶ queued, the same try again
       │                ├─ no answer, or the lease ran out ──▶ unknown ──find()──▶ sent | queued
       └── a person ◀───┴─ they said no ──▶ rejected

Each change is `UPDATE … WHERE state = old AND owner = me` and the count is checked: a row that somebody else took in
the meantime raises LostLease and is left alone. Nothing is ever deleted. A change that needs a person raises its notice
in the same transaction, and settles it likewise. A row a person parked keeps its state and waits until it is taken up
again (`store.parking`). Each step is written down beside the row: its story.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN

from pos import clock
from pos.errors import NotFound, PosError
from pos.said import said
from pos.store import bundles, coming, notices, refusals, stock
from pos.store.db import Store
from pos.store.models import Document, Outbox
from pos.store.stories import told
from pos.store.tally import NEEDS, WAITING, Counts, counts

__all__ = ["NEEDS", "WAITING", "Claimed", "Counts", "LostLease", "counts"]

#: A row is held so long by one who cannot keep it meanwhile (`store.claims`), and no longer by one who can.
LEASE_SECONDS = 300
LADDER_SECONDS = (60, 300, 900, 3600)
#: After this many tries a person is told, while the row keeps trying.
TRIES_TOLD = 5
#: A due time further ahead than the longest rung means the clock was set back; the row is due.
AHEAD_SECONDS_MAX = 2 * LADDER_SECONDS[-1]
BITE_ROWS = 500
#: A reply is cut after so many.
REPLY_CHARS_MAX = 4000

#: Of one that waits for the other side to come round.
MAILED = "mailed"
#: States in which a document is there, so that a return can refer to it.
THERE = ("booked", "differs")


class LostLease(PosError):
    """Somebody else holds this row now; whoever lost it must stop working on it."""

    code = "lost_lease"


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row held by its owner. number: the receipt's number; created_at: when the row entered the outbox."""

    n: int
    document: str
    number: str
    connection: str
    part: str
    state: str
    tries: int
    owner: str
    remote_id: str
    remote: dict[str, Any]
    after: tuple[str, ...]
    settle_at: str
    created_at: str
    lease_seconds: int = LEASE_SECONDS


# -- taking rows -------------------------------------------------------------------------------------------------------


def due(store: Store, connection: str, now: datetime, limit: int, *, part: str = "", sent: bool = False) -> list[int]:
    """Rows that may be worked on now, in order of commit; a return only when its originals are there. part: this; sent:
    only what was sent already, or may have been."""
    ready = (
        (Outbox.connection == connection)
        & Outbox.state.in_(("unknown", "sent") if sent else ("queued", "unknown", "sent"))
        & (Outbox.parked == "")
        & _moment_came(Outbox.next_at, now)
        & free(now)
    )
    if part:
        ready &= Outbox.part == part
    with store.reading():
        plain = Outbox.select(Outbox.n).where(ready & (Outbox.after == "")).order_by(Outbox.n).limit(limit)
        found = [n for (n,) in tuples(plain)]
        last = 0
        while True:  # returns are looked through in bites, so that many held up ones hide no other
            tied = Outbox.select(Outbox.n, Outbox.after, Outbox.document).where(
                ready & (Outbox.after != "") & (Outbox.n > last)
            )
            bite = tuples(tied.order_by(Outbox.n).limit(BITE_ROWS))
            on_way = coming.originals(store, {document: after.split() for _, after, document in bite})
            held = on_way.keys() | held_up(connection, (d for _, after, _ in bite for d in after.split()))
            found += [n for n, after, _ in bite if not held & set(after.split())]
            if len(bite) < BITE_ROWS or len(found) >= 2 * limit:
                break
            last = bite[-1][0]
    return sorted(found)[:limit]


def claim(store: Store, connection: str, owner: str, limit: int, now: datetime) -> list[Claimed]:
    """Take up to `limit` due rows for `owner`; rows somebody else took first are left out."""
    taken = (take(store, n, owner, now) for n in due(store, connection, now, limit))
    return [row for row in taken if row is not None]


def take(store: Store, n: int, owner: str, now: datetime, seconds: int = LEASE_SECONDS) -> Claimed | None:
    """Hold one due row: queued becomes sending, unknown and sent stay what they are. None when it was taken first."""
    with store.rows():
        row = store.database.alone(Outbox.select().where(Outbox.n == n)).get_or_none()
        if row is None or row.state not in ("queued", "unknown", "sent"):
            return None
        new = "sending" if row.state == "queued" else row.state
        changed = (
            Outbox.update(state=new, owner=owner, lease_until=within(now, seconds), updated_at=clock.stamp(now))
            .where((Outbox.n == n) & (Outbox.state == row.state) & (Outbox.parked == "") & free(now))
            .execute()
        )
        if changed != 1:
            return None
        number = Document.select(Document.number).where(Document.id == row.document).scalar() or row.document
    return Claimed(
        n=n, document=row.document, number=number, connection=row.connection, part=row.part, state=new, tries=row.tries,
        owner=owner, remote_id=row.remote_id, remote=json.loads(row.remote) if row.remote else {},
        after=tuple(row.after.split()), settle_at=row.settle_at, created_at=row.created_at, lease_seconds=seconds,
    )  # fmt: skip


def hold(store: Store, row: Claimed, now: datetime) -> None:
    """Renew the lease; LostLease when it is not ours any more. Called right before anything is posted."""
    _change(store, row, row.state, {"lease_until": within(now, row.lease_seconds)}, now, step="post")


# -- what became of a row ----------------------------------------------------------------------------------------------


def not_sent(store: Store, row: Claimed, now: datetime, message: str) -> None:
    """Nothing left this till: the same try is due as before, no rung is burnt."""
    state = "queued" if row.state == "sending" else row.state
    _change(store, row, state, {"message": message, "code": "unavailable", **_let_go()}, now)


def lost(
    store: Store, row: Claimed, now: datetime, settle_seconds: int, code: str, message: str, reply: str = ""
) -> None:
    """No answer to what was sent: unknown, and asked for again after `settle_seconds`."""
    settle = within(now, settle_seconds)
    values = {
        **_replied(reply),
        "settle_at": settle,
        "next_at": settle,
        "tries": row.tries + 1,
        "code": code,
        "message": message,
        **_let_go(),
    }
    _change(store, row, "unknown", values, now, tell=_keeps_failing(row, message))


def ask_later(store: Store, row: Claimed, now: datetime, next_at: datetime, code: str, message: str) -> None:
    """Still unknown, for asking failed: asked for again at `next_at`."""
    values = {"next_at": clock.stamp(next_at), "tries": row.tries + 1, "code": code, "message": message, **_let_go()}
    _change(store, row, "unknown", values, now, tell=_keeps_failing(row, message))


def not_there_yet(store: Store, row: Claimed, now: datetime, settle_at: datetime) -> None:
    """Still unknown, for they may be booking it this moment: asked for again when "not there" proves something."""
    at = clock.stamp(settle_at)
    values = {"next_at": at, "settle_at": at, "code": "asking", "message": "Not there yet; it is asked for again."}
    _change(store, row, "unknown", {**values, **_let_go()}, now)


def again(
    store: Store, row: Claimed, now: datetime, code: str, message: str, *, after_seconds: int | None = None,
    reply: str = "",
) -> None:  # fmt: skip
    """It is known not to be there: queued, on the next rung of the ladder or after so many seconds."""
    tries = row.tries + (row.state == "sending")
    next_at = within(now, rung(tries) if after_seconds is None else after_seconds)
    values = {"next_at": next_at, "settle_at": "", "tries": tries, "code": code, "message": message, **_let_go()}
    values |= _replied(reply)
    step = code if code == MAILED else ""
    _change(store, row, "queued", values, now, tell=_keeps_failing(row, message), step=step)


def sent(store: Store, row: Claimed, now: datetime, remote_id: str) -> Claimed:
    """They have it under this id; still held, to be read back."""
    _change(store, row, "sent", {"remote_id": remote_id, "next_at": clock.stamp(now), "settle_at": ""}, now)
    return replace(row, state="sent", remote_id=remote_id)


def read_later(store: Store, row: Claimed, now: datetime, message: str) -> None:
    """Sent, but reading it back failed: on the next rung."""
    tries = row.tries + 1
    values = {
        "next_at": within(now, rung(tries)),
        "tries": tries,
        "code": "not_read_back",
        "message": message,
        **_let_go(),
    }
    _change(store, row, "sent", values, now, tell=_keeps_failing(row, message))


def booked(store: Store, row: Claimed, now: datetime, remote: dict[str, Any]) -> None:
    """Read back and equal to the minor unit. What waited for it may go."""
    values = {
        "remote": json.dumps(remote, default=str), "booked_at": clock.stamp(now), "code": "",
        "message": "", "difference": "", **_let_go(),
    }  # fmt: skip
    _change(store, row, "booked", values, now, settle=True)


def differs(store: Store, row: Claimed, now: datetime, remote: dict[str, Any], difference: str) -> None:
    """Booked, but not as the receipt says; a person decides."""
    facts = {"number": row.number, "name": row.remote_id, "difference": difference}
    message = said("{number} is booked as {name}, but not as sold: {difference}", **facts)
    remedy = said("Compare {name} with the receipt; correct it there, then ask for another look.", name=row.remote_id)
    values = {
        "remote": json.dumps(remote, default=str), "booked_at": clock.stamp(now),
        "code": "differs", "message": f"{message}. {remedy}", "difference": difference, **_let_go(),
    }  # fmt: skip
    _change(store, row, "differs", values, now, tell=(message, remedy))


def rejected(
    store: Store,
    row: Claimed,
    now: datetime,
    code: str,
    message: str,
    remedy: str,
    remote_id: str = "",
    reply: str = "",
) -> None:
    """They said no; the row stays until a person acts, everything else goes on. reply: their answer as it came."""
    values = {
        **_replied(reply),
        "code": code,
        "message": f"{message}{_stop(message, remedy)} {remedy}".strip(),
        "remote_id": remote_id or row.remote_id,
        **_let_go(),
    }
    _change(store, row, "rejected", values, now, tell=(f"{row.number}: {message}", remedy))


def stumbled(store: Store, n: int, owner: str, now: datetime, message: str) -> None:
    """We failed over this document ourselves: whatever it was, it moves to its next rung, so that it stops no other."""
    with store.transaction():
        row = Outbox.get_or_none((Outbox.n == n) & (Outbox.owner == owner))
        if row is None:
            return
        tries = row.tries + 1
        values = {
            "next_at": within(now, rung(tries)), "tries": tries, "code": "fault", "message": message,
            "updated_at": clock.stamp(now), **_let_go(),
        }  # fmt: skip
        values["story"] = told(now, "fault", values)
        if row.state == "sending":  # it may have left before we failed
            values |= {"state": "unknown", "settle_at": within(now, LEASE_SECONDS)}
        Outbox.update(**values).where((Outbox.n == n) & (Outbox.state == row.state) & (Outbox.owner == owner)).execute()
        if tries == TRIES_TOLD:
            notices.raise_notice(
                store, f"outbox:{n}", "needs", message, said("Tell support; the receipt is safe here.")
            )


# -- reading -----------------------------------------------------------------------------------------------------------


def posted(store: Store, connection: str, documents: Iterable[str]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What the other side made of these documents, where it is there: (document, part, remote id, remote)."""
    with store.reading():
        found = Outbox.select(Outbox.document, Outbox.part, Outbox.remote_id, Outbox.remote).where(
            (Outbox.connection == connection) & Outbox.document.in_(list(documents)) & Outbox.state.in_(THERE)
        )
        return [(d, part, rid, json.loads(remote) if remote else {}) for d, part, rid, remote in tuples(found)]


def body(store: Store, document: str) -> bytes:
    """The document's file, byte for byte, from the database."""
    with store.reading():
        text = Document.select(Document.body).where(Document.id == document).scalar()
    if text is None:
        raise NotFound(f"There is no document {document} here.")
    return str(text).encode()


# -- what the changes share --------------------------------------------------------------------------------------------


def rung(tries: int) -> int:
    """Seconds to wait after this many tries."""
    return LADDER_SECONDS[min(max(tries, 1), len(LADDER_SECONDS)) - 1]


def _change(
    store: Store,
    row: Claimed,
    new: str,
    values: dict[str, Any],
    now: datetime,
    *,
    tell: tuple[str, str] | None = None,
    settle: bool = False,
    step: str = "",
) -> None:
    line = told(now, step or new, values)
    with store.transaction() if tell is not None or settle else store.rows():
        changed = (
            Outbox.update(state=new, updated_at=clock.stamp(now), story=line, **values)
            .where((Outbox.n == row.n) & (Outbox.state == row.state) & (Outbox.owner == row.owner))
            .execute()
        )
        if changed != 1:
            raise LostLease(f"{row.number} is held by somebody else now.")
        if row.part == bundles.PART:
            bundles.follow(store, row, new, clock.stamp(now))
        if new in THERE:
            stock.booked(store, row.document, row.part, clock.stamp(now))
        if tell is not None:
            refusals.tell(store, row.n, row.number, tell[0], tell[1])
        elif settle:
            refusals.settle(store, row.n)


def _keeps_failing(row: Claimed, message: str) -> tuple[str, str] | None:
    if row.tries + 1 != TRIES_TOLD:
        return None
    words = said("{number} could not be booked in {n} tries: {why}", number=row.number, n=TRIES_TOLD, why=message)
    return words, said("It keeps trying. See what the answer says.")


def tuples(query: Any) -> list[tuple[Any, ...]]:
    """The rows of a query as plain tuples."""
    return list(query.tuples())


def _replied(reply: str) -> dict[str, str]:
    """Their answer as it came; one that was none leaves the last one standing."""
    return {"reply": reply[:REPLY_CHARS_MAX]} if reply else {}


def _stop(message: str, remedy: str) -> str:
    """The full stop between what they said and what to do, where theirs has none."""
    return "." if remedy and message[-1:].isalnum() else ""


def _let_go() -> dict[str, str]:
    return {"owner": "", "lease_until": ""}


def within(now: datetime, seconds: int) -> str:
    return clock.stamp(now + timedelta(seconds=seconds))


def _moment_came(column: Any, now: datetime) -> Any:
    return (column <= clock.stamp(now)) | (column > within(now, AHEAD_SECONDS_MAX))


def free(now: datetime) -> Any:
    """No lease, one that ran out, or one so far ahead that the clock was set back since."""
    return (Outbox.lease_until <= clock.stamp(now)) | (Outbox.lease_until > within(now, 2 * LEASE_SECONDS))


@dataclass(frozen=True, slots=True)
class _Original:
    number: str
    state: str


def held_up(connection: str, documents: Iterable[str]) -> dict[str, _Original]:
    """Of these originals, the ones that are not there yet. One that was never to be sent there holds nothing up."""
    wanted = sorted(set(documents))
    held: dict[str, _Original] = {}
    for start in range(0, len(wanted), BITE_ROWS):
        found = (
            Outbox.select(Outbox.document, Outbox.state, Document.number, Outbox.parked)
            .join(Document, JOIN.LEFT_OUTER, on=(Document.id == Outbox.document))
            .where(
                (Outbox.connection == connection)
                & Outbox.document.in_(wanted[start : start + BITE_ROWS])
                & Outbox.state.not_in(THERE)
                & (Outbox.resolved == "")
            )
        )
        for document, state, number, parked in tuples(found):
            if document not in held or state == "rejected" or parked:
                held[document] = _Original(number or document, "parked" if parked else state)
    return held
