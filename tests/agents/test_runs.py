"""The runs' agent: several companies at once in one process, two processes on one store, and what a dead one left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agents import runs as agent
from agents import sync_out
from pos import clock
from pos.actions import run_phases, run_round, run_settings, runs
from pos.config import Config
from pos.errors import CannotSave
from pos.runner import Runner
from pos.store import companies, notices, run_work
from pos.store import runs as rows
from pos.store.connections import Wanted, of_company
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import RunPart
from tests import books, receipts
from tests.agents.rounds_of import until

DAY = "2026-11-20"
KEYS = ("main", "north", "south")


@pytest.fixture
def several(store: Store) -> Store:
    """A store of three companies with books."""
    for key in KEYS:
        if key != "main":
            companies.add(store, key, key.title(), "07")
        name = companies.connection_id("quickbooks", key)
        of_company(store, Wanted(name, "quickbooks", "QuickBooks Online", "http://127.0.0.1:9"), key)
    return store


@pytest.fixture
def start(several: Store, shop: Config) -> Iterator[Callable[..., Runner]]:
    begun: list[Runner] = []

    def begin(role: str = "agents") -> Runner:
        runner = Runner(several, shop, [agent.AGENT], kinds=(), role=role)
        begun.append(runner)
        runner.start(work=True)
        return runner

    yield begin
    for runner in begun:
        runner.stop()


def phases(monkeypatch: pytest.MonkeyPatch, **bodies: Callable[[run_phases.Work], Any]) -> None:
    """What the phases do here; those not named do nothing."""
    for name in run_phases._PHASES:
        monkeypatch.setitem(run_phases._PHASES, name, bodies.get(name, lambda _work: None))


def asked(store: Store, *keys: str, **more: Any) -> str:
    how = {"stagger_seconds": 0, "day_from": DAY, "by": "07", **more}
    return runs.trigger(store, store.config, companies=keys, **how).id


def ended(store: Store, job: str) -> Callable[[], bool]:
    return lambda: rows.job(store, job).ended


def test_companies_of_one_run_are_worked_on_at_once_and_screens_are_told(
    several: Store, start: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(3)
    phases(monkeypatch, upload=lambda _work: together.wait(30))
    job = asked(several, *KEYS, parallel=3)
    heard: list[str] = []
    runner = start()
    runner.listeners.append(heard.append)
    runner.ring(runs.BELL)
    assert until(ended(several, job)), "one alone waits for the others for ever"
    assert rows.job(several, job).words == "All 3 companies went well."
    assert until(lambda: f"run:{job}:succeeded" in heard)


@pytest.mark.both_engines
def test_a_server_and_a_command_share_the_work_and_neither_takes_the_other_s(
    several: Store, shop: Config, start: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []
    phases(monkeypatch, upload=lambda work: seen.append((work.job.id, work.part.company)))
    jobs = [asked(several, *KEYS, parallel=2) for _ in range(3)]
    start().ring(runs.BELL)
    over = threading.Event()

    def beside() -> None:
        while not over.is_set():
            run_round.by_hand(several, shop, agent.AGENT, "cli", over.is_set)
        several.release()

    other = threading.Thread(target=beside)
    other.start()
    done = until(lambda: all(rows.job(several, job).ended for job in jobs))
    over.set()
    other.join()
    assert done
    assert sorted(seen) == sorted((job, key) for job in jobs for key in KEYS), "each part once"
    assert {rows.job(several, job).status for job in jobs} == {"succeeded"}


def test_after_a_failure_none_is_started_also_when_they_run_side_by_side(
    several: Store, start: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(work: run_phases.Work) -> None:
        if work.part.company == "main":
            raise ValueError("broken")

    phases(monkeypatch, collect=fails)
    stops = asked(several, *KEYS, parallel=1)
    goes_on = asked(several, *KEYS, parallel=1, continue_on_failure=True)
    start().ring(runs.BELL)
    assert until(lambda: rows.job(several, stops).ended and rows.job(several, goes_on).ended)
    assert [part.status for part in rows.parts(several, stops)] == ["failed", "cancelled", "cancelled"]
    assert [part.status for part in rows.parts(several, goes_on)] == ["failed", "succeeded", "succeeded"]
    assert rows.job(several, stops).exit_code == rows.job(several, goes_on).exit_code == "1"


def test_a_worker_that_ends_without_a_word_holds_no_other_company_up(
    several: Store, shop: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a disk that is full while one of them writes: the others of the round are begun and told all the same."""

    def full(work: run_phases.Work) -> None:
        if work.part.company == "main":
            raise CannotSave("The disk is full.")

    phases(monkeypatch, collect=full)
    job = asked(several, *KEYS, parallel=1)
    other = asked(several, "north", "south", parallel=1)
    with pytest.raises(CannotSave):
        run_round.by_hand(several, shop, agent.AGENT, "cli")
    assert rows.job(several, other).status == "succeeded"
    (part, *_) = rows.parts(several, job)
    assert (part.status, part.owner != "") == ("running", True), "until its lease is over"


