"""Objects of the company file taken in as records, a bite at a time: each bite with what the session counts of it, and
with the cursor, is one transaction, short enough that nobody waits for it.

A row that cannot be taken fails alone. It is asked for again by itself with the next session, and so is one that names
a customer, vendor or item that is not here yet, once its list is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pos import clock
from pos.actions import conductor_catalogue, conductor_merge, conductor_side
from pos.actions.conductor_side import TYPE_OF, Side
from pos.actions.conductor_side import Lost as Lost
from pos.errors import PosError, Rejected
from pos.rules import conductor_body
from pos.rules.conductor import Type, feed, type_of_kind
from pos.rules.conductor_body import Refs
from pos.rules.conductor_tables import THERE
from pos.said import said
from pos.store import conductor_sessions, connections, record_links, records
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.record_links import Link
from pos.store.records import Record

BITE_ROWS = 30
#: So many single objects are kept to be asked for again; where there are more the whole list is read again.
AGAIN_MAX = 1000
#: A list that was read to its end and in which nothing ever changed.
EMPTY = "-"
OTHERS = "conductor:items:others"
#: What one row alone can fail of.
NOT_TAKEN = (PosError, ValueError, KeyError, TypeError, AttributeError)


@dataclass(slots=True)
class Work:
    """A step that is worked on. wait: rows that name what is not here yet are put aside."""

    on: Side
    session: Session
    step: Step
    one: Type
    stopping: Callable[[], bool]
    breathe: Callable[[], None]
    first_day: str = ""
    anew: int = 0
    looked_up: int = 0


@dataclass(slots=True)
class Tally:
    """What became of a bite. made: records that are new; taken, aside: ids there of what came in, and of what waits."""

    synced: int = 0
    unchanged: int = 0
    failures: list[Failure] = field(default_factory=list)
    made: list[Record] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)


def take(work: Work, resource: str, rows: Sequence[Mapping[str, Any]], cursor: dict[str, Any], *, wait: bool) -> None:
    """Rows into records, all or nothing, with the cursor. wait: one that names what is not here is put aside."""
    for at in range(0, len(rows), BITE_ROWS):
        bite(work, resource, rows[at : at + BITE_ROWS], cursor, wait=wait)


def bite(work: Work, resource: str, rows: Sequence[Mapping[str, Any]], cursor: dict[str, Any], *, wait: bool) -> None:
    """A few of them. The cursor, and what is counted, are those of the step from then on. Lost."""
    on, kind = work.on, work.one.kind
    given = list(
        {str(row["id"]): row for row in rows if row.get("id")}.values()
    )  # one may come twice: the later counts
    keys = [str(row["id"]) for row in given]
    with on.store.transaction():
        tally = Tally()
        rows = _changed(on, kind, given, tally)
        ids = [str(row["id"]) for row in rows]
        links = record_links.of_remotes(on.store, on.company, on.connection, kind, ids) if ids else {}
        joined_ = [links[str(row["id"])].record_id for row in rows if str(row["id"]) in links]
        mine = records.several(on.store, on.company, kind, joined_) if joined_ else {}
        refs = conductor_side.refs(on, theirs=rows)
        for row in rows:
            link = links.get(str(row["id"]))
            _one(work, resource, row, link, mine.get(link.record_id) if link else None, refs, tally, wait)
        record_links.mark_seen(on.store, on.company, on.connection, kind, keys, on.session)
        conductor_catalogue.to_till(on.store, on.config, on.company, tally.made)
        _named_anew(on, kind, {*again(on, resource)} & {*tally.taken})
        more = again_after(on, resource, [one.remote_id for one in tally.failures] + tally.aside, tally.taken)
        _newest(cursor, resource, given)
        bad = [one.remote_id for one in tally.failures if one.remote_id not in cursor["bad"]]
        cursor["bad"] = (cursor["bad"] + bad)[:AGAIN_MAX]  # they are asked for again with the next session, not now
        if more is None:
            cursor["over"] = sorted({*cursor["over"], resource})
        went(work, cursor, synced=tally.synced, failed=len(bad), unchanged=tally.unchanged, failures=tally.failures)
    work.breathe()


def went(
    work: Work, cursor: dict[str, Any], *, synced: int = 0, failed: int = 0, unchanged: int = 0,
    failures: Sequence[Failure] = (),
) -> None:  # fmt: skip
    """Keep how far the step came. Lost."""
    cursor["met"] = cursor["met"] + synced + failed
    total = max(int(cursor["total"]), int(cursor["met"]))
    if not conductor_sessions.went(
        work.on.store, work.session, work.step, cursor, total=total, synced=synced, unchanged=unchanged,
        failed=failed, failures=failures,
    ):  # fmt: skip
        raise Lost


def _newest(cursor: dict[str, Any], resource: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """The latest change met, as they write it, with their offset. One that is no moment fails with its row alone."""
    moments = [str(row["updatedAt"]) for row in rows if is_moment(row.get("updatedAt"))]
    known = cursor["newest"].get(resource)
    latest = max([*moments, *([known] if known else [])], key=conductor_merge.stamp, default="")
    if latest:
        cursor["newest"][resource] = latest


def is_moment(text: Any) -> bool:
    """Whether it is a moment of theirs, with its offset."""
    try:
        return bool(text) and bool(clock.parse(text))
    except (ValueError, TypeError):
        return False


# -- one row -----------------------------------------------------------------------------------------------------------


def _one(
    work: Work, resource: str, row: Mapping[str, Any], link: Link | None, record: Record | None, refs: Refs,
    tally: Tally, wait: bool,
) -> None:  # fmt: skip
    """What becomes of one row, in a part of the transaction of its own."""
    on, remote = work.on, str(row["id"])
    if link is None and not _wanted(work, row):
        tally.taken.append(remote)
        return
    if link is not None and (link.code == "forgotten" or record is None):
        tally.taken.append(remote)
        return
    try:
        if wait and conductor_side.missing(row, refs, others(on)):
            tally.aside.append(remote)
            return
        with on.store.transaction():
            if link is None or record is None:
                found = joined(on, resource, row, refs)
            else:
                brought = conductor_merge.bring(on, link, record, resource, row, refs)
                found = brought.record, brought.changed
    except NOT_TAKEN as error:
        tally.failures.append(failure(work.one.name, row, link, error))
        return
    tally.taken.append(remote)
    if found is None:
        return
    after, changed = found
    _count(tally, on, link, changed=changed)
    if after.version == 1:
        tally.made.append(after)


def _changed(on: Side, kind: str, given: Sequence[Mapping[str, Any]], tally: Tally) -> list[Mapping[str, Any]]:
    """Rows that are new, or another revision than the one that was brought together. Of copies of theirs all: what is
    still to pay changes without a word."""
    if kind in records.MONEY:
        return list(given)
    known = record_links.as_they_were(on.store, on.company, on.connection, kind, [str(row["id"]) for row in given])
    found = []
    for row in given:
        token, seen = known.get(str(row["id"]), ("", 0))
        if not token or token != str(row.get("revisionNumber") or ""):
            found.append(row)
            continue
        tally.taken.append(str(row["id"]))
        tally.synced += seen != on.session
        tally.unchanged += seen != on.session
    return found


def _wanted(work: Work, row: Mapping[str, Any]) -> bool:
    """A document of before the first day that is asked for is not taken in anew, nor, where its type takes nothing from
    there, one that does not say it is of somebody."""
    day = str(row.get("transactionDate") or "")
    if day and work.first_day and day < work.first_day:
        return False
    return not (day and work.on.direction(work.one.name) == "to_quickbooks" and not row.get("externalId"))


def _count(tally: Tally, on: Side, link: Link | None, *, changed: bool) -> None:
    """Once a session, however often its list had to be read from the beginning."""
    if changed or link is None or link.seen != on.session:
        tally.synced += 1
        tally.unchanged += not changed


def joined(on: Side, resource: str, row: Mapping[str, Any], refs: Refs) -> tuple[Record, bool] | None:
    """One that no record is joined with yet: joined with the one that is it, else a new one. None = it is not wanted
    here. Inside a transaction. Conflict, code "name_taken"."""
    one = TYPE_OF[resource]
    read = conductor_body.from_there(resource, row, refs)
    known = conductor_merge.match(on, resource, row, read[0])
    if known is None:
        if on.direction(one.name) == "to_quickbooks":
            return None
        made, _ = conductor_merge.create(on, resource, row, read)
        return made, True
    link = record_links.of_record(on.store, on.company, on.connection, one.kind, known.id)
    mine = link or Link(on.company, on.connection, one.kind, known.id)
    brought = conductor_merge.bring(on, mine, known, resource, row, refs)
    return brought.record, True


def failure(name: str, row: Mapping[str, Any], link: Link | None, error: Exception) -> Failure:
    """Why a row could not be taken, in words for people."""
    code = error.code if isinstance(error, PosError) else "not_read"
    words = error.message if isinstance(error, PosError) else said("It could not be read ({why}).", why=repr(error))
    title = str(row.get("fullName") or row.get("name") or row.get("refNumber") or "")
    facts = getattr(error, "facts", {})
    return Failure(
        object_type=name, object_id=link.record_id if link else str(facts.get("record") or ""),
        remote_id=str(row.get("id") or ""), title=title, code=code, message=words,
        remedy=error.remedy if isinstance(error, Rejected) else "",
    )  # fmt: skip


def _named_anew(on: Side, kind: str, came: set[str]) -> None:
    """Customers, vendors or items that could not be taken until now: what names them by their id there is asked for
    once more, with its own list, and then names the record. What is still to go there is read before it goes."""
    if not came or kind not in (conductor_side.CUSTOMER, conductor_side.VENDOR, conductor_side.ITEM):
        return
    for link in record_links.of_naming(on.store, on.company, on.connection, THERE, came):
        if link.state == "synced":
            record = records.get(on.store, on.company, link.kind, link.record_id)
            resource = str(record.fields.get("type") or type_of_kind(link.kind).resources[0])
            record_links.put(on.store, replace(link, sync_token=""))
            again_after(on, resource, [link.remote_id], ())


# -- what is asked for by itself ---------------------------------------------------------------------------------------


def again(on: Side, resource: str) -> list[str]:
    """Ids of single objects that are to be asked for once more."""
    name = f"again {resource}"
    if name not in on.found:
        kept = connections.mark(on.store, on.connection, f"{feed(resource)}:again").value
        on.found[name] = list(json.loads(kept)) if kept else []
    return list(on.found[name])


def again_after(on: Side, resource: str, more: Iterable[str], done: Iterable[str]) -> list[str] | None:
    """Keep some more to be asked for again, and forget those that were taken. None = there are too many by now."""
    before = again(on, resource)
    off = set(done)
    after = list(dict.fromkeys([key for key in before if key not in off] + [key for key in more if key not in off]))
    if after[:AGAIN_MAX] != before:
        on.found[f"again {resource}"], kept = after[:AGAIN_MAX], json.dumps(after[:AGAIN_MAX])
        connections.move(on.store, on.connection, f"{feed(resource)}:again", kept, clock.now())
    return after if len(after) <= AGAIN_MAX else None


def others(on: Side) -> set[str]:
    """Ids of items of a sort that is none here, as subtotals and groups: nobody looks for them again."""
    if "others" not in on.found:
        kept = connections.mark(on.store, on.connection, OTHERS).value
        on.found["others"] = set(json.loads(kept)) if kept else set()
    found: set[str] = on.found["others"]
    return found


def is_other(on: Side, key: str) -> None:
    """An item there that is none of the sorts that are brought together."""
    known = others(on)
    known.add(key)
    connections.move(on.store, on.connection, OTHERS, json.dumps(sorted(known)[-AGAIN_MAX:]), clock.now())


def not_ahead(moment: str) -> str:
    """A moment of theirs, in their words; one that is ahead, from a time when the clock there was wrong, is now:
    nothing that is changed from now on may be passed over."""
    now = clock.now()
    if not moment or conductor_merge.stamp(moment) <= clock.stamp(now):
        return moment
    return now.astimezone(datetime.fromisoformat(moment).tzinfo).replace(microsecond=0).isoformat()


def listed(work: Work, resource: str, cursor: dict[str, Any]) -> dict[str, Any]:
    """A list is at its end: from here on only what changes is asked for."""
    on, after = work.on, {**cursor, "at": cursor["at"] + 1}
    if after["at"] == len(work.one.resources):
        after |= {"way": "again", "at": 0}
    after["base"] = after["met"]
    work.anew = 0
    over = resource in cursor["over"]  # too many could not be taken: everything is read again the next time
    with on.store.transaction():
        newest = not_ahead(cursor["newest"].get(resource, ""))
        mark = "" if over else newest or cursor["since"][resource] or EMPTY
        if connections.mark(on.store, on.connection, feed(resource)).value == cursor["marks"][resource]:
            connections.move(on.store, on.connection, feed(resource), mark, clock.now())
            connections.checked(on.store, on.connection, feed(resource), clock.parse(cursor["began"]))
            after["marks"] = {**cursor["marks"], resource: mark}  # else somebody wants all of it again
        went(work, after)
    return after
