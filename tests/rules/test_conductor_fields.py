"""What a person gives of a record of QuickBooks Desktop, and how both sides are compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pos.errors import Invalid
from pos.rules import conductor_fields
from pos.rules.conductor_fields import cleaned, cleaned_lines, view
from pos.rules.merge import merge

_TEA = {
    "type": "inventory_items", "name": "Tea", "incomeAccount": {"id": "A1"}, "cogsAccount": "A2",
    "assetAccount": {"id": "A3", "fullName": "Stock"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "given", "field", "words"),
    [
        ("qbd_customer", {}, "name", "needed"),
        ("qbd_customer", {"name": "x" * 42}, "name", "41"),
        ("qbd_customer", {"name": "A: B"}, "name", "colon"),
        ("qbd_customer", {"name": "A", "middleName": "Gloria"}, "middleName", "at most 5"),
        ("qbd_customer", {"name": "A", "billingAddress": {"postalCode": "x" * 14}}, "billingAddress.postalCode", "13"),
        ("qbd_customer", {"name": "A", "billingAddress": {"planet": "Mars"}}, "billingAddress", "parts"),
        ("qbd_customer", {"name": "A", "balance": "5"}, "balance", "QuickBooks alone"),
        ("qbd_customer", {"name": "A", "customFields": [{}]}, "customFields", "QuickBooks alone"),
        ("qbd_customer", {"name": "A", "jobStatus": "asleep"}, "jobStatus", "in_progress"),
        ("qbd_customer", {"name": "A", "creditLimit": "1e5x"}, "creditLimit", "is a figure"),
        ("qbd_customer", {"name": "A", "creditLimit": 1.5}, "creditLimit", "text"),
        ("qbd_customer", {"name": "A", "jobEndDate": "22.11.2026"}, "jobEndDate", "2026-11-20"),
        ("qbd_customer", {"name": "A", "isActive": "yes"}, "isActive", "yes or no"),
        ("qbd_customer", {"name": "A", "terms": {"name": "Net"}}, "terms", "by its id"),
        ("qbd_customer", {"name": "A", "planet": "Mars"}, "planet", "no field"),
        ("qbd_item", {"name": "Tea"}, "type", "needed"),
        ("qbd_item", {**_TEA, "name": "x" * 32}, "name", "31"),
        ("qbd_item", {**_TEA, "assetAccount": {}}, "assetAccount", "needed"),
        ("qbd_item", {"type": "discount_items", "name": "Ten off"}, "account", "needed"),
        ("qbd_item", {"type": "service_items", "name": "Help", "price": "1"}, "postingAccount", "needed"),
        ("qbd_item", {"type": "service_items", "name": "Help", "price": "1", "salesPrice": "2"}, "price", "not both"),
        ("qbd_item", {"type": "service_items", "name": "Help", "reorderPoint": "2"}, "reorderPoint", "no field"),
        ("qbd_sales_order", {"customer": "C1"}, "transactionDate", "needed"),
        ("qbd_sales_order", {"customer": "C1", "transactionDate": "2026-11-22", "refNumber": "123456789012"},
         "refNumber", "11"),
        ("qbd_invoice", {"memo": "x"}, "memo", "QuickBooks alone"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_field_and_limit(kind: str, given: Any, field: str, words: str) -> None:
    with pytest.raises(Invalid) as why:
        cleaned(kind, given, {})
    assert why.value.field == field
    assert words in why.value.message


def test_a_new_record_has_every_field_and_is_active() -> None:
    item = cleaned("qbd_item", _TEA, {})
    assert item["isActive"] is True
    assert (item["cogsAccount"], item["salesPrice"], item["quantityOnHand"]) == ({"id": "A2"}, "", "")
    assert next(iter(item)) == "type"


def test_what_is_not_given_stays_and_a_length_is_never_cut() -> None:
    before = cleaned("qbd_customer", {"name": "Ada", "phone": "1"}, {}) | {"balance": "12.50", "createdAt": "2026"}
    after = cleaned("qbd_customer", {"email": " a@b.c ", "balance": "12.5"}, before)
    assert (after["phone"], after["email"], after["balance"]) == ("1", "a@b.c", "12.50")


def test_an_item_stays_of_its_type() -> None:
    before = cleaned("qbd_item", _TEA, {})
    assert cleaned("qbd_item", {"type": "inventory_items", "salesPrice": "2"}, before)["salesPrice"] == "2"
    with pytest.raises(Invalid, match="stays of the type"):
        cleaned("qbd_item", {"type": "service_items"}, before)


def test_a_copy_from_there_can_be_edited_though_it_lacks_what_a_new_one_needs() -> None:
    there = {"type": "inventory_items", "name": "Tea", "incomeAccount": {}, "createdAt": "2026"}
    assert cleaned("qbd_item", {"salesPrice": "2"}, there)["salesPrice"] == "2"
    with pytest.raises(Invalid, match="incomeAccount is needed"):
        cleaned("qbd_item", {"incomeAccount": {}}, there)


# -- lines -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "lines", "field"),
    [
        ("qbd_customer", [{"item": "I1"}], "lines"),
        ("qbd_invoice", [{"item": "I1"}], "lines"),
        ("qbd_sales_order", [], "lines"),
        ("qbd_sales_order", "no", "lines"),
        ("qbd_sales_order", [{"quantity": "1"}], "lines[0].item"),
        ("qbd_sales_order", [{"item": "I1", "quantityInvoiced": "1"}], "lines[0].quantityInvoiced"),
        ("qbd_sales_order", [{"item": "I1"}, {"item": "I1", "quantity": "one"}], "lines[1].quantity"),
        ("qbd_sales_order", [{"item": "I1", "rate": "1", "ratePercent": "5"}], "lines[0].rate"),
        ("qbd_sales_order", [{"item": "I1", "colour": "red"}], "lines[0].colour"),
        ("qbd_adjustment", [{"item": "I1"}], "lines[0].quantityDifference"),
        ("qbd_adjustment", [{"quantityDifference": "1"}], "lines[0].item"),
        ("qbd_adjustment", [{"item": "I1", "serialNumber": "S", "serialNumberAction": "added",
                             "quantityDifference": "1"}], "lines[0].quantityDifference"),
        ("qbd_item", [{"quantity": "1"}], "lines[0].item"),
    ],
)  # fmt: skip
def test_lines_that_cannot_be(kind: str, lines: Any, field: str) -> None:
    with pytest.raises(Invalid) as why:
        cleaned_lines(kind, lines)
    assert why.value.field == field


def test_a_line_keeps_its_id_and_what_only_quickbooks_says_of_it() -> None:
    before = [{"id": "L1", "item": "I1", "quantity": "1", "rate": "2", "amount": "2.00", "quantityInvoiced": "1",
               "salesTaxCode": {"id": "T", "fullName": "Tax"}}]  # fmt: skip
    found = cleaned_lines("qbd_sales_order", [{"id": "L1", "quantity": "3"}, {"id": "L9", "item": "I2"}], before)
    assert (found[0]["id"], found[0]["quantityInvoiced"], found[0]["salesTaxCode"]["id"]) == ("L1", "1", "T")
    assert found[0]["amount"] == "", "what it came to before is no longer so"
    assert found[1]["id"] == "", "an id nobody gave it is none"
    with pytest.raises(Invalid, match="QuickBooks alone"):
        cleaned_lines("qbd_sales_order", [{"id": "L1", "quantityInvoiced": "0"}], before)


# -- compared ----------------------------------------------------------------------------------------------------------


def test_values_are_compared_and_not_how_they_are_written() -> None:
    ours = {"name": "Tea", "type": "inventory_items", "salesPrice": "10", "reorderPoint": "2.50",
            "salesDescription": "a\nb", "incomeAccount": {"id": "A1"}, "preferredVendor": "V1"}  # fmt: skip
    theirs = {**ours, "salesPrice": "10.00", "reorderPoint": "2.5", "salesDescription": "a\r\nb ",
              "incomeAccount": {"id": "A1", "fullName": "Sales renamed"}, "isActive": True}  # fmt: skip
    assert view("qbd_item", {**ours, "isActive": True}, []) == view("qbd_item", theirs, [])


def test_an_address_is_compared_by_what_it_says() -> None:
    said = {"billingAddress": {"line1": "1 Main", "line2": ""}}
    assert view("qbd_customer", said, [])["billingAddress"] == {"line1": "1 Main"}


def test_lines_are_compared_without_ids_and_without_what_a_price_comes_to() -> None:
    ours = [{"id": "", "item": "I1", "quantity": "2", "rate": "1.50", "isManuallyClosed": False}]
    theirs = [{"id": "L1", "item": "I1", "quantity": "2.0", "rate": "1.5", "amount": "3.00", "quantityInvoiced": "1"}]
    assert view("qbd_sales_order", {}, ours)["lines"] == view("qbd_sales_order", {}, theirs)["lines"]
    assert (
        view("qbd_sales_order", {}, [{**theirs[0], "quantity": "3"}])["lines"]
        != (view("qbd_sales_order", {}, ours)["lines"])
    )


def test_what_is_compared_stays_the_same_when_it_is_compared_again() -> None:
    fields = cleaned("qbd_sales_order", {"customer": "C1", "transactionDate": "2026-11-22", "exchangeRate": "1.0"}, {})
    lines = cleaned_lines("qbd_sales_order", [{"item": "I1", "quantity": "2.00", "amount": "3.10"}])
    once = view("qbd_sales_order", fields, lines)
    assert view("qbd_sales_order", once, once["lines"]) == once


def test_merged_field_by_field_with_an_order_of_ours_winning() -> None:
    agreed = view("qbd_sales_order", {"memo": "a", "customer": "C1"}, [])
    ours, theirs = {**agreed, "memo": "b"}, {**agreed, "memo": "c", "shipmentOrigin": "York"}
    found = merge(agreed, ours, theirs, dict.fromkeys(agreed, "ours"))
    assert (set(found.push), set(found.pull)) == ({"memo"}, {"shipmentOrigin"})
    assert [(one.field, one.won) for one in found.conflicts] == [("memo", "ours")]


def test_a_figure_is_never_a_float() -> None:
    assert [conductor_fields.plain(one) for one in ("2.00", 2, Decimal("0E+3"), "", "n/a")] == [
        "2",
        "2",
        "0",
        "",
        "n/a",
    ]
    with pytest.raises(TypeError):
        conductor_fields.plain(0.1)
