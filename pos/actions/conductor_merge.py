"""One record here and one object of the company file brought together: what a pull and a push have in common.

Both sides are compared field by field with what they agreed on last. What only QuickBooks knows (balances, totals,
quantities on hand) is not compared: it is always taken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pos import clock
from pos.actions import conductor_catalogue, conductor_lost, conductor_side, record_merge
from pos.actions.conductor_side import SYSTEM, TYPE_OF, Side
from pos.errors import Conflict
from pos.rules import conductor_body, conductor_fields
from pos.rules.conductor import type_of_kind
from pos.rules.conductor_body import Refs
from pos.rules.merge import Conflict as Clash
from pos.rules.merge import Merged, merge, same
from pos.said import said
from pos.store import record_links, records
from pos.store.record_links import Link
from pos.store.records import Record

GONE = "deleted_there"
NAME_TAKEN = "name_taken"
#: Refused because another one there, that is no record here, has the name; and a person's word that it is this one.
SAME_NAME, SAME = "same_name", "same"
#: Fields a conflict about the whole record is told under (see `records`).
DELETED = records.DELETED


@dataclass(frozen=True, slots=True)
class Brought:
    """link, record: as they are now. push: fields that are still to go there. changed: something was taken in."""

    link: Link
    record: Record
    push: frozenset[str]
    changed: bool


def bring(
    on: Side, link: Link, record: Record, resource: str, there: Mapping[str, Any], found: Refs | None = None,
    filled: Collection[str] = (),
) -> Brought:  # fmt: skip
    """Merge one of theirs with its record here, and keep what both agree on. In a transaction of its own, or inside
    one. A copy of a document of theirs is as it is there; of a record that was deleted here nothing is taken, nor while
    a change of ours may still arrive. filled: fields QuickBooks added to what we said; nobody changed those, so that
    they are taken also where ours alone counts."""
    kind = record.kind
    names = found if found is not None else conductor_side.refs(on, theirs=[there])
    fields, lines = conductor_body.from_there(resource, there, names)
    theirs = conductor_fields.view(kind, fields, lines)
    if conductor_lost.may_come(link, str(there.get("revisionNumber") or "")):
        return Brought(link, record, frozenset(), False)
    sent, link = conductor_lost.unpacked(link), conductor_lost.known(link, theirs)
    if record.deleted:
        return Brought(_still_there(on, link, record, there, theirs), record, frozenset(), False)
    if not record.read_only and _went_back(link.sync_token, str(there.get("revisionNumber") or "")):
        link = replace(link, agreed=None)  # a backup was put back there: what it lacks is nobody's change
    ours = conductor_fields.view(kind, record.fields, record.lines)
    owners = dict.fromkeys(theirs, "only_theirs") if record.read_only else dict(on.owners[kind])
    if sent is not None:
        filled = {*filled, *conductor_lost.filled(sent, ours, theirs, new=link.operation == "create")}
    owners |= {name: "theirs" for name in filled if owners.get(name) == "only_ours"}
    owners |= dict.fromkeys(_insisted(on, link, record, ours, owners), "theirs")
    theirs_at = stamp(there.get("updatedAt"))
    merged = merge(link.agreed, ours, theirs, owners, ours_at=record.edited_at, theirs_at=theirs_at)
    with on.store.transaction():
        told = conductor_catalogue.heard(on.store, record) if merged.pull else record
        if told.version != record.version:  # the till changed it meanwhile: that is a change of ours
            record, ours = told, conductor_fields.view(kind, told.fields, told.lines)
            merged = merge(link.agreed, ours, theirs, owners, ours_at=record.edited_at, theirs_at=theirs_at)
        after = _taken(on, record, merged, fields, lines, theirs)
        made = record_merge.keep(
            on.store, replace(link, seen=on.session), record, after, merged, theirs, clock.now(),
            remote=str(there["id"]), token=str(there.get("revisionNumber") or ""),
        )  # fmt: skip
        if after.version != record.version:
            conductor_catalogue.to_till(on.store, on.config, on.company, [after])
    return Brought(made, after, merged.push, after.version != record.version)


def _insisted(
    on: Side, link: Link, record: Record, ours: Mapping[str, Any], owners: Mapping[str, str]
) -> list[str]:  # fmt: skip
    """Fields QuickBooks alone says, and of which a person took that back: ours goes there, this once."""
    agreed = link.agreed or {}
    changed = [
        name for name, owner in owners.items()
        if owner == "only_theirs" and name in ours and not same(ours[name], agreed.get(name))
    ]  # fmt: skip
    if record.read_only or not changed or on.direction(type_of_kind(record.kind).name) != "both":
        return []
    rows = records.conflicts(on.store, on.company, state="decided", kind=record.kind, key=record.id, limit=1000)
    last = {row.field: row for row in rows}
    return [
        name for name in changed
        if name in last and last[name].decision == "ours" and last[name].decided_by != "rule"
        and same(last[name].ours, ours[name])
    ]  # fmt: skip


def _went_back(before: str, revision: str) -> bool:
    return before.isdecimal() and revision.isdecimal() and int(revision) < int(before)


def _still_there(
    on: Side, link: Link, record: Record, there: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Link:  # fmt: skip
    """The link of a record that was deleted here. What both agreed on stays: a push deletes it there only where it is
    still that. Where it was deleted there, too, or made inactive, and is back, that is a person's word."""
    active = theirs.get("isActive") is True and (link.agreed or {}).get("isActive") is False
    if link.state == "gone" or (link.state == "synced" and active):
        words = said("It was deleted here, and is in use in QuickBooks again: somebody decides.")
        return undecided(on, link, record, there, words)
    if link.remote_id:
        made = replace(link, seen=on.session)
    else:
        made = replace(
            link, remote_id=str(there["id"]), sync_token=str(there.get("revisionNumber") or ""), seen=on.session,
            agreed=link.agreed or dict(theirs), state="pending", sent=b"", request_id="", operation="", settle_at="",
        )  # fmt: skip
    record_links.put(on.store, made)
    return made


