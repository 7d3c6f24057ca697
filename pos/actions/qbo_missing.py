"""What the receipts that were refused for want of a mapping wait for: each word once, with how many it holds up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, islice

from pos.actions import import_books
from pos.connectors.qbo.mapping import Lack, Tables, lacks_of
from pos.errors import NotFound, PosError
from pos.rules import daybook, documents
from pos.rules.daybook import Book, Line, Share
from pos.store import bundles, companies, qbo_lists
from pos.store.db import Store
from pos.store.qbo_lists import Stuck

#: Receipts that are looked into; what is asked for after so many is what these ask for.
LOOKED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Wanting:
    """One word that is not mapped. part, name: as in a mapping's Lack. title, group: of an item. receipts: how many it
    holds up."""

    part: str
    name: str
    words: str
    title: str
    group: str
    receipts: int


def waiting(store: Store, connection: str, tables: Tables) -> list[Wanting]:
    """What is missing, what holds up most first. Reads the first LOOKED_MAX that were refused, and as many rows of
    exports."""
    found: dict[tuple[str, str], Wanting] = {}
    stuck = islice(qbo_lists.stuck(store, connection, "unmapped"), LOOKED_MAX)
    company = companies.of_connection(store, connection)
    imported = import_books.shares(store, tables.codes_for, company, LOOKED_MAX)
    for some in chain((_shares(store, connection, row) for row in stuck), ([one] for one in imported)):
        lines: dict[str, Line] = {}
        lacks: dict[tuple[str, str], Lack] = {}
        for one in some:
            lines |= {line.item: line for line in one.lines}
            lacks |= {(lack.part, lack.name): lack for lack in lacks_of(one, tables)}
        for key, lack in lacks.items():
            line = lines.get(lack.name) if lack.part == "items" else None
            named = (line.name, line.group) if line else ("", "")
            old = found.get(key) or Wanting(*key, lack.words, *named, 0)
            found[key] = replace(old, receipts=old.receipts + 1)
    return sorted(found.values(), key=lambda one: (-one.receipts, one.part, one.name))


def _shares(store: Store, connection: str, row: Stuck) -> Iterable[Share | Book]:
    """What of a row is to be mapped; nothing where it cannot be read, for that is said elsewhere."""
    try:
        if row.part == bundles.PART:
            return [bundles.closed(store, connection, row.document).book]
        doc = documents.decode(row.body)
        place, walk_in = companies.of_till(store, row.till), ("", store.config.till.walk_in)
        # The calendar day of the sale will do: days only matter to what is put aside.
        return daybook.shares(doc, row.part, str(doc["created_at"])[:10], place.shop, walk_in)
    except (NotFound, PosError, ValueError, KeyError):
        return ()
