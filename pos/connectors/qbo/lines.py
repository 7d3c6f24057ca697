"""A document of the daybook as the body QuickBooks Online is sent. Pure.

The till's tax of each line is the truth: amounts go net, and the tax of every rate stands in TxnTaxDetail, so that
QuickBooks works nothing out by itself. What it makes of it all the same is seen when it is read back. A US company that
keeps its own rates takes no tax from outside: what it will come to is worked out here as it does it, and a penny
between that and the till's goes on a line of its own and into the note.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.connectors.qbo.client import encoded
from pos.connectors.qbo.mapping import TAX_WAYS, UNTAXED, Tables, Tax, missing
from pos.errors import Rejected
from pos.rules import daybook
from pos.rules.daybook import Book, Line
from pos.rules.money import major, round_minor, share_out
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
#: The mark stands first, so that nothing but words is cut off.
NOTE_MAX = 4000
#: Decimals a price of one piece may have to be sent beside the amount.
PRICE_PLACES = 5
MARK = "tillkeep:"
_NAMES = {
    daybook.ROUNDING: said("Cash rounding"),
    daybook.TAX_ROUNDING: said("Difference of the tax to the till's"),
    daybook.PAID: said("Paid with gift vouchers"),
}


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
    return Key(ENTITIES[book.kind], book.number, f"{MARK}{daybook.digest(book)}")


def body(book: Book, tables: Tables, edition: int = 1) -> bytes:
    """The bytes to keep and to send. edition: counts up when a refused one is sent anew, and stands in the note.

    Rejected ("unmapped") names what is not mapped."""
    if lacks := missing(book, tables):
        raise unmapped(lacks)
    if made_up(book, tables) and not tables.tax_rounding:
        raise _off(book, tables)
    found: dict[str, Any] = {
        "DocNumber": book.number,
        "TxnDate": book.day,
        "PrivateNote": _note(book, edition) + _off_note(book, tables),
        **_ref("CustomerRef", tables.customer(book.customer)),
        **_ref("DepartmentRef", tables.shops[book.shop].department),
        "Line": [_line(book, line, tables) for line in _all_lines(book, tables)],
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


def _off(book: Book, tables: Tables) -> Rejected:
    words = said(
        "QuickBooks will come to {theirs} tax where the till charged {ours}, and no item is mapped for the difference.",
        theirs=major(worked_out(book, tables), book.currency), ours=major(book.tax, book.currency),
    )  # fmt: skip
    return unmapped([words])


def _off_note(book: Book, tables: Tables) -> str:
    if not made_up(book, tables):
        return ""
    theirs, ours = major(worked_out(book, tables), book.currency), major(book.tax, book.currency)
    return f"; tax at the till {ours}, worked out here {theirs}, the rest is a line of its own"


def _note(book: Book, edition: int) -> str:
    again = f" ({edition})" if edition > 1 else ""
    what = f"{book.receipts} receipts" if book.receipts > 1 else book.note or "1 receipt"
    place = f", {book.note}" if book.receipts > 1 and book.note else ""
    return f"{key_of(book).mark}{again} {book.day} {book.shop} {book.tender}, {what}{place}"[:NOTE_MAX]


def _ref(name: str, key: str) -> dict[str, Any]:
    return {name: {"value": key}} if key else {}


def _line(book: Book, line: Line, tables: Tables) -> dict[str, Any]:
    net, qty = major(line.net, book.currency), Decimal(line.qty).scaleb(-3)
    item = tables.tenders[book.tender].item if line.item == daybook.PAID else tables.item(line, book.day)
    detail: dict[str, Any] = _ref("ItemRef", item)
    detail |= _ref("ClassRef", tables.shops[book.shop].of_class)
    if line.item not in _NAMES:
        detail["Qty"] = qty
        price = _price(line, book.currency)
        if price is not None:
            detail["UnitPrice"] = price
    tax = Tax(UNTAXED, ()) if line.item == daybook.TAX_ROUNDING else tables.tax_of(line)
    if tables.tax != "none" and tax is not None:
        detail |= _ref("TaxCodeRef", tax.code)
    if tables.tax == "inclusive":
        detail["TaxInclusiveAmt"] = major(line.gross, book.currency)
    name = said("Gift vouchers") if line.item == daybook.VOUCHER else _NAMES.get(line.item) or line.name or line.item
    if tables.is_aside(line, book.day):
        name = said("{name} ({code}, sold before its start of stock)", name=name, code=line.item)
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
        return _ref("TxnTaxCodeRef", tables.tax_group) | {"TotalTax": major(worked_out(book, tables), book.currency)}
    sums: dict[str, list[Any]] = {}
    for line in _all_lines(book, tables):
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


def _all_lines(book: Book, tables: Tables) -> tuple[Line, ...]:
    return (*book.lines, *made_up(book, tables), *_taken_out(book, tables))


def _taken_out(book: Book, tables: Tables) -> tuple[Line, ...]:
    """The line for a way to pay that brings no money: what was owed for gift vouchers is owed no more."""
    paid = tables.tenders.get(book.tender) if book.kind in (daybook.SALE, daybook.REFUND) else None
    if paid is None or not paid.item or not book.total:
        return ()
    return (Line(daybook.PAID, "", "", "", "0", 1000, -book.total, 0, -book.total),)


def made_up(book: Book, tables: Tables) -> tuple[Line, ...]:
    """The line for what the company's own working out of the tax leaves open; mostly there is none."""
    units = book.tax - worked_out(book, tables)
    return (Line(daybook.TAX_ROUNDING, "", "", "", "0", 1000, units, 0, units),) if units else ()


def worked_out(book: Book, tables: Tables) -> int:
    """The tax QuickBooks comes to: what is stated, or where it keeps its own rates what those make."""
    return sum(own_taxes(book, tables).values()) if tables.own_rates else book.tax


def own_taxes(book: Book, tables: Tables) -> dict[str, int]:
    """rate id -> tax, as a US company with its own rates works it out: each rate once, on the sum of what is taxed."""
    net = sum(line.net for line in book.lines if (tax := tables.tax_of(line)) is not None and tax.rates)
    found: dict[str, int] = {}
    for rate in tables.group_rates:
        base = net + (sum(found.values()) if rate.on_tax else 0)
        exact = major(base, book.currency) * rate.percent / 100
        found[rate.id] = round_minor(exact, book.currency, "commercial")
    return found


def parts(tax: Tax, units: int) -> list[int]:
    """The tax of a line on the rates of its code; they sum up to it exactly."""
    weights, factor = list[Decimal](), Decimal(1)
    for rate in tax.rates:
        weights.append((factor if rate.on_tax else Decimal(1)) * rate.percent)
        factor += weights[-1] / 100
    return share_out(units, weights)
