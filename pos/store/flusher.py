"""The flusher: makes receipt files durable behind the sales, moves the watermark, and checkpoints the database.

It holds no list of its own: what is above the watermark is what is left to do, whoever wrote it and however often it
failed before.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from peewee import DatabaseError

from pos import clock
from pos.errors import PosError
from pos.store import disk, intake, takings, tally
from pos.store.db import Store
from pos.store.points import at

log = logging.getLogger(__name__)

ROWS_MAX = 2000
#: With sales waiting for it the database is checkpointed after this many, else when it was quiet this long.
CHECKPOINT_SALES = 100
CHECKPOINT_SECONDS = 5.0
#: Sales that never pause keep the log from beginning anew by itself; from this size on they are asked to wait a moment.
WAL_BYTES_BIG = 16 << 20
#: How often a refused disk is tried again.
PROBE_SECONDS = 2.0


class Flusher:
    """One thread. `trouble` says why files wait, in words; "" when none does."""

    def __init__(self, store: Store, every_seconds: float, probe: Callable[[], None]) -> None:
        self.store = store
        self.trouble = ""
        self._every, self._probe = every_seconds, probe
        self._mark = intake.remembered(store)
        self._newest = self._mark
        self._being_written: set[int] = set()
        self._changed = threading.Condition()
        self._closing = False
        self._round = threading.Lock()
        self._checkpointed = clock.monotonic()
        self._since_checkpoint = 0
        self._wal_seen: tuple[int, int] = (0, 0)
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)

    def start(self) -> None:
        """Begin to flush."""
        self._thread.start()

    # -- told by the journal -----------------------------------------------------------------------------------------

    def file_due(self, n: int) -> None:
        """A document is about to be committed; until `file_done` its file is somebody else's work. Before COMMIT."""
        with self._changed:
            self._being_written.add(n)

    def file_done(self, n: int) -> None:
        """Its file was written, or could not be: from now on it is ours."""
        with self._changed:
            self._being_written.discard(n)
            self._newest = max(self._newest, n)
            self._changed.notify_all()

    def wait_for_file(self, n: int, seconds: float) -> None:
        """Until the file of a document that is being saved right now has been written."""
        with self._changed:
            self._changed.wait_for(lambda: n not in self._being_written, seconds)

    @property
    def alive(self) -> bool:
        """Whether the thread runs; when it does not, files wait for the next start and the log grows."""
        return self._thread.is_alive()

    def unsynced(self) -> int:
        """Documents whose file is not durable by itself yet."""
        return max(0, self._newest - self._mark)

    def flush_now(self) -> None:
        """One round at once."""
        with self._round:
            self._flush()

    def close(self) -> None:
        """A last round and a checkpoint, then the thread ends."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    # -- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._newest > self._mark, CHECKPOINT_SECONDS)
                self._changed.wait_for(lambda: self._closing, self._every)
            self._guarded(self.flush_now)
            self._guarded(self._checkpoint_when_due)
            self._probe()
        if self.store.keeps_files:
            self._guarded(lambda: self._checkpoint("truncate"))
        self.store.database.close()

    def _guarded(self, work: Callable[[], None]) -> None:
        """The disk may refuse now and take it in a while; the thread goes on, and people are told."""
        try:
            work()
        except (OSError, PosError, sqlite3.DatabaseError, DatabaseError) as error:
            self.trouble = f"Sales are saved, but receipt files wait: {error}."
            log.error("%s", self.trouble)
            with self._changed:
                self._changed.wait_for(lambda: self._closing, PROBE_SECONDS)

    def _flush(self) -> None:
        while rows := self._due():
            if self.store.keeps_files:
                paths = [self._file(path, size, n) for n, path, size in rows]
                at("before_flush")
                disk.flush_files(paths, self.store.config.invoices)
                at("after_flush")
            intake.remember(self.store, rows[-1][0])
            at("after_watermark")
            self._since_checkpoint += len(rows)
            self._mark = rows[-1][0]
            self._newest = max(self._newest, self._mark)
            if len(rows) < ROWS_MAX:
                break
        takings.catch_up(self.store)
        tally.catch_up(self.store)
        self.trouble = ""

    def _due(self) -> list[tuple[int, str, int]]:
        """Documents above the watermark, up to the first whose file is being written at this moment.

        Who writes files is asked after the query: a document seen here was announced before its COMMIT.
        """
        rows = self.store.execute(
            "SELECT n, path, length(CAST(body AS BLOB)) FROM document WHERE n > ? ORDER BY n LIMIT ?",
            (self._mark, ROWS_MAX),
        ).fetchall()
        with self._changed:
            first = min(self._being_written, default=None)
        return [row for row in rows if first is None or row[0] < first]

    def _file(self, path: str, size: int, n: int) -> Path:
        """The file of a document, written now when it was deferred."""
        file = self.store.config.invoices / path
        if disk.file_bytes(file) != size:
            body = self.store.execute("SELECT body FROM document WHERE n = ?", (n,)).fetchone()[0]
            disk.write_whole(file, body.encode("utf-8"))
        return file

    # -- checkpoints -------------------------------------------------------------------------------------------------

    def _checkpoint_when_due(self) -> None:
        """The log of a database file is ours to move; a server does it by itself."""
        if self.store.keeps_files:
            self._move_log_when_due()

    def _move_log_when_due(self) -> None:
        """Away from the sales: with automatic checkpoints one unlucky sale in two hundred would pay for it."""
        quiet = clock.monotonic() - self._checkpointed
        if self._since_checkpoint >= CHECKPOINT_SALES or (
            quiet >= CHECKPOINT_SECONDS and self._wal() != self._wal_seen
        ):
            self._checkpoint("passive")

    def _wal(self) -> tuple[int, int]:
        try:
            stat = self.store.path.with_name(self.store.path.name + "-wal").stat()
        except OSError:
            return (0, 0)
        return (stat.st_size, stat.st_mtime_ns)

    def _checkpoint(self, how: str) -> None:
        at("before_checkpoint")
        _, frames, moved = self.store.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
        if how == "passive" and self._wal()[0] > WAL_BYTES_BIG:
            with self.store.writers_wait():  # only what came in meanwhile is left; then the log begins anew
                _, frames, moved = self.store.execute("PRAGMA wal_checkpoint(passive)").fetchone()
        if how == "passive" and frames == moved > 0:
            # Whoever writes next begins the log anew and flushes its head: better we than the next sale.
            intake.remember(self.store, self._mark)
        at("after_checkpoint")
        self._checkpointed, self._since_checkpoint, self._wal_seen = clock.monotonic(), 0, self._wal()
