"""Changes of stock that wait for a second person: kept in the database, decided once, by compare-and-set.

A request has the id of the event it asks for. Nothing is between two states: what decides one carries it out in the
same transaction, or does neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.errors import NotFound
from pos.said import said
from pos.store import audit
from pos.store.db import Store
from pos.store.models import InventoryApproval, Meta

STATES = ("pending", "approved", "rejected", "expired", "withdrawn", "failed")
WORDS_MAX = 500
THRESHOLDS = "inventory.thresholds"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. payload: as it was asked for. why: codes of `rules.inventory_approval`. by: the people's codes."""

    n: int
    id: str
    company: str
    kind: str
    payload: dict[str, Any]
    why: tuple[str, ...]
    words: str
    state: str
    asked_by: str
    asked_name: str
    asked_at: str
    until: str
    decided_by: str
    decided_name: str
    decided_at: str
    note: str
    event: str

    def is_over(self, now: datetime) -> bool:
        """Whether nobody answered in time."""
        return self.state == "pending" and clock.parse(self.until) <= now


def put(
    tx: Store,
    key: str,
    company: str,
    kind: str,
    payload: Mapping[str, Any],
    why: Sequence[str],
    *,
    person: str,
    name: str,
    now: datetime,
    hours: int,
    words: str = "",
) -> Request:
    """Keep one more request, inside the caller's transaction."""
    InventoryApproval.create(
        id=key,
        company=company,
        kind=kind,
        payload=json.dumps(payload, ensure_ascii=False, sort_keys=True),
        why=json.dumps(list(why)),
        words=words,
        asked_by=person,
        asked_name=name,
        asked_at=clock.stamp(now),
        until=clock.stamp(now + timedelta(hours=hours)),
    )
    return one(tx, key)


def find(store: Store, key: str) -> Request | None:
    """A request by its id."""
    with store.reading():
        row = InventoryApproval.get_or_none(InventoryApproval.id == key)
    return None if row is None else _read(row)


def one(store: Store, key: str) -> Request:
    """A request by its id. NotFound."""
    found = find(store, key)
    if found is None:
        raise NotFound(said("There is no request {id}.", id=repr(key[:40])), field="id")
    return found


def decide(
    tx: Store, key: str, state: str, *, person: str, name: str, now: datetime, note: str = "", event: str = ""
) -> bool:
    """Take a request out of `pending`, inside the caller's transaction. False when somebody did so before."""
    if not tx.in_transaction():
        raise RuntimeError("a request is decided together with what it asks for")
    pending = (InventoryApproval.id == key) & (InventoryApproval.state == "pending")
    changes = {
        "state": state, "decided_by": person, "decided_name": name, "decided_at": clock.stamp(now),
        "note": note[:WORDS_MAX], "event": event,
    }  # fmt: skip
    return bool(InventoryApproval.update(**changes).where(pending).execute())


def overdue(store: Store, now: datetime) -> list[Request]:
    """Requests that wait, and whose time is over."""
    row = InventoryApproval
    with store.reading():
        found = list(row.select().where((row.state == "pending") & (row.until <= clock.stamp(now))).order_by(row.n))
    return [_read(one) for one in found]


def waiting(store: Store, company: str) -> int:
    """How many of a company's wait for somebody."""
    row = InventoryApproval
    with store.reading():
        return int(row.select().where((row.company == company) & (row.state == "pending")).count())


def listed(
    store: Store, company: str, *, state: str = "", kind: str = "", before: int = 0, limit: int = 50
) -> list[Request]:
    """A company's requests, newest first. state, kind: "" = all. before: n of the last one seen, 0 = the newest."""
    row = InventoryApproval
    asked = row.company == company
    if state:
        asked &= row.state == state
    if kind:
        asked &= row.kind == kind
    if before:
        asked &= row.n < before
    with store.reading():
        return [_read(one) for one in row.select().where(asked).order_by(row.n.desc()).limit(limit)]


def _read(row: Any) -> Request:
    return Request(
        row.n, row.id, row.company, row.kind, json.loads(row.payload), tuple(json.loads(row.why)), row.words, row.state,
        row.asked_by, row.asked_name, row.asked_at, row.until, row.decided_by, row.decided_name, row.decided_at,
        row.note, row.event,
    )  # fmt: skip


def swap_thresholds(tx: Store, now: Mapping[str, str]) -> dict[str, str]:
    """Remember the thresholds that hold, inside the caller's transaction; those that held before, {} = none yet."""
    if not tx.in_transaction():
        raise RuntimeError("remembered and audited together")
    row = Meta.get_or_none(Meta.key == THRESHOLDS)
    text = json.dumps(dict(now), sort_keys=True)
    if row is None or row.value != text:
        Meta.put(key=THRESHOLDS, value=text)
    return {} if row is None else dict(json.loads(row.value))


def audited(tx: Store, actor: str, word: str, request: Request, more: Mapping[str, Any] | None = None) -> None:
    """A row of the audit for what became of a request."""
    detail = {"company": request.company, "kind": request.kind, "asked_by": request.asked_by, **(more or {})}
    audit.record(tx, actor, f"inventory.request.{word}", request.id, detail)
