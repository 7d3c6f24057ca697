"""The box, percentiles, tables: what every bench prints in the same way."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil


def percentile(samples: Sequence[float], percent: int) -> float:
    """The smallest sample that at least `percent` of them do not exceed."""
    rank = -(-len(samples) * percent // 100)
    return sorted(samples)[max(rank, 1) - 1]


def ms(seconds: float) -> str:
    """Seconds as milliseconds: "0.53"."""
    return f"{seconds * 1000:.2f}"


def spread(samples: Sequence[float]) -> list[str]:
    """p50, p95, p99 and the slowest, in milliseconds."""
    return [*(ms(percentile(samples, p)) for p in (50, 95, 99)), ms(max(samples))]


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print one table, ready for docs/benchmarks.md."""
    cells = [[str(c) for c in row] for row in (heads, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    print(f"\n{title}\n\n{lines[0]}\n{rule}", *lines[1:], sep="\n", flush=True)


def cpu_seconds(process: int) -> float:
    """Processor time a process has used so far."""
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


def box() -> None:
    """Print what this was measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = models[0] if models else model
    folder = scratch_parent()
    disk = next((p for p in sorted(psutil.disk_partitions(True), key=lambda p: -len(p.mountpoint))
                 if str(folder).startswith(p.mountpoint)), None)  # fmt: skip
    rows = [
        ("processor", f"{os.cpu_count()} x {model}"),
        ("memory", f"{psutil.virtual_memory().total / 2**30:.1f} GiB"),
        ("disk", f"{disk.device} ({disk.fstype})" if disk else "unknown"),
        ("system", platform.platform()),
        ("load before the first bench", " ".join(f"{n:.1f}" for n in psutil.getloadavg()) + " (other work on the box)"),
        ("Python, SQLite", f"{sys.version.split()[0]}, {sqlite3.sqlite_version}"),
    ]
    table("Measured on", ("what", "this box"), rows)


def scratch_parent() -> Path:
    """Where benches keep their folders: TILLKEEP_BENCH_DIR, else the system's own place for such files."""
    return Path(os.environ.get("TILLKEEP_BENCH_DIR") or tempfile.gettempdir()).resolve()


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tillkeep-bench-", dir=scratch_parent()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
