"""Watch: what is dropped into invoices/ is taken in, what is done to its days is told."""

from __future__ import annotations

import os
import shutil
import sys
import time as real_time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from agents import watch as agent
from pos import clock
from pos.actions import watch
from pos.config import Config
from pos.runner import Runner
from pos.store import connections, disk, folder, notices, rounds
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Audit, Document, Outbox
from tests import books, receipts
from tests.store.looking import bodies


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "STILL_SECONDS", 0.05)
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.3)


@pytest.fixture
def look(store: Store, shop: Config, journal: Journal, quick: None) -> Callable[..., str]:
    """One round; its sentence."""
    runner = Runner(store, shop, [agent.AGENT], journal=journal, kinds=())
    books.connected(store)

    def one(cause: str = "schedule") -> str:
        real_time.sleep(0.06)
        assert runner.once("watch", cause=cause)
        return rounds.latest(store)[0].sentence

    return one


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The file of a receipt that another till made."""
    _, body = receipts.stamped(receipts.sale(), till="T2", invoice_name="T2-000001")
    path = tmp_path / "T2-000001.json"
    path.write_bytes(body)
    return path


def test_a_dropped_receipt_is_taken_in_and_put_aside(
    look: Callable[..., str], shop: Config, store: Store, elsewhere: Path
) -> None:
    body = elsewhere.read_bytes()
    shutil.copy(elsewhere, shop.invoices)
    look()  # seen for the first time
    assert look() == "1 dropped receipts taken in."
    document = Document.get()
    assert (document.number, document.till) == ("T2-000001", "T2")
    assert body in bodies(store)
    assert (shop.invoices / "dropped" / "T2-000001.json").read_bytes() == body
    assert [p.name for p in shop.invoices.iterdir() if p.is_file()] == []
    assert Outbox.get().state == "unknown"
    assert Audit.get(Audit.act == "adopt").actor == "file drop"


def test_the_same_receipt_dropped_twice_is_one_document(
    look: Callable[..., str], shop: Config, elsewhere: Path
) -> None:
    for _ in range(2):
        shutil.copy(elsewhere, shop.invoices)
        look()
        look()
    assert Document.select().count() == 1
    assert sorted(p.name for p in (shop.invoices / "dropped").iterdir()) == ["T2-000001-2.json", "T2-000001.json"]


def test_what_cannot_be_taken_in_is_put_aside_with_the_reason(
    look: Callable[..., str], shop: Config, store: Store, elsewhere: Path
) -> None:
    forged = elsewhere.read_bytes().replace(b"12.20", b"99.20", 1)
    (shop.invoices / "forged.json").write_bytes(forged)
    look()
    look()
    assert (shop.invoices / "forged.json").exists()  # it may still be on its way
    real_time.sleep(0.4)
    assert look() == "1 refused."
    assert Document.select().count() == 0
    assert (shop.invoices / "refused" / "forged.json").read_bytes() == forged
    assert "no receipt that can be taken in" in (shop.invoices / "refused" / "forged.json.reason.txt").read_text()
    assert notices.open_notices(store)[0].text.startswith("forged.json was dropped into invoices/")


@pytest.mark.sqlite
@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="this file system takes no such names")
def test_names_nobody_can_read_and_fields_of_the_wrong_kind_hold_nobody_up(
    look: Callable[..., str], shop: Config, store: Store, sold: list[Path], elsewhere: Path
) -> None:
    body = elsewhere.read_bytes()
    hostile = [b"\xff\xfe.json", b"new\nline.json", "turned\u202ejson.exe".encode(), b"n" * 250 + b".json"]
    for name in hostile:
        Path(os.fsdecode(os.fsencode(shop.invoices) + b"/" + name)).write_bytes(b'{"schema": 1, "hash": 2}')
    Path(os.fsdecode(os.fsencode(sold[0].parent) + b"/\xff.json")).write_bytes(b"{}")
    for at, change in enumerate((b'"hash": [1]', b'"hash": {}', b'"hash": null')):
        (shop.invoices / f"odd-{at}.json").write_bytes(body[: body.rindex(b'"hash"')] + change + b"}")
    (shop.invoices / "z-last.json").write_bytes(body)
    until = real_time.monotonic() + 60
    while len(list((shop.invoices / "refused").glob("*.reason.txt"))) < 7:
        assert real_time.monotonic() < until, look()
        look()
    assert Document.select().where(Document.number == "T2-000001").count() == 1
    said = "".join(n.text for n in notices.open_notices(store, limit=100))
    assert "�.json" in said and "\n" not in said and "\u202e" not in said
    assert len(list((shop.invoices / "refused").glob("*.reason.txt"))) == 7, "each once"


def test_the_number_of_another_sale_is_refused_and_nothing_changes(
    look: Callable[..., str], shop: Config, journal: Journal, elsewhere: Path
) -> None:
    body = elsewhere.read_bytes()
    (shop.invoices / "a.json").write_bytes(body)
    look()
    look()
    _, other = receipts.stamped(receipts.sale(), till="T2", invoice_name="T2-000001")
    assert other != body
    (shop.invoices / "b.json").write_bytes(other)
    look()
    assert look() == "1 refused."
    assert Document.select().count() == 1
    assert "already belongs to another sale" in (shop.invoices / "refused" / "b.json.reason.txt").read_text()


def test_a_half_written_file_is_waited_for(look: Callable[..., str], shop: Config, elsewhere: Path) -> None:
    body = elsewhere.read_bytes()
    target = shop.invoices / "slow.json"
    target.write_bytes(body[:200])
    for cut in (400, 600, 800):
        look()
        target.write_bytes(body[:cut])
    look()
    assert target.exists()
    target.write_bytes(body)
    look()
    look()
    assert Document.select().count() == 1
    assert not (shop.invoices / "refused").exists()


def test_hidden_and_unfinished_files_and_links_are_left_alone(
    look: Callable[..., str], shop: Config, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    names = [".gitkeep", "copy.json.part", "x.tmp"]
    for name in names:
        (shop.invoices / name).write_text("{}")
    (shop.invoices / "link.json").symlink_to(tmp_path / "secret")
    look()
    real_time.sleep(0.4)
    assert look() == ("All receipts lie as they were written." if store.keeps_files else "Nothing was dropped here.")
    assert {p.name for p in shop.invoices.iterdir()} == {*names, "link.json"}


def test_a_restart_does_not_take_put_aside_files_for_receipts(
    look: Callable[..., str], shop: Config, journal: Journal, store: Store, elsewhere: Path
) -> None:
    shutil.copy(elsewhere, shop.invoices)
    look()
    look()
    journal.close()
    store.close()
    again = open_store(shop)
    recovered = Journal(again)
    assert (recovered.recovered.adopted, recovered.recovered.notices) == ([], [])
    recovered.close()
    again.close()


# -- the days ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sold(journal: Journal, shop: Config, store: Store) -> list[Path]:
    """Five receipts and their files, durable."""
    connections.sync(store, [])
    paths = [shop.invoices / journal.commit(receipts.sale()).path for _ in range(5)]
    journal.flush()
    return paths


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_where_there_are_no_files_none_is_missing_and_none_is_written(
    sold: list[Path], look: Callable[..., str], store: Store
) -> None:
    assert [look() for _ in range(2)] == ["Nothing was dropped here."] * 2
    assert notices.open_notices(store) == []
    assert not [file for file in sold if file.exists()]


@pytest.mark.sqlite
def test_untouched_days_are_quiet(sold: list[Path], look: Callable[..., str], store: Store) -> None:
    assert [look() for _ in range(3)] == ["All receipts lie as they were written."] * 3
    assert notices.open_notices(store) == []


@pytest.mark.sqlite
def test_a_missing_file_is_written_again_and_told(sold: list[Path], look: Callable[..., str], store: Store) -> None:
    look()
    body = sold[2].read_bytes()
    sold[2].unlink()
    assert look() == "1 missing files written again."
    assert sold[2].read_bytes() == body
    (told,) = notices.open_notices(store)
    assert told.text.startswith("1 receipt file of ")
    assert Audit.get(Audit.act == "files.missing").actor == "watch"


@pytest.mark.sqlite
def test_a_whole_day_that_vanished_is_written_again(sold: list[Path], look: Callable[..., str]) -> None:
    look()
    bodies = [p.read_bytes() for p in sold]
    shutil.rmtree(sold[0].parent)
    assert look() == "5 missing files written again."
    assert [p.read_bytes() for p in sold] == bodies


@pytest.mark.sqlite
def test_a_changed_file_is_evidence_and_the_right_one_comes_once_it_is_moved(
    sold: list[Path], look: Callable[..., str], store: Store, tmp_path: Path
) -> None:
    look()
    right = sold[1].read_bytes()
    wrong = right.replace(b"12.20", b"10.20", 1)
    sold[1].write_bytes(wrong)
    assert look() == "1 files are not as they were written."
    assert sold[1].read_bytes() == wrong
    (told,) = notices.open_notices(store, level="needs")
    assert told.text.endswith("was changed after it was written.")
    look()
    assert notices.open_notices(store, level="needs")[0].count == 1  # told once, not at each look
    assert Audit.select().where(Audit.act == "file.changed").count() == 1
    sold[1].rename(tmp_path / "evidence.json")
    look()
    assert sold[1].read_bytes() == right
    assert notices.open_notices(store, level="needs") == []


@pytest.mark.sqlite
def test_a_change_that_hides_its_date_is_found_by_the_rolling_check(
    sold: list[Path], look: Callable[..., str], store: Store
) -> None:
    look()
    look()
    stat = sold[3].stat()
    sold[3].write_bytes(sold[3].read_bytes().replace(b"12.20", b"10.20", 1))
    os.utime(sold[3], ns=(stat.st_atime_ns, stat.st_mtime_ns - 10**12))
    sentences = [look() for _ in range(3)]
    assert "1 files are not as they were written." in sentences


@pytest.mark.sqlite
def test_a_file_we_did_not_write_is_told_and_left_alone(
    sold: list[Path], look: Callable[..., str], store: Store
) -> None:
    look()
    stranger = sold[0].with_name("T1-000099.json")
    stranger.write_text("{}")
    assert look() == "1 files are not as they were written."
    assert notices.open_notices(store, level="needs")[0].text.endswith("T1-000099.json was not written by this till.")
    assert stranger.read_text() == "{}"
    stranger.unlink()
    assert look() == "All receipts lie as they were written."
    assert notices.open_notices(store, level="needs") == []


@pytest.mark.sqlite
def test_sales_during_the_look_raise_no_alarm(journal: Journal, look: Callable[..., str], store: Store) -> None:
    import threading

    stop, sales = threading.Event(), []

    def sell() -> None:
        while not stop.is_set():
            sales.append(journal.commit(receipts.sale()).path)

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        sentences = {look() for _ in range(5)}
    finally:
        stop.set()
        seller.join()
    assert sales
    assert sentences == {"All receipts lie as they were written."}
    assert notices.open_notices(store) == []


@pytest.mark.sqlite
def test_a_file_the_disk_makes_wait_is_not_missed_until_it_was_written(
    journal: Journal, look: Callable[..., str], store: Store, shop: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _body: bytes, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as away:
        away.setattr(disk, "write_whole", full)
        path = shop.invoices / journal.commit(receipts.sale()).path
        assert [look(), look()] == ["All receipts lie as they were written."] * 2
        assert not path.exists()
        assert notices.open_notices(store) == []
    journal.flush()
    assert path.exists()
    path.unlink()
    assert look() == "1 missing files written again."
    assert path.exists()


@pytest.mark.sqlite
def test_a_look_over_many_days_is_bounded(look: Callable[..., str], store: Store, shop: Config) -> None:
    for n in range(1, 29):
        for month in ("01", "02"):
            (shop.invoices / f"2025-{month}-{n:02}").mkdir()
    assert len(folder.days(store)) == 56
    look()
    assert rounds.states(store, clock.now())[("watch", "")].due_at < clock.stamp(clock.now() + timedelta(seconds=2))


# -- the agent in its threads ------------------------------------------------------------------------------------------


def test_a_drop_is_taken_in_within_seconds_by_the_event(
    store: Store, shop: Config, journal: Journal, elsewhere: Path
) -> None:
    runner = Runner(store, shop, [agent.AGENT], journal=journal, kinds=())
    runner.start(work=True)
    try:
        end = real_time.monotonic() + 60
        while not rounds.latest(store) and real_time.monotonic() < end:
            real_time.sleep(0.02)
        shutil.copy(elsewhere, shop.invoices)
        end = real_time.monotonic() + 60
        while not Document.select().exists() and real_time.monotonic() < end:
            real_time.sleep(0.05)
        assert Document.get().number == "T2-000001"
    finally:
        runner.stop()
