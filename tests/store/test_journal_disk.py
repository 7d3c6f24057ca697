"""The journal and its files: deferred, flushed, vouched for; and a disk that refuses."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.config import Config
from pos.errors import CannotSave
from pos.store import disk, flusher, intake
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from tests.receipts import line, sale
from tests.store.looking import file_of, rows, until

#: About files and what holds them; on PostgreSQL the documents are in the database alone.
pytestmark = pytest.mark.sqlite

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def quiet(store: Store) -> Iterator[Journal]:
    """A journal whose flusher does nothing by itself."""
    opened = Journal(store, flush_seconds=3600)
    yield opened
    opened.close()


def test_after_commit_a_file_that_cannot_be_written_is_deferred_and_the_sale_stands(
    quiet: Journal, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr(disk, "write_whole", full)
        saved = quiet.commit(sale())
        assert not file_of(store, saved).exists()
        with pytest.raises(OSError, match="No space"):
            quiet.flush()
        assert quiet.health().unsynced == 1
    assert quiet.health().can_save
    quiet.flush()
    assert file_of(store, saved).read_bytes() == saved.body
    assert quiet.health().unsynced == 0


def test_the_flusher_says_that_files_wait_and_goes_on_by_itself(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(flusher, "PROBE_SECONDS", 0.05)
    refuse = [True]
    write = disk.write_whole

    def sometimes(path: Path, body: bytes, *, flush: bool = False) -> None:
        if refuse:
            raise OSError(28, "No space left on device")
        write(path, body, flush=flush)

    monkeypatch.setattr(disk, "write_whole", sometimes)
    journal = Journal(store, flush_seconds=0.02)
    with caplog.at_level(logging.CRITICAL):
        saved = journal.commit(sale())
        until(lambda: "files wait" in journal.health().reason)
        assert journal.health().can_save
        refuse.clear()
        until(lambda: journal.health().reason == "")
    assert file_of(store, saved).read_bytes() == saved.body
    journal.close()


def test_the_watermark_moves_only_over_flushed_files(
    quiet: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet.commit(sale())
    seen: list[tuple[list[str], int]] = []
    flush = disk.flush_files

    def look(paths: list[Path], below: Path) -> None:
        seen.append(([p.name for p in paths], intake.remembered(store)))
        flush(paths, below)

    monkeypatch.setattr(disk, "flush_files", look)
    assert intake.remembered(store) == 0
    quiet.flush()
    assert seen == [(["T1-000001.json"], 0)]
    assert intake.remembered(store) == 1


def test_the_watermark_stops_before_a_file_that_is_still_being_written(
    quiet: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the flusher would vouch for a file that is replaced a moment later by one nobody flushed."""
    quiet.commit(sale())
    hold, reached = threading.Event(), threading.Event()
    write = disk.write_whole

    def slow(path: Path, body: bytes, *, flush: bool = False) -> None:
        reached.set()
        hold.wait()
        write(path, body, flush=flush)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "write_whole", slow)
        selling = threading.Thread(target=lambda: quiet.commit(sale()))
        selling.start()
        reached.wait()
        patch.undo()
        quiet.flush()
        assert intake.remembered(store) == 1
        hold.set()
        selling.join()
    quiet.flush()
    assert intake.remembered(store) == 2


def test_receipts_become_durable_by_themselves_within_a_second(journal: Journal, store: Store) -> None:
    journal.commit(sale())
    until(lambda: intake.remembered(store) == 1, seconds=2)


def test_the_log_is_checkpointed_in_the_background(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flusher, "CHECKPOINT_SALES", 5)
    store.execute("PRAGMA wal_checkpoint(truncate)").fetchall()
    empty = disk.file_bytes(store.path)
    journal = Journal(store, flush_seconds=0.02)
    for _ in range(30):
        journal.commit(sale())
    until(lambda: disk.file_bytes(store.path) > empty + 50_000)  # the sales have reached the database file itself
    journal.close()


