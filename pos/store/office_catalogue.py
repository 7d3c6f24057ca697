"""What the till sells, and to whom, as fields of records of the office."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pos.rules.money import major
from pos.store.db import Store
from pos.store.models import Customer, Item

PAGE = 500


def page(store: Store, kind: str, after: str) -> list[tuple[str, dict[str, Any]]]:
    """The next customers or items in the order of their codes, with the fields the till knows of them."""
    with store.reading():
        return _customers(store, after) if kind == "customer" else _items(store, after)


def _customers(store: Store, after: str) -> list[tuple[str, dict[str, Any]]]:
    rows = store.execute(
        "SELECT code, name, phone, email, disabled FROM customer WHERE code > ? ORDER BY code LIMIT ?", (after, PAGE)
    ).fetchall()
    return [
        (code, {"name": name, "phone": phone, "email": email, "active": not off})
        for code, name, phone, email, off in rows
    ]


def _items(store: Store, after: str) -> list[tuple[str, dict[str, Any]]]:
    shop, till = store.config.shop, store.config.till
    rows = store.execute(
        "SELECT i.code, i.name, i.item_group, i.description, i.tax_code, i.disabled, p.amount, i.stocked FROM item i"
        " LEFT JOIN price p ON p.item = i.code AND p.price_list = ? AND p.currency = ? AND p.valid_from = ''"
        " WHERE i.code > ? AND i.has_variants = 0 ORDER BY i.code LIMIT ?",
        (till.price_list, shop.currency, after, PAGE),
    ).fetchall()
    found = []
    for code, name, group, description, tax, off, amount, stocked in rows:
        price = "" if amount is None else f"{major(amount, shop.currency):f}"
        fields = {"name": name, "sku": code, "group": group, "description": description, "tax": tax, "price": price}
        found.append((code, {**fields, "active": not off, "stocked": bool(stocked)}))
    return found


def names(store: Store, sort: str, codes: Iterable[str]) -> dict[str, str]:
    """What the till calls those of these customers or items it has."""
    model = Customer if sort == "customer" else Item
    with store.reading():
        rows = model.select(model.code, model.name).where(model.code.in_(list(codes)))
        return {row.code: row.name for row in rows}
