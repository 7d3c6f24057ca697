"""Taking in items, barcodes, prices, stock, tax codes, customers and ways to pay, from a connection or a file.

Rows are mappings with the keys `pos.connectors.base.FEEDS` lists; a key that is missing keeps what is there (or the
column's default). Each call is one transaction, so callers hand over bounded pages. What is counted as changed was
really compared: a new stamp on the same content is `unchanged`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pos import clock
from pos.store import blanking, inventory_begin, search_index
from pos.store.models import Barcode, Customer, Item, PaymentMode, Price, Stock, TaxCode
from pos.store.models.base import Row
from pos.store.stock import own_total

if TYPE_CHECKING:
    from pos.store.db import Store

#: Sources that are not a connection: stock from them is counted here, and our own movements change it.
LOCAL = ("csv", "demo", "till")
#: Columns that say where a row comes from and how it is kept, not what it says.
_ASIDE = {"modified", "source", "thumb", "own_at_set"}
_LISTED = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a batch did: rows that were new, that differ now, that say the same as before.

    touched: the items (or other keys) behind added and changed, of one batch only; a sum has none.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    touched: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged)


def put_items(store: Store, rows: Iterable[Mapping[str, Any]], source: str) -> Counts:
    """Items with their `barcodes` and `attributes` (each the whole list, when the key is there).

    A barcode that belonged to another item moves here. A new picture address asks for a new thumbnail.
    """
    given = _last_of_each(rows, ("code",))
    with store.transaction():
        listed = json.dumps([row["code"] for row in given])
        old = _existing(store, Item, f"code IN {_LISTED}", (listed,), ("code",))
        codes, attributes = _lists_of(store, listed)
        touched: set[str] = set()
        losers: set[str] = set()
        counts = Counts()
        for row in given:
            code, before = row["code"], old.get((row["code"],))
            values = {"source": source, **{k: row[k] for k in _columns(Item) if k in row and k != "thumb"}}
            if before is not None and values.get("image", before["image"]) != before["image"]:
                values["thumb"] = ""
            outcome = _put(store, Item, ("code",), values, before)
            extra = _put_codes(store, code, row.get("barcodes"), codes.get(code, {}), losers)
            extra |= _put_attributes(store, code, row.get("attributes"), attributes.get(code, {}))
            if before is not None and extra:
                outcome = Counts(changed=1)
            if not outcome.unchanged:
                touched.add(code)
            counts += outcome
        search_index.update(store, touched | losers)
    return replace(counts, touched=frozenset(touched))


def put_barcodes(store: Store, rows: Iterable[Mapping[str, Any]]) -> Counts:
    """Single barcodes: code, item, uom. One that belonged to another item moves."""
    return _put_rows(store, Barcode, ("code",), rows, index="item")


def put_taxes(store: Store, rows: Iterable[Mapping[str, Any]]) -> Counts:
    """Tax codes with their rate as exact percent text."""
    return _put_rows(store, TaxCode, ("code",), rows)


def put_prices(store: Store, rows: Iterable[Mapping[str, Any]]) -> Counts:
    """Prices in minor units. A row the source knows by `name` replaces what it said before under other dates."""
    given = list(rows)
    with store.transaction():
        for row in given:
            if row.get("name"):
                key = (row["name"], row["price_list"], row["item"], row.get("valid_from", ""))
                store.execute(
                    "DELETE FROM price WHERE name = ? AND NOT (price_list = ? AND item = ? AND valid_from = ?)", key
                )
        return _put_rows(store, Price, ("price_list", "item", "valid_from"), given, by="item")


def put_stock(store: Store, rows: Iterable[Mapping[str, Any]], source: str, by: str = inventory_begin.BY) -> Counts:
    """Stock in thousandths per item and warehouse, as of now (local sources) or as of the pull (`pulled_until`). What
    a local source says otherwise than it stands here is an opening event of the difference, entered by somebody."""
    local = source in LOCAL
    with store.transaction():
        rows = _last_of_each(rows, ("item", "warehouse"))
        if local:
            inventory_begin.counted(store, rows, source, by, clock.now())
        given = [
            {**row, "own_at_set": own_total(store, row["item"], row["warehouse"]) if local else None} for row in rows
        ]
        return _put_rows(store, Stock, ("item", "warehouse"), given, by="item")


def put_customers(store: Store, rows: Iterable[Mapping[str, Any]], source: str) -> Counts:
    """Customers by code; one that was forgotten is not taken in again."""
    given = list(rows)
    with store.transaction():
        gone = blanking.is_forgotten(store, [str(row["code"]) for row in given])
        kept = ({"source": source, **row} for row in given if row["code"] not in gone)
        return _put_rows(store, Customer, ("code",), kept)


def put_modes(store: Store, rows: Iterable[Mapping[str, Any]], source: str) -> Counts:
    """Ways to pay by name."""
    return _put_rows(store, PaymentMode, ("name",), ({"source": source, **row} for row in rows))


#: Feed -> (table, column of the name in the source, whether a missing row is switched off rather than deleted).
_FEEDS: dict[str, tuple[type[Row], str, bool]] = {
    "items": (Item, "code", True),
    "customers": (Customer, "code", True),
    "modes": (PaymentMode, "name", True),
    "prices": (Price, "name", False),
}


def names(store: Store, feed: str, source: str) -> set[str]:
    """Every name of a feed that is in use here and came from this source; what a full list is compared with."""
    model, column, switched = _FEEDS[feed]
    if switched:
        rows = store.execute(f"SELECT {column} FROM {_table(model)} WHERE source = ? AND disabled = 0", (source,))
    else:
        rows = store.execute(f"SELECT {column} FROM {_table(model)} WHERE {column} != ''")
    return {row[0] for row in rows}


def deactivate(store: Store, gone: Iterable[str], feed: str = "items") -> int:
    """Switch off what its source no longer has (a price is deleted); how many. One transaction."""
    model, column, switched = _FEEDS[feed]
    table, listed = _table(model), json.dumps(sorted(set(gone)))
    with store.transaction():
        if not switched:
            return store.execute(f"DELETE FROM {table} WHERE {column} IN {_LISTED}", (listed,)).rowcount
        asked = f"UPDATE {table} SET disabled = 1 WHERE {column} IN {_LISTED} AND disabled = 0 RETURNING {column}"
        changed = [row[0] for row in store.execute(asked, (listed,))]
        if model is Item:
            search_index.update(store, changed)
        return len(changed)


def owners(store: Store, barcodes: Iterable[str]) -> dict[str, str]:
    """Which item each of these barcodes belongs to; unknown ones are left out."""
    asked = f"SELECT code, item FROM barcode WHERE code IN {_LISTED}"
    return dict(store.execute(asked, (json.dumps(list(barcodes)),)).fetchall())


def templates(store: Store, codes: Iterable[str]) -> dict[str, bool]:
    """Of these items those that are known, and whether each one is a template."""
    asked = f"SELECT code, has_variants FROM item WHERE code IN {_LISTED}"
    return {code: bool(flag) for code, flag in store.execute(asked, (json.dumps(list(codes)),))}


def thumbs_wanted(store: Store, limit: int) -> list[tuple[str, str]]:
    """Items in use that have a picture but no thumbnail yet: (code, address)."""
    asked = "SELECT code, image FROM item WHERE image != '' AND thumb = '' AND disabled = 0 ORDER BY code LIMIT ?"
    return [(code, image) for code, image in store.execute(asked, (limit,))]


def set_thumb(store: Store, code: str, image: str, thumb: str) -> bool:
    """The thumbnail made of a picture, as a file name below data/thumbs; False when the picture changed meanwhile."""
    with store.transaction():
        asked = "UPDATE item SET thumb = ? WHERE code = ? AND image = ?"
        return store.execute(asked, (thumb, code, image)).rowcount == 1


# What the above is made of.


def _table(model: type[Row]) -> str:
    return str(model._meta.table_name)


def _columns(model: type[Row]) -> tuple[str, ...]:
    return tuple(model._meta.sorted_field_names)


def _last_of_each(rows: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> list[Mapping[str, Any]]:
    """A page may name a row twice; the later one is the newer one."""
    return list({tuple(row.get(k, "") for k in keys): row for row in rows}.values())


def _existing(
    store: Store, model: type[Row], where: str, given: Sequence[Any], keys: Sequence[str]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    columns = _columns(model)
    found = store.execute(f"SELECT {', '.join(columns)} FROM {_table(model)} WHERE {where}", given)
    rows = [dict(zip(columns, row, strict=True)) for row in found]
    return {tuple(row[k] for k in keys): row for row in rows}


def _put(
    store: Store, model: type[Row], keys: Sequence[str], values: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Counts:
    """Insert or update one row; what is missing keeps its value or the column's default."""
    for name, value in values.items():
        if isinstance(value, float):
            raise TypeError(f"{name} is a float; money and quantities are whole numbers")
    table = _table(model)
    if before is None:
        full = {**_defaults(model), **values}
        marks = ", ".join("?" * len(full))
        store.execute(f"INSERT INTO {table} ({', '.join(full)}) VALUES ({marks})", tuple(full.values()))
        return Counts(added=1)
    different = {k: v for k, v in values.items() if before[k] != v}
    if different:
        where = " AND ".join(f"{k} = ?" for k in keys)
        sets = ", ".join(f"{k} = ?" for k in different)
        store.execute(f"UPDATE {table} SET {sets} WHERE {where}", (*different.values(), *(before[k] for k in keys)))
    return Counts(changed=1) if set(different) - _ASIDE else Counts(unchanged=1)


