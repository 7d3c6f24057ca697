"""Runs: asked for, looked at, cancelled. What works on them is pos/store/run_work.py.

A run has a part for each of its companies; how a part stands is what the run comes to.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.errors import Conflict, NotFound
from pos.said import packed, said
from pos.store import companies, connections, listing, run_logs
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source
from pos.store.models import RunJob, RunPart
from pos.store.reach import EVERYWHERE, Reach
from pos.store.run_artifacts import Artifact, Figure, artifacts, figures, of_part, put_artifact, put_figures
from pos.store.run_logs import say, tail
from pos.store.run_rows import ENDED, OPEN, PHASES, STATUSES, Job, Part, inside, job_of, part_of

__all__ = [
    "ENDED", "OPEN", "PHASES", "STATUSES", "Artifact", "Figure", "Filter", "Job", "Part", "Standing", "active",
    "artifacts", "ask", "books_of", "cancel", "figures", "job", "listed", "of_part", "open_ids", "part",
    "parts", "put_artifact", "put_figures", "recent", "say", "settle", "statuses", "tail", "tell", "untold",
]  # fmt: skip

#: Kinds of connection that are books, the preferred one first.
BOOKS = ("quickbooks", "erpnext")
#: How many runs are asked for at once, at most.
STATUSES_MAX = 25
_COLUMNS = tuple(f"j.{name}" for name in (
    "n", "id", "scope", "company", "day_from", "day_to", "parallel", "stagger_seconds", "continue_on_failure",
    "status", "exit_code", "reason", "words", "made_of", "warnings", "requested_by", "schedule", "created_at",
    "started_at", "ended_at", "cancel_at", "cancel_by", "log_bytes", "ingested",
))  # fmt: skip
_SOURCE = Source(
    _COLUMNS, "run_job j", "j.n", {"created": "j.n", "day": "j.day_to", "status": "j.status", "ended": "j.ended_at"}
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands, for who follows it."""

    id: str
    status: str
    exit_code: str
    reason: str
    words: str
    company: str
    day_from: str
    day_to: str
    log_bytes: int
    created_at: str
    started_at: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs are listed. company, status, schedule, by: "" = any. day_from, day_to: runs any of whose days lie
    there; since: asked for at or after this stamp."""

    company: str = ""
    status: str = ""
    schedule: str = ""
    by: str = ""
    day_from: str = ""
    day_to: str = ""
    since: str = ""


# -- asked for ---------------------------------------------------------------------------------------------------------


def ask(
    store: Store, scope: str, company: str, day_from: str, day_to: str, *, parallel: int, stagger_seconds: int,
    continue_on_failure: bool, by: str, schedule: str = "", now: datetime, books: Mapping[str, str] | None = None,
    key: str = "",
) -> str:  # fmt: skip
    """Ask for a run; its id. key: the id it gets, made by whoever asks: asked for twice by the same, it is one run; by
    somebody else, Conflict. scope: single or all; company: "" with all. books: the companies it is for, in their turn,
    each with the connection of its books ("" = it has none, which its part says); None = as `books_of` finds them."""
    if books is None:
        keys = [company] if scope == "single" else [one.id for one in companies.every(store, active=True)]
        books = {key: books_of(store, key) for key in keys}
    if scope not in ("single", "all") or not books or parallel < 1 or stagger_seconds < 0:
        raise ValueError(f"no such run: {scope} {company}")
    job_id, stamp = str(uuid.UUID(key or clock.uuid7())), clock.stamp(now)
    with store.transaction():
        if key and (known := RunJob.get_or_none(RunJob.id == job_id)) is not None:
            if known.requested_by != by:
                raise Conflict(said("There is another run with this id."), field="id")
            return job_id
        RunJob.create(
            id=job_id, scope=scope, company=company, day_from=day_from, day_to=day_to, parallel=parallel,
            stagger_seconds=stagger_seconds, continue_on_failure=continue_on_failure, status="queued",
            requested_by=by, schedule=schedule, created_at=stamp, told=False,
        )  # fmt: skip
        for place, (key, connection) in enumerate(books.items()):
            RunPart.create(
                job=job_id, company=key, connection=connection, place=place, status="queued", phase=PHASES[0]
            )  # fmt: skip
        days = day_from if day_from == day_to else f"{day_from} to {day_to}"
        run_logs.say(store, job_id, "", "", "info", f"Asked for by {by}: {', '.join(books)}, {days}.", now)
    return job_id


def books_of(store: Store, company: str, wanted: str = "") -> str:
    """The connection a company's runs go to: of the kind that is wanted, else QuickBooks, else ERPNext; "" = none."""
    there = {line.kind: line.id for line in connections.lines(store, [company]) if line.kind in BOOKS}
    return there.get(wanted) or next((there[kind] for kind in BOOKS if kind in there), "")


