"""The journal: the only way a sale is saved. When `commit` returns, the sale survives a power cut.

SQLite in WAL mode with synchronous=FULL is the truth. One writer thread drains a queue: while one flush runs the next
batch collects, so sales under load share a flush and a sale alone has one to itself. The receipt's file is written
before the answer and made durable by the flusher within half a second; a watermark in the database says up to which
document that is done, and `recover` puts right everything above it at the next start.

After COMMIT nothing fails a sale: a file that cannot be written is deferred, and `health` says so.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from peewee import DatabaseError

from pos import clock
from pos.errors import CannotSave, PosError
from pos.store import arrivals, disk, entries, identity, intake, recover
from pos.store.db import Store, cannot_save
from pos.store.flusher import Flusher
from pos.store.points import at

log = logging.getLogger(__name__)

#: Sales that may share one flush; above, memory and the wait of the first one grow for nothing.
BATCH_MAX = 128
#: How long the answer to a repeated sale waits for the file of the first one, which is being written.
FILE_WAIT_SECONDS = 2.0
#: How often somebody who waits looks whether the writer is still there.
ALIVE_SECONDS = 5.0
#: A batch that takes longer than this means that the disk hangs.
STUCK_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Committed:
    """A saved document: as its file says, the file's bytes, and whether it was there before."""

    doc: dict[str, Any]
    body: bytes
    duplicate: bool
    n: int
    path: str


@dataclass(frozen=True, slots=True)
class Health:
    """Whether sales can be saved, and why not; room on the disk; receipts whose file is not durable by itself yet."""

    can_save: bool
    reason: str
    free_bytes: int
    wal_bytes: int
    unsynced: int


class _Waiting:
    """One document on its way through the writer, and what became of it."""

    __slots__ = ("done", "error", "found", "sent", "work")

    def __init__(self, work: Callable[[], intake.Entered], sent: arrivals.Sent | None = None) -> None:
        self.work = work
        self.sent = sent  # it may be entered together with others like it
        self.found: intake.Entered | None = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()


class _HandOver(AbstractContextManager[None]):
    """Whatever goes wrong for one document is raised where that one is waited for, not in the writer.

    Errors of the disk or the database pass: they concern the whole batch.
    """

    def __init__(self, to: _Waiting, *, everything: bool = False) -> None:
        self.to, self.everything = to, everything

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or (not self.everything and _is_storage(error)):
            return False
        self.to.error = error
        return True


