"""Records of QuickBooks Desktop as they are looked at: each with how it stands there, and field by field what is ours,
theirs or in conflict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pos.actions import conductor_kept
from pos.actions import conductor_words as words
from pos.actions.inventory_items import people_named
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.rules import conductor, conductor_fields, conductor_rules, conductor_standing, conductor_sums
from pos.rules.conductor_rules import Rule
from pos.rules.conductor_standing import Standing
from pos.rules.conductor_tables import LINES, THERE, Field
from pos.said import said
from pos.store import companies, conductor_companies, conductor_lists, conductor_records, record_links, records
from pos.store.conductor_records import Row
from pos.store.db import Store
from pos.store.record_links import Link
from pos.store.records import DELETED, Clashed, Record

#: Where a company keeps its table of who wins.
PART, RULES = "conductor", "rules"
#: How a record stands in QuickBooks: colour and word.
LINKS = {
    "pending": ("waiting", said("not sent yet")), "waiting": ("waiting", said("changed, goes with the next sync")),
    "sending": ("waiting", said("being sent")), "synced": ("saved", said("the same in both")),
    "conflict": ("needs", said("both changed it")), "error": ("needs", said("refused")),
    "again": ("waiting", said("goes again with the next sync")), "gone": ("check", said("deleted in QuickBooks")),
}  # fmt: skip
#: How a field stands: colour and word.
STATES = {
    "same": ("saved", said("same on both sides")),
    "changed": ("waiting", said("changed here, goes with the next sync")),
    "new": ("waiting", said("goes with the next sync")), "parked": ("needs", said("refused by QuickBooks")),
    "conflict": ("needs", said("in conflict")), "theirs": ("offline", said("QuickBooks' own, read-only")),
    "alone": ("offline", said("stays here")), "returns": ("check", said("QuickBooks' value comes back")),
    "none": ("", ""),
}  # fmt: skip
OWNERS = {
    "ask": said("Where both change it, a person decides."), "ours": said("Where both change it, ours wins."),
    "theirs": said("Where both change it, QuickBooks wins."),
    "latest": said("Where both change it, the later change wins."),
    "only_ours": said("Only we change it: QuickBooks' changes are not taken."),
    "only_theirs": said("Only QuickBooks changes this."),
}  # fmt: skip
ACTS = {
    "record.create": said("made"), "record.edit": said("changed"), "record.delete": said("deleted"),
    "record.decide": said("decided"), "record.retry": said("sent again"),
}  # fmt: skip
HISTORY = 30
#: Who writes what comes from there.
SYSTEM = "quickbooks"
#: Groups of a form that are shut while nothing stands in them.
_SHUT = ("more", "addresses")


def rules_of(store: Store, company: str) -> Mapping[str, Rule]:
    """The company's table of directions and winners."""
    return conductor_rules.read(companies.kept_as(store, company, PART, RULES).values)


# -- in short ----------------------------------------------------------------------------------------------------------


