"""The agents as people see them: what each does, its last round in its own words, its next one, and its history.

Pausing one is remembered in the database, told in a notice and written into the audit; a person can still run it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pos import clock
from pos.actions.outbox_views import moment
from pos.agent import Agent
from pos.config import Config
from pos.errors import NotFound
from pos.said import Said, said
from pos.store import audit, connections, listing, notices, rounds
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source
from pos.store.rounds import Past, State

#: State -> (words, tone).
STATES = {
    "failing": (said("Failing"), "needs"),
    "paused": (said("Paused"), "check"),
    "running": (said("At work"), "waiting"),
    "ready": (said("Ready"), "saved"),
}
#: Outcome of a round -> (words, tone).
OUTCOMES = {
    "running": (said("At work"), "waiting"),
    "ok": (said("Done"), "saved"),
    "failed": (said("Failed"), "needs"),
    "abandoned": (said("Broken off"), "check"),
}
CAUSES = {"schedule": said("on schedule"), "ring": said("something happened"), "person": said("a person")}
#: So many of its last rounds are drawn beside an agent.
SHOWN_ROUNDS = 12
#: Columns of the exports: the plain values.
CSV = ("agent", "connection", "state", "failures", "last_at", "outcome", "sentence", "next_at")
RUNS_CSV = ("n", "agent", "connection", "cause", "started_at", "ended_at", "outcome", "sentence")
_RUNS = Source(
    ("n", "agent", "connection", "cause", "started_at", "ended_at", "outcome", "sentence", "error"),
    "agent_run",
    "n",
    {"n": "n"},
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rounds. agent, outcome: only these, "" = any."""

    agent: str = ""
    outcome: str = ""


def listed(store: Store, config: Config, agents: Sequence[Agent]) -> list[dict[str, Any]]:
    """Every agent, once for each connection it works for, those that fail first."""
    titles = {agent.name: agent.title for agent in agents}
    lines = {line.id: line.title for line in connections.lines(store)}
    last, recent = rounds.last(store), rounds.recent(store, SHOWN_ROUNDS)
    rows = [
        {"title": titles[key[0]], "connection_title": lines.get(key[1], key[1])}
        | {"recent": _recent(store, config, recent.get(key, []))}
        | _row(store, config, key, state, last.get(key))
        for key, state in sorted(rounds.states(store, clock.now()).items())
        if key[0] in titles and (not key[1] or key[1] in lines)
    ]
    order = list(STATES)
    return sorted(rows, key=lambda row: order.index("ready" if row["state"] == "running" else row["state"]))


def _recent(store: Store, config: Config, past: list[tuple[str, str, int | None]]) -> list[dict[str, Any]]:
    """The last rounds as they are drawn, the newest last."""
    return [
        {
            "outcome": outcome,
            "started_at": began,
            "milliseconds": took,
            "text": f"{moment(store, config, began, seconds=True)}: {OUTCOMES.get(outcome, (outcome, ''))[0]}",
        }
        for began, outcome, took in past
    ]


def one(store: Store, config: Config, agents: Sequence[Agent], agent: str, connection: str) -> dict[str, Any]:
    """The row of one. NotFound when there is no such agent here."""
    for row in listed(store, config, agents):
        if (row["agent"], row["connection"]) == (agent, connection):
            return row
    raise NotFound(said("There is no agent {agent} here.", agent=agent[:80]), field="agent")


def _row(store: Store, config: Config, key: rounds.Key, state: State, past: Past | None) -> dict[str, Any]:
    name = "running" if state.running else "paused" if state.paused else "failing" if state.failures else "ready"
    words, tone = STATES[name]
    next_at = "" if state.paused else state.due_at
    at = (past.ended_at or past.started_at) if past else ""
    return {
        "agent": key[0],
        "connection": key[1],
        "state": name,
        "state_text": words,
        "tone": tone,
        "paused": state.paused,
        "failures": state.failures,
        "last_at": at,
        "last_text": moment(store, config, at, seconds=True),
        "outcome": past.outcome if past else "",
        "sentence": (past.error or past.sentence) if past else "",
        "failed": past is not None and past.outcome in ("failed", "abandoned"),
        "next_at": next_at,
        "next_text": moment(store, config, next_at, seconds=True),
        "may": ["run", "resume" if state.paused else "pause"],
    }


def pause(store: Store, agent: Agent, connection: str, by: str, reason: str) -> None:
    """Keep it from coming round by itself until somebody resumes it. Twice does nothing more."""
    if _switch(store, agent.name, connection, True, by, reason):
        text: Said = said("{agent} is paused by {who}.", agent=agent.title, who=by)
        remedy = said("Resume it on the page Agents.")
        notices.raise_notice(store, _notice(agent.name, connection), "check", text, remedy, agent.name)


def resume(store: Store, agent: Agent, connection: str, by: str, reason: str) -> None:
    """Let it come round by itself again."""
    if _switch(store, agent.name, connection, False, by, reason):
        notices.settle(store, _notice(agent.name, connection))


def _switch(store: Store, agent: str, connection: str, paused: bool, by: str, reason: str) -> bool:
    """Whether it was otherwise before."""
    with store.transaction():
        state = rounds.states(store, clock.now()).get((agent, connection))
        if state is None or state.paused == paused:
            return False
        rounds.pause(store, agent, connection, paused)
        detail = {"connection": connection, "before": _word(not paused), "after": _word(paused)}
        act = "agent.pause" if paused else "agent.resume"
        audit.record(store, by, act, agent, detail | ({"reason": reason} if reason else {}))
        return True


def _word(paused: bool) -> str:
    return "paused" if paused else "on"


def _notice(agent: str, connection: str) -> str:
    return f"paused:{agent}:{connection}"


# -- history -----------------------------------------------------------------------------------------------------------


def runs(store: Store, config: Config, wanted: Filter, asked: Asked) -> tuple[list[dict[str, Any]], Page]:
    """A page of rounds, the newest first."""
    where, facts = _conditions(wanted)
    with store.reading():
        found = listing.page(store, _RUNS, where, facts, asked)
    titles = {line.id: line.title for line in connections.lines(store)}
    return [_run(store, config, row, titles) for row in found.rows], found


def every_run(store: Store, config: Config, wanted: Filter, asked: Asked) -> Iterator[dict[str, Any]]:
    """All that fits, for an export."""
    titles = {line.id: line.title for line in connections.lines(store)}
    for row in listing.everything(store, _RUNS, *_conditions(wanted), asked):
        yield _run(store, config, row, titles)


def _conditions(wanted: Filter) -> tuple[list[str], list[Any]]:
    given = [(name, value) for name, value in (("agent", wanted.agent), ("outcome", wanted.outcome)) if value]
    return [f"{name} = ?" for name, _ in given], [value for _, value in given]


def _run(store: Store, config: Config, row: tuple[Any, ...], titles: dict[str, str]) -> dict[str, Any]:
    n, agent, connection, cause, started_at, ended_at, outcome, sentence, error = row
    words, tone = OUTCOMES.get(outcome, (outcome, "check"))
    return {
        "n": n,
        "agent": agent,
        "connection": connection,
        "connection_title": titles.get(connection, connection),
        "cause": cause,
        "cause_text": CAUSES.get(cause, cause),
        "started_at": started_at,
        "started_text": moment(store, config, started_at, seconds=True),
        "ended_at": ended_at,
        "ended_text": moment(store, config, ended_at, seconds=True),
        "outcome": outcome,
        "outcome_text": words,
        "tone": tone,
        "failed": outcome in ("failed", "abandoned"),
        "sentence": error or sentence,
    }
