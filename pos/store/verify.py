"""Verify: every file, hash, chain and sequence; the database against the files. Reads only, also while a till runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pos.config import Config
from pos.errors import Corrupt
from pos.rules import ledger, record
from pos.rules.documents import GENESIS
from pos.store import anchors, audit, intake, inventory_sums, proving, takings
from pos.store.anchors import Anchors
from pos.store.archives import Files
from pos.store.db import database_path
from pos.store.originals import OfTill, Originals
from pos.store.proving import Link, Looked, Reader

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


def verify(
    config: Config,
    progress: Callable[[int, int], None] | None = None,
    *,
    known: Anchors | None = None,
    beside: Originals | None = None,
    processes: int = 1,
) -> Report:
    """Compare everything. CannotSave when there is no database, or it cannot be read.

    progress(done, total) is called after each few hundred documents. known: what is known of the chains outside the
    till. beside: the receipts, when they are not the files of the settings. processes: how many may work at it.
    """
    report = Report()
    reader, files = Reader(database_path(config)), beside or OfTill(Files(config))
    try:
        _database(reader, report)
        report.differences.extend(files.trouble())
        pages = proving.looked(config, reader, beside, processes)
        paths = _documents(reader, pages, report, progress or (lambda _done, _total: None))
        _files(reader, files, paths, report)
        _records(reader, report)
        _sessions(reader, report)
        _takings(reader, report)
        report.differences.extend(inventory_sums.wrong(reader))
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


def _database(reader: Reader, report: Report) -> None:
    for (words,) in reader.execute("PRAGMA quick_check(5)").fetchall():
        if words != "ok":
            report.differences.append(f"the database file is damaged: {words}")


def _documents(
    reader: Reader, looked: Iterator[list[Looked]], report: Report, progress: Callable[[int, int], None]
) -> dict[str, int]:
    """Each document of the database against its file, its rows and the one before it. Paths seen -> n."""
    total = reader.execute("SELECT count(*) FROM document").fetchone()[0]
    known: dict[str, int] = {}
    chains: dict[tuple[str, str], tuple[int, str, int]] = {}
    elsewhere = proving.of_others(reader)
    for page in looked:
        for one in page:
            known[one.link.path] = one.link.n
            report.documents += 1
            report.lines += one.lines
            _say(report, one.link.path, one.difference)
            _say(report, one.link.path, _follows(chains, one.link, elsewhere))
            for claim in one.claims:
                report.claims.setdefault(claim.document, claim)
            report.blanked |= one.blanked
        progress(report.documents, max(total, report.documents))
    return known


def _say(report: Report, path: str, difference: str) -> None:
    if difference:
        report.differences.append(f"{path}: {difference}")


def _follows(chains: dict[tuple[str, str], tuple[int, str, int]], link: Link, elsewhere: frozenset[str]) -> str:
    key = (link.till, link.series)
    sequence, digest, before = chains.get(key, (0, GENESIS, 0))
    chains[key] = (link.sequence, link.hash, link.n)
    if link.sequence != sequence + 1 and not link.lost_before:
        first, last = sequence + 1, link.sequence - 1
        missing = str(first) if first == last else f"{first} to {last}"
        return f"the sequence has a gap before it: {missing} of till {link.till} ({link.series}) is missing"
    if link.prev_hash != digest:
        return "it does not carry the hash of the document before it: the chain is broken here"
    if link.n < before and link.till not in elsewhere:
        return "it stands in the database before the document it follows"
    return ""


def _records(reader: Reader, report: Report) -> None:
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


def _number_of(reader: Reader, document: str) -> str:
    row = reader.execute("SELECT number FROM document WHERE id = ?", (document,)).fetchone()
    return row[0] if row else document


def _files(reader: Reader, files: Originals, known: dict[str, int], report: Report) -> None:
    """Files the database does not know, loose or archived; sales saved since it was read are known by now."""
    unknown = []
    for path in files.paths():
        report.files += 1
        if path not in known:
            unknown.append(path)
    for path in unknown:
        if not reader.execute("SELECT 1 FROM document WHERE path = ?", (path,)).fetchone():
            report.differences.append(f"{path}: {files.unknown(path)}")


def _sessions(reader: Reader, report: Report) -> None:
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


def _closings(reader: Reader) -> dict[str, tuple[Any, ...]]:
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


def _takings(reader: Reader, report: Report) -> None:
    for table in takings.wrong(reader):
        report.differences.append(f"the sums in {table} are not those of the documents")
