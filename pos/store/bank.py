"""A bank's lines by company, the takings by card they stand for, and which is which.

A line is kept once, by what it says; taken in again it changes nothing. Matches are made anew for the days they are of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.errors import NotFound
from pos.rules.bank_match import Line, Match, Read
from pos.said import packed, said, unpacked
from pos.store import audit
from pos.store import reach as within
from pos.store.db import Store
from pos.store.models import BankFile, BankReject, BankRow
from pos.store.reach import EVERYWHERE, Reach

BITE_ROWS = 500
#: A way to pay of an export that is of the drawer, and one that is of several.
_CASH, _SEVERAL = (
    re.compile(r"\bcash\b", re.IGNORECASE),
    re.compile(r"[+/&,;]|\band\b|\bmixed\b|\bsplit\b", re.IGNORECASE),
)
_PUT = (
    "INSERT INTO bank_row (company, row_key, file, line, day, at, amount, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (company, row_key) DO NOTHING"
)
_REJECT = "INSERT INTO bank_reject (file, line, reason, made_of, row_text) VALUES (?, ?, ?, ?, ?)"
_MATCH = "INSERT INTO bank_match (company, taking, line, day, fee, off, seconds, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
#: Payments by card of receipts that were not taken back as a whole; several: the receipt was paid otherwise, too.
_CARDS = (
    "SELECT t.document, t.position, d.number, d.created_at, d.business_day, t.mode, t.amount,"
    " EXISTS (SELECT 1 FROM tender o WHERE o.document = t.document AND o.position <> t.position AND o.amount <> 0)"
    " FROM document d JOIN tender t ON t.document = d.id WHERE d.business_day >= ? AND d.business_day <= ?"
    " AND d.kind IN ('sale', 'return') AND d.series <> 'recovered' AND t.kind = 'card' AND t.amount <> 0"
    " AND NOT EXISTS (SELECT 1 FROM line l JOIN document v ON v.id = l.document AND v.kind = 'void'"
    " WHERE l.against_document = d.id){where} ORDER BY d.n, t.position"
)
_EXPORTED = (
    "SELECT min(row_key), at, day, tender, sum(gross) FROM import_row WHERE company = ? AND day >= ? AND day <= ?"
    " AND gone_in = 0 GROUP BY at, day, place, tender, staff, customer, kind HAVING sum(gross) <> 0 ORDER BY min(n)"
)


@dataclass(frozen=True, slots=True)
class File:
    """A bank's file that was taken in. new, known, rejected: of its lines."""

    n: int
    company: str
    name: str
    new: int
    known: int
    rejected: int
    day_from: str
    day_to: str
    by: str
    received_at: str


@dataclass(frozen=True, slots=True)
class Taking:
    """A payment that is to turn up at the bank. id: of its document and place. at: a stamp, or of an export the shop's
    wall clock. amount: minor units. mixed: its receipt was paid otherwise, too. unclear: how much of it is by card is
    not told, so it is matched to nothing."""

    id: str
    number: str
    at: str
    day: str
    way: str
    amount: int
    mixed: bool
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of the bank. at: wall clock, a day alone where no time was told."""

    n: int
    day: str
    at: str
    amount: int
    text: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken, and why."""

    line: int
    reason: str
    text: str


# -- taken in ----------------------------------------------------------------------------------------------------------


def take_in(store: Store, company: str, name: str, sha256: str, read: Read, by: str, now: datetime) -> File:
    """Keep the lines of a file that are not here yet, all or nothing."""
    days = sorted(line.day for line in read.lines) or [""]
    with store.transaction():
        before = BankRow.select().where(BankRow.company == company).count()
        file = BankFile.create(
            company=company, name=name, sha256=sha256, by=by, received_at=clock.stamp(now), day_from=days[0],
            day_to=days[-1], rejected_rows=len(read.rejects),
        )  # fmt: skip
        for some in _bites([_values(company, file.n, line) for line in read.lines]):
            store.execute_many(_PUT, some)
        for some in _bites([(file.n, r.line, str(r.reason), packed(r.reason), r.text) for r in read.rejects]):
            store.execute_many(_REJECT, some)
        new = BankRow.select().where(BankRow.company == company).count() - before
        known = len(read.lines) - new
        BankFile.update(new_rows=new, known_rows=known).where(BankFile.n == file.n).execute()
        audit.record(store, by, "bank.upload", company, {"company": company, "name": name, "new": new})
        return _file(BankFile.get_by_id(file.n))


def _values(company: str, file: int, line: Line) -> tuple[Any, ...]:
    return company, line.key, file, line.line, line.day, line.at, line.amount, line.text


def _bites(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + BITE_ROWS] for start in range(0, len(rows), BITE_ROWS))


def _file(row: Any) -> File:
    return File(
        row.n, row.company, row.name, row.new_rows, row.known_rows, row.rejected_rows, row.day_from, row.day_to,
        row.by, row.received_at,
    )  # fmt: skip