def test_something_else_in_the_place_of_a_new_receipt_is_kept(
    journal: Journal, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    day = store.config.invoices / "2026-11-21"
    day.mkdir()
    (day / "T1-000001.json").write_bytes(b"half a receipt of somebo")
    with clock.set_to(NOON), caplog.at_level(logging.CRITICAL):
        saved = journal.commit(sale())
    assert file_of(store, saved).read_bytes() == saved.body
    assert (day / "T1-000001.json.found").read_bytes() == b"half a receipt of somebo"


# -- a disk that refuses ---------------------------------------------------------------------------------------------


def in_writer(journal: Journal, sql: str) -> None:
    """Run a statement on the writer's own connection."""

    def work() -> intake.Entered:
        journal.store.execute(sql).fetchall()
        return intake.Entered({}, b"", True, 0, "")

    journal._through(work)


@pytest.mark.parametrize(
    ("sql", "words"),
    [("PRAGMA max_page_count = 1", "disk is full"), ("PRAGMA query_only = 1", "read-only")],
    ids=["full", "read-only"],
)
def test_a_disk_that_takes_nothing_refuses_the_sale_in_words_and_takes_it_later(
    quiet: Journal, store: Store, caplog: pytest.LogCaptureFixture, sql: str, words: str
) -> None:
    quiet.commit(sale(id="before"))
    big = sale(*(line(f"ITEM-{i}") for i in range(300)), id="basket")
    with caplog.at_level(logging.CRITICAL):
        in_writer(quiet, sql)
        with pytest.raises(CannotSave, match=words):
            quiet.commit(big)
    assert not quiet.health().can_save
    assert words in quiet.health().reason
    assert [r[0] for r in rows(store, "SELECT id FROM document")] == ["before"]
    assert quiet.health().unsynced <= 1, "a refused sale owes no file"
    saved = quiet.commit(big)  # the probe found the disk well again
    assert saved.doc["sequence"] == 2 and not saved.duplicate
    assert quiet.health().can_save


def test_while_the_disk_refuses_every_sale_is_refused_before_it_is_tried(
    quiet: Journal, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL), monkeypatch.context() as patch:
        patch.setattr(store, "write_durably", raises(CannotSave("The disk reports an error.")))
        quiet._refusal = "The disk reports an error."
        for _ in range(3):
            with pytest.raises(CannotSave, match="reports an error"):
                quiet.commit(sale())
    assert rows(store, "SELECT count(*) FROM document") == [(0,)]
    assert quiet.commit(sale()).doc["sequence"] == 1


def raises(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def test_the_till_finds_out_by_itself_that_the_disk_is_well_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(flusher, "CHECKPOINT_SECONDS", 0.05)
    journal = Journal(store, flush_seconds=0.02)
    with caplog.at_level(logging.CRITICAL):
        in_writer(journal, "PRAGMA query_only = 1")
        with pytest.raises(CannotSave):
            journal.commit(sale())
        until(lambda: journal.health().can_save)
    journal.close()


def test_a_database_whose_switches_do_not_hold_sells_nothing(shop: Config) -> None:
    store = open_store(shop)
    store.refusal = "The database does not keep synchronous = 1."
    journal = Journal(store)
    with pytest.raises(CannotSave, match="does not keep"):
        journal.commit(sale())
    assert not journal.health().can_save
    journal.close()
    store.close()


def test_a_log_that_grew_under_sales_without_a_pause_begins_anew(
    quiet: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flusher, "WAL_BYTES_BIG", 100_000)
    asked = []
    wait = store.writers_wait
    monkeypatch.setattr(store, "writers_wait", lambda: (asked.append(1), wait())[1])
    for _ in range(20):
        quiet.commit(sale())
    quiet._flusher._checkpoint("passive")
    assert asked == [1]
    _, frames, moved = store.execute("PRAGMA wal_checkpoint(passive)").fetchone()
    assert frames == moved, "nothing is left in it, so the next sale writes at its beginning"
    size = quiet.health().wal_bytes
    quiet.commit(sale())
    assert quiet.health().wal_bytes == size


@pytest.mark.parametrize(("part", "words", "can_save"), [("_writer", "has stopped", False), ("_flusher", "wait", True)])
def test_a_part_that_died_is_told(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, part: str, words: str, can_save: bool
) -> None:
    class Dead:
        def __getattr__(self, name: str) -> Any:
            return lambda *_: False if name == "is_alive" else 0

        alive = False

    with monkeypatch.context() as patch:
        patch.setattr(journal, part, Dead())
        health = journal.health()
    assert words in health.reason and health.can_save is can_save
