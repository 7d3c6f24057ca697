"""Comparisons of till and books: what a session or day came to, and every document that differs.

A comparison that could not be made leaves the last one standing and says why. A difference stays until a later look
finds both sides equal, or a person settles it with a reason; settled, it comes back when it becomes another one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import Case

from pos import clock
from pos.errors import Invalid, NotFound
from pos.rules.reconcile import Finding, Result, Row
from pos.said import nsaid, said
from pos.store import audit, notices
from pos.store import reach as within
from pos.store.db import Store
from pos.store.models import Reconciliation, ReconciliationItem
from pos.store.outbox import tuples
from pos.store.reach import EVERYWHERE, Reach
from pos.store.scopes import Scope

REASON_CHARS_MIN = 5
REASON_CHARS_MAX = 500
#: Receipts named in a notice.
NAMED_MAX = 3
BITE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one scope on one connection. verdict: of the last comparison; outcome, reason: of the last try.

    open: differences nobody settled. total_here, total_there: minor units.
    """

    n: int
    scope: Scope
    connection: str
    verdict: str
    compared_at: str
    here: int
    there: int
    total_here: int
    total_there: int
    within: int
    note: str
    rows: tuple[Row, ...]
    tried_at: str
    outcome: str
    code: str
    reason: str
    wanted_at: str
    open: int


@dataclass(frozen=True, slots=True)
class Item:
    """One document that differs, or did. here, there: figures as `Figures.plain` has them, None = none."""

    n: int
    key: str
    document: str
    number: str
    part: str
    session: str
    day: str
    remote_id: str
    what: str
    words: str
    here: dict[str, Any] | None
    there: dict[str, Any] | None
    found_at: str
    last_at: str
    state: str
    closed_at: str
    closed_by: str
    reason: str


# -- what it came to ---------------------------------------------------------------------------------------------------


def not_run(store: Store, connection: str, scope: Scope, now: datetime, code: str, reason: str) -> None:
    """No comparison could be made now; the last one stands."""
    tried = {"tried_at": clock.stamp(now), "outcome": "not_run", "code": code, "reason": reason, "wanted_at": ""}
    with store.transaction():
        if not _change(connection, scope, tried):
            Reconciliation.create(**_blank(connection, scope), **tried)


def keep(
    store: Store, connection: str, scope: Scope, result: Result, note: str, now: datetime, *, run: str = ""
) -> int:
    """Keep what a comparison came to; how many open differences the scope has now. Raises and settles its notice. run:
    what the run that asked is called, "" = none did."""
    total = result.rows[0]
    stamp = clock.stamp(now)
    values = {
        "verdict": result.verdict, "compared_at": stamp, "here": result.here, "there": result.there,
        "total_here": total.ours, "total_there": total.theirs, "within": result.within, "note": note,
        "sums": json.dumps([[r.of, r.name, r.ours, r.theirs] for r in result.rows]),
        "tried_at": stamp, "outcome": result.verdict, "code": "", "reason": "", "wanted_at": "",
    }  # fmt: skip
    with store.transaction():
        if not _change(connection, scope, values):
            Reconciliation.create(**_blank(connection, scope) | values)
        for finding in result.findings:
            _found(connection, finding, stamp)
        _matched(connection, scope, {finding.pair.key for finding in result.findings}, stamp)
        for name in _sessions_of(connection, scope):
            _tell(store, connection, Scope("session", name, scope.day), run)
        return _tell(store, connection, scope, run)


def _sessions_of(connection: str, scope: Scope) -> list[str]:
    """The sessions a day's differences belong to: people are told of them there."""
    if scope.scope == "session":
        return []
    item = ReconciliationItem
    here = _in(connection, scope) & (item.session != "")
    return [name for (name,) in tuples(item.select(item.session).where(here).distinct())]


