"""Bring in rows of an items or customers list: good ones go into the catalogue, bad ones are named with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pos.errors import Invalid
from pos.rules import sheet
from pos.store import audit, feeds
from pos.store.db import Store

SOURCE = "csv"
#: One call is one transaction; a longer list comes in pieces.
ROWS_MAX = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a piece of a list did. refused: (index of the row in the piece, reason)."""

    counts: feeds.Counts
    refused: tuple[tuple[int, str], ...]


def items(store: Store, rows: Sequence[Mapping[str, str]], by: str) -> Outcome:
    """Items with price, tax, stock and barcodes, into the till's own price list and warehouse."""
    till, shop = store.config.till, store.config.shop
    good, refused = _sorted(rows, lambda cells: sheet.item(cells, shop.currency, till.price_list, till.warehouse))
    with store.transaction():
        feeds.put_taxes(store, [one.tax for one in good if one.tax])
        counts = feeds.put_items(store, [one.item for one in good], SOURCE)
        feeds.put_prices(store, [one.price for one in good if one.price])
        feeds.put_stock(store, [one.stock for one in good if one.stock], SOURCE)
        _record(store, by, "items", counts, refused)
    return Outcome(counts, refused)


def customers(store: Store, rows: Sequence[Mapping[str, str]], by: str) -> Outcome:
    """Customers by code."""
    good, refused = _sorted(rows, sheet.customer)
    with store.transaction():
        counts = feeds.put_customers(store, good, SOURCE)
        _record(store, by, "customers", counts, refused)
    return Outcome(counts, refused)


#: What a list may hold -> what takes its rows in.
KINDS = {"items": items, "customers": customers}


def _sorted(rows: Sequence[Mapping[str, str]], parse: Any) -> tuple[list[Any], tuple[tuple[int, str], ...]]:
    if len(rows) > ROWS_MAX:
        raise Invalid(f"At most {ROWS_MAX} rows at a time.", field="rows")
    good, refused = [], []
    for at, cells in enumerate(rows):
        try:
            good.append(parse(cells))
        except Invalid as error:
            refused.append((at, error.message))
    return good, tuple(refused)


def _record(store: Store, by: str, kind: str, counts: feeds.Counts, refused: Sequence[object]) -> None:
    detail = {"added": counts.added, "changed": counts.changed, "refused": len(refused)}
    audit.record(store, by, f"import.{kind}", "", detail)
