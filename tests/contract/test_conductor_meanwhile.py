"""What happens meanwhile: a person decides while a session is at that very record, a company file is put back from a
backup, a clock there is wrong, rules change between two sessions."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos.actions import conductor_conflicts
from pos.connectors.conductor.client import Client, Page
from pos.errors import Conflict
from tests.contract.conductor_bench import there as there
from tests.contract.conductor_pulls import Pulls, pulls_at
from tests.contract.emulators.conductor import END_USER, Conductor
from tests.contract.emulators.conductor_file import CompanyFile

CUSTOMER = "qbd_customer"


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Pulls]:
    with pulls_at(tmp_path, there) as made:
        yield made


@pytest.mark.parametrize("when", ["retrieve", "update"])
def test_what_a_person_decides_while_that_record_is_being_sent_stands(
    bench: Pulls, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    bench.rules(customers={"winner": "ask", "fields": {}})
    (ada,) = bench.customers(1)
    key = f"QBD-{ada}"
    bench.pull("customers")
    bench.change(CUSTOMER, key, phone="1")
    bench.there.file.edit("customers", ada, phone="2")
    bench.passes(600)
    bench.pull("customers")
    waiting = [one.id for one in bench.conflicts()]
    bench.change(CUSTOMER, key, email="ada@x.example")
    whole = getattr(Client, when)

    def does(self: Client, *given: Any) -> Any:
        answer = whole(self, *given)
        while waiting:
            conductor_conflicts.decide(bench.store, "main", waiting.pop(), "ours", "7")
        return answer

    monkeypatch.setattr(Client, when, does)
    bench.push("customers")
    bench.push("customers")
    row = bench.there.file.row("customers", ada)
    assert bench.conflicts() == [] and (row["phone"], row["email"]) == ("1", "ada@x.example")


def test_a_row_that_comes_twice_in_one_page_is_one_record(bench: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.customers(3)
    whole = Client.page

    def page(self: Client, *given: Any, **filters: Any) -> Page:
        found = whole(self, *given, **filters)
        return replace(found, rows=found.rows + found.rows[:1])

    monkeypatch.setattr(Client, "page", page)
    assert bench.pull("customers") == (3, 0, 0) and len(bench.every(CUSTOMER)) == 3


def test_a_clock_there_that_was_hours_ahead_hides_no_change(bench: Pulls) -> None:
    bench.there.file.clock = lambda: bench.moment + dt.timedelta(hours=20)
    bench.customers(1)
    bench.pull("customers")
    bench.there.file.clock = lambda: bench.moment
    bench.passes(3600)
    late = bench.there.file.put("customers", name="After it was put right")["id"]
    bench.pull("customers")
    assert bench.of(CUSTOMER, late).title == "After it was put right"


def put_back(bench: Pulls) -> Any:
    """A backup of the company file; what is called puts it back."""
    file = bench.there.file
    kept = copy.deepcopy((file.tables, file.where, file.names, file.gone))

    def back() -> None:
        file.tables, file.where, file.names, file.gone = copy.deepcopy(kept)

    return back


def test_a_backup_that_is_put_back_there_takes_nothing_away_unseen(bench: Pulls) -> None:
    """Nothing tells of it: what was changed since has its old revision again, what was made since is not there."""
    ada, bob, _ = bench.customers(3)
    bench.pull("customers")
    back = put_back(bench)
    bench.passes(3600)
    bench.there.file.edit("customers", ada, phone="99")
    bench.add(CUSTOMER, "New", name="Made since")
    bench.push("customers")
    bench.pull("customers")
    back()
    bench.passes(3600)
    bench.pull("customers")
    (told,) = bench.conflicts()
    assert (told.record_id, told.field, bench.link(CUSTOMER, "New").state) == ("New", "deleted", "gone")
    bench.push("customers")
    assert bench.of(CUSTOMER, ada).fields["phone"] == bench.there.file.row("customers", ada)["phone"] == "99"
    conductor_conflicts.decide(bench.store, "main", told.id, "ours", "7")
    bench.push("customers")
    assert bench.one("customers", CUSTOMER, "New")["name"] == "Made since"
    asked = len(bench.there.requests)
    bench.pull("customers")
    assert "updatedAfter" in bench.asked("/customers?", asked)[-1], "once"
    assert bench.of(CUSTOMER, bob).version == 1


def test_the_latest_one_that_is_deleted_there_is_no_backup(bench: Pulls) -> None:
    bench.customers(2)
    bench.pull("customers")
    bench.passes(3600)
    last = bench.there.file.put("customers", name="Last")["id"]
    bench.pull("customers")
    bench.passes(3600)
    bench.there.file.delete("customers", last)
    asked = len(bench.there.requests)
    bench.pull("customers")
    assert bench.link(CUSTOMER, f"QBD-{last}").state == "gone" and bench.conflicts() == []
    assert all("updatedAfter" in path for path in bench.asked("/customers?", asked))


def test_what_was_passed_over_while_a_type_only_went_there_comes_once_it_is_wanted(bench: Pulls) -> None:
    bench.choose(rules={"customers": {"direction": "to_quickbooks"}})
    bench.customers(2)
    bench.passes(3600)
    bench.there.file.put("customers", name="Later")
    bench.pull("customers")
    assert bench.every(CUSTOMER) == []
    bench.choose(rules={})
    bench.pull("customers")
    assert len(bench.every(CUSTOMER)) == 3


def test_an_earlier_first_day_brings_what_is_older(bench: Pulls) -> None:
    (ada,) = bench.customers(1)
    bench.choose(history_from="2026-11-10")
    bench.ordered(ada, day="2026-11-01")
    bench.passes(3600)
    bench.ordered(ada, day="2026-11-15")
    bench.pull("customers", "sales_orders")
    assert len(bench.every("qbd_sales_order")) == 1
    bench.choose(history_from="2026-10-10")
    bench.pull("sales_orders")
    assert len(bench.every("qbd_sales_order")) == 2


def test_a_field_quickbooks_alone_says_goes_there_where_a_person_takes_its_rule_back(bench: Pulls) -> None:
    (ada,) = bench.customers(1)
    bench.pull("customers")
    bench.change(CUSTOMER, f"QBD-{ada}", resaleNumber="X1")
    bench.push("customers")
    (told,) = bench.conflicts("decided")
    assert (told.rule, bench.of(CUSTOMER, ada).fields["resaleNumber"]) == ("only_theirs", "")
    conductor_conflicts.undo(bench.store, "main", told.id, "7")
    bench.push("customers")
    assert bench.there.file.row("customers", ada)["resaleNumber"] == "X1"
    bench.passes(3600)
    bench.there.file.edit("customers", ada, resaleNumber="X2")
    bench.pull("customers")
    assert bench.of(CUSTOMER, ada).fields["resaleNumber"] == "X2", "this once"


def test_where_a_type_only_comes_its_rule_is_not_taken_back(bench: Pulls) -> None:
    (ada,) = bench.customers(1)
    bench.pull("customers")
    bench.change(CUSTOMER, f"QBD-{ada}", phone="1")
    bench.choose(rules={"customers": {"direction": "from_quickbooks"}})
    bench.passes(600)
    bench.there.file.edit("customers", ada, email="ada@x.example")
    bench.pull("customers")
    (told,) = bench.conflicts("decided")
    with pytest.raises(Conflict, match="Only QuickBooks") as refused:
        conductor_conflicts.undo(bench.store, "main", told.id, "7")
    assert refused.value.code == "only_theirs" and bench.of(CUSTOMER, ada).fields["phone"] == ""


def test_one_of_the_same_name_under_another_is_another_one(bench: Pulls) -> None:
    big = bench.there.file.put("customers", name="Big")["id"]
    bench.pull("customers")
    bench.passes(600)
    bench.add(CUSTOMER, "J", name="Site")
    bench.add(CUSTOMER, "K", name="Yard", parent={"id": big})
    site, yard = (bench.there.file.put("customers", name=name, parentId=big)["id"] for name in ("Site", "Yard"))
    bench.pull("customers")
    bench.push("customers")
    assert bench.remote(CUSTOMER, "J") != site and bench.remote(CUSTOMER, "K") == yard
    assert len(bench.every(CUSTOMER)) == len(bench.rows("customers")) == 4


def test_one_deleted_here_that_is_used_there_again_is_a_persons_word(bench: Pulls) -> None:
    (ada,) = bench.customers(1)
    bench.pull("customers")
    bench.change(CUSTOMER, f"QBD-{ada}", deleted=True)
    bench.push("customers")
    bench.passes(3600)
    bench.there.file.edit("customers", ada, isActive=True)
    bench.pull("customers")
    (told,) = bench.conflicts()
    assert told.field == "deleted"
    conductor_conflicts.decide(bench.store, "main", told.id, "ours", "7")
    bench.push("customers")
    assert bench.there.file.row("customers", ada)["isActive"] is False
    conductor_conflicts.undo(bench.store, "main", told.id, "7")
    assert not bench.of(CUSTOMER, ada).deleted


def test_what_is_overruled_a_second_time_is_told_a_second_time(bench: Pulls) -> None:
    bench.rules(customers={"direction": "to_quickbooks"})
    bench.add(CUSTOMER, "A", name="A", phone="1")
    bench.push("customers")
    for count in (1, 2):
        bench.passes(3600)
        bench.edit("customers", CUSTOMER, "A", phone="2")
        bench.pull("customers")
        bench.pull("customers")
        bench.push("customers")
        assert bench.one("customers", CUSTOMER, "A")["phone"] == "1" and len(bench.conflicts("decided")) == count


def test_in_another_company_file_nothing_begins_whatever_type_is_first(bench: Pulls) -> None:
    bench.there.file.put("customers", name="The only one")
    for n in range(4):
        bench.there.file.put("vendors", name=f"V{n}")
    bench.pull("customers", "vendors")
    other = bench.there.files[END_USER] = CompanyFile("Another")
    other._made = 5000  # ids tell when something was made: another file has others
    bench.passes(600)
    other.put("customers", name="Somebody else's")
    with pytest.raises(Conflict) as caught:
        bench.work(bench.begun("customers"))
    assert caught.value.code == "other_file" and len(bench.every(CUSTOMER)) == 1


def test_an_order_of_a_customer_that_could_not_be_taken_names_it_once_it_is_here(bench: Pulls) -> None:
    bench.add(CUSTOMER, "C1", name="Ada", email="ada@x.example")
    ada = bench.there.file.put("customers", name="ADA", email="other@x.example")["id"]
    order = bench.ordered(ada)
    assert bench.pull("customers", "sales_orders")[1] == 1
    assert bench.of("qbd_sales_order", order).fields["customer"] == f"there:{ada}"
    bench.change(CUSTOMER, "C1", name="Another Ada")
    bench.passes(3600)
    assert bench.pull("customers", "sales_orders")[1] == 0
    assert bench.of("qbd_sales_order", order).fields["customer"] == f"QBD-{ada}"
