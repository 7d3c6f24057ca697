"""Sessions with QuickBooks Desktop as people and programs ask for them: started, cancelled, how they stand, their
history. Nothing here speaks to Conductor; the agent `conductor` does (see `actions.conductor_jobs`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.actions import conductor_setup
from pos.config import Config
from pos.errors import BadSettings, Conflict, Invalid, NotFound
from pos.rules import conductor, conductor_rules
from pos.said import said
from pos.store import conductor_companies, conductor_sessions
from pos.store.conductor_companies import Company
from pos.store.conductor_sessions import COUNTED, Failure, Session, Step
from pos.store.db import Store

NAME = "conductor"
#: What wakes the agent.
BELL = "conductor"
#: Errors told with a session; all of them are in its page.
ERRORS_SHOWN = 100
#: The lists forms choose from, asked for before anything else.
LISTS = ("lists", "refs")
#: What changes what is on hand.
STOCK = "inventory_adjustments"


@dataclass(frozen=True, slots=True)
class SyncManager:
    """What is brought together of one company. company: its id."""

    store: Store
    config: Config
    company: str

    def start_sync(
        self, objects_to_sync: Iterable[str], *, by: str = "system", cause: str = "person", key: str = ""
    ) -> Session:
        """Begin one session of these types, in the order that leaves nothing without what it names. key: its id; asked
        for twice it is one. Invalid names an unknown type; Conflict, in words, as `standing`, or with code
        "switched_off" (by the rules), or "running" with who started it and since when: that one goes on."""
        wanted = _wanted(objects_to_sync)
        company = standing(self.store, self.config, self.company)
        steps = plan(conductor_setup.settings(self.store, self.config, company.company).rules, wanted)
        if not any(direction in COUNTED for _, direction in steps):
            words = said("What was chosen is switched off in the rules: {types}.", types=", ".join(wanted))
            raise Conflict(words, code="switched_off")
        return conductor_sessions.start(
            self.store, company.company, company.connection, wanted, steps, by, clock.now(), cause=cause, key=key
        )

    def cancel_sync(self, by: str = "system", session: int = 0) -> bool:
        """Ask the session that is running to stop at a safe point: what is under way is ended, what was done stays.
        session: only if it is the one of this number. Whether there was one."""
        known = conductor_companies.by_company(self.store, self.company)
        if known is None:
            return False
        return conductor_sessions.cancel(self.store, known.connection, by, clock.now(), n=session) is not None

    def get_sync_status(self) -> dict[str, Any] | None:
        """The session that is running, else the last one; None before the first. status: running, completed, failed,
        cancelled; start_time, end_time: moments, end_time None while it runs; total_objects, synced_objects,
        failed_objects; progress_percentage; object_progress: {type: {total, synced, failed}}; errors: the first of
        them. All of it counted by this session alone; nothing is written."""
        known = conductor_companies.by_company(self.store, self.company)
        session = conductor_sessions.current(self.store, known.connection) if known else None
        return self.status_of(session) if session else None

    def get_sync_history(self, limit: int = 50, before: int = 0) -> list[dict[str, Any]]:
        """Sessions, the newest first, each as `get_sync_status` tells it. before: only those with a lower number."""
        known = conductor_companies.by_company(self.store, self.company)
        if known is None:
            return []
        found = conductor_sessions.history(self.store, known.connection, limit=limit, before=before)
        return [self.status_of(session) for session in found]

    def get_last_sync_time(self) -> datetime | None:
        """When the last session without a failure ended."""
        known = conductor_companies.by_company(self.store, self.company)
        stamp = conductor_sessions.last_good_at(self.store, known.connection) if known else ""
        return clock.parse(stamp) if stamp else None

    def status_of(self, session: Session) -> dict[str, Any]:
        """One session, as `get_sync_status` tells it."""
        steps = conductor_sessions.steps(self.store, session.n)
        errors = conductor_sessions.failures(self.store, session.n, limit=ERRORS_SHOWN)
        return {
            "id": session.id, "session": session.n, **summed(session, steps),
            "status": session.status,
            "start_time": clock.parse(session.started_at),
            "end_time": clock.parse(session.ended_at) if session.ended_at else None,
            "object_progress": object_progress(session, steps),
            "errors": [error(one) for one in errors],
            "code": session.code, "message": session.message,
        }  # fmt: skip


def standing(store: Store, config: Config, company: str) -> Company:
    """The company's file behind Conductor. Conflict, in words, where nothing can be brought together: code
    "not_set_up", "off", or why the Web Connector is the way."""
    try:
        return conductor_setup.usable(store, config, company)
    except (NotFound, BadSettings) as error:
        raise Conflict(error.message, code="not_set_up") from error


def refusal(store: Store, config: Config, company: str) -> str:
    """Why nothing can be brought together; "" = it can."""
    try:
        standing(store, config, company)
    except Conflict as error:
        return error.message
    return ""


def plan(rules: Mapping[str, conductor_rules.Rule], wanted: Sequence[str]) -> list[tuple[str, str]]:
    """The steps of a session: (type, direction), in their order. Of a type what is there comes first, also where
    nothing is taken from there: what is sent then is what is left to send, and what somebody did there is told."""
    steps = [LISTS]
    for name in wanted:
        direction = rules[name].direction
        if direction != "off":
            steps.append((name, "pull"))
        if name == STOCK and direction != "off":
            steps.append((name, "stock"))  # theirs are booked, ours made: the push sends them
        if direction in ("both", "to_quickbooks"):
            steps.append((name, "push"))
    if {"items", STOCK} & {name for name in wanted if rules[name].direction != "off"}:
        steps.append(("items", "stock"))  # what is on hand, once everything is told
    return steps


def summed(session: Session, steps: Iterable[Step]) -> dict[str, int]:
    """total_objects, synced_objects, failed_objects, progress_percentage. The percentage is that of the steps, each of
    them counting the same: how many objects a step has is known once it began."""
    every = list(steps)
    counted = [step for step in every if step.direction in COUNTED]
    total, synced, failed = counts(every)
    whole = sum(_per_mille(step) for step in counted) // len(counted) if counted else 0
    percent = 100 if session.status == "completed" else min(whole // 10, 99)
    return {
        "total_objects": total, "synced_objects": synced, "failed_objects": failed, "progress_percentage": percent
    }  # fmt: skip


def counts(steps: Iterable[Step]) -> tuple[int, int, int]:
    """Total, synced and failed. Of what only prepares (lists, levels of stock) only what failed counts."""
    total = synced = failed = 0
    for step in steps:
        own = step.direction in COUNTED
        total += max(step.total, step.synced + step.failed) if own else step.failed
        synced += step.synced if own else 0
        failed += step.failed
    return total, synced, failed


def _per_mille(step: Step) -> int:
    if step.state == "done":
        return 1000
    done = step.synced + step.failed
    return min(1000 * done // max(step.total, done, 1), 999)


def object_progress(session: Session, steps: Iterable[Step]) -> dict[str, dict[str, int]]:
    """{type: {total, synced, failed}} of each type that was chosen, there and back together."""
    every = list(steps)
    found = {}
    for name in session.objects:
        total, synced, failed = counts(step for step in every if step.object_type == name)
        found[name] = {"total": total, "synced": synced, "failed": failed}
    return found


def error(one: Failure) -> dict[str, str]:
    """One object that failed. id: that of QuickBooks, where it has none that here."""
    return {
        "type": one.object_type, "id": one.remote_id or one.object_id, "title": one.title, "text": one.message,
        "object_id": one.object_id, "remote_id": one.remote_id, "code": one.code, "remedy": one.remedy, "at": one.at,
    }  # fmt: skip


def _wanted(given: Iterable[str]) -> list[str]:
    chosen = [given] if isinstance(given, str) else list(given)
    for name in chosen:
        if name not in conductor.TYPES:
            ways = ", ".join(conductor.TYPES)
            raise Invalid(
                said("There is no type {name}. Choose of these: {ways}.", name=str(name)[:40], ways=ways),
                field="objects",
            )
    if not chosen:
        ways = ", ".join(conductor.TYPES)
        raise Invalid(said("Choose at least one of: {ways}.", ways=ways), field="objects")
    return [name for name in conductor.TYPES if name in chosen]
