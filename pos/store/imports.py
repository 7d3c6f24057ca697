"""Exports of other tills: their files, the rows kept of them, each once, and the rows that were not taken.

A file is taken in in bites, each a transaction of its own that says how far it came: one that was broken off goes on
there. The files of a company are taken in one after the other, in the order they came; a bite of any other changes
nothing. A row says which export had it last, which is how identical rows of one file are counted, and how rows that are
gone from a newer export are found, without holding a file in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

from pos import clock
from pos.errors import NotFound
from pos.rules.epos_csv import Row, key_of
from pos.said import packed, said, unpacked
from pos.store.db import Store
from pos.store.models import ImportFile, ImportReject

WAITING, TAKEN, REFUSED, AGAIN = "waiting", "taken", "refused", "again"
BITE_ROWS = 500
_KEPT = tuple(one.name for one in fields(Row) if one.name != "hash")
_INSERT = (
    f"INSERT INTO import_row (company, row_key, file, line, {', '.join(_KEPT)}, bundle, seen_in, gone_in)"
    f" VALUES ({', '.join('?' * (len(_KEPT) + 7))})"
)
#: The range an export covers of a day and place.
_SPANS = "SELECT day, place, min(at), max(at) FROM import_row WHERE seen_in = ? GROUP BY day, place"
#: What was kept of a day and place before, by the exports that had it last and first; of dates this one spans.
_OTHERS = (
    "SELECT seen_in, file, min(at), max(at) FROM import_row WHERE company = ? AND day = ? AND place = ?"
    " AND seen_in <> ? AND gone_in = 0 AND substr(at, 1, 10) >= ? AND substr(at, 1, 10) <= ? GROUP BY seen_in, file"
)
_SHARED = "SELECT DISTINCT file FROM import_row WHERE company = ? AND day = ? AND place = ? AND seen_in = ?"
_GONE = (
    "UPDATE import_row SET gone_in = ? WHERE company = ? AND day = ? AND place = ? AND seen_in = ? AND file = ?"
    " AND gone_in = 0 AND substr(at, 1, 10) >= ? AND substr(at, 1, 10) <= ?"
)
#: Days and places with rows between the first and the last moment of an export.
_BETWEEN = (
    "SELECT DISTINCT day, place FROM import_row WHERE company = ? AND day >= ? AND day <= ? AND at >= ? AND at <= ?"
    " AND seen_in <> ? AND gone_in = 0"
)
_GONE_WHOLE = (
    "UPDATE import_row SET gone_in = ? WHERE company = ? AND day = ? AND place = ? AND at >= ? AND at <= ?"
    " AND seen_in <> ? AND gone_in = 0"
)
_GONE_OF = (
    "SELECT r.day, coalesce(f.name, ''), count(*) FROM import_row r LEFT JOIN import_file f ON f.n = r.seen_in"
    " WHERE r.company = ? AND r.day >= ? AND r.day <= ? AND r.gone_in = ? GROUP BY r.day, f.name ORDER BY r.day, f.name"
)
_ALSO_IN = (
    "SELECT DISTINCT f.n, f.name FROM import_row r JOIN import_file f ON f.n = r.file"
    " WHERE r.seen_in = ? AND r.file <> ? ORDER BY f.n"
)


@dataclass(frozen=True, slots=True)
class File:
    """One export. state: waiting, taken, refused, again (taken up anew as another). place: below the data folder."""

    n: int
    company: str
    name: str
    sha256: str
    size_bytes: int
    state: str
    place: str
    raw_rows: int
    new_rows: int
    known_rows: int
    rejected_rows: int
    skipped_rows: int
    gone_rows: int
    cursor: int
    day_from: str
    day_to: str
    words: str
    job: str
    by: str
    received_at: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken."""

    line: int
    reason: str
    row_text: str


@dataclass(slots=True)
class Bite:
    """Some records of a file as they were understood. records: how many, whatever became of them."""

    records: int
    rows: list[tuple[int, Row]]
    rejects: list[tuple[int, str, str]]
    skipped: int = 0


def _file(row: Any) -> File:
    facts = {one.name: getattr(row, one.name) for one in fields(File)}
    return File(**{**facts, "words": unpacked(row.words, row.made_of)})


# -- files -------------------------------------------------------------------------------------------------------------


def received(
    store: Store, company: str, name: str, sha256: str, size_bytes: int, place: str, by: str, now: datetime
) -> File:
    """One more export, waiting to be taken in. The same place is the same export: it is not listed twice."""
    with store.transaction():
        row = ImportFile.get_or_none((ImportFile.company == company) & (ImportFile.place == place))
        if row is None:
            row = ImportFile.create(
                company=company, name=name, sha256=sha256, size_bytes=size_bytes, state=WAITING, place=place, by=by,
                received_at=clock.stamp(now),
            )  # fmt: skip
        return _file(row)


