"""Eight clients that buy without a pause and twenty screens that listen; then everything is verified.

python -m tests.load --minutes 10
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from pathlib import Path

import psutil
from websocket import WebSocketException, create_connection

from tests.bench import measure, shoppers
from tests.till_process import Till

CLIENTS, SCREENS = 8, 20
PIECE_SECONDS = 30.0


class Screens:
    """Screens that listen until they are told to end; `heard` counts their messages."""

    def __init__(self, till: Till) -> None:
        self.heard = 0
        headers = [f"Authorization: Bearer {till.key}"]
        url = f"ws://127.0.0.1:{till.port}/live"
        self.lines = [create_connection(url, header=headers, timeout=60) for _ in range(SCREENS)]
        self.threads = [threading.Thread(target=self._listen, args=(line,), daemon=True) for line in self.lines]
        for thread in self.threads:
            thread.start()

    def _listen(self, line: object) -> None:
        try:
            while json.loads(line.recv()):  # type: ignore[attr-defined]
                self.heard += 1
        except (WebSocketException, OSError, ValueError):
            return

    def close(self) -> None:
        """End them all; how many had been cut before."""
        for line in self.lines:
            line.close()


def main() -> int:
    """0 when every sale was acknowledged, every screen kept hearing, and verify finds everything whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1, help="not used: the load has nothing random in it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Till(Path(folder), "--demo") as till:
        template = shoppers.priced(till, shoppers.codes(till, 3))
        process = psutil.Process(till.process.pid)
        screens = Screens(till)
        sales, memory = [], []
        for piece in range(max(1, round(given.minutes * 60 / PIECE_SECONDS))):
            samples, took = shoppers.buy(till, template, CLIENTS, min(PIECE_SECONDS, given.minutes * 60))
            sales += samples
            memory.append(process.memory_info().rss / 2**20)
            p99 = measure.ms(measure.percentile(samples, 99))
            print(f"  {piece + 1} {len(samples) / took:.0f}/s, p99 {p99} ms, {memory[-1]:.0f} MiB", flush=True)
        heard = screens.heard
        screens.close()
        verified = till.command("verify")
    spread = dict(zip(("p50", "p95", "p99", "max"), measure.spread(sales), strict=True))
    print(f"load: {len(sales)} sales by {CLIENTS} clients, {spread} ms; {SCREENS} screens heard {heard} messages")
    print(f"  memory: {memory[0]:.0f} MiB after the first {PIECE_SECONDS:.0f} s, {memory[-1]:.0f} MiB at the end")
    print(f"  verify: {verified.stdout.strip()}")
    return 0 if verified.returncode == 0 and heard > SCREENS else 1


if __name__ == "__main__":
    sys.exit(main())
