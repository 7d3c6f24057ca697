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
#: Documents for the books that are made of no receipts of ours, and on their way.
_WAITING_BOOKS = (
    "SELECT count(*) FROM bundle b LEFT JOIN outbox r ON r.connection = b.connection AND r.document = b.number"
    " AND r.part = 'book' WHERE b.connection = ? AND b.day = ? AND b.closed_at <> ''"
    " AND (r.n IS NULL OR r.state IN ('queued', 'sending', 'sent', 'unknown'))"
    " AND NOT EXISTS (SELECT 1 FROM bundle_member m WHERE m.bundle = b.root)"
)
#: Receipts nobody is going to send: never put on the way, or said to be booked in no document.
_LOST = (
    "SELECT d.n, d.body, coalesce(o.part, ''), coalesce(o.state, '') FROM document d LEFT JOIN outbox o"
    " ON o.document = d.id AND o.connection = ? WHERE d.n IN ({marks}) AND d.kind IN ('sale', 'return', 'void')"
    " AND (o.n IS NULL OR (o.state = 'booked'"
    " AND NOT EXISTS (SELECT 1 FROM bundle_member m WHERE m.outbox = o.n))) ORDER BY d.n"
)
_FIRST = (
    "SELECT d.n FROM outbox o JOIN document d ON d.id = o.document WHERE o.connection = ?"
    " AND o.part IN ('sale', 'return') ORDER BY o.n LIMIT 1"
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


def waiting_books(store: Store, connection: str, day: str) -> int:
    """How many documents of a day that are made of no receipts of ours are still on their way."""
    with store.reading():
        return int(store.execute(_WAITING_BOOKS, (connection, day)).fetchone()[0])


def lost(store: Store, connection: str, ns: Sequence[int]) -> list[tuple[bytes, str]]:
    """Those of these receipts, and which part ("" = all of it), that were sold since this connection takes receipts,
    and that nobody put on their way."""
    found: list[tuple[int, bytes, str, str]] = []
    with store.reading():
        for some in _bites(ns):
            rows = store.execute(_LOST.format(marks=", ".join("?" * len(some))), (connection, *some)).fetchall()
            found += [(n, body.encode(), part, state) for n, body, part, state in rows]
        if not found:
            return []
        first = store.execute(_FIRST, (connection,)).fetchone()
    begun = int(first[0]) if first else max(ns) + 1
    return [(body, part) for n, body, part, state in found if state or n > begun]


def has_books(store: Store, connection: str, day: str) -> bool:
    """Whether any document was handed out for a day."""
    asked = "SELECT 1 FROM bundle WHERE connection = ? AND day = ? AND closed_at <> '' LIMIT 1"
    with store.reading():
        return store.execute(asked, (connection, day)).fetchone() is not None


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
