"""What QuickBooks Desktop is told of an event: parts, each one transaction there, or why it cannot be told yet.

A transfer is one part: it has one pair of places. What changes stock is a part for each account and site, in one form
of quantity: a change (`QuantityDifference`), which leaves what was booked there meanwhile alone. A level
(`NewQuantity`) is told only of stock that was set or counted, and only where the company asked for it: it overwrites
what QuickBooks booked since. A line is never left out for being hard to tell; only one that changes nothing is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pos.rules.inventory import text_of
from pos.said import said

#: Kinds of events QuickBooks is told of. What was there before us, was there for QuickBooks, too.
TOLD = ("transfer", "adjustment", "receipt", "count", "counter")
TRANSFER, ADJUSTMENT = "transfer", "adjustment"
DIFFERENCE, LEVEL = "difference", "level"
#: So many reasons are named; the rest are counted.
REASONS_MAX = 5
_ROOT = uuid.UUID("6c1a5b0e-8a53-5c0e-9d0c-5f3a0b7f4f11")
#: Crockford's: no letter looks like another, or like a digit.
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REF_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Site:
    """A place as QuickBooks knows it. id: ListID; it is what is sent where it is known."""

    name: str = ""
    id: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.id)

    def ref(self) -> dict[str, str]:
        return {"id": self.id} if self.id else {"name": self.name}


@dataclass(frozen=True, slots=True)
class Item:
    """An item as QuickBooks knows it. account: where neither a line nor a reason names one."""

    name: str
    id: str = ""
    account: str = ""

    def ref(self) -> dict[str, str]:
        return {"id": self.id} if self.id else {"name": self.name}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of an event. qty: thousandths, signed; a transfer's is what is moved. set_to: the level that was set."""

    item: str
    qty: int
    destination: str
    source: str = ""
    set_to: int | None = None
    account: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An event to be told. reason: of all lines that name none."""

    id: str
    kind: str
    date: str
    memo: str
    lines: tuple[Change, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the company's books: place -> site, item -> item there, reason -> account; account: of the
    company, where nothing else names one. levels: whether what was set or counted is told as a level."""

    sites: Mapping[str, Site] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    levels: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One transaction. payload: what `pos.connectors.qbd.requests` builds it from, but for ref and guid, which are the
    work's; items: our codes of what it moves."""

    kind: str
    payload: dict[str, Any]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """parts; or reasons, and then no part: all of an event is told, or nothing of it. nothing: why there is nothing to
    tell, in words."""

    parts: tuple[Part, ...] = ()
    reasons: tuple[str, ...] = ()
    nothing: str = ""

    @property
    def words(self) -> str:
        """The reasons, a sentence each."""
        return " ".join(self.reasons)


def split(event: Told, known: Known) -> Split:
    """The parts of an event, or why it cannot be told."""
    if event.kind not in TOLD:
        return Split(nothing=said("QuickBooks is not told of stock that was there before."))
    made = _transfer(event, known) if any(line.source for line in event.lines) else _adjustments(event, known)
    if len(made.reasons) <= REASONS_MAX:
        return made
    more = said("And {n} more.", n=len(made.reasons) - REASONS_MAX)
    return Split(reasons=(*made.reasons[:REASONS_MAX], more))


def _transfer(event: Told, known: Known) -> Split:
    pairs = dict.fromkeys((line.source, line.destination) for line in event.lines)
    places = dict.fromkeys(code for pair in pairs for code in pair)
    reasons = [_no_site(code) for code in places if not known.sites.get(code)]
    if reasons:
        return Split(reasons=tuple(reasons))
    parts = []
    for source, destination in pairs:
        here, there = known.sites[source], known.sites[destination]
        if _same(here, there):
            continue
        lines = [line for line in event.lines if (line.source, line.destination) == (source, destination)]
        payload = _head(event) | {
            "from": here.ref(), "to": there.ref(),
            "lines": [{"item": _item(known, line.item).ref(), "quantity": text_of(line.qty)} for line in lines],
        }  # fmt: skip
        parts.append(Part(TRANSFER, payload, _items(lines)))
    if not parts:
        return Split(nothing=said("Both places are one site in QuickBooks; nothing moves there."))
    return Split(tuple(parts))


