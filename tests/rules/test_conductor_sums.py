"""What an order's lines come to before QuickBooks said so."""

from __future__ import annotations

from pos.rules.conductor_sums import sums


def test_each_line_is_rounded_by_itself_and_the_sum_is_theirs() -> None:
    found = sums(
        [
            {"quantity": "3", "rate": "0.335"},  # 1.005
            {"quantity": "0.5", "rate": "9.99"},  # 4.995
            {"amount": "12.00", "rate": "1", "quantity": "2"},  # an amount that is said counts
            {"rate": "2.10"},
            {"ratePercent": "-10"},  # of the line above
            {"description": "a line of words"},
        ],
        "USD",
    )
    assert found.amounts == ("1.01", "5.00", "12.00", "2.10", "-0.21", "")
    assert found.total == "19.90"


def test_currencies_have_their_own_decimals_and_what_is_no_number_says_nothing() -> None:
    assert sums([{"quantity": "3", "rate": "33.5"}], "JPY").total == "101"
    odd = [{"quantity": "x", "rate": "2"}, {"rate": "1e999"}, {"amount": "NaN"}, {"quantity": "", "rate": "2"}]
    assert sums(odd, "USD").amounts == ("", "", "", "2.00")
    assert sums([], "USD").total == "0.00"
