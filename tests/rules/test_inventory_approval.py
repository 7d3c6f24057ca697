"""When a second person is needed, and who that may be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.rules.inventory import Draft, Line
from pos.rules.inventory_approval import Needed, Thresholds, are_one, becomes, needs_second

AT = Thresholds(25_000, Decimal(500))


def asked(*lines: Line, kind: str = "transfer") -> Draft:
    return Draft("id", "main", kind, "2026-11-20", lines)


def codes(draft: Draft, moved: dict[str, int] | None = None, costs: dict[str, Decimal] | None = None) -> set[str]:
    return set(needs_second(draft, moved or {}, costs or {}, AT).codes)


@pytest.mark.parametrize(
    ("draft", "moved", "costs", "why"),
    [
        (asked(Line("A", 24_999)), {}, {}, set()),
        (asked(Line("A", 25_000)), {}, {}, {"over_quantity"}),  # at the threshold, not above it
        (asked(Line("A", 24_000), Line("A", 1_000)), {}, {}, {"over_quantity"}),  # split into lines
        (asked(Line("A", 24_000), Line("B", 24_000)), {}, {}, {"over_quantity"}),  # the event as a whole
        (asked(Line("A", 1_000)), {"A": 24_000}, {}, {"over_item_day"}),  # split into events of a day
        (asked(Line("A", 1_000)), {"B": 24_000}, {}, set()),
        (asked(Line("A", -25_000), kind="adjustment"), {}, {}, {"over_quantity"}),  # taken away as well as added
        (asked(Line("A", 24_000), Line("A", -24_000), kind="adjustment"), {}, {}, {"over_quantity"}),
        (asked(Line("A", 1_000)), {}, {"A": Decimal(500)}, {"over_value"}),
        (asked(Line("A", 1_000)), {}, {"A": Decimal("499.99")}, set()),
        (asked(Line("A", 1_000), Line("B", 1_000)), {}, {"A": Decimal(250), "B": Decimal(250)}, {"over_value"}),
        (asked(Line("A", 1_000)), {"A": 4_000}, {"A": Decimal(100)}, {"over_value"}),
        (asked(Line("A", 1_000, cost="500"), kind="receipt"), {}, {"A": Decimal(2)}, {"over_value"}),  # what it cost
        (asked(Line("A", 1_000, cost="500"), kind="receipt"), {}, {}, {"over_value"}),
        (asked(Line("A", 1, cost="0.01"), kind="receipt"), {}, {"A": Decimal(400)}, {"lower_cost"}),  # 24 of them next
        (asked(Line("A", 1, cost="401"), kind="receipt"), {}, {"A": Decimal(400)}, set()),
        (asked(Line("A", 0, set_to=5_000), kind="adjustment"), {}, {}, {"set_mode"}),
        (asked(Line("A", 1), kind="count"), {}, {}, {"count"}),
        (asked(Line("A", 1, set_to=1), kind="count"), {}, {}, {"count"}),
    ],
)
def test_why_a_second_person_is_needed(
    draft: Draft, moved: dict[str, int], costs: dict[str, Decimal], why: set[str]
) -> None:
    assert codes(draft, moved, costs) == why


def test_an_item_without_a_cost_is_named_and_counts_by_its_quantity() -> None:
    draft = asked(Line("A", 1_000), Line("B", 2_000))
    assert needs_second(draft, {}, {"A": Decimal(1)}, AT) == Needed((), ("B",))
    assert needs_second(draft, {"B": 23_000}, {"A": Decimal(1)}, AT) == Needed(("over_item_day",), ("B",))


def test_nothing_is_looked_at_by_value_where_the_shop_does_not() -> None:
    dear = {"A": Decimal(10_000)}
    assert needs_second(asked(Line("A", 1_000)), {}, dear, Thresholds(25_000, Decimal(0))).codes == ()


@given(st.lists(st.integers(1, 24_999), min_size=1, max_size=12), st.integers(1, 4))
def test_however_it_is_split_a_day_alone_stays_below_the_threshold(pieces: list[int], lines: int) -> None:
    """Whoever cuts a move into lines and events gets no further alone than in one piece."""
    alone = 0
    for at in range(0, len(pieces), lines):
        event = asked(*(Line("A", qty) for qty in pieces[at : at + lines]))
        if not needs_second(event, {"A": alone}, {}, AT).codes:
            alone += sum(line.qty for line in event.lines)
    assert alone < 25_000


def test_who_set_one_token_of_the_environment_set_the_other() -> None:
    assert are_one("ada", "ada")
    assert are_one("env-write", "env-admin") and are_one("env-admin", "env-write")
    assert not are_one("ada", "env-admin") and not are_one("ada", "ben")


def test_a_level_keeps_what_was_sold_since_it_was_asked_for() -> None:
    assert becomes(12_000, 10_000, 10_000) == 12_000
    assert becomes(12_000, 10_000, 8_000) == 10_000
