"""What runs and their parts are, as rows are read; and whose runs somebody may see: those of companies that lie wholly
in their reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pos.said import unpacked
from pos.store import reach as within
from pos.store.db import Store
from pos.store.reach import Reach

STATUSES = ("queued", "running", "succeeded", "failed", "cancelled")
ENDED = ("succeeded", "failed", "cancelled")
OPEN = ("queued", "running")
#: In their order; each is a state a part stands in until it is over, and can be begun again.
PHASES = ("collect", "transform", "upload", "reconcile", "archive", "done")
#: Exit codes of runs here; others come from the history of another program alone.
OK, FAILED, REFUSED, STALE = "0", "1", "2", "-1"


@dataclass(frozen=True, slots=True)
class Job:
    """One run. scope: single or all; company: "" = all. Days as YYYY-MM-DD, moments as clock.stamp(), "" = not yet.

    exit_code: "" while it goes on. reason: "", or lock_held, bad_arguments, failed, cancelled, stale, mismatch.

    requested_by: a person or a schedule; schedule: its id, "" = none asked.
    """

    n: int
    id: str
    scope: str
    company: str
    day_from: str
    day_to: str
    parallel: int
    stagger_seconds: int
    continue_on_failure: bool
    status: str
    exit_code: str
    reason: str
    words: str
    warnings: int
    requested_by: str
    schedule: str
    created_at: str
    started_at: str
    ended_at: str
    cancel_at: str
    cancel_by: str
    log_bytes: int
    ingested: bool

    @property
    def ended(self) -> bool:
        """Whether nothing more happens in it."""
        return self.status in ENDED

    @property
    def days(self) -> str:
        """Its days as people write them: one, or from … to …"""
        return self.day_from if self.day_from == self.day_to else f"{self.day_from} … {self.day_to}"


@dataclass(frozen=True, slots=True)
class Part:
    """A run's work for one company. tries: workers that died in this phase. cursor: how far the phase came, as JSON."""

    n: int
    job: str
    company: str
    connection: str
    place: int
    status: str
    phase: str
    tries: int
    owner: str
    lease_until: str
    next_at: str
    started_at: str
    ended_at: str
    exit_code: str
    reason: str
    words: str
    warnings: int
    cursor: str


def job_of(row: Any) -> Job:
    """A row of run_job."""
    return Job(
        row.n, row.id, row.scope, row.company, row.day_from, row.day_to, row.parallel, row.stagger_seconds,
        bool(row.continue_on_failure), row.status, row.exit_code, row.reason, unpacked(row.words, row.made_of),
        row.warnings, row.requested_by, row.schedule, row.created_at, row.started_at, row.ended_at, row.cancel_at,
        row.cancel_by, row.log_bytes, bool(row.ingested),
    )  # fmt: skip


def part_of(row: Any) -> Part:
    """A row of run_part."""
    return Part(
        row.n, row.job, row.company, row.connection, row.place, row.status, row.phase, row.tries, row.owner,
        row.lease_until, row.next_at, row.started_at, row.ended_at, row.exit_code, row.reason,
        unpacked(row.words, row.made_of), row.warnings, row.cursor,
    )  # fmt: skip


def inside(store: Store, reach: Reach) -> list[str] | None:
    """The companies whose runs somebody with this reach may see; None = all. A run is about all shops of a company, so
    who sees some of them sees none."""
    if reach.is_all:
        return None
    return [one.id for one in within.companies_in(store, reach) if within.whole(store, reach, one.id)]