def shown_rows(
    store: Store, config: Config, company: str, rows: Iterable[Row], *, told: bool = True
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows of a list: name, what one knows it by, how it stands. told: with the moment of the last change in words."""
    found = list(rows)
    named = names(store, company, ((one.record.fields, ()) for one in found))
    return [
        {**_row(one, named), "editedText": moment(store, config, one.record.edited_at) if told else ""} for one in found
    ]


def _row(row: Row, named: Mapping[str, str]) -> dict[str, Any]:
    record, fields = row.record, row.record.fields
    party = next((named.get(str(fields[name]), "") for name in ("customer", "vendor") if fields.get(name)), "")
    tone, text = LINKS[state_of(record, row.link)]
    return {
        "id": record.id, "title": title(record), "version": record.version, "deleted": record.deleted,
        "active": fields.get("isActive") is not False, "itemType": str(fields.get("type") or ""),
        "party": party, "date": str(fields.get("transactionDate") or ""),
        "total": words.amount(_text(fields, "totalAmount", "subtotal")), "phone": _text(fields, "phone"),
        "email": _text(fields, "email"), "companyName": _text(fields, "companyName"),
        "description": _text(fields, "salesDescription", "description", "purchaseDescription", "memo"),
        "price": words.amount(_text(fields, "salesPrice", "price")) or _text(fields, "discountRate"),
        "quantityOnHand": _text(fields, "quantityOnHand"),
        "balance": words.amount(_text(fields, "balance", "balanceRemaining")),
        "state": state_of(record, row.link), "stateText": text, "tone": tone,
        "message": conductor_kept.again(row.link.message)
        if row.link is not None and row.link.state == "error" else "",
        "remoteId": row.link.remote_id if row.link is not None else "", "editedBy": record.edited_by,
        "editedAt": record.edited_at,
    }  # fmt: skip


def title(record: Record) -> str:
    """What people know it by; a document QuickBooks has not numbered yet has no name of its own."""
    return record.title if record.title != record.id else said("(no number yet)")


def _text(fields: Mapping[str, Any], *of: str) -> str:
    return next((str(fields[name]) for name in of if fields.get(name) not in (None, "")), "")


def state_of(record: Record, link: Link | None) -> str:
    """A word of LINKS."""
    if link is None:
        return "pending"
    if link.state == "error":
        return "error" if link.sent_version == record.version else "again"
    if link.state == "pending" and link.remote_id:
        return "waiting"
    return "waiting" if link.state == "synced" and link.agreed_version != record.version else link.state


def names(
    store: Store, company: str, given: Iterable[tuple[Mapping[str, Any], Iterable[Mapping[str, Any]]]]
) -> dict[str, str]:  # fmt: skip
    """The names of customers, vendors and items these records name, by their ids here."""
    wanted: dict[str, set[str]] = {"qbd_customer": set(), "qbd_vendor": set(), "qbd_item": set()}
    for fields, lines in given:
        for name, kind in (("customer", "qbd_customer"), ("vendor", "qbd_vendor"), ("preferredVendor", "qbd_vendor")):
            wanted[kind].add(str(fields.get(name) or ""))
        for line in lines:
            wanted["qbd_item"].add(str(line.get("item") or ""))
    found: dict[str, str] = {}
    for kind, keys in wanted.items():
        keys.discard("")
        found |= {key: key.removeprefix(THERE) for key in keys if key.startswith(THERE)}
        ids = sorted(keys - found.keys())
        for at in range(0, len(ids), records.LIST_MAX):
            page = records.several(store, company, kind, ids[at : at + records.LIST_MAX])
            found |= {key: one.title for key, one in page.items()}
    return found


# -- one of them -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Whole:
    """All a record's page is made of."""

    record: Record
    link: Link | None
    clashes: list[Clashed]
    owners: Mapping[str, str]
    on: Standing
    named: Mapping[str, str]

    @property
    def known(self) -> dict[str, Field]:
        """Its fields."""
        return conductor_fields.of(self.record.kind, self.record.fields)


def whole(store: Store, company: str, record: Record) -> Whole:
    """The record and all that is known of its other side."""
    connection, kind = conductor_companies.connection_of(company), record.kind
    link = record_links.of_record(store, company, connection, kind, record.id)
    clashes = records.conflicts(store, company, state="open", kind=kind, key=record.id)
    rules = rules_of(store, company)
    one = conductor.type_of_kind(kind)
    there = link is not None and bool(link.remote_id)
    on = Standing(
        agreed=link.agreed if link else None, there=there,
        copy=record.read_only or one.name in conductor_rules.FIXED,
        refused=state_of(record, link) == "error", off=rules[one.name].direction == "off" or (
            rules[one.name].direction == "from_quickbooks" and not there
        ), open=frozenset(row.field for row in clashes),
    )  # fmt: skip
    both: list[tuple[Mapping[str, Any], Iterable[Mapping[str, Any]]]] = [(record.fields, record.lines)]
    told = [(row.field, value) for row in clashes for value in (row.ours, row.theirs)]
    both += [({}, value or ()) if name == "lines" else ({name: value}, ()) for name, value in told]
    named = names(store, company, both)
    for name, value in told:
        table = conductor_fields.of(kind, record.fields).get(name)
        if table is not None and table.sort == "ref" and value:
            entries = conductor_lists.named(store, connection, table.to, [str(value["id"])])
            named |= {key: entry.name for key, entry in entries.items()}
    return Whole(record, link, clashes, conductor_rules.owners(rules, kind), on, named)


def shown(store: Store, config: Config, found: Whole) -> dict[str, Any]:
    """A record as it is answered: its content, how it stands, and each field's state."""
    record, link = found.record, found.link
    who = people_named(store, [record.edited_by])
    state = state_of(record, link)
    tone, text = LINKS[state]
    return {
        "type": conductor.type_of_kind(record.kind).name, "kind": record.kind, "id": record.id, "title": title(record),
        "version": record.version, "fields": record.fields, "lines": record.lines, "origin": record.origin,
        "readOnly": found.on.copy or record.deleted, "deleted": record.deleted, "editedBy": record.edited_by,
        "editedName": _person(who, record.edited_by), "editedAt": record.edited_at,
        "editedText": moment(store, config, record.edited_at),
        "sync": {
            "state": state, "text": text, "tone": tone, "remoteId": link.remote_id if link else "",
            "revision": link.sync_token if link else "", "code": link.code if link else "",
            "message": conductor_kept.again(link.message) if link else "", "syncedAt": link.synced_at if link else "",
            "syncedText": moment(store, config, link.synced_at) if link else "",
        },
        "states": {name: _state(found, name, one) for name, one in _fields_of(found)},
        "conflicts": [_clash(found, row) for row in found.clashes], "names": dict(found.named),
    }  # fmt: skip


def _person(named: Mapping[str, str], code: str) -> str:
    return "QuickBooks" if code == SYSTEM else named.get(code, code)


def _fields_of(found: Whole) -> list[tuple[str, Field | None]]:
    lines = conductor_fields.has_lines(found.record.kind, found.record.fields)
    return [*found.known.items(), *([("lines", None)] if lines else [])]


def _state(found: Whole, name: str, one: Field | None) -> dict[str, Any]:
    record, owner = found.record, found.owners.get(name, "")
    seen = conductor_fields.seen_field(record.kind, record.fields, record.lines, name)
    word = conductor_standing.state(name, one, seen, owner, found.on)
    tone, text = STATES[word]
    closed = conductor_standing.read_only(name, one, owner, found.on)
    hint = OWNERS.get(owner, "") if word not in ("theirs", "alone") else ""
    return {"state": word, "text": text, "tone": tone, "owner": owner, "readOnly": closed, "hint": hint}


def _clash(found: Whole, row: Clashed) -> dict[str, Any]:
    one = found.known.get(row.field)
    return {
        "id": row.id, "field": row.field,
        "label": said("The record itself") if row.field == DELETED else words.label(row.field), "ours": row.ours,
        "theirs": row.theirs, "rule": row.rule, "madeAt": row.made_at,
        **{f"{side}Text": value_text(found.named, one, row.field, value)
           for side, value in (("ours", row.ours), ("theirs", row.theirs))},
    }  # fmt: skip


def value_text(named: Mapping[str, str], one: Field | None, name: str, value: Any) -> str:
    """A value of a field in words; a line of an order a line."""
    if name == DELETED:
        return said("deleted") if value else said("stays")
    if name == "lines":
        return "\n".join(line_text(named, line) for line in value or ()) or said("no lines")
    if one is not None and one.sort == "party":
        return named.get(str(value or ""), str(value or "").removeprefix(THERE))
    if isinstance(value, Mapping) and value.get("id") and not value.get("fullName"):
        return named.get(str(value["id"]), str(value["id"]))
    return words.text_of(one, value)


def line_text(named: Mapping[str, str], line: Mapping[str, Any]) -> str:
    """A line in short: "2 × Mug, 4.99"."""
    item = named.get(str(line.get("item") or ""), str(line.get("item") or "").removeprefix(THERE))
    what = item or str(line.get("description") or "")
    quantity = str(line.get("quantity") or line.get("quantityDifference") or "")
    price = words.amount(str(line.get("rate") or line.get("amount") or ""))
    worth = price or str(line.get("ratePercent") or line.get("valueDifference") or "")
    return ", ".join(part for part in (f"{quantity} × {what}" if quantity else what, worth) if part)


# -- its form ----------------------------------------------------------------------------------------------------------


def form(store: Store, found: Whole, *, defaults: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Groups of fields as the page draws them, lines, sums. defaults: what a new one begins with."""
    record, clashes = found.record, {row.field: _clash(found, row) for row in found.clashes}
    values = {**record.fields, **(defaults or {})}
    groups: list[dict[str, Any]] = []
    for group, of in words.grouped(record.kind, found.known):
        rows = [
            _drawn(found, name, found.known[name], values.get(name), clashes.get(name))
            for name in of
            if name != "type"  # chosen before the form is drawn
        ]
        shut = group == "theirs" or (group in _SHUT and not any(row["filled"] or row["clash"] for row in rows))
        groups.append({"name": group, "title": words.title_of(record.kind, group), "fields": rows, "open": not shut})
    usual = _usual([row for one in groups for row in one["fields"]])
    has = conductor_fields.has_lines(record.kind, record.fields)
    return {
        "groups": groups, "usual": OWNERS.get(usual, ""), "usual_owner": usual,
        "has_lines": has, "lines": lines_of(found) if has else None,
        "line_fields": [
            {"name": name, "label": words.label(name), "sort": one.sort, "to": _source(one),
             "readOnly": one.on == "never" or (one.on == "update" and not found.on.there), "chars": one.chars,
             "needed": one.needed, "choices": {key: words.CHOICES[key] for key in one.choices}}
            for name, one in LINES[record.kind].items() if one.sort not in ("custom", "kept")
        ] if has else [],
        "lines_state": _state(found, "lines", None) if has else None, "lines_conflict": clashes.get("lines"),
        "whole_conflict": clashes.get(DELETED),
        "sums": order_sums(store, record) if has and record.kind != "qbd_item" else None,
    }  # fmt: skip


def _usual(rows: Iterable[Mapping[str, Any]]) -> str:
    """Whose change counts for most of the fields that can be written; it is said once."""
    owners = [row["owner"] for row in rows if not row["readOnly"] and row["owner"]]
    return max(sorted(set(owners)), key=owners.count, default="")


def lines_of(found: Whole) -> list[dict[str, Any]]:
    """The lines with the names of their items beside them."""
    return [{**line, "itemName": found.named.get(str(line.get("item") or ""), "")} for line in found.record.lines]


def order_sums(store: Store, record: Record) -> dict[str, Any]:
    """What the lines come to here, and what QuickBooks said, where it did."""
    made = conductor_sums.sums(record.lines, companies.one(store, record.company).currency)
    theirs = [
        (words.label(name), str(record.fields[name]))
        for name in ("subtotal", "salesTaxTotal", "totalAmount")
        if record.fields.get(name)
    ]
    return {"amounts": list(made.amounts), "total": made.total, "theirs": theirs}


def _source(one: Field) -> str:
    """Where the choices of a reference come from."""
    if one.sort == "party":
        return conductor.type_of_kind(one.to).name
    return one.to if one.sort == "ref" else ""


def _drawn(found: Whole, name: str, one: Field, value: Any, clash: dict[str, Any] | None) -> dict[str, Any]:
    held = one.empty if value is None else value
    text = value_text(found.named, one, name, held)
    if held == "" and one.sort == "party":
        text = ""
    state = _state(found, name, one)
    return {
        "name": name, "label": words.label(name), "sort": one.sort, "value": held, "said": text,
        "filled": held not in ("", {}, [], None), "chars": one.chars, "needed": one.needed, "to": _source(one),
        "choices": {key: words.CHOICES[key] for key in one.choices}, "clash": clash, **state,
    }  # fmt: skip


# -- what became of it -------------------------------------------------------------------------------------------------


def history(store: Store, config: Config, company: str, found: Whole) -> list[dict[str, Any]]:
    """Who changed what, the latest first: people by the audit, QuickBooks by what was decided about both."""
    record = found.record
    rows = conductor_records.changes(store, company, record.kind, record.id, HISTORY)
    who = people_named(store, {row.actor for row in rows})
    made: list[dict[str, Any]] = []
    for row in rows:
        detail = row.detail
        fields = detail.get("fields") or ([detail["field"]] if detail.get("field") else [])
        made.append({
            "at": row.at, "at_text": moment(store, config, row.at), "by": _person(who, row.actor),
            "what": ACTS.get(row.act, row.act), "fields": [words.label(str(name)) for name in fields], "was": "",
        })  # fmt: skip
    for clash in records.conflicts(store, company, state="decided", kind=record.kind, key=record.id):
        if clash.rule == "ask":
            continue  # a person's word stands in the audit
        won = said("QuickBooks' value counts") if clash.decision == "theirs" else said("our value counts")
        lost = clash.ours if clash.decision == "theirs" else clash.theirs
        at = clash.decided_at or clash.made_at
        made.append({
            "at": at, "at_text": moment(store, config, at),
            "by": said("the rule"), "what": won, "fields": [words.label(clash.field)],
            "was": value_text(found.named, found.known.get(clash.field), clash.field, lost),
        })  # fmt: skip
    return sorted(made, key=lambda one: str(one["at"]), reverse=True)[:HISTORY]
