"""A large made-up catalogue, the same each time: templates with sizes and colours, single items, barcodes, prices."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from pos.rules import barcode
from pos.store import catalog
from pos.store.db import Store

PAGE = 5000
SOURCE = "demo"
GROUPS = ("Boots", "Shoes", "Trainers", "Children", "Knitwear", "Shirts", "Trousers", "Extras")
NOUNS = ("boot", "shoe", "trainer", "sandal", "jumper", "shirt", "trouser", "sock", "lace", "cream", "belt", "glove")
KINDS = ("walking", "winter", "chelsea", "ankle", "school", "merino", "oxford", "slim", "leather", "suede", "canvas")
FIRST = ("Har", "Rid", "Ald", "Fen", "Pip", "Cas", "Mor", "Lin", "Win", "Bro", "Pem", "Tor", "Wex", "Sel", "Nor")
LAST = ("row", "ge", "er", "land", "on", "tle", "ton", "den", "ter", "ok", "bury", "wick", "ham", "ford", "by")
COLOURS = ("Brown", "Dark brown", "Black", "Tan", "Navy", "Oxblood", "Red", "Green", "Grey", "White", "Blue", "Olive")
VARIANTS = 24


def fill(store: Store, items: int = 100_000) -> int:
    """Put about this many sellable items (60 % as variants of templates) with price and stock; how many exactly."""
    catalog.put_taxes(store, [{"code": "VAT20", "title": "VAT 20%", "rate": "20"}])
    catalog.put_modes(
        store, [{"name": "Cash", "kind": "cash"}, {"name": "Card", "kind": "card", "position": 1}], SOURCE
    )
    page: list[dict[str, Any]] = []
    count = 0
    for row in rows(items):
        page.append(row)
        count += not row.get("has_variants", False)
        if len(page) >= PAGE:
            _put(store, page)
            page = []
    _put(store, page)
    return count


def rows(items: int) -> Iterator[dict[str, Any]]:
    """The rows of the catalogue, templates before their variants. Sold: `items`, to the last one."""
    draw = random.Random(20261121)
    left, n = items, 0
    while left:
        n += 1
        name = f"{draw.choice(FIRST)}{draw.choice(LAST)} {draw.choice(KINDS)} {draw.choice(NOUNS)}"
        code = f"{name[:2].upper()}-{n:05d}"
        base = {"name": name, "item_group": GROUPS[n % len(GROUPS)], "brand": f"Brand {n % 300}", "tax_code": "VAT20"}
        if left < VARIANTS or n % 17:
            left -= 1
            yield {**base, "code": code, "description": "", "barcodes": [{"code": ean(n * 100)}]}
            continue
        yield {**base, "code": code, "has_variants": True}
        for v in range(VARIANTS):
            left -= 1
            colour, size = COLOURS[(n + v // 6) % len(COLOURS)], f"UK {5 + v % 6}"
            yield {
                **base,
                "code": f"{code}-{v:02d}",
                "variant_of": code,
                "barcodes": [{"code": ean(n * 100 + v)}],
                "attributes": [{"name": "Colour", "value": colour}, {"name": "Size", "value": size}],
            }


def ean(n: int) -> str:
    """The n-th EAN-13 of this catalogue."""
    stem = f"50{n:010d}"
    return stem + barcode.check_digit(stem)


def _put(store: Store, page: list[dict[str, Any]]) -> None:
    till, currency = store.config.till, store.config.shop.currency
    catalog.put_items(store, page, SOURCE)
    sold = [row["code"] for row in page if not row.get("has_variants")]
    prices = [
        {"price_list": till.price_list, "item": code, "amount": 499 + 50 * (i % 200), "currency": currency}
        for i, code in enumerate(sold)
    ]
    catalog.put_prices(store, prices)
    stock = [{"item": code, "warehouse": till.warehouse, "qty": 1000 * (i % 30)} for i, code in enumerate(sold)]
    catalog.put_stock(store, stock, SOURCE)
