"""What is queued for the books: only what a connection can book."""

from __future__ import annotations

from pos import clock
from pos.store import entries
from tests.devices import papers


def test_a_cash_movement_waits_in_no_outbox() -> None:
    drop = papers.cash("drop", "-50.00", "")
    assert entries.outbox_rows(drop, ["erpnext"], "queued", clock.now()) == []
