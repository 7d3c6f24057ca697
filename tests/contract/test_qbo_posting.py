"""Receipts as they are booked in QuickBooks Online: what of them, under which number, once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.contract import qbo_books
from tests.contract.qbo_books import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path) as made:
        yield made


@pytest.fixture
def single(tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path, TILLKEEP_QUICKBOOKS_GRAIN="receipt") as made:
        yield made


def test_a_day_is_one_document_a_way_to_pay(shop: Shop) -> None:
    for _ in range(3):
        shop.sell()
    shop.sell("24.00", "Card", "SHOE")
    shop.sell("1.50", qty=-1)
    assert shop.round().booked == 0
    assert shop.states("sale") == ["queued"] * 4  # the day is not over
    shop.next_day()
    assert shop.round().booked == 3
    found = {doc["DocNumber"]: doc for doc in shop.there()}
    assert sorted(found) == ["TK-261120-LON-CA", "TK-261120-LON-CD", "TK-261120R-LON-CA"]
    cash, card, back = (found[n] for n in sorted(found))
    assert (cash["entity"], cash["TotalAmt"], cash["TxnDate"]) == ("SalesReceipt", Decimal("4.50"), "2026-11-20")
    assert cash["TxnTaxDetail"]["TotalTax"] == Decimal("0.75")
    assert (card["PaymentMethodRef"]["value"], card["DepositToAccountRef"]["value"]) == ("3", "92")
    assert (back["entity"], back["TotalAmt"]) == ("RefundReceipt", Decimal("1.50"))
    line = cash["Line"][0]
    assert line["SalesItemLineDetail"]["Qty"] == 3
    assert line["SalesItemLineDetail"]["ItemRef"]["value"] == "12"
    assert line["SalesItemLineDetail"]["ClassRef"]["value"] == "1"
    assert cash["DepartmentRef"]["value"] == "1"
    assert (shop.states(), shop.states("sale"), shop.states("return")) == (["booked"] * 3, ["booked"] * 4, ["booked"])
    assert shop.round().booked == 0
    assert len(shop.there()) == 3
