"""A hub's store on PostgreSQL: what is durable, who waits for whom, and what becomes of a connection that dies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from peewee import DatabaseError

from pos import clock
from pos.config import Config
from pos.errors import BadSettings, CannotSave, Conflict
from pos.store import audit, connections, entries, intake, models, outbox
from pos.store.db import Store, cannot_save, open_store
from pos.store.journal import Journal
from pos.store.models import Connection, Meta
from tests import engines
from tests.receipts import sale, stamped
from tests.store.looking import rows, until

pytestmark = pytest.mark.postgresql


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def second(shop: Config, store: Store) -> Iterator[Store]:
    """The same database as another process sees it."""
    other = open_store(shop)
    models.database.initialize(store.database)
    yield other
    other.close()


def told_of(url: str) -> str:
    from pos.store.engines import postgres

    try:
        postgres.Database(url, 1).connection()
    except Exception as error:
        return str(cannot_save(error, Path("x")))
    return "it opened"


def made(till: str, sequence: int) -> tuple[dict[str, Any], bytes]:
    """A receipt as some till would make it."""
    return stamped(sale(), sequence, till=till, invoice_name=f"{till}-{sequence:06d}")


def queued(store: Store, count: int) -> None:
    """So many receipts of a till, on their way to the books."""
    with store.transaction():
        Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
        for n in range(1, count + 1):
            doc, body = made("T1", n)
            intake.adopt(store, doc, body, "test", "T1")


def end_connections(url: str) -> None:
    """What a restart of the server does to everybody."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as admin:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        admin.execute(f"SELECT pg_terminate_backend(pid, 60000) {others}".encode())
        until(lambda: admin.execute(f"SELECT count(*) {others}".encode()).fetchall() == [(0,)])


