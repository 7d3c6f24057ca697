"""Documents that tills of this hub sent, many at once: looked up, proven to follow, and entered in two ways there and
back to the database, however many they are.

Only what is plain goes this way: a document of the till's series that follows the newest one here, gives nothing back
and says nothing of vouchers, sessions' ends or other documents. Whatever else came goes by itself (`intake`), by the
same rules; what is entered here differs in nothing from what that would have made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pos import clock
from pos.rules import documents, ledger
from pos.store import audit, entries, hub_tills
from pos.store.db import Store

#: What is here of a till and of one document: its newest, whether the id is taken, whether goods of it came back first.
_FACTS = (
    "SELECT (SELECT count(*) FROM document WHERE id = ?),"
    " (SELECT count(*) FROM line WHERE against_document IN (?, ?)), top.sequence, top.hash, top.session"
    " FROM (SELECT 1 AS one) alone LEFT JOIN (SELECT sequence, hash, session FROM document"
    " WHERE till = ? AND series = 'till' ORDER BY sequence DESC LIMIT 1) top ON alone.one = 1"
)
_PATH = ledger.DOCUMENT.index("path")
_BEGIN, _KEEP, _UNDO = "SAVEPOINT arrivals", "RELEASE SAVEPOINT arrivals", "ROLLBACK TO SAVEPOINT arrivals"


@dataclass(frozen=True, slots=True)
class Sent:
    """One proven document on its way in. rows: what it has in the ledger's tables; origin, actor: for the audit;
    state: how it enters the outbox, "" where it goes nowhere; came: what the till's own row says then."""

    doc: Mapping[str, Any]
    body: bytes
    rows: ledger.Rows
    origin: str
    actor: str
    state: str
    came: tuple[Any, ...]

    @property
    def path(self) -> str:
        """Where its file lies in invoices/."""
        return str(self.rows.document[_PATH])

    @property
    def is_plain(self) -> bool:
        """Whether nothing has to be known but what it follows."""
        rows, doc = self.rows, self.doc
        extra = rows.vouchers or rows.closing is not None or rows.blankings or rows.lost is not None
        back = any(row.get("return_against") or row.get("return_of") for row in doc["items"])
        return doc["series"] == "till" and not (extra or back or doc.get("blanked"))


class _Top(NamedTuple):
    """The newest document of a till; sequence 0 when there is none."""

    sequence: int
    hash: str
    session: str


def enter(store: Store, sent: Sequence[Sent]) -> list[int | None]:
    """Enter what is plain and follows, inside the writer's transaction: the `n` of each, None for one that has to go by
    itself. An error leaves nothing of them; the caller then undoes it (`undo`)."""
    _, facts, audits, connections = store.together(
        [
            (_BEGIN, [()]),
            (_FACTS, [_asked(one) for one in sent]),
            (audit.LAST, [()]),
            (entries.CONNECTIONS_OF, [(till,) for till in sorted({one.doc["till"] for one in sent})]),
        ]
    )
    taken, begins = _following(sent, facts)
    if not taken:
        store.execute(_KEEP)
        return [None] * len(sent)
    mine = [sent[i] for i in taken]
    previous = audits[0][0] if audits else audit.GENESIS
    work = [
        (entries.DOCUMENT_N, [one.rows.document for one in mine]),
        *entries.ledger_rows([one.rows for one in mine]),
        (entries.MEND, [entries.mended(one.doc) for i, one in zip(taken, mine, strict=True) if begins[i]]),
        (entries.OUTBOX, list(_outbox(mine, connections))),
        (audit.INSERT, audit.chained(previous, [_told(one) for one in mine])),
        (hub_tills.CAME, [one.came for one in {one.doc["till"]: one for one in mine}.values()]),
        (_KEEP, [()]),
    ]
    numbers = store.together(work)[0]
    found = dict(zip(taken, sorted(n for (n,) in numbers), strict=True))
    return [found.get(i) for i in range(len(sent))]


def undo(store: Store) -> None:
    """Take back what `enter` began, after an error that was one document's and not the database's."""
    store.execute(_UNDO)
    store.execute(_KEEP)


def _asked(one: Sent) -> tuple[str, ...]:
    key = one.doc["id"]
    return key, key, ledger.unknown_key(one.doc["invoice_name"]), one.doc["till"]


def _following(sent: Sequence[Sent], facts: Sequence[tuple[Any, ...]]) -> tuple[list[int], dict[int, bool]]:
    """Places of those that follow the newest of their till, each after the one before it; and for each of these whether
    it begins its session here."""
    tops: dict[str, _Top] = {}
    ids: set[str] = set()
    taken, begins = list[int](), dict[int, bool]()
    for i, (one, (known, back, *newest)) in enumerate(zip(sent, facts, strict=True)):
        doc = one.doc
        top = tops.get(doc["till"]) or _Top(*newest) if newest[0] is not None else tops.get(doc["till"])
        top = top or _Top(0, documents.GENESIS, "")
        follows = doc["sequence"] == top.sequence + 1 and doc["prev_hash"] == top.hash
        if known or back or not follows or doc["id"] in ids:
            continue
        taken.append(i)
        begins[i] = not top.sequence or top.session != doc["session"]
        tops[doc["till"]] = _Top(doc["sequence"], ledger.chain_hash(doc), doc["session"])
        ids.add(doc["id"])
    return taken, begins


def _outbox(sent: Iterable[Sent], connections: Sequence[tuple[str, str]]) -> Iterable[tuple[Any, ...]]:
    """connections: (till, connection), for those of its company."""
    now = clock.now()
    for one in sent:
        if one.state:
            mine = [key for till, key in connections if till == one.doc["till"]]
            yield from entries.outbox_rows(one.doc, mine, one.state, now)


def _told(one: Sent) -> tuple[str, str, str, Mapping[str, Any]]:
    return one.actor, "adopt", one.doc["id"], entries.said_of(one.doc, {"origin": one.origin})
