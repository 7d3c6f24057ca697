"""A push: what changed here since both sides agreed, to QuickBooks Online, each once.

The bytes and the requestid are kept before they go. Where an answer is lost, the record is looked for: a document by
its number and our mark, a customer or item by its name and content; when it is not there after a while, the same bytes
go again under the same id. A record that is there is read first and merged; what is sent is a sparse update of what
changed here. A token that grew old in between (5010) means reading and merging once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.actions import qbo_records, record_push
from pos.actions.qbo_pull import Lost
from pos.actions.qbo_records import Side
from pos.actions.qbo_standing import settings_of
from pos.actions.record_push import Waits
from pos.connectors.qbo import office as there_and_back
from pos.connectors.qbo.client import text
from pos.connectors.qbo.lines import MARK
from pos.connectors.qbo.office import ENTITIES, LISTS, Paper
from pos.errors import ConnectorError, PosError, Rejected, Unknown
from pos.rules import documents, office
from pos.said import said
from pos.store import record_links, records, sync_jobs
from pos.store.record_links import Link
from pos.store.records import Record
from pos.store.sync_jobs import Job, Result

PAGE_ROWS = 50
#: So often is a record read and merged once more when it was changed there meanwhile.
STALE_TRIES = 3


def run(on: Side, job: Job, stopping: Callable[[], bool], breathe: Callable[[], None]) -> datetime | bool | None:
    """Work on a push from where it is. True when it came to its end, False when it was stopped, else the moment from
    which lost answers can be asked for. ConnectorError when they cannot be asked."""
    if not job.cursor and not job.chosen:
        walk_in = on.config.till.walk_in
        qbo_records.from_catalogue(on.store, on.company, job.kind, walk_in)
    cursor: dict[str, Any] = dict(job.cursor) or {"after": "", "start": 0, "until": ""}
    while True:
        keys = _next(on, job, cursor)
        if not keys:
            break
        for key in keys:
            if stopping():
                return False
            result, until = _settled(on, job.kind, key)
            soonest = min(filter(None, (cursor["until"], until)), default="")
            cursor = {"after": key, "start": cursor["start"] + 1, "until": soonest}
            if not sync_jobs.went(on.store, job, cursor, [result] if result else [], 0, clock.now()):
                raise Lost
            breathe()
    if not cursor["until"]:
        return True
    if not sync_jobs.went(on.store, job, {"after": "", "start": 0, "until": ""}, [], 0, clock.now()):
        raise Lost
    return clock.parse(cursor["until"])


def _next(on: Side, job: Job, cursor: Mapping[str, Any]) -> list[str]:
    if job.chosen:
        return list(job.chosen[cursor["start"] : cursor["start"] + PAGE_ROWS])
    return record_links.waiting(on.store, on.company, on.connection, job.kind, cursor["after"], PAGE_ROWS)


def _settled(on: Side, kind: str, key: str) -> tuple[Result | None, str]:
    """What became of one record, or until when it is not known. Only what says nothing of the record itself (they are
    away, nobody is signed in) goes on to the caller."""
    try:
        return one(on, kind, key), ""
    except Waits as waits:
        return None, waits.until
    except (Rejected, Unknown) as error:
        return _failed(on, kind, key, error.code, record_push.words(error)), ""
    except ConnectorError:
        raise
    except PosError as error:
        return _failed(on, kind, key, error.code, error.message), ""
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        return _failed(on, kind, key, "not_mappable", said("It could not be sent ({why}).", why=repr(error))), ""


def _failed(on: Side, kind: str, key: str, code: str, words: str) -> Result:
    record_links.failed(on.store, on.company, on.connection, kind, key, code, words)
    link = record_links.of_record(on.store, on.company, on.connection, kind, key)
    return Result(kind, key, link.remote_id if link else "", "error", code, words)


# -- one record --------------------------------------------------------------------------------------------------------


def one(on: Side, kind: str, key: str) -> Result | None:
    """Bring one record there. ConnectorError, NotFound, Waits."""
    record = records.get(on.store, on.company, kind, key)
    if record.read_only:
        words = said("This is a copy of a document made in QuickBooks.")
        return Result(kind, key, "", "skipped", "read_only", words)
    link = record_links.of_record(on.store, on.company, on.connection, kind, key)
    link = link or Link(on.company, on.connection, kind, key)
    if link.state == "gone":
        return Result(kind, key, link.remote_id, "error", "deleted_there", said("It was deleted in QuickBooks."))
    if not link.remote_id:
        if record.deleted and not link.request_id:
            return None
        link, made = _created(on, record, link)
        record = records.get(on.store, on.company, kind, key)
        if made is not None and (made.state == "error" or link.agreed_version == record.version):
            return made
    return _updated(on, record, link)


def _paper(on: Side, record: Record) -> Paper:
    return Paper(record.kind, record.id, record.version, record.fields, record.lines, on.currency)


def _refs(on: Side, record: Record, *there: Mapping[str, Any]) -> there_and_back.Refs:
    found = qbo_records.refs(on, [(record.fields, record.lines)], there)
    return replace(found, group=str(record.fields.get("group") or ""))


def _created(on: Side, record: Record, link: Link) -> tuple[Link, Result | None]:
    """It is there afterwards: sent now, found from a try whose answer was lost, or the same customer or item that
    somebody made there."""
    kind = record.kind
    kept = link.state == "sending" and bool(link.sent)
    if not kept and kind in LISTS:
        there = _same_there(on, record)
        if there is not None:
            brought = qbo_records.bring(on, link, record, there, _refs(on, record, there))
            return brought.link, None
    if not kept:
        edition = link.edition + (1 if link.sent or link.state == "error" else 0)
        sent, _ = there_and_back.to_create(_paper(on, record), _refs(on, record), on.tables, edition)
        link = _keep(on, replace(link, edition=edition), record, sent, "create")
    there = _found(on, record, link)
    if there is None:
        if kept and clock.stamp(clock.now()) < link.settle_at:
            raise Waits(link.settle_at)
        there = _send(on, link, lambda: on.client.create(ENTITIES[kind], link.sent, link.request_id))
    return _confirmed(on, record, link, there)


def _keep(on: Side, link: Link, record: Record, sent: bytes, operation: str) -> Link:
    """The bytes and the id they go under, kept before they do."""
    return record_push.keep(on.store, link, record, sent, clock.uuid7(), operation, _settle_seconds(on))


def _settle_seconds(on: Side) -> int:
    return settings_of(on.store, on.config, on.company).settle_seconds


def _send(on: Side, link: Link, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Send what is kept. Waits when nobody knows what became of it."""
    now, seconds = clock.now(), _settle_seconds(on)
    try:
        return record_push.send(on.store, link, seconds, call)
    except Unknown as error:
        answered = error.code.startswith("answered")
        until = clock.stamp(now if answered else now + timedelta(seconds=seconds))
        record_links.put(on.store, replace(link, settle_at=until, code=error.code, message=error.message))
        raise Waits(clock.stamp(now + timedelta(seconds=3)) if answered else until) from error


