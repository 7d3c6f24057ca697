"""Bundles: documents of the books that are made of receipts, as rows.

Receipts join the open bundle of their group; who is in it is written down with the state of their outbox rows, in one
step. A bundle is closed once: from then on it has its number and its content, neither ever changes, and an outbox row
of its own (part "book", named by its number) goes the way of every document. Its bytes are kept before they are sent,
with the id they are sent under. The receipts follow: bundled until every document they are in is booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pos import clock
from pos.errors import NotFound
from pos.rules import daybook
from pos.rules.daybook import Book, Group
from pos.store import book_blanking
from pos.store.db import Store
from pos.store.models import Bundle, BundleMember, Outbox

#: The part of an outbox row that stands for a bundle.
PART = "book"
BITE_ROWS = 500
BIGGEST = (1 << 63) - 1

_LOOSE = (
    "SELECT o.n, o.document, o.part, o.state, o.created_at, d.till, d.body, o.next_at FROM outbox o"
    " JOIN document d ON d.id = o.document WHERE o.connection = ? AND o.state = ?"
    " AND o.part IN ('sale', 'return') AND o.parked = '' AND o.owner = '' AND (o.next_at, o.n) > (?, ?)"
    " AND o.next_at <= ? ORDER BY o.next_at, o.n LIMIT ?"
)
_BUNDLED = (
    "UPDATE outbox SET state = 'bundled', code = '', message = ?, settle_at = '', updated_at = ?"
    " WHERE n = ? AND state IN ('queued', 'unknown') AND owner = '' AND parked = ''"
)
_ROW = (
    "INSERT INTO outbox (document, connection, part, state, tries, next_at, lease_until, owner, after, settle_at,"
    " booked_at, resolved, remote_id, remote, code, message, difference, created_at, updated_at, parked, story, reply)"
    " VALUES (?, ?, 'book', 'queued', 0, ?, '', '', '', '', '', '', '', '', '', '', '', ?, ?, '', '', '')"
)
#: Receipts of a bundle whose every document is booked; found by the bundle, so that what else is bundled is not walked.
_FOLLOW = (
    "UPDATE outbox SET state = 'booked', remote_id = ?, booked_at = ?, updated_at = ?, message = ? WHERE n IN"
    " (SELECT outbox FROM bundle_member WHERE bundle = ?) AND state || '' = 'bundled' AND NOT EXISTS"
    " (SELECT 1 FROM bundle_member m JOIN bundle b ON b.root = m.bundle LEFT JOIN outbox r ON"
    " r.connection = b.connection AND r.document = b.number AND r.part = 'book'"
    " WHERE m.outbox = outbox.n AND (r.n IS NULL OR r.state <> 'booked'))"
)
_SETTLED = (
    "UPDATE outbox SET resolved = ?, state = 'rejected', code = 'settled', updated_at = ? WHERE n IN"
    " (SELECT outbox FROM bundle_member WHERE bundle = ?) AND state || '' = 'bundled'"
)


@dataclass(frozen=True, slots=True)
class Loose:
    """A receipt's part on its way to a connection, in no bundle yet. body: the receipt's file. next_at: when it was to
    be looked at."""

    n: int
    document: str
    part: str
    state: str
    created_at: str
    till: str
    body: bytes
    next_at: str


@dataclass(frozen=True, slots=True)
class Open:
    """A bundle receipts still join. members: how many it has."""

    n: int
    group: Group
    members: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A bundle that has its number. root: whose receipts it is made of. sent: b"" = its bytes are not made yet.
    refused: they said no to them."""

    n: int
    root: int
    number: str
    company: str
    book: Book
    sent: bytes
    request_id: str
    edition: int
    refused: bool


@dataclass(frozen=True, slots=True)
class InBook:
    """A document of the books a receipt is in. number: "" = its day is not over. state: of its own outbox row."""

    document: str
    part: str
    connection: str
    number: str
    day: str
    tender: str
    receipts: int
    total: int
    row: int
    state: str
    remote_id: str
    message: str
    difference: str
    resolved: str
    booked_at: str


