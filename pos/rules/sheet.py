"""Lists from a spreadsheet: what the columns of an items, customers or vouchers list mean, row by row.

A row is a mapping of column name to text. What cannot be taken as it stands is refused with the column and the reason;
nothing is guessed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pos.errors import Invalid
from pos.rules import money, sheet_stock
from pos.rules.barcode import check_digit, is_gtin
from pos.rules.sheet_cells import check, column_of, number, thousandths, yes
from pos.rules.voucher import code_of

#: Column -> what it holds. A star marks those that must be filled.
ITEM_COLUMNS = {
    "code": "* the item's own code",
    "name": "* as people call it",
    "group": "* the tile group",
    "price": "on the till's price list, tax as the shelf shows it; 12.50",
    "tax": "percent; 20",
    "barcode": "one or several, separated by spaces",
    "stock": "pieces or weight in the till's warehouse, up to three decimals",
    "reorder": "told when stock is at or below it; empty = when none is left",
    "uom": "unit; Nos when empty",
    "brand": "",
    "description": "",
    "template": "the code of the item this is a variant of; that item stands in the file or is known already",
    "has_variants": "yes: this is a template and cannot be sold itself",
    "open_price": "yes: the cashier types the price",
    "weighed": "yes: quantity with three decimals",
    "disabled": "yes: not sold any more",
}
CUSTOMER_COLUMNS = {
    "code": "* the customer's own code",
    "name": "* as people call them",
    "group": "",
    "phone": "",
    "email": "",
    "tax_id": "",
    "disabled": "yes: not offered any more",
}
VOUCHER_COLUMNS = {
    "code": "* what stands on the voucher",
    "balance": "* what is left on it now; 25.00",
    "expires": "last day it can be used, like 2027-03-31; empty = no end",
    "origin": "where it comes from, as its receipt is to say; older till when empty",
    "note": "kept with it",
}
#: A column called so holds that attribute: "attribute Size".
ATTRIBUTE = "attribute "
COLUMNS = {
    "items": {**ITEM_COLUMNS, **sheet_stock.PART_COLUMNS},
    "customers": CUSTOMER_COLUMNS,
    "vouchers": VOUCHER_COLUMNS,
    "locations": sheet_stock.LOCATION_COLUMNS,
    "stock": sheet_stock.STOCK_COLUMNS,
}

#: Where a voucher comes from when its row does not say.
OLDER = "older till"

BARCODE_CHARS_MAX = 80
_SHORTENED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+[0-9]+")
_ARTICLE = re.compile(r"[0-9]{12,14}")
ROWS_MAX = 500_000


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the items list, as the feeds of the catalogue want it. part: what the books are to know of it."""

    item: dict[str, Any]
    tax: dict[str, Any] | None
    price: dict[str, Any] | None
    stock: dict[str, Any] | None
    part: dict[str, str]


@dataclass(frozen=True, slots=True)
class OldVoucher:
    """One row of the vouchers list. balance: minor units, above nothing. expires: ISO day, "" = no end."""

    code: str
    balance: int
    expires: str
    origin: str
    note: str


def read_json(text: str, kind: str) -> list[tuple[int, dict[str, str]]]:
    """The same of a JSON list of objects, or an object that holds one; (place in the list, cells). Invalid names it."""
    try:
        told = json.loads(text, parse_float=str, parse_int=str, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"It is no JSON: {error}.", field="file") from error
    rows = told.get(kind) if isinstance(told, dict) else told
    if not isinstance(rows, list) or len(rows) > ROWS_MAX:
        raise Invalid(f"It must hold a list of {kind}, of at most {ROWS_MAX}.", field="file")
    found = []
    for at, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Invalid(f"Entry {at} is no object.", field="file")
        named = [(column_of(str(name), kind, COLUMNS[kind]), _cell(value)) for name, value in row.items()]
        _check_header([name for name, _ in named], kind)
        found.append((at, dict(named)))
    return found


