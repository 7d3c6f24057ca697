"""The phases of a run's part: collect, transform, upload, reconcile, archive. Each can be begun again from its start.

All of them stand on what is there: receipts are bundled by `bundle`, sent by `deliver`, compared by `run_reconcile`. A
phase that cannot go on says until when (`Later`); one that will never go says why (`Ended`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from pos import clock
from pos.actions import deliver, line, parcel, run_ends, run_reconcile, run_settings, run_sources
from pos.actions.run_settings import RunSettings
from pos.config import Config
from pos.errors import CannotSave, PosError
from pos.rules import run_codes, trading_day
from pos.rules.run_sums import MISMATCH
from pos.said import nsaid, said
from pos.store import connections, run_days, run_work, runs
from pos.store.db import Store
from pos.store.run_days import Way
from pos.store.run_work import End
from pos.store.runs import Job, Part

log = logging.getLogger(__name__)

#: A run that still waits for the books after this long has failed.
WAIT_HOURS = 24
#: Another look at documents that wait for something else than the line.
AGAIN_SECONDS = 2.0
#: Documents of one round of sending; whether to stop is asked after each.
DOCUMENTS_MAX = 50
#: While nobody else keeps the lease it is kept so often.
BEAT_SECONDS = 5.0
#: Who comes to no safe point for so long hangs: its lease is kept no more, and it counts as dead.
HANGS_SECONDS = 3600.0
#: What a document nobody thought of may raise in our own code.
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


#: Where something of its days may be unsent.
_BEFORE_SENT = ("collect", "transform", "upload")


class Later(Exception):
    """It goes on at a moment; the words say what it waits for."""

    def __init__(self, seconds: float, words: str) -> None:
        super().__init__(words)
        self.seconds, self.words = seconds, words


class Ended(Exception):
    """It ends here."""

    def __init__(self, end: End) -> None:
        super().__init__(end.words)
        self.end = end


class Stopped(Exception):
    """This program stops, somebody cancelled, or another worker has it: what was done so far stays."""


@dataclass(slots=True)
class Work:
    """One worker's hold on one part.

    send: the job of this part's connection, made when it is first needed. stopping: this program stops.
    """

    store: Store
    config: Config
    job: Job
    part: Part
    send: Callable[[], line.Job]
    stopping: Callable[[], bool] = lambda: False
    lost: bool = False
    _line: line.Job | None = None
    _settings: RunSettings | None = None
    _kept_at: float = field(default_factory=clock.monotonic)
    _safe_at: float = field(default_factory=clock.monotonic)

    @property
    def settings(self) -> RunSettings:
        """The company's, as they were when this hold began."""
        if self._settings is None:
            self._settings = run_settings.of(self.store, self.part.company)
        return self._settings

    @property
    def line(self) -> line.Job:
        """The line to the books; its rounds end when this one must."""
        if self._line is None:
            self._line = replace(self.send(), stopping=self.must_stop)
        return self._line

    @property
    def bundled(self) -> bool:
        """Whether these books take receipts bundled."""
        return parcel.binder_of(self.line) is not None

    @property
    def source(self) -> run_sources.Source:
        """Where what is posted comes from."""
        return run_sources.of(self.settings)

    def days(self) -> list[str]:
        """Its business days."""
        first, last = date.fromisoformat(self.job.day_from), date.fromisoformat(self.job.day_to)
        return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]

    def goes_on(self, day: str) -> bool:
        """Whether a business day is not over yet."""
        own = self.settings
        cutoff = time.fromisoformat(own.cutoff) if own.trading_day else trading_day.MIDNIGHT
        return date.fromisoformat(day) >= trading_day.trading_day(clock.now(), own.time_zone, cutoff)

    def must_stop(self) -> bool:
        """Asked at every safe point; keeps the lease meanwhile."""
        self._safe_at = clock.monotonic()
        if clock.monotonic() - self._kept_at > BEAT_SECONDS:
            self._kept_at = clock.monotonic()
            self.beat(clock.now())
        return self.lost or self.stopping() or self.cancelled()

    def cancelled(self) -> bool:
        """Whether somebody asked the run to stop."""
        return run_work.cancelled(self.store, self.job.id)

    def beat(self, now: datetime) -> None:
        """Hold it longer, unless the worker hangs. From any thread."""
        if clock.monotonic() - self._safe_at > HANGS_SECONDS:
            return
        if not run_work.beat(self.store, self.part, now):
            self.lost = True

    def holds(self) -> bool:
        """Whether the part is this worker's still. Inside the transaction of what is written."""
        self.lost = self.lost or not run_work.holds(self.store, self.part)
        return not self.lost

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is written inside is kept only by who holds the part; Stopped when it is another worker's by now."""
        with self.store.transaction():
            if not self.holds():
                raise Stopped
            yield

    def say(self, level: str, words: str) -> None:
        """A line of the run's log."""
        with self.writing():
            runs.say(self.store, self.job.id, self.part.company, self.part.phase, level, words, clock.now())

    def safe_point(self) -> None:
        """Stopped when it must."""
        if self.must_stop():
            raise Stopped

    def way(self, day: str) -> Way:
        """How a day's documents stand."""
        ns = self.source.receipts(self, day)
        since = self.part.started_at
        return run_days.way(self.store, self.part.connection, day, ns, since, bundled=self.bundled)


