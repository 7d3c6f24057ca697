"""What is changed at the till goes to QuickBooks Desktop once, what is changed there comes to the till once, and where
both were changed the rules decide, with both values kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos.actions import conductor_catalogue, conductor_conflicts, conductor_office
from pos.errors import Conflict
from pos.store import feeds, record_blanking, records
from tests.contract.conductor_bench import there as there
from tests.contract.conductor_pulls import Pulls, pulls_at
from tests.contract.emulators.conductor import Conductor

CUSTOMER, ITEM = "qbd_customer", "qbd_item"


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Pulls]:
    with pulls_at(tmp_path, there) as made:
        made.booked()
        yield made


def session(bench: Pulls) -> None:
    bench.passes(600)
    bench.pull("customers", "items")
    bench.push("customers", "items")


def price(bench: Pulls, code: str, amount: int) -> None:
    """A price import at the till."""
    row = {"price_list": bench.config.till.price_list, "item": code, "currency": bench.config.shop.currency}
    feeds.put_prices(bench.store, [{**row, "amount": amount}])


def at_the_till(bench: Pulls, code: str) -> tuple[Any, ...]:
    asked = "SELECT i.name, i.description, i.disabled, p.amount FROM item i JOIN price p ON p.item = i.code"
    return tuple(bench.store.execute(f"{asked} WHERE i.code = ?", (code,)).fetchone())


def pen(bench: Pulls) -> str:
    """An item of the till's own that both have."""
    feeds.put_items(bench.store, [{"code": "PEN", "name": "Pen", "item_group": "Office", "description": "blue"}], "csv")
    price(bench, "PEN", 120)
    session(bench)
    assert bench.one("inventory_items", ITEM, "PEN")["salesPrice"] == "1.20"
    return bench.remote(ITEM, "PEN")


def written(bench: Pulls) -> int:
    return sum(call.startswith(("create", "update")) for call in bench.there.calls)


def test_what_is_changed_at_the_till_goes_there_once(bench: Pulls) -> None:
    pen(bench)
    feeds.put_items(bench.store, [{"code": "PEN", "name": "Blue pen", "description": "very blue"}], "csv")
    price(bench, "PEN", 150)
    before = written(bench)
    session(bench)
    row = bench.one("inventory_items", ITEM, "PEN")
    assert (row["name"], row["salesDescription"], row["salesPrice"]) == ("Blue pen", "very blue", "1.50")
    assert bench.get(ITEM, "PEN").edited_by in ("till", "quickbooks") and bench.conflicts("") == []
    session(bench)
    assert written(bench) == before + 1, "once"
    assert at_the_till(bench, "PEN") == ("Blue pen", "very blue", 0, 150)
    feeds.deactivate(bench.store, ["PEN"])
    session(bench)
    assert bench.one("inventory_items", ITEM, "PEN")["isActive"] is False
    group = bench.store.execute("SELECT item_group FROM item WHERE code = 'PEN'").fetchone()
    assert group == ("Office",), "its group is the till's own"


def test_what_is_changed_there_comes_to_the_till_once_and_does_not_go_back(bench: Pulls) -> None:
    remote = pen(bench)
    bench.passes(600)
    bench.there.file.edit("inventory_items", remote, salesPrice="1.75", name="Biro")
    before = written(bench)
    session(bench)
    assert at_the_till(bench, "PEN") == ("Biro", "blue", 0, 175)
    version = bench.get(ITEM, "PEN").version
    session(bench)
    assert (written(bench), bench.get(ITEM, "PEN").version, bench.conflicts("")) == (before, version, [])


def test_an_old_row_of_the_till_undoes_nothing_and_a_price_finer_than_the_tills_stays(bench: Pulls) -> None:
    remote = pen(bench)
    before = bench.get(ITEM, "PEN")
    fields = {**before.fields, "salesPrice": "1.2345"}  # of which the till was not told
    records.edit(bench.store, "main", ITEM, "PEN", before.version, fields, [], "quickbooks", bench.moment)
    assert conductor_catalogue.from_till(bench.side(), ITEM) == 0
    assert bench.get(ITEM, "PEN").fields["salesPrice"] == "1.2345"
    bench.there.file.edit("inventory_items", remote, salesPrice="1.99999")
    bench.rules(items={"winner": "theirs"})
    session(bench)
    session(bench)
    assert (at_the_till(bench, "PEN")[3], bench.rows("inventory_items")[0]["salesPrice"]) == (200, "1.99999")


