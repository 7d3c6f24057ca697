"""What is on hand of an item of QuickBooks Desktop: there, and here beside it."""

from __future__ import annotations

from typing import Any

from pos.actions import conductor_stock as levels
from pos.actions.inventory_words import quantity
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.store import conductor_stock, inventory_read
from pos.store.db import Store


def stock(store: Store, config: Config, company: str, record: str) -> dict[str, Any] | None:
    """Both figures of the record of an item, ready to show; None where QuickBooks was not asked yet. item: ours, "" =
    the till has no such item."""
    there = levels.beside(store, company, [record]).get(record)
    if there is None:
        return None
    item = conductor_stock.items(store, company, [record]).get(record, "")
    ours = inventory_read.levels(store, company, [item]) if item else {}
    return {
        "item": item, "ours": quantity(sum(ours.values()), config) if ours else "", "theirs": there.on_hand,
        "on_order": there.on_order, "on_sales_order": there.on_sales_order, "sites": there.sites,
        "seen_text": moment(store, config, there.seen_at),
    }  # fmt: skip
