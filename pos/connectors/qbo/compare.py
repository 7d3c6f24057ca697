"""What QuickBooks Online holds of a document, held against what it was sent, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pos.connectors.base import Posted
from pos.connectors.qbo.lines import MARK
from pos.errors import Unknown
from pos.rules import documents
from pos.rules.daybook import Book
from pos.rules.money import major, round_minor

_ITEM = "SalesItemLineDetail"
_REFS = ("CustomerRef", "DepartmentRef", "PaymentMethodRef", "DepositToAccountRef")
_REF_WORDS = {
    "CustomerRef": "customer", "DepartmentRef": "department", "PaymentMethodRef": "payment method",
    "DepositToAccountRef": "deposit account",
}  # fmt: skip
_LINE_REFS = ("ItemRef", "TaxCodeRef", "ClassRef")
#: A remote id names its entity: SalesReceipt/123.
SLASH = "/"


def remote_id(entity: str, key: str) -> str:
    """What a document there is known by here."""
    return f"{entity}{SLASH}{key}"


def named(remote: str) -> tuple[str, str]:
    """Its entity and its id there. ValueError when it is no such name."""
    entity, key = remote.split(SLASH)
    return entity, key


def posted(entity: str, there: Mapping[str, Any]) -> Posted:
    """A document read from there. Unknown when it is none."""
    try:
        note = str(there.get("PrivateNote") or "")
        total = _text(there.get("TotalAmt"))
        gone = note == "Voided" and not Decimal(total)
        state: Literal["submitted", "cancelled"] = "cancelled" if gone else "submitted"
        return Posted(
            remote_id=remote_id(entity, str(there["Id"])),
            state=state,
            figures={
                "number": str(there.get("DocNumber") or ""),
                "day": str(there.get("TxnDate") or ""),
                "total": total,
                "tax": _text((there.get("TxnTaxDetail") or {}).get("TotalTax")),
                "note": note,
                "mark": next((word for word in note.split() if word.startswith(MARK)), ""),
                "taxes": [
                    [_value(row["TaxLineDetail"], "TaxRateRef"), _text(row.get("Amount"))]
                    for row in (there.get("TxnTaxDetail") or {}).get("TaxLine") or ()
                ],
                **{name: _value(there, name) for name in _REFS},
            },
            rows=tuple(
                {
                    "name": str(line.get("Id") or ""),
                    "qty": _text(line[_ITEM].get("Qty")),
                    "amount": _text(line.get("Amount")),
                    **{name: _value(line[_ITEM], name) for name in _LINE_REFS},
                }
                for line in there.get("Line") or ()
                if line.get("DetailType") == _ITEM
            ),
        )
    except (KeyError, TypeError, AttributeError, ValueError, InvalidOperation) as error:
        raise Unknown(f"QuickBooks answered with something that is no {entity} ({error!r}).", code="garbage") from error


def difference(book: Book, sent: bytes, there: Posted, tolerance: int = 0) -> str:
    """Empty when what is there is what was sent, to the minor unit; else the differences as one sentence. tolerance: an
    amount that is off by no more minor units is none."""
    try:
        wanted = documents.decode(sent)
        money, goods = _money(book, wanted, there, tolerance), _lines(book, wanted, there, tolerance)
        found = [*_head(book, wanted, there), *money, *goods]
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        return f"What QuickBooks holds cannot be read ({error!r})."
    return "; ".join(found)


def _head(book: Book, wanted: Mapping[str, Any], there: Posted) -> list[str]:
    figures = there.figures
    pairs = [("number", figures["number"], book.number), ("date", figures["day"], book.day)]
    pairs += [(_REF_WORDS[name], figures[name], _value(wanted, name)) for name in _REFS if _value(wanted, name)]
    found = [f"{what} is {a or 'none'}, not {b}" for what, a, b in pairs if a != b]
    if there.state == "cancelled":
        found.append("it is voided")
    return found


def _money(book: Book, wanted: Mapping[str, Any], there: Posted, tolerance: int) -> list[str]:
    currency = book.currency
    pairs = [
        ("total", _minor(there.figures["total"], currency), total_of(book, wanted)),
        ("tax", _minor(there.figures["tax"], currency), _stated(wanted, book)),
    ]
    theirs: dict[str, int] = {}
    for rate, amount in there.figures["taxes"]:
        theirs[rate] = theirs.get(rate, 0) + _minor(amount, currency)
    ours = {
        _value(row["TaxLineDetail"], "TaxRateRef"): _minor(row["Amount"], currency)
        for row in wanted.get("TxnTaxDetail", {}).get("TaxLine") or ()
    }
    if ours:
        pairs += [(f"tax of rate {r}", theirs.get(r, 0), ours.get(r, 0)) for r in {**ours, **theirs}]
    return [
        f"{what} is {major(a, currency)}, not {major(b, currency)}" for what, a, b in pairs if abs(a - b) > tolerance
    ]


def stated_taxes(wanted: Mapping[str, Any], currency: str) -> dict[str, int]:
    """rate id -> tax of what was sent, {} when it states none by rate: the mapping may be another one by now."""
    found: dict[str, int] = {}
    for row in (wanted.get("TxnTaxDetail") or {}).get("TaxLine") or ():
        rate = _value(row["TaxLineDetail"], "TaxRateRef")
        found[rate] = found.get(rate, 0) + _minor(row["Amount"], currency)
    return found


def total_of(book: Book, wanted: Mapping[str, Any]) -> int:
    """What it comes to there: what the till took, and nothing where a line takes that out as paid with vouchers."""
    amounts = [_minor(line["Amount"], book.currency) for line in wanted["Line"]]
    return 0 if book.total and -book.total in amounts else book.total


def _stated(wanted: Mapping[str, Any], book: Book) -> int:
    """The tax that was sent: the till's, or what a company with its own rates was foreseen to come to."""
    sent = (wanted.get("TxnTaxDetail") or {}).get("TotalTax")
    return book.tax if sent is None else _minor(sent, book.currency)


