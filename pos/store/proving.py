"""The long part of `verify`: page by page, each document against its file, its arithmetic and its rows.

A page stands by itself, so pages are spread over processes where nobody sells beside it.
"""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pos.config import Config
from pos.errors import CannotSave, Corrupt
from pos.rules import documents, hub, ledger, record
from pos.store import aside, intake
from pos.store.archives import Files
from pos.store.db import database_path
from pos.store.originals import OfTill, Originals

ROWS_MAX = 500
#: Below this many pages starting further processes costs more than it saves.
PAGES_ALONE_MAX = 10
_TABLES = (("line", ledger.LINE), ("tender", ledger.TENDER), ("movement", ledger.MOVEMENT))
_DOCUMENT = f"SELECT n, {', '.join(ledger.DOCUMENT)} FROM document"


class Reader:
    """The database, opened so that nothing can be written. Has what `audit.verify_chain` asks of a store."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise CannotSave(f"There is no database at {path}. `pos_server.py rebuild` makes one from invoices/.")
        self.connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        return self.connection.execute(sql, parameters)

    @contextmanager
    def reading(self) -> Iterator[None]:
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK")


class Link(NamedTuple):
    """A document's place in its chain. lost_before: a record says that the numbers before it are lost."""

    n: int
    path: str
    till: str
    series: str
    sequence: int
    hash: str
    prev_hash: str
    lost_before: bool


@dataclass(slots=True)
class Looked:
    """What was seen of one document. difference: "" = none. claims, blanked: what records say, and documents of
    records; see `verify.Report`."""

    link: Link
    difference: str
    lines: int = 0
    claims: list[record.Blanking] = field(default_factory=list)
    blanked: dict[str, tuple[str, str, str, str]] = field(default_factory=dict)


#: (till, series, sequence) of the document a page begins behind, and of its last one.
Place = tuple[Any, ...]
Stretch = tuple[Place, Place]
_END: Place = ("\U0010ffff", "", 0)


def looked(config: Config, reader: Reader, beside: Originals | None, processes: int) -> Iterator[list[Looked]]:
    """Every document, page by page, each chain in its order; the last page takes in what is sold meanwhile.
    sqlite3.DatabaseError."""
    places = _places(reader)
    if processes < 2 or len(places) <= PAGES_ALONE_MAX or beside is not None:
        originals = beside or OfTill(Files(config))
        for place in places:
            yield _page(reader, originals, place)
        return
    fresh = multiprocessing.get_context("spawn")  # the same on every system, whatever threads run here
    with ProcessPoolExecutor(processes, mp_context=fresh, initializer=_begin, initargs=(config,)) as pool:
        yield from pool.map(_page_here, places)


def of_others(reader: Reader) -> frozenset[str]:
    """Ids of tills that send their documents here: they come in any order, and their mode says nothing of this one's
    connections."""
    try:
        rows = reader.execute("SELECT ids FROM hub_till WHERE till <> ''").fetchall()
    except sqlite3.OperationalError:  # a copy of a time before there were hubs
        return frozenset()
    return frozenset(one for (ids,) in rows for one in ids.split())


def _places(reader: Reader) -> list[Stretch]:
    ends: list[Place] = [("", "", 0)]
    asked = "SELECT till, series, sequence FROM document WHERE (till, series, sequence) > (?, ?, ?)"
    asked = f"{asked} ORDER BY till, series, sequence LIMIT 1 OFFSET ?"
    while (place := reader.execute(asked, (*ends[-1], ROWS_MAX - 1)).fetchone()) is not None:
        ends.append(place)
    return list(pairwise([*ends, _END]))


#: Of a further process: what it reads with.
_mine: list[tuple[Reader, Originals]] = []


def _begin(config: Config) -> None:
    aside.yield_to_sales()  # `verify` is also asked while a till sells
    _mine.append((Reader(database_path(config)), OfTill(Files(config))))


def _page_here(place: Stretch) -> list[Looked]:
    return _page(*_mine[0], place)


