"""Sessions with QuickBooks Desktop worked on: crashes, deaths, waits, refusals, what is kept and what a look costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import conductor_jobs
from pos.actions.conductor_side import Side
from pos.errors import CannotSave, Rejected, SignInNeeded, Unavailable
from pos.store import conductor_sessions
from pos.store.conductor_sessions import Session, Step
from pos.store.models import ConductorStep
from tests.actions.conductor_corner import START, Corner, counting, done, raising


def test_a_step_that_crashes_is_failed_and_so_is_the_session(corner: Corner) -> None:
    """W-26: it was one failed object, and the session was completed."""
    corner.steps["push"] = raising(KeyError("name"))
    corner.manager.start_sync(["customers", "items"])
    with pytest.raises(KeyError):
        corner.round()
    assert (corner.status()["status"], corner.status()["code"]) == ("failed", "crashed")
    assert "KeyError" in corner.status()["message"]
    assert [state for *_, state in corner.states()] == ["done", "done", "failed", "waiting", "waiting", "waiting"]
    assert corner.manager.get_last_sync_time() is None
    assert len(corner.told()) == 1


def test_a_disk_that_is_full_fails_nothing(corner: Corner) -> None:
    corner.steps["push"] = raising(CannotSave("The disk is full."))
    corner.manager.start_sync(["customers"])
    with pytest.raises(CannotSave):
        corner.round()
    assert corner.status()["status"] == "running"


def test_nothing_is_done_without_the_steps_and_no_time_ends_a_long_session(corner: Corner) -> None:
    """W-20 (done without a call), W-25 (over an hour = failed at the next look)."""
    corner.manager.start_sync(["customers"])
    assert corner.status()["synced_objects"] == 0
    taken = conductor_sessions.claim(corner.store, "long", corner.now)
    assert taken is not None
    for _ in range(24 * 60):
        corner.now += timedelta(seconds=59)
        assert conductor_sessions.beat(corner.store, taken, corner.now)
    assert corner.status()["status"] == "running"
    assert corner.round() == ""
    assert conductor_sessions.at_work(corner.store, "conductor", corner.now)


def test_after_a_death_another_worker_goes_on_from_the_cursor(corner: Corner) -> None:
    corner.steps["pull"] = counting(6)
    corner.manager.start_sync(["invoices"])
    dead = conductor_sessions.claim(corner.store, "dead", corner.now)
    assert dead is not None
    step = conductor_sessions.steps(corner.store, dead.n)[1]
    conductor_sessions.begin_step(corner.store, dead, step, corner.now)
    conductor_sessions.went(corner.store, dead, step, {"n": 4}, total=6, synced=4)
    assert corner.round() == ""  # it is held
    corner.now += timedelta(seconds=conductor_sessions.LEASE_SECONDS + 1)
    corner.round()
    found = corner.status()
    assert (found["status"], found["synced_objects"], found["total_objects"]) == ("completed", 6, 6)
    assert not conductor_sessions.went(corner.store, dead, step, {"n": 5}, synced=1)


def test_what_a_dead_server_held_is_free_at_its_next_start(corner: Corner) -> None:
    corner.manager.start_sync(["customers"])
    conductor_sessions.claim(corner.store, "server:1:x", corner.now)
    assert conductor_sessions.owner_is_dead(corner.store, "server:") == 1
    corner.round()
    assert corner.status()["status"] == "completed"


def test_not_reachable_it_waits_says_so_is_told_and_gives_up_in_the_end(corner: Corner) -> None:
    corner.steps["pull"] = raising(Unavailable("We could not reach the computer of QuickBooks.", code="desktop_away"))
    corner.manager.start_sync(["customers"])
    waits = list[timedelta]()
    while corner.status()["status"] == "running":
        corner.round()
        row = conductor_sessions.current(corner.store, "conductor")
        assert row is not None
        if row.running:
            assert "could not reach" in corner.status()["message"]
            waits.append(clock.parse(row.next_at) - corner.now)
            assert corner.round() == ""
            corner.now = clock.parse(row.next_at)
            assert bool(corner.told()) == (sum(waits[:-1], timedelta()) >= timedelta(minutes=30))
    assert (min(waits), max(waits)) == (timedelta(minutes=1), timedelta(minutes=10))
    assert timedelta(hours=12) <= corner.now - START < timedelta(hours=13)
    assert (corner.status()["code"], corner.status()["failed_objects"]) == ("gave_up", 0)
    corner.steps["pull"] = done
    corner.manager.start_sync(["customers"])
    corner.round()
    assert corner.told() == []


def test_an_answer_that_was_lost_is_waited_for_and_the_session_ends_well(corner: Corner) -> None:
    later = corner.now + timedelta(minutes=5)

    def lost(on: Side, session: Session, step: Step, *_: Any) -> bool | datetime:
        return later if clock.now() < later else True

    corner.steps["push"] = lost
    corner.manager.start_sync(["customers"])
    run = corner.run()
    corner.round(run)
    assert (corner.status()["status"], corner.status()["code"]) == ("running", "settling")
    assert run.wait_seconds == conductor_jobs.POLL_SECONDS
    corner.now = later
    corner.round()
    assert corner.status()["status"] == "completed"


def test_a_key_that_is_refused_fails_at_once_with_what_to_do(corner: Corner) -> None:
    corner.steps["refs"] = raising(SignInNeeded("The key is refused.", code="key_refused", remedy="Put in a good one."))
    corner.manager.start_sync(["customers"])
    corner.round()
    assert (corner.status()["status"], corner.status()["message"]) == (
        "failed", "The key is refused. Put in a good one.",
    )  # fmt: skip


def test_a_type_quickbooks_refuses_as_a_whole_fails_alone_and_the_session_is_no_success(corner: Corner) -> None:
    def no_orders(on: Side, session: Session, step: Step, *_: Any) -> bool:
        if step.object_type == "sales_orders":
            raise Rejected("This edition has no sales orders.", code="not_permitted")
        return True

    corner.steps["pull"] = no_orders
    corner.manager.start_sync(["sales_orders", "invoices"])
    corner.round()
    assert corner.states()[-1] == ("invoices", "pull", "done")
    assert (corner.status()["status"], corner.status()["code"]) == ("failed", "not_permitted")


def test_a_program_that_ends_lets_go_and_the_next_one_goes_on(corner: Corner) -> None:
    stopping = list[int]()

    def stops(on: Side, session: Session, step: Step, stopped: Callable[[], bool], *_: Any) -> bool:
        stopping.append(1)
        return not stopped()

    corner.steps["pull"] = stops
    corner.manager.start_sync(["customers"])
    corner.round(corner.run(stopping=lambda: bool(stopping)))
    assert corner.status()["status"] == "running"
    assert not conductor_sessions.at_work(corner.store, "conductor", corner.now)
    corner.round()
    assert corner.status()["status"] == "completed"


def test_switched_off_by_hand_meanwhile_it_fails_in_words(corner: Corner) -> None:
    corner.manager.start_sync(["customers"])
    with corner.store.transaction():
        corner.store.execute("UPDATE conductor_company SET enabled = 0")
    corner.round()
    assert "switched off" in corner.status()["message"]


def test_old_sessions_go_with_their_steps_and_the_last_one_stays(corner: Corner) -> None:
    corner.steps["pull"] = counting(1, failed=1)
    for _ in range(3):
        corner.manager.start_sync(["vendors"])
        corner.round()
        corner.now += timedelta(days=50)
    assert len(corner.manager.get_sync_history()) == 3
    corner.now += timedelta(days=400)
    corner.round()
    assert len(corner.manager.get_sync_history()) == 1
    assert len(corner.status()["errors"]) == 1
    assert ConductorStep.select(ConductorStep.session).distinct().count() == 1


@pytest.mark.sqlite
def test_a_look_with_nothing_to_do_asks_little_and_writes_nothing(corner: Corner) -> None:
    for _ in range(3):
        corner.manager.start_sync(["vendors"])
        corner.round()
    run = corner.run()
    corner.round(run)
    statements = list[str]()
    corner.store.database.connection().set_trace_callback(statements.append)
    corner.round(run)
    corner.store.database.connection().set_trace_callback(None)
    work = [one for one in statements if not one.startswith(("BEGIN", "COMMIT", "ROLLBACK"))]
    assert len(work) <= 2, work
    plan = corner.store.execute(f"EXPLAIN QUERY PLAN {work[0]}").fetchall()
    assert not [row for row in plan if "SCAN s" in str(row[-1])], plan


def test_a_clock_that_was_a_year_ahead_when_a_session_was_put_off_keeps_it_no_year(corner: Corner) -> None:
    later = corner.now + timedelta(days=365)
    corner.now, now = later, corner.now
    corner.steps["pull"] = raising(Unavailable("away", code="desktop_away"))
    corner.manager.start_sync(["customers"])
    corner.round()
    corner.now, corner.steps["pull"] = now, done
    corner.round()
    assert corner.status()["status"] == "completed"


def test_a_wait_of_days_is_looked_at_each_hour(corner: Corner) -> None:
    corner.steps["push"] = lambda *_: corner.now + timedelta(days=9)
    corner.manager.start_sync(["customers"])
    assert corner.round() and corner.round() == ""
    row = conductor_sessions.current(corner.store, "conductor")
    assert row is not None and clock.parse(row.next_at) == corner.now + timedelta(hours=1)
