"""What runs came to, read for screens: of a day, of a window of days, of each company what stands last.

Of a company's day the artifact that was processed last counts, once it was compared (or the run said why not); one that
is under way takes nothing from the one before it. Every query is told which companies it is about.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pos.said import unpacked
from pos.store import reach as within
from pos.store.companies import Company
from pos.store.db import Store
from pos.store.reach import Reach

MATCH, MISMATCH, NOT_RUN = "MATCH", "MISMATCH", "NOT RUN"
#: Of a window alone: a day on which nothing was sold, so that there was nothing to compare.
CLOSED = "CLOSED"
ENDED = ("succeeded", "failed", "cancelled")
#: So many documents of a day are named.
NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """What one artifact came to. Amounts in minor units of its currency; status: MATCH, MISMATCH or NOT RUN;
    processed_at: a stamp."""

    n: int
    job: str
    company: str
    day: str
    currency: str
    raw_total: int
    raw_count: int
    booked_total: int
    booked_count: int
    failed: int
    status: str
    reason: str
    difference: int
    run_status: str
    processed_at: str
    ingested: bool
    source: str = "journal"
    raw_rows: int = 0


@dataclass(frozen=True, slots=True)
class DaySum:
    """What the artifacts of one status came to on one day, in one currency. count: of receipts; difference: of each
    company, whichever way, added up."""

    day: str
    currency: str
    status: str
    total: int
    count: int
    companies: int
    difference: int


@dataclass(frozen=True, slots=True)
class Part:
    """How a company's part of a run stands or ended. Moments are stamps, "" = not yet."""

    job: str
    company: str
    status: str
    words: str
    exit_code: str
    warnings: int
    started_at: str
    ended_at: str
    day_from: str
    day_to: str


@dataclass(frozen=True, slots=True)
class Event:
    """One run, for the live log. parts: (company, status) of those somebody may see."""

    job: str
    scope: str
    status: str
    day_from: str
    day_to: str
    created_at: str
    ingested: bool
    parts: tuple[tuple[str, str], ...]


_FIGURE = (
    "a.n, a.job, a.company, a.day, a.currency, a.raw_total, a.raw_count, a.booked_total, a.booked_count, a.failed,"
    " a.status, a.reason, a.difference, a.run_status, a.processed_at, a.ingested, a.source, a.raw_rows"
)
_PART = (
    "p.job, p.company, p.status, p.words, p.made_of, p.exit_code, p.warnings, p.started_at, p.ended_at, j.day_from,"
    " j.day_to"
)
_STATUS = f"CASE WHEN a.status = '{NOT_RUN}' AND a.raw_count = 0 THEN '{CLOSED}' ELSE a.status END"
#: Nothing stands for the same company and day that was compared later; a run that could not compare it (it was
#: cancelled, the books were away) leaves what was found before.
_LAST = (
    "a.status <> '' AND NOT EXISTS (SELECT 1 FROM run_artifact b WHERE b.company = a.company AND b.day = a.day"
    f" AND b.status <> '' AND (b.status <> '{NOT_RUN}' OR a.status = '{NOT_RUN}') AND (b.processed_at > a.processed_at"
    f" OR (b.processed_at = a.processed_at AND b.n > a.n) OR (a.status = '{NOT_RUN}' AND b.status <> '{NOT_RUN}')))"
)


def companies_in(store: Store, reach: Reach, *, active: bool = False) -> list[Company]:
    """Companies whose runs somebody may see: a run is of a whole company, so all of it lies in their reach."""
    return [
        one
        for one in within.companies_in(store, reach)
        if (one.active or not active) and within.whole(store, reach, one.id)
    ]


def latest(store: Store, companies: Collection[str], *, good: bool = False) -> dict[str, Figure]:
    """Of each company what was compared last; good: of runs that succeeded."""
    more = " AND b.run_status = 'succeeded'" if good else ""
    rows = _asked(
        store,
        f"SELECT {_FIGURE} FROM company c JOIN run_artifact a ON a.n = (SELECT b.n FROM run_artifact b"
        f" WHERE b.company = c.id AND b.status <> ''{more} ORDER BY b.processed_at DESC, b.n DESC LIMIT 1)"
        " WHERE c.id IN ({})",
        companies,
    )
    return {row[2]: _figure(row) for row in rows}


def of_runs(store: Store, figures: Collection[Figure]) -> dict[str, list[Figure]]:
    """All days of the runs these are of, by company: of each company those of its own."""
    mine = {one.company: one.job for one in figures}
    rows = _asked(
        store,
        f"SELECT {_FIGURE} FROM run_artifact a WHERE a.job IN ({{}}) AND a.status <> '' ORDER BY a.day, a.n",
        set(mine.values()),
    )
    found: dict[str, list[Figure]] = {}
    for one in map(_figure, rows):
        if mine.get(one.company) == one.job:
            found.setdefault(one.company, []).append(one)
    return found


def of_day(store: Store, companies: Collection[str], day: str) -> list[Figure]:
    """What stands of a business day, one a company."""
    rows = _asked(
        store,
        f"SELECT {_FIGURE} FROM run_artifact a WHERE a.company IN ({{}}) AND a.day = ? AND {_LAST}",
        companies,
        day,
    )
    return [_figure(row) for row in rows]


