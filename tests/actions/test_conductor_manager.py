"""Sessions with QuickBooks Desktop: started once, cancelled alone, told from their own counts, worked on to an end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pos.actions import conductor_manager
from pos.actions.conductor_manager import SyncManager
from pos.actions.conductor_side import Side
from pos.errors import Conflict, Invalid, Unavailable
from pos.rules import conductor_rules
from pos.store import companies, conductor_companies, conductor_sessions
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.models import ConductorSession
from tests.actions.conductor_corner import EVERY_COUNT, NAMES, Corner, counting, raising

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


def test_what_only_goes_there_is_read_as_well_so_that_what_somebody_did_there_is_told() -> None:
    rules = conductor_rules.read({"customers": {"direction": "to_quickbooks"}, "vendors": {"direction": "off"}})
    steps = conductor_manager.plan(rules, ["customers", "vendors"])
    assert steps == [("lists", "refs"), ("customers", "pull"), ("customers", "push")]


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


@pytest.mark.sqlite
def test_looking_writes_nothing(corner: Corner) -> None:
    """W-24."""
    corner.manager.start_sync(["customers"])
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
