"""A document of the daybook as the body QuickBooks Online is sent. Pure.

The till's tax of each line is the truth: amounts go net, and the tax of every rate stands in TxnTaxDetail, so that
QuickBooks works nothing out by itself. What it makes of it all the same is seen when it is read back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.connectors.qbo.client import encoded
from pos.connectors.qbo.mapping import TAX_WAYS, Tables, Tax, missing
from pos.errors import Rejected
from pos.rules import daybook
from pos.rules.daybook import Book, Line
from pos.rules.money import major, share_out
from pos.said import said

ENTITIES = {
    daybook.SALE: "SalesReceipt",
    daybook.REFUND: "RefundReceipt",
    daybook.INVOICE: "Invoice",
    daybook.CREDIT: "CreditMemo",
}
#: QuickBooks takes 750; it adds a line of its own for the subtotal.
LINES_MAX = 700
REFERENCE_MAX = 21
DESCRIPTION_MAX = 4000
#: Decimals a price of one piece may have to be sent beside the amount.
PRICE_PLACES = 5
MARK = "tillkeep:"


@dataclass(frozen=True, slots=True)
class Key:
    """What a document is asked for by. mark: stands in its note, and is of its content."""

    entity: str
    number: str
    mark: str

    def __str__(self) -> str:
        return "|".join((self.entity, self.number, self.mark))

    @classmethod
    def parse(cls, text: str) -> Key:
        """ValueError when it is none."""
        entity, number, mark = text.split("|")
        return cls(entity, number, mark)


def key_of(book: Book) -> Key:
    """The key of a document: the same for the same content, whoever made it."""
    digest = hashlib.sha256(daybook.encode(book)).hexdigest()[:16]
    return Key(ENTITIES[book.kind], book.number, f"{MARK}{digest}")


def body(book: Book, tables: Tables, edition: int = 1) -> bytes:
    """The bytes to keep and to send. edition: counts up when a refused one is sent anew, and stands in the note.

    Rejected ("unmapped") names what is not mapped."""
    if lacks := missing(book, tables):
        raise unmapped(lacks)
    found: dict[str, Any] = {
        "DocNumber": book.number,
        "TxnDate": book.day,
        "PrivateNote": _note(book, edition),
        **_ref("CustomerRef", tables.customer(book.customer)),
        **_ref("DepartmentRef", tables.shops[book.shop].department),
        "Line": [_line(book, line, tables) for line in book.lines],
    }
    if book.kind in (daybook.SALE, daybook.REFUND):
        tender = tables.tenders[book.tender]
        found |= _ref("PaymentMethodRef", tender.method) | _ref("DepositToAccountRef", tender.account)
        if book.reference:
            found["PaymentRefNum"] = book.reference[:REFERENCE_MAX]
    if way := TAX_WAYS[tables.tax]:
        found["GlobalTaxCalculation"] = way
    if tax := _tax_detail(book, tables):
        found["TxnTaxDetail"] = tax
    return encoded(found)


def unmapped(lacks: list[str]) -> Rejected:
    """The refusal for what is not mapped; nothing is guessed."""
    remedy = said("Map it on the QuickBooks page; the receipt then goes by itself.")
    return Rejected(" ".join(lacks), code="unmapped", remedy=remedy)


def _note(book: Book, edition: int) -> str:
    again = f" ({edition})" if edition > 1 else ""
    what = f"{book.receipts} receipts" if book.receipts > 1 else book.note or "1 receipt"
    place = f", {book.note}" if book.receipts > 1 and book.note else ""
    return f"{key_of(book).mark}{again} {book.day} {book.shop} {book.tender}, {what}{place}"


def _ref(name: str, key: str) -> dict[str, Any]:
    return {name: {"value": key}} if key else {}


def _line(book: Book, line: Line, tables: Tables) -> dict[str, Any]:
    net, qty = major(line.net, book.currency), Decimal(line.qty).scaleb(-3)
    detail: dict[str, Any] = _ref("ItemRef", tables.item(line)) | _ref("ClassRef", tables.shops[book.shop].of_class)
    if line.item != daybook.ROUNDING:
        detail["Qty"] = qty
        price = _price(line, book.currency)
        if price is not None:
            detail["UnitPrice"] = price
    tax = tables.tax_of(line)
    if tables.tax != "none" and tax is not None:
        detail |= _ref("TaxCodeRef", tax.code)
    if tables.tax == "inclusive":
        detail["TaxInclusiveAmt"] = major(line.gross, book.currency)
    name = said("Cash rounding") if line.item == daybook.ROUNDING else line.name or line.item
    return {
        "Amount": net,
        "Description": name[:DESCRIPTION_MAX],
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }


def _price(line: Line, currency: str) -> Decimal | None:
    """The price of one piece when pieces times price is just the amount; None where no short one is."""
    if line.qty <= 0 or line.net < 0:
        return None
    units, rest = divmod(line.net * 1000 * 10**PRICE_PLACES, line.qty)
    return None if rest else major(units, currency).scaleb(-PRICE_PLACES).normalize() + 0


def _tax_detail(book: Book, tables: Tables) -> dict[str, Any]:
    if tables.tax == "none":
        return {}
    if tables.tax == "us":
        return _ref("TxnTaxCodeRef", tables.tax_group) | {"TotalTax": major(book.tax, book.currency)}
    sums: dict[str, list[Any]] = {}
    for line in book.lines:
        tax = tables.tax_of(line)
        assert tax is not None  # missing() named it
        for rate, units in zip(tax.rates, parts(tax, line.tax), strict=True):
            row = sums.setdefault(rate.id, [rate.percent, 0, 0])
            row[1] += line.net
            row[2] += units
    return {
        "TotalTax": major(book.tax, book.currency),
        "TaxLine": [
            {
                "Amount": major(units, book.currency),
                "DetailType": "TaxLineDetail",
                "TaxLineDetail": {
                    "TaxRateRef": {"value": rate},
                    "PercentBased": True,
                    "TaxPercent": percent,
                    "NetAmountTaxable": major(net, book.currency),
                },
            }
            for rate, (percent, net, units) in sums.items()
        ],
    }


def parts(tax: Tax, units: int) -> list[int]:
    """The tax of a line on the rates of its code; they sum up to it exactly."""
    weights, factor = list[Decimal](), Decimal(1)
    for rate in tax.rates:
        weights.append((factor if rate.on_tax else Decimal(1)) * rate.percent)
        factor += weights[-1] / 100
    return share_out(units, weights)
