"""A till whose office is brought together with the emulated QuickBooks: its sign-in, its jobs, its records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents import quickbooks_sync
from pos import clock
from pos.actions import office, qbo_jobs, qbo_mapping, qbo_sync
from pos.agent import Run
from pos.store import companies, feeds, record_links, records, sync_jobs
from pos.store.db import Store, open_store
from pos.store.record_links import Link
from pos.store.records import Record
from pos.store.sync_jobs import Job
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.emulators.qbo_company import Company
from tests.contract.qbo_books import MAPPING
from tests.contract.qbo_sites import Site

TAXES = [{"code": "V20", "title": "VAT 20%", "rate": "20"}, {"code": "Z", "title": "Zero", "rate": "0"}]
EXCLUSIVE = {"TILLKEEP_PRICING_PRICES_INCLUDE_TAX": "no", "TILLKEEP_PRICING_TAX_RULE": "per_line"}
CATEGORIES = {"": {"type": "NonInventory", "income": qbo_shops.SALES, "costs": "", "stock": "", "starts": ""}}
LINE = {"item": "A", "qty": "3", "price": "1.20", "tax": "V20"}


class Office:
    """One folder, one company of QuickBooks for each company of it."""

    def __init__(self, root: Path, site: Site, **more: str) -> None:
        self.site, self.root = site, root
        self.config = qbo_sites.till_config(root, site.url, **EXCLUSIVE, **more)
        self.store: Store = open_store(self.config)
        feeds.put_taxes(self.store, TAXES)
        self.join("main", qbo_shops.GB)

    def join(self, company: str, realm: str) -> None:
        """Sign a company in and map it."""
        qbo_sites.connected(self.store, self.site, realm, company)
        mapped = MAPPING | {"categories": CATEGORIES}
        qbo_mapping.write(self.store, company, mapped, qbo_mapping.read(self.store, company), "boss")

    @property
    def gb(self) -> Company:
        return self.site.gb

    def add(self, kind: str, key: str, lines: Any = (), *, company: str = "main", **fields: Any) -> Record:
        body = {"id": key, "fields": fields, "lines": list(lines)}
        return office.create(self.store, self.config, company, kind, body, "7")

    def change(self, kind: str, key: str, lines: Any = None, *, company: str = "main", **fields: Any) -> Record:
        before = records.get(self.store, company, kind, key)
        body = {"version": before.version, "fields": fields, **({} if lines is None else {"lines": lines})}
        return office.edit(self.store, self.config, company, kind, key, body, "7")

    def get(self, kind: str, key: str, company: str = "main") -> Record:
        return records.get(self.store, company, kind, key)

    def link(self, kind: str, key: str, company: str = "main") -> Link:
        connection = companies.connection_id("quickbooks", company)
        found = record_links.of_record(self.store, company, connection, kind, key)
        assert found is not None
        return found

    def run(self) -> Run:
        return Run(
            quickbooks_sync.AGENT, None, None, "schedule", clock.now(), self.store, self.config, "server:1:test", {},
            lambda event: None, None, lambda: False,
        )  # fmt: skip

    def round(self) -> str:
        return qbo_jobs.work(self.run())

    def job(self, direction: str, *resources: str, company: str = "main", chosen: tuple[str, ...] = ()) -> Job:
        """Ask, work, and say how the last of them stands."""
        numbers = qbo_sync.ask(self.store, self.config, company, direction, resources, "7", chosen)
        self.round()
        return sync_jobs.get(self.store, company, numbers[-1])

    def results(self, job: Job) -> list[tuple[str, str, str]]:
        """(id here, state, code) of each record of a job."""
        rows = sync_jobs.results(self.store, job.company, job.id)
        return [(row.record_id, row.state, row.code) for row in rows]


@contextmanager
def office_at(root: Path, site: Site, **more: str) -> Iterator[Office]:
    found = Office(root, site, **more)
    try:
        yield found
    finally:
        found.store.close()
