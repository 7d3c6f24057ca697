"""What every merge of a record here with one of theirs ends with, whichever books they are: conflicts are told, and
what both sides agree on from now on is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pos import clock
from pos.rules.merge import Merged
from pos.store import record_links, records
from pos.store.db import Store
from pos.store.record_links import Link
from pos.store.records import Record


def keep(
    store: Store, link: Link, before: Record, after: Record, merged: Merged, theirs: Mapping[str, Any], now: datetime,
    *, remote: str, token: str,
) -> Link:  # fmt: skip
    """Tell what both sides changed, and keep their values as agreed on, except of fields that are still to go there or
    to be decided. before, after: the record without and with what was taken in. Inside the transaction of that."""
    if link.agreed is not None or merged.conflicts:
        records.clashed(
            store, link.company, link.connection, link.kind, before.id, merged.conflicts, now,
            again=not link.agreed_version,
        )  # fmt: skip
    waits, known = merged.push | merged.open, link.agreed or {}
    agreed = {name: theirs[name] for name in theirs if name not in waits}
    agreed |= {name: known[name] for name in waits if name in known}
    made = replace(
        link, remote_id=remote, sync_token=token, agreed=agreed,
        state="conflict" if merged.open else "pending" if merged.push else "synced",
        agreed_version=0 if merged.push or before.deleted else after.version, code="", message="",
        synced_at=clock.stamp(now), sent=b"", request_id="", operation="", settle_at="",
    )  # fmt: skip
    record_links.put(store, made)
    return made
