"""Our stock held against somebody's books: what of an item is there, is missing, differs or is ambiguous. Pure.

Strict: names are one when they are the same letter by letter. Loose: when they are the same without case and without
blanks at their ends; each finding of an item that was found only so says it. What waits to be told there is no
difference: it is taken off ours first. Quantities are whole thousandths, theirs exact decimals.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.rules import money
from pos.said import said

DESKTOP, ONLINE, ERPNEXT = "quickbooks_desktop", "quickbooks", "erpnext"
SIDES = (DESKTOP, ONLINE, ERPNEXT)
FIELDS = ("item", "quantity", "income_account", "cogs_account", "asset_account", "cost", "price")
ACCOUNTS = ("income_account", "cogs_account", "asset_account")
#: Kinds of items QuickBooks keeps a stock of, and the one that is built of others.
STOCKED = ("ItemInventory", "ItemInventoryAssembly", "Inventory")
ASSEMBLY = "ItemInventoryAssembly"
#: Where something is the other side's item as a whole, not at one of its places.
WHOLE = ""
_PACK = re.compile(r"(?P<base>.*\S)\s*\*\s*(?P<size>[1-9][0-9]{0,3})\s*\Z", re.DOTALL)
#: So many names are shown of several.
NAMES_MAX = 5


@dataclass(frozen=True, slots=True)
class Ours:
    """An item here. name: what it is called there; id: its id there, where it is known. accounts: of ACCOUNTS; "" = not
    known, which is not compared. levels: place there -> thousandths that ought to be there by now. unsettled: places at
    which nobody can say just now."""

    code: str
    name: str
    id: str = ""
    accounts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cost: str = ""
    price: str = ""
    levels: Mapping[str, int] = dataclasses.field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Theirs:
    """An item there. levels: place there -> exact decimal text; a place that is left out has nothing. None for what is
    not kept here of theirs, which is not compared."""

    id: str
    name: str
    kind: str = ""
    active: bool = True
    levels: Mapping[str, str] | None = None
    accounts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cost: str = ""
    price: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands out. item: our code, or their full name where it is none of ours. location: a place there."""

    item: str
    field: str
    status: str
    ours: str = ""
    theirs: str = ""
    difference: str = ""
    location: str = WHOLE
    detail: Mapping[str, Any] = dataclasses.field(default_factory=dict)


# -- names -------------------------------------------------------------------------------------------------------------


def pack_of(name: str) -> tuple[str, int]:
    """The item a name is a pack of, and how many are in it: "Tea *12" is ("Tea", 12). ("", 1) for what is no pack."""
    found = _PACK.match(name)
    return (found["base"], int(found["size"])) if found and int(found["size"]) > 1 else ("", 1)


def folded(name: str) -> str:
    """A name as the loose comparison takes it."""
    return " ".join(name.split()).casefold()


class Names:
    """Their items by id and by name. known: what ours are called there: nothing of that name is a pack of another."""

    def __init__(self, theirs: Iterable[Theirs], known: Iterable[str] = (), *, loose: bool = False) -> None:
        self.loose = loose
        self.by_id: dict[str, Theirs] = {}
        self._exact: dict[str, list[str]] = {}
        self._folded: dict[str, list[str]] = {}
        self._packs: dict[str, list[str]] = {}
        ours = {self._key(one) for one in known}
        for one in theirs:
            self.by_id[one.id] = one
            self._exact.setdefault(one.name, []).append(one.id)
            self._folded.setdefault(folded(one.name), []).append(one.id)
            base, size = pack_of(one.name)
            if size > 1 and self._key(one.name) not in ours:
                self._packs.setdefault(self._key(base), []).append(one.id)

    def _key(self, name: str) -> str:
        return folded(name) if self.loose else name

    def bases(self, ours: Ours) -> list[Theirs]:
        """What is the item itself: by its id, else by its name; active ones where any is."""
        if ours.id:
            return [self.by_id[ours.id]] if ours.id in self.by_id else []
        found = [self.by_id[one] for one in self._exact.get(ours.name, ())]
        if self.loose:
            found = [self.by_id[one] for one in self._folded.get(folded(ours.name), ())]
        return [one for one in found if one.active] or found

    def packs(self, ours: Ours) -> list[Theirs]:
        """Active packs of the item."""
        keys = {self._key(ours.name)} | ({self._key(self.by_id[ours.id].name)} if ours.id in self.by_id else set())
        return [self.by_id[one] for key in sorted(keys) for one in self._packs.get(key, ()) if self.by_id[one].active]

    def nearly(self, ours: Ours) -> list[Theirs]:
        """What would be the item if case and blanks did not count."""
        return [self.by_id[one] for one in self._folded.get(folded(ours.name), ())]


