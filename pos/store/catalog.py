"""What the shop sells, as the till asks for it: search, groups, barcode, the variant grid, goods to price, ways to pay.

Answers are plain figures: money in minor units, quantities in thousandths; `actions.catalog` puts them into words.
Nothing here returns an item that is switched off, except `goods`, which says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pos.errors import NotFound
from pos.rules import barcode, sizes
from pos.rules.cart import Goods
from pos.rules.money import digits_of, exact
from pos.said import said
from pos.store import search as words
from pos.store.feeds import (
    Counts,
    deactivate,
    names,
    put_barcodes,
    put_customers,
    put_items,
    put_modes,
    put_prices,
    put_stock,
    put_taxes,
    set_thumb,
    thumbs_wanted,
)
from pos.store.shelf import LISTED, Article, Tile, items_of, tile_for, tile_of, tiles_of
from pos.store.stock import pulled_until, stock_of

if TYPE_CHECKING:
    from pos.store.db import Store

__all__ = [
    "Counts",
    "Found",
    "Grid",
    "Known",
    "Mode",
    "Scanned",
    "Tile",
    "by_barcode",
    "customer",
    "deactivate",
    "goods",
    "group_names",
    "groups",
    "matrix",
    "names",
    "payment_modes",
    "pulled_until",
    "put_barcodes",
    "put_customers",
    "put_items",
    "put_modes",
    "put_prices",
    "put_stock",
    "put_taxes",
    "search",
    "set_thumb",
    "stock_of",
    "thumb_names",
    "thumbs_wanted",
    "tile",
]

LIMIT = 60
LIMIT_MAX = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One page of tiles. total: exact, unless capped: then there are more than that."""

    items: tuple[Tile, ...]
    shown: int
    total: int
    capped: bool
    offset: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a code stands for. qty and price are what the code itself holds; a template cannot become a line."""

    tile: Tile
    barcode: str  # a label as scanned, another code as registered; empty when the item's own code was given
    qty: Decimal | None
    price: Decimal | None
    sellable: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """The variants of a template: rows by columns, each a tile or None. One attribute makes one row, named ""."""

    tile: Tile
    rows: tuple[str, tuple[str, ...]]
    columns: tuple[str, tuple[str, ...]]
    cells: tuple[tuple[Tile | None, ...], ...]


def search(store: Store, q: str = "", group: str = "", offset: int = 0, limit: int = LIMIT) -> Found:
    """Tiles whose every word matches, by the order `store.search` promises; a template stands for its variants."""
    offset, limit = max(0, offset), max(1, min(limit, LIMIT_MAX))
    with store.reading():
        hits = words.find(store, q, group, offset, limit)
        tiles = tiles_of(store, [(hit.code, hit.items) for hit in hits.hits])
    return Found(tuple(tiles), len(tiles), hits.total, hits.capped, offset)


def groups(store: Store) -> list[tuple[str, int]]:
    """Every group with something to sell and its number of tiles, by name."""
    with store.reading():
        return words.groups(store)


def group_names(store: Store) -> list[str]:
    """The same names without counting, in the same order."""
    with store.reading():
        return words.group_names(store)


def tile(store: Store, code: str) -> Tile:
    """One tile by item code. NotFound when it is unknown, switched off or a template without variants."""
    with store.reading():
        return tile_of(store, code)


def by_barcode(store: Store, code: str) -> Scanned:
    """The item behind what was scanned or typed: a barcode, a code with a price or weight in it, a GS1 element string,
    or an item code. NotFound names the code; Invalid when it cannot be read; a template is not `sellable`."""
    rules = barcode.parse_rules(store.config.pricing.barcode_rules)
    readings = barcode.readings(code, rules, store.config.shop.currency)
    with store.reading():
        found = _known(store, [*(r.code for r in readings), readings[0].code.upper()])
        if found is None:
            raise NotFound(said("Code {code} is not known.", code=readings[0].code[:60]), field="code")
        known, item = found
        meant = next((r for r in readings if r.code == known), readings[0])
        shown = tile_of(store, item, code)
    qty = None if meant.qty == 1 else meant.qty
    # A label is kept as scanned, so that what it says can be read again; the item's own code is no barcode.
    held = code.strip() if qty is not None or meant.price is not None else "" if known == item else meant.code
    return Scanned(shown, held, qty, meant.price, not shown.has_variants)


def _known(store: Store, codes: Sequence[str]) -> tuple[str, str] | None:
    """The first of these that is a barcode, else the first that is an item code: (code, item)."""
    listed = (json.dumps(codes),)
    for table, item in (("barcode", "item"), ("item", "code")):
        found = dict(store.execute(f"SELECT code, {item} FROM {table} WHERE code IN {LISTED}", listed).fetchall())
        for code in codes:
            if code in found:
                return code, found[code]
    return None


def matrix(store: Store, code: str) -> Grid:
    """The grid of a template (or of the template a variant belongs to). NotFound when it has no variants in use.

    Sizes run across; what else there is (colour, width) runs down. A combination that is not made is None.
    """
    with store.reading():
        row = store.execute("SELECT code, variant_of, has_variants FROM item WHERE code = ?", (code,)).fetchone()
        template = row[0] if row and row[2] else row[1] if row else None
        variants = [
            r[0] for r in store.execute("SELECT code FROM item WHERE variant_of = ? AND disabled = 0", (template,))
        ]
        items = items_of(store, [*([template] if template else []), *variants])
    if template not in items or not variants or items[template].disabled:
        raise NotFound(said("{code} has no variants to choose from.", code=code[:60]), field="code")
    under = [items[v] for v in variants]
    names = list(dict.fromkeys(name for item in under for name in item.attributes))
    across = _across(names, under)
    down = [n for n in names if n != across]
    place = {(_joined(i, down), i.attributes.get(across, "–")): i for i in under}
    rows, columns = (tuple(sizes.ordered(key[side] for key in place)) for side in (0, 1))
    cells = tuple(tuple(tile_for(i, [i]) if (i := place.get((r, c))) else None for c in columns) for r in rows)
    return Grid(tile_for(items[template], under), (" / ".join(down), rows), (across, columns), cells)


def _across(names: Sequence[str], under: Sequence[Article]) -> str:
    for name in reversed(names):
        if sizes.looks_like_size(name, [i.attributes[name] for i in under if name in i.attributes]):
            return name
    return names[-1] if names else ""


def _joined(item: Article, names: Sequence[str]) -> str:
    return " / ".join(item.attributes.get(n, "–") for n in names)


def goods(store: Store, codes: Iterable[str]) -> dict[str, Goods]:
    """What pricing needs, by item code; an unknown code is left out, a switched-off item says so.

    The price is the till's list's, valid today, else its template's; tax and name fall back to the template likewise.
    """
    listed = sorted(set(codes))
    digits = digits_of(store.config.shop.currency)
    with store.reading():
        items = items_of(store, listed)
        taxes = {
            code: (exact(rate), account)
            for code, rate, account in store.execute(
                f"SELECT code, rate, account FROM tax_code WHERE code IN {LISTED}",
                (json.dumps(sorted({i.tax_code for i in items.values()})),),
            )
        }
        codes_of = dict(
            store.execute(
                f"SELECT item, min(code) FROM barcode WHERE item IN {LISTED} GROUP BY item", (json.dumps(listed),)
            ).fetchall()
        )
    made = {}
    for item in items.values():
        rate, account = taxes.get(item.tax_code, (Decimal(0), ""))
        made[item.code] = Goods(
            code=item.code,
            name=item.name,
            item_group=item.group,
            uom=item.uom,
            price=None if item.price is None else Decimal(item.price).scaleb(-digits),
            tax_code=item.tax_code,
            tax_rate=rate,
            tax_account=account,
            brand=item.brand,
            barcode=codes_of.get(item.code, ""),
            attributes=item.attributes,
            open_price=item.open_price,
            weighed=item.weighed,
            stocked=item.stocked,
            disabled=item.disabled,
            has_variants=item.has_variants,
            stock=None if item.stock is None else Decimal(item.stock).scaleb(-3),
        )
    return made


def tax_percents(store: Store) -> dict[str, str]:
    """Every tax code with its percent as exact text."""
    with store.reading():
        return dict(store.execute("SELECT code, rate FROM tax_code").fetchall())


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to pay: kind is cash, card, voucher, account, other or foreign."""

    name: str
    kind: str


#: What a till without a connection, fed from a file, can be paid with.
PLAIN_MODES = (Mode("Cash", "cash"), Mode("Card", "card"))


def payment_modes(store: Store) -> list[Mode]:
    """The ways to pay in use, in the order of the buttons. A till that was never told of any takes cash and card."""
    found = store.execute("SELECT name, kind, disabled FROM payment_mode ORDER BY position, name").fetchall()
    return [Mode(name, kind) for name, kind, off in found if not off] if found else list(PLAIN_MODES)


@dataclass(frozen=True, slots=True)
class Known:
    """A customer the till knows."""

    code: str
    name: str
    customer_group: str
    phone: str
    email: str
    tax_id: str
    disabled: bool


def customer(store: Store, code: str) -> Known | None:
    """One customer by code, None when unknown."""
    row = store.execute(
        "SELECT code, name, customer_group, phone, email, tax_id, disabled FROM customer WHERE code = ?", (code,)
    ).fetchone()
    return Known(*[*row[:6], bool(row[6])]) if row else None


def thumb_names(store: Store, name: str) -> bool:
    """Whether a file name is the thumbnail of some item."""
    return store.execute("SELECT 1 FROM item WHERE thumb = ? LIMIT 1", (name,)).fetchone() is not None
