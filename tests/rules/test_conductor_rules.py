"""Which way records go between here and QuickBooks Desktop, and whose change counts."""

from __future__ import annotations

from typing import Any

import pytest

from pos.errors import Invalid
from pos.rules import conductor, conductor_rules
from pos.rules.conductor_rules import DEFAULTS, clean, owners, read


def test_the_defaults_are_those_that_are_documented() -> None:
    assert {name: (one.direction, one.winner) for name, one in DEFAULTS.items()} == {
        "customers": ("both", "only_theirs"), "vendors": ("both", "latest"), "items": ("both", "latest"),
        "sales_orders": ("both", "ours"), "purchase_orders": ("both", "latest"),
        "inventory_adjustments": ("both", "theirs"), "invoices": ("from_quickbooks", "only_theirs"),
    }  # fmt: skip
    assert list(DEFAULTS) == list(conductor.TYPES)
    assert read({}) == DEFAULTS


def test_of_a_customer_contact_details_go_both_ways_and_the_rest_is_theirs() -> None:
    found = owners(DEFAULTS, "qbd_customer")
    assert (found["phone"], found["billingAddress"], found["name"], found["note"]) == ("theirs",) * 4
    assert (found["terms"], found["creditLimit"], found["isActive"]) == ("only_theirs",) * 3
    assert "balance" not in found
    assert "createdAt" not in found


def test_every_field_that_is_compared_has_an_owner() -> None:
    for one in conductor.TYPES.values():
        assert set(owners(DEFAULTS, one.kind)) == set(conductor_rules.names(one.kind))
        assert ("lines" in owners(DEFAULTS, one.kind)) == (one.lines or one.name == "items")


def test_a_direction_decides_for_every_field() -> None:
    rules = read({"vendors": {"direction": "to_quickbooks", "fields": {"phone": "ask"}}, "items": {"direction": "off"}})
    assert set(owners(rules, "qbd_vendor").values()) == {"only_ours"}
    assert set(owners(DEFAULTS, "qbd_invoice").values()) == {"only_theirs"}
    assert rules["items"].direction == "off"


def test_a_table_keeps_what_differs_alone() -> None:
    kept = clean({
        "items": {"direction": "both", "winner": "ask", "fields": {"salesPrice": "ours", "name": "ask"}},
        "vendors": {"direction": "both", "winner": "latest", "fields": {}},
        "invoices": {"direction": "from_quickbooks"},
    })  # fmt: skip
    assert kept == {"items": {"direction": "both", "winner": "ask", "fields": {"salesPrice": "ours"}}}
    assert owners(read(kept), "qbd_item")["salesPrice"] == "ours"
    assert owners(read(kept), "qbd_item")["salesDescription"] == "ask"
    assert read(kept)["vendors"] == DEFAULTS["vendors"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], "rules"),
        ({"employees": {}}, "employees"),
        ({"items": "both"}, "items"),
        ({"items": {"direction": "sideways"}}, "items.direction"),
        ({"items": {"winner": "nobody"}}, "items.winner"),
        ({"items": {"fields": {"salesPrice": "nobody"}}}, "items.salesPrice"),
        ({"items": {"fields": {"quantityOnHand": "ours"}}}, "items.quantityOnHand"),
        ({"customers": {"fields": {"balance": "ours"}}}, "customers.balance"),
        ({"customers": {"fields": {"planet": "ours"}}}, "customers.planet"),
        ({"invoices": {"direction": "both"}}, "invoices"),
        ({"invoices": {"direction": "off"}}, "invoices"),
        ({"invoices": {"winner": "ours"}}, "invoices"),
        ({"invoices": {"fields": {"memo": "ours"}}}, "invoices"),
        ({"items": {"colour": "red"}}, "items"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(given: Any, field: str) -> None:
    with pytest.raises(Invalid) as why:
        clean(given)
    assert why.value.field == field


def test_what_is_kept_and_makes_no_sense_any_more_counts_as_not_said() -> None:
    assert read({"items": {"fields": {"gone": "ours"}}, "planets": {}}) == DEFAULTS
