"""What the tests of runs share: a shop with books, its mornings, a run that one worker takes through its phases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pos import clock
from pos.actions import run_phases, runs
from pos.actions.line import Job as Line
from pos.actions.run_phases import Work
from pos.connectors.qbo import pace
from pos.store import run_work
from pos.store import runs as rows
from pos.store.runs import Artifact, Job, Part
from tests.contract import qbo_books
from tests.contract.emulators.qbo_company import Doc
from tests.contract.qbo_books import Shop


@pytest.fixture(scope="module")
def shop_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One for the whole module. The pace of its requests is left out, it has tests of its own."""
    with pytest.MonkeyPatch.context() as patch, qbo_books.shop(tmp_path_factory.mktemp("corner")) as made:
        patch.setattr(pace, "APART_SECONDS", 0.0)
        yield made


@pytest.fixture
def corner(shop_of_all: Shop) -> Shop:
    """The shop on a new morning."""
    next_morning(shop_of_all)
    return shop_of_all


def next_morning(corner: Shop) -> str:
    """Twelve o'clock of the next day; the day before it."""
    day = corner.now().date().isoformat()
    corner.passes(hours=24)
    return day


def asked(corner: Shop, day: str = "", last: str = "", **more: Any) -> Job:
    more.setdefault("companies", ["main"])
    return runs.trigger(corner.store, corner.config, day_from=day, day_to=last, by="07", **more)


def claimed(corner: Shop, owner: str = "w") -> Part:
    found = run_work.claim(corner.store, f"{owner}:{clock.uuid7()}", corner.now())
    assert found is not None
    return found[0]


def hold(corner: Shop, part: Part, send: Callable[[], Line] | None = None) -> Work:
    job = rows.job(corner.store, part.job)
    return Work(corner.store, corner.config, job, part, send or corner.job)


def worked(corner: Shop, job: Job, send: Callable[[], Line] | None = None) -> Job:
    """The run after one worker had it."""
    run_phases.work(hold(corner, claimed(corner), send))
    return rows.job(corner.store, job.id)


def artifact(corner: Shop, job: Job) -> Artifact:
    (found,) = rows.artifacts(corner.store, job.id)
    return found


def log(corner: Shop, job: Job) -> str:
    return rows.tail(corner.store, job.id, 0)[0]


def there(corner: Shop, day: str) -> list[Doc]:
    return [doc for doc in corner.there() if doc["TxnDate"] == day]