# -- one item ----------------------------------------------------------------------------------------------------------


def compare(ours: Ours, names: Names, *, shared: Sequence[str] = (), clamp: bool = False) -> list[Finding]:
    """What stands out of one of our items; [] = it is in sync. shared: other items of ours that are the same one
    there. clamp: what is below nothing here counts as nothing, and the finding says so."""
    bases, packs = names.bases(ours), names.packs(ours)
    if shared:
        detail = {"why": said("Several items here are this one there: {names}.", names=_listed([ours.code, *shared]))}
        theirs = bases[0].name if bases else ours.name
        return [Finding(ours.code, "item", "ambiguous", ours.name, theirs, detail=detail)]
    if len(bases) > 1:
        return [_several(ours, bases, names.loose)]
    if not bases:
        return [_only_packs(ours, packs) if packs else _missing(ours, names)]
    base = bases[0]
    more = _of_names(ours, base)
    if not base.active or (base.kind and base.kind not in STOCKED):
        return [_not_stocked(ours, base, more)]
    found = [*_quantities(ours, base, packs, more, clamp=clamp), *_values(ours, base, more)]
    if packs:
        detail = more | {"packs": [one.name for one in packs]}
        found.insert(0, Finding(ours.code, "item", "base_with_packs", ours.name, _listed(p.name for p in packs),
                                detail=detail))  # fmt: skip
    return found


def strangers(theirs: Iterable[Theirs], met: set[str]) -> list[Finding]:
    """What they keep a stock of, and is none of our items. met: ids that were looked at."""
    return [
        Finding(one.name, "item", "missing", "", one.name, detail={"id": one.id, "kind": one.kind, "missing": "here"})
        for one in theirs
        if one.id not in met and one.active and one.kind in STOCKED
    ]


def met(ours: Ours, names: Names) -> set[str]:
    """Ids of theirs that are this item, nearly are, or are packs of it."""
    return {one.id for one in (*names.bases(ours), *names.packs(ours), *names.nearly(ours))}


def exact(text: str) -> Decimal | None:
    """A figure of theirs; None for none."""
    try:
        return money.exact(text) if text else None
    except ValueError:
        return None


def text_of(qty: Decimal) -> str:
    return f"{qty.normalize():f}" if qty else "0"


# -- what the above is made of -----------------------------------------------------------------------------------------


def _several(ours: Ours, bases: Sequence[Theirs], loose: bool) -> Finding:
    status = "ambiguous" if loose and len({one.name for one in bases}) > 1 else "several_bases"
    detail = {"ids": [one.id for one in bases], "names": [one.name for one in bases]}
    return Finding(ours.code, "item", status, ours.name, _listed(one.name for one in bases), detail=detail)


def _only_packs(ours: Ours, packs: Sequence[Theirs]) -> Finding:
    detail = {"packs": [one.name for one in packs], "units": _units(packs, None)}
    return Finding(ours.code, "item", "only_pack_variant", ours.name, _listed(p.name for p in packs), detail=detail)


def _missing(ours: Ours, names: Names) -> Finding:
    near = [one.name for one in names.nearly(ours)]
    detail: dict[str, Any] = {"missing": "there"}
    if near and not ours.id:
        detail |= {"near": near[:NAMES_MAX], "why": said("There is {names}; the names differ in case or blanks.",
                                                         names=_listed(near))}  # fmt: skip
    return Finding(ours.code, "item", "missing", ours.name, "", detail=detail)


def _not_stocked(ours: Ours, base: Theirs, more: Mapping[str, Any]) -> Finding:
    words = said("It is switched off there.") if not base.active else said("No stock of it is kept there.")
    detail = {**more, "id": base.id, "kind": base.kind, "why": words}
    return Finding(ours.code, "item", "needs_adjustment", ours.name, base.name, detail=detail)


def _of_names(ours: Ours, base: Theirs) -> dict[str, Any]:
    """What every finding says of an item whose names are not the same."""
    found: dict[str, Any] = {"id": base.id, "kind": base.kind}
    if not ours.id and ours.name != base.name:
        found["names_differ"] = [ours.name, base.name]
    return found


def _quantities(
    ours: Ours, base: Theirs, packs: Sequence[Theirs], more: Mapping[str, Any], *, clamp: bool
) -> list[Finding]:
    if base.levels is None:
        return []
    found = []
    for place in sorted({*ours.levels, *base.levels}):
        if place in ours.unsettled or place not in ours.levels:
            continue
        here = Decimal(ours.levels[place]).scaleb(-3)
        there = exact(base.levels.get(place, "") or "0")
        detail = dict(more)
        if there is None:
            continue
        if packs:
            there += _units_at(packs, place)
            detail["packs"] = [one.name for one in packs]
        if clamp:
            for name, figure in (("ours", here), ("theirs", there)):
                if figure < 0:
                    detail.setdefault("clamped", {})[name] = text_of(figure)
            here, there = max(here, Decimal(0)), max(there, Decimal(0))
        if here != there:
            found.append(Finding(ours.code, "quantity", "needs_adjustment", text_of(here), text_of(there),
                                 text_of(here - there), place, detail))  # fmt: skip
    return found


