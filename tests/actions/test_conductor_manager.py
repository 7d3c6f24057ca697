"""Sessions with QuickBooks Desktop: started once, cancelled alone, told from their own counts, worked on to an end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents import conductor as agent
from pos import clock
from pos import config as settings
from pos.actions import conductor_jobs, conductor_manager
from pos.actions.conductor_jobs import Doing
from pos.actions.conductor_manager import SyncManager
from pos.actions.conductor_side import Side
from pos.agent import Run
from pos.config import Config
from pos.errors import CannotSave, Conflict, Invalid, Rejected, SignInNeeded, Unavailable
from pos.rules import conductor_rules
from pos.store import companies, conductor_companies, conductor_sessions, notices
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.db import Store, open_store
from pos.store.models import ConductorSession, ConductorStep

START = datetime(2026, 11, 20, 17, tzinfo=UTC)
KEYS = {"CONDUCTOR_SECRET_KEY": "sk_conductor_test", "CONDUCTOR_END_USER_ID": "end_usr_test",
        "CONDUCTOR_BASE_URL": "http://127.0.0.1:9/v1"}  # fmt: skip
NAMES = {"status", "start_time", "end_time", "total_objects", "synced_objects", "failed_objects", "progress_percentage",
         "object_progress", "errors"}  # fmt: skip
EVERY_COUNT = {"total": 0, "synced": 0, "failed": 0}


class Corner:
    """One folder with a company file that nobody calls, on a clock that stands until it is moved on."""

    def __init__(self, root: Path) -> None:
        self.now = START
        self.config: Config = settings.load(root, KEYS)
        self.store: Store = open_store(self.config)
        conductor_companies.add(self.store, companies.MAIN, "", "7")
        self.manager = SyncManager(self.store, self.config, companies.MAIN)
        self.steps: dict[str, Doing] = {"refs": done, "pull": done, "push": done, "stock": done}
        self.called: list[tuple[str, str]] = []

    def run(self, stopping: Callable[[], bool] = lambda: False, owner: str = "server:1:test") -> Run:
        return Run(
            agent.AGENT, None, None, "schedule", clock.now(), self.store, self.config, owner, {}, lambda event: None,
            None, stopping,
        )  # fmt: skip

    def round(self, run: Run | None = None) -> str:
        return conductor_jobs.work(run or self.run(), self.steps)

    def status(self) -> dict[str, Any]:
        found = self.manager.get_sync_status()
        assert found is not None
        return found

    def told(self) -> list[str]:
        return [str(one.text) for one in notices.open_notices(self.store)]

    def states(self) -> list[tuple[str, str, str]]:
        found = conductor_sessions.current(self.store, "conductor")
        assert found is not None
        return [(one.object_type, one.direction, one.state) for one in conductor_sessions.steps(self.store, found.n)]


def done(on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]) -> bool:
    return True


def counting(count: int, failed: int = 0) -> Doing:
    """A step of so many objects, one by one, from its cursor on."""

    def run(on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]) -> bool:
        for n in range(step.cursor.get("n", 0), count):
            if stopping():
                return False
            bad = n < failed
            failures = [Failure(step.object_type, "", f"8-{n}", f"Name {n}", "refused", "No.")] if bad else []
            assert conductor_sessions.went(
                on.store, session, step, {"n": n + 1}, total=count, synced=int(not bad), failed=int(bad),
                failures=failures,
            )  # fmt: skip
        return True

    return run


def raising(error: BaseException) -> Doing:
    def run(on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]) -> bool:
        raise error

    return run


@pytest.fixture
def corner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corner]:
    monkeypatch.setattr(conductor_jobs, "CANCELLED_SECONDS", 0.0)
    made = Corner(tmp_path)
    with clock.set_to(lambda: made.now):
        yield made
    made.store.close()


# -- asked for ---------------------------------------------------------------------------------------------------------


def test_one_start_makes_one_session_and_a_second_is_told_who_and_since_when(corner: Corner) -> None:
    """W-22: the view made a session, the manager cancelled it and made another."""
    corner.manager.start_sync(["items", "customers"], by="07")
    with pytest.raises(Conflict, match="07 started it at 2026-11-20 17:00:00") as refused:
        corner.manager.start_sync(["customers"], by="09")
    assert refused.value.code == "running"
    (only,) = corner.manager.get_sync_history()
    assert only["status"] == "running"
    assert list(only["object_progress"]) == ["customers", "items"]
    corner.round()
    assert [one["status"] for one in corner.manager.get_sync_history()] == ["completed"]


def test_threads_that_start_at_once_make_one_session(corner: Corner) -> None:
    refused, together = list[str](), threading.Barrier(4)

    def start(n: int) -> None:
        together.wait()
        try:
            corner.manager.start_sync(["customers"], by=str(n))
        except Conflict as error:
            refused.append(error.code)
        corner.store.release()

    threads = [threading.Thread(target=start, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert refused == ["running"] * 3
    assert ConductorSession.select().count() == 1


def test_asked_for_twice_under_one_id_it_is_one(corner: Corner) -> None:
    first = corner.manager.start_sync(["customers"], key="one")
    assert corner.manager.start_sync(["customers"], key="one").n == first.n


@pytest.mark.parametrize("given", [[], ["customers", "estimates"], ["Customers"]])
def test_types_that_are_none_are_named(corner: Corner, given: list[str]) -> None:
    with pytest.raises(Invalid, match="customers, vendors, items"):
        corner.manager.start_sync(given)
    assert corner.manager.get_sync_status() is None


def test_where_it_is_not_set_up_or_off_nothing_is_started(corner: Corner) -> None:
    companies.add(corner.store, "north", "North", "7")
    with pytest.raises(Conflict) as refused:
        SyncManager(corner.store, corner.config, "north").start_sync(["items"])
    assert refused.value.code == "not_set_up"
    conductor_companies.set_enabled(corner.store, companies.MAIN, False, "7")
    with pytest.raises(Conflict, match="switched off"):
        corner.manager.start_sync(["items"])
    assert ConductorSession.select().count() == 0


def test_steps_go_there_and_back_in_the_order_of_what_names_what(corner: Corner) -> None:
    corner.manager.start_sync(["invoices", "sales_orders", "customers"])
    assert [step[:2] for step in corner.states()] == [
        ("lists", "refs"), ("customers", "pull"), ("customers", "push"), ("sales_orders", "pull"),
        ("sales_orders", "push"), ("invoices", "pull"),
    ]  # fmt: skip


def test_what_failed_while_preparing_counts_as_failed(corner: Corner) -> None:
    corner.steps["stock"] = counting(2, failed=1)
    corner.manager.start_sync(["inventory_adjustments"])
    corner.round()
    found = corner.status()
    assert (found["status"], found["synced_objects"], found["failed_objects"]) == ("completed", 0, 2)
    assert found["object_progress"]["inventory_adjustments"]["failed"] == 1
    assert corner.manager.get_last_sync_time() is None


def test_stock_is_told_between_what_comes_and_what_goes_and_asked_for_last() -> None:
    steps = conductor_manager.plan(conductor_rules.DEFAULTS, ["items", "inventory_adjustments"])
    assert steps == [
        ("lists", "refs"), ("items", "pull"), ("items", "push"), ("inventory_adjustments", "pull"),
        ("inventory_adjustments", "stock"), ("inventory_adjustments", "push"), ("items", "stock"),
    ]  # fmt: skip


# -- how it stands -----------------------------------------------------------------------------------------------------


def test_status_has_the_names_of_the_plan_and_only_this_sessions_counts(corner: Corner) -> None:
    """W-05, W-08, W-24: the percentage was worked out of all customers that were ever brought together, and looking
    wrote it."""
    corner.steps["pull"] = counting(4)
    for _ in range(2):
        corner.manager.start_sync(["customers", "vendors"])
        before = corner.status()
        assert before.keys() >= NAMES
        assert (before["status"], before["end_time"], before["progress_percentage"]) == ("running", None, 0)
        assert before["object_progress"] == {"customers": EVERY_COUNT, "vendors": EVERY_COUNT}
        corner.now += timedelta(minutes=2)
        corner.round()
        after = corner.status()
        assert (after["total_objects"], after["synced_objects"], after["failed_objects"]) == (8, 8, 0)
        assert after["progress_percentage"] == 100
        assert after["end_time"] - after["start_time"] == timedelta(minutes=2)
    assert corner.manager.get_last_sync_time() == corner.now
    statements = list[str]()
    corner.store.database.connection().set_trace_callback(statements.append)
    corner.manager.get_sync_status()
    corner.manager.get_sync_history()
    corner.store.database.connection().set_trace_callback(None)
    assert statements
    assert not [one for one in statements if one.lstrip().split()[0] in ("INSERT", "UPDATE", "DELETE", "REPLACE")]


def test_half_way_is_half_way_and_never_all_before_the_end(corner: Corner) -> None:
    corner.manager.start_sync(["invoices"])
    seen = list[int]()

    def half(on: Side, session: Session, step: Step, *_: Any) -> bool:
        for _n in range(4):
            conductor_sessions.went(on.store, session, step, {}, total=4, synced=1)
            seen.append(corner.status()["progress_percentage"])
        return True

    corner.steps["pull"] = half
    corner.round()
    assert seen == [25, 50, 75, 99]
    assert corner.status()["progress_percentage"] == 100


def test_what_failed_is_told_once_with_type_id_title_and_text(corner: Corner) -> None:
    """W-28. Completed with failures is completed; a screen has its own words for it."""
    corner.steps["pull"] = counting(5, failed=2)
    corner.manager.start_sync(["vendors"])
    corner.round()
    found = corner.status()
    assert (found["status"], found["synced_objects"], found["failed_objects"]) == ("completed", 3, 2)
    assert [(one["type"], one["id"], one["title"], one["text"]) for one in found["errors"]] == [
        ("vendors", "8-0", "Name 0", "No."), ("vendors", "8-1", "Name 1", "No."),
    ]  # fmt: skip
    assert corner.manager.get_last_sync_time() is None
    assert "2 records" in corner.told()[0]
    corner.steps["pull"] = counting(1)
    corner.manager.start_sync(["vendors"])
    corner.round()
    assert corner.told() == []


def test_an_object_that_fails_again_in_a_session_counts_once(corner: Corner) -> None:
    corner.manager.start_sync(["vendors"])
    taken = conductor_sessions.claim(corner.store, "w", corner.now)
    assert taken is not None
    step = conductor_sessions.steps(corner.store, taken.n)[1]
    for code in ("in_use", "refused"):
        one = Failure("vendors", "v1", "", "V", code, code)
        conductor_sessions.went(corner.store, taken, step, {}, total=1, failed=1, failures=[one])
    found = corner.status()
    assert (found["failed_objects"], [one["text"] for one in found["errors"]]) == (1, ["refused"])


# -- cancelled ---------------------------------------------------------------------------------------------------------


def test_cancelled_after_the_object_under_way_what_was_done_stays(corner: Corner) -> None:
    seen = list[int]()

    def asks(on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]) -> bool:
        for n in range(10):
            if stopping():
                return False
            seen.append(n)
            if n == 3:
                assert corner.manager.cancel_sync("07")
                assert corner.status()["status"] == "running"
            conductor_sessions.went(on.store, session, step, {"n": n}, total=10, synced=1)
        return True

    corner.steps["pull"] = asks
    corner.manager.start_sync(["customers", "items"])
    corner.round()
    found = corner.status()
    assert (seen, found["status"], found["synced_objects"]) == ([0, 1, 2, 3], "cancelled", 4)
    assert found["end_time"] is not None
    assert {state for *_, state in corner.states()[1:]} == {"cancelled"}
    assert not corner.manager.cancel_sync("07")


def test_cancelling_is_of_that_session_alone_and_a_new_one_revives_none(corner: Corner) -> None:
    """W-23: the worker asked whether any session was running, so a new one made the cancelled one go on."""
    old = corner.manager.start_sync(["customers"])
    worker = conductor_sessions.claim(corner.store, "old worker", corner.now)
    assert worker is not None
    assert corner.manager.cancel_sync("07")
    with pytest.raises(Conflict):
        corner.manager.start_sync(["items"])
    corner.now += timedelta(seconds=conductor_sessions.LEASE_SECONDS + 1)  # the worker is gone
    corner.round()
    assert corner.status()["status"] == "cancelled"
    new = corner.manager.start_sync(["items"])
    step = conductor_sessions.steps(corner.store, old.n)[1]
    assert conductor_sessions.is_cancelled(corner.store, worker)
    assert not conductor_sessions.went(corner.store, worker, step, {}, synced=1)
    corner.round()
    assert [(one["id"], one["status"]) for one in corner.manager.get_sync_history()] == [
        (new.id, "completed"), (old.id, "cancelled"),
    ]  # fmt: skip


def test_one_nobody_works_on_is_over_at_once_also_while_it_waits(corner: Corner) -> None:
    corner.steps["refs"] = raising(Unavailable("The computer is off."))
    corner.manager.start_sync(["customers"])
    corner.round()
    assert corner.manager.cancel_sync("07")
    assert corner.status()["status"] == "cancelled"


# -- worked on ---------------------------------------------------------------------------------------------------------


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
