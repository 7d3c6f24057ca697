"""Rows of other tills' exports as documents of the books: which have none yet, which went into which, what a day's come
to. A document made of them is a bundle without receipts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pos import clock
from pos.rules.daybook import Book, Group
from pos.store import bundles
from pos.store.db import Store
from pos.store.models import ImportRow

BITE_ROWS = 500
#: A row that stands and is in no document.
_FREE = "company = ? AND day = ? AND place = ? AND tender = ? AND kind = ? AND bundle = 0 AND gone_in = 0"
#: As documents have it: what was sold, or what was given back.
_UNSIGNED = "CASE WHEN kind = 'refund' THEN -gross ELSE gross END"
_LINES = "SELECT n, item, name, category, qty, net, tax, gross, rate FROM import_row"


@dataclass(frozen=True, slots=True)
class Loose:
    """Rows of one day, place, way to pay and kind (sale, refund) that are in no document yet."""

    day: str
    place: str
    tender: str
    kind: str
    rows: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as a document needs it; below nothing for what came back."""

    n: int
    item: str
    name: str
    category: str
    qty: int
    net: int
    tax: int
    gross: int
    rate: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a document is made of that has no receipts: so many rows, of these files."""

    rows: int
    files: tuple[str, ...]


@dataclass(slots=True)
class Raw:
    """What stands in the newest exports of a day, in minor units. receipts: told apart by moment, place, way to pay,
    customer and staff, as exports number none. tenders, taxes (percent as text, "" = the row does
    not say), documents (number) -> sum; loose: rows in no document, and what they come to. gone, gone_total: rows that
    went into a document and are gone from a newer export. rejected: rows of these files that were not taken."""

    rows: int = 0
    receipts: int = 0
    total: int = 0
    net: int = 0
    tax: int = 0
    tenders: dict[str, int] = field(default_factory=dict)
    taxes: dict[str, int] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    loose: int = 0
    loose_total: int = 0
    gone: int = 0
    gone_total: int = 0
    rejected: int = 0


def loose(store: Store, company: str, days: Sequence[str]) -> list[Loose]:
    """What of these days is in no document yet, the oldest day first."""
    found: list[Loose] = []
    with store.reading():
        for day in sorted(days):
            rows = store.execute(
                "SELECT day, place, tender, kind, count(*) FROM import_row WHERE company = ? AND day = ? AND bundle = 0"
                " AND gone_in = 0 GROUP BY day, place, tender, kind ORDER BY day, place, tender, kind",
                (company, day),
            ).fetchall()
            found += [Loose(*row) for row in rows]
    return found


def days_loose(store: Store, company: str) -> list[str]:
    """The days rows of no document are of."""
    with store.reading():
        rows = store.execute(
            "SELECT DISTINCT day FROM import_row WHERE company = ? AND bundle = 0 AND gone_in = 0 ORDER BY day",
            (company,),
        ).fetchall()
    return [day for (day,) in rows]


def days_between(store: Store, company: str, first: str, last: str) -> list[str]:
    """The days rows are kept of."""
    with store.reading():
        rows = store.execute(
            "SELECT DISTINCT day FROM import_row WHERE company = ? AND day >= ? AND day <= ? ORDER BY day",
            (company, first, last),
        ).fetchall()
    return [day for (day,) in rows]


def rows_of(store: Store, company: str, one: Loose) -> Iterator[list[Kept]]:
    """Its rows, a bite at a time."""
    last = 0
    while True:
        with store.reading():
            rows = store.execute(
                f"{_LINES} WHERE {_FREE} AND n > ? ORDER BY n LIMIT ?",
                (company, one.day, one.place, one.tender, one.kind, last, BITE_ROWS),
            ).fetchall()
        if not rows:
            return
        yield [Kept(*row) for row in rows]
        last = rows[-1][0]


def files_of(store: Store, company: str, one: Loose) -> list[int]:
    """The files its rows came in."""
    with store.reading():
        rows = store.execute(
            f"SELECT DISTINCT file FROM import_row WHERE {_FREE} ORDER BY file",
            (company, one.day, one.place, one.tender, one.kind),
        ).fetchall()
    return [n for (n,) in rows]


def rate(store: Store, rates: Sequence[tuple[str, int]]) -> None:
    """Write down which rate rows were found to be of: (percent as text, row)."""
    if rates:
        with store.rows():
            store.execute_many("UPDATE import_row SET rate = ? WHERE n = ? AND bundle = 0", rates)


def hand_out(
    store: Store, connection: str, company: str, group: Group, of: Sequence[Loose], last: int,
    pairs: Sequence[tuple[Book, int]], now: datetime,
) -> bool:  # fmt: skip
    """Make these documents, each with its supplement, of the loose rows up to row `last`, all or nothing. False when
    the rows are not those any more that were read: nothing happened."""
    stamp = clock.stamp(now)
    with store.transaction():
        if any(bundles.taken(store, connection, book.number) for book, _ in pairs):
            return False
        root = bundles.without_receipts(store, connection, company, group, pairs, stamp)
        moved = total = 0
        for one in of:
            key = (company, one.day, one.place, one.tender, one.kind, last)
            row = store.execute(
                f"SELECT count(*), coalesce(sum({_UNSIGNED}), 0) FROM import_row WHERE {_FREE} AND n <= ?", key
            ).fetchone()
            moved, total = moved + int(row[0]), total + int(row[1])
            store.execute(f"UPDATE import_row SET bundle = ? WHERE {_FREE} AND n <= ?", (root, *key))
        if moved != sum(one.rows for one in of) or total != sum(book.total for book, _ in pairs):
            raise Changed
        return True


class Changed(Exception):
    """Rows came or went between reading and writing; what was written is taken back."""


# -- what others ask ---------------------------------------------------------------------------------------------------


def total_of(store: Store, root: int) -> int | None:
    """What the rows a document is made of come to, without a sign; None when it is made of none."""
    with store.reading():
        count, total = store.execute(
            f"SELECT count(*), coalesce(sum({_UNSIGNED}), 0) FROM import_row WHERE bundle = ?", (root,)
        ).fetchone()
    return int(total) if count else None


def source(store: Store, connection: str, number: str) -> Source | None:
    """What a document is made of that has no receipts; None for one of receipts."""
    with store.reading():
        rows = store.execute(
            "SELECT f.name, count(*) FROM bundle b JOIN import_row r ON r.bundle = b.root LEFT JOIN import_file f ON"
            " f.n = r.file WHERE b.connection = ? AND b.number = ? GROUP BY f.n, f.name ORDER BY f.n",
            (connection, number),
        ).fetchall()
    return Source(sum(count for _, count in rows), tuple(str(name or "") for name, _ in rows)) if rows else None


def raw(store: Store, company: str, day: str) -> Raw:
    """What a business day comes to by its exports."""
    found = Raw()
    with store.reading():
        rows = store.execute(
            "SELECT r.tender, r.rate, coalesce(b.number, ''), r.gone_in <> 0, r.bundle = 0, count(*), sum(r.net),"
            " sum(r.tax), sum(r.gross) FROM import_row r LEFT JOIN bundle b ON b.n = r.bundle WHERE r.company = ? AND"
            " r.day = ? GROUP BY r.tender, r.rate, coalesce(b.number, ''), r.gone_in <> 0, r.bundle = 0",
            (company, day),
        ).fetchall()
        found.receipts = int(store.execute(
            "SELECT count(*) FROM (SELECT DISTINCT at, place, tender, customer, staff, kind FROM import_row WHERE"
            " company = ? AND day = ? AND gone_in = 0) told_apart", (company, day),
        ).fetchone()[0])  # fmt: skip
        found.rejected = int(store.execute(
            "SELECT coalesce(sum(rejected_rows), 0) FROM import_file WHERE n IN (SELECT seen_in FROM import_row WHERE"
            " company = ? AND day = ?)", (company, day),
        ).fetchone()[0])  # fmt: skip
    for tender, rate, number, gone, is_loose, count, net, tax, gross in rows:
        if gone:
            found.gone += count * (not is_loose)
            found.gone_total += int(gross) * (not is_loose)
            continue
        found.rows += count
        found.total, found.net, found.tax = found.total + int(gross), found.net + int(net), found.tax + int(tax)
        _add(found.tenders, tender, int(gross))
        _add(found.taxes, rate, int(tax))
        if is_loose:
            found.loose, found.loose_total = found.loose + count, found.loose_total + int(gross)
        else:
            _add(found.documents, number, int(gross))
    return found


def _add(sums: dict[str, int], name: str, units: int) -> None:
    sums[name] = sums.get(name, 0) + units


def gone(store: Store, company: str, day: str, limit: int = 20) -> list[str]:
    """Rows of a day that are gone from a newer export and stand in a document, as words: time, goods, amount apart."""
    asked = (ImportRow.company == company) & (ImportRow.day == day) & (ImportRow.gone_in != 0) & (ImportRow.bundle != 0)
    with store.reading():
        rows = list(ImportRow.select().where(asked).order_by(ImportRow.at, ImportRow.n).limit(limit))
    return [f"{row.at[11:16]} {row.name} {row.place} {row.tender}".strip() for row in rows]
