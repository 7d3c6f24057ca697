"""Receipts from elsewhere: taken in as they are, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pos.errors import Conflict, Corrupt
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Connection
from tests.receipts import sale, stamped
from tests.store.looking import bytes_of, outbox, rows

pytestmark = pytest.mark.both_engines


def test_a_receipt_from_elsewhere_keeps_number_day_and_bytes_and_is_asked_for_before_it_is_sent(
    journal: Journal, store: Store
) -> None:
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    doc, body = stamped(sequence=7, business_day="2026-03-01")
    saved = journal.adopt(body, "replay", "ann")
    assert (saved.duplicate, saved.doc, saved.body) == (False, doc, body)
    assert saved.path == "2026-03-01/T1-000007.json"
    assert bytes_of(store, saved) == body
    assert outbox(store) == [(doc["id"], "erpnext", "sale", "unknown", "")]
    assert rows(store, "SELECT actor, act, subject FROM audit") == [("ann", "adopt", doc["id"])]
    again = journal.adopt(body, "replay", "ann")
    assert again.duplicate and len(outbox(store)) == 1
    own = journal.commit(sale()).doc
    assert own["sequence"] == 8 and own["prev_hash"] == doc["hash"], "a number is never given twice"


def test_a_receipt_of_another_till_keeps_its_own_sequence(journal: Journal) -> None:
    _, body = stamped(till="T2", invoice_name="T2-000001", session="T2-S000001")
    assert journal.adopt(body, "replay", "ann").doc["invoice_name"] == "T2-000001"
    assert journal.commit(sale()).doc["invoice_name"] == "T1-000001"


def test_a_changed_receipt_is_not_taken_in(journal: Journal, store: Store) -> None:
    _, body = stamped()
    with pytest.raises(Corrupt, match="changed after it was written"):
        journal.adopt(body.replace(b"Ann", b"Eve"), "replay", "ann")
    assert rows(store, "SELECT count(*) FROM document") == [(0,)]


def test_a_receipt_whose_sums_are_wrong_is_not_taken_in_though_its_hash_fits(journal: Journal) -> None:
    _, body = stamped(sale(total=Decimal("99.00")))
    with pytest.raises(Corrupt, match="total"):
        journal.adopt(body, "replay", "ann")


def test_the_same_id_with_other_content_is_a_conflict_that_names_the_field(journal: Journal) -> None:
    doc, body = stamped(sale(id="one", note="as sold"))
    journal.adopt(body, "replay", "ann")
    _, other = stamped(sale(*doc["items"], id="one", note="changed"))
    with pytest.raises(Conflict) as error:
        journal.adopt(other, "replay", "ann")
    assert (error.value.code, error.value.field) == ("other_content", "note")


def test_a_number_that_belongs_to_another_sale_is_a_conflict(journal: Journal, store: Store) -> None:
    own = journal.commit(sale()).doc
    _, body = stamped()
    with pytest.raises(Conflict) as error:
        journal.adopt(body, "replay", "ann")
    assert error.value.code == "number_taken"
    assert error.value.facts == {"holder": own["id"]}
    assert rows(store, "SELECT count(*) FROM document") == [(1,)]


def test_a_session_taken_in_backwards_opened_with_its_first_receipt(journal: Journal, store: Store) -> None:
    for sequence in (3, 2):
        _, body = stamped(sequence=sequence, created_at=f"2026-11-21T14:0{sequence}:00.000+00:00")
        journal.adopt(body, "replay", "ann")
    assert rows(store, "SELECT opened_at FROM session") == [("2026-11-21T14:02:00.000+00:00",)]


def test_imported_documents_have_their_own_series(journal: Journal, store: Store) -> None:
    journal.commit(sale())
    given = sale(
        id="INV-9", invoice_name="INV-9", created_at="2024-05-01T10:00:00.000+01:00", business_day="2024-05-01",
        session="", mode="erpnext", store="main",
    )  # fmt: skip
    saved = journal.adopt_imported(given, "replay", "ann")
    assert saved.path == "2024-05-01/imported-000001-INV-9.json"
    assert saved.doc["sequence"] == 1 and saved.doc["series"] == "imported"
    assert saved.doc["taken_in"]["after"] == 1 and saved.doc["taken_in"]["by"] == "ann"
    assert journal.adopt_imported(given, "replay", "bob").duplicate
    with pytest.raises(Conflict):
        journal.adopt_imported({**given, "customer": "Somebody else"}, "replay", "ann")
    assert journal.commit(sale()).doc["sequence"] == 2, "this till's own numbers go on as before"
    assert rows(store, "SELECT count(*) FROM session") == [(1,)]
