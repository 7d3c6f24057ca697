"""The documents of a day that are made of several receipts, against what stands in the books now.

Our side is worked out from the receipts a document is made of, read afresh, never from what we kept when it was sent.
Theirs is what has its number and our mark; where that is gone, what has the mark under another number, and what has the
id it was booked under. What has our mark besides is there once too often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pos.actions import line
from pos.actions.line import Job
from pos.connectors.base import BOOKED_MAX, Binder, Posted
from pos.errors import Rejected
from pos.rules import daybook, documents, ledger, reconcile
from pos.rules.daybook import Book, Gathered, Line
from pos.rules.money import major
from pos.rules.reconcile import Figures, Pair
from pos.said import said
from pos.store import bundle_days, bundles, import_sums, other_company
from pos.store.bundle_days import Apart
from pos.store.bundles import Closed

#: After so many receipts others are let in, and a stop is heard.
BREATHE_RECEIPTS = 500


@dataclass(slots=True)
class _There:
    """What stands in the books of one document: itself, and what is there once more."""

    first: Posted | None = None
    again: list[Posted] = field(default_factory=list)

    def add(self, one: Posted) -> None:
        """One more with its mark. What was voided gives way to what counts."""
        if self.first is None or (self.first.state == "cancelled" and one.state != "cancelled"):
            self.first = one
        elif one.state != "cancelled":
            self.again.append(one)


class Stopped(Exception):
    """The round is to end; what was read so far says nothing."""


@dataclass(slots=True)
class Origins:
    """What the documents of a day were made of, read afresh.

    off: by the key of a document, what its receipts come to beyond what was made of them; the taxes by their percent. A
    document that has all of it is not in it. alone: by the key of a receipt that is in no document, what it comes to.
    claimed: by share of a receipt, the root it was counted in. seen: the roots that were read. tolerance: what is let
    pass, in minor units.
    """

    tolerance: int = 0

    off: dict[str, Figures] = field(default_factory=dict)
    alone: dict[str, Figures] = field(default_factory=dict)
    claimed: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


def pairs(
    job: Job, binder: Binder, day: str, ns: Sequence[int], origins: Origins | None = None
) -> tuple[dict[str, Pair], int]:
    """Both sides of every document of a day, by key, and the receipts (ns: all of the day) that are in none. And how
    many were left out, because they were booked in another company than is connected now. ConnectorError when they
    cannot be asked; Stopped."""
    origins = origins or Origins()
    since = other_company.since(job.store, job.connection)
    elsewhere = bundle_days.booked_before(job.store, job.connection, day, since) if since else set[str]()
    of_day = bundles.of_day(job.store, job.connection, day)
    handed_out = {binder.key(one.book): one for one in of_day if one.number not in elsewhere}
    refused = [_apart(one, day, origins) for one in bundle_days.apart(job.store, job.connection, ns)]
    gone = bundle_days.lost(job.store, job.connection, ns)
    lost = [pair for body, part in gone for pair in _lost(body, part, day, origins)]
    found = {pair.key: pair for pair in (*refused, *lost)}
    if not handed_out:
        return found, len(elsewhere)
    there, strangers = _there(job, binder, day, handed_out)
    for key, one in handed_out.items():
        found[key] = _pair(job, binder, key, one, there[key], origins)
        job.breathe()
    for posted in strangers:
        found[posted.remote_id] = _stranger(job, day, posted)
    return found, len(elsewhere)


def _there(job: Job, binder: Binder, day: str, handed_out: dict[str, Closed]) -> tuple[dict[str, _There], list[Posted]]:
    """What stands there of each of these documents; and what says it is ours and is none of them."""
    there = {key: _There() for key in handed_out}
    keys, connector = list(handed_out), job.memory.connector
    for start in range(0, len(keys), BOOKED_MAX):
        some = keys[start : start + BOOKED_MAX]
        for key, posted in connector.booked({key: handed_out[key].book.kind for key in some}).items():
            there[key].first = posted
    line.reached(job)
    known = {one.first.remote_id for one in there.values() if one.first is not None}
    strangers: list[Posted] = []
    for key, posted in binder.marked(day, handed_out, known):
        if key:
            there[key].add(posted)
        elif not bundles.taken(job.store, job.connection, posted.figures["number"]):  # else of a day of its own
            strangers.append(posted)
    for key, one in there.items():
        if one.first is None:
            one.first = _by_id(job, handed_out[key])
    return there, strangers


def _by_id(job: Job, one: Closed) -> Posted | None:
    """Neither number nor mark: somebody may have changed both, or its day. What it was booked as still says which."""
    remote_id = bundle_days.way(job.store, job.connection, one.number).remote_id
    if not remote_id:
        return None
    try:
        found: Posted = job.memory.connector.fetch(remote_id, one.book.kind)
    except Rejected:
        return None
    return found


def _pair(job: Job, binder: Binder, key: str, one: Closed, there: _There, origins: Origins) -> Pair:
    connector, way = job.memory.connector, bundle_days.way(job.store, job.connection, one.number)
    document = {"book": one.book, "sent": one.sent, "kind": one.book.kind}
    beyond, theirs, words, posted = False, None, _own(job, key, one, origins), there.first
    if posted is not None:
        theirs = _sum(connector.figures(each, one.book.currency) for each in (posted, *there.again))
        if posted.state == "submitted":
            told = [words, connector.compare(document, bundles.PART, posted), *map(_again, there.again)]
            words = "; ".join(filter(None, told))
            beyond = bool(there.again or binder.beyond(document, posted, origins.tolerance))
    return Pair(
        key=key, document=one.number, number=one.number, part=bundles.PART, session="", day=one.book.day,
        ours=connector.expected(document, bundles.PART), theirs=theirs, state=posted.state if posted else "",
        remote_id=posted.remote_id if posted else "", words=words, why=way.message, settled=way.settled, beyond=beyond,
    )  # fmt: skip


def _again(posted: Posted) -> str:
    return f"it is there once more, as {posted.figures['number'] or 'no number'} ({posted.remote_id})"


def _sum(all_of: Iterable[Figures]) -> Figures:
    """What several come to together."""
    total, taxes = 0, dict[str, int]()
    for one in all_of:
        total += one.total
        for name, units in one.taxes.items():
            taxes[name] = taxes.get(name, 0) + units
    return Figures(total, {}, taxes, {})


def _stranger(job: Job, day: str, posted: Posted) -> Pair:
    """It says it is ours, and nobody here made it."""
    figures = job.memory.connector.figures(posted, job.store.config.shop.currency)
    number = str(posted.figures["number"])
    return Pair(posted.remote_id, "", number, "", "", day, None, figures, posted.state, posted.remote_id)


def _apart(one: Apart, day: str, origins: Origins) -> Pair:
    """A receipt that was refused before it was put into a document."""
    doc = documents.decode(one.body)
    key = f"{doc['id']}:{one.part}"
    origins.alone[key] = _alone(doc, one.part, day)
    return Pair(
        key=key, document=doc["id"], number=doc["invoice_name"], part=one.part, session="",
        day=day, ours=reconcile.own(doc, one.part), theirs=None, why=one.why, settled=one.settled,
    )  # fmt: skip


def _alone(doc: Mapping[str, Any], part: str, day: str) -> Figures:
    """What a part of a receipt comes to by way to pay and tax; as far as can be said of one that cannot be split."""
    sign = -1 if part == "return" else 1
    try:
        shares = daybook.shares(doc, part, day, "", ())
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return reconcile.own(doc, part)
    tenders: dict[str, int] = {}
    for share in shares:
        tenders[share.tender] = tenders.get(share.tender, 0) + sign * share.total
    taxes = {rate: sign * units for rate, units in _taxes(each for share in shares for each in share.lines).items()}
    return Figures(sum(tenders.values()), {}, taxes, tenders)


def _lost(body: bytes, part: str, day: str, origins: Origins) -> list[Pair]:
    """A receipt nobody is going to send, or its part."""
    doc = documents.decode(body)
    parts = [part] if part else [one for one in ledger.parts(doc) if one in daybook.PARTS]
    why = said("It is in no document for the books.") if part else ""
    origins.alone.update({f"{doc['id']}:{one}": _alone(doc, one, day) for one in parts})
    return [
        Pair(
            key=f"{doc['id']}:{one}", document=doc["id"], number=doc["invoice_name"], part=one, session="", day=day,
            ours=reconcile.own(doc, one), theirs=None, why=why, unqueued=not part,
        )
        for one in parts
    ]  # fmt: skip


def _own(job: Job, key: str, one: Closed, origins: Origins) -> str:
    """What the receipts come to beside what was made of them, in words; empty as it must be."""
    book, twice = one.book, list[str]()
    sums = _read(job, one, origins, twice)
    made = bundles.total_of(job.store, one.root)
    if one.root not in origins.seen:
        origins.seen.add(one.root)
        made_taxes = _made_taxes(job, one)
        taxes = {rate: sums.taxes.get(rate, 0) - made_taxes.get(rate, 0) for rate in {**sums.taxes, **made_taxes}}
        sign = -1 if book.kind in (daybook.REFUND, daybook.CREDIT) else 1
        off = Figures(sign * (sums.total - made), {}, {rate: sign * units for rate, units in taxes.items() if units})
        if off.total or off.taxes:
            origins.off[key] = off
    told = [f"{number} is in another document, too" for number in twice]
    if sums.total != made:
        told.append(f"its receipts come to {major(sums.total, book.currency)}, its documents to {_text(made, book)}")
    return "; ".join(told)


def _text(units: int, book: Book) -> str:
    return f"{major(units, book.currency)}"


def _made_taxes(job: Job, one: Closed) -> dict[str, int]:
    """The tax of all documents made of the same receipts, by percent."""
    return _taxes(line for book in bundles.books_of(job.store, one.root) for line in book.lines)


def _taxes(lines: Iterable[Line]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in lines:
        if one.tax:
            found[one.rate] = found.get(one.rate, 0) + one.tax
    return found


def _read(job: Job, one: Closed, origins: Origins, twice: list[str]) -> Figures:
    """What a document's receipts come to, or the rows of the export it is made of. twice: gets the numbers of receipts
    that are counted in another document already."""
    sums, book, at = Gathered(), one.book, 0
    for at, (body, part) in enumerate(bundles.members(job.store, one.root), start=1):
        if at % BREATHE_RECEIPTS == 0:
            job.breathe()
            if job.stopping():
                raise Stopped
        doc = daybook.read(body)
        for share in daybook.shares(doc, part, book.day, book.shop, ()):
            if (share.tender, share.kind) != (book.tender, book.kind):
                continue
            claim = (share.document, share.part, share.tender, share.kind)
            if origins.claimed.setdefault(claim, one.root) == one.root:
                sums.add(share)
            else:
                twice.append(str(doc["invoice_name"]))
    if not at:
        return import_sums.of_document(job.store, one.root)
    lines = sums.lines()
    return Figures(sum(one.gross for one in lines), {}, _taxes(lines))
