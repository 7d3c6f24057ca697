"""A read replica beside the primary: lists of the console ask it, as long as it is there and near enough.

How far it is behind is measured by this process's own clock: which place in the log the primary had reached, and when,
against the place the replica has applied. A replica that answers and applies nothing any more is seen as well.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import peewee
import psycopg

if TYPE_CHECKING:
    from pos.store.engines.postgres import Connection, Database

#: So often it is looked at, by whoever asks next.
LOOK_SECONDS = 1.0
#: After it could not be reached it is left alone for this long.
AWAY_SECONDS = 15.0


class Replica:
    """The replica of a database. Used by many threads; each has a connection of its own to it."""

    def __init__(self, database: Database, connect: Callable[[], Connection], lag_seconds: float) -> None:
        self.database, self.lag_seconds = database, lag_seconds
        self._connect = connect
        self._local = threading.local()
        self._look = threading.Lock()
        self._look_at = 0.0
        self._places: deque[tuple[float, int]] = deque(maxlen=600)
        self._lag: float | None = None
        self._why = "not looked at yet"

    def standing(self) -> tuple[float | None, str]:
        """Seconds it is behind, None where nobody knows, and why it is not asked; "" when it is."""
        self._look_again()
        return self._lag, self._why

    @contextmanager
    def asked(self) -> Iterator[bool]:
        """This thread's reads go there inside, where it is near enough (then True); a transaction that writes goes to
        the primary all the same."""
        state = self.database._state
        self._look_again()
        there = None if self._why or self.database.in_transaction() else self._mine()
        if there is None:
            yield False
            return
        usual, was_closed = state.conn, state.closed
        state.set_connection(there)
        self._local.usual = (usual, was_closed)
        try:
            yield True
        except (peewee.DatabaseError, psycopg.Error) as error:
            self._away(error)
            raise
        finally:
            self._local.usual = None
            if state.conn is not there and state.conn is not None:  # made anew meanwhile, and that is the primary
                state.conn.close()
            self._put(usual, was_closed)

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """Inside `asked`: this goes to the primary."""
        usual, state = getattr(self._local, "usual", None), self.database._state
        if usual is None:
            yield
            return
        there = state.conn
        self._put(*usual)
        self._local.usual = None
        try:
            yield
        finally:
            self._local.usual = (state.conn, state.closed)
            state.set_connection(there)

    def _put(self, connection: Any, closed: bool) -> None:
        if closed or connection is None:
            self.database._state.reset()
        else:
            self.database._state.set_connection(connection)

    def close(self) -> None:
        """This thread's connection to it."""
        mine, self._local.mine = getattr(self._local, "mine", None), None
        if mine is not None:
            with suppress(psycopg.Error):
                mine.close()

    def _mine(self) -> Connection | None:
        mine: Connection | None = getattr(self._local, "mine", None)
        if mine is not None and not mine.hung_up():
            return mine
        try:
            self._local.mine = self._connect()
        except peewee.PeeweeException as error:
            self._away(error)
            return None
        return self._local.mine

    def _away(self, error: BaseException) -> None:
        self.close()
        self._lag, self._why = None, f"it cannot be asked: {' '.join(str(error).split())}"
        self._look_at = time.monotonic() + AWAY_SECONDS

    def _look_again(self) -> None:
        """One thread looks at a time; the others go by what was seen last."""
        if time.monotonic() < self._look_at or not self._look.acquire(blocking=False):
            return
        try:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self._measure()
        finally:
            self._look.release()

    def _measure(self) -> None:
        if self.database.in_transaction() or getattr(self._local, "usual", None) is not None:
            return
        now = time.monotonic()
        asked = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"
        self._places.append((now, self.database.connection().execute(asked).fetchone()[0]))
        mine = self._mine()
        if mine is None:
            return
        try:
            (place,) = mine.execute("SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint").fetchone()
        except (peewee.PeeweeException, psycopg.Error) as error:
            self._away(error)
            return
        if place is None:
            self._lag, self._why = None, "what [storage] read_url names is no replica"
            return
        reached = [at for at, wanted in self._places if wanted <= place]
        self._lag = now - reached[-1] if reached else None
        if self._lag is not None and self._lag <= self.lag_seconds:
            self._why = ""
        elif self._lag is not None:
            self._why = f"it is {self._lag:.0f} s behind"
        else:
            self._why = f"it is behind, since {now - self._places[0][0]:.0f} s at least"
