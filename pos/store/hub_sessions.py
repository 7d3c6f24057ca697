"""Sessions of all tills of a hub: which are open, and which were closed, within somebody's reach."""

from __future__ import annotations

from pos.store import reach as within
from pos.store import shifts
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach
from pos.store.shifts import Session


def open_now(store: Store, reach: Reach = EVERYWHERE) -> dict[str, tuple[str, str]]:
    """Till -> (session, opened at) of each that is open."""
    where, facts = within.tills(reach, "till")
    asked = f"SELECT till, id, opened_at FROM session WHERE {' AND '.join(['open = 1', *where])}"
    return {till: (key, at) for till, key, at in store.execute(asked, facts).fetchall()}


def closed(store: Store, reach: Reach, limit: int, before: int | None = None) -> list[tuple[int, Session]]:
    """Closed sessions, the last one to be closed here first, each behind its place in that order; `before`: behind
    that place only."""
    where, facts = within.tills(reach, "s.till")
    rows = store.execute(
        "SELECT d.n, s.id FROM session s JOIN document d ON d.id = s.z_document"
        f" WHERE {' AND '.join(['d.n < coalesce(?, d.n + 1)', *where])} ORDER BY d.n DESC LIMIT ?",
        (before, *facts, limit),
    ).fetchall()
    return [(n, found) for n, key in rows if (found := shifts.by_id(store, key)) is not None]
