"""The documents and the audit of a store that holds no files, such as a hub's on PostgreSQL: each document whole by
itself, each chain unbroken but for gaps that are known, what was blanked named by a record, the sums kept of them, the
levels of stock, the audit's chain. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pos.errors import Corrupt
from pos.rules import ledger, record
from pos.rules.documents import GENESIS
from pos.store import audit, intake, inventory_sums, takings
from pos.store.db import Store

Doc = Mapping[str, Any]

PAGE_ROWS = 500
_PAGE = (
    "SELECT till, series, sequence, hash, prev_hash, number, total, body FROM document"
    " WHERE (till, series, sequence) > (?, ?, ?) ORDER BY till, series, sequence LIMIT ?"
)


@dataclass(slots=True)
class Walked:
    """What was looked at, and everything that is not as it must be, in words."""

    documents: int = 0
    audit_rows: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Link:
    chain: tuple[str, str] = ("", "")
    sequence: int = 0
    hash: str = GENESIS


def walk(store: Store, progress: Callable[[int], None] = lambda _done: None) -> Walked:
    """Look at everything. progress: called with how many documents were looked at."""
    found, after, link, blanked = Walked(), ("", "", -1), _Link(), _Blanked()
    known = {(till, first) for till, first in store.execute("SELECT till, first FROM hub_gap").fetchall()}
    while True:
        page = store.execute(_PAGE, (*after, PAGE_ROWS)).fetchall()
        for till, series, sequence, digest, previous, number, total, body in page:
            after = (till, series, sequence)
            found.documents += 1
            doc, words = _whole(body.encode("utf-8"), (digest, previous, number, total))
            if not words:
                blanked.seen(doc)
                words, link = _follows(doc, link, known)
            if words:
                found.differences.append(f"{number}: {words}")
                link = _Link((till, series), sequence, digest)
        progress(found.documents)
        if len(page) < PAGE_ROWS:
            break
    found.differences += blanked.forged()
    found.differences += [f"the sums in {table} are not those of the documents" for table in takings.wrong(store)]
    found.differences += inventory_sums.wrong(store)
    found.audit_rows, broken = audit.verify_chain(store)
    if broken:
        found.differences.append(broken)
    return found


class _Blanked:
    """What documents say of having been blanked, and what records say. A chain goes on through a blanked document by
    the hash it had: only its record proves that nothing else of it was changed."""

    def __init__(self) -> None:
        self.documents: dict[str, tuple[str, record.Blanking]] = {}
        self.records: set[record.Blanking] = set()

    def seen(self, doc: Doc) -> None:
        self.records |= {one._replace(customer="") for one in record.blankings(doc)}
        if doc.get("blanked"):
            one = record.Blanking(doc["id"], str(doc["blanked"]["record"]), ledger.chain_hash(doc), doc["hash"], "")
            self.documents[doc["id"]] = (str(doc["invoice_name"]), one)

    def forged(self) -> list[str]:
        words = "it says that it was blanked, and no record says so: it was changed after it was written"
        return [f"{number}: {words}" for number, one in self.documents.values() if one not in self.records]


def _whole(body: bytes, row: tuple[str, str, str, int]) -> tuple[Doc, str]:
    """The document, and what is wrong with it or its row; "" = nothing."""
    try:
        doc, rows = intake.proven(body)
    except Corrupt as error:
        return {}, error.message
    made = dict(zip(ledger.DOCUMENT, rows.document, strict=True))
    for name, value in zip(("hash", "prev_hash", "number", "total"), row, strict=True):
        if made[name] != value:
            return doc, f"{name} is {value} in its row, and {made[name]} by its bytes"
    return doc, ""


def _follows(doc: Doc, before: _Link, known: set[tuple[str, int]]) -> tuple[str, _Link]:
    chain = (doc["till"], doc["series"])
    last = before if before.chain == chain else _Link(chain)
    mine = _Link(chain, doc["sequence"], ledger.chain_hash(doc))
    if record.skipped_to(doc):  # it says itself which numbers are lost
        return "", mine
    if doc["sequence"] == last.sequence + 1:
        broken = doc["prev_hash"] != last.hash
        return ("it does not carry the hash of the one before it: the chain is broken here" if broken else ""), mine
    if doc["series"] != "till" or (doc["till"], last.sequence + 1) in known:
        return "", mine
    return f"{last.sequence + 1} to {doc['sequence'] - 1} of {doc['till']} are missing, and nobody knows of it", mine
