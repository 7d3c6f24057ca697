"""What a stock-keeper scans or types, as a line: the item, how much of it the label says, how it stands at a place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pos.actions import catalog as words
from pos.actions import figures
from pos.actions.inventory_words import exact, quantity
from pos.config import Config
from pos.errors import Invalid, NotFound
from pos.rules import label
from pos.rules.money import minor
from pos.said import said
from pos.store import catalog, inventory_places, inventory_read
from pos.store.catalog import Scanned, Tile
from pos.store.db import Store

#: Found by words at once.
FOUND_MAX = 30


def scanned(store: Store, config: Config, company: str, code: str, location: str) -> dict[str, Any]:
    """The line behind a code. NotFound for one nobody knows; Invalid for a template, or goods of which no stock is
    kept."""
    found = catalog.by_barcode(store, code)
    if not found.sellable:
        raise Invalid(said("{code} is a template; name one of its variants.", code=found.tile.code), field="code")
    if not found.tile.stocked:
        raise Invalid(said("No stock is kept of {code}.", code=found.tile.code), field="code")
    line = _lines(store, config, company, [found.tile], location)[0]
    return {**line, "quantity": f"{_quantity(config, found).normalize():f}"}


def _quantity(config: Config, found: Scanned) -> Decimal:
    """How much a label stands for: its weight, or what its price comes to at the shelf's; else one."""
    if found.qty is not None:
        return found.qty
    shelf = found.tile.price
    if found.price is None or not found.tile.weighed or shelf is None or shelf[0] <= 0:
        return Decimal(1)
    amount = minor(found.price, config.shop.currency)
    return (
        label.weighed(amount, shelf[0], config.shop.currency, config.pricing.rounding)[0] if amount > 0 else Decimal(1)
    )


def found(store: Store, config: Config, company: str, text: str, location: str) -> list[dict[str, Any]]:
    """Items whose every word matches, a template by its variants."""
    tiles = list[Tile]()
    for tile in catalog.search(store, text, "", 0, FOUND_MAX).items:
        if len(tiles) >= FOUND_MAX:
            break
        tiles += _variants(store, tile.code) if tile.has_variants else [tile]
    return _lines(store, config, company, [tile for tile in tiles if tile.stocked][:FOUND_MAX], location)


def _variants(store: Store, code: str) -> list[Tile]:
    try:
        grid = catalog.matrix(store, code)
    except NotFound:  # switched off since it was found
        return []
    return [tile for row in grid.cells for tile in row if tile is not None]


def standing(
    store: Store, config: Config, company: str, items: Sequence[str], location: str
) -> dict[str, dict[str, str]]:
    """Level and available of items at a place, by code; "" where nothing is known of one there."""
    levels = inventory_read.levels(store, company, items, [location]) if location else {}
    promised = inventory_read.reserved(store) if location else {}
    return {item: _standing(config, levels.get((item, location)), promised.get((item, location), 0)) for item in items}


def _standing(config: Config, level: int | None, promised: int) -> dict[str, str]:
    free = None if level is None else level - promised
    return {
        "level": exact(level), "levelText": quantity(level, config), "available": exact(free),
        "availableText": quantity(free, config),
    }  # fmt: skip


def _lines(store: Store, config: Config, company: str, tiles: Sequence[Tile], location: str) -> list[dict[str, Any]]:
    codes = [tile.code for tile in tiles]
    there = standing(store, config, company, codes, location)
    parts = inventory_places.parts(store, company, codes)
    asked = "SELECT item, min(code) FROM barcode WHERE item IN (SELECT value FROM json_each(?)) GROUP BY item"
    codes_of = dict(store.execute(asked, (json.dumps(codes),)).fetchall())
    return [
        {
            "sku": tile.code,
            "name": tile.name,
            "detail": words.detail(tile),
            "uom": tile.uom,
            "weighed": tile.weighed,
            "priceText": figures.money(tile.price[0], config) if tile.price else "",
            "barcode": codes_of.get(tile.code, tile.code),
            "cost": parts[tile.code].cost if tile.code in parts else "",
            **there[tile.code],
        }
        for tile in tiles
    ]
