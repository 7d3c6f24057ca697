"""What the tests of sessions with QuickBooks Desktop share: a company file nobody calls, and steps that only count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agents import conductor as agent
from pos import clock
from pos.actions import conductor_jobs
from pos.actions.conductor_jobs import Doing
from pos.actions.conductor_manager import SyncManager
from pos.actions.conductor_side import Side
from pos.agent import Run
from pos.config import Config
from pos.store import companies, conductor_companies, conductor_sessions, notices
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.db import Store, open_store

START = datetime(2026, 11, 20, 17, tzinfo=UTC)
KEYS = {"secret_key": "sk_conductor_test", "end_user_id": "end_usr_test", "url": "http://127.0.0.1:9/v1"}
NAMES = {"status", "start_time", "end_time", "total_objects", "synced_objects", "failed_objects", "progress_percentage",
         "object_progress", "errors"}  # fmt: skip
EVERY_COUNT = {"total": 0, "synced": 0, "failed": 0}


class Corner:
    """One folder with a company file that nobody calls, on a clock that stands until it is moved on."""

    def __init__(self, shop: Config) -> None:
        self.now = START
        self.config = replace(shop, conductor=replace(shop.conductor, **KEYS))
        self.store: Store = open_store(self.config)
        conductor_companies.add(self.store, companies.MAIN, "", "7")
        self.manager = SyncManager(self.store, self.config, companies.MAIN)
        self.steps: dict[str, Doing] = {"refs": done, "pull": done, "push": done, "stock": done}
        self.called: list[tuple[str, str]] = []

    def run(self, stopping: Callable[[], bool] = lambda: False, owner: str = "server:1:test") -> Run:
        return Run(
            agent.AGENT, None, None, "schedule", clock.now(), self.store, self.config, owner, {}, lambda event: None,
            None, stopping,
        )  # fmt: skip

    def round(self, run: Run | None = None) -> str:
        return conductor_jobs.work(run or self.run(), self.steps)

    def status(self) -> dict[str, Any]:
        found = self.manager.get_sync_status()
        assert found is not None
        return found

    def told(self) -> list[str]:
        return [str(one.text) for one in notices.open_notices(self.store)]

    def states(self) -> list[tuple[str, str, str]]:
        found = conductor_sessions.current(self.store, "conductor")
        assert found is not None
        return [(one.object_type, one.direction, one.state) for one in conductor_sessions.steps(self.store, found.n)]


def done(on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]) -> bool:
    return True


def counting(count: int, failed: int = 0) -> Doing:
    """A step of so many objects, one by one, from its cursor on."""

    def run(on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]) -> bool:
        for n in range(step.cursor.get("n", 0), count):
            if stopping():
                return False
            bad = n < failed
            failures = [Failure(step.object_type, "", f"8-{n}", f"Name {n}", "refused", "No.")] if bad else []
            assert conductor_sessions.went(
                on.store, session, step, {"n": n + 1}, total=count, synced=int(not bad), failed=int(bad),
                failures=failures,
            )  # fmt: skip
        return True

    return run


def raising(error: BaseException) -> Doing:
    def run(on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]) -> bool:
        raise error

    return run
