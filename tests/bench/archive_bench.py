"""Archives: a month of receipts put into one file, proven, verified, and gone through without the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from pos import clock, config
from pos.actions import anonymise, archive
from pos.config import Config
from pos.store import disk, intake, rebuild
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.verify import verify
from tests import receipts
from tests.bench import measure

RECEIPTS = 20_000
FILL_AT_ONCE = 1000
FIRST = datetime.fromisoformat("2026-03-01T09:00:00+00:00")
WHO = "CUST-00042"
#: Every so many receipts are of the customer that is taken out.
HERS = 100
REASON = "a bench keeps no backup"


def run() -> None:
    """Print the table."""
    with measure.scratch() as folder:
        took, sizes = month(folder, RECEIPTS)
    measure.table(
        f"{RECEIPTS:,} receipts of one month; {sizes}",
        ("what", "seconds", "receipts a second"),
        [(what, f"{seconds:.1f}", f"{RECEIPTS / seconds:,.0f}") for what, seconds in took.items()],
    )


def month(root: Path, size: int) -> tuple[dict[str, float], str]:
    """Seconds of each step, and what the files come to."""
    loaded = config.load(root, {})
    fill(loaded, size)
    took: dict[str, float] = {}

    def lap(what: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        took[what] = time.perf_counter() - began

    lap("verify, loose", lambda: whole(loaded))
    loose = sum(file.stat().st_size for file in loaded.invoices.glob("*/*.json"))
    store = open_store(loaded)
    lap("archive, prove, remove the loose files", lambda: put(store))
    (made,) = archive.listed(loaded)
    lap("archive verify", lambda: archive.proven(store, made.name))
    store.close()
    lap("verify, archived", lambda: whole(loaded))
    lap(f"anonymise {size // HERS} of them", lambda: blank(loaded))
    lap("rebuild from the archive", lambda: rebuild.rebuild(loaded))
    lap("verify, rebuilt", lambda: whole(loaded))
    return took, f"{loose / 1e6:.1f} MB in {size:,} files, then {made.bytes / 1e6:.1f} MB in one"


def fill(loaded: Config, size: int) -> None:
    """A till that sold them in March, without a session, so that the month can go."""
    store = open_store(loaded)
    store.execute("PRAGMA synchronous = off")
    for start in range(0, size, FILL_AT_ONCE):
        with store.transaction():
            entered = [_sold(store, start + i, size) for i in range(min(FILL_AT_ONCE, size - start))]
        for one in entered:
            disk.write_whole(loaded.invoices / one.path, one.body)
    store.execute("UPDATE session SET open = 0")
    disk.flush_filesystem(loaded.invoices)
    intake.remember(store, entered[-1].n)
    store.close()


def _sold(store: Store, at: int, size: int) -> intake.Entered:
    with clock.set_to(FIRST + timedelta(days=30) * at / size):
        return intake.sell(store, receipts.sale(customer=WHO) if not at % HERS else receipts.sale())


def whole(loaded: Config) -> None:
    """Nothing but the session that has no Z is not as it must be."""
    assert [words for words in verify(loaded).differences if not words.startswith("session")] == []


def put(store: Store) -> None:
    (march,) = archive.planned(store, "2026-05", without_backup=REASON)
    archive.put_away(store, march, "bench", REASON)


def blank(loaded: Config) -> None:
    store = open_store(loaded)
    journal = Journal(store)
    anonymise.take_out(journal, anonymise.planned(store, WHO), "asked for it in writing", "bench")
    journal.close()
    store.close()
