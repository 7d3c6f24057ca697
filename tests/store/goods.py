"""Rows of a small shop for the tests of the catalogue, and the shop itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from pos.rules.barcode import check_digit
from pos.store import catalog, search_index
from pos.store.db import Store

PRICE_LIST, HERE = "Standard Selling", "Stores - TS"


def ean(digits: str) -> str:
    return digits + check_digit(digits)


def item(code: str, name: str, group: str = "Extras", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "item_group": group, "tax_code": "VAT20", **more}


def template(code: str, name: str, group: str = "Boots", **more: Any) -> dict[str, Any]:
    return item(code, name, group, has_variants=True, **more)


def variant(of: str, name: str, group: str = "Boots", code: str = "", **attributes: str) -> dict[str, Any]:
    short = "-".join(v.upper().replace(" ", "") for v in attributes.values())
    listed = [{"name": n, "value": v, "position": at} for at, (n, v) in enumerate(attributes.items())]
    return item(code or f"{of}-{short}", name, group, variant_of=of, attributes=listed)


def boots(colours: Sequence[str] = ("Brown", "Black"), sizes: Sequence[int] = (8, 9, 10)) -> list[dict[str, Any]]:
    return [
        template("HB-2041", "Harrow Chelsea boot", brand="Harrow"),
        *(variant("HB-2041", "Harrow Chelsea boot", Colour=c, Size=f"UK {s}") for c in colours for s in sizes),
    ]


def price(store: Store, code: str, amount: int, **more: Any) -> None:
    catalog.put_prices(store, [{"price_list": PRICE_LIST, "item": code, "amount": amount, "currency": "GBP", **more}])


def put(store: Store, *rows: dict[str, Any]) -> catalog.Counts:
    return catalog.put_items(store, rows, "csv")


def codes(store: Store, q: str, group: str = "", **more: int) -> list[str]:
    return [tile.code for tile in catalog.search(store, q, group, **more).items]


@pytest.fixture
def goods_in(store: Store) -> Store:
    """A few boots, laces and creams."""
    catalog.put_taxes(store, [{"code": "VAT20", "title": "VAT 20%", "rate": "20", "account": "VAT - TS"}])
    put(
        store,
        *boots(),
        item("LACE-BRN", "Boot laces, brown", barcodes=[{"code": "2500000000010"}], description="140 cm"),
        item("CREAM", "Boot cream", brand="Café Noir", barcodes=[{"code": ean("50123456789")}]),
        item("OLD", "Boot jack, brown", disabled=True),
        item("T-SHIRT/8.5", "T-shirt", "Shirts"),
    )
    price(store, "HB-2041", 8900)
    price(store, "LACE-BRN", 350)
    return store


@pytest.fixture(autouse=True)
def index_is_sound(store: Store) -> Iterator[None]:
    """After each test: both full-text indexes agree with the items, and a rebuild changes nothing."""
    yield
    with store.transaction():
        for table in ("search_word", "search_part") if store.keeps_files else ():
            store.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
    asked = (
        "SELECT s.code, s.grp, s.text, t.code, t.sort, t.grp FROM search_item s "
        f"JOIN search_tile t ON t.pos = s.pos >> {search_index.PLACE_BITS} ORDER BY s.code"
    )
    kept = store.execute(asked).fetchall()
    order = [row[0] for row in store.execute("SELECT code FROM search_tile ORDER BY pos")]
    search_index.rebuild(store)
    assert store.execute(asked).fetchall() == kept
    assert [row[0] for row in store.execute("SELECT code FROM search_tile ORDER BY pos")] == order
