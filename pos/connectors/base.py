"""What a connector to the books is, seen from the till. Copy a neighbour, pass the shared contract suite.

A connector is one folder below pos/connectors: `mapping.py` (pure wire formats), `client.py` (traffic), `__init__.py`
(its `KIND`). It knows nothing of the database, the outbox or the agents: it is given a document, and answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from pos.config import Config
from pos.connectors.binder import Binder as Binder
from pos.rules import hub
from pos.rules.reconcile import Figures

#: One receipt document, as `rules.documents` decodes it.
Document = Mapping[str, Any]

#: An `Unknown` whose code starts so was answered by the application itself (a deadlock, a 500 in its own shape): that
#: attempt is over, so "not there" is proof at once and the document may be posted again on its rung. Every other
#: Unknown (no answer, half of one, a gateway's 502 or 504) may still be booked; it is asked for settle_seconds later.
#: Written with the other side's word: "answered:QueryDeadlockError".
ANSWERED = "answered"

#: Feeds an accounting system may offer. The keys of their rows stand beside each; money in minor units (int),
#: quantities in thousandths (int), everything else text or bool. `modified` is the system's own stamp, kept as it came.
FEEDS: dict[str, str] = {
    "taxes": "code title rate(text, percent) account",
    "items": "code name item_group brand description uom tax_code variant_of has_variants open_price weighed stocked "
    "disabled image modified barcodes[{code uom}] attributes[{name value position}]",
    "prices": "name price_list item amount currency valid_from valid_upto modified",
    "stock": "item warehouse qty modified",
    "customers": "code name customer_group phone email tax_id disabled modified",
    "modes": "name kind position disabled modified",
    "cashiers": "code name role active modified (never a PIN)",
    "people": "code name role active pin_hash badge_hash: of a hub alone, which owns its tills' people",
    "rights": "code rights[[role right bool]] ceilings[[role percent]]: of a hub alone, the whole table",
    "notices": "code open level text remedy subject text_made_of remedy_made_of: of a hub alone",
}


@dataclass(frozen=True, slots=True)
class Posted:
    """One document as the other system holds it, read from there and never echoed from what we sent.

    figures and rows hold plain JSON values; amounts are text with a dot ("12.30"). `rows` are the other side's
    lines in its own order, each with at least its `name`: a return is linked to its original by them.
    """

    remote_id: str
    state: Literal["draft", "submitted", "cancelled"]
    figures: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """A document a return refers to, and what the other system made of it."""

    document: Document
    part: str
    posted: Posted


@dataclass(frozen=True, slots=True)
class Context:
    """What a document needs to know of others. originals: by document id; one never sent there is not in it.

    body, head: for a connector whose one part is the whole document, its file byte for byte, and the newest document of
    this till as `rules.hub.Head` writes it. request_id: what the kept bytes in `body` are sent under, every time.
    """

    originals: Mapping[str, Original] = field(default_factory=dict)
    body: bytes = b""
    head: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One bounded page of a feed, oldest change first.

    cursor: opaque text to hand back as `since` (their stamp and the last name at it); "" keeps the one before.
    more: there is at least one further page now. refused: rows that could not be read, as (name, why); the agent
    reports each of them.
    """

    rows: tuple[dict[str, Any], ...]
    cursor: str
    more: bool
    refused: tuple[tuple[str, str], ...] = ()


