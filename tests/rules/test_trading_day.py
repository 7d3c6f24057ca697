"""The trading day in zones with and without summer time, at midnight, at the cut-off and at wrong clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from pos.errors import Invalid
from pos.rules import trading_day as days
from pos.sections import Shop
from pos.sections_runs import Runs

LONDON, YORK, LAGOS, HOWE = "Europe/London", "America/New_York", "Africa/Lagos", "Australia/Lord_Howe"

# Moments in UTC. London: 29 Mar 2026 01:00 -> 02:00, 25 Oct 02:00 -> 01:00. New York: 8 Mar 02:00 -> 03:00, 1 Nov
# 02:00 -> 01:00. Lord Howe goes by half an hour: 5 Apr 2026 02:00 -> 01:30, 4 Oct 02:00 -> 02:30.
TABLE = """
zone                 cutoff  moment               day
Europe/London        00:00   2026-01-15T23:59:59  2026-01-15
Europe/London        00:00   2026-01-16T00:00:00  2026-01-16
Europe/London        00:00   2026-07-15T22:59:59  2026-07-15
Europe/London        00:00   2026-07-15T23:00:00  2026-07-16
Europe/London        05:00   2026-01-16T04:59:59  2026-01-15
Europe/London        05:00   2026-01-16T05:00:00  2026-01-16
Europe/London        05:00   2026-03-29T03:59:59  2026-03-28
Europe/London        05:00   2026-03-29T04:00:00  2026-03-29
Europe/London        05:00   2026-10-25T04:59:59  2026-10-24
Europe/London        05:00   2026-10-25T05:00:00  2026-10-25
Europe/London        01:30   2026-03-29T00:59:59  2026-03-28
Europe/London        01:30   2026-03-29T01:00:00  2026-03-29
Europe/London        01:30   2026-10-25T00:29:59  2026-10-24
Europe/London        01:30   2026-10-25T00:30:00  2026-10-25
Europe/London        01:30   2026-10-25T01:00:00  2026-10-25
Europe/London        01:30   2026-10-25T01:29:59  2026-10-25
Europe/London        01:00   2026-10-24T23:59:59  2026-10-24
Europe/London        01:00   2026-10-25T00:00:00  2026-10-25
Europe/London        02:00   2026-10-25T01:59:59  2026-10-24
America/New_York     00:00   2026-03-08T04:59:59  2026-03-07
America/New_York     00:00   2026-03-08T05:00:00  2026-03-08
America/New_York     05:00   2026-03-08T08:59:59  2026-03-07
America/New_York     05:00   2026-03-08T09:00:00  2026-03-08
America/New_York     02:30   2026-03-08T06:59:59  2026-03-07
America/New_York     02:30   2026-03-08T07:00:00  2026-03-08
America/New_York     01:30   2026-11-01T05:29:59  2026-10-31
America/New_York     01:30   2026-11-01T05:30:00  2026-11-01
America/New_York     01:30   2026-11-01T06:10:00  2026-11-01
America/New_York     05:00   2026-11-01T09:59:59  2026-10-31
Africa/Lagos         00:00   2026-03-29T22:59:59  2026-03-29
Africa/Lagos         00:00   2026-03-29T23:00:00  2026-03-30
Africa/Lagos         05:00   2026-03-30T03:59:59  2026-03-29
Africa/Lagos         05:00   2026-03-30T04:00:00  2026-03-30
Australia/Lord_Howe  05:00   2026-04-04T18:29:59  2026-04-04
Australia/Lord_Howe  05:00   2026-04-04T18:30:00  2026-04-05
Australia/Lord_Howe  01:45   2026-04-04T14:44:59  2026-04-04
Australia/Lord_Howe  01:45   2026-04-04T14:45:00  2026-04-05
Australia/Lord_Howe  01:45   2026-04-04T15:05:00  2026-04-05
Australia/Lord_Howe  02:15   2026-10-03T15:29:59  2026-10-03
Australia/Lord_Howe  02:15   2026-10-03T15:30:00  2026-10-04
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines()[1:])
def test_a_moment_is_of_one_day(line: str) -> None:
    zone, cutoff, moment, day = line.split()
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert days.trading_day(at, zone, time.fromisoformat(cutoff)) == date.fromisoformat(day)
    # As of yesterday and of the day before it, so of the one that is over.
    over = date.fromisoformat(day) - timedelta(days=1)
    assert days.target_date(at, zone, time.fromisoformat(cutoff)) == over
    assert days.completed_window(at, zone, time.fromisoformat(cutoff), 7) == (over - timedelta(days=6), over)


