"""What is on hand in a QuickBooks company file, what it was not told of, and which of its adjustments are new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pos import clock
from pos.rules.inventory import Draft, Line
from pos.store import conductor_stock, connections, feeds, inventory, inventory_places, record_links, records
from pos.store.conductor_stock import BY, Level, Net
from pos.store.db import Store
from pos.store.inventory_places import Location, Part, Reason
from pos.store.record_links import Link

pytestmark = pytest.mark.both_engines
NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
LINE = "conductor"


@pytest.fixture
def stocked(store: Store) -> Store:
    rows = [{"code": code, "name": code, "item_group": "x", "stocked": True} for code in ("Pen", "Ink")]
    feeds.put_items(store, rows, "here")
    for code in ("Shop", "Back"):
        inventory_places.put_location(store, Location(code, "main", code), "7")
    return store


def post(store: Store, kind: str, *lines: Line, by: str = "7", reason: str = "", at: datetime = NOW) -> str:
    with store.transaction():
        draft = Draft(clock.uuid7(), "main", kind, "2026-11-20", lines, reason=reason)
        return inventory.post(store, draft, by=by, now=at).id


def test_what_moved_is_told_by_place_account_and_item(stocked: Store) -> None:
    store = stocked
    post(store, "opening", Line("Pen", destination="Shop", set_to=9000))
    post(store, "adjustment", Line("Pen", 1000, destination="Shop"))
    first = conductor_stock.first_move(store, clock.stamp(NOW + timedelta(seconds=1)))
    inventory_places.put_reason(store, Reason("main", "LOST", "Lost", "Shrinkage"), "7")
    inventory_places.put_part(store, Part("main", "Ink", adjustment_account="Ink account"), "7")
    later = NOW + timedelta(minutes=1)
    post(store, "adjustment", Line("Pen", -2000, destination="Shop"), reason="LOST", at=later)
    post(store, "adjustment", Line("Pen", 500, destination="Shop", account="Own"), at=later)
    post(store, "receipt", Line("Ink", 4000, destination="Back"), at=later)
    post(store, "adjustment", Line("Ink", 7000, destination="Back"), by=BY, at=later)
    nets, last = conductor_stock.untold(store, "main", first)
    assert sorted(nets, key=repr) == [
        Net("Back", "Ink account", "Ink", 4000), Net("Shop", "Own", "Pen", 500), Net("Shop", "Shrinkage", "Pen", -2000)
    ]  # fmt: skip
    assert conductor_stock.untold(store, "main", last) == ([], last)
    assert conductor_stock.untold(store, "north", 0)[0] == []


def test_what_takes_back_what_was_never_told_is_not_told(stocked: Store) -> None:
    store = stocked
    opened = post(store, "opening", Line("Pen", destination="Shop", set_to=9000))
    told = post(store, "adjustment", Line("Pen", 1000, destination="Shop"))
    with store.transaction():
        for event in (opened, told):
            inventory.counter(store, event, key=clock.uuid7(), by="7", now=NOW)
    assert conductor_stock.untold(store, "main", 0)[0] == [], "one was not told, the other comes to nothing"


def test_what_is_on_hand_there_is_kept_and_forgotten(store: Store) -> None:
    with store.transaction():
        conductor_stock.keep(store, LINE, [Level("80-1", "", "5", "2", "1"), Level("80-1", "S", "5")], NOW)
    later = NOW + timedelta(hours=1)
    with store.transaction():
        conductor_stock.keep(store, LINE, [Level("80-1", "", "4.5")], later)
        conductor_stock.forget(LINE, later, sites=True)
    found = conductor_stock.levels(store, LINE, ["80-1", "80-2"])
    assert found == {"80-1": [Level("80-1", "", "4.5", seen_at=clock.stamp(later))]}
    assert (conductor_stock.count(store, LINE), conductor_stock.count(store, "conductor-north")) == (1, 0)


def test_which_item_is_which_by_its_record_or_by_its_card(stocked: Store) -> None:
    store = stocked
    inventory_places.put_part(store, Part("main", "Ink", qb_id="80-2"), "7")
    for record, remote in (("Pen", "80-1"), ("QBD-2", "80-2")):
        record_links.put(store, Link("main", LINE, "qbd_item", record, remote))
    assert conductor_stock.remotes(store, "main", LINE, ["Pen", "Ink", "Cup"]) == {
        "Pen": ("Pen", "80-1"), "Ink": ("QBD-2", "80-2")
    }  # fmt: skip
    assert conductor_stock.items(store, "main", ["Pen", "QBD-2", "QBD-9"]) == {"Pen": "Pen", "QBD-2": "Ink"}


def test_their_adjustments_are_looked_at_once_a_revision(store: Store) -> None:
    for key, made in (("A", "2026-11-20T10:00:00-05:00"), ("B", "2026-11-20T15:30:00+01:00")):
        records.create(store, "main", "qbd_adjustment", key, {"createdAt": made}, [], "quickbooks", NOW, origin="there")
        record_links.put(store, Link("main", LINE, "qbd_adjustment", key, f"80-{key}", "17"))
    records.create(store, "main", "qbd_adjustment", "OURS", {}, [], "7", NOW)
    record_links.put(store, Link("main", LINE, "qbd_adjustment", "OURS", "80-O", "17"))

    def seen(after: str = "") -> list[tuple[str, str, bool]]:
        return [(one.record, one.event, one.gone) for one in conductor_stock.theirs(store, "main", LINE, after, 9)]

    assert seen() == [("A", "", False), ("B", "", False)]
    assert seen("A") == [("B", "", False)]
    connections.move(store, LINE, conductor_stock.feed("80-A"), "17|E-1", NOW)
    assert seen() == [("B", "", False)]
    record_links.put(store, Link("main", LINE, "qbd_adjustment", "A", "80-A", "18"))
    assert seen()[0] == ("A", "E-1", False)
    record_links.put(store, Link("main", LINE, "qbd_adjustment", "A", "80-A", "18", state="gone"))
    assert seen()[0] == ("A", "E-1", True)
    connections.move(store, LINE, conductor_stock.feed("80-A"), "gone|", NOW)
    assert [one[0] for one in seen()] == ["B"]
    assert conductor_stock.newest(store, "main") == "2026-11-20T10:00:00-05:00", "by the moment, not by its text"