def undecided(on: Side, link: Link, record: Record, there: Mapping[str, Any], words: str) -> Link:
    """Deleted here, and wanted there: nothing is sent of it until a person decides."""
    made = replace(
        link, state="conflict", sync_token=str(there.get("revisionNumber") or ""), agreed_version=record.version,
        code="conflict", message=words, sent=b"", request_id="", operation="", settle_at="", seen=on.session,
    )  # fmt: skip
    with on.store.transaction():
        told = [Clash(DELETED, True, False, "ask")]
        records.clashed(on.store, on.company, on.connection, record.kind, record.id, told, clock.now())
        record_links.put(on.store, made)
    return made


def _taken(
    on: Side, record: Record, merged: Merged, fields: Mapping[str, Any], lines: list[dict[str, Any]],
    theirs: Mapping[str, Any],
) -> Record:  # fmt: skip
    """The record with what is taken from there. Where something of ours is still to go, the moment and the person of
    that change stay: they are what a later "latest" is decided by."""
    new = {**record.fields, **{name: fields[name] for name in merged.pull if name in fields}}
    new |= {name: value for name, value in fields.items() if name not in theirs}
    rows = record.lines
    if record.read_only:
        new, rows = dict(fields), lines
    elif "lines" in theirs and "lines" not in merged.push | merged.open:
        rows = lines  # with their ids, and with what only they know of them
    waits = bool(merged.push | merged.open)
    by, at = (record.edited_by, clock.parse(record.edited_at)) if waits else (SYSTEM, clock.now())
    return records.edit(
        on.store, on.company, record.kind, record.id, record.version, new, rows, by, at, deleted=record.deleted
    )  # fmt: skip


def stamp(moment: Any) -> str:
    """A moment of theirs, with its offset, as a text that sorts beside ours; "" = they tell none."""
    return clock.stamp(clock.parse(str(moment))) if moment else ""


# -- new ones from there -----------------------------------------------------------------------------------------------


def match(on: Side, resource: str, there: Mapping[str, Any], fields: Mapping[str, Any]) -> Record | None:
    """The record here that is one of theirs though no link says so: the one whose creation carried their external id,
    else, of lists, the one of the same name and content. None = it is new. Conflict, code "name_taken", when one of
    that very name is here that says otherwise: whether they are the same is a person's word; code "twice" when it is a
    second one of our making."""
    one = TYPE_OF[resource]
    known = _called(on, one.kind, records.title_of(fields))
    outside = str(there.get("externalId") or "").strip("{}").lower()
    if outside:
        leaving = _leaving(on, one.kind).get(outside)
        mine = [key for key in known if conductor_body.external_id(on.connection, one.kind, key).lower() == outside]
        if leaving or mine:
            return records.get(on.store, on.company, one.kind, leaving or mine[0])
        _refuse_second(on, one.kind, there, records.title_of(fields), outside)
    if one.lines or not known:
        return None
    rows = list(records.several(on.store, on.company, one.kind, known).values())
    rows = [row for row in rows if _above(row.fields) == _above(fields)]
    same = _told_same(on, one.kind, rows, fields) or [
        row for row in rows if conductor_body.same_one(one.kind, row.fields, fields)
    ]  # fmt: skip
    if len(same) == 1:
        return same[0]
    if not rows:
        return None
    raise Conflict(
        said("{name} is here already, but says otherwise. If they are the same, make them alike; if not, rename one.",
             name=records.title_of(fields)),
        code=NAME_TAKEN, facts={"record": rows[0].id},
    )  # fmt: skip