def files(store: Store, company: str, limit: int = 10) -> list[File]:
    """Those taken in last."""
    with store.reading():
        asked = BankFile.select().where(BankFile.company == company).order_by(BankFile.n.desc()).limit(limit)
        return [_file(row) for row in asked]


def rejects(store: Store, company: str, n: int, limit: int = 200) -> tuple[File, list[Rejected]]:
    """Lines of a company's file that were not taken. NotFound."""
    with store.reading():
        row = BankFile.get_or_none((BankFile.company == company) & (BankFile.n == n))
        if row is None:
            raise NotFound(said("There is no such file of a bank here."), field="file")
        found = BankReject.select().where(BankReject.file == n).order_by(BankReject.line).limit(limit)
        return _file(row), [Rejected(r.line, unpacked(r.reason, r.made_of), r.row_text) for r in found]


# -- both sides --------------------------------------------------------------------------------------------------------


def takings(store: Store, company: str, first: str, last: str, *, exported: bool) -> list[Taking]:
    """What of these business days (ISO, both included) is to turn up at a company's bank: payments by card at tills, or
    those of exports of another till."""
    with store.reading():
        if exported:
            rows = store.execute(_EXPORTED, (company, first, last)).fetchall()
            return [_exported(*row) for row in rows if not _is_cash(row[3])]
        mine = EVERYWHERE if store.config.server.role == "till" else Reach(frozenset({company}))
        where, facts = within.tills(mine, "d.till")
        asked = _CARDS.format(where=f" AND {where[0]}" if where else "")
        rows = store.execute(asked, (first, last, *facts)).fetchall()
        return [
            Taking(f"{document}:{position}", number, at, day, mode, int(amount), bool(mixed))
            for document, position, number, at, day, mode, amount, mixed in rows
        ]


def _is_cash(way: str) -> bool:
    return bool(_CASH.search(way)) and not _SEVERAL.search(way)


def _exported(key: str, at: str, day: str, way: str, gross: int) -> Taking:
    mixed = bool(_SEVERAL.search(way))
    return Taking(f"import:{key}", "", at, day, way, int(gross), mixed, unclear=mixed)


def lines(store: Store, company: str, first: str, last: str) -> list[Kept]:
    """A company's lines of these business days, both included."""
    with store.reading():
        rows = store.execute(
            "SELECT n, day, at, amount, text FROM bank_row WHERE company = ? AND day >= ? AND day <= ? ORDER BY at, n",
            (company, first, last),
        ).fetchall()
    return [Kept(*row) for row in rows]


def days(store: Store, company: str) -> tuple[str, str]:
    """The first and the last business day lines are here of; "" when there are none."""
    with store.reading():
        row = store.execute(
            "SELECT coalesce(min(day), ''), coalesce(max(day), '') FROM bank_row WHERE company = ?", (company,)
        ).fetchone()
    return str(row[0]), str(row[1])


# -- which is which ----------------------------------------------------------------------------------------------------


def matches(store: Store, company: str, first: str, last: str) -> dict[str, Match]:
    """The matches of takings of these business days, by taking; the line is its `n`."""
    with store.reading():
        rows = store.execute(
            "SELECT taking, line, fee, off, seconds FROM bank_match WHERE company = ? AND day >= ? AND day <= ?",
            (company, first, last),
        ).fetchall()
    return {taking: Match(taking, str(line), fee, off, seconds) for taking, line, fee, off, seconds in rows}


def used(store: Store, company: str, first: str, last: str) -> set[int]:
    """The lines that are matched to takings of other business days than these."""
    with store.reading():
        rows = store.execute(
            "SELECT line FROM bank_match WHERE company = ? AND (day < ? OR day > ?)", (company, first, last)
        ).fetchall()
    return {int(n) for (n,) in rows}


def put_matches(
    store: Store, company: str, first: str, last: str, found: Iterable[tuple[str, Match]], now: datetime
) -> None:
    """These, each with its business day, are the matches of takings of these days, in place of any before."""
    stamp = clock.stamp(now)
    rows = [(company, m.taking, int(m.line), day, m.fee, m.off, m.seconds, stamp) for day, m in found]
    with store.transaction():
        store.execute("DELETE FROM bank_match WHERE company = ? AND day >= ? AND day <= ?", (company, first, last))
        for some in _bites(rows):
            store.execute_many(_MATCH, some)


def matched_lines(store: Store, company: str, ns: Sequence[int]) -> set[int]:
    """Of these lines, those that are matched."""
    found: set[int] = set()
    with store.reading():
        for some in _bites(ns):
            marks = ", ".join("?" * len(some))
            rows = store.execute(
                f"SELECT line FROM bank_match WHERE company = ? AND line IN ({marks})", (company, *some)
            ).fetchall()
            found |= {int(n) for (n,) in rows}
    return found
