"""Types of records of QuickBooks Desktop, in the order they are worked on."""

from __future__ import annotations

import pytest

from pos.rules import conductor
from pos.store import records


def test_what_others_name_comes_first() -> None:
    assert list(conductor.TYPES) == [
        "customers", "vendors", "items", "sales_orders", "purchase_orders", "inventory_adjustments", "invoices"
    ]  # fmt: skip
    assert all(one.kind in records.KINDS for one in conductor.TYPES.values())


def test_a_type_is_found_by_its_kind_and_by_each_resource() -> None:
    for name, one in conductor.TYPES.items():
        assert conductor.type_of_kind(one.kind) is one
        assert all(conductor.type_of_resource(resource) is one for resource in one.resources)
        assert one.name == name
    with pytest.raises(KeyError):
        conductor.type_of_kind("customer")


def test_lists_are_never_deleted_there_and_adjustments_come_unpaged() -> None:
    assert [one.name for one in conductor.TYPES.values() if not one.deletes] == ["customers", "vendors", "items"]
    assert [one.name for one in conductor.TYPES.values() if not one.paged] == ["inventory_adjustments"]


@pytest.mark.parametrize(("name", "told"), [("salesTaxCode", "sales_tax_code"), ("class", "class"), ("terms", "terms")])
def test_a_list_is_called_as_the_field_that_names_it(name: str, told: str) -> None:
    assert conductor.snake(name) == told
