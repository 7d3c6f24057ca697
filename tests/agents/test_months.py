"""The agent of months: only PostgreSQL has them; elsewhere it does nothing, whoever calls it."""

from __future__ import annotations

import pytest

from agents import months, of
from pos import clock
from pos.agent import Run
from pos.config import Config
from pos.store.db import Store, is_postgresql


def test_without_months_it_has_nothing_to_do(store: Store, shop: Config) -> None:
    if is_postgresql(shop):
        pytest.skip("PostgreSQL has months: tests/store/test_months.py")
    job = Run(
        months.AGENT, None, None, "asked", clock.now(), store, shop, "me", {}, lambda _: None, None, lambda: False
    )
    assert months.AGENT.run(job) == "Only a hub on PostgreSQL has months."
    assert months.AGENT not in of(shop)
