"""Runs as rows: whose turn it is, who holds what, how they end, and what their log says behind a byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pos import clock
from pos.errors import NotFound
from pos.store import companies, run_artifacts, run_work, runs
from pos.store.db import Store
from pos.store.reach import Reach
from pos.store.run_work import End
from pos.store.runs import Filter, Part

pytestmark = pytest.mark.both_engines

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WAIT = timedelta(minutes=30)
DAY = "2026-11-20"
WELL = End("succeeded", "0", "", "Good.")
BADLY = End("failed", "1", "failed", "Bad.")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ask(store: Store, *keys: str, **more: Any) -> str:
    """A run of these companies, all of which have books."""
    how = {"parallel": 1, "stagger_seconds": 0, "continue_on_failure": False, "by": "07", "now": NOW, **more}
    single = len(keys) == 1
    books = {key: f"quickbooks-{key}" for key in keys}
    return runs.ask(store, "single" if single else "all", keys[0] if single else "", DAY, DAY, books=books, **how)


def claimed(store: Store, owner: str, now: datetime = NOW) -> Part | None:
    found = run_work.claim(store, owner, now)
    return found[0] if found else None


def companies_at_work(store: Store, now: datetime = NOW) -> list[str]:
    """Whoever can be begun now, each by a worker of its own."""
    found = list[str]()
    while (part := claimed(store, f"w{now.timestamp()}-{len(found)}", now)) is not None:
        found.append(part.company)
    return found


def test_as_many_at_once_as_asked_for_and_so_far_apart(store: Store) -> None:
    ask(store, "a", "b", "c", "d", parallel=2, stagger_seconds=10)
    assert companies_at_work(store) == ["a"]
    assert companies_at_work(store, at(9)) == []
    assert companies_at_work(store, at(10)) == ["b"]
    assert companies_at_work(store, at(20)) == [], "two are at work"
    first = runs.part(store, 1)
    assert run_work.finish(store, first, WELL, at(21)) == "running"
    assert companies_at_work(store, at(21)) == ["c"]


@pytest.mark.parametrize(("go_on", "begun", "status"), [(True, ["c"], "failed"), (False, [], "failed")])
def test_after_a_failure_no_other_starts_unless_it_is_to_continue_however_many_run_at_once(
    store: Store, go_on: bool, begun: list[str], status: str
) -> None:
    job = ask(store, "a", "b", "c", parallel=2, continue_on_failure=go_on)
    assert companies_at_work(store) == ["a", "b"]
    run_work.finish(store, runs.part(store, 1), BADLY, at(1))
    run_work.sweep(store, at(1), WAIT)
    assert companies_at_work(store, at(2)) == begun
    run_work.finish(store, runs.part(store, 2), WELL, at(3))
    if go_on:
        run_work.finish(store, runs.part(store, 3), WELL, at(4))
    found = runs.job(store, job)
    assert (found.status, found.exit_code, found.words) == (status, "1", "1 of 3 companies failed.")
    assert [(p.status, p.reason) for p in runs.parts(store, job)][2] == (
        ("succeeded", "") if go_on else ("cancelled", "not_started")
    )


def test_of_all_runs_a_company_has_one_running_part_and_the_next_one_gives_up_with_two(store: Store) -> None:
    first, second = ask(store, "a"), ask(store, "a")
    part = claimed(store, "w1")
    assert part is not None
    assert part.job == first
    assert claimed(store, "w2", at(1)) is None
    assert run_work.sweep(store, at(1), WAIT) == [second]
    assert runs.parts(store, second)[0].words == "Waits for another run of the same company."
    assert run_work.beat(store, part, at(1800))
    assert run_work.sweep(store, at(1800), WAIT) == [], "not so long yet"
    assert run_work.sweep(store, at(1801), WAIT) == [second]
    ended = runs.job(store, second)
    assert (ended.status, ended.exit_code, ended.reason) == ("failed", "2", "lock_held")
    assert runs.active(store, "a")
    run_work.finish(store, part, WELL, at(1802))
    assert not runs.active(store, "a")


def test_a_look_at_many_that_wait_costs_as_much_as_at_a_few(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who sells may write while it looks; with 96 parts that wait it asked for each of them."""
    for _ in range(2):
        ask(store, *(f"c{n}" for n in range(50)), parallel=2)
    companies_at_work(store)
    asked, real = list[str](), type(store.database).execute_sql

    def counted(self: Any, sql: str, *more: Any, **how: Any) -> Any:
        asked.append(sql)
        return real(self, sql, *more, **how)

    monkeypatch.setattr(type(store.database), "execute_sql", counted)
    run_work.sweep(store, at(1), WAIT)
    assert claimed(store, "w", at(1)) is None
    assert len(asked) < 40