def _blank(connection: str, scope: Scope) -> dict[str, Any]:
    nothing = dict.fromkeys(("here", "there", "total_here", "total_there", "within"), 0)
    words = dict.fromkeys(("compared_at", "note"), "")
    return {
        "scope": scope.scope, "name": scope.name, "connection": connection, "day": scope.day, "verdict": "not_run",
        "sums": "[]", **nothing, **words,
    }  # fmt: skip


def _change(connection: str, scope: Scope, values: dict[str, Any]) -> bool:
    row = _row_of(connection, scope)
    return bool(Reconciliation.update(**values).where(row).execute())


def _row_of(connection: str, scope: Scope) -> Any:
    return (
        (Reconciliation.scope == scope.scope)
        & (Reconciliation.name == scope.name)
        & (Reconciliation.connection == connection)
    )


def _found(connection: str, finding: Finding, stamp: str) -> None:
    """One difference: new, or back, or another one than a person settled; else only seen again."""
    pair = finding.pair
    same_key = (ReconciliationItem.connection == connection) & (ReconciliationItem.key == pair.key)
    old = ReconciliationItem.get_or_none(same_key)
    said = {
        "what": finding.what,
        "words": finding.words,
        "here": json.dumps(pair.ours.plain()) if pair.ours else "",
        "there": json.dumps(pair.theirs.plain()) if pair.theirs else "",
    }
    values = said | {
        "document": pair.document, "number": pair.number, "part": pair.part, "session": pair.session, "day": pair.day,
        "remote_id": pair.remote_id, "last_at": stamp,
    }  # fmt: skip
    state = old.state if old is not None else "matched"
    if state == "settled" and old is not None and any(getattr(old, name) != value for name, value in said.items()):
        state = "matched"  # settled was another difference than this one
    if state == "matched":
        values |= {"found_at": stamp, "state": "open", "closed_at": "", "closed_by": "", "reason": ""}
        state = "open"
    if state == "open" and pair.settled:
        by, _, reason = pair.settled.partition(": ")
        values |= {"state": "settled", "closed_at": stamp, "closed_by": by, "reason": reason}
    if old is None:
        ReconciliationItem.create(connection=connection, key=pair.key, **values)
    else:
        ReconciliationItem.update(**values).where(same_key).execute()


def _matched(connection: str, scope: Scope, still: set[str], stamp: str) -> None:
    """What was different in this scope and is so no longer."""
    there = _in(connection, scope) & ReconciliationItem.state.in_(("open", "settled"))
    gone = [
        n for n, key in tuples(ReconciliationItem.select(ReconciliationItem.n, ReconciliationItem.key).where(there))
        if key not in still
    ]  # fmt: skip
    for start in range(0, len(gone), BITE_ROWS):
        some = ReconciliationItem.n.in_(gone[start : start + BITE_ROWS])
        ReconciliationItem.update(state="matched", closed_at=stamp).where(some).execute()


def _in(connection: str, scope: Scope) -> Any:
    column = ReconciliationItem.session if scope.scope == "session" else ReconciliationItem.day
    return (ReconciliationItem.connection == connection) & (column == scope.name)


# -- what people are told ----------------------------------------------------------------------------------------------


def _tell(store: Store, connection: str, scope: Scope, run: str = "") -> int:
    """The notice of a scope: raised when something in it differs, settled when nothing does any more.

    A document is told with its session; a day tells only of what belongs to none. What was told already is told again
    only to name the run that found it.
    """
    open_here = _in(connection, scope) & (ReconciliationItem.state == "open")
    count = ReconciliationItem.select().where(open_here).count()
    told = open_here if scope.scope == "session" else open_here & (ReconciliationItem.session == "")
    rows = list(ReconciliationItem.select().where(told).order_by(ReconciliationItem.n))
    key = f"reconcile:{connection}:{scope.name}"
    if not rows:
        notices.settle(store, key)
        return count
    named = ", ".join(row.number or row.remote_id for row in rows[:NAMED_MAX])
    if len(rows) > NAMED_MAX:
        named = said("{names} and {n} more", names=named, n=len(rows) - NAMED_MAX)
    text = _words(scope, len(rows), named)
    found_by = said("{words} Found by the run {run}.", words=text, run=run) if run else text
    told_now = [notice.text for notice in notices.open_notices(store, prefix=key) if notice.key == key]
    if not any(told == found_by or (not run and told.startswith(text)) for told in told_now):
        text = found_by
        remedy = said("Open Reconciliation: put right what is wrong there, or settle it with a reason.")
        notices.raise_notice(store, key, "needs", text, remedy, scope.name)
    return count


