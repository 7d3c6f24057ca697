"""The thread that prints. A sale only leaves a word in its memory; printer, queue and failures are this thread's.

A document that was just saved is printed by itself, once, and opens the drawer once. While the printer is off, jobs
wait for `[printer] keep_minutes`; what was sent and not confirmed is never sent again by itself.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from pos import clock
from pos.actions import paper
from pos.config import Config
from pos.devices.base import MayHavePrinted, NotPrinted, Printer
from pos.errors import PosError
from pos.rules.paper import Row
from pos.said import said
from pos.store import notices, prints
from pos.store.db import Store
from pos.store.prints import Job

log = logging.getLogger(__name__)

#: Pauses between tries while the printer is off.
BACK_OFF_SECONDS = (2, 5, 10, 15)
#: A drawer that opens later than this would open with nobody beside it.
DRAWER_SECONDS = 15
#: A document older than this was taken in from elsewhere: nobody waits for its paper.
FRESH_SECONDS = 120
IDLE_SECONDS = 30.0
NOTICE = "printer"

_SLIPS = ("sale", "return", "void", "float", "paid_in", "paid_out", "drop", "voucher", "z")
_DRAWER = ("paid_in", "paid_out", "drop", "no_sale")
Doc = Mapping[str, Any]


class Press:
    """The print queue's worker, and what is known of the printer.

    listeners: called with each job that changed, in this thread. printer: None = none is set up.
    """

    def __init__(self, store: Store, config: Config, printer: Printer | None) -> None:
        self.store, self.config, self.printer = store, config, printer
        self.listeners: list[Callable[[Job], None]] = []
        self.state, self.text = ("new", "Nothing was printed yet.") if printer else ("none", "No printer is set up.")
        self._coming: deque[tuple[Doc, tuple[str, ...]]] = deque()
        self._taking = threading.Lock()
        self._wake, self._end = threading.Event(), threading.Event()
        self._off, self._try_again_at = 0, 0.0
        self._thread: threading.Thread | None = None

    @property
    def device(self) -> str:
        """The printer's address, as jobs keep it."""
        return self.config.printer.url

    def start(self) -> None:
        """Set the thread going. What was open when the till stopped is not begun again."""
        if self.printer is None:
            return
        prints.recover(self.store, clock.now())
        self._thread = threading.Thread(target=self._run, name="press", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = 5) -> None:
        """End it after the present slip. A printer that hangs keeps nobody waiting."""
        self._end.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def committed(self, doc: Doc) -> None:
        """A document was saved: its slips and the drawer. Only remembers; costs the sale nothing."""
        if self.printer is None:
            return
        templates = wanted(doc, self.config, clock.now())
        if templates:
            self._coming.append((doc, templates))
            self._wake.set()

    def ring(self) -> None:
        """Somebody asked for a print."""
        self._wake.set()

    def take_in(self) -> None:
        """Bring what `committed` remembered into the queue."""
        with self._taking:
            jobs = []
            while self._coming:
                doc, templates = self._coming.popleft()
                jobs += [self.job(doc, template, cause="auto") for template in templates]
            added = prints.add(self.store, jobs) if jobs else []
        for job in added:
            self._tell(job)

    def job(self, doc: Doc | None, template: str, **values: Any) -> Job:
        """A new job for the printer, due at once."""
        now = clock.now()
        keeps = timedelta(seconds=DRAWER_SECONDS)
        if template != prints.DRAWER:
            keeps = timedelta(minutes=self.config.printer.keep_minutes)
        cashier = (doc or {}).get("cashier") or {}
        values = {"by_code": cashier.get("code", ""), "by_name": cashier.get("name", ""), **values}
        return Job(
            id=clock.uuid7(),
            document=doc["id"] if doc else "",
            number=doc["invoice_name"] if doc else "",
            template=template,
            device=self.device,
            made_at=clock.stamp(now),
            next_at=clock.stamp(now),
            until=clock.stamp(now + keeps),
            **values,
        )

    # -- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._end.is_set():
            self._wake.wait(self._pause())
            self._wake.clear()
            with _Shield("the print queue") as shield:
                self.take_in()
                for job in prints.give_up(self.store, clock.now()):
                    self._tell(prints.find(self.store, job.id))
                while not self._end.is_set() and self._one():
                    pass
            if shield.failed:
                self._end.wait(2)
        self.store.release()

    def _pause(self) -> float:
        with _Shield("looking at the print queue"):
            moment = prints.next_moment(self.store)
            if not moment:
                return IDLE_SECONDS
            seconds = max(0.05, (clock.parse(moment) - clock.now()).total_seconds())
            return min(IDLE_SECONDS, max(seconds, self._try_again_at - clock.monotonic()))
        return IDLE_SECONDS

    def _one(self) -> bool:
        """Do one job. False when there is none to do now."""
        off = clock.monotonic() < self._try_again_at
        job = prints.due(self.store, clock.now(), drawer_only=off)
        if job is None:
            return False
        taken = prints.take(self.store, job, clock.now())
        if taken is None:
            return True
        self._tell(taken)
        rows: tuple[Row, ...] = ()
        with _Shield("laying out a slip") as shield:
            rows = self._rows(taken)
        if shield.failed:
            self._end_job(taken, "This slip cannot be laid out; the log says why.", sure=True)
            return True
        with _Shield("printing") as shield:
            self._send(taken, rows)
        if shield.failed:
            self._end_job(taken, "Something went wrong while printing. Look whether it is on paper.", sure=False)
        return True

    def _rows(self, job: Job) -> tuple[Row, ...]:
        """Laid out after the job was taken: only then it is known whether it says COPY."""
        assert self.printer is not None
        if job.template == prints.DRAWER:
            return ()
        return paper.rows_of(self.store, self.config, job, paper.look_of(self.config, self.printer.letters))

    def _send(self, job: Job, rows: tuple[Row, ...]) -> None:
        assert self.printer is not None
        confirmed = False
        try:
            if job.template == prints.DRAWER:
                self.printer.kick()
            else:
                must = prints.confirmed_ever(self.store, self.device)
                confirmed = self.printer.send(rows, must_answer=must).confirmed
        except NotPrinted as error:
            self._is_off(error)
            pause = BACK_OFF_SECONDS[min(self._off, len(BACK_OFF_SECONDS)) - 1]
            self._try_again_at = clock.monotonic() + pause
            prints.wait(self.store, job.id, clock.now() + timedelta(seconds=pause), error.message)
            self._tell(prints.find(self.store, job.id))
            return
        except MayHavePrinted as error:
            self._is_off(error)
            self._end_job(job, error.message, sure=False)
            return
        prints.printed(self.store, job.id, clock.now(), confirmed=confirmed)
        self._is_ready()
        self._tell(prints.find(self.store, job.id))

    def _end_job(self, job: Job, reason: str, *, sure: bool) -> None:
        prints.failed(self.store, job.id, clock.now(), reason, sure=sure)
        self._tell(prints.find(self.store, job.id))

    def _is_off(self, error: PosError) -> None:
        self._off += 1
        self.state, self.text = "off", error.message
        if self._off == 1:
            remedy = said("Selling goes on. Receipts can be printed again, or in the browser.")
            notices.raise_once(self.store, NOTICE, "check", error.message, remedy, self.config.till.id)

    def _is_ready(self) -> None:
        self._off, self._try_again_at = 0, 0.0
        if self.state != "ready":
            self.state, self.text = "ready", "The printer is ready."
            notices.settle(self.store, NOTICE)

    def _tell(self, job: Job) -> None:
        for listener in self.listeners:
            with _Shield("telling the screens of a print"):
                listener(job)


