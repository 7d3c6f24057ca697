"""Exchange: one bounded round of the gift vouchers' ledger with its issuer, and what else vouchers need by themselves.

Rows are exchanged by id and no balance is ever set: what is not at the issuer yet goes there, what is new or was
changed there comes here. Before anything is sent the issuer is asked which of the rows it has already, so a row whose
answer was lost is not entered twice; its unique id would keep it from that as well. Then holds nobody needs any more
are let go of, what is left on vouchers past their last day is taken off, and a voucher of which more was used than was
on it is named until somebody settles it. Those two wait until a round knows everything the issuer knows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from pos import clock
from pos.actions import issuer, line, trusted_clock, voucher, voucher_notices
from pos.actions.line import Job, LineDown
from pos.actions.sell import Seller, Till
from pos.connectors.base import EntryPage, MadePage, VoucherBook, VoucherEntry
from pos.errors import Conflict, Rejected, SignInNeeded, Unavailable, Unknown
from pos.store import connections, vouchers
from pos.store.connections import Line
from pos.store.db import Store
from pos.store.vouchers import LedgerRow

log = logging.getLogger(__name__)

#: Rows sent, pages read and vouchers expired in one round.
ROWS_MAX = 50
PAGES_MAX = 20
EXPIRE_MAX = 100
#: What they said no to is tried again this often: somebody may have put it right there.
REFUSED_AGAIN = timedelta(hours=1)
#: After a row without an answer they are asked for it this soon.
ASK_AGAIN_SECONDS = 60
#: While the line is away it is looked at this often: until it is known to be back, nobody asks the issuer at the till.
AWAY_SECONDS = 30
#: No transaction there stays open longer than this, so no row can turn up later behind a cursor that has not moved.
LATE_ROWS = timedelta(minutes=15)
ROWS_FEED, MADE_FEED = "vouchers", "vouchers:made"

Page = TypeVar("Page", EntryPage, MadePage)


@dataclass(slots=True)
class Done:
    """What one round did. whole: everything the issuer knows is known here. stopped: why it ended early, in words.

    again_in: seconds until the next round is wanted, None = as usual. clock_off: seconds our clock is ahead of the
    issuer's, None when it was not asked. not_expired: why nothing was marked by its date, in words.
    """

    sent: int = 0
    taken: int = 0
    refused: int = 0
    unknown: int = 0
    released: int = 0
    expired: int = 0
    overdrawn: int = 0
    more: bool = False
    whole: bool = False
    stopped: str = ""
    again_in: float | None = None
    clock_off: float | None = None
    not_expired: str = ""

    def sentence(self) -> str:
        """For the console."""
        parts = [
            f"{count} {one if count == 1 else many}"
            for count, one, many in (
                (self.sent, "row sent", "rows sent"),
                (self.taken, "row brought in", "rows brought in"),
                (self.refused, "row refused", "rows refused"),
                (self.unknown, "row without an answer", "rows without an answer"),
                (self.released, "hold let go", "holds let go"),
                (self.expired, "voucher expired", "vouchers expired"),
                (self.overdrawn, "voucher overdrawn", "vouchers overdrawn"),
            )
            if count
        ]
        told = ", ".join(parts) if parts else "Nothing to exchange"
        waits = f" Nothing was expired: {self.not_expired}." if self.not_expired else ""
        return f"{told}{'; more to come' if self.more else ''}.{f' {self.stopped}' if self.stopped else ''}{waits}"


@dataclass(frozen=True, slots=True)
class Agent:
    """Who expires vouchers: nobody in person."""

    code: str = ""
    name: str = "Voucher agent"
    role: str = "agent"

    def may(self, right: str) -> bool:  # noqa: ARG002
        return True


def rows(job: Job, told: Line, book: VoucherBook | None) -> Done:
    """Exchange rows with the issuer and let go of holds. Never raises for what the other side does.

    book None: the issuer does not keep vouchers yet. BadSettings when this is the demo shop and the issuer is not on
    this machine.
    """
    done = Done()
    connections.refuse_demo(job.store, job.address)
    if not line.works(job):
        done.stopped, done.again_in = line.why_not(job), AWAY_SECONDS
        return done
    if book is None:
        done.stopped = voucher_notices.no_ledger(job.store, told)
        return done
    voucher_notices.ledger_is_there(job.store)
    try:
        started = job.now()
        brought = _made_by_hand(job, told, book, done)
        sent = _push(job, book, done)
        voucher_notices.refused(job.store, told, job.memory.why)
        pulled = _pull(job, told, book, done)
        done.whole = brought and sent and pulled
        if pulled:
            vouchers.take_in(job.store, (), started, everything=True)
        _let_go(job, book, done)
        if done.whole:
            done.overdrawn = voucher_notices.overdrawn(job.store, book)
            voucher_notices.twice(job.store, book)
    except (Unavailable, Unknown, SignInNeeded) as error:
        done.whole = False
        down = error if isinstance(error, SignInNeeded) else line.silent(job)
        if down is None:
            raise  # the line is up, so it is this question that fails: told by the runner, tried again on its ladder
        done.stopped = str(line.give_up(job, down))
    except LineDown as reason:
        done.whole = False
        done.stopped = str(reason)
    else:
        done.clock_off = book.clock_off
    usual = AWAY_SECONDS if done.stopped else None
    done.again_in = 0 if done.more else ASK_AGAIN_SECONDS if done.unknown else usual
    return done


# -- out ---------------------------------------------------------------------------------------------------------------


def _push(job: Job, book: VoucherBook, done: Done) -> bool:
    """Send rows the issuer does not have, oldest first. True when it has them all now, but for those it refuses."""
    refused, now = job.memory.refused, job.now()
    waiting = vouchers.unsent(job.store, ROWS_MAX + len(refused) + 1)
    due = [row for row in waiting if refused.get(row.id, now) <= now]
    there = book.find_vouchers([row.id for row in due])
    if due:
        line.reached(job)
    for row in due[:ROWS_MAX]:
        if job.stopping():
            return False
        _send(job, book, row, there.get(row.id), done)
        job.breathe()
    done.more = done.more or len(due) > ROWS_MAX
    return len(due) <= ROWS_MAX and not done.unknown


def _send(job: Job, book: VoucherBook, row: LedgerRow, there: VoucherEntry | None, done: Done) -> None:
    entry = _entry(job.store, row)
    try:
        if there is None:
            book.put_voucher(entry)
        elif there.says != entry.says:
            raise Rejected(f"Row {there.order} there says {there.act} on {there.code}.", code="id_taken")
    except Rejected as error:
        job.memory.refused[row.id] = job.now() + REFUSED_AGAIN
        job.memory.why[row.id] = row, entry.receipt, error
        done.refused += 1
    except (Unavailable, Unknown) as error:
        log.warning("row %s of voucher %s did not go through: %s", row.id, row.code, error.message)
        done.unknown += 1
        told_to_wait = isinstance(error, Unavailable) and error.retry_at is not None
        down = error if told_to_wait else line.silent(job)
        if down is not None:
            raise line.give_up(job, down) from error
    else:
        vouchers.mark_sent(job.store, [row.id], job.now())
        job.memory.refused.pop(row.id, None)
        job.memory.why.pop(row.id, None)
        done.sent += 1


def _entry(store: Store, row: LedgerRow) -> VoucherEntry:
    number = vouchers.numbers(store, row.code).get(row.document, "")
    return VoucherEntry(
        row.id, row.code, row.act, row.amount, at=row.at, expires=row.expires, till=row.till, document=row.document,
        position=row.position, receipt=number,
    )  # fmt: skip


# -- in ----------------------------------------------------------------------------------------------------------------


def _pull(job: Job, told: Line, book: VoucherBook, done: Done) -> bool:
    """Bring in rows that are new or were changed there. True when the end was reached."""

    def take(page: EntryPage) -> bool:
        done.taken += issuer.take_in(job.store, told, page.rows, job.now())
        voucher_notices.unreadable(job.store, told, [e.order for e in page.rows], page.refused)
        return True

    return _pages(job, ROWS_FEED, book.pull_vouchers, take, done)


def _made_by_hand(job: Job, told: Line, book: VoucherBook, done: Done) -> bool:
    """Give each voucher that people made there by hand the one row it counts as. True when the end was reached."""

    def take(page: MadePage) -> bool:
        there = book.find_vouchers([made.id for made in page.rows])
        for made in page.rows:
            issuer.tell_status(job.store, made)
            if made.id not in there and made.amount > 0:
                if job.stopping():
                    return False
                issuer.enter_made(book, made, book.voucher_entries(made.code))
                job.breathe()
        voucher_notices.unreadable(job.store, told, [made.code for made in page.rows], page.refused)
        return True

    return _pages(job, MADE_FEED, book.pull_made, take, done)


def _pages(job: Job, feed: str, pull: Callable[[str], Page], take: Callable[[Page], bool], done: Done) -> bool:
    """Read on in one feed; the cursor moves once a page is taken in. A new pull begins a little before the cursor while
    that has moved lately: a row that was committed late carries an earlier stamp."""
    store, under_way = job.store, job.memory.under_way
    since = connections.mark(store, job.connection, feed).value
    if feed not in under_way:
        before = connections.mark(store, job.connection, feed)
        under_way[feed] = (job.now(), before)
        if before.moved_at and before.moved_at > clock.stamp(job.now() - LATE_ROWS):
            since = job.memory.connector.rewind(before.value)
    started, before = under_way[feed]
    for _ in range(PAGES_MAX):
        page = pull(since)
        line.reached(job)
        if page.more and page.cursor in ("", since):
            raise Unavailable(f"The list of {feed} does not go on after {since!r}.", code="stuck")
        if not take(page):
            return False
        if page.cursor:
            connections.move(store, job.connection, feed, page.cursor, job.now())
            since = page.cursor
        job.breathe()
        if not page.more:
            del under_way[feed]
            connections.checked(store, job.connection, feed, started, before)
            return True
        if job.stopping():
            return False
    done.more = True
    return False


# -- holds -------------------------------------------------------------------------------------------------------------


def _let_go(job: Job, book: VoucherBook, done: Done) -> None:
    """End holds of baskets that were paid or given up. One whose value was used stays until the issuer has the row that
    says so: between the two nobody else may use it."""
    for held in vouchers.holds(job.store, stale_only=True)[:ROWS_MAX]:
        if held.till == job.store.config.till.id:
            used = [row for row in vouchers.of_document(job.store, held.basket) if row.code == held.code]
            if any(not row.sent_at for row in used):
                continue
            if not used:
                book.put_voucher(issuer.release_of(held.id, held.code, held.till, held.basket, clock.stamp(job.now())))
                done.released += 1
        vouchers.release(job.store, [held.id])


def alone(store: Store) -> Done:
    """What is to be done where this till itself keeps the vouchers."""
    done = Done(whole=True)
    stale = [held.id for held in vouchers.holds(store, stale_only=True)]
    vouchers.release(store, stale)
    done.released = len(stale)
    done.overdrawn = voucher_notices.overdrawn(store)
    return done


# -- expired -----------------------------------------------------------------------------------------------------------


def expire(till: Till, memory: dict[str, Any], done: Done, by: Seller | None = None) -> None:
    """Take off what is left on vouchers of this till that are past their last day. Call when a round was whole.

    Not by a clock that may be wrong: what it takes off does not come back by itself. memory: the process's own."""
    why = trusted_clock.doubt(till.store, memory, clock.now(), done.clock_off)
    if why and vouchers.expired(till.store, limit=1):
        done.not_expired = why
        voucher_notices.not_expired(till.store, why)
        return
    if not why:
        voucher_notices.not_expired(till.store, "")
    try:
        committed = voucher.expire(till, by or Agent(), EXPIRE_MAX)
    except Conflict as error:  # used meanwhile; looked at again next time
        log.info("nothing expired: %s", error.message)
        return
    done.expired = len(committed.doc["vouchers"]) if committed is not None else 0
