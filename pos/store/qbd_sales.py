"""Documents of the books on their way through the Web Connector, as rows: where each stands; what was told of goods.

A document's work in the queue has the source `book:<n>` of its bundle; the outbox row is that of every document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.store import entries, qbd_rows, refusals
from pos.store.db import Store
from pos.store.models import Outbox
from pos.store.qbd_rows import Work

#: Rows one look takes.
BITE = 500
_STANDING = (
    "SELECT o.n, o.document, b.n, o.state, b.refused,"
    " (SELECT count(*) FROM qbd_work w WHERE w.source = 'book:' || b.n AND w.state <> 'cancelled') AS works,"
    " (SELECT count(*) FROM qbd_work w WHERE w.source = 'book:' || b.n AND w.state = 'applied') AS applied,"
    " (SELECT count(*) FROM qbd_work w WHERE w.source = 'book:' || b.n AND w.state = 'error') AS failed,"
    " (SELECT count(*) FROM qbd_work w WHERE w.source = 'book:' || b.n AND w.state = 'unknown') AS lost"
    " FROM outbox o JOIN bundle b ON b.connection = o.connection AND b.number = o.document"
    " WHERE o.connection = ? AND o.part = 'book' AND o.state IN ('queued', 'unknown', 'sent', 'rejected', 'differs')"
    " AND o.parked = '' AND o.resolved = '' AND o.owner = '' AND o.n > ? ORDER BY o.n LIMIT ?"
)
#: A receipt whose halves both go counts once, with its first.
_RECEIPTS = (
    "SELECT o.n, o.document, o.created_at, d.created_at FROM outbox o JOIN document d ON d.id = o.document"
    " WHERE o.connection = ? AND o.part IN ('sale', 'return') AND o.n > ? AND NOT EXISTS (SELECT 1 FROM outbox x"
    " WHERE x.document = o.document AND x.connection = o.connection AND x.part IN ('sale', 'return') AND x.n < o.n)"
    " ORDER BY o.n LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A document that is not settled. bundle: its number there; refused: it was refused before, and a person let it go
    again. works, applied, failed, lost: its messages, and how many of them are in QuickBooks, wait for a person, or may
    be there."""

    n: int
    number: str
    bundle: int
    state: str
    refused: bool
    works: int
    applied: int
    failed: int
    lost: int

    @property
    def source(self) -> str:
        return f"book:{self.bundle}"


def standing(store: Store, connection: str) -> Iterator[Standing]:
    """Every document that is not settled, in the order they were made."""
    last = 0
    while True:
        with store.reading():
            rows = store.execute(_STANDING, (connection, last, BITE)).fetchall()
        for n, number, bundle, state, refused, *counts in rows:
            yield Standing(n, number, bundle, state, bool(refused), *counts)
        if len(rows) < BITE:
            return
        last = rows[-1][0]


def works(store: Store, source: str) -> list[Work]:
    """A document's messages, those that were given up before they were sent left out."""
    with store.reading():
        return [row for row in qbd_rows.of_source(store, source) if row.state != "cancelled"]


def rewrite(store: Store, row: Work, payload: dict[str, Any]) -> bool:
    """Let a message that was refused for certain say something else. In the caller's transaction."""
    if row.doubt:
        return False
    return qbd_rows.change(store, row.n, ("error",), {"payload": qbd_rows.dumped(payload)})


def take_up(store: Store, n: int, now: datetime) -> bool:
    """A refused or differing document whose message was let go again in the queue is on its way again."""
    stamp = clock.stamp(now)
    with store.transaction():
        for state, new in (("rejected", "queued"), ("differs", "sent")):
            free = (Outbox.n == n) & (Outbox.state == state) & (Outbox.owner == "") & (Outbox.resolved == "")
            if Outbox.update(state=new, next_at=stamp, updated_at=stamp).where(free).execute() == 1:
                refusals.settle(store, n)
                return True
    return False


# -- goods -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """A receipt with the goods it moved: (place, item) -> thousandths. queued_at: when it was queued for the books;
    made_at: as the receipt says."""

    n: int
    queued_at: str
    made_at: str
    goods: dict[tuple[str, str], int]


def moved(store: Store, connection: str, after: int) -> list[Moved]:
    """The next receipts of a connection, in the order they were queued, with what they moved."""
    with store.reading():
        rows = store.execute(_RECEIPTS, (connection, after, BITE)).fetchall()
        found = []
        for n, document, queued_at, made_at in rows:
            goods: dict[tuple[str, str], int] = {}
            asked = "SELECT warehouse, item_code, qty FROM movement WHERE document = ?"
            for place, item, qty in store.execute(asked, (document,)).fetchall():
                goods[place, item] = goods.get((place, item), 0) + qty
            found.append(Moved(n, queued_at, made_at, goods))
    return found


def gathered(store: Store, connection: str) -> dict[str, Any]:
    """How far goods were gathered, and what is not told yet: {"n", "open": {day: {place: {item: thousandths}}}}."""
    found: dict[str, Any] = json.loads(entries.meta(store, f"qbd.goods.{connection}", "{}"))
    return {"n": 0, "open": {}} | found


def goods_source(store: Store, company: str, day: str, place: str) -> str:
    """What the next adjustment for goods of a day at a place is called: counted by day and place, so that a till that
    came back from a copy calls the same one the same."""
    n = 1
    while store.execute("SELECT 1 FROM qbd_work WHERE source = ?", (f"goods:{company}:{day}:{place}:{n}",)).fetchone():
        n += 1
    return f"goods:{company}:{day}:{place}:{n}"


def keep_gathered(store: Store, connection: str, state: dict[str, Any]) -> None:
    """In the transaction that tells it."""
    entries.set_meta(store, f"qbd.goods.{connection}", state)
