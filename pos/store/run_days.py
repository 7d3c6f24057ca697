"""A business day as a run sees it: what was sold, and how its documents stand on their way to one connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any

from pos.store import coming, outbox, reach, scopes
from pos.store.db import Store
from pos.store.scopes import Scope

BITE_ROWS = 500
_BOOKS = (
    "SELECT r.state, r.booked_at, r.resolved, r.parked, '', '' FROM bundle b JOIN outbox r"
    " ON r.connection = b.connection AND r.document = b.number AND r.part = 'book'"
    " WHERE b.connection = ? AND b.day = ? AND b.closed_at <> ''"
)
#: Receipts in no document of the books: those that may come into one, and those that were refused or set aside.
_LOOSE = (
    "SELECT o.state, o.booked_at, o.resolved, o.parked, o.after, o.code FROM outbox o JOIN document d"
    " ON d.id = o.document WHERE o.connection = ? AND d.n IN ({marks}) AND o.part IN ('sale', 'return')"
    " AND o.state IN ('queued', 'unknown', 'rejected')"
    " AND NOT EXISTS (SELECT 1 FROM bundle_member m WHERE m.outbox = o.n)"
)
_PLAIN = (
    "SELECT o.state, o.booked_at, o.resolved, o.parked, o.after, o.code FROM outbox o JOIN document d"
    " ON d.id = o.document WHERE o.connection = ? AND d.n IN ({marks})"
)


@dataclass(slots=True)
class Way:
    """How a day's documents stand. waiting: on their way; sent: those of them that were sent, or may have been, and are
    read back; loose: receipts that are in none yet; uploaded, before: booked since a moment, and before it (or settled
    by a person); refused: no, or set aside by a person, or given back of such a one."""

    waiting: int = 0
    sent: int = 0
    loose: int = 0
    uploaded: int = 0
    before: int = 0
    refused: int = 0

    @property
    def count(self) -> int:
        """All of them."""
        return self.waiting + self.loose + self.uploaded + self.before + self.refused


def numbers(store: Store, connection: str, day: str) -> list[int]:
    """The documents of the tills behind a connection on a business day, by their `n`."""
    with store.reading():
        return scopes.numbers(store, Scope("day", day, day), reach.of_connection(store, connection))


def raw(store: Store, ns: Sequence[int]) -> tuple[int, int]:
    """How many of these documents sell or give back, and what they come to, in minor units."""
    count = total = 0
    with store.reading():
        for some in _bites(ns):
            asked = (
                "SELECT count(*), coalesce(sum(total), 0) FROM document WHERE kind IN ('sale', 'return')"
                f" AND n IN ({', '.join('?' * len(some))})"
            )
            found = store.execute(asked, tuple(some)).fetchone()
            count, total = count + int(found[0]), total + int(found[1])
    return count, total


def way(store: Store, connection: str, day: str, ns: Sequence[int], since: str, *, bundled: bool) -> Way:
    """How the documents of a day stand. ns: its receipts; since: a stamp; bundled: it takes receipts bundled."""
    found = Way()
    with store.reading():
        if bundled:
            _count(found, store.execute(_BOOKS, (connection, day)).fetchall(), since)
            still = store.execute(
                "SELECT count(*) FROM bundle WHERE connection = ? AND day = ? AND number = ''", (connection, day)
            )
            found.waiting += int(still.fetchone()[0])
        for some in _bites(ns):
            asked = (_LOOSE if bundled else _PLAIN).format(marks=", ".join("?" * len(some)))
            rows = store.execute(asked, (connection, *some)).fetchall()
            held = outbox.held_up(connection, {one for row in rows for one in row[4].split()})
            stuck = {one for one, by in held.items() if by.state in ("rejected", "parked")}
            _count(found, rows, since, stuck, loose=bundled)
    return found


def _count(found: Way, rows: Iterable[Any], since: str, stuck: Set[str] = frozenset(), *, loose: bool = False) -> None:
    """stuck: documents a person has to settle before those that are tied to them can go."""
    for state, booked_at, resolved, parked, after, code in rows:
        tied = state == "queued" and (code == coming.OVERDUE_CODE or not stuck.isdisjoint(after.split()))
        if parked or (state == "rejected" and not resolved) or tied:
            found.refused += 1
        elif resolved or (state == "booked" and booked_at < since):
            found.before += 1
        elif state in ("booked", "differs"):
            found.uploaded += 1
        elif loose:
            found.loose += 1
        else:
            found.waiting += 1
            found.sent += state in ("sending", "sent", "unknown")


def _bites(ns: Sequence[int]) -> list[Sequence[int]]:
    return [ns[start : start + BITE_ROWS] for start in range(0, len(ns), BITE_ROWS)]
