"""What a comparison of till and books is made of: a session's or a day's documents, and what became of each part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peewee import fn

from pos.errors import NotFound
from pos.rules import ledger
from pos.said import said
from pos.store import reach as within
from pos.store import shifts, takings
from pos.store.db import Store
from pos.store.models import Document, Outbox
from pos.store.outbox import tuples
from pos.store.reach import EVERYWHERE, Reach
from pos.store.tally import WAITING

BITE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared: "session" T1-S000004, or "day" 2026-11-21. day: the business day it is listed under."""

    scope: str
    name: str
    day: str


def session_of(store: Store, name: str, reach: Reach = EVERYWHERE) -> Scope:
    """A session by its id. NotFound."""
    where, facts = _mine(reach, "till")
    row = store.execute(f"SELECT business_day FROM session WHERE id = ?{where}", (name, *facts)).fetchone()
    if row is None:
        raise NotFound(said("There is no session {name}.", name=name), field="session")
    return Scope("session", name, row[0])


def day_of(store: Store, name: str, reach: Reach = EVERYWHERE) -> Scope:
    """A business day that has documents. NotFound."""
    where, facts = _mine(reach, "till")
    asked = f"SELECT 1 FROM document WHERE business_day = ?{where} LIMIT 1"
    if store.execute(asked, (name, *facts)).fetchone() is None and not _has_books(store, name, reach):
        raise NotFound(said("There are no documents of {name}.", name=name), field="day")
    return Scope("day", name, name)


def _has_books(store: Store, day: str, reach: Reach) -> bool:
    """Whether documents for the books were made of a day without any receipt of ours."""
    where, facts = within.connections(reach, "connection")
    asked = " AND ".join(["day = ?", "closed_at <> ''", *where])
    return store.execute(f"SELECT 1 FROM bundle WHERE {asked} LIMIT 1", (day, *facts)).fetchone() is not None


def z_of(store: Store, session: str) -> int | None:
    """The number of the Z that closed a session."""
    row = store.execute("SELECT z_number FROM session WHERE id = ?", (session,)).fetchone()
    return row[0] if row else None


def closed_since(store: Store, till: str, day: str, reach: Reach = EVERYWHERE) -> list[Scope]:
    """Sessions of a till that were closed, of this business day and later ones, newest first. A hub's are those of all
    its tills."""
    which, tills = _of(store, till)
    where, facts = _mine(reach, "till")
    rows = store.execute(
        f"SELECT id, business_day FROM session WHERE {which}{where} AND z_number IS NOT NULL"
        " AND business_day >= ? ORDER BY z_number DESC, id",
        (*tills, *facts, day),
    ).fetchall()
    return [Scope("session", name, of) for name, of in rows]


def days_since(store: Store, day: str, before: str, reach: Reach = EVERYWHERE) -> list[Scope]:
    """Business days with documents, from `day` on and before `before`, newest first."""
    where, facts = _mine(reach, "till")
    rows = store.execute(
        "SELECT DISTINCT business_day FROM document WHERE business_day >= ? AND business_day < ?"
        f" AND series <> 'recovered'{where}"
        " ORDER BY business_day DESC",
        (day, before, *facts),
    ).fetchall()
    return [Scope("day", of, of) for (of,) in rows]


def days_of(store: Store, scope: Scope) -> list[str]:
    """The business days the documents of a scope lie in."""
    if scope.scope == "day":
        return [scope.name]
    return sorted({key[0] for key in takings.of_session(store, scope.name).people})


def is_open(store: Store, session: str) -> bool:
    """Whether a session is not closed by a Z yet."""
    row = store.execute("SELECT open FROM session WHERE id = ?", (session,)).fetchone()
    return bool(row and row[0])


def still_open(store: Store, till: str, day: str, reach: Reach = EVERYWHERE) -> str:
    """The open session of a till, at a hub of any, that has documents on a day; "" when the day is over."""
    which, tills = _of(store, till)
    where, facts = _mine(reach, "s.till")
    row = store.execute(
        f"SELECT s.id FROM session s WHERE s.{which}{where} AND s.open = 1 AND EXISTS"
        " (SELECT 1 FROM document d WHERE d.business_day = ? AND d.session = s.id) LIMIT 1",
        (*tills, *facts, day),
    ).fetchone()
    return row[0] if row else ""


