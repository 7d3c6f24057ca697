"""An export of 100,000 rows taken in, taken in again, and made into documents: time, memory, how long a bite takes.

Each size runs in a process of its own, as the highest memory of one cannot be taken back.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from pos import clock, config
from pos.actions import imports
from pos.actions.line import Job, Memory
from pos.connectors.qbo.connector import Books, signed_out
from pos.store import companies, connections, import_books
from pos.store import imports as kept
from pos.store.db import Store, open_store
from tests.bench import measure
from tests.bench.bundle_bench import MAPPING
from tests.till_process import REPO

SIZES = (10_000, 100_000)
DAYS, GOODS = 20, 400
HEAD = (
    "Customer Full Name,Location Name,Quantity,Product,Category,Date/Time,TOTAL Sales,Tender,NET Sales,Cost Price,"
    "Tax,Staff"
)
MAPPED = {**MAPPING, "default_item": "20", "tenders": {name: {**MAPPING["tenders"]["Cash"], "code": code} for name, code
          in (("Cash", "CA"), ("Card", "CD"))}}  # fmt: skip


def run() -> None:
    """Print the table."""
    found = []
    for size in SIZES:
        out = subprocess.run(
            [sys.executable, "-m", "tests.bench.import_bench", str(size)], cwd=REPO, capture_output=True, check=True
        ).stdout
        found.append(json.loads(out.splitlines()[-1]))
    heads = ("rows", "MB", "taken in, s", "rows per s", "bite p50", "p95", "max", "again, s", "documents, s", "of",
             "longest of them, ms", "memory at its highest, MB")  # fmt: skip
    measure.table(
        f"An export of {DAYS} days taken in in bites of {kept.BITE_ROWS}, once more, and made into documents", heads,
        [[one[head] for head in heads] for one in found],
    )  # fmt: skip
    small, large = (one["memory at its highest, MB"] for one in found)
    print(f"\nMemory of ten times the rows: {large / small:.2f} times. Load {os.getloadavg()[0]:.1f}.")


def write(path: Path, size: int) -> None:
    """An export of so many rows, one in fifty twice."""
    rng, start, last = random.Random(7), dt.datetime(2026, 11, 1, 8), ""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD + "\n")
        for n in range(size):
            at = start + dt.timedelta(days=n * DAYS // size, seconds=rng.randrange(40_000))
            net, good = rng.randint(50, 4_000), rng.randrange(GOODS)
            tax = net // 5
            line = (f",Main,{rng.randint(1, 4)},Product {good},Group {good % 12},{at:%d/%m/%Y %H:%M:%S},"
                    f"{(net + tax) / 100:.2f},{rng.choice(('Cash', 'Card'))},{net / 100:.2f},0.50,{tax / 100:.2f},"
                    f"Staff {n % 9}\n")  # fmt: skip
            last = last if n % 50 == 1 else line
            file.write(last)


def measured(size: int) -> dict[str, Any]:
    """One size."""
    with measure.scratch() as folder:
        store = open_store(config.load(folder, environ={}))
        try:
            return _measured(store, size)
        finally:
            store.close()


def _measured(store: Store, size: int) -> dict[str, Any]:
    connections.sync(store, [("quickbooks", "quickbooks", "QuickBooks Online", "http://127.0.0.1:9")])
    companies.rename_shop(store, "main", "Main", "bench")
    place = imports.folder(store.config, "main")
    place.mkdir(parents=True)
    write(place / "once.csv", size)
    (place / "again.hidden").write_bytes((place / "once.csv").read_bytes())
    _age(place / "once.csv")
    took: list[float] = []
    real = kept.take

    def timed(*args: Any) -> Any:
        began = clock.monotonic()
        found = real(*args)
        took.append(clock.monotonic() - began)
        return found

    kept.take = timed
    megabytes = (place / "once.csv").stat().st_size / 1e6
    began = clock.monotonic()
    (file,) = imports.take_in(store, store.config, "main", "bench")
    first, bites = clock.monotonic() - began, list(took)
    assert file.rejected_rows == 0, file
    (place / "again.hidden").rename(place / "again.csv")
    _age(place / "again.csv")
    began = clock.monotonic()
    (again,) = imports.take_in(store, store.config, "main", "bench")
    second = clock.monotonic() - began
    assert (again.new_rows, again.gone_rows) == (0, 0), again
    books = Books(signed_out, MAPPED)
    night = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    job = Job(store, "quickbooks", "http://127.0.0.1:9", Memory(books), "bench", now=lambda: night)
    longest: list[float] = []
    real_out = import_books.hand_out

    def timed_out(*args: Any) -> Any:
        began = clock.monotonic()
        found = real_out(*args)
        longest.append(clock.monotonic() - began)
        return found

    import_books.hand_out = timed_out
    began = clock.monotonic()
    made = imports.make_bundles(job, books, "main", [f"2026-11-{day:02}" for day in range(1, DAYS + 1)])
    third = clock.monotonic() - began
    assert made == 2 * DAYS, made
    return {
        "rows": f"{file.raw_rows:,}", "MB": f"{megabytes:.1f}", "taken in, s": f"{first:.1f}",
        "rows per s": f"{file.raw_rows / first:,.0f}", "bite p50": measure.ms(measure.percentile(bites, 50)),
        "p95": measure.ms(measure.percentile(bites, 95)), "max": measure.ms(max(bites)), "again, s": f"{second:.1f}",
        "documents, s": f"{third:.1f}", "of": made, "longest of them, ms": measure.ms(max(longest)),
        "memory at its highest, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def _age(path: Path) -> None:
    os.utime(path, (1_700_000_000, 1_700_000_000))


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))))
