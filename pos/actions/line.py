"""The line to one connection: is it there, may we use it, and since when not. Deliver and refresh both stand on it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.actions import qbd_mapping, qbo_mapping
from pos.agent import Run
from pos.config import Config, renewed, with_secrets
from pos.connectors import KINDS, qbo
from pos.connectors.base import Connector, Kind
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable
from pos.rules import hub
from pos.said import said
from pos.store import claims, connections, hub_link, outbox, unblock
from pos.store.db import Store
from pos.store.vouchers import LedgerRow

log = logging.getLogger(__name__)

#: Set-up and rights are looked at again this often while all is well, and this often while the connection is paused.
CHECK_EVERY = timedelta(hours=1)
PAUSED_CHECK_EVERY = timedelta(seconds=60)
#: No Retry-After is believed beyond this; further ahead means the clock was set back.
RETRY_AHEAD_MAX = timedelta(hours=2)

NEW_KEY = said("Put a new key into .env: it is taken up within a minute, without a new start. The queue is kept.")


class LineDown(Exception):
    """Inside a round: nothing more can be sent or asked now. The words say why."""


@dataclass(slots=True)
class Memory:
    """What a process remembers of a connection between rounds; losing it costs one check."""

    connector: Connector
    facts: Mapping[str, Any] = field(default_factory=dict)
    checked_at: datetime | None = None
    #: Feeds whose pull has begun and not come to its end: when it began, and the mark it began with.
    under_way: dict[str, tuple[datetime, connections.Mark]] = field(default_factory=dict)
    #: Rows of the voucher ledger they said no to: when each is tried again.
    refused: dict[str, datetime] = field(default_factory=dict)
    #: The same rows: which, of which receipt, and what they said.
    why: dict[str, tuple[LedgerRow, str, Rejected]] = field(default_factory=dict)
    #: When the hub was asked last whether it still has what it took.
    looked_at: datetime | None = None
    #: The connection's settings, with the key the connector was made with.
    settings: Any = None


@dataclass(frozen=True, slots=True)
class Job:
    """What a round on one connection is given.

    address: where the connector speaks to. owner: who holds the leases. settle_seconds: how long "not there" proves
    nothing after a lost answer. keeping: what is held inside is kept meanwhile; lease_seconds: how long a row may be
    held, short where it is kept. mailbox: nobody is called there. breathe is called after each document or page (it may
    sleep); stopping ends the round; ring tells others ("line:<connection>": it is back, "status": a screen shows
    something else).
    """

    store: Store
    connection: str
    address: str
    memory: Memory
    owner: str
    settle_seconds: int = 150
    probe_seconds: int = 5
    limit: int = 50
    breathe: Callable[[], None] = lambda: None
    stopping: Callable[[], bool] = lambda: False
    ring: Callable[[str], None] = lambda _event: None
    now: Callable[[], datetime] = clock.now
    mailbox: bool = False
    keeping: Callable[[Callable[[datetime], object]], AbstractContextManager[None]] = lambda _keep: nullcontext()
    lease_seconds: int = outbox.LEASE_SECONDS


def job_of(run: Run, limit: int) -> Job | None:
    """The job of an agent's round on its connection; None for an agent without one, or where nobody is called."""
    if run.connection is None or run.kind is None or run.kind.mailbox:
        return None
    return job_with(run, run.connection.id, run.kind, limit)


def mailbox_job(run: Run, limit: int) -> Job | None:
    """The job of a round for a connection whose own side comes round; None where it is none."""
    if run.connection is None or run.kind is None or not run.kind.mailbox:
        return None
    name = run.connection.id
    memory = Memory(_connect(run.store, run.config, name, run.kind, _facts(run.store, name, run.kind)))
    return Job(
        store=run.store, connection=name, address="", memory=memory, owner=run.owner, limit=limit, settle_seconds=0,
        breathe=run.breathe, stopping=run.stopping, ring=run.ring, keeping=run.keeping, mailbox=True,
    )  # fmt: skip


def job_with(run: Run, connection: str, kind: Kind, limit: int) -> Job:
    """The job of an agent's round that speaks to one connection of its own choice."""
    facts = _facts(run.store, connection, kind)
    memory: Memory | None = run.memory.get("line")
    if memory is None or memory.facts != facts:  # setup ran meanwhile: begin anew with what it learned
        memory = run.memory["line"] = Memory(_connect(run.store, run.config, connection, kind, facts), facts)
    if connections.line(run.store, connection).paused_reason:
        renewed(run.config, kind.name)  # somebody who put a new key beside the running till need not start it anew
    settings = getattr(with_secrets(run.config, kind.name), kind.name)
    if memory.settings not in (None, settings):  # found now, or by another agent: it is tried at once
        memory.connector, memory.checked_at = _connect(run.store, run.config, connection, kind, facts), None
    memory.settings = settings
    return Job(
        store=run.store,
        connection=connection,
        address=kind.address(run.config),
        memory=memory,
        owner=run.owner,
        settle_seconds=settings.settle_seconds,
        probe_seconds=settings.probe_seconds,
        limit=limit,
        breathe=run.breathe,
        stopping=run.stopping,
        ring=run.ring,
        keeping=run.keeping,
        lease_seconds=claims.KEPT_SECONDS if run.beats else outbox.LEASE_SECONDS,
    )


