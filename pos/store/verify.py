"""Verify: every file, hash, chain and sequence; the database against the files. Reads only, also while a till runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos.config import Config
from pos.errors import CannotSave, Corrupt
from pos.rules import documents, ledger, record
from pos.rules.documents import GENESIS
from pos.store import anchors, audit, intake, takings
from pos.store.anchors import Anchors
from pos.store.archives import Files
from pos.store.db import database_path
from pos.store.originals import OfTill, Originals

ROWS_MAX = 500

_TABLES = (("line", ledger.LINE), ("tender", ledger.TENDER), ("movement", ledger.MOVEMENT))
_DOCUMENT = f"SELECT n, {', '.join(ledger.DOCUMENT)} FROM document"
_SESSIONS = f"SELECT {', '.join(ledger.SESSION)} FROM session ORDER BY till, number"


@dataclass(slots=True)
class Report:
    """What was counted, and everything that is not as it must be, in words, the first first."""

    documents: int = 0
    files: int = 0
    lines: int = 0
    sessions: int = 0
    audit_rows: int = 0
    differences: list[str] = field(default_factory=list)
    #: Document -> (path, hash of the original, own hash, record) of the blanked ones; and what records say.
    blanked: dict[str, tuple[str, str, str, str]] = field(default_factory=dict)
    claims: dict[str, record.Blanking] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.differences

    @property
    def first(self) -> str:
        """The first difference; "" when there is none."""
        return self.differences[0] if self.differences else ""


class _Reader:
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


def verify(
    config: Config,
    progress: Callable[[int, int], None] | None = None,
    *,
    known: Anchors | None = None,
    beside: Originals | None = None,
) -> Report:
    """Compare everything. CannotSave when there is no database, or it cannot be read.

    progress(done, total) is called after each few hundred documents. known: what is known of the chains outside the
    till. beside: the receipts, when they are not the files of the settings.
    """
    report = Report()
    reader, files = _Reader(database_path(config)), beside or OfTill(Files(config))
    try:
        _database(reader, report)
        report.differences.extend(files.trouble())
        paths = _documents(reader, files, report, progress or (lambda _done, _total: None))
        _files(reader, files, paths, report)
        _records(reader, report)
        _sessions(reader, report)
        _takings(reader, report)
        count, broken = audit.verify_chain(reader)
        report.audit_rows = count
        if broken:
            report.differences.append(broken)
        if known is not None:
            report.differences.extend(anchors.differences(reader, known, config.till.ids))
    except sqlite3.DatabaseError as error:
        report.differences.append(f"the database cannot be read: {error}")
    finally:
        reader.connection.close()
    return report


def _database(reader: _Reader, report: Report) -> None:
    for (words,) in reader.execute("PRAGMA quick_check(5)").fetchall():
        if words != "ok":
            report.differences.append(f"the database file is damaged: {words}")


def _documents(
    reader: _Reader, files: Originals, report: Report, progress: Callable[[int, int], None]
) -> dict[str, int]:
    """Each document of the database against its file, its rows and the one before it. Paths seen -> n."""
    total = reader.execute("SELECT count(*) FROM document").fetchone()[0]
    known: dict[str, int] = {}
    chains: dict[tuple[str, str], tuple[int, str, int]] = {}
    place: tuple[Any, ...] = ("", "", 0)
    while rows := reader.execute(
        f"{_DOCUMENT} WHERE (till, series, sequence) > (?, ?, ?) ORDER BY till, series, sequence LIMIT ?",
        (*place, ROWS_MAX),
    ).fetchall():
        page = _Page(reader, [row[1] for row in rows])
        for n, *values in rows:
            row = dict(zip(ledger.DOCUMENT, values, strict=True))
            known[row["path"]] = n
            report.documents += 1
            _say(report, row["path"], _one(reader, files, n, row, tuple(values), page, report))
            _say(report, row["path"], _follows(chains, n, row))
            _told(report, row)
        place = (row["till"], row["series"], row["sequence"])
        progress(report.documents, max(total, report.documents))
    return known


def _say(report: Report, path: str, difference: str) -> None:
    if difference:
        report.differences.append(f"{path}: {difference}")


def _follows(chains: dict[tuple[str, str], tuple[int, str, int]], n: int, row: dict[str, Any]) -> str:
    key = (row["till"], row["series"])
    sequence, digest, before = chains.get(key, (0, GENESIS, 0))
    chains[key] = (row["sequence"], row["hash"], n)
    if row["sequence"] != sequence + 1 and not _lost_before(row):
        first, last = sequence + 1, row["sequence"] - 1
        missing = str(first) if first == last else f"{first} to {last}"
        return f"the sequence has a gap before it: {missing} of till {row['till']} ({row['series']}) is missing"
    if row["prev_hash"] != digest:
        return "it does not carry the hash of the document before it: the chain is broken here"
    if n < before:
        return "it stands in the database before the document it follows"
    return ""


def _lost_before(row: dict[str, Any]) -> bool:
    """A record says that the numbers before it were given out and are lost."""
    return row["kind"] == record.KIND and record.lost(documents.decode(row["body"].encode())) is not None


def _told(report: Report, row: dict[str, Any]) -> None:
    """What records say of other documents, and documents of records; held against each other at the end."""
    if row["kind"] != record.KIND and '"blanked": {' not in row["body"]:
        return
    try:
        doc = documents.decode(row["body"].encode())
    except Corrupt:
        return  # said already
    for one in record.blankings(doc):
        report.claims.setdefault(one.document, one)
    if doc.get("blanked"):
        report.blanked[doc["id"]] = (row["path"], ledger.chain_hash(doc), doc["hash"], str(doc["blanked"]["record"]))


def _records(reader: _Reader, report: Report) -> None:
    """Each blanked document is named by a record, with the hash of the original and of what is left of it."""
    for key, (path, original, left, by) in report.blanked.items():
        claim = report.claims.get(key)
        if claim is None or (claim.record, claim.hash, claim.blanked) != (by, original, left):
            words = "it says that it was blanked, and no record says so: it was changed after it was written"
            report.differences.append(f"{path}: {words}")
    for key, claim in report.claims.items():
        row = reader.execute("SELECT path FROM document WHERE id = ?", (key,)).fetchone()
        if row is not None and key not in report.blanked:
            words = f"the record {_number_of(reader, claim.record)} blanks it, and it is not blanked; restart the till"
            report.differences.append(f"{row[0]}: {words}")


def _number_of(reader: _Reader, document: str) -> str:
    row = reader.execute("SELECT number FROM document WHERE id = ?", (document,)).fetchone()
    return row[0] if row else document


class _Page:
    """The rows of a page of documents, read table by table: a question for each document would take longer than the
    arithmetic of all of them."""

    def __init__(self, reader: _Reader, ids: list[str]) -> None:
        asked = json.dumps(ids)
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
    reader: _Reader, table: str, columns: tuple[str, ...], ids: str, where: str = ""
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
    reader: _Reader, files: Originals, n: int, row: dict[str, Any], values: tuple[Any, ...], page: _Page, report: Report
) -> str:
    body = row["body"].encode("utf-8")
    difference = files.difference(reader, row["path"], n, body)
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
    report.lines += len(rows.lines)
    return _outbox_difference(page, doc)


def _outbox_difference(page: _Page, doc: dict[str, Any]) -> str:
    """A sale made while a connection was set up is on its way to at least that one, in every part."""
    if doc["mode"] == "mock":
        return ""
    found = page.parts(doc["id"])
    missing = [part for part in ledger.parts(doc) if part not in found]
    return f"the outbox has no row for its {missing[0]}" if missing else ""


def _files(reader: _Reader, files: Originals, known: dict[str, int], report: Report) -> None:
    """Files the database does not know, loose or archived; sales saved since it was read are known by now."""
    unknown = []
    for path in files.paths():
        report.files += 1
        if path not in known:
            unknown.append(path)
    for path in unknown:
        if not reader.execute("SELECT 1 FROM document WHERE path = ?", (path,)).fetchone():
            report.differences.append(f"{path}: {files.unknown(path)}")


def _sessions(reader: _Reader, report: Report) -> None:
    first = reader.execute(
        "SELECT session, min(sequence), created_at, cashier, business_day FROM document"
        " WHERE series = 'till' AND session <> '' GROUP BY session"
    )
    # SQLite: beside min() stand the columns of that row
    opened = {row[0]: (*row[2:], row[1]) for row in first}
    closed = _closings(reader)
    for session in reader.execute(_SESSIONS).fetchall():
        row = dict(zip(ledger.SESSION, session, strict=True))
        report.sessions += 1
        found = opened.pop(row["id"], None)
        if found not in (None, (row["opened_at"], row["opened_by"], row["business_day"], row["first_sequence"])):
            report.differences.append(f"session {row['id']} did not open with its first receipt")
        wanted = closed.get(row["id"], (1, *(None for _ in ledger.CLOSING)))
        if wanted != (row["open"], *(row[c] for c in ledger.CLOSING)):
            report.differences.append(f"session {row['id']} is not closed as its Z says")
    report.differences.extend(f"session {name} is missing in the database" for name in opened)


def _closings(reader: _Reader) -> dict[str, tuple[Any, ...]]:
    """What the Zs say of their sessions: the first one of each, and later ones that name documents that came late."""
    found: dict[str, list[Any]] = {}
    late: list[str] = []
    for (body,) in reader.execute("SELECT body FROM document WHERE kind = 'z' ORDER BY n"):
        try:
            rows = intake.proven(body.encode("utf-8"))[1]
        except Corrupt:
            continue  # said already where its document was looked at
        if rows.closing is not None:
            found.setdefault(rows.closing[-1], [0, *rows.closing[:-1]])
            late.extend(rows.late)
    for name in late:
        if name in found:
            found[name][-1] += 1
    return {name: tuple(row) for name, row in found.items()}


def _takings(reader: _Reader, report: Report) -> None:
    for table in takings.wrong(reader):
        report.differences.append(f"the sums in {table} are not those of the documents")
