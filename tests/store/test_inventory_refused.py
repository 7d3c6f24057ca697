"""Who was refused, in the audit: so many rows an hour, and how many more there were."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from pos import clock
from pos.store import inventory_refused as refused
from pos.store.db import Store

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rows(store: Store, act: str) -> list[str]:
    return [d for (d,) in store.execute("SELECT detail FROM audit WHERE act = ? ORDER BY n", (act,)).fetchall()]


def test_a_flood_is_counted_and_the_count_is_told_with_the_next_hour(store: Store) -> None:
    with clock.set_to(NOON):
        for _ in range(30):
            refused.note(store, "nobody", "/api/inventory/overview", {"code": "token"}, asker="10.0.0.1")
        assert refused.note(store, "nobody", "/x", {"code": "token"}, asker="10.0.0.2"), "another is heard all the same"
    assert len(rows(store, refused.ACT)) == refused.EACH_MAX + 1
    assert rows(store, refused.REST) == []
    with clock.set_to(NOON + timedelta(hours=1)):
        refused.note(store, "nobody", "/x", {"code": "token"}, asker="10.0.0.1")
    assert [json.loads(one) for one in rows(store, refused.REST)] == [{"left_out": 30 - refused.EACH_MAX}]
    assert len(rows(store, refused.ACT)) == refused.EACH_MAX + 2


def test_many_addresses_fill_no_more_than_their_share(store: Store) -> None:
    with clock.set_to(NOON):
        for at in range(refused.ALL_MAX + 50):
            refused.note(store, "nobody", "/x", {}, asker=f"10.0.{at // 250}.{at % 250}")
        assert len(rows(store, refused.ACT)) == refused.ALL_MAX
        assert refused.note(store, "ada", "big", {"code": "four_eyes"}), "strangers do not hide what people try"
