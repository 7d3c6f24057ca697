"""Sessions with QuickBooks Desktop: started once, worked on by one worker, and what became of each of their steps.

A claim is a lease: whoever dies lets go by itself, and the next worker goes on from the cursor of the step. Of one
company file one session is running at a time. Only its own worker ends a session, or a cancellation while nobody holds
it; how long it takes ends none. Counts are the session's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.errors import Conflict
from pos.said import said
from pos.store import audit
from pos.store.conductor_session_rows import AHEAD_SECONDS_MAX, at, is_free, mine, session_of, until
from pos.store.conductor_session_rows import CAUSES as CAUSES
from pos.store.conductor_session_rows import COUNTED as COUNTED
from pos.store.conductor_session_rows import DIRECTIONS as DIRECTIONS
from pos.store.conductor_session_rows import LEASE_SECONDS as LEASE_SECONDS
from pos.store.conductor_session_rows import STATUSES as STATUSES
from pos.store.conductor_session_rows import Failure as Failure
from pos.store.conductor_session_rows import Session as Session
from pos.store.conductor_session_rows import Step as Step
from pos.store.conductor_session_rows import at_work as at_work
from pos.store.conductor_session_rows import current as current
from pos.store.conductor_session_rows import failed_count as failed_count
from pos.store.conductor_session_rows import failures as failures
from pos.store.conductor_session_rows import get as get
from pos.store.conductor_session_rows import history as history
from pos.store.conductor_session_rows import last_good_at as last_good_at
from pos.store.conductor_session_rows import numbered as numbered
from pos.store.conductor_session_rows import running as running
from pos.store.conductor_session_rows import steps as steps
from pos.store.db import Store
from pos.store.models import ConductorCompany as Companies
from pos.store.models import ConductorFailure as Failures
from pos.store.models import ConductorSession as Sessions
from pos.store.models import ConductorStep as Steps

_FAILED = (
    "INSERT INTO conductor_failure (session, at, object_type, object_id, remote_id, title, code, message, remedy)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, object_type, object_id, remote_id) DO UPDATE SET"
    " at = excluded.at, title = excluded.title, code = excluded.code, message = excluded.message,"
    " remedy = excluded.remedy"
)
#: Companies first: so the index of the sessions is used, however many there were.
_FREE = (
    "SELECT s.n FROM conductor_company c CROSS JOIN conductor_session s WHERE s.connection = c.connection AND"
    " s.status = 'running' AND (s.lease_until <= ? OR s.lease_until > ?) AND (s.next_at <= ? OR s.next_at > ? OR"
    " s.cancel_at <> '')"
)


# -- started, cancelled, looked at -------------------------------------------------------------------------------------


def start(
    store: Store, company: str, connection: str, objects: Sequence[str], plan: Sequence[tuple[str, str]], by: str,
    now: datetime, *, cause: str = "person", key: str = "",
) -> Session:  # fmt: skip
    """Begin a session: one row, and one for each step of `plan` (type, direction). key: its id, "" = a new one; one
    that is there already is that session. Conflict, code "running", while one is running; it is left alone."""
    stamp = clock.stamp(now)
    with store.transaction():
        if key and (same := Sessions.get_or_none((Sessions.id == key) & (Sessions.connection == connection))):
            return session_of(same)
        if other := running(store, connection):
            raise Conflict(_busy(other), code="running", facts={"session": other.id, "by": other.asked_by,
                                                                "since": other.started_at})  # fmt: skip
        row = Sessions.create(
            id=key or clock.uuid7(), connection=connection, company=company, objects=json.dumps(list(objects)),
            cause=cause, asked_by=by, started_at=stamp,
        )  # fmt: skip
        for position, (name, direction) in enumerate(plan):
            Steps.create(session=row.n, position=position, object_type=name, direction=direction)
        audit.record(store, by, "conductor.start", connection, {"session": row.id, "objects": list(objects)})
        return session_of(row)


def _busy(other: Session) -> str:
    since = clock.stamp(clock.parse(other.started_at))[:19].replace("T", " ")
    return said(
        "A session is running: {who} started it at {moment} UTC. Wait until it has ended, or cancel it.",
        who=other.asked_by, moment=since,
    )  # fmt: skip


def cancel(store: Store, connection: str, by: str, now: datetime, *, n: int = 0) -> Session | None:
    """Ask the session that is running to stop, which it does after the object that is under way; where nobody works on
    it, it is over at once. As it is now; None when none is running. n: only if it is the one of this number. No other
    session is touched."""
    stamp = clock.stamp(now)
    with store.transaction():
        row = running(store, connection)
        if row is None or n not in (0, row.n):
            return None
        if not row.cancel_at:
            Sessions.update(cancel_at=stamp, cancel_by=by).where(Sessions.n == row.n).execute()
            audit.record(store, by, "conductor.cancel", connection, {"session": row.id})
        if is_free(row, now):
            _over(store, row.n, "cancelled", now, "", "")
        return get(store, connection, row.id)


# -- working on one ----------------------------------------------------------------------------------------------------


def claim(store: Store, owner: str, now: datetime, *, connection: str = "") -> Session | None:
    """The next session nobody works on, for this worker alone; None when there is none. One that was cancelled is
    handed out although it waits: it is to be ended. So is one that waits for a moment further ahead than `put_off`
    keeps any: the clock was set back since. When there is none, nothing is written."""
    stamp, ahead = clock.stamp(now), clock.stamp(now + timedelta(seconds=AHEAD_SECONDS_MAX))
    facts, asked = [stamp, ahead, stamp, ahead], _FREE
    if connection:
        facts, asked = [*facts, connection], f"{_FREE} AND s.connection = ?"
    with store.reading():
        found = store.execute(f"{asked} ORDER BY s.n LIMIT 1", facts).fetchone()
    if found is None:
        return None
    with store.transaction():
        row = Sessions.get_or_none((Sessions.n == found[0]) & (Sessions.status == "running"))
        if row is None or not is_free(session_of(row), now):
            return None  # another process was first
        Sessions.update(owner=owner, lease_until=until(now), next_at="").where(Sessions.n == row.n).execute()
        return session_of(Sessions.get(Sessions.n == row.n))


def beat(store: Store, session: Session, now: datetime) -> bool:
    """Hold it longer. False when it is another worker's by now. From any thread."""
    with store.rows():
        return bool(Sessions.update(lease_until=until(now)).where(mine(session)).execute() == 1)


