"""Jobs between a company and its books elsewhere: asked for, claimed by one worker, and what became of each record.

A claim is a lease: whoever dies lets go by itself, and the next one goes on from the job's cursor. A job any record of
which failed is `error`; one that found nothing to do is `skipped`. That the other side cannot be reached changes no
state: the job waits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.errors import NotFound
from pos.said import said
from pos.store.db import Store
from pos.store.models import SyncJob as Jobs
from pos.store.models import SyncJobRecord as Results

DIRECTIONS = ("push", "pull")
#: Resource -> kind of record. In the order that leaves nothing without what it refers to.
RESOURCES = {"customers": "customer", "items": "item", "invoices": "invoice", "orders": "order", "payments": "payment"}
STATES = ("pending", "processing", "synced", "error", "skipped")
OPEN = ("pending", "processing")
LEASE_SECONDS = 60
LIST_MAX = 200
CHOSEN_MAX = 500

_RESULT = (
    "INSERT INTO sync_job_record (job_id, mark, record_kind, record_id, remote_id, state, code, message, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id, mark) DO UPDATE SET record_kind = excluded.record_kind,"
    " record_id = excluded.record_id, remote_id = excluded.remote_id, state = excluded.state, code = excluded.code,"
    " message = excluded.message, at = excluded.at"
)


@dataclass(frozen=True, slots=True)
class Job:
    """One job. chosen: () = all that changed; else ids of theirs to pull, or ids here to push. totals: synced, skipped,
    failed, unchanged, total. cursor: how far it came."""

    id: int
    company: str
    connection: str
    direction: str
    resource: str
    state: str
    asked_by: str
    asked_at: str
    chosen: tuple[str, ...]
    started_at: str
    ended_at: str
    next_at: str
    totals: dict[str, int]
    cursor: dict[str, Any]
    code: str
    message: str
    owner: str = field(default="", repr=False)

    @property
    def kind(self) -> str:
        """Kind of its records."""
        return RESOURCES[self.resource]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record. state: synced, skipped or error."""

    record_kind: str
    record_id: str
    remote_id: str
    state: str
    code: str = ""
    message: str = ""
    at: str = ""


def ask(
    store: Store, company: str, connection: str, direction: str, resource: str, by: str, now: datetime,
    chosen: Sequence[str] = (),
) -> int:  # fmt: skip
    """Ask for a job; its number. The same that was asked for already and waits, is that one."""
    if direction not in DIRECTIONS or resource not in RESOURCES or len(chosen) > CHOSEN_MAX:
        raise ValueError(f"no such job: {direction} {resource}")
    text = json.dumps(list(chosen)) if chosen else ""
    with store.transaction():
        same = (
            (Jobs.company == company) & (Jobs.connection == connection) & (Jobs.direction == direction)
            & (Jobs.resource == resource) & (Jobs.state == "pending") & (Jobs.chosen == text) & (Jobs.cursor == "")
        )  # fmt: skip
        known = Jobs.select(Jobs.id).where(same).scalar()
        if known:
            return int(known)
        row = Jobs.create(
            company=company, connection=connection, direction=direction, resource=resource, asked_by=by,
            asked_at=clock.stamp(now), chosen=text,
        )  # fmt: skip
        return int(row.id)


def listed(
    store: Store, company: str, *, state: str = "", limit: int = 50, before: int = 0, connection: str = ""
) -> list[Job]:
    """A company's jobs, the newest first. before: only those with a lower number."""
    asked = Jobs.company == company
    if state:
        asked &= Jobs.state == state
    if before:
        asked &= Jobs.id < before
    if connection:
        asked &= Jobs.connection == connection
    with store.reading():
        return [_job(row) for row in Jobs.select().where(asked).order_by(Jobs.id.desc()).limit(min(limit, LIST_MAX))]


def get(store: Store, company: str, number: int) -> Job:
    """One job. NotFound, also for another company's."""
    with store.reading():
        row = Jobs.get_or_none((Jobs.company == company) & (Jobs.id == number))
    if row is None:
        raise NotFound(said("There is no such job here."))
    return _job(row)


