"""Bodies of requests to QuickBooks Desktop through Conductor: what goes out comes back the same."""

from __future__ import annotations

import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import Invalid
from pos.rules import conductor_body as bodies
from pos.rules import conductor_fields as fields_of
from pos.rules.conductor_body import NotThere, Paper, Refs
from pos.rules.conductor_tables import FIELDS, LINES, details_of
from tests.rules.conductor_made import REFS, WRITTEN, Description, answered, floats, given_fields, given_lines

_CASES = pytest.mark.parametrize(("kind", "resource"), WRITTEN, ids=[one for _, one in WRITTEN])


@pytest.fixture(scope="module")
def described(shared: Path) -> Description:
    return Description(shared)


def _paper(data: st.DataObject, kind: str, resource: str) -> Paper:
    fields = fields_of.cleaned(kind, data.draw(given_fields(kind, resource)), {})
    return Paper(kind, "R9", fields, fields_of.cleaned_lines(kind, data.draw(given_lines(kind, resource))))


def _never(kind: str, resource: str) -> set[str]:
    known = fields_of.of(kind, {"type": resource})
    return {one.sent or name for name, one in known.items() if one.on == "never"} | {"type", "id", "revisionNumber"}


@_CASES
@given(data=st.data())
@settings(max_examples=12)
def test_what_is_made_there_reads_as_it_was_meant(kind: str, resource: str, data: st.DataObject) -> None:
    paper = _paper(data, kind, resource)
    body = bodies.to_create(resource, paper, REFS)
    fields, lines = bodies.from_there(resource, answered(resource, kind, body), REFS)
    assert fields_of.view(kind, fields, lines) == fields_of.view(kind, paper.fields, paper.lines)
    assert not set(body) & _never(kind, resource)
    assert not floats(body)


@pytest.mark.shared
@_CASES
@given(data=st.data())
@settings(max_examples=6)
def test_a_body_is_as_their_description_wants_it(
    kind: str, resource: str, described: Description, data: st.DataObject
) -> None:
    paper, other = _paper(data, kind, resource), _paper(data, kind, resource)
    body = bodies.to_create(resource, paper, REFS)
    assert described.refused(resource, "create", {**body, "externalId": str(uuid.UUID(int=1))}) == []
    there = answered(resource, kind, bodies.to_create(resource, other, REFS))
    if kind == "qbd_item" and details_of(paper.fields) != details_of(other.fields):
        return
    try:
        change = bodies.to_update(resource, paper, there, fields_of.view(kind, paper.fields, paper.lines), REFS)
    except Invalid as why:
        assert why.code in ("cannot_empty", "serial_number")
        return
    assert described.refused(resource, "update", {"revisionNumber": "7", **change}) == []
    assert not set(change) & _never(kind, resource)
    assert not floats(change)


@_CASES
@given(data=st.data())
@settings(max_examples=12)
def test_nothing_is_sent_that_is_there_already(kind: str, resource: str, data: st.DataObject) -> None:
    paper = _paper(data, kind, resource)
    there = answered(resource, kind, bodies.to_create(resource, paper, REFS))
    sent = bodies.to_update(
        resource, paper, there, set(fields_of.view(kind, paper.fields, paper.lines)) - {"lines"}, REFS
    )
    assert set(sent) <= {"salesOrPurchaseDetails", "salesAndPurchaseDetails"}
    assert bodies.to_update(resource, paper, there, (), REFS) == {}


# -- lines -------------------------------------------------------------------------------------------------------------


def _order(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "T1", "customer": {"id": "80-R1", "fullName": "A"}, "transactionDate": "2026-11-22",
            "lines": list(lines), **more}  # fmt: skip


def _their(key: str, item: str, quantity: int, **more: Any) -> dict[str, Any]:
    return {"id": key, "item": {"id": item, "fullName": item}, "quantity": Decimal(quantity), "rate": "2.00",
            "amount": f"{2 * quantity}.00", "salesTaxCode": {"id": "TAX", "fullName": "Tax"}, **more}  # fmt: skip


