"""Deliver: one bounded round of sending queued documents to one connection, each exactly once.

What is done with a row follows from its state alone:

queued    post it. After any error but a clean Unavailable it is looked up by its key before anything is decided: a
          refusal may hide that it is already there (a masked duplicate), an error may come after the booking.
unknown   ask whether it is there. There: read back. Not there: queued again, but only once settle_seconds have gone
          by since the last try, because a slow server may still be booking what we gave up on; a positive answer
          counts at once. A row taken in from a file waits just so, counted from the moment it was taken in: whoever
          wrote the file may have sent it a moment before.
sent      read it back and compare: booked, or differs with the difference in words.

A document that fails moves to its own rung and the next one goes. Only a dead line, a refused key or missing set-up
stops the round, because each of those would fail every document alike.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pos import clock, trail
from pos.actions import bundle, line, parcel
from pos.actions.line import Job, LineDown
from pos.connectors.base import ANSWERED, Posted
from pos.errors import ConnectorError, Corrupt, NotFound, Rejected, SignInNeeded, Unavailable, Unknown
from pos.said import said
from pos.store import claims, connections, intake, leases, outbox, overs, tally, unblock
from pos.store.outbox import Claimed

log = logging.getLogger(__name__)

CANCELLED = "It was cancelled in the back office, so it was not posted again."
CANCELLED_REMEDY = "If it must be booked after all, amend {remote_id} there and settle this one by hand."

OTHERS = said("Another server posts there now.")
#: So many refusals alike, one after the other: perhaps it is not the documents, but a right or a field that went.
ALIKE_MAX = 3
#: One server posts to a connection at a time: it holds "post:<connection>" for so long, and longer while it is at it.
#: One that dies in the middle is followed by another after that; each row is claimed by itself besides.
POST_SECONDS = 30
#: What a document nobody thought of may raise in our own code.
_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, NotFound, RuntimeError, TypeError, ValueError)

Document = dict[str, Any]


@dataclass(slots=True)
class Done:
    """What one round did.

    failed: put off to a later try. left: rows still on their way. stopped: why the round ended early, in words.
    again_in: seconds until the next round is wanted, None = as usual. line_is_away: before that nobody need ask.
    """

    booked: int = 0
    differs: int = 0
    rejected: int = 0
    unknown: int = 0
    failed: int = 0
    left: int = 0
    stopped: str = ""
    again_in: float | None = None
    line_is_away: bool = False
    refused_code: str = ""
    refused_alike: int = 0

    def sentence(self) -> str:
        """For the console."""
        parts = [f"{self.booked} booked"]
        for count, words in (
            (self.differs, "differ"),
            (self.rejected, "refused"),
            (self.unknown, "without an answer"),
            (self.failed, "put off"),
        ):
            if count:
                parts.append(f"{count} {words}")
        told = ", ".join([*parts, f"{self.left} waiting"])
        return f"{told}. {self.stopped}" if self.stopped else told

    @property
    def idle(self) -> bool:
        """Nothing changed in this round."""
        return not (self.booked or self.differs or self.rejected or self.unknown or self.failed)


def queued(job: Job, *, post: bool = True) -> Done:
    """Send what is due, oldest first, at most `job.limit` documents. Never raises for what the other side does.

    post: without it nothing new is sent, and none made; what was sent already is read back, or asked about.
    BadSettings when this is the demo shop and the connection is not on this machine.
    """
    done = Done()
    store, connection = job.store, job.connection
    connections.refuse_demo(store, job.address)
    unblock.lapse(store, connection, job.now(), job.settle_seconds)
    unblock.say_why_held_up(store, connection, job.now())
    if tally.waiting(store, connection):
        try:
            with alone(job) as fence:
                _due(job, done, fence, post)
        except LineDown as reason:
            done.stopped = str(reason)
    done.left = tally.waiting(store, connection)
    done.again_in = _when_again(job, done) if post else None
    return done


@contextmanager
def alone(job: Job) -> Iterator[int | None]:
    """Nobody else makes or posts documents of this connection inside; None while somebody does."""
    fence = leases.take(job.store, f"post:{job.connection}", job.owner, POST_SECONDS)
    try:
        with job.keeping(lambda now: fence is not None and _keep_posting(job, fence, now)):
            yield fence
    finally:
        if fence is not None:
            leases.give_back(job.store, f"post:{job.connection}", job.owner, fence)


def _due(job: Job, done: Done, fence: int | None, post: bool) -> None:
    """Everything that is due, while nobody else may post there."""
    if fence is None:
        done.stopped = OTHERS
        return
    if post and (binder := parcel.binder_of(job)) is not None:
        bundle.gather(job, binder)
    if not line.works(job):
        done.stopped = line.why_not(job)
        return
    kept_at = clock.monotonic()
    for n in outbox.due(job.store, job.connection, job.now(), job.limit, part=parcel.part(job), sent=not post):
        if job.stopping():
            return
        if clock.monotonic() - kept_at > POST_SECONDS / 4:
            kept_at = clock.monotonic()
            if not _keep_posting(job, fence, job.now()):
                done.stopped = OTHERS
                return
        _one(job, n, done)
        job.breathe()


def _keep_posting(job: Job, fence: int, now: datetime) -> bool:
    return leases.keep(job.store, f"post:{job.connection}", job.owner, fence, POST_SECONDS, now)


def _when_again(job: Job, done: Done) -> float | None:
    """While anything waits: when the line is worth another look, at once when more is due, else when a row is."""
    if not done.left:
        return None
    wait = line.seconds_to_wait(job)
    if wait is not None:
        done.line_is_away = True
        return wait
    now = job.now()
    if outbox.due(job.store, job.connection, now, 1, part=parcel.part(job)):
        return 0
    first = tally.next_due(job.store, job.connection, now)
    return max((clock.parse(first) - now).total_seconds(), 0.1) if first else None


def _one(job: Job, n: int, done: Done) -> None:
    row = outbox.take(job.store, n, job.owner, job.now(), job.lease_seconds)
    if row is None:
        return  # somebody else was first
    most = job.now() + timedelta(seconds=outbox.LEASE_SECONDS)
    kept = job.keeping(partial(claims.keep, job.store, row, most))
    with trail.following(correlation=row.document, document=row.number), kept:
        _step(job, row, done)


def _step(job: Job, row: Claimed, done: Done) -> None:
    step = {"sending": _send, "unknown": _ask, "sent": _read_back}[row.state]
    try:
        step(job, row, parcel.document(job, row), done)
    except Corrupt as error:
        outbox.rejected(job.store, row, job.now(), "corrupt", error.message, "Run `pos_server.py verify`.")
        done.rejected += 1
    except outbox.LostLease:
        done.failed += 1
        log.warning("%s was taken over by another sender; left to it", row.number)
    except _FAULTS as error:
        done.failed += 1
        log.exception("%s could not be handled", row.number)
        outbox.stumbled(job.store, row.n, job.owner, job.now(), f"{row.number} could not be handled: {error!r}")
    if done.refused_alike >= ALIKE_MAX:
        done.refused_alike = 0
        job.memory.checked_at = None
        if not line.works(job):
            raise LineDown(line.why_not(job))


# -- queued: post ------------------------------------------------------------------------------------------------------


def _send(job: Job, row: Claimed, document: Document, done: Done) -> None:
    outbox.hold(job.store, row, job.now())
    try:
        context = parcel.context(job, row, document)
        posted = job.memory.connector.post(document, row.part, parcel.key(job, row, document), context)
    except Unavailable as error:
        _nothing_sent(job, row, error, done)
    except SignInNeeded as error:
        outbox.not_sent(job.store, row, job.now(), error.message)
        raise line.give_up(job, error) from error
    except Rejected as error:
        _refused(job, row, document, error, done)
    except Unknown as error:
        _no_answer(job, row, document, error, done)
    else:
        line.reached(job)
        _there(job, row, document, posted, done)


def _nothing_sent(job: Job, row: Claimed, error: Unavailable, done: Done) -> None:
    """The line is down for all, or (a question before the post went unanswered) this one document is to blame."""
    down = error if error.retry_at else line.silent(job)
    if down is not None:
        outbox.not_sent(job.store, row, job.now(), error.message)
        raise line.give_up(job, down) from error
    soon = None if row.tries else job.probe_seconds
    outbox.again(job.store, row, job.now(), error.code, error.message, after_seconds=soon)
    done.failed += 1


def _refused(job: Job, row: Claimed, document: Document, refusal: Rejected, done: Done) -> None:
    """They said no; but it may be there all the same, from a try whose answer was lost."""
    connector = job.memory.connector
    try:
        found = connector.find(parcel.key(job, row, document), document["kind"])
        if found is not None and found.state == "draft":
            found = connector.finish(document, row.part, found)
    except Rejected as again:
        _reject(job, row, again, done)
    except ConnectorError as error:
        _undecided(job, row, error, done)
    else:
        if found is None:
            _reject(job, row, refusal, done)
        else:
            _there(job, row, document, found, done)


def _no_answer(job: Job, row: Claimed, document: Document, error: Unknown, done: Done) -> None:
    """It may have been booked. One look at once: that it is there is proof; that it is not, only when they answered."""
    answered = error.code.startswith(ANSWERED)
    try:
        found = job.memory.connector.find(parcel.key(job, row, document), document["kind"])
    except Rejected as refusal:  # somebody else's document has its number
        _reject(job, row, refusal, done)
        return
    except ConnectorError as silence:
        outbox.lost(job.store, row, job.now(), job.settle_seconds, error.code, error.message, error.reply)
        done.unknown += 1
        down = silence if isinstance(silence, SignInNeeded) else line.silent(job)
        if down is not None:
            raise line.give_up(job, down) from silence
        return
    if found is not None and (found.state != "draft" or answered):
        _finish(job, row, document, found, done)
    elif found is None and answered:
        outbox.again(job.store, row, job.now(), error.code, error.message, reply=error.reply)
        done.failed += 1
    else:
        outbox.lost(job.store, row, job.now(), job.settle_seconds, error.code, error.message, error.reply)
        done.unknown += 1


# -- unknown: ask ------------------------------------------------------------------------------------------------------


def _ask(job: Job, row: Claimed, document: Document, done: Done) -> None:
    asked_at = job.now()
    try:
        found = job.memory.connector.find(parcel.key(job, row, document), document["kind"])
    except ConnectorError as error:
        if isinstance(error, Rejected) and error.code == "number_taken":
            _reject(job, row, error, done)
            return
        _undecided(job, row, error, done)
        return
    line.reached(job)
    settled_at = _settled_at(job, row)
    settled = asked_at >= settled_at
    if found is not None and (settled or found.state != "draft"):
        _finish(job, row, document, found, done)
    elif settled:
        # The wait is over already; only what got lost before goes on to the rungs.
        wait = 0 if row.tries <= 1 else outbox.rung(row.tries - 1)
        words = "It had not arrived; it is posted again."
        outbox.again(job.store, row, job.now(), "not_there", words, after_seconds=wait)
        done.failed += 1
    else:
        outbox.not_there_yet(job.store, row, job.now(), settled_at)
        done.unknown += 1


def _settled_at(job: Job, row: Claimed) -> datetime:
    """From when on "not there" is proof. Further ahead than the wait itself means the clock was set back since."""
    wait = timedelta(seconds=job.settle_seconds)
    at = clock.parse(row.settle_at) if row.settle_at else clock.parse(row.created_at) + wait
    return min(at, job.now() + wait)


def _undecided(job: Job, row: Claimed, error: ConnectorError, done: Done) -> None:
    """Asking failed: what was being sent is unknown from now on; what was unknown stays so, on its next rung.

    When the line is down for all, no rung is burnt.
    """
    down = error if isinstance(error, SignInNeeded) else line.silent(job)
    now = job.now()
    if row.state == "sending":
        outbox.lost(job.store, row, now, job.settle_seconds, error.code, error.message, error.reply)
        done.unknown += 1
    elif down is not None:
        outbox.not_sent(job.store, row, now, error.message)
    else:
        later = now + timedelta(seconds=outbox.rung(row.tries + 1))
        outbox.ask_later(job.store, row, now, later, error.code, error.message)
        done.unknown += 1
    if down is not None:
        raise line.give_up(job, down) from error


def _finish(job: Job, row: Claimed, document: Document, found: Posted, done: Done) -> None:
    """It is there: a draft left over is submitted, then it is read back."""
    if found.state == "draft":
        try:
            found = job.memory.connector.finish(document, row.part, found)
        except Rejected as error:
            _reject(job, row, error, done, found.remote_id)
            return
        except ConnectorError as error:
            _undecided(job, row, error, done)
            return
    _there(job, row, document, found, done)


# -- sent: read back, compare ------------------------------------------------------------------------------------------


def _there(job: Job, row: Claimed, document: Document, posted: Posted, done: Done) -> None:
    """They have it: keep their id first, then look at what they made of it."""
    row = outbox.sent(job.store, row, job.now(), posted.remote_id)
    _read_back(job, row, document, done)


def _read_back(job: Job, row: Claimed, document: Document, done: Done) -> None:
    connector = job.memory.connector
    try:
        stored = connector.fetch(row.remote_id, document["kind"])
        if stored.state == "draft":
            stored = connector.fetch(connector.finish(document, row.part, stored).remote_id, document["kind"])
    except Rejected as error:
        _reject(job, row, error, done)
        return
    except ConnectorError as error:
        down = error if isinstance(error, SignInNeeded) else line.silent(job)
        if down is not None:
            outbox.not_sent(job.store, row, job.now(), error.message)
            raise line.give_up(job, down) from error
        outbox.read_later(job.store, row, job.now(), error.message)
        done.unknown += 1
        return
    if stored.state == "cancelled":
        remedy = CANCELLED_REMEDY.format(remote_id=stored.remote_id)
        outbox.rejected(job.store, row, job.now(), "cancelled", CANCELLED, remedy)
        done.rejected += 1
        return
    difference = connector.compare(document, row.part, stored)
    remote = {"figures": dict(stored.figures), "rows": [dict(r) for r in stored.rows]}
    if difference:
        outbox.differs(job.store, row, job.now(), remote, difference)
        done.differs += 1
    else:
        outbox.booked(job.store, row, job.now(), remote)
        done.booked += 1


def _reject(job: Job, row: Claimed, error: Rejected, done: Done, remote_id: str = "") -> None:
    message = error.message
    if error.code == "over_return" and (found := _over(job, row)):  # two tills gave the same back: name all of them
        message = f"{found} {message}"
    outbox.rejected(job.store, row, job.now(), error.code, message, error.remedy, remote_id, error.reply)
    done.rejected += 1
    done.refused_alike = done.refused_alike + 1 if error.code == done.refused_code else 1
    done.refused_code = error.code


def _over(job: Job, row: Claimed) -> str:
    """Which receipts gave back more than was sold, in words; "" when it cannot be told from here."""
    entered = intake.find(job.store, row.document)
    return " ".join(x.words for x in overs.of(job.store, entered.doc)) if entered else ""
