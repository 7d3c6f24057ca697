"""One record here and one of theirs brought together: what a pull and a push of QuickBooks Online have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pos import clock
from pos.actions import qbo_sync, record_merge, till_catalogue
from pos.actions.till_catalogue import TILL
from pos.config import Config
from pos.connectors.qbo import mapping
from pos.connectors.qbo import office as there_and_back
from pos.connectors.qbo.client import Client
from pos.connectors.qbo.mapping import Tables
from pos.connectors.qbo.office import LISTS, Refs
from pos.errors import Conflict
from pos.rules import office
from pos.rules.merge import Merged, merge, same
from pos.store import companies, office_catalogue, record_links, records
from pos.store.db import Store
from pos.store.record_links import Link
from pos.store.records import Record

#: Who writes what comes from there.
SYSTEM = "quickbooks"
#: Of what is theirs alone to say, also of a document that was made here.
_THEIRS = ("status", "balance")


@dataclass(frozen=True, slots=True)
class Side:
    """One company of ours and its company there."""

    store: Store
    config: Config
    company: str
    connection: str
    client: Client
    tables: Tables
    owners: Mapping[str, Mapping[str, str]]
    currency: str


def side(store: Store, config: Config, company: str, connection: str, client: Client) -> Side:
    """All that is needed to bring records of a company together."""
    kept = companies.kept(store, company, qbo_sync.PART).values
    return Side(
        store, config, company, connection, client, mapping.read(kept.get("mapping") or {}),
        qbo_sync.owners(store, company), companies.one(store, company).currency,
    )  # fmt: skip


# -- whose is what -----------------------------------------------------------------------------------------------------


def refs(
    on: Side, ours: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]] = (),
    theirs: Iterable[Mapping[str, Any]] = (),
) -> Refs:  # fmt: skip
    """Ids of all that these records, (fields, lines) here and bodies there, name."""
    mine: dict[str, set[str]] = {"customer": set(), "item": set(), "invoice": set()}
    for fields, lines in ours:
        mine["customer"].add(str(fields.get("customer") or ""))
        for line in lines:
            mine["item"].add(str(line.get("item") or ""))
            mine["invoice"].add(str(line.get("invoice") or ""))
    other: dict[str, set[str]] = {"customer": set(), "item": set(), "invoice": set()}
    for body in theirs:
        other["customer"].add(str((body.get("CustomerRef") or {}).get("value") or ""))
        for line in body.get("Line") or ():
            detail = line.get("SalesItemLineDetail") or {}
            other["item"].add(str((detail.get("ItemRef") or {}).get("value") or ""))
            other["invoice"] |= {str(link.get("TxnId") or "") for link in line.get("LinkedTxn") or ()}
    going: dict[str, dict[str, str]] = {}
    back: dict[str, dict[str, str]] = {}
    for kind in mine:
        known = record_links.of_records(on.store, on.company, on.connection, kind, mine[kind] - {""})
        going[kind] = {key: one.remote_id for key, one in known.items() if one.remote_id and one.state != "gone"}
        met = record_links.of_remotes(on.store, on.company, on.connection, kind, other[kind] - {""})
        back[kind] = {key: one.record_id for key, one in met.items()}
    return Refs(
        going["customer"], going["item"], going["invoice"], back["customer"], back["item"], back["invoice"]
    )  # fmt: skip


# -- together ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Brought:
    """link, record: as they are now. push: fields that are still to go there. changed: something was taken in."""

    link: Link
    record: Record
    push: frozenset[str]
    changed: bool


def bring(on: Side, link: Link, record: Record, there: Mapping[str, Any], found: Refs) -> Brought:
    """Merge one of theirs with its record here, and keep what both agree on. In a transaction of its own, or inside
    one. What only they may say (status, balance) is taken; a copy of a document of theirs is as it is there."""
    kind = record.kind
    fields, lines = there_and_back.from_there(kind, there, found, on.tables, record.lines)
    theirs = office.view(kind, fields, lines)
    ours = office.view(kind, record.fields, record.lines)
    owners = dict.fromkeys(theirs, "only_theirs") if record.read_only else on.owners.get(kind, {})
    updated = str((there.get("MetaData") or {}).get("LastUpdatedTime") or "")
    merged = merge(
        link.agreed, ours, theirs, owners, ours_at=record.edited_at,
        theirs_at=clock.stamp(clock.parse(updated)) if updated else "",
    )  # fmt: skip
    if record.deleted:
        merged = Merged(dict(ours), merged.push, frozenset(), ())
    now = clock.now()
    with on.store.transaction():
        after = _taken(on, record, merged, fields, lines)
        made = record_merge.keep(
            on.store, link, record, after, merged, theirs, now, remote=str(there["Id"]),
            token=str(there.get("SyncToken") or ""),
        )  # fmt: skip
    return Brought(made, after, merged.push, after.version != record.version)


def _taken(on: Side, record: Record, merged: Merged, fields: Mapping[str, Any], lines: list[dict[str, Any]]) -> Record:
    """The record with what is taken from there."""
    new = {**record.fields, **{name: fields[name] for name in merged.pull if name != "lines"}}
    new |= {name: fields[name] for name in _THEIRS if name in fields}
    rows = record.lines
    if record.read_only:
        new, rows = dict(fields), lines
    elif "lines" in merged.pull:
        rows = lines
        new |= {name: fields[name] for name in ("net", "tax", "total") if name in fields}
    return records.edit(
        on.store, on.company, record.kind, record.id, record.version, new, rows, SYSTEM, clock.now(),
        deleted=record.deleted,
    )  # fmt: skip


def differences(record: Record, there: Mapping[str, Any], found: Refs, on: Side) -> list[str]:
    """Fields that stand there otherwise than they were sent, in words; nothing when all is as it was meant."""
    fields, lines = there_and_back.from_there(record.kind, there, found, on.tables, record.lines)
    ours, theirs = office.view(record.kind, record.fields, record.lines), office.view(record.kind, fields, lines)
    found_ = [
        f"{name} is {theirs[name]}, not {ours[name]}"
        for name in ours
        if not same(ours[name], theirs[name]) and not same(ours[name], "")
    ]
    if record.kind in office.SOLD and office.plain(fields["total"]) != office.plain(record.fields["total"]):
        found_.append(f"total is {fields['total']}, not {record.fields['total']}")
    return found_


# -- new ones from there -----------------------------------------------------------------------------------------------


def match(on: Side, kind: str, fields: Mapping[str, Any]) -> Record | None:
    """The record here that is one of theirs though nobody linked them; None when there is none, or several could be."""
    if kind not in LISTS:
        return None
    keys = record_links.unlinked(on.store, on.company, on.connection, kind, str(fields["name"]))
    if not keys:
        return None
    same_one = there_and_back.same_person if kind == "customer" else there_and_back.same_item
    found = [one for one in records.several(on.store, on.company, kind, keys).values() if same_one(one.fields, fields)]
    return found[0] if len(found) == 1 else None


def create(on: Side, kind: str, there: Mapping[str, Any], found: Refs) -> tuple[Record, Link]:
    """A record of one of theirs: a customer or item of its own, or a copy of a document. Inside a transaction."""
    fields, lines = there_and_back.from_there(kind, there, found, on.tables)
    now, remote = clock.now(), str(there["Id"])
    for key in (f"QB-{remote}", f"QB-{remote}-{on.client.realm[-4:]}", clock.uuid7()):
        try:
            made = records.create(on.store, on.company, kind, key, fields, lines, SYSTEM, now, origin="there")
            break
        except Conflict:
            continue
    link = Link(
        on.company, on.connection, kind, made.id, remote_id=remote, sync_token=str(there.get("SyncToken") or ""),
        agreed=office.view(kind, fields, lines), agreed_version=made.version, state="synced",
        synced_at=clock.stamp(now),
    )  # fmt: skip
    record_links.put(on.store, link)
    return made, link


# -- what the till sells, and to whom ----------------------------------------------------------------------------------


def to_catalogue(on: Side, made: Iterable[Record]) -> None:
    """Customers and items of the first company that came from there are the till's, too, where nobody else brings them.
    Inside the transaction that wrote the records."""
    rows = list(made)
    if not rows or rows[0].kind not in LISTS or not till_catalogue.owns(on.store, on.company):
        return
    sort = rows[0].kind
    shaped = [_customer(row) if sort == "customer" else _item(row) for row in rows]
    till_catalogue.put(on.store, on.config, on.currency, sort, shaped, SYSTEM)


def _customer(record: Record) -> dict[str, Any]:
    fields = record.fields
    return {"code": record.id, "name": fields["name"], "phone": fields.get("phone") or fields.get("mobile") or "",
            "email": fields.get("email") or "", "disabled": not fields.get("active", True)}  # fmt: skip


def _item(record: Record) -> dict[str, Any]:
    fields = record.fields
    return {"code": record.id, "name": fields["name"], "description": fields.get("description") or "",
            "item_group": fields.get("group") or "QuickBooks", "disabled": not fields.get("active", True),
            "price": fields.get("price") or ""}  # fmt: skip


def from_catalogue(store: Store, company: str, kind: str, walk_in: str) -> int:
    """Customers or items of the till as records of the first company, whatever it changed of them since; how many were
    new or changed. What the till has no field for stays."""
    if kind not in LISTS:
        return 0

    def made(given: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
        return office.cleaned(kind, _known(given), {}) if before is None else {**before, **_known(given)}

    return till_catalogue.take(store, company, kind, kind, walk_in, made)


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "stocked"}


def of_catalogue(store: Store, company: str, kind: str, walk_in: str) -> dict[str, Record]:
    """The records `from_catalogue` would make, as they will be; nothing is written."""
    found, after = dict[str, Record](), ""
    if company != companies.MAIN or kind not in LISTS:
        return found
    while page := office_catalogue.page(store, kind, after):
        after = page[-1][0]
        known = records.several(store, company, kind, [key for key, _ in page])
        for key, fields in page:
            if key not in known and key != walk_in and fields["active"]:
                full = office.cleaned(kind, _known(fields), {})
                found[key] = Record(company, kind, key, full, [], 1, "", TILL, "here", False)
    return found
