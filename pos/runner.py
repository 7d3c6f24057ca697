"""The machinery of agents: what is due, who runs it, what became of it. A queue is the doorbell and nothing else.

The database says when an agent's next round is due, whether it is paused and who holds it (a lease with a heartbeat, so
several processes can share one store, on one machine or many); the queue carries "wake agent X", and losing all of it
costs one tick. Work that fell due while the machine was off is done once at the next start. An agent that fails comes
round again on a ladder.

The ticker's thread looks once a second for what is due, keeps leases alive and passes on bells; workers do the rounds.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pos import clock, trail
from pos.agent import Agent, Run, daily, every, is_due, next_due
from pos.config import Config
from pos.connectors import KINDS, configured
from pos.connectors.base import Kind
from pos.errors import NotFound, PosError
from pos.queue import Doorbell
from pos.said import said
from pos.store import conductor_sessions, connections, leases, notices, rounds, run_work, unblock
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.rounds import Key

__all__ = ["Agent", "Run", "Runner", "daily", "every"]

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
#: Bells wait this long before they are passed on, so that a burst of sales is one round and not in each sale's way.
LINGER_SECONDS = 0.1
#: Leases are kept so often; one of 30 s so outlives a machine that is busy for a while.
HEARTBEAT_SECONDS, CALLED_SECONDS = 5.0, 1.0
MEND_SECONDS = 15.0
THIN_SECONDS = 3600.0
STOP_SECONDS = 10.0
#: After this many failed rounds in a row people are told.
FAILURES_TOLD = 3
#: Of all bells this one says that the other side answers again: it ends a silence, and the back-off of who failed.
LINE = "line"
#: A sale should never wait long for an agent that computes: other threads ask for their turn this often.
SWITCH_SECONDS = 0.001


class Runner:
    """Runs agents. Building it makes the Connection rows follow the settings, so build it before the first sale.

    journal: agents that save documents run only where it is given, and there even when work is done elsewhere.
    role: "server" for a process that answers people, any other word for further ones. The one server of a folder lets
    go at the start of what an earlier one held; where many work on one store, that ends with its lease. listeners:
    called with each event in the runner's own thread, never in a sale's. on_round: called with agent, connection,
    outcome and seconds of each round; must neither fail nor wait.
    """

    def __init__(
        self,
        store: Store,
        config: Config,
        agents: Sequence[Agent],
        *,
        journal: Journal | None = None,
        kinds: Sequence[Kind] = KINDS,
        role: str = "server",
    ) -> None:
        self.listeners: list[Callable[[str], None]] = []
        self.on_round: Callable[[str, str, str, float], None] = lambda _agent, _connection, _outcome, _seconds: None
        self._store, self._config, self._role, self._journal = store, config, role, journal
        self._agents = {agent.name: agent for agent in agents}
        self._kinds = {kind.name: kind for kind in kinds}
        self._owner = f"{role}:{os.getpid()}:{clock.uuid7()}"
        self._memory: dict[Key, dict[str, Any]] = {}
        self._running: dict[Key, Run] = {}
        self._called: dict[Key, float] = {}  # a bell is in the queue, until when; another process may take it
        self._again: dict[Key, str] = {}  # rung while it ran, and how
        self._later: dict[Key, str] = {}  # rung while a bell was in the queue, which another process may have answered
        self._deaf: dict[Key, float] = {}
        self._events: deque[str] = deque()
        self._own: deque[tuple[str, str, str]] = deque()
        self._bell, self._stop = threading.Event(), threading.Event()
        self._guard = threading.Lock()
        self._ticker: threading.Thread | None = None
        self._queue: Doorbell | None = None
        self._told: str | None = None
        self._works = False
        self._alone = role == "server" and store.keeps_files  # it holds the folder's lock
        self._stoppers: list[Callable[[], None]] = []
        connections.sync(store, configured(config, kinds))
        self._lines = {line.id: line for line in connections.lines(store)}
        self._keys = self._all_keys()
        rounds.ensure(store, self._keys)

    def start(self, *, work: bool | None = None) -> None:
        """Start the threads. work: do rounds here, or only pass bells on; by default as [queue] in_server says."""
        self._works = self._config.queue.in_server if work is None else work
        if self._alone:
            rounds.free(self._store, "server:", clock.now())
            unblock.owner_is_dead(self._store, "server:")
            leases.holder_is_dead(self._store, "server:")
            run_work.owner_is_dead(self._store, "server:", clock.now())
            conductor_sessions.owner_is_dead(self._store, "server:")
        if self._role == "server":
            deaf = [a.name for a in self._agents.values() if a.listen or "sale" in a.rings]
            rounds.begin(self._store, deaf, clock.now())
        self._queue = Doorbell(self._config, self._answer, alone=self._works and self._alone)
        if self._works:
            sys.setswitchinterval(SWITCH_SECONDS)
            self._queue.start_workers(self._config.queue.workers, self._store.release)
        for agent in {self._agents[name] for name, _ in self._keys if self._runs_here(name)}:
            self._listen(agent)
        self._bell.set()
        self._ticker = threading.Thread(target=self._tick_on, name="ticker", daemon=True)
        self._ticker.start()

    def _listen(self, agent: Agent) -> None:
        try:
            if agent.listen is not None:
                self._stoppers.append(agent.listen(self._config, self.ring))
        except Exception:  # a folder on a network, no inotify left: it comes round by itself all the same
            log.warning("%s cannot listen and only comes round on schedule", agent.name, exc_info=True)

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """Let running rounds come to the end of their present document, then end the threads. Twice does nothing."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._bell.set()
        for stopper in self._stoppers:
            stopper()
        if self._queue is not None:
            self._queue.stop(timeout_seconds)
        if self._ticker is not None:
            self._ticker.join(timeout_seconds)

    def ring(self, event: str) -> None:
        """Something happened ("sale", "catalog", "status"…): agents that wait for it are called. Costs nothing here.
        "line", or "line:<connection>" for one alone: the other side answers again."""
        self._events.append(event)
        self._bell.set()

    def run_now(self, name: str, connection: str = "") -> None:
        """A person wants a round now, paused or not. NotFound when there is no such agent."""
        if (name, connection) not in self._keys:
            raise NotFound(f"There is no agent {name!r} here for {connection or 'the whole till'!r}.", field="agent")
        self._call((name, connection), "person")

    def once(self, name: str, connection: str = "", cause: str = "person") -> bool:
        """One round of one agent, here and now, in this thread; False when somebody else runs it."""
        return self._round((name, connection), cause)

    # -- the ticker's thread

    def _tick_on(self) -> None:
        heartbeat = mended = thinned = clock.monotonic()
        while not self._stop.is_set():
            if self._bell.wait(TICK_SECONDS):
                self._stop.wait(LINGER_SECONDS)
                self._bell.clear()
            try:
                self._pass_on_events()
                self._call_again()
                self._call_what_is_due()
                while self._own:
                    self._answer(*self._own.popleft())
                seconds = clock.monotonic()
                if seconds - heartbeat >= HEARTBEAT_SECONDS:
                    heartbeat = seconds
                    self._keep_leases()
                if seconds - mended >= MEND_SECONDS:
                    mended = seconds
                    self._look_after_the_queue()
                    self._look_for_connections()
                if seconds - thinned >= THIN_SECONDS:
                    thinned = seconds
                    rounds.thin(self._store)
            except Exception:  # the ticker must outlive everything: a full disk ends, too
                log.exception("the ticker failed; it goes on")
                self._stop.wait(TICK_SECONDS)
        self._store.release()

    def _pass_on_events(self) -> None:
        events = []
        while self._events:
            events.append(self._events.popleft())
        for event in dict.fromkeys(events):
            for listener in self.listeners:
                try:
                    listener(event)
                except Exception:
                    log.exception("a listener failed on %r", event)
            if event == "connections":
                self._look_for_connections()
            name, _, of = event.partition(":")
            for key in self._keys:
                if name in self._agents[key[0]].rings and ("" in (of, key[1]) or of == key[1]):
                    self._call(key, LINE if name == LINE else "ring")

    def _look_for_connections(self) -> None:
        """A company's books that were signed in to since the start have agents of their own from now on."""
        lines = {line.id: line for line in connections.lines(self._store)}
        if lines.keys() != self._lines.keys():
            self._lines = lines
            self._keys = self._all_keys()
            rounds.ensure(self._store, self._keys)

    def _call_again(self) -> None:
        with self._guard:
            over = {key: how for key, how in self._later.items() if self._called.get(key, 0) <= clock.monotonic()}
            for key in over:
                del self._later[key]
        for key, how in over.items():
            self._call(key, how)

    def _call_what_is_due(self) -> None:
        now = clock.now()
        for key, state in rounds.states(self._store, now).items():
            idle = key in self._keys and self._runs_here(key[0]) and not state.paused and not state.running
            if idle and self._is_due(key, state, now):
                self._call(key, "schedule")

    def _is_due(self, key: Key, state: rounds.State, now: datetime) -> bool:
        return is_due(self._agents[key[0]].when, state, now, self._config.shop.timezone)

    def _keep_leases(self) -> None:
        for key, run in list(self._running.items()):
            if rounds.beat(self._store, key, self._owner, clock.now()):
                run.beat(clock.now())
            else:
                run.lost = True

    def _look_after_the_queue(self) -> None:
        if self._queue is None:
            return
        self._queue.mend()
        if self._queue.trouble == self._told:
            return
        self._told = self._queue.trouble
        if self._told:
            words = said("Agents come round by their schedule meanwhile, and nothing is lost. Start it again.")
            notices.raise_notice(self._store, "queue", "check", self._told, words, "queue")
        else:
            notices.settle(self._store, "queue")

    def _call(self, key: Key, cause: str) -> None:
        with self._guard:
            if cause != "person":
                seconds = clock.monotonic()
                if cause == "ring" and self._deaf.get(key, 0) > seconds:
                    return
                if self._called.get(key, 0) > seconds:
                    if cause in ("ring", LINE):
                        self._later[key] = _louder(cause, self._later.get(key, ""))
                    return
                self._called[key] = seconds + CALLED_SECONDS
        if not self._works and self._runs_here(key[0]):
            self._own.append((*key, cause))  # the workers are elsewhere, the journal is here: the ticker does it
            self._bell.set()
        elif self._queue is not None:
            self._queue.ring(*key, cause)

    # -- the workers' threads

    def _answer(self, agent: str, connection: str, cause: str) -> None:
        """A bell was taken from the queue, rung here or by another process on this folder."""
        key = (agent, connection)
        with self._guard:
            self._called.pop(key, None)
            cause = _louder(cause, self._later.pop(key, ""))
            if key in self._running:
                self._again[key] = _louder("ring", cause, self._again.get(key, ""))
                return
        if key in self._keys and not self._round(key, cause) and cause == "person":
            with self._guard:  # somebody else has it just now; what a person asked for is asked again
                self._later[key] = cause

    def _round(self, key: Key, cause: str) -> bool:
        agent, now = self._agents[key[0]], clock.now()
        state = rounds.states(self._store, now)[key]
        if cause == "ring" and state.failures and not self._is_due(key, state, now):
            return False  # it backs off
        rung = cause in ("ring", LINE)
        n = rounds.take(self._store, key, self._owner, "ring" if rung else cause, now)
        if n is None:
            if rung:
                rounds.want(self._store, key, now)
            return False
        line = connections.line(self._store, key[1]) if key[1] else None
        run = Run(
            agent=agent,
            connection=line,
            kind=self._kinds.get(line.kind) if line else None,
            cause="ring" if rung else cause,
            now=now,
            store=self._store,
            config=self._config,
            owner=self._owner,
            memory=self._memory.setdefault(key, {}),
            ring=self.ring,
            journal=self._journal,
            _stopping=self._stop.is_set,
            beats=self._ticker is not None and self._ticker.is_alive(),
        )
        with self._guard:
            self._running[key] = run
        try:
            with trail.following(agent=key[0], connection=key[1], run=str(n)):
                self._do(key, run, n)
        finally:
            with self._guard:
                self._running.pop(key, None)
                again = self._again.pop(key, "")
            if again and not self._stop.is_set():
                self._call(key, again)
            self._bell.set()
        return True

    def _do(self, key: Key, run: Run, n: int) -> None:
        outcome, sentence, error, failures, began = "ok", "", "", 0, clock.monotonic()
        try:
            sentence = run.agent.run(run)
        except Exception as failed:
            outcome, failures = "failed", rounds.states(self._store, clock.now())[key].failures + 1
            error = failed.message if isinstance(failed, PosError) else f"{type(failed).__name__}: {failed}"
            log.warning("%s failed: %s", run.agent.name, error, exc_info=not isinstance(failed, PosError))
        self.on_round(*key, outcome, clock.monotonic() - began)
        self._tell(run, error, failures)
        now = clock.now()
        due = next_due(run, failures, now)
        with self._guard:
            self._deaf.pop(key, None)
            if run.deaf and run.wait_seconds is not None:
                self._deaf[key] = clock.monotonic() + run.wait_seconds
        end = rounds.End(outcome, sentence, error, due, failures)
        rounds.finish(self._store, key, self._owner, n, now, end)

    def _tell(self, run: Run, error: str, failures: int) -> None:
        key, who = f"agent:{run.agent.name}:{run.connection.id if run.connection else ''}", run.agent
        if failures == FAILURES_TOLD:
            text = said("{agent}: failed {n} times in a row. {why}", agent=who.title, n=failures, why=error)
            notices.raise_notice(self._store, key, "check", text, said("It keeps trying; see the log."), who.name)
        elif not failures:
            notices.settle(self._store, key)

    # -- who and where

    def _all_keys(self) -> list[Key]:
        """Every agent on every connection it works for; connections change only with a restart."""
        agents = [a for a in self._agents.values() if self._journal is not None or not a.saves]
        return [(a.name, c) for a in agents for c in (self._lines if a.per == "connection" else [""])]

    def _runs_here(self, name: str) -> bool:
        return self._works or self._agents[name].saves


def _louder(cause: str, *others: str) -> str:
    """Of several reasons to call one agent: a person outweighs all, that the line is back outweighs any other bell."""
    return next((loud for loud in ("person", LINE) if loud in (cause, *others)), cause)
