"""What every push of records has in common, whatever books it goes to: what is kept before anything goes, and what it
means that an answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from pos import clock
from pos.errors import ConnectorError, Rejected
from pos.store import record_links
from pos.store.db import Store
from pos.store.record_links import Link
from pos.store.records import Record

T = TypeVar("T")


class Waits(Exception):
    """What became of it is not known yet; until when asking proves nothing."""

    def __init__(self, until: str) -> None:
        super().__init__(until)
        self.until = until


def keep(
    store: Store, link: Link, record: Record, sent: bytes, request_id: str, operation: str, settle_seconds: int
) -> Link:  # fmt: skip
    """The bytes and the id they go under, kept before they do."""
    now = clock.now()
    link = replace(
        link, state="sending", sent=sent, request_id=request_id, operation=operation, sent_version=record.version,
        sent_at=clock.stamp(now), settle_at=clock.stamp(now + timedelta(seconds=settle_seconds)), code="", message="",
    )  # fmt: skip
    record_links.put(store, link)
    return link


def send(store: Store, link: Link, settle_seconds: int, call: Callable[[], T]) -> T:
    """Send what is kept; from now on an answer can be lost. What they raise goes on; after a refusal nothing is on its
    way any more."""
    now = clock.now()
    settle = clock.stamp(now + timedelta(seconds=settle_seconds))
    record_links.put(store, replace(link, settle_at=settle, sent_at=clock.stamp(now)))
    try:
        return call()
    except Rejected:
        # They said no to these bytes: whatever is sent next goes under another id. What is parked says so with its
        # version; until then, also where this process dies now, nothing is.
        # As the link is by now: somebody may have decided about a field of it meanwhile.
        held = record_links.of_record(store, link.company, link.connection, link.kind, link.record_id) or link
        record_links.put(store, replace(held, state="error", request_id="", operation="", sent_version=0))
        raise


def words(error: ConnectorError) -> str:
    """What went wrong and what helps, for people."""
    remedy = error.remedy if isinstance(error, Rejected) else ""
    return f"{error.message} {remedy}".strip()
