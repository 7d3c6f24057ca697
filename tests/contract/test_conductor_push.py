"""What changed here goes to QuickBooks Desktop: made, changed, deleted, refused, each once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import conductor_conflicts, conductor_office, conductor_push, conductor_side, conductor_take
from pos.connectors.conductor.client import Client
from pos.errors import Conflict
from pos.rules import conductor_fields
from pos.store import companies, records
from tests.contract.conductor_bench import DAY, Bench, bench_at
from tests.contract.conductor_bench import there as there
from tests.contract.emulators import conductor_writes
from tests.contract.emulators.conductor import Conductor

ORDER = "qbd_sales_order"
BOOKED = {
    "incomeAccount": "Merchandise Sales", "cogsAccount": "Cost of Goods Sold", "assetAccount": "Inventory Asset",
}  # fmt: skip


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Bench]:
    with bench_at(tmp_path, there) as made:
        yield made


def ordered(bench: Bench, key: str = "O1", **given: object) -> None:
    lines = [{"item": "Pen", "quantity": "3", "rate": "1.20"}, {"description": "Gift wrap", "amount": "2.00"}]
    bench.add(ORDER, key, lines, **{"customer": "C1", "transactionDate": DAY, **given})


def test_what_is_made_here_is_made_there_with_its_id_number_and_references(bench: Bench) -> None:
    bench.add("qbd_customer", "C1", name="Ada", phone="12", billingAddress={"line1": "1 High St", "city": "Leeds"})
    bench.add("qbd_vendor", "V1", name="Wool Ltd")
    bench.item("Pen", salesPrice="1.20", preferredVendor="V1")
    ordered(bench)
    assert bench.push("customers", "vendors", "items", "sales_orders") == (4, 0, 0)
    ada, pen = bench.one("customers", "qbd_customer", "C1"), bench.one("inventory_items", "qbd_item", "Pen")
    assert (ada["name"], ada["phone"], ada["billingAddress"]["city"]) == ("Ada", "12", "Leeds")
    assert pen["preferredVendor"]["id"] == bench.remote("qbd_vendor", "V1")
    order = bench.one("sales_orders", ORDER, "O1")
    assert (order["customer"]["id"], order["totalAmount"]) == (ada["id"], "5.60")
    assert [line["item"] and line["item"]["id"] for line in order["lines"]] == [pen["id"], None]
    record = bench.get(ORDER, "O1")
    assert record.fields["refNumber"] == order["refNumber"] and len(order["refNumber"]) == 11
    assert [line["id"] for line in record.lines] == [line["id"] for line in order["lines"]], "lines know theirs"
    assert record.fields["totalAmount"] == "5.60"
    link = bench.link(ORDER, "O1")
    assert (link.state, link.sync_token, link.sent) == ("synced", order["revisionNumber"], b"")
    before = len(bench.there.calls)
    assert bench.push("customers", "vendors", "items", "sales_orders") == (0, 0, 0)
    assert len(bench.there.calls) == before, "nothing goes twice"


def test_goods_of_the_till_without_accounts_go_once_somebody_chose_them(bench: Bench) -> None:
    """They were parked with a body that could never be sent, and it was sent again and again, accounts or not."""
    named = {name: {"id": bench.accounts[account]} for name, account in BOOKED.items()}
    given = {"type": "inventory_items", "name": "Boot", "salesPrice": "75.00", **named}
    whole = conductor_fields.cleaned("qbd_item", given, {})
    bare = whole | dict.fromkeys(BOOKED, "")
    made = records.create(bench.store, companies.MAIN, "qbd_item", "Boot", bare, [], "till", clock.now())
    assert bench.push("items")[1] == 1 and bench.link("qbd_item", "Boot").sent == b""
    (told,) = bench.failures()
    assert told.code == "not_mappable" and "Income account is needed" in told.message
    records.edit(bench.store, companies.MAIN, "qbd_item", "Boot", made.version, whole, [], "7", clock.now())
    assert bench.push("items") == (1, 0, 0)
    assert [row["name"] for row in bench.rows("inventory_items")] == ["Boot"]


def stocked(bench: Bench) -> None:
    bench.add("qbd_customer", "C1", name="Ada", phone="12")
    bench.item("Pen", salesPrice="1.20")
    ordered(bench)
    assert bench.push("customers", "items", "sales_orders") == (3, 0, 0)


def parked(bench: Bench) -> list[tuple[str, str]]:
    return [(row.object_id, row.code) for row in bench.failures()]


def bodies(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """(what is done, body) of each write from now on."""
    sent: list[tuple[str, Any]] = []
    create, update = Client.create, Client.update

    def created(self: Client, *given: Any) -> Any:
        sent.append((f"create {given[0]}", given[1]))
        return create(self, *given)

    def updated(self: Client, *given: Any) -> Any:
        sent.append((f"update {given[0]}", given[3]))
        return update(self, *given)

    monkeypatch.setattr(Client, "create", created)
    monkeypatch.setattr(Client, "update", updated)
    return sent


def test_an_update_carries_the_revision_and_only_what_changed_lines_whole_and_by_id(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pitfall: the plan's update call had no revision number, which every update must name."""
    stocked(bench)
    sent = bodies(bench, monkeypatch)
    bench.edit("customers", "qbd_customer", "C1", email="ada@x.example")
    bench.change("qbd_customer", "C1", phone="13")
    first = bench.get(ORDER, "O1").lines
    bench.change(
        ORDER, "O1", [{**first[1], "amount": "2.50"}, {"item": "Pen", "quantity": "1", "rate": "1.00"}, first[0]]
    )
    assert bench.push("customers", "sales_orders") == (2, 0, 0)
    (customer, order) = sent
    assert customer == ("update customers", {"phone": "13"})
    assert list(order[1]) == ["lines"]
    assert [line["id"] for line in order[1]["lines"]] == [first[1]["id"], "-1", first[0]["id"]]
    assert bench.get("qbd_customer", "C1").fields["email"] == "ada@x.example", "theirs came with the same reading"
    there = bench.one("sales_orders", ORDER, "O1")
    assert [line["amount"] for line in there["lines"]] == ["2.50", "1.00", "3.60"]
    assert [line["id"] for line in bench.get(ORDER, "O1").lines] == [line["id"] for line in there["lines"]]


