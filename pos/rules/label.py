"""What a label that holds a price says about goods sold by weight: how much of them it is. Pure."""

from __future__ import annotations

from decimal import Decimal

from pos.rules.money import major, round_minor, round_places
from pos.rules.price import line_amount, rate_paid

#: The least a scale counts; a label of a penny on dear goods is not nothing.
QTY_MIN = Decimal("0.001")
QTY_PLACES = 3


def weighed(amount: int, unit: int, currency: str, rounding: str) -> tuple[Decimal, Decimal]:
    """(quantity, unit price) of a label of `amount` on goods at `unit`, both in minor units and above 0.

    The quantity is amount / unit to three decimals. The unit price is the shelf's where it gives the amount again,
    else as fine as it must be to do so: what the label asks is what is paid.
    """
    qty = max(QTY_MIN, round_places(Decimal(amount) / Decimal(unit), QTY_PLACES))
    if line_amount(unit, qty, currency, rounding) == amount:
        return qty, major(unit, currency)
    return qty, rate_paid(amount, qty, currency, rounding)


def amount_of(price: Decimal, qty: Decimal, currency: str, rounding: str) -> Decimal:
    """What the label said, in major units, from the line it became."""
    return major(round_minor(price * abs(qty), currency, rounding), currency)