# -- who is in which ---------------------------------------------------------------------------------------------------


def loose(store: Store, connection: str, now: datetime, far: datetime) -> Iterator[list[Loose]]:
    """The receipts that may join a bundle, those that are due longest first, a bite at a time; what becomes of a bite
    does not disturb the next. far: a due time beyond it means the clock was set back."""
    for state in ("queued", "unknown"):
        for since, until in (("", clock.stamp(now)), (clock.stamp(far), "9999")):
            after = (since, 0) if not since else (since, BIGGEST)
            while rows := _loose(store, connection, state, after, until):
                yield rows
                after = (rows[-1].next_at, rows[-1].n)


def _loose(store: Store, connection: str, state: str, after: tuple[str, int], until: str) -> list[Loose]:
    # In the order of the index, so that nothing that waits for a later moment is looked at, nor anything twice.
    with store.reading():
        rows = store.execute(_LOOSE, (connection, state, *after, until, BITE_ROWS)).fetchall()
    return [Loose(n, doc, part, st, at, till, body.encode(), due) for n, doc, part, st, at, till, body, due in rows]


def put_off(store: Store, rows: Iterable[tuple[int, datetime]]) -> None:
    """These receipts are looked at again at their moment."""
    with store.rows():
        store.execute_many(
            "UPDATE outbox SET next_at = ? WHERE n = ? AND state IN ('queued', 'unknown') AND owner = ''",
            [(clock.stamp(at), n) for n, at in rows],
        )


class Joining(NamedTuple):
    """A receipt with the groups of a day it goes into, and its documents by itself."""

    row: Loose
    groups: Sequence[Group]
    singles: Sequence[Book]


def join(store: Store, connection: str, company: str, all_of: Sequence[Joining], now: datetime) -> int:
    """Put receipts into the open bundles of their groups, and hand out their documents by themselves: all or nothing.

    How many; one that somebody else took meanwhile is left as it is. At most BITE_ROWS."""
    stamp, opened = clock.stamp(now), dict[Group, int]()
    members: list[tuple[int, int, str, str]] = []
    with store.transaction():
        asked = Outbox.n.in_([one.row.n for one in all_of]) & Outbox.state.in_(("queued", "unknown"))
        asked &= (Outbox.owner == "") & (Outbox.parked == "")
        free = {row.n for row in Outbox.select(Outbox.n).where(asked)}
        going = [one for one in all_of if one.row.n in free]
        store.execute_many(_BUNDLED, [(_words(one), stamp, one.row.n) for one in going])
        for row, groups, singles in going:
            for group in groups:
                if group not in opened:
                    opened[group] = _open(connection, company, group, stamp)
            mine = [opened[group] for group in groups]
            mine += [_single(store, connection, company, book, stamp) for book in singles]
            members += [(n, row.n, row.document, row.part) for n in mine]
        store.execute_many("INSERT INTO bundle_member (bundle, outbox, document, part) VALUES (?, ?, ?, ?)", members)
    return len(going)


def _words(one: Joining) -> str:
    return ", ".join([book.number for book in one.singles] + [f"{g.day} {g.tender}" for g in one.groups])


def without_receipts(
    store: Store, connection: str, company: str, group: Group, books: Sequence[tuple[Book, int]], stamp: str
) -> int:
    """Hand out documents that are made of something else than receipts, each with its supplement; the root of them.
    Inside a transaction."""
    root = 0
    for book, supplement in books:
        n = _make(connection, company, group, stamp, single=not root, root=root)
        root = root or n
        if n == root:
            Bundle.update(single=False).where(Bundle.n == n).execute()
        _close(store, n, root, connection, book, supplement, stamp)
    return root


def _single(store: Store, connection: str, company: str, book: Book, stamp: str) -> int:
    group = Group(book.day, book.shop, book.tender, book.kind, book.currency)
    n = _make(connection, company, group, stamp, single=True)
    _close(store, n, n, connection, book, 1, stamp)
    return n


