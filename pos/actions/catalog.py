"""What the items of the sell screen say: tiles, the variant grid, groups, and the line a scan becomes.

Figures are text with a dot ("12.30") and ready-made texts; the page adds nothing up.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions import figures
from pos.config import Config
from pos.errors import Invalid, NotFound
from pos.rules import sizes, voucher, wording
from pos.said import said
from pos.store import catalog, stock, vouchers
from pos.store.catalog import Found, Scanned, Tile
from pos.store.db import Store

#: Colours there are for groups; further groups begin again.
GROUP_COLOURS = 8
VALUES_SHOWN = 3
NOTE_MAX = 40
#: Other places that are named beside a count.
PLACES_SHOWN = 3
#: Units that go without saying beside a count.
_PIECES = frozenset({"", "nos", "unit", "each", "pcs", "piece"})


def groups(store: Store) -> list[dict[str, Any]]:
    """What /api/groups answers: name, number of tiles, colour 1 to 8."""
    return [
        {"name": name, "count": count, "index": _colour(n)} for n, (name, count) in enumerate(catalog.groups(store))
    ]


def search(store: Store, config: Config, q: str, group: str, offset: int, limit: int) -> dict[str, Any]:
    """What /api/items answers. total is exact, unless `capped`: then total_text says "2,000+"."""
    found, colours = catalog.search(store, q, group, offset, limit), _colours(store)
    away = elsewhere(store, config, found.items)
    return {
        "items": [_tile(tile, config, colours, away) for tile in found.items],
        "shown": found.shown,
        "total": found.total,
        "total_text": _total_words(found, config),
        "capped": found.capped,
        "offset": found.offset,
    }


def scanned(store: Store, config: Config, code: str) -> dict[str, Any]:
    """What /api/lookup-barcode answers: the tile, and the line to put into the basket (None: open the grid); or the
    code of a gift voucher known here, where no item has it."""
    try:
        found = catalog.by_barcode(store, code)
    except (NotFound, Invalid):
        if voucher.may_be_code(code) and vouchers.exists(store, code.strip().upper()):
            return {"item": None, "line": None, "voucher": code.strip().upper()}
        raise
    away = elsewhere(store, config, [found.tile])
    return {"item": _tile(found.tile, config, _colours(store), away), "line": _line(found)}


def grid(store: Store, config: Config, code: str) -> dict[str, Any]:
    """What /api/items/<code>/matrix answers: cells row by row, None where a combination is not made."""
    found = catalog.matrix(store, code)
    away = elsewhere(store, config, [tile for row in found.cells for tile in row if tile])
    return {
        "item": _tile(found.tile, config, _colours(store), away),
        "rows": {"name": found.rows[0], "values": list(found.rows[1])},
        "columns": {"name": found.columns[0], "values": list(found.columns[1])},
        "cells": [[_cell(tile, config, away) if tile else None for tile in row] for row in found.cells],
    }


def _cell(tile: Tile, config: Config, away: Elsewhere) -> dict[str, Any]:
    return {
        "code": tile.code,
        "price_text": _price_words(tile, config),
        "stock": _whole(tile.stock),
        "stock_text": stock_words(tile, config),
        "elsewhere_text": away.places.get(tile.code, ""),
    }


def _colours(store: Store) -> Mapping[str, int]:
    return {name: _colour(n) for n, name in enumerate(catalog.group_names(store))}


def _colour(n: int) -> int:
    return n % GROUP_COLOURS + 1


def _tile(tile: Tile, config: Config, colours: Mapping[str, int], away: Elsewhere) -> dict[str, Any]:
    return {
        "code": tile.code,
        "name": tile.name,
        "detail": detail(tile),
        "price": figures.plain(tile.price[0], config) if tile.price else None,
        "price_text": _price_words(tile, config),
        "group": tile.group,
        "group_index": colours.get(tile.group, 1),
        "has_variants": tile.has_variants,
        "open_price": tile.open_price,
        "weighed": tile.weighed,
        "stock": _whole(tile.stock),
        "stock_text": stock_words(tile, config),
        "elsewhere_text": away.places.get(tile.code, ""),
        "told_text": away.told,
        "uom": tile.uom,
        "image": f"/api/thumbs/{tile.thumb}" if tile.thumb else None,
    }


def detail(tile: Tile) -> str:
    """The second line of a tile: "Brown, Black · UK 6–11"; without attributes a short note such as "50 ml"."""
    if tile.attributes:
        return " · ".join(
            sizes.in_short(values) if sizes.looks_like_size(name, values) else _few(values)
            for name, values in tile.attributes.items()
        )
    note = " ".join(tile.note.split())
    return note if len(note) <= NOTE_MAX and "<" not in note and note != tile.name else ""


def _few(values: Sequence[str]) -> str:
    if len(values) <= VALUES_SHOWN:
        return ", ".join(values)
    return f"{', '.join(values[:VALUES_SHOWN])} +{len(values) - VALUES_SHOWN}"


def _price_words(tile: Tile, config: Config) -> str:
    if tile.price is None:
        return ""
    low, high = tile.price
    text = figures.money(low, config)
    if low != high:
        return said("from {price}", price=text)
    return f"{text} / {tile.uom}" if tile.weighed else text


def stock_words(tile: Tile, config: Config) -> str:
    """ "14 here", "None here", "2.4 Kg here"; empty when nobody ever counted it or it is not counted at all."""
    if tile.stock is None or not tile.stocked:
        return ""
    if tile.stock == 0:
        return said("None here")
    return said("{quantity} here", quantity=_count(tile, tile.stock, config))


def _count(tile: Tile, qty: int, config: Config) -> str:
    count = wording.quantity(Decimal(qty).scaleb(-3), config.shop.locale)
    return count if tile.uom.lower() in _PIECES else f"{count} {tile.uom}"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where else some goods are, in words by item code. told: how old that knowledge is, "as of 14:32"; "" = counted
    here."""

    places: Mapping[str, str]
    told: str = ""


