"""What went over the wire to QuickBooks Desktop and back, as it was: kept for `[qbwc] archive_days`, searched by event,
message set, RefNumber or words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pos import clock
from pos.store.db import Store
from pos.store.models import QbdArchive as Rows
from pos.store.qbd_rows import WORDS_MAX, Work

#: A body longer than this is cut: lists of many thousand items come again when they are asked for.
BODY_MAX = 200_000
LISTED_MAX = 200
#: So many of the newest are looked through for words.
SEARCHED_MAX = 20_000
THINNED_MAX = 5_000
_KEEP = (
    "INSERT INTO qbd_archive (connection, work, source, ticket, at, direction, set_id, code, message, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One message. direction: ask or answer; at: clock.stamp() text; body: as it went, cut when it was very long."""

    n: int
    connection: str
    work: int
    source: str
    at: str
    direction: str
    set_id: str
    code: str
    message: str
    body: str


def keep(
    store: Store, work: Work | None, direction: str, body: str, now: datetime, *, connection: str = "",
    ticket: str = "", set_id: str = "", code: str = "", message: str = "",
) -> int:  # fmt: skip
    """Keep one; its number. work: what it is of, None where nobody knows. In a transaction or by itself."""
    with store.transaction():
        facts = (
            work.connection if work else connection, work.n if work else 0, work.source if work else "", ticket,
            clock.stamp(now), direction, set_id, code, message[:WORDS_MAX], _cut(body),
        )  # fmt: skip
        return int(store.execute(_KEEP, facts).fetchone()[0])


def _cut(body: str) -> str:
    return body if len(body) <= BODY_MAX else f"{body[:BODY_MAX]}[{len(body) - BODY_MAX} more characters]"


def found(
    store: Store, connection: str, words: str = "", *, source: str = "", work: int = 0, before: int = 0, limit: int = 50
) -> list[Kept]:  # fmt: skip
    """Messages of a company file, the newest first. words: part of an event's id, a message set id, a RefNumber or any
    text in it, of the newest SEARCHED_MAX; source, work: of this alone; before: those with a lower number."""
    asked = Rows.connection == connection
    if source:
        asked &= Rows.source == source
    if work:
        asked &= Rows.work == work
    if before:
        asked &= Rows.n < before
    with store.reading():
        if words:
            newest = Rows.select(Rows.n).where(Rows.connection == connection).order_by(Rows.n.desc()).limit(1).scalar()
            asked &= (Rows.n > (newest or 0) - SEARCHED_MAX) & (
                Rows.source.contains(words) | (Rows.set_id == words) | Rows.message.contains(words)
                | Rows.body.contains(words)
            )  # fmt: skip
        rows = Rows.select().where(asked).order_by(Rows.n.desc()).limit(min(limit, LISTED_MAX))
        return [
            Kept(r.n, r.connection, r.work, r.source, r.at, r.direction, r.set_id, r.code, r.message, r.body)
            for r in rows
        ]


def thin(store: Store, now: datetime, days: int) -> int:
    """Take out what is older, some at a time, and the bytes of postings that were booked before that; how many. 0 days
    = nothing is."""
    if days <= 0:
        return 0
    before = clock.stamp(now - timedelta(days=days))
    with store.transaction():
        asked = "SELECT n, work FROM qbd_archive WHERE at < ? ORDER BY at LIMIT ?"
        old = store.execute(asked, (before, THINNED_MAX)).fetchall()
        store.execute_many("DELETE FROM qbd_archive WHERE n = ?", [(n,) for n, _ in old])
        store.execute_many(
            "UPDATE qbd_work SET body = '' WHERE n = ? AND state IN ('applied', 'cancelled') AND done_at < ?",
            [(work, before) for work in sorted({work for _, work in old if work})],
        )
    return len(old)