def _open(connection: str, company: str, group: Group, stamp: str) -> int:
    same = (
        (Bundle.connection == connection) & (Bundle.day == group.day) & (Bundle.shop == group.shop)
        & (Bundle.tender == group.tender) & (Bundle.kind == group.kind) & (Bundle.currency == group.currency)
        & (Bundle.number == "") & (Bundle.single == 0)
    )  # fmt: skip
    found = Bundle.select(Bundle.n).where(same).scalar()
    return int(found) if found else _make(connection, company, group, stamp)


def _make(connection: str, company: str, group: Group, stamp: str, *, single: bool = False, root: int = 0) -> int:
    # A new one that is to be closed at once is not open for a moment: its number tells it from the others.
    number = clock.uuid7() if single or root else ""
    row = Bundle.create(
        connection=connection, company=company, kind=group.kind, day=group.day, shop=group.shop, tender=group.tender,
        currency=group.currency, single=single, root=root, made_at=stamp, number=number,
    )  # fmt: skip
    if not root:
        Bundle.update(root=row.n).where(Bundle.n == row.n).execute()
    return int(row.n)


# -- closing -----------------------------------------------------------------------------------------------------------


def open_ones(store: Store, connection: str) -> list[Open]:
    """Bundles receipts still join, the oldest day first."""
    with store.reading():
        rows = store.execute(
            "SELECT b.n, b.day, b.shop, b.tender, b.kind, b.currency,"
            " (SELECT count(*) FROM bundle_member m WHERE m.bundle = b.n)"
            " FROM bundle b WHERE b.connection = ? AND b.number = '' ORDER BY b.day, b.n",
            (connection,),
        ).fetchall()
    return [Open(n, Group(*group), members) for n, *group, members in rows]


def members(store: Store, bundle: int) -> Iterator[tuple[bytes, str]]:
    """The receipts in a bundle, in order of their rows: file and part."""
    last = 0
    while True:
        with store.reading():
            rows = store.execute(
                "SELECT m.outbox, d.body, m.part FROM bundle_member m JOIN document d ON d.id = m.document"
                " WHERE m.bundle = ? AND m.outbox > ? ORDER BY m.outbox LIMIT ?",
                (bundle, last, BITE_ROWS),
            ).fetchall()
        yield from ((body.encode(), part) for _, body, part in rows)
        if len(rows) < BITE_ROWS:
            return
        last = rows[-1][0]


def taken(store: Store, connection: str, number: str) -> bool:
    """Whether a document has this number already."""
    with store.reading():
        return Bundle.select().where((Bundle.connection == connection) & (Bundle.number == number)).exists()


def close(
    store: Store, one: Open, company: str, connection: str, books: Sequence[tuple[Book, int]], now: datetime
) -> bool:
    """Hand out a bundle as these documents, each with its supplement. False when a receipt joined meanwhile, or it was
    closed: nothing happened."""
    stamp = clock.stamp(now)
    with store.transaction():
        count = BundleMember.select().where(BundleMember.bundle == one.n).count()
        still = Bundle.select().where((Bundle.n == one.n) & (Bundle.number == "")).exists()
        if not still or count != one.members:
            return False
        for place, (book, supplement) in enumerate(books):
            n = one.n if place == 0 else _make(connection, company, one.group, stamp, root=one.n)
            _close(store, n, one.n, connection, book, supplement, stamp)
        named = ", ".join(book.number for book, _ in books)
        store.execute(
            "UPDATE outbox SET message = ? WHERE n IN (SELECT outbox FROM bundle_member WHERE bundle = ?)"
            " AND state || '' = 'bundled'",
            (named, one.n),
        )
        return True


def _close(store: Store, n: int, root: int, connection: str, book: Book, supplement: int, stamp: str) -> None:
    Bundle.update(
        number=book.number, body=daybook.encode(book).decode(), total=book.total, supplement=supplement, root=root,
        closed_at=stamp,
    ).where(Bundle.n == n).execute()  # fmt: skip
    store.execute(_ROW, (book.number, connection, stamp, stamp, stamp))


# -- what is sent ------------------------------------------------------------------------------------------------------


