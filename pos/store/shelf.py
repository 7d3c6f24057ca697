"""Items as the till shows and prices them: read with attributes, price and stock, and gathered into tiles.

Money in minor units, quantities in thousandths.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pos import clock
from pos.errors import NotFound
from pos.rules import sizes
from pos.said import said
from pos.store.stock import stock_of

if TYPE_CHECKING:
    from pos.store.db import Store

LISTED = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Tile:
    """One item or template as the screen shows it. price: lowest and highest of what it stands for, None = no price.

    attributes: name -> the values it stands for, in natural order. stock: thousandths, None = not known.
    """

    code: str
    name: str
    group: str
    note: str
    attributes: Mapping[str, Sequence[str]]
    price: tuple[int, int] | None
    stock: int | None
    uom: str
    has_variants: bool
    open_price: bool
    weighed: bool
    stocked: bool
    thumb: str


@dataclass(slots=True)
class Article:
    """One item with all a tile or a basket line needs; a variant takes name, group, tax and price of its template."""

    code: str
    name: str
    group: str
    brand: str
    note: str
    uom: str
    tax_code: str
    template: str | None
    has_variants: bool
    open_price: bool
    weighed: bool
    stocked: bool
    disabled: bool
    thumb: str
    attributes: dict[str, str] = field(default_factory=dict)
    price: int | None = None
    stock: int | None = None


def tile_of(store: Store, code: str, asked: str = "") -> Tile:
    """One tile by item code; `asked` is what the person typed, for the words of NotFound."""
    items = items_of(store, [code])
    item = items.get(code)
    if item is None:
        raise NotFound(said("{asked} is not known.", asked=(asked or code)[:60]), field="code")
    if item.disabled:
        raise NotFound(
            said("{name} ({asked}) is no longer sold.", name=item.name, asked=(asked or code)[:60]), field="code"
        )
    if not item.has_variants:
        return tile_for(item, [item])
    variants = [r[0] for r in store.execute("SELECT code FROM item WHERE variant_of = ? AND disabled = 0", (code,))]
    if not variants:
        raise NotFound(said("{name} has no variants to sell.", name=item.name), field="code")
    return tile_for(item, list(items_of(store, variants).values()))


def tiles_of(store: Store, shown: Sequence[tuple[str, Sequence[str]]]) -> list[Tile]:
    """A page of tiles: each by its code, standing for these items. What is not there any more is left out."""
    heads = _articles(store, [code for code, _ in shown])
    owner = {item: code for code, items in shown for item in items}
    attributes: dict[str, list[tuple[str, str]]] = {}
    for item, name, value in store.execute(_ATTRIBUTES, (json.dumps(list(owner)),)):
        attributes.setdefault(owner[item], []).append((name, value))
    prices = _prices(store, [*owner, *heads])
    stock = stock_of(store, owner)
    return [
        _gathered(
            heads[code],
            attributes.get(code, ()),
            [p for item in items if (p := prices.get(item, prices.get(code))) is not None],
            [stock[item] for item in items if item in stock],
        )
        for code, items in shown
        if code in heads
    ]


def tile_for(item: Article, under: Sequence[Article]) -> Tile:
    """A tile that stands for these items: the item itself, or variants of a template."""
    return _gathered(
        item,
        [pair for one in under for pair in one.attributes.items()],
        [one.price for one in under if one.price is not None],
        [one.stock for one in under if one.stock is not None],
    )


def _gathered(
    item: Article, attributes: Iterable[tuple[str, str]], prices: Sequence[int], stocks: Sequence[int]
) -> Tile:
    values: dict[str, dict[str, None]] = {}
    for name, value in attributes:
        values.setdefault(name, {})[value] = None
    return Tile(
        code=item.code,
        name=item.name,
        group=item.group,
        note=item.note,
        attributes={name: sizes.ordered(found) for name, found in values.items()},
        price=(min(prices), max(prices)) if prices else None,
        stock=sum(stocks) if stocks else None,
        uom=item.uom,
        has_variants=item.has_variants,
        open_price=item.open_price,
        weighed=item.weighed,
        stocked=item.stocked,
        thumb=item.thumb,
    )


_ARTICLES = (
    "SELECT i.code, coalesce(t.name, i.name), coalesce(t.item_group, i.item_group), "
    "coalesce(nullif(i.brand, ''), t.brand, ''), i.description, i.uom, "
    "coalesce(nullif(i.tax_code, ''), t.tax_code, ''), t.code, i.has_variants, i.open_price, i.weighed, i.stocked, "
    "i.disabled, coalesce(nullif(i.thumb, ''), t.thumb, '') FROM item i "
    f"LEFT JOIN item t ON t.code = i.variant_of AND t.disabled = 0 AND t.has_variants = 1 WHERE i.code IN {LISTED}"
)


_ATTRIBUTES = f"SELECT item, name, value FROM attribute WHERE item IN {LISTED} ORDER BY position, name"


def items_of(store: Store, codes: Iterable[str]) -> dict[str, Article]:
    """These items with attributes, price and stock, by code. A template's own price serves variants without one."""
    items = _articles(store, codes)
    for code, name, value in store.execute(_ATTRIBUTES, (json.dumps(list(items)),)):
        items[code].attributes[name] = value
    prices = _prices(store, {*items, *(i.template for i in items.values() if i.template)})
    stock = stock_of(store, [i.code for i in items.values() if i.stocked and not i.has_variants])
    for code, item in items.items():
        item.price = prices.get(code, prices.get(item.template or ""))
        item.stock = stock.get(code)
    return items


def _articles(store: Store, codes: Iterable[str]) -> dict[str, Article]:
    rows = store.execute(_ARTICLES, (json.dumps(list(codes)),))
    return {row[0]: Article(*[*row[:8], *(bool(flag) for flag in row[8:13]), row[13]]) for row in rows}


def _prices(store: Store, codes: Iterable[str]) -> dict[str, int]:
    """Today's price of each item in the till's list; of several that are valid, the one that began last."""
    config = store.config
    today = clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts).isoformat()
    found = store.execute(
        f"SELECT item, amount FROM price WHERE price_list = ? AND item IN {LISTED} AND currency = ? "
        "AND valid_from <= ? AND (valid_upto = '' OR valid_upto >= ?) ORDER BY valid_from",
        (config.till.price_list, json.dumps(list(codes)), config.shop.currency, today, today),
    )
    return {item: amount for item, amount in found}