def _facts(store: Store, connection: str, kind: Kind) -> Mapping[str, Any]:
    if kind.mailbox:
        return qbd_mapping.facts(store, connection)
    return qbo_mapping.facts(store, connection) if kind.name == qbo.KIND.name else connections.facts(store, kind.name)


def _connect(store: Store, config: Config, connection: str, kind: Kind, facts: Mapping[str, Any]) -> Connector:
    """A connector whose sign-in lives in the database is made with it."""
    if kind.name == qbo.KIND.name:
        return qbo_mapping.connector(store, config, connection, facts)
    if kind.mailbox:
        return qbd_mapping.desk(store, connection, facts)
    return kind.connect(config, facts)


def connector(store: Store, config: Config, connection: str, kind: Kind) -> Connector:
    """A connection's connector, made with what was learned of its site. Speaks to nobody."""
    return _connect(store, config, connection, kind, _facts(store, connection, kind))


def job_by_hand(store: Store, config: Config, connection: str, owner: str) -> Job:
    """The job of a person at the command line on one connection, with a connector of its own."""
    kind = next(kind for kind in KINDS if kind.name == connections.line(store, connection).kind)
    facts = _facts(store, connection, kind)
    memory = Memory(_connect(store, config, connection, kind, facts), facts)
    return Job(store, connection, kind.address(config), memory, owner, mailbox=kind.mailbox)


def works(job: Job) -> bool:
    """Whether to use the line at all: not paused, not told to wait, and answering when it was silent last time."""
    if job.mailbox:
        return True
    line = connections.line(job.store, job.connection)
    now = job.now()
    if line.paused_reason:
        return _checked(job, PAUSED_CHECK_EVERY)
    if line.retry_at and clock.stamp(now) < line.retry_at <= clock.stamp(now + RETRY_AHEAD_MAX):
        return False
    if line.offline_since:
        try:
            job.memory.connector.ping()
        except SignInNeeded as error:
            pause(job, error)
            return False
        except ConnectorError as error:
            away(job, error)
            return False
        reached(job)
    return _checked(job, CHECK_EVERY)


def _checked(job: Job, every: timedelta) -> bool:
    """Set-up and rights are there, as of at most `every` ago; else the connection is paused with the reason."""
    now, seen = job.now(), job.memory.checked_at
    if seen is not None and timedelta(0) <= now - seen < every:
        return not connections.line(job.store, job.connection).paused_reason
    job.memory.checked_at = now
    try:
        job.memory.connector.check()
    except (SignInNeeded, Rejected) as error:
        pause(job, error)
        return False
    except ConnectorError as error:
        job.memory.checked_at = None
        away(job, error)
        return False
    connections.resume(job.store, job.connection)
    if job.connection == hub.KIND:
        hub_link.clear_doubled(job.store)
    reached(job)
    return True


def reached(job: Job) -> None:
    """They answered; when the line had been away, everything that waits for it is due at once."""
    if job.mailbox:
        return
    now = job.now()
    if connections.reached(job.store, job.connection, now):
        freed = unblock.line_is_back(job.store, job.connection, now)
        log.info("%s answers again; %d waiting documents are due at once", job.connection, freed)
        job.ring(f"line:{job.connection}")
        job.ring("status")


def away(job: Job, error: ConnectorError) -> None:
    """They do not answer; kept until they do."""
    retry_at = error.retry_at if isinstance(error, Unavailable) else None
    if connections.away(job.store, job.connection, job.now(), error.message, retry_at):
        log.warning("%s does not answer: %s", job.connection, error.message)
        job.ring("status")


def pause(job: Job, error: ConnectorError) -> None:
    """Nothing more until a person acted; the queue is kept. Looked at again every minute, so it ends by itself."""
    job.memory.checked_at = job.now()
    remedy = getattr(error, "remedy", "") or ("" if isinstance(error, Rejected) else NEW_KEY)
    if error.code == "doubled":
        hub_link.mark_doubled(job.store, error.message, remedy)
    connections.pause(job.store, job.connection, error.message, remedy)


def silent(job: Job) -> ConnectorError | None:
    """None when the line is up: one silence may be one bad document, so the cheapest question is asked as well."""
    try:
        job.memory.connector.ping()
    except ConnectorError as error:
        return error
    return None


def give_up(job: Job, error: ConnectorError) -> LineDown:
    """Write down why nothing more goes now; to be raised."""
    if isinstance(error, SignInNeeded):
        pause(job, error)
    else:
        away(job, error)
    return LineDown(error.message)


def why_not(job: Job) -> str:
    """Why the line is not used now, in words: nobody answers, or what they answered when it was paused."""
    line = connections.line(job.store, job.connection)
    return (line.last_error if line.offline_since else "") or line.paused_reason or line.last_error or "No answer."


def seconds_to_wait(job: Job) -> float | None:
    """How long until the line is worth another look; None when it is there."""
    line = connections.line(job.store, job.connection)
    now = job.now()
    if line.paused_reason:
        return PAUSED_CHECK_EVERY.total_seconds()
    if not (line.offline_since or line.retry_at):
        return None
    if clock.stamp(now) < line.retry_at <= clock.stamp(now + RETRY_AHEAD_MAX):
        return max((clock.parse(line.retry_at) - now).total_seconds(), 1)
    return job.probe_seconds
