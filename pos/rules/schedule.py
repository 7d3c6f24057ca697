"""When a schedule is due: the five fields of cron (minute, hour, day, month, weekday; 7 is Sunday as 0 is) on the wall
clock of a zone.

A time the wall clock leaves out is due once, right after the gap; one it shows twice is due at the first of the two.
Where the hour is `*` a schedule goes by hours that pass, so also by both of a repeated one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from pos.errors import Invalid
from pos.rules.trading_day import begins, zone_of
from pos.said import Said, said

LENGTH_MAX = 100
#: Missed moments are counted up to here.
COUNT_MAX = 1000
#: The wall clock repeats no more than this at once.
REPEATED_MAX = timedelta(hours=3)
_REMEDY = {
    "minute": said("Minute: 0 to 59, * for every one, 0,30 for a list, */15 for steps."),
    "hour": said("Hour: 0 to 23, * for every one, 8,18 for a list, */2 for steps."),
    "day-of-month": said("Day of the month: 1 to 31, * for every one, L for the last; one that comes."),
    "month": said("Month: 1 to 12 or JAN to DEC, * for every one."),
    "day-of-week": said("Weekday: 0 to 7 or SUN to SAT, both 0 and 7 are Sunday, 1-5 for a range, * for every one."),
}


@dataclass(frozen=True, slots=True)
class Missed:
    """What fell due: the latest moment, and how many came before it (COUNT_MAX = that many or more)."""

    latest: datetime
    before: int


def check(cron: str, zone: str) -> None:
    """Invalid, in words and with the field at fault, for what is no schedule or would never be due."""
    zone_of(zone)
    next_after(cron, zone, datetime(2026, 1, 1, tzinfo=UTC))


def next_after(cron: str, zone: str, moment: datetime) -> datetime:
    """The first due moment after this one, in UTC. Invalid for what is no schedule."""
    for due in _from(cron, zone, moment):
        if due > moment:
            return due
    raise _invalid(said("This day never comes."))


def last_until(cron: str, zone: str, moment: datetime) -> datetime | None:
    """The last moment it was due at up to this one; None when it never was."""
    _fields(cron)
    there = zone_of(zone)
    if _by_wall(cron):
        wall = moment.astimezone(there).replace(tzinfo=None) + REPEATED_MAX
        found: Iterator[datetime] = (_moment(one, there) for one in _simulated(cron, wall, back=True))
    else:
        start = moment.astimezone(there) + REPEATED_MAX
        found = (one.astimezone(UTC) for one in _simulated(cron, start, back=True))
    return next((due for due in found if due <= moment), None)


def due(cron: str, zone: str, planned: datetime, now: datetime) -> Missed | None:
    """What fell due from the planned moment up to now; None while it is ahead."""
    if planned > now:
        return None
    latest = last_until(cron, zone, now)
    if latest is None or latest < planned:  # planned by another cron than this one
        return Missed(planned, 0)
    before = 0
    for one in _from(cron, zone, planned - timedelta(seconds=1)):
        if one >= latest or before == COUNT_MAX:
            break
        before += one >= planned
    return Missed(latest, before)


def _from(cron: str, zone: str, moment: datetime) -> Iterator[datetime]:
    """Due moments about from this one on, never the same one twice in a row."""
    _fields(cron)
    there = zone_of(zone)
    if not _by_wall(cron):
        yield from (one.astimezone(UTC) for one in _simulated(cron, moment.astimezone(there)))
        return
    last = None
    for wall in _simulated(cron, moment.astimezone(there).replace(tzinfo=None) - timedelta(minutes=1)):
        found = _moment(wall, there)
        if found != last:
            yield found
        last = found


def _simulated(cron: str, start: datetime, *, back: bool = False) -> Iterator[datetime]:
    try:
        yield from CronSim(cron, start, reverse=back)
    except CronSimError as error:
        raise _invalid(_REMEDY[str(error).removeprefix("Bad ")]) from None


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment the wall clock shows this or has passed it."""
    return begins(wall.date(), zone.key, wall.time())


def _by_wall(cron: str) -> bool:
    return cron.split()[1] != "*"


def _fields(cron: str) -> list[str]:
    fields = cron.split()
    if len(fields) != 5 or len(cron) > LENGTH_MAX or not cron.isascii():
        raise _invalid(said("Write five fields: minute, hour, day, month, weekday, such as 0 18 * * *."))
    return fields


def _invalid(remedy: str) -> Invalid:
    return Invalid(said("This is no schedule. {remedy}", remedy=remedy), field="cron")


# -- in words ----------------------------------------------------------------------------------------------------------

_DAYS = (
    said("Sunday"), said("Monday"), said("Tuesday"), said("Wednesday"), said("Thursday"), said("Friday"),
    said("Saturday"),
)  # fmt: skip
_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def words(cron: str) -> Said:
    """A schedule as people say it, "every day at 18:00"; what has no such words, as it is written."""
    fields = cron.upper().split()
    found = _words(*fields) if len(fields) == 5 else None
    return said("as written: {cron}", cron=cron) if found is None else found


def _words(minute: str, hour: str, day: str, month: str, weekday: str) -> Said | None:
    if month != "*":
        return None
    if (day, weekday) == ("*", "*") and (often := _often(minute, hour)):
        return often
    times = _times(minute, hour)
    if times is None:
        return None
    if (day, weekday) == ("*", "*"):
        return said("every day at {times}", times=times)
    if day == "*":
        days = _weekdays(weekday)
        return said("every {days} at {times}", days=days, times=times) if days else None
    if weekday != "*":
        return None
    if day == "L":
        return said("on the last day of every month at {times}", times=times)
    return said("on day {day} of every month at {times}", day=day, times=times) if day.isdigit() else None


def _often(minute: str, hour: str) -> Said | None:
    if hour == "*":
        step = re.fullmatch(r"\*(?:/(\d+))?", minute)
        if step and 60 % int(step[1] or 1) == 0:
            return said("every {n} minutes", n=int(step[1])) if step[1] and step[1] != "1" else said("every minute")
        return said("every hour at {minute} past", minute=f"{int(minute):02d}") if minute.isdigit() else None
    step = re.fullmatch(r"\*/(\d+)", hour)
    if step and minute.isdigit() and 24 % int(step[1] or 1) == 0 and step[1] != "1":
        return said("every {n} hours at {minute} past", n=int(step[1]), minute=f"{int(minute):02d}")
    return None


def _times(minute: str, hour: str) -> str | None:
    hours = hour.split(",")
    if not minute.isdigit() or len(hours) > 6 or not all(one.isdigit() for one in hours):
        return None
    return _listed([f"{int(one):02d}:{int(minute):02d}" for one in hours])


def _weekdays(text: str) -> str | None:
    if text in ("1-5", "MON-FRI"):
        return said("Monday to Friday")
    found = [_NAMES.index(one) if one in _NAMES else int(one) % 7 if one.isdigit() else -1 for one in text.split(",")]
    if -1 in found:
        return None
    return _listed([_DAYS[one] for one in sorted(found, key=lambda one: one or 7)])


def _listed(words: Sequence[str]) -> str:
    first, *rest = words
    for n, one in enumerate(rest):
        pattern = "{first} and {last}" if n == len(rest) - 1 else "{first}, {last}"
        first = said(pattern, first=first, last=one)
    return first
