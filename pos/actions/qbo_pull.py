"""A pull: customers, items, invoices, sales receipts and payments of QuickBooks Online, page by page.

The first one reads everything. Later ones ask what changed since (30 days back at most, deleted ones among it); where
that is more than they tell at once, or longer ago, the rows are asked for by the moment of their change, or all of them
again. What a full pull did not meet is asked for by itself before it counts as gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pos import clock
from pos.actions import qbo_records
from pos.actions.qbo_records import Side
from pos.connectors.qbo import office as there_and_back
from pos.connectors.qbo.client import text
from pos.connectors.qbo.office import ENTITIES, LISTS
from pos.errors import PosError, Rejected
from pos.said import said
from pos.store import connections, record_links, records, sync_jobs
from pos.store.record_links import Link
from pos.store.records import Record
from pos.store.sync_jobs import Job, Result

PAGE_ROWS = 500
BITE_ROWS = 100
#: They look back 30 days; a day is left for clocks and pulls that take long.
CDC_DAYS, CDC_ROWS = 29, 1000
#: What was changed while a pull ran is met again by the next.
OVERLAP_MINUTES = 5
MISSING_ROWS = 50


class Lost(Exception):
    """Somebody else works on the job by now."""


def run(on: Side, job: Job, stopping: Callable[[], bool], breathe: Callable[[], None]) -> bool:
    """Work on a pull from where it is; whether it came to its end. ConnectorError when they cannot be asked."""
    cursor = dict(job.cursor) or _begin(on, job)
    while cursor["way"] != "done":
        if stopping():
            return False
        step = _STEPS[cursor["way"]]
        rows, after = step(on, job, cursor)
        _take(on, job, rows, cursor, after, breathe)
        cursor = after
    if not job.chosen:
        connections.move(on.store, on.connection, feed(job.resource), cursor["began"], clock.now())
    return True


def feed(resource: str) -> str:
    """The name of a resource's cursor."""
    return f"records:{resource}"


def _begin(on: Side, job: Job) -> dict[str, Any]:
    """How it goes about it. began: their clock, as far as it is known, a little early."""
    off = on.client.clock_off or 0.0
    now = clock.now()
    began = clock.stamp(now - timedelta(seconds=off, minutes=OVERLAP_MINUTES))
    if job.chosen:
        return {"way": "chosen", "start": 0, "began": began}
    since = connections.mark(on.store, on.connection, feed(job.resource)).value
    recent = bool(since) and clock.parse(since) > now - timedelta(days=CDC_DAYS)
    return {"way": "cdc" if recent else "full", "start": 1, "last": "", "since": since, "began": began}


# -- one page, by the way it goes --------------------------------------------------------------------------------------

Page = tuple[list[dict[str, Any]], dict[str, Any]]


def _chosen(on: Side, job: Job, cursor: dict[str, Any]) -> Page:
    keys = job.chosen[cursor["start"] : cursor["start"] + MISSING_ROWS]
    rows = [_read(on, job.kind, key) for key in keys]
    start = cursor["start"] + len(keys)
    return rows, {**cursor, "start": start, "way": "done" if start >= len(job.chosen) else "chosen"}


def _read(on: Side, kind: str, key: str) -> dict[str, Any]:
    try:
        return on.client.read(ENTITIES[kind], key)
    except Rejected as error:
        if error.code != "not_there":
            raise
        return {"Id": key, "status": "Deleted"}


def _changes(on: Side, job: Job, cursor: dict[str, Any]) -> Page:
    entity = ENTITIES[job.kind]
    try:
        rows = on.client.cdc([entity], cursor["since"])[entity]
    except Rejected:  # too long ago, by their own count
        return [], {**cursor, "way": "full"}
    if len(rows) < CDC_ROWS:
        return rows, {**cursor, "way": "done"}
    # They told the newest thousand. Customers and items are never deleted; of documents the rest may be.
    return [], {**cursor, "way": "changed" if job.kind in LISTS else "full"}


def _full(on: Side, job: Job, cursor: dict[str, Any]) -> Page:
    """In the order of ids, each page from the last row of the one before: when that row is another one now, something
    was taken out in front, and the page before is read once more."""
    where = ["Active IN (true,false)"] if job.kind in LISTS else []
    if cursor["way"] == "changed":
        where.append(f"MetaData.LastUpdatedTime >= {text(cursor['since'])}")
    start, last = int(cursor["start"]), cursor["last"]
    found = on.client.query(ENTITIES[job.kind], " AND ".join(where), "Id", start, PAGE_ROWS)
    rows = list(found.rows)
    if last and start > 1 and (not rows or str(rows[0]["Id"]) != last):
        back = max(1, start - PAGE_ROWS)
        return rows, {**cursor, "start": back, "last": ""}
    if not found.more:
        return rows, {**cursor, "way": "done" if cursor["way"] == "changed" else "missing"}
    return rows, {**cursor, "start": start + len(rows) - 1, "last": str(rows[-1]["Id"])}


