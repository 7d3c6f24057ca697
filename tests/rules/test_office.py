"""Records of the office: what they hold, what an invoice comes to, and how both sides are compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pos.errors import Invalid
from pos.rules import office
from pos.rules.tax import TaxRule

RATES = {"V20": "20", "V5": "5", "Z": "0"}
EXCLUSIVE = TaxRule("per_line", "commercial", False, "GBP", Decimal("0.01"))
LINE = {"item": "A", "qty": "3", "price": "1.20", "tax": "V20"}


def test_an_invoice_is_worked_out_line_by_line() -> None:
    lines, totals = office.priced(office.cleaned_lines("invoice", [LINE, {**LINE, "tax": "Z"}]), RATES, EXCLUSIVE)
    assert totals == {"net": "7.20", "tax": "0.72", "total": "7.92"}
    assert [(one["net"], one["tax_amount"], one["gross"], one["rate"]) for one in lines] == [
        ("3.60", "0.72", "4.32", "20"), ("3.60", "0.00", "3.60", "0"),
    ]  # fmt: skip


def test_prices_with_tax_in_them_come_to_the_same_total() -> None:
    inclusive = TaxRule("per_line", "commercial", True, "GBP", Decimal("0.01"))
    lines, totals = office.priced(office.cleaned_lines("order", [LINE]), RATES, inclusive)
    assert totals == {"net": "3.00", "tax": "0.60", "total": "3.60"}
    again, same = office.priced([{k: v for k, v in lines[0].items() if k != "price"}], RATES, inclusive)
    assert same == totals, "what the books say of a line stays its net"
    assert again[0]["gross"] == "3.60"


@pytest.mark.parametrize(
    ("line", "field"),
    [({**LINE, "qty": "0"}, "qty"), ({**LINE, "qty": "1.2345"}, "qty"), ({**LINE, "price": "-1"}, "price"),
     ({**LINE, "price": 1.2}, "price"), ({"qty": "1", "price": "1"}, "price"), ({**LINE, "qty": "NaN"}, "qty")],
)  # fmt: skip
def test_a_line_that_says_nothing_is_refused(line: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        office.cleaned_lines("invoice", [line])
    assert refused.value.field == f"lines[0].{field}"


def test_an_unknown_tax_code_and_an_empty_invoice_are_refused() -> None:
    with pytest.raises(Invalid, match="no tax code V9"):
        office.priced(office.cleaned_lines("invoice", [{**LINE, "tax": "V9"}]), RATES, EXCLUSIVE)
    with pytest.raises(Invalid, match="nothing on it"):
        office.cleaned_lines("invoice", [])


def test_fields_are_what_the_kind_has() -> None:
    found = office.cleaned("customer", {"name": " Ana ", "line1": "1, High Street", "city": "London"}, {})
    assert (found["name"], found["line1"], found["city"], found["active"]) == ("Ana", "1, High Street", "London", True)
    kept = office.cleaned("customer", {"phone": "1"}, found)
    assert (kept["name"], kept["line1"], kept["phone"]) == ("Ana", "1, High Street", "1")
    for kind, given in (
        ("customer", {"nam": "x"}), ("customer", {"name": ""}), ("customer", {"active": 1}), ("item", {"price": 1.5}),
        ("invoice", {"date": "20.11.2026", "customer": "C"}), ("invoice", {"number": "x" * 22}),
        ("invoice", {"date": "2026-11-20", "customer": "C", "total": "1"}),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            office.cleaned(kind, given, {"name": "N"} if kind == "item" else {})


def test_both_sides_are_compared_by_what_they_say_not_how_it_is_written() -> None:
    ours = office.view("invoice", {"number": "1", "date": "2026-11-20"}, [{**LINE, "net": "3.60", "gross": "4.32"}])
    theirs = office.view("invoice", {"number": "1", "date": "2026-11-20"}, [
        {"item": "A", "qty": "3.000", "net": "3.6", "tax": "V20", "name": "other words"},
    ])  # fmt: skip
    assert ours == theirs
    assert office.view("item", {"price": "1.50"}, [])["price"] == office.view("item", {"price": "1.5"}, [])["price"]
    a, b = {"invoice": "I1", "amount": "1.00"}, {"invoice": "I2", "amount": "2"}
    assert office.view_of_lines("payment", [a, b]) == office.view_of_lines("payment", [b, a])


def test_what_is_open_of_a_total() -> None:
    assert office.open_amount("10.00", ["2.50", "2.50"], "GBP") == "5.00"
    assert office.open_amount("1.00", ["2.00"], "GBP") == "-1.00"
