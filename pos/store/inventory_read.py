"""Stock as it is looked at: levels, what is promised to held baskets, the overview, all that moved an item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.errors import Invalid, NotFound
from pos.rules import money
from pos.said import said
from pos.store import inventory_places, search, stock
from pos.store.db import Store
from pos.store.inventory_places import Part
from pos.store.reach import EVERYWHERE, Reach

_LISTED = "(SELECT value FROM json_each(?))"
PAGE_MAX = 500
#: Above any number a row has.
_NEWEST = 2**62
#: Tiles looked through for words; who has more hits types another one.
FOUND_MAX = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One item at one place. Quantities in thousandths; reorder None = no point is known. kept: by us, else by a
    connection. low: what is available is at or below the point, or nothing is where no point is known."""

    item: str
    name: str
    location: str
    on_hand: int
    reserved: int
    available: int
    reorder: int | None
    low: bool
    uom: str = ""
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Overview:
    """One page. after: asks for the next one; "" = there is none."""

    rows: list[Row]
    after: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A company at a glance. skus: items whose stock is kept; low: items at places; pending, errors: at QuickBooks."""

    skus: int
    low: int
    pending: int
    errors: int
    locations: int


@dataclass(frozen=True, slots=True)
class Detail:
    """One item: what the books know of it, and how it stands at each place."""

    item: str
    name: str
    uom: str
    reorder: int | None
    stocked: bool
    template: bool
    disabled: bool
    barcodes: tuple[str, ...]
    part: Part
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """Something that moved an item. kind: of the event or of the document; ref: its id; number: of the receipt.
    level_after: on hand at that place afterwards; None before anything was known of it, and where others keep it."""

    at: str
    kind: str
    ref: str
    number: str
    location: str
    qty: int
    level_after: int | None
    by: str
    void: bool = False


@dataclass(frozen=True, slots=True)
class Moves:
    """One page, the newest first. after: asks for the next one; "" = there is none."""

    rows: list[Moved]
    after: str


# -- levels ------------------------------------------------------------------------------------------------------------


def levels(
    store: Store, company: str, items: Iterable[str], locations: Iterable[str] = ()
) -> dict[tuple[str, str], int]:
    """On hand, thousandths, by (item, place); what nothing is known of is left out. locations: () = all of them."""
    places = {one.code for one in inventory_places.locations(store, company)}
    wanted = list(items)
    return {
        (item, place): qty
        for place in sorted(places & set(locations) if locations else places)
        for item, qty in stock.stock_of(store, wanted, place).items()
    }


def reserved(store: Store) -> dict[tuple[str, str], int]:
    """What baskets that are set aside hold, thousandths by (item, place): it is on hand and promised."""
    found = dict[tuple[str, str], int]()
    places = dict[str, str]()
    for till, basket in store.execute("SELECT till, basket FROM held WHERE state = 'held'").fetchall():
        if till not in places:
            places[till] = place_of_till(store, till)
        for item, qty in _held_lines(basket):
            if qty > 0:
                found[item, places[till]] = found.get((item, places[till]), 0) + qty
    return found


def place_of_till(store: Store, till: str) -> str:
    """Where a till's goods leave from: its setting here, else what its newest sale says."""
    if till == store.config.till.id or store.config.server.role == "till":
        return store.config.till.warehouse
    row = store.execute(
        "SELECT m.warehouse FROM document d JOIN movement m ON m.document = d.id WHERE d.till = ?"
        " AND d.series = 'till' ORDER BY d.sequence DESC LIMIT 1",
        (till,),
    ).fetchone()
    return str(row[0]) if row else store.config.till.warehouse


def _held_lines(basket: str) -> list[tuple[str, int]]:
    """(item, thousandths) of a basket as its page sent it; what cannot be read holds nothing."""
    try:
        lines = json.loads(basket).get("lines") or []
        read = [(str(line["item_code"]), money.figure(str(money.exact(str(line["qty"]))))) for line in lines]
        return [(item, int(qty.scaleb(3))) for item, qty in read]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


# -- overview ----------------------------------------------------------------------------------------------------------

_COLUMNS = "s.item, i.name, s.warehouse, s.qty, s.own_at_set, coalesce(t.qty, 0), i.reorder, i.uom"
_BESIDE = (
    "LEFT JOIN movement_total t ON t.item = s.item AND t.warehouse = s.warehouse WHERE i.stocked = 1 AND i.disabled = 0"
)


