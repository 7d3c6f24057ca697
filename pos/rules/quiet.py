"""Quiet hours: from one time of the wall clock to another, over midnight where the first is the later one."""

from __future__ import annotations

from datetime import time


def is_quiet(at: time, begin: time, end: time) -> bool:
    """Whether a moment lies in the quiet hours; the end itself does not. Equal times = no quiet hours."""
    if begin <= end:
        return begin <= at < end
    return at >= begin or at < end
