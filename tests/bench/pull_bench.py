"""A pull of 10,000 customers from QuickBooks Online (the emulator, in a process of its own): time and memory."""

from __future__ import annotations

import multiprocessing
import os
import resource
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

from pos import clock, config
from pos.actions import qbo_pull, qbo_records
from pos.connectors.qbo.client import Client
from pos.store import connections, sync_jobs
from pos.store.db import Store, open_store
from tests.bench import measure

CUSTOMERS = 10_000
CHANGED = 100


def run(size: int = CUSTOMERS) -> None:
    """Pull them, pull what changed, read all again; print the table."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    books = multiprocessing.get_context("spawn").Process(target=_books, args=(theirs, size), daemon=True)
    books.start()
    url, realm, token = ours.recv()
    try:
        with measure.scratch() as folder:
            store = open_store(config.load(folder, environ={}))
            try:
                rows = _measured(store, url, realm, token, ours, size)
            finally:
                store.close()
    finally:
        ours.send("end")
        books.join(10)
    head = f"A pull of {size:,} customers from QuickBooks Online, load {os.getloadavg()[0]:.1f}"
    measure.table(head, ("what", "records", "seconds", "processor, s", "memory at its highest, MB"), rows)


class _Token:
    def __init__(self, token: str) -> None:
        self._token = token

    def access(self) -> str:
        return self._token

    def renew(self, used: str) -> str:
        return self._token


def _books(pipe: Connection, size: int) -> None:
    from tests.contract import qbo_sites
    from tests.contract.emulators import qbo_shops

    with qbo_sites.running() as site:
        for n in range(size):
            site.gb.seed(
                "Customer", str(100_000 + n), DisplayName=f"Customer {n:06}", GivenName="Ana", FamilyName=f"No {n}",
                PrimaryEmailAddr={"Address": f"c{n}@example.com"}, PrimaryPhone={"FreeFormNumber": f"01 {n:06}"},
                BillAddr={"Line1": f"{n} High Street", "City": "Leeds", "PostalCode": "LS1 1AA"}, Balance=Decimal(0),
            )  # fmt: skip
        pipe.send((site.url, qbo_shops.GB, site.tokens()["access_token"]))
        while pipe.recv() != "end":
            for n in range(CHANGED):
                site.gb.change("Customer", str(100_000 + n), Notes="changed")
            pipe.send("changed")


def _measured(store: Store, url: str, realm: str, token: str, books: Any, size: int) -> list[tuple[Any, ...]]:
    connections.sync(store, [("quickbooks", "quickbooks", "QuickBooks Online", url)])
    client = Client(url, realm, _Token(token))
    rows = [("before", 0, "", "", _peak())]
    rows.append(_pull(store, client, "the first: everything, made here"))
    with store.transaction():  # what was made within the last minutes would be met once more
        store.execute("UPDATE cursor SET value = ? WHERE feed = 'records:customers'", (clock.stamp(clock.now()),))
    books.send("change")
    books.recv()
    rows.append(_pull(store, client, f"{CHANGED} changed since: by change data capture"))
    with store.transaction():
        store.execute("UPDATE cursor SET value = '' WHERE feed = 'records:customers'")
    rows.append(_pull(store, client, "everything again, nothing new"))
    assert store.execute("SELECT count(*) FROM record").fetchone()[0] >= size
    return rows


def _pull(store: Store, client: Client, what: str) -> tuple[Any, ...]:
    sync_jobs.ask(store, "main", "quickbooks", "pull", "customers", "bench", clock.now())
    job = sync_jobs.claim(store, "bench", clock.now())
    assert job is not None
    on = qbo_records.side(store, store.config, "main", "quickbooks", client)
    began, used = clock.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    assert qbo_pull.run(on, job, lambda: False, lambda: None)
    took, now = clock.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    sync_jobs.end(store, job, clock.now())
    totals = sync_jobs.get(store, "main", job.id).totals
    processor = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return (what, totals["total"], f"{took:.2f}", f"{processor:.2f}", _peak())


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"
