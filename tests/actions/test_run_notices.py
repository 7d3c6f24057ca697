"""What people are told of runs: by choice, once for a cause, with the company's own money, settled when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pos import clock, config
from pos.actions import run_notices, run_settings
from pos.rules.reconcile import Figures, Pair
from pos.rules.reconcile import compare as compared
from pos.said import said
from pos.store import companies, notices, reconciliations, runs
from pos.store.db import Store, open_store
from pos.store.models import Connection, Outbox, RunJob, RunPart
from pos.store.scopes import Scope

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
DAY = "2026-11-20"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(config.load(tmp_path, environ={"TILLKEEP_SERVER_ROLE": "hub"}))
    companies.add(made, "north", "Boreal Ltd", "test", currency="KWD")
    for company in ("main", "north"):
        key = companies.connection_id("quickbooks", company)
        Connection.create(id=key, kind="quickbooks", title="QuickBooks Online", company=company)
    with clock.set_to(NOW):
        yield made
    made.close()


def choose(store: Store, company: str, **chosen: bool) -> None:
    before = companies.kept(store, company, run_settings.PART)
    companies.keep(store, company, run_settings.PART, {"notify": chosen}, before, "test")


def ran(
    store: Store, company: str, ended: str = "succeeded", words: str = "", because: str = "", **values: Any
) -> runs.Job:
    """A run of one company that ended so. values: of its day."""
    status, reason = ended, because or ("failed" if ended == "failed" else "")
    books = {company: companies.connection_id("quickbooks", company)}
    job = runs.ask(store, "single", company, DAY, DAY, parallel=1, stagger_seconds=0, continue_on_failure=False,
                   by="test", now=clock.now(), books=books)  # fmt: skip
    RunPart.update(status=status, words=words, reason=reason, phase="done").where(RunPart.job == job).execute()
    RunJob.update(status=status, words=words, reason=reason).where(RunJob.id == job).execute()
    if values:
        runs.put_artifact(store, job, company, DAY, processed_at=clock.stamp(clock.now()), **values)
    found = runs.job(store, job)
    run_notices.ended(store, store.config, found)
    return found


def told(store: Store, prefix: str = "run-") -> list[tuple[str, str]]:
    return [(one.key.split(":")[0], str(one.text)) for one in notices.open_notices(store, prefix=prefix)]


def test_a_failure_is_told_once_for_a_cause_and_settled_by_the_next_run_that_goes_well(store: Store) -> None:
    first = ran(store, "north", "failed", "QuickBooks did not answer.")
    run_notices.ended(store, store.config, first)
    ran(store, "north", "failed", "QuickBooks did not answer.")
    words = f"The run {first.id[-6:]} of Boreal Ltd, {DAY}, failed: QuickBooks did not answer."
    (one,) = notices.open_notices(store, prefix="run-")
    assert (one.text, one.count, one.subject) == (words, 1, "quickbooks-north")
    ran(store, "north", "failed", "No disk.")
    (one,) = notices.open_notices(store, prefix="run-")
    assert (one.count, "No disk." in one.text) == (2, True)
    ran(store, "main", "succeeded")
    assert len(told(store)) == 1, "another company's success settles nothing"
    ran(store, "north")
    assert told(store) == []


@pytest.mark.parametrize(
    ("reason", "refused", "words"),
    [
        ("lock_held", 0, "Another run of this company did not end in time."),
        ("bad_arguments", 0, "See the company's settings"),
        ("stale", 0, "The program ended several times"),
        ("failed", 0, "Open the run: its log says what happened."),
        ("failed", 2, "Open the outbox: 2 documents need a person."),
    ],
)
def test_a_failure_says_what_to_do(store: Store, reason: str, refused: int, words: str) -> None:
    ran(store, "north", "failed", "It failed.", reason, failed=refused)
    (one,) = notices.open_notices(store, prefix="run-")
    assert words in one.remedy


def test_start_success_and_failure_are_told_where_they_are_chosen_alone(store: Store) -> None:
    choose(store, "north", start=True, success=True, failure=False)
    job = ran(store, "north", "failed", "No line.")
    assert told(store) == []
    run_notices.started(store, store.config, job)
    run_notices.started(store, store.config, job)
    assert told(store) == [("run-began", f"The run {job.id[-6:]} of Boreal Ltd, {DAY}, began.")]
    run_notices.ended(store, store.config, job)
    assert told(store) == []
    main = ran(store, "main", raw_total=100)
    run_notices.started(store, store.config, main)
    assert told(store) == [], "the first company keeps to the portal's choice: failures alone"
    figures: dict[str, Any] = {
        "raw_rows": 7,
        "raw_total": 12345,
        "booked_total": 12345,
        "uploaded": 2,
        "skipped": 1,
        "status": "MATCH",
    }
    job = ran(store, "north", **figures)
    run_notices.ended(store, store.config, job)
    ((_, text),) = told(store)
    assert text == (
        f"The run {job.id[-6:]} of Boreal Ltd, {DAY}, went well. Rows: 7. Documents booked: 2, before: 1, refused: 0."
        " Warnings: 0. Reconciliation: MATCH, KWD12.345 here, KWD12.345 in the books."
    )


def test_a_mismatch_no_comparison_with_the_books_sees_is_told_with_run_and_document(store: Store) -> None:
    reason = said("Not the same: {names}.", names="3 rows of the export")
    bad: dict[str, Any] = {"status": "MISMATCH", "reason": reason, "difference": -1500}
    job = ran(store, "north", **bad)
    ran(store, "north", **bad)
    ((key, text),) = told(store)
    assert (key, text) == (
        "run-mismatch",
        f"Boreal Ltd, {DAY}: the books differ by -KWD1.500. Not the same: 3 rows of the export. "
        f"Found by the run {job.id[-6:]}.",
    )
    ran(store, "main", raw_total=0)
    ran(store, "north", "failed", "No line.")
    assert ("run-mismatch", text) in told(store), "a day nobody looked at again stays as it was"
    ran(store, "north", "cancelled", status="NOT RUN", reason="The run was cancelled before.")
    assert ("run-mismatch", text) in told(store), "who was stopped did not look"
    ran(store, "north", status="MATCH")
    assert told(store) == []


def test_a_day_of_which_nothing_is_left_here_or_there_differs_no_more(store: Store) -> None:
    """As when what stood in the books alone was deleted there."""
    ran(store, "north", status="MISMATCH", reason="Not the same: TK-9.", difference=900)
    assert [key for key, _ in told(store)] == ["run-mismatch"]
    ran(store, "north", status="NOT RUN", reason="Nothing of it goes there.")
    assert told(store) == []


def test_what_the_comparison_with_the_books_finds_is_one_notice_that_names_the_run(store: Store) -> None:
    scope, theirs = Scope("day", DAY, DAY), Figures(99)
    pair = Pair("k", "d", "TK-1", "book", "", DAY, Figures(100), theirs, "submitted")
    bad = compared([pair], "GBP")
    for run in ("", "a1b2c3", "", "a1b2c3"):
        reconciliations.keep(store, "quickbooks", scope, bad, "", clock.now(), run=run)
        if run:
            ran(store, "main", status="MISMATCH", reason="Not the same: TK-1.", difference=-1)
    plain = f"The day {DAY}: 1 receipt differs from the books: TK-1."
    found = [(one.key, str(one.text), one.count) for one in notices.open_notices(store)]
    assert found == [(f"reconcile:quickbooks:{DAY}", f"{plain} Found by the run a1b2c3.", 2)]
    reconciliations.keep(store, "quickbooks", scope, compared([], "GBP"), "", clock.now())
    assert notices.open_notices(store) == []


def test_a_run_that_goes_on_too_long_is_told_once_and_settled_when_it_ends(store: Store) -> None:
    job = runs.ask(store, "single", "north", DAY, DAY, parallel=1, stagger_seconds=0, continue_on_failure=False,
                   by="test", now=NOW, books={"north": "quickbooks-north"})  # fmt: skip
    RunJob.update(status="running", started_at=clock.stamp(NOW)).where(RunJob.id == job).execute()
    looks = [run_notices.look(store, store.config, NOW + timedelta(minutes=m)) for m in (29, 30, 31, 90)]
    assert looks == [0, 1, 0, 0]
    assert told(store) == [
        ("run-long", f"The run {job[-6:]}, {DAY}, has been going on for more than 30 minutes.")
    ]  # fmt: skip
    RunJob.update(status="succeeded").where(RunJob.id == job).execute()
    run_notices.ended(store, store.config, runs.job(store, job))
    assert told(store) == []
    notices.raise_once(store, f"run-long:{job}", "check", "Told by a look that began before it ended.")
    run_notices.look(store, store.config, NOW + timedelta(minutes=91))
    assert told(store) == []


def test_a_run_nobody_begins_is_told_once_and_settled_when_it_begins(store: Store) -> None:
    """As where the agent of runs is paused."""
    job = runs.ask(store, "single", "north", DAY, DAY, parallel=1, stagger_seconds=0, continue_on_failure=False,
                   by="test", now=NOW, books={"north": "quickbooks-north"})  # fmt: skip
    looks = [run_notices.look(store, store.config, NOW + timedelta(minutes=m)) for m in (29, 30, 90)]
    assert looks == [0, 1, 0]
    assert told(store) == [
        ("run-queued", f"The run {job[-6:]}, {DAY}, has waited for more than 30 minutes to be begun.")
    ]  # fmt: skip
    RunJob.update(status="running", started_at=clock.stamp(NOW + timedelta(minutes=91))).execute()
    assert run_notices.look(store, store.config, NOW + timedelta(minutes=92)) == 0
    assert told(store) == []


def test_where_runs_alone_post_documents_that_wait_for_none_are_told(store: Store) -> None:
    before = companies.kept(store, "north", run_settings.PART)
    companies.keep(store, "north", run_settings.PART, {"posting": "runs"}, before, "test")
    for n, key in enumerate(("quickbooks", "quickbooks-north", "quickbooks-north")):
        at = clock.stamp(NOW)
        Outbox.create(
            document=f"d{n}", connection=key, part="sale", state="queued", next_at="", created_at=at, updated_at=at
        )  # fmt: skip
    looks = [run_notices.look(store, store.config, NOW + timedelta(hours=h)) for h in (47, 48, 49)]
    assert looks == [0, 1, 0]
    words = "2 documents of Boreal Ltd wait for a run since Sat 21 Nov 2026; nothing else sends them."
    assert told(store) == [("run-wanted", words)], "the other company's go as they come"
    Outbox.update(state="booked").execute()
    run_notices.look(store, store.config, NOW + timedelta(hours=50))
    assert told(store) == []
