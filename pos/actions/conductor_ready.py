"""What a record needs before it can go to QuickBooks Desktop: its number, and all that it names there already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pos import clock
from pos.actions import conductor_side
from pos.actions.conductor_side import CUSTOMER, ITEM, SYSTEM, VENDOR, Side
from pos.actions.conductor_words import LABELS
from pos.errors import Rejected
from pos.rules import conductor, conductor_fields, conductor_numbers
from pos.rules.conductor_body import Paper, Refs
from pos.said import said
from pos.store import record_links, records
from pos.store.records import Record

#: What it names is not there yet; it goes by itself once that is.
NOT_YET = "not_there_yet"
#: What it names is not there any more.
GONE = "reference_gone"
GROUPS = "line_groups"
NUMBER = "refNumber"


def resource(record: Record) -> str:
    """Theirs for a record. Rejected where an item has no type."""
    one = conductor.type_of_kind(record.kind)
    if record.kind != ITEM:
        return one.resources[0]
    sort = str(record.fields.get("type") or "")
    if sort not in one.resources:
        raise Rejected(said("This item has no type."), code="not_mappable", remedy=said("Choose its type."))
    return sort


def refuse_unfinished(record: Record) -> None:
    """Rejected names what QuickBooks cannot make it without: goods of the till have no accounts until somebody chose
    them in the settings."""
    known = conductor_fields.of(record.kind, record.fields)
    lacks = [name for name, one in known.items() if one.needed and one.on != "never" and not record.fields.get(name)]
    if lacks:
        words = " ".join(said("{field} is needed.", field=LABELS.get(name, name)) for name in lacks)
        raise Rejected(words, code="not_mappable", remedy=said("Put it right here, then try it again."))


def paper(record: Record) -> Paper:
    """The record as bodies are made of it."""
    return Paper(record.kind, record.id, record.fields, record.lines)


def said_of(record: Record, when: Collection[str]) -> dict[str, Any]:
    """What the record says, as both sides are compared by, in fields that can be said at these times: "both" (whenever
    one likes), "create", "update". What says nothing is left out where only an update can say it."""
    known = conductor_fields.of(record.kind, record.fields)
    view = conductor_fields.view(record.kind, record.fields, record.lines)
    found = {name: one for name, one in view.items() if (known[name].on if name in known else "both") in when}
    return {name: one for name, one in found.items() if "both" in when or one not in ("", False, {}, [])}


def sendable(record: Record, push: Collection[str]) -> frozenset[str]:
    """Those of these fields that an update can carry; of others QuickBooks' word stands."""
    return frozenset(push) & said_of(record, ("both", "update")).keys()


class _Used:
    """Numbers that other records here have."""

    def __init__(self, on: Side, record: Record) -> None:
        self.on, self.record = on, record

    def __contains__(self, number: object) -> bool:
        known = records.titled(self.on.store, self.on.company, self.record.kind, str(number))
        return any(one.id != self.record.id for one in known)


def numbered(on: Side, record: Record) -> Record:
    """The record with a number, where its kind has one: once made it stays."""
    if not conductor.type_of_kind(record.kind).lines or record.fields.get(NUMBER):
        return record
    made = conductor_numbers.ref_number(on.connection, record.kind, record.id, _Used(on, record))
    return records.edit(
        on.store, on.company, record.kind, record.id, record.version, {**record.fields, NUMBER: made}, record.lines,
        SYSTEM, clock.now(),
    )  # fmt: skip


def refs(
    on: Side, record: Record, push: Collection[str] | None = None, there: Mapping[str, Any] | None = None
) -> Refs:  # fmt: skip
    """Ids there of what a record names. Rejected, code "not_there_yet" or "reference_gone", naming what is not there;
    code "line_groups" for lines QuickBooks keeps as a group: the whole list of lines goes at once, and would take them
    apart. push: only what these fields name has to be there."""
    lines = record.lines if push is None or "lines" in push else []
    fields = {name: one for name, one in record.fields.items() if push is None or name in push}
    if lines and ((there or record.fields).get("lineGroups") or record.fields.get("lineGroups")):
        raise Rejected(
            said("It has lines that are a group of items in QuickBooks; those are only changed there."), code=GROUPS,
            remedy=said("Change its lines in QuickBooks."),
        )  # fmt: skip
    _refuse_long(record, fields, lines)
    for kind, ids in conductor_side.named_here(fields, lines).items():
        links = record_links.of_records(on.store, on.company, on.connection, kind, ids)
        for key in sorted(one for one in ids if not one.startswith(conductor_fields.THERE)):
            link = links.get(key)
            if link is None or not link.remote_id or link.state == "gone":
                _refuse(on, kind, key, gone=link is not None and link.state == "gone")
    return conductor_side.refs(on, [(record.fields, record.lines)], [there] if there else [])


def _refuse_long(record: Record, fields: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> None:
    """Invalid names the field and the limit: QuickBooks would cut it, or say no in words nobody understands."""
    for name, one in conductor_fields.of(record.kind, record.fields).items():
        if one.on != "never" and one.sort != "party" and fields.get(name):
            conductor_fields.value(name, one, fields[name])
    known = conductor_fields.LINES.get(record.kind, {})
    for at, line in enumerate(lines):
        for name, one in known.items():
            if one.on != "never" and one.sort != "party" and line.get(name):
                conductor_fields.value(f"lines[{at}].{name}", one, line[name])


def _refuse(on: Side, kind: str, key: str, *, gone: bool) -> None:
    named = records.find(on.store, on.company, kind, key)
    title = named.title if named is not None else key
    words = {
        CUSTOMER: said("Customer {name}", name=title), VENDOR: said("Vendor {name}", name=title),
        ITEM: said("Item {name}", name=title),
    }[kind]  # fmt: skip
    if gone or named is None or named.deleted:
        raise Rejected(
            said("{what} is not in QuickBooks any more.", what=words), code=GONE, remedy=said("Choose another one.")
        )
    raise Rejected(
        said("{what} is not in QuickBooks yet.", what=words), code=NOT_YET,
        remedy=said("This one goes by itself once that is there."),
    )  # fmt: skip
