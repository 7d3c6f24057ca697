"""Sales while somebody sends 10,000 bad requests: beside quiet, and beside a till with nothing that holds it up.

The flood comes from the till's own machine, so it has the processor's other half for itself: more than any stranger's.
"""

from __future__ import annotations

import itertools
import socket
import threading
from collections import Counter
from pathlib import Path

from tests.bench import measure, shoppers
from tests.till_process import REPO, Till

LINES = 3
BAD_REQUESTS = 10_000
#: Connections that ask at once.
NUISANCES = 16
#: Quiet and flood take turns of this length, so that other work on the box meets both.
PIECE_SECONDS = 10.0
#: A cashier is no machine: a pause between two sales keeps one processor for whatever else happens.
PAUSE = 0.05

_HEAD = "POST /api/create-sale HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
BAD = tuple(
    text.encode()
    for text in (
        "GET /api/items HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET /wp-admin/setup.php HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        _HEAD + "Authorization: Bearer tk_guess\r\nContent-Length: 2\r\n\r\n{}",
        _HEAD + "Content-Length: 9999999999\r\n\r\n",
        _HEAD + "Content-Length: 4\r\n\r\n[[[[",
        "\x16\x03\x01\r\n\r\n",
    )
)


class Flood:
    """Threads that send bad requests, a connection each, while they are let; `answers` counts by status."""

    def __init__(self, port: int, count: int) -> None:
        self.port, self.answers = port, Counter[str]()
        self.go = threading.Event()
        self._left = itertools.islice(itertools.cycle(BAD), count)
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send) for _ in range(NUISANCES)]
        for thread in self._threads:
            thread.start()

    def is_over(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _send(self) -> None:
        while self.go.wait():
            with self._lock:
                words = next(self._left, None)
            if words is None:
                return
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
                    line.sendall(words)
                    status = line.recv(4096)[9:12].decode()
            except OSError:
                status = ""
            with self._lock:
                self.answers[status or "no answer"] += 1


def run() -> None:
    """The till as it is, then one whose turnstile lets everybody through: the control."""
    rows: list[list[object]] = []
    with measure.scratch() as folder:
        rows += _one_till(folder / "held", {}, "")
        rows += _one_till(folder / "open", {"PYTHONPATH": str(_no_turnstile(folder))}, ", no turnstile (control)")
    measure.table(
        f"Pay -> acknowledged, {LINES} lines, one till; {BAD_REQUESTS:,} bad requests, {NUISANCES} at a time, in turns",
        ("what", "sales", "bad requests per s", "p50", "p95", "p99", "max", "p99 / quiet"),
        rows,
    )


def _one_till(root: Path, env: dict[str, str], words: str) -> list[list[object]]:
    quiet: list[float] = []
    flooded: list[float] = []
    seconds = 0.0
    with Till(root, "--demo", env=env) as till:
        template = shoppers.priced(till, shoppers.codes(till, LINES))
        shoppers.buy(till, template, 1, 2.0)
        flood = Flood(till.port, BAD_REQUESTS)
        while not flood.is_over():
            flood.go.clear()
            quiet += shoppers.buy(till, template, 1, PIECE_SECONDS, PAUSE)[0]
            flood.go.set()
            samples, took = shoppers.buy(till, template, 1, PIECE_SECONDS, PAUSE)
            flooded += samples
            seconds += took
        verified = till.command("verify")
    assert verified.returncode == 0, verified.stdout
    assert not any(status[:1] in "25" for status in flood.answers), flood.answers
    print(f"\nanswers{words}: {dict(flood.answers)}; {verified.stdout.strip()}")
    ratio = measure.percentile(flooded, 99) / measure.percentile(quiet, 99)
    rate = f"{BAD_REQUESTS / seconds:.0f}"
    return [
        [f"quiet{words}", len(quiet), "–", *measure.spread(quiet), "1.00"],
        [f"flood{words}", len(flooded), rate, *measure.spread(flooded), f"{ratio:.2f}"],
    ]


def _no_turnstile(folder: Path) -> Path:
    """A folder for PYTHONPATH that takes the protection out: without it the figures have to be worse."""
    made = folder / "control"
    made.mkdir()
    words = (
        f"import sys\nsys.path.insert(0, {str(REPO)!r})\nfrom pos.web import turnstile\nturnstile.ALLOWANCE = 10**9\n"
    )
    (made / "sitecustomize.py").write_text(words, encoding="utf-8")
    return made
