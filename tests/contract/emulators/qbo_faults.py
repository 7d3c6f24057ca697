"""What goes wrong between a till and QuickBooks Online, from a seed or by name."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping

#: name -> what happens to the request. "done" = it is booked before the failure.
KINDS = {
    "reset_before": "connection reset, nothing done",
    "reset_after": "connection reset, done",
    "closed_after": "connection closed without an answer, done",
    "half_answer": "half the answer, done",
    "garbage": "200 with something that is no JSON, done",
    "slow_before": "a long silence, then done; the client may have given up",
    "slow_after": "done, then a long silence",
    "late": "connection closed without an answer, done up to 110 s later",
    "throttled": "429, nothing done",
    "throttled_lower": "429 in lower case, nothing done",
    "gateway_text": "504 `stream timeout` as plain text, nothing done",
    "gateway_text_after": "504 `stream timeout` as plain text, done",
    "gateway_html": "503 with a page, nothing done",
    "gateway_html_after": "502 with a page, done",
    "system": "500 SystemFault 10000, nothing done",
    "system_after": "500 SystemFault 10000, done",
    "fault_in_200": "SystemFault 10000 inside a 200, nothing done",
    "unauthorised": "401 although the token is young, nothing done",
    "inventory_lock": "6000, somebody else holds the inventory products, nothing done",
}
LATE_SECONDS_MAX = 110


class Faults:
    """Decides what happens to the next request. Drawn from the seed by rates; named ones come first.

    rates: kind -> probability per request (their sum at most 1). only: which requests the drawn ones may hit:
    "writes", "reads", "token" (the token address) or "all" (reads and writes).
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
        """The next request of this sort ("writes", "reads", "token", "all") meets this fault."""
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        with self._lock:
            self._named += [(kind, hits)] * times

    def clear(self) -> None:
        with self._lock:
            self._named.clear()

    def draw(self, sort: str) -> str:
        """The fault of this request; empty = none. sort: "writes", "reads" or "token"."""
        with self._lock:
            for i, (kind, hits) in enumerate(self._named):
                if self._meant(hits, sort):
                    del self._named[i]
                    return self._counted(kind)
            if not self.on or not self._rates or not self._meant(self._only, sort):
                return ""
            at = self._random.random()
            for kind, rate in self._rates.items():
                at -= rate
                if at < 0:
                    return self._counted(kind)
            return ""

    def late_seconds(self) -> float:
        """How long after a lost request it is booked."""
        with self._lock:
            return self._random.uniform(1, LATE_SECONDS_MAX)

    @staticmethod
    def _meant(hits: str, sort: str) -> bool:
        return hits == sort or (hits == "all" and sort != "token")

    def _counted(self, kind: str) -> str:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return kind
