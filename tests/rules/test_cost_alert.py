"""Which items cost less at the till than in the books, by a table."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pos.rules import cost_alert
from pos.rules.cost_alert import Item, Low, There


@pytest.mark.parametrize(
    ("item", "there", "mapped", "currency", "low"),
    [
        (Item("COLA", "Cola", 59), [There("1", "Cola", "COLA", "0.6")], {}, "GBP", True),
        (Item("COLA", "Cola", 60), [There("1", "Cola", "COLA", "0.6")], {}, "GBP", False),
        (Item("COLA", "Cola", 60), [There("1", "Cola", "COLA", "0.605")], {}, "GBP", True),
        (Item("COLA", "Cola", 600), [There("1", "Cola", "COLA", "0.6")], {}, "KWD", False),
        (Item("COLA", "Cola", 59), [There("1", "Cola", "COLA", "60")], {}, "JPY", True),
        (Item("COLA", "Cola", 59), [There("1", "cola", "", "0.6")], {}, "GBP", True),  # by its name
        (Item("COLA", "Cola", 59), [There("1", "Pop", "P1", "0.6")], {"COLA": "1"}, "GBP", True),  # by the mapping
        (Item("COLA", "Cola", 59), [There("1", "Cola", "COLA", "0.6")], {"COLA": "2"}, "GBP", False),  # mapped away
        (Item("COLA", "Cola", 59), [There("1", "Cola", "", "0.6"), There("2", "Cola", "", "1")], {}, "GBP", False),
        (Item("COLA", "Cola", 59), [There("1", "Cola", "COLA", "")], {}, "GBP", False),  # not told there
        (Item("COLA", "Cola", 0), [There("1", "Cola", "COLA", "0.6")], {}, "GBP", False),  # not told here
        (Item("COLA", "Cola", 59), [], {}, "GBP", False),
    ],
)
def test_an_item_is_told_when_it_costs_less_here(
    item: Item, there: list[There], mapped: dict[str, str], currency: str, low: bool
) -> None:
    found = cost_alert.below([item], there, mapped, currency)
    assert [one.code for one in found] == (["COLA"] if low else [])


def test_both_costs_are_told_exactly_and_items_by_code() -> None:
    there = [There("1", "B", "B", "2.5"), There("2", "A", "A", "3")]
    found = cost_alert.below([Item("B", "Bee", 249), Item("A", "Ay", 100)], there, {}, "GBP")
    assert found == [
        Low("A", "Ay", Decimal("1.00"), Decimal(3)), Low("B", "Bee", Decimal("2.49"), Decimal("2.5")),
    ]  # fmt: skip
