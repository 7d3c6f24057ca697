"""Schedules as people make, change and run them; the one of the settings; who looks, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import runs, schedules
from pos.errors import Conflict, Invalid, NotFound
from pos.store import connections
from pos.store import runs as kept_runs
from pos.store import schedules as kept
from pos.store.db import Store
from pos.store.listing import Asked
from pos.store.reach import Reach
from tests.actions.scheduled import DUE, START, Time, at, form, look, made, posting, second, told

__all__ = ["at", "posting"]


# -- by people ---------------------------------------------------------------------------------------------------------


def test_another_cron_or_zone_moves_the_next_moment_and_another_name_does_not(posting: Store, at: Time) -> None:
    schedule = made(posting)
    renamed = schedules.update(posting, schedule.id, 1, form(name="Late"), "07")
    assert (renamed.name, renamed.next_fire_at, renamed.version) == ("Late", schedule.next_fire_at, 2)
    later = schedules.update(posting, schedule.id, 2, form(cron="30 18 * * *"), "07")
    assert later.next_fire_at == clock.stamp(DUE + timedelta(minutes=30))
    moved = schedules.update(posting, schedule.id, 3, form(cron="30 18 * * *", time_zone="Europe/London"), "07")
    assert moved.next_fire_at == clock.stamp(DUE + timedelta(minutes=90))


def test_two_people_do_not_overwrite_each_other(posting: Store, at: Time) -> None:
    schedule = made(posting)
    schedules.update(posting, schedule.id, 1, form(name="Mine"), "07")
    with pytest.raises(Conflict, match="meanwhile") as refused:
        schedules.update(posting, schedule.id, 1, form(name="Theirs"), "08")
    assert refused.value.code == "changed" and kept.one(posting, schedule.id).name == "Mine"
    at.now = DUE
    look(posting)  # that it fires is no change of somebody's
    assert schedules.update(posting, schedule.id, 2, form(name="Mine again"), "07").version == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"), ({"cron": "0 25 * * *"}, "cron"), ({"time_zone": "Lagos"}, "time_zone"),
        ({"date_mode": "today"}, "date_mode"), ({"parallel": 0}, "parallel"), ({"parallel": 99}, "parallel"),
        ({"stagger_seconds": -1}, "stagger_seconds"), ({"company": "nobody"}, "company"),
    ],
)  # fmt: skip
def test_what_is_no_schedule_names_its_field(posting: Store, at: Time, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises((Invalid, NotFound)) as refused:
        made(posting, **wrong)
    assert refused.value.field == field
    assert kept.listed(posting) == []


def test_two_clicks_at_once_start_one_run(posting: Store, at: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule, real = made(posting), kept.going

    def going(store: Store, one: kept.Schedule) -> str:
        found = real(store, one)
        if not store.database.in_transaction() and not kept_runs.recent(store):
            schedules.run_now(store, store.config, one.id, "08")  # whoever looks now finds nothing in the way
        return found

    monkeypatch.setattr(kept, "going", going)
    schedules.run_now(posting, posting.config, schedule.id, "07")
    assert [job.requested_by for job in kept_runs.recent(posting)] == ["07"]


def test_run_now_starts_at_once_and_leaves_its_moments(posting: Store, at: Time) -> None:
    schedule = schedules.create(posting, form(), "07", enabled=False)
    job = kept_runs.job(posting, schedules.run_now(posting, posting.config, schedule.id, "07"))
    assert (job.schedule, job.requested_by, job.day_to) == (schedule.id, "07", "2026-11-19")
    with pytest.raises(Conflict, match="still going") as refused:
        schedules.run_now(posting, posting.config, schedule.id, "07")
    assert refused.value.facts == {"job": job.id}
    after = kept.one(posting, schedule.id)
    assert (after.enabled, after.next_fire_at, after.last_fire_at) == (False, "", "")
    (event,) = kept.events(posting)[0]
    assert (event.kind, event.words) == ("queued", "Started by 07.")


def test_how_its_run_ended_stands_in_what_it_did_also_when_it_is_gone(posting: Store, at: Time) -> None:
    schedule = made(posting)
    job = kept_runs.job(posting, schedules.run_now(posting, posting.config, schedule.id, "07"))
    schedules.delete(posting, schedule.id, "07")
    schedules.ended(posting, replace(job, status="failed", words="No line."))
    schedules.ended(posting, replace(job, status="succeeded", schedule=""))  # a person's: of no schedule
    assert told(posting) == ["queued", "run_failed"]
    assert kept.events(posting)[0][0].words == "No line."


def test_how_a_run_ended_that_nobody_told_of_is_found_at_the_next_look_and_kept_once(posting: Store, at: Time) -> None:
    """Cancelled before it began, or by a worker killed at that very moment."""
    schedule = made(posting)
    job = kept_runs.job(posting, schedules.run_now(posting, posting.config, schedule.id, "07"))
    look(posting)
    assert told(posting) == ["queued"], "it goes on"
    runs.cancel(posting, job.id, "07")
    look(posting)
    look(posting)
    schedules.ended(posting, kept_runs.job(posting, job.id))
    assert told(posting) == ["queued", "run_cancelled"]


def test_who_may_see_one_company_sees_and_changes_its_schedules_alone(posting: Store, at: Time) -> None:
    second(posting)
    mine, theirs, everybodys = made(posting, company="north"), made(posting), made(posting, company="")
    north = Reach(frozenset({"north"}))
    assert [one.id for one in kept.listed(posting, north)] == [mine.id]
    for key in (theirs.id, everybodys.id):
        for act in (schedules.toggle, schedules.delete):
            with pytest.raises(NotFound):
                act(posting, key, "08", reach=north)
        with pytest.raises(NotFound):
            schedules.run_now(posting, posting.config, key, "08", reach=north)
        with pytest.raises(NotFound):
            schedules.update(posting, key, 1, form(), "08", reach=north)
    for company in ("main", ""):
        with pytest.raises(NotFound):
            schedules.create(posting, form(company=company), "08", reach=north)
        with pytest.raises(NotFound):  # nor is one of theirs given away
            schedules.update(posting, mine.id, 1, form(company=company), "08", reach=north)
    at.now = DUE
    look(posting)
    assert {event.schedule for event in kept.events(posting, north)[0]} == {mine.id}


# -- the schedule of the settings --------------------------------------------------------------------------------------


def test_the_schedule_of_the_settings_stands_in_while_there_is_no_other(posting: Store, at: Time) -> None:
    on = {"fallback": True, "fallback_timezone": "Africa/Lagos"}
    look(posting)
    assert kept.fallback(posting) is None and told(posting) == []  # off unless it is asked for
    look(posting, **on)
    stands = kept.fallback(posting)
    assert stands is not None and stands.enabled and stands.next_fire_at == clock.stamp(DUE)
    at.now = DUE
    assert look(posting, **on).queued == 1
    assert kept_runs.recent(posting)[0].scope == "all"
    own = made(posting, cron="0 1 * * *")
    look(posting, **on)
    look(posting, **on)
    schedules.toggle(posting, own.id, "07")
    look(posting, **on)
    look(posting)  # switched off in the settings
    look(posting)
    stands = kept.fallback(posting)
    assert stands is not None and not stands.enabled and stands.next_fire_at == ""
    assert told(posting, kept.FALLBACK) == ["fallback_on", "queued", "fallback_off", "fallback_on", "fallback_off"]


def test_the_schedule_of_the_settings_is_changed_there_alone(posting: Store, at: Time) -> None:
    look(posting, fallback=True)
    for act in (schedules.delete, schedules.toggle):
        with pytest.raises(Conflict, match="comes from the settings"):
            act(posting, kept.FALLBACK, "07")
    with pytest.raises(Conflict, match="comes from the settings"):
        schedules.update(posting, kept.FALLBACK, 1, form(), "07")
    look(posting, fallback=True, fallback_cron="30 6 * * *")
    stands = kept.fallback(posting)
    assert stands is not None and stands.cron == "30 6 * * *"
    assert stands.next_fire_at == clock.stamp(datetime(2026, 11, 21, 6, 30, tzinfo=UTC))
    look(posting, fallback=True, fallback_cron="30 6 * *")
    look(posting, fallback=True, fallback_cron="30 6 * *")
    assert told(posting) == ["fallback_on", "skipped_invalid"]
    assert kept_runs.job(posting, schedules.run_now(posting, posting.config, kept.FALLBACK, "07")).scope == "all"


# -- who looks ---------------------------------------------------------------------------------------------------------


def test_it_shows_when_nobody_looks_any_more(posting: Store, at: Time) -> None:
    assert schedules.worker(posting, posting.config) == schedules.Worker(None, True, 15)
    look(posting)
    at.now += timedelta(seconds=45)
    assert schedules.worker(posting, posting.config) == schedules.Worker(START, False, 15)
    at.now += timedelta(seconds=1)
    assert schedules.worker(posting, posting.config).stale


def test_what_they_did_is_read_in_pages_and_kept_as_long_as_chosen(posting: Store, at: Time) -> None:
    schedule = made(posting, cron="* * * * *")
    for _ in range(5):
        at.now += timedelta(minutes=1)
        look(posting)
    first, page = kept.events(posting, asked=Asked(limit=3))
    rest, last = kept.events(posting, asked=Asked(limit=3, after=page.after))
    assert (len(first), len(rest), last.after) == (3, 2, "")
    assert first[0].n > rest[0].n and {event.schedule for event in first} == {schedule.id}
    assert [event.kind for event in kept.events(posting, kind="queued")[0]] == ["queued"]
    assert kept.thin(posting, at.now) == 4
    assert len(kept.events(posting)[0]) == 1
    assert connections.lines(posting)  # nothing else went with it