def test_one_that_waited_begins_once_the_other_is_over(store: Store) -> None:
    ask(store, "a")
    second = ask(store, "a")
    part = claimed(store, "w1")
    assert part is not None
    run_work.sweep(store, at(1), WAIT)
    run_work.finish(store, part, WELL, at(5))
    after = claimed(store, "w2", at(5))
    assert after is not None
    assert (after.job, after.cursor, after.words) == (second, "{}", ""), "it waits for nobody any more"


def test_three_deaths_in_one_phase_are_a_failure_and_a_phase_that_ends_forgets_them(store: Store) -> None:
    job = ask(store, "a")
    for death in (1, 2):
        assert claimed(store, f"w{death}", at(death * 100)) is not None
        assert claimed(store, "other", at(death * 100 + 29)) is None, "it may be alive"
        run_work.sweep(store, at(death * 100 + 30), WAIT)
        assert runs.parts(store, job)[0].tries == death
    part = claimed(store, "w3", at(300))
    assert part is not None
    moved = run_work.next_phase(store, part, at(301))
    assert moved is not None
    assert (moved.phase, moved.tries) == ("transform", 0)
    assert run_work.next_phase(store, part, at(302)) is None, "the phase it knew is over"
    runs.put_artifact(store, job, "a", DAY, processed_at="x")
    for death in (4, 5, 6):
        run_work.sweep(store, at(death * 100), WAIT)
        held = claimed(store, f"w{death}", at(death * 100))
        if held is not None and death == 5:  # that it waited once in between is no new beginning
            run_work.put_off(store, held, at(500), "Waits.")
            claimed(store, "w5 again", at(500))
    run_work.sweep(store, at(700), WAIT)
    ended = runs.job(store, job)
    (left,) = runs.artifacts(store, job)
    assert (left.run_status, left.status, left.reason) == ("failed", "NOT RUN", "The run failed before.")
    assert (ended.status, ended.exit_code, ended.reason) == ("failed", "-1", "stale")
    assert "Its worker died 3 times in the phase Make documents." in runs.tail(store, job, 0)[0]


def test_who_lost_its_lease_changes_nothing_any_more(store: Store) -> None:
    job = ask(store, "a")
    late = claimed(store, "w1")
    assert late is not None
    run_work.sweep(store, at(31), WAIT)
    new = claimed(store, "w2", at(31))
    assert new is not None
    assert not run_work.beat(store, late, at(32))
    assert run_work.finish(store, late, BADLY, at(32)) == ""
    assert not run_work.put_off(store, late, at(90), "words")
    assert run_work.next_phase(store, late, at(32)) is None
    run_work.let_go(store, late)
    assert run_work.finish(store, new, WELL, at(33)) == "succeeded"
    assert runs.job(store, job).exit_code == "0"


def test_a_lease_from_before_the_clock_was_set_back_holds_nothing_up(store: Store) -> None:
    ask(store, "a")
    assert claimed(store, "w1", at(86_400)) is not None
    run_work.sweep(store, NOW, WAIT)
    assert claimed(store, "w2", NOW) is not None


def test_what_waits_is_free_at_its_moment_and_holds_its_company(store: Store) -> None:
    ask(store, "a")
    part = claimed(store, "w1")
    assert part is not None
    assert run_work.put_off(store, part, at(60), "Waits for QuickBooks.")
    ask(store, "a")
    assert claimed(store, "w2", at(59)) is None
    assert run_work.waits(store, at(59)) == at(60)
    again = claimed(store, "w2", at(60))
    assert again is not None
    assert (again.n, again.tries) == (part.n, 0), "that was no death"


