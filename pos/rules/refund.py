"""Giving back what was sold: never more than was sold, at the price really paid, parts that sum up to the whole.

A part of a line is worth what its units were posted at (tax.posting_rows), the cheaper ones first, so that the rows
of a return fit the rows of its sale in ERPNext; the last part takes the rest. Amounts are minor units and positive
here; the return line itself is negative.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pos.errors import Invalid, NotFound
from pos.rules.money import major, minor, round_minor
from pos.rules.tax import posting_rows
from pos.said import said


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
    business_day: str = ""  # of the receipt

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
        raise NotFound(said("Receipt {number} has no such line.", number=doc["invoice_name"]))
    if doc["kind"] not in ("sale", "return") or item["qty"] <= 0:
        raise Invalid(said("That line of {number} was not sold; it cannot come back.", number=doc["invoice_name"]))
    if item.get("voucher"):
        raise Invalid("A gift voucher does not come back as goods: its value is in its code.", code="voucher_line")
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
        business_day=doc.get("business_day") or "",
    )


def part(sold: Sold, qty: Decimal, *, field: str | None = None) -> Part:
    """What `qty` (positive) of the line is worth now. The last part takes whatever is left of net, tax and amount.

    Invalid(over_return) when more would come back than was sold.
    """
    if qty <= 0:
        raise Invalid("Give back at least something.", field=field)
    if qty > sold.left:
        raise Invalid(
            said(
                "Of {item} on {number} {qty} of {qty2} can still come back, not {qty3}.",
                item=sold.item["item_name"],
                number=sold.invoice_name,
                qty=_plain(sold.left),
                qty2=_plain(sold.qty),
                qty3=_plain(qty),
            ),
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


# -- when, and to where ----------------------------------------------------------------------------------------------

#: Coins and notes of any currency are one purse: change for foreign cash was home cash already.
_PURSE = {"foreign": "cash"}


@dataclass(frozen=True, slots=True)
class Came:
    """What one way to pay brought in on a receipt, and what of it went back. Positive minor units.

    reference: the code of the voucher it was paid with, the last of several.
    """

    mode_of_payment: str
    kind: str
    paid: int
    back: int = 0
    last4: str = ""
    reference: str = ""

    @property
    def left(self) -> int:
        """What can still go back the way it came."""
        return max(0, self.paid - self.back)


def is_late(sold_on: date, today: date, window_days: int) -> bool:
    """Whether the days in which goods come back are over. The day of the sale is day 0; 0 days = no end."""
    return window_days > 0 and (today - sold_on).days > window_days


def came_in(doc: Mapping[str, Any], returns: Iterable[Mapping[str, Any]] = ()) -> list[Came]:
    """How a receipt was paid, and what earlier returns of it gave back by each way.

    A return that gave back goods of several receipts counts on each with no more than what came back of that one.
    """
    currency = doc["currency"]
    paid: dict[tuple[str, str], int] = {}
    last4: dict[tuple[str, str], str] = {}
    codes: dict[tuple[str, str], str] = {}
    for p in doc["payments"]:
        key = (p["mode_of_payment"], p["kind"])
        paid[key] = paid.get(key, 0) + minor(p["amount"], currency) - minor(p.get("change") or Decimal(0), currency)
        last4[key] = p.get("last4") or last4.get(key, "")
        if p["kind"] == "voucher":
            codes[key] = p.get("reference") or ""
    back: dict[tuple[str, str], int] = {}
    for other in returns:
        for key, amount in _gave_back(other, doc["id"], currency).items():
            back[key] = back.get(key, 0) + amount
    return [
        Came(*key, paid.get(key, 0), back.get(key, 0), last4.get(key, ""), codes.get(key, ""))
        for key in dict.fromkeys((*paid, *back))
        if paid.get(key, 0) > 0 or key in back
    ]


def _gave_back(doc: Mapping[str, Any], original: str, currency: str) -> dict[tuple[str, str], int]:
    of_it = -sum(
        minor(row["amount"], currency)
        for row in doc["items"]
        if (row.get("return_against") or {}).get("id") == original
    )
    found: dict[tuple[str, str], int] = {}
    for p in doc["payments"]:
        amount = -minor(p["amount"], currency)
        if amount > 0:
            key = (p["mode_of_payment"], p["kind"])
            found[key] = found.get(key, 0) + min(amount, of_it)
    return found


def elsewhere(
    payments: Iterable[tuple[str, str, int]],
    came: Iterable[Came],
    free_kinds: Collection[str],
    unbound: int = 0,
    tolerance: int = 0,
) -> int:
    """How much of a refund goes another way than it came; 0 when all is well. Minor units.

    payments: (mode, kind, positive amount) going back. unbound: what comes back without a receipt and may go any way.
    tolerance: what rounding cash may add.
    """
    left: dict[str, int] = {}
    for one in came:
        pocket = _PURSE.get(one.kind, one.kind)
        pocket = pocket if pocket == "cash" else one.mode_of_payment
        left[pocket] = left.get(pocket, 0) + one.left
    other = 0
    for mode, kind, amount in payments:
        pocket = "cash" if _PURSE.get(kind, kind) == "cash" else mode
        room = left.get(pocket, 0) + (tolerance if pocket == "cash" and left.get(pocket) else 0)
        covered = min(amount, room)
        left[pocket] = max(0, left.get(pocket, 0) - covered)
        if kind not in free_kinds:
            other += amount - covered
    return max(0, other - unbound)


def _plain(qty: Decimal) -> str:
    return f"{qty.normalize():f}"