def places(store: Store, company: str) -> set[str]:
    """Where the company's exports are, below the data folder."""
    with store.reading():
        return {row.place for row in ImportFile.select(ImportFile.place).where(ImportFile.company == company)}


def one(store: Store, company: str, n: int) -> File:
    """An export of a company. NotFound, also for another company's."""
    with store.reading():
        row = ImportFile.get_or_none((ImportFile.company == company) & (ImportFile.n == n))
    if row is None:
        raise NotFound(said("There is no import {n} here.", n=n), field="file")
    return _file(row)


def find(store: Store, n: int, companies: Collection[str]) -> File:
    """An export by its number. NotFound, also for one of a company that is none of these."""
    with store.reading():
        row = ImportFile.get_or_none((ImportFile.n == n) & ImportFile.company.in_(list(companies)))
    if row is None:
        raise NotFound(said("There is no import {n} here.", n=n), field="file")
    return _file(row)


def files(store: Store, companies: Sequence[str], before: int = 0, limit: int = 50) -> list[File]:
    """Exports of these companies, the newest first; before: only those that came earlier than this one."""
    asked = ImportFile.company.in_(list(companies)) & (ImportFile.state != AGAIN)
    asked = asked & (ImportFile.n < before) if before else asked
    with store.reading():
        return [_file(row) for row in ImportFile.select().where(asked).order_by(ImportFile.n.desc()).limit(limit)]


def elsewhere(store: Store, file: File) -> bool:
    """Whether another company took in the very same file."""
    same = (ImportFile.sha256 == file.sha256) & (ImportFile.company != file.company) & (ImportFile.state == TAKEN)
    with store.reading():
        return file.state == TAKEN and ImportFile.select().where(same & (ImportFile.raw_rows > 0)).exists()


def next_waiting(store: Store, company: str) -> File | None:
    """The export of a company whose turn it is."""
    asked = (ImportFile.company == company) & (ImportFile.state == WAITING)
    with store.reading():
        row = ImportFile.select().where(asked).order_by(ImportFile.n).first()
    return _file(row) if row else None


def refused(store: Store, n: int, words: str, now: datetime) -> None:
    """It cannot be taken in as it is."""
    with store.transaction():
        ImportFile.update(
            state=REFUSED, words=words, made_of=packed(words), ended_at=clock.stamp(now)
        ).where((ImportFile.n == n) & (ImportFile.state == WAITING)).execute()  # fmt: skip


def again(store: Store, old: File, by: str, now: datetime) -> File:
    """Take up a refused export anew, as the newest: its turn is now, not when it came."""
    with store.transaction():
        mine = (ImportFile.n == old.n) & (ImportFile.state == REFUSED)
        if not ImportFile.update(state=AGAIN, place="").where(mine).execute():
            return one(store, old.company, old.n)
        return received(store, old.company, old.name, old.sha256, old.size_bytes, old.place, by, now)


# -- taking in ---------------------------------------------------------------------------------------------------------


def take(store: Store, file: File, bite: Bite) -> File | None:
    """Keep a bite and that it is done; the file as it is then. None when it is not its turn, or somebody else took this
    bite: nothing happened."""
    with store.transaction():
        waiting = ImportFile.select(ImportFile.n, ImportFile.cursor)
        waiting = waiting.where((ImportFile.company == file.company) & (ImportFile.state == WAITING))
        first = waiting.order_by(ImportFile.n).first()
        if first is None or (first.n, first.cursor) != (file.n, file.cursor):
            return None
        new = _keep(store, file, bite.rows)
        rejects = [(file.n, line, why, packed(why), text) for line, why, text in bite.rejects]
        sql = "INSERT INTO import_reject (file, line, reason, made_of, row_text) VALUES (?, ?, ?, ?, ?)"
        store.execute_many(sql, rejects)
        days = [file.day_from, file.day_to, *(row.day for _, row in bite.rows)]
        days = sorted(day for day in days if day) or [""]
        ImportFile.update(
            cursor=file.cursor + bite.records, raw_rows=file.raw_rows + bite.records - bite.skipped,
            new_rows=file.new_rows + new, known_rows=file.known_rows + len(bite.rows) - new,
            rejected_rows=file.rejected_rows + len(rejects), skipped_rows=file.skipped_rows + bite.skipped,
            day_from=days[0], day_to=days[-1],
        ).where(ImportFile.n == file.n).execute()  # fmt: skip
        return _file(ImportFile.get_by_id(file.n))


