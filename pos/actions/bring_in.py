"""Bring in rows of an items or customers list: good ones go into the catalogue, bad ones are named with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import TypeVar

from pos.errors import Invalid
from pos.rules import sheet
from pos.store import audit, feeds
from pos.store.db import Store

Parsed = TypeVar("Parsed")
SOURCE = "csv"
#: One call is one transaction; a longer list comes in pieces.
ROWS_MAX = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a piece of a list did. refused: (index of the row in the piece, reason)."""

    counts: feeds.Counts
    refused: tuple[tuple[int, str], ...]


def items(store: Store, rows: Sequence[Mapping[str, str]], by: str) -> Outcome:
    """Items with price, tax, stock and barcodes, into the till's own price list and warehouse.

    A template stands in an earlier piece, or in this one. A barcode of another item is refused, never moved.
    """
    till, shop = store.config.till, store.config.shop
    parsed, refused = sorted_rows(rows, lambda cells: sheet.item(cells, shop.currency, till.price_list, till.warehouse))
    with store.transaction():
        clashes = _clashes(store, parsed)
        good = [one for at, one in parsed.items() if at not in clashes]
        feeds.put_taxes(store, [one.tax for one in good if one.tax])
        goods = feeds.put_items(store, [one.item for one in good], SOURCE)
        prices = feeds.put_prices(store, [one.price for one in good if one.price])
        stock = feeds.put_stock(store, [one.stock for one in good if one.stock], SOURCE)
        changed = len(goods.touched | prices.touched | stock.touched) - goods.added
        counts = feeds.Counts(goods.added, changed, len(good) - goods.added - changed)
        refused |= clashes
        _record(store, by, "items", counts, refused)
    return Outcome(counts, tuple(sorted(refused.items())))


def _clashes(store: Store, parsed: Mapping[int, sheet.Item]) -> dict[int, str]:
    """Rows that do not fit the catalogue or each other, with the reason."""
    listed = {at: [one["code"] for one in found.item.get("barcodes", ())] for at, found in parsed.items()}
    mine = {found.item["code"]: set(listed[at]) for at, found in parsed.items() if "barcodes" in found.item}
    owned = feeds.owners(store, {code for codes in listed.values() for code in codes})
    # An item of this piece that no longer lists a code gives it away.
    owned = {code: item for code, item in owned.items() if item not in mine or code in mine[item]}
    known = feeds.templates(
        store, {found.item["variant_of"] for found in parsed.values() if found.item.get("variant_of")}
    )
    known |= {found.item["code"]: found.item.get("has_variants", False) for found in parsed.values()}
    clashes: dict[int, str] = {}
    for at, found in parsed.items():
        code, template = found.item["code"], found.item.get("variant_of")
        taken = next((one for one in listed[at] if owned.setdefault(one, code) != code), None)
        if taken is not None:
            clashes[at] = f"barcode {taken} belongs to {owned[taken]} already."
        elif template and not known.get(template):
            what = "is not known; put its row further up" if template not in known else "is no template (has_variants)"
            clashes[at] = f"template {template} {what}."
    return clashes


def customers(store: Store, rows: Sequence[Mapping[str, str]], by: str) -> Outcome:
    """Customers by code."""
    good, refused = sorted_rows(rows, sheet.customer)
    with store.transaction():
        counts = feeds.put_customers(store, good.values(), SOURCE)
        _record(store, by, "customers", counts, refused)
    return Outcome(counts, tuple(refused.items()))


#: What a list may hold -> what takes its rows in.
KINDS = {"items": items, "customers": customers}


def sorted_rows(
    rows: Sequence[Mapping[str, str]], parse: Callable[[Mapping[str, str]], Parsed]
) -> tuple[dict[int, Parsed], dict[int, str]]:
    """What could be read and what could not, by place in the piece. A code stands once in a piece."""
    if len(rows) > ROWS_MAX:
        raise Invalid(f"At most {ROWS_MAX} rows at a time.", field="rows")
    good: dict[int, Parsed] = {}
    refused: dict[int, str] = {}
    seen: set[str] = set()
    for at, cells in enumerate(rows):
        try:
            if cells.get("code", "") in seen:
                raise Invalid(f"the code {cells['code']} stands further up already.", field="code")
            good[at] = parse(cells)
            seen.add(cells["code"])
        except Invalid as error:
            refused[at] = error.message
    return good, refused


def _record(store: Store, by: str, kind: str, counts: feeds.Counts, refused: Sized) -> None:
    detail = {"added": counts.added, "changed": counts.changed, "refused": len(refused)}
    audit.record(store, by, f"import.{kind}", "", detail)
