"""Which request meets which fault: by name, or drawn from a seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from typing import ClassVar

#: Faults of the line alone, the same with every system. "done" = it has acted before the failure.
OF_THE_LINE = {
    "reset_before": "connection reset, nothing done",
    "reset_after": "connection reset, done",
    "closed_after": "connection closed without an answer, done",
    "half_answer": "half the answer, done",
    "garbage": "200 with something that is no JSON, done",
    "slow_before": "a long silence, then done; the client may have given up",
    "slow_after": "done, then a long silence",
}


class Drawn:
    """Decides what happens to the next request. Drawn from the seed by rates; named ones come first.

    rates: kind -> probability per request (their sum at most 1). only: which requests the drawn ones may hit: a sort
    ("writes", "reads", …) or "all". KINDS: every fault there is, and what it does. APART: sorts that "all" leaves out.
    """

    KINDS: ClassVar[Mapping[str, str]] = OF_THE_LINE
    APART: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, seed: int = 0, rates: Mapping[str, float] | None = None, *, only: str = "all") -> None:
        unknown = set(rates or ()) - set(self.KINDS)
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
        """The next request of this sort, or of "all", meets this fault."""
        if kind not in self.KINDS:
            raise ValueError(f"no such fault: {kind}")
        with self._lock:
            self._named += [(kind, hits)] * times

    def clear(self) -> None:
        with self._lock:
            self._named.clear()

    def draw(self, sort: str) -> str:
        """The fault of this request; empty = none."""
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

    def between(self, least: float, most: float) -> float:
        """A figure from the seed."""
        with self._lock:
            return self._random.uniform(least, most)

    def _meant(self, hits: str, sort: str) -> bool:
        return hits == sort or (hits == "all" and sort not in self.APART)

    def _counted(self, kind: str) -> str:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return kind