def _keep(store: Store, file: File, rows: Sequence[tuple[int, Row]]) -> int:
    """Insert what is not there, mark what is; how many were inserted."""
    met = _met_before(store, file, {row.hash for _, row in rows})
    keyed: dict[str, tuple[int, Row]] = {}
    for line, row in rows:
        keyed[key_of(row.hash, met[row.hash])] = (line, row)
        met[row.hash] += 1
    known = _known(store, file.company, list(keyed))
    sql = "UPDATE import_row SET seen_in = ?, gone_in = 0 WHERE company = ? AND row_key = ?"
    store.execute_many(sql, [(file.n, file.company, key) for key in known])
    fresh = [
        (file.company, key, file.n, line, *astuple(row)[1:], 0, file.n, 0)
        for key, (line, row) in keyed.items()
        if key not in known
    ]
    store.execute_many(_INSERT, fresh)
    return len(fresh)


def _known(store: Store, company: str, keys: Sequence[str]) -> dict[str, int]:
    """Those of these keys that are kept, with the export that had them last."""
    if not keys:
        return {}
    marks = ", ".join("?" * len(keys))
    sql = f"SELECT row_key, seen_in FROM import_row WHERE company = ? AND row_key IN ({marks})"
    return {key: seen for key, seen in store.execute(sql, (company, *keys)).fetchall()}


def _met_before(store: Store, file: File, hashes: set[str]) -> Counter[str]:
    """How many rows of each content this file had up to here."""
    firsts = _known(store, file.company, [key_of(digest, 0) for digest in hashes])
    met: Counter[str] = Counter()
    sql = "SELECT count(*) FROM import_row WHERE company = ? AND row_key >= ? AND row_key < ? AND seen_in = ?"
    for key, seen in firsts.items():
        if seen == file.n:
            digest = key.partition(":")[0]
            row = store.execute(sql, (file.company, f"{digest}:", f"{digest};", file.n)).fetchone()
            met[digest] = int(row[0])
    return met


def ended(store: Store, file: File, now: datetime) -> File:
    """It was read to its end: rows of its days and places that it does not have any more are marked, nothing more; also
    a whole day of a place between its first row and its last.

    It says nothing of dates it does not span (a business day goes on behind midnight), nor of another export of the day
    that has no row in common with it and is all earlier or later."""
    with store.reading():  # the long looks hold up nobody: only this file may change these rows until it has ended
        spans = store.execute(_SPANS, (file.n,)).fetchall()
        least, most = min((span[2] for span in spans), default=""), max((span[3] for span in spans), default="")
        asked = (file.company, file.day_from, file.day_to, least, most, file.n)
        between = store.execute(_BETWEEN, asked).fetchall() if spans else []
    dates = (least[:10], most[:10])
    for day, place, first, last in spans:
        mine = (file.company, day, place)
        with store.reading():
            others = store.execute(_OTHERS, (*mine, file.n, *dates)).fetchall()
            shared = {n for (n,) in store.execute(_SHARED, (*mine, file.n)).fetchall()} if others else set()
        gone = [one[:2] for one in others if {*one[:2]} & shared or (one[2] <= last and one[3] >= first)]
        if gone:  # most exports lack nothing, and each write is one more wait for the disk
            with store.transaction():
                store.execute_many(_GONE, [(file.n, *mine, *one, *dates) for one in gone])
    here, places = {(day, place) for day, place, _, _ in spans}, {place for _, place, _, _ in spans}
    for day, place in between:
        if place in places and (day, place) not in here:
            with store.transaction():
                store.execute(_GONE_WHOLE, (file.n, file.company, day, place, least, most, file.n))
    count = sum(rows for _, _, rows in gone_of(store, file))  # also what a killed round marked
    with store.transaction():
        ImportFile.update(state=TAKEN, gone_rows=count, ended_at=clock.stamp(now)).where(
            (ImportFile.n == file.n) & (ImportFile.state == WAITING)
        ).execute()
        return _file(ImportFile.get_by_id(file.n))


def gone_of(store: Store, file: File) -> list[tuple[str, str, int]]:
    """What is gone from an export: (business day, the export that had it last, rows)."""
    with store.reading():
        rows = store.execute(_GONE_OF, (file.company, file.day_from, file.day_to, file.n)).fetchall()
    return [(day, name, int(count)) for day, name, count in rows]


def also_in(store: Store, file: File) -> list[str]:
    """The exports that had rows of this one first."""
    with store.reading():
        return [name for _, name in store.execute(_ALSO_IN, (file.n, file.n)).fetchall()]


# -- reading -----------------------------------------------------------------------------------------------------------


def rejects(store: Store, n: int, after: int = 0, limit: int = BITE_ROWS) -> list[Reject]:
    """Rows of a file that were not taken, in order, behind a line."""
    asked = (ImportReject.file == n) & (ImportReject.line > after)
    with store.reading():
        rows = list(ImportReject.select().where(asked).order_by(ImportReject.line).limit(limit))
    return [Reject(row.line, unpacked(row.reason, row.made_of), row.row_text) for row in rows]


def all_rejects(store: Store, n: int) -> Iterator[Reject]:
    """All of them, read a bite at a time."""
    after = 0
    while some := rejects(store, n, after):
        yield from some
        after = some[-1].line