def _defaults(model: type[Row]) -> dict[str, Any]:
    return {f.name: f.default for f in model._meta.sorted_fields if f.default is not None}


def _put_rows(
    store: Store,
    model: type[Row],
    keys: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    by: str = "",
    index: str = "",
) -> Counts:
    """Upsert a page. by: the key column to load by when there are several. index: the column that names an item."""
    column = by or keys[0]
    blank = dict.fromkeys(keys, "")
    given = [blank | {k: row[k] for k in _columns(model) if k in row} for row in _last_of_each(rows, keys)]
    with store.transaction():
        listed = json.dumps(sorted({row[column] for row in given}))
        old = _existing(store, model, f"{column} IN {_LISTED}", (listed,), keys)
        counts, touched, losers = Counts(), set(), set()
        for row in given:
            before = old.get(tuple(row[k] for k in keys))
            outcome = _put(store, model, keys, row, before)
            if not outcome.unchanged:
                touched.add(row[index or column])
                losers |= {before[index]} if before and index else set()
            counts += outcome
        if index:
            search_index.update(store, touched | losers)
    return replace(counts, touched=frozenset(touched))


def _lists_of(store: Store, listed: str) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, tuple[str, int]]]]:
    """Per item: its barcodes with their unit, and its attributes with value and position."""
    codes: dict[str, dict[str, str]] = {}
    for item, code, uom in store.execute(f"SELECT item, code, uom FROM barcode WHERE item IN {_LISTED}", (listed,)):
        codes.setdefault(item, {})[code] = uom
    attributes: dict[str, dict[str, tuple[str, int]]] = {}
    asked = f"SELECT item, name, value, position FROM attribute WHERE item IN {_LISTED}"
    for item, name, value, position in store.execute(asked, (listed,)):
        attributes.setdefault(item, {})[name] = (value, position)
    return codes, attributes


