"""What every way of sending a record to QuickBooks Desktop has in common: it is kept, it goes, and what stands there
then is held against what was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pos import clock
from pos.actions import conductor_lost, conductor_merge, conductor_ready, conductor_side, record_push
from pos.actions.conductor_lost import Sent
from pos.actions.conductor_side import Side
from pos.actions.record_push import Waits
from pos.errors import Rejected, Unknown
from pos.rules import conductor_body, conductor_fields
from pos.rules.merge import Conflict as Clash
from pos.said import said
from pos.store import record_links, records
from pos.store.record_links import Link
from pos.store.records import Record

CREATE, UPDATE, DELETE = "create", "update", "delete"
DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one record. state: synced | unchanged | failed."""

    state: str
    code: str = ""
    message: str = ""
    remedy: str = ""


def link_of(on: Side, kind: str, key: str) -> Link:
    link = record_links.of_record(on.store, on.company, on.connection, kind, key)
    return link or Link(on.company, on.connection, kind, key)


def keep(on: Side, link: Link, record: Record, sent: Sent, operation: str, external: str) -> Link:
    return record_push.keep(
        on.store, link, record, conductor_lost.packed(sent), external, operation, on.config.conductor.settle_seconds
    )


def send(on: Side, link: Link, call: Callable[[], Any]) -> Any:
    return record_push.send(on.store, link, on.config.conductor.settle_seconds, call)


def lost(on: Side, link: Link, error: Unknown) -> Waits:
    """What was sent is not there, as yet."""
    kept = link_of(on, link.kind, link.record_id)
    record_links.put(on.store, replace(kept, code=error.code, message=error.message))
    return Waits(kept.settle_at)


def refuse_joined(on: Side, record: Record, there: Mapping[str, Any]) -> None:
    """Rejected, code "joined", when it is another record's here by now: it came in by itself before ours was found."""
    known = record_links.of_remotes(on.store, on.company, on.connection, record.kind, [str(there["id"])])
    if any(link.record_id != record.id for link in known.values()):
        raise Rejected(
            said("It is in QuickBooks, and came back from there as {id}.", id=next(iter(known.values())).record_id),
            code="joined", remedy=said("Delete one of both here."),
        )  # fmt: skip


def confirmed(
    on: Side, record: Record, link: Link, resource: str, sent: Sent, rows: list[dict[str, Any]], *,
    answered: bool = False,
) -> Done:  # fmt: skip
    """It is there; what stands there is held against what was sent, and what QuickBooks added is taken in. answered: it
    is the answer itself, so that whatever stands there otherwise is QuickBooks' own doing, not somebody's."""
    there, kind = rows[0], record.kind
    refuse_joined(on, record, there)
    with on.store.transaction():
        record = records.get(on.store, on.company, kind, record.id)
        fields, lines = conductor_body.from_there(resource, there, conductor_side.refs(on, theirs=[there]))
        theirs = conductor_fields.view(kind, fields, lines)
        ours = conductor_fields.view(kind, record.fields, record.lines)
        off = conductor_lost.otherwise(sent.view, theirs, emptied=link.operation == UPDATE)
        # what was edited here since it went counts as changed here alone
        stood = {name: theirs[name] if answered and ours.get(name) != sent.view[name] else sent.view[name]
                 for name in sent.view if name in theirs}  # fmt: skip
        if link.operation == CREATE:  # what a new one cannot carry goes with an update after it
            stood |= {name: theirs[name] for name in conductor_ready.said_of(record, ("update",)) if name in theirs}
        now = link_of(on, kind, record.id)  # with what somebody decided while it was on its way
        before = replace(now, agreed={**(now.agreed or {}), **stood}, sent=b"", operation="")
        filled = conductor_lost.filled(sent, ours, theirs, new=link.operation == CREATE)
        brought = conductor_merge.bring(on, before, record, resource, there, filled=filled)
        if not off and len(rows) == 1:
            return Done("synced")
        _lose(on, record, off)
        done = _otherwise(off) if off else _twice(rows)
        made, stays = brought.link, bool(brought.push - off.keys())
        record_links.put(on.store, replace(
            made, state="error", code=done.code, message=f"{done.message} {done.remedy}".strip(), sent_version=0,
            agreed_version=made.agreed_version if stays else brought.record.version,
        ))  # fmt: skip
        return done


def _lose(on: Side, record: Record, off: Mapping[str, tuple[Any, Any]]) -> None:
    """What was sent and is not held so gave way: it is kept among the conflicts, beside those that are open."""
    found = records.conflicts(on.store, on.company, kind=record.kind, key=record.id)
    rows = [Clash(one.field, one.ours, one.theirs, "ask") for one in found]
    rows += [Clash(name, *both, "theirs", "theirs") for name, both in off.items()]
    records.clashed(on.store, on.company, on.connection, record.kind, record.id, rows, clock.now())


def _otherwise(off: Mapping[str, tuple[Any, Any]]) -> Done:
    words = said("QuickBooks holds it otherwise: {what}.", what=conductor_lost.in_words(off))
    return Done("failed", DIFFERS, words, said("What stands there was taken; what was sent is among the conflicts."))


def _twice(rows: list[dict[str, Any]]) -> Done:
    words = said("QuickBooks booked it twice: {ids}.", ids=conductor_lost.parts(rows))
    return Done("failed", "twice", words, said("Delete the second one there."))


def view_of(on: Side, record: Record, resource: str, there: Mapping[str, Any]) -> dict[str, Any]:
    fields, lines = conductor_body.from_there(resource, there, conductor_side.refs(on, theirs=[there]))
    return conductor_fields.view(record.kind, fields, lines)


def revision(there: Mapping[str, Any]) -> str:
    return str(there.get("revisionNumber") or "")
