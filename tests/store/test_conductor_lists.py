"""Small lists of a company file, and what a pull looks up of many records at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pos import clock
from pos.store import conductor_lists, record_links, records
from pos.store.conductor_lists import Entry
from pos.store.db import Store
from pos.store.record_links import Link

pytestmark = pytest.mark.both_engines


def test_a_list_replaces_the_one_before_and_what_it_has_no_more_keeps_its_name(store: Store) -> None:
    now = clock.now()
    sales, cash = Entry("account", "1", "Sales", facts={"accountType": "income"}), Entry("account", "2", "Cash")
    conductor_lists.keep(store, "conductor", "account", [sales, cash], now)
    conductor_lists.keep(store, "conductor-b", "account", [Entry("account", "1", "Other")], now)
    conductor_lists.keep(store, "conductor", "terms", [Entry("terms", "1", "Net 30", active=False)], now)
    conductor_lists.keep(store, "conductor", "account", [sales], now + timedelta(seconds=1))
    found = conductor_lists.listed(store, "conductor", "account")
    assert [(one.id, one.name, one.facts) for one in found] == [("1", "Sales", {"accountType": "income"})]
    assert conductor_lists.named(store, "conductor", "account", ["2", "9"])["2"].name == "Cash"
    assert [one.name for one in conductor_lists.listed(store, "conductor", "account", active=False, words="as")] == [
        "Cash"
    ]
    assert {sort: row[0] for sort, row in conductor_lists.sorts(store, "conductor").items()} == {
        "account": 1,
        "terms": 0,
    }
    assert [one.name for one in conductor_lists.listed(store, "conductor-b", "account")] == ["Other"]


def test_what_is_nothing_there_yet_and_what_is_as_it_was(store: Store) -> None:
    for key in ("A", "B", "C", "D"):
        records.create(store, "main", "qbd_customer", key, {"name": f"N{key}"}, [], "7", clock.now())
    record_links.put(store, Link("main", "c", "qbd_customer", "A", "80-1", "5", {"name": "NA"}, state="synced", seen=3))
    record_links.put(store, Link("main", "c", "qbd_customer", "B", "80-2", "6", {"name": "NB"}, state="error"))
    record_links.put(store, Link("main", "c", "qbd_customer", "C", request_id="guid", state="sending"))
    titles = record_links.titles_unlinked(store, "main", "c", "qbd_customer")
    assert list(titles) == [("C", "NC"), ("D", "ND")]
    assert record_links.leaving(store, "main", "c", "qbd_customer") == ["C"]
    known = record_links.as_they_were(store, "main", "c", "qbd_customer", ["80-1", "80-2", "80-3"])
    assert known == {"80-1": ("5", 3)}, "what failed is looked at again"
    assert record_links.as_they_were(store, "main", "c", "qbd_customer", []) == {}
