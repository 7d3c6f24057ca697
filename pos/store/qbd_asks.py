"""Questions to a company file of QuickBooks Desktop, and what it said of its items, sites, levels and accounts.

There is one row of work for each kind of question: asked again, it is asked anew. An iterator lives in one session, so
a question that another session goes on with starts again; what came before is kept and comes once more. What was not
seen when all pages had come is no longer there. A company file with nothing of a kind is answered, not failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.store import audit, qbd_rows
from pos.store.db import Store
from pos.store.models import QbdAccount, QbdCompany, QbdItem, QbdLevel, QbdSite

#: Question -> what its answer is kept in.
KINDS = {"ask_items": QbdItem, "ask_levels": QbdLevel, "ask_sites": QbdSite, "ask_accounts": QbdAccount}
SOURCE = qbd_rows.ASK


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question stands. state: "" = never asked; done_at: when it was last answered, or given up with `message`.
    rows: so many came. Moments are clock.stamp() texts."""

    kind: str
    state: str
    asked_at: str
    done_at: str
    rows: int
    message: str


def ask(store: Store, connection: str, kind: str, by: str) -> int:
    """Ask a company file, as soon as its Web Connector comes; the number of the work. What waits already is not asked
    twice."""
    if kind not in KINDS:
        raise ValueError(f"no such question: {kind}")
    now = clock.now()
    stamp = clock.stamp(now)
    with store.transaction():
        row = _row(store, connection, kind)
        if row is not None and row.state in ("pending", "in_flight"):
            return int(row.n)
        company = QbdCompany.select(QbdCompany.company).where(QbdCompany.connection == connection).scalar() or ""
        payload = {"page": store.config.qbwc.page_rows, "all": True, "asked_at": stamp, "rows": 0}
        audit.record(store, by, "qbd.ask", connection, {"kind": kind})
        if row is None:
            return qbd_rows.put(store, connection, company, kind, SOURCE, payload, (), now, writes=False)
        values = {
            "state": "pending", "payload": qbd_rows.dumped(payload), "tries": 0, "next_at": stamp, "made_at": stamp,
            "done_at": "", "code": "", "message": "",
        }  # fmt: skip
        qbd_rows.change(store, row.n, ("applied", "error", "cancelled"), values)
        return int(row.n)


def asked(store: Store, connection: str, kind: str) -> Asked:
    """How it stands."""
    with store.reading():
        work = _row(store, connection, kind)
        if work is None:
            return Asked(kind, "", "", "", 0, "")
    payload = work.payload
    return Asked(kind, work.state, payload.get("asked_at", ""), work.done_at, payload.get("rows", 0), work.message)


def _row(store: Store, connection: str, kind: str) -> qbd_rows.Work | None:
    where = "connection = ? AND source = ? AND kind = ? AND part = 1"
    return next(iter(qbd_rows.works(store, where, (connection, SOURCE, kind))), None)


def in_session(payload: Mapping[str, Any], ticket: str, now: datetime) -> dict[str, Any]:
    """The question as this session asks it: where it left off, or from the start where another one had begun."""
    if payload.get("session") == ticket and payload.get("iterator_id"):
        return dict(payload)
    return from_the_start(payload) | {"session": ticket, "begun": clock.stamp(now)}


def from_the_start(payload: Mapping[str, Any]) -> dict[str, Any]:
    dropped = ("iterator", "iterator_id", "session", "begun")
    return {name: value for name, value in payload.items() if name not in dropped} | {"rows": 0}


def keep(store: Store, kind: str, connection: str, rows: Iterable[Mapping[str, Any]], begun: str, *, last: bool) -> int:
    """Keep a page: fields of the kind's table, without connection and seen_at; how many. begun: when its first page was
    asked for; with the last page what was not seen since then is taken out. In the caller's transaction."""
    table: Any = KINDS[kind]
    fields = table._meta.sorted_fields
    keys = [one.name for one in table._meta.get_primary_keys()]
    names = [one.name for one in fields]
    same = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    sql = (
        f"INSERT INTO {table._meta.table_name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {same}"
    )
    more = {one.name: one.default for one in fields} | {"connection": connection, "seen_at": begun}
    found = [{**more, **row} for row in rows]
    store.execute_many(sql, [[_plain(row[name]) for name in names] for row in found])  # sales wait meanwhile
    if last:
        table.delete().where((table.connection == connection) & (table.seen_at < begun)).execute()
    return len(found)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value
