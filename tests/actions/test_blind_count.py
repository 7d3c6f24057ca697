"""The count is stored before anybody learns what was expected; a second look stays visible."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pos import clock
from pos.actions import reports, shift
from pos.errors import Conflict
from tests.actions.drawer import CASHIER, MANAGER, finish, mug, start, tally


def test_nothing_a_cashier_sees_before_the_count_says_what_is_expected(till):
    start(till, "100.00")
    mug(till, given="5.00")
    state = reports.state(till, CASHIER)
    assert state["takings"] is None
    assert "expected" not in str(state)


def test_a_count_is_stored_before_it_is_answered_and_a_second_one_stays_visible(till):
    start(till)
    mug(till)
    first = tally(till, "91.20", CASHIER)
    assert [(r.name, r.expected, r.counted, r.state) for r in first.rows] == [("Cash", 10120, 9120, "short")]
    second = tally(till, "101.20", CASHIER)
    z = shift.close(till, {"id": clock.uuid7(), "count": second.count.id, "reason": ""}, MANAGER).doc["z"]
    assert [(c["by"], c["counted"], c["variance"]) for c in z["counts"]] == [
        ("Cat", Decimal("91.20"), Decimal("-10.00")),
        ("Cat", Decimal("101.20"), Decimal("0.00")),
    ]


def test_the_same_count_twice_is_one_and_another_content_is_refused(till):
    start(till)
    asked = {"id": clock.uuid7(), "cash": "100.00"}
    first = shift.count_check(till, asked, MANAGER)
    mug(till)
    again = shift.count_check(till, asked, MANAGER)
    assert again.rows == first.rows, "the first answer, although something was sold meanwhile"
    with pytest.raises(Conflict):
        shift.count_check(till, {**asked, "cash": "101.20"}, MANAGER)
    assert till.store.execute("SELECT count(*) FROM count_check").fetchone()[0] == 1


def test_cards_are_compared_where_they_are_counted_and_left_alone_where_they_are_not(till):
    start(till)
    mug(till, pay="Card")
    left = tally(till, "100.00").rows
    assert [(r.name, r.expected, r.counted, r.amount, r.state) for r in left] == [
        ("Cash", 10000, 10000, 0, "equal"),
        ("Card", 120, None, 0, "not_counted"),
    ]
    counted = tally(till, "100.00", Card="2.40").rows
    assert [(r.name, r.amount, r.state) for r in counted] == [("Cash", 0, "equal"), ("Card", 120, "over")]


def test_a_count_by_piece_is_kept_piece_by_piece(till):
    start(till)
    raw = {"id": clock.uuid7(), "denominations": {"50.00": 1, "20.00": 2, "0.10": 100}}
    found = shift.count_check(till, raw, MANAGER)
    z = shift.close(till, {"id": clock.uuid7(), "count": found.count.id}, MANAGER).doc["z"]
    assert z["count"]["pieces"] == [
        {"value": Decimal("50.00"), "pieces": 1, "amount": Decimal("50.00")},
        {"value": Decimal("20.00"), "pieces": 2, "amount": Decimal("40.00")},
        {"value": Decimal("0.10"), "pieces": 100, "amount": Decimal("10.00")},
    ]
    assert z["count"]["rows"][0]["counted"] == Decimal("100.00")


def test_a_direct_total_counts_as_what_it_says(till):
    """One peer prints a counted total of 0 when it was typed as one sum."""
    start(till)
    z = finish(till, "100.00").doc["z"]
    assert z["count"]["rows"][0]["counted"] == Decimal("100.00")
    assert z["count"]["pieces"] == []
