"""What a session of the Web Connector is handed next: work from the queue, as the bytes QuickBooks Desktop reads.

The bytes are built inside the transaction that stores them (`qbd_queue.take`), so nothing is handed out that is not
kept, and nothing is kept that could not be built.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pos.connectors.qbd import questions, requests
from pos.store import qbd_queue
from pos.store.db import Store
from pos.store.qbd_queue import Handed
from pos.store.qbd_rows import Work

#: What asks for a list object by its name.
LISTS = {"item_add": "ask_items_named", "account_add": "ask_accounts"}


def take(store: Store, connection: str, ticket: str, version: str, now: datetime) -> Handed | None:
    """The next message for this ticket (its SHA-256), None when nothing is due. version: the qbXML QuickBooks takes."""
    return qbd_queue.take(store, connection, ticket, version, now, built)


def built(work: Work, set_id: str, old_set: str, request_id: str, version: str) -> str:
    """The bytes. Invalid in words, when QuickBooks could not hold it."""
    kind, payload = asked_for(work)
    made = requests.build(kind, payload, request_id=request_id, version=version, set_id=set_id, old_set=old_set)
    return made.body.decode("ascii")


def asked_for(work: Work) -> tuple[str, Mapping[str, Any]]:
    """What is handed out for it: the posting, the question, or the question whether the posting is there."""
    if work.probing:
        return probe_of(work)
    if not work.writes:
        way = {"iterator": "Continue"} if work.payload.get("iterator_id") else {}
        return work.kind, dict(work.payload) | way
    return posting_of(work)


def posting_of(work: Work) -> tuple[str, Mapping[str, Any]]:
    """The posting itself: what is to be made, with the number and the GUID it is found again by."""
    return work.kind, dict(work.payload) | {"ref": work.ref_number, "guid": work.guid}


def probe_of(work: Work) -> tuple[str, Mapping[str, Any]]:
    if work.kind in LISTS:
        return LISTS[work.kind], {"names": [full_name(work.payload)], "all": True}
    asked = {"refs": [work.ref_number], "lines": True, "method": work.payload.get("method", "")}
    return questions.PROBES[work.kind], asked


def full_name(payload: Mapping[str, Any]) -> str:
    """The full name a list object will have."""
    above = payload.get("parent") or ""
    above = above.get("name", "") if isinstance(above, Mapping) else above
    return f"{above}:{payload['name']}" if above else str(payload["name"])


def name_of(work: Work) -> str:
    """What the request that was handed out is called; its answer is that with Rs behind it."""
    kind, payload = asked_for(work)
    return requests.name_of(kind, payload)
