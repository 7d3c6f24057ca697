"""Pages by key of what screens of QuickBooks Desktop list: sessions, what failed in one, what both sides changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pos.store import listing
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source

#: What somebody may filter sessions by.
STATES = ("running", "completed", "with_errors", "failed", "cancelled")
#: Sums are exact decimals to PostgreSQL, and marks of a page are whole numbers.
_SUMS = ", ".join(f"CAST(SUM({name}) AS BIGINT) AS {name}" for name in ("total", "synced", "failed"))
#: Summed for the rows of a page alone: half a year has 60,000 steps. What only prepares counts by what failed in it.
_SUM = "(SELECT COALESCE(SUM({what}), 0) FROM conductor_step t WHERE t.session = s.n)"
_TOTAL = _SUM.format(what="CASE WHEN t.direction IN ('pull', 'push') THEN t.total ELSE t.failed END")
_SYNCED = _SUM.format(what="CASE WHEN t.direction IN ('pull', 'push') THEN t.synced ELSE 0 END")
_FAILED = _SUM.format(what="t.failed")
_ANY_FAILED = "EXISTS (SELECT 1 FROM conductor_step t WHERE t.session = s.n AND t.failed > 0)"
_SESSIONS = "conductor_session s"
HISTORY = Source(
    columns=(
        "s.n", "s.objects", "s.status", "s.cause", "s.asked_by", "s.started_at", "s.ended_at", "s.took_ms", "s.message",
        _TOTAL, _SYNCED, _FAILED, "(SELECT COUNT(*) FROM conductor_failure f WHERE f.session = s.n)",
    ),
    tables=_SESSIONS,
    key="s.n",
    orders={
        "started": "s.n", "ended": "s.ended_at", "status": "s.status", "total": _TOTAL, "synced": _SYNCED,
        "failed": _FAILED, "took": "s.took_ms",
    },
)  # fmt: skip
FAILURES = Source(
    columns=("n", "at", "object_type", "object_id", "remote_id", "title", "code", "message", "remedy"),
    tables="conductor_failure",
    key="n",
    orders={"n": "n"},
)
CONFLICTS = Source(
    columns=(
        "c.id", "c.connection", "c.kind", "c.record_id", "c.field", "c.ours", "c.theirs", "c.rule", "c.state",
        "c.made_at", "c.decided_by", "c.decided_at", "c.decision", "COALESCE(r.title, '')", "COALESCE(r.fields, '{}')",
    ),
    tables="record_conflict c LEFT JOIN record r ON r.company = c.company AND r.kind = c.kind AND r.id = c.record_id",
    key="c.id",
    orders={"made": "c.id", "decided": "c.decided_at"},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """A session as the history shows it. errors: objects of which an error is kept."""

    n: int
    objects: list[str]
    status: str
    cause: str
    asked_by: str
    started_at: str
    ended_at: str
    took_ms: int
    message: str
    total: int
    synced: int
    failed: int
    errors: int


@dataclass(frozen=True, slots=True)
class Failed:
    """An object that failed in a session."""

    n: int
    at: str
    object_type: str
    object_id: str
    remote_id: str
    title: str
    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Clash:
    """A field both sides changed, with the record it is of. rule: whose word decided, "ask" = a person's."""

    id: int
    connection: str
    kind: str
    record_id: str
    field: str
    ours: Any
    theirs: Any
    rule: str
    state: str
    made_at: str
    decided_by: str
    decided_at: str
    decision: str
    title: str
    fields: dict[str, Any]


def history(
    store: Store, connection: str, asked: Asked, *, state: str = "", first: str = "", last: str = ""
) -> tuple[list[Ran], Page]:
    """Sessions of a company file. state: one of STATES, "" = any; first, last: stamps that hold their beginning."""
    # not by the index of connections: then all of them would be summed and sorted for one page
    where, facts = ["(s.connection || '') = ?"], [connection]
    if state:
        where.append("s.status = ?")
        facts.append("completed" if state == "with_errors" else state)
    if state in ("completed", "with_errors"):
        where.append(f"{'NOT ' if state == 'completed' else ''}{_ANY_FAILED}")
    if first:
        where.append("s.started_at >= ?")
        facts.append(first)
    if last:
        where.append("s.started_at < ?")
        facts.append(last)
    with store.reading():
        page = listing.page(store, HISTORY, where, facts, asked)
        page = replace(page, total=listing.count(store, _SESSIONS, where, facts))
    return [Ran(n, json.loads(objects), *rest) for n, objects, *rest in page.rows], page


def failures(store: Store, session: int, asked: Asked, *, object_type: str = "") -> tuple[list[Failed], Page]:
    """What failed in a session, in the order it did. object_type: of that alone."""
    where, facts = _failed(session, object_type)
    with store.reading():
        page = listing.page(store, FAILURES, where, facts, replace(asked, sort="n", down=False))
        page = replace(page, total=listing.count(store, FAILURES.tables, where, facts))
    return [Failed(*row) for row in page.rows], page


def every_failure(store: Store, session: int, object_type: str = "") -> Iterator[Failed]:
    """All of them, for an export."""
    where, facts = _failed(session, object_type)
    for row in listing.everything(store, FAILURES, where, facts, Asked(sort="n", down=False)):
        yield Failed(*row)


def conflicts(store: Store, company: str, kinds: Sequence[str], state: str, asked: Asked) -> tuple[list[Clash], Page]:
    """What both sides changed. state: open (the first first) or decided (the last first)."""
    where = ["c.company = ?", "c.state = ?", f"c.kind IN ({', '.join('?' * len(kinds))})"]
    facts = [company, state, *kinds]
    order = replace(asked, sort="made", down=False) if state == "open" else replace(asked, sort="decided", down=True)
    with store.reading():
        page = listing.page(store, CONFLICTS, where, facts, order)
        page = replace(page, total=listing.count(store, "record_conflict c", where, facts))
    return [_clash(row) for row in page.rows], page


def open_conflicts(store: Store, company: str, kinds: Sequence[str]) -> dict[str, int]:
    """How many wait for a person, by kind of record."""
    marks = ", ".join("?" * len(kinds))
    with store.reading():
        rows = store.execute(
            f"SELECT kind, COUNT(*) FROM record_conflict WHERE company = ? AND state = 'open' AND kind IN ({marks})"
            " GROUP BY kind",
            (company, *kinds),
        ).fetchall()
    return {str(kind): int(count) for kind, count in rows}


def _failed(session: int, object_type: str) -> tuple[list[str], list[Any]]:
    where, facts = ["session = ?"], [session]
    return ([*where, "object_type = ?"], [*facts, object_type]) if object_type else (where, list(facts))


def _clash(row: Sequence[Any]) -> Clash:
    ours, theirs = (json.loads(text) if text else None for text in row[5:7])
    values = [*row[:5], ours, theirs, *row[7:14], json.loads(row[14])]
    return Clash(*values)
