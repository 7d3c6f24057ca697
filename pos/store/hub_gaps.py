"""Numbers of a till that a hub has not got: a document whose predecessor is missing is kept, and the gap shown until it
is filled, or until a record of the till says that those numbers are lost."""

from __future__ import annotations

from typing import Any

from pos import clock
from pos.rules import hub
from pos.store.db import Store
from pos.store.models import HubGap
from pos.store.outbox import tuples


def arrived(store: Store, till: str, sequence: int, top: int, lost_to: int) -> None:
    """A document of a till's series is being taken in, inside its transaction. top: the newest of that till before it.
    lost_to: it says that numbers up to this one were given out and are lost."""
    if sequence > top + 1:
        HubGap.create(till=till, first=top + 1, last=sequence - 1, found_at=clock.stamp(clock.now()))
    elif sequence <= top:
        held = HubGap.get_or_none((HubGap.till == till) & (HubGap.first <= sequence) & (HubGap.last >= sequence))
        if held is not None:
            _put(held, hub.without((held.first, held.last), sequence))
    if lost_to:
        _lost(till, lost_to)
    if sequence > top:
        store.execute("UPDATE hub_till SET top_sequence = ? WHERE till = ?", (sequence, till))


def _lost(till: str, lost_to: int) -> None:
    """The numbers right below a record of lost ones come no more: what is here below them ends the loss."""
    held = HubGap.get_or_none((HubGap.till == till) & (HubGap.last == lost_to))
    if held is not None:
        _put(held, [])


def _put(held: Any, left: list[tuple[int, int]]) -> None:
    HubGap.delete().where((HubGap.till == held.till) & (HubGap.first == held.first)).execute()
    for first, last in left:
        HubGap.create(till=held.till, first=first, last=last, found_at=held.found_at)


def gaps(store: Store, till: str, most: int = 20) -> list[tuple[int, int]]:
    """Numbers of a till that are not here, first to last, the oldest first."""
    with store.reading():
        asked = HubGap.select(HubGap.first, HubGap.last).where(HubGap.till == till).order_by(HubGap.first).limit(most)
        return [(first, last) for first, last in tuples(asked)]


def missing(store: Store) -> dict[str, int]:
    """How many numbers of each till are not here."""
    found: dict[str, int] = {}
    with store.reading():
        for till, first, last in tuples(HubGap.select(HubGap.till, HubGap.first, HubGap.last)):
            found[till] = found.get(till, 0) + last - first + 1
    return found
