"""Numbers a till gave out: those of the documents that are here, and those a record says were given out before."""

from __future__ import annotations

from collections.abc import Iterable

from pos.rules.record import Lost
from pos.store.db import Store

BITE = 500


def given_out(store: Store, till: str) -> Lost:
    """The last number, session and Z of a till that is known here; 0 = none."""
    asked = (
        "SELECT (SELECT coalesce(max(sequence), 0) FROM document WHERE till = ? AND series = 'till'),"
        " (SELECT coalesce(max(number), 0) FROM session WHERE till = ?),"
        " (SELECT coalesce(max(z_number), 0) FROM session WHERE till = ?),"
        " coalesce(max(sequence), 0), coalesce(max(session), 0), coalesce(max(z), 0) FROM lost_number WHERE till = ?"
    )
    sequence, session, z, *before = store.execute(asked, (till,) * 4).fetchone()
    return Lost("", till, max(sequence, before[0]), max(session, before[1]), max(z, before[2]))


def has_number(store: Store, number: str) -> bool:
    """Whether a document made here has this number."""
    found = store.execute("SELECT 1 FROM document WHERE number = ? AND series = 'till' LIMIT 1", (number,)).fetchone()
    return found is not None


def here(store: Store, ids: Iterable[str]) -> set[str]:
    """Of these ids, those a document has."""
    asked, known = sorted(set(ids)), set()
    for start in range(0, len(asked), BITE):
        bite = asked[start : start + BITE]
        marks = ", ".join("?" * len(bite))
        known |= {key for (key,) in store.execute(f"SELECT id FROM document WHERE id IN ({marks})", bite)}
    return known
