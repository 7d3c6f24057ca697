"""A run from its start to its end: its phases, what it came to, and what becomes of it when it cannot go on."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from pos import clock
from pos.actions import deliver, run_phases, runs
from pos.actions.deliver import Done
from pos.actions.run_phases import Work
from pos.errors import Invalid, NotFound, Unknown
from pos.rules import run_codes
from pos.store import companies, run_work
from pos.store import runs as rows
from pos.store.models import RunJob
from tests.actions.run_corner import (
    artifact,
    asked,
    corner,
    log,
    next_morning,
    shop_of_all,
    there,
    worked,
)
from tests.contract import qbo_books
from tests.contract.qbo_books import Shop

__all__ = ["corner", "shop_of_all"]


# -- what it comes to --------------------------------------------------------------------------------------------------


def test_a_day_goes_through_all_phases_and_a_second_run_finds_all_of_it_there(corner: Shop) -> None:
    corner.sell()
    corner.sell(way="Card", qty=2)
    day = next_morning(corner)
    job = asked(corner)
    assert (job.status, job.scope, job.day_from, job.day_to) == ("queued", "single", day, day)
    job = worked(corner, job)
    assert (job.status, job.exit_code, job.reason, job.warnings) == ("succeeded", "0", "", 0)
    assert job.words == "2 documents were booked. The books match."
    first = artifact(corner, job)
    assert (first.raw_count, first.raw_total, first.uploaded, first.skipped, first.failed) == (2, 450, 2, 0, 0)
    assert (first.status, first.run_status, first.source) == ("MATCH", "succeeded", "journal")
    told = log(corner, job)
    assert [phase for phase in ("collect", "transform", "upload", "reconcile") if f"main {phase}:" not in told] == []
    corner.passes(seconds=60)
    job = worked(corner, asked(corner, day))
    assert job.words == "0 documents were booked. 2 were booked before. The books match."
    again = artifact(corner, job)
    assert (again.uploaded, again.skipped) == (0, 2)
    assert first.hash != again.hash
    assert len(there(corner, day)) == 2


def test_a_closed_day_is_success(corner: Shop) -> None:
    job = worked(corner, asked(corner, next_morning(corner)))
    assert (job.status, job.exit_code, job.words, job.warnings) == ("succeeded", "0", "Nothing to post.", 0)


def test_a_range_has_an_artifact_for_each_day_and_says_how_many_match(corner: Shop) -> None:
    corner.sell()
    first = next_morning(corner)
    closed = next_morning(corner)
    corner.sell(qty=3)
    last = next_morning(corner)
    job = worked(corner, asked(corner, first, last))
    found = rows.artifacts(corner.store, job.id)
    assert [(one.day, one.raw_total) for one in found] == [(first, 150), (closed, 0), (last, 450)]
    assert (job.status, job.words) == (
        "succeeded",
        "2 documents were booked. 2 of 2 days match. Nothing was sold on 1 day.",
    )


def test_a_day_that_goes_on_is_taken_when_it_is_named_and_says_so(corner: Shop) -> None:
    corner.sell()
    today = corner.now().date().isoformat()
    job = worked(corner, asked(corner, today))
    assert job.status == "succeeded"
    assert "The day goes on: what comes later goes with the next run." in job.words
    next_morning(corner)
    assert worked(corner, asked(corner, today)).words == "1 document was booked. The books match."


def test_what_the_books_do_not_hold_any_more_is_a_warning_and_no_failure(corner: Shop) -> None:
    corner.sell()
    day = next_morning(corner)
    worked(corner, asked(corner, day))
    (doc,) = there(corner, day)
    corner.site.gb.remove("SalesReceipt", doc["Id"])
    job = worked(corner, asked(corner, day))
    assert (job.status, job.exit_code, job.reason) == ("succeeded", "0", "mismatch")
    assert job.warnings == 1
    assert "The books differ by" in job.words


def test_a_document_that_is_refused_makes_it_fail(corner: Shop) -> None:
    corner.sell(way="Cheque")
    corner.sell()
    day = next_morning(corner)
    job = worked(corner, asked(corner, day))
    assert (job.status, job.exit_code, job.reason) == ("failed", "1", "failed")
    assert job.words.startswith("1 document was refused. 1 document was booked.")
    assert (artifact(corner, job).failed, artifact(corner, job).uploaded) == (1, 1)


def test_books_that_are_not_set_up_fail_a_run_at_once_unless_there_is_nothing_to_post(corner: Shop) -> None:
    """What a person has to do is not waited for: a company nobody trades in would run for ever."""
    try:
        corner.mapped({**qbo_books.MAPPING, "prefix": ""})
        closed = worked(corner, asked(corner, next_morning(corner)))
        corner.sell()
        open_ = worked(corner, asked(corner, next_morning(corner)))
    finally:
        corner.mapped(qbo_books.MAPPING)
    assert (closed.status, closed.words, artifact(corner, closed).reason) == (
        "succeeded", "Nothing to post.", "Nothing was sold.",
    )  # fmt: skip
    assert (open_.status, open_.exit_code, open_.reason) == ("failed", "1", "failed")
    assert open_.words == ("Numbers have no prefix yet. Put it right on the QuickBooks page, then start the run again.")
    again = worked(corner, asked(corner, open_.day_from))
    assert (again.status, again.words) == ("succeeded", "1 document was booked. The books match.")


# -- what keeps it from going on ---------------------------------------------------------------------------------------


def test_while_the_line_is_away_it_waits_and_after_a_day_it_has_failed(
    corner: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    corner.sell()
    day = next_morning(corner)
    job = asked(corner, day)
    with monkeypatch.context() as gone:
        gone.setattr(deliver, "queued", lambda _job: Done(left=1, again_in=30, line_is_away=True))
        assert worked(corner, job).status == "running"
        (part,) = rows.parts(corner.store, job.id)
        assert (part.phase, part.owner, part.words) == ("upload", "", "Waits for QuickBooks: No answer.")
        assert run_work.claim(corner.store, "w", corner.now()) is None
        corner.passes(seconds=31)
        worked(corner, job)
        assert log(corner, job).count("Waits for QuickBooks") == 1, "said once"
    corner.passes(seconds=31)
    assert worked(corner, job).status == "succeeded"
    corner.sell()
    job = asked(corner, next_morning(corner))
    monkeypatch.setattr(deliver, "queued", lambda _job: Done(left=1, again_in=30, line_is_away=True))
    worked(corner, job)
    corner.passes(hours=25)
    ended = worked(corner, job)
    assert (ended.status, ended.exit_code, ended.reason) == ("failed", "1", "failed")
    assert ended.words == "It waited for 24 hours. Waits for QuickBooks: No answer."
    assert artifact(corner, job).status == "NOT RUN"
    monkeypatch.undo()
    corner.round()


def test_a_company_without_books_fails_in_words_and_the_others_go_on(corner: Shop) -> None:
    if len(companies.every(corner.store)) == 1:
        companies.add(corner.store, "north", "North", "07")
    day = next_morning(corner)
    job = asked(corner, day, companies=["north", "main"], stagger_seconds=0, continue_on_failure=True)
    worked(corner, job)
    job = worked(corner, job)
    assert (job.scope, job.status, job.exit_code, job.reason) == ("all", "failed", "2", "bad_arguments")
    parts = {part.company: part for part in rows.parts(corner.store, job.id)}
    assert parts["north"].words == "North has no books to post to."
    assert parts["main"].status == "succeeded"
    everybody = asked(corner, day, companies=None)
    assert [part.company for part in rows.parts(corner.store, everybody.id)] == ["main"], "of all only those with books"
    worked(corner, everybody)


def test_cancelled_between_two_documents_what_was_sent_stays_and_the_rest_goes_on_later(corner: Shop) -> None:
    for way in ("Cash", "Card"):
        corner.sell(way=way)
    day = next_morning(corner)
    job = asked(corner, day)

    def cancels() -> None:
        if there(corner, day):
            runs.cancel(corner.store, job.id, "07")

    job = worked(corner, job, lambda: replace(corner.job(), breathe=cancels))
    assert (job.status, job.exit_code, job.reason) == ("cancelled", "1", "cancelled")
    assert job.words == "Cancelled in the phase Send. 1 document was sent and stays. 1 goes by itself."
    assert len(there(corner, day)) == 1
    assert Counter(row.state for row in corner.rows() if day.replace("-", "")[2:] in row.document) == {
        "booked": 1, "queued": 1
    }  # fmt: skip
    assert (artifact(corner, job).run_status, artifact(corner, job).reason) == (
        "cancelled", "The run was cancelled before."
    )  # fmt: skip
    corner.passes(seconds=60)
    assert worked(corner, asked(corner, day)).words == "1 document was booked. 1 was booked before. The books match."
    assert len(there(corner, day)) == 2


@pytest.mark.parametrize("phase", ["collect", "transform"])
def test_cancelled_before_anything_was_sent_it_says_what_is_left(
    corner: Shop, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    corner.sell()
    corner.sell(way="Card")
    job, real = asked(corner, next_morning(corner)), run_phases._PHASES[phase]

    def cancels(work: Work) -> None:
        runs.cancel(corner.store, job.id, "07")
        real(work)

    monkeypatch.setitem(run_phases._PHASES, phase, cancels)
    assert worked(corner, job).words == f"Cancelled in the phase {run_codes.PHASES[phase]}. 2 go by themselves."
    corner.round()


def test_where_runs_alone_post_nothing_goes_by_itself_but_what_was_sent_is_read_back(
    corner: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = companies.kept(corner.store, "main", "runs")
    companies.keep(corner.store, "main", "runs", {"posting": "runs"}, kept, "07")
    corner.sell()
    day = next_morning(corner)
    assert deliver.queued(corner.job(), post=False).idle
    assert there(corner, day) == []
    before = asked(corner, day)
    assert runs.cancel(corner.store, before.id, "07").words == "Cancelled before it began."
    job = asked(corner, day)
    with monkeypatch.context() as patch:
        patch.setattr(corner.books, "fetch", silent)
        assert worked(corner, job).status == "running"
    runs.cancel(corner.store, job.id, "07")
    assert worked(corner, job).words == "Cancelled in the phase Send. 1 was sent and is read back by itself."
    corner.passes(seconds=300)
    assert deliver.queued(corner.job(), post=False).booked == 1
    assert len(there(corner, day)) == 1
    companies.keep(corner.store, "main", "runs", {}, companies.kept(corner.store, "main", "runs"), "07")


def silent(*_given: object) -> None:
    raise Unknown("no answer", code="timeout")


# -- asked for ---------------------------------------------------------------------------------------------------------


BAD: list[tuple[dict[str, Any], str]] = [
    ({"day": "yesterday"}, "day_from"),
    ({"day": "2026-11-20", "last": "2026-11-19"}, "day_to"),
    ({"day": "2099-01-01"}, "day_to"),
    ({"day": "2024-01-01", "last": "2026-11-19"}, "day_to"),
    ({"parallel": 0}, "parallel"),
    ({"parallel": 99}, "parallel"),
    ({"stagger_seconds": -1}, "stagger_seconds"),
]


def test_what_cannot_be_run_is_refused_in_words(corner: Shop) -> None:
    before = RunJob.select().count()
    for arguments, field in BAD:
        with pytest.raises(Invalid) as refused:
            asked(corner, **arguments)
        assert (refused.value.code, refused.value.field) == ("bad_arguments", field)
    with pytest.raises(NotFound):
        asked(corner, companies=["nobody"])
    assert RunJob.select().count() == before


def test_without_a_day_it_is_the_last_that_is_over_and_bells_ring(corner: Shop) -> None:
    rung: list[str] = []
    with clock.set_to(dt.datetime(2026, 11, 20, 3, 59, tzinfo=dt.UTC)):
        kept = companies.kept(corner.store, "main", "runs")
        companies.keep(corner.store, "main", "runs", {"trading_day": True, "cutoff": "04:00"}, kept, "07")
        job = asked(corner, ring=rung.append)
        companies.keep(corner.store, "main", "runs", {}, companies.kept(corner.store, "main", "runs"), "07")
    assert job.day_from == job.day_to == "2026-11-18", "before the cut-off the day before yesterday"
    assert rung == [f"run:{job.id}:queued", "runs"]
    assert (job.parallel, job.stagger_seconds, job.requested_by) == (2, 2, "07")
    runs.cancel(corner.store, job.id, "07")
