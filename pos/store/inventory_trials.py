"""What trials of stock left behind, by how it is called and who made it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pos.store.db import Store

_LISTED = "(SELECT value FROM json_each(?))"
_EVENTS = (
    "SELECT e.id FROM inventory_event e WHERE e.status = 'committed' AND e.kind <> 'counter'"
    " AND NOT EXISTS (SELECT 1 FROM inventory_event c WHERE c.counters = e.id AND c.status = 'committed')"
    " AND (e.created_by = ? OR (EXISTS (SELECT 1 FROM inventory_line l WHERE l.event = e.id) AND NOT EXISTS"
    f" (SELECT 1 FROM inventory_line l WHERE l.event = e.id AND l.item NOT IN {_LISTED}))) ORDER BY e.n DESC"
)


def items(store: Store, prefix: str) -> tuple[list[str], list[str]]:
    """Codes of items that begin so: all of them, and those in use."""
    asked = "SELECT code, disabled FROM item WHERE substr(code, 1, ?) = ? ORDER BY code"
    rows = store.execute(asked, (len(prefix), prefix)).fetchall()
    return [code for code, _ in rows], [code for code, off in rows if not off]


def events(store: Store, codes: Iterable[str], by: str) -> list[str]:
    """Ids of events that stand and are of these items alone, or were made by somebody; the newest first."""
    return [key for (key,) in store.execute(_EVENTS, (by, json.dumps(list(codes)))).fetchall()]
