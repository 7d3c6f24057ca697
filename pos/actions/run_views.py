"""Runs as people read them: in the list, one by one, and as news. Whoever sees but some companies of a run is told how
those stand, and nothing of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pos import clock
from pos.actions.outbox_views import moment
from pos.actions.run_overview import RUN_STATES, duration, run_label, sold_words
from pos.config import Config
from pos.rules import run_codes, wording
from pos.said import nsaid, said
from pos.store import run_figures, run_screens, runs, schedules
from pos.store.db import Store
from pos.store.reach import Reach
from pos.store.run_rows import OPEN, PHASES, Job, Part

PHASE_WORDS = run_codes.PHASES
LEVEL_WORDS = {
    "info": (said("Information"), "offline"),
    "warning": (said("Warning"), "check"),
    "error": (said("Error"), "needs"),
}
VERDICTS = {
    "MATCH": ("saved", said("MATCH")),
    "MISMATCH": ("needs", said("MISMATCH")),
    "NOT RUN": ("check", said("NOT RUN")),
    "": ("waiting", said("not compared yet")),
}
#: Days of a run shown one by one on its page.
DAYS_MAX = 400


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose eyes: names of the companies, people and schedules they may see named."""

    store: Store
    config: Config
    reach: Reach
    companies: Mapping[str, str]
    schedules: Mapping[str, str]


def reader(store: Store, config: Config, reach: Reach) -> Reader:
    """What every page of runs needs to know once."""
    found = {one.id: one.name for one in run_figures.companies_in(store, reach)}
    mine = {one.id: one.name for one in schedules.listed(store, reach)}
    return Reader(store, config, reach, found, mine)