def _put_codes(
    store: Store, item: str, rows: Iterable[Mapping[str, Any]] | None, before: Mapping[str, str], losers: set[str]
) -> bool:
    """Make an item's barcodes be these; whether that changed anything. `losers` gets whoever lost one."""
    if rows is None:
        return False
    wanted = {row["code"]: row.get("uom", "") for row in rows}
    if wanted == dict(before):
        return False
    for code in before.keys() - wanted.keys():
        store.execute("DELETE FROM barcode WHERE code = ? AND item = ?", (code, item))
    for code, uom in wanted.items():
        owner = store.execute("SELECT item FROM barcode WHERE code = ?", (code,)).fetchone()
        if owner and owner[0] != item:
            losers.add(owner[0])
        store.execute(
            "INSERT INTO barcode (code, item, uom) VALUES (?, ?, ?) "
            "ON CONFLICT (code) DO UPDATE SET item = excluded.item, uom = excluded.uom",
            (code, item, uom),
        )
    return True


def _put_attributes(
    store: Store, item: str, rows: Iterable[Mapping[str, Any]] | None, before: Mapping[str, tuple[str, int]]
) -> bool:
    if rows is None:
        return False
    wanted = {row["name"]: (row["value"], row.get("position", at)) for at, row in enumerate(rows)}
    if wanted == dict(before):
        return False
    store.execute("DELETE FROM attribute WHERE item = ?", (item,))
    store.execute_many(
        "INSERT INTO attribute (item, name, value, position) VALUES (?, ?, ?, ?)",
        [(item, name, value, position) for name, (value, position) in wanted.items()],
    )
    return True
