"""What a record is called in the books of one connection, what both sides agreed on, and what is on its way there."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pos.store.db import Store
from pos.store.models import RecordLink as Links

_KEY = ("company", "connection", "kind", "record_id")
_OTHERS = (
    "remote_id", "sync_token", "agreed", "agreed_version", "state", "code", "message", "synced_at", "sent",
    "request_id", "operation", "sent_version", "sent_at", "settle_at", "edition", "seen",
)  # fmt: skip
_PUT = (
    f"INSERT INTO record_link ({', '.join(_KEY + _OTHERS)}) VALUES ({', '.join('?' * len(_KEY + _OTHERS))})"
    f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _OTHERS)}"
)


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


def as_they_were(
    store: Store, company: str, connection: str, kind: str, remotes: Iterable[str]
) -> dict[str, tuple[str, int]]:  # fmt: skip
    """Of those of these that were brought together and wait for nobody: their token, and the job that met them last.
    One cheap look at many."""
    given = list(remotes)
    if not given:
        return {}
    asked = (
        "SELECT remote_id, sync_token, seen FROM record_link WHERE company = ? AND connection = ? AND kind = ?"
        f" AND remote_id IN ({', '.join('?' * len(given))}) AND remote_id <> ''"
        " AND (state = 'synced' OR (state IN ('pending', 'conflict') AND agreed <> ''))"
    )
    with store.reading():
        return {row[0]: (row[1], row[2]) for row in store.execute(asked, (company, connection, kind, *given))}


def put(store: Store, link: Link) -> None:
    """Keep it, in place of what there was of the same record."""
    agreed = "" if link.agreed is None else json.dumps(link.agreed, ensure_ascii=False, sort_keys=True)
    with store.rows():
        store.execute(
            _PUT,
            (
                link.company, link.connection, link.kind, link.record_id, link.remote_id, link.sync_token, agreed,
                link.agreed_version, link.state, link.code, link.message, link.synced_at, link.sent.decode(),
                link.request_id, link.operation, link.sent_version, link.sent_at, link.settle_at, link.edition,
                link.seen,
            ),
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


def waiting(
    store: Store, company: str, connection: str, kind: str, after: str, limit: int,
    parked: Collection[str] | None = None,
) -> list[str]:  # fmt: skip
    """Ids of records, in their order, that changed here since both sides agreed, or never went there. Copies of money
    documents from there, and what was deleted before it ever went, have nowhere to go.

    parked: None = also what was refused; else what was refused stays out as long as nobody edited it (`park`), but for
    what was refused with one of these codes."""
    asked, given = _asked(company, connection, kind, parked)
    with store.reading():
        rows = store.execute(f"SELECT r.id {asked} AND r.id > ? ORDER BY r.id LIMIT ?", (*given, after, limit))
        return [row[0] for row in rows]


def count_waiting(store: Store, company: str, connection: str, kind: str, parked: Collection[str] | None = None) -> int:
    """How many `waiting` has in all."""
    asked, given = _asked(company, connection, kind, parked)
    with store.reading():
        return int(store.execute(f"SELECT count(*) {asked}", given).fetchone()[0])


def _asked(company: str, connection: str, kind: str, parked: Collection[str] | None) -> tuple[str, tuple[str, ...]]:
    asked = (
        "FROM record r LEFT JOIN record_link l ON l.company = r.company AND l.kind = r.kind"
        " AND l.record_id = r.id AND l.connection = ? WHERE r.company = ? AND r.kind = ?"
        " AND NOT (r.origin = 'there' AND r.kind IN ('invoice', 'order', 'payment', 'qbd_adjustment', 'qbd_invoice'))"
        " AND ((l.record_id IS NULL AND r.deleted = 0) OR (l.state <> 'gone' AND l.agreed_version <> r.version"
        " AND (r.deleted = 0 OR l.remote_id <> '' OR l.request_id <> '')) OR l.state = 'sending')"
    )
    given = (connection, company, kind)
    if parked is None:
        return asked, given
    free = "".join(" AND l.code <> ?" for _ in parked)
    asked += f" AND (l.record_id IS NULL OR NOT (l.state = 'error' AND l.sent_version = r.version{free}))"
    return asked, (*given, *parked)


def on_their_way(store: Store, company: str, connection: str, kind: str, after: str, limit: int) -> list[str]:
    """Ids of records, in their order, whose sending had no answer yet."""
    asked = _in(company, connection, kind) & (Links.state == "sending") & (Links.record_id > after)
    with store.reading():
        rows = Links.select(Links.record_id).where(asked).order_by(Links.record_id).limit(limit)
        return [row.record_id for row in rows]


def park(store: Store, link: Link, version: int, code: str, message: str) -> None:
    """They said no to this version, or something is missing here: it stays until somebody edits it, or says again. What
    is on its way stays known."""
    put(store, replace(link, state="error", sent_version=version, code=code, message=message))


def unseen(store: Store, company: str, connection: str, kind: str, job: int, limit: int) -> list[Link]:
    """Links of what a full pull did not meet; each is to be asked for by itself."""
    asked = _in(company, connection, kind) & (Links.remote_id != "") & (Links.seen != job) & (Links.state != "gone")
    with store.reading():
        return [_link(row) for row in Links.select().where(asked).order_by(Links.record_id).limit(limit)]


def some(store: Store, company: str, connection: str, kind: str, count: int) -> list[Link]:
    """A few links of what is there, from both ends of their list."""
    asked = _in(company, connection, kind) & (Links.remote_id != "") & (Links.state != "gone")
    with store.reading():
        first = list(Links.select().where(asked).order_by(Links.record_id).limit(count))
        last = list(Links.select().where(asked).order_by(Links.record_id.desc()).limit(count))
    return [_link(row) for row in {row.record_id: row for row in first + last}.values()]


def mark_seen(store: Store, company: str, connection: str, kind: str, remotes: Iterable[str], job: int) -> None:
    """A full pull met these."""
    with store.rows():
        asked = _in(company, connection, kind) & Links.remote_id.in_(list(remotes))
        Links.update(seen=job).where(asked).execute()


def unlinked(store: Store, company: str, connection: str, kind: str, title: str) -> list[str]:
    """Ids of records of that very name, whatever its case, that are nothing there yet, as far as is known. Not of kinds
    of QuickBooks Desktop. The database knows small letters of English alone: others are looked for as they are, all
    small, all capital and as words begin."""
    asked = (
        "SELECT r.id FROM record r LEFT JOIN record_link l ON l.company = r.company AND l.kind = r.kind"
        " AND l.record_id = r.id AND l.connection = ? WHERE r.company = ? AND r.kind = ? AND r.words = ''"
        " AND lower(r.title) IN (?, ?, ?, ?)"
        " AND r.deleted = 0 AND (l.remote_id IS NULL OR l.remote_id = '') ORDER BY r.id LIMIT 3"
    )
    written = [_lower(one) for one in (title, title.lower(), title.upper(), title.title())]
    with store.reading():
        return [row[0] for row in store.execute(asked, (connection, company, kind, *written))]


def _lower(text: str) -> str:
    """As lower() of either database writes it."""
    return "".join(one.lower() if one.isascii() else one for one in text)


def titles_unlinked(store: Store, company: str, connection: str, kind: str) -> Iterator[tuple[str, str]]:
    """(id, title) of all records that are nothing there yet, as far as is known, and are not deleted."""
    asked = (
        "SELECT r.id, r.title FROM record r LEFT JOIN record_link l ON l.company = r.company AND l.kind = r.kind"
        " AND l.record_id = r.id AND l.connection = ? WHERE r.company = ? AND r.kind = ? AND r.id > ?"
        " AND r.deleted = 0 AND (l.remote_id IS NULL OR l.remote_id = '') ORDER BY r.id LIMIT 1000"
    )
    after = ""
    while True:
        with store.reading():
            rows = store.execute(asked, (connection, company, kind, after)).fetchall()
        yield from ((row[0], row[1]) for row in rows)
        if len(rows) < 1000:
            return
        after = rows[-1][0]


def of_naming(store: Store, company: str, connection: str, mark: str, keys: Collection[str]) -> list[Link]:
    """Links of records that are not deleted and name one of these, each as `mark` and its id there. It reads through
    all that name something so."""
    asked = (
        "SELECT r.kind, r.id, r.fields, r.lines FROM record r WHERE r.company = ? AND r.deleted = 0"
        " AND (r.fields LIKE ? OR r.lines LIKE ?)"
    )
    like, words = f'%"{mark}%', [f'"{mark}{key}"' for key in keys]
    with store.reading():
        rows = store.execute(asked, (company, like, like)).fetchall()
    found = [(kind, key) for kind, key, *texts in rows if any(word in text for word in words for text in texts)]
    links = (of_record(store, company, connection, *one) for one in found)
    return [link for link in links if link is not None]


def leaving(store: Store, company: str, connection: str, kind: str) -> list[str]:
    """Ids of records that were sent there to be made, and of which no answer came yet."""
    asked = _in(company, connection, kind) & (Links.remote_id == "") & (Links.request_id != "")
    with store.reading():
        return [row.record_id for row in Links.select(Links.record_id).where(asked).order_by(Links.record_id)]


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
