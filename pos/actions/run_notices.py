"""What people are told of runs: that one began, how it ended, what does not match. One notice for a cause.

A failure is told once for a company, again when it fails for another reason, and settled by the next run of it that
goes well; a day that does not match is settled by the next look that finds it matching. Whether a run's start and its
success are told is chosen, by company.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions import cost_watch, run_settings
from pos.actions.run_reconcile import tag
from pos.config import Config
from pos.rules import wording
from pos.rules.run_sums import MATCH, MISMATCH, NOT_RUN
from pos.said import nsaid, said
from pos.store import companies, connections, notices, reconciliations, run_choices, runs, tally
from pos.store.db import Store
from pos.store.runs import Artifact, Job, Part
from pos.store.scopes import Scope

#: Companies and documents named in a notice.
NAMED_MAX = 3


def started(store: Store, config: Config, job: Job) -> None:  # noqa: ARG001
    """A run was taken up. Says so where any of its companies wants it."""
    parts = [part for part in runs.parts(store, job.id) if run_settings.of(store, part.company).notify.start]
    if parts:
        text = said("The run {run} of {companies}, {days}, began.", run=tag(job.id), companies=_names(store, parts),
                    days=job.days)  # fmt: skip
        notices.raise_once(store, f"run-began:{job.id}", "info", text, "", _subject(parts[0]))


def look(store: Store, config: Config, now: datetime) -> int:
    """Tell once of each run that goes on, or waits for its turn, for longer than it should, and of documents that wait
    for a run that does not come; how many were told now."""
    minutes, told = config.runs.still_running_minutes, _without_a_run(store, config, now)
    going = runs.open_ids(store)
    for which in ("long", "queued"):  # also of one that ended while an earlier look was about to tell it
        notices.settle_all_but(store, f"run-{which}:", {f"run-{which}:{key}" for key in going})
    for key in going if minutes else ():
        job = runs.job(store, key)
        if job.started_at:
            notices.settle(store, f"run-queued:{key}")
        if now - clock.parse(job.started_at or job.created_at) < timedelta(minutes=minutes):
            continue
        facts = {"run": tag(job.id), "days": job.days, "minutes": minutes}
        if job.started_at:
            text = said("The run {run}, {days}, has been going on for more than {minutes} minutes.", **facts)
            remedy = said("It goes on. Open it to see what it waits for; cancelling stops it at a safe point.")
        else:
            text = said("The run {run}, {days}, has waited for more than {minutes} minutes to be begun.", **facts)
            remedy = said("Open it to see what it waits for, and look on the page of agents whether runs are paused.")
        parts, which = runs.parts(store, job.id), "long" if job.started_at else "queued"
        told += notices.raise_once(store, f"run-{which}:{job.id}", "check", text, remedy, _subject(parts[0]))
    return told


def _without_a_run(store: Store, config: Config, now: datetime) -> int:
    """Where runs alone post, nothing goes while there is none: told after as many hours as a good run may be ago."""
    hours, told = run_choices.effective(store, config).stale_hours_warning, 0
    for line in connections.lines(store):
        key = f"run-wanted:{line.id}"
        alone = line.kind in runs.BOOKS and hours > 0 and run_settings.runs_alone_post(store, line.id)
        since = tally.queued_since(store, line.id) if alone else ""
        if not since or now - clock.parse(since) < timedelta(hours=hours):
            notices.settle(store, key)
            continue
        own, count = run_settings.of(store, companies.of_connection(store, line.id)), tally.waiting(store, line.id)
        day = wording.short_day(clock.parse(since).astimezone(ZoneInfo(own.time_zone)).date(), config.shop.locale)
        text = nsaid(
            "{n} document of {company} waits for a run since {day}; nothing else sends it.",
            "{n} documents of {company} wait for a run since {day}; nothing else sends them.",
            count, company=own.name, day=day,
        )  # fmt: skip
        words = said(
            "Start a run, or let a schedule do it. If one did, see what it came to and whether runs are paused."
        )
        told += notices.raise_once(store, key, "check", text, words, line.id)
    return told


def end(store: Store, config: Config, job: Job) -> None:
    """A run has its last status: tell it, unless somebody did. It is marked together with what is told, so that the
    next look tells what a killed process did not, and no two tell the same."""
    with store.transaction():
        if not runs.tell(store, job.id):
            return
        ended(store, config, job)
    for part in () if job.ingested else runs.parts(store, job.id):  # a long look, which holds up nobody
        cost_watch.look(store, part.company)


def ended(store: Store, config: Config, job: Job) -> None:
    """A run has its last status. Says so where it is wanted; what is over is settled. Twice does no more than once."""
    for what in ("began", "long", "queued"):
        notices.settle(store, f"run-{what}:{job.id}")
    if job.ingested:
        return
    found = runs.artifacts(store, job.id)
    for part in runs.parts(store, job.id):
        mine = [one for one in found if one.company == part.company]
        wanted = run_settings.of(store, part.company).notify
        if part.status == "failed" and wanted.failure:
            _failed(store, job, part, mine)
        if part.status == "succeeded":
            notices.settle(store, f"run-failed:{part.company}")
            if wanted.success:
                _went_well(store, config, job, part, mine)
        for one in mine:
            _compared(store, config, job, part, one, told=wanted.failure)


def _failed(store: Store, job: Job, part: Part, found: Iterable[Artifact]) -> None:
    company, key = companies.one(store, part.company).name, f"run-failed:{part.company}"
    text = said("The run {run} of {company}, {days}, failed: {why}", run=tag(job.id), company=company, days=job.days,
                why=part.words)  # fmt: skip
    refused = sum(one.failed for one in found)
    told = [one.text for one in notices.open_notices(store, prefix=key) if one.key == key]
    # The same failure of the next run is no news; another one is.
    if not any(_why(one) == part.words for one in told):
        notices.raise_notice(store, key, "needs", text, remedy(part, refused), _subject(part))


def _why(text: str) -> str:
    """The reason in a failure that was told already."""
    facts = getattr(text, "facts", {})
    return str(facts.get("why", ""))


def remedy(part: Part, refused: int = 0) -> str:
    """What to do about a part that failed. refused: documents the books did not take."""
    if refused:
        return nsaid(
            "Open the outbox: {n} document needs a person. Then run it again.",
            "Open the outbox: {n} documents need a person. Then run it again.", refused,
        )  # fmt: skip
    by_reason = {
        "lock_held": said("Another run of this company did not end in time. Look at that one, then run this again."),
        "bad_arguments": said("See the company's settings: it has to be active and to have books."),
        "stale": said("The program ended several times while it worked on it. Look at its log, then run it again."),
    }
    return by_reason.get(part.reason, said("Open the run: its log says what happened. Then run it again."))


def _went_well(store: Store, config: Config, job: Job, part: Part, found: list[Artifact]) -> None:
    company = companies.one(store, part.company)
    rows = sum(one.raw_rows or one.raw_count for one in found)
    facts = {"run": tag(job.id), "company": company.name, "days": job.days}
    if part.warnings:
        how = said("The run {run} of {company}, {days}, ended with warnings.", **facts)
    else:
        how = said("The run {run} of {company}, {days}, went well.", **facts)
    text = said(
        "{how} Rows: {rows}. Documents booked: {uploaded}, before: {skipped}, refused: {failed}. Warnings: {warnings}. "
        "Reconciliation: {status}, {amount} here, {booked} in the books.",
        how=how, rows=rows, uploaded=sum(one.uploaded for one in found), skipped=sum(one.skipped for one in found),
        failed=sum(one.failed for one in found), warnings=part.warnings, status=_status(found),
        amount=wording.money(sum(one.raw_total for one in found), company.currency, config.shop.locale),
        booked=wording.money(sum(one.booked_total for one in found), company.currency, config.shop.locale),
    )  # fmt: skip
    key = f"run-done:{job.id}:{part.company}"
    if not notices.is_open(store, key):
        notices.raise_notice(store, key, "info", text, "", _subject(part), event=True)


def _status(found: list[Artifact]) -> str:
    """One word for one day; how many of several match."""
    if len(found) == 1:
        return found[0].status
    match = sum(one.status == MATCH for one in found)
    return said("{match} of {total} days match", match=match, total=len(found))


def _compared(store: Store, config: Config, job: Job, part: Part, one: Artifact, *, told: bool) -> None:
    """A day that does not match. What the comparison with the books found is told by itself, with the run's name."""
    key = f"run-mismatch:{part.company}:{one.day}"
    nothing = one.status == NOT_RUN and part.status == "succeeded" and not (one.raw_count or one.raw_rows)
    if one.status == MATCH or nothing:  # neither here nor there
        notices.settle(store, key)
    if one.status != MISMATCH or not told:
        return
    brief = reconciliations.brief(store, part.connection, Scope("day", one.day, one.day))
    if brief is not None and brief.open:
        notices.settle(store, key)
        return
    company = companies.one(store, part.company)
    amount = wording.money(one.difference, company.currency, config.shop.locale)
    text = said("{company}, {day}: the books differ by {amount}. {why} Found by the run {run}.", company=company.name,
                day=one.day, amount=amount, why=one.reason, run=tag(job.id))  # fmt: skip
    notices.raise_once(store, key, "needs", text, said("Open the run and see its sums, side by side."), _subject(part))


def _subject(part: Part) -> str:
    """What decides who may see it: the connection of the company's books."""
    return part.connection


def _names(store: Store, parts: list[Part]) -> str:
    names = [companies.one(store, part.company).name for part in parts[:NAMED_MAX]]
    if len(parts) <= NAMED_MAX:
        return ", ".join(names)
    return said("{names} and {n} more", names=", ".join(names), n=len(parts) - NAMED_MAX)
