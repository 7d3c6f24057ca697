"""What runs came to, by company and business day: sums of the three sides, documents by what became of them, verdict.

One artifact per run, company and day, written again as often as a phase is begun again. Amounts in minor units.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from peewee import Case, Tuple

from pos import clock
from pos.errors import NotFound
from pos.said import said
from pos.store.db import Store
from pos.store.models import RunArtifact, RunFigure
from pos.store.reach import EVERYWHERE, Reach
from pos.store.run_rows import inside

MATCH, MISMATCH, NOT_RUN = "MATCH", "MISMATCH", "NOT RUN"

BITE_ROWS = 500
#: What tells one artifact from another of the same day.
_HASHED = (
    "job", "company", "day", "connection", "source", "raw_rows", "rejected_rows", "raw_total", "raw_count",
    "sent_total", "sent_count", "booked_total", "booked_count", "uploaded", "skipped", "failed", "status", "difference",
)  # fmt: skip
_WHY_NOT = {
    "succeeded": said("Nothing was sold."), "failed": said("The run failed before."),
    "cancelled": said("The run was cancelled before."),
}  # fmt: skip
_FIGURE = (
    "INSERT INTO run_figure (artifact, kind, name, here, sent, booked, verdict, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a run came to for one company and day. raw: of the source; sent: of the documents made of it; booked: of
    what stands in the books. uploaded, skipped, failed: documents booked by this run, booked before, and refused.
    status: MATCH, MISMATCH, NOT RUN, "" = not compared yet. run_status: how the run ended, "" = it goes on."""

    n: int
    job: str
    company: str
    connection: str
    day: str
    source: str
    currency: str
    raw_rows: int
    rejected_rows: int
    raw_total: int
    raw_count: int
    sent_total: int
    sent_count: int
    booked_total: int
    booked_count: int
    uploaded: int
    skipped: int
    failed: int
    status: str
    reason: str
    difference: int
    tolerance: int
    run_status: str
    processed_at: str
    hash: str
    ingested: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One sum or document on its three sides. kind: total, tender, tax or document."""

    kind: str
    name: str
    here: int
    sent: int
    booked: int
    verdict: str
    words: str


_NAMES = tuple(one.name for one in fields(Artifact))
#: What may be put into one; the rest says whose it is.
_FIGURES = frozenset(_NAMES) - {"n", "job", "company", "day"}


def put_artifact(store: Store, job: str, company: str, day: str, **values: Any) -> int:
    """Keep these values (names of `Artifact`) of a run's company and day, beside what is kept already; its number.

    A new one is told apart by `hash` = the run's id until it gets its own, and by `processed_at`, which has to be given
    with it.
    """
    unknown = values.keys() - _FIGURES
    if unknown:
        raise ValueError(f"an artifact has no {', '.join(sorted(unknown))}")
    mine = (RunArtifact.job == job) & (RunArtifact.company == company) & (RunArtifact.day == day)
    with store.transaction():
        known = RunArtifact.select(RunArtifact.n).where(mine).scalar()
        if known is None:
            row = RunArtifact.create(job=job, company=company, day=day, **{"hash": job, **values})
            return int(row.n)
        if values:
            RunArtifact.update(**values).where(RunArtifact.n == known).execute()
        return int(known)


def artifacts(store: Store, job_id: str, reach: Reach = EVERYWHERE) -> list[Artifact]:
    """Those of a run, by company and day."""
    asked = RunArtifact.job == job_id
    with store.reading():
        mine = inside(store, reach)
        if mine is not None:
            asked &= RunArtifact.company.in_(mine)
        found = RunArtifact.select().where(asked).order_by(RunArtifact.company, RunArtifact.day)
        return [artifact_of(row) for row in found]


def of_part(store: Store, job_id: str, company: str) -> list[Artifact]:
    """Those of one company in a run, by day."""
    asked = (RunArtifact.job == job_id) & (RunArtifact.company == company)
    with store.reading():
        return [artifact_of(row) for row in RunArtifact.select().where(asked).order_by(RunArtifact.day)]


def one(store: Store, n: int, reach: Reach = EVERYWHERE) -> Artifact:
    """One artifact. NotFound, also for one of a company outside a reach."""
    with store.reading():
        row = RunArtifact.get_or_none(RunArtifact.n == n)
        mine = inside(store, reach)
    if row is None or (mine is not None and row.company not in mine):
        raise NotFound(said("There are no such figures of a run here."), field="n")
    return artifact_of(row)


def between(
    store: Store, reach: Reach = EVERYWHERE, company: str = "", day_from: str = "", day_to: str = ""
) -> Iterator[Artifact]:
    """Those of a company ("" = all within reach) and of business days, both ends included, "" = without end; by day,
    company and when they were made. Read a bite at a time."""
    asked, last = (RunArtifact.day >= day_from) & (RunArtifact.day <= (day_to or "9999")), ("", "", 0)
    with store.reading():
        mine = inside(store, reach)
    if mine is not None:
        asked &= RunArtifact.company.in_(mine)
    if company:
        asked &= RunArtifact.company == company
    order = (RunArtifact.day, RunArtifact.company, RunArtifact.n)
    while True:
        with store.reading():
            after = Tuple(*order) > Tuple(*last)
            rows = list(RunArtifact.select().where(asked & after).order_by(*order).limit(BITE_ROWS))
        yield from (artifact_of(row) for row in rows)
        if len(rows) < BITE_ROWS:
            return
        last = (rows[-1].day, rows[-1].company, rows[-1].n)


def mismatches(store: Store, reach: Reach = EVERYWHERE, limit: int = 50) -> list[Artifact]:
    """Of each company's day what stands, where it does not match, the newest day first. A later run that was stopped or
    failed before it compared says nothing of it; one that went well and found nothing sold does."""
    where, facts = ["a.status = 'MISMATCH'"], list[Any]()
    mine = inside(store, reach)
    if mine is not None:
        where.append(f"a.company IN ({', '.join('?' * len(mine)) or 'NULL'})")
        facts += mine
    asked = (
        f"SELECT a.n FROM run_artifact a WHERE {' AND '.join(where)} AND NOT EXISTS (SELECT 1 FROM run_artifact b"
        " WHERE b.company = a.company AND b.day = a.day AND (b.status IN ('MATCH', 'MISMATCH') OR"
        " b.status = 'NOT RUN' AND b.raw_count = 0 AND b.raw_rows = 0 AND b.run_status = 'succeeded')"
        " AND (b.processed_at > a.processed_at OR (b.processed_at = a.processed_at AND b.n > a.n)))"
        " ORDER BY a.day DESC, a.n DESC LIMIT ?"
    )
    with store.reading():
        ns = [n for (n,) in store.execute(asked, (*facts, limit)).fetchall()]
        found = {row.n: artifact_of(row) for row in RunArtifact.select().where(RunArtifact.n.in_(ns))}
    return [found[n] for n in ns]


def close(store: Store, job: str, company: str, status: str, now: datetime) -> None:
    """A part is over: its days are told apart for ever, by what they came to and the moment; one that was not compared
    says why. Inside the transaction that ended it."""
    for one_day in of_part(store, job, company):
        plain = {name: getattr(one_day, name) for name in _HASHED}
        values = {
            "run_status": status, "processed_at": clock.stamp(now),
            "hash": hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest(),
        }  # fmt: skip
        if not one_day.status:
            values |= {"status": NOT_RUN, "reason": str(_WHY_NOT[status])}
        put_artifact(store, job, company, one_day.day, **values)


def put_figures(store: Store, artifact: int, found: Iterable[Figure]) -> None:
    """These are the figures of an artifact, in place of any before."""
    rows = [(artifact, r.kind, str(r.name), r.here, r.sent, r.booked, r.verdict, str(r.words)) for r in found]
    with store.transaction():
        RunFigure.delete().where(RunFigure.artifact == artifact).execute()
        for start in range(0, len(rows), BITE_ROWS):
            store.execute_many(_FIGURE, rows[start : start + BITE_ROWS])


def figures(store: Store, artifact: int) -> list[Figure]:
    """The figures of an artifact, by kind and name."""
    with store.reading():
        found = RunFigure.select().where(RunFigure.artifact == artifact).order_by(RunFigure.kind, RunFigure.name)
        return [_figure(row) for row in found]


def sums(store: Store, artifact: int) -> list[Figure]:
    """Its figures that are of no single document."""
    with store.reading():
        mine = (RunFigure.artifact == artifact) & (RunFigure.kind != "document")
        return [_figure(row) for row in RunFigure.select().where(mine)]


def documents(store: Store, artifact: int, limit: int, offset: int = 0) -> tuple[list[Figure], int, int]:
    """Its documents, those that differ first; how many there are, and how many of them differ."""
    mine = (RunFigure.artifact == artifact) & (RunFigure.kind == "document")
    rank = Case(RunFigure.verdict, (("mismatch", 0),), 1)
    with store.reading():
        rows = RunFigure.select().where(mine).order_by(rank, RunFigure.name).limit(limit).offset(offset)
        count = RunFigure.select().where(mine).count()
        bad = RunFigure.select().where(mine & (RunFigure.verdict == "mismatch")).count()
        return [_figure(row) for row in rows], count, bad


def _figure(row: Any) -> Figure:
    return Figure(row.kind, row.name, row.here, row.sent, row.booked, row.verdict, row.words)


def artifact_of(row: Any) -> Artifact:
    """A row of run_artifact. Its reason is one of our texts or that of another program: said where it is known."""
    rest = {"ingested": bool(row.ingested), "reason": said(row.reason) if row.reason else ""}
    return Artifact(**{name: getattr(row, name) for name in _NAMES} | rest)
