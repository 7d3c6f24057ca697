"""The database: opened, migrated, its safety switches set and read back. What differs between engines is in `engines`.

A till's is SQLite, always; a hub's may be PostgreSQL, when [storage] url says so.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from peewee import DatabaseError, OperationalError

from pos.config import Config
from pos.config_checks import POSTGRESQL
from pos.errors import BadSettings, CannotSave, PosError
from pos.said import said
from pos.store import disk
from pos.store.archives import Archives
from pos.store.engines import sqlite
from pos.store.engines.sqlite import DURABLE as DURABLE
from pos.store.engines.sqlite import PRAGMAS as PRAGMAS
from pos.store.migrate import migrate
from pos.store.models import database as current

#: How long a transaction waits for another one to end before it gives up.
WAIT_SECONDS = 10
#: So many batches of sales go before something else that waits.
BATCHES_IN_A_ROW = 4
LOCK_FILE = "server.lock"
T = TypeVar("T")


class _Turn:
    """Who may write now. SQLite lets writers wait by sleeping up to 100 ms; here they wake each other, sales first; but
    where sales come without a gap, as at a hub, one of the others goes after so many batches of them."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._busy = False
        self._sales = self._others = self._in_a_row = 0

    @contextmanager
    def taken(self, *, sale: bool) -> Iterator[None]:
        with self._free:
            self._sales += sale
            self._others += not sale
            came = self._free.wait_for(lambda: not self._busy and self._is_next(sale), WAIT_SECONDS)
            self._sales -= sale
            self._others -= not sale
            if not came:
                self._free.notify_all()
                raise CannotSave(
                    said("The database was busy for {most} seconds. Try again.", most=WAIT_SECONDS), code="busy"
                )
            self._busy = True
            self._in_a_row = self._in_a_row + 1 if sale else 0
        try:
            yield
        finally:
            with self._free:
                self._busy = False
                self._free.notify_all()

    def _is_next(self, sale: bool) -> bool:
        enough = self._in_a_row >= BATCHES_IN_A_ROW
        return not (self._others and enough) if sale else (not self._sales or enough)


class Store:
    """An open database. Connections belong to threads; they are opened on first use and end with their thread.

    refusal: why no sale may be saved here, in words ("" = all is as it must be).
    on_notice: what is told of each change of a notice (see `notices.on_change`); it lives and ends with the store.
    """

    def __init__(self, config: Config, database: Any, path: Path) -> None:
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
        with self._turn.taken(sale=sale), self._all_or_nothing("IMMEDIATE"):
            yield self

    @contextmanager
    def rows(self) -> Iterator[Store]:
        """A transaction that touches rows nobody else counts on, found by their key or locked as they are read.

        Where the engine locks rows one by one, many run at once; SQLite has one writer. No number, no chain, no notice
        and nothing that was looked up before may be written inside.
        """
        if self.database.locks_rows and not self.database.in_transaction():
            with self._all_or_nothing("ROWS"):
                yield self
            return
        with self.transaction():
            yield self

    @contextmanager
    def _all_or_nothing(self, how: str) -> Iterator[None]:
        replica = self.replica
        try:
            with replica.at_home() if replica else nullcontext(), self.database.atomic(how):
                yield
        except (DatabaseError, sqlite3.DatabaseError) as error:
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
        self.database.flush_commits(True)
        try:
            with self.transaction():
                yield self
        finally:
            self.database.flush_commits(False)

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

    @property
    def replica(self) -> Any:
        """What knows the read replica of [storage] read_url; None where there is none."""
        return getattr(self.database, "replica", None)

    def read_elsewhere(self, work: Callable[[], T]) -> T:
        """Do what only reads, and may be seconds old, at the read replica where there is one near enough; here where
        there is none, or it goes away meanwhile. What is written inside is written here all the same."""
        if self.replica is None:
            return work()
        there = False
        try:
            with self.replica.asked() as there:
                return work()
        except (DatabaseError, CannotSave):
            if not there:
                raise
        return work()

    def in_transaction(self) -> bool:
        """Whether this thread is inside `transaction()`."""
        return bool(self.database.in_transaction()) and not getattr(self._local, "reading", False)

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """One statement on this thread's connection, inside its transaction when there is one.

        What comes back has the cursor's methods `fetchone`, `fetchall`, `rowcount`, and can be gone through.
        """
        return self.database.connection().execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each row."""
        self.database.connection().executemany(sql, rows)

    def together(self, work: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> list[list[Any]]:
        """Several statements one after the other, each once for each of its rows; the rows that each gave back.

        Where the database is another program all of it goes there at once, which is what makes it quick; so a statement
        can use nothing that one before it answered. Inside a transaction.
        """
        found: list[list[Any]] = self.database.together(work)
        return found

    @property
    def keeps_files(self) -> bool:
        """Whether each document is a file in invoices/ as well; a hub on PostgreSQL holds their bytes alone."""
        return bool(self.database.keeps_files)

    def write_durably(self) -> None:
        """From here on each COMMIT of this thread is on the disk when it returns. CannotSave when that is not so."""
        self.database.harden()
        difference = self.database.difference(durable=True)
        if difference:
            raise CannotSave(difference)

    def lock(self) -> None:
        """Make this process the only server of the folder. FolderInUse when another one is; twice does nothing.

        Of a hub on PostgreSQL as many may run as people like.
        """
        if self._lock is None and self.keeps_files:
            self._lock = disk.FolderLock(self.path.with_name(LOCK_FILE), (self.config.invoices,))

    def release(self) -> None:
        """Close this thread's connections; the next use opens others. For threads that then do nothing for hours."""
        if self.replica is not None:
            self.replica.close()
        self.database.close()

    def close(self) -> None:
        """Close the connections of all threads and let go of the folder. Nothing may use the store any more."""
        self.database.close()
        self.database.end()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


