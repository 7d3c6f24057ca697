"""Counting the drawer at the close: notes and coins by value, other ways to pay by name, and how far off they are.

Amounts are minor units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from pos.errors import Invalid
from pos.rules.basket import money
from pos.rules.money import digits_of, major, minor
from pos.rules.tender import DENOMINATIONS
from pos.rules.wording import round_money
from pos.said import otherwise, said

PIECES_MAX = 100_000


class Piece(NamedTuple):
    """Notes or coins of one value, in minor units."""

    value: int
    pieces: int

    @property
    def amount(self) -> int:
        return self.value * self.pieces


class Expected(NamedTuple):
    """What one way to pay must have brought, in minor units. Cash of all its modes is one drawer."""

    name: str
    kind: str
    amount: int


class Difference(NamedTuple):
    """Expected against counted. counted is None where nobody counted: then there is no difference."""

    name: str
    kind: str
    expected: int
    counted: int | None

    @property
    def amount(self) -> int:
        return 0 if self.counted is None else self.counted - self.expected

    @property
    def state(self) -> str:
        if self.counted is None:
            return "not_counted"
        return "equal" if not self.amount else "short" if self.amount < 0 else "over"


@dataclass(frozen=True, slots=True)
class Count:
    """What a person counted: the drawer (by piece, or as one total) and other ways to pay by their name."""

    cash: int
    pieces: tuple[Piece, ...]
    tenders: tuple[tuple[str, int], ...]


def count_of(raw: Mapping[str, Any], currency: str, known: Mapping[str, str], largest: Decimal) -> Count:
    """The count of a request; `known`: ways to pay that can be counted, by name. Invalid names what is wrong."""
    pieces = pieces_of(raw.get("denominations"), currency)
    given = raw.get("cash")
    if given in (None, "") and raw.get("denominations") is None:
        raise Invalid("Count the drawer: notes and coins, or one total.", field="denominations")
    cash = total_of(pieces) if given in (None, "") else money(given, "cash", currency)
    if not 0 <= cash <= minor(largest, currency) * 100:
        raise Invalid("That is no amount of a drawer.", field="cash")
    if pieces and cash != total_of(pieces):
        raise Invalid("The notes and coins do not add up to the total.", field="cash")
    tenders = raw.get("tenders") or {}
    if not isinstance(tenders, Mapping):
        raise Invalid("Send the other tenders as {name: amount}.", field="tenders")
    counted = []
    for name, amount in tenders.items():
        if name not in known or known[name] == "cash":
            raise Invalid(said("{name} is nothing that is counted here.", name=name), field=f"tenders.{name}")
        if amount not in (None, ""):
            counted.append((name, money(amount, f"tenders.{name}", currency)))
    return Count(cash, pieces, tuple(sorted(counted)))


def compare(expected: Sequence[Expected], count: Count, known: Mapping[str, str]) -> tuple[Difference, ...]:
    """Each tender that was taken or counted, cash first. Cash is always there."""
    counted = dict(count.tenders)
    cash = next((e for e in expected if e.kind == "cash"), Expected("Cash", "cash", 0))
    rows = [Difference(cash.name, "cash", cash.amount, count.cash)]
    rows += [Difference(e.name, e.kind, e.amount, counted.pop(e.name, None)) for e in expected if e.kind != "cash"]
    rows += [Difference(name, known.get(name, "other"), 0, amount) for name, amount in sorted(counted.items())]
    return tuple(rows)


def differs(rows: Iterable[Difference]) -> bool:
    """Whether anything was counted that is not what was expected: then a reason is asked for."""
    return any(row.amount for row in rows)


def above_limit(rows: Iterable[Difference], limit: Decimal, currency: str) -> bool:
    """Whether one of the differences needs a manager. Two that cancel out are still two."""
    return any(major(abs(row.amount), currency) > limit for row in rows)


def pieces_of(raw: Any, currency: str, field: str = "denominations") -> tuple[Piece, ...]:
    """Counted notes and coins, {"20.00": 13}, largest first; those counted as none are left out. Invalid for a value
    the currency has no note or coin of."""
    if raw is None:
        return ()
    if not isinstance(raw, Mapping):
        raise Invalid("Send the notes and coins as {value: pieces}.", field=field)
    known = {d.value for d in DENOMINATIONS.get(currency, ())}
    found: dict[int, int] = {}
    for text, count in raw.items():
        value = money(text, f"{field}.{text}", currency)
        if (known and value not in known) or value <= 0 or value in found:
            raise Invalid(
                said("There is no note or coin of {text}, or it is there twice.", text=text), field=f"{field}.{text}"
            )
        if isinstance(count, str) and count.isascii() and count.isdigit():
            count = int(count)
        if type(count) is not int or not 0 <= count <= PIECES_MAX:
            raise Invalid("Count whole pieces.", field=f"{field}.{text}")
        found[value] = count
    return tuple(Piece(value, found[value]) for value in sorted(found, reverse=True) if found[value])


def total_of(pieces: Iterable[Piece]) -> int:
    """What notes and coins come to."""
    return sum(p.amount for p in pieces)


def reasons(text: str) -> tuple[str, ...]:
    """[shift] variance_reasons as a list."""
    return tuple(filter(None, (part.strip() for part in text.split("|"))))


def denominations(currency: str, locale: str) -> list[dict[str, str]]:
    """Rows of the count sheet, largest first: {value "20.00", text "£20", words "£20 notes"}; empty where no table is
    known, then one total is typed. Other languages than English name them by what they are worth."""
    rows = []
    for d in DENOMINATIONS.get(currency, ()):
        worth = round_money(d.value, currency, locale)
        note = d.one.endswith((" note", " bill"))
        rows.append(
            {
                "value": f"{major(d.value, currency):.{digits_of(currency)}f}",
                "text": otherwise(d.one.split()[1], "{amount}", amount=worth),
                "words": otherwise(d.many, "notes of {amount}", amount=worth)
                if note
                else otherwise(d.many, "coins of {amount}", amount=worth),
            }
        )
    return rows
