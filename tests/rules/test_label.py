"""A label with a price becomes a weight, and what is paid stays what it says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.rules import label
from pos.rules.cart import Goods, LineInput, price_cart
from pos.rules.money import ROUNDING
from pos.rules.price import line_amount
from pos.rules.tax import TaxRule, posting_rows

D = Decimal


@pytest.mark.parametrize(
    ("amount", "unit", "qty", "price"),
    [
        (432, 1800, "0.240", "18.00"),
        (433, 1800, "0.241", "17.97"),
        (1, 1800, "0.001", "10.00"),
        (99999, 1, "99999", "0.01"),
        (1800, 1800, "1", "18.00"),
    ],
)
def test_amount_by_unit_price_is_the_weight(amount: int, unit: int, qty: str, price: str) -> None:
    assert label.weighed(amount, unit, "GBP", "bankers") == (D(qty), D(price))


@given(
    amount=st.integers(1, 99999),
    unit=st.integers(1, 500_000),
    method=st.sampled_from(sorted(ROUNDING)),
    currency=st.sampled_from(["GBP", "JPY", "KWD"]),
    sign=st.sampled_from([1, -1]),
)
def test_what_the_label_says_is_paid_posted_and_found_again(amount, unit, method, currency, sign) -> None:
    rule = TaxRule("erpnext", method, True, currency, D(1).scaleb(-{"GBP": 2, "JPY": 0, "KWD": 3}[currency]))
    price = D(amount).scaleb(-{"GBP": 2, "JPY": 0, "KWD": 3}[currency])
    thing = Goods("WAX", "Wax", uom="Kg", price=price * unit / amount, tax_rate=D(20), weighed=True)
    asked = LineInput("a", "WAX", D(sign), price, "barcode", "2010001004325")
    x = price_cart([asked], {"WAX": thing}, rule).lines[0]
    assert x.amount == x.base == sign * amount
    assert x.qty * sign == label.weighed(amount, unit, currency, method)[0]
    assert label.amount_of(x.price, x.qty, currency, method) == price
    rows = posting_rows(x.qty, price * sign, currency, method, x.rate)
    assert (sum(r.qty for r in rows), sum(r.amount for r in rows)) == (x.qty, price * sign)
    assert line_amount(amount, D(1), currency, method) == amount


@pytest.mark.parametrize("thing", [{"weighed": False, "price": D(18)}, {"weighed": True, "price": None}])
def test_without_a_unit_price_or_a_weight_it_is_one_piece(thing: dict) -> None:
    goods = Goods("WAX", "Wax", tax_rate=D(20), **thing)
    x = price_cart([LineInput("a", "WAX", D(1), D("4.32"), "barcode")], {"WAX": goods}, TaxRule()).lines[0]
    assert (x.qty, x.price, x.amount) == (1, D("4.32"), 432)