def test_what_a_dead_process_left_is_taken_up_by_itself(
    several: Store, start: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    phases(monkeypatch)
    job = asked(several, "main")
    assert run_work.claim(several, "agents:1:dead", clock.now()) is not None
    with several.transaction():
        RunPart.update(lease_until=clock.stamp(clock.now())).execute()
    start().ring(runs.BELL)
    assert until(ended(several, job))
    assert (rows.job(several, job).status, rows.job(several, job).exit_code) == ("succeeded", "0")


@pytest.mark.both_engines
def test_how_a_run_ended_is_told_once_also_when_who_ended_it_was_killed_before_it_said_so(
    several: Store, shop: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    phases(monkeypatch)
    chosen = companies.kept(several, "main", run_settings.PART)
    companies.keep(several, "main", run_settings.PART, {"notify": {"success": True, "failure": True}}, chosen, "07")
    job, key = asked(several, "main"), "run-failed:main"
    part, _ = run_work.claim(several, "agents:1:dead", clock.now()) or pytest.fail("it could not begin")
    badly = run_work.End("failed", "1", "failed", "No line.")
    assert run_work.finish(several, part, badly, clock.now()) == "failed"
    assert (rows.untold(several), notices.is_open(several, key)) == ([job], False), "here it was killed"
    barrier, heard = threading.Barrier(2), list[str]()

    def looks() -> None:
        barrier.wait(30)
        run_round.told(several, shop, [], heard.append)
        several.release()

    threads = [threading.Thread(target=looks) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (notice,) = notices.open_notices(several, prefix="run-")
    assert (notice.key, notice.count, "No line." in notice.text) == (key, 1, True)
    assert f"run:{job}:failed" in heard and rows.untold(several) == []
    bad, good = asked(several, "main"), asked(several, "main")
    part, _ = run_work.claim(several, "agents:1:dead", clock.now()) or pytest.fail("it could not begin")
    run_work.finish(several, part, run_work.End("failed", "1", "failed", "Again."), clock.now())
    run_round.by_hand(several, shop, agent.AGENT, "cli")
    told = [one.key for one in notices.open_notices(several, prefix="run-")]
    assert (rows.job(several, bad).status, told) == ("failed", [f"run-done:{good}:main"]), "in the order they ended"
    assert rows.untold(several) == []


def test_a_server_that_was_killed_goes_on_with_its_runs_as_soon_as_it_is_back(
    several: Store, start: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    phases(monkeypatch)
    job = asked(several, "main")
    assert run_work.claim(several, "server:1:dead", clock.now()) is not None
    start("server")
    assert until(ended(several, job), 20), "its lease would have held for longer"
    assert "Its worker died (1 of 3)." in rows.tail(several, job, 0)[0]


def test_a_stop_lets_go_of_a_part_and_the_next_process_goes_on_at_once(
    several: Store, start: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_it, stop = threading.Event(), threading.Event()

    def long(work: run_phases.Work) -> None:
        at_it.set()
        while not stop.is_set():
            work.safe_point()

    phases(monkeypatch, upload=long)
    job = asked(several, "main")
    first = start()
    first.ring(runs.BELL)
    assert at_it.wait(30)
    first.stop()
    (part,) = rows.parts(several, job)
    assert (part.phase, part.owner, part.tries) == ("upload", "", 0)
    stop.set()
    start().ring(runs.BELL)
    assert until(ended(several, job))
    assert rows.job(several, job).status == "succeeded"


def test_receipts_of_erpnext_go_as_they_are_and_only_by_a_run_where_runs_alone_post(
    store: Store, journal: Journal, shop: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = books.Books()
    books.connected(store)
    monkeypatch.setattr(run_round, "KINDS", (there.kind(),))
    monkeypatch.setitem(run_phases._PHASES, "reconcile", lambda _work: None)
    companies.keep(store, "main", "runs", {"posting": "runs"}, companies.kept(store, "main", "runs"), "07")
    sold = books.sell(journal, 3)
    runner = Runner(store, shop, [sync_out.AGENT, agent.AGENT], kinds=(there.kind(),), role="agents")
    assert runner.once("sync_out", "erpnext")
    assert there.names() == []
    today = clock.business_day(clock.now(), shop.shop.timezone, shop.shop.day_starts)
    job = asked(store, "main", day_from=today.isoformat())
    assert runner.once("runs")
    assert rows.job(store, job).words.startswith("3 documents were booked.")
    assert there.names() == sold
    companies.keep(store, "main", "runs", {}, companies.kept(store, "main", "runs"), "07")
    sold += books.sell(journal)
    assert runner.once("sync_out", "erpnext")
    assert there.names() == sold


def test_what_waits_for_a_person_is_not_waited_for(
    store: Store, journal: Journal, shop: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goods given back of a sale that was refused: the company would be taken for a day."""
    there = books.Books()
    books.connected(store)
    monkeypatch.setattr(run_round, "KINDS", (there.kind(),))
    monkeypatch.setitem(run_phases._PHASES, "reconcile", lambda _work: None)
    sale = journal.commit(receipts.sale()).doc
    books.give_back(journal, sale)
    there.poison[sale["id"]] = books.refused
    today = clock.business_day(clock.now(), shop.shop.timezone, shop.shop.day_starts)
    job = asked(store, "main", day_from=today.isoformat())
    assert Runner(store, shop, [agent.AGENT], kinds=(there.kind(),), role="agents").once("runs")
    ended = rows.job(store, job)
    assert (ended.status, ended.words.partition(".")[0]) == ("failed", "2 documents were refused")
