"""Giving back what was sold: never more than was sold, at the price really paid, parts that sum up to the whole.

A part of a line is worth what its units were posted at (tax.posting_rows), the cheaper ones first, so that the rows
of a return fit the rows of its sale in ERPNext; the last part takes the rest. Amounts are minor units and positive
here; the return line itself is negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.errors import Invalid, NotFound
from pos.rules.money import major, minor, round_minor
from pos.rules.tax import posting_rows


@dataclass(frozen=True, slots=True)
class Back:
    """What earlier returns of one line gave back. All positive."""

    qty: Decimal = Decimal(0)
    net: int = 0
    tax: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Sold:
    """One line of an earlier receipt and what already came back of it.

    `item` is the line as the receipt holds it; figures in minor units.
    """

    document: str
    invoice_name: str
    line: str
    currency: str
    rounding: str
    prices_include_tax: bool
    item: Mapping[str, Any]
    qty: Decimal
    net: int
    tax: int
    amount: int
    back: Back = Back()

    @property
    def left(self) -> Decimal:
        """The quantity that can still come back."""
        return self.qty - self.back.qty


@dataclass(frozen=True, slots=True)
class Part:
    """What a quantity of a sold line is worth, positive."""

    qty: Decimal
    net: int
    tax: int
    amount: int


def sold_line(doc: Mapping[str, Any], line: str, earlier: Iterable[Back] = ()) -> Sold:
    """The line of a receipt, ready to be given back. NotFound when the receipt has no such line; Invalid when it was
    itself a return."""
    item = next((row for row in doc["items"] if row["line"] == line), None)
    if item is None:
        raise NotFound(f"Receipt {doc['invoice_name']} has no such line.")
    if doc["kind"] not in ("sale", "return") or item["qty"] <= 0:
        raise Invalid(f"That line of {doc['invoice_name']} was not sold; it cannot come back.")
    currency = doc["currency"]
    before = list(earlier)
    return Sold(
        document=doc["id"],
        invoice_name=doc["invoice_name"],
        line=line,
        currency=currency,
        rounding=doc["rounding_method"],
        prices_include_tax=doc["prices_include_tax"],
        item=item,
        qty=item["qty"],
        net=minor(item["net"], currency),
        tax=minor(item["tax_amount"], currency),
        amount=minor(item["amount"], currency),
        back=Back(
            qty=sum((b.qty for b in before), Decimal(0)),
            net=sum(b.net for b in before),
            tax=sum(b.tax for b in before),
            amount=sum(b.amount for b in before),
        ),
    )


def part(sold: Sold, qty: Decimal, *, field: str | None = None) -> Part:
    """What `qty` (positive) of the line is worth now. The last part takes whatever is left of net, tax and amount.

    Invalid(over_return) when more would come back than was sold.
    """
    if qty <= 0:
        raise Invalid("Give back at least something.", field=field)
    if qty > sold.left:
        raise Invalid(
            f"Of {sold.item['item_name']} on {sold.invoice_name} {_plain(sold.left)} of {_plain(sold.qty)} can still "
            f"come back, not {_plain(qty)}.",
            code="over_return",
            field=field,
        )
    if qty == sold.left:
        return Part(qty, sold.net - sold.back.net, sold.tax - sold.back.tax, sold.amount - sold.back.amount)
    base, base_back = (sold.amount, sold.back.amount) if sold.prices_include_tax else (sold.net, sold.back.net)
    upto = _worth(sold, base, sold.back.qty + qty)
    value = max(0, upto - base_back)
    tax_upto = round_minor(major(sold.tax, sold.currency) * upto / base, sold.currency, sold.rounding) if base else 0
    tax = max(0, tax_upto - sold.back.tax)
    if sold.prices_include_tax:
        return Part(qty, value - tax, tax, value)
    return Part(qty, value, tax, value + tax)


def _worth(sold: Sold, base: int, qty: Decimal) -> int:
    """What the first `qty` units of the line were posted at, the cheaper ones first."""
    worth, left = 0, qty
    for row in posting_rows(sold.qty, major(base, sold.currency), sold.currency, sold.rounding):
        taken = min(left, row.qty)
        if taken == row.qty:
            worth += minor(row.amount, sold.currency)
        else:
            worth += round_minor(row.rate * taken, sold.currency, sold.rounding)
        left -= taken
        if not left:
            break
    return min(worth, base)


def _plain(qty: Decimal) -> str:
    return f"{qty.normalize():f}"
