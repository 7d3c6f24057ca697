"""Takings by card held against lines of a bank: one to one, the nearest in time first. Pure.

A line is what a taking comes to less the bank's fee, within a tolerance, and within so many minutes; each is used once.
What is left on either side is a gap. The order in which they are given changes nothing.
"""

from __future__ import annotations

import csv
import hashlib
import heapq
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from pos.errors import Invalid
from pos.rules import csv_records, epos_csv
from pos.rules.csv_records import Record
from pos.rules.epos_csv import Form
from pos.rules.money import major, minor, round_minor
from pos.said import nsaid, said

#: What a heading, a text or an amount of a bank's file is cut at.
TEXT_MAX = 200
#: Columns of a bank's file that must be there.
COLUMNS = ("at", "amount", "text")
#: So many ways of a taking to be a line are reckoned with at once; a shop's busiest days have some ten thousand.
PAIRS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Side:
    """A taking, or a line of a bank. amount: minor units, below nothing for money given back. start, end: when it was;
    apart where only the day is known. mixed: the rest of its receipt was paid otherwise."""

    id: str
    start: datetime
    end: datetime
    amount: int
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """percent: of a taking, the bank's fee, at most `cap` minor units (0 = any). tolerance: minor units. minutes: so
    much later or earlier a line may be."""

    percent: Decimal
    cap: int
    tolerance: int
    minutes: int
    currency: str