def closed(store: Store, connection: str, number: str) -> Closed:
    """A document that was handed out, by its number. NotFound."""
    with store.reading():
        row = Bundle.get_or_none((Bundle.connection == connection) & (Bundle.number == number))
    if row is None:
        raise NotFound(f"There is no document {number} for the books here.")
    return _closed(row)


def of_day(store: Store, connection: str, day: str) -> list[Closed]:
    """Every document that was handed out for a business day."""
    asked = (Bundle.connection == connection) & (Bundle.day == day) & (Bundle.closed_at != "")
    with store.reading():
        return [_closed(row) for row in Bundle.select().where(asked).order_by(Bundle.n)]


def books_of(store: Store, root: int) -> list[Book]:
    """All documents made of the same receipts."""
    with store.reading():
        asked = Bundle.select(Bundle.body).where((Bundle.root == root) & (Bundle.closed_at != ""))
        return [daybook.decode(row.body) for row in asked.order_by(Bundle.n)]


def total_of(store: Store, root: int) -> int:
    """What all documents made of the same receipts come to, in minor units."""
    with store.reading():
        return int(store.execute("SELECT coalesce(sum(total), 0) FROM bundle WHERE root = ?", (root,)).fetchone()[0])


def _closed(row: Any) -> Closed:
    return Closed(
        row.n, row.root, row.number, row.company, daybook.decode(row.body), row.sent.encode(), row.request_id,
        row.edition, bool(row.refused),
    )  # fmt: skip


def keep_sent(store: Store, n: int, sent: bytes, request_id: str, edition: int) -> None:
    """Keep the bytes, and the id they go under, before they do."""
    with store.transaction():
        Bundle.update(sent=sent.decode(), request_id=request_id, edition=edition, refused=False).where(
            Bundle.n == n
        ).execute()


# -- what follows from the document's own row; inside its transaction --------------------------------------------------


class Row(Protocol):
    """The outbox row of a document for the books."""

    @property
    def connection(self) -> str: ...
    @property
    def document(self) -> str: ...
    @property
    def remote_id(self) -> str: ...


def follow(store: Store, row: Row, state: str, stamp: str) -> None:
    """What its new state means to others. Booked: so are its receipts, unless another document they are in is not.
    Rejected: its next bytes are new ones."""
    if state == "booked":
        store.execute(
            _FOLLOW, (row.remote_id, stamp, stamp, row.document, _root(row.connection, row.document))
        )  # fmt: skip
        book_blanking.arrived(store, row.connection, row.document)
    elif state == "rejected":
        mine = (Bundle.connection == row.connection) & (Bundle.number == row.document)
        Bundle.update(refused=True).where(mine).execute()


def settled(store: Store, connection: str, number: str, who: str, stamp: str) -> None:
    """A person settled it by other means, and with it its receipts."""
    store.execute(_SETTLED, (who, stamp, _root(connection, number)))
    book_blanking.arrived(store, connection, number)


def _root(connection: str, number: str) -> int:
    return int(
        Bundle.select(Bundle.root).where((Bundle.connection == connection) & (Bundle.number == number)).scalar() or 0
    )


# -- reading -----------------------------------------------------------------------------------------------------------


def of_receipt(store: Store, document: str) -> list[InBook]:
    """The documents of the books a receipt is in, in the order they were made."""
    with store.reading():
        rows = store.execute(
            "SELECT m.document, m.part, b.connection, CASE WHEN b.closed_at = '' THEN '' ELSE b.number END, b.day,"
            " b.tender, (SELECT count(*) FROM bundle_member x WHERE x.bundle = b.root), b.total, coalesce(r.n, 0),"
            " coalesce(r.state, 'bundled'), coalesce(r.remote_id, ''), coalesce(r.message, ''),"
            " coalesce(r.difference, ''), coalesce(r.resolved, ''), coalesce(r.booked_at, '')"
            " FROM bundle_member m JOIN bundle b ON b.root = m.bundle LEFT JOIN outbox r ON"
            " r.connection = b.connection AND r.document = b.number AND r.part = 'book'"
            " WHERE m.document = ? ORDER BY b.n",
            (document,),
        ).fetchall()
    return [InBook(*row) for row in rows]
