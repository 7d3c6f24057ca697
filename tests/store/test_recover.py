"""Recovery at the start: files follow the database, unknown whole receipts are taken in, nothing is ever removed."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pos.app import create_app
from pos.config import Config
from pos.rules import ledger
from pos.store import disk, intake
from pos.store.archives import loose
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Connection
from pos.store.recover import Recovered, recover
from tests.receipts import sale, stamped

#: About files and what holds them; on PostgreSQL the documents are in the database alone.
pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@pytest.fixture
def sold(shop: Config) -> Iterator[tuple[Config, list[Path]]]:
    """Five sales, none of them flushed: the watermark stands at 0."""
    store = open_store(shop)
    journal = Journal(store, flush_seconds=3600)
    paths = [shop.invoices / journal.commit(sale()).path for _ in range(5)]
    journal.close()
    with store.transaction():
        store.execute("UPDATE meta SET value = '0' WHERE key = 'files_durable'")
    store.close()
    yield shop, paths


def start(shop: Config, look: Callable[[Store], Any] = lambda _store: None) -> tuple[Recovered, Any]:
    """A start of the till, to its end."""
    store = open_store(shop)
    journal = Journal(store)
    try:
        return journal.recovered, look(store)
    finally:
        journal.close()
        store.close()


def test_a_start_after_a_clean_stop_has_nothing_to_do(sold: tuple[Config, list[Path]]) -> None:
    shop, _ = sold
    start(shop)
    found, mark = start(shop, intake.remembered)
    assert found == Recovered()
    assert mark == 5


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:700]),
        lambda file: file.write_bytes(b"\0" * file.stat().st_size),
        lambda file: file.write_bytes(file.read_bytes().replace(b"12.00", b"13.00")),
    ],
    ids=["missing", "empty", "cut", "zeros", "same size, other content"],
)
def test_above_the_watermark_content_is_compared_and_written_again(
    sold: tuple[Config, list[Path]], harm: Callable[[Path], Any]
) -> None:
    shop, paths = sold
    whole = paths[2].read_bytes()
    harm(paths[2])
    found, mark = start(shop, intake.remembered)
    assert found.compared == 5
    assert found.rewritten == [f"{paths[2].parent.name}/T1-000003.json"]
    assert paths[2].read_bytes() == whole
    assert mark == 5


def test_a_file_cut_off_in_the_middle_leaves_no_rest_beside_the_whole_one(sold: tuple[Config, list[Path]]) -> None:
    shop, paths = sold
    paths[4].unlink()
    paths[4].with_name(f".{paths[4].name}.tmp").write_bytes(b"half")
    start(shop)
    assert sorted(p.name for p in paths[0].parent.iterdir()) == [f"T1-00000{i}.json" for i in range(1, 6)]


def test_whole_receipts_the_database_does_not_know_are_taken_in_in_order(shop: Config) -> None:
    """The database was restored from an older backup; the files know more."""
    bodies = []
    before = "0" * 64
    for sequence in (1, 2, 3):
        doc, body = stamped(sequence=sequence, prev_hash=before, mode="erpnext")
        before = doc["hash"]
        bodies.append((doc, body))
        disk.write_whole(shop.invoices / ledger.path_of(doc), body)
    store = open_store(shop)
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    store.close()

    def look(store: Store) -> Any:
        known = store.execute("SELECT sequence, body FROM document ORDER BY n").fetchall()
        return known, store.execute("SELECT document, state FROM outbox ORDER BY n").fetchall()

    found, (known, outbox) = start(shop, look)
    assert found.adopted == [f"2026-11-21/T1-00000{i}.json" for i in (1, 2, 3)]
    assert known == [(i, body.decode()) for i, (_, body) in enumerate(bodies, start=1)]
    assert outbox == [(doc["id"], "unknown") for doc, _ in bodies]
    assert start(shop)[0].adopted == []


def test_a_receipt_made_without_a_connection_is_taken_in_and_goes_nowhere(shop: Config) -> None:
    doc, body = stamped(mode="mock")
    disk.write_whole(shop.invoices / ledger.path_of(doc), body)
    store = open_store(shop)
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    store.close()
    found, outbox = start(shop, lambda store: store.execute("SELECT * FROM outbox").fetchall())
    assert len(found.adopted) == 1 and outbox == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("T1-000009.json", b"", "empty"),
        ("T1-000009.json", b'{"half": ', "not whole JSON"),
        ("T1-000009.json", stamped(sequence=8, business_day="2026-03-01")[1], "belongs at 2026-03-01/T1-000008.json"),
        (
            "T1-000009.json",
            stamped(sequence=9, business_day="2026-03-01")[1].replace(b"Ann", b"Eve"),
            "changed after it was written",
        ),
        ("notes.json", b'{"a": 1}', "schema"),
        ("T1-000002.json", stamped(sequence=2, business_day="2026-03-01")[1], "number belongs to another document"),
    ],
)
def test_what_is_no_receipt_of_this_till_is_left_alone_and_reported(
    sold: tuple[Config, list[Path]], name: str, content: bytes, words: str
) -> None:
    shop, _ = sold
    start(shop)
    file = shop.invoices / "2026-03-01" / name
    disk.write_whole(file, content)
    found, count = start(shop, lambda store: store.execute("SELECT count(*) FROM document").fetchone()[0])
    assert len(found.notices) == 1 and words in found.notices[0] and name in found.notices[0]
    assert found.adopted == [] and count == 5
    assert file.read_bytes() == content


def test_a_copy_under_a_saved_id_is_left_alone(shop: Config) -> None:
    doc, body = stamped(sale(id="one"))
    disk.write_whole(shop.invoices / ledger.path_of(doc), body)
    start(shop)
    other, copy = stamped(sale(id="one", note="changed"), sequence=2)
    disk.write_whole(shop.invoices / ledger.path_of(other), copy)
    found, _ = start(shop)
    assert "already saved with another" in found.notices[0]


def test_only_folders_called_like_a_day_are_looked_into(shop: Config) -> None:
    for name in ("2026-11-21/a.json", "2026-11-21/.b.json", "2026-11-21/c.txt", "taken-in/d.json", "e.json"):
        disk.write_whole(shop.invoices / name, b"x")
    assert list(loose(shop.invoices)) == ["2026-11-21/a.json"]


def test_a_disk_that_takes_nothing_does_not_keep_the_till_from_starting(
    sold: tuple[Config, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, paths = sold
    paths[0].unlink()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    store = open_store(shop)
    with monkeypatch.context() as patch:
        patch.setattr(disk, "write_whole", full)
        found = recover(store)
    assert "could not be finished" in found.notices[0] and "No space" in found.notices[0]
    assert recover(store).rewritten == [f"{paths[0].parent.name}/T1-000001.json"]
    store.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among its files")
def test_a_pipe_among_the_receipts_holds_up_no_start(sold: tuple[Config, list[Path]]) -> None:
    shop, paths = sold
    os.mkfifo(paths[0].with_name("T1-000099.json"))
    paths[1].unlink()
    os.mkfifo(paths[1])
    (paths[0].with_name("T1-000098.json")).symlink_to(paths[0].with_name("nowhere"))
    found, _ = start(shop)
    assert found.rewritten == [f"{paths[1].parent.name}/T1-000002.json"]
    assert found.notices == []
    assert f"{paths[0].parent.name}/T1-000099.json" not in list(loose(shop.invoices))


@pytest.mark.skipif(os.name == "nt", reason="this file system takes no such names")
def test_a_name_nobody_can_read_is_told_in_one_line_and_once(
    sold: tuple[Config, list[Path]], caplog: pytest.LogCaptureFixture
) -> None:
    shop, _ = sold
    start(shop)
    (shop.invoices / "2026-03-01").mkdir(exist_ok=True)
    (shop.invoices / "2026-03-01" / "new\nline\x1b[2J.json").write_bytes(b"{}")
    caplog.set_level(logging.WARNING)
    create_app(shop).stop()
    told = [r.getMessage() for r in caplog.records if "was left alone" in r.getMessage()]
    assert len(told) == 1
    assert told[0].isprintable()
