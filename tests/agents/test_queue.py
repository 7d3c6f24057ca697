"""The doorbell on Redis: rung across processes, emptied, away and back. What has to be done stands in the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents import sync_out
from pos import clock, queue, setting
from pos.config import Config
from pos.errors import BadSettings
from pos.runner import Runner
from pos.store import notices, rounds
from pos.store.db import Store
from pos.store.journal import Journal
from tests import receipts, redis_process
from tests.agents.rounds_of import until
from tests.books import Books
from tests.redis_process import Redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    redis_process.required()
    with Redis(tmp_path / "redis") as one:
        yield one


@pytest.fixture
def on_redis(shop: Config, redis: Redis) -> Config:
    return replace(shop, queue=replace(shop.queue, url=redis.url))


@pytest.fixture
def books() -> Books:
    return Books()


def sell(journal: Journal, count: int) -> list[str]:
    return [journal.commit(receipts.sale()).doc["id"] for _ in range(count)]


def test_a_sale_wakes_a_worker_elsewhere_and_a_redis_that_goes_loses_nothing(
    store: Store, on_redis: Config, books: Books, journal: Journal, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "AWAY_SECONDS", 0.05)
    monkeypatch.setattr(queue, "TOLD_SECONDS", 0.0)
    web = Runner(store, on_redis, [sync_out.AGENT], kinds=(books.kind(),))
    journal.on_commit.append(lambda committed: web.ring(committed.doc["kind"]))
    web.start(work=False)
    sold = sell(journal, 3)
    assert until(lambda: web._queue and web._queue._bells.huey.pending_count())
    redis.say("FLUSHALL")
    worker = Runner(store, on_redis, [sync_out.AGENT], kinds=(books.kind(),), role="agents")
    worker.start(work=True)
    try:
        assert until(lambda: books.names() == sold), "an emptied Redis kept documents from the books"
        assert until(lambda: not rounds.states(store, clock.now())["sync_out", "erpnext"].running)
        sold += sell(journal, 1)
        assert until(lambda: books.names() == sold, 60), "a bell did not get from one process to the other"
        assert queue.unreachable(on_redis) == ""
        redis.stop()
        assert "refused" in queue.unreachable(on_redis)
        assert until(lambda: worker._queue and worker._queue.trouble)
        worker._look_after_the_queue()
        assert ["cannot be reached" in one.text for one in notices.open_notices(store)] == [True]
        sold += sell(journal, 1)
        worker.ring("sale")  # of this process: through its own memory
        assert until(lambda: books.names() == sold, 60)
        redis.start()
        assert until(lambda: not worker._queue.trouble)  # type: ignore[union-attr]
        worker._look_after_the_queue()
        assert notices.open_notices(store) == []
        sold += sell(journal, 1)
        assert until(lambda: books.names() == sold, 60)
        assert until(lambda: {state for (state,) in store.execute("SELECT state FROM outbox")} == {"booked"})
    finally:
        worker.stop()
        web.stop()


def test_the_password_of_an_address_is_shown_nowhere() -> None:
    assert setting.shown("redis://:s3cret@h:6379/0") == "redis://:(hidden)@h:6379/0"
    assert setting.shown("postgresql://me:s3:c@h/till") == "postgresql://me:(hidden)@h/till"
    assert setting.shown("https://erp.example.com/a@b") == "https://erp.example.com/a@b"


@pytest.mark.parametrize("url", ["amqp://h", "redis://:(hidden)@h:6379/0"])
def test_what_is_no_queue_stops_the_start(tmp_path: Path, url: str) -> None:
    from pos import config

    with pytest.raises(BadSettings, match=r"\[queue\] url"):
        config.load(tmp_path, environ={"TILLKEEP_QUEUE_URL": url})
