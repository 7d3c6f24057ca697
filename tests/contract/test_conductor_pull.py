"""What stands in QuickBooks Desktop comes here: page by page, what changed, what was deleted, what cannot be taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pos.actions import conductor_office, conductor_pull, conductor_take
from pos.connectors.conductor.client import Page
from pos.errors import Unavailable
from pos.store import conductor_lists, conductor_sessions, connections, feeds, record_links
from tests.contract.conductor_bench import Killed
from tests.contract.conductor_bench import there as there
from tests.contract.conductor_pulls import Pulls, pulls_at
from tests.contract.emulators.conductor import Conductor

ORDER = "qbd_sales_order"
CUSTOMER = "qbd_customer"
ITEM = "qbd_item"


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Pulls]:
    with pulls_at(tmp_path, there, TILLKEEP_CONDUCTOR_PAGE_ROWS="5") as made:
        yield made


# -- pages -------------------------------------------------------------------------------------------------------------


def test_all_come_the_first_time_inactive_too_and_later_what_changed(bench: Pulls) -> None:
    ada = bench.there.file.put("customers", name="Ada", phone="12", billingAddress={"line1": "1 High St"})
    for n in range(11):
        bench.there.file.put("customers", name=f"C{n}", isActive=n != 3)
    assert bench.pull("customers") == (12, 0, 0)
    record = bench.of(CUSTOMER, ada["id"])
    assert (record.fields["name"], record.fields["billingAddress"]) == ("Ada", {"line1": "1 High St"})
    assert [row.fields["isActive"] for row in bench.every(CUSTOMER)].count(False) == 1
    bench.passes(3600)
    bench.there.file.edit("customers", ada["id"], phone="13")
    before = len(bench.there.requests)
    assert bench.pull("customers") == (12, 0, 11), "what is the same costs one look"
    first, *_ = bench.asked("/customers?", before)
    assert "updatedAfter=2026-11-20T11%3A55%3A00-05%3A00" in first, "in their words, with their offset, a little early"
    assert bench.of(CUSTOMER, ada["id"]).fields["phone"] == "13"
    bench.passes(3600)
    assert bench.pull("customers") == (1, 0, 1)
    assert all("status=all" in path for path in bench.asked("/customers?"))


def test_a_type_that_is_off_is_not_asked_for_and_all_of_one_is_read_anew_where_somebody_says_so(bench: Pulls) -> None:
    bench.customers(3)
    bench.rules(customers={"direction": "off"})
    assert bench.pull("customers") == (0, 0, 0) and bench.there.calls == []
    bench.rules(customers={})
    bench.pull("customers")
    bench.passes(86400)
    bench.pull("customers")
    assert "updatedAfter" in bench.asked("/customers?")[-1]
    conductor_pull.read_all(bench.store, "conductor", ["customers"], "boss")
    assert bench.pull("customers") == (3, 0, 3) and "updatedAfter" not in bench.asked("/customers?")[-1]


def test_a_clock_there_that_was_far_ahead_for_a_while_hides_no_change(bench: Pulls) -> None:
    ada, bob = bench.customers(2)
    bench.there.file.table("customers")[ada]["updatedAt"] = "2031-01-01T09:00:00-05:00"
    bench.pull("customers")
    bench.passes(86400)
    bench.there.file.edit("customers", bob, phone="13")
    bench.pull("customers")
    assert bench.of(CUSTOMER, bob).fields["phone"] == "13"


def test_a_moment_that_is_none_fails_with_its_row_at_most(bench: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    (ada, bob), page = bench.customers(2), bench.client.page

    def odd(resource: str, cursor: str = "", **filters: object) -> Page:
        found = page(resource, cursor, **filters)
        rows = [row | {"updatedAt": "yesterday"} if row["id"] == ada else row for row in found.rows]
        return replace(found, rows=rows)

    monkeypatch.setattr(bench.client, "page", odd)
    bench.pull("customers")
    bench.passes(86400)
    bench.there.file.edit("customers", bob, phone="13")
    bench.pull("customers")
    assert bench.of(CUSTOMER, bob).fields["phone"] == "13"


def test_a_page_that_gets_lost_begins_the_list_anew_and_counts_nothing_twice(bench: Pulls) -> None:
    """The pitfall: the cursor stays the same, so that asking again would give the next page and lose one."""
    keys = bench.customers(12)
    bench.there.faults.next("reset_after", hits="page customers")
    assert bench.pull("customers") == (12, 0, 0)
    assert {link for link in keys} == {row.id.removeprefix("QBD-") for row in bench.every(CUSTOMER)}
    assert bench.calls("list customers") == 2, "from the beginning"


def test_a_cursor_that_went_stale_begins_the_list_anew(bench: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.customers(12)
    listings, late = bench.there.listings(), iter([0, 11])
    clock = listings.clock
    shift = [0.0]
    page = bench.client.page

    def slow(resource: str, cursor: str = "", **filters: object) -> object:
        shift[0] += next(late, 0) if cursor else 0
        return page(resource, cursor, **filters)

    listings.clock = lambda: clock() + shift[0]
    monkeypatch.setattr(bench.client, "page", slow)
    assert bench.pull("customers") == (12, 0, 0)
    assert bench.calls("list customers") == 2


def test_counts_that_do_not_go_down_by_what_came_begin_it_anew(bench: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.customers(12)
    page, wrong = bench.client.page, iter([0, 3])

    def odd(resource: str, cursor: str = "", **filters: object) -> object:
        found = page(resource, cursor, **filters)
        return replace(found, remaining=(found.remaining or 0) + next(wrong, 0))

    monkeypatch.setattr(bench.client, "page", odd)
    assert bench.pull("customers") == (12, 0, 0)
    assert bench.calls("list customers") == 2


def test_where_taking_rows_in_is_slow_the_next_page_is_asked_for_first(
    bench: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.customers(12)
    monkeypatch.setattr(conductor_pull, "LATE_SECONDS", -1.0)
    page, taken = bench.client.page, list[int]()

    def asked(*given: str, **filters: Any) -> object:
        taken.append(len(bench.every(CUSTOMER)))
        return page(*given, **filters)

    monkeypatch.setattr(bench.client, "page", asked)
    assert bench.pull("customers") == (12, 0, 0)
    assert taken == [0, 0, 0], "three pages, and only then their rows"
    monkeypatch.setattr(conductor_pull, "HELD_MAX", 4)
    bench.passes(60)
    conductor_pull.read_all(bench.store, "conductor", ["customers"], "boss")
    session = bench.begun("customers")
    with pytest.raises(Unavailable):
        bench.work(session)
    assert taken.count(12) == 4, "no more than those wait in memory: it begins anew, a bounded number of times"


def test_where_too_much_fails_the_whole_list_is_read_again(bench: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductor_take, "AGAIN_MAX", 2)
    for n in range(4):
        bench.add(CUSTOMER, f"X{n}", name=f"C{n}", email=f"{n}@here.example")
        bench.there.file.put("customers", name=f"C{n}", email=f"{n}@there.example")
    assert bench.pull("customers") == (0, 4, 0)
    for n in range(4):
        bench.change(CUSTOMER, f"X{n}", name=f"D{n}")
    bench.passes(86400)
    assert bench.pull("customers") == (4, 0, 0), "none is forgotten"


def test_a_list_that_is_lost_again_and_again_is_put_off_and_goes_on_later(bench: Pulls) -> None:
    bench.customers(12)
    for _ in range(4):
        bench.there.faults.next("half_answer", hits="page customers")
    session = bench.begun("customers")
    with pytest.raises(Unavailable) as caught:
        bench.work(session)
    assert caught.value.code == "list_lost" and caught.value.retry_at is not None
    assert connections.mark(bench.store, "conductor", "conductor:customers").value == "", "the cursor did not move"
    assert bench.work(session) and bench.ended(session) == (12, 0, 0)


def test_they_are_away_no_object_is_failed_and_the_mark_does_not_move(bench: Pulls) -> None:
    bench.customers(3)
    bench.there.faults.next("not_connected", hits="customers")
    session = bench.begun("customers")
    with pytest.raises(Unavailable) as caught:
        bench.work(session)
    assert "not running" in caught.value.message
    assert bench.work(session) and bench.ended(session) == (3, 0, 0)


def test_a_pull_that_is_killed_goes_on_and_what_was_taken_costs_one_look(
    bench: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.customers(12)
    went, left = conductor_take.went, iter([False, True])

    def dies(*given: object, **named: object) -> None:
        if next(left, False):
            raise Killed
        went(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(conductor_take, "went", dies)
    session = bench.begun("customers")
    with pytest.raises(Killed):
        bench.work(session)
    assert len(bench.every(CUSTOMER)) == 5, "a page and the cursor are one"
    assert bench.work(session) and bench.ended(session) == (12, 0, 0)


def test_somebody_elses_session_is_not_worked_on(bench: Pulls) -> None:
    bench.customers(3)
    session = bench.begun("customers")
    with pytest.raises(conductor_take.Lost):
        bench.work(replace(session, owner="another"))
    assert bench.every(CUSTOMER) == []


def test_it_stops_where_it_is_told_to(bench: Pulls) -> None:
    bench.customers(12)
    session, looks = bench.begun("customers"), iter([False, False, True])
    assert bench.work(session, lambda: next(looks, True)) is False
    assert len(bench.every(CUSTOMER)) == 5
    assert bench.work(session) and bench.ended(session) == (12, 0, 0)


# -- adjustments -------------------------------------------------------------------------------------------------------


def test_adjustments_come_in_windows_that_are_halved_where_they_take_too_long(bench: Pulls) -> None:
    """The pitfall: QuickBooks pages no adjustments; all at once timed out."""
    bench.choose(history_from="2026-09-01")
    pen = bench.stocked(quantityOnHand=5)["id"]
    bench.pull("items")
    made = bench.there.file.adjust(pen, -2)
    bench.there.faults.next("timeout_before", hits="list inventory-adjustments")
    assert bench.pull("inventory_adjustments") == (1, 0, 0)
    windows = [(query["transactionDateFrom"][0], query.get("transactionDateTo", [""])[0]) for query in (
        parse_qs(urlsplit(path).query) for path in bench.asked("/inventory-adjustments?"))]  # fmt: skip
    assert windows[0] == ("2026-09-01", "2026-10-01") and windows[1] == ("2026-09-01", "2026-09-15")
    assert windows[-1][1] == "", "nothing is later than the last"
    line = bench.of("qbd_adjustment", made["id"]).lines[0]
    assert (line["item"], line["quantityDifference"]) == (f"QBD-{pen}", "-2")
    assert bench.of("qbd_adjustment", made["id"]).read_only
    bench.passes(3600)
    before = len(bench.there.requests)
    bench.pull("inventory_adjustments")
    (path,) = bench.asked("/inventory-adjustments?", before)
    assert "updatedAfter" in path and "transactionDate" not in path


def test_a_single_day_that_takes_too_long_waits_and_goes_on_at_its_window(bench: Pulls) -> None:
    bench.choose(history_from="2026-11-17")
    pen = bench.stocked(quantityOnHand=5)["id"]
    bench.pull("items")
    bench.there.file.adjust(pen, 1)
    for _ in range(6):
        bench.there.faults.next("timeout_before", hits="list inventory-adjustments")
    session = bench.begun("inventory_adjustments")
    with pytest.raises(Unavailable):
        bench.work(session)
    (step,) = conductor_sessions.steps(bench.store, session.n)
    assert step.cursor["days"] == 1
    while True:
        try:
            assert bench.work(session)
            break
        except Unavailable:
            continue
    assert bench.ended(session) == (1, 0, 0)


# -- lists -------------------------------------------------------------------------------------------------------------


def test_small_lists_are_kept_to_choose_from_and_what_is_no_more_cannot_be_chosen(bench: Pulls) -> None:
    assert bench.pull("lists", direction="refs")[1] == 0
    terms = conductor_lists.listed(bench.store, "conductor", "terms")
    assert [one.name for one in terms] == ["10th of the month", "Due on receipt", "Net 30"]
    sales = conductor_lists.listed(bench.store, "conductor", "account", words="Sales")
    assert [(one.name, one.facts["accountType"]) for one in sales] == [("Merchandise Sales", "income")]
    gone = bench.there.file.named("customer-types", "Retail")["id"]
    bench.there.file.delete("customer-types", gone)
    bench.passes(60)
    bench.pull("lists", direction="refs")
    assert [one.name for one in conductor_lists.listed(bench.store, "conductor", "customer_type")] == ["Wholesale"]
    assert conductor_lists.named(bench.store, "conductor", "customer_type", [gone])[gone].name == "Retail"


# -- the till ----------------------------------------------------------------------------------------------------------


def test_goods_and_customers_of_quickbooks_are_the_tills(bench: Pulls) -> None:
    pen = bench.stocked(salesPrice="1.20", salesDescription="A pen")["id"]
    ada = bench.customers(1)[0]
    bench.pull("customers", "items")
    row = bench.store.execute(
        "SELECT i.name, i.stocked, i.disabled, p.amount FROM item i JOIN price p ON p.item = i.code"
        " WHERE i.code = ?", (f"QBD-{pen}",),
    ).fetchone()  # fmt: skip
    assert tuple(row) == ("Pen", 1, 0, 120)
    assert bench.store.execute("SELECT name FROM customer WHERE code = ?", (f"QBD-{ada}",)).fetchone() == ("C0",)
    before = bench.get(ITEM, f"QBD-{pen}")
    conductor_office.edit(
        bench.store, "main", ITEM, before.id, {"version": before.version, "fields": {"salesPrice": "1.50"}}, "7"
    )
    price = bench.store.execute("SELECT amount FROM price WHERE item = ?", (before.id,)).fetchone()
    assert price == (150,), "what the office says counts at the till, too"
    bench.passes(600)
    bench.there.file.inactivate("inventory_items", pen)
    bench.pull("items")
    assert bench.store.execute("SELECT disabled FROM item WHERE code = ?", (f"QBD-{pen}",)).fetchone() == (1,)


def test_what_the_till_has_and_quickbooks_has_not_is_to_go_there(bench: Pulls) -> None:
    bench.booked()
    long = "A very long name: of a thing that QuickBooks cannot hold"
    feeds.put_items(bench.store, [
        {"code": "T1", "name": long, "item_group": "All", "stocked": True},
        {"code": "T2", "name": "Pen", "item_group": "All", "stocked": False},
    ], "csv")  # fmt: skip
    details = {"postingAccountId": bench.accounts["Merchandise Sales"]}
    pen = bench.there.file.put("non_inventory_items", name="Pen", salesOrPurchaseDetails=details)
    assert bench.pull("items")[:2] == (1, 0)
    made = bench.get(ITEM, "T1").fields
    assert made["type"] == "inventory_items" and made["salesDescription"] == long
    assert len(made["name"]) <= 31 and ":" not in made["name"]
    assert made["incomeAccount"] == {"id": bench.accounts["Merchandise Sales"]}
    assert bench.remote(ITEM, "T2") == pen["id"], "what is there already is not doubled"
    assert bench.store.execute("SELECT name FROM item WHERE code = 'T1'").fetchone() == (long,)
    assert record_links.waiting(bench.store, "main", "conductor", ITEM, "", 9) == ["T1"]