def test_somebody_who_was_quicker_is_read_and_merged_and_one_who_always_is_gets_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked(bench)
    retrieve, times = Client.retrieve, [1]

    def quicker(self: Client, resource: str, key: str = "", **more: Any) -> Any:
        row = retrieve(self, resource, key, **more)
        if resource == "customers" and times[0]:
            times[0] -= 1
            bench.edit("customers", "qbd_customer", "C1", note=f"note {times[0]}", phone="99")
        return row

    monkeypatch.setattr(Client, "retrieve", quicker)
    bench.change("qbd_customer", "C1", phone="13", fax="7")
    assert bench.push("customers") == (1, 0, 0)
    there = bench.one("customers", "qbd_customer", "C1")
    assert (there["note"], there["fax"], there["phone"]) == ("note 0", "7", "99"), "QuickBooks wins what both changed"
    (row,) = bench.conflicts("decided")
    assert (row.field, row.ours, row.theirs, row.rule, row.decision) == ("phone", "13", "99", "theirs", "theirs")
    times[0] = 9
    bench.change("qbd_customer", "C1", fax="8")
    assert bench.push("customers") == (0, 1, 0)
    assert parked(bench) == [("C1", "stale")]
    assert times[0] == 9 - conductor_push.STALE_TRIES
    times[0] = 0
    assert bench.push("customers") == (0, 0, 0), "not again by itself"
    conductor_office.retry(bench.store, "main", "qbd_customer", "C1", "7")
    assert bench.push("customers") == (1, 0, 0)
    assert bench.one("customers", "qbd_customer", "C1")["fax"] == "8"


def test_a_field_a_person_decides_is_not_sent_until_then_also_lines_and_parts(bench: Bench) -> None:
    stocked(bench)
    bench.rules(sales_orders={"winner": "ask"})
    lines = bench.get(ORDER, "O1").lines
    bench.change(ORDER, "O1", [{**lines[0], "quantity": "5"}, lines[1]], memo="ours", shippingAddress={"city": "York"})
    theirs = [{"id": lines[0]["id"], "quantity": 4}]
    bench.edit("sales_orders", ORDER, "O1", lines=theirs, shippingAddress={"city": "Hull"})
    assert bench.push("sales_orders") == (1, 0, 0)
    there = bench.one("sales_orders", ORDER, "O1")
    assert (there["memo"], len(there["lines"]), there["shippingAddress"]["city"]) == ("ours", 1, "Hull")
    open_ = {row.field: row for row in bench.conflicts()}
    assert set(open_) == {"lines", "shippingAddress"} and bench.link(ORDER, "O1").state == "conflict"
    assert bench.push("sales_orders") == (0, 0, 0)
    decided = conductor_conflicts.decide(bench.store, "main", open_["lines"].id, "ours", "7")
    conductor_conflicts.decide(bench.store, "main", open_["shippingAddress"].id, "theirs", "7")
    assert bench.push("sales_orders") == (1, 0, 0)
    there = bench.one("sales_orders", ORDER, "O1")
    assert [line["quantity"] for line in there["lines"]] == [Decimal(5), None]
    assert there["lines"][0]["id"] == lines[0]["id"], "a line keeps its id"
    assert bench.get(ORDER, "O1").fields["shippingAddress"] == {"city": "Hull"}
    assert bench.link(ORDER, "O1").state == "synced"
    conductor_conflicts.undo(bench.store, "main", decided.id, "7")
    conductor_conflicts.undo(bench.store, "main", open_["shippingAddress"].id, "7")
    assert bench.push("sales_orders") == (1, 0, 0)
    there = bench.one("sales_orders", ORDER, "O1")
    assert ([line["quantity"] for line in there["lines"]], there["shippingAddress"]["city"]) == ([Decimal(4)], "York")


