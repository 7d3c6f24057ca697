"""Who may come in as a Web Connector. Wrong user and wrong password are one thing: the same answer, the same work.

Wrong ones are counted for a user from an address, and for a user from anywhere; after `[qbwc] wrong_tries` (ten times
as many from anywhere) the door is shut for that user from there for a quarter of an hour, whatever is shown.
It is never shut for an address as a whole, since companies share them, nor from afar for a user at the address their
sessions came from. Counts are of this process; a restart begins anew.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from pos import clock
from pos.said import said
from pos.store import notices, qbd_companies, qbd_tickets
from pos.store.db import Store
from pos.store.qbd_companies import Desktop

log = logging.getLogger(__name__)

WITHIN_SECONDS = 15 * 60.0
FROM_ANYWHERE = 10
COUNTED_MAX = 5000
#: Passwords looked at side by side: each takes tens of megabytes and a processor for a while. So many more wait; the
#: threads of the server are the till's, too.
AT_ONCE = 2
WAITING = 1
#: One line of the log for each sort of refusal, at most this often.
TOLD_SECONDS = 60.0
_ANYWHERE = ""


class Busy(Exception):
    """So many passwords are being looked at that this one was not."""


@dataclass(slots=True)
class _Count:
    wrong: int = 0
    since: float = 0.0


@dataclass(slots=True)
class Door:
    """What one process remembers of sign-ins: counts, and passwords that were right a moment ago (as keyed digests)."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    _line: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE + WAITING))
    _counts: OrderedDict[tuple[str, str], _Count] = field(default_factory=OrderedDict)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _good: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _told: dict[str, tuple[float, int]] = field(default_factory=dict)
    _clients: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def let_in(self, store: Store, username: str, password: str, address: str) -> Desktop | None:
        """The company file whose user and password these are; None for everybody else. Busy."""
        if self._is_shut(store, username, address):
            return None
        row = qbd_companies.by_username(store, username[: qbd_companies.NAME_CHARS_MAX + 1])
        if self._is_right(row, password):
            with self._lock:
                self._counts.pop((username, address), None)
            return row
        self._count(store, username, address)
        return None

    def look_at(self, row: Desktop | None, password: str) -> bool:
        """Whether it is the password; for nobody's the same work in vain. A few at a time. Busy."""
        if not self._line.acquire(blocking=False):
            raise Busy
        try:
            with self._turns:
                return qbd_companies.matches(row, password)
        finally:
            self._line.release()

    def turned_away(self, what: str, address: str) -> None:
        """Somebody was refused. In the log, with how many there were since the last line of that sort."""
        with self._lock:
            now = clock.monotonic()
            at, many = self._told.get(what, (now - TOLD_SECONDS, 0))
            if now - at < TOLD_SECONDS:
                self._told[what] = (at, many + 1)
                return
            self._told[what] = (now, 0)
        log.warning("Web Connector refused: %s, from %s (%s more since the last such line)", what, address, many)

    def told_version(self, address: str, version: str) -> None:
        """Which Web Connector calls from there. It says so before it signs in."""
        with self._lock:
            self._clients[address] = version[:30]
            self._clients.move_to_end(address)
            if len(self._clients) > COUNTED_MAX:
                self._clients.popitem(last=False)

    def version_of(self, address: str) -> str:
        with self._lock:
            return self._clients.get(address, "")

    # -- within --------------------------------------------------------------------------------------------------------

    def _is_right(self, row: Desktop | None, password: str) -> bool:
        shown = hmac.new(self._key, password.encode("utf-8", "replace"), hashlib.sha256).digest()
        known = self._good.get(row.connection) if row is not None else None
        fits = row is not None and known is not None and known[0] == row.password_hash
        if fits and known is not None and hmac.compare_digest(known[1], shown):
            return True
        right = self.look_at(row, password)
        if right and row is not None:
            self._good[row.connection] = (row.password_hash, shown)
        return right

    def _is_shut(self, store: Store, username: str, address: str) -> bool:
        most = store.config.qbwc.wrong_tries
        with self._lock:
            if self._wrong(username, address) >= most:
                return True
            from_anywhere = self._wrong(username, _ANYWHERE) >= most * FROM_ANYWHERE
        return from_anywhere and not qbd_tickets.came_from(store, username, address)

    def _wrong(self, username: str, address: str) -> int:
        count = self._counts.get((username, address))
        return 0 if count is None or clock.monotonic() - count.since > WITHIN_SECONDS else count.wrong

    def _count(self, store: Store, username: str, address: str) -> None:
        with self._lock:
            now = clock.monotonic()
            for key in ((username, address), (username, _ANYWHERE)):
                count = self._counts.setdefault(key, _Count(0, now))
                if now - count.since > WITHIN_SECONDS:
                    count.wrong, count.since = 0, now
                count.wrong += 1
                self._counts.move_to_end(key)
            while len(self._counts) > COUNTED_MAX:
                self._counts.popitem(last=False)
            shut = self._counts[(username, address)].wrong == store.config.qbwc.wrong_tries
        if shut:  # told of names nobody has, too: it must take the same time
            words = said("Somebody at {address} typed a wrong user or password of the Web Connector too often.",
                         address=address)  # fmt: skip
            remedy = said(
                "After a quarter of an hour it is let in again. Was the password changed? Type it anew there."
            )
            notices.raise_notice(store, "qbwc-refused", "check", words, remedy, event=True)
