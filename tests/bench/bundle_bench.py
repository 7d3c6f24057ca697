"""A business day of 100,000 receipts as documents for QuickBooks Online: sorted out, written down, handed out."""

from __future__ import annotations

import datetime as dt
import random
import resource
import time
from typing import Any

from pos import clock, config
from pos.actions import bundle
from pos.actions.line import Job, Memory
from pos.connectors.qbo.connector import Books, signed_out
from pos.rules import daybook, documents, ledger
from pos.store import connections, entries
from pos.store.db import Store, open_store
from pos.store.models import Bundle
from tests import receipts
from tests.bench import measure

RECEIPTS, ITEMS = 100_000, 600
DAY = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
MAPPING: dict[str, Any] = {
    "prefix": "TK",
    "tax": "inclusive",
    "tenders": {"Cash": {"code": "CA", "method": "1", "account": "91"}},
    "shops": {"main": {"code": "LON", "department": "", "class": ""}},
    "default_item": "20",
    "taxes": {"V20": {"code": "2", "rates": [{"id": "1", "percent": "20"}]}},
}


def run(size: int = RECEIPTS) -> None:
    """Fill a database, bundle the day, print the table."""
    with measure.scratch() as folder:
        store = open_store(config.load(folder, environ={}))
        try:
            rows = _measured(store, size)
        finally:
            store.close()
    head = f"A day of {size:,} receipts with {ITEMS} goods as documents for QuickBooks Online"
    measure.table(head, ("what", "seconds", "of processor", "memory at its highest, MB"), rows)


def fill(store: Store, size: int) -> None:
    """The receipts of a day, each queued for QuickBooks."""
    connections.sync(store, [("quickbooks", "quickbooks", "QuickBooks Online", "http://127.0.0.1:9")])
    rng, last = random.Random(7), documents.GENESIS
    for start in range(1, size + 1, 5_000):
        with store.transaction():
            for i in range(start, min(start + 5_000, size + 1)):
                at = DAY + dt.timedelta(milliseconds=i * 400)
                doc, body = documents.stamp(_sale(rng), **_numbers(i, at), prev_hash=last)
                last = doc["hash"]
                entries.put(store, ledger.rows(doc, body))
                entries.put_outbox(store, doc, "queued", at)


def _sale(rng: random.Random) -> dict[str, Any]:
    return receipts.sale(
        *(receipts.line(f"SKU{rng.randint(1, ITEMS)}", rng.randint(1, 3), f"{rng.randint(1, 40)}.50") for _ in "123")
    )


def _numbers(i: int, at: dt.datetime) -> dict[str, Any]:
    return {
        "invoice_name": ledger.number_of("T1", i), "till": "T1", "store": "main", "series": "till", "sequence": i,
        "created_at": at.isoformat(), "business_day": "2026-11-20", "session": "T1-S000001", "mode": "quickbooks",
    }  # fmt: skip


def _measured(store: Store, size: int) -> list[tuple[str, ...]]:
    fill(store, size)
    books = Books(signed_out, MAPPING)
    night = DAY + dt.timedelta(days=1)
    job = Job(store, "quickbooks", "http://127.0.0.1:9", Memory(books), "bench", now=lambda: night)
    before = _peak()
    began, worked = clock.monotonic(), time.process_time()
    handed_out = bundle.gather(job, books)
    took, worked = clock.monotonic() - began, time.process_time() - worked
    began = clock.monotonic()
    sent = [len(books.prepare(documents_book, 1)) for documents_book in _books(store)]
    made = clock.monotonic() - began
    assert handed_out == len(sent) == 1, (handed_out, sent)
    return [
        ("members decided, document handed out", f"{took:.1f}", f"{worked:.1f}", f"+{_peak() - before}"),
        (f"its {sent[0]:,} bytes for QuickBooks", f"{made:.2f}", "", ""),
    ]


def _books(store: Store) -> list[Any]:
    with store.reading():
        return [daybook.decode(row.body) for row in Bundle.select()]


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
