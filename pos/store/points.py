"""Named places on the way of a sale to the disk, where the crash proof ends the process. No-ops unless armed.

`TILLKEEP_KILL_AT=after_commit:3` kills this process with SIGKILL when it passes `after_commit` for the third time.
Armed by the environment alone, at import: nothing on the network or in a setting reaches it.
"""

from __future__ import annotations

import os
import signal
import threading

#: Every point, in the order a sale passes them; the crash proof walks this list.
POINTS = (
    "before_begin",
    "after_insert",
    "before_commit",
    "after_commit",
    "before_file",
    "in_file",
    "before_replace",
    "after_replace",
    "before_answer",
    "before_flush",
    "after_flush",
    "after_watermark",
    "before_checkpoint",
    "after_checkpoint",
)

_name, _left = "", 0
_lock = threading.Lock()


def arm(where: str) -> None:
    """`point:count`: end this process at that passing; "" disarms. ValueError for a point that is none."""
    global _name, _left
    name, _, count = where.partition(":")
    if name and name not in POINTS:
        raise ValueError(f"TILLKEEP_KILL_AT names {name!r}; the points are: {', '.join(POINTS)}")
    _name, _left = name, int(count or 1)


def at(point: str) -> None:
    """Pass a point. Ends the process when it is armed and its count is reached."""
    if point == _name:
        _passed()


def _passed() -> None:
    global _left
    with _lock:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


arm(os.environ.get("TILLKEEP_KILL_AT", ""))
