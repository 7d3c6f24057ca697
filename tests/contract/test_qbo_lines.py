"""A document of the daybook as QuickBooks is sent it: held to the schema of Intuit's own, and to the till's tax."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pos.connectors.qbo import lines, mapping
from pos.connectors.qbo.client import Client
from pos.connectors.qbo.connector import Books
from pos.errors import Rejected
from pos.rules import daybook, documents
from pos.rules.daybook import Book, Line
from tests.contract.emulators import qbo_shops as shops
from tests.contract.qbo_books import MAPPING
from tests.contract.qbo_sites import Tokens, running

COLA = Line("COLA", "Cola", "Drinks", "V20", "20", 1000, 125, 25, 150)
APPLES = Line("APPLES", "Apples", "Shoes", "V20", "20", 437, 145, 29, 174)


def book(*given: Line, kind: str = "sale", tender: str = "Cash", customer: str = "", currency: str = "GBP") -> Book:
    return Book("TK-261120-LON-CA", kind, "2026-11-20", "main", tender, customer, currency, "AUTH 1", 2, "", given)


def sent(one: Book, plain: dict[str, Any] | None = None) -> dict[str, Any]:
    return documents.decode(lines.body(one, mapping.read(plain or MAPPING)))


def test_every_kind_of_document_is_as_the_schema_wants_it(shared: Path) -> None:
    whole = json.loads((shared / "contracts/qbo/qbo-entities.schema.json").read_text(encoding="utf-8"))
    rounding = Line(daybook.ROUNDING, "", "", "", "0", 1000, -2, 0, -2)
    for kind, customer in (("sale", ""), ("refund", ""), ("invoice", "Ana Lopez"), ("credit", "Ana Lopez")):
        for way in ("inclusive", "exclusive"):
            body = lines.body(book(COLA, APPLES, rounding, kind=kind, customer=customer),
                              mapping.read(MAPPING | {"tax": way}))  # fmt: skip
            schema = {"$ref": f"#/$defs/{lines.ENTITIES[kind]}", "$defs": whole["$defs"]}
            assert [e.message for e in Draft202012Validator(schema).iter_errors(json.loads(body))] == []


def test_amounts_are_the_till_s_and_weighed_goods_name_no_price_that_does_not_multiply() -> None:
    cola, apples = sent(book(COLA, APPLES))["Line"]
    assert (cola["Amount"], cola["SalesItemLineDetail"]["UnitPrice"]) == (Decimal("1.25"), Decimal("1.25"))
    assert cola["SalesItemLineDetail"]["TaxInclusiveAmt"] == Decimal("1.50")
    assert (apples["Amount"], apples["SalesItemLineDetail"]["Qty"]) == (Decimal("1.45"), Decimal("0.437"))
    assert "UnitPrice" not in apples["SalesItemLineDetail"]


def test_a_composite_tax_is_stated_rate_by_rate_and_sums_up_to_the_till_s() -> None:
    """7.5 % and 5 % on the same net; the second taxed on the first."""
    both = {"code": "9", "rates": [{"id": "7", "percent": "7.5"}, {"id": "8", "percent": "5"}]}
    line = Line("COLA", "Cola", "", "NG", "12.5", 1000, 8889, 1111, 10000)
    tax = sent(book(line), MAPPING | {"taxes": {"NG": both}})["TxnTaxDetail"]
    assert [row["Amount"] for row in tax["TaxLine"]] == [Decimal("6.67"), Decimal("4.44")]
    assert tax["TotalTax"] == Decimal("11.11") == sum(row["Amount"] for row in tax["TaxLine"])
    on_tax = {"code": "9", "rates": [{"id": "7", "percent": "5"}, {"id": "8", "percent": "10", "on_tax": True}]}
    line = Line("COLA", "Cola", "", "QC", "15.5", 1000, 10000, 1550, 11550)
    tax = sent(book(line), MAPPING | {"taxes": {"QC": on_tax}})["TxnTaxDetail"]
    assert [row["Amount"] for row in tax["TaxLine"]] == [Decimal("5.00"), Decimal("10.50")]


def test_a_tax_mapped_to_another_percentage_is_not_mapped() -> None:
    with pytest.raises(Rejected, match="Tax V20 at 21% is not mapped") as refusal:
        sent(book(Line("COLA", "Cola", "", "V20", "21", 1000, 100, 21, 121)))
    assert refusal.value.code == "unmapped"
    both = MAPPING["taxes"] | {"V20@21": {"code": "6", "rates": [{"id": "9", "percent": "21"}]}}
    line = sent(book(Line("COLA", "Cola", "", "V20", "21", 1000, 100, 21, 121)), MAPPING | {"taxes": both})["Line"][0]
    assert line["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "6"}


def test_what_is_not_mapped_is_named_and_nothing_is_guessed() -> None:
    line = Line("TEA", "Tea", "Drinks", "V5", "5", 1000, 100, 5, 105)
    found = mapping.missing(book(line, tender="Cheque", customer="Bob"), mapping.read(MAPPING))
    assert found == [
        "Way to pay Cheque is not mapped.", "Customer Bob is not mapped.", "Item TEA (Tea) is not mapped.",
        "Tax V5 at 5% is not mapped.",
    ]  # fmt: skip
    assert mapping.missing(book(COLA), mapping.read({})) == [
        "Nothing is mapped to QuickBooks yet.", "Item COLA (Cola) is not mapped."
    ]  # fmt: skip
    assert mapping.missing(book(line), mapping.read(MAPPING | {"default_item": "20", "tax": "none"})) == []


_TWO = {"code": "2", "rates": [{"id": "1", "percent": "5"}, {"id": "2", "percent": "9.975"}]}
_ON_TAX = {"code": "3", "rates": [{"id": "3", "percent": "5"}, {"id": "4", "percent": "10", "on_tax": True}]}


@pytest.mark.parametrize(
    ("realm", "way", "tax"),
    [(shops.US, "us", {"code": "TAX"}), (shops.CA, "exclusive", _TWO), (shops.CA, "exclusive", _ON_TAX)],
)
def test_a_till_s_own_penny_of_tax_stands_there_as_it_was_charged(realm: str, way: str, tax: dict[str, Any]) -> None:
    """The tax of receipts, summed up line by line, is not that of a rate on their sum; it is booked all the same."""
    rate = {shops.US: "8"}.get(realm) or f"{mapping.read({'taxes': {'TAX': tax}}).taxes['TAX'].percent.normalize():f}"
    line = Line("COLA", "Cola", "", "TAX", rate, 3000, 10001, 1503, 11504)
    plain = MAPPING | {"tax": way, "taxes": {"TAX": tax}, "tax_group": "2" if way == "us" else ""}
    with running() as site:
        shops.canadian(site.cloud)
        one = book(line, currency="USD" if way == "us" else "CAD")
        client = Client(site.url, realm, Tokens(site.cloud, realm), read_seconds=10)
        books = Books(client, plain)
        body = books.prepare(one, 1)
        there = books.fetch(f"SalesReceipt/{client.create('SalesReceipt', body, 'one')['Id']}")
        assert books.compare({"book": one, "sent": body}, "book", there) == ""
        assert there.figures["tax"] == "15.03"