@dataclass(frozen=True, slots=True)
class Match:
    """A taking and its line. fee: what the bank kept, off: what it paid beyond what was to come; minor units. seconds:
    between the two."""

    taking: str
    line: str
    fee: int
    off: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of it; gaps by time."""

    matches: tuple[Match, ...]
    takings: tuple[Side, ...]
    lines: tuple[Side, ...]


def fee_of(amount: int, rule: Rule) -> int:
    """What the bank keeps of a taking; of money given back it keeps nothing."""
    if amount <= 0:
        return 0
    fee = round_minor(major(amount, rule.currency) * rule.percent / 100, rule.currency, "commercial")
    return min(fee, rule.cap) if rule.cap else fee


def seconds_between(one: Side, other: Side) -> int:
    """How far apart two are, 0 when one may lie in the other."""
    later = max(one.start, other.start) - min(one.end, other.end)
    return max(0, -(-later // timedelta(seconds=1)))


def match(takings: Iterable[Side], lines: Iterable[Side], rule: Rule) -> Matched:
    """Match them. The ids of each side differ. Invalid when more of them could be of each other than is reckoned
    with."""
    ours, theirs = sorted(takings, key=_order), sorted(lines, key=_order)
    possible: list[tuple[int, int, datetime, str, datetime, str]] = []
    by_id = {side.id: side for side in ours}, {side.id: side for side in theirs}
    alike, firsts = _alike(theirs)
    longest = max((side.end - side.start for side in firsts), default=timedelta())
    starts, window = [side.start for side in firsts], timedelta(minutes=rule.minutes)
    for one in ours:
        wanted = one.amount - fee_of(one.amount, rule)
        for other in firsts[bisect_left(starts, one.start - window - longest) :]:
            if other.start > one.end + window:
                break
            off, apart = abs(other.amount - wanted), seconds_between(one, other)
            same_way = (one.amount > 0) == (other.amount > 0)
            if same_way and off <= rule.tolerance and apart <= rule.minutes * 60:
                possible.append((apart, off, one.start, one.id, other.start, other.id))
        if len(possible) > PAIRS_MAX:
            words = said("Too many lines could be of too many takings: make the tolerance or the minutes smaller.")
            raise Invalid(words, field="bank")
    heapq.heapify(possible)
    found: list[Match] = []
    used: tuple[set[str], set[str]] = (set(), set())
    while possible:
        apart, _, _, taking, _, first = heapq.heappop(possible)
        if taking in used[0] or not alike[first]:
            continue
        line = alike[first].popleft()
        used[0].add(taking)
        used[1].add(line)
        amount, fee = by_id[0][taking].amount, fee_of(by_id[0][taking].amount, rule)
        found.append(Match(taking, line, fee, by_id[1][line].amount - (amount - fee), apart))
    return Matched(
        tuple(sorted(found, key=lambda one: (by_id[0][one.taking].start, one.taking))),
        tuple(side for side in ours if side.id not in used[0]),
        tuple(side for side in theirs if side.id not in used[1]),
    )


def _alike(theirs: Sequence[Side]) -> tuple[dict[str, deque[str]], list[Side]]:
    """Lines of one time and amount stand for each other, so the first of them does for all: its id -> theirs."""
    groups: dict[tuple[datetime, datetime, int], Side] = {}
    alike: dict[str, deque[str]] = {}
    for side in theirs:
        first = groups.setdefault((side.start, side.end, side.amount), side)
        alike.setdefault(first.id, deque()).append(side.id)
    return alike, list(groups.values())


def _order(side: Side) -> tuple[datetime, datetime, str]:
    return side.start, side.end, side.id


def span(wall: str, zone: str) -> tuple[datetime, datetime]:
    """The moment of a wall clock as ISO text, "2026-11-20T12:00"; for a day alone from its beginning to its end."""
    where = ZoneInfo(zone)
    if "T" in wall:
        moment = datetime.fromisoformat(wall).replace(tzinfo=where).astimezone(UTC)
        return moment, moment
    day = datetime.fromisoformat(wall).date()
    begin, end = (datetime.combine(day + timedelta(days=n), time(0), where).astimezone(UTC) for n in (0, 1))
    return begin, end - timedelta(seconds=1)


# -- a bank's file -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bank's file. key: its content, and which of the same in the file it is. at: wall clock as ISO text,
    a day alone where no time is told; day: the business day it is of. line: in the file, from 1."""

    key: str
    line: int
    at: str
    day: str
    amount: int
    text: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that was not taken, as it was, and why."""

    line: int
    reason: str
    text: str


@dataclass(slots=True)
class Read:
    """What a file came to."""

    lines: list[Line] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def delimiter_of(text: str) -> str:
    """The delimiter of a heading: the one that cuts it into most pieces."""
    counts = {mark: len(next(csv.reader([text], delimiter=mark), [])) for mark in csv_records.DELIMITERS}
    return max(csv_records.DELIMITERS, key=lambda mark: counts[mark])


def read(records: Iterable[Record], names: Mapping[str, str], form: Form) -> Read:
    """The lines of a file. names: the words of its heading for each of COLUMNS. Invalid when a column is missing."""
    found, same, places = Read(), dict[str, int](), dict[str, int]()
    for record in records:
        if not places:
            places = _places(record.cells, names)
            continue
        if not any(cell.strip() for cell in record.cells) and not record.problem:
            continue
        try:
            at, day, amount, text = _line(record, places, form)
        except (Invalid, ValueError) as error:
            reason = error.message if isinstance(error, Invalid) else said("It has no amount that can be read.")
            found.rejects.append(Reject(record.line, reason, record.text))
            continue
        digest = hashlib.sha256("\x1f".join((at, str(amount), text)).encode()).hexdigest()[:32]
        same[digest] = same.get(digest, -1) + 1
        found.lines.append(Line(f"{digest}:{same[digest]}", record.line, at, day, amount, text))
    if not places:
        raise Invalid(said("The file is empty."), field="file")
    return found


def _places(cells: Sequence[str], names: Mapping[str, str]) -> dict[str, int]:
    plain = [cell.strip().casefold() for cell in cells]
    missing = [names[column] for column in COLUMNS if names[column].strip().casefold() not in plain]
    if missing:
        raise Invalid(
            said("Columns are missing: {names}. The file has: {there}.", names=", ".join(missing),
                 there=", ".join(cell.strip() for cell in cells)[:TEXT_MAX]), field="file",
        )  # fmt: skip
    return {column: plain.index(names[column].strip().casefold()) for column in COLUMNS}


def _line(record: Record, places: Mapping[str, int], form: Form) -> tuple[str, str, int, str]:
    if record.problem:
        raise Invalid(record.problem)
    if max(places.values()) >= len(record.cells):
        raise Invalid(
            nsaid("It has {n} cell, the heading more.", "It has {n} cells, the heading more.", len(record.cells))
        )
    told = {column: " ".join(record.cells[place].split())[:TEXT_MAX] for column, place in places.items()}
    at, day = epos_csv.moment(told["at"], form)
    value = epos_csv.number(told["amount"], form.decimal)
    if abs(value) >= epos_csv.AMOUNT_MAX:
        raise Invalid(said("Its amount {text} is too large.", text=told["amount"]))
    amount = minor(value, form.currency)
    if not amount:
        raise Invalid(said("It has no amount."))
    return at, day, amount, told["text"]
