"""A push: what changed here since both sides agreed, to QuickBooks Desktop, each once.

The body is kept before it goes, and under what it is looked for. Where an answer is lost it is looked for at once and
again after a while (`conductor_lost`); only what is not there even then goes again, the same body. What is there
already is read, merged and sent with the revision it was read at: when somebody was quicker (3200), it is read and
merged once more. What QuickBooks refuses is parked with its own words until somebody edits it or says again; the others
go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pos import clock
from pos.actions import conductor_go, conductor_lost, conductor_merge, conductor_new, conductor_ready
from pos.actions.conductor_go import UPDATE, Done, link_of, revision
from pos.actions.conductor_lost import Sent
from pos.actions.conductor_side import TYPE_OF, Lost, Side
from pos.actions.record_push import Waits
from pos.errors import ConnectorError, PosError, Rejected, Unknown
from pos.rules import conductor, conductor_body, conductor_fields
from pos.rules.merge import same
from pos.said import said
from pos.store import conductor_sessions, record_links, records
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.record_links import Link
from pos.store.records import Record

PAGE_ROWS = 50
#: So often is a record read and merged once more when it was changed there meanwhile.
STALE_TRIES = 3
NOT_THERE, STALE = ("not_there", "no_match"), "stale"
#: Parked with these, a record goes by itself as soon as it can: what it names is not there yet, somebody has it open.
BY_ITSELF = (conductor_ready.NOT_YET, "in_use")
ONLY_HERE = ("off", "from_quickbooks")
_OFF = {"isActive": False}


def run(
    on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]
) -> bool | datetime:  # fmt: skip
    """Work on a push from where it is. True when it came to its end, False when it was stopped, else the moment from
    which lost answers can be asked for. ConnectorError when they cannot be asked."""
    one = conductor.TYPES[step.object_type]
    if on.direction(one.name) in ONLY_HERE or one.kind == "qbd_invoice":
        return True
    cursor: dict[str, Any] = dict(step.cursor) or {"after": "", "until": "", "lost": False}
    if not step.cursor:
        total = record_links.count_waiting(on.store, on.company, on.connection, one.kind, BY_ITSELF)
        _went(on, session, step, cursor, total=total)
    while keys := _next(on, one.kind, cursor):
        for key in keys:
            if stopping():
                return False
            done, until = _settled(on, one.kind, key)
            soonest = min(filter(None, (cursor["until"], until)), default="")
            cursor = {**cursor, "after": key, "until": soonest}
            _told(on, session, step, cursor, one.kind, key, done)
            breathe()
    if not cursor["until"]:
        return True
    _went(on, session, step, {"after": "", "until": "", "lost": True})
    return clock.parse(cursor["until"])


def _next(on: Side, kind: str, cursor: Mapping[str, Any]) -> list[str]:
    """What is to go; once all that was tried, only that of which answers were lost."""
    if cursor["lost"]:
        return record_links.on_their_way(on.store, on.company, on.connection, kind, cursor["after"], PAGE_ROWS)
    return record_links.waiting(on.store, on.company, on.connection, kind, cursor["after"], PAGE_ROWS, BY_ITSELF)


def _told(
    on: Side, session: Session, step: Step, cursor: Mapping[str, Any], kind: str, key: str, done: Done | None
) -> None:  # fmt: skip
    if done is None:
        _went(on, session, step, cursor)
        return
    failures = []
    if done.state == "failed":
        record = records.find(on.store, on.company, kind, key)
        link = record_links.of_record(on.store, on.company, on.connection, kind, key)
        failures = [Failure(
            object_type=step.object_type, object_id=key, remote_id=link.remote_id if link else "",
            title=record.title if record else key, code=done.code, message=done.message, remedy=done.remedy,
        )]  # fmt: skip
    _went(
        on, session, step, cursor, synced=int(done.state != "failed"), failed=len(failures),
        unchanged=int(done.state == "unchanged"), failures=failures,
    )  # fmt: skip


def _went(on: Side, session: Session, step: Step, cursor: Mapping[str, Any], **counts: Any) -> None:
    if not conductor_sessions.went(on.store, session, step, dict(cursor), **counts):
        raise Lost


def _settled(on: Side, kind: str, key: str) -> tuple[Done | None, str]:
    """What became of one record, or until when it is not known. Only what says nothing of the record itself (they are
    away, the key is refused) goes on to the caller."""
    try:
        return one(on, kind, key), ""
    except Waits as waits:
        return None, waits.until
    except Rejected as error:
        return _parked(on, kind, key, Done("failed", error.code, error.message, error.remedy)), ""
    except ConnectorError:
        raise
    except PosError as error:
        return _parked(on, kind, key, Done("failed", error.code, error.message)), ""
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        words = said("It could not be sent ({why}).", why=repr(error))
        return _parked(on, kind, key, Done("failed", "not_mappable", words)), ""


def _parked(on: Side, kind: str, key: str, done: Done) -> Done:
    """Refused as it stands: it stays until somebody edits it, or says again
    (`conductor_office.retry`)."""
    record, link = records.get(on.store, on.company, kind, key), link_of(on, kind, key)
    record_links.park(on.store, link, record.version, done.code, f"{done.message} {done.remedy}".strip())
    return done


# -- one record --------------------------------------------------------------------------------------------------------


def one(on: Side, kind: str, key: str) -> Done | None:
    """Bring one record there; None = there is nothing to do. ConnectorError, NotFound, Waits."""
    record, link = records.get(on.store, on.company, kind, key), link_of(on, kind, key)
    if record.read_only or kind == "qbd_invoice":
        return None
    resource = conductor_ready.resource(record)
    if not link.remote_id:
        made = conductor_new.created(on, record, link, resource)
        if made is None or made.state == "failed":
            return made
        record, link = records.get(on.store, on.company, kind, key), link_of(on, kind, key)
        if link.agreed_version == record.version or not link.remote_id:
            return made
    return _updated(on, record.kind, record.id, resource)


# -- what is there already ---------------------------------------------------------------------------------------------


def _updated(on: Side, kind: str, key: str, resource: str) -> Done:
    for _ in range(STALE_TRIES):
        record, link = records.get(on.store, on.company, kind, key), link_of(on, kind, key)
        try:
            there = on.client.retrieve(resource, link.remote_id)
            return _once(on, record, link, resource, there)
        except Rejected as error:
            if error.code in NOT_THERE:
                return _gone(on, record)
            if error.code != STALE:
                raise
    raise Rejected(said("Somebody changes it in QuickBooks all the time."), code=STALE)


def _gone(on: Side, record: Record) -> Done:
    """It is not there any more: by us, or by somebody."""
    now = link_of(on, record.kind, record.id)
    if record.deleted:
        record_links.put(on.store, replace(
            now, state="gone", code="", message="", sent=b"", request_id="", operation="", settle_at="",
            agreed_version=record.version, synced_at=clock.stamp(clock.now()),
        ))  # fmt: skip
        return Done("synced", "deleted")
    conductor_merge.gone(on, now, record)
    return Done("failed", conductor_merge.GONE, link_of(on, record.kind, record.id).message)


def _once(on: Side, record: Record, link: Link, resource: str, there: Mapping[str, Any]) -> Done:
    theirs = conductor_go.view_of(on, record, resource, there)
    sent = conductor_lost.unpacked(link)
    if sent is not None and link.operation == UPDATE:
        if conductor_lost.arrived(sent, theirs):
            done = conductor_go.confirmed(on, record, link, resource, sent, [dict(there)])
            record = records.get(on.store, on.company, record.kind, record.id)
            link = link_of(on, record.kind, record.id)
            if done.state == "failed" or link.agreed_version == record.version:
                return done
        elif conductor_lost.may_come(link, revision(there)):
            raise Waits(link.settle_at)
        else:
            link = conductor_lost.known(link, theirs)
    if record.deleted:
        return _taken_back(on, record, link, resource, there, theirs)
    with on.store.transaction():
        # both as they are by now: somebody may have edited it, or decided about a field, while it was asked for
        record, link = records.get(on.store, on.company, record.kind, record.id), link_of(on, record.kind, record.id)
        brought = conductor_merge.bring(on, link, record, resource, there)
    push = conductor_ready.sendable(brought.record, brought.push)
    if not push:
        if brought.push:
            record_links.put(on.store, replace(brought.link, agreed_version=brought.record.version))
        if brought.link.state == "conflict":
            return Done("unchanged", "conflict")
        return Done("synced" if brought.changed or sent is not None else "unchanged")
    return _change(on, brought.record, brought.link, resource, there, push)


def _change(
    on: Side, record: Record, link: Link, resource: str, there: Mapping[str, Any], push: frozenset[str]
) -> Done:  # fmt: skip
    """Send the fields that changed here, with the revision they were merged at."""
    found = conductor_ready.refs(on, record, push, there)
    body = conductor_body.to_update(resource, conductor_ready.paper(record), there, push, found)
    view = conductor_fields.view(record.kind, record.fields, record.lines)
    sent = Sent(body, {name: view[name] for name in push})
    link = conductor_go.keep(on, link, record, sent, UPDATE, clock.uuid7())
    sent = conductor_lost.unpacked(link) or sent
    answered = True
    try:
        after = conductor_go.send(
            on, link, lambda: on.client.update(resource, link.remote_id, revision(there), sent.body)
        )
    except Unknown as error:
        after, answered = on.client.retrieve(resource, link.remote_id), False
        if not conductor_lost.arrived(sent, conductor_go.view_of(on, record, resource, after)):
            if revision(after) != revision(there):  # somebody was quicker: ours cannot be booked any more
                raise Rejected(error.message, code=STALE) from error
            raise conductor_go.lost(on, link, error) from error
    return conductor_go.confirmed(on, record, link, resource, sent, [after], answered=answered)


# -- deleted here ------------------------------------------------------------------------------------------------------


def _taken_back(
    on: Side, record: Record, link: Link, resource: str, there: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Done:  # fmt: skip
    """It was deleted here: a document is deleted there, as it was when both agreed on it; one of a list, which
    QuickBooks keeps for ever, is made inactive."""
    if not TYPE_OF[resource].deletes:
        return _inactive(on, record, link, resource, there)
    changed = {name: one for name, one in (link.agreed or {}).items()
               if name in theirs and not same(one, theirs[name])}  # fmt: skip
    if changed and link.sync_token != revision(there):
        return _clash(on, record, link, there, changed)
    link = conductor_go.keep(on, link, record, Sent({}), conductor_go.DELETE, clock.uuid7())
    try:
        conductor_go.send(on, link, lambda: on.client.delete(resource, link.remote_id))
    except Unknown as error:
        on.client.retrieve(resource, link.remote_id)  # Rejected, code NOT_THERE: it is done
        raise conductor_go.lost(on, link, error) from error
    return _gone(on, record)


def _clash(on: Side, record: Record, link: Link, there: Mapping[str, Any], changed: Mapping[str, Any]) -> Done:
    """Deleted here, changed there since both agreed: a person's word."""
    words = said("It was deleted here, and changed in QuickBooks meanwhile ({what}): somebody decides.",
                 what=", ".join(sorted(changed)))  # fmt: skip
    conductor_merge.undecided(on, link, record, there, words)
    return Done("failed", "conflict", words)


def _inactive(on: Side, record: Record, link: Link, resource: str, there: Mapping[str, Any]) -> Done:
    if there.get("isActive") is not False:
        link = replace(link, sync_token=revision(there))
        link = conductor_go.keep(on, link, record, Sent(dict(_OFF), dict(_OFF)), UPDATE, clock.uuid7())
        try:
            there = conductor_go.send(on, link, lambda: on.client.update(
                resource, link.remote_id, revision(there), _OFF
            ))  # fmt: skip
        except Unknown as error:
            there = on.client.retrieve(resource, link.remote_id)
            if there.get("isActive") is not False:
                raise conductor_go.lost(on, link, error) from error
    now = link_of(on, record.kind, record.id)
    record_links.put(on.store, replace(
        now, state="synced", sync_token=revision(there), agreed={**(now.agreed or {}), "isActive": False},
        agreed_version=record.version, code="", message="", sent=b"", request_id="", operation="", settle_at="",
        synced_at=clock.stamp(clock.now()),
    ))  # fmt: skip
    return Done("synced", "inactive")
