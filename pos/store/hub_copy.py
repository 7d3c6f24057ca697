"""Whether a hub's database is the one it was, or came back from a copy: then others have moved on since.

Tills had answers for documents that are not here any more, and send them again (`hub_link.ask_again`). Books may have
what stands here as waiting, so they are asked before anything is sent. Cursors of tills count changes that were made
otherwise since, so they begin anew.
"""

from __future__ import annotations

import logging

from pos import clock
from pos.store import entries, hub_link, unblock
from pos.store.db import Store
from pos.store.models import HubTill

log = logging.getLogger(__name__)

#: Meta: which database, or which data folder, this was at its last start.
HERE = "hub.changes.folder"


def came_back(store: Store) -> bool:
    """Whether it came back from a copy since the last start; all that follows from it is done then, once. At each start
    of whatever works on a hub's store, before it does."""
    here = store.database.lineage() or hub_link.instance(store.config)
    if entries.meta(store, HERE, "") == here:
        return False
    with store.transaction():
        before = entries.meta(store, HERE, "")
        if before == here:
            return False
        entries.set_meta(store, HERE, here)
        if not before:
            return False
        store.execute("UPDATE hub_top SET epoch = ?", (clock.uuid7(),))
        if _is_servers(here) != _is_servers(before):  # it moved to another engine, with all it had
            return False
        now = clock.now()
        asked = unblock.restored(store, now, store.config.erpnext.settle_seconds)
        HubTill.update(first_joined_at=clock.stamp(now)).where(HubTill.first_joined_at != "").execute()
    log.warning("this hub came back from a copy: its books are asked for %d documents before they are sent", asked)
    return True


def _is_servers(mark: str) -> bool:
    """Whether a mark names a database of a server, and no folder."""
    return ":" in mark