def _missing(on: Side, job: Job, cursor: dict[str, Any]) -> Page:
    links = record_links.unseen(on.store, on.company, on.connection, job.kind, job.id, MISSING_ROWS)
    rows = [_read(on, job.kind, link.remote_id) for link in links]
    record_links.mark_seen(
        on.store, on.company, on.connection, job.kind, [link.remote_id for link in links], job.id
    )  # fmt: skip
    return rows, {**cursor, "way": "missing" if links else "done"}


_STEPS: dict[str, Callable[[Side, Job, dict[str, Any]], Page]] = {
    "chosen": _chosen, "cdc": _changes, "changed": _full, "full": _full, "missing": _missing,
}  # fmt: skip


# -- taking rows in ----------------------------------------------------------------------------------------------------


def _take(
    on: Side, job: Job, rows: Sequence[dict[str, Any]], before: dict[str, Any], after: dict[str, Any],
    breathe: Callable[[], None],
) -> None:  # fmt: skip
    """Rows into records, some at a time; only the last bite moves the cursor on, so that a killed pull reads the page
    again, which changes nothing twice."""
    bites = [rows[at : at + BITE_ROWS] for at in range(0, len(rows), BITE_ROWS)] or [[]]
    for at, bite in enumerate(bites):
        found = qbo_records.refs(on, theirs=bite) if job.kind not in LISTS else there_and_back.Refs()
        keys = [str(row["Id"]) for row in bite]
        links = record_links.of_remotes(on.store, on.company, on.connection, job.kind, keys)
        mine = records.several(on.store, on.company, job.kind, [link.record_id for link in links.values()])
        results, unchanged, touched = list[Result](), 0, list[Record]()
        with on.store.transaction():
            for row in bite:
                result, record = _one(on, job.kind, row, links.get(str(row["Id"])), mine, found)
                results += [result] if result else []
                unchanged += result is None
                touched += [record] if record else []
            if touched:
                qbo_records.to_catalogue(on, touched)
            if before["way"] == "full":
                record_links.mark_seen(on.store, on.company, on.connection, job.kind, keys, job.id)
            cursor = after if at == len(bites) - 1 else before
            if not sync_jobs.went(on.store, job, cursor, results, unchanged, clock.now()):
                raise Lost
        breathe()


def _one(
    on: Side, kind: str, row: Mapping[str, Any], link: Link | None, mine: Mapping[str, Record], found: Any
) -> tuple[Result | None, Record | None]:
    """What became of one row; None = both sides said the same. The record, where it was new or changed."""
    remote = str(row["Id"])
    try:
        with on.store.transaction():
            if str(row.get("status") or "") == "Deleted":
                return (_gone(on, link, mine), None) if link is not None else (None, None)
            if link is not None and link.state == "gone":
                return None, None
            if link is None:
                return _new(on, kind, row, found)
            record = mine[link.record_id]
            if link.state == "synced" and link.sync_token == str(row.get("SyncToken")) and not record.read_only:
                return None, None
            before = replace(link, synced_at="")
            brought = qbo_records.bring(on, link, record, row, found)
    except (PosError, ValueError, KeyError, TypeError, AttributeError) as error:
        code = error.code if isinstance(error, PosError) else "not_read"
        words = error.message if isinstance(error, PosError) else said("It could not be read ({why}).", why=repr(error))
        return Result(kind, link.record_id if link else "", remote, "error", code, words), None
    open_ = brought.link.state == "conflict"
    if (
        not brought.changed
        and not open_
        and replace(brought.link, synced_at="", sync_token=before.sync_token) == before
    ):
        return None, None
    words = said("Both sides changed it; somebody decides.") if open_ else ""
    done = Result(kind, record.id, remote, "skipped" if open_ else "synced", "conflict" if open_ else "", words)
    return done, brought.record if brought.changed else None


def _new(on: Side, kind: str, row: Mapping[str, Any], found: Any) -> tuple[Result | None, Record | None]:
    remote = str(row["Id"])
    if kind not in LISTS and there_and_back.mark_in(row):
        return None, None  # a document of the till itself, or one whose sending is being settled
    fields, _ = there_and_back.from_there(kind, row, found, on.tables)
    known = qbo_records.match(on, kind, fields)
    if known is None:
        made, _ = qbo_records.create(on, kind, row, found)
        return Result(kind, made.id, remote, "synced", "new"), made
    link = Link(on.company, on.connection, kind, known.id)
    brought = qbo_records.bring(on, link, known, row, found)
    open_ = brought.link.state == "conflict"
    return Result(kind, known.id, remote, "skipped" if open_ else "synced", "linked"), brought.record


def _gone(on: Side, link: Link, mine: Mapping[str, Record]) -> Result | None:
    """Somebody deleted it there. A copy of theirs goes, too; what was made here stays, and says so."""
    if link.state == "gone":
        return None
    record = mine[link.record_id]
    if record.origin == "there":
        records.edit(
            on.store, on.company, link.kind, record.id, record.version, record.fields, record.lines,
            qbo_records.SYSTEM, clock.now(), deleted=True,
        )  # fmt: skip
    words = said("It was deleted in QuickBooks.")
    record_links.put(on.store, replace(link, state="gone", code="deleted_there", message=words))
    return Result(link.kind, link.record_id, link.remote_id, "synced", "deleted_there", words)
