"""Schedules at work: what fires, what is passed over and why, after a standstill, by a wrong clock, beside another."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import runs, schedules
from pos.errors import CannotSave
from pos.store import companies, notices
from pos.store import runs as kept_runs
from pos.store import schedules as kept
from pos.store.db import Store
from pos.store.models import Connection, RunSchedule
from tests.actions.scheduled import DUE, Time, at, end_runs, look, made, posting, second, told

__all__ = ["at", "posting"]


# -- fired -------------------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_a_moment_that_has_come_starts_one_run_and_plans_the_next(posting: Store, at: Time) -> None:
    schedule, rung = made(posting), list[str]()
    assert look(posting).queued == 0  # ten seconds too early
    at.now = DUE + timedelta(seconds=3)
    found = schedules.look(posting, posting.config, ring=rung.append)
    assert (found.queued, found.next_at) == (1, DUE + timedelta(days=1))
    assert look(posting).queued == 0
    after = kept.one(posting, schedule.id)
    assert (after.last_fire_at, after.last_result) == (clock.stamp(DUE), "queued")
    (job,) = kept_runs.recent(posting)
    assert (job.scope, job.company, job.day_from, job.day_to) == ("single", "main", "2026-11-19", "2026-11-19")
    assert (job.schedule, job.requested_by, job.parallel) == (schedule.id, "schedule:Evening", 2)
    (event,) = kept.events(posting)[0]
    assert (event.kind, event.job, event.fire_at) == ("queued", job.id, clock.stamp(DUE))
    assert rung == [f"run:{job.id}:queued", "runs"]


@pytest.mark.parametrize(
    ("mode", "due", "looked", "day"),
    [
        ("yesterday", "2026-11-20T17:00", "2026-11-20T17:00", "2026-11-19"),
        # Due on the evening of the 20th in Lagos, looked at after midnight: the day is of the moment it was due.
        ("yesterday", "2026-11-20T22:50", "2026-11-21T01:00", "2026-11-19"),
        ("trading_date", "2026-11-20T22:50", "2026-11-21T01:00", "2026-11-19"),
        # 00:30 on the 21st in Lagos: yesterday is the 20th; by the shop's midnight in London it is still the 20th.
        ("yesterday", "2026-11-20T23:30", "2026-11-20T23:30", "2026-11-20"),
        ("trading_date", "2026-11-20T23:30", "2026-11-20T23:30", "2026-11-19"),
    ],
)
def test_its_day_is_of_the_moment_it_was_due_in_its_own_zone(
    posting: Store, at: Time, mode: str, due: str, looked: str, day: str
) -> None:
    moment = datetime.fromisoformat(due).replace(tzinfo=UTC)
    made(posting, date_mode=mode, cron=f"{moment.minute} {(moment.hour + 1) % 24} * * *")
    at.now = datetime.fromisoformat(looked).replace(tzinfo=UTC)
    assert look(posting).queued == 1
    assert kept_runs.recent(posting)[0].day_to == day


def test_the_trading_date_goes_by_the_companys_cut_off(posting: Store, at: Time) -> None:
    before = companies.kept(posting, "main", "runs")
    companies.keep(posting, "main", "runs", {"trading_day": True, "cutoff": "05:00"}, before, "test")
    made(posting, cron="0 4 * * *", time_zone="Europe/London")
    at.now = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    assert look(posting).queued == 1
    assert kept_runs.recent(posting)[0].day_to == "2026-11-19"  # before the cut-off: the day before yesterday


def test_all_companies_run_as_one(posting: Store, at: Time) -> None:
    made(posting, company="", parallel=3, stagger_seconds=7, continue_on_failure=True)
    at.now = DUE
    assert look(posting).queued == 1
    (job,) = kept_runs.recent(posting)
    assert (job.scope, job.company, job.parallel, job.stagger_seconds) == ("all", "", 3, 7)
    assert job.continue_on_failure


# -- passed over -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["itself", "its company", "all"])
def test_a_run_that_is_still_going_is_not_joined_by_another(posting: Store, at: Time, other: str) -> None:
    schedule = made(posting, company="" if other == "all" else "main")
    if other == "itself":
        at.now = DUE
        look(posting)
        at.now = DUE + timedelta(days=1)
    else:
        runs.trigger(posting, posting.config, companies=None if other == "all" else ["main"], by="07")
        at.now = DUE
    before = kept_runs.recent(posting)
    found = look(posting)
    assert (found.queued, found.others) == (0, 1)
    assert [job.id for job in kept_runs.recent(posting)] == [before[0].id]
    event = kept.events(posting, schedule=schedule.id)[0][0]
    assert (event.kind, event.job) == ("skipped_overlap", before[0].id)
    assert kept.one(posting, schedule.id).last_result == "skipped_overlap"
    end_runs(posting)
    at.now += timedelta(days=1)
    assert look(posting).queued == 1


def test_another_companys_run_is_in_nobodys_way(posting: Store, at: Time) -> None:
    second(posting)
    runs.trigger(posting, posting.config, companies=["north"], by="07")
    made(posting)
    at.now = DUE
    assert look(posting).queued == 1


@pytest.mark.parametrize(
    ("why", "words"),
    [("off", "Boreal Ltd is inactive."), ("no books", "Boreal Ltd has no books to post to."),
     ("cron", "This is no schedule"), ("zone", "There is no time zone Mars")],
)  # fmt: skip
def test_what_cannot_run_is_passed_over_in_words_and_the_others_run(
    posting: Store, at: Time, why: str, words: str
) -> None:
    second(posting)
    bad, good = made(posting, name="North", company="north"), made(posting)
    if why == "off":
        companies.set_active(posting, "north", False, "test")
    with posting.transaction():
        if why == "no books":
            Connection.delete().where(Connection.id == "erpnext-north").execute()
        elif why in ("cron", "zone"):
            changed = {"cron": "0 25 * * *"} if why == "cron" else {"time_zone": "Mars"}
            RunSchedule.update(**changed).where(RunSchedule.id == bad.id).execute()
    at.now = DUE
    found = look(posting)
    assert (found.queued, found.others) == (1, 1)
    (event,) = kept.events(posting, schedule=bad.id)[0]
    assert event.kind == "skipped_invalid" and event.words.startswith(words)
    assert told(posting, good.id) == ["queued"]
    # One that can never be due again is not looked at for ever; another day finds nothing more to say of it.
    assert bool(kept.one(posting, bad.id).next_fire_at) == (why in ("off", "no books"))


def test_one_that_cannot_run_is_a_notice_until_it_does_or_is_switched_off(posting: Store, at: Time) -> None:
    second(posting)
    one, other = made(posting, name="North", company="north"), made(posting, name="South", company="north")
    companies.set_active(posting, "north", False, "test")
    at.now = DUE
    look(posting)
    at.now += timedelta(days=1)
    look(posting)
    found = notices.open_notices(posting, prefix="schedule:")
    assert sorted((n.key, n.count, n.subject) for n in found) == sorted(
        (f"schedule:{each.id}", 2, "erpnext-north") for each in (one, other)
    )
    assert min(one.text for one in found) == "The schedule North did not start its run: Boreal Ltd is inactive."
    schedules.toggle(posting, other.id, "07")
    companies.set_active(posting, "north", True, "test")
    at.now += timedelta(days=1)
    look(posting)
    assert notices.open_notices(posting, prefix="schedule:") == []


def test_no_company_with_books_is_told(store: Store, at: Time) -> None:
    made(store, company="")
    at.now = DUE
    look(store)
    (event,) = kept.events(store)[0]
    assert (event.kind, event.words) == ("skipped_invalid", "No active company has books to post to.")


def test_what_goes_wrong_is_an_error_of_that_one_and_a_full_disk_of_none(
    posting: Store, at: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule, good = made(posting), made(posting, name="All", company="")
    real = runs.trigger

    def breaks(*args: Any, **more: Any) -> Any:
        if more["companies"]:
            raise fault
        return real(*args, **more)

    monkeypatch.setattr(runs, "trigger", breaks)
    at.now = DUE
    fault: Exception = CannotSave("the disk is full")
    with pytest.raises(CannotSave):
        look(posting)
    assert kept.one(posting, schedule.id).next_fire_at == clock.stamp(DUE), "it is due still"
    fault = ValueError("odd")
    look(posting)
    assert kept.one(posting, schedule.id).last_result == "error"
    assert kept.events(posting, schedule=schedule.id)[0][0].words == "odd"
    assert told(posting, good.id) == ["queued"]


# -- missed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("down", "hours", "wanted", "words"),
    [
        (timedelta(seconds=40), 24, ["queued"], ""),
        (timedelta(hours=3), 24, ["queued"], ""),
        (timedelta(days=3, hours=1), 24, ["missed", "queued"], "3 moments went by while nobody looked."),
        (timedelta(days=1, hours=1), 24, ["missed", "queued"], "One moment went by while nobody looked."),
        (timedelta(days=2, hours=5), 4, ["missed"], "3 moments went by while nobody looked."),
        (timedelta(hours=5), 4, ["missed"], "One moment went by while nobody looked."),
        (timedelta(seconds=40), 0, ["queued"], ""),
        (timedelta(minutes=10), 0, ["missed"], "One moment went by while nobody looked."),
    ],
)
def test_after_a_standstill_the_latest_moment_fires_once_and_the_others_are_told(
    posting: Store, at: Time, down: timedelta, hours: int, wanted: list[str], words: str
) -> None:
    schedule = made(posting)
    at.now = DUE + down
    look(posting, catch_up_hours=hours)
    look(posting, catch_up_hours=hours)
    assert told(posting) == wanted
    assert len(kept_runs.recent(posting)) == wanted.count("queued")
    if words:
        assert kept.events(posting, kind="missed")[0][0].words == words
    after = kept.one(posting, schedule.id)
    assert after.last_result == wanted[-1]
    assert at.now < clock.parse(after.next_fire_at) <= at.now + timedelta(days=1)


def test_years_of_minutes_are_counted_no_further_than_a_thousand(posting: Store, at: Time) -> None:
    made(posting, cron="* * * * *")
    at.now = DUE + timedelta(days=800)
    assert look(posting).queued == 1
    assert kept.events(posting, kind="missed")[0][0].words == "1000 moments or more went by while nobody looked."


def test_what_went_by_while_it_was_off_was_not_missed(posting: Store, at: Time) -> None:
    schedule = made(posting)
    assert not schedules.toggle(posting, schedule.id, "07").enabled
    at.now = DUE + timedelta(days=3)
    assert look(posting) == schedules.Looked(0, 0, None)
    assert schedules.toggle(posting, schedule.id, "07").next_fire_at == clock.stamp(DUE + timedelta(days=4))
    assert told(posting) == []


# -- clocks ------------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_a_little_fires_nothing_twice(posting: Store, at: Time) -> None:
    schedule = made(posting)
    at.now = DUE + timedelta(minutes=10)
    look(posting)
    end_runs(posting)
    at.now = DUE - timedelta(minutes=50)
    look(posting)
    at.now = DUE + timedelta(minutes=1)
    assert look(posting).queued == 0
    assert kept.one(posting, schedule.id).next_fire_at == clock.stamp(DUE + timedelta(days=1))


def test_a_clock_that_was_years_ahead_leaves_nothing_planned_for_then(posting: Store, at: Time) -> None:
    """Set forward it fires once, with the others told as missed; set right again it goes on from today."""
    schedule = made(posting)
    at.now = DUE + timedelta(days=3650, minutes=1)
    assert look(posting).queued == 1
    end_runs(posting)
    at.now = DUE + timedelta(hours=1)
    look(posting)
    assert kept.one(posting, schedule.id).next_fire_at == clock.stamp(DUE + timedelta(days=1))
    assert told(posting) == ["missed", "queued", "clock_set_back", "run_succeeded"]
    at.now = DUE + timedelta(days=1)
    assert look(posting).queued == 1


def test_machines_whose_clocks_differ_a_little_plan_nothing_anew(posting: Store, at: Time) -> None:
    made(posting, cron="* * * * *")
    look(posting)
    at.now -= timedelta(seconds=70)
    look(posting)
    assert told(posting) == []


# -- beside another ----------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_two_that_look_at_once_never_fire_one_moment_twice(posting: Store, at: Time) -> None:
    """As the server and `schedules run` beside it do: each on a connection of its own."""
    for n in range(6):
        made(posting, name=f"S{n}")
    at.now = DUE
    barrier, found = threading.Barrier(2), list[schedules.Looked]()

    def work() -> None:
        barrier.wait(30)
        found.append(look(posting))
        posting.release()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(one.queued + one.others for one in found) == 6
    assert len(told(posting)) == 6 and told(posting).count("queued") == 1


def test_one_that_was_read_before_another_fired_it_does_nothing(posting: Store, at: Time) -> None:
    schedule = made(posting)
    at.now = DUE
    assert kept.claim(posting, schedule, clock.stamp(DUE + timedelta(days=1)), clock.stamp(DUE))
    assert not kept.claim(posting, schedule, clock.stamp(DUE + timedelta(days=1)), clock.stamp(DUE))
