"""The worker of sessions with QuickBooks Desktop: in threads, one company file each, every session under a lease.

A session goes on from the cursor of its step, whoever had it before. Where QuickBooks cannot be reached it waits and
says so; after `[conductor] give_up_hours` it has failed, and what is parked stays. A step that ends by a fault of this
program is failed, and with it the session. How long a session takes ends none.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pos import clock, trail
from pos.actions import (
    conductor_manager,
    conductor_pull,
    conductor_push,
    conductor_setup,
    conductor_side,
    conductor_stock,
)
from pos.actions import conductor_told as told
from pos.actions.conductor_side import Lost, Side
from pos.agent import Run
from pos.errors import BadSettings, CannotSave, ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown, UserError
from pos.said import said
from pos.store import conductor_sessions
from pos.store.conductor_sessions import Session, Step

log = logging.getLogger(__name__)

#: The longest between two looks; a bell calls earlier.
POLL_SECONDS = 30
#: Company files worked on at once.
WORKERS_MAX = 4
#: How often it is looked for more while some are at work, and whether somebody cancelled.
LOOK_SECONDS, CANCELLED_SECONDS = 0.5, 0.5
#: They are asked again after half of what they were away for, within these.
AGAIN_SECONDS_MIN, AGAIN_SECONDS_MAX = 60, 600
THIN_SECONDS = 3600.0

Doing = Callable[[Side, Session, Step, Callable[[], bool], Callable[[], None]], bool | datetime]
#: What does a step, by its direction: True = it is at its end, False = it was stopped, else when it goes on.
STEPS: dict[str, Doing] = {
    "refs": conductor_pull.run, "pull": conductor_pull.run, "push": conductor_push.run, "stock": conductor_stock.run
}  # fmt: skip


@dataclass(slots=True)
class _Work:
    """A worker's hold on a session. cancelled is looked up now and then, not with every object."""

    run: Run
    session: Session
    _at: float = field(default=0.0)
    _cancelled: bool = False

    def stopping(self) -> bool:
        """Whether to end after the object that is under way."""
        if not self._cancelled and clock.monotonic() - self._at >= CANCELLED_SECONDS:
            self._at = clock.monotonic()
            self._cancelled = conductor_sessions.is_cancelled(self.run.store, self.session)
        return self._cancelled or self.run.stopping()


def work(run: Run, steps: Mapping[str, Doing] = STEPS) -> str:
    """One round: as long as there is something to do now. "" = there was nothing. What ended a worker without a word is
    raised when the others are done."""
    if run.cause == "person":
        conductor_sessions.line_is_back(run.store, clock.now())
    going: dict[Future[None], Session] = {}
    count, failed = 0, list[BaseException]()
    if (first := _claimed(run)) is None:
        _later(run)
        return ""
    with ThreadPoolExecutor(WORKERS_MAX, thread_name_prefix="conductor") as pool:
        while first or not run.stopping():
            while len(going) < WORKERS_MAX and (taken := first or _claimed(run)) is not None:
                first = None
                going[pool.submit(_hold, run, taken, steps)] = taken
                count += 1
            if not going:
                break
            for future in wait(going, LOOK_SECONDS, FIRST_COMPLETED).done:
                session, error = going.pop(future), future.exception()
                if error is not None:
                    failed.append(error)
                    _crashed(run, session, error)
                run.ring("status")
        wait(going)
    _later(run)
    if failed:
        raise failed[0]
    return f"Sessions worked on: {count}."


def _claimed(run: Run) -> Session | None:
    return conductor_sessions.claim(run.store, f"{run.owner}:conductor:{clock.uuid7()}", clock.now())


def _later(run: Run) -> None:
    """When to look again; once an hour what is older than is kept goes."""
    due = conductor_sessions.next_at(run.store)
    if due:
        ahead = (clock.parse(due) - clock.now()).total_seconds()
        run.again_in(min(max(ahead, 1.0), POLL_SECONDS))
    if run.memory.get("thin_at", 0.0) <= clock.monotonic():
        run.memory["thin_at"] = clock.monotonic() + THIN_SECONDS
        conductor_sessions.thin(run.store, clock.now() - timedelta(days=max(1, run.config.conductor.keep_days)))


def _hold(run: Run, session: Session, steps: Mapping[str, Doing]) -> None:
    """A worker's thread: one session, until it is over or waits."""
    own = replace(run, memory={}, lost=False, _stopping=run.stopping, _cpu=time.thread_time())
    try:
        with (
            trail.following(agent=conductor_manager.NAME, connection=session.connection, run=session.id),
            run.keeping(lambda now: conductor_sessions.beat(run.store, session, now)),
        ):
            _answered(own, session, steps)
    finally:
        run.store.release()