SQLITE = "sqlite:///"


def is_postgresql(config: Config) -> bool:
    """Whether [storage] url names a PostgreSQL server."""
    return config.storage.url.startswith(POSTGRESQL)


def database_path(config: Config) -> Path:
    """The file behind [storage] url: relative to the root, absolute with a fourth slash. BadSettings for a server."""
    if not config.storage.url.startswith(SQLITE):
        raise BadSettings(
            f"[storage] url is {config.storage.url.split(':')[0]}://…: there is no database file, so this cannot be "
            "done here. Use the database's own tools for copies and repair.",
            code="no_file",
        )
    return config.root / config.storage.url.removeprefix(SQLITE)


def is_served(config: Config) -> bool:
    """Whether a server runs on this folder now. Nobody minds on PostgreSQL."""
    return not is_postgresql(config) and disk.is_locked(database_path(config).with_name(LOCK_FILE))


def open_store(config: Config) -> Store:
    """Open the till's database, create or migrate it, set its switches and read them back.

    BadSettings when a newer program wrote it; CannotSave when it cannot be opened. A switch that does not hold leaves
    `refusal` set: the till may show and verify, but not sell.
    """
    database, path = unopened(config)
    store = Store(config, database, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        config.invoices.mkdir(parents=True, exist_ok=True)
        database.prepare()
        current.initialize(database)
        migrate(database)
        store.refusal = database.difference(durable=False)
    except (DatabaseError, sqlite3.DatabaseError, OSError) as error:
        store.close()
        raise cannot_save(error, path) or CannotSave(
            said("{path} cannot be opened: {error}.", path=path, error=error)
        ) from error
    except PosError:
        store.close()
        raise
    return store


def unopened(config: Config) -> tuple[Any, Path]:
    """The engine [storage] url names, not opened yet, and the file (of SQLite) in the data folder."""
    if is_postgresql(config):
        database = _postgres().Database(config.storage.url, WAIT_SECONDS)
        database.archived = Archives(config).text
        if config.storage.read_url:
            database.follow(config.storage.read_url, config.storage.read_lag_seconds)
        return database, config.root / "data" / "hub"
    path = database_path(config)
    return sqlite.database(path, WAIT_SECONDS), path


def _postgres() -> Any:
    """The other engine; its driver is an extra that only a hub installs."""
    try:
        from pos.store.engines import postgres
    except ImportError as error:
        raise BadSettings(
            "[storage] url names PostgreSQL, and its driver is not installed: pip install -r requirements-hub.txt",
            code="no_driver",
        ) from error
    return postgres


def cannot_read(error: BaseException, path: Path) -> CannotSave | None:
    """The same for something that was only read; None for what is no error of the database."""
    return cannot_save(error, path) if isinstance(error, OperationalError | sqlite3.Error) else None


def cannot_save(error: BaseException, path: Path) -> CannotSave | None:
    """The plain sentence behind an error of the disk or the database; None for any other error.

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
        words = sqlite.words_of(one, path)
        if words is None and type(one).__module__.startswith("psycopg"):
            words = _postgres().words_of(one)
        if words is not None:
            return CannotSave(words[0], code="busy" if words[1] else None)
        todo.extend(e for e in (one.__cause__, one.__context__) if e is not None)
    return None
