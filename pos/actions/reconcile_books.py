"""The documents of a day that are made of several receipts, against what stands in the books now.

Our side is worked out from the receipts a document is made of, read afresh, never from what we kept when it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.actions.line import Job
from pos.connectors.base import BOOKED_MAX, Binder
from pos.rules import daybook, documents
from pos.rules.daybook import Gathered
from pos.rules.money import major
from pos.rules.reconcile import Pair
from pos.store import bundles
from pos.store.bundles import Closed


def pairs(job: Job, binder: Binder, day: str, known: Mapping[str, Pair]) -> dict[str, Pair]:
    """Both sides of every document of a day, by key. known: what was read in this round. ConnectorError when they
    cannot be asked."""
    handed_out = {binder.key(one.book): one for one in bundles.of_day(job.store, job.connection, day)}
    found = {key: known[key] for key in handed_out if key in known}
    fresh = [key for key in handed_out if key not in known]
    for start in range(0, len(fresh), BOOKED_MAX):
        some = fresh[start : start + BOOKED_MAX]
        there = job.memory.connector.booked({key: handed_out[key].book.kind for key in some})
        for key in some:
            found[key] = _pair(job, key, handed_out[key], there.get(key))
    return found


def _pair(job: Job, key: str, one: Closed, there: Any) -> Pair:
    connector, row = job.memory.connector, bundles.row_of(job.store, job.connection, one.number)
    document = {"book": one.book, "sent": one.sent, "kind": one.book.kind}
    theirs, words = None, _own(job, one)
    if there is not None:
        theirs = connector.figures(there, one.book.currency)
        if there.state == "submitted":
            words = words or connector.compare(document, bundles.PART, there)
    return Pair(
        key=key, document=one.number, number=one.number, part=bundles.PART, session="", day=one.book.day,
        ours=connector.expected(document, bundles.PART), theirs=theirs, state=there.state if there else "",
        remote_id=there.remote_id if there else "", words=words, why=row[0], settled=row[1],
    )  # fmt: skip


def _own(job: Job, one: Closed) -> str:
    """What the receipts come to beside what was made of them, in words; empty as it must be."""
    sums, book = Gathered(), one.book
    for body, part in bundles.members(job.store, one.root):
        for share in daybook.shares(documents.decode(body), part, book.day, book.shop, ()):
            if (share.tender, share.kind) == (book.tender, book.kind):
                sums.add(share)
    total = sum(line.gross for line in sums.lines())
    made = bundles.total_of(job.store, one.root)
    if total == made:
        return ""
    return f"its receipts come to {major(total, book.currency)}, its documents to {major(made, book.currency)}"
