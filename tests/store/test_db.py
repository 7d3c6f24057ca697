"""The database: its switches hold, transactions wait for each other, and one process serves a folder."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pos import config as settings
from pos.config import Config, Storage
from pos.errors import BadSettings, CannotSave, FolderInUse
from pos.store import db
from pos.store.db import Store, open_store
from pos.store.engines import sqlite
from pos.store.models import Meta


def pragma(store: Store, name: str) -> object:
    return store.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.sqlite
def test_every_connection_has_the_switches_that_keep_sales(store: Store) -> None:
    seen: list[object] = []

    def look() -> None:
        seen.extend(pragma(store, n) for n in ("journal_mode", "synchronous", "wal_autocheckpoint", "foreign_keys"))
        store.database.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == ["wal", 1, 0, 1]
    assert pragma(store, "busy_timeout") == 10_000


@pytest.mark.sqlite
def test_the_writer_of_sales_flushes_at_each_commit(store: Store) -> None:
    store.write_durably()
    assert pragma(store, "synchronous") == 2


@pytest.mark.sqlite
def test_a_switch_that_does_not_hold_makes_the_till_refuse(shop: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network folder or an odd build answers another value than the one that was set."""
    monkeypatch.setitem(db.PRAGMAS, "synchronous", 7)  # SQLite keeps three bits less of it
    opened = open_store(shop)
    assert "does not keep synchronous = 7" in opened.refusal
    opened.close()


@pytest.mark.sqlite
def test_a_writer_whose_switch_does_not_hold_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_set", lambda _connection, _wanted: None)
    with pytest.raises(CannotSave, match="synchronous = 2"):
        store.write_durably()


@pytest.mark.parametrize("url", ["sqlite:///elsewhere/shop.db", "sqlite:///{root}/abs/shop.db"])
def test_the_database_lies_where_the_settings_say(shop: Config, url: str) -> None:
    config = dataclasses.replace(shop, storage=Storage(url=url.format(root=shop.root)))
    open_store(config).close()
    assert (shop.root / ("abs" if "root" in url else "elsewhere") / "shop.db").exists()


def test_a_till_stands_on_its_own_file_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="A till keeps its receipts in a file of its own"):
        settings.load(tmp_path, {"TILLKEEP_STORAGE_URL": "postgresql://localhost/till"})
    with pytest.raises(BadSettings, match="use sqlite:///, or postgresql:// for a hub"):
        settings.load(tmp_path, {"TILLKEEP_STORAGE_URL": "mysql://localhost/till"})


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_named_as_damaged(shop: Config) -> None:
    shop.data.mkdir()
    (shop.data / "till.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(CannotSave, match="damaged"):
        open_store(shop)


@pytest.mark.sqlite
def test_a_second_server_on_the_folder_is_refused(store: Store, shop: Config) -> None:
    store.lock()
    store.lock()
    assert db.is_served(shop)
    other = open_store(shop)
    with pytest.raises(FolderInUse):
        other.lock()
    other.close()
    store.close()
    assert not db.is_served(shop)


def put(key: str) -> None:
    Meta.insert(key=key, value="").execute()


def keys(store: Store) -> set[str]:
    return {row[0] for row in store.execute("SELECT key FROM meta")}


def test_an_error_undoes_the_whole_transaction(store: Store) -> None:
    with pytest.raises(KeyError), store.transaction():
        put("a")
        raise KeyError
    assert keys(store) == set()


def test_a_transaction_inside_another_is_undone_by_itself(store: Store) -> None:
    with store.transaction():
        put("a")
        with pytest.raises(KeyError), store.transaction():
            put("b")
            raise KeyError
        put("c")
    assert keys(store) == {"a", "c"}


def test_readers_in_reading_see_one_moment(store: Store) -> None:
    with store.reading():
        assert keys(store) == set()
        run(lambda: put("a"), store)
        assert keys(store) == set()
    assert keys(store) == {"a"}


def test_writing_inside_reading_is_refused_at_once(store: Store) -> None:
    with store.reading(), pytest.raises(RuntimeError), store.transaction():
        put("a")
    with store.transaction():
        put("b")
    assert keys(store) == {"b"}


def run(work: Callable[[], None], store: Store) -> None:
    def whole() -> None:
        with store.transaction():
            work()
        store.database.close()

    thread = threading.Thread(target=whole)
    thread.start()
    thread.join()


def test_eight_writers_that_read_first_never_meet_a_locked_database(store: Store) -> None:
    """A deferred transaction that reads and then writes fails at once, whatever the time-out; IMMEDIATE ones wait."""
    with store.transaction():
        Meta.insert(key="n", value="0").execute()
    failed: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(40):
                with store.transaction():
                    row = Meta.get(Meta.key == "n")
                    Meta.update(value=str(int(row.value) + 1)).where(Meta.key == "n").execute()
        except BaseException as error:  # told by the assertion below
            failed.append(error)
        finally:
            store.database.close()

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Meta.get(Meta.key == "n").value == "320"


def test_a_sale_goes_before_the_others_that_wait(store: Store) -> None:
    order: list[str] = []
    ready = threading.Barrier(3)

    def write(name: str, sale: bool) -> None:
        ready.wait()
        if sale:
            time.sleep(0.1)  # the other one waits already
        with store.transaction(sale=sale):
            order.append(name)
        store.database.close()

    threads = [threading.Thread(target=write, args=one) for one in (("agent", False), ("sale", True))]
    with store.transaction():
        for thread in threads:
            thread.start()
        ready.wait()
        time.sleep(0.3)
    for thread in threads:
        thread.join()
    assert order == ["sale", "agent"]


def test_who_waits_too_long_is_told_and_lets_the_others_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "WAIT_SECONDS", 0.2)
    found: list[BaseException] = []

    def wait() -> None:
        try:
            with store.transaction(sale=True):
                pass
        except CannotSave as error:
            found.append(error)

    with store.transaction():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert isinstance(found[0], CannotSave) and found[0].code == "busy"
    with store.transaction():
        put("on")
    assert keys(store) == {"on"}