def _told_same(on: Side, kind: str, rows: list[Record], fields: Mapping[str, Any]) -> list[Record]:
    """Those a person said are the one of that name there. What sort of item one is stays, so that two are none."""
    links = record_links.of_records(on.store, on.company, on.connection, kind, [row.id for row in rows])
    return [
        row for row in rows
        if row.id in links and links[row.id].code == SAME and row.fields.get("type") == fields.get("type")
    ]  # fmt: skip


def _above(fields: Mapping[str, Any]) -> str:
    """Id there of what one of a list stands under: two of one name under different ones are two."""
    return str((fields.get("parent") or {}).get("id") or "")


def _refuse_second(on: Side, kind: str, there: Mapping[str, Any], title: str, outside: str) -> None:
    """Conflict, code "twice": it is of our making, and another of the same making is joined with its record already."""
    for record in records.titled(on.store, on.company, kind, title):
        if conductor_body.external_id(on.connection, kind, record.id).lower() == outside:
            link = record_links.of_record(on.store, on.company, on.connection, kind, record.id)
            if link is not None and link.remote_id not in ("", str(there["id"])) and link.state != "gone":
                raise Conflict(
                    said("QuickBooks booked {name} twice: {ids}. Delete the second one there.",
                         name=title, ids=f"{link.remote_id}, {there['id']}"),
                    code="twice", facts={"record": record.id},
                )  # fmt: skip


def _called(on: Side, kind: str, title: str) -> list[str]:
    """Records of that name, whatever its case, that are nothing there yet. All names are looked up once a run: so many
    are held in memory as records here are nothing there."""
    name = f"unlinked {kind}"
    if name not in on.found:
        names: dict[str, list[str]] = {}
        for key, called in record_links.titles_unlinked(on.store, on.company, on.connection, kind):
            names.setdefault(called.casefold(), []).append(key)
        on.found[name] = names
    keys: list[str] = on.found[name].get(title.casefold(), [])
    links = record_links.of_records(on.store, on.company, on.connection, kind, keys) if keys else {}
    return [key for key in keys if key not in links or not links[key].remote_id]


def _leaving(on: Side, kind: str) -> dict[str, str]:
    """External id -> record, of what was sent there and whose answer was lost. While records are pulled none is sent,
    so that it is looked up once."""
    name = f"leaving {kind}"
    if name not in on.found:
        keys = record_links.leaving(on.store, on.company, on.connection, kind)
        on.found[name] = {conductor_body.external_id(on.connection, kind, key).lower(): key for key in keys}
    found: dict[str, str] = on.found[name]
    return found


def create(
    on: Side, resource: str, there: Mapping[str, Any],
    read: tuple[dict[str, Any], list[dict[str, Any]]] | None = None,
) -> tuple[Record, Link]:  # fmt: skip
    """A record of one of theirs: one of its own, or the copy of a document. read: its fields and lines, where they are
    known. Inside a transaction."""
    kind, remote = TYPE_OF[resource].kind, str(there["id"])
    fields, lines = read or conductor_body.from_there(resource, there, conductor_side.refs(on, theirs=[there]))
    now = clock.now()
    try:
        made = records.create(
            on.store, on.company, kind, f"QBD-{remote}", fields, lines, SYSTEM, now, origin="there"
        )  # fmt: skip
    except Conflict:
        made = records.create(on.store, on.company, kind, clock.uuid7(), fields, lines, SYSTEM, now, origin="there")
    link = Link(
        on.company, on.connection, kind, made.id, remote_id=remote, sync_token=str(there.get("revisionNumber") or ""),
        agreed=conductor_fields.view(kind, fields, lines), agreed_version=made.version, state="synced",
        synced_at=clock.stamp(now), seen=on.session,
    )  # fmt: skip
    record_links.put(on.store, link)
    return made, link


# -- deleted there -----------------------------------------------------------------------------------------------------


def gone(on: Side, link: Link, record: Record, *, asked: bool = False) -> bool:
    """Somebody deleted it there. It stays here and says so; nothing is sent of it any more. Where it was changed here
    since both sides agreed, and nobody deleted it here, a person decides: whether that is so. asked: it is in any case
    a person's word, for nobody deleted it: a company file from before it was made was put back. Inside a transaction,
    or in one of its own."""
    edited = not record.read_only and not record.deleted and (asked or link.agreed_version != record.version)
    now = clock.now()
    with on.store.transaction():
        clash = [Clash(DELETED, False, True, "ask")] if edited else []
        records.clashed(on.store, on.company, on.connection, record.kind, record.id, clash, now)
        words = said("It was deleted in QuickBooks, and was changed here meanwhile: somebody decides.")
        if asked:
            words = said(
                "It is not in QuickBooks any more, though nobody deleted it. Was a backup put back? Somebody decides."
            )
        record_links.put(on.store, replace(
            link, state="gone", code=GONE, message=words if edited else said("It was deleted in QuickBooks."),
            sent=b"", request_id="", operation="", settle_at="", seen=on.session, synced_at=clock.stamp(now),
        ))  # fmt: skip
    return edited
