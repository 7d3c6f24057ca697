"""Lists of records of QuickBooks Desktop: what they are narrowed to, their pages, and that length costs nothing."""

from __future__ import annotations

import pytest

from pos import clock
from pos.store import conductor_records, record_links, records
from pos.store.conductor_records import Wanted
from pos.store.db import Store
from pos.store.listing import Asked
from pos.store.record_links import Link

NAMES = Asked(sort="name", down=False, limit=2)


def put(store: Store, key: str, name: str, remote: str = "", state: str = "pending", **fields: object) -> None:
    given = {"name": name, "type": "inventory_items", **fields}
    records.create(store, "main", "qbd_item", key, given, [], "9", clock.now())
    record_links.put(store, Link("main", "conductor", "qbd_item", key, remote_id=remote, state=state,
                                agreed_version=1))  # fmt: skip


def found(store: Store, wanted: Wanted, asked: Asked = NAMES) -> list[str]:
    return [row.record.id for row in conductor_records.page(store, "main", "conductor", wanted, asked)[0]]


@pytest.fixture
def shelf(store: Store) -> Store:
    put(store, "A", "apple", "1", "synced", sku="SKU-9", salesDescription="red")
    put(store, "B", "Banana", "2", "error", isActive=False)
    put(store, "C", "cherry 100%", "3", "conflict", type="service_items")
    put(store, "D", "Date", state="pending")
    return store


def test_names_come_in_their_order_whatever_their_case_a_page_at_a_time(shelf: Store) -> None:
    rows, page = conductor_records.page(shelf, "main", "conductor", Wanted("qbd_item"), NAMES)
    assert ([row.record.id for row in rows], page.total, page.before) == (["A", "B"], 4, "")
    assert found(shelf, Wanted("qbd_item"), Asked(sort="name", down=False, limit=2, after=page.after)) == ["C", "D"]
    everything = conductor_records.everything(shelf, "main", "conductor", Wanted("qbd_item"), NAMES)
    assert [(row.record.id, row.link.state if row.link else "") for row in everything] == [
        ("A", "synced"), ("B", "error"), ("C", "conflict"), ("D", "pending"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"words": "sku-9"}, ["A"]), ({"words": "APPLE"}, ["A"]), ({"words": "red"}, []), ({"words": "0%"}, ["C"]),
        ({"words": "2"}, ["B"]), ({"words": "_"}, []), ({"state": "inactive"}, ["B"]), ({"state": "parked"}, ["B"]),
        ({"state": "conflict"}, ["C"]), ({"state": "waiting"}, ["D"]), ({"state": "not_there"}, ["D"]),
        ({"state": "gone"}, []), ({"facet": "service_items"}, ["C"]), ({"state": "deleted"}, []),
    ],
)  # fmt: skip
def test_a_list_is_narrowed(shelf: Store, wanted: dict[str, str], ids: list[str]) -> None:
    assert found(shelf, Wanted("qbd_item", **wanted)) == ids
    assert conductor_records.counts(shelf, "main", "conductor", "qbd_item") == {"parked": 1, "conflict": 1}


def test_what_is_changed_is_found_by_what_it_says_now_and_deleted_ones_by_themselves(shelf: Store) -> None:
    records.edit(shelf, "main", "qbd_item", "A", 1, {"name": "Zebra", "type": "inventory_items"}, [], "9", clock.now())
    assert (found(shelf, Wanted("qbd_item", words="apple")), found(shelf, Wanted("qbd_item", words="zeb"))) == (
        [], ["A"],
    )  # fmt: skip
    before = records.get(shelf, "main", "qbd_item", "D")
    records.edit(shelf, "main", "qbd_item", "D", 1, before.fields, [], "9", clock.now(), deleted=True)
    assert found(shelf, Wanted("qbd_item", state="deleted")) == ["D"]
    assert found(shelf, Wanted("qbd_item", words="date")) == []
    assert found(shelf, Wanted("qbd_item", state="waiting")) == ["A"]  # it says something else than both agreed on


def test_what_nobody_linked_yet_goes_with_the_next_sync_too(shelf: Store) -> None:
    records.create(shelf, "main", "qbd_item", "E", {"name": "Elder"}, [], "till", clock.now())
    for state in ("waiting", "not_there"):
        assert found(shelf, Wanted("qbd_item", state=state)) == ["D", "E"]


@pytest.mark.sqlite
def test_a_page_is_read_out_of_an_index_that_holds_all_it_is_narrowed_by(shelf: Store) -> None:
    asked = (
        "EXPLAIN QUERY PLAN SELECT r.words, r.id, r.id FROM record r WHERE r.company = ? AND r.kind = ?"
        " AND r.words <> '' AND r.deleted = 0 AND r.words LIKE ? ORDER BY r.words, r.id LIMIT 51"
    )
    plan = " ".join(str(row) for row in shelf.execute(asked, ("main", "qbd_item", "%x%")).fetchall())
    assert "COVERING INDEX record_words" in plan and "TEMP B-TREE" not in plan
