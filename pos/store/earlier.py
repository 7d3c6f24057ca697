"""Cash movements and Zs saved before any connection booked them: queued once, when this version first starts."""

from __future__ import annotations

from datetime import datetime

from pos.rules import documents
from pos.said import nsaid, said
from pos.store import entries, notices
from pos.store.db import Store

#: Set once this was looked at; documents saved later are queued as they are saved.
DONE_KEY = "outbox.cash"
NOTICE_KEY = "outbox:cash"
_WITHOUT_A_ROW = (
    "SELECT body FROM document WHERE kind IN ('paid_in', 'paid_out', 'drop', 'z')"
    " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.document = document.id) ORDER BY n"
)


def queue(store: Store, now: datetime) -> int:
    """Queue what was made while a connection was set up and has no row; how many documents. Only the first call does.

    As with sales, what was made without a connection stays here. Each is asked for by its id before it is posted.
    """
    with store.transaction():
        if entries.meta(store, DONE_KEY, ""):
            return 0
        found = [documents.decode(body.encode()) for (body,) in store.execute(_WITHOUT_A_ROW).fetchall()]
        wanted = [doc for doc in found if doc["mode"] != "mock" and documents.parts(doc)]
        if wanted and not entries.connections(store):
            return 0  # asked again when there is one
        entries.set_meta(store, DONE_KEY, "1")
        if not wanted:
            return 0
        for doc in wanted:
            entries.put_outbox(store, doc, "unknown", now)
        notices.raise_notice(
            store,
            NOTICE_KEY,
            "check",
            nsaid(
                "{n} cash movement or close of earlier days can be booked now, and wait for it.",
                "{n} cash movements and closes of earlier days can be booked now, and wait for it.",
                len(wanted),
            ),
            said("If somebody booked them by hand, settle them first: `pos_server.py outbox list`, `outbox resolve`."),
            event=True,
        )
        return len(wanted)
