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
    untaxed = mapping.read(MAPPING | {"default_item": "20", "tax": "none"})
    assert mapping.missing(book(line), untaxed) == [
        "Tax V5 at 5% was charged, and QuickBooks is mapped as a company without tax."
    ]  # fmt: skip
    assert mapping.missing(book(Line("TEA", "Tea", "Drinks", "V5", "0", 1000, 100, 0, 100)), untaxed) == []


_TWO = {"code": "2", "rates": [{"id": "1", "percent": "5"}, {"id": "2", "percent": "9.975"}]}
_ON_TAX = {"code": "3", "rates": [{"id": "3", "percent": "5"}, {"id": "4", "percent": "10", "on_tax": True}]}


@pytest.mark.parametrize(
    ("realm", "way", "tax"),
    [
        (shops.US, "us", {"code": "TAX"}),
        (shops.CA, "exclusive", _TWO),
        (shops.CA, "exclusive", _ON_TAX),
        (shops.GB, "exclusive", MAPPING["taxes"]["V20"]),
        (shops.GB, "inclusive", MAPPING["taxes"]["V20"]),
    ],
)
def test_a_till_s_own_penny_of_tax_stands_there_as_it_was_charged(realm: str, way: str, tax: dict[str, Any]) -> None:
    """The tax of receipts, summed up line by line, is not that of a rate on their sum; it is booked all the same."""
    rate = {shops.US: "8"}.get(realm) or f"{mapping.read({'taxes': {'TAX': tax}}).taxes['TAX'].percent.normalize():f}"
    line = Line("COLA", "Cola", "", "TAX", rate, 3000, 10001, 1503, 11504)
    plain = MAPPING | {"tax": way, "taxes": {"TAX": tax}, "tax_group": "2" if way == "us" else ""}
    with running() as site:
        shops.canadian(site.cloud)
        one = book(line, currency={shops.US: "USD", shops.CA: "CAD", shops.GB: "GBP"}[realm])
        client = Client(site.url, realm, Tokens(site.cloud, realm), read_seconds=10)
        books = Books(client, plain)
        body = books.prepare(one, 1)
        there = books.fetch(f"SalesReceipt/{client.create('SalesReceipt', body, 'one')['Id']}")
        assert books.compare({"book": one, "sent": body}, "book", there) == ""
        assert there.figures["tax"] == "15.03"


_TUCSON = [{"id": "2", "percent": "7.1"}, {"id": "3", "percent": "2"}]
_OWN = MAPPING | {
    "tax": "us", "tax_group": "3", "group_rates": _TUCSON, "tax_rounding": "1", "default_item": "20",
    "taxes": {"AZ": {"code": "TAX", "rates": []}, "FREE": {"code": "NON", "rates": []}},
}  # fmt: skip
#: (lines, tax there by rate, the line that makes up). 9.1 % of three times 3.33 is 0.91 the piece at a till that rounds
#: each, 2.73 together; QuickBooks: 7.1 % of 29.97 = 2.13, 2 % = 0.60, together 2.73.
_OWN_CASES = [
    ([("A", "AZ", "9.1", 3000, 2997, 273)], {"2": "2.13", "3": "0.60"}, 0),
    # 7.1 % of 0.50 = 0.0355, 2 % = 0.01; the till rounded 0.0455 once.
    ([("A", "AZ", "9.1", 1000, 50, 5)], {"2": "0.04", "3": "0.01"}, 0),
    # 100 pieces of 0.50 at 0.05 each: 5.00 at the till, 3.55 + 1.00 there.
    ([("A", "AZ", "9.1", 100_000, 5000, 500)], {"2": "3.55", "3": "1.00"}, 45),
    # The till a penny below: 7.1 % of 10.00 = 0.71, 2 % = 0.20; what is exempt is not taxed there either.
    ([("A", "AZ", "9.1", 1000, 1000, 90), ("B", "FREE", "0", 437, 400, 0)], {"2": "0.71", "3": "0.20"}, -1),
]


def _row(item: str, code: str, rate: str, qty: int, net: int, tax: int) -> Line:
    return Line(item, item, "", code, rate, qty, net, tax, net + tax)


@pytest.mark.parametrize(("rows", "there_by_rate", "made_up"), _OWN_CASES)
@pytest.mark.parametrize("kind", ["sale", "refund"])
def test_a_us_company_with_rates_of_its_own_comes_to_the_till_s_total_and_says_so(
    rows: list[tuple[str, str, str, int, int, int]], there_by_rate: dict[str, str], made_up: int, kind: str
) -> None:
    """It takes no tax from outside: what it will make is foreseen, and the rest is a line with a name, untaxed."""
    one = book(*(_row(*row) for row in rows), kind=kind, currency="USD")
    entity = lines.ENTITIES[kind]
    with running() as site:
        shops.american(site.cloud, shops.US_MANUAL, "Tucson Goods", automated=False)
        client = Client(site.url, shops.US_MANUAL, Tokens(site.cloud, shops.US_MANUAL), read_seconds=10)
        books = Books(client, _OWN)
        body = books.prepare(one, 1)
        there = client.create(entity, body, "one")
        posted = books.fetch(f"{entity}/{there['Id']}")
        assert dict(posted.figures["taxes"]) == there_by_rate
        assert Decimal(posted.figures["total"]) == Decimal(one.total).scaleb(-2)
        extra = [li for li in there["Line"] if li.get("Description") == "Difference of the tax to the till's"]
        assert [li["Amount"] for li in extra] == ([Decimal(made_up).scaleb(-2)] if made_up else [])
        assert ("tax at the till" in there["PrivateNote"]) == bool(made_up)
        assert books.compare({"book": one, "sent": body}, "book", posted) == ""
        assert books.expected({"book": one}, "book") == books.figures(posted, "USD")


def test_without_an_item_for_the_pennies_such_a_document_waits_for_a_person() -> None:
    with pytest.raises(Rejected, match=r"will come to 4\.55 tax where the till charged 5\.00") as refusal:
        sent(book(_row("A", "AZ", "9.1", 100_000, 5000, 500)), _OWN | {"tax_rounding": ""})
    assert refusal.value.code == "unmapped"
    with pytest.raises(Rejected, match="Tax AZ at 8% is not mapped"):
        sent(book(_row("A", "AZ", "8", 1000, 1000, 80)), _OWN)


def test_automated_sales_tax_is_expected_as_it_reads_back() -> None:
    one = book(Line("COLA", "Cola", "", "TAX", "8", 3000, 10001, 803, 10804), currency="USD")
    with running() as site:
        client = Client(site.url, shops.US, Tokens(site.cloud, shops.US), read_seconds=10)
        books = Books(client, MAPPING | {"tax": "us", "tax_group": "2", "taxes": {"TAX": {"code": "TAX"}}})
        made = client.create("SalesReceipt", books.prepare(one, 1), "one")
        posted = books.fetch(f"SalesReceipt/{made['Id']}")
        assert books.expected({"book": one}, "book") == books.figures(posted, "USD")