def is_cancelled(store: Store, session: Session) -> bool:
    """Whether this very session is to stop: somebody asked for it, or it is no longer this worker's."""
    with store.reading():
        row = Sessions.get_or_none(mine(session))
    return row is None or bool(row.cancel_at)


def begin_step(store: Store, session: Session, step: Step, now: datetime) -> bool:
    """It is worked on. False when the session is another worker's."""
    with store.transaction():
        if not Sessions.select().where(mine(session)).exists():
            return False
        values = {"state": "working", "code": "", "message": "", "started_at": step.started_at or clock.stamp(now)}
        Steps.update(**values).where(at(step)).execute()
        return True


def went(
    store: Store, session: Session, step: Step, cursor: dict[str, Any], *, total: int | None = None, synced: int = 0,
    failed: int = 0, unchanged: int = 0, failures: Iterable[Failure] = (),
) -> bool:  # fmt: skip
    """Keep how far a step came and what became of objects; False when the session is another worker's: then nothing is
    kept, and the caller's transaction must come to nothing, too. Inside the transaction that wrote the records.

    total: all of them as far as is known, None = as before. synced, failed, unchanged: so many more; `unchanged` are
    among `synced`. An object that failed in this session before is not counted a second time.
    """
    now = clock.now()
    stamp, told = clock.stamp(now), list(failures)
    with store.transaction():
        values = {"lease_until": until(now), "waits_from": "", "code": "", "message": ""}
        if Sessions.update(**values).where(mine(session)).execute() != 1:
            return False
        again = _told_before(session.n, told)
        if told:
            store.execute_many(_FAILED, [_failure_row(session.n, stamp, one) for one in told])
        more = max(0, max(failed, len(told)) - again)
        change: dict[str, Any] = {
            "cursor": json.dumps(cursor), "synced": Steps.synced + synced, "failed": Steps.failed + more,
            "unchanged": Steps.unchanged + unchanged,
        }  # fmt: skip
        if total is not None:
            change["total"] = total
        Steps.update(**change).where(at(step)).execute()
        return True


def _told_before(session: int, told: Sequence[Failure]) -> int:
    count = 0
    for one in told:
        same = (
            (Failures.session == session) & (Failures.object_type == one.object_type)
            & (Failures.object_id == one.object_id) & (Failures.remote_id == one.remote_id)
        )  # fmt: skip
        count += Failures.select().where(same).exists()
    return count


def _failure_row(session: int, stamp: str, one: Failure) -> tuple[Any, ...]:
    return (
        session, stamp, one.object_type, one.object_id, one.remote_id, one.title, one.code, one.message, one.remedy
    )  # fmt: skip


