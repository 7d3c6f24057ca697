"""Notices of documents the books refused: one a document, but one a cause for cash that moved.

Movements of the drawer are refused for what is missing on the other side, an account mostly: each of them for the same
cause, until somebody sets it up. That is one thing to do, so it is one notice, which names the first and counts.
"""

from __future__ import annotations

import hashlib

from pos.said import nsaid
from pos.store import notices
from pos.store.db import Store

#: How keys of such a notice begin.
CAUSES = "outbox:movements:"
_GROUPED = "(part = 'cash' OR code = 'unmapped') AND state = 'rejected' AND resolved = '' AND parked = ''"


def tell(store: Store, n: int, number: str, text: str, remedy: str) -> None:
    """Tell people of one row that needs a person; inside the transaction that says so."""
    row = store.execute(f"SELECT connection, code, message FROM outbox WHERE n = ? AND {_GROUPED}", (n,)).fetchone()
    if row is None:
        notices.raise_notice(store, f"outbox:{n}", "needs", text, remedy, number)
        return
    others = "connection = ? AND code = ? AND message = ?"
    count, first = store.execute(
        f"SELECT count(*), min(n) FROM outbox WHERE {others} AND {_GROUPED}", tuple(row)
    ).fetchone()
    if count > 1:
        (number,) = store.execute(
            "SELECT d.number FROM outbox o JOIN document d ON d.id = o.document WHERE o.n = ?", (first,)
        ).fetchone() or (number,)
        text = nsaid(
            "{number} and {n} more document were refused for one cause. {why}",
            "{number} and {n} more documents were refused for one cause. {why}",
            count - 1, number=number, why=text.partition(": ")[2] or text,
        )  # fmt: skip
    notices.raise_notice(store, _key(*row), "needs", text, remedy, number)


def settle(store: Store, n: int) -> None:
    """One row no longer needs a person; a cause is settled with the last of its rows."""
    notices.settle(store, f"outbox:{n}")
    if not notices.open_notices(store, prefix=CAUSES, limit=1):
        return
    rows = store.execute(f"SELECT DISTINCT connection, code, message FROM outbox WHERE {_GROUPED}").fetchall()
    notices.settle_all_but(store, CAUSES, {_key(*row) for row in rows})


def _key(connection: str, code: str, message: str) -> str:
    return f"{CAUSES}{connection}:{hashlib.sha256(f'{code} {message}'.encode()).hexdigest()[:12]}"
