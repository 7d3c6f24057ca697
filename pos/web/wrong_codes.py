"""One-time codes that were typed wrong, by anybody and for anything: after so many in a minute nobody may type one."""

from __future__ import annotations

from pos import clock
from pos.store.people import LockedOut

#: Wrong codes a minute, from anywhere; a code has 49 bits.
TRIES_MAX = 10
_SECONDS = 60

_wrong: list[float] = []


def refuse_too_many() -> None:
    """LockedOut (429) after TRIES_MAX wrong ones within a minute. Before a code is looked at."""
    since = clock.monotonic() - _SECONDS
    _wrong[:] = [at for at in _wrong if at > since][-TRIES_MAX:]
    if len(_wrong) >= TRIES_MAX:
        raise LockedOut("Too many wrong codes. Try again in a minute.")


def count() -> None:
    """One more was wrong."""
    _wrong.append(clock.monotonic())