def test_what_is_named_and_not_there_yet_is_waited_for_by_name(bench: Bench) -> None:
    bench.add("qbd_customer", "C1", name="Ada")
    bench.item("Pen")
    ordered(bench)
    assert bench.push("sales_orders") == (0, 1, 0)
    (row,) = bench.failures()
    assert (row.code, row.message) == ("not_there_yet", "Customer Ada is not in QuickBooks yet.")
    assert bench.rows("sales_orders") == []
    assert bench.push("customers", "items", "sales_orders") == (3, 0, 0), "by itself, once it is there"


def test_what_quickbooks_refuses_is_parked_in_its_own_words_and_the_others_go_on(bench: Bench) -> None:
    bench.there.file.put("vendors", name="Ada")
    bench.add("qbd_customer", "C1", name="ada")
    bench.add("qbd_customer", "C2", name="Ben")
    assert bench.push("customers") == (1, 1, 0)
    (row,) = bench.failures()
    assert (row.object_id, row.code) == ("C1", "name_taken")
    assert "already in use" in row.message and row.remedy
    assert bench.link("qbd_customer", "C1").state == "error"
    before = len(bench.there.calls)
    assert bench.push("customers") == (0, 0, 0) and len(bench.there.calls) == before, "not sent again each session"
    bench.change("qbd_customer", "C1", name="Ada of York")
    assert bench.push("customers") == (1, 0, 0), "edited, it goes"
    with pytest.raises(Conflict, match="Nothing of it was refused"):
        conductor_office.retry(bench.store, "main", "qbd_customer", "C1", "7")


@pytest.mark.parametrize("pulls", [False, True])
def test_two_of_one_name_that_a_person_says_are_the_same_are_brought_together(bench: Bench, *, pulls: bool) -> None:
    made = bench.there.file.put("customers", name="Ben", email="ben@x.example", fax="5")
    bench.add("qbd_customer", "C2", name="ben", email="other@x.example", phone="12")
    assert bench.push("customers") == (0, 1, 0) and parked(bench) == [("C2", "same_name")]
    conductor_office.retry(bench.store, "main", "qbd_customer", "C2", "7", same=True)
    if pulls:  # who comes first is the same
        there = bench.there.file.row("customers", made["id"])
        on = bench.side()
        refs = conductor_side.refs(on, theirs=[there])
        with bench.store.transaction():
            assert conductor_take.joined(on, "customers", there, refs) is not None
    bench.push("customers")
    assert (bench.remote("qbd_customer", "C2"), len(bench.rows("customers"))) == (made["id"], 1)
    assert (bench.get("qbd_customer", "C2").fields["fax"], bench.one("customers", "qbd_customer", "C2")["phone"]) == (
        "5", "12"
    )  # fmt: skip
    told = {row.field: (row.ours, row.theirs, row.decision) for row in bench.conflicts("")}
    assert told["email"] == ("other@x.example", "ben@x.example", "theirs"), "by the rule, and with undo"
    with pytest.raises(Conflict, match="refused"):
        conductor_office.retry(bench.store, "main", "qbd_customer", "C2", "7", same=True)


