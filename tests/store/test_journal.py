"""The journal: what it promises when `commit` returns, and what it does when the clock misbehaves."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pos import clock
from pos.config import Config, Shop
from pos.errors import CannotSave, Conflict, FolderInUse, Invalid
from pos.rules import documents
from pos.store import audit
from pos.store import journal as module
from pos.store.db import Store, open_store
from pos.store.journal import Committed, Journal
from pos.store.models import Connection
from tests.receipts import line, refund, sale
from tests.store.looking import bytes_of, outbox, rows

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def together(work: list[Callable[[], Any]], store: Store) -> list[Any]:
    """Run all at once, each in its thread, so that they share one batch; answers or errors in order."""
    found: list[Any] = [None] * len(work)

    def one(at: int) -> None:
        try:
            found[at] = work[at]()
        except BaseException as error:  # handed to the test
            found[at] = error
        finally:
            store.database.close()

    threads = [threading.Thread(target=one, args=(at,)) for at in range(len(work))]
    with store.transaction():  # the writer waits here, and behind it the batch collects
        for thread in threads:
            thread.start()
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    return found


def test_on_return_the_sale_is_in_the_database_and_in_its_file_byte_for_byte(journal: Journal, store: Store) -> None:
    with clock.set_to(NOON):
        saved = journal.commit(sale(line("A", 2)))
    assert not saved.duplicate
    assert saved.path == "2026-11-21/T1-000001.json"
    assert bytes_of(store, saved) == saved.body
    assert documents.verify(saved.body) == saved.doc
    assert rows(store, "SELECT n, id, number, body FROM document") == [
        (saved.n, saved.doc["id"], "T1-000001", saved.body.decode())
    ]
    assert rows(store, "SELECT item_code, qty FROM line") == [("A", 2000)]
    assert rows(store, "SELECT amount FROM tender") == [(2400,)]
    assert rows(store, "SELECT qty FROM movement") == [(-2000,)]
    assert rows(store, "SELECT id, opened_by, open FROM session") == [("T1-S000001", "C1", 1)]


def test_a_saved_sale_carries_what_the_till_knows(journal: Journal) -> None:
    with clock.set_to(NOON):
        doc = journal.commit(sale()).doc
    assert {k: doc[k] for k in ("till", "store", "series", "sequence", "invoice_name", "session", "mode", "flags")} == {
        "till": "T1", "store": "main", "series": "till", "sequence": 1, "invoice_name": "T1-000001",
        "session": "T1-S000001", "mode": "mock", "flags": [],
    }  # fmt: skip
    assert doc["created_at"] == "2026-11-21T12:00:00.000+00:00"
    assert doc["prev_hash"] == documents.GENESIS


def test_numbers_have_no_gap_and_each_receipt_carries_the_hash_of_the_one_before(journal: Journal) -> None:
    docs = [journal.commit(sale()).doc for _ in range(5)]
    assert [d["sequence"] for d in docs] == [1, 2, 3, 4, 5]
    assert [d["prev_hash"] for d in docs[1:]] == [d["hash"] for d in docs[:-1]]
    assert {d["session"] for d in docs} == {"T1-S000001"}


def test_numbers_and_chain_go_on_after_a_restart(shop: Config) -> None:
    before = None
    for _ in range(2):
        store = open_store(shop)
        journal = Journal(store)
        saved = journal.commit(sale()).doc
        assert saved["prev_hash"] == (before["hash"] if before else documents.GENESIS)
        before = saved
        journal.close()
        store.close()
    assert before is not None and before["sequence"] == 2 and before["session"] == "T1-S000001"


def test_the_same_id_again_is_the_same_receipt(journal: Journal, store: Store) -> None:
    first = journal.commit(sale(id="same"))
    again = journal.commit(sale(line("OTHER"), id="same"))
    assert again.duplicate
    assert (again.doc, again.body, again.path, again.n) == (first.doc, first.body, first.path, first.n)
    assert rows(store, "SELECT count(*) FROM document") == [(1,)]


def test_a_sale_sent_twice_at_once_is_one_sale(journal: Journal, store: Store) -> None:
    found = together([lambda: journal.commit(sale(id="same"))] * 6, store)
    assert sorted(c.duplicate for c in found) == [False] + [True] * 5
    assert len({c.body for c in found}) == 1
    assert all(bytes_of(store, c) == c.body for c in found)


def test_eight_tills_at_once_share_flushes_and_get_every_number_once(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = []
    monkeypatch.setattr(module, "at", lambda point: commits.append(1) if point == "after_commit" else None)
    found: list[Committed] = []

    def shop() -> None:
        found.extend(journal.commit(sale()) for _ in range(25))

    threads = [threading.Thread(target=shop) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(c.doc["sequence"] for c in found) == list(range(1, 201))
    assert len(commits) < 100, "fewer than half a flush for a sale"
    assert len({c.doc["prev_hash"] for c in found}) == 200


def test_one_bad_sale_does_not_fail_the_others_of_its_batch(journal: Journal, store: Store) -> None:
    def refuse(_tx: Store) -> None:
        raise Invalid("already returned")

    float_in_it = sale()
    float_in_it["items"][0]["note"] = 0.1
    twice = sale(line(line="same"), line(line="same"))
    found = together(
        [
            lambda: journal.commit(sale(id="one")),
            lambda: journal.commit(sale(), guard=refuse),
            lambda: journal.commit(float_in_it),
            lambda: journal.commit(twice),
            lambda: journal.commit(sale(id="two")),
        ],
        store,
    )
    assert isinstance(found[1], Invalid) and found[1].message == "already returned"
    assert isinstance(found[2], TypeError)
    assert "UNIQUE" in str(found[3]).upper()
    assert sorted(r[0] for r in rows(store, "SELECT id FROM document")) == ["one", "two"]
    assert sorted(c.doc["sequence"] for c in (found[0], found[4])) == [1, 2], "no number was used up"
    assert rows(store, "SELECT count(*) FROM line") == [(4,)]
    assert journal.health().can_save


def test_a_guard_sees_the_sales_of_its_own_batch(journal: Journal, store: Store) -> None:
    """Two refunds of the same line at once: the second one must see the first."""
    sold = journal.commit(sale(line("A")))

    def once(tx: Store) -> None:
        if tx.execute("SELECT 1 FROM line WHERE against_document = ?", (sold.doc["id"],)).fetchone():
            raise Conflict("already returned")

    found = together([lambda: journal.commit(refund(sold.doc), guard=once)] * 3, store)
    assert sorted(type(f).__name__ for f in found) == ["Committed", "Conflict", "Conflict"]


def test_who_wants_to_know_is_told_once_and_cannot_fail_the_sale(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    journal.on_commit.append(lambda _saved: 1 / 0)  # type: ignore[arg-type, return-value]
    journal.on_commit.append(lambda saved: told.append(saved.doc["id"]))
    with caplog.at_level(logging.CRITICAL):
        journal.commit(sale(id="a"))
        journal.commit(sale(id="a"))
    assert told == ["a"]


def test_a_commit_inside_a_transaction_would_wait_for_itself(journal: Journal, store: Store) -> None:
    with store.transaction(), pytest.raises(RuntimeError, match="wait for itself"):
        journal.commit(sale())


def test_after_close_nothing_is_saved_and_the_asker_is_told(journal: Journal, store: Store) -> None:
    journal.close()
    journal.close()
    with pytest.raises(CannotSave, match="stopping"):
        journal.commit(sale())
    assert not journal.health().can_save
    assert rows(store, "SELECT count(*) FROM document") == [(0,)]


@pytest.mark.sqlite
def test_a_second_server_on_the_folder_is_refused(journal: Journal, shop: Config) -> None:
    other = open_store(shop)
    with pytest.raises(FolderInUse, match="Another Tillkeep server"):
        Journal(other)
    other.close()
    journal.commit(sale())


def test_each_document_is_in_the_audit(journal: Journal, store: Store) -> None:
    doc = journal.commit(sale()).doc
    (row,) = rows(store, "SELECT actor, act, subject FROM audit")
    assert row == ("C1", "sale", doc["id"])
    assert audit.verify_chain(store) == (1, "")


# -- the way out -----------------------------------------------------------------------------------------------------


def test_without_a_connection_a_sale_stays_here(journal: Journal, store: Store) -> None:
    assert journal.commit(sale()).doc["mode"] == "mock"
    assert outbox(store) == []


def test_with_a_connection_each_sale_is_queued_in_its_own_transaction(journal: Journal, store: Store) -> None:
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    doc = journal.commit(sale()).doc
    assert doc["mode"] == "erpnext"
    assert outbox(store) == [(doc["id"], "erpnext", "sale", "queued", "")]
    Connection.update(enabled=False).execute()
    assert journal.commit(sale()).doc["mode"] == "mock"
    assert len(outbox(store)) == 1


def test_a_return_waits_for_its_original_and_an_exchange_has_two_parts(journal: Journal, store: Store) -> None:
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    sold = journal.commit(sale(line("A", 1, "5.00"))).doc
    back = refund(sold)["items"][0]
    swap = journal.commit(sale(line("B", 1, "9.00"), back)).doc
    assert outbox(store)[1:] == [
        (swap["id"], "erpnext", "sale", "queued", ""),
        (swap["id"], "erpnext", "return", "queued", sold["id"]),
    ]


# -- the clock -------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_a_year_keeps_order_chain_and_sequence_and_says_so(journal: Journal) -> None:
    with clock.set_to(NOON):
        first = journal.commit(sale()).doc
    with clock.set_to(NOON - timedelta(days=365)):
        second = journal.commit(sale(flags=["oversold"])).doc
        third = journal.commit(sale()).doc
    with clock.set_to(NOON + timedelta(seconds=1)):
        fourth = journal.commit(sale()).doc
    assert [d["sequence"] for d in (first, second, third, fourth)] == [1, 2, 3, 4]
    assert second["created_at"].startswith("2025-11-21T12:00:00") and second["business_day"] == "2025-11-21"
    assert second["prev_hash"] == first["hash"] and third["prev_hash"] == second["hash"]
    assert [d["flags"] for d in (first, second, third, fourth)] == [[], ["oversold", "clock_back"], [], []]


def test_a_clock_that_is_corrected_by_a_blink_is_not_set_back(journal: Journal) -> None:
    with clock.set_to(NOON):
        journal.commit(sale())
    with clock.set_to(NOON - timedelta(milliseconds=900)):
        assert journal.commit(sale()).doc["flags"] == []


@pytest.mark.parametrize(
    ("moment", "created_at", "day"),
    [
        ("2026-07-01T23:30:00+00:00", "2026-07-02T00:30:00.000+01:00", "2026-07-01"),
        ("2026-07-02T03:59:59+00:00", "2026-07-02T04:59:59.000+01:00", "2026-07-01"),
        ("2026-07-02T04:00:00+00:00", "2026-07-02T05:00:00.000+01:00", "2026-07-02"),
        ("2026-12-31T23:00:00+00:00", "2026-12-31T23:00:00.000+00:00", "2026-12-31"),
    ],
)
def test_created_at_is_the_shops_clock_and_the_business_day_begins_when_the_shop_says(
    shop: Config, moment: str, created_at: str, day: str
) -> None:
    starts = datetime(2026, 1, 1, 5).time()
    store = open_store(dataclasses.replace(shop, shop=Shop(day_starts=starts)))
    journal = Journal(store)
    with clock.set_to(datetime.fromisoformat(moment)):
        saved = journal.commit(sale())
    journal.close()
    store.close()
    assert saved.doc["created_at"] == created_at
    assert saved.doc["business_day"] == day
    assert saved.path.startswith(day)
