"""What is queued for the books: cash that moved and a drawer that was over or short, once for each connection."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pos import clock
from pos.store import connections, earlier, entries, notices
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests.devices import papers


def z(variance: str) -> dict[str, Any]:
    return {"id": "z1", "kind": "z", "series": "till", "items": [], "z": {"count": {"variance": Decimal(variance)}}}


@pytest.mark.parametrize(
    ("doc", "parts"),
    [
        (papers.cash("drop", "-50.00", "full"), ["cash"]),
        (papers.cash("paid_in", "20.00", "change"), ["cash"]),
        (z("-0.01"), ["cash"]),
        (z("0.00"), []),
        ({"id": "z1", "kind": "z", "series": "till", "items": [], "z": {"count": None}}, []),
        (papers.opening(), []),
    ],
)
def test_what_moved_waits_for_each_connection_and_nothing_else(doc: dict[str, Any], parts: list[str]) -> None:
    rows = entries.outbox_rows(doc, ["a", "b"], "queued", clock.now())
    assert [(row[1], row[2]) for row in rows] == [(c, part) for c in ("a", "b") for part in parts]


def test_what_was_saved_before_is_queued_once_and_what_was_made_without_a_connection_stays(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "BOOKED_PARTS", ("sale", "return"))  # as it was
    journal.commit(_made(papers.cash("drop", "-50.00", "full")))
    connections.sync(store, [connections.Wanted("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:9")])
    queued = journal.commit(_made(papers.cash("paid_out", "-5.00", "milk"))).doc
    monkeypatch.undo()
    assert Outbox.select().count() == 0
    assert [earlier.queue(store, clock.now()) for _ in range(2)] == [1, 0]
    (row,) = Outbox.select()
    assert (row.document, row.part, row.state) == (queued["id"], "cash", "unknown")
    (told,) = notices.open_notices(store)
    assert (told.level, told.text[:2]) == ("check", "1 ")


def _made(doc: dict[str, Any]) -> dict[str, Any]:
    """As it was before it had numbers."""
    given = ("hash", "prev_hash", "sequence", "invoice_name", "created_at", "business_day", "session", "series", "till")
    return {k: v for k, v in doc.items() if k not in given} | {"id": clock.uuid7()}
