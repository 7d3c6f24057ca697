"""Line amounts, discounts and their ceilings, the unit price paid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import Invalid
from pos.rules.money import major, round_minor
from pos.rules.price import Discount, line_amount, percent_off, rate_paid, share_sale_discount, take_off, within
from tests.rules.shop import D, discount, pence
from tests.rules.tables import cases


@cases("""
price    qty      amount
2.10     0.355    0.75
2.10     -0.355   -0.75
0.99     3        2.97
4.50     0.005    0.02
4.50     0.001    0.00
1.25     0.1      0.12
""")
def test_a_line_costs_price_times_quantity_rounded_once(row):
    assert line_amount(pence(row["price"]), D(row["qty"]), "GBP", "bankers") == pence(row["amount"])


@cases("""
costs    qty    discount    off
2.40     2      10%         0.24
2.40     2      0.50 off    0.50
2.40     2      at 1.00     0.40
2.40     2      at 0        2.40
2.40     2      100%        2.40
2.40     2      2.40 off    2.40
2.40     2      0%          0.00
-2.40    -2     10%         -0.24
-2.40    -2     at 1.00     -0.40
0.05     1      10%         0.00
0.15     1      10%         0.02
0.00     1      50%         0.00
""")
def test_a_discount_is_worked_out_once(row):
    given_ = take_off(
        discount(row["discount"]), pence(row["costs"]), D(row["qty"]), "GBP", "bankers", field="d", percent_max=D(100)
    )
    assert given_.amount == pence(row["off"])
    assert given_.reason == "damaged"


@cases("""
discount     ceiling    code
2.41 off     100        discount_too_large
101%         100        discount_too_large
at 1.21      100        discount_too_large
20%          10         discount_too_high
0.25 off     10         discount_too_high
at 1.00      10         discount_too_high
0.005 off    100        invalid
-1%          100        invalid
""")
def test_a_discount_that_cannot_be_given_is_refused(row):
    with pytest.raises(Invalid) as refused:
        take_off(
            discount(row["discount"]),
            pence("2.40"),
            D(2),
            "GBP",
            "bankers",
            field="lines.a1.discount",
            percent_max=D(row["ceiling"]),
        )
    assert refused.value.code == row["code"]
    assert refused.value.field == "lines.a1.discount.value"


def test_a_discount_needs_a_known_kind_and_a_reason():
    with pytest.raises(Invalid) as refused:
        take_off(Discount("half", D(1), "x"), 100, D(1), "GBP", "bankers", field="d", percent_max=D(100))
    assert refused.value.field == "d.kind"
    with pytest.raises(Invalid) as refused:
        take_off(Discount("percent", D(1), "  "), 100, D(1), "GBP", "bankers", field="d", percent_max=D(100))
    assert refused.value.field == "d.reason"


@cases("""
amount    qty      rate
10.00     3        3.3333
2.16      2        1.08
0.75      0.355    2.11
-2.16     -2       1.08
0.00      3        0.00
""")
def test_the_unit_price_paid_reproduces_the_amount(row):
    assert rate_paid(pence(row["amount"]), D(row["qty"]), "GBP", "bankers") == D(row["rate"])


@given(st.integers(0, 10**6), st.integers(1, 50_000).map(lambda n: D(n).scaleb(-3)))
def test_the_unit_price_times_quantity_is_the_amount(amount, qty):
    rate = rate_paid(amount, qty, "GBP", "bankers")
    assert round_minor(rate * qty, "GBP", "bankers") == amount
    assert major(amount, "GBP") >= 0


@given(st.data(), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_no_line_gets_more_of_a_sale_discount_than_it_costs(data, amounts):
    off = data.draw(st.integers(0, sum(amounts)))
    shares = share_sale_discount(off, amounts)
    assert sum(shares) == off
    assert all(0 <= share <= amount for share, amount in zip(shares, amounts, strict=True))


@cases("""
off     cost    percent
20      100     20
33      99      33
24      120     20
1       3       33
1       1000    0.1
100     100     100
0       100     0
5       0       0
336     1000    33.6
""")
def test_the_percentage_of_a_discount_is_the_roundest_that_covers_it(row):
    off, cost = int(row["off"]), int(row["cost"])
    found = percent_off(off, cost, "GBP", "bankers")
    assert found == D(row["percent"])


@given(st.integers(1, 10**6), st.data())
def test_what_is_approved_covers_what_was_asked_for(cost, data):
    off = data.draw(st.integers(0, cost))
    assert within(off, cost, percent_off(off, cost, "GBP", "bankers"), "GBP", "bankers")