def elsewhere(store: Store, config: Config, tiles: Sequence[Tile]) -> Elsewhere:
    """Where else these goods are: "2 in Ludford, 1 in Harbour"."""
    counted = {tile.code: tile for tile in tiles if tile.stocked and not tile.has_variants}
    found = stock.elsewhere(store, counted)
    places = {code: _places(counted[code], there, config) for code, there in found.items()}
    return Elsewhere(places, _told(store, config) if places else "")


def _places(tile: Tile, places: Sequence[tuple[str, int]], config: Config) -> str:
    ours = config.till.warehouse
    words: list[str] = [
        said("{quantity} in {place}", quantity=_count(tile, qty, config), place=_place(warehouse, ours))
        for warehouse, qty in places[:PLACES_SHOWN]
    ]
    return functools.reduce(lambda one, more: said("{one}, {more}", one=one, more=more), words)


def _place(warehouse: str, ours: str) -> str:
    """A place as people say it: without the company's letters where ours has the same ("Ludford - FM")."""
    _, dash, letters = ours.rpartition(" - ")
    return warehouse.removesuffix(dash + letters) or warehouse


def _told(store: Store, config: Config) -> str:
    told = stock.told_at(store)
    if not told:
        return ""
    zone = ZoneInfo(config.shop.timezone)
    when, loc = clock.parse(told).astimezone(zone), config.shop.locale
    today = when.date() == clock.now().astimezone(zone).date()
    return said("as of {when}", when=wording.clock_time(when, loc) if today else wording.moment(when, loc))


def _whole(qty: int | None) -> int | None:
    """Whole units, a part of one counted as one."""
    return None if qty is None else -(-qty // 1000)


def _total_words(found: Found, config: Config) -> str:
    return wording.quantity(Decimal(found.total), config.shop.locale) + ("+" if found.capped else "")


def _line(found: Scanned) -> dict[str, Any] | None:
    """A label with a price is one piece at that price; one with a weight is that much at the shelf's price."""
    if not found.sellable:
        return None
    price = None if found.price is None else f"{found.price:f}"
    return {
        "item_code": found.tile.code,
        "qty": "1" if found.qty is None else f"{found.qty.normalize():f}",
        "barcode": found.barcode,
        "price": price,
        "price_source": "list" if price is None else "barcode",
    }
