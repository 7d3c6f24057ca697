"""What the tests of the runner share: runners that end with the test, and an agent that counts its rounds."""

from __future__ import annotations

import time as real_time
from collections.abc import Callable, Iterator

import pytest

from pos.config import Config
from pos.runner import Agent, Run, Runner, every
from pos.store.db import Store

Start = Callable[..., Runner]


@pytest.fixture
def start(store: Store, shop: Config) -> Iterator[Start]:
    """Runners that end with the test."""
    begun: list[Runner] = []

    def begin(*agents: Agent, work: bool | None = True, role: str = "server", kinds: tuple = (), **more) -> Runner:  # type: ignore[type-arg, no-untyped-def]
        runner = Runner(store, shop, agents, kinds=kinds, role=role, **more)
        begun.append(runner)
        runner.start(work=work)
        return runner

    yield begin
    for runner in begun:
        runner.stop()


def counting(
    name: str = "count", seconds: int = 3600, rings: tuple[str, ...] = (), per: str = ""
) -> tuple[Agent, list]:  # type: ignore[type-arg]
    ran: list[str] = []

    def run(job: Run) -> str:
        ran.append(job.cause)
        return f"round {len(ran)}"

    return Agent(name, "Counts", run, every(seconds=seconds), rings=rings, per=per), ran


def until(true: Callable[[], object], seconds: float = 60) -> bool:
    end = real_time.monotonic() + seconds
    while real_time.monotonic() < end:
        if true():
            return True
        real_time.sleep(0.01)
    return bool(true())
