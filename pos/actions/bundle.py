"""Bundle: receipts on their way to one connection become the documents that are booked there.

Per receipt once it has settled, or one a business day, way to pay and shop once the day is over; what comes later goes
into a supplement. Who is in which document is written down before anything of it is sent, so a program that dies
between any two steps goes on where it stood. Nothing here speaks to anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions.line import Job
from pos.connectors.base import Binder, Context
from pos.errors import Corrupt, Invalid, PosError
from pos.rules import daybook
from pos.rules.daybook import Book, Gathered, Group, Share
from pos.said import said
from pos.store import bundles, companies, notices, outbox
from pos.store.bundles import Joining, Loose, Open

log = logging.getLogger(__name__)

#: A due time further ahead than this means the clock was set back: no day is that long.
AHEAD = timedelta(hours=60)
#: What a document nobody thought of may raise in our own code.
_FAULTS = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Rules:
    """How a company's receipts are bundled. grain: day or receipt. settle: how long a receipt is left alone."""

    company: str
    grain: str
    settle: timedelta
    unknown: timedelta
    zone: str
    day_starts: time
    walk_in: tuple[str, ...]

    def day_of(self, moment: datetime) -> date:
        return clock.business_day(moment, self.zone, self.day_starts)

    def over_at(self, day: date) -> datetime:
        """When a business day is over and has settled, however long it was."""
        wall = datetime.combine(day + timedelta(days=1), self.day_starts)
        return wall.replace(tzinfo=ZoneInfo(self.zone)) + self.settle


@dataclass(slots=True)
class _Sorted:
    """What becomes of some receipts."""

    later: list[tuple[int, datetime]] = field(default_factory=list)
    joins: list[Joining] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    refused: list[tuple[Loose, str, str, str]] = field(default_factory=list)


def rules_of(job: Job) -> Rules:
    """The company's own settings, where it has none those of this server."""
    store = job.store
    company = companies.of_connection(store, job.connection)
    own = companies.kept(store, company, daybook.kept_as(job.connection)).values
    ours, shop = store.config.quickbooks, store.config.shop
    starts = own.get("day_starts")
    return Rules(
        company=company,
        grain=str(own.get("grain") or ours.grain),
        settle=timedelta(minutes=int(own.get("settle_minutes", ours.settle_minutes))),
        unknown=timedelta(seconds=job.settle_seconds),
        zone=companies.one(store, company).time_zone,
        day_starts=time.fromisoformat(starts) if starts else shop.day_starts,
        walk_in=("", store.config.till.walk_in),
    )


def gather(job: Job, binder: Binder) -> int:
    """Everything that may go now becomes documents; how many were handed out. What is not mapped waits for a person."""
    if binder.problems():  # said where the line is checked
        return 0
    rules, now, sums = rules_of(job), job.now(), dict[Group, Gathered]()
    for rows in bundles.loose(job.store, job.connection, now, now + AHEAD):
        found = _sorted(job, binder, rules, rows, now)
        _add(sums, found.shares if _write(job, rules, found, now) else [])
        job.breathe()
        if job.stopping():
            return 0
    return sum(_close(job, binder, rules, one, sums) for one in bundles.open_ones(job.store, job.connection))


def _add(sums: dict[Group, Gathered], shares: Iterable[Share]) -> None:
    for share in shares:
        sums.setdefault(daybook.group_of(share), Gathered()).add(share)


# -- one receipt -------------------------------------------------------------------------------------------------------


def _sorted(job: Job, binder: Binder, rules: Rules, rows: list[Loose], now: datetime) -> _Sorted:
    found = _Sorted()
    places: dict[str, str] = {}
    for row in rows:
        settled_at = clock.parse(row.created_at) + (rules.settle if row.state == "queued" else rules.unknown)
        if settled_at > now:
            found.later.append((row.n, settled_at))
            continue
        try:
            _one(job, binder, rules, row, places, found, now)
        except Corrupt as error:
            found.refused.append((row, "corrupt", error.message, said("Run `pos_server.py verify`.")))
        except Invalid as error:
            found.refused.append((row, "not_mappable", error.message, said("Settle it by hand.")))
        except _FAULTS as error:
            log.exception("%s cannot be bundled", row.document)
            words = said("This receipt cannot be put into a document of the books ({why}).", why=str(error))
            found.refused.append((row, "not_mappable", words, said("Tell support; the receipt is safe here.")))
    return found


