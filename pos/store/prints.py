"""The print queue: what waits for the printer, what was printed, what may have been. Rows are never deleted.

waiting -> sending -> printed | failed; sending -> waiting again when nothing reached the paper. `sending` is written
before the first byte leaves, so that after a crash nothing is printed a second time by itself. Every change is
`UPDATE … WHERE state = old`, and the count is checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from pos import clock
from pos.errors import NotFound
from pos.store.db import Store

BROWSER = "browser"
DRAWER = "drawer"
#: Jobs of one document that are listed.
LISTED_MAX = 50


@dataclass(frozen=True, slots=True)
class Job:
    """One row, as the table has it. document: "" for a test page or an X. copy: as it was, or is to be, printed."""

    id: str
    document: str
    number: str
    template: str
    part: str = ""
    body: str = ""
    copy: bool = False
    cause: str = "person"
    by_code: str = ""
    by_name: str = ""
    device: str = ""
    state: str = "waiting"
    sure: bool = True
    confirmed: bool = False
    reason: str = ""
    tries: int = 0
    made_at: str = ""
    next_at: str = ""
    until: str = ""
    sent_at: str = ""
    done_at: str = ""


_COLUMNS = tuple(f.name for f in fields(Job))
_FLAGS = ("copy", "sure", "confirmed")
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM print_job"
#: Of the same slip, something is on paper or may be.
_ON_PAPER = (
    "SELECT 1 FROM print_job o WHERE o.document = ? AND o.template = ? AND o.part = ? AND o.id <> ?"
    " AND o.document <> '' AND (o.state IN ('printed', 'sending') OR (o.state = 'failed' AND o.sure = 0))"
)


def add(store: Store, jobs: Iterable[Job]) -> list[Job]:
    """Put jobs into the queue; those that are there already for their document by themselves are left out."""
    added = []
    marks = ", ".join("?" * len(_COLUMNS))
    with store.transaction():
        for job in jobs:
            row = tuple(getattr(job, name) for name in _COLUMNS)
            sql = f"INSERT INTO print_job ({', '.join(_COLUMNS)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
            if store.execute(sql, row).rowcount:
                added.append(job)
    return added


def done_elsewhere(job: Job, where: str) -> Job:
    """The same job as one that somebody else printed at once: the browser."""
    return replace(job, device=where, state="printed", done_at=job.made_at, sent_at=job.made_at, tries=1)


def find(store: Store, job: str) -> Job:
    """One job. NotFound."""
    found = _jobs(store, "WHERE id = ?", (job,))
    if not found:
        raise NotFound("There is no such print job.")
    return found[0]


def of_document(store: Store, document: str) -> list[Job]:
    """Everything that was asked for, newest first."""
    return _jobs(store, "WHERE document = ? ORDER BY n DESC LIMIT ?", (document, LISTED_MAX))


def open_job(store: Store, document: str, template: str, part: str) -> Job | None:
    """The same slip, waiting or being printed."""
    where = "WHERE document = ? AND template = ? AND part = ? AND state IN ('waiting', 'sending') ORDER BY n LIMIT 1"
    found = _jobs(store, where, (document, template, part))
    return found[0] if found else None


def on_paper(store: Store, document: str, template: str, part: str) -> bool:
    """Whether that slip is on paper or may be: then the next one is a COPY."""
    return store.execute(f"{_ON_PAPER} LIMIT 1", (document, template, part, "")).fetchone() is not None


def due(store: Store, now: datetime, *, drawer_only: bool = False) -> Job | None:
    """What to do next: the drawer first, then in the order asked."""
    only = f"AND template = '{DRAWER}'" if drawer_only else ""
    where = f"WHERE state = 'waiting' AND next_at <= ? {only} ORDER BY template <> '{DRAWER}', n LIMIT 1"
    found = _jobs(store, where, (clock.stamp(now),))
    return found[0] if found else None


def next_moment(store: Store) -> str:
    """When something is due or given up next; "" = nothing waits."""
    row = store.execute("SELECT min(min(next_at), min(until)) FROM print_job WHERE state = 'waiting'").fetchone()
    return row[0] or ""


def waiting(store: Store) -> int:
    """Slips that wait."""
    row = store.execute("SELECT count(*) FROM print_job WHERE state IN ('waiting', 'sending')").fetchone()
    return int(row[0])


def confirmed_ever(store: Store, device: str) -> bool:
    """Whether this printer ever said that it had printed: then its silence means something."""
    sql = "SELECT 1 FROM print_job WHERE device = ? AND confirmed = 1 ORDER BY n DESC LIMIT 1"
    return store.execute(sql, (device,)).fetchone() is not None


# -- states ----------------------------------------------------------------------------------------------------------


def take(store: Store, job: Job, now: datetime) -> Job | None:
    """Mark before the first byte leaves; the job as it is to be printed. None when somebody else took it."""
    with store.transaction():
        key = (job.document, job.template, job.part, job.id)
        copy = job.copy or store.execute(f"{_ON_PAPER} LIMIT 1", key).fetchone() is not None
        changed = store.execute(
            "UPDATE print_job SET state = 'sending', copy = ?, tries = tries + 1, sent_at = ?, reason = ''"
            " WHERE id = ? AND state = 'waiting'",
            (copy, clock.stamp(now), job.id),
        ).rowcount
    return replace(job, state="sending", copy=copy, tries=job.tries + 1, sent_at=clock.stamp(now)) if changed else None


def again(store: Store, job: str, new: Job) -> bool:
    """Try a failed one once more, when surely nothing came of it; for the drawer, which has one row a document."""
    with store.transaction():
        changed = store.execute(
            "UPDATE print_job SET state = 'waiting', next_at = ?, until = ?, by_code = ?, by_name = ?, reason = '',"
            " done_at = '' WHERE id = ? AND state = 'failed' AND sure = 1",
            (new.next_at, new.until, new.by_code, new.by_name, job),
        ).rowcount
    return bool(changed == 1)


def printed(store: Store, job: str, now: datetime, *, confirmed: bool) -> bool:
    """It is done. confirmed: the printer said so itself."""
    return _end(store, job, "sending", "printed", now, "", sure=True, confirmed=confirmed)


def failed(store: Store, job: str, now: datetime, reason: str, *, sure: bool, old: str = "sending") -> bool:
    """Given up. sure: nothing is on paper."""
    return _end(store, job, old, "failed", now, reason, sure=sure, confirmed=False)


def wait(store: Store, job: str, next_at: datetime, reason: str) -> bool:
    """Nothing reached the paper: again later. Everything else that waits, waits for the same reason."""
    with store.transaction():
        sql = "UPDATE print_job SET state = 'waiting', next_at = ?, reason = ? WHERE id = ? AND state = 'sending'"
        changed = store.execute(sql, (clock.stamp(next_at), reason, job)).rowcount
        store.execute("UPDATE print_job SET reason = ? WHERE state = 'waiting'", (reason,))
    return bool(changed == 1)


def give_up(store: Store, now: datetime) -> list[Job]:
    """End what has waited long enough; it is offered to be printed again."""
    found = _jobs(store, "WHERE state = 'waiting' AND until <= ?", (clock.stamp(now),))
    why = "The printer was not there in time."
    return [j for j in found if failed(store, j.id, now, j.reason or why, sure=True, old="waiting")]


def recover(store: Store, now: datetime) -> int:
    """After a start: what was open is not begun again. Whether it is on paper nobody knows, for a power cut may have
    taken the mark away."""
    why = "The till was stopped while this was to be printed."
    done = 0
    for job in _jobs(store, "WHERE state IN ('waiting', 'sending')", ()):
        done += failed(store, job.id, now, why, sure=False, old=job.state)
    return done


def _end(
    store: Store, job: str, old: str, state: str, now: datetime, reason: str, *, sure: bool, confirmed: bool
) -> bool:
    with store.transaction():
        changed = store.execute(
            "UPDATE print_job SET state = ?, done_at = ?, reason = ?, sure = ?, confirmed = ?"
            " WHERE id = ? AND state = ?",
            (state, clock.stamp(now), reason, sure, confirmed, job, old),
        ).rowcount
    return bool(changed == 1)


def _jobs(store: Store, where: str, values: tuple[object, ...]) -> list[Job]:
    return [_job(row) for row in store.execute(f"{_SELECT} {where}", values).fetchall()]


def _job(row: tuple[object, ...]) -> Job:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Job(**{**values, **{name: bool(values[name]) for name in _FLAGS}})  # type: ignore[arg-type]