def _updated(there: dict[str, Any], lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    fields, _ = bodies.from_there("sales_orders", there, REFS)
    clean = fields_of.cleaned_lines("qbd_sales_order", lines, bodies.from_there("sales_orders", there, REFS)[1])
    sent = bodies.to_update("sales_orders", Paper("qbd_sales_order", "R9", fields, clean), there, {"lines"}, REFS)
    found: list[dict[str, Any]] = sent["lines"]
    return found


def test_an_update_carries_all_lines_and_a_new_one_has_the_id_of_none() -> None:
    there = _order(_their("L1", "80-R1", 1), _their("L2", "80-R2", 2))
    sent = _updated(there, [{"id": "L2"}, {"id": "L1", "quantity": "5"}, {"item": "R3", "quantity": "1"}])
    assert [(one["id"], one["itemId"], one.get("quantity")) for one in sent] == [
        ("L2", "80-R2", 2), ("L1", "80-R1", 5), ("-1", "80-R3", 1)
    ]  # fmt: skip


def test_a_line_keeps_its_tax_code_or_it_is_booked_without_tax() -> None:
    sent = _updated(_order(_their("L1", "80-R1", 1)), [{"id": "L1", "quantity": "2"}])
    assert sent[0]["salesTaxCodeId"] == "TAX"
    assert "amount" not in sent[0], "an amount of before would stand against the new quantity"


def test_what_we_do_not_know_stays_on_the_order() -> None:
    subtotal = {"id": "L2", "item": {"id": "SUB", "fullName": "Subtotal"}, "amount": "2.00"}
    sent = _updated(_order(_their("L1", "80-R1", 1), subtotal), [{"id": "L1", "quantity": "2"}, {"id": "L2"}])
    assert sent[1] == {"id": "L2", "itemId": "SUB", "amount": "2.00"}


def test_lines_without_their_ids_find_their_own() -> None:
    there = _order(_their("L1", "80-R1", 1), _their("L2", "80-R1", 2), _their("L3", "80-R2", 1))
    plain = {"item": "R1", "rate": "2", "salesTaxCode": {"id": "TAX"}}
    sent = _updated(there, [{**plain, "quantity": "2"}, {**plain, "quantity": "7"}, {"item": "R3"}])
    assert [one["id"] for one in sent] == ["L2", "L1", "-1"]


def test_a_price_gives_way_to_a_percent_or_an_amount() -> None:
    there = _order(_their("L1", "80-R1", 1))
    assert "rate" not in _updated(there, [{"id": "L1", "rate": "", "ratePercent": "10"}])[0]
    assert _updated(there, [{"id": "L1", "rate": "", "amount": "9"}])[0]["amount"] == "9"
    with pytest.raises(Invalid, match=r"lines\[0\].quantity cannot be emptied"):
        _updated(there, [{"id": "L1", "quantity": ""}])


def test_a_line_that_does_not_know_its_id_takes_no_tax_code_away() -> None:
    there = _order(_their("L1", "80-R1", 1))
    sent = _updated(there, [{"item": "R1", "quantity": "4"}])
    assert sent == [{"id": "L1", "itemId": "80-R1", "quantity": 4}]
    emptied = _updated(there, [{"id": "L1", "salesTaxCode": {}}])
    assert emptied[0]["salesTaxCodeId"] == "", "a person who empties it means it"


def test_two_lines_never_claim_one_of_theirs() -> None:
    there = _order(_their("L1", "80-R1", 1))
    paper = Paper("qbd_sales_order", "R9", {}, [{"id": "L1", "item": "R1", "quantity": "1", "rate": "3"}] * 2)
    sent = bodies.to_update("sales_orders", paper, there, {"lines"}, REFS)
    assert [one["id"] for one in sent["lines"]] == ["L1", "-1"]


def test_an_order_with_groups_of_lines_is_never_sent_with_lines() -> None:
    there = _order(_their("L1", "80-R1", 1), lineGroups=[{"id": "G1"}])
    with pytest.raises(Invalid, match="groups of lines") as why:
        _updated(there, [{"id": "L1", "quantity": "2"}])
    assert why.value.code == "line_groups"
    fields, lines = bodies.from_there("sales_orders", there, REFS)
    paper = Paper("qbd_sales_order", "R9", {**fields, "memo": "Bring it"}, lines)
    assert bodies.to_update("sales_orders", paper, there, {"memo"}, REFS) == {"memo": "Bring it"}


def test_the_parts_of_an_assembly_are_taken_away_in_words() -> None:
    there = {"lines": [{"inventoryItem": {"id": "80-R1", "fullName": "A"}, "quantity": 2}]}
    fields, lines = bodies.from_there("inventory_assembly_items", there, REFS)
    assert lines == [{"item": "R1", "quantity": "2"}]
    paper = Paper("qbd_item", "R9", fields, [])
    assert bodies.to_update("inventory_assembly_items", paper, there, {"lines"}, REFS) == {"clearItemLines": True}


# -- single values -----------------------------------------------------------------------------------------------------


def test_what_is_taken_away_is_said_to_be_empty() -> None:
    there = {"name": "Ada", "phone": "1", "terms": {"id": "T1", "fullName": "Net"}, "isActive": True,
             "billingAddress": {"line1": "1 Main", "city": "York"}, "creditLimit": "5.00"}  # fmt: skip
    fields, _ = bodies.from_there("customers", there, REFS)
    changed = {**fields, "phone": "", "terms": {}, "billingAddress": {"line1": "2 Main"}, "isActive": False}
    paper = Paper("qbd_customer", "R9", changed)
    assert bodies.to_update("customers", paper, there, set(fields), REFS) == {
        "phone": "", "termsId": "", "billingAddress": {"line1": "2 Main", "city": ""}, "isActive": False
    }  # fmt: skip
    with pytest.raises(Invalid, match="cannot be emptied") as why:
        bodies.to_update(
            "customers", Paper("qbd_customer", "R9", {**fields, "creditLimit": ""}), there, {"creditLimit"}, REFS
        )
    assert why.value.field == "creditLimit"


def test_what_is_named_and_not_there_yet_is_said() -> None:
    paper = Paper("qbd_sales_order", "R9", {"customer": "R7", "transactionDate": "2026-11-22"})
    with pytest.raises(NotThere) as why:
        bodies.to_create("sales_orders", paper, REFS)
    assert (why.value.kind, why.value.key, why.value.field) == ("qbd_customer", "R7", "customer")


def test_what_is_named_there_and_not_here_keeps_their_id() -> None:
    fields, _ = bodies.from_there("sales_orders", _order(), Refs())
    assert fields["customer"] == "there:80-R1"
    assert bodies.to_create("sales_orders", Paper("qbd_sales_order", "R9", fields), Refs())["customerId"] == "80-R1"


def test_the_details_of_a_service_go_as_one() -> None:
    there = {"salesAndPurchaseDetails": {"salesPrice": "5.00", "purchaseCost": "2.00", "salesDescription": "Old"}}
    fields, _ = bodies.from_there("service_items", there, REFS)
    paper = Paper("qbd_item", "R9", {**fields, "salesPrice": "6", "salesDescription": ""})
    assert bodies.to_update("service_items", paper, there, {"salesPrice", "salesDescription"}, REFS) == {
        "salesAndPurchaseDetails": {"salesPrice": "6", "purchaseCost": "2.00", "salesDescription": ""}
    }
    assert bodies.to_update("service_items", paper, there, {"salesPrice"}, REFS) == {
        "salesAndPurchaseDetails": {"salesPrice": "6", "purchaseCost": "2.00", "salesDescription": "Old"}
    }, "what is not ours to change, or a person has still to decide, goes as it stands there"


def test_figures_of_theirs_stay_exact() -> None:
    fields, lines = bodies.from_there(
        "inventory_items", {"quantityOnHand": Decimal("0.10"), "salesPrice": "12.50", "sublevel": 1}, REFS
    )
    assert (fields["quantityOnHand"], fields["salesPrice"], fields["sublevel"], lines) == ("0.1", "12.50", "1", [])
    with pytest.raises(TypeError):
        bodies.from_there("inventory_items", {"quantityOnHand": 0.1}, REFS)


def test_the_external_id_is_the_same_whenever_it_is_asked_for() -> None:
    one = bodies.external_id("conductor", "qbd_customer", "R1")
    assert uuid.UUID(one).version == 5
    assert one == bodies.external_id("conductor", "qbd_customer", "R1")
    assert one not in {bodies.external_id("conductor-b", "qbd_customer", "R1"),
                       bodies.external_id("conductor", "qbd_vendor", "R1"),
                       bodies.external_id("conductor", "qbd_customer", "R2")}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "ours", "theirs", "same"),
    [
        ("qbd_customer", {"name": "Ada  Byron"}, {"name": "ada byron", "email": "a@b.c"}, True),
        ("qbd_customer", {"name": "Ada", "email": "x@y.z"}, {"name": "Ada", "email": "a@b.c"}, False),
        ("qbd_vendor", {"name": "Mill", "accountNumber": "1"}, {"name": "Mill", "accountNumber": "2"}, False),
        ("qbd_item", {"name": "Tea", "type": "service_items"}, {"name": "Tea", "type": "inventory_items"}, False),
        ("qbd_item", {"name": "Tea", "type": "inventory_items", "sku": "1"}, {"name": "Tea", "type": "inventory_items"},
         True),
        ("qbd_sales_order", {"refNumber": "1"}, {"refNumber": "1"}, False),
    ],
)  # fmt: skip
def test_who_is_the_same(kind: str, ours: dict[str, Any], theirs: dict[str, Any], same: bool) -> None:
    assert bodies.same_one(kind, ours, theirs) is same


def test_a_copy_has_nothing_to_send() -> None:
    assert all(one.on == "never" for one in FIELDS["qbd_invoice"].values())
    assert all(one.on == "never" for one in LINES["qbd_invoice"].values())
