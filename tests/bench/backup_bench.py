"""Copies: what they cost a sale, and how long a snapshot, its proof and a restore take with many receipts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from pos import clock, config
from pos.actions import backup, restore
from pos.actions.restore import Wanted
from pos.config import Config
from pos.store import disk, intake, snapshot
from pos.store.db import open_store
from pos.store.journal import Journal
from pos.store.verify import verify
from tests import receipts
from tests.bench import measure, shoppers
from tests.copied import reopened
from tests.till_process import Till

RECEIPTS = 100_000
SECONDS = 6.0
ROUNDS = 3
CLIENTS = (1, 4)
FILL_AT_ONCE = 1000


def run() -> None:
    """Print both tables."""
    with measure.scratch() as folder:
        beside_sales(folder, SECONDS)
    with measure.scratch() as folder:
        many(folder, RECEIPTS)


# -- beside sales ----------------------------------------------------------------------------------------------------


def beside_sales(folder: Path, seconds: float, clients: tuple[int, ...] = CLIENTS) -> None:
    """The same till three ways, in turns, so that a noisy box troubles them alike."""
    ways = {
        "no copies": {},
        "each receipt copied": {"TILLKEEP_BACKUP_PLACES": "stick", "TILLKEEP_BACKUP_SNAPSHOT_MINUTES": "0"},
        "the same, and snapshots one after the other": {
            "TILLKEEP_BACKUP_PLACES": "stick",
            "TILLKEEP_BACKUP_SNAPSHOT_MINUTES": "0",
        },
    }
    rows = []
    for count in clients:
        samples: dict[str, list[float]] = {way: [] for way in ways}
        spent: dict[str, float] = dict.fromkeys(ways, 0.0)
        for n in range(ROUNDS):
            for way, environ in ways.items():
                stick = folder / f"{count}-{n}-{len(way)}-stick"
                stick.mkdir()
                told = {k: str(stick) if v == "stick" else v for k, v in environ.items()}
                found, took = _one(folder / f"{count}-{n}-{len(way)}", told, count, seconds, snapshots="snap" in way)
                samples[way] += found
                spent[way] += took
        plain = measure.percentile(samples["no copies"], 99)
        rows += [
            [way, count, f"{len(found) / spent[way]:.0f}", *measure.spread(found),
             f"{measure.percentile(found, 99) / plain:.2f}"]
            for way, found in samples.items()
        ]  # fmt: skip
    heads = ("what", "clients", "per s", "p50", "p95", "p99", "max", "p99 / no copies")
    measure.table(f"Pay -> acknowledged beside copying, 3 lines, {ROUNDS} rounds of {seconds:.0f} s", heads, rows)


def _one(
    root: Path, environ: dict[str, str], clients: int, seconds: float, *, snapshots: bool
) -> tuple[list[float], float]:
    with Till(root, "--demo", env=environ) as till:
        template = shoppers.priced(till, shoppers.codes(till, 3))
        shoppers.buy(till, template, clients, 1.0)  # warm
        ends = threading.Event()
        maker = threading.Thread(target=_snapshots, args=(till, ends), daemon=True)
        if snapshots:
            maker.start()
        try:
            return shoppers.buy(till, template, clients, seconds)
        finally:
            ends.set()
            if snapshots:
                maker.join()


def _snapshots(till: Till, ends: threading.Event) -> None:
    """As the agent does it: one after the other, in a process of its own whose long part has the lowest priority."""
    words = (
        "from pathlib import Path; from pos import config; from pos.actions import snapshots;"
        f" snapshots.scheduled(config.load(Path({str(till.root)!r})))"
    )
    while not ends.is_set():
        subprocess.run([sys.executable, "-c", words], env=till.env, capture_output=True, check=False)


# -- many receipts ---------------------------------------------------------------------------------------------------


def fill(root: Path, size: int, stick: Path) -> Config:
    """A till with so many receipts, in the database and on the disk."""
    root.mkdir(parents=True)
    stick.mkdir()
    (root / "config.ini").write_text(f"[backup]\nplaces = {stick}\n", encoding="utf-8")
    loaded = config.load(root, {})
    store = open_store(loaded)
    store.execute("PRAGMA synchronous = off")
    done = 0
    while done < size:
        with store.transaction():
            entered = [intake.sell(store, receipts.sale()) for _ in range(min(FILL_AT_ONCE, size - done))]
        for one in entered:
            disk.write_whole(loaded.invoices / one.path, one.body)
        done += len(entered)
    disk.flush_filesystem(loaded.invoices)
    intake.remember(store, entered[-1].n)
    store.close()
    Journal(open_store(loaded)).close()
    return loaded


def many(folder: Path, size: int) -> dict[str, float]:
    """A snapshot, its proof, a restore to the first sale, and copying all of it; seconds of each."""
    folder.mkdir(exist_ok=True)
    loaded = fill(folder / "till", size, folder / "stick")
    took: dict[str, float] = {}
    work = folder / "work"
    work.mkdir()
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        took[name] = time.perf_counter() - began
        began = time.perf_counter()

    made = snapshot.make(loaded, work, clock.now())
    lap("snapshot made")
    assert snapshot.check(made.file, None, folder / "aside")[1] == []
    lap("restored aside and verified")
    store = open_store(loaded)
    began = time.perf_counter()
    memory: dict[str, object] = {}
    while backup.copy(store, loaded, memory).more:
        pass
    lap("every receipt copied to an empty place")
    store.close()
    shutil.rmtree(loaded.root)
    began = time.perf_counter()
    restore.run(folder / "new", Wanted(made.file, newer=[]), "bench")
    lap("restore FILE, verified, without newer receipts")
    with reopened(folder / "new") as (_store, journal):
        journal.commit(receipts.sale())
        lap("start and first sale after it")
    restore.run(folder / "newer", Wanted(made.file, newer=[str(folder / "stick")]), "bench")
    lap("restore FILE, every receipt looked up at the second place")
    assert verify(config.load(folder / "new", {})).differences == []
    rows = [[name, f"{seconds:.1f}", f"{size / seconds:.0f}"] for name, seconds in took.items()]
    size_mb = sum(made.manifest.sizes.values()) / 1e6
    title = (
        f"{size} receipts: database {size_mb:.0f} MB, receipts {made.manifest.receipt_bytes / 1e6:.0f} MB, snapshot "
    )
    measure.table(f"{title}{made.bytes / 1e6:.0f} MB", ("what", "seconds", "receipts per s"), rows)
    return took