def _found(on: Side, record: Record, link: Link) -> dict[str, Any] | None:
    """The record as it stands there from these very bytes. Rejected ("number_taken") when its number is another's."""
    kind, wanted = record.kind, documents.decode(link.sent)
    if kind in LISTS:
        rows = _named(on, kind, str(wanted["DisplayName" if kind == "customer" else "Name"]))
        return next((row for row in rows if there_and_back.alike(link.sent, row)), None)
    field = "PaymentRefNum" if kind == "payment" else "DocNumber"
    mark = next(word for word in str(wanted["PrivateNote"]).split() if word.startswith(MARK))
    rows = list(on.client.query(ENTITIES[kind], f"{field} = {text(str(wanted[field]))}").rows)
    mine = [row for row in rows if there_and_back.mark_in(row) == mark]
    if mine:
        return mine[0]
    if rows and kind != "payment":
        raise Rejected(
            said(
                "QuickBooks has another document {number} (number {id} there).", number=wanted[field], id=rows[0]["Id"]
            ),
            code="number_taken",
            remedy=said("Look at both, and give one of them another number."),
        )  # fmt: skip
    return None


def _named(on: Side, kind: str, name: str) -> list[dict[str, Any]]:
    field = "DisplayName" if kind == "customer" else "Name"
    return list(on.client.query(ENTITIES[kind], f"{field} = {text(name)} AND Active IN (true,false)").rows)


def _same_there(on: Side, record: Record) -> dict[str, Any] | None:
    """The same customer or item, made there by somebody. Rejected ("name_taken") when the name is another's."""
    kind = record.kind
    rows = _named(on, kind, str(record.fields["name"]))
    if not rows:
        return None
    fields, _ = there_and_back.from_there(kind, rows[0], there_and_back.Refs(), on.tables)
    same = there_and_back.same_person if kind == "customer" else there_and_back.same_item
    known = record_links.of_remotes(on.store, on.company, on.connection, kind, [str(rows[0]["Id"])])
    if not known and same(record.fields, fields):
        return rows[0]
    raise Rejected(
        said("QuickBooks has another {kind} called {name} (number {id} there).",
             kind=kind, name=record.fields["name"], id=rows[0]["Id"]),
        code="name_taken",
        remedy=said("Give one of them another name; names are one's alone there."),
    )  # fmt: skip


def _confirmed(on: Side, record: Record, link: Link, there: Mapping[str, Any]) -> tuple[Link, Result]:
    """It is there; what stands there is held against what was sent."""
    if record.version != link.sent_version:  # edited here since it was sent: what went is what both know
        fields, rows = there_and_back.from_there(record.kind, there, _refs(on, record, there), on.tables, record.lines)
        view = office.view(record.kind, fields, rows)
        link = _agreed(on, link, there, view, 0)
        return link, Result(record.kind, record.id, link.remote_id, "synced")
    off = qbo_records.differences(record, there, _refs(on, record, there), on)
    ours = office.view(record.kind, record.fields, record.lines)
    if off:
        link = _agreed(on, link, there, ours, record.version)
        words = said("QuickBooks holds it otherwise: {what}.", what="; ".join(off))
        record_links.put(on.store, replace(link, state="error", code="differs", message=words))
        return link, Result(record.kind, record.id, link.remote_id, "error", "differs", words)
    brought = qbo_records.bring(on, replace(link, agreed=ours), record, there, _refs(on, record, there))
    return brought.link, Result(record.kind, record.id, brought.link.remote_id, "synced")


