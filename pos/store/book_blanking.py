"""A customer taken out of the documents of the books that are about one receipt: what was made of it, what was sent,
and what was read back. What stands in the books themselves is theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pos.rules import blanking
from pos.rules.daybook import BUNDLING
from pos.store.db import Store
from pos.store.models import Bundle, Outbox, QbdArchive, QbdWork

_HERS = (
    "SELECT b.n, b.number, b.connection, b.body, b.sent FROM bundle_member m JOIN bundle b ON b.root = m.bundle"
    " JOIN outbox o ON o.connection = b.connection AND o.document = b.number AND o.part = 'book'"
    " WHERE m.document = ? AND b.single = 1 AND (o.state = 'booked' OR o.resolved <> '')"
)
_BLANKED = (
    "SELECT m.document FROM bundle b JOIN bundle_member m ON m.bundle = b.root JOIN blanking x"
    " ON x.document = m.document WHERE b.connection = ? AND b.number = ? AND b.single = 1"
)
_THERE = (
    "SELECT o.remote_id FROM bundle_member m JOIN bundle b ON b.root = m.bundle JOIN outbox o"
    " ON o.connection = b.connection AND o.document = b.number AND o.part = 'book'"
    " WHERE m.document = ? AND b.single = 1 AND o.state = 'booked' ORDER BY o.n"
)


def blank(store: Store, documents: Iterable[str]) -> None:
    """Blank what was made of these receipts and is booked or settled; what is on its way still needs its customer, and
    is blanked when it arrives. Inside a transaction; harmless when repeated."""
    for document in documents:
        for n, number, connection, body, sent in store.execute(_HERS, (document,)).fetchall():
            left = blanking.blanked_book(body, sent)
            Bundle.update(body=left[0], sent=left[1]).where(Bundle.n == n).execute()
            _messages(f"book:{n}")
            _answers(connection, number)


def arrived(store: Store, connection: str, number: str) -> None:
    """A document of the books is booked or settled: its customer may have been taken out meanwhile."""
    blank(store, [document for (document,) in store.execute(_BLANKED, (connection, number)).fetchall()])


def there(store: Store, documents: Iterable[str]) -> list[str]:
    """What documents about these receipts are called in the books, which keep their customer."""
    return [name for document in documents for (name,) in store.execute(_THERE, (document,)).fetchall()]


def forget(store: Store, customer: str) -> None:
    """A customer is called nothing in anybody's books any more. Inside a transaction."""
    for key, text in store.execute("SELECT id, settings FROM company").fetchall():
        whole = json.loads(text or "{}")
        maps = [((whole.get(part) or {}).get("mapping") or {}).get("customers") or {} for part in BUNDLING.values()]
        if any([names.pop(customer, None) is not None for names in maps]):
            left = json.dumps(whole, sort_keys=True, ensure_ascii=False)
            store.execute("UPDATE company SET settings = ? WHERE id = ?", (left, key))


def _messages(source: str) -> None:
    """What its Web Connector was handed for a document, and what came back."""
    for row in QbdWork.select(QbdWork.n, QbdWork.payload).where(QbdWork.source == source):
        left = {key: value for key, value in json.loads(row.payload).items() if key != "customer"}
        text = json.dumps(left, ensure_ascii=False, separators=(",", ":"))
        QbdWork.update(payload=text, body="").where(QbdWork.n == row.n).execute()
    QbdArchive.update(body="", message="").where(QbdArchive.source == source).execute()


def _answers(connection: str, number: str) -> None:
    asked = (Outbox.connection == connection) & (Outbox.document == number) & (Outbox.part == "book")
    for row in Outbox.select(Outbox.n, Outbox.remote).where(asked):
        remote: dict[str, Any] = json.loads(row.remote) if row.remote else {}
        if remote.get("figures", {}).get("CustomerRef"):
            remote["figures"]["CustomerRef"] = ""
        Outbox.update(remote=json.dumps(remote) if remote else "", reply="").where(Outbox.n == row.n).execute()
