"""What a hub on PostgreSQL does by itself about its months: made ahead, filled, put away when they are old enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pos import clock
from pos.actions import archive
from pos.config import Config
from pos.errors import PosError
from pos.store import partitions
from pos.store.db import Store

#: Said in the audit of a month that went by the setting.
REASON = "[storage] keep_months"


def make_and_move(store: Store, config: Config, stopping: Callable[[], bool], breathe: Callable[[], None]) -> int:
    """Partitions for the next months, and bytes that lie in none moved into theirs; how many documents were moved."""
    partitions.make_ahead(store, _today(config))
    moved = 0
    while not stopping() and (count := partitions.move_some(store)):
        moved += count
        breathe()
    return moved


def put_away_one(store: Store, config: Config, by: str) -> tuple[archive.Month | None, str]:
    """Put the oldest month away that [storage] keep_months lets go of; it, and why one could not go, "" = none is
    left. A month at a time: others have their turn in between."""
    if not config.storage.keep_months:
        return None, ""
    why = ""
    for month in archive.planned(store, before(config), without_backup=REASON):
        if month.why_not:
            why = why or f"{month.month}: {month.why_not}"
            continue
        try:
            return archive.put_away(store, month, by, REASON), why
        except PosError as error:
            return None, f"{month.month}: {error.message}"
    return None, why


def before(config: Config) -> str:
    """The first day that stays: of the month `keep_months` whole ones before this."""
    today, keep = _today(config), config.storage.keep_months
    months = today.year * 12 + today.month - 1 - keep
    return date(months // 12, months % 12 + 1, 1).isoformat()


def _today(config: Config) -> date:
    return clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts)
