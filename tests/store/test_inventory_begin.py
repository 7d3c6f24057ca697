"""How stock comes to be kept here: after an upgrade, at a hub, and what its tills hear of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos.config import Config
from pos.store import (
    companies,
    hub_changes,
    hub_feeds,
    inventory,
    inventory_begin,
    inventory_places,
    inventory_read,
    inventory_sums,
    stock,
)
from pos.store.db import Store, open_store
from pos.store.migrate import newest
from pos.store.models import Document, Movement, TillPlace
from pos.store.models import database as current
from tests.store.goods import HERE, goods_in
from tests.store.test_inventory import BACK, Line, post, shop_floor, sold

__all__ = ["goods_in", "shop_floor"]


def before_conductor(store: Store) -> None:
    """Take back what came later than stock."""
    for table in current.get_tables():
        if table.startswith("conductor_"):
            store.execute(f"DROP TABLE {table}")
    for index in ("record_words", "record_facet", "record_name", "record_link_state", "record_link_there",
                  "audit_record", "record_conflict_record"):  # fmt: skip
        store.execute(f"DROP INDEX {index}")
    for table, column in (("record", "facet"), ("record", "active"), ("record", "words"),
                          ("run_schedule", "what"), ("run_schedule", "objects")):  # fmt: skip
        store.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


@pytest.mark.both_engines
def test_a_database_from_before_keeps_its_levels_and_gets_its_openings(goods_in: Store, shop: Config) -> None:
    sold(goods_in, "CREAM", 2000)
    before_conductor(goods_in)
    for table in current.get_tables():
        if table.startswith(("inventory_", "qbd_", "purchase_order", "parity_")) or table == "low_stock":
            goods_in.execute(f"DROP TABLE {table}")
    for statement in (
        "DROP INDEX stock_warehouse_item",
        "ALTER TABLE token DROP COLUMN person",
        "CREATE TABLE low_stock (item TEXT NOT NULL PRIMARY KEY, since TEXT NOT NULL)",
        "INSERT INTO low_stock (item, since) VALUES ('CREAM', '2026-01-01')",
        "DELETE FROM schema_version WHERE version >= 31",
        f"INSERT INTO stock (item, warehouse, qty, own_at_set, modified) VALUES ('CREAM', '{HERE}', 5000, -2000, '')",
    ):
        goods_in.execute(statement)
    sold(goods_in, "CREAM", 500)
    goods_in.close()
    store = open_store(shop)
    try:
        assert store.execute("SELECT max(version) FROM schema_version").fetchone()[0] == newest() >= 31
        assert stock.stock_of(store, ["CREAM"]) == {"CREAM": 4500}
        assert inventory_sums.wrong(store) == []  # nothing is held against what has no opening yet
        inventory_begin.begin(store)
        inventory_begin.begin(store)
        assert stock.stock_of(store, ["CREAM"]) == {"CREAM": 4500}
        assert [(x.kind, x.lines[0].set_to) for x in inventory.events(store)] == [("opening", 4500)]
        assert inventory_sums.wrong(store) == []
    finally:
        store.close()


@pytest.mark.both_engines
def test_a_hub_knows_the_places_its_tills_sell_from_and_whose_they_are(goods_in: Store) -> None:
    goods_in.config = replace(goods_in.config, server=replace(goods_in.config.server, role="hub"))
    companies.add(goods_in, "north", "North Ltd", "ann")
    TillPlace.create(till="T9", company="north", shop="north")
    key = sold(goods_in, "CREAM", 1000, "North store")
    Document.update(till="T9").where(Document.id == key).execute()
    sold(goods_in, "CREAM", 1000, "South store")
    inventory_begin.begin(goods_in)
    found = {one.code: one.company for one in inventory_places.locations(goods_in)}
    assert found == {"North store": "north", "South store": "main"}
    goods_in.execute(
        "INSERT INTO held (id, store, till, title, basket, lines, total, state, by_code, by_name, at, changed_at,"
        " changed_by, taken, reason, up, holder) VALUES ('b1', 'north', 'T9', '', ?, 1, '', 'held', '', '', '', '', '',"
        " '', '', '', '')",
        ('{"lines": [{"item_code": "CREAM", "qty": "2"}, {"no": "item"}]}',),
    )
    assert inventory_read.reserved(goods_in) == {}  # what cannot be read holds nothing
    goods_in.execute("UPDATE held SET basket = ?", ('{"lines": [{"item_code": "CREAM", "qty": "1e999999999"}]}',))
    assert inventory_read.reserved(goods_in) == {}  # nor what no till can mean, at once
    goods_in.execute("UPDATE held SET basket = ?", ('{"lines": [{"item_code": "CREAM", "qty": "2"}]}',))
    assert inventory_read.reserved(goods_in) == {("CREAM", "North store"): 2000}


@pytest.mark.both_engines
def test_tills_of_a_hub_hear_of_what_an_event_moved(shop_floor: Store) -> None:
    hub_changes.watch(shop_floor)
    cursor = hub_changes.after(shop_floor, "stock", "", 100).cursor
    post(shop_floor, "transfer", Line("TEA", 1000, HERE, BACK))
    names = hub_changes.after(shop_floor, "stock", cursor, 100).names
    assert set(names) == {f"TEA{hub_changes.SEP}{place}" for place in (HERE, BACK)}
    assert Movement.select().count() == 0
    sold(shop_floor, "TEA", 2000)  # of another till, told in the same row
    rows = hub_feeds.page(shop_floor, "T1", "stock", cursor, 100).rows
    assert {(row["warehouse"], row["qty"]) for row in rows} == {(HERE, 7000), (BACK, 1000)}
