"""Money: whole minor units with a currency; the one function that rounds, the one that shares out a remainder.

Stored and passed as `Money`. Inside one calculation `Decimal`. A float is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

#: ISO 4217 minor-unit digits that differ from 2.
DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3, "JOD": 3}

#: Names of the rounding methods, as ERPNext's System Settings call them -> decimal's constant.
ROUNDING = {
    "bankers": ROUND_HALF_EVEN,
    "commercial": ROUND_HALF_UP,
}


def digits_of(currency: str) -> int:
    """How many decimals the currency's minor unit has (GBP 2, JPY 0, KWD 3)."""
    return DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount: `Money(1234, "GBP")` is £12.34. Negative for money given back."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Money holds whole minor units, not {type(self.minor).__name__}")

    @classmethod
    def parse(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Exactly this amount in major units. ValueError when it has more decimals than the currency; TypeError for a float."""
        value = exact(amount).scaleb(digits_of(currency))
        if value != value.to_integral_value():
            raise ValueError(f"{amount} has more decimals than {currency} allows")
        return cls(int(value), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units with exactly the currency's decimals: Decimal("12.34")."""
        return Decimal(self.minor).scaleb(-digits_of(self.currency))

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise TypeError(f"cannot mix {self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def exact(value: Decimal | int | str) -> Decimal:
    """A Decimal without guessing: a float or bool is a TypeError, NaN and Infinity are ValueErrors."""
    if isinstance(value, float | bool):
        raise TypeError(f"{type(value).__name__} is not exact; give text, an int or a Decimal")
    number = value if isinstance(value, Decimal) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value} is not a number")
    return number


def round_minor(amount: Decimal, currency: str, method: str = "bankers") -> int:
    """The amount in major units, rounded once to whole minor units by a named method. The only place that rounds money."""
    return int(amount.scaleb(digits_of(currency)).to_integral_value(ROUNDING[method]))


def round_places(amount: Decimal, places: int, method: str = "bankers") -> Decimal:
    """The same rounding for figures that are not money: rates, quantities."""
    return amount.scaleb(places).to_integral_value(ROUNDING[method]).scaleb(-places)


def round_to_step(minor: int, step_minor: int) -> int:
    """Cash rounding: the nearest multiple of the step, halves away from zero, so that a refund mirrors its sale."""
    if step_minor <= 1:
        return minor
    whole, rest = divmod(abs(minor), step_minor)
    rounded = (whole + (1 if 2 * rest >= step_minor else 0)) * step_minor
    return rounded if minor >= 0 else -rounded


def share_out(total: int, weights: Sequence[int | Decimal]) -> list[int]:
    """Share `total` minor units over the weights: the parts sum to `total` exactly.

    Largest remainder first, ties by position (stable). Zero weights get nothing unless all are zero,
    then the first part takes everything. Weights of mixed sign are refused.
    """
    if not weights:
        if total:
            raise ValueError("nothing to share over")
        return []
    if any(w < 0 for w in weights) and any(w > 0 for w in weights):
        raise ValueError("weights of mixed sign")
    size = [abs(Decimal(w)) for w in weights]
    whole = sum(size)
    if not whole:
        return [total, *([0] * (len(size) - 1))]
    sign, left = (1 if total >= 0 else -1), abs(total)
    ideal = [left * w / whole for w in size]
    parts = [int(x) for x in ideal]
    order = sorted(range(len(size)), key=lambda i: (parts[i] - ideal[i], i))
    for i in order[: left - sum(parts)]:
        parts[i] += 1
    return [sign * p for p in parts]