def _words(scope: Scope, count: int, named: str) -> str:
    if scope.scope == "session":
        return nsaid(
            "Session {session}: {n} receipt differs from the books: {names}.",
            "Session {session}: {n} receipts differ from the books: {names}.",
            count, session=scope.name, names=named,
        )  # fmt: skip
    return nsaid(
        "The day {day}: {n} receipt differs from the books: {names}.",
        "The day {day}: {n} receipts differ from the books: {names}.",
        count, day=scope.name, names=named,
    )  # fmt: skip


def settle(store: Store, n: int, reason: str, by: str, reach: Reach = EVERYWHERE) -> Item:
    """A person explains a difference; it stays on record. NotFound; Invalid without a reason, or when not open."""
    words = " ".join(reason.split())
    if not REASON_CHARS_MIN <= len(words) <= REASON_CHARS_MAX:
        raise Invalid("Say in a few words why this is right as it is.", field="reason")
    with store.durably():
        row = ReconciliationItem.get_or_none(ReconciliationItem.n == n)
        if row is None or not _reaches(store, reach, row):
            raise NotFound("There is no such difference.", field="n")
        changed = (
            ReconciliationItem.update(state="settled", closed_at=clock.stamp(clock.now()), closed_by=by, reason=words)
            .where((ReconciliationItem.n == n) & (ReconciliationItem.state == "open"))
            .execute()
        )
        if changed != 1:
            raise Invalid(said("This difference is {state} already.", state=row.state), field="n")
        detail = {"connection": row.connection, "document": row.document, "what": row.what, "words": row.words}
        audit.record(store, by, "reconcile.settle", row.number or row.remote_id, {**detail, "reason": words})
        for scope in (Scope("session", row.session, row.day), Scope("day", row.day, row.day)):
            if scope.name:
                _tell(store, row.connection, scope)
        return _item(ReconciliationItem.get_by_id(n))


def _reaches(store: Store, reach: Reach, row: Any) -> bool:
    """Whether a difference lies inside: its session's, or its day's where it has none."""
    scope = ("session", row.session) if row.session else ("day", row.day)
    if reach.is_all:
        return True
    where, facts = within.compared(reach, "r")
    asked = " AND ".join(["r.connection = ?", "r.scope = ?", "r.name = ?", *where])
    found = store.execute(f"SELECT 1 FROM reconciliation r WHERE {asked} LIMIT 1", (row.connection, *scope, *facts))
    return found.fetchone() is not None


# -- reading -----------------------------------------------------------------------------------------------------------


def want(store: Store, connection: str, scope: Scope, by: str, now: datetime) -> None:
    """A person asks for another look; the agent takes it up."""
    with store.transaction():
        if not _change(connection, scope, {"wanted_at": clock.stamp(now)}):
            blank = _blank(connection, scope) | {"wanted_at": clock.stamp(now), "tried_at": "", "outcome": "not_run"}
            Reconciliation.create(**blank, code="new", reason="Not looked at yet.")
        audit.record(store, by, "reconcile.run", scope.name, {"connection": connection})


def standing(store: Store, connection: str, scope: Scope) -> Standing | None:
    """What is known of one scope; None when nobody looked yet."""
    with store.reading():
        row = Reconciliation.get_or_none(_row_of(connection, scope))
        if row is None:
            return None
        count = ReconciliationItem.select().where(_in(connection, scope) & (ReconciliationItem.state == "open")).count()
        return _standing(row, count)