class _Shield:
    """This thread outlives whatever happens inside; it is logged, and asked about."""

    def __init__(self, what: str) -> None:
        self.what, self.failed = what, False

    def __enter__(self) -> _Shield:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            return False
        self.failed = True
        log.error("%s failed; it goes on", self.what, exc_info=error)
        return True


def wanted(doc: Doc, config: Config, now: datetime) -> tuple[str, ...]:
    """What a saved document makes the printer do by itself: the drawer first. () for one taken in from elsewhere."""
    age = abs((now - clock.parse(doc["created_at"])).total_seconds())
    if doc.get("series") != "till" or doc.get("till") != config.till.id or age > FRESH_SECONDS:
        return ()
    found = [prints.DRAWER] if config.printer.drawer and opens_drawer(doc) else []
    if config.printer.auto and doc["kind"] in _SLIPS and not _empty_float(doc):
        found += [t for t in paper.templates_of(doc) if t != "gift"]
    return tuple(found)


def opens_drawer(doc: Doc) -> bool:
    """Whether cash goes in or out with this document, or it is a no-sale."""
    cash = any(p["kind"] == "cash" and (p["amount"] or p.get("change")) for p in doc.get("payments") or ())
    return cash or doc["kind"] in _DRAWER


def _empty_float(doc: Doc) -> bool:
    """The float of a session nobody opened by hand."""
    return bool(doc["kind"] == "float" and not doc["total"] and not doc.get("correction"))
