"""QuickBooks Online as the outbox sees it: documents made of receipts, each posted once under its number.

A number is looked up before it is used, every time: what stands there with our mark is the document itself, from a try
whose answer was lost; what stands there without is somebody else's, and a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pos.connectors.base import Context, Document, ListedPage, NameList, Page, Posted, Retold
from pos.connectors.qbo import compare, lines
from pos.connectors.qbo.client import Client, text
from pos.connectors.qbo.lines import Key
from pos.connectors.qbo.mapping import Tables, missing_for, problems, read
from pos.errors import Rejected, SignInNeeded
from pos.rules import booknumbers, daybook, documents
from pos.rules.daybook import Book, Group, Share
from pos.rules.money import round_minor
from pos.rules.reconcile import Figures
from pos.said import said


def signed_out() -> Client:
    """Nobody signed in."""
    raise SignInNeeded(
        said("QuickBooks is not connected."), code="missing_tokens", remedy=said("Connect it at Integrations.")
    )


class Books:
    """One company's books. Used by one thread at a time. client: or what makes it, raising SignInNeeded. tables: its
    mapping, as `mapping.read` gives it. currency: what its tills take, "" = not known."""

    lines_max = lines.LINES_MAX

    def __init__(self, client: Client | Callable[[], Client], mapping: Mapping[str, Any], currency: str = "") -> None:
        self._client, self._currency = client, currency
        self.tables: Tables = read(mapping)

    @property
    def client(self) -> Client:
        """Whoever speaks to them, made when it is first needed."""
        if not isinstance(self._client, Client):
            self._client = self._client()
        return self._client

    # -- documents made of receipts --

    def problems(self) -> list[str]:
        """What is wrong with the mapping by itself; until it is put right nothing is bundled."""
        return problems(self.tables)

    def lacks(self, share: Share) -> list[str]:
        """What of a share is not mapped, in words."""
        return missing_for(share, self.tables)

    def tax_codes(self, net: int, tax: int, rate: str) -> list[tuple[str, str]]:
        """What a line that names no tax code can be of."""
        return self.tables.codes_for(net, tax, rate)

    def number(self, group: Group, supplement: int) -> str:
        """What a document of a day is called. Everything of the group is mapped."""
        place, tender = self.tables.shops[group.shop], self.tables.tenders[group.tender]
        return booknumbers.number(self.tables.prefix, group.day, place.code, tender.code, group.kind, supplement)

    def own_number(self, share: Share, split: bool) -> str:
        """What a share is called as a document by itself. Invalid when that is too long."""
        tender = self.tables.tenders.get(share.tender)
        code = tender.code if tender and tender.code else "AC"
        return booknumbers.own_number(share, code, split)

    def prepare(self, book: Book, edition: int) -> bytes:
        """The bytes to keep and send. Rejected ("unmapped")."""
        return lines.body(book, self.tables, edition)

    def key(self, book: Book) -> str:
        """What `find` wants."""
        return str(lines.key_of(book))

    # -- what every connector does --

    def check(self) -> str:
        """Sign in, and see that the mapping holds together and both count in one currency. Rejected ("unmapped",
        "currency") when not."""
        company = self.client.company()
        home = (self.client.preferences().get("CurrencyPrefs") or {}).get("HomeCurrency") or {}
        theirs = str(home.get("value") or "")
        if self._currency and theirs and theirs != self._currency:
            raise Rejected(
                said("QuickBooks counts in {theirs}, the tills in {ours}.", theirs=theirs, ours=self._currency),
                code="currency",
                remedy=said("Connect a company whose home currency is {ours}.", ours=self._currency),
            )
        if found := self.problems():
            raise lines.unmapped(found)
        return f"QuickBooks Online, {company.get('CompanyName') or self.client.realm}"

    def ping(self) -> None:
        """The cheapest question."""
        self.client.ping()

    def find(self, key: str, kind: str = "sale") -> Posted | None:  # noqa: ARG002
        """The document with this number and our mark. Rejected ("number_taken") when the number is somebody else's."""
        wanted = Key.parse(key)
        found = [
            compare.posted(wanted.entity, row)
            for row in self.client.query(wanted.entity, f"DocNumber = {text(wanted.number)}").rows
        ]
        mine = [one for one in found if one.figures["mark"] == wanted.mark]
        if mine:
            return mine[0]
        # What was voided there keeps its number and loses its note: whose it was nobody can tell any more.
        if not found:
            return None
        other = found[0]
        raise Rejected(
            said(
                "QuickBooks has another document {number} of {day} over {total} (number {id} there).",
                number=wanted.number, day=other.figures["day"], total=other.figures["total"],
                id=compare.named(other.remote_id)[1],
            ),
            code="number_taken",
            remedy=said("Look at both. Give the other one another number and retry, or settle this one by hand."),
        )  # fmt: skip

    def post(self, document: Document, part: str, key: str, context: Context) -> Posted:  # noqa: ARG002
        """Book the kept bytes under their id, unless they are there already."""
        found = self.find(key)
        if found is not None:
            return found
        wanted = Key.parse(key)
        return compare.posted(wanted.entity, self.client.create(wanted.entity, context.body, context.request_id))

    def fetch(self, remote_id: str, kind: str = "sale") -> Posted:  # noqa: ARG002
        """Read one back."""
        entity, key = compare.named(remote_id)
        return compare.posted(entity, self.client.read(entity, key))

    def finish(self, document: Document, part: str, posted: Posted) -> Posted:  # noqa: ARG002
        """There are no drafts there."""
        return posted

    def compare(self, document: Document, part: str, posted: Posted) -> str:  # noqa: ARG002
        """The difference to what was sent, in words."""
        return compare.difference(document["book"], document["sent"], posted)

    def beyond(self, document: Document, posted: Posted, tolerance: int) -> str:
        """The same, but for amounts that are off by no more than a tolerance."""
        return compare.difference(document["book"], document["sent"], posted, tolerance)

    def booked(self, wanted: Mapping[str, str]) -> dict[str, Posted]:
        """What stands there under these keys, by key; a number that is somebody else's now is not there."""
        found: dict[str, Posted] = {}
        by_entity: dict[str, dict[str, str]] = {}
        for key in wanted:
            parsed = Key.parse(key)
            by_entity.setdefault(parsed.entity, {})[parsed.number] = key
        for entity, keys in by_entity.items():
            numbers = ", ".join(text(number) for number in keys)
            for row in self.client.query(entity, f"DocNumber IN ({numbers})").rows:
                one = compare.posted(entity, row)
                key = keys.get(one.figures["number"], "")
                ours = key and one.figures["mark"] == Key.parse(key).mark
                standing = key in found and found[key].state == "submitted"
                if not standing and (ours or (key and one.state == "cancelled" and key not in found)):
                    found[key] = one
        return found

    def marked(self, day: str, keys: Collection[str], known: Collection[str]) -> Iterator[tuple[str, Posted]]:
        """What of a day has a mark of ours and is not known yet."""
        by_mark = {(parsed.entity, parsed.mark): key for key in keys for parsed in [Key.parse(key)]}
        for entity in lines.ENTITIES.values():
            start, more = 1, True
            while more:
                page = self.client.query(entity, f"TxnDate = {text(day)}", start=start)
                for row in page.rows:
                    one = compare.posted(entity, row)
                    if one.figures["mark"] and one.remote_id not in known:
                        yield by_mark.get((entity, one.figures["mark"]), ""), one
                start, more = page.next_start, page.more

    def listed(self, till: str, since: datetime, until: datetime, after: str) -> ListedPage:  # noqa: ARG002
        """No document there says a till made it: a day's is of many tills."""
        return ListedPage((), "")

    def retold(self, wanted: Sequence[Any]) -> list[Retold]:  # noqa: ARG002
        """A day's document cannot be told as receipts."""
        raise Rejected(said("Documents in QuickBooks are not read back as receipts."), code="not_readable")

    def expected(self, document: Document, part: str) -> Figures:  # noqa: ARG002
        """What a document must come to there."""
        book: Book = document["book"]
        sign = -1 if book.kind in (daybook.REFUND, daybook.CREDIT) else 1
        wanted = documents.decode(document["sent"]) if document.get("sent") else {}
        total = compare.total_of(book, wanted) if wanted else book.total
        taxes = compare.stated_taxes(wanted, book.currency) or self._taxes(book)
        return Figures(sign * total, {}, self._named({rate: sign * units for rate, units in taxes.items()}), {})

    def _taxes(self, book: Book) -> dict[str, int]:
        """rate id -> tax, by the mapping as it is now, for a document that did not state it."""
        if self.tables.own_rates:
            return {rate: units for rate, units in lines.own_taxes(book, self.tables).items() if units}
        taxes: dict[str, int] = {}
        for line in book.lines:
            tax = self.tables.tax_of(line)
            rates = tax.rates if tax else ()
            if not rates:
                taxes["tax"] = taxes.get("tax", 0) + line.tax
                continue
            for rate, units in zip(rates, lines.parts(tax, line.tax) if tax else (), strict=True):
                taxes[rate.id] = taxes.get(rate.id, 0) + units
        return taxes

    def figures(self, posted: Posted, currency: str) -> Figures:
        """What a document comes to there, money given back below nothing."""
        sign = -1 if compare.named(posted.remote_id)[0] in ("RefundReceipt", "CreditMemo") else 1
        taxes: dict[str, int] = {}
        for rate, amount in posted.figures["taxes"]:
            # Automated sales tax names no rates.
            taxes[rate or "tax"] = taxes.get(rate or "tax", 0) + sign * round_minor(Decimal(amount), currency)
        if not taxes:
            taxes["tax"] = sign * round_minor(Decimal(posted.figures["tax"]), currency)
        return Figures(sign * round_minor(Decimal(posted.figures["total"]), currency), {}, self._named(taxes), {})

    def _named(self, taxes: Mapping[str, int]) -> dict[str, int]:
        """By a name people know: what a rate charges, and its id."""
        known = {rate.id: f"{rate.percent:f}% ({rate.id})" for tax in self.tables.taxes.values() for rate in tax.rates}
        return {known.get(rate, rate): units for rate, units in taxes.items()}

    def pull(self, feed: str, since: str) -> Page:  # noqa: ARG002
        """Nothing is pulled this way."""
        return Page((), "", False)

    def rewind(self, cursor: str) -> str:
        """As it is."""
        return cursor

    def names(self, feed: str) -> NameList:  # noqa: ARG002
        """Nothing is pulled this way."""
        return NameList(frozenset(), False)

    def picture(self, address: str, bytes_max: int) -> bytes:  # noqa: ARG002
        """There are none."""
        raise Rejected(said("QuickBooks keeps no pictures."), code="not_there")