def results(
    store: Store, company: str, number: int, *, state: str = "", after: str = "", limit: int = 100
) -> list[Result]:
    """What became of the records of a job, in the order of their marks, from behind mark `after`."""
    get(store, company, number)
    asked = (Results.job_id == number) & (Results.mark > after)
    if state:
        asked &= Results.state == state
    with store.reading():
        rows = Results.select().where(asked).order_by(Results.mark).limit(min(limit, LIST_MAX))
        return [
            Result(r.record_kind, r.record_id, r.remote_id, r.state, r.code, r.message, r.at) for r in rows
        ]  # fmt: skip


def waits(store: Store, now: datetime) -> bool:
    """Whether any job could be worked on now."""
    with store.reading():
        return Jobs.select().where(_free(now)).exists()


# -- working on one ----------------------------------------------------------------------------------------------------


def claim(store: Store, owner: str, now: datetime, *, connection: str = "") -> Job | None:
    """The next job that nobody works on, for this worker alone; None when there is none. Of one connection one job at
    a time, in the order they were asked for."""
    stamp = clock.stamp(now)
    with store.transaction():
        asked = _free(now)
        if connection:
            asked &= Jobs.connection == connection
        for row in Jobs.select().where(asked).order_by(Jobs.id).limit(LIST_MAX):
            same = (Jobs.connection == row.connection) & (Jobs.id != row.id)
            if Jobs.select().where(same & (Jobs.state == "processing") & (Jobs.lease > stamp)).exists():
                continue
            older = same & (Jobs.id < row.id) & Jobs.state.in_(OPEN) & (Jobs.next_at > stamp)
            if Jobs.select().where(older).exists():  # what an earlier one waits for, this one would, too
                continue
            Jobs.update(
                state="processing", owner=owner, lease=_until(now), started_at=row.started_at or stamp, next_at=""
            ).where(Jobs.id == row.id).execute()  # fmt: skip
            return _job(Jobs.get(Jobs.id == row.id))
    return None


def beat(store: Store, job: Job, now: datetime) -> bool:
    """Hold it longer. False when it is another worker's by now. From any thread."""
    with store.rows():
        return bool(Jobs.update(lease=_until(now)).where(_mine(job)).execute() == 1)


def went(
    store: Store, job: Job, cursor: dict[str, Any], found: Iterable[Result], unchanged: int, now: datetime
) -> bool:
    """Keep how far it came and what became of records; False when it is another worker's: then nothing is kept. Inside
    the transaction that wrote the records. unchanged: records that said the same on both sides; they are only counted.
    """
    stamp = clock.stamp(now)
    with store.transaction():
        row = Jobs.get_or_none(_mine(job))
        if row is None:
            return False
        store.execute_many(
            _RESULT,
            [
                (
                    job.id, one.remote_id if job.direction == "pull" else one.record_id, one.record_kind,
                    one.record_id, one.remote_id, one.state, one.code, one.message, stamp,
                )
                for one in found
            ],
        )  # fmt: skip
        totals = json.loads(row.totals)
        totals["unchanged"] = totals.get("unchanged", 0) + unchanged
        Jobs.update(
            cursor=json.dumps(cursor), totals=json.dumps(totals), lease=_until(now)
        ).where(Jobs.id == job.id).execute()  # fmt: skip
        return True


def put_off(store: Store, job: Job, until: datetime, code: str, message: str) -> None:
    """It goes on later, from where it is: nobody can be reached, or an answer is waited for. No record is failed."""
    with store.transaction():
        Jobs.update(
            state="pending", owner="", lease="", next_at=clock.stamp(until), code=code, message=message
        ).where(_mine(job)).execute()  # fmt: skip


def let_go(store: Store, job: Job) -> None:
    """It goes on at once, with whoever takes it next."""
    with store.transaction():
        Jobs.update(state="pending", owner="", lease="").where(_mine(job)).execute()


def end(store: Store, job: Job, now: datetime, code: str = "", message: str = "") -> str:
    """It is done: synced, error when any record failed (or `code` says why it could not), skipped when there was
    nothing to do. The state; "" when it is another worker's."""
    with store.transaction():
        row = Jobs.get_or_none(_mine(job))
        if row is None:
            return ""
        counted = dict(
            store.execute(
                "SELECT state, count(*) FROM sync_job_record WHERE job_id = ? GROUP BY state", (job.id,)
            ).fetchall()
        )  # fmt: skip
        unchanged = json.loads(row.totals).get("unchanged", 0)
        synced, failed = counted.get("synced", 0), counted.get("error", 0)
        totals = {
            "synced": synced, "failed": failed, "skipped": counted.get("skipped", 0) + unchanged,
            "unchanged": unchanged, "total": sum(counted.values()) + unchanged,
        }  # fmt: skip
        state = "error" if failed or code else "synced" if synced else "skipped"
        Jobs.update(
            state=state, ended_at=clock.stamp(now), owner="", lease="", totals=json.dumps(totals), code=code,
            message=message,
        ).where(Jobs.id == job.id).execute()  # fmt: skip
        return state