@dataclass(frozen=True, slots=True)
class Brief:
    """One scope on one connection, as a list shows it and a round plans by it. Fields as in `Standing`.

    settled: differences a person explained.
    """

    scope: Scope
    connection: str
    verdict: str
    compared_at: str
    here: int
    there: int
    total_here: int
    total_there: int
    tried_at: str
    outcome: str
    code: str
    reason: str
    wanted_at: str
    open: int
    settled: int


_BRIEF = (
    "SELECT r.scope, r.name, r.day, r.connection, r.verdict, r.compared_at, r.here, r.there, r.total_here,"
    " r.total_there, r.tried_at, r.outcome, r.code, r.reason, r.wanted_at, total(i.state = 'open'),"
    " total(i.state = 'settled') FROM reconciliation r LEFT JOIN"
    " reconciliation_item i ON i.connection = r.connection AND i.state IN ('open', 'settled')"
    " AND CASE r.scope WHEN 'session' THEN i.session ELSE i.day END = r.name WHERE {where} GROUP BY r.n"
)


def briefs(store: Store, connection: str = "", reach: Reach = EVERYWHERE) -> list[Brief]:
    """Everything known within a reach, of one connection or of all."""
    where, facts = within.compared(reach, "r")
    return _briefs(store, " AND ".join(["? IN ('', r.connection)", *where]), (connection, *facts))


def brief(store: Store, connection: str, scope: Scope) -> Brief | None:
    """What is known of one scope; None when nobody looked yet."""
    found = _briefs(store, "r.connection = ? AND r.scope = ? AND r.name = ?", (connection, scope.scope, scope.name))
    return found[0] if found else None


def _briefs(store: Store, where: str, values: tuple[str, ...]) -> list[Brief]:
    rows = store.execute(_BRIEF.format(where=where), values).fetchall()
    return [Brief(Scope(*r[:3]), *(*r[3:-2], int(r[-2]), int(r[-1]))) for r in rows]


def items(store: Store, connection: str, scope: Scope, limit: int, offset: int = 0) -> tuple[list[Item], int]:
    """What differs in a scope, or did: open ones first. And how many there are."""
    with store.reading():
        here = _in(connection, scope)
        rank = Case(ReconciliationItem.state, (("open", 0), ("settled", 1)), 2)
        found = ReconciliationItem.select().where(here).order_by(rank, ReconciliationItem.n).offset(offset).limit(limit)
        return [_item(row) for row in found], ReconciliationItem.select().where(here).count()


def explained(store: Store, connection: str, scope: Scope) -> dict[str, str]:
    """The differences of a scope that a person settled, by key: who, and why."""
    here = _in(connection, scope) & (ReconciliationItem.state == "settled")
    with store.reading():
        return {row.key: f"{row.closed_by}: {row.reason}" for row in ReconciliationItem.select().where(here)}


def _standing(row: Any, count: int) -> Standing:
    rows = tuple(Row(of, name, ours, theirs) for of, name, ours, theirs in json.loads(row.sums))
    return Standing(
        row.n, Scope(row.scope, row.name, row.day), row.connection, row.verdict, row.compared_at, row.here, row.there,
        row.total_here, row.total_there, row.within, row.note, rows, row.tried_at, row.outcome, row.code, row.reason,
        row.wanted_at, count,
    )  # fmt: skip


def _item(row: Any) -> Item:
    return Item(
        row.n, row.key, row.document, row.number, row.part, row.session, row.day, row.remote_id, row.what, row.words,
        json.loads(row.here) if row.here else None, json.loads(row.there) if row.there else None, row.found_at,
        row.last_at, row.state, row.closed_at, row.closed_by, row.reason,
    )  # fmt: skip
