"""When a schedule is due: over summer time in four zones, missed moments, what is no schedule, and its words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pos.errors import Invalid
from pos.rules import schedule

# cron | zone | from (UTC, not itself) | the next due moments (UTC)
TABLE = """
0 18 * * *    | Africa/Lagos        | 2026-03-28T12:00 | 2026-03-28T17:00 2026-03-29T17:00
0 18 * * *    | Africa/Lagos        | 2026-03-28T17:00 | 2026-03-29T17:00
0 18 * * *    | Europe/London       | 2026-03-28T12:00 | 2026-03-28T18:00 2026-03-29T17:00 2026-03-30T17:00
0 0 * * *     | Europe/London       | 2026-03-28T12:00 | 2026-03-29T00:00 2026-03-29T23:00
30 1 * * *    | Europe/London       | 2026-03-28T12:00 | 2026-03-29T01:00 2026-03-30T00:30
0,30 1 * * *  | Europe/London       | 2026-03-29T00:30 | 2026-03-29T01:00 2026-03-30T00:00 2026-03-30T00:30
*/20 1 * * *  | Europe/London       | 2026-03-29T00:30 | 2026-03-29T01:00 2026-03-30T00:00
30 1 * * *    | Europe/London       | 2026-10-24T12:00 | 2026-10-25T00:30 2026-10-26T01:30
30 1 * * *    | Europe/London       | 2026-10-25T00:30 | 2026-10-26T01:30
30 1 * * *    | Europe/London       | 2026-10-25T01:10 | 2026-10-26T01:30
*/30 1 * * *  | Europe/London       | 2026-10-24T23:59 | 2026-10-25T00:00 2026-10-25T00:30 2026-10-26T01:00
0 * * * *     | Europe/London       | 2026-03-29T00:00 | 2026-03-29T01:00 2026-03-29T02:00
0 * * * *     | Europe/London       | 2026-10-24T23:30 | 2026-10-25T00:00 2026-10-25T01:00 2026-10-25T02:00
*/30 * * * *  | Europe/London       | 2026-10-25T00:10 | 2026-10-25T00:30 2026-10-25T01:00 2026-10-25T01:30
0 */2 * * *   | Europe/Berlin       | 2026-10-24T23:30 | 2026-10-25T00:00 2026-10-25T03:00
0 */2 * * *   | Europe/Berlin       | 2026-03-29T00:30 | 2026-03-29T01:00 2026-03-29T02:00
30 2 * * *    | America/New_York    | 2026-03-07T12:00 | 2026-03-08T07:00 2026-03-09T06:30
30 1 * * *    | America/New_York    | 2026-10-31T12:00 | 2026-11-01T05:30 2026-11-02T06:30
15 2 * * *    | Australia/Lord_Howe | 2026-10-03T00:00 | 2026-10-03T15:30 2026-10-04T15:15
45 1 * * *    | Australia/Lord_Howe | 2026-04-04T00:00 | 2026-04-04T14:45 2026-04-05T15:15
0 9 * * 7     | Europe/London       | 2026-11-21T12:00 | 2026-11-22T09:00 2026-11-29T09:00
0 9 * * 0     | Europe/London       | 2026-11-21T12:00 | 2026-11-22T09:00 2026-11-29T09:00
0 9 * * sun   | Europe/London       | 2026-11-21T12:00 | 2026-11-22T09:00 2026-11-29T09:00
0 9 * * 5-7   | Europe/London       | 2026-11-21T12:00 | 2026-11-22T09:00 2026-11-27T09:00 2026-11-28T09:00
0 9 31 * *    | Europe/London       | 2026-11-21T12:00 | 2026-12-31T09:00 2027-01-31T09:00 2027-03-31T08:00
0 9 L * *     | Europe/London       | 2026-02-21T12:00 | 2026-02-28T09:00 2026-03-31T08:00
0 9 29 2 *    | Europe/London       | 2026-02-21T12:00 | 2028-02-29T09:00 2032-02-29T09:00
0 9 1 * 1     | Europe/London       | 2026-11-21T12:00 | 2026-11-23T09:00 2026-11-30T09:00 2026-12-01T09:00
59 23 31 12 * | Pacific/Kiritimati  | 2026-12-31T09:58 | 2026-12-31T09:59 2027-12-31T09:59
"""


def _lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("cron", "zone", "start", "wanted"), _lines(TABLE))
def test_due_moments_in_order(cron: str, zone: str, start: str, wanted: str) -> None:
    moment, found = _utc(start), []
    for _ in wanted.split():
        moment = schedule.next_after(cron, zone, moment)
        found.append(moment)
    assert found == [_utc(one) for one in wanted.split()]
    # And looking back finds the same.
    for one in found:
        assert schedule.last_until(cron, zone, one) == one
        assert schedule.last_until(cron, zone, one + timedelta(seconds=59)) == one


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("cron", ["*/30 1,2 * * *", "15 * * * *"])
def test_the_next_is_the_same_from_wherever_it_is_asked(cron: str, zone: str) -> None:
    """Every half hour over the days the clocks change: what is next lies ahead, and what was last behind."""
    for start in ("2026-03-07T20:00", "2026-03-28T20:00", "2026-04-04T08:00", "2026-10-03T08:00", "2026-10-24T20:00"):
        for n in range(16):
            moment = _utc(start) + timedelta(minutes=30 * n + 7)
            after, before = schedule.next_after(cron, zone, moment), schedule.last_until(cron, zone, moment)
            assert before is not None and before <= moment < after
            assert schedule.next_after(cron, zone, before) == after
            assert schedule.last_until(cron, zone, after - timedelta(microseconds=1)) == before


MISSED = """
0 18 * * *   | Africa/Lagos  | 2026-11-20T17:00 | 2026-11-20T16:59:59 | -
0 18 * * *   | Africa/Lagos  | 2026-11-20T17:00 | 2026-11-20T17:00    | 2026-11-20T17:00 0
0 18 * * *   | Africa/Lagos  | 2026-11-20T17:00 | 2026-11-20T17:00:14 | 2026-11-20T17:00 0
0 18 * * *   | Africa/Lagos  | 2026-11-20T17:00 | 2026-11-23T16:00    | 2026-11-22T17:00 2
30 1 * * *   | Europe/London | 2026-10-24T00:30 | 2026-10-26T12:00    | 2026-10-26T01:30 2
*/15 * * * * | Europe/London | 2026-10-25T00:00 | 2026-10-25T02:05    | 2026-10-25T02:00 8
* * * * *    | Europe/London | 2024-01-01T00:00 | 2026-10-25T02:05    | 2026-10-25T02:05 1000
0 18 * * *   | Africa/Lagos  | 2026-11-20T18:22 | 2026-11-20T19:00    | 2026-11-20T18:22 0
"""


@pytest.mark.parametrize(("cron", "zone", "planned", "now", "wanted"), _lines(MISSED))
def test_what_fell_due_meanwhile_is_the_latest_and_a_count(
    cron: str, zone: str, planned: str, now: str, wanted: str
) -> None:
    """Counted up to a thousand, however long it was; the last line was planned by another cron."""
    found = schedule.due(cron, zone, _utc(planned), _utc(now))
    if wanted == "-":
        assert found is None
    else:
        latest, before = wanted.split()
        assert found == schedule.Missed(_utc(latest), int(before))


@pytest.mark.parametrize(
    ("cron", "remedy"),
    [
        ("", "Write five fields"),
        ("0 18 * *", "Write five fields"),
        ("0 0 18 * * *", "Write five fields"),
        ("@daily", "Write five fields"),
        ("0 18 * * " + "1," * 60 + "1", "Write five fields"),
        ("٠ 18 * * *", "Write five fields"),
        ("60 18 * * *", "Minute: 0 to 59"),
        ("*/0 18 * * *", "Minute: 0 to 59"),
        ("0 24 * * *", "Hour: 0 to 23"),
        ("0 22-2 * * *", "Hour: 0 to 23"),
        ("0 18 0 * *", "Day of the month: 1 to 31"),
        ("0 18 31 2,4 *", "one that comes"),
        ("0 18 30 2 *", "one that comes"),
        ("0 18 * 13 *", "Month: 1 to 12"),
        ("0 18 * * 8", "both 0 and 7 are Sunday"),
        ("0 18 * * MO", "SUN to SAT"),
    ],
)
def test_what_is_no_schedule_is_told_in_words(cron: str, remedy: str) -> None:
    with pytest.raises(Invalid, match=remedy) as refused:
        schedule.check(cron, "Europe/London")
    assert refused.value.field == "cron"
    moment = _utc("2026-11-21T12:00")
    with pytest.raises(Invalid, match=remedy):
        schedule.due(cron, "Europe/London", moment, moment)


def test_an_unknown_zone_is_told_first() -> None:
    with pytest.raises(Invalid, match="There is no time zone Lagos"):
        schedule.check("0 18 * * *", "Lagos")


def test_what_never_comes_is_refused_soon() -> None:
    """29 February on a weekday and a count that do not meet within fifty years is looked for, not for ever."""
    schedule.check("0 0 * 2 MON#5", "Europe/London")
    with pytest.raises(Invalid):
        schedule.check("0 0 * 2 1#5,8", "Europe/London")


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 18 * * *", "every day at 18:00"),
        ("5 8,18 * * *", "every day at 08:05 and 18:05"),
        ("0 8,12,18 * * *", "every day at 08:00, 12:00 and 18:00"),
        ("30 6 * * 1-5", "every Monday to Friday at 06:30"),
        ("30 6 * * 7", "every Sunday at 06:30"),
        ("30 6 * * 0,mon", "every Monday and Sunday at 06:30"),
        ("0 7 1 * *", "on day 1 of every month at 07:00"),
        ("0 7 L * *", "on the last day of every month at 07:00"),
        ("*/15 * * * *", "every 15 minutes"),
        ("* * * * *", "every minute"),
        ("5 * * * *", "every hour at 05 past"),
        ("0 */6 * * *", "every 6 hours at 00 past"),
        ("*/7 * * * *", "as written: */7 * * * *"),
        ("0 7 1 1 *", "as written: 0 7 1 1 *"),
        ("0 7 1 * 1", "as written: 0 7 1 * 1"),
        ("0 7 * * 1#2", "as written: 0 7 * * 1#2"),
    ],
)
def test_a_schedule_in_words(cron: str, words: str) -> None:
    assert schedule.words(cron) == words
