"""The way out: receipts delivered per second against the emulator, and what selling notices of a slow ERPNext."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import measure, shoppers
from tests.contract.emulators.erpnext_shops import MANAGER, TILL
from tests.till_process import REPO, Till

RECEIPTS = 1_000
SLOW_MS = 300
LOAD_SECONDS = 20.0
PAUSE_SECONDS = 0.03
DRAIN_SECONDS_MAX = 900.0


def run() -> None:
    """Print both tables."""
    with measure.scratch() as folder:
        delivered(folder / "fast")
    with measure.scratch() as folder:
        beside_a_slow_site(folder / "slow")


def delivered(root: Path) -> None:
    """1,000 receipts wait; the site comes up; how fast do they get there?"""
    port = free_port()
    with waiting(root, port) as (till, _), emulator(till, port, 0):
        first = until(till, lambda s: s["booked"] > 0)
        before, booked = measure.cpu_seconds(till.process.pid), first["booked"]
        began = time.perf_counter()
        until(till, lambda s: s["waiting"] == 0)
        took = time.perf_counter() - began
        count = RECEIPTS - booked
        cpu = (measure.cpu_seconds(till.process.pid) - before) / count
    rows = [
        ("receipts", count),
        ("booked, read back and compared, per second", f"{count / took:.1f}"),
        ("processor time of the till per receipt", f"{measure.ms(cpu)} ms"),
    ]
    measure.table("Delivery against the emulator on the same box", ("what", "figure"), rows)


def beside_a_slow_site(root: Path) -> None:
    """The same load on a quiet till, and while 1,000 receipts drain to a site that takes 300 ms for each request."""
    port = free_port()
    with waiting(root, port) as (till, template):
        quiet, _ = shoppers.buy(till, template, 1, LOAD_SECONDS, PAUSE_SECONDS)
        with emulator(till, port, SLOW_MS):
            until(till, lambda s: s["booked"] > 0)
            busy, _ = shoppers.buy(till, template, 1, LOAD_SECONDS, PAUSE_SECONDS)
            left = status(till)["waiting"]
    ratio = measure.percentile(busy, 99) / measure.percentile(quiet, 99)
    rows = [
        ["quiet (the site is down)", len(quiet), *measure.spread(quiet), "1.00"],
        [f"draining, {SLOW_MS} ms a request, {left} still waiting", len(busy), *measure.spread(busy), f"{ratio:.2f}"],
    ]
    heads = ("sale latency while", "sales", "p50", "p95", "p99", "max", "p99 / quiet")
    measure.table(f"Selling while sync_out drains {RECEIPTS:,} receipts", heads, rows)


@contextmanager
def waiting(root: Path, port: int) -> Iterator[tuple[Till, dict[str, Any]]]:
    """A connected demo till whose site is down, with 1,000 receipts in its outbox."""
    env = {"ERPNEXT_URL": f"http://127.0.0.1:{port}", "ERPNEXT_API_KEY": TILL[0], "ERPNEXT_API_SECRET": TILL[1]}
    with Till(root, "--demo", env=env) as till:
        template = shoppers.priced(till, shoppers.codes(till, 3))
        line = till.line()
        for _ in range(RECEIPTS):
            code, answer = line.ask("POST", "/api/create-sale", {**template, "id": shoppers.new_id()})
            assert code == 201, answer
        line.close()
        yield till, template


@contextmanager
def emulator(till: Till, port: int, delay_ms: int) -> Iterator[None]:
    """An ERPNext as recorded, in a process of its own, answering each request after so long; made ready by setup."""
    words = [sys.executable, "-m", "tests.contract.emulators.erpnext", "--port", str(port), "--delay-ms", str(delay_ms)]
    site = subprocess.Popen(words, cwd=REPO, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not listens(port):
            assert site.poll() is None, "the emulator did not start"
            time.sleep(0.05)
        done = till.command("erpnext", "setup", "--admin-key", MANAGER[0], "--admin-secret", MANAGER[1])
        assert done.returncode == 0, done.stdout + done.stderr
        yield
    finally:
        site.terminate()
        site.wait()


def listens(port: int) -> bool:
    """Whether anybody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def status(till: Till) -> dict[str, Any]:
    """What the status bar is told."""
    line = till.line()
    _, answer = line.ask("GET", "/api/status")
    line.close()
    return answer


def until(till: Till, done: Any) -> dict[str, Any]:
    """Wait for a status; the status that fits."""
    deadline = time.perf_counter() + DRAIN_SECONDS_MAX
    while not done(found := status(till)):
        assert time.perf_counter() < deadline, found
        time.sleep(0.05)
    return found


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
