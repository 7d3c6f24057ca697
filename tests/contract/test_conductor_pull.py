"""What stands in QuickBooks Desktop comes here: page by page, what changed, what was deleted, what cannot be taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pos.actions import conductor_take
from pos.errors import Unavailable
from pos.rules import conductor_body
from pos.store import conductor_lists, conductor_sessions, connections, feeds, record_links, records
from pos.store.record_links import Link
from tests.contract.conductor_bench import DAY, Killed
from tests.contract.conductor_pulls import Pulls, pulls_at
from tests.contract.emulators.conductor import Conductor

ORDER = "qbd_sales_order"
CUSTOMER = "qbd_customer"
ITEM = "qbd_item"


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor() as running:
        yield running
        assert running.broken == []
        assert running.overlaps == 0, "QuickBooks does one thing at a time"


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Pulls]:
    with pulls_at(tmp_path, there, TILLKEEP_CONDUCTOR_PAGE_ROWS="5") as made:
        yield made


def customers(bench: Pulls, count: int) -> list[str]:
    return [bench.there.file.put("customers", name=f"C{n}")["id"] for n in range(count)]


def ordered(bench: Pulls, customer: str, *items: str, day: str = DAY, **given: object) -> str:
    """An order somebody at QuickBooks makes."""
    lines = [{"itemId": one, "quantity": 2, "rate": "1.20"} for one in items] or [{"description": "Thanks"}]
    row = bench.there.file.put("sales_orders", customerId=customer, transactionDate=day, lines=lines, **given)
    return str(row["id"])


def asked(bench: Pulls, words: str, since: int = 0) -> list[str]:
    return [path for _, path in bench.there.requests[since:] if words in path]


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
    first, *_ = asked(bench, "/customers?", before)
    assert "updatedAfter=2026-11-20T11%3A55%3A00-05%3A00" in first, "in their words, with their offset, a little early"
    assert bench.of(CUSTOMER, ada["id"]).fields["phone"] == "13"
    bench.passes(3600)
    assert bench.pull("customers") == (1, 0, 1)
    assert all("status=all" in path for path in asked(bench, "/customers?"))


def test_a_page_that_gets_lost_begins_the_list_anew_and_counts_nothing_twice(bench: Pulls) -> None:
    """The pitfall: the cursor stays the same, so that asking again would give the next page and lose one."""
    keys = customers(bench, 12)
    bench.there.faults.next("reset_after", hits="page customers")
    assert bench.pull("customers") == (12, 0, 0)
    assert {link for link in keys} == {row.id.removeprefix("QBD-") for row in bench.every(CUSTOMER)}
    assert bench.calls("list customers") == 2, "from the beginning"


def test_a_cursor_that_went_stale_begins_the_list_anew(bench: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    customers(bench, 12)
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
    customers(bench, 12)
    page, wrong = bench.client.page, iter([0, 3])

    def odd(resource: str, cursor: str = "", **filters: object) -> object:
        found = page(resource, cursor, **filters)
        return replace(found, remaining=(found.remaining or 0) + next(wrong, 0))

    monkeypatch.setattr(bench.client, "page", odd)
    assert bench.pull("customers") == (12, 0, 0)
    assert bench.calls("list customers") == 2


def test_a_list_that_is_lost_again_and_again_is_put_off_and_goes_on_later(bench: Pulls) -> None:
    customers(bench, 12)
    for _ in range(4):
        bench.there.faults.next("half_answer", hits="page customers")
    session = bench.begun("customers")
    with pytest.raises(Unavailable) as caught:
        bench.work(session)
    assert caught.value.code == "list_lost" and caught.value.retry_at is not None
    assert connections.mark(bench.store, "conductor", "conductor:customers").value == "", "the cursor did not move"
    assert bench.work(session) and bench.ended(session) == (12, 0, 0)


def test_they_are_away_no_object_is_failed_and_the_mark_does_not_move(bench: Pulls) -> None:
    customers(bench, 3)
    bench.there.faults.next("not_connected", hits="customers")
    session = bench.begun("customers")
    with pytest.raises(Unavailable) as caught:
        bench.work(session)
    assert "not running" in caught.value.message
    assert bench.work(session) and bench.ended(session) == (3, 0, 0)


def test_a_pull_that_is_killed_goes_on_and_what_was_taken_costs_one_look(
    bench: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers(bench, 12)
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
    customers(bench, 3)
    session = bench.begun("customers")
    with pytest.raises(conductor_take.Lost):
        bench.work(replace(session, owner="another"))
    assert bench.every(CUSTOMER) == []


def test_it_stops_where_it_is_told_to(bench: Pulls) -> None:
    customers(bench, 12)
    session, looks = bench.begun("customers"), iter([False, False, True])
    assert bench.work(session, lambda: next(looks, True)) is False
    assert len(bench.every(CUSTOMER)) == 5
    assert bench.work(session) and bench.ended(session) == (12, 0, 0)


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
    ada = customers(bench, 1)[0]
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
    ada = customers(bench, 1)[0]
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
    ada, bob = customers(bench, 2)
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
    customers(bench, 6)
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
    keys = customers(bench, 7)
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
    ada, pen = customers(bench, 1)[0], bench.stocked()["id"]
    old, new = ordered(bench, ada, pen, day="2026-10-31"), ordered(bench, ada, pen, refNumber="7")
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
    (path,) = asked(bench, "/sales-orders?", before)
    assert "transactionDateFrom" not in path and "updatedAfter" in path, "QuickBooks takes one of both"


def test_what_an_order_names_and_is_not_here_is_fetched_first(bench: Pulls) -> None:
    ada, pen, wool = customers(bench, 1)[0], bench.stocked()["id"], bench.there.file.put("vendors", name="Wool")["id"]
    made = ordered(bench, ada, pen)
    bought = bench.there.file.put(
        "purchase_orders", vendorId=wool, transactionDate=DAY, lines=[{"itemId": pen, "quantity": 4}]
    )
    assert bench.pull("sales_orders", "purchase_orders") == (2, 0, 0)
    assert bench.of(ORDER, made).fields["customer"] == f"QBD-{ada}"
    assert bench.of(ORDER, made).lines[0]["item"] == f"QBD-{pen}"
    assert bench.of("qbd_purchase_order", bought["id"]).fields["vendor"] == f"QBD-{wool}"


def test_an_item_of_a_sort_that_is_none_here_is_named_by_its_id_and_looked_for_once(bench: Pulls) -> None:
    ada = customers(bench, 1)[0]
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
    ada = customers(bench, 1)[0]
    bill = bench.there.file.put(
        "invoices", customerId=ada, transactionDate=DAY, lines=[{"description": "x", "amount": "3.00"}]
    )
    bench.pull("customers", "invoices")
    bench.there.file.table("invoices")[bill["id"]]["balanceRemaining"] = "1.00"
    assert bench.pull("invoices") == (1, 0, 0)
    assert bench.of("qbd_invoice", bill["id"]).fields["balanceRemaining"] == "1.00"


# -- deleted -----------------------------------------------------------------------------------------------------------


def test_what_is_deleted_there_stays_here_and_says_so(bench: Pulls) -> None:
    ada, bob = customers(bench, 2)
    made = ordered(bench, bob)
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
    made = ordered(bench, customers(bench, 1)[0])
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


def test_what_a_full_list_did_not_meet_is_asked_for_before_it_is_gone(bench: Pulls) -> None:
    ada, bob, cy = customers(bench, 3)
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

    bench.client.retrieve = back  # type: ignore[method-assign]
    bench.pull("customers")
    states = {key: bench.link(CUSTOMER, f"QBD-{key}").state for key in (ada, bob, cy)}
    assert states == {ada: "synced", bob: "synced", cy: "gone"}


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
        parse_qs(urlsplit(path).query) for path in asked(bench, "/inventory-adjustments?"))]  # fmt: skip
    assert windows[0] == ("2026-09-01", "2026-10-01") and windows[1] == ("2026-09-01", "2026-09-15")
    assert windows[-1][1] == "", "nothing is later than the last"
    line = bench.of("qbd_adjustment", made["id"]).lines[0]
    assert (line["item"], line["quantityDifference"]) == (f"QBD-{pen}", "-2")
    assert bench.of("qbd_adjustment", made["id"]).read_only
    bench.passes(3600)
    before = len(bench.there.requests)
    bench.pull("inventory_adjustments")
    (path,) = asked(bench, "/inventory-adjustments?", before)
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
    ada = customers(bench, 1)[0]
    bench.pull("customers", "items")
    row = bench.store.execute(
        "SELECT i.name, i.stocked, i.disabled, p.amount FROM item i JOIN price p ON p.item = i.code"
        " WHERE i.code = ?", (f"QBD-{pen}",),
    ).fetchone()  # fmt: skip
    assert tuple(row) == ("Pen", 1, 0, 120)
    assert bench.store.execute("SELECT name FROM customer WHERE code = ?", (f"QBD-{ada}",)).fetchone() == ("C0",)
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
    pen = bench.there.file.put("non_inventory_items", name="Pen",
                               salesOrPurchaseDetails={"postingAccountId": bench.accounts["Merchandise Sales"]})  # fmt: skip
    assert bench.pull("items")[:2] == (1, 0)
    made = bench.get(ITEM, "T1").fields
    assert made["type"] == "inventory_items" and made["salesDescription"] == long
    assert len(made["name"]) <= 31 and ":" not in made["name"]
    assert made["incomeAccount"] == {"id": bench.accounts["Merchandise Sales"]}
    assert bench.remote(ITEM, "T2") == pen["id"], "what is there already is not doubled"
    assert bench.store.execute("SELECT name FROM item WHERE code = 'T1'").fetchone() == (long,)
    assert record_links.waiting(bench.store, "main", "conductor", ITEM, "", 9) == ["T1"]
