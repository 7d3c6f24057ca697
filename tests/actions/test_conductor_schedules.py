"""Sessions with QuickBooks Desktop by schedule (W-2D): hourly where it is switched on, passed over while one runs,
missed moments told, how each ended; the same machinery as that of runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pos.actions import conductor_jobs, schedule_kinds, schedules
from pos.errors import Invalid
from pos.store import companies, conductor_companies, conductor_sessions
from pos.store import schedules as kept
from tests.actions.conductor_corner import Corner
from tests.actions.scheduled import form, told

SESSION = {"what": kept.CONDUCTOR, "cron": "0 * * * *"}


def look(corner: Corner, **passes: float) -> None:
    corner.now += timedelta(**passes)
    schedules.look(corner.store, corner.config)


def test_each_hour_a_session_of_its_types_and_how_it_ended(corner: Corner) -> None:
    made = schedules.create(corner.store, form(**SESSION, objects=("invoices", "customers")), "7")
    look(corner, hours=1)
    session = conductor_sessions.running(corner.store, "conductor")
    assert session is not None
    assert (session.objects, session.cause, session.asked_by) == (
        ("customers", "invoices"), "schedule", "schedule:Evening",
    )  # fmt: skip
    look(corner, hours=1)
    assert told(corner.store) == ["queued", "skipped_overlap"]
    corner.round()
    look(corner, hours=3)
    assert told(corner.store) == ["queued", "skipped_overlap", "run_succeeded", "missed", "queued"]
    assert [one["status"] for one in corner.manager.get_sync_history()] == ["running", "completed"]
    assert kept.one(corner.store, made.id).last_result == "queued"


def test_switched_on_by_a_person_it_is_hourly_and_switched_off_it_tells_nothing(corner: Corner) -> None:
    made = schedule_kinds.follow(corner.store, corner.config, companies.MAIN, True, "7")
    assert made is not None
    assert (made.cron, made.enabled, made.objects, made.what) == ("0 * * * *", True, (), kept.CONDUCTOR)
    assert schedule_kinds.follow(corner.store, corner.config, companies.MAIN, True, "7") is None
    conductor_companies.set_enabled(corner.store, companies.MAIN, False, "7")
    schedule_kinds.follow(corner.store, corner.config, companies.MAIN, False, "7")
    look(corner, hours=2)
    assert told(corner.store) == []
    assert corner.told() == []


def test_one_that_cannot_start_is_told_with_the_reason(corner: Corner) -> None:
    schedules.create(corner.store, form(**SESSION), "7")
    conductor_companies.set_enabled(corner.store, companies.MAIN, False, "7")
    look(corner, hours=1)
    assert told(corner.store) == ["skipped_invalid"]
    assert "switched off" in corner.told()[0]


@pytest.mark.parametrize(("more", "field"), [
    ({"company": ""}, "company"), ({"objects": ("estimates",)}, "objects"), ({"what": "backup"}, "what"),
])  # fmt: skip
def test_what_it_cannot_be_is_named(corner: Corner, more: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        schedules.create(corner.store, form(**{**SESSION, **more}), "7")
    assert refused.value.field == field


def test_run_now_starts_one_and_the_fallback_of_runs_does_not_count_it(corner: Corner) -> None:
    made = schedules.create(corner.store, form(**SESSION), "7")
    job = schedules.run_now(corner.store, corner.config, made.id, "7")
    assert job == schedule_kinds.job_of(1)
    assert not kept.of_people(corner.store)
    conductor_jobs.work(corner.run(), corner.steps)
    assert told(corner.store) == ["queued", "run_succeeded"]