BEGINS = """
zone                 cutoff  day         begins               hours
Europe/London        00:00   2026-03-29  2026-03-29T00:00:00  23
Europe/London        05:00   2026-03-28  2026-03-28T05:00:00  23
Europe/London        05:00   2026-10-24  2026-10-24T04:00:00  25
Europe/London        01:30   2026-03-29  2026-03-29T01:00:00  23.5
Europe/London        01:30   2026-10-25  2026-10-25T00:30:00  25
America/New_York     02:30   2026-03-08  2026-03-08T07:00:00  23.5
America/New_York     00:00   2026-11-01  2026-11-01T04:00:00  25
Africa/Lagos         05:00   2026-03-29  2026-03-29T04:00:00  24
Australia/Lord_Howe  02:15   2026-10-04  2026-10-03T15:30:00  23.75
Australia/Lord_Howe  01:45   2026-04-05  2026-04-04T14:45:00  24.5
Pacific/Apia         00:00   2011-12-30  2011-12-30T10:00:00  0
"""


@pytest.mark.parametrize("line", BEGINS.strip().splitlines()[1:])
def test_days_follow_each_other_without_a_hole(line: str) -> None:
    zone, cutoff, day, first, hours = line.split()
    at, this = time.fromisoformat(cutoff), date.fromisoformat(day)
    begin, end = days.begins(this, zone, at), days.begins(this + timedelta(days=1), zone, at)
    assert begin == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert end - begin == timedelta(hours=float(hours))
    if begin < end:
        tick = timedelta(microseconds=1)
        assert days.trading_day(begin, zone, at) == days.trading_day(end - tick, zone, at) == this
        assert days.trading_day(begin - tick, zone, at) == this - timedelta(days=1)


@pytest.mark.parametrize("zone", [LONDON, YORK, LAGOS, HOWE])
@pytest.mark.parametrize("cutoff", ["00:00", "01:45", "02:15", "05:00", "23:30"])
def test_a_day_never_comes_back(zone: str, cutoff: str) -> None:
    """Over the days the clocks are changed, in steps of a quarter of an hour."""
    for month in (3, 4, 10, 11):
        moment, last = datetime(2026, month, 1, tzinfo=UTC), date.min
        for _ in range(9 * 96):
            day = days.trading_day(moment, zone, time.fromisoformat(cutoff))
            assert last <= day
            moment, last = moment + timedelta(minutes=15), day


def test_the_day_of_a_schedule_is_of_the_moment_it_was_due() -> None:
    due = datetime(2026, 7, 15, 23, 30, tzinfo=UTC)  # 00:30 on 16 July in London, 19:30 on 15 July in New York
    assert days.of_mode("yesterday", due, LONDON, time(5)) == date(2026, 7, 15)
    assert days.of_mode("trading_date", due, LONDON, time(5)) == date(2026, 7, 14)
    assert days.of_mode("yesterday", due, YORK, time(5)) == date(2026, 7, 14)
    assert days.of_mode("trading_date", due, YORK, time(5)) == date(2026, 7, 14)


def test_a_moment_without_an_offset_is_refused_not_taken_for_the_machines_own() -> None:
    with pytest.raises(ValueError, match="without an offset"):
        days.trading_day(datetime(2026, 7, 15, 12), LONDON, time(5))
    with pytest.raises(ValueError, match="a day at least"):
        days.completed_window(datetime(2026, 7, 15, tzinfo=UTC), LONDON, time(5), 0)


def test_a_clock_that_stands_wrong_still_says_a_day() -> None:
    """A machine that lost its battery, and one far ahead: the day of the moment it believes in."""
    assert days.target_date(datetime(1970, 1, 1, 12, tzinfo=UTC), LAGOS, time(5)) == date(1969, 12, 31)
    assert days.target_date(datetime(2099, 7, 1, 4, 30, tzinfo=UTC), LONDON, time(5)) == date(2099, 6, 30)


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../etc/passwd", "Europe", "\0"])
def test_an_unknown_zone_is_told_in_words(zone: str) -> None:
    with pytest.raises(Invalid, match=r"There is no time zone .* such as Europe/London"):
        days.zone_of(zone)


def test_the_portal_counts_by_its_own_settings_else_by_the_shops() -> None:
    shop = Shop(timezone=LAGOS, day_starts=time(4))
    assert days.portal(Runs(), shop) == (LAGOS, time(4))
    own = Runs(business_timezone=LONDON, cutoff_hour="0", cutoff_minute=30)
    assert days.portal(own, shop) == (LONDON, time(0, 30))