# -- one hold ----------------------------------------------------------------------------------------------------------


def work(hold: Work) -> str:
    """Go from phase to phase until the part is over, must wait, or must stop. The status of its run when the part
    ended, "" when it did not."""
    while True:
        try:
            if hold.part.phase == "done":  # too late to stop: all of it was done
                return _finish(hold, run_ends.of(hold.store, hold.job, hold.part, hold.goes_on))
            hold.safe_point()
            _PHASES[hold.part.phase](hold)
        except Later as wait:
            return _later(hold, wait)
        except Ended as over:
            return _finish(hold, over.end)
        except Stopped:
            return _stopped(hold)
        except CannotSave:
            raise  # nothing can be kept: whoever comes next begins the phase again
        except PosError as error:
            return _finish(hold, End("failed", run_ends.FAILED, "failed", error.message))
        except FAULTS as error:
            log.exception("run %s: %s of %s", hold.job.id, hold.part.phase, hold.part.company)
            phase = run_codes.PHASES[hold.part.phase]
            words = said("The phase {phase} could not be done: {why}", phase=phase, why=repr(error)[:200])
            return _finish(hold, End("failed", run_ends.FAILED, "failed", words))
        after = run_work.next_phase(hold.store, hold.part, clock.now())
        if after is None:
            return ""
        hold.part = after


def _finish(hold: Work, end: End) -> str:
    return run_work.finish(hold.store, hold.part, end, clock.now())


def _later(hold: Work, wait: Later) -> str:
    now = clock.now()
    if clock.parse(hold.part.started_at) + timedelta(hours=WAIT_HOURS) <= now:
        words = said("It waited for {hours} hours. {why}", hours=WAIT_HOURS, why=wait.words)
        return _finish(hold, End("failed", run_ends.FAILED, "failed", words))
    seconds = min(max(wait.seconds, 0.2), run_work.AHEAD_SECONDS)
    with hold.store.transaction():
        if runs.part(hold.store, hold.part.n).words != wait.words and hold.holds():
            hold.say("info", wait.words)
        run_work.put_off(hold.store, hold.part, now + timedelta(seconds=seconds), wait.words)
    return ""


def _stopped(hold: Work) -> str:
    """Somebody cancelled: the part is over. Else it is free at once, for whoever goes on."""
    if hold.lost:
        return ""
    if not hold.cancelled():
        run_work.let_go(hold.store, hold.part)
        return ""
    try:
        left = _left(hold)
    except Stopped:  # another worker has it by now
        return ""
    except CannotSave:
        raise
    except PosError:  # its books are gone, and with them whoever knows
        left = (0, 0)
    return _finish(hold, run_ends.cancelled(hold.store, hold.job, hold.part, *left, hold.settings.posting))


def _left(hold: Work) -> tuple[int, int]:
    """Of the documents of its days those that were sent and not read back, and those that were not sent."""
    sent = left = 0
    for day in hold.days() if hold.part.phase in _BEFORE_SENT else ():
        way = hold.way(day)
        if hold.part.phase == "upload":
            _count(hold, day, way)
        sent, left = sent + way.sent, left + way.waiting - way.sent + way.loose
    return sent, left


# -- the phases --------------------------------------------------------------------------------------------------------


