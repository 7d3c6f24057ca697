"""Cells of lists from a spreadsheet: what each list's columns are called elsewhere, and what a cell says.

What cannot be taken as it stands is refused with the column and the reason; nothing is guessed, no number becomes
nought.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from pos.errors import Invalid

CELL_CHARS_MAX = 1000
#: Written out, and of a size that is meant: "1E+09" is a spreadsheet's, and nothing in a shop has thirteen digits.
_FIGURE = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{0,9})?")
_YES = {"yes": True, "y": True, "1": True, "true": True, "no": False, "n": False, "0": False, "false": False, "": False}

#: What other programs call a column of ours, as `plain` leaves it.
ALIASES = {
    "items": {
        "sku": "code", "item": "code", "item code": "code", "item name": "name", "title": "name",
        "product name": "name", "category": "group", "item group": "group", "department": "group",
        "sales price": "price", "retail price": "price", "selling price": "price", "tax rate": "tax", "upc": "barcode",
        "ean": "barcode", "gtin": "barcode", "quantity on hand": "stock", "qty on hand": "stock", "qoh": "stock",
        "quantity": "stock", "reorder point": "reorder", "reorder level": "reorder", "u/m": "uom", "unit": "uom",
        "sales description": "description", "account": "income_account", "income account": "income_account",
        "cogs account": "cogs_account", "cost of goods sold account": "cogs_account", "asset account": "asset_account",
        "inventory asset account": "asset_account", "adjustment account": "adjustment_account",
        "purchase cost": "cost", "average cost": "cost", "avg cost": "cost", "preferred vendor": "vendor",
        "supplier": "vendor", "manufacturer part number": "mpn", "manufacturer's part number": "mpn",
        "qb name": "qb_name", "quickbooks name": "qb_name", "qb item name": "qb_name", "qb full name": "qb_name",
        "qb id": "qb_id", "qb list id": "qb_id", "qb listid": "qb_id", "quickbooks list id": "qb_id",
        "quickbooks listid": "qb_id", "qb type": "qb_type", "quickbooks type": "qb_type", "type": "qb_type",
        "item type": "qb_type",
    },
    "locations": {
        "location": "code", "location code": "code", "display name": "name", "displayname": "name",
        "qb site": "qb_site", "qbsitefullname": "qb_site", "qb site full name": "qb_site",
        "inventory site": "qb_site", "qb site id": "qb_site_id", "qbsitelistid": "qb_site_id",
        "qb site list id": "qb_site_id", "isvirtual": "virtual", "is virtual": "virtual", "is active": "active",
    },
    "stock": {
        "sku": "code", "item": "code", "item code": "code", "place": "location", "site": "location",
        "warehouse": "location", "qty": "quantity", "on hand": "quantity", "quantity on hand": "quantity",
        "qty on hand": "quantity", "qoh": "quantity", "stock": "quantity",
    },
}  # fmt: skip


def plain(header: str) -> str:
    """A column's name without the case, the breaks and the underscores people write it with."""
    return " ".join(header.strip().lower().replace("_", " ").replace("-", " ").split())


def column_of(header: str, kind: str, known: Mapping[str, str]) -> str:
    """What we call a column of a list; as it stands where it is none of ours."""
    name = header.strip().lower()
    if name in known:
        return name
    found = ALIASES.get(kind, {}).get(plain(header), "")
    return found or (plain(header).replace(" ", "_") if plain(header).replace(" ", "_") in known else name)


def check(cells: Mapping[str, str], columns: Mapping[str, str]) -> None:
    if "" in cells:
        raise Invalid("It has more cells than the first line has columns.", field="")
    for name, value in cells.items():
        if len(value) > CELL_CHARS_MAX or not value.isprintable():
            raise Invalid(f"{name} is too long or holds a control character.", field=name)
    for name, words in columns.items():
        if words.startswith("*") and not cells.get(name):
            raise Invalid(f"{name} is empty.", field=name)


def yes(cells: Mapping[str, str], column: str) -> bool:
    word = cells[column].lower()
    if word not in _YES:
        raise Invalid(f"{column} is {cells[column]!r}; it must be yes or no.", field=column)
    return _YES[word]


def number(cells: Mapping[str, str], column: str) -> Decimal:
    """A figure with a point, or with a comma where no thousands can be meant: "4,99"."""
    text = cells[column]
    if text.count(",") == 1 and "." not in text and len(text.partition(",")[2]) != 3:
        text = text.replace(",", ".")
    if not _FIGURE.fullmatch(text):
        raise Invalid(f"{column} is {cells[column]!r}; it must be a number like 12.50.", field=column)
    return Decimal(text)


def thousandths(cells: Mapping[str, str], column: str) -> int:
    thousandths = number(cells, column).scaleb(3)
    if thousandths != thousandths.to_integral_value():
        raise Invalid(f"{column} is {cells[column]!r}; three decimals are the most.", field=column)
    return int(thousandths)


def money_text(cells: Mapping[str, str], column: str) -> str:
    """An amount at or above nothing as exact text; "" of an empty cell."""
    if not cells.get(column):
        return ""
    amount = number(cells, column)
    if amount < 0:
        raise Invalid(f"{column} is below nothing.", field=column)
    return format(amount.normalize(), "f")