def _adjustments(event: Told, known: Known) -> Split:
    groups: dict[tuple[str, str, str], list[Change]] = {}
    reasons: dict[str, None] = {}
    for line in event.lines:
        form = LEVEL if known.levels and line.set_to is not None else DIFFERENCE
        if form == DIFFERENCE and line.qty == 0:
            continue  # counted, and as it should be
        account = _account(event, line, known)
        if not known.sites.get(line.destination):
            reasons[_no_site(line.destination)] = None
        if not account:
            reasons[said("No account for {item}: name one in the reason, at the item or for the company.",
                         item=line.item)] = None  # fmt: skip
        groups.setdefault((account, line.destination, form), []).append(line)
    if reasons:
        return Split(reasons=tuple(reasons))
    if not groups:
        return Split(nothing=said("Nothing changed, so there is nothing to tell QuickBooks."))
    return Split(
        tuple(
            Part(
                ADJUSTMENT,
                _head(event)
                | {"account": account, "site": known.sites[place].ref(),
                   "lines": [_adjusted(known, line, form) for line in lines]},
                _items(lines),
            )
            for (account, place, form), lines in groups.items()
        )
    )  # fmt: skip


def _adjusted(known: Known, line: Change, form: str) -> dict[str, Any]:
    if form == LEVEL and line.set_to is not None:
        return {"item": _item(known, line.item).ref(), "new": text_of(line.set_to)}
    return {"item": _item(known, line.item).ref(), "difference": text_of(line.qty)}


def _account(event: Told, line: Change, known: Known) -> str:
    """The line's own, its reason's, the event's reason's, the item's, the company's: the first there is."""
    item = known.items.get(line.item)
    return (
        line.account
        or known.reasons.get(line.reason, "")
        or ("" if line.reason else known.reasons.get(event.reason, ""))
        or (item.account if item else "")
        or known.account
    )


def _head(event: Told) -> dict[str, Any]:
    return {"date": event.date, "memo": event.memo, "tail": event.id}


def _item(known: Known, code: str) -> Item:
    return known.items.get(code) or Item(code)


def _items(lines: Iterable[Change]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.item for line in lines))


def _same(one: Site, other: Site) -> bool:
    if one.id and other.id:
        return one.id == other.id
    return bool(one.name) and one.name.casefold() == other.name.casefold()


def _no_site(code: str) -> str:
    return said("Place {place} has no QuickBooks site.", place=code)


# -- by what a transaction is found again ------------------------------------------------------------------------------


def ref_number(connection: str, source: str, kind: str, part: int) -> str:
    """The RefNumber of a part: 11 characters, T, nine digits of base 32 and one to check them. Made of what it is, so a
    till that came back from a copy finds what it has forgotten; two parts hardly ever share one, and then their GUIDs
    tell them apart."""
    rest, digits = _named(connection, source, kind, part).int >> 80, ""
    for _ in range(REF_DIGITS):
        rest, digit = divmod(rest, 32)
        digits = _BASE32[digit] + digits
    return f"T{digits}{_check(digits)}"


def guid(connection: str, source: str, kind: str, part: int) -> str:
    """The ExternalGUID of a part: made of what it is, so always the same one."""
    return f"{{{str(_named(connection, source, kind, part)).upper()}}}"


def _named(connection: str, source: str, kind: str, part: int) -> uuid.UUID:
    return uuid.uuid5(_ROOT, f"{connection}/{source}/{kind}/{part}")


def _check(digits: str) -> str:
    """Weights are odd, so that no single wrong digit goes unseen."""
    return _BASE32[sum((2 * at + 1) * _BASE32.index(one) for at, one in enumerate(digits)) % 32]
