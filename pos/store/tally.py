"""How much is saved, booked, waiting and in need of a person; cheap enough to ask after each sale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from peewee import fn

from pos import clock
from pos.store.db import Store
from pos.store.models import Connection, Document, Notice, Outbox

WAITING = ("queued", "sending", "sent", "unknown")
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
        saved, sent_ones = _tally(store)
        unbooked = _documents(WAITING + NEEDS)
        waiting = _documents(WAITING)
        open_notices = (Notice.level == "needs") & (Notice.resolved_at == "")
        needs = Notice.select(fn.COUNT(Notice.key)).where(open_notices).scalar() or 0
    return Counts(saved, sent_ones - unbooked, waiting, needs)


def _documents(states: tuple[str, ...]) -> int:
    """Documents with a part in one of these states; by the index, which starts with the connection."""
    here = Outbox.connection.in_(Connection.select(Connection.id)) & Outbox.state.in_(states)
    return Outbox.select(fn.COUNT(fn.DISTINCT(Outbox.document))).where(here).scalar() or 0


def waiting(store: Store, connection: str) -> int:
    """How many rows of one connection are still on their way; what a person parked is not."""
    with store.reading():
        open_rows = (Outbox.connection == connection) & Outbox.state.in_(WAITING) & (Outbox.parked == "")
        return Outbox.select(fn.COUNT(Outbox.n)).where(open_rows).scalar() or 0


def next_due(store: Store, connection: str, now: datetime) -> str:
    """The next moment a waiting row of this connection falls due (clock.stamp text); empty when none will."""
    with store.reading():
        going = Outbox.state.in_(("queued", "unknown", "sent")) & (Outbox.parked == "")
        waits = (Outbox.connection == connection) & going
        return Outbox.select(fn.MIN(Outbox.next_at)).where(waits & (Outbox.next_at > clock.stamp(now))).scalar() or ""


#: (last document, how many; last outbox row, how many documents): neither table ever loses a row, so only the new
#: ones are counted, and the status bar costs the same with ten receipts and with a million.
_Tally = tuple[int, int, int, int]
_tallies: WeakKeyDictionary[Store, _Tally] = WeakKeyDictionary()


def _tally(store: Store) -> tuple[int, int]:
    last_doc, docs, last_out, outs = _tallies.get(store, (0, 0, 0, 0))
    top_doc, more_docs = _newer(Document.select(fn.MAX(Document.n), fn.COUNT(Document.n)).where(Document.n > last_doc))
    new = Outbox.select(fn.MAX(Outbox.n), fn.COUNT(fn.DISTINCT(Outbox.document))).where(Outbox.n > last_out)
    top_out, more_outs = _newer(new)
    tally = (top_doc or last_doc, docs + more_docs, top_out or last_out, outs + more_outs)
    _tallies[store] = tally
    return tally[1], tally[3]


def _newer(query: Any) -> tuple[int | None, int]:
    top, count = query.tuples().get()
    return top, count