def test_each_thread_has_its_own_connection(store: Store) -> None:
    """One connection shared by threads can freeze the whole process."""
    connections = {id(store.database.connection())}
    barrier = threading.Barrier(4)

    def mine() -> None:
        connections.add(id(store.database.connection()))
        barrier.wait()

    threads = [threading.Thread(target=mine) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(connections) == 5


@pytest.mark.sqlite
def test_closing_closes_the_connections_of_all_threads(shop: Config) -> None:
    opened = open_store(shop)
    connections: list[sqlite3.Connection] = []
    hold, seen = threading.Event(), threading.Event()

    def mine() -> None:
        connections.append(opened.database.connection())
        seen.set()
        hold.wait()

    thread = threading.Thread(target=mine)
    thread.start()
    seen.wait()
    opened.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connections[0].execute("SELECT 1")
    hold.set()
    thread.join()
    assert not (shop.data / "till.db-wal").exists(), "the last one tidies the log away"


@pytest.mark.sqlite
def test_closing_under_a_thread_that_works_ends_its_statement_and_not_the_process(shop: Config) -> None:
    opened = open_store(shop)
    begun, ended = threading.Event(), list[BaseException]()
    long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000000) SELECT sum(i) FROM n"

    def work() -> None:
        try:
            opened.execute("SELECT 1").fetchone()
            begun.set()
            opened.execute(long).fetchone()
        except Exception as error:  # whichever it meets first: interrupted, or refused
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    opened.close()
    thread.join(10)
    assert [str(error) for error in ended] in (["interrupted"], ["the database was closed"])


def test_a_connection_that_its_own_thread_closed_does_not_stand_in_the_way(shop: Config) -> None:
    opened = open_store(shop)
    closed, hold = threading.Event(), threading.Event()
    kept: list[sqlite3.Connection] = []

    def idle() -> None:
        kept.append(opened.database.connection())
        opened.release()
        closed.set()
        hold.wait()

    thread = threading.Thread(target=idle)
    thread.start()
    closed.wait()
    opened.close()
    hold.set()
    thread.join()
    assert not (shop.data / "till.db-wal").exists()


def test_sales_that_come_without_a_gap_keep_nobody_else_from_writing_for_ever() -> None:
    turn, stop, batches = db._Turn(), threading.Event(), [0]

    def sells() -> None:
        while not stop.is_set():
            with turn.taken(sale=True):
                batches[0] += 1
                while not turn._sales and not stop.is_set():  # never lets go before the next sale waits
                    time.sleep(0.0001)

    sellers = [threading.Thread(target=sells) for _ in range(2)]
    for seller in sellers:
        seller.start()
    while batches[0] < 10:
        time.sleep(0.001)
    try:
        with turn.taken(sale=False):
            written_after = batches[0]
    finally:
        stop.set()
        for seller in sellers:
            seller.join()
    assert written_after >= 10


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_FULL", "disk is full"),
        ("SQLITE_READONLY_DIRECTORY", "read-only"),
        ("SQLITE_IOERR_WRITE", "reports an error"),
        ("SQLITE_CANTOPEN", "cannot be opened"),
        ("SQLITE_CORRUPT", "damaged"),
    ],
)
def test_errors_of_the_disk_become_sentences(name: str, words: str) -> None:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorname = name
    outer = ValueError("in between")
    outer.__context__ = error
    found = db.cannot_save(outer, Path("/till/data/till.db"))
    assert found is not None and words in found.message


def test_an_error_of_a_document_is_none_of_the_disk() -> None:
    error = sqlite3.IntegrityError("UNIQUE constraint failed")
    error.sqlite_errorname = "SQLITE_CONSTRAINT_UNIQUE"
    assert db.cannot_save(error, Path("x")) is None
