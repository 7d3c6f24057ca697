"""Leases: one holder at a time, a dead one's runs out, a late one is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pos.store import leases
from pos.store.db import Store

pytestmark = pytest.mark.both_engines

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_one_holds_it_until_its_time_is_over_and_each_new_holder_gets_a_higher_fence(store: Store) -> None:
    assert leases.take(store, "post:erpnext", "a", 60, NOW) == 1
    assert leases.take(store, "post:erpnext", "b", 60, NOW) is None
    assert leases.take(store, "post:other", "b", 60, NOW) == 1, "another thing is another lease"
    assert leases.take(store, "post:erpnext", "a", 60, NOW + timedelta(seconds=50)) == 1, "its own, made longer"
    assert leases.take(store, "post:erpnext", "b", 60, NOW + timedelta(seconds=100)) is None
    assert leases.take(store, "post:erpnext", "b", 60, NOW + timedelta(seconds=110)) == 2
    assert not leases.keep(store, "post:erpnext", "a", 1, 60, NOW + timedelta(seconds=111)), "it must stop"
    leases.give_back(store, "post:erpnext", "a", 1)
    assert leases.holder(store, "post:erpnext", NOW + timedelta(seconds=112)) == "b", "nobody lets go of another's"
    leases.give_back(store, "post:erpnext", "b", 2)
    assert leases.holder(store, "post:erpnext", NOW + timedelta(seconds=113)) == ""
    assert leases.take(store, "post:erpnext", "a", 60, NOW + timedelta(seconds=114)) == 3


def test_whoever_knows_that_a_server_is_dead_lets_go_for_it(store: Store) -> None:
    leases.take(store, "post:erpnext", "server:7:x", 60, NOW)
    leases.take(store, "post:hub", "agents:8:y", 60, NOW)
    assert leases.holder_is_dead(store, "server:") == 1
    assert leases.take(store, "post:erpnext", "server:9:z", 60, NOW) == 2
    assert leases.take(store, "post:hub", "server:9:z", 60, NOW) is None, "that one may be alive"


def test_a_lease_from_before_the_clock_was_set_back_holds_nothing_up(store: Store) -> None:
    assert leases.take(store, "post:erpnext", "a", 60, NOW + timedelta(days=1)) == 1
    assert leases.take(store, "post:erpnext", "b", 60, NOW) == 2