def _units_at(packs: Sequence[Theirs], place: str) -> Decimal:
    """Single units in packs at a place."""
    figures = (((exact((one.levels or {}).get(place, "")) or Decimal(0)) * pack_of(one.name)[1]) for one in packs)
    return sum(figures, Decimal(0))


def _units(packs: Sequence[Theirs], place: str | None) -> str:
    places = {name for one in packs for name in (one.levels or {})} if place is None else {place}
    return text_of(sum((_units_at(packs, name) for name in places), Decimal(0)))


def _values(ours: Ours, base: Theirs, more: Mapping[str, Any]) -> list[Finding]:
    """Accounts, cost and price, each where both sides know it."""
    found = []
    for name in ACCOUNTS:
        here, there = ours.accounts.get(name, ""), base.accounts.get(name, "")
        if here and there and here != there:
            detail = {**more} | ({"names_differ_account": True} if folded(here) == folded(there) else {})
            found.append(Finding(ours.code, name, "needs_adjustment", here, there, detail=detail))
    for name, own, other in (("cost", ours.cost, base.cost), ("price", ours.price, base.price)):
        ours_is, theirs_is = exact(own), exact(other)
        if ours_is is not None and theirs_is is not None and ours_is != theirs_is:
            found.append(Finding(ours.code, name, "needs_adjustment", text_of(ours_is), text_of(theirs_is),
                                 text_of(ours_is - theirs_is), detail=dict(more)))  # fmt: skip
    return found


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    more = f" (+{len(found) - NAMES_MAX})" if len(found) > NAMES_MAX else ""
    return ", ".join(found[:NAMES_MAX]) + more


# -- what is to be put right -------------------------------------------------------------------------------------------

DIFFERENCE_MAX = 1000
LINES_MAX = 10
ADJUSTMENTS_MAX = 25


@dataclass(frozen=True, slots=True)
class Fix:
    """A level of theirs that may be put right. account: where the difference goes in their books, "" = nobody said."""

    item: str
    location: str
    difference: str
    account: str = ""
    kind: str = ""
    packs: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What is not proposed, and why."""

    item: str
    location: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Adjustments, a list of fixes each, and what was left out."""

    adjustments: tuple[tuple[Fix, ...], ...] = ()
    left: tuple[Left, ...] = ()


def plan(fixes: Iterable[Fix], products: int, *, made: int = 0) -> Plan:
    """How these are put right. products: so many items at most, as a person said; made: adjustments of this comparison
    that were asked for before. What is beyond a cap is named, never cut silently."""
    groups: dict[tuple[str, str], list[list[Fix]]] = {}
    left, items, count = list[Left](), set[str](), made
    for one in fixes:
        why = _why_not(one)
        if not why and one.item not in items and len(items) >= products:
            why = said("More than {n} items; ask again for the rest.", n=products)
        bites = groups.setdefault((one.location, one.account), [])
        if not why and (not bites or len(bites[-1]) >= LINES_MAX):
            if count >= ADJUSTMENTS_MAX:
                why = said("More than {n} adjustments of {lines} lines; compare again for the rest.",
                           n=ADJUSTMENTS_MAX, lines=LINES_MAX)  # fmt: skip
            else:
                count += 1
                bites.append([])
        if why:
            left.append(Left(one.item, one.location, why))
            continue
        items.add(one.item)
        bites[-1].append(one)
    return Plan(tuple(tuple(bite) for bites in groups.values() for bite in bites), tuple(left))


def _why_not(one: Fix) -> str:
    difference = exact(one.difference)
    if one.packs:
        return said("It has packs there; a person puts that right.")
    if one.kind == ASSEMBLY:
        return said("It is built of others there; a person puts that right.")
    if one.waiting:
        return said("It was asked for already, or is on its way.")
    if difference is None or difference == 0:
        return said("There is no difference.")
    if abs(difference) > DIFFERENCE_MAX:
        return said("The difference is above {n}; count it first.", n=DIFFERENCE_MAX)
    if difference.scaleb(3) != difference.scaleb(3).to_integral_value():
        return said("The difference has more than three decimals.")
    if not one.account:
        return said("No account is known for it: name one at the item or in [qbwc] adjustment_account.")
    return ""
