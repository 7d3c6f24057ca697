"""A hub on PostgreSQL is brought to new tables while another web process of it takes documents in: nothing is lost."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos.config import Config
from pos.rules import documents, hub, ledger
from pos.store import chains, hub_tills, migrate
from pos.store.db import open_store
from pos.store.engines import postgres
from tests.contract import hubs
from tests.hub_load import Till as Sender
from tests.till_process import Line, Till

pytestmark = pytest.mark.postgresql

KEY = "tk_rolling"
#: Longer than a process waits for another one that writes.
TOO_LONG_SECONDS = 11


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def as_hub(shop: Config) -> Config:
    return replace(shop, till=replace(shop.till, id="HUB"), server=replace(shop.server, role="hub"))


def later(seconds: float) -> types.ModuleType:
    """A migration as the next version may bring one: a column with a default, a table, and work that takes a while."""

    def up(db: Any) -> None:
        db.execute_sql("ALTER TABLE movement ADD COLUMN of_the_test TEXT NOT NULL DEFAULT ''")
        db.execute_sql("ALTER TABLE hub_till ADD COLUMN of_the_test TEXT NOT NULL DEFAULT ''")
        db.execute_sql("CREATE TABLE of_the_test (id TEXT NOT NULL PRIMARY KEY)")
        db.execute_sql(f"SELECT pg_sleep({seconds})")

    module = types.ModuleType("later")
    module.up = up  # type: ignore[attr-defined]
    return module


def made(count: int) -> Iterator[tuple[str, bytes]]:
    last = documents.GENESIS
    for sequence in range(1, count + 1):
        doc, body = documents.stamp(
            {**hubs.sale(), "flags": []},
            till="L1", store="Stores - TS", series="till", sequence=sequence, mode="hub", prev_hash=last,
            invoice_name=ledger.number_of("L1", sequence), session=ledger.session_id("L1", 1),
            created_at="2026-11-21T12:00:00.000+00:00", business_day="2026-11-21",
        )  # fmt: skip
        last = doc["hash"]
        yield doc["id"], body


def send(port: int, ended: threading.Event) -> tuple[list[str], list[tuple[int, str]]]:
    """Send one document after the other, as a till does, until some came in after the end; what was acknowledged, and
    each answer's status with its Retry-After."""
    taken: list[str] = []
    answers: list[tuple[int, str]] = []
    sender, line = Sender("L1", KEY, "0" * 32, []), Line(port, "")
    after = 0
    for key, body in made(10_000):
        status = 0
        while status not in (200, 201):
            line.http.request("PUT", f"/api/hub/v1/documents/{key}", body, sender.headers())
            answer = line.http.getresponse()
            said, status = answer.read().decode(), answer.status
            answers.append((status, answer.headers.get("Retry-After", "")))
            assert status in (200, 201, 503), said
        taken.append(key)
        after += ended.is_set()
        if after == 5:
            return taken, answers
    raise AssertionError("the migration never ended")


@pytest.mark.parametrize("seconds", [1, pytest.param(TOO_LONG_SECONDS, marks=pytest.mark.long)])
def test_documents_come_in_while_two_processes_bring_the_tables_to_the_next_version(
    as_hub: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    store = open_store(as_hub)
    told = hub_tills.Joining("L1", ("L1",), "0" * 32, hub.digest(KEY), "0.1.0")
    hub_tills.join(store, hub_tills.add(store, "Till L1", "test"), told)
    store.close()
    env = {"TILLKEEP_SERVER_ROLE": "hub", "TILLKEEP_TILL_ID": "HUB", "TILLKEEP_STORAGE_URL": as_hub.storage.url}
    ended = threading.Event()
    with Till(tmp_path / "web", env=env) as web, ThreadPoolExecutor(3) as pool:
        sending = pool.submit(send, web.port, ended)
        name = f"{migrate.newest() + 1:04}_later"
        names = [*migrate.known(), name]
        monkeypatch.setattr(migrate, "known", lambda: names)
        monkeypatch.setitem(sys.modules, f"pos.store.migrations.{name}", later(seconds))
        databases = [postgres.Database(as_hub.storage.url, 60) for _ in range(2)]
        try:
            list(pool.map(migrate.migrate, databases))
        finally:
            ended.set()
            for database in databases:
                database.end()
        taken, answers = sending.result(120)
        assert all(after == "2" for status, after in answers if status == 503)
        assert seconds < TOO_LONG_SECONDS or (503, "2") in answers, "who waited too long was told to come again"
    store = open_store(as_hub)
    rows = store.execute("SELECT id FROM document ORDER BY sequence").fetchall()
    assert [key for (key,) in rows] == taken, "each acknowledged one is there, once"
    assert chains.walk(store).differences == []
    asked = "SELECT count(*) FROM schema_version WHERE name = ?"
    assert store.execute(asked, (name,)).fetchall() == [(1,)], "by one of the two"
    store.close()