def _agreed(on: Side, link: Link, there: Mapping[str, Any], view: dict[str, Any], version: int) -> Link:
    made = replace(
        link, remote_id=str(there["Id"]), sync_token=str(there.get("SyncToken") or ""), agreed=view,
        agreed_version=version, state="synced" if version else "pending", sent=b"", request_id="", operation="",
        settle_at="", code="", message="", synced_at=clock.stamp(clock.now()),
    )  # fmt: skip
    record_links.put(on.store, made)
    return made


# -- what is there already ---------------------------------------------------------------------------------------------


def _updated(on: Side, record: Record, link: Link) -> Result | None:
    entity = ENTITIES[record.kind]
    for _ in range(STALE_TRIES):
        try:
            there = on.client.read(entity, link.remote_id)
        except Rejected as error:
            if error.code != "not_there":
                raise
            record_links.put(on.store, replace(link, state="gone", code="deleted_there", message=error.message))
            return Result(record.kind, record.id, link.remote_id, "error", "deleted_there", error.message)
        try:
            return _once(on, record, link, there)
        except Rejected as error:
            if error.code != "stale":
                raise
            record = records.get(on.store, on.company, record.kind, record.id)
            link = record_links.of_record(on.store, on.company, on.connection, record.kind, record.id) or link
    raise Rejected(said("Somebody changes it in QuickBooks all the time."), code="stale")


def _once(on: Side, record: Record, link: Link, there: dict[str, Any]) -> Result | None:
    entity, remote = ENTITIES[record.kind], str(there["Id"])
    found = _refs(on, record, there)
    if record.kind not in LISTS and there_and_back.is_voided(there):
        link = _agreed(on, link, there, office.view(record.kind, record.fields, record.lines), record.version)
        if record.deleted:
            return Result(record.kind, record.id, remote, "synced", "voided")
        gone = said("It was voided in QuickBooks.")
        record_links.put(on.store, replace(link, state="error", code="voided_there", message=gone))
        return Result(record.kind, record.id, remote, "error", "voided_there", gone)
    if record.deleted:
        return _taken_back(on, record, link, there)
    brought = qbo_records.bring(on, link, record, there, found)
    if brought.changed:
        qbo_records.to_catalogue(on, [brought.record])
    record, link = brought.record, brought.link
    open_ = link.state == "conflict"
    if not brought.push:
        words = said("Both sides changed it; somebody decides.") if open_ else ""
        code = "conflict" if open_ else ""
        return Result(record.kind, record.id, remote, "synced" if brought.changed else "skipped", code, words)
    sent, _ = there_and_back.to_update(
        _paper(on, record), there, brought.push, _refs(on, record, there), on.tables, link.edition
    )
    link = _keep(on, link, record, sent, "update")
    after = _send(on, link, lambda: on.client.update(entity, link.sent, link.request_id))
    return _sent_update(on, record, link, after, brought.push, open_=open_)


def _sent_update(
    on: Side, record: Record, link: Link, there: Mapping[str, Any], push: frozenset[str], *, open_: bool
) -> Result:  # fmt: skip
    remote, view = str(there["Id"]), office.view(record.kind, record.fields, record.lines)
    agreed = {**(link.agreed or {}), **{name: view[name] for name in push}}
    made = _agreed(on, link, there, agreed, record.version)
    if open_:
        record_links.put(on.store, replace(made, state="conflict"))
    off = [words for words in qbo_records.differences(record, there, _refs(on, record, there), on)
           if words.split(" ", 1)[0] in push | {"total"}]  # fmt: skip
    if off:
        words = said("QuickBooks holds it otherwise: {what}.", what="; ".join(off))
        record_links.put(on.store, replace(made, state="error", code="differs", message=words))
        return Result(record.kind, record.id, remote, "error", "differs", words)
    return Result(record.kind, record.id, remote, "synced", "conflict" if open_ else "")


def _taken_back(on: Side, record: Record, link: Link, there: dict[str, Any]) -> Result:
    """It was deleted here: a document is voided there, a customer or item made inactive."""
    entity, remote, token = ENTITIES[record.kind], str(there["Id"]), str(there["SyncToken"])
    if record.kind in LISTS:
        paper = replace(_paper(on, record), fields={**record.fields, "active": False})
        sent, _ = there_and_back.to_update(paper, there, frozenset({"active"}), there_and_back.Refs(), on.tables)
        link = _keep(on, link, record, sent, "update")
        after = _send(on, link, lambda: on.client.update(entity, link.sent, link.request_id))
    else:
        link = _keep(on, link, record, b"", "void")
        after = _send(on, link, lambda: on.client.void(entity, remote, token, link.request_id))
    _agreed(on, link, after, office.view(record.kind, record.fields, record.lines), record.version)
    return Result(record.kind, record.id, remote, "synced", "voided" if record.kind not in LISTS else "inactive")
