"""Our stock compared with QuickBooks Online, by its lists as they were loaded: looked at, never put right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pos import clock
from pos.actions import parity
from pos.connectors.qbo.lists import Entry, Lists, encode
from pos.errors import Conflict, NotFound
from pos.rules.inventory import Draft, Line
from pos.rules.parity import ERPNEXT, ONLINE
from pos.store import catalog, inventory, inventory_begin, inventory_places, qbo_lists
from pos.store import parity as kept
from pos.store.db import Store
from pos.store.inventory_places import Location
from pos.store.models import Cursor, InventoryApproval, QboToken
from pos.store.parity import Run
from tests.actions.test_parity import ANN
from tests.books import Time

GOODS = {"TEA": "Tea", "COLA": "Cola", "GIN": "Gin", "CUP": "Cup", "DEBT": "Debt"}


@pytest.fixture
def shop(store: Store) -> Iterator[Store]:
    """Five kinds of goods at two places, and a sign-in to QuickBooks Online."""
    time = Time()
    with clock.set_to(time):
        inventory_begin.begin(store)
        rows = [{"code": code, "name": name, "item_group": "G", "tax_code": ""} for code, name in GOODS.items()]
        catalog.put_items(store, rows, "csv")
        for code in ("SHOP", "BACK"):
            inventory_places.put_location(store, Location(code, "main", code), "test")
        lines = [Line(code, destination=place, set_to=3000) for code in GOODS for place in ("SHOP", "BACK")]
        lines[-1] = Line("DEBT", destination="BACK", set_to=-5000)
        day = time.moment.date().isoformat()
        inventory.post(store, Draft("o", "main", "opening", day, tuple(lines)), by="test", now=time.moment)
        with store.transaction():
            QboToken.create(connection="quickbooks", company="main", environment="sandbox", realm="77")
        yield store


def item(key: str, name: str, on_hand: str = "", **more: str) -> Entry:
    return Entry(key, name, more.pop("kind", "Inventory"), on_hand=on_hand, **more)  # type: ignore[arg-type]


def compare(store: Store, *items: Entry, accounts: tuple[Entry, ...] = ()) -> Run:
    qbo_lists.keep(store, "main", "quickbooks", "77", encode(Lists(items=items, accounts=accounts)), "ann")
    return parity.step(store, store.config, parity.begin(store, "main", ONLINE, ANN))


def found(store: Store) -> list[tuple[str, str, str, str]]:
    rows = kept.every(store, kept.Filter("main", ONLINE, "open"))
    return sorted((row["item"], row["field"], row["status"], row["difference"]) for row in rows)


def test_statuses_of_items_with_packs_clamped_and_without_a_quantity(shop: Store) -> None:
    with pytest.raises(Conflict, match="Load the lists"):
        parity.begin(shop, "main", ONLINE, ANN)
    run = compare(
        shop,
        item("1", "Hot:Anything", "6", sku="TEA"),  # by its SKU, whatever it is called there
        item("2", "Cola", "2"), item("3", "Cola *12", "1"),
        item("4", "Gin *6", "1"),
        item("5", "Hot:Cup", "3"), item("6", "Cold:Cup", "3"),
        item("7", "Debt", "-4"),
        item("8", "Only there", "1"), item("9", "Service", kind="Service"),
    )  # fmt: skip
    assert run.state == "done" and "as they were loaded" in run.words
    assert found(shop) == [
        ("COLA", "item", "base_with_packs", ""),
        ("COLA", "quantity", "needs_adjustment", "-8"),  # 6 here; 2 and a dozen there
        ("CUP", "item", "several_bases", ""),
        ("GIN", "item", "only_pack_variant", ""),
        ("Only there", "item", "missing", ""),
    ]
    row = next(row for row in kept.every(shop, kept.Filter("main", ONLINE)) if row["item"] == "COLA")
    assert row["detail"]["packs"] == ["Cola *12"]
    assert run.counts["in_sync"] == 2, "tea, and what is below nothing at both sides is nothing at both"


def test_quantities_that_are_not_kept_are_not_compared_and_it_is_said(shop: Store) -> None:
    inventory_places.put_parts(shop, "main", [{"item": "TEA", "income_account": "Sales", "cost": "2"}], "ann")
    items = [item(key, name, sku=code, income="90", cost="1.5") for key, (code, name) in enumerate_goods()]
    run = compare(shop, *items, accounts=(Entry("90", "Income:Sales", "Income"),))
    assert "load the lists of QuickBooks again" in run.words
    assert found(shop) == [
        ("TEA", "cost", "needs_adjustment", "0.5"), ("TEA", "income_account", "needs_adjustment", ""),
    ]  # fmt: skip


def test_nothing_is_ever_put_right_there(shop: Store) -> None:
    compare(shop, item("1", "Tea", "5"))
    assert ("TEA", "quantity", "needs_adjustment", "1") in found(shop)
    with pytest.raises(NotFound, match="QuickBooks Desktop"):
        parity.propose(shop, shop.config, "main", "quantities", 5, ANN)
    assert InventoryApproval.select().count() == 0


def enumerate_goods() -> list[tuple[str, tuple[str, str]]]:
    return [(str(at), pair) for at, pair in enumerate(GOODS.items())]


def test_erpnext_where_it_keeps_a_place_that_was_kept_here(shop: Store) -> None:
    with pytest.raises(NotFound, match="No connection tells of stock"):
        parity.begin(shop, "main", ERPNEXT, ANN)
    with shop.transaction():
        shop.execute("UPDATE stock SET own_at_set = NULL, qty = 3000 WHERE warehouse = 'SHOP'")
        shop.execute("UPDATE stock SET qty = 2500 WHERE warehouse = 'SHOP' AND item = 'TEA'")
        Cursor.create(connection="erpnext", feed="stock", value="", checked_at="2026-11-21")
    run = parity.step(shop, shop.config, parity.begin(shop, "main", ERPNEXT, ANN))
    assert (run.state, run.counts["items"], run.counts["in_sync"]) == ("done", 5, 4), "the place kept here is left out"
    rows = list(kept.every(shop, kept.Filter("main", ERPNEXT, "open")))
    assert [(row["item"], row["location"], row["difference"]) for row in rows] == [("TEA", "SHOP", "0.5")]