def overview(
    store: Store, company: str, reach: Reach = EVERYWHERE, *, query: str = "", location: str = "",
    low_only: bool = False, page: str = "", size: int = 50,
) -> Overview:  # fmt: skip
    """Items at places, by item and place. query: words, a code or a barcode. page: "" or the `after` of the one before.
    NotFound for a company or a place outside of the reach."""
    places = _places(store, company, reach, location)
    size = max(1, min(size, PAGE_MAX))
    begin = _key(page)
    where, facts = ["(s.item, s.warehouse) > (?, ?)"], list[Any](begin)
    if location:
        where.append("s.warehouse = ?")
        facts.append(location)
    else:
        where.append(f"(s.warehouse || '') IN {_LISTED}")  # by the key, not by place: a page is read, not sorted
        facts.append(json.dumps(sorted(places)))
    if query.strip():
        where.append(f"s.item IN {_LISTED}")
        facts.append(json.dumps(_matching(store, query)))
    table = "stock s"
    if low_only:
        table = "low_stock w CROSS JOIN stock s ON s.item = w.item AND s.warehouse = w.location"
        where[0] = "(w.item, w.location) > (?, ?)"
    order = "w.item, w.location" if low_only else "s.warehouse, s.item" if location else "s.item, s.warehouse"
    asked = (
        f"SELECT {_COLUMNS} FROM {table} CROSS JOIN item i ON i.code = s.item {_BESIDE} AND {' AND '.join(where)}"
        f" ORDER BY {order} LIMIT ?"
    )
    if location and not low_only:  # the index by place
        asked = asked.replace("(s.item, s.warehouse) > (?, ?)", "s.item > ?")
        facts = [begin[0], *facts[2:]]
    with store.reading():
        found = store.execute(asked, (*facts, size + 1)).fetchall()
        rows = _rows(store, found[:size])
    after = json.dumps([rows[-1].item, rows[-1].location]) if len(found) > size else ""
    return Overview(rows, after)


def _rows(store: Store, found: Sequence[Any]) -> list[Row]:
    promised = reserved(store)
    told = dict[tuple[str, str], int]()
    owned = dict[str, list[str]]()
    for item, _, place, _, at_set, *_ in found:
        if at_set is None:
            owned.setdefault(place, []).append(item)
    for place, items in owned.items():
        told |= {(item, place): qty for item, qty in stock.stock_of(store, items, place).items()}
    rows = []
    for item, name, place, qty, at_set, own, reorder, uom in found:
        on_hand = qty - at_set + own if at_set is not None else told.get((item, place), qty)
        held = promised.get((item, place), 0)
        left = on_hand - held
        rows.append(
            Row(item, name, place, on_hand, held, left, reorder, left <= (reorder or 0), uom, at_set is not None)
        )
    return rows


def _places(store: Store, company: str, reach: Reach, location: str) -> set[str]:
    if not inventory_places.sees(store, reach, company):
        raise NotFound(said("There is no company {name} here.", name=company[:30]), field="company")
    places = {one.code for one in inventory_places.locations(store, company, reach)}
    if location and location not in places:
        raise NotFound(said("There is no place {code}.", code=location[:140]), field="location")
    return places


def _matching(store: Store, query: str) -> list[str]:
    hits = search.find(store, query.strip()[: search.QUERY_MAX], "", 0, FOUND_MAX).hits
    exact = store.execute("SELECT code FROM item WHERE code = ?", (query.strip(),)).fetchall()
    return sorted({item for hit in hits for item in (hit.code, *hit.items)} | {code for (code,) in exact})


def _key(page: str) -> tuple[str, str]:
    if not page:
        return "", ""
    try:
        item, place = (str(part) for part in json.loads(page))
        f"{item}{place}".encode()  # half a letter, which JSON can spell, is no text for a database
        return item, place
    except (ValueError, TypeError, RecursionError):
        raise Invalid("That is no page of this list.", field="page") from None


def figures(store: Store, company: str) -> Figures:
    """A company at a glance."""
    skus = store.execute(
        "SELECT count(*) FROM item WHERE stocked = 1 AND disabled = 0 AND has_variants = 0"
    ).fetchone()[0]
    low = store.execute(
        "SELECT count(*) FROM low_stock w JOIN inventory_location l ON l.code = w.location WHERE l.company = ?",
        (company,),
    ).fetchone()[0]
    states = dict(
        store.execute(
            "SELECT qb_status, count(*) FROM inventory_event WHERE company = ? AND status = 'committed'"
            " AND qb_status IN ('not_ready', 'pending', 'in_flight', 'unknown', 'error') GROUP BY qb_status",
            (company,),
        ).fetchall()
    )
    errors = states.pop("error", 0)
    return Figures(skus, low, sum(states.values()), errors, len(inventory_places.locations(store, company)))


# -- one item ----------------------------------------------------------------------------------------------------------