def _page(reader: Reader, originals: Originals, place: Stretch) -> list[Looked]:
    where = "(till, series, sequence) > (?, ?, ?) AND (till, series, sequence) <= (?, ?, ?)"
    asked = f"{_DOCUMENT} WHERE {where} ORDER BY till, series, sequence"
    rows = reader.execute(asked, (*place[0], *place[1])).fetchall()
    page = _Page(reader, [row[1] for row in rows])
    found = []
    for n, *values in rows:
        row = dict(zip(ledger.DOCUMENT, values, strict=True))
        one = Looked(_link(n, row), "")
        one.difference = _one(reader, originals, row, tuple(values), page, one)
        _told(one, row)
        found.append(one)
    return found


def _link(n: int, row: dict[str, Any]) -> Link:
    lost = False
    if row["kind"] == record.KIND:
        with suppress(Corrupt):  # said where its content is looked at
            lost = record.lost(documents.decode(row["body"].encode())) is not None
    named = (row["path"], row["till"], row["series"], row["sequence"], row["hash"], row["prev_hash"])
    return Link(n, *named, lost)


def _told(one: Looked, row: dict[str, Any]) -> None:
    if row["kind"] != record.KIND and '"blanked": {' not in row["body"]:
        return
    try:
        doc = documents.decode(row["body"].encode())
    except Corrupt:
        return  # said already
    one.claims = list(record.blankings(doc))
    if doc.get("blanked"):
        one.blanked[doc["id"]] = (row["path"], ledger.chain_hash(doc), doc["hash"], str(doc["blanked"]["record"]))


class _Page:
    """The rows of a page of documents, read table by table: a question for each document would take longer than the
    arithmetic of all of them."""

    def __init__(self, reader: Reader, ids: list[str]) -> None:
        asked = json.dumps(ids)
        self.elsewhere = of_others(reader)
        self._rows = {name: _by_document(reader, name, columns, asked) for name, columns in _TABLES}
        where = "AND origin = 'document'"
        self._rows["voucher"] = _by_document(reader, "voucher_row", ledger.VOUCHER, asked, where)
        self._parts: dict[str, set[str]] = {}
        sql = "SELECT document, part FROM outbox WHERE document IN (SELECT value FROM json_each(?))"
        for document, part in reader.execute(sql, (asked,)):
            self._parts.setdefault(document, set()).add(part)

    def rows(self, table: str, document: str) -> list[tuple[Any, ...]]:
        """In their order."""
        return self._rows[table].get(document, [])

    def parts(self, document: str) -> set[str]:
        """Those the outbox has."""
        return self._parts.get(document, set())


def _by_document(
    reader: Reader, table: str, columns: tuple[str, ...], ids: str, where: str = ""
) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    sql = (
        f"SELECT document, {', '.join(columns)} FROM {table} WHERE document IN (SELECT value FROM json_each(?)) {where}"
        " ORDER BY document, position"
    )
    for document, *row in reader.execute(sql, (ids,)):
        found.setdefault(document, []).append(tuple(row))
    return found


def _one(
    reader: Reader, files: Originals, row: dict[str, Any], values: tuple[Any, ...], page: _Page, one: Looked
) -> str:
    body = row["body"].encode("utf-8")
    difference = files.difference(reader, row["path"], one.link.n, body)
    if difference:
        return difference
    try:
        doc, rows = intake.proven(body)
    except Corrupt as error:
        return error.message
    if rows.document != values:
        column = next(c for c, a, b in zip(ledger.DOCUMENT, rows.document, values, strict=True) if a != b)
        return f"the database has another {column} than the receipt"
    wanted = (*zip(("line", "tender", "movement"), rows[1:4], strict=True), ("voucher", list(rows.vouchers)))
    for table, those in wanted:
        if page.rows(table, doc["id"]) != those:
            return f"the {table} rows of the database are not those of the receipt"
    one.lines = len(rows.lines)
    return _outbox_difference(page, doc)


def _outbox_difference(page: _Page, doc: dict[str, Any]) -> str:
    """A sale made while a connection was set up is on its way to at least that one, in every part."""
    if doc["mode"] == "mock" or doc["till"] in page.elsewhere:
        return ""
    found = page.parts(doc["id"])
    parts = hub.parts(doc) if doc["mode"] == hub.KIND else ledger.parts(doc)
    missing = [part for part in parts if part not in found]
    return f"the outbox has no row for its {missing[0]}" if missing else ""