def _cell(value: object) -> str:
    """What stands in a cell of a JSON list; anything nested becomes what no column takes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.strip() if isinstance(value, str) else "\0"


def _no_number(word: str) -> str:
    raise ValueError(f"{word} is no number")


def read(text: str, kind: str) -> list[tuple[int, dict[str, str]]]:
    """(line number, cells) of each row that holds anything. Invalid when the header is not one of ours.

    Comma, semicolon or tab, whichever the header uses.
    """
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, dict[str, str]]] = []
    try:
        columns = [
            column_of(cell, kind, COLUMNS[kind]) if not _is_attribute(cell) else cell.strip() for cell in next(rows, [])
        ]
        _check_header(columns, kind)
        for row in rows:
            if len(found) >= ROWS_MAX:
                raise Invalid(f"The list has more than {ROWS_MAX} rows; split it.", field="file")
            if any(cell.strip() for cell in row):
                cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
                found.append((rows.line_num, cells if len(row) <= len(columns) else {**cells, "": "too many"}))
    except csv.Error as error:
        raise Invalid(f"Line {rows.line_num} is no CSV: {error}.", field="file") from error
    return found


def _is_attribute(column: str) -> bool:
    return column.strip().lower().startswith(ATTRIBUTE)


def _check_header(columns: list[str], kind: str) -> None:
    known = COLUMNS[kind]
    of_books = kind == "items" and any(name in sheet_stock.PART_COLUMNS for name in columns)
    for name, words in known.items():
        if words.startswith("*") and name not in columns and not (of_books and name in ("name", "group")):
            raise Invalid(f"The first line must name the columns; {name!r} is missing.", field=name)
    for name in columns:
        if name not in known and not (kind == "items" and _is_attribute(name)):
            raise Invalid(f"No column is called {name!r}; there are: {', '.join(known)}, attribute …", field=name)
    if len(set(columns)) != len(columns):
        raise Invalid("A column stands twice in the first line.", field="file")


def customer(cells: Mapping[str, str]) -> dict[str, Any]:
    """A customer for the catalogue. Invalid names the column."""
    check(cells, CUSTOMER_COLUMNS)
    row: dict[str, Any] = {"code": cells["code"], "name": cells["name"]}
    for column, key in (("group", "customer_group"), ("phone", "phone"), ("email", "email"), ("tax_id", "tax_id")):
        if column in cells:
            row[key] = cells[column]
    if "disabled" in cells:
        row["disabled"] = yes(cells, "disabled")
    return row


def voucher(cells: Mapping[str, str], currency: str) -> OldVoucher:
    """A voucher with what is left on it. Invalid names the column."""
    check(cells, VOUCHER_COLUMNS)
    balance = number(cells, "balance")
    try:
        units = money.minor(balance, currency)
    except ValueError:
        raise Invalid(f"balance is {cells['balance']!r}, finer than {currency} goes.", field="balance") from None
    if units <= 0:
        raise Invalid("balance must be above nothing; a voucher that is used up is left out.", field="balance")
    expires = cells.get("expires", "")
    try:
        expires = date.fromisoformat(expires).isoformat() if expires else ""
    except ValueError:
        raise Invalid(f"expires is {expires!r}; write the day like 2027-03-31.", field="expires") from None
    code = code_of(cells["code"])
    return OldVoucher(code, units, expires, cells.get("origin") or OLDER, cells.get("note", ""))


def item(cells: Mapping[str, str], currency: str, price_list: str, warehouse: str) -> Item:
    """An item for the catalogue, with its price, tax and stock. Invalid names the column."""
    check({"name": "-", "group": "-", **cells}, ITEM_COLUMNS)
    part = sheet_stock.part(cells)
    code = cells["code"]
    row: dict[str, Any] = {"code": code}
    row |= {key: cells[column] for column, key in (("name", "name"), ("group", "item_group")) if column in cells}
    if part.get("qb_type"):
        row["stocked"] = part["qb_type"] in sheet_stock.STOCKED
    row |= {column: cells[column] for column in ("brand", "description") if column in cells}
    row |= {
        column: yes(cells, column)
        for column in ("has_variants", "open_price", "weighed", "disabled")
        if column in cells
    }
    if cells.get("uom"):
        row["uom"] = cells["uom"]
    if "template" in cells:
        row["variant_of"] = cells["template"] or None
    if "reorder" in cells:
        row["reorder"] = thousandths(cells, "reorder") if cells["reorder"] else None
    if "barcode" in cells:
        row["barcodes"] = [{"code": _barcode(one), "uom": ""} for one in dict.fromkeys(cells["barcode"].split())]
    attributes = [
        (name[len(ATTRIBUTE) :].strip(), value) for name, value in cells.items() if _is_attribute(name) and value
    ]
    if attributes:
        row["attributes"] = [{"name": n, "value": v, "position": at} for at, (n, v) in enumerate(attributes)]
    return Item(row, _tax(cells, row), _price(cells, currency, price_list), _stock(cells, warehouse), part)


def _barcode(code: str) -> str:
    """A barcode as it stands. A number of 12 to 14 digits must carry its check digit: a spreadsheet drops noughts."""
    if _SHORTENED.fullmatch(code):
        raise Invalid(f"barcode {code} was shortened by a spreadsheet; make the column text.", field="barcode")
    if _ARTICLE.fullmatch(code) and not is_gtin(code):
        right = code[:-1] + check_digit(code[:-1])
        raise Invalid(f"barcode {code} has a wrong check digit; {right} would be right.", field="barcode")
    if len(code) > BARCODE_CHARS_MAX or not code.isascii():
        raise Invalid(f"barcode {code[:40]} is no code a scanner reads.", field="barcode")
    return code


def _tax(cells: Mapping[str, str], row: dict[str, Any]) -> dict[str, Any] | None:
    if not cells.get("tax"):
        return None
    rate = number({"tax": cells["tax"].removesuffix("%").strip()}, "tax")
    if not 0 <= rate <= 100:
        raise Invalid(f"tax is {cells['tax']!r}; it must be between 0 and 100 percent.", field="tax")
    exact = format(rate.normalize(), "f")
    row["tax_code"] = f"{exact}%"
    return {"code": f"{exact}%", "title": f"Tax {exact}%", "rate": exact}


def _price(cells: Mapping[str, str], currency: str, price_list: str) -> dict[str, Any] | None:
    if not cells.get("price"):
        return None
    price = number(cells, "price")
    try:
        minor = money.minor(price, currency)
    except ValueError:
        raise Invalid(f"price is {cells['price']!r}, finer than {currency} goes.", field="price") from None
    if minor < 0:
        raise Invalid("price is below nothing.", field="price")
    return {"price_list": price_list, "item": cells["code"], "amount": minor, "currency": currency}


def _stock(cells: Mapping[str, str], warehouse: str) -> dict[str, Any] | None:
    if not cells.get("stock"):
        return None
    return {"item": cells["code"], "warehouse": warehouse, "qty": thousandths(cells, "stock")}
