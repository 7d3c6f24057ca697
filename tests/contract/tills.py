"""A whole till in a folder, connected to an emulator: settings, database, journal, connector, and a clock to turn."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pos import clock
from pos.actions import deliver
from pos.actions.line import Job, Memory
from pos.config import Config
from pos.connectors.erpnext.client import Erpnext
from pos.rules import documents
from pos.store import connections
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests.books import Time
from tests.contract import baskets
from tests.contract.baskets import World
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import basket_site, set_up, till_config

SETTLE_SECONDS = 150


@dataclass
class Till:
    """sell() commits receipts; round() is one round of sending; later() turns the clock."""

    store: Store
    journal: Journal
    job: Job
    emulator: Emulator
    world: World
    time: Time
    chance: random.Random

    def sell(self, count: int = 1) -> list[str]:
        """Plain sales, saved here and queued; their ids."""
        ids = []
        while len(ids) < count:
            doc = baskets.random_sale(self.chance, self.world)
            if doc is not None:
                ids.append(self.commit(doc)["id"])
        return ids

    def commit(self, doc: dict[str, Any]) -> dict[str, Any]:
        saved = documents.decode(self.journal.commit(doc).body)
        baskets.remember(self.world, saved)
        return saved

    def round(self) -> deliver.Done:
        return deliver.queued(self.job)

    def later(self, seconds: float) -> None:
        """Turn the clock, once the other side has done everything it was ever asked."""
        self.emulator.wait_idle()
        self.time.passes(seconds)

    @property
    def config(self) -> Config:
        return self.store.config

    def row(self, document: str, part: str = "sale") -> Any:
        return Outbox.get((Outbox.document == document) & (Outbox.part == part))

    def rows(self) -> list[Any]:
        return list(Outbox.select().order_by(Outbox.n))

    def invoices(self, document: str = "") -> list[dict[str, Any]]:
        """What the site holds, of one receipt or of all."""
        return self.there("Sales Invoice", key=document)

    def there(self, *doctypes: str, key: str = "") -> list[dict[str, Any]]:
        """What the site holds of these doctypes, of one key or of all."""
        docs = self.emulator.site.docs
        return [d for doctype in doctypes for d in docs[doctype].values() if not key or d["pos_receipt_id"] == key]


@contextmanager
def till(
    root: Path, *, seed: int = 1, read_seconds: float = 5.0, slow_seconds: float = 0.3, **settings: str
) -> Iterator[Till]:
    """Prices include tax, two rates on one account, banker's rounding. settings: by their environment names."""
    time = Time()
    site = basket_site()
    site.clock = clock.now
    emulator = Emulator(site, slow_seconds=slow_seconds)
    with clock.set_to(time), emulator:
        config = till_config(root, emulator.url, **settings)
        facts = set_up(site, config, *sorted(settings.items()))
        connector = Erpnext(config, facts)
        connector._http._read_seconds = read_seconds
        world = World(baskets.TaxRule(), False, connector, config, emulator)
        store = open_store(config)
        connections.sync(store, [connections.Wanted("erpnext", "erpnext", "ERPNext", emulator.url)])
        journal = Journal(store)
        job = Job(store, "erpnext", emulator.url, Memory(connector, facts), "test", SETTLE_SECONDS)
        try:
            yield Till(store, journal, job, emulator, world, time, random.Random(seed))
        finally:
            journal.close()
            store.close()


def due(row: Any, now: datetime) -> float:
    """Seconds from now until a row's next try."""
    return (clock.parse(row.next_at) - now).total_seconds() if row.next_at else 0.0