@pytest.mark.parametrize(("winner", "stands"), [("theirs", 175), ("latest", 150), ("ask", 150)])
def test_where_both_changed_it_the_rule_decides_and_both_values_are_kept(
    bench: Pulls, winner: str, stands: int
) -> None:
    remote = pen(bench)
    bench.rules(items={"winner": winner})
    bench.passes(600)
    bench.there.file.edit("inventory_items", remote, salesPrice="1.75")
    price(bench, "PEN", 150)
    session(bench)
    (row,) = bench.conflicts("")
    assert (row.field, row.ours, row.theirs, row.rule) == ("salesPrice", "1.5", "1.75", winner)
    assert at_the_till(bench, "PEN")[3] == stands
    assert bench.rows("inventory_items")[0]["salesPrice"] == ("1.50" if winner == "latest" else "1.75")
    if winner == "theirs":
        conductor_conflicts.undo(bench.store, "main", row.id, "7")
        assert at_the_till(bench, "PEN")[3] == 150, "the till's own after all"


def test_what_the_till_changes_while_a_session_runs_is_not_written_over(bench: Pulls) -> None:
    remote = pen(bench)
    bench.rules(items={"winner": "ask"})
    bench.passes(600)
    bench.there.file.edit("inventory_items", remote, salesPrice="1.75", salesDescription="red")
    begun, calls = bench.begun("items"), 0

    def meanwhile() -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:  # the till was heard already, the page did not come yet
            price(bench, "PEN", 150)
        return False

    assert bench.work(begun, meanwhile)
    bench.ended(begun)
    assert at_the_till(bench, "PEN") == ("Pen", "red", 0, 150)
    (row,) = bench.conflicts()
    assert (row.field, row.ours, row.theirs) == ("salesPrice", "1.5", "1.75")
    price(bench, "PEN", 160)
    with pytest.raises(Conflict, match="meanwhile"):
        conductor_conflicts.decide(bench.store, "main", row.id, "theirs", "7")
    conductor_conflicts.decide(bench.store, "main", row.id, "theirs", "7")
    session(bench)
    assert (at_the_till(bench, "PEN")[3], bench.rows("inventory_items")[0]["salesPrice"]) == (175, "1.75")


def test_a_second_editor_hears_of_the_tills_change_first(bench: Pulls) -> None:
    pen(bench)
    version = bench.get(ITEM, "PEN").version
    price(bench, "PEN", 150)
    with pytest.raises(Conflict) as refused:
        conductor_office.edit(
            bench.store, "main", ITEM, "PEN", {"version": version, "fields": {"salesPrice": "3"}}, "7"
        )
    assert refused.value.code == "changed"
    assert bench.get(ITEM, "PEN").fields["salesPrice"] == "1.50"


def test_a_customers_telephone_goes_there_and_who_is_switched_off_is_told(bench: Pulls) -> None:
    feeds.put_customers(bench.store, [{"code": "C1", "name": "Ada", "phone": "12"}], "till")
    session(bench)
    long = "+44 20 7946 0000 extension 12"
    feeds.put_customers(bench.store, [{"code": "C1", "name": "Ada", "phone": "13", "email": "a@example.com"}], "till")
    session(bench)
    row = bench.one("customers", CUSTOMER, "C1")
    assert (row["phone"], row["email"]) == ("13", "a@example.com")
    feeds.put_customers(bench.store, [{"code": "C1", "name": "Ada", "phone": long, "disabled": True}], "till")
    session(bench)
    assert bench.one("customers", CUSTOMER, "C1")["isActive"] is True, "QuickBooks alone says so by the rules"
    (told,) = bench.conflicts("decided")
    assert (told.field, told.ours, told.rule) == ("isActive", False, "only_theirs")
    kept = bench.store.execute("SELECT phone, disabled FROM customer WHERE code = 'C1'").fetchone()
    assert tuple(kept) == (long, 0), "a number QuickBooks cannot hold stays the till's"
    with bench.store.transaction():
        record_blanking.forget(bench.store, "C1", "")
    assert bench.store.execute("SELECT count(*) FROM conductor_till WHERE code = 'C1'").fetchone() == (0,)
