"""What a line costs before tax is looked at: the unit price, discounts, the share of a whole-sale discount.

Amounts are whole minor units, signed like the quantity. "Price terms" means: with tax when the shop's prices include
it, without when they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pos.errors import Invalid
from pos.rules.money import digits_of, exact, major, minor, round_minor, round_places, share_out
from pos.said import said

DISCOUNT_KINDS = ("percent", "amount", "price")


@dataclass(frozen=True, slots=True)
class Discount:
    """Something taken off. percent: of the line or sale; amount: money off the whole line or sale;
    price: the new unit price of the line, or the new sum of the sale. The reason is kept on the receipt."""

    kind: str
    value: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Given:
    """A discount as it was worked out: `amount` minor units less, signed like what it was taken from."""

    kind: str
    value: Decimal
    reason: str
    amount: int


def line_amount(price: int, qty: Decimal, currency: str, rounding: str) -> int:
    """Unit price times quantity, rounded once: 0.355 kg at 2.10 = 0.75."""
    return round_minor(major(price, currency) * qty, currency, rounding)


def worth(price: Decimal, qty: Decimal, currency: str, rounding: str) -> int:
    """Unit price in major units, finer than a coin where it must be, times quantity, rounded once."""
    return round_minor(price * qty, currency, rounding)


def take_off(
    discount: Discount, base: int, qty: Decimal, currency: str, rounding: str, *, field: str, percent_max: Decimal
) -> Given:
    """The discount on something that costs `base`. Invalid when it is malformed, more than it costs, or above the
    ceiling. `qty` turns a set unit price into an amount; give 1 for a whole sale."""
    if discount.kind not in DISCOUNT_KINDS:
        raise Invalid(said("A discount is one of: {list}.", list=", ".join(DISCOUNT_KINDS)), field=f"{field}.kind")
    if not discount.reason.strip():
        raise Invalid("Say why the discount is given; the reason is printed and kept.", field=f"{field}.reason")
    if discount.value < 0:
        raise Invalid("A discount cannot be negative.", field=f"{field}.value")
    off = _size(discount, abs(base), abs(qty), currency, rounding, field)
    if off > abs(base):
        raise Invalid("The discount is more than it costs.", code="discount_too_large", field=f"{field}.value")
    check_ceiling(off, abs(base), percent_max, currency, rounding, field=f"{field}.value")
    return Given(discount.kind, discount.value, discount.reason.strip(), off if base >= 0 else -off)


def _size(discount: Discount, cost: int, qty: Decimal, currency: str, rounding: str, field: str) -> int:
    if discount.kind == "percent":
        if discount.value > 100:
            raise Invalid("A discount cannot be above 100 %.", code="discount_too_large", field=f"{field}.value")
        return round_minor(major(cost, currency) * discount.value / 100, currency, rounding)
    value = units(discount.value, currency, field=f"{field}.value")
    if discount.kind == "amount":
        return value
    off = cost - line_amount(value, qty, currency, rounding)
    if off < 0:
        raise Invalid(
            "The set price is above what it costs; type it as the price instead.",
            code="discount_too_large",
            field=f"{field}.value",
        )
    return off


def check_ceiling(off: int, cost: int, percent_max: Decimal, currency: str, rounding: str, *, field: str) -> None:
    """Invalid(discount_too_high) when more than `percent_max` of the cost is taken off, a rounded penny apart."""
    if not within(off, cost, percent_max, currency, rounding):
        shown = f"{percent_max.normalize():f}"
        raise Invalid(
            said("Discounts above {shown} % are not allowed here.", shown=shown), code="discount_too_high", field=field
        )


def within(off: int, cost: int, percent: Decimal, currency: str, rounding: str) -> bool:
    """Whether no more than `percent` of the cost is taken off, a rounded penny apart."""
    return off <= round_minor(major(cost, currency) * percent / 100, currency, rounding)


def percent_off(off: int, cost: int, currency: str, rounding: str) -> Decimal:
    """The percentage that covers what is taken off, as round as it may be: 33 % of 0.99 is 33, not 33.34."""
    if off <= 0 or cost <= 0:
        return Decimal(0)
    hundredths = -(-off * 10_000 // cost)
    for step in (100, 10):
        rounder = Decimal(hundredths // step * step).scaleb(-2).normalize()
        if within(off, cost, rounder, currency, rounding):
            return rounder
    return min(Decimal(100), Decimal(hundredths).scaleb(-2).normalize())


def share_sale_discount(off: int, amounts: Sequence[int]) -> list[int]:
    """Each line's share of a whole-sale discount, by what the lines cost; the shares sum up to it exactly and none is
    more than its line."""
    return share_out(off, amounts)


def units(value: Decimal, currency: str, *, field: str) -> int:
    """Minor units of an amount a person typed. Invalid when it has more decimals than the currency."""
    try:
        return minor(exact(value), currency)
    except ValueError:
        shown = digits_of(currency)
        raise Invalid(said("{value} has more than {shown} decimals.", value=value, shown=shown), field=field) from None


def rate_paid(amount: int, qty: Decimal, currency: str, rounding: str) -> Decimal:
    """The unit price behind an amount, with as few decimals as reproduce it: 10.00 for 3 = 3.3333.

    For people and for readers that multiply rate by quantity; the amount is what counts.
    """
    digits = digits_of(currency)
    unit = major(abs(amount), currency) / abs(qty)
    for places in (digits, digits + 2, digits + 4):
        rate = round_places(unit, places)
        if round_minor(rate * abs(qty), currency, rounding) == abs(amount):
            break
    return rate