def _one(
    job: Job, binder: Binder, rules: Rules, row: Loose, places: dict[str, str], found: _Sorted, now: datetime
) -> None:
    doc = daybook.read(row.body)
    day = rules.day_of(datetime.fromisoformat(doc["created_at"]))
    if row.till not in places:
        places[row.till] = companies.of_till(job.store, row.till).shop
    shop = places[row.till]
    shares = daybook.shares(doc, row.part, day.isoformat(), shop, rules.walk_in, grain=rules.grain)
    if not all(share.single for share in shares) and rules.over_at(day) > now:
        found.later.append((row.n, rules.over_at(day)))
        return
    lacks = list(dict.fromkeys(words for share in shares for words in binder.lacks(share)))
    if lacks:
        remedy = said("Map it on the QuickBooks page; the receipt then goes by itself.")
        found.refused.append((row, "unmapped", " ".join(lacks), remedy))
        return
    together = [share for share in shares if not share.single]
    found.shares += together
    groups = [daybook.group_of(share) for share in together]
    singles = [_alone(binder, share, len(shares) > 1) for share in shares if share.single]
    for at, book in enumerate(singles):
        same = any(book.number == other.number for other in singles[:at])
        if same or bundles.taken(job.store, job.connection, book.number):
            raise Invalid(said("Another document for the books has the number {number}.", number=book.number))
    found.joins.append(Joining(row, groups, singles))


def _alone(binder: Binder, share: Share, split: bool) -> Book:
    """Invalid when it has more lines than one document takes: it cannot be two and still be one receipt's."""
    book = daybook.alone(share, binder.own_number(share, split))
    if len(book.lines) > binder.lines_max:
        words = said("{number} has {count} different goods; a document for the books takes {max}.",
                     number=book.number, count=len(book.lines), max=binder.lines_max)  # fmt: skip
        raise Invalid(words, field="lines")
    return book


def _write(job: Job, rules: Rules, found: _Sorted, now: datetime) -> bool:
    """Whether all that were to join did."""
    store = job.store
    if found.later:
        bundles.put_off(store, found.later)
    joined = bundles.join(store, job.connection, rules.company, found.joins, now)
    if joined < len(found.joins):
        log.warning("%d receipts were taken meanwhile; they are left as they are", len(found.joins) - joined)
    for row, code, words, remedy in found.refused:
        taken = outbox.take(store, row.n, job.owner, now)
        if taken is not None:
            outbox.rejected(store, taken, now, code, words, remedy)
    return joined == len(found.joins)


# -- one document ------------------------------------------------------------------------------------------------------


def _close(job: Job, binder: Binder, rules: Rules, one: Open, known: Mapping[Group, Gathered]) -> int:
    """Hand out one bundle: its content from its receipts, its number from its content. known: what joined just now."""
    store, key = job.store, f"bundle:{job.connection}:{one.n}"
    sums = known.get(one.group)
    if sums is None or sums.receipts != one.members:  # some joined before
        sums = _read(job, rules, one)
    if job.stopping():
        return 0
    try:
        found = numbers(job, binder, one.group, max(1, -(-len(sums.lines()) // binder.lines_max)))
    except (KeyError, ValueError, AssertionError, PosError) as error:
        words = said("The day's document of {day}, {tender} has no number.", day=one.group.day, tender=one.group.tender)
        notices.raise_notice(store, key, "needs", words, said("Map its shop and way to pay again."), str(error)[:60])
        return 0
    books = daybook.books(one.group, sums, [name for name, _ in found], binder.lines_max)
    pairs = [(book, supplement) for book, (_, supplement) in zip(books, found, strict=True)]
    if not bundles.close(store, one, rules.company, job.connection, pairs, job.now()):
        return 0
    notices.settle(store, key)
    return len(pairs)


def _read(job: Job, rules: Rules, one: Open) -> Gathered:
    sums = Gathered()
    for body, part in bundles.members(job.store, one.n):
        for share in daybook.shares(daybook.read(body), part, one.group.day, one.group.shop, rules.walk_in):
            if (share.tender, share.kind) == (one.group.tender, one.group.kind):
                sums.add(share)
        if job.stopping():
            break
    return sums


def numbers(job: Job, binder: Binder, group: Group, count: int) -> list[tuple[str, int]]:
    """The first free numbers of a group, each with its supplement."""
    found: list[tuple[str, int]] = []
    supplement = 1
    while len(found) < count:
        number = binder.number(group, supplement)
        if not bundles.taken(job.store, job.connection, number):
            found.append((number, supplement))
        supplement += 1
    return found


# -- what deliver asks -------------------------------------------------------------------------------------------------


def document_of(job: Job, number: str) -> dict[str, Any]:
    """A document that was handed out, as deliver handles it."""
    one = bundles.closed(job.store, job.connection, number)
    return {"id": number, "kind": one.book.kind, "invoice_name": number, "book": one.book, "sent": one.sent}


def made_ready(job: Job, binder: Binder, document: dict[str, Any]) -> Context:
    """Its bytes and the id they go under, kept before they are sent; the same ones each time, unless they were refused.
    Rejected ("unmapped")."""
    one = bundles.closed(job.store, job.connection, str(document["id"]))
    sent, request_id = one.sent, one.request_id
    if not sent or one.refused:
        edition = one.edition + (1 if one.refused and sent else 0)
        sent, request_id = binder.prepare(one.book, edition), clock.uuid7()
        bundles.keep_sent(job.store, one.n, sent, request_id, edition)
    document["sent"] = sent
    return Context(body=sent, request_id=request_id)
