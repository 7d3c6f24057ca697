"""Money: whole minor units with a currency; the one function that rounds, the one that shares out a remainder.

Stored and passed as `Money`. Inside one calculation `Decimal`. A float is refused. The last section alone computes in
binary floats: it foretells what ERPNext, which does so, will make of an exact half.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

#: ISO 4217 minor-unit digits that differ from 2.
DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3, "JOD": 3}

#: Our name of a rounding method -> what ERPNext's System Settings call it. They differ only at exact halves:
#: bankers to the even side, commercial away from zero, legacy always upwards (-0.125 becomes -0.12), so that
#: under legacy a refund's tax can differ from its sale's by a penny, there as here.
ROUNDING = {
    "bankers": "Banker's Rounding",
    "commercial": "Commercial Rounding",
    "bankers_legacy": "Banker's Rounding (legacy)",
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
        """Exactly this amount in major units. ValueError: more decimals than the currency has; TypeError: a float."""
        return cls(minor(amount, currency), currency)

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
    """A Decimal without guessing: a float or bool is a TypeError; NaN, Infinity and no number at all ValueErrors."""
    if type(value) is Decimal and value.is_finite():
        return value
    if isinstance(value, float | bool):
        raise TypeError(f"{type(value).__name__} is not exact; give text, an int or a Decimal")
    try:
        number = value if isinstance(value, Decimal) else Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value} is not a number")
    return number


def figure(text: str) -> Decimal:
    """A number of a JSON text, exactly; ValueError for one nobody can have meant (1e999): written out or made whole it
    would cost gigabytes and hours."""
    value = Decimal(text)
    if not -30 <= value.adjusted() <= 18:
        raise ValueError(f"{text[:20]} is no figure")
    return value


def round_minor(amount: Decimal, currency: str, method: str = "bankers") -> int:
    """An amount in major units, rounded once to whole minor units by a named method. Nothing else rounds money."""
    return int(_whole(amount.scaleb(digits_of(currency)), method, digits_of(currency)))


def round_places(amount: Decimal, places: int, method: str = "bankers") -> Decimal:
    """The same rounding for figures that are not money: rates, quantities."""
    return _whole(amount.scaleb(places), method, places).scaleb(-places)


def _whole(value: Decimal, method: str, places: int) -> Decimal:
    if method == "bankers":
        return value.to_integral_value(ROUND_HALF_EVEN)
    if method == "commercial":
        return value.to_integral_value(ROUND_HALF_UP)
    if method == "bankers_legacy":
        # As frappe does it: to the even side only where there are no decimals at all (yen), else halves go up.
        if places == 0:
            return value.to_integral_value(ROUND_HALF_EVEN)
        return (value + Decimal("0.5")).to_integral_value(ROUND_FLOOR)
    raise ValueError(f"no rounding method {method!r}; there are: {', '.join(ROUNDING)}")


def minor(amount: Decimal | int | str, currency: str) -> int:
    """Whole minor units of an exact amount; ValueError when it has more decimals than the currency."""
    value = exact(amount).scaleb(digits_of(currency))
    whole = int(value)
    if whole != value:
        raise ValueError(f"{amount} has more decimals than {currency} allows")
    return whole


def major(units: int, currency: str) -> Decimal:
    """The amount in major units with exactly the currency's decimals: major(1234, "GBP") = Decimal("12.34")."""
    if type(units) is not int:
        raise TypeError(f"minor units are whole, not {type(units).__name__}")
    return Decimal(units).scaleb(-digits_of(currency))


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


# -- what ERPNext's floats make of it --------------------------------------------------------------------------------
# ERPNext works in binary floats, and at an exact half the noise in their last bits decides (one basket in some
# thousands). Its own steps are repeated here, in its order, to know beforehand what it will book. Nothing that is
# charged, stored or printed is computed this way. Source: frappe/utils/data.py of v15, `flt` and `rounded`.


def frappe_amount(rate: Decimal, qty: Decimal, currency: str, method: str) -> int:
    """Minor units of rate x qty, as an invoice row there gets them."""
    return _frappe_rounded(float(rate) * float(qty), digits_of(currency), method)


def frappe_net(amount: Decimal, percent: Decimal, currency: str, method: str) -> int:
    """Minor units of what is left of an amount when the tax in it is taken out."""
    return _frappe_rounded(float(amount) / (1 + float(percent) / 100.0), digits_of(currency), method)


def frappe_tax(nets: Iterable[tuple[Decimal, Decimal]], currency: str, method: str) -> int:
    """Minor units of a tax row: (net, percent) of each invoice row summed up in their order, rounded once."""
    total = 0.0
    for net, percent in nets:
        total += (float(percent) / 100.0) * float(net)
    return _frappe_rounded(total, digits_of(currency), method)


def _frappe_rounded(value: float, places: int, method: str) -> int:
    if not value:
        return 0
    scale = int(10**places)
    if method == "commercial":
        epsilon: float = 2.0 ** (math.log2(abs(value)) - 52.0)
        return round(round(value + math.copysign(epsilon, value), places) * scale)
    scaled = round(value * scale, 8 if method == "bankers_legacy" else 12)
    floor = math.floor(scaled)
    rest = scaled - floor
    if method == "bankers_legacy":
        up = floor % 2 if places == 0 else 1
        return floor + up if rest == 0.5 else round(scaled)
    if not scaled:
        return 0
    tie = bool(abs(rest - 0.5) < 2.0 ** (math.log2(abs(scaled)) - 52.0))
    return floor + floor % 2 if tie else round(scaled)
