"""What this process counted since it started: plain numbers, cheap enough to stand on the way of every sale.

No query, no file, no library: a lock and an addition. `pos/web/metrics.py` writes them as monitors read them.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from pos import clock
from pos.errors import CannotSave
from pos.store.journal import Committed

#: Upper bounds of the histograms, in seconds.
COMMIT_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
#: Anybody can send any word as a method; only these get a series of their own.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "OPTIONS"})
REQUEST_BOUNDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(slots=True)
class Histogram:
    """How often something took how long. counts: by bound, the last one for everything above."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def copy(self) -> Histogram:
        twin = Histogram(self.bounds, total=self.total)
        twin.counts = self.counts[:]
        return twin


class Counted:
    """The counters of one server. Each method may be called from any thread; none raises, none waits."""

    def __init__(self) -> None:
        self.started = clock.now()
        self._lock = threading.Lock()
        self._documents: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._rounds: Counter[tuple[str, str, str]] = Counter()
        self._round_seconds: dict[tuple[str, str], float] = {}
        self._requests: Counter[tuple[str, str]] = Counter()
        self._commit = Histogram(COMMIT_BOUNDS)
        self._request = Histogram(REQUEST_BOUNDS)

    def saved(self, committed: Committed) -> None:
        """A document was saved. For `Journal.on_commit`."""
        with self._lock:
            self._documents[committed.doc["kind"]] += 1

    def timed(self, seconds: float, error: BaseException | None) -> None:
        """A document was on its way so long. For `Journal.on_timed`. A refusal in the shop's rules is no failure."""
        with self._lock:
            if error is None:
                self._commit.add(seconds)
            elif isinstance(error, CannotSave):
                self._refused[error.code] += 1

    def round_ended(self, agent: str, connection: str, outcome: str, seconds: float) -> None:
        """A round of an agent ended. For `Runner.on_round`."""
        with self._lock:
            self._rounds[agent, connection, outcome] += 1
            spent = self._round_seconds.get((agent, connection), 0.0)
            self._round_seconds[agent, connection] = spent + seconds

    def answered(self, method: str, status: int, seconds: float) -> None:
        """A request was answered."""
        with self._lock:
            self._requests[method if method in METHODS else "other", f"{status // 100}xx"] += 1
            self._request.add(seconds)

    def snapshot(self) -> Seen:
        """Everything as it stands now, in one piece."""
        with self._lock:
            return Seen(
                dict(self._documents), dict(self._refused), dict(self._rounds), dict(self._round_seconds),
                dict(self._requests), self._commit.copy(), self._request.copy(),
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """The counters at one moment. rounds: by agent, connection, outcome; requests: by method and "2xx", "4xx", …"""

    documents: dict[str, int]
    refused: dict[str, int]
    rounds: dict[tuple[str, str, str], int]
    round_seconds: dict[tuple[str, str], float]
    requests: dict[tuple[str, str], int]
    commit: Histogram
    request: Histogram
