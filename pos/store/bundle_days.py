"""A business day's documents of the books and the receipts behind them, as the reconciliation asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos.store.db import Store

BITE_ROWS = 500
#: On its way: also a receipt in a document that is not handed out, or whose own row is on its way.
_WAITING = (
    "SELECT COUNT(DISTINCT o.document) FROM outbox o JOIN document d ON d.id = o.document"
    " WHERE o.connection = ? AND d.n IN ({marks}) AND (o.state IN ('queued', 'sending', 'sent', 'unknown')"
    " OR (o.state = 'bundled' AND EXISTS (SELECT 1 FROM bundle_member m JOIN bundle b ON b.root = m.bundle"
    " LEFT JOIN outbox r ON r.connection = b.connection AND r.document = b.number AND r.part = 'book'"
    " WHERE m.outbox = o.n AND (r.n IS NULL OR r.state IN ('queued', 'sending', 'sent', 'unknown')))))"
)
_APART = (
    "SELECT d.body, o.part, o.message, o.resolved FROM outbox o JOIN document d ON d.id = o.document"
    " WHERE o.connection = ? AND d.n IN ({marks}) AND o.state = 'rejected'"
    " AND NOT EXISTS (SELECT 1 FROM bundle_member m WHERE m.outbox = o.n) ORDER BY o.n"
)


@dataclass(frozen=True, slots=True)
class Apart:
    """A receipt's part that is in no document of the books. why: what it was refused for; settled: "who: why"."""

    body: bytes
    part: str
    why: str
    settled: str


@dataclass(frozen=True, slots=True)
class Way:
    """What is known of a document's way: the last message, who settled it by hand, and what it is known by there."""

    message: str = ""
    settled: str = ""
    remote_id: str = ""


def waiting(store: Store, connection: str, ns: Sequence[int]) -> int:
    """How many of these receipts are still on their way. One in a document a person has to look at is not: whatever
    became of it can be compared."""
    found = 0
    with store.reading():
        for some in _bites(ns):
            asked = _WAITING.format(marks=", ".join("?" * len(some)))
            found += int(store.execute(asked, (connection, *some)).fetchone()[0])
    return found


def apart(store: Store, connection: str, ns: Sequence[int]) -> list[Apart]:
    """Those of these receipts that were refused before they were put into any document."""
    found: list[Apart] = []
    with store.reading():
        for some in _bites(ns):
            rows = store.execute(_APART.format(marks=", ".join("?" * len(some))), (connection, *some)).fetchall()
            found += [Apart(body.encode(), *more) for body, *more in rows]
    return found


def way(store: Store, connection: str, number: str) -> Way:
    """How a document stands in the outbox."""
    with store.reading():
        row = store.execute(
            "SELECT message, resolved, remote_id FROM outbox WHERE document = ? AND connection = ? AND part = 'book'",
            (number, connection),
        ).fetchone()
    return Way(*row) if row else Way()


def booked_before(store: Store, connection: str, day: str, stamp: str) -> set[str]:
    """The documents of a day that were booked before a moment, by number."""
    with store.reading():
        rows = store.execute(
            "SELECT b.number FROM bundle b JOIN outbox r ON r.connection = b.connection AND r.document = b.number"
            " AND r.part = 'book' WHERE b.connection = ? AND b.day = ? AND r.booked_at <> '' AND r.booked_at < ?",
            (connection, day, stamp),
        ).fetchall()
    return {number for (number,) in rows}


def receipts(store: Store, connection: str, number: str, limit: int) -> tuple[list[str], int]:
    """The numbers of the first receipts a document is made of, in order, and how many there are."""
    inside = (
        "FROM bundle b JOIN bundle_member m ON m.bundle = b.root JOIN document d ON d.id = m.document"
        " WHERE b.connection = ? AND b.number = ?"
    )
    with store.reading():
        count = store.execute(f"SELECT COUNT(DISTINCT m.document) {inside}", (connection, number)).fetchone()[0]
        rows = store.execute(
            f"SELECT DISTINCT d.n, d.number {inside} ORDER BY d.n LIMIT ?", (connection, number, limit)
        ).fetchall()
    return [name for _, name in rows], int(count)


def _bites(ns: Sequence[int]) -> list[Sequence[int]]:
    return [ns[start : start + BITE_ROWS] for start in range(0, len(ns), BITE_ROWS)]
