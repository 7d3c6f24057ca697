"""Refresh: one bounded round of bringing in what a connection knows: items, prices, stock, customers, people.

Each feed goes on from its cursor (their own stamp and the last name at it); rows and cursor are one transaction. A
row that was committed late carries an earlier stamp than what was read already, so while a cursor has moved lately each
pull begins a little before it. What was removed shows in no pull: once a day a full list of names is compared. A list
that is incomplete, or would switch off more than 5 %, changes nothing and asks a person.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pos import clock
from pos.actions import line
from pos.actions.line import Job
from pos.connectors.base import Kind
from pos.errors import SignInNeeded, Unavailable
from pos.said import said
from pos.store import cashiers, connections, feeds, notices, pages, stock

log = logging.getLogger(__name__)

#: No transaction there stays open longer than this, so no row can turn up later behind a cursor that has not moved.
LATE_ROWS = timedelta(minutes=15)
NAMES_EVERY = {"cashiers": timedelta(hours=1)}
NAMES_EVERY_DAY = timedelta(days=1)
GONE_PERCENT_MAX = 5
#: People leave one by one and there are few of them: for them only an empty list is suspicious.
_UNGUARDED = ("cashiers",)


@dataclass(slots=True)
class Done:
    """What one round did. more: there are further pages now. stopped: why it ended early, in words.
    unsettled: something of ours was being booked while stock was pulled, so its figures may be off until the next."""

    counts: dict[str, feeds.Counts] = field(default_factory=dict)
    refused: int = 0
    gone: int = 0
    more: bool = False
    stopped: str = ""
    unsettled: bool = False

    @property
    def changed(self) -> bool:
        """Whether a screen may show something else now."""
        return bool(self.gone) or any(c.added or c.changed for c in self.counts.values())

    def sentence(self) -> str:
        """For the console."""
        told = [f"{c.added + c.changed} {feed}" for feed, c in self.counts.items() if c.added or c.changed]
        parts = [f"{', '.join(told)} brought in" if told else "Nothing new"]
        if self.gone:
            parts.append(f"{self.gone} switched off")
        if self.refused:
            parts.append(f"{self.refused} could not be taken in")
        return f"{', '.join(parts)}{'; more to come' if self.more else ''}.{f' {self.stopped}' if self.stopped else ''}"


def pull(job: Job, kind: Kind, *, only: str = "") -> Done:
    """At most `job.limit` pages over all feeds, in the kind's order; then the full lists that are due. only: this feed
    and nothing else.

    BadSettings when this is the demo shop and the connection is not on this machine.
    """
    done = Done()
    connections.refuse_demo(job.store, job.address)
    if not line.works(job):
        done.stopped = line.why_not(job)
        return done
    try:
        pages_left = job.limit
        for feed in (only,) if only else kind.feeds:
            pages_left = _feed(job, feed, pages_left, done)
            if done.more or only or job.stopping():
                return done
        for feed in kind.whole:
            if not job.stopping():
                _whole(job, feed, done)
    except (Unavailable, SignInNeeded) as error:
        down = error if isinstance(error, SignInNeeded) else line.silent(job)
        if down is None:
            raise  # the line is up, so it is this question that fails: told by the runner, tried again on its ladder
        done.stopped = str(line.give_up(job, down))
    return done


# -- pages -------------------------------------------------------------------------------------------------------------


def _feed(job: Job, feed: str, pages_left: int, done: Done) -> int:
    """Read on in one feed; how many pages are left of the round's allowance."""
    connector, under_way = job.memory.connector, job.memory.under_way
    if feed not in under_way:
        before = connections.mark(job.store, job.connection, feed)
        under_way[feed] = (job.now(), before)
        since = connector.rewind(before.value) if _moved_lately(before, job.now()) else before.value
    else:
        since = connections.mark(job.store, job.connection, feed).value
    started, before = under_way[feed]
    while pages_left > 0:
        page = connector.pull(feed, since)
        line.reached(job)
        if page.more and page.cursor in ("", since):
            raise Unavailable(f"The list of {feed} does not go on after {since!r}.", code="stuck")
        taken = pages.put(job.store, job.connection, feed, page.rows, page.cursor, page.refused, job.now())
        done.counts[feed] = done.counts.get(feed, feeds.Counts()) + taken.counts
        done.refused += len(taken.refused)
        pages_left -= 1
        since = page.cursor or since
        job.breathe()
        if not page.more:
            _complete(job, feed, started, before)
            done.unsettled |= feed == "stock" and stock.is_unsettled(job.store, started)
            return pages_left
        if job.stopping():
            break
    done.more = True
    return pages_left


def _complete(job: Job, feed: str, started: datetime, before: connections.Mark) -> None:
    del job.memory.under_way[feed]
    with job.store.transaction():
        connections.checked(job.store, job.connection, feed, started, before)
        if feed == "stock":
            stock.pulled_until(job.store, started)


def _moved_lately(mark: connections.Mark, now: datetime) -> bool:
    return bool(mark.moved_at) and mark.moved_at > clock.stamp(now - LATE_ROWS)


# -- full lists --------------------------------------------------------------------------------------------------------


def _whole(job: Job, feed: str, done: Done) -> None:
    """Switch off what is in no full list any more, when one is due and its pull has come to an end once."""
    store, connection, now = job.store, job.connection, job.now()
    seen = connections.mark(store, connection, f"{feed}:names")
    wait = NAMES_EVERY.get(feed, NAMES_EVERY_DAY)
    fresh = clock.stamp(now - wait) < seen.checked_at <= clock.stamp(now)
    if fresh or not connections.mark(store, connection, feed).checked_at:
        return
    here = cashiers.names(store, connection) if feed == "cashiers" else feeds.names(store, feed, connection)
    listed = job.memory.connector.names(feed)
    gone = here - listed.names
    connections.checked(store, connection, f"{feed}:names", now)
    doubt = _doubt(feed, here, gone, listed.complete, bool(listed.names))
    key = f"names:{connection}:{feed}"
    if doubt:
        log.warning("%s: %s", key, doubt)
        remedy = said(
            "Look whether the list there is whole. What is really gone can be switched off there instead of deleted."
        )
        notices.raise_notice(store, key, "needs", doubt, remedy, connection)
        return
    notices.settle(store, key)
    if gone:
        done.gone += (
            cashiers.leave(store, gone, connection) if feed == "cashiers" else feeds.deactivate(store, gone, feed)
        )


def _doubt(feed: str, here: set[str], gone: set[str], complete: bool, any_listed: bool) -> str:
    """Why a full list is not to be believed; "" when it is."""
    if not gone:
        return ""
    if not complete or not any_listed:
        return said("The full list of {feed} came incomplete, so nothing was switched off.", feed=feed)
    if feed not in _UNGUARDED and 100 * len(gone) > GONE_PERCENT_MAX * len(here):
        return said(
            "{n} of {all} {feed} are missing in the full list. That is more than {percent} %, "
            "so nothing was switched off.",
            n=len(gone), all=len(here), feed=feed, percent=GONE_PERCENT_MAX,
        )  # fmt: skip
    return ""
