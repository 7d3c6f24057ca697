"""How fast a company of QuickBooks Online may be spoken to: never 10 in a second, never 500 in a minute.

One pace for each company in this process, whoever speaks; requests are spread evenly, so that no limit is ever near.
After "too many requests" nothing is sent for a minute, and whoever wants to is told so without a try.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from pos import clock
from pos.connectors.qbo.errors import THROTTLED_SECONDS
from pos.errors import Unavailable
from pos.said import said

#: 496 in a minute and 9 in any second at most.
APART_SECONDS = 0.121
#: Whoever would wait longer is told to come back.
WAIT_SECONDS_MAX = 20.0


class Pace:
    """The turn of one company. Safe for threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._next = 0.0
        self._shut_until = 0.0

    def wait(self) -> None:
        """Wait for the next turn. Unavailable ("busy") while they want none, or when the queue is too long."""
        with self._turn:
            now = clock.monotonic()
            if self._shut_until > now:
                raise _busy(self._shut_until - now)
            at = max(self._next, now)
            if at - now > WAIT_SECONDS_MAX:
                raise _busy(at - now)
            self._next = at + APART_SECONDS
        if at > now:
            threading.Event().wait(at - now)

    def shut(self) -> None:
        """They said "too many requests"."""
        with self._turn:
            self._shut_until = clock.monotonic() + THROTTLED_SECONDS


_paces: dict[tuple[str, str], Pace] = {}
_making = threading.Lock()


def of(address: str, realm: str) -> Pace:
    """The one pace of a company at an address, in this process."""
    with _making:
        return _paces.setdefault((address, realm), Pace())


def _busy(seconds: float) -> Unavailable:
    at: datetime = clock.now() + timedelta(seconds=seconds)
    return Unavailable(said("QuickBooks asks to send less; it goes on in a minute."), code="busy", retry_at=at)
