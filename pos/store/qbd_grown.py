"""What follows from a list object a person agreed to and QuickBooks made: our part knows it, and what waited for it
goes on."""

from __future__ import annotations

from datetime import datetime

from pos.store import qbd_queue
from pos.store.db import Store
from pos.store.models import InventoryPart, QbdWorkItem
from pos.store.models import QbdWork as Rows
from pos.store.qbd_rows import Work

NOT_THERE = "3140"


def booked(store: Store, work: Work, remote_id: str, now: datetime) -> int:
    """After a posting was booked: how many that QuickBooks had refused for want of it go again. In a transaction."""
    code = str(work.payload.get("code") or "")
    if work.kind != "item_add" or not code:
        return 0
    where = (InventoryPart.company == work.company) & (InventoryPart.item == code)
    InventoryPart.update(qb_id=remote_id).where(where).execute()
    asked = (
        Rows.select(Rows.source)
        .join(QbdWorkItem, on=(QbdWorkItem.work == Rows.n))
        .where(
            (QbdWorkItem.connection == work.connection) & (QbdWorkItem.item == code) & (QbdWorkItem.open == True)  # noqa: E712
            & (Rows.state == "error") & (Rows.code == NOT_THERE)
        )
    )  # fmt: skip
    sources = list(dict.fromkeys(row.source for row in asked))
    for source in sources:
        qbd_queue.retry(store, source, "qbwc", now)
    return len(sources)
