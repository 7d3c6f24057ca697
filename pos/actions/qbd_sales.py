"""Sales on their way to QuickBooks Desktop: bundles become messages of its queue, and what became of those is said of
the documents, in the same rows, notices and screens as of any other books.

Nothing here speaks to anybody. The queue is the truth of what was sent; a round reads it and writes what it says, so a
program that dies between any two steps goes on where it stood.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.actions import bundle, deliver, qbd_goods
from pos.actions.line import Job
from pos.connectors.qbd import answers, compared, sales
from pos.connectors.qbd.answers import NoAnswer, Ret
from pos.connectors.qbd.desk import Desk
from pos.errors import Corrupt, Invalid, Rejected
from pos.rules import qbd_ladder
from pos.rules.qbd_split import Part
from pos.said import said
from pos.store import bundles, connections, outbox, qbd_archive, qbd_queue, qbd_sales, tally, unblock
from pos.store.qbd_rows import Work
from pos.store.qbd_sales import Standing


@dataclass(slots=True)
class Done:
    """What one round did."""

    told: int = 0
    booked: int = 0
    refused: int = 0
    goods: int = 0
    left: int = 0

    def sentence(self) -> str:
        """For the console."""
        words = f"{self.told} told, {self.booked} booked, {self.refused} refused, {self.left} waiting"
        return f"{words}; {self.goods} adjustments for goods" if self.goods else words

    @property
    def idle(self) -> bool:
        return not (self.told or self.booked or self.refused or self.goods)


def round_on(job: Job, *, post: bool = True) -> Done:
    """Everything that may go is told, and what was answered is written down. post: without it nothing new is told.

    BadSettings when this is the demo shop."""
    done, desk = Done(), job.memory.connector
    assert isinstance(desk, Desk)
    connections.refuse_demo(job.store, job.address)
    unblock.lapse(job.store, job.connection, job.now(), 0)
    with deliver.alone(job) as fence:
        if fence is None:
            return done
        if post:
            bundle.gather(job, desk)
            post = qbd_goods.is_listed(job)
        if post:
            done.goods = qbd_goods.tell(job, desk, bundle.rules_of(job))
        for row in qbd_sales.standing(job.store, job.connection):
            _one(job, desk, row, done, post)
            job.breathe()
            if job.stopping():
                break
    done.left = tally.waiting(job.store, job.connection)
    return done


def _one(job: Job, desk: Desk, row: Standing, done: Done, post: bool) -> None:
    now = job.now()
    try:
        if row.state in ("rejected", "differs"):
            there = row.applied == row.works
            if row.works and not row.failed and (there or row.state == "rejected"):  # let go where the queue is seen
                qbd_sales.take_up(job.store, row.n, now)
        elif not row.works:
            if post:
                _tell(job, desk, row, now, done)
        elif row.failed and row.refused and row.state == "queued":
            _again(job, desk, row, now, done)
        elif row.failed:
            _refused(job, row, now, done)
        elif row.applied == row.works:
            _applied(job, desk, row, now, done)
        elif row.lost and row.state == "queued":
            _in_doubt(job, row, now)
        elif not row.lost and row.state == "unknown":
            _waits(job, row, now)
    except outbox.LostLease:
        pass  # a person was first; the next round sees what they did


# -- telling it --------------------------------------------------------------------------------------------------------


def _tell(job: Job, desk: Desk, row: Standing, now: datetime, done: Done) -> None:
    """Put it into the queue. One transaction: it is told and says so, or neither."""
    store = job.store
    with store.transaction():
        held = _held(job, desk, row, now, done)
        if held is None:
            return
        taken, one, body = held
        bundles.keep_sent(store, one.n, body, clock.uuid7(), one.edition + 1)
        part = Part(sales.KINDS[one.book.kind], json.loads(body), sales.items(one.book, desk.known))
        qbd_queue.tell(store, job.connection, one.company, part.kind, row.source, [part], now)
        _wait(job, taken, now)
    done.told += 1


def _again(job: Job, desk: Desk, row: Standing, now: datetime, done: Done) -> None:
    """A person let a refused document go again: its messages are written anew, by what is mapped now."""
    store = job.store
    with store.transaction():
        held = _held(job, desk, row, now, done)
        if held is None:
            return
        taken, one, body = held
        for work in qbd_sales.works(store, row.source):
            payload: Any = json.loads(body)
            if work.kind == "payout":
                payload = desk.payout(one.book, str(work.payload["credit"])) or work.payload
            if work.state == "error":
                qbd_sales.rewrite(store, work, payload)
        bundles.keep_sent(store, one.n, body, clock.uuid7(), one.edition + 1)
        qbd_queue.retry(store, row.source, "outbox", now)
        _wait(job, taken, now)
    done.told += 1


def _held(
    job: Job, desk: Desk, row: Standing, now: datetime, done: Done
) -> tuple[outbox.Claimed, bundles.Closed, bytes] | None:
    """A document taken for this round, and what is to be sent; None where somebody else has it or it cannot be written.
    Inside the transaction that tells it."""
    taken = outbox.take(job.store, row.n, job.owner, now)
    if taken is None:
        return None
    one = bundles.closed(job.store, job.connection, row.number)
    body = _prepared(job, desk, one, taken, now, done)
    return None if body is None else (taken, one, body)


def _prepared(
    job: Job, desk: Desk, one: bundles.Closed, taken: outbox.Claimed, now: datetime, done: Done
) -> bytes | None:
    """What is to be sent; None where it cannot be written, and the document says so."""
    try:
        return desk.prepare(one.book, one.edition)
    except (Rejected, Invalid, Corrupt) as error:
        remedy = error.remedy if isinstance(error, Rejected) else said("Put it right there, then try it again.")
        code = error.code if isinstance(error, Rejected) else "not_mappable"
        outbox.rejected(job.store, taken, now, code, error.message, remedy)
        done.refused += 1
        return None


def _wait(job: Job, taken: outbox.Claimed, now: datetime) -> None:
    outbox.again(job.store, taken, now, outbox.MAILED, said("Waits for the Web Connector."), after_seconds=0)


# -- what became of it -------------------------------------------------------------------------------------------------


def _applied(job: Job, desk: Desk, row: Standing, now: datetime, done: Done) -> None:
    """All of it is there, equal to what was sent: what gives the money back follows, or it is booked."""
    store = job.store
    with store.transaction():
        one = bundles.closed(store, job.connection, row.number)
        works = qbd_sales.works(store, row.source)
        first = works[0]
        if first.kind == "refund" and len(works) == 1:
            payload = desk.payout(one.book, first.remote_id)
            if payload is not None:
                part = Part("payout", payload, ())
                qbd_queue.tell(store, job.connection, one.company, "payout", row.source, [part], now)
                return
        taken = outbox.take(store, row.n, job.owner, now)
        if taken is None:
            return
        taken = outbox.sent(store, taken, now, first.remote_id)
        outbox.booked(store, taken, now, _remote(job, works))
    done.booked += 1


def _remote(job: Job, works: list[Work]) -> dict[str, Any]:
    """What is kept of what they have, as their answer said. It was held against ours when the answer was booked."""
    first = works[0]
    there = _answered(job, first)
    figures = {"kind": first.kind, "total": compared.total_of(there), "ref": there.get("RefNumber"),
               "day": there.get("TxnDate"), "number": first.txn_number}  # fmt: skip
    return {
        "figures": figures,
        "rows": [],
        "with": [work.remote_id for work in works[1:]],
    }  # fmt: skip


def _answered(job: Job, work: Work) -> Ret:
    """The document as they last told of it; empty where no answer is kept."""
    for kept in qbd_archive.found(job.store, job.connection, work=work.n):
        if kept.direction != "answer":
            continue
        try:
            answered = answers.read(kept.body)
        except NoAnswer:
            continue
        for row in (row for one in answered.items for row in one.rows):
            if row.get("TxnID") == work.remote_id:
                return row
    return Ret("")


def _refused(job: Job, row: Standing, now: datetime, done: Done) -> None:
    """They said no for certain, it may be there and nobody can say, or it is there otherwise than it was sent."""
    store = job.store
    with store.transaction():
        work = next(one for one in qbd_sales.works(store, row.source) if one.state == "error")
        taken = outbox.take(store, row.n, job.owner, now)
        if taken is None:
            return
        if work.code == qbd_ladder.DIFFERS and work.remote_id:
            taken = outbox.sent(store, taken, now, work.remote_id)
            outbox.differs(store, taken, now, _remote(job, [work]), work.message)
        else:
            remedy = said("Put it right there, then try it again.")
            outbox.rejected(store, taken, now, work.code or "refused", work.message, remedy)
    done.refused += 1


def _in_doubt(job: Job, row: Standing, now: datetime) -> None:
    """It was handed out and nobody knows what became of it; the queue finds out."""
    store = job.store
    with store.transaction():
        work = next((one for one in qbd_sales.works(store, row.source) if one.state == "unknown"), None)
        taken = outbox.take(store, row.n, job.owner, now) if work is not None else None
        if work is not None and taken is not None:
            outbox.lost(store, taken, now, 0, work.code or "lost", work.message)


def _waits(job: Job, row: Standing, now: datetime) -> None:
    """What was in doubt is known not to be there, and waits again."""
    with job.store.transaction():
        taken = outbox.take(job.store, row.n, job.owner, now)
        if taken is not None:
            _wait(job, taken, now)
