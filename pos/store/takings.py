"""What documents come to, summed up in tables that follow behind the sales.

`roll` adds the documents above a watermark to the sums, in one transaction; a reader takes the sums and adds what lies
above the watermark by itself. So a report is exact at any moment, as quick with a hundred thousand receipts as with
ten, and no sale pays for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from pos.rules import takings
from pos.rules.takings import Sums
from pos.store import entries

if TYPE_CHECKING:
    from pos.store.db import Store

#: Ids of tills, or what makes of a column the condition that its till is meant.
Tills = Sequence[str] | Callable[[str], tuple[list[str], list[str]]]
#: The till of a session, whose name ends in S and six digits or more. {0}: "" or an alias with its point.
TILL = "substr({0}session, 1, instr({0}session, '-S') - 1)"
MARK = "takings_upto"
#: So many documents above the watermark are worth a transaction of their own.
ROLL_DOCUMENTS = 200

_PEOPLE = (
    "SELECT d.session, d.business_day, substr(d.created_at, 12, 2) AS hour, d.cashier, d.kind, count(*),"
    " sum(coalesce((SELECT sum(l.amount) FROM line l WHERE l.document = d.id AND l.qty > 0 AND l.voucher = 0), 0)),"
    " sum(coalesce((SELECT sum(l.amount) FROM line l WHERE l.document = d.id AND l.qty <= 0 AND l.voucher = 0), 0)),"
    " sum(d.total) FROM document d WHERE d.series = 'till' AND {where} GROUP BY 1, 2, 3, 4, 5"
)
_GOODS = (
    "SELECT d.session, d.business_day, d.kind, l.item_group, l.brand, l.tax_code, l.tax_rate,"
    " CASE WHEN l.qty > 0 THEN 1 ELSE -1 END, l.voucher, count(*), sum(l.qty), sum(l.amount), sum(l.net), sum(l.tax),"
    " sum(l.discount) FROM document d JOIN line l ON l.document = d.id WHERE d.series = 'till' AND {where}"
    " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
)
_TENDERS = (
    "SELECT d.session, d.business_day, d.kind, t.kind, t.mode, CASE WHEN t.amount >= 0 THEN 1 ELSE -1 END, count(*),"
    " sum(t.amount), sum(t.change) FROM document d JOIN tender t ON t.document = d.id WHERE d.series = 'till'"
    " AND {where} GROUP BY 1, 2, 3, 4, 5, 6"
)
_VOUCHERS = (
    "SELECT d.session, d.business_day, d.kind, r.act, count(*), sum(r.amount), sum(r.exposure) FROM document d"
    " JOIN voucher_row r ON r.document = d.id AND r.origin = 'document' WHERE d.series = 'till' AND {where}"
    " GROUP BY 1, 2, 3, 4"
)


class _Table:
    """One table of sums: its keys, its figures, and how they are made of documents."""

    def __init__(self, name: str, keys: tuple[str, ...], figures: tuple[str, ...], query: str) -> None:
        self.name, self.figures, self.query = name, figures, query
        self.keys = ("session", *keys)
        more = ", ".join(f"{f} = {name}.{f} + excluded.{f}" for f in figures)
        self.columns = ", ".join((*self.keys, *figures))
        where = query.format(where="d.n > ? AND d.n <= ?")
        self.roll = (
            f"INSERT INTO {name} ({self.columns}) {where} ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {more}"
        )


TABLES = (
    _Table("takings_people", takings.PEOPLE, takings.PEOPLE_SUMS, _PEOPLE),
    _Table("takings_goods", takings.GOODS, takings.GOODS_SUMS, _GOODS),
    _Table("takings_tenders", takings.TENDERS, takings.TENDERS_SUMS, _TENDERS),
    _Table("takings_vouchers", takings.VOUCHERS, takings.VOUCHERS_SUMS, _VOUCHERS),
)


class Readable(Protocol):
    """What reading the sums asks of a store."""

    def reading(self) -> AbstractContextManager[Any]: ...
    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


def of_session(store: Readable, session: str) -> Sums:
    """What one session's documents come to, its Z left out."""
    found = Sums()
    with store.reading():
        for table, row in _rows(store, "session = ?", "d.session = ?", (session,)):
            _take(found, table, row)
    return found


def of_days(store: Readable, tills: Tills, first: str, last: str) -> Sums:
    """What the documents of these business days come to, over all sessions of the tills."""
    found = Sums()
    with store.reading():
        stored, live, facts = _days(tills)
        for table, row in _rows(store, stored, live, (first, last, *facts)):
            _take(found, table, row)
    return found


def _days(tills: Tills) -> tuple[str, str, list[str]]:
    """Rows of some days and tills: in the tables, and of the documents above them; and which tills."""
    if callable(tills):
        (stored, facts), (live, _) = tills(TILL.format("")), tills(TILL.format("d."))
    else:
        marks, facts = ", ".join("?" * len(tills)), list(tills)
        stored, live = ([f"{TILL.format(of)} IN ({marks})"] for of in ("", "d."))
    return (
        " AND ".join(["business_day BETWEEN ? AND ?", *stored]),
        " AND ".join(["d.business_day BETWEEN ? AND ?", *live]),
        list(facts),
    )


