"""A small shop on a real database and a real journal, and baskets to sell in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pos import config as settings
from pos.rules import barcode, rights
from pos.store import catalog
from pos.store.db import Store, open_store
from pos.store.journal import Journal

ID = "0193a1b2-0000-7000-8000-0000000000{:02d}"


@dataclass(frozen=True)
class Person:
    role: str = "manager"
    code: str = "ann"
    name: str = "Ann"

    def may(self, right: str) -> bool:
        return rights.allowed(self.role, right)


@dataclass
class Till:
    config: settings.Config
    store: Store
    journal: Journal

    def close(self) -> None:
        self.journal.close()
        self.store.close()


LABEL_PRICE = "201234500000"
LABEL_PRICE += barcode.check_digit(LABEL_PRICE)


def open_till(config: settings.Config) -> Till:
    store = open_store(config)
    catalog.put_taxes(
        store,
        [
            {"code": "S", "title": "Standard", "rate": "20", "account": ""},
            {"code": "Z", "title": "Zero", "rate": "0", "account": ""},
        ],
    )
    items: list[dict[str, Any]] = [
        {"code": "MUG", "name": "Mug", "item_group": "Home", "tax_code": "S"},
        {"code": "TEA", "name": "Tea", "item_group": "Food", "tax_code": "Z", "weighed": True, "uom": "Kg"},
        {"code": "MISC", "name": "Misc", "item_group": "Home", "tax_code": "S", "open_price": True},
        {"code": "HAM", "name": "Ham", "item_group": "Food", "tax_code": "Z",
         "barcodes": [{"code": LABEL_PRICE, "uom": ""}]},
        {"code": "OLD", "name": "Old", "item_group": "Home", "tax_code": "S", "disabled": True},
        {"code": "SHOE", "name": "Shoe", "item_group": "Home", "tax_code": "S", "has_variants": True},
        {"code": "SHOE-8", "name": "Shoe 8", "item_group": "Home", "tax_code": "S", "variant_of": "SHOE",
         "attributes": [{"name": "Size", "value": "8", "position": 0}]},
    ]  # fmt: skip
    catalog.put_items(store, items, "csv")
    put_prices(store, {"MUG": 120, "TEA": 210, "HAM": 999, "OLD": 500, "SHOE-8": 4500})
    modes = [("Cash", "cash"), ("Card", "card"), ("Gift Voucher", "voucher"), ("Account", "account")]
    catalog.put_modes(
        store, [{"name": n, "kind": k, "position": i, "disabled": False} for i, (n, k) in enumerate(modes)], "csv"
    )
    catalog.put_customers(
        store, [{"code": "C1", "name": "Jane"}, {"code": "C2", "name": "Gone", "disabled": True}], "csv"
    )
    return Till(config, store, Journal(store))


def put_prices(store: Store, amounts: dict[str, int]) -> None:
    rows = [
        {"name": f"P-{c}", "price_list": "Standard Selling", "item": c, "amount": a, "currency": "GBP"}
        for c, a in amounts.items()
    ]
    catalog.put_prices(store, rows)


def line(code: str, qty: str = "1", id_: str = "a1", **more: Any) -> dict[str, Any]:
    return {"line": id_, "item_code": code, "qty": qty, **more}


def basket(*lines: dict[str, Any], total: str, n: int = 1, pay: str | None = "Cash", **more: Any) -> dict[str, Any]:
    payments = [{"mode_of_payment": pay, "amount": total}] if pay else []
    return {"id": ID.format(n), "customer": "", "lines": list(lines), "payments": payments, "total": total, **more}


def documents_saved(till: Till) -> int:
    return int(till.store.execute("SELECT count(*) FROM document").fetchone()[0])


def label(price: str, item: str = LABEL_PRICE[:7]) -> str:
    stem = item + price
    return stem + barcode.check_digit(stem)