def test_the_same_one_made_there_is_joined_and_another_of_its_name_is_a_person_s_matter(bench: Bench) -> None:
    old = bench.there.file.put("customers", name="ADA", email="ada@x.example", fax="5")
    bench.there.file.inactivate("customers", old["id"])
    bench.there.file.put("customers", name="Ben", email="ben@x.example")
    bench.add("qbd_customer", "C1", name="Ada", email="ada@x.example", phone="12")
    bench.add("qbd_customer", "C2", name="Ben", email="other@x.example")
    assert bench.push("customers") == (1, 1, 0)
    assert parked(bench) == [("C2", "same_name")]
    assert bench.remote("qbd_customer", "C1") == old["id"], "whatever its case, and although it is inactive"
    assert (bench.get("qbd_customer", "C1").fields["fax"], len(bench.rows("customers"))) == ("5", 2)
    assert bench.one("customers", "qbd_customer", "C1")["phone"] == "12"


def test_an_order_deleted_here_is_deleted_there_unless_it_was_changed_there(bench: Bench) -> None:
    stocked(bench)
    for key in ("O2", "O3"):
        ordered(bench, key)
    bench.push("sales_orders")
    bench.edit("sales_orders", ORDER, "O2", memo="ship on Monday")
    bench.edit("sales_orders", ORDER, "O3", memo="ship on Tuesday")
    for key in ("O1", "O2", "O3"):
        bench.change(ORDER, key, deleted=True)
    assert bench.push("sales_orders") == (1, 2, 0)
    assert parked(bench) == [("O2", "conflict"), ("O3", "conflict")]
    assert len(bench.rows("sales_orders")) == 2
    assert bench.push("sales_orders") == (0, 0, 0), "a person decides first"
    two, three = bench.conflicts()
    assert (two.field, two.ours, two.theirs, two.rule) == ("deleted", True, False, "ask")
    conductor_conflicts.decide(bench.store, "main", two.id, "ours", "7")
    conductor_conflicts.decide(bench.store, "main", three.id, "theirs", "7")
    assert bench.push("sales_orders") == (2, 0, 0)
    assert [row["memo"] for row in bench.rows("sales_orders")] == ["ship on Tuesday"]
    record = bench.get(ORDER, "O3")
    assert (record.deleted, record.fields["memo"]) == (False, "ship on Tuesday")


def test_one_of_a_list_that_is_deleted_here_is_made_inactive_there(bench: Bench) -> None:
    stocked(bench)
    bench.change("qbd_customer", "C1", deleted=True)
    assert bench.push("customers") == (1, 0, 0)
    assert bench.one("customers", "qbd_customer", "C1")["isActive"] is False
    assert bench.push("customers") == (0, 0, 0)


def test_what_was_deleted_there_is_told_and_a_change_of_it_is_a_person_s_matter(bench: Bench) -> None:
    stocked(bench)
    bench.there.file.delete("sales_orders", bench.remote(ORDER, "O1"))
    bench.change(ORDER, "O1", memo="x")
    assert bench.push("sales_orders") == (0, 1, 0)
    assert parked(bench) == [("O1", "deleted_there")]
    (row,) = bench.conflicts()
    conductor_conflicts.decide(bench.store, "main", row.id, "ours", "7")
    assert bench.push("sales_orders") == (1, 0, 0)
    assert [row["memo"] for row in bench.rows("sales_orders")] == ["x"]


def test_what_quickbooks_makes_of_it_is_held_against_what_was_sent(bench: Bench) -> None:
    stocked(bench)
    update = conductor_writes.update

    def rounds(file: Any, resource: str, key: str, revision: Any, given: Any) -> Any:
        made = update(file, resource, key, revision, given)
        if given.get("salesPrice"):
            made["salesPrice"] = "1.23"
        return made

    bench.change("qbd_item", "Pen", salesPrice="1.234")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conductor_writes, "update", rounds)
        assert bench.push("items") == (0, 1, 0)
    (row,) = bench.failures()
    assert (row.code, row.message) == ("differs", "QuickBooks holds it otherwise: salesPrice is 1.23, not 1.234.")
    assert bench.get("qbd_item", "Pen").fields["salesPrice"] == "1.23", "both say the same from now on"
    (kept,) = bench.conflicts("decided")
    assert (kept.field, kept.ours, kept.decision) == ("salesPrice", "1.234", "theirs")
    assert bench.push("items") == (0, 0, 0)


def test_groups_of_lines_are_refused_in_words_and_other_fields_go(bench: Bench) -> None:
    stocked(bench)
    row = bench.there.file.raw("sales_orders", bench.remote(ORDER, "O1"))
    row["lineGroups"] = [{"id": "G1", "itemGroup": bench.remote("qbd_item", "Pen"), "lines": []}]
    bench.there.file.touch(row)
    bench.change(ORDER, "O1", memo="x")
    assert bench.push("sales_orders") == (1, 0, 0)
    bench.change(ORDER, "O1", bench.get(ORDER, "O1").lines[:1])
    assert bench.push("sales_orders") == (0, 1, 0)
    (told,) = bench.failures()
    assert told.code == "line_groups" and "group of items" in told.message
    assert len(bench.one("sales_orders", ORDER, "O1")["lines"]) == 2


