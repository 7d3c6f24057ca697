"""Rebuild: a new database from invoices/ alone.

Documents, lines, tenders, movements and sessions come out row by row as they were; outbox rows come back as `unknown`.
People, catalogue, settings and audit come from the backup.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from pos import clock
from pos.config import Config
from pos.errors import Corrupt
from pos.rules import documents, hub, ledger
from pos.store import audit, disk, entries, intake, qbd_rows, takings
from pos.store.archives import Files
from pos.store.db import LOCK_FILE, Store, database_path, open_store
from pos.store.models import Connection

#: What the command says about the rest.
ELSEWHERE = (
    "Users and PINs, keys, the catalogue, stock with its events, settings and the audit are not in the receipts: they "
    "come from the backup, or from `user add` and the next pull. Sales made with a connection are in the "
    "outbox as unknown: it asks first."
)
CHUNK = 500
#: Below this many files starting further processes costs more than it saves.
ALONE_MAX = 3000


@dataclass(slots=True)
class Rebuilt:
    """documents: taken in. left_alone: sentences about files that were not. kept_as: where the old one lies now."""

    documents: int = 0
    left_alone: list[str] = field(default_factory=list)
    kept_as: Path | None = None
    path: Path | None = None


class _Read(NamedTuple):
    """One file, read in whichever process: its rows, or why it was left alone."""

    path: str
    words: str
    rows: ledger.Rows | None
    outbox: list[tuple[Any, ...]]


def rebuild(config: Config, progress: Callable[[int, int], None] | None = None) -> Rebuilt:
    """Make the database anew; the old one is kept beside it under another name. FolderInUse while a server runs.

    Files that do not verify, or lie in a place that is not theirs, are left alone and reported.
    """
    path = database_path(config)
    lock = disk.FolderLock(path.with_name(LOCK_FILE), [config.invoices] if config.invoices.is_dir() else [])
    try:
        found = Rebuilt(path=path)
        fresh = path.with_name(path.name + ".rebuild")
        for leftover in _with_log(fresh):
            leftover.unlink(missing_ok=True)
        _fill(config, fresh, found, progress or (lambda _done, _total: None))
        found.kept_as = _put_aside(path)
        disk.move(fresh, path)
        disk.flush_folder(path.parent)
        return found
    finally:
        lock.release()


def _with_log(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]


def _put_aside(path: Path) -> Path | None:
    """The old database with its log, renamed; nothing is deleted."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.before-rebuild-{clock.now():%Y%m%d-%H%M%S-%f}")
    for old, new in zip(_with_log(path), _with_log(aside), strict=True):
        if old.exists():
            disk.move(old, new)
    return aside


def _fill(config: Config, fresh: Path, found: Rebuilt, progress: Callable[[int, int], None]) -> None:
    store = open_store(replace(config, storage=replace(config.storage, url=f"sqlite:///{fresh}")))
    try:
        store.execute("PRAGMA synchronous = off")  # nothing is lost by a power cut: the command is given again
        with store.transaction():
            for connection in configured(config):
                Connection.create(**dict(zip(("id", "kind", "title"), connection, strict=True)))
            _enter(store, config, found, progress)
            last = store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()[0]
            entries.set_meta(store, "files_durable", last)
            qbd_rows.forget(store, clock.now())  # what was told to QuickBooks Desktop is not in the receipts
            detail = {"documents": found.documents, "left_alone": len(found.left_alone)}
            audit.record(store, "rebuild", "rebuild", "", detail)
        store.execute("PRAGMA wal_checkpoint(truncate)").fetchall()
    finally:
        store.close()
    disk.flush_filesystem(config.invoices)
    disk.flush_file(fresh)


def configured(config: Config) -> list[tuple[str, str, str]]:
    """(id, kind, title) of the connections the settings name."""
    if config.hub.url:
        return [(hub.KIND, hub.KIND, "Hub")]
    return [("erpnext", "erpnext", "ERPNext")] if config.erpnext.url else []


def _enter(store: Store, config: Config, found: Rebuilt, progress: Callable[[int, int], None]) -> None:
    files = Files(config)
    found.left_alone.extend(words for _name, words in files.archives.trouble())
    paths = _in_order(files, config.till.id)
    connections = [key for key, _kind, _title in configured(config)]
    seen: dict[tuple[Any, ...], str] = {}
    sessions: dict[str, tuple[Any, ...]] = {}
    closings: list[ledger.Rows] = []
    done = 0
    for some in _chunks(_read_all(config, paths, connections)):
        done += len(some)
        good = [one for one in some if _is_new(one, seen, found)]
        _insert(store, good, sessions, closings)
        found.documents += len(good)
        progress(done, len(paths))
    many = store.database.connection().executemany
    many(entries.SESSION, sessions.values())
    many(entries.CLOSING, [r.closing for r in closings if r.closing is not None])
    many(entries.LATE, [(name,) for r in closings for name in r.late])
    takings.roll(store)


