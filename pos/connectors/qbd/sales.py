"""A document of the daybook as QuickBooks Desktop is told it. Pure.

It comes to the receipts' sum to the minor unit: every line carries its amount, and tax is a line too, or what
QuickBooks works out by itself is worked out here as it does it and the pennies between go on a line of their own. Goods
are lines on items with stock only where documents move it; else they are on an item without, a line for each.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pos.connectors.qbd import checks
from pos.connectors.qbd.mapping import BY_DOCUMENTS, Known, Tables, lacks
from pos.errors import Rejected
from pos.rules import daybook
from pos.rules.daybook import Book, Line
from pos.rules.money import digits_of, major, round_minor
from pos.said import said

#: What a document becomes there. There is no refund receipt.
KINDS = {daybook.SALE: "sale", daybook.REFUND: "refund", daybook.INVOICE: "invoice", daybook.CREDIT: "refund"}
#: Lines of one document; QuickBooks takes more, its screen is slow with them.
LINES_MAX = 500
_NAMES = {
    daybook.ROUNDING: said("Cash rounding"),
    daybook.VOUCHER: said("Gift vouchers"),
    daybook.TAX_ROUNDING: said("Difference of the tax to the till's"),
    daybook.PAID: said("Paid with gift vouchers"),
}
_REMEDY = said("Map it for QuickBooks Desktop; the receipt then goes by itself.")


def payload(book: Book, tables: Tables, known: Known) -> dict[str, Any]:
    """What `requests` builds the document from, but for ref and guid, which are the work's. Rejected ("unmapped",
    "currency", "below_nothing")."""
    if digits_of(book.currency) != 2:
        words = said("QuickBooks Desktop writes amounts with two decimals; {currency} has {digits}.",
                     currency=book.currency, digits=digits_of(book.currency))  # fmt: skip
        raise Rejected(words, code="currency", remedy=said("Book it by hand."))
    if found := lacks(book, tables, known):
        raise Rejected(" ".join(found), code="unmapped", remedy=_REMEDY)
    lines = [_line(book, line, tables, known) for line in book.lines]
    lines += _tax_lines(book, tables) + _made_up(book, tables) + _taken_out(book, tables)
    total = book.total - sum(_paid_out(book, tables))
    if total < 0:
        words = said("QuickBooks Desktop takes no document below nothing; this comes to {total}.",
                     total=major(total, book.currency))  # fmt: skip
        raise Rejected(words, code="below_nothing", remedy=said("Book it by hand."))
    place = tables.shops[book.shop]
    found_payload: dict[str, Any] = {
        "date": book.day, "memo": _memo(book), "tail": book.number, "class": place.of_class,
        "customer": tables.customer(book.customer, book.shop), "lines": lines,
        "total": checks.money(total, book.currency, "total"), "currency": book.currency,
    }  # fmt: skip
    if tables.tax == "rate" and any(line.tax for line in book.lines):
        found_payload["tax_item"] = tables.tax_item
    if KINDS[book.kind] != "sale":
        return found_payload | {"receivable": tables.receivable}
    tender = tables.tenders[book.tender]
    return found_payload | {"payment": tender.method, "deposit": tender.account}


def payout(book: Book, tables: Tables, credit: str) -> dict[str, Any] | None:
    """What gives the money of a refund back, once its credit memo has an id; None where a person does it there."""
    tender = tables.tenders.get(book.tender)
    total = book.total - sum(_paid_out(book, tables))
    if book.kind != daybook.REFUND or tender is None or not tender.payout or total <= 0:
        return None
    return {
        "method": tender.payout, "customer": tables.customer(book.customer, book.shop), "date": book.day,
        "account": tender.payout_account or tender.account, "receivable": tables.receivable, "payment": tender.method,
        "memo": _memo(book), "tail": book.number, "credit": credit,
        "amount": checks.money(total, book.currency, "amount"),
    }  # fmt: skip


def items(book: Book, known: Known) -> tuple[str, ...]:
    """Our codes of what a document moves there: it waits for what is open on them."""
    if known.moves(book.day) != BY_DOCUMENTS:
        return ()
    return tuple(dict.fromkeys(line.item for line in book.lines if line.item not in _NAMES))


def _memo(book: Book) -> str:
    what = f"{book.receipts} receipts" if book.receipts > 1 else book.note or "1 receipt"
    place = f", {book.note}" if book.receipts > 1 and book.note else ""
    return f"{book.day} {book.shop} {book.tender}, {what}{place}"


def _line(book: Book, line: Line, tables: Tables, known: Known) -> dict[str, Any]:
    goods = line.item not in _NAMES
    moves = goods and known.moves(book.day) == BY_DOCUMENTS
    found: dict[str, Any] = {
        "item": known.item(line.item) if moves else {"name": tables.sales_item(line)},
        "text": _NAMES.get(line.item) or (line.name or line.item if moves else f"{line.name} ({line.item})"),
        "amount": checks.money(line.net, book.currency, "amount"), "class": tables.shops[book.shop].of_class,
        "tax_code": _code(line, tables),
    }  # fmt: skip
    if goods and line.qty:
        found["quantity"] = f"{Decimal(line.qty).scaleb(-3):f}"
    if moves and tables.shops[book.shop].site:
        found["site"] = tables.shops[book.shop].site
    return found


def _code(line: Line, tables: Tables) -> str:
    tax = tables.tax_of(line)
    return tax.code if tables.tax == "rate" and line.tax and tax is not None else tables.untaxed


def _tax_lines(book: Book, tables: Tables) -> list[dict[str, Any]]:
    """A line for the tax of each item it is mapped to."""
    if tables.tax != "lines":
        return []
    sums: dict[tuple[str, str], int] = {}
    for line in book.lines:
        tax = tables.tax_of(line)
        if line.tax and tax is not None:
            key = (tax.item, line.rate)
            sums[key] = sums.get(key, 0) + line.tax
    return [_own(book, item, said("Tax at {rate}%", rate=rate), units, tables) for (item, rate), units in sums.items()]


def _base(book: Book) -> int:
    return sum(line.net for line in book.lines if line.tax)


def worked_out(book: Book, tables: Tables) -> int:
    """The tax QuickBooks comes to, where it works it out: once, on the sum of what is taxed, halves away from zero."""
    if tables.tax != "rate":
        return book.tax
    return round_minor(major(_base(book), book.currency) * tables.tax_percent / 100, book.currency, "commercial")


def _made_up(book: Book, tables: Tables) -> list[dict[str, Any]]:
    units = book.tax - worked_out(book, tables)
    if not units:
        return []
    if not tables.tax_rounding:
        words = said(
            "QuickBooks will come to {theirs} tax where the till charged {ours}, and no item is mapped for the"
            " difference.",
            theirs=major(worked_out(book, tables), book.currency), ours=major(book.tax, book.currency),
        )  # fmt: skip
        raise Rejected(words, code="unmapped", remedy=_REMEDY)
    return [_own(book, tables.tax_rounding, _NAMES[daybook.TAX_ROUNDING], units, tables)]


def _paid_out(book: Book, tables: Tables) -> list[int]:
    """What a way to pay that brings no money takes out again."""
    tender = tables.tenders.get(book.tender)
    return [book.total] if tender is not None and tender.item and book.total else []


def _taken_out(book: Book, tables: Tables) -> list[dict[str, Any]]:
    return [
        _own(book, tables.tenders[book.tender].item, _NAMES[daybook.PAID], -units, tables)
        for units in _paid_out(book, tables)
    ]


def _own(book: Book, item: str, text: str, units: int, tables: Tables) -> dict[str, Any]:
    return {
        "item": {"name": item}, "text": text, "amount": checks.money(units, book.currency, "amount"),
        "class": tables.shops[book.shop].of_class, "tax_code": tables.untaxed,
    }  # fmt: skip