def by_till(store: Readable, tills: Tills, first: str, last: str) -> dict[tuple[str, str], tuple[int, int]]:
    """(till, business day) -> (receipts, their total in minor units), of these days; the drawer's own left out."""
    table, drawer = TABLES[0], ", ".join("?" * len(takings.DRAWER))
    stored, live, facts = _days(tills)
    given = (first, last, *facts)
    count, total = takings.PEOPLE_SUMS[0], takings.PEOPLE_SUMS[3]
    found: dict[tuple[str, str], tuple[int, int]] = {}
    with store.reading():
        rows = store.execute(
            f"SELECT {TILL.format('')} AS till, business_day, sum({count}), sum({total}) FROM {table.name}"
            f" WHERE {stored} AND kind NOT IN ({drawer}) GROUP BY 1, 2",
            (*given, *takings.DRAWER),
        ).fetchall()
        rows += store.execute(
            f"SELECT {TILL.format('d.')} AS till, d.business_day, count(*), sum(d.total) FROM document d"
            f" WHERE d.n > ? AND d.series = 'till' AND {live} AND d.kind NOT IN ({drawer}) GROUP BY 1, 2",
            (_mark(store), *given, *takings.DRAWER),
        ).fetchall()
    for till, day, receipts, amount in rows:
        before = found.get((till, day), (0, 0))
        found[till, day] = (before[0] + int(receipts), before[1] + int(amount))
    return found


def by_session(store: Readable, tills: Tills, first: str, last: str) -> dict[str, dict[str, tuple[int, int]]]:
    """Session -> business day -> (receipts, their total in minor units), of these days; the drawer's own left out."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    with store.reading():
        stored, live, facts = _days(tills)
        for _, row in _rows(store, stored, live, (first, last, *facts), TABLES[:1]):
            if row[4] not in takings.DRAWER:
                days = found.setdefault(row[0], {})
                count, total = days.get(row[1], (0, 0))
                days[row[1]] = (count + row[5], total + row[8])
    return found


def by_hour(store: Readable, tills: Tills, day: str) -> dict[str, tuple[int, int]]:
    """Hour of the clock ("09") -> (receipts, their total in minor units) of one business day; the drawer's left out."""
    found: dict[str, tuple[int, int]] = {}
    with store.reading():
        stored, live, facts = _days(tills)
        for _, row in _rows(store, stored, live, (day, day, *facts), TABLES[:1]):
            if row[4] not in takings.DRAWER:
                count, total = found.get(row[2], (0, 0))
                found[row[2]] = (count + row[5], total + row[8])
    return found


def documents_by_session(store: Readable) -> dict[str, int]:
    """How many documents each session holds now, Zs left out."""
    with store.reading():
        found = dict(
            store.execute("SELECT session, sum(documents) FROM takings_people WHERE kind <> 'z' GROUP BY session")
        )
        newer = store.execute(
            "SELECT session, count(*) FROM document WHERE n > ? AND series = 'till' AND kind <> 'z' GROUP BY session",
            (_mark(store),),
        )
        for session, count in newer:
            found[session] = found.get(session, 0) + count
    return found


def _rows(
    store: Readable, stored: str, live: str, parameters: tuple[Any, ...], tables: Sequence[_Table] | None = None
) -> Iterator[tuple[_Table, tuple[Any, ...]]]:
    mark = _mark(store)
    for table in TABLES if tables is None else tables:
        asked = f"SELECT {table.columns} FROM {table.name} WHERE {stored}"
        for row in store.execute(asked, parameters).fetchall():
            yield table, row
        newer = table.query.format(where=f"d.n > ? AND {live}")
        for row in store.execute(newer, (mark, *parameters)).fetchall():
            yield table, row


def _take(found: Sums, table: _Table, row: tuple[Any, ...]) -> None:
    key, figures = row[1 : len(table.keys)], row[len(table.keys) :]
    if table.name == "takings_people":
        if key[3] != "z":
            takings.add(found.people, key, figures)
    elif table.name == "takings_goods":
        takings.add(found.goods, key, figures)
    elif table.name == "takings_tenders":
        takings.add(found.tenders, key, figures)
    else:
        takings.add(found.vouchers, key, figures)


def _mark(store: Readable) -> int:
    row = store.execute("SELECT value FROM meta WHERE key = ?", (MARK,)).fetchone()
    return int(row[0]) if row else 0


def roll(store: Store) -> int:
    """Add what is new to the sums; how many documents that were. Inside a transaction or in one of its own."""
    with store.transaction():
        mark = _mark(store)
        last = store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()[0]
        if last > mark:
            for table in TABLES:
                store.execute(table.roll, (mark, last))
            entries.set_meta(store, MARK, last)
    return int(last - mark)


def catch_up(store: Store) -> None:
    """Roll when it is worth it. For the thread that makes files durable, a moment after the sales."""
    last = store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()[0]
    if last - _mark(store) >= ROLL_DOCUMENTS:
        roll(store)


def wrong(store: Readable) -> list[str]:
    """Names of the tables whose sums are not those of the documents up to the watermark. For `verify`."""
    found = []
    with store.reading():
        mark = _mark(store)
        for table in TABLES:
            wanted = set(store.execute(table.query.format(where="d.n <= ?"), (mark,)).fetchall())
            if wanted != set(store.execute(f"SELECT {table.columns} FROM {table.name}").fetchall()):
                found.append(table.name)
    return found