def _is_new(one: _Read, seen: dict[tuple[Any, ...], str], found: Rebuilt) -> bool:
    if one.rows is None:
        found.left_alone.append(f"{one.path}: {one.words}")
        return False
    row = dict(zip(ledger.DOCUMENT, one.rows.document, strict=True))
    for key in (("id", row["id"]), (row["till"], row["series"], row["sequence"])):
        if key in seen:
            found.left_alone.append(f"{one.path}: {seen[key]} has the same {'id' if key[0] == 'id' else 'number'}")
            return False
    seen["id", row["id"]] = seen[row["till"], row["series"], row["sequence"]] = one.path
    return True


def _insert(store: Store, good: list[_Read], sessions: dict[str, tuple[Any, ...]], closings: list[ledger.Rows]) -> None:
    many = store.database.connection().executemany
    rows = [one.rows for one in good if one.rows is not None]
    many(entries.DOCUMENT, [r.document for r in rows])
    many(entries.LINE, chain.from_iterable(r.lines for r in rows))
    many(entries.TENDER, chain.from_iterable(r.tenders for r in rows))
    many(entries.MOVEMENT, chain.from_iterable(r.movements for r in rows))
    many(entries.VOUCHER, chain.from_iterable(entries.voucher_rows(r) for r in rows))
    many(entries.BLANKING, chain.from_iterable(entries.blanking_rows(r) for r in rows))
    for lost in [r.lost for r in rows if r.lost is not None]:
        store.execute(entries.LOST, lost)
    many(entries.OUTBOX, chain.from_iterable(one.outbox for one in good))
    for r in rows:
        if r.session is not None:
            sessions.setdefault(r.session[0], r.session)
        if r.closing is not None:
            closings.append(r)


def _in_order(files: Files, own: str) -> list[str]:
    """Every file, as it was committed: this till by number, what was imported behind the number it came after, then
    what was taken in from other tills. Numbers stand in the names; only imported files are opened for it."""
    keyed = []
    for path in files.paths():
        name = path.partition("/")[2].removesuffix(".json")
        till, _, digits = name.partition("-")
        if digits.isdigit():
            key = (0, "", int(digits), 0, 0) if till == own else (1, till, int(digits), 0, 0)
        else:
            key = _imported_key(files, path)
        keyed.append((key, path))
    return [path for _key, path in sorted(keyed)]


def _imported_key(files: Files, path: str) -> tuple[int, str, int, int, int]:
    try:
        doc = documents.decode(files.read(path))
        after, sequence = doc["taken_in"]["after"], doc["sequence"]
        return (0, "", int(after), 1, int(sequence))
    except (Corrupt, OSError, KeyError, TypeError, ValueError):
        return (2, "", 0, 0, 0)


def _read_all(config: Config, paths: list[str], connections: list[str]) -> Iterator[_Read]:
    """Reading, hashing and checking is nearly all of the work, so it is spread over the processors."""
    groups = [paths[i : i + CHUNK] for i in range(0, len(paths), CHUNK)]
    if len(paths) <= ALONE_MAX or (os.cpu_count() or 1) < 2:
        for group in groups:
            yield from _read_group(config, group, connections)
        return
    fresh = multiprocessing.get_context("spawn")  # the same on every system, whatever threads run here
    with ProcessPoolExecutor(min(8, os.cpu_count() or 1), mp_context=fresh) as pool:
        for reads in pool.map(_read_group, [config] * len(groups), groups, [connections] * len(groups)):
            yield from reads


def _read_group(config: Config, group: list[str], connections: list[str]) -> list[_Read]:
    files = Files(config)
    return [_read(files, path, connections) for path in group]


def _read(files: Files, path: str, connections: list[str]) -> _Read:
    try:
        body = files.read(path)
        doc, rows = intake.proven(body)
        if ledger.path_of(doc) != path:
            raise Corrupt(f"it says it belongs at {ledger.path_of(doc)}")
        outbox = entries.outbox_rows(doc, connections, "unknown", clock.now()) if doc["mode"] != "mock" else []
        return _Read(path, "", rows, outbox)
    except (Corrupt, OSError) as error:
        return _Read(path, str(error), None, [])


def _chunks(reads: Iterable[_Read]) -> Iterator[list[_Read]]:
    iterator = iter(reads)
    while some := list(islice(iterator, CHUNK)):
        yield some
