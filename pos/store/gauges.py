"""Gauges: what a monitor asks of the database, cheap also with a million rows in the outbox. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SQL, fn

from pos.store import tally
from pos.store.db import Store
from pos.store.models import AgentRun, AgentState, Connection, Notice, Outbox
from pos.store.outbox import tuples
from pos.store.tally import NEEDS, WAITING

#: Every word a monitor may meet for a row of the outbox, each always told, so that a series never goes missing.
STATES = (*WAITING, *NEEDS, "parked", "settled", "booked")


@dataclass(frozen=True, slots=True)
class Standing:
    """Rows of one connection in one state. oldest_at: when the oldest of them entered (clock.stamp text; "" = none).

    parked and settled are rows a person set aside or settled; they stand under no other word.
    """

    connection: str
    state: str
    rows: int
    oldest_at: str


@dataclass(frozen=True, slots=True)
class AgentGauge:
    """One agent on one connection. ended_at: the end of its last round; due_at: when the next one is planned."""

    agent: str
    connection: str
    paused: bool
    failures: int
    due_at: str
    ended_at: str


def outbox(store: Store) -> list[Standing]:
    """Every connection that is on in every state, nought where there is nothing."""
    with store.reading():
        lines = [c for (c,) in tuples(Connection.select(Connection.id).where(Connection.enabled == 1))]
        found = {(line, state): (0, "") for line in lines for state in STATES}
        unbooked = dict.fromkeys(lines, 0)
        for connection, state, parked, settled, rows, first in tuples(_unbooked(lines)):
            word = "settled" if settled else "parked" if parked else state
            at = Outbox.select(Outbox.created_at).where(Outbox.n == first).scalar() or ""
            before, oldest = found[connection, word]
            found[connection, word] = (before + rows, min(filter(None, (oldest, at)), default=""))
            unbooked[connection] += rows
        for line, rows in tally.rows(store).items():
            if line in unbooked:
                found[line, "booked"] = (max(rows - unbooked[line], 0), "")
    return [Standing(line, state, rows, at) for (line, state), (rows, at) in found.items()]


def _unbooked(lines: list[str]):  # type: ignore[no-untyped-def]  # a query of the library, which ships no types
    """By the index on connection and state: booked rows, nearly all there are, are never looked at."""
    parked, settled = Outbox.parked != "", Outbox.resolved != ""
    return (
        Outbox.select(Outbox.connection, Outbox.state, parked, settled, fn.COUNT(Outbox.n), fn.MIN(Outbox.n))
        .where(Outbox.connection.in_(lines) & Outbox.state.in_(WAITING + NEEDS))
        .group_by(Outbox.connection, Outbox.state, SQL("3"), SQL("4"))
    )


def notices(store: Store) -> dict[str, int]:
    """Open notices by level."""
    with store.reading():
        found = dict(
            tuples(
                Notice.select(Notice.level, fn.COUNT(Notice.key)).where(Notice.resolved_at == "").group_by(Notice.level)
            )
        )
    return {level: found.get(level, 0) for level in ("needs", "check", "info")}


def agents(store: Store) -> list[AgentGauge]:
    """Every agent, whichever process runs it."""
    with store.reading():
        ends = {
            (agent, connection): ended
            for agent, connection, ended in tuples(
                AgentRun.select(AgentRun.agent, AgentRun.connection, fn.MAX(AgentRun.ended_at)).group_by(
                    AgentRun.agent, AgentRun.connection
                )
            )
        }
        return [
            AgentGauge(s.agent, s.connection, s.paused, s.failures, s.due_at, ends.get((s.agent, s.connection), ""))
            for s in AgentState.select().order_by(AgentState.agent, AgentState.connection)
        ]