def _lines(book: Book, wanted: Mapping[str, Any], there: Posted, tolerance: int) -> list[str]:
    """Per item, tax code and class: quantity and amount, whatever order they stand in."""
    ours: dict[tuple[str, ...], list[Decimal]] = {}
    theirs: dict[tuple[str, ...], list[Decimal]] = {}
    checked = {name for line in wanted["Line"] for name in _LINE_REFS if name in line[_ITEM]}
    for line in wanted["Line"]:
        key = tuple(_value(line[_ITEM], name) for name in _LINE_REFS if name in checked)
        _add(ours, key, line[_ITEM].get("Qty"), line["Amount"])
    for row in there.rows:
        key = tuple(row[name] for name in _LINE_REFS if name in checked)
        _add(theirs, key, row["qty"], row["amount"])
    found = []
    for key in dict.fromkeys((*ours, *theirs)):
        mine, other = ours.get(key, [Decimal(0)] * 2), theirs.get(key, [Decimal(0)] * 2)
        name = " ".join(filter(None, key)) or "no item"
        if abs(_minor(mine[1], book.currency) - _minor(other[1], book.currency)) > tolerance:
            found.append(f"item {name}: amount is {other[1]}, not {mine[1]}")
        if mine[0] != other[0]:
            found.append(f"item {name}: quantity is {other[0]}, not {mine[0]}")
    return found


def _add(sums: dict[tuple[str, ...], list[Decimal]], key: tuple[str, ...], qty: Any, amount: Any) -> None:
    row = sums.setdefault(key, [Decimal(0), Decimal(0)])
    row[0] += Decimal(_text(qty))
    row[1] += Decimal(_text(amount))


def _value(there: Mapping[str, Any], name: str) -> str:
    return str((there.get(name) or {}).get("value") or "")


def _minor(value: Any, currency: str) -> int:
    return round_minor(Decimal(_text(value)), currency)


def _text(value: Any) -> str:
    """A figure as exact text; nothing is 0."""
    return f"{Decimal(str(value if value not in (None, '') else 0)):f}"
