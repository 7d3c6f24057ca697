"""The emulator of Conductor does what its description and the contract say: asked with the official client."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import conductor
import httpx
import pytest

from tests.contract.emulators.conductor import END_USER, KEY, Conductor
from tests.contract.emulators.conductor_faults import ANSWERS
from tests.contract.emulators.conductor_file import CompanyFile

WHO: Any = {"conductor_end_user_id": END_USER}
NOON = dt.datetime(2026, 11, 20, 17, tzinfo=dt.UTC)  # 12:00 in New York


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor() as running:
        yield running
        assert running.broken == [], "answers that are not as the description says"


@pytest.fixture
def qbd(there: Conductor) -> Iterator[Any]:
    with conductor.Conductor(api_key=KEY, base_url=there.url, max_retries=0, timeout=30) as client:
        yield client.qbd


def refused(call: Any, *given: Any, **named: Any) -> tuple[int, str, str]:
    """Status, code and integrationCode of what is refused."""
    with pytest.raises(conductor.APIStatusError) as caught:
        call(*given, **named, **WHO)
    body: Any = caught.value.body
    error = body.get("error", body)
    return caught.value.status_code, error["code"], error.get("integrationCode", "")


def item(there: Conductor, name: str = "Pen", **more: Any) -> Any:
    accounts = {row["name"]: row["id"] for row in there.file.rows("accounts")}
    kinds = {"incomeAccountId": "Merchandise Sales", "cogsAccountId": "Cost of Goods Sold",
             "assetAccountId": "Inventory Asset"}  # fmt: skip
    return there.file.put("inventory_items", name=name, **{k: accounts[v] for k, v in kinds.items()}, **more)


def test_a_customer_is_made_read_and_changed(there: Conductor, qbd: Any) -> None:
    made = qbd.customers.create(name="Ada", phone="12", billing_address={"line1": "1 High St"}, **WHO)
    assert (made.full_name, made.billing_address.line1, made.is_active) == ("Ada", "1 High St", True)
    changed = qbd.customers.update(made.id, revision_number=made.revision_number, phone="13", **WHO)
    assert (changed.phone, changed.name) == ("13", "Ada") and changed.revision_number != made.revision_number
    stale = refused(qbd.customers.update, made.id, revision_number=made.revision_number, phone="14")
    assert stale == (502, "QBD_REQUEST_ERROR", "3200")
    assert qbd.customers.update(made.id, revision_number=changed.revision_number, phone="", **WHO).phone is None
    assert refused(qbd.customers.update, "80-1", revision_number="1", phone="1")[2] == "3120"


@pytest.mark.parametrize(("whole", "left"), [(False, "1 High St"), (True, None)])
def test_an_address_is_merged_or_replaced(there: Conductor, qbd: Any, whole: bool, left: str | None) -> None:
    there.file.replaces_addresses = whole
    made = qbd.customers.create(name="Ada", billing_address={"line1": "1 High St"}, **WHO)
    changed = qbd.customers.update(made.id, revision_number=made.revision_number, billing_address={"city": "X"}, **WHO)
    assert (changed.billing_address.line1, changed.billing_address.city) == (left, "X")


def test_a_cursor_stays_gives_the_next_page_each_time_and_ends_after_ten_seconds(there: Conductor, qbd: Any) -> None:
    for n in range(8):
        there.file.put("customers", name=f"C{n}", isActive=n != 7)
    first = qbd.customers.list(limit=3, **WHO)
    second = qbd.customers.list(limit=3, cursor=first.next_cursor, **WHO)
    third = qbd.customers.list(limit=3, cursor=first.next_cursor, **WHO)
    assert [[one.name for one in page.data] for page in (first, second, third)] == [
        ["C0", "C1", "C2"], ["C3", "C4", "C5"], ["C6"]]  # fmt: skip
    assert [page.remainingCount for page in (first, second, third)] == [4, 1, 0]
    assert second.next_cursor == first.next_cursor and third.next_cursor is None
    clock = there.listings().clock
    again = qbd.customers.list(limit=3, status="all", **WHO)
    there.listings().clock = lambda: clock() + 11
    assert refused(qbd.customers.list, limit=3, cursor=again.next_cursor)[0] == 400
    assert [one.name for one in qbd.customers.list(status="inactive", **WHO).data] == ["C7"]


def test_one_that_an_exact_filter_does_not_find_fails_the_whole_request(there: Conductor, qbd: Any) -> None:
    ada = there.file.put("customers", name="Ada", isActive=False)
    found = qbd.customers.list(full_names=["ADA"], updated_after="2099-01-01", status="active", **WHO)
    assert [one.id for one in found.data] == [ada["id"]], "an exact filter ignores the others"
    assert refused(qbd.customers.list, full_names=["Ada", "Nobody"]) == (502, "QBD_REQUEST_ERROR", "500")
    assert refused(qbd.customers.list, ids=["80-1"])[2] == "500"
    assert refused(qbd.sales_orders.list, ref_numbers=["R1"])[2] == "1"
    assert refused(qbd.customers.retrieve, "80-1")[:2] == (502, "QBD_REQUEST_ERROR")


def test_a_name_is_nobody_elses_of_the_same_lists_whatever_its_case(there: Conductor, qbd: Any) -> None:
    parent = there.file.put("customers", name="Ada")
    account = there.file.named("accounts", "Merchandise Sales")["id"]
    assert refused(qbd.vendors.create, name="aDa") == (502, "QBD_REQUEST_ERROR", "3100")
    job = there.file.put("customers", name="Ada", parentId=parent["id"])
    assert job["fullName"] == "Ada:Ada" and job["sublevel"] == 1
    there.file.edit("customers", parent["id"], name="Bob")
    assert there.file.row("customers", job["id"])["fullName"] == "Bob:Ada"
    qbd.vendors.create(name="Ada", **WHO)
    item(there, "Pen")
    service = {"salesOrPurchaseDetails": {"postingAccountId": account}}
    assert refused(qbd.service_items.create, name="PEN", extra_body=service)[2] == "3100"
    assert refused(qbd.vendors.create, name="A:B")[2] == "3210"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"extra_body": {"colour": "red"}}, "colour"),
        ({"name": "x" * 42}, "name: must contain at most 41"),
        ({"name": None}, "name: expected string"),
        ({"external_id": "R1"}, "externalId: must be a uuid"),
        ({"extra_body": {"phone": 12}}, "phone: expected string"),
    ],
)
def test_a_request_that_is_not_as_described_is_refused(there: Conductor, qbd: Any, given: Any, words: str) -> None:
    assert refused(qbd.customers.create, **({"name": "Ada"} | given))[:2] == (400, "PARAMETER_INVALID")
    assert words in there.refused[0] and there.file.rows("customers") == []


def test_who_asks_and_of_whom(there: Conductor, qbd: Any) -> None:
    for limit in (0, 151):
        assert refused(qbd.customers.list, limit=limit)[0] == 400
    assert refused(qbd.customers.list, extra_query={"colour": "red"})[0] == 400
    get = f"{there.url}/quickbooks-desktop/customers"
    assert httpx.get(get).status_code == 401
    assert httpx.get(get, headers={"Authorization": f"Bearer {KEY}"}).status_code == 400
    other = {"Authorization": f"Bearer {KEY}", "Conductor-End-User-Id": "end_usr_other"}
    assert httpx.get(get, headers=other).status_code == 404
    there.add("end_usr_other", CompanyFile("Another"))
    there.file.put("customers", name="Ada")
    assert httpx.get(get, headers=other).json()["data"] == []
    assert qbd.health_check(**WHO).status == "ok"


def test_changed_since_is_the_clock_of_the_computer_there(there: Conductor, qbd: Any) -> None:
    there.file.clock = lambda: NOON
    ada = there.file.put("customers", name="Ada")
    assert ada["updatedAt"] == "2026-11-20T12:00:00-05:00"
    for since, count in (
        ("2026-11-20T12:00:00", 1), ("2026-11-20T12:00:01", 0), ("2026-11-20", 1), ("2026-11-21", 0),
        ("2026-11-20T17:00:00+00:00", 1), ("2026-11-20T17:00:01+00:00", 0), ("2026-11-20T13:00:00", 0),
    ):  # fmt: skip
        assert len(qbd.customers.list(updated_after=since, **WHO).data) == count, since
    assert refused(qbd.customers.list, updated_after="yesterday")[0] == 400


def test_an_order_is_filled_in_and_added_up_there(there: Conductor, qbd: Any) -> None:
    tax = there.file.named("sales-tax-codes", "Tax")["id"]
    county = there.file.named("sales-tax-items", "County 8.25%")["id"]
    net30 = there.file.named("standard-terms", "Net 30")["id"]
    pen = item(there, salesPrice="1.5", salesDescription="A pen", salesTaxCodeId=tax)
    ada = there.file.put("customers", name="Ada", salesTaxItemId=county, termsId=net30)
    ours = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
    made = qbd.sales_orders.create(
        customer_id=ada["id"], transaction_date=dt.date(2026, 11, 20), external_id=ours,
        lines=[{"itemId": pen["id"], "quantity": 3}, {"description": "Thanks"}], **WHO,
    )  # fmt: skip
    pens, words = made.lines
    assert (pens.rate, pens.amount, pens.description, words.item) == ("1.50", "4.50", "A pen", None)
    assert (made.subtotal, made.sales_tax_total, made.total_amount) == ("4.50", "0.37", "4.87")
    assert made.due_date == dt.date(2026, 12, 20) and made.ref_number == "1001" and made.terms.full_name == "Net 30"
    changed = qbd.sales_orders.update(
        made.id, revision_number=made.revision_number, **WHO,
        lines=[{"id": pens.id, "quantity": 2}, {"id": "-1", "itemId": pen["id"], "quantity": 1, "rate": "2"}],
    )  # fmt: skip
    assert [line.amount for line in changed.lines] == ["3.00", "2.00"] and changed.lines[0].id == pens.id
    assert changed.lines[0].description == "A pen", "what an update does not name of a line stays"
    lines = [{"id": words.id, "quantity": 2}]
    gone = refused(qbd.sales_orders.update, made.id, revision_number=changed.revision_number, lines=lines)
    assert gone[2] == "3120", "a line that is gone"
    assert there.file.row("inventory_items", pen["id"])["quantityOnSalesOrder"] == 3
    twin = there.file.put("sales_orders", customerId=ada["id"], transactionDate="2026-11-20", refNumber="1001")
    assert len(qbd.sales_orders.list(ref_numbers=["1001"], **WHO).data) == 2, "a refNumber is not unique"
    assert twin["externalId"] is None and made.external_id == ours


def test_stock_moves_by_adjustments_without_a_new_revision(there: Conductor, qbd: Any) -> None:
    pen = item(there, quantityOnHand=5)
    account = there.file.named("accounts", "Inventory Adjustments")["id"]
    day: Any = {"account_id": account, "transaction_date": dt.date(2026, 11, 20)}
    made = qbd.inventory_adjustments.create(
        lines=[{"item_id": pen["id"], "adjust_quantity": {"quantity_difference": 2.5}}], **day, **WHO
    )
    now = qbd.inventory_items.retrieve(pen["id"], **WHO)
    assert (now.quantity_on_hand, now.revision_number) == (7.5, pen["revisionNumber"])
    new = {"item_id": pen["id"], "adjust_quantity": {"new_quantity": 4}}
    assert qbd.inventory_adjustments.create(lines=[new], **day, **WHO).lines[0].quantity_difference == -3.5
    qbd.inventory_adjustments.void(made.id, **WHO)
    assert there.file.on_hand(pen["id"]) == pytest.approx(1.5)
    assert qbd.inventory_adjustments.delete(made.id, **WHO).deleted is True
    told = qbd.deleted_transactions.list(transaction_types=["inventory_adjustment"], **WHO).data
    assert [(one.id, one.ref_number) for one in told] == [(made.id, "1001")]
    assert there.file.on_hand(pen["id"]) == pytest.approx(1.5)


def test_what_was_deleted_is_told_for_ninety_days(there: Conductor, qbd: Any) -> None:
    there.file.clock = lambda: NOON
    ada, bob = there.file.put("customers", name="Ada"), there.file.put("customers", name="Bob")
    there.file.put("sales_orders", customerId=bob["id"], transactionDate="2026-11-20")
    there.file.delete("customers", ada["id"])
    told = qbd.deleted_list_objects.list(object_types=["customer"], **WHO).data
    assert [(one.id, one.full_name, one.list_type) for one in told] == [(ada["id"], "Ada", "customer")]
    assert qbd.deleted_list_objects.list(object_types=["vendor"], **WHO).data == []
    with pytest.raises(Exception, match="is used in a transaction"):
        there.file.delete("customers", bob["id"])
    there.file.clock = lambda: NOON + dt.timedelta(days=91)
    assert qbd.deleted_list_objects.list(object_types=["customer"], **WHO).data == []


def test_all_the_small_lists_are_there(there: Conductor, qbd: Any) -> None:
    for name in ("accounts", "standard_terms", "date_driven_terms", "sales_tax_codes", "sales_tax_items", "classes",
                 "sales_representatives", "customer_types", "payment_methods", "unit_of_measure_sets",
                 "price_levels", "shipping_methods", "other_names", "currencies"):  # fmt: skip
        assert len(getattr(qbd, name).list(**WHO).data) > 0, name
    assert qbd.inventory_sites.list(**WHO).data == [] and qbd.company.retrieve(**WHO).company_name == "Corner Shop"


@pytest.mark.parametrize(
    ("fault", "status", "booked"),
    [(kind, row[0], row[-1]) for kind, row in ANSWERS.items()]
    + [("gateway", 502, False), ("gateway_after", 502, True)],
)
def test_a_fault_that_is_an_answer(there: Conductor, qbd: Any, fault: str, status: int, booked: bool) -> None:
    there.faults.next(fault, hits="create customers")
    assert len(qbd.vendors.list(**WHO).data) == 0, "it meets what it is meant for"
    with pytest.raises(conductor.APIStatusError) as caught:
        qbd.customers.create(name="Ada", **WHO)
    assert caught.value.status_code == status
    if fault in ANSWERS:
        error: Any = caught.value.body
        assert error.get("error", error)["userFacingMessage"]
    assert bool(there.file.rows("customers")) is booked
    there.settle()
    assert bool(there.file.rows("customers")) is (booked or fault == "timeout_late")


@pytest.mark.parametrize(
    ("fault", "booked"),
    [("reset_before", False), ("reset_after", True), ("closed_after", True), ("half_answer", True), ("garbage", True),
     ("slow_connect", False), ("slow_after", True), ("late", True)],
)  # fmt: skip
def test_a_fault_of_the_line(there: Conductor, fault: str, booked: bool) -> None:
    there.slow_seconds = 1.0
    there.faults.next(fault, hits="customers")
    seconds = 0.4 if fault.startswith("slow") else 30
    with (
        conductor.Conductor(api_key=KEY, base_url=there.url, max_retries=0, timeout=seconds) as client,
        pytest.raises((conductor.APIConnectionError, httpx.HTTPError, ValueError, AttributeError)),
    ):
        client.qbd.customers.create(name="Ada", **WHO).id.startswith("8")
    while not there.calls:
        pass  # its client gave up before it came in
    there.settle()
    assert bool(there.file.rows("customers")) is booked


def test_late_bookings_come_by_themselves_after_some_time() -> None:
    with Conductor(late_seconds=60) as there:
        moment = NOON
        there.file.clock = lambda: moment
        there.faults.next("timeout_late", hits="create")
        with conductor.Conductor(api_key=KEY, base_url=there.url, max_retries=0) as client:
            with pytest.raises(conductor.InternalServerError):
                client.qbd.customers.create(name="Ada", **WHO)
            assert client.qbd.customers.list(**WHO).data == []
            moment += dt.timedelta(seconds=60)
            assert len(client.qbd.customers.list(**WHO).data) == 1


def test_two_at_once_are_counted_and_worked_on_one_after_the_other(there: Conductor, qbd: Any) -> None:
    there.file.lock.acquire()
    threads = [threading.Thread(target=lambda: qbd.customers.list(**WHO)) for _ in range(2)]
    for one in threads:
        one.start()
    while there.overlaps == 0:
        assert any(one.is_alive() for one in threads)
    there.file.lock.release()
    for one in threads:
        one.join(30)
    assert there.overlaps == 1
