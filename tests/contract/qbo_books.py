"""A till whose receipts are booked in the emulated QuickBooks: its mapping, its rounds, its clock and theirs as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from pos import clock
from pos import config as settings
from pos.actions import deliver, qbo_alive
from pos.actions.deliver import Done
from pos.actions.line import Job, Memory
from pos.connectors.qbo.client import Client
from pos.connectors.qbo.connector import Books
from pos.store import connections
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests import receipts
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_company import Doc
from tests.contract.qbo_sites import Site, connected, environ, running, standing

START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = "2026-11-20"
MAPPING: dict[str, Any] = {
    "prefix": "TK",
    "tax": "inclusive",
    "tenders": {
        "Cash": {"code": "CA", "method": "1", "account": shops.DRAWER},
        "Card": {"code": "CD", "method": "3", "account": shops.CARDS},
        "*exchange": {"code": "EX", "method": "", "account": shops.DRAWER},
        "*none": {"code": "NO", "method": "", "account": shops.UNDEPOSITED},
    },
    "shops": {"main": {"code": "LON", "department": "1", "class": "1"}},
    "items": {"COLA": "12"},
    "groups": {"Shoes": "20"},
    "taxes": {"V20": {"code": shops.STANDARD, "rates": [{"id": "1", "percent": "20"}]},
              "Z": {"code": shops.ZERO_RATED, "rates": [{"id": "3", "percent": "0"}]}},
    "rounding": {"item": "1", "tax": "Z"},
    "customers": {"Ana Lopez": "59"},
    "walk_in": "58",
}  # fmt: skip


class Shop:
    """The till, the emulator, and the round that speaks to it."""

    def __init__(
        self, root: Path, site: Site, mapping: dict[str, Any], *, signed_in: bool = False, **more: str
    ) -> None:
        """signed_in: by a consent of its own, its tokens kept and renewed as in earnest; else they are always good."""
        self.site, self.moment, self.root, self.more = site, START, root, more
        self.environ = {"TILLKEEP_TILL_WALK_IN": "Walk-in Customer", **(environ(site.url) if signed_in else {}), **more}
        self.config = settings.load(root, self.environ)
        self.store: Store = open_store(self.config)
        connections.sync(self.store, [("quickbooks", "quickbooks", "QuickBooks Online", site.url)])
        self.journal = Journal(self.store)
        self.client = self.sign_in() if signed_in else site.client()
        self.mapped(mapping)

    def sign_in(self) -> Client:
        """A person agrees at Intuit."""
        connected(self.store, self.site)
        return qbo_alive.client(self.store, self.config, "quickbooks")

    def mapped(self, mapping: dict[str, Any]) -> None:
        self.books = Books(self.client, mapping)
        self.memory = Memory(self.books)

    def now(self) -> dt.datetime:
        return self.moment

    def passes(self, seconds: float = 0, **more: float) -> None:
        """Time goes by here and there."""
        step = dt.timedelta(seconds=seconds, **more)
        self.moment += step
        self.site.cloud.clock.advance(step.total_seconds())
        self.site.emulator.wait_idle()

    def next_day(self) -> None:
        self.passes((dt.datetime(2026, 11, 21, 0, 30, tzinfo=dt.UTC) - self.moment).total_seconds())

    def sell(self, price: str = "1.50", way: str = "Cash", code: str = "COLA", qty: int = 1, **more: Any) -> Doc:
        total = receipts.amount(Decimal(price) * qty)
        kind = more.pop("kind_of_payment", way.lower())
        payment = {"mode_of_payment": way, "kind": kind, "amount": total, "change": receipts.amount(0)}
        more.setdefault("payments", [payment])
        line = receipts.line(code, qty, price, **more.pop("line", {}))
        return self.journal.commit(receipts.sale(line, **more)).doc

    def job(self) -> Job:
        return Job(self.store, "quickbooks", self.site.url, self.memory, "server:1:test", limit=500)

    def round(self) -> Done:
        return deliver.queued(self.job())

    def rows(self, part: str = "book") -> list[Any]:
        return list(Outbox.select().where(Outbox.part == part).order_by(Outbox.n))

    def states(self, part: str = "book") -> list[str]:
        return [row.state for row in self.rows(part)]

    def there(self, *entities: str) -> list[Doc]:
        return self.site.gb.documents(*entities)

    def restarted(self) -> None:
        """A new process over the same folder."""
        self.journal.close()
        self.store.close()
        self.store = open_store(self.config)
        self.journal = Journal(self.store)


@contextmanager
def shop(root: Path, mapping: dict[str, Any] | None = None, *, signed_in: bool = False, **more: str) -> Iterator[Shop]:
    """A shop whose clock stands until it is moved."""
    with running(standing(START)) as site, clock.set_to(START):
        found = Shop(root, site, mapping or MAPPING, signed_in=signed_in, **more)
        with clock.set_to(found.now):
            try:
                yield found
            finally:
                found.journal.close()
                found.store.close()