def cancel(store: Store, job_id: str, by: str, now: datetime) -> str:
    """Ask a run to stop at its next safe point: its status now. Parts that nobody began end at once; asking twice, or
    for one that ended, changes nothing. NotFound."""
    with store.transaction():
        row = RunJob.get_or_none(RunJob.id == job_id)
        if row is None:
            raise _unknown()
        if row.status in ENDED or row.cancel_at:
            return str(row.status)
        stamp = clock.stamp(now)
        RunJob.update(cancel_at=stamp, cancel_by=by).where(RunJob.id == job_id).execute()
        words = said("Cancelled before it began.")
        mine = RunPart.job == job_id
        RunPart.update(
            status="cancelled", exit_code="1", reason="cancelled", words=words, made_of=packed(words), ended_at=stamp,
            phase="done",
        ).where(mine & (RunPart.status == "queued")).execute()  # fmt: skip
        # What waits for the books need not wait for them to stop.
        RunPart.update(next_at="").where(mine & (RunPart.status == "running")).execute()
        run_logs.say(store, job_id, "", "", "warning", f"{by} asked it to stop.", now)
        return settle(store, job_id, now)


# -- looked at ---------------------------------------------------------------------------------------------------------


def job(store: Store, job_id: str, reach: Reach = EVERYWHERE) -> Job:
    """One run. NotFound, also for one of other companies."""
    with store.reading():
        row = RunJob.get_or_none(RunJob.id == job_id)
        mine = inside(store, reach)
        if row is not None and mine is not None:
            theirs = RunPart.select().where((RunPart.job == job_id) & RunPart.company.in_(mine))
            row = row if theirs.exists() else None
    if row is None:
        raise _unknown()
    return job_of(row)


def parts(store: Store, job_id: str, reach: Reach = EVERYWHERE) -> list[Part]:
    """A run's parts, in their turn."""
    asked = RunPart.job == job_id
    with store.reading():
        mine = inside(store, reach)
        if mine is not None:
            asked &= RunPart.company.in_(mine)
        return [part_of(row) for row in RunPart.select().where(asked).order_by(RunPart.place)]


def part(store: Store, number: int) -> Part:
    """One part, as it stands now."""
    with store.reading():
        return part_of(RunPart.get(RunPart.n == number))


def listed(
    store: Store, reach: Reach = EVERYWHERE, which: Filter | None = None, asked: Asked | None = None, *,
    counted: bool = False,
) -> tuple[list[Job], Page]:  # fmt: skip
    """A page of runs, the newest first, and its marks (see `listing.page`; sorts: created, day, status, ended)."""
    where, facts = _where(store, reach, which or Filter())
    with store.reading():
        page = listing.page(store, _SOURCE, where, facts, asked or Asked())
        total = listing.count(store, "run_job j", where, facts) if counted else None
    page = Page(page.rows, page.after, page.before, total)
    return [_listed(row) for row in page.rows], page


def recent(store: Store, reach: Reach = EVERYWHERE, limit: int = 10) -> list[Job]:
    """The runs asked for last."""
    return listed(store, reach, asked=Asked(limit=limit))[0]


def statuses(store: Store, ids: Sequence[str], reach: Reach = EVERYWHERE) -> list[Standing]:
    """How these runs stand, at most 25 of them; those nobody here may see are left out."""
    some = list(dict.fromkeys(ids))[:STATUSES_MAX]
    where, facts = _where(store, reach, Filter())
    marks = ", ".join("?" * len(some)) or "NULL"
    conditions = " AND ".join([f"j.id IN ({marks})", *where])
    with store.reading():
        rows = store.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM run_job j WHERE {conditions} ORDER BY j.n", (*some, *facts)
        ).fetchall()
    return [_standing(_listed(row)) for row in rows]


def active(store: Store, company: str) -> bool:
    """Whether a run of this company goes on, or waits for its turn."""
    with store.reading():
        return RunPart.select().where((RunPart.company == company) & RunPart.status.in_(OPEN)).exists()


def open_ids(store: Store, reach: Reach = EVERYWHERE) -> list[str]:
    """Runs that go on or wait, the oldest first."""
    where, facts = _where(store, reach, Filter())
    conditions = " AND ".join(["j.status IN ('queued', 'running')", *where])
    with store.reading():
        return [key for (key,) in store.execute(f"SELECT j.id FROM run_job j WHERE {conditions} ORDER BY j.n", facts)]


