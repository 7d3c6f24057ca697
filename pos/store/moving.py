"""A hub's SQLite database copied into an empty PostgreSQL: table by table in the order of its keys, then compared.

It may be stopped at any moment and begun again: what is there already is not copied twice. From its first step on the
source answers to no server any more, and the target to none until everything was compared; so nothing is in one of them
alone. What the target's own triggers would add is left out, for those rows are copied as well.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pos.errors import Conflict
from pos.said import said
from pos.store import identity, search_index
from pos.store.db import Store

PAGE_ROWS = 2000
#: Made anew by the target: its own versions, its search index.
_NOT_COPIED = ("schema_version", "sqlite_", "search_")
#: Few rows, some of which a new database holds already: copied in one piece.
_WHOLE = ("meta", "hub_top", "company", "shop")


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, and those of its key in order."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """What a table holds: how many rows, and the SHA-256 over all of them in the order of their keys."""

    rows: int
    digest: str


Execute = Callable[[str, Sequence[Any]], Any]


def open_source(path: Path) -> sqlite3.Connection:
    """The source's file, for reading alone."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only = 1")
    return connection


def tables(source: sqlite3.Connection) -> list[Table]:
    """Every table that is copied, by name."""
    asked = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    names = [name for (name,) in source.execute(asked) if not name.startswith(_NOT_COPIED)]
    return [_table(source, name) for name in names]


def _table(source: sqlite3.Connection, name: str) -> Table:
    columns = source.execute(f'PRAGMA table_info("{name}")').fetchall()
    key = tuple(row[1] for row in sorted((row for row in columns if row[5]), key=lambda row: row[5]))
    return Table(name, tuple(row[1] for row in columns), key)


# -- the mark on both sides --------------------------------------------------------------------------------------------


def begin(target: Store, source: sqlite3.Connection, hub: str) -> None:
    """Claim an empty target for this hub, or go on with one that was claimed. Conflict otherwise."""
    with target.transaction():
        mark = identity.coming_from(target)
        if mark and mark != hub:
            raise Conflict("That database is being filled from another hub. Give an empty one.", code="other_hub")
        if mark:
            return
        for table in tables(source):
            full = table.name not in _WHOLE and target.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1', ()).fetchone()
            if full:
                raise Conflict(
                    said("That database is not empty: {table} has rows. Give an empty one.", table=table.name),
                    code="not_empty",
                )
        identity.mark_coming(target, hub)


# -- copying -----------------------------------------------------------------------------------------------------------


def copy(target: Store, source: sqlite3.Connection, table: Table, progress: Callable[[int], None]) -> int:
    """Copy what is not there yet; how many rows were copied now. progress: called with how many after each page."""
    if table.name in _WHOLE:
        return _copy_whole(target, source, table)
    after, done = _last_key(target, table), 0
    for page in _pages(source.execute, table, after):
        with target.transaction(), _without_triggers(target, table):
            _put(target, table, page)
        done += len(page)
        progress(done)
    return done


def _copy_whole(target: Store, source: sqlite3.Connection, table: Table) -> int:
    rows = [row for page in _pages(source.execute, table, None) for row in page if not _is_mark(table, row)]
    with target.transaction(), _without_triggers(target, table):
        marks = identity.MARKS if table.name == "meta" else ()
        kept = f" WHERE key NOT IN ({', '.join('?' * len(marks))})" if marks else ""
        target.execute(f'DELETE FROM "{table.name}"{kept}', marks)
        _put(target, table, rows)
    return len(rows)


def _is_mark(table: Table, row: Sequence[Any]) -> bool:
    return table.name == "meta" and row[table.columns.index("key")] in identity.MARKS


@contextmanager
def _without_triggers(target: Store, table: Table) -> Iterator[None]:
    """Rows come with what triggers once made of them. After an error the transaction takes this back as well."""
    if table.name == "document":  # a view there, whose triggers put each row where it belongs
        yield
        return
    target.execute(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER')
    yield
    target.execute(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER')


def _put(target: Store, table: Table, rows: list[Sequence[Any]]) -> None:
    names = ", ".join(f'"{name}"' for name in table.columns)
    marks = ", ".join("?" * len(table.columns))
    target.execute_many(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)


def _last_key(target: Store, table: Table) -> Sequence[Any] | None:
    names = ", ".join(f'"{name}"' for name in table.key)
    order = ", ".join(f'"{name}" DESC' for name in table.key)
    found: Sequence[Any] | None = target.execute(
        f'SELECT {names} FROM "{table.name}" ORDER BY {order} LIMIT 1', ()
    ).fetchone()
    return found


def _pages(execute: Execute, table: Table, after: Sequence[Any] | None) -> Iterator[list[Sequence[Any]]]:
    """All rows behind a key, in its order, in pages."""
    names, key = ", ".join(f'"{c}"' for c in table.columns), ", ".join(f'"{c}"' for c in table.key)
    places = [table.columns.index(name) for name in table.key]
    while True:
        beyond = f" WHERE ({key}) > ({', '.join('?' * len(table.key))})" if after is not None else ""
        sql = f'SELECT {names} FROM "{table.name}"{beyond} ORDER BY {key} LIMIT {PAGE_ROWS}'
        page = execute(sql, tuple(after or ())).fetchall()
        if page:
            yield page
        if len(page) < PAGE_ROWS:
            return
        after = [page[-1][place] for place in places]


# -- afterwards --------------------------------------------------------------------------------------------------------


def sum_of(execute: Execute, table: Table) -> Sum:
    """A table's rows and their digest, on either side."""
    rows, digest = 0, hashlib.sha256()
    for page in _pages(execute, table, None):
        for row in page:
            if not _is_mark(table, row):
                rows += 1
                digest.update(json.dumps([*row], ensure_ascii=False, default=_hex).encode("utf-8") + b"\n")
    return Sum(rows, digest.hexdigest())


def _hex(value: object) -> str:
    assert isinstance(value, bytes | memoryview), value
    return bytes(value).hex()


def finish(target: Store, source: sqlite3.Connection) -> None:
    """Numbers go on where they were; the search index is made."""
    for table in tables(source):
        if len(table.key) == 1:
            with target.transaction():
                _go_on(target, table)
    search_index.rebuild(target)


def _go_on(target: Store, table: Table) -> None:
    column = table.key[0]
    counted = "document_head" if table.name == "document" else f'"{table.name}"'
    (sequence,) = target.execute("SELECT pg_get_serial_sequence(?, ?)", (counted, column)).fetchone()
    if sequence is not None:
        top = f'SELECT coalesce(max("{column}"), 0) FROM "{table.name}"'
        target.execute(f"SELECT setval(?, ({top}) + 1, false)", (sequence,))