def _mine(reach: Reach, column: str) -> tuple[str, list[str]]:
    """The condition that a till lies inside, to be put behind others."""
    where, facts = within.tills(reach, column)
    return (f" AND {where[0]}" if where else ""), facts


def _of(store: Store, till: str) -> tuple[str, tuple[str, ...]]:
    """The condition of a till's sessions, and what fills it. A server that is a hub compares for all its tills."""
    if store.config.server.role != "till":
        return "till <> ''", ()
    tills = shifts.line_of(store, till)
    return f"till IN ({', '.join('?' * len(tills))})", tills


def numbers(store: Store, scope: Scope, reach: Reach = EVERYWHERE) -> list[int]:
    """The documents of a scope within a reach, by their `n`, in the order they were committed."""
    where, facts = _mine(reach, "till")
    days = days_of(store, scope)
    marks = ", ".join("?" * len(days))
    of_session = " AND session = ?" if scope.scope == "session" else ""
    inside = f"{of_session}{where} AND series <> 'recovered'"
    asked = f"SELECT n FROM document WHERE business_day IN ({marks}){inside} ORDER BY n"
    return [n for (n,) in store.execute(asked, (*days, *([scope.name] if of_session else []), *facts))] if days else []


def moments(store: Store, days: Sequence[str], reach: Reach = EVERYWHERE) -> list[tuple[int, str]]:
    """The documents of these business days within a reach: `n` and when they were made, in the order of `numbers`."""
    where, facts = _mine(reach, "till")
    marks = ", ".join("?" * len(days))
    asked = f"SELECT n, created_at FROM document WHERE business_day IN ({marks}){where} AND series <> 'recovered'"
    rows = store.execute(f"{asked} ORDER BY n", (*days, *facts)).fetchall()
    return [(n, at) for n, at in rows]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one part on its way. resolved: "who: why" when a person settled it by other means."""

    state: str
    message: str
    resolved: str


def page(store: Store, connection: str, ns: Sequence[int]) -> list[tuple[bytes, dict[str, Sent]]]:
    """The bodies of these documents, each with its outbox rows by part."""
    with store.reading():
        marks = ", ".join("?" * len(ns))
        rows = store.execute(f"SELECT id, body FROM document WHERE n IN ({marks}) ORDER BY n", tuple(ns)).fetchall()
        sent: dict[str, dict[str, Sent]] = {}
        asked = Outbox.select(Outbox.document, Outbox.part, Outbox.state, Outbox.message, Outbox.resolved)
        here = (Outbox.connection == connection) & Outbox.document.in_([key for key, _ in rows])
        for document, part, *more in tuples(asked.where(here)):
            sent.setdefault(document, {})[part] = Sent(*more)
        return [(body.encode(), sent.get(key, {})) for key, body in rows]


def waiting(store: Store, connection: str, ns: Sequence[int]) -> int:
    """How many of these documents are still on their way."""
    found = 0
    with store.reading():
        for start in range(0, len(ns), BITE_ROWS):
            found += (
                Outbox.select(fn.COUNT(fn.DISTINCT(Outbox.document)))
                .join(Document, on=(Document.id == Outbox.document))
                .where(
                    (Outbox.connection == connection)
                    & Outbox.state.in_(WAITING)
                    & Document.n.in_(list(ns[start : start + BITE_ROWS]))
                )
                .scalar()
            )
    return found


def unknown(store: Store, keys: Iterable[str]) -> set[str]:
    """Of these ids, those no document here has, and of which there is no recovered copy either."""
    asked = sorted(set(keys))
    known: set[str] = set()
    for start in range(0, len(asked), BITE_ROWS):
        bite = asked[start : start + BITE_ROWS]
        marks = ", ".join("?" * len(bite))
        known |= {key for (key,) in store.execute(f"SELECT id FROM document WHERE id IN ({marks})", bite)}
        copied = [f"{ledger.RECOVERED}{key}" for key in bite]
        rows = store.execute(f"SELECT id FROM document WHERE id IN ({marks})", copied)
        known |= {key.removeprefix(ledger.RECOVERED) for (key,) in rows}
    return set(asked) - known
