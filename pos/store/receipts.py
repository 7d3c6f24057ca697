"""Receipts to look at again: found by number, listed by business day. Reads only; the journal alone writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from peewee import fn

from pos.errors import NotFound
from pos.said import said
from pos.store.db import Store
from pos.store.models import Document, Outbox, User
from pos.store.outbox import tuples

PAGE_ROWS = 50
#: All but the bytes, which may lie in an archive.
_SHOWN = tuple(field for field in Document._meta.sorted_fields if field.name != "body")
#: How the file of a receipt begins that was not made here.
ELSEWHERE = ("imported-", "recovered-")
#: A document's parts on their way, the most telling first.
_TELLING = ("rejected", "differs", "unknown", "sending", "queued", "sent", "booked")


@dataclass(frozen=True, slots=True)
class Row:
    """One receipt in the list. total: minor units. state: of its way to the books, "" = it goes nowhere.

    name: what `body` finds it by; its number, but for one from elsewhere that is called like one of ours.
    """

    number: str
    name: str
    kind: str
    created_at: str
    cashier: str
    customer: str
    total: int
    currency: str
    state: str


@dataclass(frozen=True, slots=True)
class Day:
    """One page of a business day. before, after: the nearest days that have receipts, "" = none."""

    day: str
    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    before: str
    after: str


def day(store: Store, wanted: str = "", page: int = 1) -> Day:
    """A page of one business day, newest first. Without a day: the last one with receipts, "" when there is none."""
    with store.reading():
        shown = wanted or Document.select(fn.MAX(Document.business_day)).scalar() or ""
        of_day = Document.business_day == shown
        total = Document.select(fn.COUNT(Document.n)).where(of_day).scalar() or 0
        pages = max(1, -(-total // PAGE_ROWS))
        page = min(max(page, 1), pages)
        # The index of days finds the page; with the documents themselves a day of 100,000 would be sorted on disk. A
        # sum, for by the bare number PostgreSQL would go through all documents from the newest back to that day.
        newest = (Document.n + 0).desc()
        wanted_here = Document.select(Document.n).where(of_day).order_by(newest).paginate(page, PAGE_ROWS)
        chosen = [n for (n,) in tuples(wanted_here)]
        found = list(Document.select(*_SHOWN).where(Document.n.in_(chosen)).order_by(Document.n.desc()))
        states = _states([d.id for d in found])
        names_of = _names(found)
        names = {user.code: user.name for user in User.select(User.code, User.name)}
        before = Document.select(fn.MAX(Document.business_day)).where(Document.business_day < shown).scalar()
        after = Document.select(fn.MIN(Document.business_day)).where(Document.business_day > shown).scalar()
    rows = tuple(
        Row(
            d.number,
            names_of[d.n],
            d.kind,
            d.created_at,
            names.get(d.cashier, d.cashier),
            d.customer,
            d.total,
            d.currency,
            states.get(d.id, ""),
        )
        for d in found
    )
    return Day(shown, rows, total, page, pages, before or "", after or "")


def body(store: Store, name: str) -> bytes:
    """The receipt's file, byte for byte, by its number or, of one that was imported or recovered, by the name of its
    file without ending. NotFound. Of such a twin and our own, our own."""
    found = store.execute(
        "SELECT body FROM document WHERE number = ? ORDER BY series = 'till' DESC, n DESC LIMIT 1", (name,)
    ).fetchone()
    if found is None and name.startswith(ELSEWHERE):
        found = store.execute(
            "SELECT body FROM document WHERE series <> 'till' AND path = business_day || '/' || ? || '.json'",
            (name,),
        ).fetchone()
    if found is None:
        raise NotFound(said("There is no receipt {name} on this till.", name=name))
    return str(found[0]).encode()


def _names(found: Sequence[Document]) -> dict[int, str]:
    """By what each of these is to be asked for: (n of the document, name)."""
    elsewhere = [d.number for d in found if d.series != "till"]
    query = Document.select(Document.number).where(Document.number.in_(elsewhere)).order_by(Document.n)
    twice = {number for number, times in Counter(d.number for d in query).items() if times > 1}
    return {
        d.n: d.path.rpartition("/")[2].removesuffix(".json") if d.series != "till" and d.number in twice else d.number
        for d in found
    }


def newest_at(store: Store) -> str:
    """When this till's last document was made, as it says itself; "" when there is none."""
    row = store.execute(
        "SELECT created_at FROM document WHERE till = ? AND series = 'till' ORDER BY sequence DESC LIMIT 1",
        (store.config.till.id,),
    ).fetchone()
    return row[0] if row else ""


def worked_before(store: Store, day: str) -> str:
    """The last business day before this one on which this till saved a document; "" when there is none."""
    row = store.execute(
        "SELECT business_day FROM document WHERE business_day < ? AND till = ? AND series = 'till'"
        " ORDER BY business_day DESC LIMIT 1",
        (day, store.config.till.id),
    ).fetchone()
    return row[0] if row else ""


def state(store: Store, document: str) -> str:
    """How far a document is on its way to the books; "" when it goes nowhere."""
    with store.reading():
        return _states([document]).get(document, "")


def _states(documents: list[str]) -> dict[str, str]:
    query = Outbox.select(Outbox.document, Outbox.state).where(Outbox.document.in_(documents))
    found: dict[str, str] = {}
    for row in query:
        if row.document not in found or _TELLING.index(row.state) < _TELLING.index(found[row.document]):
            found[row.document] = row.state
    return found
