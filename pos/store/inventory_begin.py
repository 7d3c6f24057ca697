"""How stock comes to be kept here: places for the warehouses tills sell from, and openings for what was counted before
there were events, or is counted anew by a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pos import clock
from pos.rules.inventory import Line
from pos.said import said
from pos.store import audit, companies, inventory
from pos.store.companies import MAIN
from pos.store.db import Store

_LISTED = "(SELECT value FROM json_each(?))"
#: Rows of stock opened in one event, and in one transaction.
LINES_MAX = 2000
#: Who does what nobody asked for.
BY = "system"
#: Meta: every row counted before there were events has its opening.
_BEGUN = "inventory_begun"


def begin(store: Store) -> None:
    """At each start: every warehouse goods are sold from, or are counted at, is a place; and what was counted here
    before has its opening. Doing it again changes nothing."""
    for code, company in sorted(_warehouses(store).items()):
        place(store, code, company)
    if store.execute("SELECT 1 FROM meta WHERE key = ?", (_BEGUN,)).fetchone() is None:
        after: tuple[str, str] | None = ("", "")
        while after:
            after = _open_next(store, after)
        with store.transaction():
            store.execute("INSERT INTO meta (key, value) VALUES (?, '1') ON CONFLICT (key) DO NOTHING", (_BEGUN,))


def place(store: Store, code: str, company: str = "") -> str:
    """The company of a place, which is made where there is none. company: "" = that of the till that sells from it."""
    row = store.execute("SELECT company FROM inventory_location WHERE code = ?", (code,)).fetchone()
    if row is not None:
        return str(row[0])
    owner = company or _company_of(store, code)
    now = clock.stamp(clock.now())
    with store.transaction():
        added = store.execute(
            "INSERT INTO inventory_location (code, company, display_name, active, is_virtual, qb_site_name,"
            " qb_site_id, made_at, changed_at, changed_by) VALUES (?, ?, ?, 1, 0, '', '', ?, ?, ?)"
            " ON CONFLICT (code) DO NOTHING",
            (code, owner, code, now, now, BY),
        ).rowcount
        if added:
            audit.record(store, BY, "inventory.location", code, {"company": owner})
    return owner


def counted(store: Store, rows: Iterable[Mapping[str, Any]], source: str, by: str, now: datetime) -> None:
    """What a file says is on hand now becomes openings of the differences; (item, warehouse, qty) each. In the
    transaction that then writes the rows of `stock`, with own_at_set as it is now."""
    given = {(str(row["item"]), str(row["warehouse"])): int(row["qty"]) for row in rows}
    before = _levels(store, given)
    by_company = dict[str, list[Line]]()
    for (item, code), qty in given.items():
        level = before.get((item, code), 0)
        if qty != level and code:
            line = Line(item, qty - level, destination=code, set_to=qty, level=level)
            by_company.setdefault(place(store, code), []).append(line)
    for company, lines in sorted(by_company.items()):
        memo = str(said("Counted by a list ({source}).", source=source))
        inventory.opened(store, company, lines, by=by, memo=memo, now=now)


def opened_with(store: Store, items: Iterable[str]) -> dict[tuple[str, str], int]:
    """What each item was opened with at each place, thousandths by (item, place): the newest opening that stands."""
    asked = (
        "SELECT l.item, l.destination, l.set_to FROM inventory_line l JOIN inventory_event e ON e.id = l.event"
        f" WHERE l.item IN {_LISTED} AND e.kind = 'opening' AND e.status = 'committed' AND l.set_to IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM inventory_event c WHERE c.counters = e.id AND c.status = 'committed')"
        " ORDER BY e.n"
    )
    rows = store.execute(asked, (json.dumps(sorted(items)),)).fetchall()
    return {(item, place): set_to for item, place, set_to in rows}


def _levels(store: Store, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """What all moves of events and documents come to: on hand of what is kept here; of the rest what it would be."""
    listed = json.dumps(sorted({item for item, _ in pairs}))
    found = dict[tuple[str, str], int]()
    for table in (
        f"SELECT item, location, sum(qty) FROM inventory_move WHERE item IN {_LISTED} GROUP BY item, location",
        f"SELECT item, warehouse, qty FROM movement_total WHERE item IN {_LISTED}",
    ):
        for item, code, qty in store.execute(table, (listed,)).fetchall():
            found[item, code] = found.get((item, code), 0) + int(qty)
    return found


def _warehouses(store: Store) -> dict[str, str]:
    """Warehouse -> company ("" = to be found) of what is no place yet."""
    known = {code for (code,) in store.execute("SELECT code FROM inventory_location").fetchall()}
    found = dict[str, str]()
    if store.config.server.role != "hub" and store.config.till.warehouse:
        found[store.config.till.warehouse] = MAIN
    found = dict.fromkeys(_counted_at(store), "") | found
    if store.config.server.role != "till":
        sold = store.execute("SELECT DISTINCT warehouse FROM movement_total").fetchall()
        found = {code: "" for (code,) in sold if code} | found
    return {code: company for code, company in found.items() if code not in known}


def _counted_at(store: Store) -> set[str]:
    """Warehouses of which stock is kept here, from one to the next in the index by place."""
    found, code = set[str](), ""
    kept = "SELECT 1 FROM stock WHERE warehouse = ? AND own_at_set IS NOT NULL LIMIT 1"
    while True:
        (code,) = store.execute("SELECT min(warehouse) FROM stock WHERE warehouse > ?", (code,)).fetchone()
        if code is None:
            return found
        if store.execute(kept, (code,)).fetchone() is not None:
            found.add(code)


def _company_of(store: Store, code: str) -> str:
    """The company whose till sold from a warehouse last; the first one where none did."""
    if store.config.server.role == "till" or not companies.are_several(store):
        return MAIN
    item = store.execute("SELECT item FROM movement_total WHERE warehouse = ? LIMIT 1", (code,)).fetchone()
    if item is None:
        return MAIN
    row = store.execute(
        "SELECT d.till FROM movement m JOIN document d ON d.id = m.document WHERE m.item_code = ? AND m.warehouse = ?"
        " ORDER BY d.n DESC LIMIT 1",
        (item[0], code),
    ).fetchone()
    return companies.of_till(store, row[0]).company if row else MAIN


def _open_next(store: Store, after: tuple[str, str]) -> tuple[str, str] | None:
    """Open the next rows counted here that no event speaks of, those that are looked up inside the transaction: another
    process may do the same. The last of them; None when there are no more."""
    with store.transaction():
        rows = store.execute(
            "SELECT s.item, s.warehouse, s.qty - s.own_at_set, coalesce(t.qty, 0) FROM stock s"
            " LEFT JOIN movement_total t ON t.item = s.item AND t.warehouse = s.warehouse"
            " WHERE (s.item, s.warehouse) > (?, ?) AND s.own_at_set IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM inventory_move m WHERE m.item = s.item AND m.location = s.warehouse)"
            " ORDER BY s.item, s.warehouse LIMIT ?",
            (*after, LINES_MAX),
        ).fetchall()
        by_company = dict[str, list[Line]]()
        for item, code, base, own in rows:
            if base and code:
                line = Line(item, base, destination=code, set_to=base + own, level=own)
                by_company.setdefault(place(store, code), []).append(line)
        for company, lines in sorted(by_company.items()):
            memo = str(said("What was counted before there were events."))
            inventory.opened(store, company, lines, by=BY, memo=memo, now=clock.now())
    return (rows[-1][0], rows[-1][1]) if rows else None