def test_cancelled_while_it_decides_to_wait_it_does_not(store: Store) -> None:
    job = ask(store, "a")
    part = claimed(store, "w1")
    assert part is not None
    runs.cancel(store, job, "07", at(1))
    assert run_work.put_off(store, part, at(600), "Waits for QuickBooks.")
    assert claimed(store, "w2", at(2)) is not None


def test_no_wait_is_longer_for_a_clock_that_was_set_back(store: Store) -> None:
    first, second = ask(store, "a"), ask(store, "a")
    part = claimed(store, "w1", at(36_000))
    assert part is not None
    run_work.sweep(store, at(36_000), WAIT)
    assert run_work.put_off(store, part, at(36_060), "Waits for QuickBooks.")
    back = claimed(store, "w2", NOW)
    assert back is not None
    assert (back.job, back.started_at < clock.stamp(at(1))) == (first, True), "and its day of waiting begins anew"
    run_work.sweep(store, NOW, WAIT)
    assert run_work.beat(store, back, at(1800))
    run_work.sweep(store, at(1801), WAIT)
    assert runs.job(store, second).reason == "lock_held", "half an hour by this clock"


def test_one_that_waits_for_its_books_takes_no_other_company_s_turn(store: Store) -> None:
    job = ask(store, "a", "b", "c", parallel=1)
    part = claimed(store, "w1")
    assert part is not None
    run_work.put_off(store, part, at(5), "Waits for QuickBooks.")
    second = claimed(store, "w2", at(1))
    assert second is not None
    assert second.company == "b"
    assert claimed(store, "w3", at(6)) is None, "one at a time is worked on"
    run_work.finish(store, second, WELL, at(7))
    again = claimed(store, "w4", at(7))
    assert again is not None
    assert again.company == "a", "what was begun goes first"
    run_work.put_off(store, again, at(600), "Waits for QuickBooks.")
    runs.cancel(store, job, "07", at(8))
    assert companies_at_work(store, at(9)) == ["a"]


def test_cancelled_before_it_began_it_is_over_and_what_waits_is_ended_at_once(store: Store) -> None:
    job = ask(store, "a", "b", parallel=1)
    part = claimed(store, "w1")
    assert part is not None
    run_work.put_off(store, part, at(600), "Waits.")
    assert runs.cancel(store, job, "07", at(1)) == "running"
    assert [p.status for p in runs.parts(store, job)] == ["running", "cancelled"]
    held = claimed(store, "w2", at(2))
    assert held is not None, "it need not wait for the books to stop"
    assert run_work.cancelled(store, job)
    run_work.finish(store, held, End("cancelled", "1", "cancelled", "Cancelled."), at(3))
    ended = runs.job(store, job)
    assert (ended.status, ended.exit_code, ended.reason, ended.cancel_by) == ("cancelled", "1", "cancelled", "07")
    assert runs.cancel(store, job, "08", at(4)) == "cancelled", "twice changes nothing"
    alone = ask(store, "c")
    assert runs.cancel(store, alone, "07", at(5)) == "cancelled"
    with pytest.raises(NotFound):
        runs.cancel(store, "no such run", "07", NOW)


ENDS = [
    # how its parts end, and how the run does
    ([WELL, WELL], ("succeeded", "0", "")),
    ([WELL, End("succeeded", "0", "mismatch", "", 1)], ("succeeded", "0", "mismatch")),
    ([WELL, BADLY], ("failed", "1", "failed")),
    ([End("failed", "2", "lock_held", ""), WELL], ("failed", "2", "lock_held")),
    ([End("failed", "2", "bad_arguments", ""), End("failed", "-1", "stale", "")], ("failed", "-1", "stale")),
    ([End("failed", "-1", "stale", ""), BADLY], ("failed", "1", "failed")),
    ([End("cancelled", "1", "cancelled", ""), WELL], ("cancelled", "1", "cancelled")),
    ([End("cancelled", "1", "cancelled", ""), BADLY], ("failed", "1", "failed")),
]


def test_a_run_comes_to_the_worst_of_its_parts(store: Store) -> None:
    for ends, comes_to in ENDS:
        job = ask(store, "a", "b", parallel=2, continue_on_failure=True)
        for end in ends:
            part = claimed(store, "w")
            assert part is not None
            run_work.finish(store, part, end, at(1))
        found = runs.job(store, job)
        assert (found.status, found.exit_code, found.reason) == comes_to
        assert found.warnings == sum(end.warnings for end in ends)


