"""Opening stock from a list: what is on hand at each place on a day, once for each item and place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pos import clock
from pos.errors import Invalid
from pos.rules import inventory as rules
from pos.rules.inventory import Draft, Line
from pos.rules.sheet_stock import ASSEMBLY, Opening
from pos.store import inventory, inventory_begin, inventory_places
from pos.store.db import Store

MEMO = "Opening stock"


@dataclass(slots=True)
class Taken:
    """What became of a list. refused: row -> reason."""

    opened: int = 0
    unchanged: int = 0
    refused: dict[int, str] = field(default_factory=dict)


def take_in(store: Store, company: str, rows: Mapping[int, Opening], by: str, day: str) -> Taken:
    """One opening event of all rows that may be; by place in the list. In the caller's transaction. Invalid for a day
    in a closed period."""
    now, found = clock.now(), Taken()
    day = day or inventory.today(store, company, now)
    rules.refuse_date(day, inventory.limits(store, company, now))
    items = {row.item for row in rows.values()}
    before, built = inventory_begin.opened_with(store, items), _assemblies(store, company, items)
    asked = dict[int, Line]()
    for at, row in rows.items():
        was = before.get((row.item, row.location))
        if row.item in built:
            found.refused[at] = f"{row.item} is an assembly: its stock is what was built of it."
        elif was is not None and was != row.qty:
            words = f"{row.item} at {row.location} was opened with {rules.text_of(was)} already; count or adjust it."
            found.refused[at] = words
        elif was is not None:
            found.unchanged += 1
        else:
            asked[at] = Line(row.item, set_to=row.qty, destination=row.location)
    refused = _refusals(store, company, day, asked)
    found.refused |= refused
    lines = [line for at, line in asked.items() if at not in refused]
    found.opened = len(lines)
    lines += _nought(store, company, day, rows, before, built)
    if lines:
        inventory.post(store, Draft(clock.uuid7(), company, "opening", day, tuple(lines), memo=MEMO), by=by, now=now)
    return found


def _refusals(store: Store, company: str, day: str, asked: Mapping[int, Line]) -> dict[int, str]:
    """Why lines cannot be. They are looked at one by one only where something is wrong with one of them."""
    if not asked or not _why(store, company, day, tuple(asked.values())):
        return {}
    found = {at: _why(store, company, day, (line,)) for at, line in asked.items()}
    return {at: words for at, words in found.items() if words}


def _why(store: Store, company: str, day: str, lines: tuple[Line, ...]) -> str:
    """Why these lines cannot be; "" when they can."""
    try:
        inventory.check(store, Draft("look", company, "opening", day, lines), clock.now())
    except Invalid as error:
        return error.message
    return ""


def _nought(
    store: Store, company: str, day: str, rows: Mapping[int, Opening], before: Mapping[tuple[str, str], int],
    built: set[str],
) -> list[Line]:  # fmt: skip
    """Places the list does not name for an item, where it says that there is none; not where it was opened already."""
    wanted = dict[str, set[str]]()
    for row in rows.values():
        if row.fill is not None and row.item not in built:
            wanted.setdefault(row.item, set()).update(row.fill)
    if not wanted:
        return []
    places = [x.code for x in inventory_places.locations(store, company, active=True) if not x.is_virtual]
    pairs = [
        (item, place)
        for item, named in sorted(wanted.items())
        for place in places
        if place not in named and (item, place) not in before
    ]
    lines = {at: Line(item, set_to=0, destination=place) for at, (item, place) in enumerate(pairs)}
    refused = _refusals(store, company, day, lines)
    return [line for at, line in lines.items() if at not in refused]


def _assemblies(store: Store, company: str, items: Iterable[str]) -> set[str]:
    return {one.item for one in inventory_places.parts(store, company, items).values() if one.qb_type == ASSEMBLY}