@pytest.mark.parametrize("direction", ["from_quickbooks", "off"])
def test_a_type_that_only_comes_from_there_or_is_off_is_never_sent(bench: Bench, direction: str) -> None:
    bench.rules(customers={"direction": direction})
    bench.add("qbd_customer", "C1", name="Ada")
    assert bench.push("customers", "invoices") == (0, 0, 0)
    assert bench.there.calls == []


def test_a_person_says_again_while_an_answer_is_still_missing_and_nothing_is_there_twice(bench: Bench) -> None:
    """Refused in the middle of not knowing: what is on its way stays known."""
    stocked(bench)
    there = bench.there
    row = there.file.put("sales_orders", customerId=bench.remote("qbd_customer", "C1"), transactionDate=DAY,
                         refNumber="1001", lines=[{"description": "Work", "amount": "5.00"}])  # fmt: skip
    bench.add(ORDER, "O2", [{"description": "Work", "amount": "5.00"}], customer="C1", transactionDate=DAY,
              refNumber="1001")  # fmt: skip
    there.faults.next("timeout_late", hits="create sales-orders")
    assert bench.push("sales_orders") == (0, 1, 0)
    assert parked(bench) == [("O2", "number_taken")] and row["externalId"] is None
    there.settle()
    conductor_office.retry(bench.store, "main", ORDER, "O2", "7")
    assert bench.push("sales_orders") == (1, 0, 0)
    assert [one["refNumber"] for one in bench.rows("sales_orders")].count("1001") == 2
    bench.add(ORDER, "O3", [{"description": "Work", "amount": "5.00"}], customer="C1", transactionDate=DAY,
              refNumber="1001")  # fmt: skip
    there.faults.next("timeout_before", hits="create sales-orders")
    assert bench.push("sales_orders") == (0, 1, 0)
    bench.change(ORDER, "O3", refNumber="1003")
    assert bench.push("sales_orders") == (1, 0, 0), "with another number it is no longer in doubt"
    assert [one["refNumber"] for one in bench.rows("sales_orders")].count("1003") == 1


def test_vendors_purchase_orders_items_of_each_type_and_adjustments_go_too(bench: Bench) -> None:
    bench.add("qbd_vendor", "V1", name="Wool Ltd")
    bench.item("Pen")
    bench.add("qbd_item", "Fee", type="service_items", name="Fee", price="5",
              postingAccount={"id": bench.accounts["Merchandise Sales"]})  # fmt: skip
    bench.add("qbd_item", "Off", type="discount_items", name="Off", discountRatePercent="10",
              account={"id": bench.accounts["Job Expenses"]})  # fmt: skip
    bench.add("qbd_purchase_order", "P1", [{"item": "Pen", "quantity": "10", "rate": "0.40"}], vendor="V1",
              transactionDate=DAY, isManuallyClosed=True)  # fmt: skip
    bench.add("qbd_adjustment", "A1", [{"item": "Pen", "quantityDifference": "-2.5"}],
              account={"id": bench.accounts["Inventory Adjustments"]}, transactionDate=DAY)  # fmt: skip
    assert bench.push("vendors", "items", "purchase_orders", "inventory_adjustments") == (6, 0, 0)
    bought = bench.one("purchase_orders", "qbd_purchase_order", "P1")
    assert bought["vendor"]["id"] == bench.remote("qbd_vendor", "V1")
    assert bought["isManuallyClosed"] is True, "what a new one cannot say goes after it"
    (line,) = bench.one("inventory_adjustments", "qbd_adjustment", "A1")["lines"]
    assert line["quantityDifference"] == Decimal("-2.5")
    assert bench.there.file.on_hand(bench.remote("qbd_item", "Pen")) == Decimal("-2.5")
    assert bench.one("discount_items", "qbd_item", "Off")["discountRatePercent"] == "10"
    assert bench.push("vendors", "items", "purchase_orders", "inventory_adjustments") == (0, 0, 0)
    bench.change("qbd_adjustment", "A1", deleted=True)
    bench.change("qbd_item", "Fee", price="6")
    assert bench.push("items", "inventory_adjustments") == (2, 0, 0)
    assert bench.rows("inventory_adjustments") == []
