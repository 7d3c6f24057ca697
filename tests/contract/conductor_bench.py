"""A server whose records go to an emulated QuickBooks company file, a step of a session at a time, on a clock that only
moves when it is told to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos import config as settings
from pos.actions import conductor_push, conductor_side
from pos.actions.conductor_side import Side
from pos.connectors.conductor.client import Client
from pos.errors import SignInNeeded, Unavailable
from pos.rules import conductor as types
from pos.rules import conductor_fields
from pos.store import companies, conductor_sessions, record_links, records
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.db import open_store
from pos.store.models import ConductorCompany
from pos.store.record_links import Link
from pos.store.records import Record
from tests.contract.emulators.conductor import END_USER, KEY, Conductor

START = dt.datetime(2026, 11, 20, 17, tzinfo=dt.UTC)
CONNECTION = "conductor"
DAY = "2026-11-20"


class Killed(BaseException):
    """The process dies here."""


class Bench:
    """One folder, one company file. client: the connector's own, through the official one."""

    def __init__(self, root: Path, there: Conductor, **more: str) -> None:
        self.there, self.moment = there, START
        there.file.clock = lambda: self.moment
        environ = {"CONDUCTOR_SECRET_KEY": KEY, "CONDUCTOR_END_USER_ID": END_USER, "CONDUCTOR_BASE_URL": there.url}
        self.config = settings.load(root, environ | {"TILLKEEP_CONDUCTOR_TIMEOUT_SECONDS": "1", **more})
        self.store = open_store(self.config)
        with self.store.transaction():
            ConductorCompany.create(
                connection=CONNECTION, company=companies.MAIN, end_user=END_USER, enabled=True,
                made_at=clock.stamp(START),
            )  # fmt: skip
        self.client = Client(self.config, END_USER)
        self.accounts = {row["name"]: row["id"] for row in there.file.rows("accounts")}

    def close(self) -> None:
        self.client.close()
        self.store.close()

    def waited(self) -> None:
        """An answer is waited for; somebody may do something meanwhile."""

    def passes(self, seconds: float) -> None:
        self.moment += dt.timedelta(seconds=seconds)

    # what is here

    def add(self, kind: str, key: str, lines: Sequence[Mapping[str, Any]] = (), **given: Any) -> Record:
        fields = conductor_fields.cleaned(kind, given, {})
        rows = conductor_fields.cleaned_lines(kind, list(lines))
        return records.create(self.store, companies.MAIN, kind, key, fields, rows, "7", clock.now())

    def item(self, key: str, **given: Any) -> Record:
        refs = {"incomeAccount": "Merchandise Sales", "cogsAccount": "Cost of Goods Sold",
                "assetAccount": "Inventory Asset"}  # fmt: skip
        named = {name: {"id": self.accounts[title]} for name, title in refs.items()}
        return self.add("qbd_item", key, type="inventory_items", name=key, **{**named, **given})

    def change(self, kind: str, key: str, lines: Any = None, *, deleted: bool = False, **given: Any) -> Record:
        before = self.get(kind, key)
        fields = conductor_fields.cleaned(kind, given, before.fields)
        rows = before.lines if lines is None else conductor_fields.cleaned_lines(kind, lines, before.lines)
        return records.edit(
            self.store, companies.MAIN, kind, key, before.version, fields, rows, "7", clock.now(), deleted=deleted
        )

    def rules(self, **table: Mapping[str, Any]) -> None:
        """Who wins, and which way a type goes."""
        before = companies.kept_as(self.store, companies.MAIN, "conductor", "rules")
        companies.keep_as(self.store, companies.MAIN, "conductor", "rules", table, before, "7")

    def get(self, kind: str, key: str) -> Record:
        return records.get(self.store, companies.MAIN, kind, key)

    def link(self, kind: str, key: str) -> Link:
        found = record_links.of_record(self.store, companies.MAIN, CONNECTION, kind, key)
        assert found is not None
        return found

    def remote(self, kind: str, key: str) -> str:
        return self.link(kind, key).remote_id

    def conflicts(self, state: str = "open") -> list[records.Clashed]:
        return records.conflicts(self.store, companies.MAIN, state=state)

    # what is there

    def rows(self, resource: str) -> list[dict[str, Any]]:
        return self.there.file.rows(resource)

    def one(self, resource: str, kind: str, key: str) -> dict[str, Any]:
        return self.there.file.row(resource, self.remote(kind, key))

    def edit(self, resource: str, kind: str, key: str, **given: Any) -> dict[str, Any]:
        """Somebody at QuickBooks."""
        return self.there.file.edit(resource, self.remote(kind, key), **given)

    # a session

    def side(self, session: int = 0) -> Side:
        return conductor_side.side(self.store, self.config, companies.MAIN, CONNECTION, self.client, session)

    def session(self, *names: str) -> Session:
        now = clock.now()
        plan = [(name, "push") for name in types.TYPES if name in names]
        conductor_sessions.start(self.store, companies.MAIN, CONNECTION, names, plan, "7", now)
        taken = conductor_sessions.claim(self.store, "worker", now)
        assert taken is not None
        return taken

    def step(self, session: Session, step: Step) -> bool:
        """Work on one step, however often it has to wait; whether it came to its end."""
        for _ in range(100):
            held = next(one for one in conductor_sessions.steps(self.store, session.n) if one.position == step.position)
            try:
                after = conductor_push.run(self.side(session.n), session, held, lambda: False, lambda: None)
            except (Unavailable, SignInNeeded):
                self.passes(60)
                continue
            if isinstance(after, bool):
                return after
            self.moment = max(self.moment, after)
            self.waited()
        raise AssertionError("it waits for ever")

    def push(self, *names: str) -> tuple[int, int, int]:
        """A session of pushes; synced, failed and unchanged of all its steps."""
        session = self.session(*names)
        for step in conductor_sessions.steps(self.store, session.n):
            assert self.step(session, step)
        steps = conductor_sessions.steps(self.store, session.n)
        conductor_sessions.end(self.store, session, "completed", clock.now())
        self.last = session
        return sum(one.synced for one in steps), sum(one.failed for one in steps), sum(one.unchanged for one in steps)

    def failures(self) -> list[Failure]:
        """Of the last session."""
        return list(conductor_sessions.failures(self.store, self.last.n))


@pytest.fixture
def there() -> Iterator[Conductor]:
    """A company file behind Conductor: whatever it answers is as the description says, one thing at a time."""
    with Conductor() as running:
        yield running
        assert running.broken == []
        assert running.overlaps == 0, "QuickBooks does one thing at a time"


@contextmanager
def bench_at(root: Path, there: Conductor, **more: str) -> Iterator[Bench]:
    made = Bench(root, there, **more)
    try:
        with clock.set_to(lambda: made.moment):
            yield made
    finally:
        made.close()