def test_a_log_is_followed_by_its_bytes(store: Store) -> None:
    job = ask(store, "a")
    whole, end = runs.tail(store, job, 0)
    runs.say(store, job, "a", "upload", "info", "عشرة مستندات", NOW)
    runs.say(store, job, "a", "upload", "error", "two\nlines are one", NOW)
    more, last = runs.tail(store, job, end)
    assert more == (
        "2026-11-21T12:00:00Z INFO a upload: عشرة مستندات\n2026-11-21T12:00:00Z ERROR a upload: two lines are one\n"
    )
    assert last == end + len(more.encode()) == runs.job(store, job).log_bytes
    assert runs.tail(store, job, last) == ("", last)
    text, at_byte = "", 0
    while True:  # in pieces smaller than a line, and never half a letter
        piece, at_byte = runs.tail(store, job, at_byte, 7)
        if not piece:
            break
        assert len(piece.encode()) <= 7
        text += piece
    assert text == whole + more
    runs.say(store, job, "a", "upload", "info", "half \ud800 a letter", NOW)
    assert runs.tail(store, job, last)[0].endswith("half ? a letter\n")


def test_nobody_sees_runs_of_companies_out_of_reach(store: Store) -> None:
    companies.add(store, "north", "North", "07")
    mine, theirs, both = ask(store, "main"), ask(store, "north"), ask(store, "main", "north")
    runs.put_artifact(store, both, "north", DAY, processed_at="x")
    runs.put_artifact(store, both, "main", DAY, processed_at="x")
    runs.say(store, both, "north", "", "info", "a word of the north", NOW)
    reach = Reach(frozenset({"main"}))
    assert [job.id for job in runs.listed(store, reach)[0]] == [both, mine]
    assert [job.id for job in runs.recent(store, reach, 1)] == [both]
    assert runs.open_ids(store, reach) == [mine, both]
    assert [one.id for one in runs.statuses(store, [mine, theirs, both], reach)] == [mine, both]
    assert [part.company for part in runs.parts(store, both, reach)] == ["main"]
    assert [one.company for one in runs.artifacts(store, both, reach)] == ["main"]
    assert "north" not in runs.tail(store, both, 0, reach=reach)[0]
    with pytest.raises(NotFound):
        runs.job(store, theirs, reach)
    of_a_shop = Reach(frozenset({"main"}), frozenset({"another"}))
    assert runs.listed(store, of_a_shop)[0] == [], "a run is of all shops of a company"


def test_a_day_that_differs_stands_until_it_is_compared_again(store: Store) -> None:
    """A run that was stopped before it compared hides nothing; neither does one of another company or day."""
    for n, (status, run_status, count, stands) in enumerate(
        [
            ("MISMATCH", "succeeded", 2, True),
            ("NOT RUN", "cancelled", 2, True),
            ("NOT RUN", "failed", 0, True),
            ("MATCH", "cancelled", 2, False),
            ("MISMATCH", "succeeded", 2, True),
            ("NOT RUN", "succeeded", 0, False),
        ]
    ):
        facts = {"status": status, "run_status": run_status, "raw_count": count, "processed_at": clock.stamp(at(n))}
        runs.put_artifact(store, f"job{n}", "a", DAY, **facts)
        runs.put_artifact(store, f"job{n}", "b", DAY, **{**facts, "status": "MATCH"})
        assert bool(run_artifacts.mismatches(store)) == stands, (n, status, run_status)


def test_runs_are_listed_by_what_is_asked_for(store: Store) -> None:
    first, second = ask(store, "a", schedule="s1"), ask(store, "b")
    part = claimed(store, "w")
    assert part is not None
    run_work.finish(store, part, WELL, at(1))

    def found(**which: str) -> list[str]:
        return [job.id for job in runs.listed(store, which=Filter(**which))[0]]

    assert found() == [second, first]
    assert found(status="succeeded") == [first]
    assert found(company="b") == [second]
    assert found(schedule="s1") == [first]
    assert found(day_from=DAY, day_to=DAY) == [second, first]
    assert found(day_from="2026-11-21") == []
