"""When a message to QuickBooks Desktop goes again; what a code means is said in `pos.connectors.qbd.codes`.

60, 300, 900, then every 3600 seconds, and after so many tries a person decides. A no that will not change by itself
(3100, 3140, 3170, 3200, 3250, a message that cannot be built, 0x80040400) is never tried again by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SECONDS = (60, 300, 900, 3600)
#: A due time further ahead than this means the clock was set back: it is due.
AHEAD_MAX = timedelta(seconds=2 * SECONDS[-1])
#: What a message that could not be built has for a code.
BUILD_ERROR = "BUILD_ERROR"
#: What QuickBooks booked is not what was sent.
DIFFERS = "DIFFERS"
#: No answer came, or one nobody can read.
LOST = "LOST"
#: An answer that is not one to what was asked.
NOT_OURS = "NOT_OURS"


def again_at(tries: int, now: datetime) -> datetime:
    """When it goes again after so many tries."""
    return now + timedelta(seconds=SECONDS[min(max(tries, 1), len(SECONDS)) - 1])


def is_over(tries: int, tries_max: int) -> bool:
    """Whether it was tried often enough, and a person decides. 0 = never."""
    return 0 < tries_max <= tries


def percent(done: int, left: int) -> int:
    """How much of a session's work is done: 1 to 99 while anything is left, 100 when nothing is."""
    return max(1, min(99, 100 * done // (done + left))) if left > 0 else 100
