"""Sync out in its threads: a line that goes and comes back, a process that is killed, two that share the work."""

from __future__ import annotations

import time as real_time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from agents import sync_in, sync_out
from pos import clock
from pos.config import Config
from pos.runner import Runner
from pos.store import connections, outbox, rounds
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests import books as other
from tests import receipts
from tests.books import Books


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def probe_seconds(shop: Config) -> int:
    """As often as that it asks whether the line is back: five seconds, unless somebody says otherwise."""
    return shop.erpnext.probe_seconds


@pytest.fixture
def runner(store: Store, shop: Config, books: Books, journal: Journal, probe_seconds: int) -> Iterator[Runner]:
    often = replace(shop, erpnext=replace(shop.erpnext, probe_seconds=probe_seconds))
    running = Runner(store, often, [sync_out.AGENT], kinds=(books.kind(),))
    journal.on_commit.append(lambda committed: running.ring(committed.doc["kind"]))
    running.start(work=True)
    yield running
    running.stop()


def sell(journal: Journal, count: int = 1) -> list[str]:
    return [journal.commit(receipts.sale()).doc["id"] for _ in range(count)]


def until(true: Callable[[], object], seconds: float = 60) -> bool:
    end = real_time.monotonic() + seconds
    while real_time.monotonic() < end:
        if true():
            return True
        real_time.sleep(0.02)
    return bool(true())


def test_a_sale_is_in_the_books_within_a_second(runner: Runner, journal: Journal, books: Books) -> None:
    (sold,) = sell(journal)
    assert until(lambda: books.names() == [sold], 30)  # the bell; by itself it looks once a minute


def test_sales_made_while_one_is_sent_follow_without_waiting_for_the_minute(
    runner: Runner, journal: Journal, books: Books
) -> None:
    books.delay = 0.05
    sold = sell(journal, 10)
    sold += [sell(journal)[0] for _ in range(10)]
    assert until(lambda: books.names() == sold, 30)


@pytest.mark.parametrize("probe_seconds", [1])
def test_the_first_document_leaves_within_the_probe_of_the_lines_return(
    runner: Runner, journal: Journal, books: Books, store: Store, probe_seconds: int
) -> None:
    """Whatever rung it is on: one was put off for an hour, two wait for an answer that can prove something by now, and
    of these the one lost again and again is asked for at once, but goes on to its rung."""
    books.away = True
    far, unknown, lost, fresh = sell(journal, 4)
    assert until(lambda: connections.line(store, "erpnext").offline_since, 60)
    hour = clock.stamp(clock.now() + timedelta(seconds=3500))
    asking = {"next_at": hour, "state": "unknown", "settle_at": "2020-01-01T00:00:00.000000Z"}
    with store.transaction():
        Outbox.update(tries=4, next_at=hour).where(Outbox.document == far).execute()
        Outbox.update(tries=1, **asking).where(Outbox.document == unknown).execute()
        Outbox.update(tries=4, **asking).where(Outbox.document == lost).execute()
    assert books.posts == []
    pings = books.pings
    assert until(lambda: books.pings > pings, 60)  # it is being probed
    assert until(lambda: not sync_out_state(store).running, 60)
    due_at, last = clock.parse(sync_out_state(store).due_at), rounds.latest(store, "sync_out")[0]
    books.away = False
    # However slow the machine is: the next look is planned within the probe, and that one look sends everything.
    assert due_at - clock.parse(last.ended_at) <= timedelta(seconds=probe_seconds)
    assert until(lambda: set(books.names()) == {far, unknown, fresh} and not sync_out_state(store).running, 60)
    first = next(r for r in reversed(rounds.latest(store, "sync_out")) if r.started_at > last.started_at)
    assert until(lambda: rows(far, unknown, fresh) == ["booked"] * 3, 60)
    for row in Outbox.select().where(Outbox.document.in_([far, fresh])):
        assert first.started_at <= row.booked_at <= first.ended_at
    again = Outbox.get(Outbox.document == lost)
    assert (again.state, again.code) == ("queued", "not_there")
    assert clock.parse(again.next_at) - clock.parse(again.updated_at) == timedelta(seconds=outbox.rung(3))
    assert first.started_at <= again.updated_at <= first.ended_at


def sync_out_state(store: Store) -> rounds.State:
    return rounds.states(store, clock.now())["sync_out", "erpnext"]


def rows(*documents: str) -> list[str]:
    return [Outbox.get(Outbox.document == document).state for document in documents]


def test_no_bell_makes_it_ask_more_often_than_the_probe(
    runner: Runner, journal: Journal, books: Books, store: Store
) -> None:
    books.away = True
    sell(journal)
    assert until(lambda: connections.line(store, "erpnext").offline_since)
    real_time.sleep(0.3)
    pings = books.pings
    for _ in range(15):
        sell(journal)
        real_time.sleep(0.1)
    assert books.pings - pings <= 1
    assert len(rounds.latest(store, "sync_out")) < 10


def test_two_processes_on_one_outbox_send_each_document_once(
    store: Store, shop: Config, books: Books, journal: Journal
) -> None:
    kinds = (books.kind(),)
    first = Runner(store, shop, [sync_out.AGENT], kinds=kinds)
    second = Runner(store, shop, [sync_out.AGENT], kinds=kinds, role="agents")
    sold = sell(journal, 60)
    for one in (first, second):
        one.start(work=True)
    try:
        for n in range(20):
            (first, second)[n % 2].ring("sale")
            real_time.sleep(0.05)
        assert until(lambda: len(books.names()) == 60)
    finally:
        first.stop()
        second.stop()
    assert sorted(books.posts) == sorted(sold)


def test_a_stop_in_the_middle_leaves_nothing_half_done(
    runner: Runner, journal: Journal, books: Books, store: Store
) -> None:
    books.delay = 0.1
    sell(journal, 30)
    assert until(lambda: len(books.posts) >= 3)
    runner.stop()
    states = [r.state for r in Outbox.select().order_by(Outbox.n)]
    booked = states.count("booked")
    assert states == ["booked"] * booked + ["queued"] * (30 - booked)
    assert 3 <= booked < 30


def test_the_line_back_wakes_the_pull_too(store: Store, shop: Config, books: Books, journal: Journal) -> None:
    books.tables["items"] = [{"code": "A", "name": "A", "item_group": "G", "modified": "2026-11-20 09:00:00.000000"}]
    running = Runner(store, shop, [sync_out.AGENT, sync_in.AGENT], kinds=(books.kind(),))
    books.away = True
    sell(journal)
    running.start(work=True)
    try:
        assert until(lambda: len(rounds.latest(store, "sync_in")) == 1)
        books.away = False
        assert until(lambda: [feed for feed, _ in books.pulls], 30)
    finally:
        running.stop()


def test_the_queue_counts_down_in_the_status(runner: Runner, journal: Journal, books: Books, store: Store) -> None:
    sell(journal, 5)
    assert until(lambda: outbox.counts(store) == outbox.Counts(5, 5, 0, 0))
    assert other.ADDRESS
