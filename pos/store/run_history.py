"""Runs of another program, taken in as they were: each once, marked as such, and never worked on."""

from __future__ import annotations

from dataclasses import dataclass

from pos.store.db import Store
from pos.store.models import RunArtifact, RunJob, RunPart


@dataclass(frozen=True, slots=True)
class Past:
    """One run of one company for one business day. Amounts in minor units of the currency; moments are stamps; digest:
    SHA-256 of what it was read from, which tells it apart. run: the id it gets here."""

    run: str
    company: str
    day: str
    currency: str
    processed_at: str
    started_at: str
    ended_at: str
    requested_by: str
    exit_code: str
    words: str
    rows: int
    epos_total: int
    epos_count: int
    qbo_total: int
    qbo_count: int
    uploaded: int
    skipped: int
    failed: int
    status: str
    reason: str
    difference: int
    warns: bool
    digest: str


def put(store: Store, past: Past) -> bool:
    """Take it in; False when it is here already."""
    with store.transaction():
        if RunArtifact.select().where((RunArtifact.company == past.company) & (RunArtifact.day == past.day)
                                      & (RunArtifact.hash == past.digest)).exists():  # fmt: skip
            return False
        status = "succeeded" if past.exit_code == "0" else "failed"
        began, ended = past.started_at or past.processed_at, past.ended_at or past.processed_at
        about = {"company": past.company, "status": status, "exit_code": past.exit_code, "words": past.words,
                 "warnings": int(past.warns), "started_at": began, "ended_at": ended}  # fmt: skip
        RunJob.create(
            id=past.run, scope="single", day_from=past.day, day_to=past.day, requested_by=past.requested_by,
            created_at=began, ingested=True, **about,
        )  # fmt: skip
        RunPart.create(job=past.run, phase="done", **about)
        RunArtifact.create(
            job=past.run, company=past.company, day=past.day, source="csv", currency=past.currency,
            raw_rows=past.rows, raw_total=past.epos_total, raw_count=past.epos_count, booked_total=past.qbo_total,
            booked_count=past.qbo_count, uploaded=past.uploaded, skipped=past.skipped, failed=past.failed,
            status=past.status, reason=past.reason, difference=past.difference, run_status=status,
            processed_at=past.processed_at, hash=past.digest, ingested=True,
        )  # fmt: skip
    return True
