"""What the till sells, and to whom, as fields of records of the office."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pos.rules.money import major
from pos.store.db import Store
from pos.store.models import Customer, Item

PAGE = 500


def page(
    store: Store, kind: str, after: str, without: tuple[str, str] | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """The next customers or items in the order of their codes, with the fields the till knows of them. without: only
    those of which the company has no record of that kind."""
    lacking, facts = "", list[str]()
    if without:
        facts = list(without)
        lacking = " AND NOT EXISTS (SELECT 1 FROM record r WHERE r.company = ? AND r.kind = ? AND r.id = i.code)"
    with store.reading():
        return (_customers if kind == "customer" else _items)(store, after, lacking, facts)


def _customers(store: Store, after: str, lacking: str, facts: list[str]) -> list[tuple[str, dict[str, Any]]]:
    rows = store.execute(
        "SELECT i.code, i.name, i.phone, i.email, i.disabled FROM customer i"
        f" WHERE i.code > ?{lacking} ORDER BY i.code LIMIT ?",
        (after, *facts, PAGE),
    ).fetchall()
    return [
        (code, {"name": name, "phone": phone, "email": email, "active": not off})
        for code, name, phone, email, off in rows
    ]


def _items(store: Store, after: str, lacking: str, facts: list[str]) -> list[tuple[str, dict[str, Any]]]:
    shop, till = store.config.shop, store.config.till
    rows = store.execute(
        "SELECT i.code, i.name, i.item_group, i.description, i.tax_code, i.disabled, p.amount, i.stocked FROM item i"
        " LEFT JOIN price p ON p.item = i.code AND p.price_list = ? AND p.currency = ? AND p.valid_from = ''"
        f" WHERE i.code > ? AND i.has_variants = 0{lacking} ORDER BY i.code LIMIT ?",
        (till.price_list, shop.currency, after, *facts, PAGE),
    ).fetchall()
    found = []
    for code, name, group, description, tax, off, amount, stocked in rows:
        price = "" if amount is None else f"{major(amount, shop.currency):f}"
        fields = {"name": name, "sku": code, "group": group, "description": description, "tax": tax, "price": price}
        found.append((code, {**fields, "active": not off, "stocked": bool(stocked)}))
    return found


def called(store: Store, sort: str, codes: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Name and telephone number of those of these customers or items that the till has."""
    with store.reading():
        if sort == "customer":
            asked = Customer.select(Customer.code, Customer.name, Customer.phone).where(Customer.code.in_(list(codes)))
            return {row.code: (row.name, row.phone) for row in asked}
        rows = Item.select(Item.code, Item.name).where(Item.code.in_(list(codes)))
        return {row.code: (row.name, "") for row in rows}
