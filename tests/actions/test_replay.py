"""Replay: a receipt that exists is taken in as it is, as often as somebody likes."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from pos import clock
from pos.actions import replay
from pos.errors import Conflict, Invalid
from pos.store import notices, vouchers
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Connection
from pos.store.vouchers import LedgerRow
from tests.receipts import sale, stamped

#: A receipt of the older shape, as such systems wrote it: floats, wall clock, nothing but what was sold and paid.
OLDER: dict[str, Any] = {
    "invoice_name": "SINV-POS-00042",
    "sale_id": "SINV-POS-00042",
    "created_at": "2025-06-30T23:30:00",
    "mode": "erpnext",
    "customer": "Walk-in Customer",
    "items": [
        {"item_code": "SHOE-42", "item_name": "Shoe 42", "qty": 1, "rate": 49.99, "vat_rate": 20},
        {"item_code": "SOCK", "item_name": "Socks", "qty": 3, "rate": 4.333333333333333, "vat_rate": 20.0},
    ],
    "payments": [
        {"mode_of_payment": "Cash", "amount": 50.0},
        {
            "mode_of_payment": "Card EUR",
            "amount": 20.0,
            "currency": "EUR",
            "eur_rate": 1.1,
            "amount_gbp": 18.180000000000003,
            "reference_no": "A-77",
        },
    ],
    "tender": "split",
    "cash_given": 50.0,
    "change": 5.19,
    "total": 62.989999999999995,
    "vouchers": [{"code": "GV-1", "amount": 10.0}],
    "cashier": {"code": "C9", "name": "Old Hand"},
    "till_number": "3",
}


def older(**change: Any) -> bytes:
    return json.dumps({k: v for k, v in {**OLDER, **change}.items() if v is not ...}).encode()


def hashed(**change: Any) -> bytes:
    """A receipt with other values in it, under a hash that fits them: what somebody may have made by hand."""
    doc = {**json.loads(stamped()[1]), **change}
    head = json.dumps({k: v for k, v in doc.items() if k != "hash"})[:-1].encode() + b", "
    return head + b'"hash": "' + hashlib.sha256(head).hexdigest().encode() + b'"}'


def count(store: Store) -> int:
    return int(store.execute("SELECT count(*) FROM document").fetchone()[0])


def test_a_receipt_is_taken_in_once_however_often_it_is_sent(journal: Journal, store: Store) -> None:
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    doc, body = stamped()
    first = replay.take_in(journal, body, "replay", "ann")
    assert (first.doc, first.body, first.duplicate) == (doc, body, False)
    for again in (body, body.replace(b"\n", b""), body.replace(b"\n", b"\r\n")):
        assert replay.take_in(journal, again, "replay", "ann").duplicate
    assert count(store) == 1
    assert store.execute("SELECT state FROM outbox").fetchall() == [("unknown",)]


def test_a_voucher_overdrawn_by_a_replay_is_told_at_once_where_no_issuer_tells(journal: Journal, store: Store) -> None:
    sold = LedgerRow("v:1", "GV-1", "issue", 2000, clock.stamp(clock.now()), till="T1")
    vouchers.take_in(store, [sold], clock.now())
    told = []
    for n in (1, 2):
        paid = {"mode_of_payment": "Voucher", "kind": "voucher", "amount": Decimal("12.20"), "change": Decimal(0)}
        doc = sale(
            payments=[{**paid, "reference": "GV-1", "last4": ""}],
            tender="voucher", cash_given=Decimal(0), change=Decimal(0),
        )  # fmt: skip
        used = {"id": f"{doc['id']}:1", "code": "GV-1", "act": "redeem", "expires": "", "balance": Decimal(0)}
        doc["vouchers"] = [{**used, "amount": Decimal("-12.20")}]
        replay.take_in(journal, stamped(doc, n)[1], "replay", "ann")
        told.append([str(one.text) for one in notices.open_notices(store, prefix="voucher:overdrawn:")])
    assert told[0] == []
    assert told[1] == [
        "Voucher GV-1 is £4.40 short: £12.20 used on T1-000002 (till T1), £12.20 used on T1-000001 (till T1)."
    ]


def test_a_receipt_that_went_through_another_program_is_known_by_its_content(journal: Journal) -> None:
    """Amounts written 12.0, keys in one line, letters escaped: the same receipt, proven by its own hash."""
    doc, body = stamped(sale(note="naïve"))
    through = json.dumps(json.loads(body)).encode()
    assert through != body
    taken = replay.take_in(journal, through, "replay", "ann")
    assert taken.body == body and taken.doc == doc


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"{}", "schema"),
        (b"not json", "not whole JSON"),
        (stamped()[1].replace(b"Ann", b"Eve"), "changed after it was written"),
        (stamped(sale(total=Decimal("99.00")))[1], "total"),
        (stamped()[1][:-30], "not whole JSON"),
        (b'{"schema": 1, "hash": 2}', "schema"),
        (b'{"schema": "tillkeep.receipt/1", "items": [{}, 1], "hash": [1]}', "hash"),
        (hashed(items=[json.loads(stamped()[1])["items"][0] | {"tax_amount": "x"}]), "field is missing or wrong"),
    ],
)
def test_what_is_no_whole_receipt_is_refused_with_the_reason(
    journal: Journal, store: Store, body: bytes, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as error:
        replay.take_in(journal, body, "replay", "ann")
    assert error.value.status == 422
    assert count(store) == 0


@pytest.mark.parametrize(
    ("body", "is_receipt"),
    [
        ({"schema": "x", "hash": "y"}, True),
        ({"invoice_name": "A", "items": []}, True),
        ({"id": "x", "lines": []}, False),
        ({"invoice_name": "A", "lines": []}, False),
        ({"schema": "x", "items": []}, False),
    ],
)
def test_a_receipt_is_told_from_a_basket(body: dict[str, Any], is_receipt: bool) -> None:
    assert replay.is_receipt(body) is is_receipt


def test_an_older_receipt_keeps_name_day_totals_and_its_whole_text(journal: Journal, store: Store) -> None:
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    taken = replay.take_in(journal, older(), "replay", "ann")
    doc = taken.doc
    assert {k: doc[k] for k in ("id", "invoice_name", "series", "sequence", "kind", "business_day", "customer")} == {
        "id": "SINV-POS-00042", "invoice_name": "SINV-POS-00042", "series": "imported", "sequence": 1, "kind": "sale",
        "business_day": "2025-06-30", "customer": "Walk-in Customer",
    }  # fmt: skip
    assert doc["created_at"] == "2025-06-30T23:30:00.000+01:00", "the shop's wall clock, in summer"
    assert (doc["total"], doc["change"], doc["cash_given"]) == (Decimal("62.99"), Decimal("5.19"), Decimal("50.00"))
    assert [i["amount"] for i in doc["items"]] == [Decimal("49.99"), Decimal("13.00")]
    assert doc["items"][0]["tax_amount"] == Decimal("8.33")
    assert doc["subtotal"] == Decimal("62.99") and doc["flags"] == []
    assert [(p["kind"], p["amount"], p["change"], p["reference"]) for p in doc["payments"]] == [
        ("cash", Decimal("50.00"), Decimal("5.19"), ""),
        ("card", Decimal("18.18"), Decimal(0), "A-77"),
    ]
    assert doc["vouchers"] == [{"code": "GV-1", "amount": Decimal("10.00")}]
    assert doc["cashier"] == {"code": "C9", "name": "Old Hand"}
    assert doc["older"]["payments"][1]["amount_gbp"] == Decimal("18.180000000000003"), "exact from the text"
    assert taken.path == "2025-06-30/imported-000001-SINV-POS-00042.json"
    assert store.execute("SELECT state FROM outbox").fetchall() == [("unknown",)]


def test_an_older_receipt_sent_again_is_harmless_and_another_one_of_its_name_a_conflict(
    journal: Journal, store: Store
) -> None:
    replay.take_in(journal, older(), "replay", "ann")
    assert replay.take_in(journal, older(), "file drop", "watch").duplicate
    with pytest.raises(Conflict) as error:
        replay.take_in(journal, older(total=1.0), "replay", "ann")
    assert error.value.code == "other_content"
    told = store.execute("SELECT text FROM notice WHERE resolved_at = ''").fetchall()
    assert len(told) == 1 and "SINV-POS-00042" in told[0][0], "people are told"
    assert count(store) == 1
    assert journal.commit(sale()).doc["sequence"] == 1, "outside this till's own numbers"


def test_lines_that_do_not_add_up_to_the_total_are_flagged_and_the_total_stays(journal: Journal) -> None:
    """The older shape does not tell discounts."""
    doc = replay.take_in(journal, older(total=60), "replay", "ann").doc
    assert doc["total"] == Decimal("60.00") and doc["subtotal"] == Decimal("62.99")
    assert doc["flags"] == ["totals_differ"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"total": ...}, "total"),
        ({"total": "much"}, "total"),
        ({"total": 1e17}, "total"),
        ({"total": 12.345}, "total"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"created_at": ...}, "created_at"),
        ({"created_at": "0001-01-01T00:00:00+23:59"}, "created_at"),
        ({"payments": ...}, "payments"),
        ({"items": [{"qty": 1, "rate": 1}]}, "items.1.item_code"),
        ({"items": [{"item_code": "A", "rate": 1}]}, "items.1.qty"),
        ({"items": [1]}, "items"),
        ({"items": [{"item_code": "A", "qty": 1, "rate": 1}] * 1001}, "items"),
        ({"payments": [{"amount": None}]}, "payments.1.amount"),
        ({"sale_id": "a b"}, "sale_id"),
        ({"invoice_name": "../../x y", "sale_id": ...}, "invoice_name"),
    ],
)
def test_an_older_receipt_that_cannot_be_read_names_the_field(
    journal: Journal, store: Store, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        replay.take_in(journal, older(**change), "replay", "ann")
    assert error.value.field == field
    assert count(store) == 0


def test_a_harmful_name_reaches_no_path(journal: Journal) -> None:
    taken = replay.take_in(journal, older(invoice_name="x/../../../y", sale_id="x1"), "replay", "ann")
    assert taken.path == "2025-06-30/imported-000001-document.json"


def test_a_return_of_the_older_shape_gives_back(journal: Journal, store: Store) -> None:
    items = [{"item_code": "A", "qty": -1, "rate": 5, "vat_rate": 20}]
    paid = [{"mode_of_payment": "Cash", "amount": -5}]
    doc = replay.take_in(journal, older(items=items, payments=paid, total=-5, change=0), "replay", "ann").doc
    assert doc["kind"] == "return"
    assert store.execute("SELECT qty FROM movement").fetchall() == [(1000,)]


def test_a_refused_receipt_is_tried_again_when_it_is_replayed(journal: Journal, store: Store) -> None:
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    made = journal.commit(sale())
    for state, then in (("rejected", "queued"), ("differs", "sent"), ("booked", "booked"), ("queued", "queued")):
        store.execute("UPDATE outbox SET state = ?, next_at = '9999'", (state,))
        assert replay.take_in(journal, made.body, "replay", "ann").duplicate
        assert store.execute("SELECT state FROM outbox").fetchall() == [(then,)]
    store.execute("UPDATE outbox SET state = 'rejected', resolved = 'ann: booked by hand'")
    replay.take_in(journal, made.body, "replay", "ann")
    assert store.execute("SELECT state FROM outbox").fetchall() == [("rejected",)], "a person has settled it"
