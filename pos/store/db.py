"""The till's database: opened, migrated, its safety switches set and read back. Only this module names the engine."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from peewee import DatabaseError, OperationalError, SqliteDatabase

from pos.config import Config
from pos.errors import BadSettings, CannotSave, PosError
from pos.said import said
from pos.store import disk
from pos.store.migrate import migrate
from pos.store.models import database as current

#: How long a transaction waits for another one to end before it gives up.
WAIT_SECONDS = 10
#: When the database is closed under a statement: how often it is interrupted, and how long it may take to come back.
ENDING_TRIES, ENDING_SECONDS = 3, 0.04
LOCK_FILE = "server.lock"
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


class _Database(SqliteDatabase):
    """SqliteDatabase that can close the connections of all threads, not only of the one that asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.opened: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self.ended = False
        super().__init__(*args, **kwargs)

    def _connect(self) -> sqlite3.Connection:
        connection: _Connection = super()._connect()  # type: ignore[misc]
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


class _Connection(sqlite3.Connection):
    """One that can be referred to weakly: a thread that ends takes its connection with it."""

    opener: threading.Thread


class _Turn:
    """Who may write now. SQLite lets writers wait by sleeping up to 100 ms; here they wake each other, sales first."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._busy = False
        self._sales = 0

    @contextmanager
    def taken(self, *, sale: bool) -> Iterator[None]:
        with self._free:
            self._sales += sale
            came = self._free.wait_for(lambda: not self._busy and (sale or not self._sales), WAIT_SECONDS)
            self._sales -= sale
            if not came:
                self._free.notify_all()
                raise CannotSave(
                    said("The database was busy for {most} seconds. Try again.", most=WAIT_SECONDS), code="busy"
                )
            self._busy = True
        try:
            yield
        finally:
            with self._free:
                self._busy = False
                self._free.notify_all()


class Store:
    """An open database. Connections belong to threads; they are opened on first use and end with their thread.

    refusal: why no sale may be saved here, in words ("" = all is as it must be).
    on_notice: what is told of each change of a notice (see `notices.on_change`); it lives and ends with the store.
    """

    def __init__(self, config: Config, database: _Database, path: Path) -> None:
        self.config = config
        self.database = database
        self.path = path
        self.refusal = ""
        self.on_notice: list[Callable[[], None]] = []
        self._turn = _Turn()
        self._local = threading.local()
        self._lock: disk.FolderLock | None = None

    @contextmanager
    def transaction(self, *, sale: bool = False) -> Iterator[Store]:
        """All or nothing. Waits for its turn at once (IMMEDIATE), so it never fails half way for a lock.

        Inside another one it is a savepoint. CannotSave when the disk is full or refuses. No traffic belongs in here.
        sale: before all others that wait; the journal's alone.
        """
        if getattr(self._local, "reading", False):
            raise RuntimeError("a transaction inside reading() would fail as soon as somebody else writes")
        if self.database.in_transaction():
            with self.database.savepoint():
                yield self
            return
        with self._turn.taken(sale=sale):
            try:
                with self.database.atomic("IMMEDIATE"):
                    yield self
            except (OperationalError, sqlite3.OperationalError) as error:
                refused = cannot_save(error, self.path)
                if refused is None:
                    raise
                raise refused from error

    @contextmanager
    def writers_wait(self) -> Iterator[None]:
        """Nobody in this process writes inside. For the checkpoint of a long log; nothing is begun."""
        with self._turn.taken(sale=False):
            yield

    @contextmanager
    def durably(self) -> Iterator[Store]:
        """A `transaction()` that is on the disk when it ends, by a flush. For what people rely on and no file holds."""
        _set(self.database.connection(), {"synchronous": DURABLE["synchronous"]})
        try:
            with self.transaction():
                yield self
        finally:
            _set(self.database.connection(), {"synchronous": PRAGMAS["synchronous"]})

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """One consistent view for several reads. Nothing may be written inside."""
        if self.database.in_transaction():
            yield self
            return
        self._local.reading = True
        try:
            with self.database.transaction("DEFERRED"):
                yield self
        finally:
            self._local.reading = False

    def in_transaction(self) -> bool:
        """Whether this thread is inside `transaction()`."""
        return bool(self.database.in_transaction()) and not getattr(self._local, "reading", False)

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """One statement on this thread's connection, inside its transaction when there is one."""
        return self.database.connection().execute(sql, parameters)

    def write_durably(self) -> None:
        """From here on each COMMIT of this thread is on the disk when it returns. CannotSave when that is not so."""
        connection = self.database.connection()
        _set(connection, DURABLE)
        difference = _difference(connection, DURABLE)
        if difference:
            raise CannotSave(difference)

    def lock(self) -> None:
        """Make this process the only server of the folder. FolderInUse when another one is; twice does nothing."""
        if self._lock is None:
            self._lock = disk.FolderLock(self.path.with_name(LOCK_FILE), (self.config.invoices,))

    def release(self) -> None:
        """Close this thread's connection; the next use opens another. For threads that then do nothing for hours."""
        self.database.close()

    def close(self) -> None:
        """Close the connections of all threads and let go of the folder. Nothing may use the store any more."""
        self.database.close()
        self.database.end()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def database_path(config: Config) -> Path:
    """The file behind [storage] url: relative to the root, absolute with a fourth slash."""
    prefix = "sqlite:///"
    if not config.storage.url.startswith(prefix):
        raise BadSettings(f"[storage] url is {config.storage.url}, which is not supported yet; use sqlite:///.")
    return config.root / config.storage.url.removeprefix(prefix)


