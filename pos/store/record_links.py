"""What a record is called in the books of one connection, what both sides agreed on, and what is on its way there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pos import clock
from pos.store.db import Store
from pos.store.models import Record as Records
from pos.store.models import RecordLink as Links


@dataclass(frozen=True, slots=True)
class Link:
    """remote_id: "" = not there yet. agreed: None = they never agreed. state: pending, sending, synced, conflict, error
    or gone. sent, request_id, operation: what is on its way, kept before it went; settle_at: before this "not there"
    proves nothing."""

    company: str
    connection: str
    kind: str
    record_id: str
    remote_id: str = ""
    sync_token: str = ""
    agreed: dict[str, Any] | None = None
    agreed_version: int = 0
    state: str = "pending"
    code: str = ""
    message: str = ""
    synced_at: str = ""
    sent: bytes = field(default=b"", repr=False)
    request_id: str = ""
    operation: str = ""
    sent_version: int = 0
    sent_at: str = ""
    settle_at: str = ""
    edition: int = 1
    seen: int = 0


def of_record(store: Store, company: str, connection: str, kind: str, key: str) -> Link | None:
    """The link of a record; None when it has none."""
    with store.reading():
        row = Links.get_or_none(_is(company, connection, kind, key))
    return _link(row) if row else None


def of_records(store: Store, company: str, connection: str, kind: str, keys: Iterable[str]) -> dict[str, Link]:
    """The links of these records, by their ids here."""
    with store.reading():
        rows = Links.select().where(_in(company, connection, kind) & Links.record_id.in_(list(keys)))
        return {row.record_id: _link(row) for row in rows}


def of_remotes(store: Store, company: str, connection: str, kind: str, remotes: Iterable[str]) -> dict[str, Link]:
    """The links of these, by their ids there. One of another company is never found."""
    with store.reading():
        rows = Links.select().where(_in(company, connection, kind) & Links.remote_id.in_(list(remotes)))
        return {row.remote_id: _link(row) for row in rows}


def put(store: Store, link: Link) -> None:
    """Keep it, in place of what there was of the same record."""
    with store.rows():
        Links.put(
            company=link.company, connection=link.connection, kind=link.kind, record_id=link.record_id,
            remote_id=link.remote_id, sync_token=link.sync_token,
            agreed="" if link.agreed is None else json.dumps(link.agreed, ensure_ascii=False, sort_keys=True),
            agreed_version=link.agreed_version, state=link.state, code=link.code, message=link.message,
            synced_at=link.synced_at, sent=link.sent.decode(), request_id=link.request_id, operation=link.operation,
            sent_version=link.sent_version, sent_at=link.sent_at, settle_at=link.settle_at, edition=link.edition,
            seen=link.seen,
        )  # fmt: skip


def failed(store: Store, company: str, connection: str, kind: str, key: str, code: str, message: str) -> None:
    """They said no, or something is missing here; a person looks at it. What is on its way stays known."""
    with store.transaction():
        Links.insert(
            company=company, connection=connection, kind=kind, record_id=key, state="error", code=code, message=message
        ).on_conflict(
            conflict_target=[Links.company, Links.connection, Links.kind, Links.record_id],
            update={Links.state: "error", Links.code: code, Links.message: message},
        ).execute()  # fmt: skip


def waiting(store: Store, company: str, connection: str, kind: str, after: str, limit: int) -> list[str]:
    """Ids of records, in their order, that changed here since both sides agreed, or never went there. Copies of money
    documents from there, and what was deleted before it ever went, have nowhere to go."""
    asked = (
        "SELECT r.id FROM record r LEFT JOIN record_link l ON l.company = r.company AND l.kind = r.kind"
        " AND l.record_id = r.id AND l.connection = ? WHERE r.company = ? AND r.kind = ? AND r.id > ?"
        " AND NOT (r.origin = 'there' AND r.kind IN ('invoice', 'order', 'payment'))"
        " AND ((l.record_id IS NULL AND r.deleted = 0) OR (l.state <> 'gone' AND l.agreed_version <> r.version"
        " AND (r.deleted = 0 OR l.remote_id <> '' OR l.request_id <> '')) OR l.state = 'sending')"
        " ORDER BY r.id LIMIT ?"
    )
    with store.reading():
        return [row[0] for row in store.execute(asked, (connection, company, kind, after, limit))]


def unseen(store: Store, company: str, connection: str, kind: str, job: int, limit: int) -> list[Link]:
    """Links of what a full pull did not meet; each is to be asked for by itself."""
    asked = _in(company, connection, kind) & (Links.remote_id != "") & (Links.seen != job) & (Links.state != "gone")
    with store.reading():
        return [_link(row) for row in Links.select().where(asked).order_by(Links.record_id).limit(limit)]


def mark_seen(store: Store, company: str, connection: str, kind: str, remotes: Iterable[str], job: int) -> None:
    """A full pull met these."""
    with store.rows():
        asked = _in(company, connection, kind) & Links.remote_id.in_(list(remotes))
        Links.update(seen=job).where(asked).execute()


def states(
    store: Store, company: str, connection: str, keys: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], Link]:
    """(kind, id) -> link, for lists of records. keys: ids by kind."""
    found: dict[tuple[str, str], Link] = {}
    for kind, ids in keys.items():
        found |= {(kind, key): one for key, one in of_records(store, company, connection, kind, ids).items()}
    return found


def unlinked(store: Store, company: str, connection: str, kind: str, title: str) -> list[str]:
    """Ids of records of that very name, whatever its case, that are nothing there yet, as far as is known."""
    asked = (
        "SELECT r.id FROM record r LEFT JOIN record_link l ON l.company = r.company AND l.kind = r.kind"
        " AND l.record_id = r.id AND l.connection = ? WHERE r.company = ? AND r.kind = ? AND r.title = ?"
        " AND r.deleted = 0 AND (l.remote_id IS NULL OR l.remote_id = '') ORDER BY r.id LIMIT 3"
    )
    with store.reading():
        return [row[0] for row in store.execute(asked, (connection, company, kind, title))]


def forget(store: Store, connection: str, company: str, now: datetime) -> int:
    """Another company of theirs takes the place of the one before: what records were called there means nothing any
    more. How many; the records stay."""
    with store.transaction():
        asked = (Links.company == company) & (Links.connection == connection)
        return int(
            Links.update(
                remote_id="", sync_token="", agreed="", agreed_version=0, state="pending", code="", message="", sent="",
                request_id="", operation="", settle_at="", synced_at=clock.stamp(now), seen=0,
            ).where(asked).execute()
        )  # fmt: skip


def edited_at(store: Store, company: str, kind: str, key: str) -> str:
    """When the record was changed last."""
    with store.reading():
        found = Records.select(Records.edited_at).where(
            (Records.company == company) & (Records.kind == kind) & (Records.id == key)
        )
        return str(found.scalar() or "")


def _in(company: str, connection: str, kind: str) -> Any:
    return (Links.company == company) & (Links.connection == connection) & (Links.kind == kind)


def _is(company: str, connection: str, kind: str, key: str) -> Any:
    return _in(company, connection, kind) & (Links.record_id == key)


def _link(row: Any) -> Link:
    return Link(
        row.company, row.connection, row.kind, row.record_id, row.remote_id, row.sync_token,
        json.loads(row.agreed) if row.agreed else None, row.agreed_version, row.state, row.code, row.message,
        row.synced_at, row.sent.encode(), row.request_id, row.operation, row.sent_version, row.sent_at, row.settle_at,
        row.edition, row.seen,
    )  # fmt: skip
