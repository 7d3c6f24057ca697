"""Tills that listen for nudges share one look at the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pos import clock
from pos.store import feeds, hub_changes
from pos.store.db import Store
from pos.web.hub import live


def test_many_that_listen_ask_the_database_once_and_keep_no_connection(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred tills held two hundred connections of PostgreSQL: all it has, and none was left for a sale."""
    hub_changes.watch(store)
    now, asked, released = 100.0, list[float](), list[bool]()
    top = hub_changes.top

    def counted(at: Store) -> int:
        asked.append(now)
        return top(at)

    monkeypatch.setattr(clock, "monotonic", lambda: now)
    monkeypatch.setattr(hub_changes, "top", counted)
    monkeypatch.setattr(store, "release", lambda: released.append(True))
    seen = live._Seen()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: seen.newest(store), range(50)))
    assert (asked, released) == ([100.0], [True])
    before = seen.newest(store)["items"]
    feeds.put_items(store, [{"code": "TEA", "name": "Tea", "item_group": "Food"}], "csv")
    assert seen.newest(store)["items"] == before
    now += live.LOOK_SECONDS
    assert seen.newest(store)["items"] > before
    assert asked == [100.0, now] and len(released) == 2
