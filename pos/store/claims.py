"""A claim on an outbox row that is kept while its holder works: short, so that a killed worker's row is soon free.

Whoever takes the row then asks whether it arrived, as after any answer that got lost, before anything is posted.
"""

from __future__ import annotations

from datetime import datetime

from pos import clock
from pos.store.db import Store
from pos.store.models import Outbox
from pos.store.outbox import Claimed, within

#: A row is held so long at a time by one who keeps it.
KEPT_SECONDS = 30


def keep(store: Store, row: Claimed, most: datetime, now: datetime) -> bool:
    """Hold it longer, for whoever has it works on it; never beyond `most`, for nothing takes longer, however alive the
    process is. False when it is not theirs any more. From any thread."""
    if now >= most:
        return False
    mine = (Outbox.n == row.n) & (Outbox.owner == row.owner) & (Outbox.lease_until > clock.stamp(now))
    with store.rows():
        return bool(Outbox.update(lease_until=within(now, row.lease_seconds)).where(mine).execute() == 1)
