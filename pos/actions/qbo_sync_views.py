"""What people and programs are told of jobs, their records and conflicts. Reads only; names as documented."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pos import clock
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.said import said
from pos.store import records, sync_jobs
from pos.store.db import Store
from pos.store.records import Clashed
from pos.store.sync_jobs import Job, Result

#: State -> the colour of its badge, and the word on it.
STATES = {
    "pending": ("offline", said("Pending")),
    "processing": ("check", said("Processing")),
    "synced": ("saved", said("Synced")),
    "error": ("needs", said("Error")),
    "skipped": ("saved", said("Nothing to do")),
}
CHART_DAYS_MAX = 92


def job(store: Store, config: Config, one: Job) -> dict[str, Any]:
    """One job as the documented table shows it."""
    totals = one.totals
    counts = {
        "syncedCount": totals.get("synced", 0), "errorCount": totals.get("failed", 0),
        "skippedCount": totals.get("skipped", totals.get("unchanged", 0)), "total": totals.get("total", 0),
    }  # fmt: skip
    tone, word = STATES[one.state]
    return {
        "id": one.id,
        "provider": "quickbooks",
        "direction": one.direction,
        "resourceType": one.resource,
        "status": one.state,
        "statusText": word,
        "tone": tone,
        "code": one.code,
        "error": one.message,
        "payload": counts,
        "summary": said("{n} synced, {failed} errors", n=counts["syncedCount"], failed=counts["errorCount"])
        if one.ended_at
        else "",
        "chosen": len(one.chosen),
        "askedBy": one.asked_by,
        "createdAt": one.asked_at,
        "createdText": moment(store, config, one.asked_at),
        "startedAt": one.started_at,
        "endedAt": one.ended_at,
        "endedText": moment(store, config, one.ended_at) if one.ended_at else "",
        "updatedAt": one.ended_at or one.started_at or one.asked_at,
        "waitingUntil": one.next_at if one.state == "pending" else "",
    }


def jobs(store: Store, config: Config, company: str, *, state: str, limit: int, before: int) -> list[dict[str, Any]]:
    """A company's jobs, the newest first."""
    return [
        job(store, config, one) for one in sync_jobs.listed(store, company, state=state, limit=limit, before=before)
    ]


def detail(
    store: Store, config: Config, company: str, number: int, *, state: str, after: str, limit: int
) -> dict[str, Any]:
    """A job with what became of its records; `after` of the next page, "" = that was the last."""
    one = sync_jobs.get(store, company, number)
    rows = sync_jobs.results(store, company, number, state=state, after=after, limit=limit)
    last = (rows[-1].remote_id if one.direction == "pull" else rows[-1].record_id) if len(rows) >= limit else ""
    titles = records.several(store, company, one.kind, [row.record_id for row in rows if row.record_id])
    shown = [_result(row, titles[row.record_id].title if row.record_id in titles else "") for row in rows]
    return {"job": job(store, config, one), "records": shown, "after": last}


def _result(row: Result, title: str) -> dict[str, Any]:
    return {
        "kind": row.record_kind,
        "recordId": row.record_id,
        "title": title,
        "remoteId": row.remote_id,
        "status": row.state,
        "statusText": STATES[row.state][1],
        "code": row.code,
        "message": row.message,
        "at": row.at,
    }


def conflict(store: Store, config: Config, one: Clashed) -> dict[str, Any]:
    """A field both sides changed."""
    record = records.find(store, one.company, one.kind, one.record_id)
    return {
        "id": one.id,
        "kind": one.kind,
        "recordId": one.record_id,
        "title": record.title if record else one.record_id,
        "field": one.field,
        "ours": one.ours,
        "theirs": one.theirs,
        "oursText": in_words(one.ours),
        "theirsText": in_words(one.theirs),
        "rule": one.rule,
        "state": one.state,
        "decision": one.decision,
        "decidedBy": one.decided_by,
        "decidedAt": one.decided_at,
        "madeAt": one.made_at,
        "madeText": moment(store, config, one.made_at),
    }


def conflicts(
    store: Store, config: Config, company: str, *, state: str, after: int, limit: int
) -> list[dict[str, Any]]:
    """A company's conflicts, the oldest first."""
    return [
        conflict(store, config, one) for one in records.conflicts(store, company, state=state, after=after, limit=limit)
    ]


def in_words(value: Any) -> str:
    """A field's value as people read it; lines one beside the other."""
    if isinstance(value, bool):
        return said("yes") if value else said("no")
    if isinstance(value, list):
        return "; ".join(" ".join(str(part) for part in one.values() if part != "") for one in value) or "–"
    return str(value) if value not in (None, "") else "–"


def chart(store: Store, company: str, days: int) -> list[dict[str, Any]]:
    """Per day: jobs, jobs with errors, records that went and that failed; days without any are left out."""
    since = clock.now() - timedelta(days=min(max(days, 1), CHART_DAYS_MAX))
    return sync_jobs.by_day(store, company, clock.stamp(since)[:10])
