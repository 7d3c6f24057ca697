"""What an agent is: a name, when it comes round, what calls it early, and one bounded round of work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as wall_time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from pos import clock
from pos.config import Config
from pos.connectors.base import Kind
from pos.store.connections import Line
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.rounds import State

#: Seconds until the next round after this many failed ones.
BACKOFF_SECONDS = (60, 300, 900, 3600)
#: After a piece of work an agent rests this many times as long as it computed.
REST_FACTOR = 2.0
REST_SECONDS_MAX = 0.25


# -- when --------------------------------------------------------------------------------------------------------------


class Schedule(Protocol):
    """When an agent comes round by itself."""

    def after(self, moment: datetime, zone: str) -> datetime:
        """The first due moment after this one."""
        ...


@dataclass(frozen=True, slots=True)
class _Every:
    seconds: int

    def after(self, moment: datetime, zone: str) -> datetime:  # noqa: ARG002
        return moment + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class _Daily:
    at: wall_time

    def after(self, moment: datetime, zone: str) -> datetime:
        local = moment.astimezone(ZoneInfo(zone))
        due = datetime.combine(local.date(), self.at, ZoneInfo(zone))
        return due if due > local else datetime.combine(local.date() + timedelta(days=1), self.at, ZoneInfo(zone))


def every(*, minutes: int = 0, seconds: int = 0) -> Schedule:
    """Again and again, this long after the start of the round before."""
    total = 60 * minutes + seconds
    if total < 1:
        raise ValueError("an agent comes round at most once a second")
    return _Every(total)


def daily(at: str) -> Schedule:
    """Once a day at this time of the shop's wall clock, "03:30"."""
    return _Daily(wall_time.fromisoformat(at))


def is_due(when: Schedule, state: State, now: datetime, zone: str) -> bool:
    """Never planned, past, or further ahead than any plan reaches (the clock was set back since)."""
    latest = when.after(now, zone) + timedelta(seconds=BACKOFF_SECONDS[-1])
    return not clock.stamp(now) < state.due_at <= clock.stamp(latest)


def next_due(run: Run, failures: int, now: datetime) -> datetime:
    """When a round that ended now is followed by the next: on the ladder, as it asked for, else as planned."""
    if failures:
        return now + timedelta(seconds=BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1])
    planned = max(run.agent.when.after(run.now, run.config.shop.timezone), now)
    return planned if run.wait_seconds is None else min(planned, now + timedelta(seconds=run.wait_seconds))


# -- an agent and one round of it --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agent:
    """What happens by itself.

    rings: events that call it early. per: "connection" for one of it on each connection. saves: it saves documents, so
    it runs where the journal is. listen: begins to listen to something outside and rings; returns what ends that.
    """

    name: str
    title: str
    run: Callable[[Run], str]
    when: Schedule
    rings: tuple[str, ...] = ()
    per: str = ""
    saves: bool = False
    listen: Callable[[Config, Callable[[str], None]], Callable[[], None]] | None = None


@dataclass(slots=True)
class Run:
    """One round.

    memory: what this process remembers of this agent on this connection; it may be gone next time. journal: there for
    an agent that saves.
    """

    agent: Agent
    connection: Line | None
    kind: Kind | None
    cause: str
    now: datetime
    store: Store
    config: Config
    owner: str
    memory: dict[str, Any]
    ring: Callable[[str], None]
    journal: Journal | None
    _stopping: Callable[[], bool]
    wait_seconds: float | None = None
    deaf: bool = False
    lost: bool = False
    #: Whether what this round holds is kept for it while it runs, so that it may be held for a short time only.
    beats: bool = False
    _kept: list[Callable[[datetime], object]] = field(default_factory=list)
    _cpu: float = field(default_factory=time.thread_time)

    def stopping(self) -> bool:
        """Whether to end the round soon: the program stops, or somebody else took over."""
        return self.lost or self._stopping()

    @contextmanager
    def keeping(self, keep: Callable[[datetime], object]) -> Iterator[None]:
        """Something is held inside: `keep` makes that longer, and is called every few seconds from another thread,
        where `beats`. It ends with the block, so nobody holds what nobody works on."""
        self._kept.append(keep)
        try:
            yield
        finally:
            self._kept.remove(keep)

    def beat(self, now: datetime) -> None:
        """Keep what is held. For the thread that keeps the round's own lease."""
        for keep in list(self._kept):
            keep(now)

    def again_in(self, seconds: float | None) -> None:
        """Come round again after this long at the latest; None = as planned."""
        self.wait_seconds = seconds

    def silent_for(self, seconds: float) -> None:
        """Come round again after this long, and let no bell call earlier: there is nobody to talk to."""
        self.wait_seconds, self.deaf = seconds, True

    def breathe(self) -> None:
        """Rest in proportion to what was computed since the last breath, so that sales keep the processor."""
        used = time.thread_time() - self._cpu
        time.sleep(min(max(used * REST_FACTOR, 0.001), REST_SECONDS_MAX))
        self._cpu = time.thread_time()
