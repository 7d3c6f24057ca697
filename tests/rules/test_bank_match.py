"""Takings by card and lines of a bank, by tables and properties: each used once, nearest first, gaps on both sides."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import Invalid
from pos.rules import bank_match, csv_records
from pos.rules.bank_match import Rule, Side
from pos.rules.epos_csv import Form

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULE = Rule(Decimal("0.5"), 10000, 100, 180, "GBP")
EXACT = Rule(Decimal(0), 0, 0, 180, "GBP")


def side(key: str, minutes: int, amount: int, days: int = 0) -> Side:
    at = NOON + timedelta(minutes=minutes)
    return Side(key, at, at + timedelta(days=days), amount)


def pairs(found: bank_match.Matched) -> list[tuple[str, str]]:
    return [(one.taking, one.line) for one in found.matches]


@pytest.mark.parametrize(
    ("amount", "rule", "fee"),
    [
        (10000, RULE, 50),
        (10050, RULE, 50),  # 50.25 pence
        (10100, RULE, 51),  # a half goes up
        (5_000_000, RULE, 10000),  # capped at 100.00
        (5_000_000, Rule(Decimal("0.5"), 0, 0, 180, "GBP"), 25000),
        (-10000, RULE, 0),
        (1000, Rule(Decimal("0.5"), 100, 0, 180, "JPY"), 5),
        (1_000_000, Rule(Decimal("0.5"), 100_000, 0, 180, "KWD"), 5000),
    ],
)
def test_the_fee_is_a_percentage_with_a_cap_in_the_currency(amount: int, rule: Rule, fee: int) -> None:
    assert bank_match.fee_of(amount, rule) == fee


@pytest.mark.parametrize(
    ("taking", "line", "matches"),
    [
        (side("t", 0, 10000), side("l", 180, 9950), True),
        (side("t", 0, 10000), side("l", 181, 9950), False),
        (side("t", 0, 10000), side("l", -180, 9950), True),
        (side("t", 0, 10000), side("l", 0, 9850), True),
        (side("t", 0, 10000), side("l", 0, 9849), False),
        (side("t", 0, -10000), side("l", 0, -10000), True),  # money given back, without a fee
        (side("t", 0, 10000), side("l", 0, -9950), False),
        (side("t", 0, 50), side("l", 0, -40), False),  # within the tolerance, and the other way
        (side("t", 600, 10000), side("l", -720, 9950, days=1), True),  # a line of the day, without a time
        (side("t", 1000, 10000), side("l", -720, 9950, days=1), False),
    ],
)
def test_a_line_is_the_taking_less_the_fee_within_tolerance_and_window(taking: Side, line: Side, matches: bool) -> None:
    found = bank_match.match([taking], [line], RULE)
    assert bool(found.matches) is matches
    assert (found.takings, found.lines) == (() if matches else (taking,), () if matches else (line,))


def test_the_nearest_is_taken_first_and_what_is_left_is_a_gap_on_each_side() -> None:
    takings = [side("a", 0, 1000), side("b", 10, 1000), side("c", 20, 2000)]
    lines = [side("x", 9, 1000), side("y", 200, 1000), side("z", 20, 3000)]
    found = bank_match.match(takings, lines, EXACT)
    assert pairs(found) == [("b", "x")]
    assert [one.id for one in found.takings] == ["a", "c"]
    assert [one.id for one in found.lines] == ["z", "y"], "a's line came 200 minutes later"
    (only,) = found.matches
    assert (only.fee, only.off, only.seconds) == (0, 0, 60)


sides = st.lists(st.tuples(st.integers(-400, 400), st.sampled_from([-500, 500, 501, 1000])), max_size=12)


@given(sides, sides, st.integers(0, 2), st.integers(0, 200), st.randoms(use_true_random=False))
def test_each_is_used_once_whatever_the_order_and_nothing_that_fits_is_left(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]], tolerance: int, minutes: int, order: random.Random
) -> None:
    takings = [side(f"t{n}", *one) for n, one in enumerate(ours)]
    lines = [side(f"l{n}", *one) for n, one in enumerate(theirs)]
    rule = Rule(Decimal(0), 0, tolerance, minutes, "GBP")
    found = bank_match.match(takings, lines, rule)
    for at in (0, 1):
        used = [pair[at] for pair in pairs(found)]
        assert len(used) == len(set(used))
    assert {one.id for one in found.takings} | {one.taking for one in found.matches} == {one.id for one in takings}
    assert {one.id for one in found.lines} | {one.line for one in found.matches} == {one.id for one in lines}
    assert not any(bank_match.match([one], found.lines, rule).matches for one in found.takings)
    for one in found.matches:
        assert abs(one.off) <= tolerance and one.seconds <= minutes * 60
    order.shuffle(takings)
    order.shuffle(lines)
    assert bank_match.match(takings, lines, rule) == found


def read(text: str, **form: str) -> bank_match.Read:
    names = {"at": "date", "amount": "Paid in", "text": "Details"}
    lines = text.splitlines(keepends=True)
    asked = Form(currency=form.get("currency", "GBP"), zone="Europe/London", order=form.get("order", "dmy"),
                 decimal=form.get("decimal", "."))  # fmt: skip
    records = csv_records.records(lines, bank_match.delimiter_of(lines[0] if lines else ""))
    return bank_match.read(records, names, asked)


def test_a_file_of_a_bank_is_read_line_by_line_and_what_cannot_be_is_listed() -> None:
    found = read(
        'Date;Details;Paid in;Balance\n20/11/2026 14:05;CARD 1;"1,234.50";9\n20/11/2026;CARD 2;-5.00;9\n'
        "20/11/2026 14:05;CARD 1;1234.50;8\n31/02/2026;X;1.00;9\n20/11/2026;X;one pound;9\n20/11/2026;X;1.005;9\n"
        "20/11/2026;nothing;0.00;9\n;;;\n20/11/2026;short\n"
    )
    assert [(one.line, one.at, one.day, one.amount, one.text) for one in found.lines] == [
        (2, "2026-11-20T14:05:00", "2026-11-20", 123450, "CARD 1"),
        (3, "2026-11-20", "2026-11-20", -500, "CARD 2"),
        (4, "2026-11-20T14:05:00", "2026-11-20", 123450, "CARD 1"),
    ]
    first, again = found.lines[0].key, found.lines[2].key
    assert (first.partition(":")[0], first[-2:], again[-2:]) == (again.partition(":")[0], ":0", ":1")
    assert [one.line for one in found.rejects] == [5, 6, 7, 8, 10]
    assert all(one.reason and one.text for one in found.rejects)
    assert read('Date,Paid in,Details\n20.11.2026,"1.234,5",A\n', decimal=",").lines[0].amount == 123450


@pytest.mark.parametrize("text", ["", "Date,Amount,Details\n20/11/2026,1,A\n"])
def test_a_file_without_its_columns_is_refused_in_words(text: str) -> None:
    with pytest.raises(Invalid):
        read(text)


@pytest.mark.parametrize(
    ("wall", "start", "end"),
    [
        ("2026-11-20T14:05:00", "2026-11-20T14:05:00+00:00", "2026-11-20T14:05:00+00:00"),
        ("2026-03-29", "2026-03-29T00:00:00+00:00", "2026-03-29T22:59:59+00:00"),  # 23 hours
        ("2026-10-25", "2026-10-24T23:00:00+00:00", "2026-10-25T23:59:59+00:00"),  # 25 hours
    ],
)
def test_a_day_alone_lasts_as_long_as_it_does(wall: str, start: str, end: str) -> None:
    found = bank_match.span(wall, "Europe/London")
    assert tuple(one.astimezone(UTC).isoformat() for one in found) == (start, end)


def test_lines_alike_are_matched_once_each_and_not_reckoned_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank that tells days alone and a shop whose sales all come to the same: each of a thousand could be any."""
    lines = [side(f"l{at:04}", -720, 500, days=1) for at in range(1000)]
    takings = [side(f"t{at:04}", at % 600, 500) for at in range(900)]
    monkeypatch.setattr(bank_match, "PAIRS_MAX", 900)
    found = bank_match.match(takings, lines, EXACT)
    assert len(found.matches) == len({one.line for one in found.matches}) == 900
    assert (len(found.takings), [one.id for one in found.lines][:2]) == (0, ["l0900", "l0901"])
    with pytest.raises(Invalid, match="Too many lines"):
        bank_match.match([*takings, side("one more", 0, 500)], lines, EXACT)
