"""How a sign-in by OAuth stands: from when its keys end, and what a person or a program took away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Every state, from well to worst; those behind `SENDING` need a person before anything goes out.
STATES = ("connected", "refresh_expiring", "needs_reauth", "refresh_expired", "missing_refresh_token", "missing_tokens")
SENDING = ("connected", "refresh_expiring")
#: An access token is renewed this long before it ends.
EARLY = timedelta(minutes=5)
#: "Expiring" is said from so many days before the end on.
EXPIRING_DAYS = 30


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a sign-in. refresh_until, hard_until: None = not known. needs_person: latched until a person
    signs in again."""

    access: bool
    refresh: bool
    refresh_until: datetime | None = None
    hard_until: datetime | None = None
    needs_person: bool = False


def state(kept: Kept, now: datetime) -> str:
    """One of STATES. A latch comes before the calendar: a sign-in that was taken back may still have days left."""
    if not kept.access and not kept.refresh:
        return "missing_tokens"
    if not kept.refresh:
        return "missing_refresh_token"
    if kept.needs_person:
        return "needs_reauth"
    end = ends(kept)
    if end is not None and end <= now:
        return "refresh_expired"
    if end is not None and end - now <= timedelta(days=EXPIRING_DAYS):
        return "refresh_expiring"
    return "connected"


def ends(kept: Kept) -> datetime | None:
    """When it ends unless somebody signs in again: the rolling end or the hard one, whichever is sooner."""
    known = [at for at in (kept.refresh_until, kept.hard_until) if at is not None]
    return min(known) if known else None


def days_left(end: datetime | None, now: datetime) -> int | None:
    """Whole days until then, nought on the last one; None = not known."""
    return None if end is None else max(0, (end - now).days)


def is_good(until: datetime | None, now: datetime) -> bool:
    """Whether an access token may still be used: it ends later than EARLY from now."""
    return until is not None and until - EARLY > now


def warned(days: int | None, at: Sequence[int]) -> int | None:
    """Which warning of `at` (days before the end) holds now: the nearest one reached; None = none yet."""
    if days is None:
        return None
    reached = [one for one in at if days <= one]
    return min(reached) if reached else None
