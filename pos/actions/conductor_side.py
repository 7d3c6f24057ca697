"""One company of ours and its company file behind Conductor: all that a pull and a push of it need, and whose id is
whose."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pos.actions import conductor_setup
from pos.actions.conductor_setup import Settings
from pos.config import Config
from pos.connectors.conductor.client import Client
from pos.rules import conductor, conductor_rules
from pos.rules.conductor_body import Refs
from pos.rules.conductor_rules import Rule
from pos.rules.conductor_tables import AND, THERE
from pos.rules.merge import Owner
from pos.store import companies, record_links
from pos.store.db import Store

#: Who writes what comes from there.
SYSTEM = "quickbooks"
CUSTOMER, VENDOR, ITEM = "qbd_customer", "qbd_vendor", "qbd_item"
#: Field of a record, or of its lines, that names another record of ours.
NAMES = {"customer": CUSTOMER, "vendor": VENDOR, "preferredVendor": VENDOR}
#: resource -> its type.
TYPE_OF = {resource: one for one in conductor.TYPES.values() for resource in one.resources}


class Lost(Exception):
    """Somebody else works on the session by now."""


@dataclass(frozen=True, slots=True)
class Side:
    """session: number of the session that works. rules: of each type, its direction. owners: kind -> field -> whose
    change counts, with the direction in it. found: what one run looked up and need not look up again."""

    store: Store
    config: Config
    company: str
    connection: str
    client: Client
    session: int
    rules: Mapping[str, Rule]
    settings: Settings
    owners: Mapping[str, Mapping[str, Owner]]
    currency: str
    found: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def direction(self, name: str) -> str:
        """both | to_quickbooks | from_quickbooks | off, of a type of records."""
        return self.rules[name].direction


def side(store: Store, config: Config, company: str, connection: str, client: Client, session: int) -> Side:
    """All that is needed to bring the records of a company together."""
    settings = conductor_setup.settings(store, config, company)
    return Side(
        store, config, company, connection, client, session, settings.rules, settings,
        {one.kind: conductor_rules.owners(settings.rules, one.kind) for one in conductor.TYPES.values()},
        companies.one(store, company).currency,
    )  # fmt: skip


# -- whose id is whose -------------------------------------------------------------------------------------------------


def named_there(body: Mapping[str, Any]) -> dict[str, set[str]]:
    """Ids of theirs, by the kind of record here, that one of their objects names and that are records here."""
    found: dict[str, set[str]] = {CUSTOMER: set(), VENDOR: set(), ITEM: set()}
    for name, kind in NAMES.items():
        found[kind].add(_id(body.get(name)))
    found[VENDOR].add(_id((body.get(AND) or {}).get("preferredVendor")))
    for line in body.get("lines") or ():
        found[ITEM].add(_id(line.get("item") or line.get("inventoryItem")))
    return {kind: ids - {""} for kind, ids in found.items()}


def named_here(fields: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Ids of ours, by their kind, that a record names; what is no record here is none of them."""
    found: dict[str, set[str]] = {CUSTOMER: set(), VENDOR: set(), ITEM: set()}
    for name, kind in NAMES.items():
        found[kind].add(str(fields.get(name) or ""))
    for line in lines:
        found[ITEM].add(str(line.get("item") or ""))
    return {kind: {key for key in ids if key and not key.startswith(THERE)} for kind, ids in found.items()}


def refs(
    on: Side, ours: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]] = (),
    theirs: Iterable[Mapping[str, Any]] = (),
) -> Refs:  # fmt: skip
    """Ids of all that these records, (fields, lines) here and objects there, name, both ways. One that was deleted
    there has no id there any more."""
    mine: dict[str, set[str]] = {CUSTOMER: set(), VENDOR: set(), ITEM: set()}
    other: dict[str, set[str]] = {CUSTOMER: set(), VENDOR: set(), ITEM: set()}
    for fields, lines in ours:
        for kind, ids in named_here(fields, lines).items():
            mine[kind] |= ids
    for body in theirs:
        for kind, ids in named_there(body).items():
            other[kind] |= ids
    there: dict[str, dict[str, str]] = {}
    here: dict[str, dict[str, str]] = {}
    for kind in mine:
        links = record_links.of_records(on.store, on.company, on.connection, kind, mine[kind]) if mine[kind] else {}
        there[kind] = {key: one.remote_id for key, one in links.items() if one.remote_id and one.state != "gone"}
        met = record_links.of_remotes(on.store, on.company, on.connection, kind, other[kind]) if other[kind] else {}
        here[kind] = {key: one.record_id for key, one in met.items()}
    return Refs(there, here)


def missing(body: Mapping[str, Any], found: Refs, others: Container[str] = ()) -> set[tuple[str, str]]:
    """(kind, id there) of what one of their objects names and that is no record here yet. others: ids of items of a
    sort that is none here, as subtotals."""
    return {
        (kind, key) for kind, ids in named_there(body).items() for key in ids
        if key not in found.here.get(kind, ()) and key not in others
    }  # fmt: skip


def earlier(moment: str, by: timedelta) -> str:
    """A little before a moment of theirs, in their own words: with their offset."""
    return (datetime.fromisoformat(moment) - by).isoformat()


def _id(reference: Any) -> str:
    return str(reference.get("id") or "") if isinstance(reference, Mapping) else ""