def put_off(
    store: Store, session: Session, later: datetime, code: str, message: str, now: datetime, *, away: bool = True
) -> None:
    """It goes on later, from where it is; it is looked at again after AHEAD_SECONDS_MAX at most. No object is failed.
    away: nobody could be asked, which `waits_from` counts from; otherwise an answer is waited for."""
    begun = session.waits_from or clock.stamp(now)
    later = min(later, now + timedelta(seconds=AHEAD_SECONDS_MAX))
    with store.transaction():
        kept = Sessions.get_or_none(mine(session))
        if kept is None:
            return
        if away:
            begun = kept.waits_from or clock.stamp(now)
        Sessions.update(
            owner="", lease_until="", next_at=clock.stamp(later), code=code, message=message,
            waits_from=begun if away else "",
        ).where(Sessions.n == session.n).execute()  # fmt: skip


def let_go(store: Store, session: Session) -> None:
    """It goes on at once, with whoever takes it next."""
    with store.transaction():
        Sessions.update(owner="", lease_until="").where(mine(session)).execute()


def end_step(
    store: Store, session: Session, step: Step, state: str, now: datetime, code: str = "", message: str = ""
) -> bool:
    """It is over: done, failed or cancelled. False when the session is another worker's."""
    with store.transaction():
        if not Sessions.select().where(mine(session)).exists():
            return False
        values: dict[str, Any] = {"state": state, "ended_at": clock.stamp(now), "code": code, "message": message}
        if state == "done":  # what was announced and is no longer there was none of ours
            row = Steps.get(at(step))
            values["total"] = row.synced + row.failed
        Steps.update(**values).where(at(step)).execute()
        return True


def end(
    store: Store, session: Session, status: str, now: datetime, code: str = "", message: str = ""
) -> Session | None:
    """It is over. As it is then; None when it is another worker's."""
    with store.transaction():
        if not Sessions.select().where(mine(session)).exists():
            return None
        _over(store, session.n, status, now, code, message)
        return numbered(store, session.connection, session.n)


def owner_is_dead(store: Store, owners: str) -> int:
    """What workers whose name starts so hold is let go; how many. Only for one who knows they are dead."""
    with store.transaction():
        held = Sessions.owner.startswith(owners) & (Sessions.status == "running") & (Sessions.lease_until != "")
        return int(Sessions.update(lease_until="", owner="").where(held).execute())


def line_is_back(store: Store, now: datetime) -> int:
    """They may be reached again: sessions that wait because nobody could be asked are due at once; how many."""
    with store.transaction():
        waits = (Sessions.status == "running") & (Sessions.next_at > clock.stamp(now)) & (Sessions.waits_from != "")
        return int(Sessions.update(next_at="").where(waits).execute())


def next_at(store: Store) -> str:
    """When the next one that waits is due, "" = none waits."""
    with store.reading():
        found = store.execute(
            "SELECT MIN(s.next_at) FROM conductor_company c CROSS JOIN conductor_session s"
            " WHERE s.connection = c.connection AND s.status = 'running' AND s.next_at <> ''"
        ).fetchone()
    return str(found[0] or "")


def thin(store: Store, before: datetime, most: int = 500) -> int:
    """Take out sessions that ended before, with their steps and what failed in them; how many, `most` at a time. The
    last one of each company file stays."""
    with store.transaction():
        last = store.execute("SELECT MAX(n) FROM conductor_session GROUP BY connection").fetchall()
        old = (Sessions.status != "running") & (Sessions.ended_at < clock.stamp(before))
        keep = [int(row[0]) for row in last]
        gone = [row.n for row in Sessions.select(Sessions.n).where(old & Sessions.n.not_in(keep)).limit(most)]
        for table in (Failures, Steps):
            table.delete().where(table.session.in_(gone)).execute()
        return int(Sessions.delete().where(Sessions.n.in_(gone)).execute()) if gone else 0


# -- within ------------------------------------------------------------------------------------------------------------


def _over(store: Store, n: int, status: str, now: datetime, code: str, message: str) -> None:
    stamp, row = clock.stamp(now), Sessions.get(Sessions.n == n)
    took = max(0, int((now - clock.parse(row.started_at)).total_seconds() * 1000))
    Sessions.update(
        status=status, ended_at=stamp, took_ms=took, owner="", lease_until="", next_at="", waits_from="", code=code,
        message=message,
    ).where(Sessions.n == n).execute()  # fmt: skip
    if status == "cancelled":
        unfinished = (Steps.session == n) & Steps.state.in_(("waiting", "working"))
        Steps.update(state="cancelled", ended_at=stamp).where(unfinished).execute()
    elif status == "completed" and not failed_count(store, n):
        Companies.update(last_good_at=stamp, last_error="", last_error_at="").where(
            Companies.connection == row.connection
        ).execute()
    elif status == "failed":
        Steps.update(state="failed", ended_at=stamp, code=code, message=message).where(
            (Steps.session == n) & (Steps.state == "working")
        ).execute()
        Companies.update(last_error=message, last_error_at=stamp).where(
            Companies.connection == row.connection
        ).execute()
