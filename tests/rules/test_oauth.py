"""How a sign-in by OAuth stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pos.rules import oauth
from pos.rules.oauth import Kept

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def after(days: float) -> datetime:
    return NOW + timedelta(days=days)


@pytest.mark.parametrize(
    ("kept", "state"),
    [
        (Kept(False, False), "missing_tokens"),
        (Kept(True, False, after(100)), "missing_refresh_token"),
        (Kept(True, True, after(100), None, True), "needs_reauth"),
        (Kept(True, True, after(0)), "refresh_expired"),
        (Kept(True, True, after(100), after(-1)), "refresh_expired"),
        (Kept(True, True, after(30)), "refresh_expiring"),
        (Kept(True, True, after(100), after(29)), "refresh_expiring"),
        (Kept(False, True, after(31)), "connected"),
        (Kept(True, True), "connected"),
    ],
)
def test_each_state(kept: Kept, state: str) -> None:
    assert oauth.state(kept, NOW) == state
    assert state in oauth.STATES


def test_an_access_token_is_renewed_five_minutes_early() -> None:
    assert oauth.is_good(NOW + timedelta(minutes=5, seconds=1), NOW)
    assert not oauth.is_good(NOW + timedelta(minutes=5), NOW)
    assert not oauth.is_good(None, NOW)


def test_the_nearest_warning_that_was_reached_holds() -> None:
    told = [oauth.warned(days, (30, 7, 1)) for days in (None, 31, 30, 8, 7, 2, 1, 0)]
    assert told == [None, None, 30, 30, 7, 7, 1, 1]
    assert oauth.days_left(after(1.9), NOW) == 1
    assert oauth.days_left(after(-3), NOW) == 0