#: Most keys one `booked` asks for: its answer stays within what is read of one answer.
BOOKED_MAX = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """One submitted document there that says a till made it. key, kind: as `booked` wants them. number, session: as
    that till called them. day: its posting date there."""

    key: str
    kind: str
    remote_id: str
    number: str
    session: str
    day: str


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One bounded page of them. after: what to hand back for the next page, "" = this was the last."""

    rows: tuple[Listed, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Retold:
    """One sale or return as it stands there, told as a receipt. What they do not keep is empty in it, never guessed.

    document: unnumbered, of the receipt contract, without id; a line goes by the name of its row there. against_key,
    against_number: key and number of what it gives back, "" = none, or not ours. rows: line -> the row it gives back.
    """

    listed: Listed
    document: dict[str, Any]
    against_key: str
    against_number: str
    rows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NameList:
    """Every name a feed holds now. complete: their own count agrees with it, so a missing name is a removal."""

    names: frozenset[str]
    complete: bool


@dataclass(frozen=True, slots=True)
class VoucherEntry:
    """One row of the voucher ledger as its issuer keeps it. amount, held: minor units.

    id: the same everywhere, so a row counts once. act: issue, redeem, refund, expire, adjust (amount counts, signed),
    hold (held is set aside for the basket in `document`), release (ends the hold its id names). at: clock.stamp()
    text. order: the issuer's own order, in which no row ever turns up before one that could be read earlier. made_at:
    the issuer's own clock, only ever compared with itself. Both are "" before the issuer has the row.
    """

    id: str
    code: str
    act: str
    amount: int = 0
    held: int = 0
    at: str = ""
    expires: str = ""
    till: str = ""
    document: str = ""
    position: int = 0
    receipt: str = ""
    order: str = ""
    made_at: str = ""

    @property
    def says(self) -> tuple[str, str, int, int]:
        """What counts of it. Two rows with one id must say the same; texts beside it may differ."""
        return (self.code, self.act, self.amount, self.held)


#: What the id of a row that ends a hold adds to the hold's.
RELEASED = ":released"


@dataclass(frozen=True, slots=True)
class VoucherMade:
    """A voucher made by hand in the other system. amount: minor units. status: "" or inactive. id: of the one row it
    counts as, the same for every till."""

    id: str
    code: str
    amount: int
    at: str
    expires: str
    status: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One bounded page of entries, oldest change first; cursor, more and refused as in `Page`."""

    rows: tuple[VoucherEntry, ...]
    cursor: str
    more: bool
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MadePage:
    """One bounded page of vouchers made by hand, oldest change first; cursor, more and refused as in `Page`."""

    rows: tuple[VoucherMade, ...]
    cursor: str
    more: bool
    refused: tuple[tuple[str, str], ...] = ()


class VoucherBook(Protocol):
    """The issuer of gift vouchers, seen from a till: a ledger of rows by id. No balance is ever written there.

    Every method raises the connector errors only, and none retries by itself.
    """

    @property
    def clock_off(self) -> float | None:
        """Seconds this machine's clock was ahead of theirs at their last answer; None when they never said."""
        ...

    def put_voucher(self, entry: VoucherEntry) -> None:
        """Keep a row. One with this id that says the same is success; Rejected ("id_taken") when it says otherwise."""
        ...

    def find_vouchers(self, ids: Collection[str]) -> dict[str, VoucherEntry]:
        """Which of these rows are there, by id; one question for all of them."""
        ...

    def voucher_entries(self, code: str) -> tuple[VoucherEntry, ...]:
        """Every row of one voucher, in the issuer's own order, holds and releases among them."""
        ...

    def pull_vouchers(self, since: str) -> EntryPage:
        """One page of rows that are new or were changed after the cursor `since` ("" = from the beginning)."""
        ...

    def voucher_made(self, code: str) -> VoucherMade | None:
        """The voucher as it was made there by hand; None when nobody did."""
        ...

    def pull_made(self, since: str) -> MadePage:
        """One page of vouchers made by hand that are new or were changed after the cursor `since`."""
        ...


