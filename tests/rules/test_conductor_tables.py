"""Fields of records of QuickBooks Desktop, held against Conductor's own description of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pos.rules import conductor, conductor_tables
from pos.rules.conductor_tables import AND, FIELDS, ITEM_FIELDS, LINES, OR, Field
from tests.rules.conductor_made import Description

_RESOURCES = [(one.kind, resource) for one in conductor.TYPES.values() for resource in one.resources]
_CASES = pytest.mark.parametrize(("kind", "resource"), _RESOURCES, ids=[one for _, one in _RESOURCES])
#: What is no field of a record: kept in its link, or, for the number of a card, nowhere.
_NO_FIELDS = {"id", "objectType", "revisionNumber", "creditCard", "lines", OR, AND}
#: What only a request holds: opening figures, and what a change of an account does to documents of before.
_ONLY_SAID = {
    "revisionNumber", "externalId", "openingBalance", "openingBalanceDate", "creditCard", "quantityOnHand",
    "totalValue", "inventoryDate", "alternateShippingAddresses", "customContactFields", "additionalContacts",
    "additionalNotes", "defaultExpenseAccountIds", "forceUnitOfMeasureChange", "clearItemLines", "lines", "lineGroups",
    "updateExistingTransactionsIncomeAccount", "updateExistingTransactionsCogsAccount",
    "updateExistingTransactionsAccount", "updateExistingTransactionsExpenseAccount", OR, AND,
}  # fmt: skip
_ONLY_SAID_OF_LINES = {
    "id", "priceLevelId", "priceRuleConflictStrategy", "customFields", "adjustQuantity", "adjustValue",
    "adjustSerialNumber", "adjustLotNumber", "adjustCount", "overrideItemAccountId",
}  # fmt: skip


@pytest.fixture(scope="module")
def described(shared: Path) -> Description:
    return Description(shared)


def _fields(kind: str, resource: str) -> dict[str, Field]:
    known = dict(conductor_tables.of(kind, {"type": resource}))
    known.pop("type", None)
    return known


def _object(described: Description, schema: Mapping[str, Any]) -> dict[str, Any]:
    schema = described.named(schema)
    for one in schema.get("anyOf", ()) or schema.get("oneOf", ()):
        if one.get("type") != "null":
            schema = described.named(one)
    found: dict[str, Any] = described.named(schema)["properties"]
    return found


@pytest.mark.shared
@_CASES
def test_every_field_of_theirs_has_its_place(kind: str, resource: str, described: Description) -> None:
    theirs = described.object(resource)["properties"]
    names = set(theirs) - _NO_FIELDS
    for within in (OR, AND):
        if within in theirs:
            names |= set(_object(described, theirs[within]))
    assert names == set(_fields(kind, resource))
    if kind in LINES and "lines" in theirs:
        line = set(_object(described, theirs["lines"]["items"])) - {"id", "objectType"}
        assert {"item" if name == "inventoryItem" else name for name in line} == set(LINES[kind])


@pytest.mark.shared
@_CASES
def test_every_field_goes_there_where_it_may_and_as_long_as_it_may(
    kind: str, resource: str, described: Description
) -> None:
    if kind == "qbd_invoice":
        return
    said = {write: dict(described.body(resource, write)["properties"]) for write in ("create", "update")}
    known = {one.sent or name: one for name, one in _fields(kind, resource).items() if not one.within}
    for within in (OR, AND):
        inner = {one.sent or n: one for n, one in _fields(kind, resource).items() if one.within == within}
        if inner:
            _held_against(inner, {w: _object(described, said[w][within]) for w in said}, _ONLY_SAID)
    _held_against(known, said, _ONLY_SAID)
    needed = set(described.body(resource, "create")["required"])
    assert needed <= {name for name, one in known.items() if one.needed}
    if "lines" in said["create"] and kind != "qbd_adjustment":
        lines = {w: _object(described, said[w]["lines"]["items"]) for w in said}
        _held_against({one.sent or n: one for n, one in LINES[kind].items()}, lines, _ONLY_SAID_OF_LINES)


def _held_against(known: Mapping[str, Field], said: Mapping[str, Mapping[str, Any]], apart: set[str]) -> None:
    for write, properties in said.items():
        mine = {name for name, one in known.items() if one.on in ("both", write)}
        assert mine == set(properties) - apart, write
        for name in mine:
            _told_alike(name, known[name], properties[name])


def _told_alike(name: str, one: Field, schema: Mapping[str, Any]) -> None:
    if one.sort == "address":
        for part, most in conductor_tables.ADDRESS.items():
            assert schema["properties"][part].get("maxLength", most) == most, (name, part)
    elif one.sort == "choice":
        assert sorted(schema["enum"]) == sorted(one.choices), name
    elif name != "barcode":
        kinds = {"flag": "boolean", "number": "number"}
        assert schema["type"] == kinds.get(one.sort, "string"), name
        assert one.sort == "party" or "maxLength" not in schema or schema["maxLength"] == one.chars, name
        assert (schema.get("format") == "date") == (one.sort == "day"), name


def test_what_only_quickbooks_says_is_never_written_nor_merged() -> None:
    for kind, name in (
        ("qbd_customer", "balance"), ("qbd_customer", "totalBalance"), ("qbd_item", "quantityOnHand"),
        ("qbd_sales_order", "totalAmount"), ("qbd_sales_order", "isFullyInvoiced"), ("qbd_vendor", "createdAt"),
        ("qbd_purchase_order", "isFullyReceived"), ("qbd_sales_order", "lineGroups"),
    ):  # fmt: skip
        one = FIELDS[kind][name]
        assert (one.on, one.merged) == ("never", False), name


def test_items_stand_on_a_common_base() -> None:
    assert list(ITEM_FIELDS) == list(conductor.ITEMS)
    common = set.intersection(*(set(one) for one in ITEM_FIELDS.values()))
    assert {"name", "fullName", "isActive", "barcode", "class", "parent", "salesTaxCode", "customFields"} <= common
    assert set(FIELDS["qbd_item"]) == {"type"}.union(*ITEM_FIELDS.values())
    assert "reorderPoint" not in conductor_tables.of("qbd_item", {"type": "service_items"})


def test_contact_details_are_how_people_are_reached() -> None:
    contact = {name for name, one in FIELDS["qbd_customer"].items() if one.contact}
    assert contact == {
        "name", "companyName", "salutation", "firstName", "middleName", "lastName", "jobTitle", "billingAddress",
        "shippingAddress", "phone", "alternatePhone", "fax", "email", "ccEmail", "contact", "alternateContact", "note",
    }  # fmt: skip


def test_which_details_an_item_has() -> None:
    assert conductor_tables.details_of({"price": "1"}) == OR
    assert conductor_tables.details_of({"purchaseCost": "1"}) == AND
