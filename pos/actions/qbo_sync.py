"""Asking for what is brought together with QuickBooks: pushes and pulls, what their webhook hints at, who owns a field.

Nothing here speaks to Intuit; the agent `quickbooks_sync` does (see `actions.qbo_jobs`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pos import clock
from pos.actions.qbo_standing import connection_of, standing
from pos.config import Config
from pos.errors import Conflict, Invalid
from pos.rules import merge, office
from pos.said import said
from pos.store import audit, companies, qbo_tokens, record_links, records, sync_jobs
from pos.store.db import Store

NAME = "quickbooks_sync"
#: What wakes the agent.
BELL = "quickbooks"
PART = "quickbooks"
OWNERS = "owners"
#: Their word for a resource.
ENTITIES = {
    "Customer": "customers", "Item": "items", "Invoice": "invoices", "SalesReceipt": "orders", "Payment": "payments",
}  # fmt: skip
CHOSEN_CHARS_MAX = 80
#: Who hints from outside, in the list of jobs.
WEBHOOK = "webhook"
_REALM = re.compile(r"[0-9]{1,20}\Z")
_REMOTE = re.compile(r"[0-9]{1,20}\Z")


def ask(
    store: Store, config: Config, company: str, direction: str, resources: Sequence[str], by: str,
    chosen: Sequence[str] = (),
) -> list[int]:  # fmt: skip
    """Queue a job a resource, in the order that leaves nothing without what it refers to; their numbers.

    chosen: single records: ids there for a pull, ids here for a push, of one resource. Invalid; Conflict, code
    "not_connected", when nobody is signed in.
    """
    wanted = [name for name in sync_jobs.RESOURCES if name in resources]
    if not wanted or set(resources) - set(sync_jobs.RESOURCES):
        ways = ", ".join(sync_jobs.RESOURCES)
        raise Invalid(said("Choose at least one of: {ways}.", ways=ways), field="resources")
    if chosen and (len(wanted) != 1 or len(chosen) > sync_jobs.CHOSEN_MAX):
        raise Invalid(
            said("Single records are of one kind, and {most} at most.", most=sync_jobs.CHOSEN_MAX), field="records"
        )
    if chosen and direction == "pull" and not all(_REMOTE.match(one) for one in chosen):
        raise Invalid(said("A record of QuickBooks is named by its id there, which is digits."), field="records")
    now = standing(store, config, company)
    if not now.sends:
        raise Conflict(now.why or said("QuickBooks is not connected."), code="not_connected")
    if direction == "push" and wanted == ["payments"]:
        _refuse_loose(store, now.company, now.connection, chosen)
    moment = clock.now()
    with store.transaction():
        numbers = [
            sync_jobs.ask(store, now.company, now.connection, direction, name, by, moment, tuple(dict.fromkeys(chosen)))
            for name in wanted
        ]
        detail = {"company": now.company, "resources": wanted, "jobs": numbers, "chosen": len(chosen)}
        audit.record(store, by, f"quickbooks.{direction}", now.connection, detail)
    return numbers


def _refuse_loose(store: Store, company: str, connection: str, chosen: Sequence[str]) -> None:
    """A payment goes after its invoice. Conflict, code "invoice_not_synced"."""
    for key, record in records.several(store, company, "payment", chosen).items():
        named = [str(line["invoice"]) for line in record.lines]
        there = record_links.of_records(store, company, connection, "invoice", named)
        for invoice in named:
            if invoice not in there or not there[invoice].remote_id:
                raise Conflict(
                    said("Invoice {id} of payment {payment} is not in QuickBooks yet. Push it first.",
                         id=invoice, payment=key),
                    code="invoice_not_synced",
                )  # fmt: skip


def retry_failed(store: Store, company: str, number: int, by: str) -> int:
    """A new job of what failed in one. Conflict, code "nothing_failed"."""
    made = sync_jobs.retry_failed(store, companies.one(store, company).id, number, by, clock.now())
    if made is None:
        raise Conflict(said("Nothing failed in this job."), code="nothing_failed")
    return made


# -- what their webhook hints at ---------------------------------------------------------------------------------------


def hear(store: Store, message: Any) -> int:
    """Queue a pull of what a message names, in either of its forms; how many jobs. What is not ours, or of a kind that
    is not brought together, is passed over: the message is only a hint, and the same again asks for the same."""
    named: dict[tuple[str, str], list[str]] = {}
    for realm, entity, key in _named(message):
        if entity in ENTITIES and _REALM.match(realm) and _REMOTE.match(key):
            named.setdefault((realm, ENTITIES[entity]), []).append(key)
    if not named:
        return 0
    by_realm = {row.realm: row for row in qbo_tokens.rows(store) if row.realm and row.has_tokens}
    count = 0
    for (realm, resource), keys in named.items():
        row = by_realm.get(realm)
        if row is None or connection_of(store, row.company) != row.connection:
            continue
        chosen = sorted(set(keys))[: sync_jobs.CHOSEN_MAX]
        sync_jobs.ask(store, row.company, row.connection, "pull", resource, WEBHOOK, clock.now(), chosen)
        count += 1
    return count


def _named(message: Any) -> list[tuple[str, str, str]]:
    """(realm, entity, id) of each event."""
    if isinstance(message, list):
        return [_event(one) for one in message if isinstance(one, Mapping)]
    return [
        (str(note.get("realmId", "")), str(one.get("name", "")), str(one.get("id", "")))
        for note in _list(message, "eventNotifications")
        for one in _list(note.get("dataChangeEvent"), "entities")
    ]


def _event(one: Mapping[str, Any]) -> tuple[str, str, str]:
    """A CloudEvent: type is qbo.salesreceipt.created.v1."""
    parts = str(one.get("type", "")).split(".")
    word = parts[1].lower() if len(parts) > 2 and parts[0] == "qbo" else ""
    entity = next((name for name in ENTITIES if name.lower() == word), "")
    return str(one.get("intuitaccountid", "")), entity, str(one.get("intuitentityid", ""))


def _list(thing: Any, name: str) -> list[Mapping[str, Any]]:
    found = thing.get(name) if isinstance(thing, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


# -- who owns a field --------------------------------------------------------------------------------------------------


def owners(store: Store, company: str) -> dict[str, dict[str, str]]:
    """kind -> field -> whose change counts where both changed it. Fields without a word are a person's to decide."""
    own = companies.kept(store, company, PART).values.get(OWNERS) or {}
    return {
        kind: {name: str(own.get(kind, {}).get(name) or merge.DEFAULT) for name in office.MERGED[kind]}
        for kind in office.MERGED
    }


def set_owners(store: Store, company: str, changes: Mapping[str, Any], by: str) -> dict[str, dict[str, str]]:
    """Say for some fields whose change counts. Invalid names what is none. The whole table as it is then."""
    table = owners(store, company)
    for kind, fields in changes.items():
        if kind not in table or not isinstance(fields, Mapping):
            raise Invalid(said("There is no kind {kind}.", kind=str(kind)[:40]), field=OWNERS)
        for name, word in fields.items():
            if name not in table[kind] or word not in merge.OWNERS:
                raise Invalid(
                    said("{field} belongs to one of: {ways}.", field=f"{kind}.{name}"[:60],
                         ways=", ".join(merge.OWNERS)),
                    field=OWNERS,
                )  # fmt: skip
            table[kind][name] = str(word)
    own = {
        kind: {name: word for name, word in fields.items() if word != merge.DEFAULT} for kind, fields in table.items()
    }
    kept = companies.kept(store, company, PART)
    companies.keep(store, company, PART, {**kept.values, OWNERS: own}, kept, by)
    return table