def _answered(run: Run, session: Session, steps: Mapping[str, Doing]) -> None:
    """Work on it, and keep what became of it where something outside came between."""
    try:
        if session.cancel_at:
            _end(run, session, "cancelled")
        else:
            _go(run, session, steps)
    except Lost:
        log.info("the session %s is another worker's by now", session.id)
    except SignInNeeded as error:
        _failed(run, session, error.code, f"{error.message} {error.remedy}".strip())
    except (Unavailable, Unknown) as error:
        _away(run, session, error)
    except (BadSettings, UserError) as error:  # switched off meanwhile, or the settings cannot be right
        _failed(run, session, error.code, error.message)


def _go(run: Run, session: Session, steps: Mapping[str, Doing]) -> None:
    hold = _Work(run, session)
    client = conductor_setup.open_client(run.store, run.config, session.company)
    try:
        on = conductor_side.side(
            run.store, run.config, session.company, session.connection, client, session.n
        )  # fmt: skip
        for step in conductor_sessions.steps(run.store, session.n):
            if step.state in ("waiting", "working") and not _step(hold, on, step, steps):
                return
    finally:
        client.close()
    _over(run, session)


def _step(hold: _Work, on: Side, step: Step, steps: Mapping[str, Doing]) -> bool:
    """One step; whether the next one may begin. One that QuickBooks refuses as a whole (an edition that knows no sales
    orders) is failed, and the others go on."""
    run, session = hold.run, hold.session
    if hold.stopping():
        _stopped(run, session)
        return False
    if not conductor_sessions.begin_step(run.store, session, step, clock.now()):
        raise Lost
    try:
        after = steps[step.direction](on, session, step, hold.stopping, run.breathe)
    except Rejected as error:
        words = f"{error.message} {error.remedy}".strip()
        return conductor_sessions.end_step(run.store, session, step, "failed", clock.now(), error.code, words)
    if after is True:
        told.reached(run.store, session)
        return conductor_sessions.end_step(run.store, session, step, "done", clock.now())
    if isinstance(after, datetime):
        words = said("An answer was lost; it is looked for before anything is sent again.")
        conductor_sessions.put_off(run.store, session, after, "settling", words, clock.now(), away=False)
    else:
        _stopped(run, session)
    return False


def _stopped(run: Run, session: Session) -> None:
    """It stopped at a safe point: because it was cancelled, or because this program ends."""
    if conductor_sessions.is_cancelled(run.store, session):
        _end(run, session, "cancelled")
    else:
        conductor_sessions.let_go(run.store, session)


def _over(run: Run, session: Session) -> None:
    """Every step is at its end."""
    bad = [step for step in conductor_sessions.steps(run.store, session.n) if step.state == "failed"]
    if not bad:
        _end(run, session, "completed")
        return
    words = "; ".join(dict.fromkeys(step.message for step in bad))
    _failed(run, session, bad[0].code, words)


def _away(run: Run, session: Session, error: ConnectorError) -> None:
    """They cannot be asked: no object is failed. It waits, and gives up when that has lasted for hours."""
    now = clock.now()
    fresh = conductor_sessions.numbered(run.store, session.connection, session.n)
    since = clock.parse(fresh.waits_from) if fresh.waits_from else now
    waited = max(0.0, (now - since).total_seconds())
    if waited >= run.config.conductor.give_up_hours * 3600:
        words = said("QuickBooks could not be reached for {n} hours. {why}", n=int(waited // 3600), why=error.message)
        _failed(run, session, "gave_up", words)
        return
    seconds = min(max(waited / 2, AGAIN_SECONDS_MIN), AGAIN_SECONDS_MAX)
    at = getattr(error, "retry_at", None) or now + timedelta(seconds=seconds)
    at = max(at, now + timedelta(seconds=1))
    conductor_sessions.put_off(run.store, session, at, error.code, error.message, now)
    told.away(run.store, session, waited, error.message)


def _failed(run: Run, session: Session, code: str, message: str) -> None:
    _end(run, session, "failed", code, message)


def _end(run: Run, session: Session, status: str, code: str = "", message: str = "") -> None:
    with run.store.transaction():
        after = conductor_sessions.end(run.store, session, status, clock.now(), code, message)
        if after is not None:
            told.ended(run.store, after)


def _crashed(run: Run, session: Session, error: BaseException) -> None:
    """A fault of this program: the step and the session are failed, and nobody calls them done. A disk that is full or
    a database that is busy is none: it goes on when its lease has run out."""
    if isinstance(error, CannotSave):
        return
    words = said("This program failed at it ({why}). What was done stays; see the log.", why=type(error).__name__)
    _failed(run, session, "crashed", words)
