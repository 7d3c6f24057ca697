"""Which day of trading a moment is of. It asks no clock, so that rules can use it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def business_day(moment: datetime, zone: str, cutoff: time) -> date:
    """The trading day a moment belongs to: before the cut-off (wall clock in the shop's zone) it is still yesterday.

    A day that has begun does not end by the clock going back over its cut-off.
    """
    local = moment.astimezone(ZoneInfo(zone))
    if local.replace(tzinfo=None).time() >= cutoff:
        return local.date()
    begun = local.fold and datetime.combine(local.date(), cutoff, ZoneInfo(zone)).astimezone(UTC) <= moment
    return local.date() if begun else local.date() - timedelta(days=1)