class Journal:
    """The one writer of documents. Opening it takes the folder's lock and recovers; it runs until `close()`.

    on_commit: called with each new Committed after it is saved, in the thread that asked; an error there is logged.
    on_timed: called with the seconds from asking to durable, and None or what kept the document from being saved; it
    must neither fail nor wait.
    recovered: what `recover` found and did at the start.
    """

    def __init__(self, store: Store, *, recovering: bool = True, flush_seconds: float = 0.5) -> None:
        """FolderInUse when another server uses the folder. recovering=False is for the crash proof's controls alone."""
        self.store = store
        self.on_commit: list[Callable[[Committed], None]] = []
        self.on_timed: Callable[[float, BaseException | None], None] = lambda _seconds, _error: None
        store.lock()
        identity.prove(store)
        self.recovered = recover.recover(store) if recovering else recover.Recovered()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._open = True
        self._saving_since = 0.0
        self._refusal = store.refusal
        self._flusher = Flusher(store, flush_seconds, self._probe)
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()
        self._flusher.start()

    # -- for those who save ------------------------------------------------------------------------------------------

    def commit(
        self,
        doc: dict[str, Any],
        guard: Callable[[Store], None] | None = None,
        complete: Callable[[Store], Mapping[str, Any]] | None = None,
    ) -> Committed:
        """Number, chain and save a new document; durable and its file visible on return.

        The same id again returns what was saved first, with duplicate=True: comparing is the caller's part. `guard`
        runs inside the transaction and may raise UserError to refuse; `complete`, after it, gives keys of the document
        that only the transaction can know. CannotSave when the disk does not take it: then
        nothing was saved, and the same document may be offered again.
        """
        return self._through(partial(intake.sell, self.store, doc, guard, complete))

    def adopt(self, body: bytes, origin: str, actor: str) -> Committed:
        """Take in a receipt that was made elsewhere or before: verified, never re-priced, it keeps number and day.

        It enters the outbox as `unknown`, for nobody knows whether it was sent. Corrupt when it is not whole; Conflict
        when its id holds other content, or its number belongs to another document.
        """
        doc, _rows = intake.proven(body)
        return self._through(partial(intake.adopt, self.store, doc, body, origin, actor))

    def adopt_sent(self, sent: arrivals.Sent, guard: Callable[[], None]) -> Committed:
        """Take in a document that a till of this hub sent, as it is; `intake.proven` told it from its bytes. guard: as
        `intake.adopt_sent` has it, called in the transaction after the id was looked up, where anything but the newest
        document here has to be looked at. Conflict as `adopt`."""
        alone = partial(intake.adopt_sent, self.store, sent, guard)
        return self._through(alone, sent if sent.is_plain else None)

    def adopt_imported(self, doc: dict[str, Any], origin: str, actor: str) -> Committed:
        """Take in a document of the older shape, mapped and unstamped: series "imported", its totals as they were."""
        return self._through(partial(intake.adopt_imported, self.store, doc, origin, actor))

    def adopt_recovered(self, doc: dict[str, Any], origin: str, actor: str) -> Committed:
        """Take in a copy of what the books hold, unstamped: series "recovered", booked already, never posted again."""
        return self._through(partial(intake.adopt_recovered, self.store, doc, origin, actor))

    def health(self) -> Health:
        """What the status bar and /health say. Cheap; never raises."""
        try:
            free = disk.free_bytes(self.store.path.parent)
        except OSError:
            free = 0
        reason = self._refusal if self._open else "The till is stopping."
        if self._open and not self._writer.is_alive():
            reason = "The part that saves sales has stopped. Restart the till."
        since = self._saving_since
        if since and clock.monotonic() - since > STUCK_SECONDS:
            reason = reason or "The disk does not answer, so sales wait. Look at the disk of data/."
        trouble = self._flusher.trouble if self._flusher.alive else "Receipt files wait. Restart the till."
        return Health(
            can_save=not reason,
            reason=reason or trouble,
            free_bytes=free,
            wal_bytes=disk.file_bytes(self.store.path.with_name(self.store.path.name + "-wal")),
            unsynced=self._flusher.unsynced(),
        )

    def flush(self) -> None:
        """Make all files durable now, and wait for it. For backups and tests; no sale needs it."""
        self._flusher.flush_now()

    def close(self) -> None:
        """Save what is queued, flush, checkpoint. Commits from now on raise CannotSave."""
        with self._door:
            if not self._open:
                return
            self._open = False
            self._queue.put(None)
        self._writer.join()
        self._flusher.close()

    # -- the thread that asks ----------------------------------------------------------------------------------------

    def _through(self, work: Callable[[], intake.Entered], sent: arrivals.Sent | None = None) -> Committed:
        if self.store.in_transaction():
            raise RuntimeError("commit inside a transaction would wait for itself")
        waiting, began = _Waiting(work, sent), clock.monotonic()
        with self._door:
            if not self._open:
                raise CannotSave("The till is stopping; nothing is saved any more. Start it again.")
            self._queue.put(waiting)
        while not waiting.done.acquire(timeout=ALIVE_SECONDS):
            if not self._writer.is_alive():
                raise CannotSave("The part that saves sales has stopped. Restart the till; the basket is kept.")
        if waiting.error is not None:
            self.on_timed(clock.monotonic() - began, waiting.error)
            raise waiting.error
        found = waiting.found
        assert found is not None
        committed = Committed(found.doc, found.body, found.duplicate, found.n, found.path)
        if found.duplicate:
            self._flusher.wait_for_file(found.n, FILE_WAIT_SECONDS)
        else:
            self._written(committed)
            self.on_timed(clock.monotonic() - began, None)
        at("before_answer")
        return committed

    def _written(self, committed: Committed) -> None:
        """The document is saved: its file, then those who want to know. Nothing here may fail it any more."""
        file = self.store.config.invoices / committed.path
        try:
            if self.store.keeps_files:
                if file.exists():
                    _keep(file, committed.body)
                disk.write_whole(file, committed.body)
        except OSError as error:
            log.error("receipt file %s is deferred: %s", committed.path, error)
        finally:
            self._flusher.file_done(committed.n)
        for tell in self.on_commit:
            self._tell(tell, committed)

    def _tell(self, tell: Callable[[Committed], None], committed: Committed) -> None:
        aside = _Waiting(lambda: intake.Entered({}, b"", False, 0, ""))
        with _HandOver(aside, everything=True):
            tell(committed)
        if aside.error is not None:
            log.error("telling about %s failed", committed.path, exc_info=aside.error)

    # -- the writer --------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        started = _Waiting(lambda: intake.Entered({}, b"", False, 0, ""))
        with _HandOver(started, everything=True):
            self.store.write_durably()
        if started.error is not None:
            self._refuse(started.error)
        while True:
            batch, last = self._batch()
            if batch:
                self._save(batch)
            if last:
                self.store.database.close()
                return

    def _batch(self) -> tuple[list[_Waiting], bool]:
        """Everything that waits now, at most BATCH_MAX; waits for the first. True when it was the last."""
        first = self._queue.get()
        if first is None:
            return [], True
        batch = [first]
        try:
            while len(batch) < BATCH_MAX:
                more = self._queue.get_nowait()
                if more is None:
                    return batch, True
                batch.append(more)
        except queue.Empty:
            pass
        return batch, False

    def _save(self, batch: list[_Waiting]) -> None:
        whole = _Waiting(batch[0].work)
        self._saving_since = clock.monotonic()
        with _HandOver(whole, everything=True):
            self._refuse_or_probe()
            at("before_begin")
            with self.store.transaction(sale=True):
                self._enter_together([one for one in batch if one.sent is not None])
                for waiting in batch:
                    if waiting.found is None:
                        self._enter(waiting)
                at("before_commit")
            at("after_commit")
        self._saving_since = 0.0
        if whole.error is not None:
            self._undo(batch, whole.error)
        for waiting in batch:
            waiting.done.release()

    def _enter_together(self, some: list[_Waiting]) -> None:
        """Documents of tills that simply follow what is here; where one of them fails, each goes by itself."""
        sent = [one.sent for one in some if one.sent is not None]
        if not sent:
            return
        whole = _Waiting(some[0].work)
        with _HandOver(whole):
            for one, n in zip(some, arrivals.enter(self.store, sent), strict=True):
                if n is not None and one.sent is not None:
                    one.found = intake.Entered(dict(one.sent.doc), one.sent.body, False, n, one.sent.path)
                    self._flusher.file_due(n)
                    at("after_insert")
        if whole.error is not None:
            log.warning("documents that came together go one by one", exc_info=whole.error)
            arrivals.undo(self.store)

    def _enter(self, waiting: _Waiting) -> None:
        """One document under its own savepoint: a bad one must not fail its neighbours."""
        execute = self.store.execute
        execute("SAVEPOINT document")
        with _HandOver(waiting):
            waiting.found = waiting.work()
            if not waiting.found.duplicate:
                self._flusher.file_due(waiting.found.n)
            at("after_insert")
        if waiting.error is not None:
            execute("ROLLBACK TO document")
        execute("RELEASE document")

    def _undo(self, batch: list[_Waiting], error: BaseException) -> None:
        if not isinstance(error, CannotSave):
            error = cannot_save(error, self.store.path) or error
        if isinstance(error, CannotSave) and error.code == CannotSave.code:
            self._refuse(error)
        for waiting in batch:
            if waiting.found is not None and not waiting.found.duplicate:
                self._flusher.file_done(waiting.found.n)
            waiting.error = waiting.error or error

    # -- fail-stop ---------------------------------------------------------------------------------------------------

    def _refuse(self, error: BaseException) -> None:
        """After an error of the disk nothing is believed until a probe was written and flushed."""
        self._refusal = error.message if isinstance(error, PosError) else f"Nothing can be saved: {error}."
        log.error("the journal refuses sales: %s", self._refusal)

    def _refuse_or_probe(self) -> None:
        if not self._refusal:
            return
        if self.store.refusal:
            raise CannotSave(self.store.refusal)
        self.store.database.close()  # a fresh connection: the old one may hold what the disk refused
        self.store.write_durably()
        with self.store.transaction(sale=True):
            entries.set_meta(self.store, "probe", clock.stamp(clock.now()))
        log.warning("the journal saves again")
        self._refusal = ""

    def _probe(self) -> None:
        """Called by the flusher now and then: find out whether the disk takes writes again."""
        if not self._refusal or self.store.refusal:
            return
        with self._door:
            if self._open:
                self._queue.put(_Waiting(lambda: intake.Entered({}, b"", True, 0, "")))


def _keep(file: Path, body: bytes) -> None:
    """Something this till did not write lies where a new receipt goes: it is kept beside it, for a person to see."""
    found = file.read_bytes()
    if found != body:
        disk.write_whole(file.with_name(f"{file.name}.found"), found)
        log.warning("%s held something else; it is kept as %s.found", file, file.name)


def _is_storage(error: BaseException) -> bool:
    """Whether the database or the disk failed, rather than one document. A broken rule of a table is the document's."""
    if isinstance(error, CannotSave):
        return True
    if isinstance(error, sqlite3.DatabaseError | DatabaseError | OSError):
        return cannot_save(error, Path()) is not None
    return False
