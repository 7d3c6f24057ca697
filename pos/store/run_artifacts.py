"""What runs came to, by company and business day: sums of the three sides, documents by what became of them, verdict.

One artifact per run, company and day, written again as often as a phase is begun again. Amounts in minor units.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from pos.store.db import Store
from pos.store.models import RunArtifact, RunFigure
from pos.store.reach import EVERYWHERE, Reach
from pos.store.run_rows import inside

MATCH, MISMATCH, NOT_RUN = "MATCH", "MISMATCH", "NOT RUN"


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


def put_figures(store: Store, artifact: int, found: Iterable[Figure]) -> None:
    """These are the figures of an artifact, in place of any before."""
    with store.transaction():
        RunFigure.delete().where(RunFigure.artifact == artifact).execute()
        for one in found:
            RunFigure.create(
                artifact=artifact, kind=one.kind, name=one.name, here=one.here, sent=one.sent, booked=one.booked,
                verdict=one.verdict, words=one.words,
            )  # fmt: skip


def figures(store: Store, artifact: int) -> list[Figure]:
    """The figures of an artifact, by kind and name."""
    with store.reading():
        found = RunFigure.select().where(RunFigure.artifact == artifact).order_by(RunFigure.kind, RunFigure.name)
        return [Figure(r.kind, r.name, r.here, r.sent, r.booked, r.verdict, r.words) for r in found]


def artifact_of(row: Any) -> Artifact:
    """A row of run_artifact."""
    return Artifact(**{name: getattr(row, name) for name in _NAMES} | {"ingested": bool(row.ingested)})
