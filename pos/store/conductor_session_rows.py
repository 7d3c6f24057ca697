"""Sessions with QuickBooks Desktop as they are read: one, the last, all, their steps, and what failed in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.errors import NotFound
from pos.said import said
from pos.store.db import Store
from pos.store.models import ConductorCompany as Companies
from pos.store.models import ConductorFailure as Failures
from pos.store.models import ConductorSession as Sessions
from pos.store.models import ConductorStep as Steps

STATUSES = ("running", "completed", "failed", "cancelled")
CAUSES = ("person", "schedule", "program")
#: What a step does. refs: small lists of theirs; stock: what is on hand there.
DIRECTIONS = ("refs", "pull", "push", "stock")
#: Those whose objects are what was asked for; the rest is preparation and is not counted.
COUNTED = ("pull", "push")
LEASE_SECONDS = 60
#: A lease that runs out further ahead was taken before the clock was set back.
AHEAD_SECONDS_MAX = 3600
LIST_MAX = 200


@dataclass(frozen=True, slots=True)
class Session:
    """One session. Moments are clock.stamp() text, "" = none. next_at: it waits until then, for `code` and `message`;
    waits_from: since when nothing could be asked. took_ms: once it is over."""

    n: int
    id: str
    connection: str
    company: str
    objects: tuple[str, ...]
    status: str
    cause: str
    asked_by: str
    started_at: str
    ended_at: str
    next_at: str
    waits_from: str
    cancel_at: str
    cancel_by: str
    code: str
    message: str
    took_ms: int
    owner: str = field(default="", repr=False)
    lease_until: str = field(default="", repr=False)

    @property
    def running(self) -> bool:
        """Whether it is not over; it may wait."""
        return self.status == "running"


@dataclass(frozen=True, slots=True)
class Step:
    """One type of records in one direction. total: as far as it is known. unchanged: of synced, what said the same on
    both sides. cursor: how far it came, {} = not begun."""

    session: int
    position: int
    object_type: str
    direction: str
    state: str
    total: int
    synced: int
    failed: int
    unchanged: int
    cursor: dict[str, Any]
    started_at: str
    ended_at: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An object that failed. object_id: here, remote_id: there; "" = it has none. message: what people should read."""

    object_type: str
    object_id: str
    remote_id: str
    title: str
    code: str
    message: str
    remedy: str = ""
    at: str = ""
    n: int = 0


def running(store: Store, connection: str) -> Session | None:
    """The one that is not over; None when there is none."""
    with store.reading():
        row = Sessions.get_or_none((Sessions.connection == connection) & (Sessions.status == "running"))
    return session_of(row) if row else None


def at_work(store: Store, connection: str, now: datetime) -> bool:
    """Whether a worker is at a session this moment, so that the company file is not free for a question."""
    found = running(store, connection)
    return found is not None and not is_free(found, now)


def current(store: Store, connection: str) -> Session | None:
    """The one that is running, else the last one; None before the first."""
    with store.reading():
        mine = Sessions.select().where(Sessions.connection == connection)
        row = mine.where(Sessions.status == "running").first() or mine.order_by(Sessions.n.desc()).first()
    return session_of(row) if row else None


def get(store: Store, connection: str, key: str) -> Session:
    """One by its id. NotFound, also for another company's."""
    with store.reading():
        row = Sessions.get_or_none((Sessions.connection == connection) & (Sessions.id == key))
    if row is None:
        raise NotFound(said("There is no such session here."))
    return session_of(row)


def numbered(store: Store, connection: str, n: int) -> Session:
    """One by its number. NotFound, also for another company's."""
    with store.reading():
        row = Sessions.get_or_none((Sessions.connection == connection) & (Sessions.n == n))
    if row is None:
        raise NotFound(said("There is no such session here."))
    return session_of(row)


def steps(store: Store, session: int) -> list[Step]:
    """Its steps, in the order they are worked on."""
    with store.reading():
        return [step_of(row) for row in Steps.select().where(Steps.session == session).order_by(Steps.position)]


def history(store: Store, connection: str, *, limit: int = 50, before: int = 0) -> list[Session]:
    """Sessions of a company file, the newest first. before: only those with a lower number."""
    asked = Sessions.connection == connection
    if before:
        asked &= Sessions.n < before
    with store.reading():
        rows = Sessions.select().where(asked).order_by(Sessions.n.desc()).limit(min(limit, LIST_MAX))
        return [session_of(row) for row in rows]


def failures(store: Store, session: int, *, after: int = 0, limit: int = 100) -> list[Failure]:
    """What failed in a session, in the order it did, from behind number `after`."""
    with store.reading():
        asked = (Failures.session == session) & (Failures.n > after)
        rows = Failures.select().where(asked).order_by(Failures.n).limit(min(limit, LIST_MAX))
        return [
            Failure(
                row.object_type, row.object_id, row.remote_id, row.title, row.code, row.message, row.remedy, row.at,
                row.n,
            )
            for row in rows
        ]  # fmt: skip


def last_good_at(store: Store, connection: str) -> str:
    """When the last session without a failure ended; "" = there was none."""
    with store.reading():
        return str(Companies.select(Companies.last_good_at).where(Companies.connection == connection).scalar() or "")


def failed_count(store: Store, session: int) -> int:
    """How many of its objects failed."""
    with store.reading():
        return sum(row.failed for row in Steps.select(Steps.failed).where(Steps.session == session))


# -- rows --------------------------------------------------------------------------------------------------------------


def mine(session: Session) -> Any:
    return (Sessions.n == session.n) & (Sessions.owner == session.owner) & (Sessions.status == "running")


def at(step: Step) -> Any:
    return (Steps.session == step.session) & (Steps.position == step.position)


def is_free(row: Session, now: datetime) -> bool:
    ahead = clock.stamp(now + timedelta(seconds=AHEAD_SECONDS_MAX))
    return row.lease_until <= clock.stamp(now) or row.lease_until > ahead


def until(now: datetime) -> str:
    return clock.stamp(now + timedelta(seconds=LEASE_SECONDS))


def session_of(row: Any) -> Session:
    return Session(
        row.n, row.id, row.connection, row.company, tuple(json.loads(row.objects)), row.status, row.cause, row.asked_by,
        row.started_at, row.ended_at, row.next_at, row.waits_from, row.cancel_at, row.cancel_by, row.code, row.message,
        row.took_ms, row.owner, row.lease_until,
    )  # fmt: skip


def step_of(row: Any) -> Step:
    return Step(
        row.session, row.position, row.object_type, row.direction, row.state, row.total, row.synced, row.failed,
        row.unchanged, json.loads(row.cursor), row.started_at, row.ended_at, row.code, row.message,
    )  # fmt: skip
