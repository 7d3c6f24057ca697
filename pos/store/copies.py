"""What is known of the copies: how far each place has the receipts, and which snapshots lie where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.rules.backup import Stored
from pos.store.db import Store
from pos.store.models import CopyPlace, Snapshot
from pos.store.outbox import tuples

LISTED_MAX = 500


@dataclass(frozen=True, slots=True)
class Copying:
    """One medium at one place. Moments are clock.stamp() text, "" = never or not now. near: it shares the till's disk
    or machine. copied_n: the newest document with a copy there."""

    place: str
    mark: str
    copied_n: int = 0
    copied_at: str = ""
    near: bool = False
    failing_since: str = ""
    failures: int = 0
    retry_at: str = ""
    code: str = ""
    words: str = ""
    used_at: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """One snapshot at one place. mark: its newest document. verified_at: "" = it was not proven whole."""

    name: str
    place: str
    cause: str
    made_at: str
    took_ms: int
    bytes: int
    sha256: str
    encrypted: bool
    mark: int
    documents: int
    head: str
    verified_at: str = ""
    state: str = "there"
    words: str = ""
    removed_at: str = ""


_COPYING = [getattr(CopyPlace, name) for name in Copying.__dataclass_fields__]
_KEPT = [getattr(Snapshot, name) for name in Kept.__dataclass_fields__]


# -- receipts --------------------------------------------------------------------------------------------------------


def copying(store: Store, place: str, mark: str) -> Copying:
    """How far one medium is."""
    with store.reading():
        found = tuples(CopyPlace.select(*_COPYING).where((CopyPlace.place == place) & (CopyPlace.mark == mark)))
    return Copying(*found[0]) if found else Copying(place, mark)


def latest(store: Store, place: str) -> Copying | None:
    """The medium that was used last at a place; None before the first."""
    with store.reading():
        asked = CopyPlace.select(*_COPYING).where(CopyPlace.place == place)
        found = tuples(asked.order_by(CopyPlace.used_at.desc(), CopyPlace.mark).limit(1))
    return Copying(*found[0]) if found else None


def keep(store: Store, one: Copying) -> None:
    """Write down how far a medium is."""
    values = {name: getattr(one, name) for name in Copying.__dataclass_fields__}
    with store.transaction():
        CopyPlace.put(**values)


def waiting(store: Store, after: int, limit: int) -> list[tuple[int, str, bytes]]:
    """(n, path below invoices/, bytes) of the documents behind `after`, in the order they were saved."""
    rows = store.execute("SELECT n, path, body FROM document WHERE n > ? ORDER BY n LIMIT ?", (after, limit))
    return [(n, path, body.encode("utf-8")) for n, path, body in rows.fetchall()]


def newest(store: Store) -> int:
    """The place of the newest document."""
    return int(store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()[0])


def behind(store: Store, after: int) -> tuple[int, str]:
    """How many documents lie behind `after`, and when the first of them was made ("" = there is none). Documents are
    numbered through, so none is counted one by one: a place that was just named lacks all of them."""
    row = store.execute("SELECT created_at FROM document WHERE n > ? ORDER BY n LIMIT 1", (after,)).fetchone()
    if row is None:
        return 0, ""
    return newest(store) - after, row[0]


def firsts(store: Store, till: str) -> list[str]:
    """What a till's documents are known by for good: the hashes of its first own and its first imported one."""
    asked = "SELECT hash FROM document WHERE till = ? AND series = ? ORDER BY sequence LIMIT 1"
    rows = [store.execute(asked, (till, series)).fetchone() for series in ("till", "imported")]
    return [row[0] for row in rows if row is not None]


# -- snapshots -------------------------------------------------------------------------------------------------------


def add(store: Store, one: Kept) -> None:
    """Write down a snapshot; the same one again replaces what was known of it."""
    values = {name: getattr(one, name) for name in Kept.__dataclass_fields__}
    with store.transaction():
        Snapshot.insert(**values).on_conflict(
            conflict_target=[Snapshot.name, Snapshot.place], update={k: v for k, v in values.items()}
        ).execute()


def verified(store: Store, name: str, place: str, now: datetime, words: str = "") -> None:
    """A snapshot was restored aside again: whole when there are no words."""
    with store.transaction():
        Snapshot.update(verified_at="" if words else clock.stamp(now), words=words).where(
            (Snapshot.name == name) & (Snapshot.place == place)
        ).execute()


def removed(store: Store, names: Iterable[str], place: str, now: datetime) -> None:
    """They were deleted at the place, by the rule of what is kept."""
    with store.transaction():
        for name in names:
            Snapshot.update(state="removed", removed_at=clock.stamp(now)).where(
                (Snapshot.name == name) & (Snapshot.place == place)
            ).execute()


def snapshots(store: Store, place: str = "", limit: int = LISTED_MAX) -> list[Kept]:
    """The newest first, of one place or of all; those that were removed as well."""
    with store.reading():
        asked = Snapshot.select(*_KEPT)
        if place:
            asked = asked.where(Snapshot.place == place)
        return [Kept(*row) for row in tuples(asked.order_by(Snapshot.made_at.desc(), Snapshot.place).limit(limit))]


def last_snapshot(store: Store, place: str, *, whole: bool = False) -> Kept | None:
    """The newest that lies at a place; whole: that is proven."""
    with store.reading():
        asked: Any = (Snapshot.place == place) & (Snapshot.state == "there")
        if whole:
            asked &= Snapshot.verified_at != ""
        found = tuples(Snapshot.select(*_KEPT).where(asked).order_by(Snapshot.made_at.desc()).limit(1))
    return Kept(*found[0]) if found else None


def stored(store: Store, place: str, names: Iterable[str]) -> list[Stored]:
    """Names found at a place, each with whether it is known to be whole."""
    with store.reading():
        asked = Snapshot.select(Snapshot.name).where((Snapshot.place == place) & (Snapshot.verified_at != ""))
        whole = {name for (name,) in tuples(asked)}
    return [Stored(name, name in whole) for name in names]
