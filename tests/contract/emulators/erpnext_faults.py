"""What goes wrong between a till and an ERPNext site, from a seed or by name."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping

#: name -> what happens to the request. "done" = the site has acted before the failure.
KINDS = {
    "reset_before": "connection reset, nothing done",
    "reset_after": "connection reset, done",
    "closed_after": "connection closed without an answer, done",
    "half_answer": "half the answer, done",
    "garbage": "200 with something that is no JSON, done",
    "slow_before": "a long silence, then done; the client may have given up",
    "slow_after": "done, then a long silence",
    "deadlock": "500 QueryDeadlockError, nothing done",
    "lock_timeout": "500 QueryTimeoutError, nothing done",
    "html_500": "500 with a page, nothing done",
    "html_502_after": "502 with a page from the proxy, done",
    "html_504": "504 with a page from the proxy, nothing done",
    "database_down": "500 OperationalError, nothing done",
    "rate_limit": "429 with Retry-After, nothing done",
    "maintenance": "503 SessionStopped, nothing done",
    "redirect": "302 to another host, nothing done",
}


class Faults:
    """Decides what happens to the next request. Drawn from the seed by rates; named ones come first.

    rates: kind -> probability per request (their sum at most 1). only: which requests the drawn ones may hit:
    "writes" (POST and PUT that change something), "reads" or "all".
    """

    def __init__(self, seed: int = 0, rates: Mapping[str, float] | None = None, *, only: str = "all") -> None:
        unknown = set(rates or ()) - set(KINDS)
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        self._random = random.Random(seed)
        self._rates = dict(rates or {})
        self._only = only
        self._named: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self.counts: dict[str, int] = {}
        self.on = True

    def next(self, kind: str, *, hits: str = "writes", times: int = 1) -> None:
        """The next request of this sort ("writes", "reads", "all") meets this fault."""
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        with self._lock:
            self._named += [(kind, hits)] * times

    def clear(self) -> None:
        with self._lock:
            self._named.clear()

    def draw(self, writes: bool) -> str:
        """The fault of this request; empty = none."""
        with self._lock:
            for i, (kind, hits) in enumerate(self._named):
                if hits == "all" or (hits == "writes") == writes:
                    del self._named[i]
                    return self._counted(kind)
            if not self.on or not self._rates or (self._only != "all" and (self._only == "writes") != writes):
                return ""
            at = self._random.random()
            for kind, rate in self._rates.items():
                at -= rate
                if at < 0:
                    return self._counted(kind)
            return ""

    def _counted(self, kind: str) -> str:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return kind
