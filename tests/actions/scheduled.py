"""What the tests of schedules share: a clock, a store with books, a schedule, one look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pos import clock
from pos.actions import schedules
from pos.config import Config
from pos.store import companies
from pos.store import schedules as kept
from pos.store.db import Store
from pos.store.models import Connection, RunJob, RunPart
from pos.store.schedules import Form, Schedule
from tests import books

#: 17:59:50 in Lagos.
START = datetime(2026, 11, 20, 16, 59, 50, tzinfo=UTC)
DUE = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


class Time:
    """A clock a test puts where it wants."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def at() -> Iterator[Time]:
    now = Time()
    with clock.set_to(now):
        yield now


@pytest.fixture
def posting(store: Store) -> Store:
    """A store whose company has books."""
    books.connected(store)
    return store


def form(**more: Any) -> Form:
    values: dict[str, Any] = {
        "name": "Evening", "company": "main", "cron": "0 18 * * *", "time_zone": "Africa/Lagos",
        "date_mode": "trading_date", "parallel": 2, "stagger_seconds": 2, "continue_on_failure": False,
    }  # fmt: skip
    return Form(**{**values, **more})


def made(store: Store, **more: Any) -> Schedule:
    return schedules.create(store, form(**more), "07")


def look(store: Store, **more: Any) -> schedules.Looked:
    return schedules.look(store, _with(store.config, **more))


def _with(config: Config, **more: Any) -> Config:
    return replace(config, runs=replace(config.runs, **more))


def told(store: Store, schedule: str = "") -> list[str]:
    """What happened, the oldest first."""
    return [event.kind for event in reversed(kept.events(store, schedule=schedule)[0])]


def end_runs(store: Store) -> None:
    with store.transaction():
        RunPart.update(status="succeeded", exit_code="0", phase="done").execute()
        RunJob.update(status="succeeded", exit_code="0").execute()


def second(store: Store) -> None:
    companies.add(store, "north", "Boreal Ltd", "test")
    with store.transaction():
        Connection.create(id="erpnext-north", kind="erpnext", title="North", company="north")
