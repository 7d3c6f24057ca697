"""Bring in rows of an items or customers list: good ones go into the catalogue, bad ones are named with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from typing import TypeVar

from pos.actions import openings
from pos.errors import Invalid, UserError
from pos.rules import sheet, sheet_stock
from pos.store import audit, companies, feeds, inventory_places
from pos.store.db import Store
from pos.store.inventory_places import Location

Parsed = TypeVar("Parsed")
SOURCE = "csv"
#: One call is one transaction; a longer list comes in pieces.
ROWS_MAX = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a piece of a list did. refused: (index of the row in the piece, reason)."""

    counts: feeds.Counts
    refused: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What goes for a whole list. company: whose books and places. day: ISO, of opening stock; "" = today."""

    company: str = companies.MAIN
    day: str = ""


def items(store: Store, rows: Sequence[Mapping[str, str]], by: str, chosen: Choices = Choices()) -> Outcome:
    """Items with price, tax, stock and barcodes, into the till's own price list and warehouse; accounts, cost and what
    they are called in QuickBooks for the company's books.

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
        stock = feeds.put_stock(store, [one.stock for one in good if one.stock], SOURCE, by)
        new, other = inventory_places.put_parts(store, chosen.company, [one.part for one in good if one.part], by)
        changed = len(goods.touched | prices.touched | stock.touched | new | other) - goods.added
        counts = feeds.Counts(goods.added, changed, len(good) - goods.added - changed)
        refused |= clashes
        _record(store, by, "items", counts, refused, parts=len(new | other), company=chosen.company)
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
    short = {found.item["code"] for found in parsed.values() if not {"name", "item_group"} <= found.item.keys()}
    here = feeds.templates(store, short)
    for at, found in parsed.items():
        code, template = found.item["code"], found.item.get("variant_of")
        taken = next((one for one in listed[at] if owned.setdefault(one, code) != code), None)
        if code in short and code not in here:
            clashes[at] = "name and group are missing, and the item is new."
        elif taken is not None:
            clashes[at] = f"barcode {taken} belongs to {owned[taken]} already."
        elif template and not known.get(template):
            what = "is not known; put its row further up" if template not in known else "is no template (has_variants)"
            clashes[at] = f"template {template} {what}."
    return clashes


def customers(store: Store, rows: Sequence[Mapping[str, str]], by: str, _chosen: Choices = Choices()) -> Outcome:
    """Customers by code."""
    good, refused = sorted_rows(rows, sheet.customer)
    with store.transaction():
        counts = feeds.put_customers(store, good.values(), SOURCE)
        _record(store, by, "customers", counts, refused)
    return Outcome(counts, tuple(refused.items()))


def locations(store: Store, rows: Sequence[Mapping[str, str]], by: str, chosen: Choices = Choices()) -> Outcome:
    """Places of a company by code; what a list does not say of one stays as it is."""
    good, refused = sorted_rows(rows, sheet_stock.place)
    added = changed = 0
    with store.transaction():
        before = {one.code: one for one in inventory_places.locations(store)}
        for at, row in good.items():
            old = before.get(row.code) or Location(row.code, chosen.company, row.code)
            wanted = replace(
                old, company=chosen.company, display_name=row.name or old.display_name,
                active=old.active if row.active is None else row.active,
                is_virtual=old.is_virtual if row.virtual is None else row.virtual,
                qb_site_name=old.qb_site_name if row.qb_site is None else row.qb_site,
                qb_site_id=old.qb_site_id if row.qb_site_id is None else row.qb_site_id,
            )  # fmt: skip
            try:
                after, new = inventory_places.put_location(store, wanted, by)
            except UserError as error:
                refused[at] = error.message
                continue
            added, changed = added + new, changed + (not new and after != old)
        counts = feeds.Counts(added, changed, len(good) - added - changed)
        _record(store, by, "locations", counts, refused)
    return Outcome(counts, tuple(sorted(refused.items())))


def stock(store: Store, rows: Sequence[Mapping[str, str]], by: str, chosen: Choices = Choices()) -> Outcome:
    """What is on hand to begin with, as one opening event. An item at a place is opened once: the same again changes
    nothing, another quantity is refused."""
    own = store.config.till.warehouse
    good, refused = sorted_rows(rows, lambda cells: sheet_stock.opening(cells, own), key=stock_key(own))
    with store.transaction():
        found = openings.take_in(store, chosen.company, good, by, chosen.day)
        refused |= found.refused
        counts = feeds.Counts(found.opened, 0, found.unchanged)
        _record(store, by, "stock", counts, refused)
    return Outcome(counts, tuple(sorted(refused.items())))


def stock_key(warehouse: str) -> Callable[[Mapping[str, str]], str]:
    """What may stand once in a list of stock: an item at a place."""
    return lambda cells: f"{cells.get('code', '')} at {cells.get('location') or warehouse}"


#: What a list may hold -> what takes its rows in.
KINDS = {"items": items, "customers": customers, "locations": locations, "stock": stock}


def sorted_rows(
    rows: Sequence[Mapping[str, str]],
    parse: Callable[[Mapping[str, str]], Parsed],
    *,
    key: Callable[[Mapping[str, str]], str] = lambda cells: cells.get("code", ""),
) -> tuple[dict[int, Parsed], dict[int, str]]:
    """What could be read and what could not, by place in the piece. A code, or what `key` says, stands once there."""
    if len(rows) > ROWS_MAX:
        raise Invalid(f"At most {ROWS_MAX} rows at a time.", field="rows")
    good: dict[int, Parsed] = {}
    refused: dict[int, str] = {}
    seen: set[str] = set()
    for at, cells in enumerate(rows):
        try:
            if key(cells) in seen:
                raise Invalid(f"the code {key(cells)} stands further up already.", field="code")
            good[at] = parse(cells)
            seen.add(key(cells))
        except Invalid as error:
            refused[at] = error.message
    return good, refused


def _record(store: Store, by: str, kind: str, counts: feeds.Counts, refused: Sized, **more: int | str) -> None:
    detail = {"added": counts.added, "changed": counts.changed, "refused": len(refused), **more}
    audit.record(store, by, f"import.{kind}", "", detail)