def window(store: Store, companies: Collection[str], day_from: str, day_to: str) -> list[DaySum]:
    """What stands of these days, added up by day, currency and status."""
    rows = _asked(
        store,
        f"SELECT a.day, a.currency, {_STATUS}, sum(a.raw_total), sum(a.raw_count), count(*), sum(abs(a.difference))"
        f" FROM run_artifact a WHERE a.company IN ({{}}) AND a.day >= ? AND a.day <= ? AND {_LAST}"
        f" GROUP BY a.day, a.currency, {_STATUS} ORDER BY 1, 2, 3",
        companies,
        day_from,
        day_to,
    )
    return [
        DaySum(day, currency, status, int(total), int(count), int(many), int(difference))
        for day, currency, status, total, count, many, difference in rows
    ]


def first_days(store: Store, companies: Collection[str]) -> dict[str, str]:
    """The first business day each company ran for: before it no run is missing."""
    return dict(
        _asked(
            store,
            "SELECT c.id, a.day FROM company c JOIN run_artifact a ON a.n = (SELECT b.n FROM run_artifact b"
            " WHERE b.company = c.id ORDER BY b.day LIMIT 1) WHERE c.id IN ({})",
            companies,
        )
    )


def differing(store: Store, artifacts: Collection[int]) -> dict[int, list[str]]:
    """Names of documents that differ, by artifact; a few of each."""
    found: dict[int, list[str]] = {}
    rows = _asked(
        store,
        "SELECT artifact, name FROM run_figure WHERE artifact IN ({}) AND kind = 'document'"
        " AND verdict = 'mismatch' ORDER BY artifact, name",
        artifacts,
    )
    for n, name in rows:
        found.setdefault(int(n), []).append(str(name))
    return found


# -- runs --------------------------------------------------------------------------------------------------------------


def last_parts(store: Store, companies: Collection[str]) -> dict[str, Part]:
    """How each company's last run ended."""
    marks = ", ".join(f"'{status}'" for status in ENDED)
    rows = _asked(
        store,
        f"SELECT {_PART} FROM company c JOIN run_part p ON p.n = (SELECT q.n FROM run_part q WHERE q.company = c.id"
        f" AND q.status IN ({marks}) ORDER BY q.ended_at DESC, q.n DESC LIMIT 1) JOIN run_job j ON j.id = p.job"
        " WHERE c.id IN ({})",
        companies,
    )
    return {row[1]: _part(row) for row in rows}


def parts_of_day(store: Store, companies: Collection[str], day: str) -> list[Part]:
    """Parts of all runs that are about a business day, in the order they were asked for."""
    rows = _asked(
        store,
        f"SELECT {_PART} FROM run_job j JOIN run_part p ON p.job = j.id WHERE p.company IN ({{}})"
        " AND j.day_to >= ? AND j.day_from <= ? ORDER BY j.created_at, p.n",
        companies,
        day,
        day,
    )
    return [_part(row) for row in rows]


def ended_by_day(
    store: Store, companies: Collection[str], day_from: str, day_to: str
) -> list[tuple[str, str, bool, int]]:
    """How many parts ended how: (last day of the run, status, with warnings, how many)."""
    rows = _asked(
        store,
        "SELECT j.day_to, p.status, CASE WHEN p.warnings > 0 THEN 1 ELSE 0 END, count(*) FROM run_job j"
        " JOIN run_part p ON p.job = j.id WHERE p.company IN ({}) AND j.day_to >= ? AND j.day_to <= ?"
        " GROUP BY j.day_to, p.status, CASE WHEN p.warnings > 0 THEN 1 ELSE 0 END",
        companies,
        day_from,
        day_to,
    )
    return [(day, status, bool(warned), int(many)) for day, status, warned, many in rows]


def events(store: Store, companies: Collection[str], limit: int = 10) -> list[Event]:
    """The runs asked for last, the newest first: one entry each."""
    jobs = _asked(
        store,
        "SELECT j.id, j.scope, j.status, j.day_from, j.day_to, j.created_at, j.ingested FROM run_job j"
        " WHERE EXISTS (SELECT 1 FROM run_part p WHERE p.job = j.id AND p.company IN ({}))"
        f" ORDER BY j.created_at DESC, j.n DESC LIMIT {int(limit)}",
        companies,
    )
    if not jobs:
        return []
    marks, mine = ", ".join("?" * len(jobs)), dict[str, list[tuple[str, str]]]()
    rows = _asked(
        store,
        f"SELECT p.job, p.company, p.status FROM run_part p WHERE p.company IN ({{}}) AND p.job IN ({marks})"
        " ORDER BY p.place, p.n",
        companies,
        *(job[0] for job in jobs),
    )
    for job, company, status in rows:
        mine.setdefault(job, []).append((company, status))
    return [
        Event(key, scope, status, day_from, day_to, created_at, bool(ingested), tuple(mine.get(key, ())))
        for key, scope, status, day_from, day_to, created_at, ingested in jobs
    ]


def set_up(store: Store, companies: Collection[str]) -> dict[str, dict[str, Any]]:
    """What each company keeps for its runs and its books, all of them in one look."""
    rows = _asked(store, "SELECT c.id, c.settings FROM company c WHERE c.id IN ({})", companies)
    return {key: json.loads(kept or "{}") for key, kept in rows}


def _asked(store: Store, statement: str, ids: Collection[Any], *facts: object) -> Sequence[Any]:
    """The rows of a statement whose {} is a list of ids; none for no ids."""
    if not ids:
        return []
    listed = sorted(ids)
    with store.reading():
        return store.execute(statement.format(", ".join("?" * len(listed))), (*listed, *facts)).fetchall()


def _figure(row: Sequence[Any]) -> Figure:
    return Figure(*row)


def _part(row: Sequence[Any]) -> Part:
    job, company, status, words, made_of, *rest = row
    return Part(job, company, status, unpacked(words, made_of), *rest)
