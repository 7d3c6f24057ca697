"""Seeded runs in which both sides are edited at random, answers get lost and processes die; judged at the end.

`python -m tests.contract.conductor_two_sides --runs 100 --seed 1`: each run is a folder and a company file of its own.
A process that dies is the session left where it stands, between any two statements or requests, its lease not given
back; another owner goes on. People go on editing while a session runs.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agents import conductor as agent
from pos import clock
from pos.actions import conductor_jobs, conductor_setup
from pos.actions.conductor_manager import SyncManager
from pos.connectors.conductor.client import Client
from pos.errors import Conflict
from pos.rules import conductor as types
from pos.rules.merge import OWNERS
from pos.runner import Run
from pos.store import companies, conductor_sessions
from pos.store.conductor_sessions import Session
from tests.contract.conductor_bench import CONNECTION, Bench, Killed
from tests.contract.conductor_judge import RESOURCES, Judge
from tests.contract.conductor_people import People
from tests.contract.emulators.conductor import Conductor
from tests.contract.emulators.conductor_faults import READS, Faults
from tests.contract.emulators.conductor_file import CompanyFile

RATES = {
    "reset_before": 0.03, "reset_after": 0.04, "closed_after": 0.04, "half_answer": 0.04, "garbage": 0.02, "late": 0.03,
    "timeout_before": 0.02, "timeout_after": 0.04, "timeout_late": 0.03, "limited": 0.02, "not_connected": 0.03,
    "internal_before": 0.02, "internal_after": 0.03, "gateway": 0.02, "gateway_after": 0.02, "in_use": 0.02,
}  # fmt: skip
#: Reads are many: so much less often does something happen to one.
READS_SHARE = 0.15
CALLS = ("page", "whole", "retrieve", "find", "create", "update", "delete")
#: QuickBooks gives up on what it has not begun after less than `[conductor] settle_seconds`.
LATE_SECONDS = 240
#: Of edits in a session so many are followed by somebody who cancels it.
CANCELS = 0.05
TURNS_MAX, QUIET_MAX = 80, 12
NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


class Weather(Faults):
    """As faults are, but reads are met by fewer."""

    def draw(self, sort: str) -> str:
        if self.on and sort.partition(" ")[0] in READS and self.between(0, 1) > READS_SHARE:
            return ""
        return super().draw(sort)


class TwoSides(Bench):
    """One folder and one company file. edits: about how often somebody does something while a session runs."""

    def __init__(self, root: Path, there: Conductor, seed: int, kinds: tuple[str, ...] = tuple(RESOURCES)) -> None:
        super().__init__(root, there, TILLKEEP_CONDUCTOR_TIMEOUT_SECONDS="20")
        self.people = People(self, seed, kinds)
        self.random = random.Random(f"{seed} of the machine")
        self.types = [name for name, one in types.TYPES.items() if one.kind in kinds]
        self.edits = 0.0
        self.died = self.sessions = self.cancelled = 0
        self._left = 0  # events until it dies; 0 = it does not
        self._owner = self._made = 0

    def uuid7(self) -> str:
        """Ids of the seed, so that the same run is the same again."""
        ahead = int(self.moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62
        self._made += 1
        return str(uuid.UUID(int=ahead | self._made << 64 & 0xFFF << 64 | self.random.getrandbits(62)))

    def other_rules(self) -> None:
        """Whose change counts, drawn for each type."""
        drawn: dict[str, Any] = {
            name: {"winner": self.random.choice(OWNERS), "fields": {}} for name in self.types if name != "invoices"
        }
        before = conductor_setup.settings(self.store, self.config, companies.MAIN)
        conductor_setup.save(self.store, self.config, companies.MAIN, {"rules": drawn}, before.mark, "7")

    # a process that dies

    def _event(self) -> None:
        if self._left:
            self._left -= 1
            if not self._left:
                raise Killed

    @contextmanager
    def mortal(self) -> Iterator[None]:
        """Inside, every statement and every request counts."""
        execute_sql, execute = self.store.database.execute_sql, self.store.execute

        def counted_sql(sql: str, *given: Any, **named: Any) -> Any:
            if not sql.startswith(NOT_COUNTED):
                self._event()
            return execute_sql(sql, *given, **named)

        def counted(*given: Any, **named: Any) -> Any:
            self._event()
            return execute(*given, **named)

        with ExitStack() as stack:
            stack.enter_context(patch.object(self.store.database, "execute_sql", counted_sql))
            stack.enter_context(patch.object(self.store, "execute", counted))
            stack.enter_context(patch.object(Run, "breathe", lambda run: None))
            for name in CALLS:
                stack.enter_context(patch.object(Client, name, self._call(getattr(Client, name))))
            yield

    def _call(self, real: Any) -> Any:
        def call(client: Client, *given: Any, **named: Any) -> Any:
            self._event()
            if self.edits and self.random.random() < self.edits:
                left, self._left = self._left, 0
                self.people.act()
                if self.random.random() < CANCELS:
                    SyncManager(self.store, self.config, companies.MAIN).cancel_sync(by="7")
                    self.cancelled += 1
                self._left = left
            answer = real(client, *given, **named)
            self._event()
            return answer

        return call

    # sessions

    def run(self) -> Run:
        self._owner += 1
        return Run(
            agent.AGENT, None, None, "schedule", clock.now(), self.store, self.config, f"server:{self._owner}:x", {},
            lambda event: None, None, lambda: False,
        )  # fmt: skip

    def sync(self, *, dies: int = 0) -> Session:
        """One session of everything, until it is over. dies: after so many statements and requests, 0 = not."""
        try:
            SyncManager(self.store, self.config, companies.MAIN).start_sync(self.types, by="7")
        except Conflict as error:
            if error.code != "running":
                raise
        self.sessions += 1
        self._left = dies
        for _ in range(TURNS_MAX):
            found = conductor_sessions.current(self.store, CONNECTION)
            assert found is not None
            if found.status != "running":
                return found
            self._turn()
        raise AssertionError(f"a session that never ends: {found}")

    def _turn(self) -> None:
        run = self.run()
        taken = conductor_jobs._claimed(run)
        if taken is None:
            found = conductor_sessions.current(self.store, CONNECTION)
            due = clock.parse(found.next_at) if found and found.next_at else self.moment
            self.moment = max(due, self.moment + _seconds(self.random.randint(5, 61)))
            return
        try:
            with self.mortal():
                conductor_jobs._hold(run, taken, conductor_jobs.STEPS)
        except Killed:
            self.died += 1
            self.store.release()

    def bad_time(self, rounds: int, acts: int) -> None:
        """So many sessions, with so many edits before each and some in it, in bad weather, and with deaths."""
        for _ in range(rounds):
            for _ in range(acts):
                self.people.act()
                self.passes(self.random.randint(0, 400))
            self.edits = 0.03
            self.sync(dies=self.random.choice((0, self.random.randint(1, 900))))
            self.passes(self.random.randint(1, 1800))

    def quiet(self) -> int:
        """Good weather, nobody edits: sessions until one writes nothing on either side; how many it took."""
        self.there.faults.on, self.edits = False, 0.0
        self.there.faults.clear()
        self.there.settle()
        self.passes(3600)
        for n in range(QUIET_MAX):
            before = self._state()
            ended = self.sync()
            assert ended.status == "completed", ended
            self.passes(3600)
            if self._state() == before:
                return n
        raise AssertionError("both sides never come to rest")

    def _state(self) -> Any:
        here = [(one.kind, one.id, one.version) for kind in RESOURCES for one in self.people.read.here(kind)]
        there = [
            (row["id"], row["revisionNumber"]) for kind in RESOURCES for _, row in self.people.read.there(kind)
        ]  # fmt: skip
        return here, there


def _seconds(n: float) -> Any:
    from datetime import timedelta

    return timedelta(seconds=n)


@contextmanager
def standing(root: Path, seed: int, *, rates: Mapping[str, float] | None = None, **more: Any) -> Iterator[TwoSides]:
    """Both sides with a few things on each."""
    faults = Weather(seed, RATES if rates is None else rates)
    faults.on = False
    with Conductor(CompanyFile(), faults, late_seconds=LATE_SECONDS) as there:
        there.file.replaces_addresses, there.missing_is_404 = bool(seed % 2), bool(seed // 2 % 2)
        sides = TwoSides(root, there, seed, **more)
        try:
            with clock.set_to(lambda: sides.moment), patch.object(clock, "uuid7", sides.uuid7):
                for kind in ("qbd_customer", "qbd_vendor", "qbd_item"):
                    if kind not in sides.people.kinds:
                        continue
                    sides.people._make_here(kind)
                    sides.people._make_there(kind)
                yield sides
                assert there.broken == [], there.broken[:3]
        finally:
            sides.close()


def one_run(root: Path, seed: int, rounds: int, acts: int) -> tuple[list[str], Counter[str]]:
    """What is wrong at the end, and how much was done. Of three seeds one goes by the rules as they come."""
    with standing(root, seed) as sides:
        if seed % 3:
            sides.other_rules()
        sides.sync()
        sides.there.faults.on = True
        sides.bad_time(rounds, acts)
        sides.quiet()
        judge = Judge(sides, sides.people.diary)
        wrong = judge.verdict()
        clashes = [one for rows in judge.clashes.values() for one in rows]
        counted = Counter(
            edits=len(sides.people.diary.acts), sessions=sides.sessions, deaths=sides.died, compared=judge.compared,
            faults=sum(sides.there.faults.counts.values()), conflicts=len(clashes),
            decided=sides.people.decided, cancelled=sides.cancelled,
            open=sum(one.state == "open" for one in clashes), requests=len(sides.there.calls),
        )  # fmt: skip
        return wrong, counted + Counter({f"fault {kind}": n for kind, n in sides.there.faults.counts.items()})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--acts", type=int, default=12)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what goes wrong between the two is what is wanted here
    total: Counter[str] = Counter()
    bad = 0
    for seed in range(given.seed, given.seed + given.runs):
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            wrong, counted = one_run(Path(folder), seed, given.rounds, given.acts)
        total += counted
        bad += bool(wrong)
        for words in wrong:
            print(f"seed {seed}: {words}")
        print(f"  {seed} ended after {time.monotonic() - began:.1f} s: {dict(counted)}", flush=True)
    print(f"{given.runs} runs, {total['edits']} edits of people on both sides, {total['sessions']} sessions,")
    print(f"{total['deaths']} deaths of a process, {total['faults']} faults in {total['requests']} requests:")
    print("  ".join(f"{name[6:]} {n}" for name, n in sorted(total.items()) if name.startswith("fault ")))
    print(
        f"{total['cancelled']} sessions cancelled; {total['compared']} fields compared, {total['conflicts']} conflicts"
    )
    print(f"kept, {total['decided']} decided by people, {total['open']} open at the end")
    print(f"runs with something wrong: {bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
