"""Items that cost less at the till than in the books: somebody has one of the two wrong, and profit with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pos.rules.money import major


@dataclass(frozen=True, slots=True)
class Item:
    """An item as the till has it. cost: of one piece, minor units."""

    code: str
    name: str
    cost: int


@dataclass(frozen=True, slots=True)
class There:
    """An item as the books have it. cost: of one piece as text, "" = not told. Codes and names may be the till's."""

    id: str
    name: str
    sku: str
    cost: str


@dataclass(frozen=True, slots=True)
class Low:
    """An item whose cost here is below that in the books; exact, in money."""

    code: str
    name: str
    here: Decimal
    there: Decimal


def below(items: Iterable[Item], there: Iterable[There], mapped: Mapping[str, str], currency: str) -> list[Low]:
    """Those that cost less here, by code. mapped: code -> the id in the books; an item nobody mapped is the one with
    its code, or its name, where there is just one such. A cost that nobody told is no cost of nothing."""
    entries = list(there)
    by_id, by_sku, by_name = _one_each(entries, "id"), _one_each(entries, "sku"), _one_each(entries, "name")
    found = []
    for item in items:
        entry = by_id.get(mapped.get(item.code, "").casefold())
        if item.code not in mapped:
            entry = by_sku.get(item.code.casefold()) or by_name.get(item.name.casefold())
        if entry is None or not entry.cost or item.cost <= 0:
            continue
        here, in_books = major(item.cost, currency), Decimal(entry.cost)
        if here < in_books:
            found.append(Low(item.code, item.name, here, in_books))
    return sorted(found, key=lambda one: one.code)


def _one_each(entries: Iterable[There], name: str) -> dict[str, There]:
    """By a word of theirs, but for words that several have."""
    found: dict[str, There | None] = {}
    for entry in entries:
        word = str(getattr(entry, name)).casefold()
        if word:
            found[word] = None if word in found else entry
    return {word: entry for word, entry in found.items() if entry is not None}
