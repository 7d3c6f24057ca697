"""What the last days came to and how much of it is in the books, cheap enough to be asked every few seconds.

What is taken comes from the sums beside the documents; what is open from the open rows of the outbox alone. Whatever is
left is booked and equal. The figures of one day add up to what was taken, to the penny.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from weakref import WeakKeyDictionary

from pos import clock
from pos.rules.takings import DRAWER
from pos.store import reach as within
from pos.store import takings
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach

#: How long an answer is good for: several screens that look at once ask the database once.
FRESH_SECONDS = 2.0
#: What goes to no books is known when it is saved; all of it is counted again this often, new documents each time.
KEPT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Sum:
    """So many receipts, and what they come to in minor units."""

    count: int = 0
    total: int = 0

    def less(self, *others: Sum) -> Sum:
        return Sum(self.count - sum(o.count for o in others), self.total - sum(o.total for o in others))


@dataclass(frozen=True, slots=True)
class Day:
    """One business day. equal: booked and read back; waiting: on its way or parked; needs: refused or booked otherwise;
    kept: it goes to no books. These four add up to taken."""

    day: str
    taken: Sum
    equal: Sum
    waiting: Sum
    needs: Sum
    kept: Sum


@dataclass(slots=True)
class _Known:
    at: float = 0.0
    days: list[Day] = field(default_factory=list)
    asked: tuple[str, ...] = ()
    kept_at: float = 0.0
    kept: tuple[int, dict[str, Sum]] = (0, {})  # up to which document; one value, for threads look at once


_known: WeakKeyDictionary[Store, dict[Reach, _Known]] = WeakKeyDictionary()


def tills_of(store: Store, reach: Reach) -> takings.Tills:
    """The tills whose figures a server shows: a till its own, a hub those of all its tills within a reach."""
    if store.config.server.role == "till":
        return store.config.till.ids
    return partial(within.tills, reach)


def _condition(tills: takings.Tills) -> tuple[str, list[str]]:
    """That a document d is of these tills."""
    if callable(tills):
        where, facts = tills("d.till")
        return (where[0] if where else "1 = 1"), facts
    return f"d.till IN ({', '.join('?' * len(tills))})", list(tills)


def days(store: Store, wanted: Sequence[str], reach: Reach = EVERYWHERE) -> list[Day]:
    """These business days (ISO, in order, the last one is today), at most FRESH_SECONDS old."""
    known = _known.setdefault(store, {}).setdefault(reach, _Known())
    now = clock.monotonic()
    if known.asked == tuple(wanted) and now - known.at < FRESH_SECONDS:
        return known.days
    with store.reading():
        first, last, tills = wanted[0], wanted[-1], tills_of(store, reach)
        taken: dict[str, Sum] = {}
        for (_, day), (count, total) in takings.by_till(store, tills, first, last).items():
            before = taken.get(day, Sum())
            taken[day] = Sum(before.count + count, before.total + total)
        open_now = _open(store, tills, first)
        kept = _kept_now(known, store, tills, first)
    found = []
    for day in wanted:
        all_of_it, here = taken.get(day, Sum()), kept.get(day, Sum())
        waiting, needs = open_now.get((day, 0), Sum()), open_now.get((day, 1), Sum())
        found.append(Day(day, all_of_it, all_of_it.less(waiting, needs, here), waiting, needs, here))
    known.at, known.days, known.asked = now, found, tuple(wanted)
    return found


def _open(store: Store, tills: takings.Tills, first: str) -> dict[tuple[str, int], Sum]:
    """(day, whether it needs a person) -> receipts with an open row; one that a person settled is not open."""
    (mine, facts), drawer = _condition(tills), ", ".join("?" * len(DRAWER))
    rows = store.execute(
        "SELECT d.business_day, x.needs, COUNT(*), SUM(d.total) FROM (SELECT o.document AS document,"
        " MAX(o.state IN ('rejected', 'differs') AND o.parked = '') AS needs FROM outbox o INDEXED BY outbox_open"
        " WHERE o.state <> 'booked' AND o.resolved = '' GROUP BY o.document) x JOIN document d ON d.id = x.document"
        f" WHERE d.business_day >= ? AND {mine} AND d.kind NOT IN ({drawer}) GROUP BY 1, 2",
        (first, *facts, *DRAWER),
    ).fetchall()
    return {(day, needs): Sum(count, total) for day, needs, count, total in rows}


def _kept_now(known: _Known, store: Store, tills: takings.Tills, first: str) -> dict[str, Sum]:
    """Day -> receipts that were never queued for any books: what was counted before, and what was saved since."""
    (top,) = store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()
    upto, found = known.kept
    if not known.kept_at or clock.monotonic() - known.kept_at > KEPT_SECONDS or top < upto:
        upto, found, known.kept_at = 0, {}, clock.monotonic()
    if top > upto:
        found = dict(found)
        for day, more in _kept(store, tills, first, upto).items():
            have = found.get(day, Sum())
            found[day] = Sum(have.count + more.count, have.total + more.total)
        known.kept = (top, found)
    return found


def _kept(store: Store, tills: takings.Tills, first: str, after: int) -> dict[str, Sum]:
    """Day -> receipts behind a place that were never queued for any books."""
    (mine, facts), drawer = _condition(tills), ", ".join("?" * len(DRAWER))
    rows = store.execute(
        "SELECT d.business_day, COUNT(*), SUM(d.total) FROM document d WHERE d.business_day >= ? AND d.n > ?"
        f" AND {mine} AND d.kind NOT IN ({drawer})"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.document = d.id) GROUP BY 1",
        (first, after, *facts, *DRAWER),
    ).fetchall()
    return {day: Sum(count, total) for day, count, total in rows}


#: Ages of what waits, each up to so many seconds; the last has no end.
AGES: dict[str, int | None] = {"minutes": 300, "hour": 3600, "day": 86_400, "week": 604_800, "older": None}
_OPEN = "o.state <> 'booked' AND o.resolved = ''"
#: So many open rows are looked at, the oldest first.
AGED_ROWS_MAX = 10_000


def ages(store: Store, now: datetime, reach: Reach = EVERYWHERE) -> tuple[dict[str, int], bool]:
    """Rows of the outbox that are neither booked nor settled, by age; and whether there are more than that."""
    bounds = [clock.stamp(now - timedelta(seconds=up_to)) for up_to in AGES.values() if up_to is not None]
    mine, facts = within.outbox(reach, "o")
    sums = ", ".join(["sum(CASE WHEN x.at <= ? THEN 1 ELSE 0 END)"] * len(bounds))
    with store.reading():
        every, *past = store.execute(
            f"SELECT count(*), {sums} FROM (SELECT o.created_at AS at FROM outbox o INDEXED BY outbox_open"
            f" WHERE {' AND '.join([_OPEN, *mine])} ORDER BY o.n LIMIT {AGED_ROWS_MAX + 1}) x",
            (*bounds, *facts),
        ).fetchone()
    cut = every > AGED_ROWS_MAX
    older = [min(n or 0, AGED_ROWS_MAX) for n in (every, *past)]
    counts = [newer - elder for newer, elder in zip(older, [*older[1:], 0], strict=True)]
    return dict(zip(AGES, counts, strict=True)), cut


def newest(store: Store) -> datetime | None:
    """When the last document was saved here."""
    row = store.execute("SELECT created_at FROM document ORDER BY n DESC LIMIT 1").fetchone()
    return clock.parse(row[0]) if row else None
