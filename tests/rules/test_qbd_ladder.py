"""When a message to QuickBooks Desktop goes again, and how far a session is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pos.rules import qbd_ladder

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_ladder_is_60_300_900_3600_and_then_3600() -> None:
    waits = [(qbd_ladder.again_at(tries, NOW) - NOW).total_seconds() for tries in range(7)]
    assert waits == [60, 60, 300, 900, 3600, 3600, 3600]


@pytest.mark.parametrize(("tries", "most", "over"), [(9, 10, False), (10, 10, True), (11, 10, True), (99, 0, False)])
def test_after_so_many_tries_a_person_decides(tries: int, most: int, over: bool) -> None:
    assert qbd_ladder.is_over(tries, most) is over


@pytest.mark.parametrize(
    ("done", "left", "percent"), [(0, 9, 1), (1, 1, 50), (999, 1, 99), (9999, 1, 99), (0, 0, 100), (5, 0, 100)]
)
def test_only_a_session_with_nothing_left_is_at_100(done: int, left: int, percent: int) -> None:
    assert qbd_ladder.percent(done, left) == percent
