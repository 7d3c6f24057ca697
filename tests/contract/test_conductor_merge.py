"""A record here and one in QuickBooks Desktop brought together: fields, the same one, orders, deleted ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.errors import Conflict
from pos.rules import conductor_body
from pos.store import record_links, records
from pos.store.record_links import Link
from tests.contract.conductor_bench import DAY
from tests.contract.conductor_bench import there as there
from tests.contract.conductor_pulls import Pulls, pulls_at
from tests.contract.emulators.conductor import END_USER, Conductor
from tests.contract.emulators.conductor_file import CompanyFile

ORDER = "qbd_sales_order"
CUSTOMER = "qbd_customer"
ITEM = "qbd_item"


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Pulls]:
    with pulls_at(tmp_path, there, TILLKEEP_CONDUCTOR_PAGE_ROWS="5") as made:
        yield made


# -- fields ------------------------------------------------------------------------------------------------------------


def test_balances_and_quantities_are_taken_and_are_nobodys_to_merge(bench: Pulls) -> None:
    pen = bench.stocked(quantityOnHand=5, salesPrice="1.20", reorderPoint=2)
    assert bench.pull("items") == (1, 0, 0)
    fields = bench.of(ITEM, pen["id"]).fields
    assert (fields["type"], fields["quantityOnHand"], fields["salesPrice"]) == ("inventory_items", "5", "1.20")
    assert "quantityOnHand" not in (bench.link(ITEM, f"QBD-{pen['id']}").agreed or {})


def test_all_five_sorts_of_items_are_one_kind(bench: Pulls) -> None:
    sales = bench.accounts["Merchandise Sales"]
    pen = bench.stocked()
    details = {"salesOrPurchaseDetails": {"price": "2.00", "postingAccountId": sales}}
    made = {
        "non_inventory_items": bench.there.file.put("non_inventory_items", name="Bag", **details),
        "service_items": bench.there.file.put("service_items", name="Repair", **details),
        "discount_items": bench.there.file.put(
            "discount_items", name="Staff", accountId=sales, discountRatePercent="5"
        ),
        "inventory_items": pen,
    }
    refs = {"incomeAccountId": sales, "cogsAccountId": sales, "assetAccountId": bench.accounts["Inventory Asset"]}
    made["inventory_assembly_items"] = bench.there.file.put(
        "inventory_assembly_items", name="Set", lines=[{"inventoryItemId": pen["id"], "quantity": 2}], **refs
    )
    assert bench.pull("items")[:2] == (5, 0)
    for sort, row in made.items():
        assert bench.of(ITEM, row["id"]).fields["type"] == sort
    assert bench.of(ITEM, made["inventory_assembly_items"]["id"]).lines[0]["item"] == f"QBD-{pen['id']}"
    assert bench.of(ITEM, made["service_items"]["id"]).fields["price"] == "2.00"


def test_both_sides_changed_quickbooks_wins_and_the_lost_value_can_be_brought_back(bench: Pulls) -> None:
    ada = bench.customers(1)[0]
    bench.pull("customers")
    bench.passes(600)
    bench.change(CUSTOMER, f"QBD-{ada}", phone="ours", email="a@x.example", creditLimit="5")
    bench.there.file.edit("customers", ada, phone="theirs")
    bench.pull("customers")
    record, told = bench.of(CUSTOMER, ada), {one.field: one for one in bench.conflicts("decided")}
    assert record.fields["phone"] == "theirs" and record.fields["email"] == "a@x.example", "only we changed a contact"
    assert record.fields["creditLimit"] == "", "theirs alone to say"
    assert (told["phone"].rule, told["phone"].decision, told["phone"].undo) == ("theirs", "theirs", "ours")
    assert told["creditLimit"].rule == "only_theirs" and told["creditLimit"].ours == "5"
    assert bench.link(CUSTOMER, record.id).state == "pending", "the e-mail is to go there"
    assert record.edited_by == "7", "the moment of our change counts, not that of the pull"
    records.undo(bench.store, "main", told["phone"].id, "7", bench.moment)
    assert bench.of(CUSTOMER, ada).fields["phone"] == "ours"


def test_latest_goes_by_who_was_last_only_where_both_changed(bench: Pulls) -> None:
    pen = bench.stocked(salesPrice="1.00", purchaseCost="0.50", reorderPoint=1)
    bench.pull("items")
    key = f"QBD-{pen['id']}"
    bench.passes(600)
    bench.change(ITEM, key, salesPrice="1.10", reorderPoint="7")
    bench.passes(600)
    bench.there.file.edit("inventory_items", pen["id"], salesPrice="1.30")
    bench.pull("items")
    fields = bench.get(ITEM, key).fields
    assert (fields["salesPrice"], fields["reorderPoint"]) == ("1.30", "7"), "ours of the other field is not lost"
    (told,) = bench.conflicts("decided")
    assert (told.field, told.rule, told.decision, told.ours) == ("salesPrice", "latest", "theirs", "1.1")


def test_a_field_a_person_decides_stays_as_it_is_on_both_sides(bench: Pulls) -> None:
    bench.rules(customers={"fields": {"phone": "ask"}})
    ada = bench.customers(1)[0]
    bench.pull("customers")
    bench.passes(600)
    bench.change(CUSTOMER, f"QBD-{ada}", phone="ours")
    bench.there.file.edit("customers", ada, phone="theirs")
    bench.pull("customers")
    assert bench.of(CUSTOMER, ada).fields["phone"] == "ours" and bench.link(CUSTOMER, f"QBD-{ada}").state == "conflict"
    (told,) = bench.conflicts()
    records.decide(bench.store, "main", told.id, "theirs", "boss", bench.moment)
    assert bench.of(CUSTOMER, ada).fields["phone"] == "theirs"
    assert bench.conflicts("decided")[0].decided_by == "boss"


def test_a_type_that_only_goes_there_takes_nothing_and_tells_their_change(bench: Pulls) -> None:
    (ada,) = bench.customers(1)
    bench.pull("customers")
    bench.rules(customers={"direction": "to_quickbooks"})
    bench.passes(600)
    bench.there.file.edit("customers", ada, phone="theirs", balance="9.00")
    new = bench.there.file.put("customers", name="New")
    bench.pull("customers")
    assert bench.of(CUSTOMER, ada).fields["phone"] == ""
    (told,) = bench.conflicts("decided")
    assert (told.field, told.rule, told.theirs, told.decision) == ("phone", "only_ours", "theirs", "ours")
    assert records.find(bench.store, "main", CUSTOMER, f"QBD-{new['id']}") is None


def test_a_type_that_only_comes_is_theirs_and_our_change_of_it_is_told(bench: Pulls) -> None:
    bench.rules(vendors={"direction": "from_quickbooks"})
    wool = bench.there.file.put("vendors", name="Wool", phone="1")
    bench.pull("vendors")
    bench.passes(600)
    bench.change("qbd_vendor", f"QBD-{wool['id']}", phone="ours")
    bench.there.file.edit("vendors", wool["id"], note="x")
    bench.pull("vendors")
    assert bench.of("qbd_vendor", wool["id"]).fields["phone"] == "1"
    (told,) = bench.conflicts("decided")
    assert (told.field, told.rule, told.undo) == ("phone", "only_theirs", "ours")


# -- the same one, found again -----------------------------------------------------------------------------------------


def test_one_that_carries_our_id_is_ours_whatever_its_name_is_now(bench: Pulls) -> None:
    bench.add(CUSTOMER, "C1", name="Ada")
    ours = conductor_body.external_id("conductor", CUSTOMER, "C1")
    record_links.put(bench.store, Link("main", "conductor", CUSTOMER, "C1", request_id=ours, state="sending"))
    made = bench.there.file.put("customers", name="Ada Renamed", externalId=ours)
    assert bench.pull("customers") == (1, 0, 0)
    link = bench.link(CUSTOMER, "C1")
    assert (link.remote_id, link.request_id, link.state) == (made["id"], "", "synced")
    assert [row.id for row in bench.every(CUSTOMER)] == ["C1"], "nobody twice"


def test_the_same_name_and_content_is_the_same_one(bench: Pulls) -> None:
    bench.add(CUSTOMER, "C1", name="ada", email="a@x.example", phone="5")
    made = bench.there.file.put("customers", name="Ada", email="A@x.example")
    assert bench.pull("customers")[:2] == (1, 0)
    assert bench.remote(CUSTOMER, "C1") == made["id"] and len(bench.every(CUSTOMER)) == 1
    assert bench.get(CUSTOMER, "C1").fields["phone"] == "5", "what they do not say stays"


def test_the_same_name_with_other_content_is_a_persons_to_decide_and_holds_up_nobody(bench: Pulls) -> None:
    bench.add(CUSTOMER, "C1", name="Ada", email="other@x.example")
    made = bench.there.file.put("customers", name="Ada", email="a@x.example")
    bench.customers(6)
    assert bench.pull("customers")[:2] == (6, 1)
    (failed,) = bench.failures()
    assert (failed.code, failed.remote_id, failed.object_id, failed.title) == ("name_taken", made["id"], "C1", "Ada")
    assert "make them alike" in failed.message
    bench.passes(3600)
    bench.change(CUSTOMER, "C1", email="a@x.example")
    assert bench.pull("customers")[1] == 0, "it is asked for again by itself, though nobody changed it there"
    assert bench.remote(CUSTOMER, "C1") == made["id"]


def test_a_row_that_cannot_be_read_fails_alone_and_is_asked_for_again(
    bench: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = bench.customers(7)
    read = conductor_body.from_there

    def odd(resource: str, body: dict[str, object], refs: object) -> object:
        if body["id"] == keys[2]:
            raise ValueError("a letter that is none")
        return read(resource, body, refs)  # type: ignore[arg-type]

    monkeypatch.setattr(conductor_body, "from_there", odd)
    assert bench.pull("customers") == (6, 1, 0)
    assert [(one.title, one.code) for one in bench.failures()] == [("C2", "not_read")]
    monkeypatch.undo()
    bench.passes(86400)
    assert bench.pull("customers")[1] == 0
    assert bench.of(CUSTOMER, keys[2]).fields["name"] == "C2"


# -- documents ---------------------------------------------------------------------------------------------------------


def test_documents_come_from_the_first_day_on_with_their_lines(bench: Pulls) -> None:
    bench.choose(history_from="2026-11-01")
    ada, pen = bench.customers(1)[0], bench.stocked()["id"]
    old, new = bench.ordered(ada, pen, day="2026-10-31"), bench.ordered(ada, pen, refNumber="7")
    bill = bench.there.file.put(
        "invoices", customerId=ada, transactionDate=DAY, lines=[{"itemId": pen, "quantity": 1, "rate": "3.00"}]
    )
    bench.pull("customers", "items", "sales_orders", "invoices")
    order = bench.of(ORDER, new)
    assert (order.fields["customer"], order.title, order.fields["totalAmount"]) == (f"QBD-{ada}", "7", "2.40")
    assert [(line["item"], line["quantity"]) for line in order.lines] == [(f"QBD-{pen}", "2")] and order.lines[0]["id"]
    assert records.find(bench.store, "main", ORDER, f"QBD-{old}") is None
    assert bench.of("qbd_invoice", bill["id"]).read_only
    bench.passes(3600)
    bench.there.file.edit("sales_orders", old, memo="x")
    before = len(bench.there.requests)
    bench.pull("sales_orders")
    assert records.find(bench.store, "main", ORDER, f"QBD-{old}") is None, "nor when it changes"
    (path,) = bench.asked("/sales-orders?", before)
    assert "transactionDateFrom" not in path and "updatedAfter" in path, "QuickBooks takes one of both"


def test_what_an_order_names_and_is_not_here_is_fetched_first(bench: Pulls) -> None:
    ada, pen, wool = bench.customers(1)[0], bench.stocked()["id"], bench.there.file.put("vendors", name="Wool")["id"]
    made = bench.ordered(ada, pen)
    bought = bench.there.file.put(
        "purchase_orders", vendorId=wool, transactionDate=DAY, lines=[{"itemId": pen, "quantity": 4}]
    )
    assert bench.pull("sales_orders", "purchase_orders") == (2, 0, 0)
    assert bench.of(ORDER, made).fields["customer"] == f"QBD-{ada}"
    assert bench.of(ORDER, made).lines[0]["item"] == f"QBD-{pen}"
    assert bench.of("qbd_purchase_order", bought["id"]).fields["vendor"] == f"QBD-{wool}"


def test_an_item_of_a_sort_that_is_none_here_is_named_by_its_id_and_looked_for_once(bench: Pulls) -> None:
    ada = bench.customers(1)[0]
    tax = bench.there.file.named("sales-tax-items", "County 8.25%")["id"]
    made = bench.there.file.put("sales_orders", customerId=ada, transactionDate=DAY, lines=[{"description": "x"}])
    bench.there.file.table("sales_orders")[made["id"]]["lines"][0]["item"] = tax
    assert bench.pull("customers", "sales_orders")[1] == 0
    assert bench.of(ORDER, made["id"]).lines[0]["item"] == f"there:{tax}"
    bench.passes(3600)
    bench.there.file.edit("sales_orders", made["id"], memo="again")
    before = len(bench.there.calls)
    bench.pull("sales_orders")
    assert bench.of(ORDER, made["id"]).fields["memo"] == "again"
    assert not [call for call in bench.there.calls[before:] if call.startswith("retrieve")]


def test_an_invoice_says_what_is_still_to_pay_though_its_revision_stays(bench: Pulls) -> None:
    ada = bench.customers(1)[0]
    bill = bench.there.file.put(
        "invoices", customerId=ada, transactionDate=DAY, lines=[{"description": "x", "amount": "3.00"}]
    )
    bench.pull("customers", "invoices")
    bench.there.file.table("invoices")[bill["id"]]["balanceRemaining"] = "1.00"
    assert bench.pull("invoices") == (1, 0, 0)
    assert bench.of("qbd_invoice", bill["id"]).fields["balanceRemaining"] == "1.00"


# -- deleted -----------------------------------------------------------------------------------------------------------


def test_what_is_deleted_there_stays_here_and_says_so(bench: Pulls) -> None:
    ada, bob = bench.customers(2)
    made = bench.ordered(bob)
    bench.pull("customers", "sales_orders")
    bench.there.file.delete("customers", ada)
    bench.there.file.delete("sales_orders", made)
    bench.pull("customers", "sales_orders")
    for kind, key in ((CUSTOMER, ada), (ORDER, made)):
        link = bench.link(kind, f"QBD-{key}")
        assert (link.state, link.code, bool(link.message)) == ("gone", "deleted_there", True)
        assert not bench.of(kind, key).deleted, "nothing is taken away in silence"
    assert bench.conflicts() == []
    assert bench.pull("customers", "sales_orders")[1] == 0


@pytest.mark.parametrize("choice", ["ours", "theirs"])
def test_an_order_deleted_there_while_it_was_edited_here_is_a_persons_to_decide(bench: Pulls, choice: str) -> None:
    made = bench.ordered(bench.customers(1)[0])
    bench.pull("customers", "sales_orders")
    bench.change(ORDER, f"QBD-{made}", memo="urgent")
    bench.there.file.delete("sales_orders", made)
    bench.pull("sales_orders")
    (told,) = bench.conflicts()
    assert (told.field, told.ours, told.theirs) == ("deleted", False, True)
    assert record_links.waiting(bench.store, "main", "conductor", ORDER, "", 9) == [], "nothing goes there meanwhile"
    records.decide(bench.store, "main", told.id, choice, "boss", bench.moment)
    record, link = bench.of(ORDER, made), bench.link(ORDER, f"QBD-{made}")
    assert record.deleted is (choice == "theirs") and record.fields["memo"] == "urgent"
    assert (link.state, link.remote_id) == (("pending", "") if choice == "ours" else ("gone", made))
    records.undo(bench.store, "main", told.id, "boss", bench.moment)
    assert bench.of(ORDER, made).deleted is (choice == "ours")


def test_another_company_file_that_is_open_makes_nothing_look_deleted(bench: Pulls) -> None:
    bench.customers(8)
    bench.pull("customers")
    bench.passes(86400 * 100)
    right = bench.there.files[END_USER]
    other = bench.there.files[END_USER] = CompanyFile("Another")
    other._made = 5000  # ids tell when something was made: another file has others
    other.put("customers", name="Somebody else's")
    session = bench.begun("customers")
    with pytest.raises(Conflict) as caught:
        bench.work(session)
    assert caught.value.code == "other_file"
    assert len(bench.every(CUSTOMER)) == 8 and all(bench.link(CUSTOMER, row.id).state == "synced"
                                                   for row in bench.every(CUSTOMER))  # fmt: skip
    bench.there.files[END_USER] = right
    assert bench.work(session) and bench.ended(session) == (8, 0, 8)


def test_what_a_full_list_did_not_meet_is_asked_for_before_it_is_gone(
    bench: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob, cy = bench.customers(3)
    bench.pull("customers")
    bench.passes(86400 * 100)  # longer than they remember what was deleted
    table = bench.there.file.table("customers")
    hidden = table.pop(bob)
    del table[cy]
    bench.there.file.gone.clear()
    retrieve = bench.client.retrieve

    def back(resource: str, key: str = "", **filters: object) -> object:
        if key == bob:
            table[bob] = hidden  # the list passed it over; it is there
        return retrieve(resource, key, **filters)

    monkeypatch.setattr(bench.client, "retrieve", back)
    bench.pull("customers")
    states = {key: bench.link(CUSTOMER, f"QBD-{key}").state for key in (ada, bob, cy)}
    assert states == {ada: "synced", bob: "synced", cy: "gone"}
