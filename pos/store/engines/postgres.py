"""PostgreSQL by psycopg 3: the engine of a hub. Imported only where [storage] url names it.

A transaction takes one lock for all who write, so that what was written for SQLite's one writer holds here as well:
numbers, the audit's chain and watermarks by `n` are committed in the order they were given. What only touches rows of
its own, such as taking work from the outbox, goes without (`Store.rows`).
"""

from __future__ import annotations

import select
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import peewee
import psycopg
from psycopg.adapt import Dumper, Loader
from psycopg.pq import TransactionStatus
from psycopg.types.string import StrDumperUnknown

from pos.store.engines import dialect, functions, postgres_months, postgres_search
from pos.store.engines.postgres_replica import Replica

#: The lock of all who write: the letters of its name.
WRITERS = int.from_bytes(b"tillkeep"[:7], "big")
#: What has to hold so that a COMMIT that returned is on the disk.
DURABLE = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}
#: How long a connection may take to be made, and a dead one to be noticed.
CONNECT_SECONDS = 10
REPLICA_CONNECT_SECONDS = 2
TOO_OLD = 140000
#: What every connection of this program is called there.
NAME = "tillkeep"
#: How often it is looked whether somebody else is at work, a quarter of a second apart.
OTHERS_LOOKS = 8