def is_served(config: Config) -> bool:
    """Whether a server runs on this folder now."""
    return disk.is_locked(database_path(config).with_name(LOCK_FILE))


def open_store(config: Config) -> Store:
    """Open the till's database, create or migrate it, set its switches and read them back.

    BadSettings when a newer program wrote it; CannotSave when it cannot be opened. A switch that does not hold leaves
    `refusal` set: the till may show and verify, but not sell.
    """
    path = database_path(config)
    database = _Database(
        str(path),
        pragmas=PRAGMAS,
        timeout=WAIT_SECONDS,
        lock_type="IMMEDIATE",
        check_same_thread=False,
        factory=_Connection,
        cached_statements=256,
    )
    store = Store(config, database, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        config.invoices.mkdir(parents=True, exist_ok=True)
        connection = database.connection()
        connection.execute("PRAGMA journal_mode = wal")
        current.initialize(database)
        migrate(database)
    except (DatabaseError, sqlite3.DatabaseError, OSError) as error:
        store.close()
        raise cannot_save(error, path) or CannotSave(
            said("{path} cannot be opened: {error}.", path=path, error=error)
        ) from error
    except PosError:
        store.close()
        raise
    store.refusal = _difference(connection, PRAGMAS)
    return store


def _set(connection: sqlite3.Connection, wanted: Mapping[str, int]) -> None:
    for name, value in wanted.items():
        connection.execute(f"PRAGMA {name} = {value}").fetchall()


def _difference(connection: sqlite3.Connection, wanted: Mapping[str, int | str]) -> str:
    """What of the switches does not hold, in words; "" when all do."""
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


def _is_full(folder: Path) -> bool:
    """SQLite calls a log it cannot lengthen an I/O error; people are told what it is."""
    try:
        return disk.free_bytes(folder) < FULL_BELOW_BYTES
    except OSError:
        return False


def cannot_save(error: BaseException, path: Path) -> CannotSave | None:
    """The plain sentence behind an error of the disk or the database file; None for any other error.

    The whole chain is looked at: after a full disk SQLite has rolled back already, and what is raised is the failure
    of the second roll-back.
    """
    todo, seen = [error], set[int]()
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, OSError):
            return CannotSave(
                said("{parent} cannot be written: {strerror}.", parent=path.parent, strerror=one.strerror or one)
            )
        name = getattr(one, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and _is_full(path.parent):
            name = "SQLITE_FULL"
        for start, words in _WORDS.items():
            if name.startswith(start):
                code = "busy" if start == "SQLITE_BUSY" else None
                return CannotSave(words.format(folder=path.parent), code=code)
        todo.extend(e for e in (one.__cause__, one.__context__) if e is not None)
    return None
