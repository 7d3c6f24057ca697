"""SQLite in WAL mode: the engine of every till. Its safety switches are set on each connection and read back."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from peewee import OperationalError, SqliteDatabase

from pos.store import disk
from pos.store.engines import sqlite_search

#: When the database is closed under a statement: how often it is interrupted, and how long it may take to come back.
ENDING_TRIES, ENDING_SECONDS = 3, 0.04
#: With less room than this an I/O error is one of a full disk.
FULL_BELOW_BYTES = 1 << 16

#: Set on every connection and read back. `synchronous` 1 is NORMAL: no flush of its own, replayed at worst.
PRAGMAS: dict[str, int] = {
    "synchronous": 1,
    "wal_autocheckpoint": 0,  # the journal's flusher does it, so that no sale has to wait for one
    "foreign_keys": 1,
    "journal_size_limit": 16 << 20,
    **disk.pragmas(),
}
#: On the connection that writes sales: FULL, one flush at each COMMIT.
DURABLE: dict[str, int] = {**PRAGMAS, "synchronous": 2}


class Connection(sqlite3.Connection):
    """One that can be referred to weakly: a thread that ends takes its connection with it."""

    opener: threading.Thread


class Database(SqliteDatabase):
    """SqliteDatabase that can close the connections of all threads, not only of the one that asks."""

    #: Documents lie in invoices/ as well, one file each.
    keeps_files = True
    #: Rows are not locked one by one: whoever writes is alone.
    locks_rows = False
    words = sqlite_search

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.opened: weakref.WeakSet[Connection] = weakref.WeakSet()
        self.ended = False
        super().__init__(*args, **kwargs)

    def _connect(self) -> sqlite3.Connection:
        connection: Connection = super()._connect()  # type: ignore[misc]
        connection.opener = threading.current_thread()
        self.opened.add(connection)
        return connection

    def connection(self) -> sqlite3.Connection:
        self._refuse()
        found: sqlite3.Connection = super().connection()
        return found

    def cursor(self, named_cursor: Any = None) -> sqlite3.Cursor:
        self._refuse()
        found: sqlite3.Cursor = super().cursor(named_cursor)
        return found

    def together(self, work: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> list[list[Any]]:
        """Several statements, each for each of its rows; what each answered. A statement costs no way here."""
        execute, found = self.connection().execute, []
        for sql, rows in work:
            found.append([answer for row in rows for answer in execute(sql, row).fetchall()])
        return found

    def _refuse(self) -> None:
        if self.ended:
            raise OperationalError("the database was closed")

    def end(self) -> None:
        """Close the connections of all threads. Closing one under a statement that runs would crash the process, so a
        thread that still works is interrupted, and refused its next statement, first."""
        self.ended = True
        here = threading.current_thread()
        working = [c for c in self.opened if c.opener is not here and c.opener.is_alive()]
        for _ in range(ENDING_TRIES if working else 0):  # again for a statement that was just about to begin
            for connection in working:
                with suppress(sqlite3.ProgrammingError):  # its thread had closed it already
                    connection.interrupt()
            threading.Event().wait(ENDING_SECONDS)
        for connection in list(self.opened):
            with suppress(sqlite3.Error):
                connection.execute("SELECT 1")  # else an interruption would also keep it from tidying the log away
            connection.close()
        self.ended = False

    def prepare(self) -> None:
        """What is set once for the file, not for each connection."""
        self.connection().execute("PRAGMA journal_mode = wal")

    def others(self) -> bool:
        """One server has the folder at a time (`Store.lock`)."""
        return False

    def lineage(self) -> str:
        """A file says nothing of where it came from: its folder does (`hub_link.instance`)."""
        return ""

    def difference(self, *, durable: bool) -> str:
        """What of the switches does not hold on this thread's connection, in words; "" when all do."""
        return _difference(self.connection(), DURABLE if durable else PRAGMAS)

    def harden(self) -> None:
        """From here on each COMMIT of this thread is flushed."""
        _set(self.connection(), DURABLE)

    def alone(self, query: Any) -> Any:
        """A query whose rows nobody else changes until the transaction ends; rows somebody else has are left out."""
        return query

    def overwrite_deleted(self) -> None:
        """From here on what this thread deletes is written over in the file, not only let go of."""
        self.connection().execute("PRAGMA secure_delete = on")

    def forget_deleted(self) -> None:
        """Nothing of what was deleted or written over is left in the log beside the file. Outside a transaction."""
        self.connection().execute("PRAGMA wal_checkpoint(truncate)").fetchall()

    def flush_commits(self, on: bool) -> None:
        """Whether this thread's next COMMITs are flushed."""
        _set(self.connection(), {"synchronous": (DURABLE if on else PRAGMAS)["synchronous"]})


def database(path: Path, wait_seconds: float) -> Database:
    """The database in this file, not opened yet."""
    return Database(
        str(path),
        pragmas=PRAGMAS,
        timeout=wait_seconds,
        lock_type="IMMEDIATE",
        check_same_thread=False,
        factory=Connection,
        cached_statements=256,
    )


def _set(connection: sqlite3.Connection, wanted: Mapping[str, int]) -> None:
    for name, value in wanted.items():
        connection.execute(f"PRAGMA {name} = {value}").fetchall()


def _difference(connection: sqlite3.Connection, wanted: Mapping[str, int | str]) -> str:
    for name, value in ({"journal_mode": "wal"} | dict(wanted)).items():
        row = connection.execute(f"PRAGMA {name}").fetchone()
        if row is None or row[0] != value:
            return (
                f"The database does not keep {name} = {value} (it says {row[0] if row else 'nothing'}), so a sale "
                "could be lost in a power cut. Put data/ on a local disk; network folders cannot do this."
            )
    return ""


_WORDS = {
    "SQLITE_FULL": "The disk is full, so nothing can be saved. Free some space on the disk of {folder}.",
    "SQLITE_READONLY": "The disk or folder is read-only, so nothing can be saved. Make {folder} writable again.",
    "SQLITE_IOERR": "The disk reports an error, so nothing can be saved. Check the disk of {folder}.",
    "SQLITE_CANTOPEN": "The database cannot be opened. Check that {folder} is there and writable.",
    "SQLITE_CORRUPT": "The database file is damaged. Stop the till and run `pos_server.py verify`, then `rebuild`.",
    "SQLITE_BUSY": "Another program holds the database. Close it, or try again in a moment.",
    "SQLITE_NOTADB": "The database file is damaged. Stop the till and run `pos_server.py verify`, then `rebuild`.",
}


def words_of(error: BaseException, path: Path) -> tuple[str, bool] | None:
    """What an error of SQLite means for who wants to save, and whether another try may help at once."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and _is_full(path.parent):
        name = "SQLITE_FULL"
    for start, words in _WORDS.items():
        if name.startswith(start):
            return words.format(folder=path.parent), start == "SQLITE_BUSY"
    return None


def _is_full(folder: Path) -> bool:
    """SQLite calls a log it cannot lengthen an I/O error; people are told what it is."""
    try:
        return disk.free_bytes(folder) < FULL_BELOW_BYTES
    except OSError:
        return False
