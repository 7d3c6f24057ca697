"""Verify: whatever was changed, it is found and named; a whole shop is found whole, also while it sells."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pos.config import Config
from pos.errors import CannotSave
from pos.store import proving
from pos.store.db import open_store
from pos.store.journal import Journal
from pos.store.models import Connection
from pos.store.verify import verify
from tests.receipts import line, refund, sale, stamped

#: About files and what holds them; on PostgreSQL the documents are in the database alone.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def sold(shop: Config) -> Iterator[Config]:
    """A sale of each kind, with a connection."""
    store = open_store(shop)
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    journal = Journal(store)
    first = journal.commit(sale(line("A", 2), id="first")).doc
    journal.commit(refund(first, id="back"))
    journal.commit(sale(line("B"), refund(first)["items"][0] | {"line": "x"}, id="swap"))
    journal.adopt_imported(
        sale(id="INV-9", invoice_name="INV-9", created_at="2024-05-01T10:00:00.000+01:00", business_day="2024-05-01",
             session="", mode="erpnext", store="main"), "replay", "ann",
    )  # fmt: skip
    journal.commit(sale(id="last"))
    journal.close()
    store.close()
    yield shop


def change(shop: Config, *statements: str) -> None:
    store = open_store(shop)
    for statement in statements:
        store.execute(statement)
    store.close()


def named(shop: Config, number: str) -> Path:
    (file,) = shop.invoices.glob(f"*/*{number}.json")
    return file


def test_sums_of_stock_that_do_not_hold_are_named(sold: Config) -> None:
    change(sold, "UPDATE movement_total SET qty = qty + 1000 WHERE item = 'A'")
    (found,) = verify(sold).differences
    assert found.startswith("the sum of what was sold of A at ")


def test_a_whole_shop_is_found_whole_and_counted(sold: Config) -> None:
    told: list[tuple[int, int]] = []
    report = verify(sold, lambda done, total: told.append((done, total)))
    assert report.differences == []
    assert report.ok and report.first == ""
    assert (report.documents, report.files, report.lines, report.sessions, report.audit_rows) == (5, 5, 8, 1, 5)
    assert told == [(5, 5)]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: f.unlink(), "its file is missing"),
        (lambda f: f.write_bytes(b""), "differs from the database from line 1 on (0 bytes"),
        (
            lambda f: f.write_bytes(f.read_bytes().replace(b'"Ann', b'"Eve')),
            "from the database from line 13 on",
        ),
    ],
    ids=["removed", "emptied", "changed"],
)
def test_a_file_that_is_not_what_was_saved_is_named(sold: Config, harm: Callable[[Path], object], words: str) -> None:
    harm(named(sold, "T1-000002"))
    report = verify(sold)
    assert len(report.differences) == 1
    assert "T1-000002.json: " in report.first and words in report.first


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE line SET amount = amount + 1 WHERE document = 'first'", "the line rows"),
        ("DELETE FROM tender WHERE document = 'back'", "the tender rows"),
        ("UPDATE movement SET qty = 0 WHERE document = 'first'", "the movement rows"),
        ("UPDATE document SET total = total + 1 WHERE id = 'first'", "another total than the receipt"),
        ("UPDATE document SET cashier = 'EVE' WHERE id = 'last'", "another cashier than the receipt"),
        ("UPDATE session SET opened_by = 'EVE'", "did not open with its first receipt"),
        ("DELETE FROM session", "session T1-S000001 is missing"),
        ("DELETE FROM outbox WHERE document = 'swap' AND part = 'return'", "no row for its return"),
        ("DELETE FROM outbox WHERE document = 'last'", "no row for its sale"),
        ("UPDATE audit SET actor = 'eve' WHERE n = 3", "audit row 3 was changed"),
    ],
)
def test_a_row_that_is_not_what_the_receipt_says_is_named(sold: Config, statement: str, words: str) -> None:
    change(sold, statement)
    assert words in verify(sold).first


def test_a_removed_document_is_a_gap_a_broken_chain_and_a_file_nobody_knows(sold: Config) -> None:
    change(sold, *(f"DELETE FROM {t} WHERE document = 'back'" for t in ("line", "tender", "movement")),
           "DELETE FROM document WHERE id = 'back'")  # fmt: skip
    report = verify(sold)
    assert "the sequence has a gap before it: 2 of till T1 (till) is missing" in report.differences[0]
    assert any("T1-000002.json: a whole receipt the database does not know" in d for d in report.differences)


def test_a_receipt_rewritten_with_a_fresh_hash_breaks_the_chain(sold: Config) -> None:
    """Whoever can write to the folder and the database can compute hashes; the next receipt still remembers."""
    file = named(sold, "T1-000002")
    from pos.rules import documents, ledger

    doc = documents.verify(file.read_bytes())
    doc.pop("hash")
    forged, body = documents.stamp({**doc, "note": "forged"}, prev_hash=doc["prev_hash"])
    file.write_bytes(body)
    store = open_store(sold)
    store.execute("UPDATE document SET body = ?, hash = ? WHERE id = 'back'", (body.decode(), forged["hash"]))
    store.close()
    assert ledger.path_of(forged).endswith(file.name)
    report = verify(sold)
    assert report.differences == [
        f"{ledger.path_of(forged).partition('/')[0]}/T1-000003.json: "
        "it does not carry the hash of the document before it: the chain is broken here"
    ]


def test_a_foreign_file_in_a_day_folder_is_named(sold: Config) -> None:
    day = named(sold, "T1-000001").parent
    (day / "T1-000099.json").write_bytes(b"{}")
    (day / "T1-000098.json").write_bytes(stamped(sequence=98)[1])
    report = verify(sold)
    assert report.files == 7
    assert any("T1-000099.json: no receipt of this till" in d for d in report.differences)
    assert any("T1-000098.json: " in d for d in report.differences)


def test_a_damaged_database_is_named(sold: Config) -> None:
    file = sold.data / "till.db"
    content = bytearray(file.read_bytes())
    for at in range(8192, len(content), 4096):
        content[at : at + 64] = b"\xff" * 64
    file.write_bytes(content)
    assert "damaged" in verify(sold).first or "cannot be read" in verify(sold).first


def test_without_a_database_the_way_out_is_named(shop: Config) -> None:
    with pytest.raises(CannotSave, match="rebuild"):
        verify(shop)


def test_verify_changes_nothing(sold: Config) -> None:
    def everything() -> dict[str, bytes]:
        return {str(p.relative_to(sold.root)): p.read_bytes() for p in sold.root.rglob("*") if p.is_file()}

    before = everything()
    verify(sold)
    after = everything()
    assert {k: v for k, v in after.items() if not k.endswith(("-shm", "-wal"))} == {
        k: v for k, v in before.items() if not k.endswith(("-shm", "-wal"))
    }


def test_spread_over_processes_the_same_is_found_in_the_same_order(
    sold: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(
        sold, "UPDATE document SET total = total + 1 WHERE id = 'first'", "DELETE FROM tender WHERE document = 'swap'"
    )
    named(sold, "T1-000004").unlink()
    alone = verify(sold)
    monkeypatch.setattr(proving, "ROWS_MAX", 2)
    monkeypatch.setattr(proving, "PAGES_ALONE_MAX", 0)
    spread = verify(sold, processes=2)
    assert len(alone.differences) >= 3 and spread.differences == alone.differences
    assert (spread.documents, spread.lines, spread.files) == (alone.documents, alone.lines, alone.files)


def test_a_till_that_sells_meanwhile_is_found_whole(shop: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "ROWS_MAX", 7)
    store = open_store(shop)
    journal = Journal(store)
    stop = threading.Event()

    def sell() -> None:
        while not stop.is_set():
            journal.commit(sale())
        store.database.close()

    threads = [threading.Thread(target=sell) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        reports = [verify(shop)]
        while len(reports) < 5 or reports[-1].documents < 20:
            reports.append(verify(shop))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        journal.close()
        store.close()
    assert {r.first for r in reports} == {""}
