"""Snapshots and restores that are killed at every step and at any moment: what is there is whole, and it goes on."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pos import config as settings
from pos.actions import restore, snapshots
from pos.actions.restore import Wanted
from pos.errors import BadSettings
from pos.store import identity, snapshot
from pos.store import restore as steps
from pos.store.db import database_path, open_store
from pos.store.journal import Journal
from pos.store.verify import verify
from tests.copied import Till, reopened
from tests.copied import till as a_till
from tests.receipts import sale

pytestmark = [pytest.mark.crash, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]

SNAPSHOT_STEPS = (*snapshot.STEPS, "checked", "there", "put")
RANDOM_LIVES = 12


def in_a_process(work: Callable[[], None], seconds: float | None = None) -> bool:
    """Run it in a process of its own, killed after `seconds` or where it kills itself. True when it came to its end."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(9)
    if seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def dying(at: str) -> Callable[[str], None]:
    def step(name: str) -> None:
        if name == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with a_till(tmp_path / "till", tmp_path / "stick") as found:
        found.sell(20)
        found.copy()
        yield found


def take(till: Till, step: Callable[[str], None]) -> None:
    store = open_store(till.config)
    snapshots.take(store, till.config, "person", "test", step=step)


def test_a_snapshot_killed_anywhere_leaves_whole_ones_alone_and_the_next_works(till: Till):
    rng = random.Random(3)
    ended = 0
    for life in range(len(SNAPSHOT_STEPS) + RANDOM_LIVES):
        till.sell(1)
        till.store.database.close()
        if life < len(SNAPSHOT_STEPS):
            step = SNAPSHOT_STEPS[life]
            assert not in_a_process(lambda step=step: take(till, dying(step))), step  # type: ignore[misc]
        else:
            ended += in_a_process(lambda: take(till, lambda _name: None), rng.uniform(0.0, 0.15))
        for file in (till.stick / "T1" / "snapshots").glob("*.tkb"):
            assert snapshots.prove_file(till.config, file, till.config.data / "aside") == "", f"after life {life}"
        time.sleep(1.0 if life in (0, 1) else 0)  # names count seconds
    till.snapshot()
    assert [p.name for p in (till.config.data / "snapshots").iterdir()] == ["lock"], "nothing is left behind"
    assert not list(till.stick.rglob("*.part")), "nor at the place"
    assert verify(till.config).differences == []
    assert ended < RANDOM_LIVES, "some were really killed"


def bring_back(till: Till, into: Path, step: Callable[[str], None]) -> None:
    restore.run(into, Wanted(till.newest), "test", step=step)


def sells(root: Path) -> str:
    with reopened(root) as (_store, journal):
        return str(journal.commit(sale()).doc["invoice_name"])


@pytest.mark.parametrize("step", steps.STEPS)
def test_a_restore_killed_at_a_step_starts_nothing_and_is_given_again(till: Till, tmp_path: Path, step: str):
    till.snapshot()
    till.sell(3)
    till.copy()
    till.store.database.close()
    new = tmp_path / "new"
    assert not in_a_process(lambda: bring_back(till, new, dying(step)))
    assert identity.unfinished(new).exists()
    config = settings.load(new, {})
    if database_path(config).exists():
        store = open_store(config)
        with pytest.raises(BadSettings, match="not finished"):
            Journal(store)
        store.close()
    switched = step in ("settings", "database", "clean")
    bring_back(till, new, lambda _name: None)
    config = settings.load(new, {})
    assert verify(config).differences == []
    assert sells(new) == f"{config.till.id}-000001"
    assert bool(list(new.glob("restore-left-*"))) == switched, "what was in place already is put aside, not deleted"


def test_a_restore_killed_at_any_moment_is_given_again(till: Till, tmp_path: Path):
    till.snapshot()
    till.store.database.close()
    rng = random.Random(4)
    killed = 0
    for life in range(RANDOM_LIVES):
        new = tmp_path / f"new{life}"
        for _ in range(rng.randint(1, 3)):
            finished = in_a_process(lambda new=new: bring_back(till, new, lambda _n: None), rng.uniform(0.0, 0.08))  # type: ignore[misc]
            if finished or (database_path(settings.load(new, {})).exists() and not identity.unfinished(new).exists()):
                break
            killed += 1
        else:
            bring_back(till, new, lambda _name: None)
        config = settings.load(new, {})
        assert verify(config).differences == []
        assert sells(new) == f"{config.till.id}-000001"
    assert killed, "some were really killed"