def owner_is_dead(store: Store, owners: str) -> int:
    """Jobs held by owners whose name starts so are free at once. Only for a process that knows they are dead."""
    with store.transaction():
        held = Jobs.owner.startswith(owners) & (Jobs.state == "processing")
        return int(Jobs.update(lease="", owner="").where(held).execute())


def other_company(connection: str, now: datetime) -> int:
    """Another company of theirs takes the old one's place: what was asked for or half done is of no use there. Inside a
    transaction; how many."""
    words = said("Another company of QuickBooks took the old one's place. Ask anew.")
    asked = (Jobs.connection == connection) & Jobs.state.in_(OPEN)
    return int(
        Jobs.update(
            state="error", code="other_company", message=words, ended_at=clock.stamp(now), owner="", lease=""
        ).where(asked).execute()
    )  # fmt: skip


def retry_failed(store: Store, company: str, number: int, by: str, now: datetime) -> int | None:
    """A new job of the records that failed in one; its number, None when none failed."""
    job = get(store, company, number)
    with store.reading():
        rows = Results.select().where((Results.job_id == number) & (Results.state == "error")).limit(CHOSEN_MAX)
        chosen = [row.remote_id if job.direction == "pull" else row.record_id for row in rows]
    if not chosen:
        return None
    return ask(store, company, job.connection, job.direction, job.resource, by, now, chosen)


def thin(store: Store, before: datetime, skipped_before: datetime) -> int:
    """Take out jobs that ended before, with their results, and sooner those that found nothing to do; how many."""
    with store.transaction():
        old = (Jobs.ended_at != "") & (
            (Jobs.ended_at < clock.stamp(before))
            | ((Jobs.state == "skipped") & (Jobs.ended_at < clock.stamp(skipped_before)))
        )
        Results.delete().where(Results.job_id.in_(Jobs.select(Jobs.id).where(old))).execute()
        return int(Jobs.delete().where(old).execute())


def by_day(store: Store, company: str, since: str) -> list[dict[str, Any]]:
    """Per day from `since` on: jobs that ended, their states, records that went and failed. For a chart."""
    with store.reading():
        rows = store.execute(
            "SELECT substr(ended_at, 1, 10), state, totals FROM sync_job WHERE company = ? AND ended_at >= ?",
            (company, since),
        ).fetchall()
    days: dict[str, dict[str, Any]] = {}
    for day, state, text in rows:
        totals = json.loads(text)
        row = days.setdefault(day, {"day": day, "jobs": 0, "failedJobs": 0, "synced": 0, "failed": 0})
        row["jobs"] += 1
        row["failedJobs"] += state == "error"
        row["synced"] += totals.get("synced", 0)
        row["failed"] += totals.get("failed", 0)
    return [days[day] for day in sorted(days)]


def _free(now: datetime) -> Any:
    stamp = clock.stamp(now)
    left = (Jobs.state == "processing") & (Jobs.lease <= stamp)
    return ((Jobs.state == "pending") & (Jobs.next_at <= stamp)) | left


def _mine(job: Job) -> Any:
    return (Jobs.id == job.id) & (Jobs.owner == job.owner) & (Jobs.state == "processing")


def _until(now: datetime) -> str:
    return clock.stamp(now + timedelta(seconds=LEASE_SECONDS))


def _job(row: Any) -> Job:
    return Job(
        row.id, row.company, row.connection, row.direction, row.resource, row.state, row.asked_by, row.asked_at,
        tuple(json.loads(row.chosen)) if row.chosen else (), row.started_at, row.ended_at, row.next_at,
        json.loads(row.totals), json.loads(row.cursor) if row.cursor else {}, row.code, row.message, row.owner,
    )  # fmt: skip
