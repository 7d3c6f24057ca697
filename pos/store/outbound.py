"""The outbox in pages, for a person: every document on its way to every connection, filtered, searched and sorted.

A page costs the same with ten rows and with a million: few rows are found by their state and sorted, many are walked
in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pos.rules.money import major
from pos.store import listing
from pos.store import reach as within
from pos.store.db import Store
from pos.store.listing import COUNT_MAX, Asked, Page, Source
from pos.store.reach import EVERYWHERE, Reach
from pos.store.standing import Row
from pos.store.tally import NEEDS, WAITING

#: What may be asked for, and the states behind it. parked and settled are no states: a flag beside them.
SHOWS = ("needs", "waiting", "parked", "settled", "booked", "all")
#: A search looks at so many documents of a beginning of a number.
FOUND_MAX = 500

_COLUMNS = (
    "o.n", "o.document", "d.number", "d.kind", "coalesce(d.total, b.total)", "coalesce(d.currency, b.currency)",
    "o.connection", "o.part", "o.state", "o.tries",
    "o.remote_id", "o.code", "o.message", "o.difference", "o.resolved", "o.created_at", "o.updated_at", "o.next_at",
    "o.booked_at", "o.parked",
)  # fmt: skip
_ORDERS = {
    "since": "o.n",
    "next": "o.next_at",
    "tries": "o.tries",
    "number": "coalesce(d.number, o.document)",
    "total": "coalesce(d.total, 0)",
    "changed": "o.updated_at",
}
_JOIN = (
    "LEFT JOIN document d ON d.id = o.document"
    " LEFT JOIN bundle b ON o.part = 'book' AND b.connection = o.connection AND b.number = o.document"
    " AND b.number <> ''"
)
_STATES = {"needs": NEEDS, "waiting": WAITING, "settled": NEEDS, "booked": ("booked",)}
_OPEN = "o.state <> 'booked'"
#: Named wherever a state is asked for: by its own statistics the engine would take most states for many rows.
_BY_STATE = "outbox o INDEXED BY outbox_connection_state_next_at"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows. show: one of SHOWS. connection, code: only these, "" = any. words: what a person typed to search."""

    show: str = "needs"
    connection: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of rows. unsorted: too many fit to sort them otherwise, so they stand in the order they came in."""

    rows: list[Row]
    page: Page
    unsorted: bool = False


def listed(store: Store, wanted: Filter, asked: Asked, reach: Reach = EVERYWHERE) -> Listed:
    """One page, counted up to COUNT_MAX."""
    with store.reading():
        plan = _plan(store, wanted, asked, reach)
        found = listing.page(store, plan.source, plan.where, plan.facts, plan.asked)
        return Listed([_row(r) for r in found.rows], replace(found, total=plan.total), plan.unsorted)


def every(store: Store, wanted: Filter, asked: Asked, reach: Reach = EVERYWHERE) -> Iterator[Row]:
    """All that fits, for an export."""
    with store.reading():
        plan = _plan(store, wanted, asked, reach)
    for row in listing.everything(store, plan.source, plan.where, plan.facts, plan.asked):
        yield _row(row)


def one(store: Store, n: int, reach: Reach = EVERYWHERE) -> Row | None:
    """The row with this number, when it lies inside."""
    source = Source(_COLUMNS, f"outbox o {_JOIN}", "o.n", _ORDERS)
    with store.reading():
        more, facts = within.outbox(reach, "o")
        found = listing.page(store, source, ["o.n = ?", *more], [n, *facts], Asked(limit=1)).rows
    return _row(found[0]) if found else None


def counted(
    store: Store, shows: tuple[str, ...] = ("needs", "waiting", "parked"), reach: Reach = EVERYWHERE
) -> dict[str, int]:
    """How many rows there are of each, up to COUNT_MAX + 1."""
    with store.reading():
        return {show: _plan(store, Filter(show), Asked(), reach).total for show in shows}


def codes(store: Store, reach: Reach = EVERYWHERE, limit: int = 50) -> list[str]:
    """The reasons of what needs a person now, so that a list can be filtered by them."""
    where, facts = _by_state(store, NEEDS, "", reach)
    with store.reading():
        more, others = within.outbox(reach, "o")
        where, facts = " AND ".join([where, *more]), [*facts, *others]
        rows = store.execute(
            f"SELECT DISTINCT code FROM (SELECT o.code FROM {_BY_STATE} WHERE {where} AND o.resolved = '' LIMIT ?)"
            " AS those WHERE code <> '' ORDER BY code LIMIT ?",
            (*facts, COUNT_MAX, limit),
        ).fetchall()
    return [code for (code,) in rows]


@dataclass(frozen=True, slots=True)
class _Plan:
    source: Source
    where: list[str]
    facts: list[Any]
    asked: Asked
    total: int
    unsorted: bool


def _plan(store: Store, wanted: Filter, asked: Asked, reach: Reach) -> _Plan:
    """How to read it: by state when few fit, else in the order of the rows."""
    where, facts = _conditions(store, wanted, reach)
    tables, states = "outbox o", _STATES.get(wanted.show)
    if wanted.show == "parked" and not wanted.words:
        tables = "outbox o INDEXED BY outbox_parked"
    if wanted.words or states is None:
        total = listing.count(store, tables, where, facts)
    else:
        by_state, more = _by_state(store, states, wanted.connection, reach)
        few = [*where, by_state], [*facts, *more]
        total = listing.count(store, _BY_STATE, *few)
        if total <= COUNT_MAX:
            where, facts = few
            tables = _BY_STATE
        elif wanted.show != "booked":
            where = [*where, _OPEN]
            tables = "outbox o INDEXED BY outbox_open"
    unsorted = asked.sort not in ("", "since") and total > COUNT_MAX
    if unsorted:
        asked = replace(asked, sort="since", after="", before="")
    return _Plan(Source(_COLUMNS, f"{tables} {_JOIN}", "o.n", _ORDERS), where, facts, asked, total, unsorted)


def _conditions(store: Store, wanted: Filter, reach: Reach) -> tuple[list[str], list[Any]]:
    where, facts = list[str](), list[Any]()
    more, others = within.outbox(reach, "o")
    where += more
    facts += others
    states = _STATES.get(wanted.show)
    if states is not None:
        where.append(f"o.state IN ({', '.join('?' * len(states))})")
        facts += states
    if wanted.show == "parked":
        where.append("o.parked <> ''")
    elif wanted.show in ("needs", "waiting"):
        where.append("o.parked = ''")
    if wanted.show in ("needs", "settled"):
        where.append("o.resolved = ''" if wanted.show == "needs" else "o.resolved <> ''")
    for column, value in (("connection", wanted.connection), ("code", wanted.code)):
        if value:
            where.append(f"o.{column} = ?")
            facts.append(value)
    if wanted.words.strip():
        found = _search(store, wanted.words.strip())
        where.append(f"o.n IN ({', '.join('?' * len(found))})")
        facts += found
    return where, facts


def _by_state(
    store: Store, states: tuple[str, ...], connection: str, reach: Reach = EVERYWHERE
) -> tuple[str, list[Any]]:
    """A condition the index of connection and state answers."""
    known = [connection] if connection else _connections(store, reach)
    marks = ", ".join("?" * len(known))
    return f"o.connection IN ({marks}) AND o.state IN ({', '.join('?' * len(states))})", [*known, *states]


def _connections(store: Store, reach: Reach) -> list[str]:
    where, facts = within.connections(reach, "id")
    asked = f"SELECT id FROM connection WHERE {where[0] if where else '1 = 1'} ORDER BY id"
    return [c for (c,) in store.execute(asked, facts).fetchall()] or ["-"]


def _search(store: Store, words: str) -> list[int]:
    """The rows a person means: by number or its beginning, document id, what it is called there, or words of a reply
    that needs them. Asked for by themselves, so that each is found by its own index."""
    number, end = words.upper(), words.upper() + "\uffff"
    by_state, facts = _by_state(store, NEEDS, "")
    like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = store.execute(
        "SELECT n FROM outbox WHERE document = ?"
        " UNION SELECT x.n FROM (SELECT id FROM document WHERE number >= ? AND number < ?"
        " ORDER BY number DESC LIMIT ?) f CROSS JOIN outbox x ON x.document = f.id"
        " UNION SELECT n FROM (SELECT n FROM outbox INDEXED BY outbox_remote_id WHERE remote_id <> ''"
        " AND remote_id >= ? AND remote_id < ? LIMIT ?) AS there"
        f" UNION SELECT n FROM (SELECT o.n FROM {_BY_STATE} WHERE {by_state} AND o.message LIKE ? ESCAPE '\\' LIMIT ?)"
        " AS said",
        [words, number, end, FOUND_MAX, number, end, FOUND_MAX, *facts, like, FOUND_MAX],
    ).fetchall()
    return [n for (n,) in rows]


def _row(values: tuple[Any, ...]) -> Row:
    n, document, number, kind, total, currency, *rest = values
    amount = None if total is None else major(total, currency)
    return Row(n, document, number or document, kind or "", amount, currency or "", *rest)