class Connector(Protocol):
    """One accounting system, seen from the till.

    Every method returns on success or raises exactly one of Unavailable (nothing was sent), Unknown (it may have
    been booked), Rejected (they said no; code and remedy) and SignInNeeded (our key is refused). No method retries
    by itself. Used by one thread at a time.
    """

    def check(self) -> str:
        """Sign in, read one thing, see that everything posting needs is there: "ERPNext 15.71, Test Shop Ltd"."""
        ...

    def ping(self) -> None:
        """The cheapest question that shows the line is back; a few seconds at most. Unavailable when it is not."""
        ...

    def find(self, key: str, kind: str = "sale") -> Posted | None:
        """The document with this key as it is stored there now, complete (figures, rows); None when there is none.

        kind: of the till's document, which decides what it is over there."""
        ...

    def post(self, document: Document, part: str, key: str, context: Context) -> Posted:
        """Book one part ("sale", "return" or "cash") under the key, submitted. The answer may be short of figures."""
        ...

    def fetch(self, remote_id: str, kind: str = "sale") -> Posted:
        """Read one document back as it is stored there now, complete (figures, rows). kind: as in find()."""
        ...

    def finish(self, document: Document, part: str, posted: Posted) -> Posted:
        """Submit a draft that was left over from an attempt that broke off. Rejected when its figures are not the
        document's: nothing wrong is booked."""
        ...

    def compare(self, document: Document, part: str, posted: Posted) -> str:
        """The difference in words; empty when what is booked equals the receipt to the minor unit. Pure."""
        ...

    def booked(self, wanted: Mapping[str, str]) -> dict[str, Posted]:
        """Everything that is stored there now under these keys, complete, by key: drafts and cancelled documents too,
        and in place of a cancelled one what it was amended to. wanted: key -> kind, as in find(); at most BOOKED_MAX.
        """
        ...

    def listed(self, till: str, since: datetime, until: datetime, after: str) -> ListedPage:
        """One page of the submitted documents of a till, posted on the days from `since` to `until` there. after: that
        of the page before, "" for the first."""
        ...

    def retold(self, wanted: Sequence[Listed]) -> list[Retold]:
        """These sales and returns as receipts; one that is gone meanwhile is left out. At most BOOKED_MAX. Rejected
        ("not_readable") names one that cannot be told."""
        ...

    def expected(self, document: Document, part: str) -> Figures:
        """What one part must come to there. Pure. Rejected when it cannot be booked with the set-up as it is."""
        ...

    def figures(self, posted: Posted, currency: str) -> Figures:
        """What a document comes to there, under the same names as `expected`. Pure. ValueError when it is no figure."""
        ...

    def pull(self, feed: str, since: str) -> Page:
        """One page of a feed: changed after the cursor `since` ("" = from the beginning), oldest first."""
        ...

    def rewind(self, cursor: str) -> str:
        """A cursor about two minutes earlier: rows committed late carry an earlier stamp. "" stays ""."""
        ...

    def names(self, feed: str) -> NameList:
        """Every name a feed holds now; removals show in no pull."""
        ...

    def picture(self, address: str, bytes_max: int) -> bytes:
        """The picture behind an item's `image`. Rejected when it is on another host than theirs, or too big."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of system this is: the agents learn from it what to try, a settings screen draws its form from it.

    documents: the parts of documents it books. accounting: it keeps the accounts behind the shop's own system, as
    QuickBooks does. feeds: names from FEEDS in the order to pull them. whole: those of `feeds` that have names() and
    whose missing rows are switched off. voucher_book: the ledger of gift vouchers behind a connector of this kind, None
    where there is none. compares: whether the reconciliation holds the till against it; a hub does that itself, with
    what it booked. mailbox: nobody is called there, its own side comes round for what waits. page: where a person finds
    a document there: (config, kind of the till's document, remote id) -> address, "" = no page. item_page: where they
    find an item, or make one that is missing: (config, item code, missing) -> address. settings: names in the group of
    config.ini called like the kind. connect(config, facts) must be cheap and speak to nobody; facts is what the kind's
    own setup command learned, kept as JSON in Meta "facts.<kind name>" ({} before).
    """

    name: str
    title: str
    documents: tuple[str, ...]
    feeds: tuple[str, ...]
    whole: tuple[str, ...]
    settings: tuple[str, ...]
    configured: Callable[[Config], bool]
    address: Callable[[Config], str]
    connect: Callable[[Config, Mapping[str, Any]], Connector]
    accounting: bool = False
    compares: bool = True
    mailbox: bool = False
    voucher_book: Callable[[Connector], VoucherBook | None] = lambda _connector: None
    page: Callable[[Config, str, str], str] = lambda _config, _kind, _remote_id: ""
    item_page: Callable[[Config, str, bool], str] = lambda _config, _code, _missing: ""


def key_of(document_id: str, part: str, parts: tuple[str, ...]) -> str:
    """The key a part is known by there: the document's own id, "-R" added for the return half of an exchange."""
    return document_id if part in (hub.PART, *parts[:1]) else f"{document_id}-R"