_BEGIN = {
    "IMMEDIATE": f"BEGIN; SELECT pg_advisory_xact_lock({WRITERS})",
    "ROWS": "BEGIN",
    "DEFERRED": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


class _Truth(Dumper):
    """Yes and no are whole numbers in our tables."""

    oid = psycopg.adapters.types["int2"].oid

    def dump(self, obj: Any) -> bytes:
        return b"1" if obj else b"0"


class _Text(StrDumperUnknown):
    """PostgreSQL holds no NUL in a text; a browser may send one, and finds nothing by it."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _Number(Loader):
    """A sum of 64-bit numbers comes as NUMERIC; ours are whole."""

    def load(self, data: Any) -> int | Decimal:
        text = bytes(data)
        return int(text) if b"." not in text else Decimal(text.decode())


class _Yes(Loader):
    """A condition that was selected is 1 or 0, as SQLite answers."""

    def load(self, data: Any) -> int:
        return int(bytes(data) == b"t")


def _bodies(archived: Callable[[str], str]) -> type[Loader]:
    """How the bytes of a document come: as they are, or, where only a path stands, from the archive they lie in."""

    class Body(Loader):
        def load(self, data: Any) -> str:
            text = bytes(data).decode()
            return text if text[:1] == "{" else archived(text)

    return Body


def _nowhere(path: str) -> str:
    raise peewee.DataError(f"{path} is archived, and this connection reads no archives")


class Connection(psycopg.Connection[Any]):
    """One that takes our spelling of a statement, and raises peewee's errors."""

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        try:
            return super().execute(dialect.statement(query), () if params is None else params, **kwargs)
        except psycopg.Error as error:
            raise told(error) from error

    def executemany(self, query: str, rows: Iterable[Sequence[Any]]) -> Any:
        """The statement once for each row."""
        cursor = self.cursor()
        try:
            cursor.executemany(dialect.statement(query), rows)
        except psycopg.Error as error:
            raise told(error) from error
        return cursor

    def together(self, work: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> list[list[Any]]:
        """All of it on its way before any answer is waited for: one way there and back."""
        asked: list[list[Any]] = []
        try:
            with self.pipeline():
                for sql, rows in work:
                    asked.append([self._ask(*one) for one in dialect.at_once(sql, rows)])
            return [[row for cursor in cursors if cursor.description for row in cursor.fetchall()] for cursors in asked]
        except psycopg.Error as error:
            raise told(error) from error

    def _ask(self, sql: str, params: Sequence[Any]) -> Any:
        return self.cursor().execute(sql, params, prepare=True)

    def raw(self, sql: str) -> None:
        """Statements without parameters, as they are."""
        try:
            super().execute(sql.encode())
        except psycopg.Error as error:
            raise told(error) from error

    @property
    def is_lost(self) -> bool:
        """Whether the server is known to be gone."""
        return self.closed or self.pgconn.transaction_status == TransactionStatus.UNKNOWN

    def hung_up(self) -> bool:
        """Whether the server ended an idle connection meanwhile; costs no way there and back."""
        if self.is_lost:
            return True
        if not hasattr(select, "poll"):  # Windows: the next statement finds out
            return False
        ready = select.poll()
        ready.register(self.fileno(), select.POLLIN)
        while ready.poll(0):  # nothing was asked, so what came is a notice or the end
            try:
                self.pgconn.consume_input()
            except psycopg.OperationalError:
                return True
        return False


class Database(peewee.PostgresqlDatabase):
    """A connection a thread, made anew where the server went away between two transactions."""

    keeps_files = False
    locks_rows = True
    words = postgres_search
    _state: Any

    def __init__(self, url: str, wait_seconds: float) -> None:
        self.url, self.wait_seconds = url, wait_seconds
        self.opened: weakref.WeakSet[Connection] = weakref.WeakSet()
        self.ended = False
        #: The bytes of a document whose month lies in an archive, by its path (`postgres_months`).
        self.archived: Callable[[str], str] = _nowhere
        self.replica: Replica | None = None
        super().__init__(url, prefer_psycopg3=True)

    def follow(self, url: str, lag_seconds: float) -> None:
        """Reads that may be a moment old go there, while it is no further behind (`postgres_replica`)."""
        self.replica = Replica(self, lambda: self._connect(url, REPLICA_CONNECT_SECONDS), lag_seconds)

    def _connect(self, url: str = "", wait_seconds: int = CONNECT_SECONDS) -> Connection:
        try:
            made = Connection.connect(
                url or self.url,
                autocommit=True,
                connect_timeout=wait_seconds,
                application_name=NAME,
                keepalives_idle=CONNECT_SECONDS,
                keepalives_interval=CONNECT_SECONDS,
                keepalives_count=3,
                options=f"-c lock_timeout={int(self.wait_seconds * 1000)} -c client_encoding=UTF8",
            )
        except psycopg.Error as error:
            raise told(error) from error
        made.adapters.register_dumper(bool, _Truth)
        made.adapters.register_dumper(str, _Text)
        made.adapters.register_loader("numeric", _Number)
        made.adapters.register_loader("bool", _Yes)
        made.adapters.register_loader("varchar", _bodies(self.archived))
        self.opened.add(made)
        return made

    def connection(self) -> Connection:
        if self.ended:
            raise peewee.OperationalError("the database was closed")
        found: Connection = super().connection()
        if not self.in_transaction() and found.hung_up():
            self.close()
            found = super().connection()
        return found

    def together(self, work: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> list[list[Any]]:
        """Several statements, each for each of its rows; what each answered."""
        return self.connection().together(work)

    def cursor(self, named_cursor: Any = None) -> Any:
        self.connection()
        return super().cursor(named_cursor)

    def begin(self, isolation_level: Any = None) -> None:
        """How a transaction begins. Nothing was done yet, so a connection that died meanwhile is made anew once."""
        sql = _BEGIN[isolation_level or "IMMEDIATE"]
        try:
            self.connection().raw(sql)
        except peewee.OperationalError:
            if not self.connection_is_lost():
                with suppress(peewee.DatabaseError):
                    self.connection().raw("ROLLBACK")
                raise
            self._state.conn.close()
            self._state.set_connection(self._connect())
            self._state.conn.raw(sql)

    def commit(self) -> None:
        """COMMIT on the connection the transaction began on, never on one made anew. One in which a statement failed
        is not committed: PostgreSQL would roll it back and call that a success."""
        if self._state.conn.pgconn.transaction_status == TransactionStatus.INERROR:
            raise peewee.InternalError("a statement of this transaction failed, so nothing of it is saved")
        self._state.conn.raw("COMMIT")

    def rollback(self) -> None:
        """ROLLBACK, where the server is still there; else it did so itself."""
        if not self._state.conn.is_lost:
            self._state.conn.raw("ROLLBACK")

    def connection_is_lost(self) -> bool:
        """Whether this thread's connection is known to be gone."""
        return bool(self._state.conn is not None and self._state.conn.is_lost)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """What peewee made of a query. Outside a transaction it is tried again where the server had gone away."""
        try:
            return super().execute_sql(sql, params)
        except peewee.OperationalError:
            if self.in_transaction() or not self.connection_is_lost():
                raise
            self.close()
            return super().execute_sql(sql, params)

    def close(self) -> bool:
        """Close this thread's connection, whatever became of it."""
        if self._state.conn is not None and not self.in_transaction() and self._state.conn.hung_up():
            self._state.conn.close()
            self._state.reset()
            return True
        return bool(super().close())

    def end(self) -> None:
        """Close the connections of all threads; what runs in them is broken off."""
        self.ended = True
        for connection in list(self.opened):
            with suppress(psycopg.Error):
                if not connection.closed and connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
                    connection.cancel_safe(timeout=1)
                connection.close()
        self.ended = False

    def prepare(self) -> None:
        """Refuse a server that is too old; make what it lacks."""
        version = self.connection().info.server_version
        if version < TOO_OLD:
            raise peewee.NotSupportedError(f"PostgreSQL {version // 10000} is too old; use 14 or newer")
        functions.make(self)

    def difference(self, **_durable: bool) -> str:
        """What of the server's settings does not hold, in words; "" when a COMMIT is on the disk."""
        for name, good in DURABLE.items():
            (value,) = self.connection().execute(f"SHOW {name}").fetchone()
            if value not in good:
                return (
                    f"PostgreSQL has {name} = {value}, so a receipt could be lost in a power cut. "
                    f"Set {name} = {good[0]} there."
                )
        return ""

    def others(self) -> bool:
        """Whether another process works on this database now; one that ends this moment is waited for."""
        asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = ?"
        line = self.connection()
        for _ in range(OTHERS_LOOKS):
            own = {one.info.backend_pid for one in list(self.opened) if not one.closed}
            if not {pid for (pid,) in line.execute(asked, (NAME,)).fetchall()} - own:
                return False
            line.execute("SELECT pg_sleep(0.25)")
        return True

    def lineage(self) -> str:
        """Which database this is: another one once it came back from a dump, or as a server that was recovered. Outside
        a transaction."""
        which = "'hub_top'::regclass::oid || ':' || (SELECT oid FROM pg_database WHERE datname = current_database())"
        server = "(SELECT system_identifier FROM pg_control_system()) || ':' ||"
        line = "(SELECT timeline_id FROM pg_control_checkpoint()) || ':' ||"
        found: tuple[str]
        try:
            found = self.connection().execute(f"SELECT {server} {line} {which}").fetchone()
        except peewee.DatabaseError:  # a server that somebody else runs may keep what it is to itself
            found = self.connection().execute(f"SELECT {which}").fetchone()
        return found[0]

    def harden(self) -> None:
        """Each COMMIT is flushed already."""

    def alone(self, query: Any) -> Any:
        """A query whose rows nobody else changes until the transaction ends; rows somebody else has are left out."""
        return query.for_update("FOR UPDATE SKIP LOCKED")

    def overwrite_deleted(self) -> None:
        """There is no switch for it; `forget_deleted` takes the old versions of rows away."""

    def forget_deleted(self) -> None:
        """Old versions of rows are taken out of the tables; the server's own log keeps them until it comes round, and
        so do copies of it. Outside a transaction."""
        self.connection().raw(
            "VACUUM document_head, document_body, customer, held, notice, outbox, reconciliation_item"
        )

    def flush_commits(self, on: bool) -> None:
        """Each COMMIT is flushed already."""

    def migrating(self) -> Migrating:
        """What migrations run their statements with."""
        return Migrating(self)


class Migrating:
    """Runs a migration's statements, in the spelling they have in their files."""

    #: What a migration is here, where its statements mean nothing to PostgreSQL.
    instead = {"0002_search": postgres_search.STATEMENTS, "0023_months": postgres_months.STATEMENTS}

    def __init__(self, database: Database) -> None:
        self.database = database

    def execute_sql(self, sql: str, params: Any = ()) -> Any:
        """One statement on this thread's connection."""
        return self.database.connection().execute(dialect.definition(sql), params)

    def table_exists(self, table: str) -> bool:
        """Whether there is such a table."""
        return bool(self.database.table_exists(table))


_FAMILY: tuple[tuple[type[psycopg.Error], type[peewee.PeeweeException]], ...] = (
    (psycopg.IntegrityError, peewee.IntegrityError),
    (psycopg.DataError, peewee.DataError),
    (psycopg.OperationalError, peewee.OperationalError),
    (psycopg.InternalError, peewee.InternalError),
    (psycopg.ProgrammingError, peewee.ProgrammingError),
    (psycopg.NotSupportedError, peewee.NotSupportedError),
)


def told(error: psycopg.Error) -> peewee.PeeweeException:
    """The driver's error as peewee's, which is what everybody else knows."""
    kind = next((ours for theirs, ours in _FAMILY if isinstance(error, theirs)), peewee.DatabaseError)
    return kind(error.diag.message_primary or str(error).strip())  # never the row: it may hold a customer


_WORDS = {
    "53": "The database server has no room or no connection left, so nothing can be saved. Look at its disk and log.",
    "25006": "The database is read-only, so nothing can be saved. A replica? Name the primary in [storage] url.",
    "28": "The database server refused the sign-in, so nothing can be saved. Check user and password in [storage] url.",
    "3D": "There is no such database on the server. Create it, or correct [storage] url.",
    "42501": "The database's user may not do this. Make it the owner of the database in [storage] url.",
    "55P03": "Another process holds the database. Try again in a moment.",
    "40": "Two changes met. Try again.",
    "57": "The database server is stopping or starting, so nothing can be saved. It goes on by itself once it is back.",
    "58": "The database server reports an error of its disk, so nothing can be saved. Look at its log.",
    "XX": "The database server reports damaged data, so nothing can be saved. Look at its log.",
}
_BUSY = ("55P03", "40")


def words_of(error: BaseException) -> tuple[str, bool] | None:
    """What an error of PostgreSQL means for who wants to save, and whether another try may help at once."""
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    for start, words in _WORDS.items():
        if state.startswith(start):
            return words, start in _BUSY
    if isinstance(error, psycopg.OperationalError) and state[:2] in ("", "08"):
        why = " ".join(str(error).split())
        return f"The database server cannot be reached, so nothing can be saved; it goes on by itself. ({why})", False
    return None
