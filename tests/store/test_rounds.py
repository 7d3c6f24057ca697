"""Rounds of the agents as rows: what was rung for while a round ran is not lost at its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pos import clock
from pos.store import rounds
from pos.store.db import Store

KEY = ("sync_out", "erpnext")


@pytest.mark.parametrize(("rung_after", "due_after"), [(None, 600), (-5, 600), (5, 5), (9, 9)])
def test_a_bell_in_the_middle_of_a_round_calls_the_next_one_at_once(
    store: Store, rung_after: int | None, due_after: int
) -> None:
    """By another process, whose own call was refused because this round held the lease. -5: it called this round."""
    began = clock.now()
    rounds.ensure(store, [KEY])
    if rung_after == -5:
        rounds.want(store, KEY, began - timedelta(seconds=5))
    n = rounds.take(store, KEY, "one", "schedule", began)
    assert n is not None
    if rung_after is not None and rung_after > 0:
        rounds.want(store, KEY, began + timedelta(seconds=rung_after))
    planned = rounds.End("ok", "0 booked", "", began + timedelta(seconds=600), 0)
    rounds.finish(store, KEY, "one", n, began + timedelta(seconds=10), planned)
    assert rounds.states(store, began)[KEY].due_at == clock.stamp(began + timedelta(seconds=due_after))
