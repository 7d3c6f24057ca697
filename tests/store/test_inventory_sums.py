"""What `verify` says of stock: sums that do not hold are named."""

from __future__ import annotations

import threading

import pytest

from pos.store import inventory, inventory_sums
from pos.store.db import Store
from pos.store.models import Movement
from tests.store.test_inventory import BACK, HERE, NOW, Line, post, shop_floor, sold, there

__all__ = ["shop_floor"]

pytestmark = pytest.mark.both_engines


@pytest.fixture
def moved(shop_floor: Store) -> Store:
    """Sales, a transfer, one that was voided, a count without a difference."""
    sold(shop_floor, "TEA", 1000)
    post(shop_floor, "transfer", Line("TEA", 2000, HERE, BACK), key="moved")
    post(shop_floor, "transfer", Line("TEA", 1000, HERE, BACK), key="wrong")
    inventory.void(shop_floor, "wrong", by="bob", reason="x", now=NOW)
    post(shop_floor, "count", Line("TEA", set_to=7000, destination=HERE))
    return shop_floor


def test_sums_that_hold_are_no_difference(moved: Store) -> None:
    assert inventory_sums.wrong(moved) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE stock SET qty = qty + 500 WHERE warehouse = 'Back room'", "kept as 2.5 without sales, and its events"),
        ("DELETE FROM stock WHERE warehouse = 'Back room'", "events moved 2 of TEA at Back room, and no stock is kept"),
        ("DELETE FROM inventory_move WHERE event = 'first'", "is kept as 8 without sales, and its events come to -2"),
        ("UPDATE movement_total SET qty = -7000", "what was sold of TEA at Stores - TS is 7, and its documents"),
        ("UPDATE inventory_line SET qty = 3000 WHERE event = 'first'", "event first moved 10 of TEA at Stores - TS"),
        ("UPDATE inventory_event SET status = 'committed' WHERE id = 'wrong'", "event wrong moved 0 of TEA"),
        ("UPDATE inventory_event SET status = 'voided' WHERE id = 'first'", "event first moved 10 of TEA"),
        ("DELETE FROM inventory_event WHERE id = 'moved'", "was moved by an event moved that is not there"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_named(moved: Store, statement: str, words: str) -> None:
    moved.execute(statement)
    found = inventory_sums.wrong(moved)
    assert any(words in one for one in found), found


def test_sales_and_levels_that_are_set_at_once_lose_nothing(shop_floor: Store) -> None:
    """Three sell while a level is set and goods come in, each in transactions of their own."""

    def sells() -> None:
        for _ in range(12):
            with shop_floor.transaction():
                n = shop_floor.execute("SELECT coalesce(max(position), 0) FROM movement").fetchone()[0] + 1
                Movement.create(document=f"d{n}", position=n, item_code="TEA", warehouse=HERE, qty=-1000)
        shop_floor.release()

    sellers = [threading.Thread(target=sells) for _ in range(3)]
    for one in sellers:
        one.start()
    for n in range(10):
        event = post(shop_floor, "adjustment", Line("TEA", set_to=20_000 + n, destination=HERE))
        assert event.lines[0].level is not None
        post(shop_floor, "receipt", Line("TEA", 1000, destination=HERE))
    for one in sellers:
        one.join(60)
    assert inventory_sums.wrong(shop_floor) == []
    moved = shop_floor.execute("SELECT sum(qty) FROM inventory_move WHERE item = 'TEA'").fetchone()[0]
    assert there(shop_floor) == moved - 36_000
