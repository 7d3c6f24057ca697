"""Rebuild: the files alone give the same database, row by row."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pos import clock
from pos.config import Config, Erpnext
from pos.errors import FolderInUse
from pos.store import models, qbd_rows, rebuild
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Connection
from pos.store.verify import verify
from tests.receipts import line, refund, sale, stamped

#: About files and what holds them; on PostgreSQL the documents are in the database alone.
pytestmark = pytest.mark.sqlite


def ledger_rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    return {
        m._meta.table_name: store.execute(f"SELECT * FROM {m._meta.table_name} ORDER BY 1, 2").fetchall()
        for m in models.LEDGER
    }


def imported(name: str) -> dict[str, Any]:
    return sale(
        id=name, invoice_name=name, created_at="2024-05-01T10:00:00.000+01:00", business_day="2024-05-01",
        session="", mode="erpnext", store="main",
    )  # fmt: skip


@pytest.fixture
def shop_with_books(shop: Config) -> Config:
    return dataclasses.replace(shop, erpnext=Erpnext(url="http://127.0.0.1:9"))


@pytest.fixture
def sold(shop_with_books: Config) -> dict[str, list[tuple[Any, ...]]]:
    """A shop of every kind of document; the rows of its ledger."""
    store = open_store(shop_with_books)
    journal = Journal(store)
    journal.commit(sale(id="mock"))
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    first = journal.commit(sale(line("A", 2), id="first")).doc
    journal.adopt_imported(imported("INV-9"), "replay", "ann")
    journal.adopt_imported(imported("T1-000001"), "replay", "ann")
    journal.commit(refund(first, id="back"))
    journal.adopt_imported(imported("INV-10"), "replay", "ann")
    journal.commit(sale(line("B"), refund(first)["items"][0] | {"line": "x"}, id="swap"))
    journal.adopt(stamped(till="T2", invoice_name="T2-000001", session="T2-S000001")[1], "replay", "ann")
    rows = ledger_rows(store)
    journal.close()
    store.close()
    return rows


def test_the_files_alone_give_the_same_rows(shop_with_books: Config, sold: dict[str, list[tuple[Any, ...]]]) -> None:
    told: list[tuple[int, int]] = []
    found = rebuild.rebuild(shop_with_books, lambda done, total: told.append((done, total)))
    assert found.documents == 8 and found.left_alone == [] and told[-1] == (8, 8)
    assert all(len(rows) > 0 for rows in sold.values())
    store = open_store(shop_with_books)
    assert ledger_rows(store) == sold
    outbox = store.execute("SELECT document, part, state, after FROM outbox ORDER BY n").fetchall()
    asked = store.execute("SELECT value FROM meta WHERE key = ?", (qbd_rows.FORGOT,)).fetchone()
    store.close()
    assert asked[0] > clock.now().date().isoformat(), "QuickBooks Desktop is asked for what it may have been told"
    assert ("first", "sale", "unknown", "") in outbox
    assert ("swap", "return", "unknown", "first") in outbox
    assert "mock" not in {row[0] for row in outbox}, "made without a connection: it goes nowhere"
    assert verify(shop_with_books).differences == []


def test_the_old_database_is_kept_beside_the_new_one(shop: Config, sold: dict[str, Any]) -> None:
    found = rebuild.rebuild(shop)
    assert found.kept_as is not None and found.kept_as.exists()
    assert found.kept_as.name.startswith("till.db.before-rebuild-")
    assert not list(shop.data.glob("*.rebuild*-wal"))


def test_a_shop_without_its_database_sells_on_where_the_files_end(
    shop_with_books: Config, sold: dict[str, list[tuple[Any, ...]]]
) -> None:
    for file in shop_with_books.data.iterdir():
        file.unlink()
    found = rebuild.rebuild(shop_with_books)
    assert found.kept_as is None
    store = open_store(shop_with_books)
    journal = Journal(store)
    assert journal.recovered.compared == 0
    assert journal.commit(sale()).doc["sequence"] == 5
    journal.close()
    store.close()


def test_files_that_cannot_be_trusted_are_left_alone_and_named(shop: Config, sold: dict[str, Any]) -> None:
    (first,) = shop.invoices.glob("*/T1-000001.json")
    first.write_bytes(first.read_bytes()[:-40])
    (shop.invoices / "2026-01-01").mkdir()
    copy = shop.invoices / "2026-01-01" / "T1-000002.json"
    (second,) = shop.invoices.glob("*/T1-000002.json")
    copy.write_bytes(second.read_bytes())
    found = rebuild.rebuild(shop)
    assert found.documents == 7
    assert len(found.left_alone) == 2
    assert any("2026-01-01/T1-000002.json" in words and "belongs at" in words for words in found.left_alone)
    assert any("T1-000001.json" in words and "not whole JSON" in words for words in found.left_alone)
    assert first.exists() and copy.exists()


def test_two_documents_with_one_number_are_one_document_and_a_notice(shop: Config) -> None:
    from pos.rules import ledger
    from pos.store import disk

    for day in ("2026-11-20", "2026-11-21"):
        doc, body = stamped(business_day=day)
        disk.write_whole(shop.invoices / ledger.path_of(doc), body)
    found = rebuild.rebuild(shop)
    assert found.documents == 1
    assert "has the same number" in found.left_alone[0]


def test_it_refuses_while_a_till_runs(shop: Config) -> None:
    store = open_store(shop)
    journal = Journal(store)
    with pytest.raises(FolderInUse):
        rebuild.rebuild(shop)
    journal.commit(sale())
    journal.close()
    store.close()


def test_many_files_are_read_by_several_processes_with_the_same_result(
    shop_with_books: Config, sold: dict[str, list[tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "ALONE_MAX", 0)
    monkeypatch.setattr(rebuild, "CHUNK", 2)
    monkeypatch.setattr(rebuild.os, "cpu_count", lambda: 2)
    assert rebuild.rebuild(shop_with_books).documents == 8
    store = open_store(shop_with_books)
    assert ledger_rows(store) == sold
    store.close()


def test_the_command_can_say_what_is_not_in_the_receipts() -> None:
    for word in ("Users", "catalogue", "settings", "audit", "backup", "unknown"):
        assert word in rebuild.ELSEWHERE
