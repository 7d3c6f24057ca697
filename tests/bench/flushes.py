"""Counting a till's flushes from outside, and making its disk slower: a library preloaded into the server (Linux)."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("flushes.c")
KINDS = ("wal", "database", "receipt", "folder", "filesystem", "other")
THREADS = 128


def shim(folder: Path) -> Path | None:
    """The library, compiled into `folder`; None where that cannot be (no gcc, not Linux)."""
    if not sys.platform.startswith("linux") or shutil.which("gcc") is None:
        return None
    library = folder / "flushes.so"
    if not library.exists():
        words = ["gcc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
        if subprocess.run(words, capture_output=True).returncode:
            return None
    return library


@dataclass(frozen=True)
class Flushes:
    """How often each kind was flushed, and how often the busiest thread (the sale writer) flushed the WAL."""

    kinds: dict[str, int]
    threads: dict[int, int]

    def since(self, before: Flushes) -> Flushes:
        """What was added after `before`."""
        kinds = {k: n - before.kinds[k] for k, n in self.kinds.items()}
        threads = {t: n - before.threads.get(t, 0) for t, n in self.threads.items()}
        return Flushes(kinds, threads)

    @property
    def writer(self) -> int:
        """WAL flushes of the thread that made most of them."""
        return max(self.threads.values(), default=0)


class Counter:
    """The counts of one server. `env` goes into its environment."""

    def __init__(self, library: Path, file: Path, delay_ms: int = 0) -> None:
        self.file = file
        self.env = {"LD_PRELOAD": str(library), "FLUSH_COUNTS": str(file), "FLUSH_DELAY_US": str(delay_ms * 1000)}

    def read(self) -> Flushes:
        """The counts now."""
        size = 8 * (len(KINDS) + 2 * THREADS)
        body = self.file.read_bytes() if self.file.exists() else bytes(size)
        numbers = struct.unpack(f"{len(KINDS) + 2 * THREADS}Q", body[:size].ljust(size, b"\0"))
        by = numbers[len(KINDS) :]
        return Flushes(
            dict(zip(KINDS, numbers, strict=False)), {by[i]: by[i + 1] for i in range(0, len(by), 2) if by[i]}
        )


def append_and_flush(file: Path, times: int, delay_ms: int = 0, size: int = 900) -> list[float]:
    """Seconds of each append + fdatasync of one record: the machine's own limit for a durable sale."""
    code = (
        "import os, sys, time\n"
        "fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600); body = b'x' * int(sys.argv[3])\n"
        "flush = getattr(os, 'fdatasync', os.fsync)\n"
        "for _ in range(int(sys.argv[2])):\n"
        "    t = time.perf_counter(); os.write(fd, body); flush(fd); print(time.perf_counter() - t)\n"
    )
    library = shim(file.parent) if delay_ms else None
    slow = {"LD_PRELOAD": str(library), "FLUSH_DELAY_US": str(delay_ms * 1000)} if library else {}
    words = [sys.executable, "-c", code, str(file), str(times), str(size)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, **slow})
    file.unlink()
    return [float(line) for line in done.stdout.split()]
