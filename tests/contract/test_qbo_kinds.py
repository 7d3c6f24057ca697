"""Every kind of receipt as it is booked in QuickBooks, by the day and by the receipt, with the sums worked out by hand.

Prices include 20 % VAT. What several ways to pay share of a line's tax goes by largest remainder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos.actions import anonymise, reconcile
from pos.store import book_blanking, bundles, scopes
from pos.store.models import Bundle, Company, Outbox
from tests import receipts
from tests.contract import qbo_books
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_company import Doc
from tests.contract.qbo_books import MAPPING, Shop

D = Decimal
OWED = "30"
TENDERS = MAPPING["tenders"] | {
    "Gift Voucher": {"code": "VO", "method": "4", "account": shops.UNDEPOSITED, "item": OWED},
}
ALL = MAPPING | {"tenders": TENDERS, "voucher": {"item": OWED, "tax": "Z"}}
CASH, CARD, VOUCHER, ACCOUNT = (
    ("Cash", "cash"),
    ("Card", "card"),
    ("Gift Voucher", "voucher"),
    ("On account", "account"),
)


def goods(code: str, qty: str, net: str, tax: str, **more: Any) -> Doc:
    figures = {"qty": D(qty), "net": D(net), "tax_amount": D(tax), "amount": D(net) + D(tax)}
    return receipts.line(code) | figures | more


def sold(shop: Shop, *items: Doc, paid: list[tuple[tuple[str, str], str, str]], **more: Any) -> None:
    """paid: (way to pay, amount, change of it)."""
    rounding = D(more.get("rounding", "0.00"))
    total = sum((item["amount"] for item in items), rounding)
    payments = [
        {"mode_of_payment": way, "kind": kind, "amount": D(amount), "change": D(change), "reference": ""}
        for (way, kind), amount, change in paid
    ]
    shop.journal.commit(receipts.sale(*items, **(more | {"rounding": rounding, "total": total, "payments": payments})))


def trade(shop: Shop) -> None:
    """One receipt of each kind, T1-000001 to T1-000017."""
    shop.site.gb.seed("Account", "95", Name="Gift vouchers owed", AccountType="Other Current Liability")
    shop.site.gb.seed("Item", OWED, Name="Gift voucher", Type="Service", IncomeAccountRef={"value": "95"})
    voucher = {"tax_code": "", "tax_rate": D(0), "voucher": {"code": "GV1"}, "item_group": "Vouchers"}
    # 1 weighed: 0.437 kg at 3.99 is 1.74; 2 ten per cent off ten pounds; 3 an open price; 4 everything off
    sold(shop, goods("APPLES", "0.437", "1.45", "0.29"), paid=[(CASH, "2.00", "0.26")])
    sold(shop, goods("COLA", "1", "7.50", "1.50", sale_discount=D("1.00")), paid=[(CASH, "9.00", "0.00")])
    sold(shop, goods("SHOE", "1", "10.28", "2.06", price_source="typed"), paid=[(CASH, "12.34", "0.00")])
    sold(shop, goods("COLA", "1", "0.00", "0.00", sale_discount=D("1.50")), paid=[])
    # 5 exchange, the customer pays; 6 exchange, money goes back; 7 exchange of equals
    shoe, cola = goods("SHOE", "1", "41.67", "8.33"), goods("COLA", "-2", "-2.50", "-0.50")
    sold(shop, shoe, cola, paid=[(CASH, "50.00", "3.00")])
    back = goods("SHOE", "-1", "-41.67", "-8.33")
    sold(shop, goods("COLA", "1", "1.25", "0.25"), back, paid=[(CASH, "-48.50", "0.00")])
    sold(shop, goods("SHOE", "1", "10.00", "2.00"), goods("BAG", "-1", "-10.00", "-2.00"), paid=[])
    # 8 and 9 a card sale and its void; 10 a blind return; 11 and 12 three sold, one comes back to the card
    sold(shop, goods("SHOE", "2", "20.00", "4.00"), paid=[(CARD, "24.00", "0.00")])
    sold(shop, goods("SHOE", "-2", "-20.00", "-4.00"), paid=[(CARD, "-24.00", "0.00")], kind="void")
    sold(shop, goods("COLA", "-1", "-1.25", "-0.25"), paid=[(CASH, "-1.50", "0.00")])
    sold(shop, goods("COLA", "3", "3.75", "0.75"), paid=[(CARD, "4.50", "0.00")])
    sold(shop, goods("COLA", "-1", "-1.25", "-0.25"), paid=[(CARD, "-1.50", "0.00")])
    # 13 a voucher sold, 14 spent beside cash with change, 15 goods back onto a voucher; 16 cash rounded down
    sold(shop, goods("GIFT", "1", "25.00", "0.00", **voucher), paid=[(CARD, "25.00", "0.00")])
    sold(shop, goods("SHOE", "1", "20.00", "4.00"), paid=[(CASH, "5.00", "1.00"), (VOUCHER, "20.00", "0.00")])
    sold(shop, goods("COLA", "-4", "-5.00", "-1.00"), paid=[(VOUCHER, "-6.00", "0.00")])
    sold(shop, goods("COLA", "6", "8.35", "1.67"), paid=[(CASH, "10.00", "0.00")], rounding="-0.02")
    # 17 on account, a part of it paid at once
    part = [(ACCOUNT, "30.00", "0.00"), (CASH, "20.00", "0.00")]
    sold(shop, goods("SHOE", "1", "41.67", "8.33"), paid=part, customer="Ana Lopez")


#: Number -> (entity, total there, tax). An amount that a voucher paid is taken out again: nothing was banked.
BY_ITSELF = {
    "T1-000009": ("RefundReceipt", "24.00", "4.00"),
    "T1-000012": ("RefundReceipt", "1.50", "0.25"),
    # 8.33 in 30 : 20 is 4.998 and 3.332
    "T1-000017-AC": ("Invoice", "30.00", "5.00"),
    "T1-000017-CA": ("SalesReceipt", "20.00", "3.33"),
}
BY_DAY = BY_ITSELF | {
    # 1.74 + 9.00 + 12.34 + 47.00 + 4.00 + 10.00, and 0.29 + 1.50 + 2.06 + 7.83 + 0.67 + 1.67
    "TK-261120-LON-CA": ("SalesReceipt", "84.08", "14.02"),
    # 24.00 + 4.50 + 25.00; the voucher bears no tax
    "TK-261120-LON-CD": ("SalesReceipt", "53.50", "4.75"),
    # 3.00 of the shoe in 5, all of the cola in 6, the shoe in 7: and the same came back
    "TK-261120-LON-EX": ("SalesReceipt", "16.50", "2.75"),
    "TK-261120R-LON-EX": ("RefundReceipt", "16.50", "2.75"),
    "TK-261120-LON-NO": ("SalesReceipt", "0.00", "0.00"),
    # 48.50 + 1.50, and 8.08 + 0.25
    "TK-261120R-LON-CA": ("RefundReceipt", "50.00", "8.33"),
    "TK-261120-LON-VO": ("SalesReceipt", "0.00", "3.33"),
    "TK-261120R-LON-VO": ("RefundReceipt", "0.00", "1.00"),
}
BY_RECEIPT = BY_ITSELF | {
    "T1-000001": ("SalesReceipt", "1.74", "0.29"),
    "T1-000002": ("SalesReceipt", "9.00", "1.50"),
    "T1-000003": ("SalesReceipt", "12.34", "2.06"),
    "T1-000004": ("SalesReceipt", "0.00", "0.00"),
    "T1-000005-EX": ("SalesReceipt", "3.00", "0.50"),
    "T1-000005-CA": ("SalesReceipt", "47.00", "7.83"),
    "T1-000005-R": ("RefundReceipt", "3.00", "0.50"),
    "T1-000006": ("SalesReceipt", "1.50", "0.25"),
    "T1-000006-R-EX": ("RefundReceipt", "1.50", "0.25"),
    "T1-000006-R-CA": ("RefundReceipt", "48.50", "8.08"),
    "T1-000007": ("SalesReceipt", "12.00", "2.00"),
    "T1-000007-R": ("RefundReceipt", "12.00", "2.00"),
    "T1-000008": ("SalesReceipt", "24.00", "4.00"),
    "T1-000010": ("RefundReceipt", "1.50", "0.25"),
    "T1-000011": ("SalesReceipt", "4.50", "0.75"),
    "T1-000013": ("SalesReceipt", "25.00", "0.00"),
    "T1-000014-VO": ("SalesReceipt", "0.00", "3.33"),
    "T1-000014-CA": ("SalesReceipt", "4.00", "0.67"),
    "T1-000015": ("RefundReceipt", "0.00", "1.00"),
    "T1-000016": ("SalesReceipt", "10.00", "1.67"),
}


@pytest.fixture(params=["day", "receipt"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path, ALL, TILLKEEP_QUICKBOOKS_GRAIN=request.param) as made:
        yield made


def test_every_kind_of_receipt_comes_to_what_it_came_to_at_the_till(shop: Shop) -> None:
    trade(shop)
    shop.next_day()
    wanted = BY_DAY if shop.more["TILLKEEP_QUICKBOOKS_GRAIN"] == "day" else BY_RECEIPT
    done = shop.round()
    assert (done.booked, done.rejected, done.differs) == (len(wanted), 0, 0)
    found = {
        doc["DocNumber"]: (doc["entity"], f"{doc['TotalAmt']:.2f}", f"{doc['TxnTaxDetail']['TotalTax']:.2f}")
        for doc in shop.there()
    }
    assert found == wanted
    # 25.00 sold, 20.00 spent, 6.00 given back as a voucher: 11.00 is owed
    owed = {"SalesReceipt": 1, "RefundReceipt": -1}
    assert sum(owed[doc["entity"]] * line["Amount"] for doc in shop.there(*owed) for line in of(doc, OWED)) == D(
        "11.00"
    )
    (rounded,) = [line for doc in shop.there() for line in of(doc, "1")]
    assert (rounded["Amount"], rounded["SalesItemLineDetail"]["TaxCodeRef"]["value"]) == (D("-0.02"), shops.ZERO_RATED)
    assert verdict(shop) == "match"


def verdict(shop: Shop) -> str:
    found = reconcile.look(shop.job(), scopes.day_of(shop.store, qbo_books.DAY))
    return found.verdict if found else ""


def of(doc: Doc, item: str) -> list[Doc]:
    """Its lines of an item."""
    lines = [line for line in doc["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    return [line for line in lines if line["SalesItemLineDetail"]["ItemRef"]["value"] == item]


def test_a_day_of_refunds_alone_is_a_refund_and_no_sale_below_nothing(tmp_path: Path) -> None:
    with qbo_books.shop(tmp_path) as shop:
        shop.sell(qty=-3)
        shop.sell(qty=-1, customer="Ana Lopez", way="On account", kind_of_payment="account")
        shop.next_day()
        assert shop.round().booked == 2
        found = sorted((doc["DocNumber"], doc["entity"], doc["TotalAmt"]) for doc in shop.there())
        assert found == [("T1-000002", "CreditMemo", D("1.50")), ("TK-261120R-LON-CA", "RefundReceipt", D("4.50"))]


def test_a_voucher_is_never_income_by_the_way(tmp_path: Path) -> None:
    """An item for all the rest is no place for what is owed."""
    plain = MAPPING | {"default_item": "20", "items": {"GIFT": "20"}}
    with qbo_books.shop(tmp_path, plain) as shop:
        voucher = {"tax_code": "", "tax_rate": D(0), "voucher": {"code": ""}}
        sold(shop, goods("GIFT", "1", "25.00", "0.00", **voucher), paid=[(CARD, "25.00", "0.00")])
        shop.next_day()
        assert shop.round().booked == 0
        (row,) = shop.rows("sale")
        words = "No item is mapped for gift vouchers that are sold. No tax is mapped for gift vouchers."
        assert (row.code, row.message.partition(" Map it")[0]) == ("unmapped", words)


def test_a_customer_who_is_forgotten_is_in_no_copy_of_what_was_booked(tmp_path: Path) -> None:
    with qbo_books.shop(tmp_path) as shop:
        Company.update(settings=json.dumps({"quickbooks": {"mapping": MAPPING}})).execute()
        shop.sell(customer="Ana Lopez")
        shop.sell(way="On account", kind_of_payment="account", customer="Ana Lopez")
        shop.passes(minutes=11)
        assert shop.round().booked == 2
        before = {row.number: bundles.closed(shop.store, "quickbooks", row.number) for row in Bundle.select()}
        plan = anonymise.planned(shop.store, "Ana Lopez")
        done = anonymise.take_out(shop.journal, plan, "asked for it in a letter", "boss")
        assert done.left[-1] == (
            "QuickBooks keeps the customer on SalesReceipt/1, Invoice/2, and in its own list; ask for it there."
        )
        for row in Bundle.select():
            left = bundles.closed(shop.store, "quickbooks", row.number)
            assert shop.books.key(left.book) == shop.books.key(before[row.number].book)  # found as before
            assert (left.book.customer, left.book.lines) == ("", before[row.number].book.lines)
            sent = json.loads(left.sent)
            assert sent.pop("blanked") == hashlib.sha256(before[row.number].sent).hexdigest()
            assert sent == {k: v for k, v in json.loads(before[row.number].sent).items() if k != "CustomerRef"}
        kept = [row.body + row.sent for row in Bundle.select()]
        kept += [row.remote + row.reply + row.message for row in Outbox.select()]
        kept += [row.settings for row in Company.select()]
        assert not [text for text in kept if "Ana Lopez" in text or '"59"' in text]
        assert [doc["CustomerRef"]["value"] for doc in shop.there()] == ["59", "59"]  # theirs
        assert verdict(shop) == "match"


def test_what_is_on_its_way_keeps_its_customer_until_it_is_there(tmp_path: Path) -> None:
    """At a hub the record comes while the document is not booked yet."""
    with qbo_books.shop(tmp_path) as shop:
        doc = shop.sell(customer="Ana Lopez")
        shop.passes(minutes=11)
        shop.site.emulator.faults.next("reset_before")
        shop.round()
        shop.store.execute(
            "INSERT INTO blanking (document, record, hash, blanked, customer, done) VALUES (?, '', '', '', '', 1)",
            (doc["id"],),
        )
        book_blanking.blank(shop.store, [doc["id"]])
        assert b"CustomerRef" in bundles.closed(shop.store, "quickbooks", "T1-000001").sent
        for _ in range(3):
            shop.passes(seconds=160)
            shop.round()
        left = bundles.closed(shop.store, "quickbooks", "T1-000001")
        assert (shop.states(), left.book.customer, b"CustomerRef" in left.sent) == (["booked"], "", False)
        assert shop.there()[0]["CustomerRef"]["value"] == "59"


def test_a_number_that_is_given_already_is_refused_and_stops_no_other(tmp_path: Path) -> None:
    with qbo_books.shop(tmp_path) as shop:
        shop.sell("50.00", code="SHOE", customer="Ana Lopez", payments=[
            {"mode_of_payment": way, "kind": "account", "amount": D("25.00"), "change": D("0.00")}
            for way in ("On account", "Staff account")
        ])  # fmt: skip
        shop.sell(customer="Ana Lopez")
        shop.passes(minutes=11)
        assert shop.round().booked == 1
        first = shop.rows("sale")[0]
        assert (first.code, shop.states("sale")) == ("not_mappable", ["rejected", "booked"])
        assert "has the number T1-000001-AC" in first.message
