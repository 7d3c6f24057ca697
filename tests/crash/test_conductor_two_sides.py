"""Both sides of QuickBooks Desktop are edited at random, answers get lost, and each process that brings them together
is killed: at the end they are equal, or say where they are not."""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pos.store import conductor_sessions
from tests.agents.rounds_of import until
from tests.conftest import REPO
from tests.contract.conductor_bench import CONNECTION
from tests.contract.conductor_judge import HERE, Judge
from tests.contract.conductor_two_sides import RATES, TwoSides, Weather
from tests.contract.emulators.conductor import END_USER, KEY, Conductor

pytestmark = [pytest.mark.crash, pytest.mark.long]

SEED, ROUNDS, ACTS = 3, 4, 12
#: Nothing is booked later than it is looked for: here a second is waited, not minutes.
SURE = {name: rate for name, rate in RATES.items() if "late" not in name}


class OnTheClock(TwoSides):
    """By the clock of the machine, which processes share. kills: whether those that work are killed."""

    kills = True

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    @moment.setter
    def moment(self, ahead: dt.datetime) -> None:
        """It goes by itself."""

    def _turn(self) -> None:
        """A process works on it, until it has nothing to do now, or is killed after some requests."""
        after = self.random.randint(1, 60) if self.kills and self.random.random() < 0.7 else 10**9
        begun = len(self.there.calls)
        worker = f"from tests.crash.test_conductor_kills import worker; worker({str(self.config.root)!r})"
        with subprocess.Popen([sys.executable, "-c", worker], cwd=REPO) as process:
            until(lambda: process.poll() is not None or len(self.there.calls) - begun >= after, seconds=120)
            self.died += process.poll() is None
            process.kill()


def test_killed_while_both_sides_are_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Weather(SEED, SURE)
    faults.on = False
    with Conductor(faults=faults) as there:
        told: dict[str, Any] = {
            "CONDUCTOR_SECRET_KEY": KEY, "CONDUCTOR_END_USER_ID": END_USER, "CONDUCTOR_BASE_URL": there.url,
            "TILLKEEP_CONDUCTOR_SETTLE_SECONDS": "1",
        }  # fmt: skip
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        sides = OnTheClock(tmp_path, there, SEED)
        sides.random = random.Random(SEED)
        try:
            for kind in ("qbd_customer", "qbd_vendor", "qbd_item"):
                sides.people._make_here(kind)
                sides.people._make_there(kind)
            faults.on = True
            for _ in range(ROUNDS):
                for _ in range(ACTS):
                    sides.people.act()
                sides.sync()
            sides.kills, faults.on = False, False
            sides.people.act(HERE)
            sides.quiet()
            judge = Judge(sides, sides.people.diary)
            assert judge.verdict() == []
            assert sides.died > 2 and sum(faults.counts.values()) > 5 and judge.compared > 100
            assert conductor_sessions.current(sides.store, CONNECTION) is not None
            assert there.broken == []
        finally:
            sides.close()