# -- what its parts come to --------------------------------------------------------------------------------------------


def settle(store: Store, job_id: str, now: datetime) -> str:
    """Bring a run's status up to what its parts say; the status. Inside the transaction that changed a part."""
    row = RunJob.get(RunJob.id == job_id)
    found = list(RunPart.select().where(RunPart.job == job_id).order_by(RunPart.place))
    if row.status in ENDED:
        return str(row.status)
    if any(one.status in OPEN for one in found):
        if row.status == "queued" and any(one.status != "queued" for one in found):
            RunJob.update(status="running", started_at=clock.stamp(now)).where(RunJob.id == job_id).execute()
            return "running"
        return str(row.status)
    status, code, reason, words = _came_to(found)
    RunJob.update(
        status=status, exit_code=code, reason=reason, words=words, made_of=packed(words), ended_at=clock.stamp(now),
        warnings=sum(one.warnings for one in found),
    ).where(RunJob.id == job_id).execute()  # fmt: skip
    level = "info" if status == "succeeded" else "error" if status == "failed" else "warning"
    run_logs.say(store, job_id, "", "", level, f"The run {status}, exit code {code}. {words}", now)
    return status


def untold(store: Store) -> list[str]:
    """Runs that are over and of which nobody was told so, the one that ended first first."""
    over = ", ".join(f"'{status}'" for status in ENDED)
    with store.reading():
        asked = "SELECT id FROM run_job INDEXED BY run_job_untold WHERE told = 0"
        rows = store.execute(f"{asked} AND status IN ({over}) ORDER BY ended_at, n").fetchall()
    return [key for (key,) in rows]


def tell(store: Store, job_id: str) -> bool:
    """How it ended is told now; False when somebody did before. Inside the transaction that tells it, so that both are
    kept or neither."""
    with store.transaction():
        mine = (RunJob.id == job_id) & (RunJob.told == 0) & RunJob.status.in_(ENDED)
        return bool(RunJob.update(told=1).where(mine).execute() == 1)


def _came_to(found: Sequence[Any]) -> tuple[str, str, str, str]:
    """Status, exit code, reason and words of a run whose parts are over. What failed outweighs what was cancelled."""
    failed = [one for one in found if one.status == "failed"]
    cancelled = [one for one in found if one.status == "cancelled"]
    if len(found) == 1:
        only = part_of(found[0])
        return only.status, only.exit_code, only.reason, only.words
    if failed:
        worst = min(failed, key=lambda one: ("1", "-1", "2").index(one.exit_code))
        words = said("{n} of {total} companies failed.", n=len(failed), total=len(found))
        return "failed", worst.exit_code, worst.reason, words
    if cancelled:
        words = said("Cancelled: {n} of {total} companies were not finished.", n=len(cancelled), total=len(found))
        return "cancelled", "1", "cancelled", words
    reason = "mismatch" if any(one.reason == "mismatch" for one in found) else ""
    return "succeeded", "0", reason, said("All {total} companies went well.", total=len(found))


def _where(store: Store, reach: Reach, which: Filter) -> tuple[list[str], list[Any]]:
    where, facts = list[str](), list[Any]()
    mine = inside(store, reach)
    if mine is not None:
        marks = ", ".join("?" * len(mine)) or "NULL"
        where.append(f"EXISTS (SELECT 1 FROM run_part p WHERE p.job = j.id AND p.company IN ({marks}))")
        facts += mine
    if which.company:
        where.append("EXISTS (SELECT 1 FROM run_part c WHERE c.job = j.id AND c.company = ?)")
        facts.append(which.company)
    for column, sign, value in (
        ("status", "=", which.status), ("schedule", "=", which.schedule), ("requested_by", "=", which.by),
        ("day_to", ">=", which.day_from), ("day_from", "<=", which.day_to), ("created_at", ">=", which.since),
    ):  # fmt: skip
        if value:
            where.append(f"j.{column} {sign} ?")
            facts.append(value)
    return where, facts


class _Row:
    """A listed row with its columns by name, as the model has them."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.__dict__.update(zip((name[2:] for name in _COLUMNS), values, strict=True))


def _listed(values: Sequence[Any]) -> Job:
    return job_of(_Row(values))


def _standing(one: Job) -> Standing:
    return Standing(
        one.id, one.status, one.exit_code, one.reason, one.words, one.company, one.day_from, one.day_to,
        one.log_bytes, one.created_at, one.started_at, one.ended_at,
    )  # fmt: skip


def _unknown() -> NotFound:
    return NotFound(said("There is no such run here."))
