"""Which trading day a moment belongs to, when one begins, and which is the last that is over: in a zone of its own,
never the machine's, over hours that the clocks leave out or go through twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pos.days import business_day
from pos.errors import Invalid
from pos.said import said
from pos.sections import Shop
from pos.sections_runs import Runs

DATE_MODES = ("trading_date", "yesterday")
MIDNIGHT = time(0)


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. Invalid, in words, when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        words = said("There is no time zone {zone}. Write one such as Europe/London.", zone=name or "-")
        raise Invalid(words, field="time_zone") from None


def trading_day(moment: datetime, zone: str, cutoff: time) -> date:
    """The trading day a moment is of: it begins when the wall clock of the zone first comes to the cut-off (or past
    it, where that time is left out), and ends when the next one begins. ValueError for a moment without an offset.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset from UTC is of no day")
    return business_day(moment, zone, cutoff)


def begins(day: date, zone: str, cutoff: time) -> datetime:
    """The moment, in UTC, a trading day begins at; it ends where the next one begins."""
    wall = datetime.combine(day, cutoff)
    there = ZoneInfo(zone)
    # Where the wall clock leaves this time out, what it would be by the hour before lies behind the gap, and what it
    # would be by the hour after lies before it: it is passed at the jump between the two.
    latest = wall.replace(tzinfo=there).astimezone(UTC)
    earliest = wall.replace(tzinfo=there, fold=1).astimezone(UTC)
    if earliest >= latest:
        return latest
    seconds = range(int((latest - earliest).total_seconds()) + 1)
    low, high = seconds[0], seconds[-1]
    while low < high:
        middle = (low + high) // 2
        if (earliest + timedelta(seconds=middle)).astimezone(there).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle + 1
    return earliest + timedelta(seconds=low)


def target_date(now: datetime, zone: str, cutoff: time) -> date:
    """The last trading day that is over: before the cut-off the day before yesterday, else yesterday."""
    return trading_day(now, zone, cutoff) - timedelta(days=1)


def yesterday(now: datetime, zone: str) -> date:
    """The calendar day before today in the zone."""
    return target_date(now, zone, MIDNIGHT)


def of_mode(mode: str, moment: datetime, zone: str, cutoff: time) -> date:
    """The day a run that is due at this moment is about. mode: one of DATE_MODES."""
    return yesterday(moment, zone) if mode == "yesterday" else target_date(moment, zone, cutoff)


def completed_window(now: datetime, zone: str, cutoff: time, days: int) -> tuple[date, date]:
    """The first and the last of so many trading days that are over, the last being `target_date`."""
    if days < 1:
        raise ValueError("a window is a day at least")
    last = target_date(now, zone, cutoff)
    return last - timedelta(days=days - 1), last


def portal(runs: Runs, shop: Shop) -> tuple[str, time]:
    """The zone and cut-off the overview counts its day by: of [runs], where not said there the shop's own."""
    cutoff = time(int(runs.cutoff_hour), runs.cutoff_minute) if runs.cutoff_hour.strip() else shop.day_starts
    return runs.business_timezone or shop.timezone, cutoff
