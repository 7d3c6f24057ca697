"""Workers of runs that are killed, stopped, or asleep for too long: what they began is ended by another, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pos.actions import run_phases, run_reconcile, run_round
from pos.actions.line import Job as Line
from pos.actions.run_phases import Work
from pos.store import run_work
from pos.store import runs as rows
from pos.store.runs import Artifact, Part
from tests.actions.run_corner import (
    artifact,
    asked,
    claimed,
    corner,
    hold,
    log,
    next_morning,
    shop_of_all,
    there,
    worked,
)
from tests.contract.qbo_books import Shop

__all__ = ["corner", "shop_of_all"]


class Killed(BaseException):
    """kill -9: no handler of the program sees it."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_in_any_phase_another_worker_goes_on_and_each_document_is_there_once(
    corner: Shop, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for phase, real in list(run_phases._PHASES.items()):

        def dies(work: Work, real: Callable[[Work], None] = real) -> None:
            if after:
                real(work)
            raise Killed

        corner.sell()
        day = next_morning(corner)
        job = asked(corner, day)
        with monkeypatch.context() as patch:
            patch.setitem(run_phases._PHASES, phase, dies)
            with pytest.raises(Killed):
                worked(corner, job)
        assert rows.job(corner.store, job.id).status == "running"
        assert run_work.claim(corner.store, "w2", corner.now()) is None, "its worker may be alive"
        corner.passes(seconds=31)
        run_round.sweep(corner.store, corner.config)
        job = worked(corner, job)
        assert (job.status, job.exit_code) == ("succeeded", "0"), log(corner, job)
        assert f"WARNING main {phase}: Its worker died (1 of 3)." in log(corner, job)
        assert len(there(corner, day)) == 1
        assert artifact(corner, job).status == "MATCH"


def test_a_comparison_of_many_days_goes_on_at_the_day_it_came_to(corner: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    days, seen = [], list[str]()
    for _ in range(3):
        corner.sell()
        days.append(next_morning(corner))
    job, real = asked(corner, days[0], days[-1]), run_reconcile.of_day

    def dies(line: Line, part: Part, day: str, n: int, holds: Callable[[], bool]) -> object:
        seen.append(day)
        if seen.count(days[1]) == 1 and day == days[1]:
            raise Killed
        return real(line, part, day, n, holds)

    monkeypatch.setattr(run_reconcile, "of_day", dies)
    with pytest.raises(Killed):
        worked(corner, job)
    corner.passes(seconds=31)
    run_round.sweep(corner.store, corner.config)
    assert worked(corner, job).words.endswith("3 of 3 days match.")
    assert seen == [days[0], days[1], days[1], days[2]]


def test_a_program_that_stops_lets_go_and_no_death_is_counted(corner: Shop) -> None:
    corner.sell()
    job = asked(corner, next_morning(corner))
    work = hold(corner, claimed(corner))
    work.stopping = lambda: work.part.phase == "upload"
    assert run_phases.work(work) == ""
    (part,) = rows.parts(corner.store, job.id)
    assert (part.phase, part.owner, part.tries) == ("upload", "", 0)
    assert worked(corner, job).status == "succeeded"


def test_who_lost_its_part_stops_and_what_the_other_does_stands(corner: Shop) -> None:
    corner.sell()
    job = asked(corner, next_morning(corner))
    late = hold(corner, claimed(corner, "late"))
    corner.passes(seconds=31)
    run_round.sweep(corner.store, corner.config)
    assert worked(corner, job).status == "succeeded"
    late.beat(corner.now())
    assert run_phases.work(late) == ""
    assert rows.job(corner.store, job.id).status == "succeeded"


def test_a_worker_that_hangs_is_dead_though_its_process_lives(corner: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    corner.sell()
    job = asked(corner, next_morning(corner))
    late = hold(corner, claimed(corner, "late"))
    corner.passes(seconds=20)
    late.beat(corner.now())
    monkeypatch.setattr(run_phases, "HANGS_SECONDS", -1.0)
    corner.passes(seconds=20)
    late.beat(corner.now())
    run_round.sweep(corner.store, corner.config)
    assert rows.parts(corner.store, job.id)[0].owner != "", "it was held until then"
    corner.passes(seconds=11)
    run_round.sweep(corner.store, corner.config)
    assert worked(corner, job).status == "succeeded"
    assert run_phases.work(late) == ""


@pytest.mark.parametrize("phase", ["collect", "transform", "upload", "reconcile"])
def test_who_lost_its_part_writes_nothing_more_in_any_phase(
    corner: Shop, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    """It slept through its lease in the middle of a phase, so it knows of nothing."""
    corner.sell()
    job, real = asked(corner, next_morning(corner)), run_phases._PHASES[phase]
    standing: list[tuple[Artifact, str]] = []

    def sleeps(work: Work) -> None:
        if work.part.owner.startswith("late"):
            corner.passes(seconds=31)
            run_round.sweep(corner.store, corner.config)
            assert worked(corner, job).status == "succeeded"
            standing.append((artifact(corner, job), log(corner, job)))
        real(work)

    monkeypatch.setitem(run_phases._PHASES, phase, sleeps)
    assert run_phases.work(hold(corner, claimed(corner, "late"))) == ""
    assert standing == [(artifact(corner, job), log(corner, job))]
    assert (artifact(corner, job).uploaded, len(there(corner, job.day_from))) == (1, 1)


def test_what_no_one_thought_of_is_a_failure_in_words(corner: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_work: Work) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(run_phases._PHASES, "archive", full)
    job = worked(corner, asked(corner, next_morning(corner)))
    assert (job.status, job.exit_code) == ("failed", "1")
    assert "No space left on device" in job.words
