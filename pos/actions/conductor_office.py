"""Records of QuickBooks Desktop as people and programs look for them and change them: customers, vendors, items, sales
orders and purchase orders; adjustments and invoices are looked at.

Whatever is written here has a link, so that lists know without looking far what still has to go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pos import clock
from pos.actions import conductor_catalogue, conductor_merge
from pos.actions import conductor_shown as shown
from pos.actions.office import fields_of, version_of
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import conductor, conductor_fields, conductor_standing, conductor_sums
from pos.rules import office as office_rules
from pos.rules.conductor_tables import LINES, THERE
from pos.said import said
from pos.store import (
    audit,
    companies,
    conductor_companies,
    conductor_lists,
    conductor_records,
    intake,
    record_links,
    records,
)
from pos.store.conductor_records import Wanted
from pos.store.db import Store
from pos.store.listing import Asked, Page
from pos.store.record_links import Link
from pos.store.records import Record

#: Types that are only looked at here.
LOOKED_AT = ("inventory_adjustments", "invoices")
CHOICES = 30
#: What an item says of itself where a line names it.
_SAID = ("salesDescription", "salesPrice", "purchaseDescription", "purchaseCost")
#: Lists of theirs whose entries are records here: what names one names it by its id there.
_PEOPLE_THERE = {"customer": ("qbd_customer",), "item": ("qbd_item",), "entity": ("qbd_customer", "qbd_vendor")}

#: Account of an item -> what the company chose an account for. Of a service one of its two ways is begun.
_ACCOUNTS = {
    "incomeAccount": "income", "cogsAccount": "cogs", "assetAccount": "asset", "postingAccount": "income",
    "account": "income",
}  # fmt: skip


def kind_of(name: str) -> str:
    """The kind of records of a type. NotFound."""
    if name not in conductor.TYPES:
        raise NotFound(said("There is no kind {kind}.", kind=name[:40]))
    return conductor.TYPES[name].kind


# -- looked for --------------------------------------------------------------------------------------------------------


def listed(
    store: Store, config: Config, company: str, wanted: Wanted, asked: Asked
) -> tuple[list[dict[str, Any]], Page]:
    """A page of records in short, each with how it stands in QuickBooks."""
    rows, page = conductor_records.page(store, company, conductor_companies.connection_of(company), wanted, asked)
    return shown.shown_rows(store, config, company, rows), page


def every(store: Store, config: Config, company: str, wanted: Wanted, asked: Asked) -> Iterator[dict[str, Any]]:
    """All that fits, for an export."""
    connection = conductor_companies.connection_of(company)
    page = []
    for row in conductor_records.everything(store, company, connection, wanted, asked):
        page.append(row)
        if len(page) == records.LIST_MAX:
            yield from shown.shown_rows(store, config, company, page, told=False)
            page = []
    yield from shown.shown_rows(store, config, company, page, told=False)


def one(store: Store, config: Config, company: str, kind: str, key: str) -> dict[str, Any]:
    """One record, with the state of each field. NotFound."""
    return shown.shown(store, config, shown.whole(store, company, records.get(store, company, kind, key)))


def choices(store: Store, company: str, source: str, words: str) -> list[dict[str, str]]:
    """What a field may name: records here (source: a type of them) by our id, entries of a list of theirs by their
    id."""
    connection = conductor_companies.connection_of(company)
    if source in conductor.TYPES:
        return _records(store, company, connection, conductor.TYPES[source].kind, words)
    if source in _PEOPLE_THERE:
        return [
            {**row, "id": row["remote"]}
            for kind in _PEOPLE_THERE[source]
            for row in _records(store, company, connection, kind, words)
            if row["remote"]
        ]
    found = conductor_lists.listed(store, connection, source, words=words, limit=CHOICES)
    return [
        {
            "id": row.id,
            "name": row.name,
            "hint": str(row.facts.get("accountType") or ""),
            "remote": row.id,
            **dict.fromkeys(_SAID, ""),
        }
        for row in found
    ]


def _records(store: Store, company: str, connection: str, kind: str, words: str) -> list[dict[str, str]]:
    asked = Asked(sort="name", down=False, limit=CHOICES)
    rows, _ = conductor_records.page(store, company, connection, Wanted(kind, words), asked)
    found = []
    for row in rows:
        fields = row.record.fields
        hint = fields.get("salesDescription") or fields.get("companyName") or fields.get("phone") or ""
        name = str(fields.get("fullName") or row.record.title)
        remote = row.link.remote_id if row.link is not None and row.link.state != "gone" else ""
        said_of = {name: str(fields.get(name) or "") for name in _SAID}
        found.append({"id": row.record.id, "name": name, "hint": str(hint)[:80], "remote": remote, **said_of})
    return found


def beginning(store: Store, company: str, kind: str, resource: str) -> dict[str, Any]:
    """What a new record starts with: today, in use, and of an item the accounts the company chose."""
    if kind != "qbd_item":
        table = conductor_fields.of(kind, {})
        today = intake.local(store, clock.now()).date().isoformat()
        return {"transactionDate": today} if "transactionDate" in table else {"isActive": True}
    if resource not in conductor.ITEMS:
        raise Invalid(said("Choose what kind of item it is."), field="type")
    chosen = companies.kept_as(store, company, shown.PART, "accounts").values
    connection, found = conductor_companies.connection_of(company), dict[str, Any]()
    known = conductor_fields.of(kind, {"type": resource})
    for name, use in _ACCOUNTS.items():
        key = str(chosen.get(use) or "")
        if name in known and key and not (name == "incomeAccount" and "postingAccount" in known):
            entry = conductor_lists.named(store, connection, "account", [key]).get(key)
            found[name] = {"id": key, "fullName": entry.name if entry else key}
    return {"type": resource, "isActive": True, **found}


def sums(store: Store, company: str, lines: Any) -> dict[str, Any]:
    """What lines come to while they are typed. Invalid."""
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines[:1000]):
        raise Invalid(said("{field} is a list.", field="lines"), field="lines")
    made = conductor_sums.sums(lines[:1000], companies.one(store, company).currency)
    return {"amounts": list(made.amounts), "total": made.total}


# -- changed -----------------------------------------------------------------------------------------------------------


def create(store: Store, company: str, kind: str, body: Mapping[str, Any], by: str) -> tuple[Record, bool]:
    """A new record of {id?, fields, lines?}, and whether it was made now: the same content under the same id is the
    record there is. Invalid; Conflict, code "taken" or "read_only"."""
    _refuse_looked_at(kind)
    key = office_rules.clean_id(str(body["id"])) if body.get("id") else clock.uuid7()
    fields = conductor_fields.cleaned(kind, fields_of(body), {})
    lines = conductor_fields.cleaned_lines(kind, body.get("lines", [])) if _has_lines(kind, fields) else []
    with store.transaction():
        before = records.find(store, company, kind, key)
        if before is not None and before.fields == fields and before.lines == lines and not before.deleted:
            return before, False
        _refuse_unknown(store, company, kind, fields, lines, {}, [])
        _refuse_name(store, company, kind, key, fields)
        made = records.create(store, company, kind, key, fields, lines, by, clock.now())
        record_links.put(store, Link(company, conductor_companies.connection_of(company), kind, key))
        conductor_catalogue.to_till(store, store.config, company, [made])
        audit.record(store, by, "record.create", f"{kind} {key}", {"company": company})
        return made, True


def edit(store: Store, company: str, kind: str, key: str, body: Mapping[str, Any], by: str) -> Record:
    """Change some fields, or all lines, of {version, fields?, lines?}. NotFound; Invalid names the field; Conflict,
    code "changed" when somebody was quicker, "read_only", "deleted", "conflict" for a field nobody decided about."""
    before = _changeable(store, company, kind, key)
    version, given = version_of(body), fields_of(body)
    if before.version != version:
        raise Conflict(
            said("Somebody changed it meanwhile. Look again, then change it."), code="changed",
            facts={"version": before.version},
        )  # fmt: skip
    fields = conductor_fields.cleaned(kind, given, before.fields)
    lines = before.lines
    if "lines" in body and _has_lines(kind, fields):
        lines = conductor_fields.cleaned_lines(kind, body["lines"], before.lines)
    known = conductor_fields.of(kind, fields)
    changed = [name for name in known if fields.get(name) != before.fields.get(name)]
    changed += ["lines"] if lines != before.lines else []
    _refuse_theirs(store, company, before, changed)
    with store.transaction():
        _refuse_unknown(store, company, kind, fields, lines, before.fields, before.lines)
        if {"name", "parent", "refNumber"} & set(changed):
            _refuse_name(store, company, kind, key, fields)
        made = records.edit(store, company, kind, key, version, fields, lines, by, clock.now())
        if made.version != version:
            _to_go(store, made)
            conductor_catalogue.to_till(store, store.config, company, [made])
            detail = {"company": company, "version": made.version, "fields": changed}
            audit.record(store, by, "record.edit", f"{kind} {key}", detail)
        return made


def delete(store: Store, company: str, kind: str, key: str, body: Mapping[str, Any], by: str) -> Record:
    """Mark a record as deleted. The next sync deletes an order in QuickBooks; customers, vendors and items are made
    inactive there. Conflict as in `edit`."""
    before = _changeable(store, company, kind, key)
    with store.transaction():
        made = records.edit(
            store, company, kind, key, version_of(body), before.fields, before.lines, by, clock.now(), deleted=True
        )
        _to_go(store, made)
        conductor_catalogue.to_till(store, store.config, company, [made])
        audit.record(store, by, "record.delete", f"{kind} {key}", {"company": company})
        return made


def retry(store: Store, company: str, kind: str, key: str, by: str, *, same: bool = False) -> None:
    """What QuickBooks refused goes again with the next sync. Conflict, code "not_parked", when nothing was refused.
    same: it was refused for its name, and the one of that name there is this one: both are brought together then, field
    by field as the rules say. Conflict, code "not_same", when it was refused for something else."""
    record = records.get(store, company, kind, key)
    with store.transaction():
        link = _link(store, record)
        if link is None or link.state != "error":
            raise Conflict(said("Nothing of it was refused."), code="not_parked")
        if same and (link.code != conductor_merge.SAME_NAME or link.remote_id):
            raise Conflict(said("It was not refused for its name."), code="not_same")
        code = conductor_merge.SAME if same else ""
        record_links.put(store, replace(link, state="pending", agreed_version=0, code=code, message="", sent_version=0))
        if same:
            detail = {"company": company, "field": "name", "choice": "same"}
            audit.record(store, by, "record.decide", f"{kind} {key}", detail)
            return
        audit.record(store, by, "record.retry", f"{kind} {key}", {"company": company, "code": link.code})


# -- inside ------------------------------------------------------------------------------------------------------------


def _link(store: Store, record: Record) -> Link | None:
    connection = conductor_companies.connection_of(record.company)
    return record_links.of_record(store, record.company, connection, record.kind, record.id)


def _to_go(store: Store, record: Record) -> None:
    """Its link says that something waits; what is on its way, refused, or in conflict says so already. What was refused
    and is deleted before it ever went is wanted nowhere: nothing of it waits."""
    link = _link(store, record)
    if link is not None and link.state == "error" and record.deleted and not (link.remote_id or link.request_id):
        record_links.put(store, replace(
            link, state="synced", agreed_version=record.version, code="", message="", sent=b"", settle_at=""
        ))  # fmt: skip
        return
    if link is None:
        connection = conductor_companies.connection_of(record.company)
        record_links.put(store, Link(record.company, connection, record.kind, record.id))
    elif link.state == "synced":
        record_links.put(store, replace(link, state="pending"))


def _refuse_looked_at(kind: str) -> None:
    if conductor.type_of_kind(kind).name in LOOKED_AT:
        raise Conflict(said("These are only looked at here."), code="read_only")


def _changeable(store: Store, company: str, kind: str, key: str) -> Record:
    before = records.get(store, company, kind, key)
    _refuse_looked_at(kind)
    if before.deleted:
        raise Conflict(said("It is deleted."), code="deleted")
    return conductor_catalogue.heard(store, before)


def _has_lines(kind: str, fields: Mapping[str, Any]) -> bool:
    return conductor_fields.has_lines(kind, fields)


def _refuse_theirs(store: Store, company: str, before: Record, changed: list[str]) -> None:
    """What QuickBooks alone changes, and what a person has to decide about first."""
    found = shown.whole(store, company, before)
    for name in changed:
        if name in found.on.open:
            raise Conflict(said("Both sides changed this. Decide about it first."), code="conflict", field=name)
        if conductor_standing.read_only(name, found.known.get(name), found.owners.get(name, ""), found.on):
            raise Invalid(said("Only QuickBooks changes this."), field=name)


def _refuse_unknown(
    store: Store, company: str, kind: str, fields: Mapping[str, Any], lines: list[dict[str, Any]],
    before: Mapping[str, Any], rows: list[dict[str, Any]],
) -> None:  # fmt: skip
    """Whoever and whatever a record names is a record of the same company; what it named before may be gone."""
    for name, table in conductor_fields.of(kind, fields).items():
        key = str(fields.get(name) or "")
        if table.sort == "party" and key and key != before.get(name):
            _refuse_missing(store, company, table.to, {key: name})
    known = {str(line.get("item") or "") for line in rows}
    wanted = {
        str(line["item"]): f"lines[{at}].item"
        for at, line in enumerate(lines)
        if line.get("item") and line["item"] not in known
    }
    if wanted:
        _refuse_missing(store, company, LINES[kind]["item"].to, wanted)


def _refuse_missing(store: Store, company: str, kind: str, wanted: Mapping[str, str]) -> None:
    found = records.several(store, company, kind, wanted)
    for key, field in wanted.items():
        if key.startswith(THERE) or key not in found or found[key].deleted:
            raise Invalid(said("There is no {kind} {id} here.", kind=conductor.type_of_kind(kind).name, id=key[:60]),
                          field=field)  # fmt: skip


def _refuse_name(store: Store, company: str, kind: str, key: str, fields: Mapping[str, Any]) -> None:
    """QuickBooks has a name once, among customers and vendors together; an item below another has its own."""
    title = records.title_of(fields)
    if not title:
        return
    alike = [row for row in records.titled(store, company, kind, title) if row.id != key]
    if kind in ("qbd_item", "qbd_customer"):
        above = (fields.get("parent") or {}).get("id", "")
        alike = [row for row in alike if (row.fields.get("parent") or {}).get("id", "") == above]
    other = {"qbd_customer": "qbd_vendor", "qbd_vendor": "qbd_customer"}.get(kind, "")
    if other and not fields.get("parent"):
        alike += records.titled(store, company, other, title)
    if alike:
        field = "name" if fields.get("name") else "refNumber"
        raise Conflict(said("{name} is taken already. Choose another.", name=title), code="taken", field=field)
