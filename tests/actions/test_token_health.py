"""How a sign-in stands, over the rows there can be: the refresh token decides, the access token is only told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import company_setup, qbo_standing, token_health
from pos.store import qbo_tokens, run_choices
from pos.store.db import Store
from pos.store.models import QboToken
from pos.store.qbo_tokens import Begun, Pair

NOW = clock.parse("2026-11-21T12:00:00.000000Z")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def signed_in(store: Store, refresh: timedelta = 100 * DAY, access: timedelta = HOUR, **more: Any) -> None:
    pair = Pair(more.pop("access_token", "AT"), more.pop("refresh_token", "RT"), NOW + access, NOW + refresh, None)
    qbo_tokens.connected(store, Begun("quickbooks", "main", "sandbox", "boss", ""), "77", pair, "boss")
    if more:
        QboToken.update(**more).execute()


@pytest.mark.parametrize(
    ("row", "state", "level", "words"),
    [
        ({}, "connected", "healthy", ""),
        ({"access": -HOUR}, "connected", "healthy", ""),  # renewed by itself
        ({"refresh": 8 * DAY}, "connected", "healthy", ""),
        ({"refresh": 7 * DAY}, "refresh_expiring", "warning", "in 7 days"),
        ({"refresh": DAY + HOUR}, "refresh_expiring", "warning", "in 1 day."),
        ({"refresh": timedelta(seconds=61)}, "refresh_expiring", "warning", "in 0 days"),
        ({"refresh": timedelta(seconds=60)}, "refresh_expired", "critical", "run out"),  # answers come too late
        ({"refresh": -DAY}, "refresh_expired", "critical", "run out"),
        ({"hard_until": clock.stamp(NOW + 3 * DAY)}, "refresh_expiring", "warning", "in 3 days"),
        ({"reauth": "invalid_grant"}, "refresh_expired", "critical", "does not accept"),
        ({"environment": "production"}, "refresh_expired", "critical", "meant for another"),
        ({"refresh_token": ""}, "missing_refresh_token", "critical", "refresh token is missing"),
        ({"access_token": "", "refresh_token": ""}, "missing_tokens", "critical", "Nobody signed in"),
        ({"sealed": ""}, "missing_tokens", "critical", "Nobody signed in"),
        ({"held": '{"realm": "78"}'}, "connected", "warning", "another company there (78)"),
    ],
)
def test_what_a_row_comes_to(store: Store, row: dict[str, Any], state: str, level: str, words: str) -> None:
    signed_in(store, **row)
    found = token_health.of(store, store.config, "main", NOW)
    assert found is not None
    assert (found.state, found.level) == (state, level)
    assert words in found.why and bool(found.why) is (level != "healthy")
    assert bool(found.guidance) is (level != "healthy")
    assert "RT" not in repr(found) and "AT" not in repr(found)


def test_books_without_a_sign_in_have_no_state_and_those_that_wait_for_one_have(store: Store) -> None:
    assert token_health.of(store, store.config, "main", NOW) is None
    company_setup.change(store, store.config, "main", {"books": "quickbooks"}, "boss")
    found = token_health.of(store, store.config, "main", NOW)
    assert found is not None and (found.state, found.access) == ("missing_tokens", "missing")


def test_another_company_than_it_was_set_up_for_is_said_and_nothing_is_sent(store: Store) -> None:
    signed_in(store)
    assert qbo_standing.standing(store, store.config, "main", NOW).sends
    company_setup.change(store, store.config, "main", {"realm_id": "78"}, "boss")
    found = token_health.of(store, store.config, "main", NOW)
    assert found is not None and (found.level, found.label) == ("critical", "Another company")
    assert "signed in to company 77" in found.mismatch and "78" in found.why
    assert not qbo_standing.standing(store, store.config, "main", NOW).sends
    company_setup.change(store, store.config, "main", {"realm_id": "77"}, "boss")
    assert qbo_standing.standing(store, store.config, "main", NOW).sends


def test_days_and_words_are_those_of_the_settings(store: Store) -> None:
    signed_in(store, 20 * DAY, -HOUR)
    run_choices.choose(store, {"refresh_expiring_days": 21, "reauth_guidance": "Ask Ada."}, "boss")
    found = token_health.of(store, store.config, "main", NOW)
    assert found is not None and (found.state, found.guidance, found.access) == (
        "refresh_expiring", "Ask Ada.", "expired",
    )  # fmt: skip
