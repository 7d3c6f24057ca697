"""Counting the drawer: notes and coins, other tenders, and how far off they are."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import Invalid
from pos.rules import count
from pos.rules.count import Count, Difference, Expected, Piece
from pos.rules.tender import DENOMINATIONS
from tests.rules.tables import cases

KNOWN = {"Cash": "cash", "Card": "card", "Euro": "foreign"}


@cases(
    """
    currency  pieces                              total
    GBP       50.00:1, 20.00:13, 0.01:11          310.11
    GBP       2.00:8, 1.00:17, 0.50:19            42.50
    EUR       100.00:2, 0.05:1                    200.05
    USD       0.25:4, 100.00:1                    101.00
    JPY       1000:3, 500:1                       3500
    GBP       20.00:0                             0.00
    """
)
def test_notes_and_coins_add_up_exactly(row: dict[str, str]) -> None:
    raw = dict(part.split(":") for part in row["pieces"].split(", "))
    pieces = count.pieces_of(raw, row["currency"])
    assert count.major(count.total_of(pieces), row["currency"]) == D(row["total"])


def test_pieces_come_largest_first_and_none_of_a_kind_is_left_out() -> None:
    assert count.pieces_of({"0.01": 3, "50.00": "2", "5.00": 0}, "GBP") == (Piece(5000, 2), Piece(1, 3))


@pytest.mark.parametrize(
    "raw",
    [
        {"3.00": 1},
        {"20.00": -1},
        {"20.00": 1.5},
        {"20.00": "1.5"},
        {"20.00": "²"},
        {"20.00": True},
        {"20.00": 100_001},
        {"20": 1, "20.00": 1},
        {"-20.00": 1},
        {"x": 1},
        [],
        "20.00",
    ],
)
def test_a_count_of_what_does_not_exist_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid) as refused:
        count.pieces_of(raw, "GBP")
    assert str(refused.value.field).startswith("denominations")


@given(st.dictionaries(st.sampled_from([d.value for d in DENOMINATIONS["GBP"]]), st.integers(0, 500)))
def test_the_total_is_the_sum_whatever_is_counted(counted: dict[int, int]) -> None:
    raw = {f"{value / 100:.2f}": pieces for value, pieces in counted.items()}
    assert count.total_of(count.pieces_of(raw, "GBP")) == sum(v * n for v, n in counted.items())


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ({"cash": "546.05"}, Count(54605, (), ())),
        ({"denominations": {}}, Count(0, (), ())),
        ({"denominations": {"20.00": 2}}, Count(4000, (Piece(2000, 2),), ())),
        ({"cash": "40.00", "denominations": {"20.00": 2}}, Count(4000, (Piece(2000, 2),), ())),
        ({"cash": "1.00", "tenders": {"Card": "2.40", "Euro": ""}}, Count(100, (), (("Card", 240),))),
        ({"cash": "1.00", "tenders": {"Card": "-2.40"}}, Count(100, (), (("Card", -240),))),
    ],
)
def test_what_was_counted(raw: dict[str, Any], made: Count) -> None:
    assert count.count_of(raw, "GBP", KNOWN, D(50_000)) == made


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "denominations"),
        ({"tenders": {"Card": "1.00"}}, "denominations"),
        ({"cash": "-1.00"}, "cash"),
        ({"cash": "41.00", "denominations": {"20.00": 2}}, "cash"),
        ({"cash": "1.00", "tenders": {"Cash": "1.00"}}, "tenders.Cash"),
        ({"cash": "1.00", "tenders": {"Amex": "1.00"}}, "tenders.Amex"),
        ({"cash": "1.00", "tenders": {"Card": 2.4}}, "tenders.Card"),
        ({"cash": "1.00", "tenders": ["Card"]}, "tenders"),
    ],
)
def test_a_count_that_cannot_be_is_refused(raw: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        count.count_of(raw, "GBP", KNOWN, D(50_000))
    assert refused.value.field == field


def test_each_tender_that_was_taken_or_counted_has_a_row_cash_first() -> None:
    expected = (Expected("Cash", "cash", 55605), Expected("Card", "card", 231845))
    rows = count.compare(expected, Count(54605, (), (("Euro", 3441),)), KNOWN)
    assert rows == (
        Difference("Cash", "cash", 55605, 54605),
        Difference("Card", "card", 231845, None),
        Difference("Euro", "foreign", 0, 3441),
    )
    assert [(r.amount, r.state) for r in rows] == [(-1000, "short"), (0, "not_counted"), (3441, "over")]


def test_a_drawer_nobody_used_is_still_counted() -> None:
    assert count.compare((), Count(0, (), ()), KNOWN) == (Difference("Cash", "cash", 0, 0),)


@cases(
    """
    differences     limit   reason  manager
    0               5       no      no
    1               5       yes     no
    -500            5       yes     no
    -501            5       yes     yes
    501             5       yes     yes
    1000, -1000     5       yes     yes
    300, 300        5       yes     no
    1               0       yes     yes
    """
)
def test_a_difference_asks_for_a_reason_and_above_the_limit_for_a_manager(row: dict[str, str]) -> None:
    found = [Difference("x", "card", 0, int(amount)) for amount in row["differences"].split(", ")]
    assert count.differs(found) is (row["reason"] == "yes")
    assert count.above_limit(found, D(row["limit"]), "GBP") is (row["manager"] == "yes")


def test_the_count_sheet_has_the_shops_own_notes_and_coins() -> None:
    assert count.denominations("GBP", "en_GB")[:1] == [{"value": "50.00", "text": "£50", "words": "£50 notes"}]
    assert [row["text"] for row in count.denominations("GBP", "en_GB")] == [
        "£50", "£20", "£10", "£5", "£2", "£1", "50p", "20p", "10p", "5p", "2p", "1p",
    ]  # fmt: skip
    assert count.denominations("KWD", "ar_KW") == []
    german = [(row["text"].facts["amount"], row["words"].pattern) for row in count.denominations("GBP", "de_DE")]
    assert german[1] == ("20\xa0£", "notes of {amount}") and german[-1] == ("0,01\xa0£", "coins of {amount}")


def test_reasons_are_a_setting() -> None:
    assert count.reasons("Wrong change given | Wrong tender||") == ("Wrong change given", "Wrong tender")
