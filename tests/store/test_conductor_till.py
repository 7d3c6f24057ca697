"""What was changed at the till since its records said the same; looked for by the database, on either engine."""

from __future__ import annotations

import pytest

from pos.store import conductor_till, feeds
from pos.store.db import Store

pytestmark = pytest.mark.both_engines
CODES = [f"I{n:04}" for n in range(1000)]


def priced(store: Store, code: str, amount: int, listed: str = "") -> None:
    row = {"price_list": listed or store.config.till.price_list, "item": code, "currency": store.config.shop.currency}
    feeds.put_prices(store, [{**row, "amount": amount}])


def test_only_what_differs_is_read_and_nothing_is_written(store: Store) -> None:
    feeds.put_items(store, [{"code": code, "name": code, "item_group": "G"} for code in CODES], "csv")
    priced(store, "I0001", 120)
    with store.transaction():
        conductor_till.agree(store, "item", CODES)
    assert conductor_till.changed(store, "item") == []
    feeds.put_items(store, [{"code": "I0003", "name": "Three", "disabled": True}], "csv")
    priced(store, "I0001", 150)
    priced(store, "I0002", 90)
    priced(store, "I0004", 90, "another list")
    first, *rest = conductor_till.changed(store, "item", limit=2)
    assert (first.code, first.was["price"], first.now["price"]) == ("I0001", "1.20", "1.50")
    assert [(one.code, one.was["price"], one.now["price"]) for one in rest] == [("I0002", "", "0.90")]
    (last,) = conductor_till.changed(store, "item", "I0002")
    assert (last.code, last.was["name"], last.now["name"], last.now["active"]) == ("I0003", "I0003", "Three", False)
    assert [one.code for one in conductor_till.changed(store, "item", codes=["I0002", "I0900"])] == ["I0002"]
    with store.transaction():
        conductor_till.agree(store, "item", ["I0001", "I0002", "I0003"])
        store.execute("DELETE FROM price WHERE item = 'I0001'")
    assert conductor_till.changed(store, "item") == [], "a price that was taken away changes none"


def test_customers_too_and_as_they_were_read(store: Store) -> None:
    read = {"name": "Ada", "phone": "12", "email": "", "active": True}
    feeds.put_customers(store, [{"code": "C1", "name": "Ada", "phone": "13"}], "till")
    with store.transaction():
        conductor_till.agreed(store, "customer", [("C1", read)])
    (one,) = conductor_till.changed(store, "customer")
    assert (one.was["phone"], one.now) == ("12", {**read, "phone": "13"})
    with store.transaction():
        conductor_till.agree(store, "customer", ["C1"])
    assert conductor_till.changed(store, "customer") == []
    with store.transaction():
        conductor_till.agreed(store, "item", [("X", {"name": "X", "active": True, "price": "1.20"})])
        conductor_till.forget(store, "C1")
    assert store.execute("SELECT sort, code, amount FROM conductor_till").fetchall() == [("item", "X", 120)]
