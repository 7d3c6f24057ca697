"""QuickBooks Desktop as the bundles see it: what a document is called, and what its Web Connector will be told.

Nothing is pushed there and nothing asked: its Web Connector calls, is handed what waits, and says what became of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from pos.connectors.base import Context, Document, Listed, ListedPage, NameList, Page, Posted, Retold
from pos.connectors.qbd import mapping, sales
from pos.connectors.qbd.mapping import Known, Tables
from pos.errors import Unavailable
from pos.rules import booknumbers, daybook
from pos.rules.daybook import Book, Group, Share
from pos.rules.money import major, round_minor
from pos.rules.reconcile import Figures
from pos.said import said


class Desk:
    """One company file. facts: {"mapping": plain JSON}. known: what is known of it beside."""

    lines_max = sales.LINES_MAX

    def __init__(self, facts: Mapping[str, Any], known: Known | None = None) -> None:
        self.tables: Tables = mapping.read(facts.get("mapping") or {})
        self.known = known or Known()

    # -- documents made of receipts --

    def problems(self) -> list[str]:
        return mapping.problems(self.tables)

    def lacks(self, share: Share) -> list[str]:
        return mapping.lacks(share, self.tables, self.known)

    def tax_codes(self, net: int, tax: int, rate: str) -> list[tuple[str, str]]:  # noqa: ARG002
        """Nothing is imported for it: nothing is told."""
        return []

    def number(self, group: Group, supplement: int) -> str:
        place, tender = self.tables.shops[group.shop], self.tables.tenders[group.tender]
        return booknumbers.number(self.tables.prefix, group.day, place.code, tender.code, group.kind, supplement)

    def own_number(self, share: Share, split: bool) -> str:
        tender = self.tables.tenders.get(share.tender)
        return booknumbers.own_number(share, tender.code if tender and tender.code else "AC", split)

    def prepare(self, book: Book, edition: int) -> bytes:  # noqa: ARG002
        """What the work of this document says, as it is kept. Rejected ("unmapped", "currency", "below_nothing")."""
        return json.dumps(sales.payload(book, self.tables, self.known), ensure_ascii=False, sort_keys=True).encode()

    def payout(self, book: Book, credit: str) -> dict[str, Any] | None:
        return sales.payout(book, self.tables, credit)

    def key(self, book: Book) -> str:
        return book.number

    def beyond(self, document: Document, posted: Posted, tolerance: int) -> str:
        book: Book = document["book"]
        theirs = self._total(posted, book.currency)
        ours = self.expected(document, "book").total
        if theirs is None:
            return said("QuickBooks did not say what it comes to.")
        if abs(theirs - ours) <= tolerance:
            return ""
        return said("QuickBooks has {theirs} in total, not {ours}.",
                    theirs=major(abs(theirs), book.currency), ours=major(abs(ours), book.currency))  # fmt: skip

    def marked(self, day: str, keys: Collection[str], known: Collection[str]) -> Iterator[tuple[str, Posted]]:  # noqa: ARG002
        return iter(())

    # -- what every connector does --

    def compare(self, document: Document, part: str, posted: Posted) -> str:  # noqa: ARG002
        return self.beyond(document, posted, 0)

    def expected(self, document: Document, part: str) -> Figures:  # noqa: ARG002
        book: Book = document["book"]
        sign = -1 if book.kind in (daybook.REFUND, daybook.CREDIT) else 1
        sent = document.get("sent")
        total = json.loads(sent)["total"] if sent else None
        units = book.total if total is None else round_minor(Decimal(total), book.currency)
        return Figures(sign * units, {}, {}, {})

    def figures(self, posted: Posted, currency: str) -> Figures:
        """What they said when they booked it; `compare` says so where they said nothing."""
        return Figures(self._total(posted, currency) or 0, {}, {}, {})

    def _total(self, posted: Posted, currency: str) -> int | None:
        """What they said it comes to; None when they did not."""
        total = posted.figures.get("total")
        if total in (None, ""):
            return None
        sign = -1 if posted.figures.get("kind") == "refund" else 1
        return sign * round_minor(Decimal(str(total)), currency)

    def check(self) -> str:
        return "QuickBooks Desktop"

    def ping(self) -> None:
        self._not_this_way()

    def find(self, key: str, kind: str = "sale") -> Posted | None:  # noqa: ARG002
        self._not_this_way()

    def post(self, document: Document, part: str, key: str, context: Context) -> Posted:  # noqa: ARG002
        self._not_this_way()

    def fetch(self, remote_id: str, kind: str = "sale") -> Posted:  # noqa: ARG002
        self._not_this_way()

    def finish(self, document: Document, part: str, posted: Posted) -> Posted:  # noqa: ARG002
        return posted

    def booked(self, wanted: Mapping[str, str]) -> dict[str, Posted]:
        """As their answers said when it was booked: nobody is asked now."""
        return self.known.booked(wanted)

    def listed(self, till: str, since: datetime, until: datetime, after: str) -> ListedPage:  # noqa: ARG002
        return ListedPage((), "")

    def retold(self, wanted: Sequence[Listed]) -> list[Retold]:  # noqa: ARG002
        self._not_this_way()

    def pull(self, feed: str, since: str) -> Page:  # noqa: ARG002
        return Page((), "", False)

    def rewind(self, cursor: str) -> str:
        return cursor

    def names(self, feed: str) -> NameList:  # noqa: ARG002
        return NameList(frozenset(), False)

    def picture(self, address: str, bytes_max: int) -> bytes:  # noqa: ARG002
        self._not_this_way()

    def _not_this_way(self) -> NoReturn:
        raise Unavailable(said("QuickBooks Desktop is not called: its Web Connector comes round."))
