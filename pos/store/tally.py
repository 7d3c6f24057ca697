"""How much is saved, booked, waiting and in need of a person; cheap enough to ask after each sale."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from peewee import fn

from pos import clock
from pos.store import entries
from pos.store.db import Store
from pos.store.models import Notice, Outbox

#: bundled: it is in a document of several receipts (`store.bundles`), which is on its way.
WAITING = ("queued", "bundled", "sending", "sent", "unknown")
NEEDS = ("rejected", "differs")


@dataclass(frozen=True, slots=True)
class Counts:
    """For the status bar, in documents. needs: everything open that waits for a person, whatever its cause."""

    saved: int
    booked: int
    waiting: int
    needs: int


def counts(store: Store) -> Counts:
    """How many documents are saved, booked and waiting, and how many things wait for a person.

    An exchange goes out in two parts and counts once: as booked when both are.
    """
    with store.reading():
        tally = _tally(store)
        unbooked, waiting = _unbooked(store)
        open_notices = (Notice.level == "needs") & (Notice.resolved_at == "")
        needs = Notice.select(fn.COUNT(Notice.key)).where(open_notices).scalar() or 0
    return Counts(tally.documents, tally.sent - unbooked, waiting, needs)


def rows(store: Store) -> dict[str, int]:
    """How many rows of the outbox there are, by connection. Inside `reading`."""
    return _tally(store).rows


def _unbooked(store: Store) -> tuple[int, int]:
    """Documents with a part that is not booked, and with one on its way. By the index of open rows, named: by its own
    statistics the engine would read the whole table."""
    found = store.execute(
        f"SELECT COUNT(DISTINCT document), COUNT(DISTINCT CASE WHEN state IN ({_marks(WAITING)}) THEN document END)"
        f" FROM outbox INDEXED BY outbox_open WHERE state <> 'booked' AND state IN ({_marks(WAITING + NEEDS)})"
        " AND part <> 'book' AND connection IN (SELECT id FROM connection)",
        (*WAITING, *WAITING, *NEEDS),
    ).fetchone()
    return int(found[0]), int(found[1])


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))


def waiting(store: Store, connection: str) -> int:
    """How many rows of one connection are still on their way; what a person parked is not."""
    with store.reading():
        open_rows = (Outbox.connection == connection) & Outbox.state.in_(WAITING) & (Outbox.parked == "")
        return Outbox.select(fn.COUNT(Outbox.n)).where(open_rows).scalar() or 0


def queued_since(store: Store, connection: str) -> str:
    """Since when the oldest row of one connection that was never sent is there (clock.stamp text); empty = there is
    none."""
    with store.reading():
        unsent = (Outbox.connection == connection) & (Outbox.state == "queued") & (Outbox.parked == "")
        return Outbox.select(fn.MIN(Outbox.created_at)).where(unsent).scalar() or ""


def next_due(store: Store, connection: str, now: datetime) -> str:
    """The next moment a waiting row of this connection falls due (clock.stamp text); empty when none will."""
    with store.reading():
        going = Outbox.state.in_(("queued", "unknown", "sent")) & (Outbox.parked == "")
        waits = (Outbox.connection == connection) & going
        return Outbox.select(fn.MIN(Outbox.next_at)).where(waits & (Outbox.next_at > clock.stamp(now))).scalar() or ""


@dataclass(frozen=True, slots=True)
class _Tally:
    """Neither table ever loses a row, so only new ones are counted, and the status bar costs the same with ten receipts
    and with a million. top_document, top_row: up to where. sent: documents that go anywhere. rows: by connection."""

    top_document: int = 0
    documents: int = 0
    top_row: int = 0
    sent: int = 0
    rows: dict[str, int] = field(default_factory=dict)


_tallies: WeakKeyDictionary[Store, _Tally] = WeakKeyDictionary()
#: It is kept in the database, so that a start need not count a million rows, every so many rows.
KEY = "tally"
KEPT_ROWS = 5_000


def catch_up(store: Store) -> None:
    """Keep what is counted when it is worth it. For the thread that makes files durable, a moment after the sales."""
    tally = _tallies.get(store)
    if tally is not None and _up_to(tally) - _up_to(_kept(store)) >= KEPT_ROWS:
        with store.transaction():
            entries.set_meta(store, KEY, json.dumps(astuple(tally)))


def _up_to(tally: _Tally) -> int:
    return tally.top_document + tally.top_row


def _kept(store: Store) -> _Tally:
    """What was counted and kept; nothing where the tables do not reach so far, as after a rebuild."""
    kept = _Tally(*json.loads(entries.meta(store, KEY, "[]")))
    top = store.execute("SELECT coalesce((SELECT max(n) FROM document), 0), coalesce((SELECT max(n) FROM outbox), 0)")
    documents, rows = top.fetchone()
    return kept if kept.top_document <= documents and kept.top_row <= rows else _Tally()


def _tally(store: Store) -> _Tally:
    old = _tallies.get(store) or _kept(store)
    top, more = store.execute(_NEW_DOCUMENTS if old.top_document else _DOCUMENTS, (old.top_document,)).fetchone()
    last = store.execute("SELECT max(n) FROM outbox").fetchone()[0] or 0
    by_connection, sent = dict(old.rows), 0
    if last > old.top_row:
        for connection, count in store.execute(_NEW_ROWS if old.top_row else _ROWS, (old.top_row,)).fetchall():
            by_connection[connection] = by_connection.get(connection, 0) + count
        sent = store.execute(_NEW_SENT if old.top_row else _SENT, {"top": old.top_row}).fetchone()[0]
    tally = _Tally(top or old.top_document, old.documents + more, last, old.sent + sent, by_connection)
    _tallies[store] = tally
    return tally


# All of them are counted in an index and in its order, which reads no row and sorts nothing; a few new ones by number.
_DOCUMENTS = "SELECT max(n), count(*) FROM document WHERE ? = 0"
_NEW_DOCUMENTS = "SELECT max(n), count(*) FROM document WHERE n > ?"
_ROWS = "SELECT connection, count(*) FROM outbox WHERE ? = 0 GROUP BY connection"
# The plus keeps SQLite from reading a whole index in order to save a sort.
_NEW_ROWS = "SELECT connection, count(*) FROM outbox WHERE n > ? GROUP BY +connection"
# A document of several receipts counts as those.
_SENT = "SELECT count(*) FROM (SELECT DISTINCT document FROM outbox WHERE :top = 0 AND part <> 'book') x"
# Documents that no earlier row is of.
_NEW_SENT = (
    "SELECT count(DISTINCT document) FROM outbox o WHERE n > :top AND part <> 'book'"
    " AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.document = o.document AND p.n <= :top)"
)
