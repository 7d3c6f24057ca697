"""Pay -> acknowledged: three lines, full durability, over HTTP, beside the machine's own append + fdatasync."""

from __future__ import annotations

from pathlib import Path

from tests.bench import flushes, measure, shoppers
from tests.till_process import Till

LINES = 3
SECONDS = 6.0
CLIENTS = (1, 4, 8)


def run() -> None:
    """Print one table per disk: this machine's, and the same with 5 ms added to each flush."""
    with measure.scratch() as folder:
        for delay_ms in (0, 5):
            if delay_ms and flushes.shim(folder) is None:
                print("\nThe slow disk is left out: it needs Linux and gcc.")
                continue
            one_disk(folder, delay_ms)


def one_disk(folder: Path, delay_ms: int) -> None:
    """All client counts on a disk whose flushes take `delay_ms` longer."""
    limit = flushes.append_and_flush(folder / "limit", 400 if delay_ms else 2000, delay_ms)
    rows: list[list[object]] = [
        ["append + fdatasync", "1", f"{len(limit) / sum(limit):.0f}", *measure.spread(limit), "–", "1", "1.00"]
    ]
    p50 = measure.percentile(limit, 50)
    rows += [one_till(folder / f"{delay_ms}-{clients}", folder, clients, delay_ms, p50) for clients in CLIENTS]
    words = f"with {delay_ms} ms added to each flush" if delay_ms else "this machine's disk"
    measure.table(
        f"Pay -> acknowledged, {LINES} lines, {words}",
        (
            "what",
            "clients",
            "per s",
            "p50",
            "p95",
            "p99",
            "max",
            "till's CPU per sale",
            "writer's flushes per sale",
            "p50 / limit",
        ),
        rows,
    )


def one_till(root: Path, folder: Path, clients: int, delay_ms: int, limit: float) -> list[object]:
    """A fresh demo shop, so many clients, one row."""
    library = flushes.shim(folder)
    counter = flushes.Counter(library, root.with_suffix(".counts"), delay_ms) if library else None
    with Till(root, "--demo", env=counter.env if counter else {}) as till:
        template = shoppers.priced(till, shoppers.codes(till, LINES))
        shoppers.buy(till, template, clients, 1.0)  # warm
        before = counter.read() if counter else None
        busy = measure.cpu_seconds(till.process.pid)
        samples, took = shoppers.buy(till, template, clients, SECONDS)
        busy = (measure.cpu_seconds(till.process.pid) - busy) / len(samples)
        per_sale = "–"
        if counter and before:
            made = counter.read().since(before)
            per_sale = f"{made.writer / len(samples):.3f}"
    p50 = measure.percentile(samples, 50)
    return [
        "sale over HTTP",
        clients,
        f"{len(samples) / took:.0f}",
        *measure.spread(samples),
        measure.ms(busy),
        per_sale,
        f"{p50 / limit:.2f}",
    ]
