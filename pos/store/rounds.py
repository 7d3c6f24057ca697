"""Rounds of the agents: who runs what (a lease with a heartbeat), what is due when, and what became of each round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from pos import clock
from pos.store.db import Store
from pos.store.models import AgentRun, AgentState

LEASE_SECONDS = 30
#: Rounds kept per agent and connection: of all, and of failed ones.
KEPT_ROWS = 500
KEPT_FAILED_ROWS = 200

#: An agent and a connection ("" when it has none).
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """One agent on one connection. due_at: clock.stamp() text, empty = never planned; running: it is leased."""

    paused: bool
    due_at: str
    failures: int
    running: bool


@dataclass(frozen=True, slots=True)
class Past:
    """One round that ended or runs. cause: schedule, ring or person; outcome: running, ok, failed or abandoned."""

    agent: str
    connection: str
    cause: str
    started_at: str
    ended_at: str
    outcome: str
    sentence: str
    error: str


def ensure(store: Store, keys: Iterable[Key]) -> None:
    """A row for each agent; those that are there keep what they hold."""
    wanted = set(keys)
    with store.reading():
        here = {(s.agent, s.connection) for s in AgentState.select()}
    if wanted - here:
        with store.transaction():
            for agent, connection in sorted(wanted - here):
                AgentState.insert(agent=agent, connection=connection).on_conflict_ignore().execute()


def states(store: Store, now: datetime) -> dict[Key, State]:
    """Every agent's state."""
    with store.reading():
        return {
            (s.agent, s.connection): State(s.paused, s.due_at, s.failures, not _is_free(s.lease_until, now))
            for s in AgentState.select()
        }


def take(store: Store, key: Key, owner: str, cause: str, now: datetime) -> int | None:
    """Take the lease and open a round: its number. None when somebody else runs, or it is paused and no person asks."""
    agent, connection = key
    with store.transaction():
        row = AgentState.get((AgentState.agent == agent) & (AgentState.connection == connection))
        if (row.paused and cause != "person") or not _is_free(row.lease_until, now):
            return None
        if row.owner:  # whoever held it never came to an end
            _abandon(key, now)
        AgentState.update(owner=owner, lease_until=_lease(now)).where(_is(key)).execute()
        run = AgentRun.create(
            agent=agent, connection=connection, cause=cause, started_at=clock.stamp(now), outcome="running"
        )
        return int(run.n)


def beat(store: Store, key: Key, owner: str, now: datetime) -> bool:
    """Renew the lease; False when it is not ours any more."""
    with store.transaction():
        changed = AgentState.update(lease_until=_lease(now)).where(_is(key) & (AgentState.owner == owner)).execute()
        return bool(changed)


@dataclass(frozen=True, slots=True)
class End:
    """What became of a round. outcome: ok or failed; due_at: the next one; failures: how many in a row by now."""

    outcome: str
    sentence: str
    error: str
    due_at: datetime
    failures: int


def finish(store: Store, key: Key, owner: str, n: int, now: datetime, end: End) -> None:
    """Close a round and let go. One that only repeats the sentence of the round before extends that one's row."""
    agent, connection = key
    stamp = clock.stamp(now)
    with store.transaction():
        earlier = (AgentRun.agent == agent) & (AgentRun.connection == connection) & (AgentRun.n < n)
        before = AgentRun.select().where(earlier).order_by(AgentRun.n.desc()).first()
        mine = AgentRun.get_by_id(n)
        says = {"outcome": end.outcome, "sentence": end.sentence, "error": end.error}
        repeats = before is not None and before.cause == mine.cause == "schedule"
        if repeats and all(getattr(before, k) == v for k, v in says.items()):
            AgentRun.update(ended_at=stamp).where(AgentRun.n == before.n).execute()
            AgentRun.delete().where(AgentRun.n == n).execute()
        else:
            AgentRun.update(ended_at=stamp, **says).where(AgentRun.n == n).execute()
        row = AgentState.get(_is(key))
        # Somebody else rang meanwhile: what they rang for may have come after this round looked.
        rung = mine.started_at < row.due_at <= stamp
        due_at = row.due_at if rung else clock.stamp(end.due_at)
        AgentState.update(owner="", lease_until="", due_at=due_at, failures=end.failures).where(
            _is(key) & (AgentState.owner == owner)
        ).execute()


def want(store: Store, key: Key, now: datetime) -> None:
    """Due now, for whoever looks next."""
    with store.transaction():
        AgentState.update(due_at=clock.stamp(now)).where(_is(key)).execute()


def pause(store: Store, agent: str, connection: str, paused: bool) -> None:
    """The pause switch of one agent on one connection; a person can still run it by hand."""
    with store.transaction():
        AgentState.update(paused=paused).where(_is((agent, connection))).execute()


