"""How many flushes a sale costs, counted from outside. The number is ours to choose; what one takes is the disk's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench import flushes

REPO = Path(__file__).resolve().parent.parent.parent
SALES = 60

#: Sells SALES times with so many threads, then says how many WAL flushes the writer made for them.
SELL = """
import json, sys, threading, time
from pathlib import Path
from pos import config
from pos.store.db import open_store
from pos.store.journal import Journal
from tests.bench.flushes import Counter
from tests.receipts import sale

root, threads, sales = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
counter = Counter(Path(sys.argv[4]), Path(sys.argv[5]))
store = open_store(config.load(root, environ={}))
journal = Journal(store, flush_seconds=3600)
journal.commit(sale())
before = counter.read()
docs = [[sale() for _ in range(sales // threads)] for _ in range(threads)]
def sell(mine):
    for doc in mine:
        journal.commit(doc)
crowd = [threading.Thread(target=sell, args=(mine,)) for mine in docs]
for thread in crowd: thread.start()
for thread in crowd: thread.join()
spent = counter.read().since(before)
print(json.dumps({"writer": spent.writer, "kinds": spent.kinds}))
journal.close(); store.close()
"""

#: What it costs to open a connection for each sale: the first sync of a new handle flushes the folder as well.
OPEN_EACH_TIME = """
import json, sqlite3, sys
from pathlib import Path
from tests.bench.flushes import Counter

root, sales = Path(sys.argv[1]), int(sys.argv[3])
counter = Counter(Path(sys.argv[4]), Path(sys.argv[5]))
def opened():
    c = sqlite3.connect(root / "till.db", isolation_level=None)
    c.execute("pragma journal_mode = wal"); c.execute("pragma synchronous = full")
    return c
keep = opened()
keep.execute("create table t (a)")
before = counter.read()
for i in range(sales):
    c = opened(); c.execute("insert into t values (?)", (i,)); c.close()
print(json.dumps({"kinds": counter.read().since(before).kinds}))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = flushes.shim(tmp_path_factory.mktemp("shim"))
    if found is None:
        pytest.skip("counting flushes from outside needs gcc on Linux")
    return found


def spent(library: Path, root: Path, code: str, threads: int, delay_ms: int = 0) -> dict[str, Any]:
    counter = flushes.Counter(library, root / "counts", delay_ms)
    words = [sys.executable, "-c", code, str(root), str(threads), str(SALES), str(library), str(counter.file)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=REPO, env={"PATH": "/usr/bin:/bin", **counter.env})
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_sale_alone_costs_exactly_one_flush(library: Path, tmp_path: Path) -> None:
    found = spent(library, tmp_path, SELL, 1)
    assert found["writer"] == SALES
    assert found["kinds"] == {
        "wal": SALES, "database": 0, "receipt": 0, "folder": 0, "filesystem": 0, "other": 0
    }  # fmt: skip


def test_eight_clients_share_flushes(library: Path, tmp_path: Path) -> None:
    """On a disk that takes 2 ms for each."""
    found = spent(library, tmp_path, SELL, 8, delay_ms=2)
    assert found["writer"] < 0.5 * SALES
    assert found["kinds"]["wal"] == found["writer"]


def test_a_connection_opened_for_each_sale_would_cost_two(library: Path, tmp_path: Path) -> None:
    """Why the writer keeps its own."""
    kinds = spent(library, tmp_path, OPEN_EACH_TIME, 1)["kinds"]
    assert sum(kinds.values()) >= 2 * SALES
