"""Companies and shops: the first is always there, and what a part keeps for one is never lost to another writer."""

from __future__ import annotations

import pytest

from pos.errors import Conflict, Invalid, NotFound
from pos.store import companies
from pos.store.db import Store


def test_the_first_company_is_named_after_the_settings(store: Store) -> None:
    (main,) = companies.every(store)
    assert (main.id, main.name, main.currency) == ("main", store.config.shop.name, store.config.shop.currency)
    assert [shop.id for shop in companies.shops(store)] == ["main"]
    assert companies.of_till(store, "anything") == ("main", "main")
    companies.rename(store, "main", "Holding", "T")
    assert companies.one(store, "Holding").id == "main"


def test_a_company_comes_with_a_shop_and_nothing_is_taken_twice(store: Store) -> None:
    companies.add(store, "north", "North Ltd", "T", time_zone="Europe/Berlin", currency="EUR")
    companies.add_shop(store, "North Ltd", "pier", "The pier", "T")
    assert [(shop.id, shop.company) for shop in companies.shops(store, "north")] == [
        ("north", "north"),
        ("pier", "north"),
    ]
    assert companies.place(store, "", "pier") == companies.place(store, "north", "pier") == ("north", "pier")
    assert companies.place(store, "north") == ("north", "north")
    for key, name in (("north", "Other"), ("other", "north ltd"), ("pier", "Other")):
        with pytest.raises(Conflict):
            companies.add(store, key, name, "T")
    for bad in ("", "North", "a b", "x" * 31):
        with pytest.raises(Invalid):
            companies.add(store, bad, "Bad", "T")
    with pytest.raises(Invalid):
        companies.place(store, "main", "pier")
    companies.set_active(store, "north", False, "T")
    with pytest.raises(Invalid):
        companies.place(store, "north")
    with pytest.raises(NotFound):
        companies.one(store, "south")


def test_what_a_part_keeps_is_not_overwritten_unseen(store: Store) -> None:
    companies.add(store, "north", "North Ltd", "T")
    before = companies.kept(store, "north", "quickbooks")
    now = companies.keep(store, "north", "quickbooks", {"grain": "day"}, before, "T")
    assert companies.kept(store, "north", "quickbooks") == now
    with pytest.raises(Conflict, match="meanwhile"):
        companies.keep(store, "north", "quickbooks", {"grain": "sale"}, before, "T")
    companies.keep(store, "north", "other", {"a": 1}, now, "T")
    assert companies.kept(store, "north", "quickbooks").values == {"grain": "day"}
    assert companies.kept(store, "main", "quickbooks").values == {}