def free(store: Store, owners: str, now: datetime) -> int:
    """Leases held by owners whose name starts so are over; how many. Only for a process that knows they are dead."""
    with store.reading():
        held = [(s.agent, s.connection) for s in AgentState.select().where(AgentState.owner.startswith(owners))]
    for key in held:
        with store.transaction():
            _abandon(key, now)
            AgentState.update(owner="", lease_until="").where(_is(key)).execute()
    return len(held)


def begin(store: Store, deaf: Iterable[str], now: datetime) -> None:
    """A start: due now is what failed before it, for somebody may have mended that, and those that listen to something
    outside or for sales, for they heard nothing meanwhile and the last bell before it may never have been answered."""
    stale = (AgentState.failures > 0) | AgentState.agent.in_(list(deaf))
    with store.transaction():
        AgentState.update(due_at=clock.stamp(now)).where(stale).execute()


def thin(store: Store) -> int:
    """Drop the oldest rounds beyond what is kept; how many. Rounds are a diary, not money: those may go."""
    gone = 0
    with store.reading():
        keys = {(s.agent, s.connection) for s in AgentState.select()}
    for agent, connection in sorted(keys):
        of_it = (AgentRun.agent == agent) & (AgentRun.connection == connection)
        failed = AgentRun.outcome.in_(("failed", "abandoned"))
        gone += _drop(store, of_it & ~failed, KEPT_ROWS) + _drop(store, of_it & failed, KEPT_FAILED_ROWS)
    return gone


def latest(store: Store, agent: str = "", limit: int = 50) -> list[Past]:
    """The newest rounds first, of one agent or of all."""
    with store.reading():
        found = AgentRun.select()
        if agent:
            found = found.where(AgentRun.agent == agent)
        return [
            Past(r.agent, r.connection, r.cause, r.started_at, r.ended_at, r.outcome, r.sentence, r.error)
            for r in found.order_by(AgentRun.n.desc()).limit(limit)
        ]


def last(store: Store) -> dict[Key, Past]:
    """The newest round of each agent on each connection."""
    with store.reading():
        newest = AgentRun.select(fn.MAX(AgentRun.n)).group_by(AgentRun.agent, AgentRun.connection)
        return {
            (r.agent, r.connection): Past(
                r.agent, r.connection, r.cause, r.started_at, r.ended_at, r.outcome, r.sentence, r.error
            )
            for r in AgentRun.select().where(AgentRun.n.in_(newest))
        }


def recent(store: Store, each: int) -> dict[Key, list[tuple[str, str, int | None]]]:
    """The last rounds of each agent on each connection, the oldest first: (began, outcome, milliseconds it took or
    None while it runs)."""
    found: dict[Key, list[tuple[str, str, int | None]]] = {}
    with store.reading():
        rows = store.execute(
            "SELECT agent, connection, started_at, outcome, ended_at FROM (SELECT *, row_number() OVER"
            " (PARTITION BY agent, connection ORDER BY n DESC) AS nth FROM agent_run) x WHERE nth <= ? ORDER BY n",
            (each,),
        ).fetchall()
    for agent, connection, began, outcome, ended in rows:
        took = clock.parse(ended) - clock.parse(began) if ended else None
        milliseconds = None if took is None else max(took // timedelta(milliseconds=1), 0)
        found.setdefault((agent, connection), []).append((began, outcome, milliseconds))
    return found


def _drop(store: Store, those: Any, keep: int) -> int:
    with store.transaction():
        oldest_kept = AgentRun.select(AgentRun.n).where(those).order_by(AgentRun.n.desc()).limit(keep)
        first = AgentRun.select(fn.MIN(AgentRun.n)).where(AgentRun.n.in_(oldest_kept)).scalar()
        return int(AgentRun.delete().where(those & (AgentRun.n < first)).execute()) if first else 0


def _abandon(key: Key, now: datetime) -> None:
    agent, connection = key
    AgentRun.update(outcome="abandoned", ended_at=clock.stamp(now), sentence="The program ended in the middle.").where(
        (AgentRun.agent == agent) & (AgentRun.connection == connection) & (AgentRun.outcome == "running")
    ).execute()


def _is(key: Key) -> Any:
    return (AgentState.agent == key[0]) & (AgentState.connection == key[1])


def _lease(now: datetime) -> str:
    return clock.stamp(now + timedelta(seconds=LEASE_SECONDS))


def _is_free(lease_until: str, now: datetime) -> bool:
    """Over, or so far ahead that the clock was set back since."""
    return lease_until <= clock.stamp(now) or lease_until > clock.stamp(now + timedelta(seconds=2 * LEASE_SECONDS))