def item_detail(store: Store, item: str, company: str, reach: Reach = EVERYWHERE) -> Detail:
    """One item with how it stands at each place of a company. NotFound."""
    places = _places(store, company, reach, "")
    with store.reading():
        row = store.execute(
            "SELECT name, uom, reorder, stocked, has_variants, disabled FROM item WHERE code = ?", (item,)
        ).fetchone()
        if row is None:
            raise NotFound(said("There is no item {code}.", code=item[:140]), field="sku")
        name, uom, reorder, *flags = row
        asked = (
            f"SELECT {_COLUMNS} FROM stock s CROSS JOIN item i ON i.code = s.item LEFT JOIN movement_total t"
            f" ON t.item = s.item AND t.warehouse = s.warehouse WHERE s.item = ? AND s.warehouse IN {_LISTED}"
            " ORDER BY s.warehouse"
        )
        found = store.execute(asked, (item, json.dumps(sorted(places)))).fetchall()
        codes = store.execute("SELECT code FROM barcode WHERE item = ? ORDER BY code", (item,)).fetchall()
        part = inventory_places.parts(store, company, [item]).get(item) or Part(company, item)
        stocked, template, disabled = (bool(flag) for flag in flags)
        return Detail(
            item, name, uom, reorder, stocked, template, disabled, tuple(code for (code,) in codes), part,
            tuple(_rows(store, found)),
        )  # fmt: skip


def moves(
    store: Store, item: str, company: str, reach: Reach = EVERYWHERE, *, location: str = "", page: str = "",
    size: int = 50,
) -> Moves:  # fmt: skip
    """All that moved an item at the places of a company, events and documents, the newest first."""
    places = {location} & _places(store, company, reach, location) if location else _places(store, company, reach, "")
    size = max(1, min(size, PAGE_MAX))
    with store.reading():
        document, move, there = _cursor(page) if page else (_NEWEST, _NEWEST, _kept_levels(store, item))
        listed = json.dumps(sorted(places))
        sold = store.execute(_SOLD, (item, listed, document, size + 1)).fetchall()
        done = store.execute(_DONE, (item, listed, move, size + 1)).fetchall()
        since = _known_since(store, item)
    rows = list[Moved]()
    while len(rows) < size and (sold or done):
        if not done or (sold and _moment(sold[0][5]) > _moment(done[0][5])):
            document, kind, ref, number, by, at, place, qty = sold.pop(0)
            void = False
        else:
            move, kind, ref, number, by, at, place, qty, void = done.pop(0)
        after = there.get(place) if place in since and _moment(at) >= since[place] else None
        rows.append(Moved(at, kind, ref, number, place, qty, after, by, bool(void)))
        if place in there:
            there[place] -= qty
    return Moves(rows, json.dumps([document, move, there]) if sold or done else "")


_SOLD = (
    "SELECT d.n, d.kind, d.id, d.number, d.cashier, d.created_at, m.warehouse, sum(m.qty) FROM movement m"
    f" JOIN document d ON d.id = m.document WHERE m.item_code = ? AND m.warehouse IN {_LISTED} AND d.n < ?"
    " GROUP BY d.n, d.kind, d.id, d.number, d.cashier, d.created_at, m.warehouse ORDER BY d.n DESC LIMIT ?"
)
_DONE = (
    "SELECT m.n, e.kind, e.id, e.reference, m.by, m.at, m.location, m.qty,"
    " CASE WHEN e.voided_at <> '' AND m.at = e.voided_at THEN 1 ELSE 0 END FROM inventory_move m"
    f" JOIN inventory_event e ON e.id = m.event WHERE m.item = ? AND m.location IN {_LISTED} AND m.n < ?"
    " ORDER BY m.n DESC LIMIT ?"
)


def _kept_levels(store: Store, item: str) -> dict[str, int]:
    asked = (
        "SELECT s.warehouse, s.qty - s.own_at_set + coalesce(t.qty, 0) FROM stock s LEFT JOIN movement_total t"
        " ON t.item = s.item AND t.warehouse = s.warehouse WHERE s.item = ? AND s.own_at_set IS NOT NULL"
    )
    return dict(store.execute(asked, (item,)).fetchall())


def _known_since(store: Store, item: str) -> Mapping[str, datetime]:
    """When the first event was entered on an item at each place: what was there before, nobody had said."""
    asked = "SELECT location, min(at) FROM inventory_move WHERE item = ? GROUP BY location"
    return {place: _moment(at) for place, at in store.execute(asked, (item,)).fetchall()}


def _moment(text: str) -> datetime:
    return clock.parse(text)


def _cursor(page: str) -> tuple[int, int, dict[str, int]]:
    try:
        document, move, there = json.loads(page)
        if not 0 <= int(document) <= _NEWEST or not 0 <= int(move) <= _NEWEST:
            raise ValueError
        return int(document), int(move), {str(k): int(v) for k, v in there.items()}
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise Invalid("That is no page of this list.", field="page") from None
