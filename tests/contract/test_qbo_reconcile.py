"""Day documents and single receipts, held against what QuickBooks has now: what differs is named, with its receipts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos.actions import reconcile, verdicts
from pos.connectors.qbo import pace
from pos.store import notices, other_company, reconciliations, scopes, unblock
from pos.store.reconciliations import Brief, Item
from tests.contract import qbo_books
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_company import Doc
from tests.contract.qbo_books import Shop


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of requests has tests of its own."""
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)


@pytest.fixture(params=["day", "receipt"])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Two receipts in cash and one by card, booked, the day over; in one document a way to pay, or one each."""
    with qbo_books.shop(tmp_path, TILLKEEP_QUICKBOOKS_GRAIN=request.param) as made:
        made.sell()
        made.sell("2.40", code="SHOE")
        made.sell(way="Card")
        made.next_day()
        made.round()
        assert set(made.states("sale")) == {"booked"}
        yield made
        made.journal.close()


def look(shop: Shop) -> Brief:
    found = reconcile.look(shop.job(), scopes.day_of(shop.store, qbo_books.DAY))
    assert found is not None
    return found


def items(shop: Shop, state: str = "open") -> list[Item]:
    day = scopes.day_of(shop.store, qbo_books.DAY)
    return [one for one in reconciliations.items(shop.store, "quickbooks", day, 50)[0] if one.state == state]


def sums(shop: Shop) -> tuple[int, int]:
    found = look(shop)
    return found.total_here, found.total_there


def shown(shop: Shop) -> list[dict[str, Any]]:
    """The differences as a page shows them."""
    legs = verdicts.detail(shop.store, shop.config, "day", qbo_books.DAY)["legs"]
    found: list[dict[str, Any]] = next(leg["items"] for leg in legs if leg["items"])
    return found


def first(shop: Shop) -> Doc:
    return min(shop.there(), key=lambda doc: str(doc["DocNumber"]))


def lined(doc: Doc, **changes: Any) -> list[Doc]:
    """Its lines, the first one changed."""
    line = {**doc["Line"][0], **{k: v for k, v in changes.items() if k == "Amount"}}
    detail = {**line["SalesItemLineDetail"], **{k: v for k, v in changes.items() if k != "Amount"}}
    return [{**line, "SalesItemLineDetail": detail}, *doc["Line"][1:]]


def test_equal_on_both_sides_is_a_match_with_equal_sums(shop: Shop) -> None:
    assert look(shop).verdict == "match"
    assert sums(shop) == (540, 540)
    assert notices.open_notices(shop.store, prefix="reconcile:") == []


def test_deleted_voided_and_edited_are_named_each_and_what_is_put_right_matches_again(shop: Shop) -> None:
    doc = first(shop)
    number, key = doc["DocNumber"], doc["Id"]
    whole = {name: doc[name] for name in ("TotalAmt", "PrivateNote", "Line", "TxnDate", "DocNumber", "TxnTaxDetail")}
    voided = {"TotalAmt": Decimal(0), "PrivateNote": "Voided", "Line": []}
    tax = {**doc["TxnTaxDetail"], "TotalTax": doc["TxnTaxDetail"]["TotalTax"] + Decimal("0.01")}
    for changed, what, words in (
        (voided, "cancelled", ""),
        ({"TotalAmt": Decimal("9.99")}, "differs", f"total is 9.99, not {doc['TotalAmt']}"),
        ({"TxnTaxDetail": tax}, "differs", f"tax is {tax['TotalTax']}, not {doc['TxnTaxDetail']['TotalTax']}"),
        ({"Line": lined(doc, ItemRef={"value": "13"})}, "differs", "item 12 2 1: amount is 0, not 1.25"),
        ({"Line": lined(doc, TaxCodeRef={"value": "3"})}, "differs", "item 12 3 1: amount is 1.25, not 0"),
        ({"TxnDate": "2026-11-19"}, "differs", "date is 2026-11-19, not 2026-11-20"),
        ({"DocNumber": "1001"}, "differs", f"number is 1001, not {number}"),
        ({"DocNumber": "1001", "PrivateNote": "ours"}, "differs", f"number is 1001, not {number}"),
    ):
        shop.site.gb.change("SalesReceipt", key, **changed)
        assert look(shop).verdict == "mismatch", changed
        (item,) = items(shop)
        assert (item.number, item.what, item.remote_id) == (number, what, f"SalesReceipt/{key}"), changed
        assert words in item.words, changed
        assert len(notices.open_notices(shop.store, prefix="reconcile:")) == 1
        shop.site.gb.change("SalesReceipt", key, **whole)
        assert (look(shop).verdict, items(shop)) == ("match", []), changed
    shop.site.gb.change("SalesReceipt", key, PrivateNote="Looked at by Ann")
    assert look(shop).verdict == "match", "a note is nobody's money"
    shop.site.gb.remove("SalesReceipt", key)
    assert look(shop).verdict == "mismatch"
    assert [(one.number, one.what) for one in items(shop)] == [(number, "missing")]
    assert sums(shop)[0] - sums(shop)[1] == int(doc["TotalAmt"] * 100)


def test_a_document_of_ours_that_is_there_twice_or_is_nobody_s_is_named(shop: Shop) -> None:
    """Somebody copied it there: another number, the same note."""
    doc = first(shop)
    body = {k: v for k, v in doc.items() if k not in ("entity", "Id", "SyncToken", "MetaData")}
    copy = shop.site.gb.seed("SalesReceipt", **{**body, "DocNumber": "1043"})
    assert look(shop).verdict == "mismatch"
    (item,) = items(shop)
    assert (item.number, item.words) == (
        doc["DocNumber"], f"it is there once more, as 1043 (SalesReceipt/{copy})",
    )  # fmt: skip
    assert sums(shop) == (540, 540 + int(doc["TotalAmt"] * 100))
    shop.site.gb.change("SalesReceipt", copy, DocNumber=doc["DocNumber"])
    look(shop)
    assert [one.words for one in items(shop)] == [
        f"it is there once more, as {doc['DocNumber']} (SalesReceipt/{copy})"
    ]  # fmt: skip
    shop.site.gb.change("SalesReceipt", copy, DocNumber="TK-261120-LON-XX", PrivateNote="tillkeep:0123456789abcdef x")
    look(shop)
    assert [(one.number, one.what) for one in items(shop)] == [("TK-261120-LON-XX", "only_there")]
    shop.site.gb.remove("SalesReceipt", copy)
    assert look(shop).verdict == "match"


def test_the_receipts_behind_a_difference_are_named_on_the_page(shop: Shop) -> None:
    doc = first(shop)
    shop.site.gb.change("SalesReceipt", doc["Id"], TotalAmt=Decimal("9.99"))
    look(shop)
    (item,) = shown(shop)
    grouped = shop.config.quickbooks.grain == "day"
    assert item["receipts"] == (["T1-000001", "T1-000002"] if grouped else ["T1-000001"])
    assert item["receipts_more"] == 0
    assert ("Total", "£9.99") in [(row["name"], row["there_text"]) for row in item["figures"]]


def test_a_refused_receipt_is_missing_and_a_refused_document_holds_no_comparison_up(tmp_path: Path) -> None:
    with qbo_books.shop(tmp_path) as shop:
        shop.sell()
        shop.sell(code="TEA", line={"item_group": "Drinks"})
        shop.sell(way="Card")
        shop.next_day()
        shop.site.gb.seed("SalesReceipt", DocNumber="TK-261120-LON-CD", TxnDate="2026-11-20", TotalAmt=1, Line=[])
        assert (shop.round().rejected, shop.states("sale")) == (1, ["booked", "rejected", "bundled"])
        assert look(shop).verdict == "mismatch"
        found = {one.number: (one.what, one.words.partition(" (")[0]) for one in items(shop)}
        assert found == {
            "T1-000002": ("missing", "Item TEA"),
            "TK-261120-LON-CD": ("missing", "QuickBooks has another document TK-261120-LON-CD of 2026-11-20 over 1"),
        }
        assert sums(shop) == (450, 150)
        (conflict,) = [row for row in shop.rows() if row.state == "rejected"]
        unblock.resolve(shop.store, conflict.n, "it is the same money", "boss")
        look(shop)
        assert [one.number for one in items(shop, "settled")] == ["TK-261120-LON-CD"]
        shop.mapped({**qbo_books.MAPPING, "items": {"COLA": "12", "TEA": "13"}})
        unblock.mapped(shop.store, "quickbooks", shop.moment)
        assert look(shop).reason == "1 document is not sent yet."
        assert shop.round().booked == 1
        look(shop)
        assert items(shop) == [], "the supplement put it right"
        shop.journal.close()


def test_a_document_of_several_hundred_receipts_names_the_first(tmp_path: Path) -> None:
    with qbo_books.shop(tmp_path) as shop:
        for _ in range(14):
            shop.sell()
        shop.next_day()
        shop.round()
        shop.site.gb.change("SalesReceipt", shop.there()[0]["Id"], DepositToAccountRef={"value": shops.CARDS})
        look(shop)
        (item,) = shown(shop)
        assert (len(item["receipts"]), item["receipts_more"]) == (12, 2)
        assert item["words"] == "deposit account is 92, not 91"
        shop.journal.close()


def test_a_mapping_that_changed_since_makes_nothing_differ_that_was_booked_by_the_old_one(shop: Shop) -> None:
    taxes = {"V20": {"code": shops.STANDARD, "rates": [{"id": "99", "percent": "20"}]}}
    tenders = {**qbo_books.MAPPING["tenders"], "Cash": {"code": "KA", "method": "2", "account": shops.UNDEPOSITED}}
    changes: tuple[dict[str, Any], ...] = (
        {"taxes": taxes}, {"taxes": {}}, {"tenders": tenders}, {"shops": {}}, {"items": {}, "groups": {}},
    )  # fmt: skip
    for change in changes:
        shop.mapped({**qbo_books.MAPPING, **change})
        assert (look(shop).verdict, items(shop)) == ("match", []), change


def test_what_was_booked_in_another_company_is_not_missing_in_the_one_of_today(shop: Shop) -> None:
    """Somebody signed in to another company, and it took the old one's place."""
    shop.passes(seconds=1)
    with shop.store.transaction():
        other_company.forget(shop.store, "main", "quickbooks", "Corner Shop Ltd", "boss")
    shop.sell()
    shop.passes(days=1)
    shop.client = shop.site.client(shops.US)
    shop.mapped(qbo_books.MAPPING)
    assert look(shop).code == "nothing"
    assert items(shop) == []
    late = shop.sell(code="TEA", line={"item_group": "Drinks"})
    with shop.store.transaction():
        shop.store.execute("UPDATE document SET business_day = ? WHERE id = ?", (qbo_books.DAY, late["id"]))
        shop.store.execute("UPDATE outbox SET state = 'rejected', message = 'no' WHERE document = ?", (late["id"],))
    assert look(shop).verdict == "mismatch"
    assert [one.number for one in items(shop)] == [late["invoice_name"]]
    standing = reconciliations.standing(shop.store, "quickbooks", scopes.day_of(shop.store, qbo_books.DAY))
    assert standing is not None
    number = {"day": 2, "receipt": 3}[shop.config.quickbooks.grain]
    assert standing.note == f"{number} left out: booked in another company than is connected now."
