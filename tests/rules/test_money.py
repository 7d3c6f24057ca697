"""Rounding by name, cash steps, sharing out a remainder."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.rules.money import Money, exact, major, minor, round_minor, round_places, round_to_step, share_out
from tests.rules.tables import cases


# The halves are what frappe's three methods answer; 0.125, 0.225 and 0.345 were seen on a live server (bankers).
@cases("""
amount    currency    bankers    commercial    legacy
0.124     GBP         12         12            12
0.125     GBP         12         13            13
0.135     GBP         14         14            14
0.225     GBP         22         23            23
0.345     GBP         34         35            35
2.675     GBP         268        268           268
-0.124    GBP         -12        -12           -12
-0.125    GBP         -12        -13           -12
-0.135    GBP         -14        -14           -13
0.5       JPY         0          1             0
1.5       JPY         2          2             2
0.0005    KWD         0          1             1
0.0015    KWD         2          2             2
""")
def test_halves_are_rounded_as_the_books_round_them(row):
    for column, method in (("bankers", "bankers"), ("commercial", "commercial"), ("legacy", "bankers_legacy")):
        assert round_minor(Decimal(row["amount"]), row["currency"], method) == int(row[column]), method


def test_an_unknown_rounding_method_is_refused():
    with pytest.raises(ValueError, match="no rounding method 'half'"):
        round_minor(Decimal(1), "GBP", "half")


@pytest.mark.parametrize("value", [1.0, 0.1, True])
def test_a_float_is_refused(value):
    with pytest.raises(TypeError):
        exact(value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="not a number"):
        exact(value)


def test_money_keeps_every_digit_and_never_mixes_currencies():
    assert Money.parse("12.34", "GBP") == Money(1234, "GBP")
    assert str(Money(-5, "GBP")) == "-0.05 GBP"
    assert Money(1, "JPY").amount == Decimal(1)
    assert Money(1500, "KWD").amount == Decimal("1.500")
    with pytest.raises(ValueError, match="more decimals"):
        Money.parse("0.005", "GBP")
    with pytest.raises(TypeError, match="cannot mix"):
        Money(1, "GBP") + Money(1, "EUR")
    with pytest.raises(TypeError, match="whole minor units"):
        Money(1.5, "GBP")


def test_minor_and_major_are_inverse():
    assert minor("0.07", "GBP") == 7
    assert major(7, "GBP") == Decimal("0.07")
    assert str(major(700, "GBP")) == "7.00"


def test_places_are_rounded_for_what_is_not_money():
    assert round_places(Decimal(10) / 3, 4) == Decimal("3.3333")


@cases("""
amount    step    cash
1002      5       1000
1003      5       1005
1007      5       1005
1008      5       1010
5         10      10
4         10      0
149       100     100
150       100     200
-1002     5       -1000
-1003     5       -1005
-750      100     -800
750       100     800
7         1       7
""")
def test_cash_is_rounded_to_the_step_and_a_refund_mirrors_its_sale(row):
    assert round_to_step(int(row["amount"]), int(row["step"])) == int(row["cash"])


@cases("""
total    weights      parts
10       1 1 1        4 3 3
100      1 1 1        34 33 33
-100     1 1 1        -34 -33 -33
1        0 5 5        0 1 0
7        0 0          7 0
5        1 2 0        2 3 0
""")
def test_a_remainder_is_shared_by_size_then_by_place(row):
    weights = [int(w) for w in row["weights"].split()]
    assert share_out(int(row["total"]), weights) == [int(p) for p in row["parts"].split()]


def test_sharing_over_nothing_is_refused():
    assert share_out(0, []) == []
    with pytest.raises(ValueError, match="nothing to share"):
        share_out(1, [])
    with pytest.raises(ValueError, match="mixed sign"):
        share_out(1, [1, -1])


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(0, 10**6) | st.decimals(0, 10**4, places=6), min_size=1, max_size=40),
)
def test_sharing_never_loses_a_minor_unit(total, weights):
    parts = share_out(total, weights)
    assert sum(parts) == total
    whole = sum(Decimal(w) for w in weights)
    for part, weight in zip(parts, weights, strict=True):
        if whole:
            assert abs(part - total * Decimal(weight) / whole) <= 1
            assert weight or not part


@given(st.integers(-(10**9), 10**9), st.sampled_from([1, 5, 10, 100]))
def test_cash_rounding_is_symmetric_and_never_more_than_half_a_step(amount, step):
    assert round_to_step(-amount, step) == -round_to_step(amount, step)
    assert round_to_step(amount, step) % step == 0
    assert 2 * abs(round_to_step(amount, step) - amount) <= step
