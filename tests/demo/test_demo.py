"""The demo shop: complete, harmless to load twice, and never on top of a real one."""

from __future__ import annotations

import pytest

from pos import demo
from pos.actions import catalog as words
from pos.errors import Conflict
from pos.rules import barcode
from pos.store import catalog, people
from pos.store.connections import is_demo
from pos.store.db import Store


@pytest.fixture
def loaded(store: Store) -> demo.DemoSummary:
    return demo.load_demo(store)


def test_it_holds_about_200_items_in_8_groups_with_two_rates(store: Store, loaded: demo.DemoSummary) -> None:
    assert 190 <= loaded.items <= 220
    assert store.execute("SELECT count(*) FROM search_item").fetchone() == (loaded.items,)
    assert len(catalog.groups(store)) == 8
    goods = catalog.goods(store, [row[0] for row in store.execute("SELECT code FROM item")])
    assert {str(g.tax_rate) for g in goods.values()} == {"20", "0"}
    assert {g.tax_code for g in goods.values() if g.item_group == "Children"} == {"VAT0"}
    assert [g.code for g in goods.values() if g.price is None] == ["GIFT-VOUCHER", "SUNDRY"]
    assert goods["SUNDRY"].open_price
    assert {g.code for g in goods.values() if g.weighed} == {"WAX", "OFFCUTS"}
    assert str(goods["BAG"].price) == "0.10"


def test_every_barcode_is_valid_and_in_the_shop_s_own_range(store: Store, loaded: demo.DemoSummary) -> None:
    codes = [row[0] for row in store.execute("SELECT code FROM barcode")]
    assert len(codes) == loaded.items - 3  # neither the bag, the sundry line nor the gift voucher has one
    assert all(barcode.is_gtin(code) and code[0] == "2" for code in codes)
    rules = barcode.parse_rules(store.config.pricing.barcode_rules)
    assert sorted(code for code in codes if code[:2] in rules) == ["2010001000006", "2210002000009"]


def test_every_label_shown_can_be_scanned(store: Store, loaded: demo.DemoSummary) -> None:
    for _, code in loaded.labels:
        assert words.scanned(store, store.config, code)["line"] is not None


def test_people_of_each_role_sign_in_with_pins_that_are_shown_once(store: Store, loaded: demo.DemoSummary) -> None:
    assert [pin.role for pin in loaded.pins] == ["manager", "supervisor", "cashier", "admin"]
    for pin in loaded.pins:
        assert people.sign_in(store, pin.code, pin.pin)[1].name == pin.name
    assert demo.load_demo(store).pins == ()


def test_loading_twice_changes_nothing(store: Store, loaded: demo.DemoSummary) -> None:
    catalog.put_items(store, [{"code": "BAG", "name": "My own bag", "item_group": "Extras"}], "csv")
    before = list(store.database.connection().iterdump())
    demo.load_demo(store)
    assert list(store.database.connection().iterdump()) == before


def test_it_marks_the_till(store: Store) -> None:
    assert not is_demo(store)
    demo.load_demo(store)
    assert is_demo(store)


def test_it_never_goes_on_top_of_a_real_shop(store: Store) -> None:
    catalog.put_items(store, [{"code": "A", "name": "Ash", "item_group": "Real"}], "csv")
    with pytest.raises(Conflict):
        demo.load_demo(store)
    assert not is_demo(store)
    assert catalog.groups(store) == [("Real", 1)]


def test_half_a_load_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(demo, "mark_demo", broken)
    with pytest.raises(RuntimeError):
        demo.load_demo(store)
    assert catalog.groups(store) == []
    assert people.people(store) == []


def test_ways_to_pay_are_those_that_work(store: Store, loaded: demo.DemoSummary) -> None:
    assert [m.kind for m in catalog.payment_modes(store)] == ["cash", "card", "voucher", "account", "other"]
    assert catalog.customer(store, store.config.till.walk_in) is not None


def test_a_pin_made_by_chance_is_none_that_anybody_tries_first(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([1111 - 1000, 1234 - 1000, 4321 - 1000, 9876 - 1000, 1357 - 1000])
    monkeypatch.setattr(demo.secrets, "randbelow", lambda _: next(drawn))
    assert demo.random_pin() == "1357"