def _collect(hold: Work) -> None:
    """Read what was sold, afresh, and keep its sums: the first side of everything that is compared later."""
    own = hold.settings
    if not own.active:
        raise Ended(_refused(said("{name} is inactive.", name=own.name)))
    there = {known.id for known in connections.lines(hold.store, [own.company])}
    if hold.part.connection not in there:
        raise Ended(_refused(said("{company} has no books to post to.", company=own.name)))
    hold.source.begin(hold)
    for day in hold.days():
        hold.safe_point()
        sums = hold.source.collect(hold, day)
        with hold.writing():
            runs.put_artifact(
                hold.store, hold.job.id, hold.part.company, day, connection=hold.part.connection, source=own.source,
                currency=own.currency, raw_rows=sums.rows, rejected_rows=sums.rejected, raw_count=sums.count,
                raw_total=sums.total, processed_at=clock.stamp(clock.now()),
            )  # fmt: skip
        told = f"{day}: {_number(sums.rows, 'row') if sums.rows else _number(sums.count, 'receipt')}"
        rejected = f", {_number(sums.rejected, 'row')} rejected" if sums.rejected else ""
        hold.say("warning" if rejected else "info", told + rejected)


def _transform(hold: Work) -> None:
    """Receipts become documents; books that take each receipt by itself have nothing to make."""
    binder = parcel.binder_of(hold.line)
    if binder is None:
        hold.say("info", "Each receipt goes as it is.")
        return
    if problems := binder.problems():  # a person's work, which nobody knows the end of
        raise Ended(run_ends.unmapped(hold.store, hold.job, hold.part, problems))
    with deliver.alone(hold.line) as fence:
        if fence is None:
            raise Later(AGAIN_SECONDS, deliver.OTHERS)
        made = hold.source.transform(hold, binder)
    hold.safe_point()
    hold.say("info", f"{_number(made, 'document')} made.")


def _upload(hold: Work) -> None:
    """Send until nothing of these days is on its way; whether to stop is asked between two documents."""
    days = hold.days()
    while True:
        done = deliver.queued(hold.line)
        if not done.idle:
            hold.say("warning" if done.rejected or done.differs else "info", done.sentence())
        hold.safe_point()
        left = {day: _waiting(hold, day) for day in days}
        days, waiting = [day for day in days if left[day]], sum(left.values())
        if not days:
            return
        if done.line_is_away:
            title = hold.settings.books or hold.part.connection.partition("-")[0]
            words = said("Waits for {books}: {why}", books=_BOOKS.get(title, title), why=line.why_not(hold.line))
            raise Later(done.again_in or AGAIN_SECONDS, words)
        if done.idle or done.again_in:
            told = done.stopped or nsaid(
                "{n} document of these days is on its way.", "{n} documents of these days are on their way.", waiting
            )
            raise Later(max(done.again_in or AGAIN_SECONDS, AGAIN_SECONDS), told)


def _waiting(hold: Work, day: str) -> int:
    """A day's documents that are on their way; of one that goes on, those that are made."""
    way = hold.way(day)
    _count(hold, day, way)
    return way.waiting + (0 if hold.goes_on(day) else way.loose)


def _reconcile(hold: Work) -> None:
    """Hold each day against the books; begun again, from the first day that was not."""
    known = {one.day: one for one in runs.of_part(hold.store, hold.job.id, hold.part.company)}
    before = str(json.loads(hold.part.cursor).get("day", ""))
    for day in hold.days():
        if day <= before:
            continue
        hold.safe_point()
        found = run_reconcile.of_day(hold.line, hold.part, day, known[day].n, hold.holds)
        if found is None:
            raise Stopped
        if found.again and not (found.code == "waiting" and (hold.goes_on(day) or known[day].failed)):
            raise Later(line.seconds_to_wait(hold.line) or AGAIN_SECONDS, found.reason)
        bad = found.status == MISMATCH
        told = f" {', '.join(found.documents)}" if bad and found.documents else f" {found.reason}".rstrip()
        hold.say("warning" if bad else "info", f"{day}: {found.status}{told}")
        if not run_work.keep(hold.store, hold.part, {"day": day}, clock.now()):
            raise Stopped


def _archive(hold: Work) -> None:
    """Put away what it was made of."""
    hold.source.put_away(hold)


_BOOKS = {"quickbooks": "QuickBooks", "erpnext": "ERPNext"}
_PHASES: dict[str, Callable[[Work], None]] = {
    "collect": _collect, "transform": _transform, "upload": _upload, "reconcile": _reconcile, "archive": _archive,
}  # fmt: skip


def _count(hold: Work, day: str, way: Way) -> None:
    with hold.writing():
        runs.put_artifact(
            hold.store, hold.job.id, hold.part.company, day, uploaded=way.uploaded, skipped=way.before,
            failed=way.refused,
        )  # fmt: skip


def _number(n: int, what: str) -> str:
    """For the log, which is English."""
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def _refused(words: str) -> End:
    return End("failed", run_ends.REFUSED, "bad_arguments", words)
