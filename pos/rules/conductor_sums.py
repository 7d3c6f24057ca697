"""What the lines of an order for QuickBooks Desktop come to, before QuickBooks itself said. Pure, exact.

A line says its amount, or a rate (and a quantity; without one it counts once), or a percentage of the line above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.rules.money import exact, major, round_minor

#: Nobody means a figure above.
_MOST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Sums:
    """amounts: of each line, "" where the line says nothing of money or what it says is no number. total: their sum."""

    amounts: tuple[str, ...]
    total: str


def sums(lines: Iterable[Mapping[str, Any]], currency: str) -> Sums:
    """Amounts in the currency's decimals, each rounded by itself (halves away from zero) and then added up."""
    amounts, total, above = list[str](), 0, 0
    for line in lines:
        found = _minor(line, above, currency)
        amounts.append("" if found is None else str(major(found, currency)))
        above = found or 0
        total += above
    return Sums(tuple(amounts), str(major(total, currency)))


def _minor(line: Mapping[str, Any], above: int, currency: str) -> int | None:
    if line.get("quantity") not in (None, "") and _figure(line["quantity"]) is None:
        return None
    given = {name: _figure(line.get(name)) for name in ("amount", "rate", "ratePercent", "quantity")}
    if given["amount"] is not None:
        return round_minor(given["amount"], currency, "commercial")
    quantity = Decimal(1) if given["quantity"] is None else given["quantity"]
    if given["rate"] is not None:
        return round_minor(given["rate"] * quantity, currency, "commercial")
    if given["ratePercent"] is not None:
        return round_minor(major(above, currency) * given["ratePercent"] / 100, currency, "commercial")
    return None


def _figure(value: Any) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        found = exact(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return found if abs(found) < _MOST else None
