"""A run's figures on three sides: what was sold, what was sent, what stands in the books. Pure.

Per document, way to pay, tax and in total. The first side is worked out from what was sold itself, never from what was
made of it, so that a row lost on the way to the books shows. Amounts are minor units; nothing is rounded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pos.rules.reconcile import Figures

MATCH, MISMATCH, NOT_RUN = "MATCH", "MISMATCH", "NOT RUN"
TOTAL, TENDER, TAX, DOCUMENT = "total", "tender", "tax", "document"
#: Kinds of rows, in the order a person reads them.
KINDS = (TOTAL, TENDER, TAX, DOCUMENT)


class Sides(NamedTuple):
    """One figure on its three sides."""

    here: int = 0
    sent: int = 0
    booked: int = 0

    @property
    def apart(self) -> int:
        """The largest difference between any two of them."""
        return max(self) - min(self)

    def plus(self, other: Sides) -> Sides:
        """Both together."""
        return Sides(self.here + other.here, self.sent + other.sent, self.booked + other.booked)


@dataclass(frozen=True, slots=True)
class Doc:
    """One document of the books; or what was sold and is in none. None of a side: it is not there.

    wrong: something beside its figures is, and `words` say what. explained: who explained that it is so and why; it is
    shown as it is, and no mismatch.
    """

    name: str
    here: Figures | None
    sent: Figures | None
    booked: Figures | None
    wrong: bool = False
    words: str = ""
    explained: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a day. kind: of KINDS; name: of the document, the way to pay or the tax, "" of the total."""

    kind: str
    name: str
    sides: Sides
    verdict: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a day came to. total, counts: of money, and of documents, on each side. documents: the names of those to
    look at. explained: how many differ and were explained by a person."""

    verdict: str
    total: Sides
    counts: Sides
    rows: tuple[Row, ...]
    documents: tuple[str, ...]
    explained: int

    @property
    def difference(self) -> int:
        """What the books come to beyond what was sold."""
        return self.total.booked - self.total.here


def compare(docs: Iterable[Doc], tolerance: int = 0) -> Result:
    """Every figure of a day. tolerance: in minor units, for one figure; nothing but money is let pass by it."""
    sums: dict[tuple[str, str], list[Sides]] = {(TOTAL, ""): [Sides(), Sides()]}
    counts, rows, explained = Sides(), list[Row](), 0
    for doc in docs:
        mine = _figures(doc)
        differs = doc.wrong or max(sides.apart for sides in mine.values()) > tolerance
        for key, sides in mine.items():
            both = sums.setdefault(key, [Sides(), Sides()])
            both[0] = both[0].plus(sides)
            both[1] = both[1].plus(_levelled(sides) if doc.explained else sides)
        counts = counts.plus(Sides(doc.here is not None, doc.sent is not None, doc.booked is not None))
        explained += bool(differs and doc.explained)
        verdict = MISMATCH if differs and not doc.explained else MATCH
        rows.append(Row(DOCUMENT, doc.name, mine[TOTAL, ""], verdict, doc.words or doc.explained))
    summed = [
        Row(kind, name, shown, MISMATCH if judged.apart > tolerance else MATCH)
        for (kind, name), (shown, judged) in sums.items()
    ]
    rows = sorted([*summed, *rows], key=lambda row: (KINDS.index(row.kind), row.name))
    bad = any(row.verdict == MISMATCH for row in rows)
    total = sums[TOTAL, ""][0]
    return Result(MISMATCH if bad else MATCH, total, counts, tuple(rows), _named(rows) if bad else (), explained)


def _named(rows: Iterable[Row]) -> tuple[str, ...]:
    """The documents behind a mismatch: those that are one; where each is within the tolerance and only their sum is
    not, all that differ at all."""
    documents = [row for row in rows if row.kind == DOCUMENT]
    wrong = [row.name for row in documents if row.verdict == MISMATCH]
    return tuple(wrong or [row.name for row in documents if row.sides.apart])


def _levelled(sides: Sides) -> Sides:
    """As if the other sides were as the first: somebody explained why they are not."""
    return Sides(sides.here, sides.here, sides.here)


def _figures(doc: Doc) -> dict[tuple[str, str], Sides]:
    found: dict[tuple[str, str], list[int]] = {(TOTAL, ""): [0, 0, 0]}
    for at, side in enumerate((doc.here, doc.sent, doc.booked)):
        if side is None:
            continue
        found[TOTAL, ""][at] = side.total
        for kind, amounts in ((TENDER, side.tenders), (TAX, side.taxes)):
            for name, units in amounts.items():
                found.setdefault((kind, name), [0, 0, 0])[at] += units
    return {key: Sides(*units) for key, units in found.items() if key == (TOTAL, "") or any(units)}


def added(one: Figures, other: Figures) -> Figures:
    """Two as one."""
    return Figures(
        one.total + other.total, _sum(one.goods, other.goods), _sum(one.taxes, other.taxes),
        _sum(one.tenders, other.tenders),
    )  # fmt: skip


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    names = {**one, **other}
    return {name: one.get(name, 0) + other.get(name, 0) for name in names}


@dataclass(frozen=True, slots=True)
class Span:
    """Several days as one. days: how many there are; matched: of how many both sides are the same; not_run: how many
    could not be compared. total: of those that were, matched or not."""

    days: int
    matched: int
    not_run: int
    total: Sides


def summed(days: Iterable[tuple[str, Sides]]) -> Span:
    """Days with their verdicts and totals, as one."""
    found = list(days)
    total = Sides()
    for verdict, sides in found:
        total = total.plus(sides) if verdict != NOT_RUN else total
    verdicts = [verdict for verdict, _ in found]
    return Span(len(found), verdicts.count(MATCH), verdicts.count(NOT_RUN), total)