def in_threads(*works: Callable[[], object]) -> list[object]:
    found: list[object] = [None] * len(works)

    def run(i: int, work: Callable[[], object]) -> None:
        try:
            found[i] = work()
        except Exception as error:
            found[i] = error

    threads = [threading.Thread(target=run, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_every_switch_that_keeps_a_receipt_holds_and_one_that_does_not_is_named(store: Store) -> None:
    assert store.refusal == ""
    store.write_durably()
    store.execute("SET synchronous_commit = off")
    with pytest.raises(CannotSave, match="PostgreSQL has synchronous_commit = off"):
        store.write_durably()


def test_documents_of_other_tills_are_taken_in_once_with_their_bytes_and_no_file(store: Store, shop: Config) -> None:
    doc, body = made("T7", 41)
    writer = Journal(store)
    try:
        saved = writer.adopt(body, "the way up", "T7")
        assert not saved.duplicate and saved.body == body
        assert writer.adopt(body, "the way up", "T7").duplicate
        assert outbox.body(store, doc["id"]) == body
        _, bytes_of_other = made("T7", 41)
        with pytest.raises(Conflict, match="already belongs to another sale"):
            writer.adopt(bytes_of_other, "the way up", "T7")
        writer.flush()
        assert writer.health().can_save and writer.health().unsynced == 0
    finally:
        writer.close()
    assert list(shop.invoices.rglob("*.json")) == []
    assert rows(store, "SELECT till, sequence FROM document") == [("T7", 41)]


def test_two_processes_that_take_in_at_once_share_one_order_and_one_chain_of_the_audit(
    store: Store, second: Store
) -> None:
    bodies = [made(f"T{n % 4}", n)[1] for n in range(1, 41)]
    writers = [Journal(store), Journal(second)]
    try:
        found = in_threads(*[partial(writers[n % 2].adopt, body, "up", "T") for n, body in enumerate(bodies)])
    finally:
        for writer in writers:
            writer.close()
    assert [error for error in found if isinstance(error, BaseException)] == []
    assert rows(store, "SELECT count(*), count(DISTINCT n) FROM document") == [(40, 40)]
    assert audit.verify_chain(store)[0] >= 40
    assert audit.verify_chain(store)[1] == ""


def test_work_is_claimed_by_many_at_once_and_each_row_by_one(store: Store, second: Store) -> None:
    queued(store, 30)
    now = clock.now()
    taken = in_threads(*[partial(outbox.claim, store, "erpnext", f"worker {i}", 30, now) for i in range(4)])
    claimed = [row.n for one in taken if isinstance(one, list) for row in one]
    assert len(claimed) == len(set(claimed)) == 30


def test_who_takes_a_row_waits_for_nobody_who_holds_another(store: Store) -> None:
    """SKIP LOCKED: a row somebody is working on is left out at once, and the writers' lock is not asked for."""
    queued(store, 2)
    now = clock.now()
    first, last = (n for (n,) in rows(store, "SELECT n FROM outbox ORDER BY n"))
    with store.transaction():  # the writers' lock and the first row are ours
        store.execute("SELECT n FROM outbox WHERE n = ? FOR UPDATE", (first,))
        blocked, free = in_threads(*[partial(outbox.take, store, n, "b", now) for n in (first, last)])
    assert blocked is None
    assert isinstance(free, outbox.Claimed)


def test_a_connection_the_server_ended_is_made_anew_between_transactions(store: Store) -> None:
    end_all = partial(end_connections, store.config.storage.url)
    with store.transaction():
        entries.set_meta(store, "before", "1")
    end_all()
    with store.transaction():
        entries.set_meta(store, "after", "1")
    end_all()
    assert {m.key for m in Meta.select().where(Meta.key.in_(("before", "after")))} == {"before", "after"}
    end_all()
    assert entries.meta(store, "after", "") == "1"
    with pytest.raises(CannotSave, match="goes on by itself"), store.transaction():
        entries.set_meta(store, "lost", "1")
        end_all()
    assert entries.meta(store, "lost", "nothing") == "nothing"


def test_a_transaction_in_which_a_statement_failed_is_not_called_saved(store: Store) -> None:
    def swallowed() -> None:
        with store.transaction():
            entries.set_meta(store, "first", "1")
            with suppress(DatabaseError):
                store.execute("SELECT no_such_column FROM meta")

    with pytest.raises(DatabaseError, match="nothing of it is saved"):
        swallowed()
    assert entries.meta(store, "first", "nothing") == "nothing"


def test_no_server_switches_books_off_under_others(
    store: Store, second: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose settings lack the books would have kept everybody's documents out of them, silently."""
    from pos.store.engines import postgres

    monkeypatch.setattr(postgres, "OTHERS_LOOKS", 2)
    connections.sync(store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:1")])
    second.execute("SELECT 1")
    with pytest.raises(BadSettings, match="ERPNext is not set here"):
        connections.sync(store, [])
    assert entries.connections(store) == [("erpnext", "erpnext")]
    second.database.close()
    monkeypatch.setattr(postgres, "OTHERS_LOOKS", 40)
    connections.sync(store, [])
    assert entries.connections(store) == []


def test_a_database_that_is_read_only_is_told_in_words_by_whatever_writes(store: Store) -> None:
    with pytest.raises(CannotSave, match="read-only"), store.transaction():
        store.execute("SET LOCAL transaction_read_only = on")
        entries.set_meta(store, "first", "1")


def test_a_journal_says_so_while_the_server_is_away_and_saves_again(store: Store) -> None:
    writer, url = Journal(store), store.database.url
    try:
        writer.adopt(made("T7", 1)[1], "up", "T7")
        store.database.url = "postgresql:///gone?host=/nowhere"
        end_connections(url)
        with pytest.raises(CannotSave, match="goes on by itself"):
            writer.adopt(made("T7", 2)[1], "up", "T7")
        assert not writer.health().can_save
        store.database.url = url
        assert writer.adopt(made("T7", 2)[1], "up", "T7").duplicate is False
        assert writer.health().can_save
    finally:
        writer.close()


def test_who_refuses_the_sign_in_is_told_in_words(postgresql: engines.Server) -> None:
    assert "does not exist" in told_of(postgresql.url("nothing_of_the_kind"))
    assert "cannot be reached" in told_of("postgresql:///x?host=/nowhere")


def test_a_lock_that_is_not_given_back_is_told_as_busy(store: Store, second: Store) -> None:
    def write() -> None:
        second.execute("SET lock_timeout = 50")
        with second.transaction():
            entries.set_meta(second, "x", "1")

    with store.transaction():
        (refused,) = in_threads(write)
    assert isinstance(refused, CannotSave)
    assert refused.code == "busy"