def of_list(eyes: Reader, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """A page of runs."""
    ids = [job.id for job in jobs]
    parts, sizes = run_screens.parts_of(eyes.store, ids, eyes.reach), run_screens.sizes(eyes.store, ids)
    names = run_screens.names(eyes.store, {job.requested_by for job in jobs})
    return [shown(eyes, job, parts.get(job.id, []), sizes.get(job.id, 0), names) for job in jobs]


def shown(
    eyes: Reader, job: Job, parts: Sequence[Part], size: int, names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One run. parts: those within the reach; size: how many it has at all. names: of people, by code."""
    part_of_it = len(parts) < size
    status, code, reason, words = _standing(job, parts, part_of_it)
    tone, text = RUN_STATES.get(status, RUN_STATES["queued"])
    if status == "succeeded" and (reason == "mismatch" or job.warnings) and not part_of_it:
        tone, text = "check", said("Succeeded with warnings")
    if job.cancel_at and status in OPEN:
        text = said("Stopping")
    config, store = eyes.config, eyes.store
    return {
        "id": job.id,
        "n": job.n,
        "status": status,
        "status_text": text,
        "tone": tone,
        "open": status in OPEN,
        "label": run_label(job.day_from, job.day_to, config.shop.locale),
        "company": _whose(eyes, parts),
        "companies": [eyes.companies.get(one.company, one.company) for one in parts],
        "exit_code": code,
        "reason": reason,
        "explained": run_codes.explained(code, reason),
        "words": words,
        "warnings": 0 if part_of_it else job.warnings,
        "part_of_it": part_of_it,
        "day_from": job.day_from,
        "day_to": job.day_to,
        "by": _who(eyes, job, names if names is not None else run_screens.names(store, {job.requested_by}), part_of_it),
        "schedule": eyes.schedules.get(job.schedule, ""),
        "created_at": job.created_at,
        "created_text": moment(store, config, job.created_at),
        "started_text": moment(store, config, job.started_at, seconds=True),
        "ended_text": moment(store, config, job.ended_at, seconds=True),
        "took": took(job.started_at, job.ended_at),
        "cancelling": bool(job.cancel_at) and status in OPEN,
        "ingested": job.ingested,
        "log_bytes": job.log_bytes,
    }


def news(eyes: Reader, ids: Sequence[str]) -> list[dict[str, Any]]:
    """How these runs stand, for pages that follow them; those outside the reach are left out."""
    standing = runs.statuses(eyes.store, ids, eyes.reach)
    jobs = [runs.job(eyes.store, one.id, eyes.reach) for one in standing]
    names = (
        "id",
        "n",
        "status",
        "status_text",
        "tone",
        "label",
        "company",
        "exit_code",
        "reason",
        "words",
        "log_bytes",
    )
    return [{name: row[name] for name in names} | {"ended": not row["open"]} for row in of_list(eyes, jobs)]


def detail(eyes: Reader, job_id: str) -> dict[str, Any]:
    """One run with its companies and what it came to. NotFound, also for one outside."""
    job = runs.job(eyes.store, job_id, eyes.reach)
    parts, size = runs.parts(eyes.store, job_id, eyes.reach), run_screens.sizes(eyes.store, [job_id]).get(job_id, 0)
    found = runs.artifacts(eyes.store, job_id, eyes.reach)
    return {
        "row": shown(eyes, job, parts, size),
        "asked": _asked(job),
        "parts_of_run": [_part(eyes, one) for one in parts],
        "days": [_artifact(eyes, one) for one in found[:DAYS_MAX]],
        "more_days": max(len(found) - DAYS_MAX, 0),
    }


def took(started_at: str, ended_at: str) -> str:
    """How long it took, or has taken; "" before it began."""
    if not started_at:
        return ""
    end = clock.parse(ended_at) if ended_at else clock.now()
    return duration(max(end - clock.parse(started_at), timedelta()))


def _standing(job: Job, parts: Sequence[Part], part_of_it: bool) -> tuple[str, str, str, str]:
    """Status, exit code, reason and words as far as somebody may see it."""
    if not part_of_it:
        return job.status, job.exit_code, job.reason, job.words
    statuses = {one.status for one in parts}
    if statuses & set(OPEN):
        return ("running" if "running" in statuses else "queued"), "", "", ""
    order = ("failed", "cancelled", "succeeded")
    worst = min(parts, key=lambda one: (order.index(one.status), one.reason == ""))
    return worst.status, worst.exit_code, worst.reason, worst.words


def _whose(eyes: Reader, parts: Sequence[Part]) -> str:
    if len(parts) == 1:
        return eyes.companies.get(parts[0].company, parts[0].company)
    return nsaid("{n} company", "{n} companies", len(parts))


def _who(eyes: Reader, job: Job, names: Mapping[str, str], part_of_it: bool) -> str:
    """Who asked: a schedule by its name, a person by theirs. Of a run about further companies no name is told."""
    if job.schedule:
        return eyes.schedules.get(job.schedule) or said("a schedule")
    if part_of_it:
        return said("somebody of the whole hub")
    return names.get(job.requested_by) or job.requested_by


def _asked(job: Job) -> list[str]:
    """How it was asked for, in words."""
    words: list[str] = (
        [nsaid("{n} company at once", "{n} companies at once", job.parallel)] if job.scope == "all" else []
    )
    if job.scope == "all":
        words.append(nsaid("{n} second between starts", "{n} seconds between starts", job.stagger_seconds))
        goes_on = said("goes on after a failure") if job.continue_on_failure else said("stops after a failure")
        words.append(goes_on)
    return words


def _part(eyes: Reader, part: Part) -> dict[str, Any]:
    tone, text = RUN_STATES.get(part.status, RUN_STATES["queued"])
    if part.status == "succeeded" and (part.warnings or part.reason == "mismatch"):
        tone, text = "check", said("Succeeded with warnings")
    at = PHASES.index(part.phase) if part.phase in PHASES else 0
    steps = [
        {"name": name, "text": PHASE_WORDS[name], "tone": _step(part, n, at), "now": n == at and part.status in OPEN}
        for n, name in enumerate(PHASES[:-1])
    ]
    store, config = eyes.store, eyes.config
    return {
        "company": part.company,
        "name": eyes.companies.get(part.company, part.company),
        "status": part.status,
        "status_text": text,
        "tone": tone,
        "steps": steps,
        "phase_text": PHASE_WORDS.get(part.phase, part.phase),
        "started_text": moment(store, config, part.started_at, seconds=True),
        "ended_text": moment(store, config, part.ended_at, seconds=True),
        "took": took(part.started_at, part.ended_at),
        "next_text": moment(store, config, part.next_at, seconds=True) if part.status == "running" else "",
        "tries": part.tries,
        "words": part.words,
        "exit_code": part.exit_code,
        "reason": part.reason,
        "explained": run_codes.explained(part.exit_code, part.reason),
    }


def _step(part: Part, n: int, at: int) -> str:
    """Tone of a phase: done, under way, where it ended before its time, not begun."""
    if part.status == "succeeded":
        return "saved"
    if part.phase == "done":  # cancelled before it began
        return "none"
    if n != at:
        return "saved" if n < at else "none"
    return {"running": "waiting", "failed": "needs", "cancelled": "check"}.get(part.status, "none")


def _artifact(eyes: Reader, one: runs.Artifact) -> dict[str, Any]:
    tone, text = VERDICTS.get(one.status, VERDICTS[""])
    locale = eyes.config.shop.locale

    def money(minor: int) -> str:
        return wording.money(minor, one.currency, locale) if one.currency else "–"

    return {
        "n": one.n,
        "company": one.company,
        "name": eyes.companies.get(one.company, one.company),
        "day": one.day,
        "day_text": wording.short_day(date.fromisoformat(one.day), locale),
        "source": one.source,
        "status": one.status,
        "tone": tone,
        "status_text": text,
        "words": one.reason,
        "raw_total": money(one.raw_total),
        "sent_total": money(one.sent_total),
        "booked_total": money(one.booked_total),
        "difference": money(one.difference),
        "differs": one.difference != 0,
        "raw_count": sold_words(one),
        "raw_rows": one.raw_rows,
        "rejected_rows": one.rejected_rows,
        "uploaded": one.uploaded,
        "skipped": one.skipped,
        "failed": one.failed,
        "processed_text": moment(eyes.store, eyes.config, one.processed_at),
    }
