"""The backup agent: rung by a sale, never in its way; a snapshot beside it in a process of its own."""

from __future__ import annotations

import threading
import time as real_time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents import backup as agent
from pos.actions import backup
from pos.config import Config
from pos.runner import Runner
from pos.store import aside, copies, notices
from pos.store.db import Store
from pos.store.journal import Journal
from tests.agents.rounds_of import until
from tests.copied import tree
from tests.receipts import sale
from tests.store.looking import bodies


@pytest.fixture
def shop(shop: Config, tmp_path_factory: pytest.TempPathFactory) -> Config:
    stick = tmp_path_factory.mktemp("stick")
    return replace(shop, backup=replace(shop.backup, places=str(stick), snapshot_minutes=0))


@pytest.fixture
def runner(store: Store, shop: Config, journal: Journal) -> Iterator[Runner]:
    made = Runner(store, shop, [agent.AGENT], journal=journal)
    journal.on_commit.append(lambda committed: made.ring(committed.doc["kind"]))
    made.start(work=True)
    yield made
    made.stop()


def test_a_sale_has_its_copy_within_seconds(runner: Runner, journal: Journal, store: Store, shop: Config):
    assert until(lambda: store.execute("SELECT count(*) FROM agent_run").fetchone()[0])  # the first round is over
    began = real_time.monotonic()
    journal.commit(sale())
    receipts = Path(shop.backup.places) / "T1" / "receipts"
    assert until(lambda: len(tree(receipts)) == 1)
    assert real_time.monotonic() - began < 30
    for _ in range(20):
        journal.commit(sale())
    assert until(lambda: len(tree(receipts)) == 21)
    journal.flush()
    assert sorted(tree(receipts).values()) == sorted(bodies(store))


def test_a_place_that_hangs_keeps_no_sale_waiting(runner: Runner, journal: Journal, monkeypatch: pytest.MonkeyPatch):
    """The stick does not come back from a flush; sales do."""
    held, comes_back = [], threading.Event()

    def slow(*_args: object) -> None:
        held.append(1)
        assert comes_back.wait(60)

    monkeypatch.setattr("pos.places.folder.disk.flush_files", slow)
    journal.commit(sale())
    assert until(lambda: held)
    try:
        for _ in range(10):
            journal.commit(sale())
    finally:
        comes_back.set()


def test_a_failing_round_is_a_sentence_not_a_failed_agent(runner: Runner, journal: Journal, store: Store, shop: Config):
    Path(shop.backup.places).rmdir()
    journal.commit(sale())
    asked = "SELECT sentence FROM agent_run WHERE sentence LIKE '%Plug its disk in%' AND outcome = 'ok'"
    assert until(lambda: store.execute(asked).fetchone())
    assert backup.standing(store, shop).state == "failing"


def test_a_snapshot_is_made_beside_and_written_down(store: Store, shop: Config, journal: Journal):
    config = replace(shop, backup=replace(shop.backup, snapshot_minutes=60))
    (config.root / "config.ini").write_text(f"[backup]\nplaces = {config.backup.places}\n")
    journal.commit(sale())
    runner = Runner(store, config, [agent.AGENT], journal=journal)
    runner.start(work=True)
    try:
        assert until(lambda: copies.last_snapshot(store, config.backup.places, whole=True))
        copied = tree(Path(config.backup.places) / "T1" / "receipts")
        assert len(copied) == 1, "copying went on meanwhile"
    finally:
        runner.stop()
    assert notices.open_notices(store, prefix="backup:snapshot") == []


def test_one_under_way_ends_with_the_program():
    work = aside.Aside(_sleep)
    assert work.runs and work.exit_code is None
    began = real_time.monotonic()
    agent.listen(None, lambda _event: None)()  # type: ignore[arg-type]
    assert not work.runs and real_time.monotonic() - began < 5


def _sleep() -> None:
    real_time.sleep(60)


def test_without_a_place_there_is_nothing_to_do(store: Store, shop: Config, journal: Journal):
    off = replace(shop, backup=replace(shop.backup, places=""))
    runner = Runner(store, off, [agent.AGENT], journal=journal)
    assert runner.once("backup")
    assert store.execute("SELECT sentence FROM agent_run").fetchone()[0] == "No place for copies is named."
