"""What runs low at a place: told once when it crosses the line, by sales, events and baskets set aside alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos.store import inventory, inventory_begin, inventory_places, low
from pos.store.db import Store
from pos.store.inventory_places import Location
from tests.store.test_inventory import BACK, HERE, NOW, Line, post, shop_floor, sold

__all__ = ["shop_floor"]

pytestmark = pytest.mark.both_engines


@pytest.fixture
def known(shop_floor: Store) -> Store:
    """The first look is over; ten teas here, reorder at two."""
    post(shop_floor, "receipt", Line("TEA", 5000, destination=BACK))
    told(shop_floor, everything=True)
    return shop_floor


def told(store: Store, *, everything: bool = False) -> tuple[list[tuple[str, str, int]], list[tuple[str, str]]]:
    heard: list[low.Crossed] = []
    found = (low.everything if everything else low.moved)(store, NOW, heard.append)
    assert heard in ([], [found])
    return [(x.code, x.location, x.qty) for x in found.low], found.full


def test_an_event_takes_a_place_below_the_line_and_another_above_it(known: Store) -> None:
    post(known, "transfer", Line("TEA", 4000, BACK, HERE), key="out")
    assert told(known) == ([("TEA", BACK, 1000)], [])
    assert told(known) == told(known, everything=True) == ([], [])
    assert [(x.item, x.location, x.low) for x in inventory.overview(known, "main", low_only=True).rows] == [
        ("TEA", BACK, True)
    ]
    assert inventory.figures(known, "main").low == 1
    inventory.void(known, "out", by="bob", reason="x", now=NOW)
    assert told(known) == ([], [("TEA", BACK)])
    assert inventory.overview(known, "main", low_only=True).rows == []


def test_sales_count_at_the_place_they_were_made(known: Store) -> None:
    sold(known, "TEA", 3500, BACK)
    assert told(known) == ([("TEA", BACK, 1500)], [])
    sold(known, "TEA", 9000)
    assert told(known) == ([("TEA", HERE, 1000)], [])


def test_what_is_set_aside_is_not_available(known: Store) -> None:
    known.execute(
        "INSERT INTO held (id, store, till, title, basket, lines, total, state, by_code, by_name, at, changed_at,"
        " changed_by, taken, reason, up, holder) VALUES ('b1', 'main', 'T1', '', ?, 1, '', 'held', '', '', '', '', '',"
        " '', '', '', '')",
        ('{"lines": [{"item_code": "TEA", "qty": "9"}]}',),
    )
    assert told(known) == ([("TEA", HERE, 1000)], [])
    assert told(known) == ([], [])
    known.execute("UPDATE held SET state = 'discarded'")
    assert told(known, everything=True) == ([], [("TEA", HERE)])


def test_a_place_nobody_sells_from_or_that_is_no_place_runs_low_silently(known: Store) -> None:
    place = inventory_places.location(known, BACK)
    inventory_places.put_location(known, replace(place, is_virtual=True), "ann")
    inventory_places.put_location(known, Location("Scrap", "main", "Scrap", is_virtual=True), "ann")
    post(known, "transfer", Line("TEA", 4500, BACK, "Scrap"))
    assert told(known) == told(known, everything=True) == ([], [])
    inventory_begin.begin(known)
