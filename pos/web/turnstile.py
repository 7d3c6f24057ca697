"""Whoever is refused again and again waits, so that a flood of bad requests takes little from those who sell.

Each refusal (a 4xx answer) costs whoever asked one piece of their allowance; with none left their next requests are
served PER_SECOND, and what would have to wait too long is not served at all. Who asks is the key or the cookie that was
accepted a moment ago, else the address (of IPv6 the network, behind the trusted proxy what it says): so the signed-in
browser of a till is never held up for a stranger, not even for one on the same machine.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping

from pos import clock
from pos.config_checks import networks

log = logging.getLogger(__name__)

#: Refusals at once that hold nobody up: a page that asks a hundred wrong things has a fault, not a plan.
ALLOWANCE = 100
#: How many requests a second are served to somebody who used that up; as much of it comes back.
PER_SECOND = 50.0
#: Who would have to wait longer is turned away without an answer.
WAIT_SECONDS_MAX = 10.0
#: What is remembered: people and programs that were let in, and whoever was refused lately.
KNOWN_MAX, OWING_MAX = 1000, 4000
#: Set by the gate in the environ of a request whose key or cookie was good.
KNOWN = "tillkeep.known"
#: The same of a request that was refused although its answer is not one of 4xx, as a Web Connector is.
REFUSED = "tillkeep.refused"
#: One line of the log for a flood, at most this often.
TOLD_SECONDS = 60.0


class Turnstile:
    """How long each request waits. May be called from any thread; never waits itself."""

    def __init__(self, trusted_proxy: str = "") -> None:
        """trusted_proxy: as [server] trusted_proxy."""
        self._trusted = networks(trusted_proxy)
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._owing: dict[str, float] = {}  # who -> the moment at which everything is made good
        self._held = 0
        self._told_at = clock.monotonic() - TOLD_SECONDS

    def who(self, address: str, headers: Mapping[str, str]) -> str:
        """Who asks: by a key or cookie known to be good, else by address. headers: as waitress names them."""
        shown = _shown(headers)
        return shown if shown in self._known else _place(self._forwarded(address, headers))

    def wait(self, who: str) -> float:
        """Seconds until their next request is served: 0 for nearly everybody. Counts it, so call once a request."""
        with self._lock:
            now = clock.monotonic()
            seconds = self._owing.get(who, now) - now - ALLOWANCE / PER_SECOND
            if seconds <= 0:
                return 0.0
            if seconds <= WAIT_SECONDS_MAX:
                self._owing[who] += 1 / PER_SECOND
            self._held += 1
            self._tell(who, now)
            return seconds

    def refused(self, who: str) -> None:
        """An answer of 4xx went to them, to a request that had not waited."""
        with self._lock:
            now = clock.monotonic()
            if len(self._owing) >= OWING_MAX:
                self._forget(now)
            self._owing[who] = max(self._owing.get(who, now), now) + 1 / PER_SECOND

    def let_in(self, headers: Mapping[str, str]) -> None:
        """The request's key or cookie was good."""
        shown = _shown(headers)
        if not shown:
            return
        with self._lock:
            self._known[shown] = None
            self._known.move_to_end(shown)
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)

    def _forwarded(self, address: str, headers: Mapping[str, str]) -> str:
        named = headers.get("X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if not named or not self._trusted:
            return address
        try:
            proxy = ipaddress.ip_address(address)
        except ValueError:
            return address
        return named if any(proxy in network for network in self._trusted) else address

    def _forget(self, now: float) -> None:
        self._owing = {who: at for who, at in self._owing.items() if at > now}
        while len(self._owing) >= OWING_MAX:  # so many at once are one flood: who came first starts anew
            del self._owing[next(iter(self._owing))]

    def _tell(self, who: str, now: float) -> None:
        if now - self._told_at >= TOLD_SECONDS:
            log.warning("too many bad requests of %s: %s had to wait", who, self._held)
            self._told_at, self._held = now, 0


#: Where a key may stand, as waitress names headers.
_KEYS = ("AUTHORIZATION", "X_INVENTORY_TOKEN", "X_INVENTORY_ADMIN_TOKEN", "COOKIE")


def _shown(headers: Mapping[str, str]) -> str:
    """The key or the cookies a request came with, in a form that tells nothing; "" = none."""
    given = next(filter(None, (headers.get(name) for name in _KEYS)), "")
    return "key " + hashlib.sha256(given.encode("latin-1", "replace")).hexdigest()[:24] if given else ""


def _place(address: str) -> str:
    """The address; of IPv6 the network of 64 bits, of which a single machine has all addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "an address that is none"
    if found.version == 4 or found.is_loopback:
        return str(found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if "%" not in address else str(found)
