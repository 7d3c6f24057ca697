"""Examine: the database of a folder, opened so that nothing can be written, also while a till runs on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from peewee import DatabaseError

from pos.config import Config
from pos.errors import CannotSave, Corrupt
from pos.rules import ledger
from pos.rules.documents import GENESIS
from pos.store import disk, intake, migrate
from pos.store.archives import Files
from pos.store.db import Store, cannot_save, database_path, is_postgresql, is_served, unopened
from pos.store.engines.sqlite import Connection as _Connection
from pos.store.engines.sqlite import Database as _Database
from pos.store.models import database as current


@contextmanager
def store_of(config: Config) -> Iterator[Store]:
    """The database as it stands: never made, never migrated, never written. CannotSave when it cannot be read."""
    database, path = unopened(config) if is_postgresql(config) else _file_of(config)
    store = Store(config, database, path)
    try:
        with readable(store):
            if store.keeps_files:
                database.connection().execute("PRAGMA query_only = 1")
            current.initialize(database)
            yield store
    finally:
        store.close()


def _file_of(config: Config) -> tuple[_Database, Path]:
    path = database_path(config)
    log = path.with_name(path.name + "-wal")
    # Without a log nobody writes, and SQLite need not make its own two files beside it to read.
    how = "mode=ro" if disk.file_bytes(log) or is_served(config) else "immutable=1"
    database = _Database(
        f"{path.absolute().as_uri()}?{how}", uri=True, timeout=5, check_same_thread=False, factory=_Connection
    )
    return database, path


@contextmanager
def readable(store: Store) -> Iterator[None]:
    """What the database says when it cannot be read, as CannotSave in words."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        raise cannot_save(error, store.path) or CannotSave(f"The database cannot be read: {error}.") from error


@dataclass(frozen=True, slots=True)
class Shape:
    """version: of its tables; known: what this program knows. damage: what SQLite found, "" = nothing."""

    version: int
    known: int
    damage: str
    journal_mode: str
    bytes: int
    log_bytes: int


def shape(store: Store) -> Shape:
    """Its tables' version, and SQLite's own look at every page of it."""
    words = [row[0] for row in store.execute("PRAGMA quick_check(3)").fetchall()]
    return Shape(
        migrate.version(store.database),
        migrate.newest(),
        "" if words == ["ok"] else "; ".join(words),
        _journal_mode(store),
        disk.file_bytes(store.path),
        disk.file_bytes(store.path.with_name(store.path.name + "-wal")),
    )


def _journal_mode(store: Store) -> str:
    """As the file's head says it (https://sqlite.org/fileformat.html, 18): one opened as unchangeable answers less."""
    with store.path.open("rb") as file:
        return "wal" if file.read(20)[18:20] == b"\x02\x02" else "delete"


@dataclass(frozen=True, slots=True)
class Chain:
    """The newest documents of a till's own series. looked: how many of them; difference: the first, "" = none."""

    documents: int
    looked: int
    difference: str
    head: str


def chain(store: Store, till: str, last: int) -> Chain:
    """Numbers without a gap over all documents; hash, link and file of the newest `last`."""
    count, top = store.execute(
        "SELECT count(*), coalesce(max(sequence), 0) FROM document WHERE till = ? AND series = 'till'", (till,)
    ).fetchone()
    rows = store.execute(
        "SELECT number, sequence, path, hash, prev_hash, body FROM document WHERE till = ? AND series = 'till' "
        "ORDER BY sequence DESC LIMIT ?",
        (till, last + 1),
    ).fetchall()[::-1]
    head = rows[-1][3] if rows else ""
    lost = _lost(store, till)
    if count + lost != top:
        return Chain(count, 0, f"{top - count - lost} numbers of till {till} are missing", head)
    before = GENESIS
    for number, sequence, path, digest, previous, body in rows:
        if sequence == 1 or before != GENESIS:
            linked = "" if previous == before else "it does not carry the hash of the document before it"
            words = _one(store, path, body, digest) or linked
            if words:
                return Chain(count, len(rows), f"{number}: {words}", head)
        before = digest
    return Chain(count, min(count, last), "", head)


def _lost(store: Store, till: str) -> int:
    """How many numbers records say were given out before and are lost: those behind the document before each."""
    rows = store.execute(
        "SELECT l.sequence - coalesce((SELECT max(b.sequence) FROM document b WHERE b.till = l.till"
        " AND b.series = 'till' AND b.sequence <= l.sequence), 0) FROM lost_number l WHERE l.till = ?",
        (till,),
    ).fetchall()
    return sum(max(0, count) for (count,) in rows)


def _one(store: Store, path: str, body: str, digest: str) -> str:
    try:
        doc, _ = intake.proven(body.encode("utf-8"))
    except Corrupt as error:
        return error.message
    if ledger.chain_hash(doc) != digest:
        return "the database has another hash than the receipt"
    durable = store.execute("SELECT value FROM meta WHERE key = 'files_durable'").fetchone()
    try:
        found: bytes | None = Files(store.config).read(path)
    except OSError:
        found = None
    except Corrupt as error:
        return error.message
    if found == body.encode("utf-8"):
        return ""
    n = store.execute("SELECT n FROM document WHERE path = ?", (path,)).fetchone()[0]
    if durable is None or n > int(durable[0]):
        return ""  # saved this moment; its file is on its way
    return f"its file {path} is {'missing' if found is None else 'not as the database has it'}"


def back_in_time(store: Store, last: int) -> tuple[str, str] | None:
    """Of the newest documents of this till, the first that was saved earlier than the one before it: (number, by)."""
    rows = store.execute(
        "SELECT number, created_at FROM document WHERE till = ? AND series = 'till' ORDER BY sequence DESC LIMIT ?",
        (store.config.till.id, last),
    ).fetchall()[::-1]
    for (_, before), (number, at) in pairwise(rows):
        if at < before:
            return number, before
    return None


def count(store: Store, table: str, where: str = "1", values: tuple[Any, ...] = ()) -> int:
    """Rows of a table of this program."""
    return int(store.execute(f"SELECT count(*) FROM {table} WHERE {where}", values).fetchone()[0])


def up_to_date(store: Store) -> bool:
    """Whether its tables are those this program reads."""
    return migrate.version(store.database) == migrate.newest() and not migrate.pending(store.database)
