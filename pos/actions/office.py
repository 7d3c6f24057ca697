"""Records of the office as people and programs change them: customers, items, invoices, orders, payments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pos import clock
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import office
from pos.rules.tax import TaxRule
from pos.said import said
from pos.store import audit, catalog, companies, record_links, records
from pos.store.db import Store
from pos.store.records import Record

PAGE = 100


def rule_of(store: Store, config: Config, company: str) -> TaxRule:
    """How a company works out tax: as its tills do, in its own currency."""
    own, p = companies.one(store, company), config.pricing
    return TaxRule(p.tax_rule, p.rounding, p.prices_include_tax, own.currency, p.cash_step)


def rates(store: Store) -> dict[str, str]:
    """Our tax codes with their percent."""
    return catalog.tax_percents(store)


def create(
    store: Store, config: Config, company: str, kind: str, body: Mapping[str, Any], by: str
) -> Record:  # fmt: skip
    """A new record of {id?, fields, lines?}; priced by the shop's own rules. Invalid; Conflict, code "taken"."""
    _known(kind)
    key = office.clean_id(str(body["id"])) if body.get("id") else clock.uuid7()
    now = clock.now()
    fields = office.cleaned(kind, fields_of(body), {})
    fields, lines = _worked_out(store, config, company, kind, key, fields, body.get("lines", []))
    with store.transaction():
        _refuse_number(store, company, kind, key, fields)
        made = records.create(store, company, kind, key, fields, lines, by, now)
        audit.record(store, by, "record.create", f"{kind} {key}", {"company": company})
        return made


def edit(
    store: Store, config: Config, company: str, kind: str, key: str, body: Mapping[str, Any], by: str
) -> Record:  # fmt: skip
    """Change some fields, or all lines, of {version, fields?, lines?}. Invalid; NotFound; Conflict, code "changed" when
    somebody was quicker, "read_only" for a copy of a document that was made elsewhere."""
    before = _changeable(store, company, kind, key)
    fields = office.cleaned(kind, fields_of(body), before.fields)
    if "lines" in body or "amount" in fields_of(body):
        given = body.get("lines", before.lines)
        fields, lines = _worked_out(store, config, company, kind, key, fields, given)
    else:
        lines = before.lines
        _refuse_unknown(store, company, kind, fields, [])
    with store.transaction():
        _refuse_number(store, company, kind, key, fields)
        made = records.edit(store, company, kind, key, version_of(body), fields, lines, by, clock.now())
        audit.record(store, by, "record.edit", f"{kind} {key}", {"company": company, "version": made.version})
        return made


def delete(store: Store, company: str, kind: str, key: str, body: Mapping[str, Any], by: str) -> Record:
    """Mark a record as deleted; the books are told with the next push (documents are voided there, customers and items
    made inactive). Conflict as in `edit`."""
    before = _changeable(store, company, kind, key)
    with store.transaction():
        made = records.edit(
            store, company, kind, key, version_of(body), before.fields, before.lines, by, clock.now(), deleted=True
        )
        audit.record(store, by, "record.delete", f"{kind} {key}", {"company": company})
        return made


def complete(store: Store, config: Config, company: str, kind: str, key: str, by: str, now: datetime) -> None:
    """Work out anew what a document comes to, after a person took lines of the books."""
    before = records.get(store, company, kind, key)
    if kind not in office.SOLD or all("gross" in line for line in before.lines):
        return
    lines, totals = office.priced(before.lines, rates(store), rule_of(store, config, company))
    records.edit(store, company, kind, key, before.version, {**before.fields, **totals}, lines, by, now)


# -- reading -----------------------------------------------------------------------------------------------------------


def listed(
    store: Store, config: Config, company: str, kind: str, *, after: str, limit: int, words: str
) -> list[dict[str, Any]]:  # fmt: skip
    """Records in the order of their ids, each with how it stands in the books."""
    _known(kind)
    rows = records.listed(store, company, kind, after=after, limit=limit, words=words)
    connection = companies.connection_id("quickbooks", company)
    links = record_links.of_records(store, company, connection, kind, [row.id for row in rows])
    return [shown(store, config, row, links.get(row.id)) for row in rows]


def one(store: Store, config: Config, company: str, kind: str, key: str) -> dict[str, Any]:
    """One record. NotFound."""
    _known(kind)
    found = records.get(store, company, kind, key)
    connection = companies.connection_id("quickbooks", company)
    return shown(store, config, found, record_links.of_record(store, company, connection, kind, key))


