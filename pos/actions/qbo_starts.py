"""Documents QuickBooks refused because an item's stock starts after their day (its error 6270), and what can be done.

Either the start is moved there, or a person says that sales of the item before its start are booked on another item,
which is chosen for that alone. Nothing is ever moved by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos.actions import qbo_items, qbo_lists, qbo_mapping
from pos.connectors.qbo.lists import Entry
from pos.errors import Conflict, NotFound
from pos.rules.daybook import Line
from pos.said import said
from pos.store import bundles, unblock
from pos.store import qbo_lists as stuck_rows
from pos.store.db import Store

CODE = "before_stock"


@dataclass(frozen=True, slots=True)
class Late:
    """One document an item blocks. n: its row in the outbox. qty: thousandths sold."""

    n: int
    number: str
    day: str
    qty: int


@dataclass(frozen=True, slots=True)
class Blocker:
    """One item whose stock starts after documents it is in. there: the item in QuickBooks; starts: the day (ISO)."""

    item: str
    name: str
    there: Entry
    documents: tuple[Late, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """All of them; unexplained: documents none of whose items, as the lists here have them, starts later."""

    blockers: tuple[Blocker, ...]
    unexplained: tuple[Late, ...]


def blocked(store: Store, company: str) -> Blocked:
    """Every document that waits for this, by the items that block it."""
    connection, _realm = qbo_lists.bound(store, company)
    loaded, tables = qbo_lists.cached(store, company), qbo_items.tables_of(store, company)
    there = {one.id: one for one in loaded.lists.items} if loaded else {}
    found: dict[str, Blocker] = {}
    unexplained: list[Late] = []
    for row in stuck_rows.stuck(store, connection, CODE):
        book = bundles.closed(store, connection, row.document).book
        mine: dict[str, tuple[Line, Entry]] = {}
        for line in book.lines:
            entry = there.get(tables.item(line, book.day))
            if entry is not None and entry.starts > book.day:
                mine[line.item] = (line, entry)
        for item, (line, entry) in mine.items():
            qty = sum(one.qty for one in book.lines if one.item == item)
            old = found.get(item, Blocker(item, line.name, entry, ()))
            late = Late(row.n, book.number, book.day, qty)
            found[item] = Blocker(item, old.name, entry, (*old.documents, late))
        if not mine:
            unexplained.append(Late(row.n, book.number, book.day, 0))
    return Blocked(tuple(found[item] for item in sorted(found)), tuple(unexplained))


def put_aside(store: Store, company: str, item: str, by: str) -> int:
    """Sales of an item before its start are booked on the item chosen for that, from now on; what waited for it is
    tried again, with new bytes. How many documents. Conflict when none is chosen, or this item blocks nothing."""
    found = [one for one in blocked(store, company).blockers if one.item == item]
    if not found:
        raise NotFound(said("Nothing waits for the start of this item's stock."), field="item")
    before = qbo_mapping.read(store, company)
    if not before.values.get("quarantine"):
        raise Conflict(
            said("Choose the item for sales before the start of stock first, and save."), code="no_quarantine"
        )
    aside = {**(before.values.get("aside") or {}), item: found[0].there.starts}
    with store.transaction():
        qbo_mapping.write(store, company, {**before.values, "aside": aside}, before, by)
        for late in found[0].documents:
            unblock.retry(store, late.n, by, f"{item} before {found[0].there.starts} put aside")
    return len(found[0].documents)


def again(store: Store, company: str, by: str) -> int:
    """Somebody moved the start in QuickBooks: everything that waits for one is tried again; how many documents."""
    connection, _realm = qbo_lists.bound(store, company)
    rows = [row.n for row in stuck_rows.stuck(store, connection, CODE)]
    for n in rows:
        unblock.retry(store, n, by)
    return len(rows)
