"""What QuickBooks Online costs the till: its token, a document from looking its number up to reading it back, and a
pull of 10,000 customers by a process of its own, whose memory must not grow with them."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents import quickbooks_sync
from pos import clock
from pos.actions import deliver, qbo_alive, qbo_jobs, qbo_sync
from pos.agent import Run
from pos.connectors.qbo import pace
from pos.http import Http
from pos.store import sync_jobs
from pos.store.db import open_store
from tests.bench import measure
from tests.contract import qbo_books, qbo_sites
from tests.contract.qbo_office import EXCLUSIVE, Office
from tests.till_process import REPO

TOKENS, RENEWALS, DOCUMENTS = 2_000, 60, 300
CUSTOMERS = (1_000, 10_000)
HEADS = ("what", "p50", "p95", "p99", "most")


def run() -> None:
    """Print the tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace, "APART_SECONDS", 0.0)  # its own wait, which is a setting and no cost
        with measure.scratch() as folder:
            _documents(folder, patch)
    pulls()


def pulls() -> None:
    """The second table."""
    rows = []
    for size in CUSTOMERS:
        with measure.scratch() as folder:
            rows.append(_pulled(folder, size))
    heads = ("customers", "seconds", "customers a second", "memory before, MB", "grown by, MB")
    measure.table("A pull of customers by a process of its own", heads, rows)


def _times(count: int, work: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(count):
        began = clock.monotonic()
        work()
        found.append(clock.monotonic() - began)
    return found


def _documents(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """One document a receipt, so that there are many to time."""
    spent, calls, each = [0.0], [0], list[tuple[float, float]]()

    def timed(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            began = clock.monotonic()
            try:
                return real(*given, **named)
            finally:
                spent[0] += clock.monotonic() - began
                calls[0] += 1

        return call

    with qbo_books.shop(folder, signed_in=True, TILLKEEP_QUICKBOOKS_GRAIN="receipt") as shop:
        tokens = qbo_alive.Tokens(shop.store, shop.config, "quickbooks")
        rows = [["a token that is good", *measure.spread(_times(TOKENS, tokens.access))]]
        rows.append(["a token that is renewed", *measure.spread(_times(RENEWALS, tokens.keep_alive))])
        for _ in range(DOCUMENTS):
            shop.sell()
        shop.passes(minutes=11)
        one = deliver._one

        def measured(*given: Any) -> None:
            before, began = spent[0], clock.monotonic()
            one(*given)
            whole, there = clock.monotonic() - began, spent[0] - before
            each.append((whole, whole - there))

        patch.setattr(deliver, "_one", measured)
        patch.setattr(Http, "read", timed(Http.read))
        patch.setattr(Http, "send", timed(Http.send))
        shop.client.ping()
        calls[0] = 0
        done = shop.round()
        assert done.booked == DOCUMENTS, done
        shop.journal.close()
    rows.append([f"a document, {calls[0] / DOCUMENTS:.2f} calls", *measure.spread([whole for whole, _ in each])])
    rows.append(["of it outside of the calls", *measure.spread([own for _, own in each])])
    measure.table(f"QuickBooks Online, {DOCUMENTS} documents of one receipt, milliseconds", HEADS, rows)


def _pulled(folder: Path, size: int) -> list[str]:
    with qbo_sites.running() as site:
        office = Office(folder, site)
        office.store.close()
        for at in range(size):
            site.gb.seed(
                "Customer", DisplayName=f"Customer {at:06d}", PrimaryEmailAddr={"Address": f"c{at}@shop.example"},
                BillAddr={"Line1": f"{at} High Street", "City": "Leeds", "PostalCode": "LS1 1AA"},
            )  # fmt: skip
        line = [sys.executable, "-m", "tests.bench.quickbooks_bench", str(folder), site.url]
        done = subprocess.run(line, capture_output=True, text=True, cwd=REPO, check=True, timeout=1800)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["synced"] >= size, told
    return [
        f"{size:,}", f"{told['seconds']:.1f}", f"{size / told['seconds']:.0f}", str(told["before"]),
        str(told["after"] - told["before"]),
    ]  # fmt: skip


def _peak() -> int:
    """Memory at its highest, MB; on Linux of this program alone, not of what started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def pull(root: str, url: str) -> None:
    """The process that pulls: one job to its end, and what it took."""
    pace.APART_SECONDS = 0.0
    store = open_store(qbo_sites.till_config(Path(root), url, **EXCLUSIVE))
    job = Run(
        quickbooks_sync.AGENT, None, None, "schedule", clock.now(), store, store.config, "server:1:bench", {},
        lambda event: None, None, lambda: False,
    )  # fmt: skip
    (n,) = qbo_sync.ask(store, store.config, "main", "pull", ("customers",), "7", ())
    before, began = _peak(), clock.monotonic()
    qbo_jobs.work(job)
    seconds = clock.monotonic() - began
    done = sync_jobs.get(store, "main", n)
    assert done.state == "synced", done
    print(json.dumps({"seconds": seconds, "synced": done.totals["synced"], "before": before, "after": _peak()}))
    store.close()


if __name__ == "__main__":
    pull(sys.argv[1], sys.argv[2])