def shown(store: Store, config: Config, record: Record, link: record_links.Link | None) -> dict[str, Any]:
    """A record as it is answered. sync: how it stands in QuickBooks; null = it was never sent or brought in."""
    return {
        "kind": record.kind, "id": record.id, "title": record.title, "version": record.version,
        "fields": record.fields, "lines": record.lines, "origin": record.origin, "readOnly": record.read_only,
        "deleted": record.deleted, "editedBy": record.edited_by, "editedAt": record.edited_at,
        "editedText": moment(store, config, record.edited_at),
        "sync": None if link is None else {
            "state": "waiting" if link.state == "synced" and link.agreed_version != record.version else link.state,
            "remoteId": link.remote_id, "code": link.code, "message": link.message, "syncedAt": link.synced_at,
        },
    }  # fmt: skip


# -- inside ------------------------------------------------------------------------------------------------------------


def _known(kind: str) -> None:
    if kind not in office.FIELDS:
        raise NotFound(said("There is no kind {kind}.", kind=kind[:40]))


def _changeable(store: Store, company: str, kind: str, key: str) -> Record:
    _known(kind)
    before = records.get(store, company, kind, key)
    if before.read_only:
        raise Conflict(
            said("This is a copy of a document made in the books. Change it there."), code="read_only"
        )  # fmt: skip
    if before.deleted:
        raise Conflict(said("It is deleted."), code="deleted")
    return before


def fields_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a body says of fields. Invalid when that is no object."""
    found = body.get("fields", {})
    if not isinstance(found, Mapping):
        raise Invalid(said("{field} is an object.", field="fields"), field="fields")
    return found


def version_of(body: Mapping[str, Any]) -> int:
    """The version a body is a change of. Invalid when it names none."""
    found = body.get("version")
    if type(found) is not int:
        raise Invalid(said("Say which version this is a change of."), field="version")
    return found


def _worked_out(
    store: Store, config: Config, company: str, kind: str, key: str, fields: dict[str, Any], given: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Numbered, with its references found, its lines priced and added up."""
    lines = office.cleaned_lines(kind, given)
    if kind in office.SOLD:
        lines, totals = office.priced(lines, rates(store), rule_of(store, config, company))
        fields = {**fields, **totals}
        fields["number"] = fields["number"] or _number("IV" if kind == "invoice" else "SO", fields["date"], key)
    if kind == "payment":
        currency = companies.one(store, company).currency
        fields["reference"] = fields["reference"] or _number("PM", fields["date"], key)
        left = office.open_amount(fields["amount"], [line["amount"] for line in lines], currency)
        if left.startswith("-") or not any(digit in "123456789" for digit in fields["amount"]):
            raise Invalid(said("The lines come to more than the payment, or it is of nothing."), field="amount")
    _refuse_unknown(store, company, kind, fields, lines)
    return fields, lines


def _number(prefix: str, day: str, key: str) -> str:
    """A number of its own content, 21 characters at most; never one of a row."""
    tail = "".join(letter for letter in key.upper() if letter.isalnum())[-10:]
    return f"{prefix}-{day[2:].replace('-', '')}-{tail}"


def _refuse_unknown(
    store: Store, company: str, kind: str, fields: Mapping[str, Any], lines: list[dict[str, Any]]
) -> None:
    """Whoever a document is for, and what it names, is a record of the same company."""
    if fields.get("customer") and kind in records.MONEY:
        found = records.find(store, company, "customer", str(fields["customer"]))
        if found is None or found.deleted:
            raise Invalid(said("There is no customer {name} here.", name=fields["customer"]), field="customer")
    wanted, of = ("invoice", "invoice") if kind == "payment" else ("item", "item")
    keys = {str(line[wanted]) for line in lines if line.get(wanted)}
    there = records.several(store, company, of, keys)
    for at, line in enumerate(lines):
        if line.get(wanted) and line[wanted] not in there:
            raise Invalid(
                said("There is no {kind} {id} here.", kind=of, id=line[wanted]), field=f"lines[{at}].{wanted}"
            )  # fmt: skip


def _refuse_number(store: Store, company: str, kind: str, key: str, fields: Mapping[str, Any]) -> None:
    """A number is one document's alone."""
    title = records.title_of(fields)
    if kind not in records.MONEY or not title:
        return
    if any(one.id != key for one in records.titled(store, company, kind, title)):
        raise Conflict(said("{name} is taken already. Choose another.", name=title), code="taken", field="number")
