"""A real hub in a process of its own with ERPNext's emulator behind it, and tills in this process that send up to it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents import sync_out
from pos import config as settings
from pos.actions import hub_join
from pos.app import configured
from pos.config import Config
from pos.connectors.hub import client
from pos.rules import documents
from pos.runner import Runner
from pos.store import connections, hub_link
from pos.store.db import database_path, open_store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests import receipts
from tests.contract import sites
from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext import Emulator
from tests.till_process import Till as Process

WAIT_SECONDS = 20.0


def until(true: Callable[[], object], what: str) -> None:
    """Wait for it, however busy the machine is."""
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class Hub:
    """The hub's process. `port` stays the same over a new start, as an address does."""

    def __init__(self, root: Path, emulator: Emulator | None, role: str = "hub") -> None:
        root.mkdir(parents=True, exist_ok=True)
        env = {"TILLKEEP_SERVER_ROLE": role, "TILLKEEP_TILL_ID": "HUB", "TILLKEEP_TILL_WALK_IN": "Walk-in",
               "TILLKEEP_ERPNEXT_SETTLE_SECONDS": "1", "TILLKEEP_ERPNEXT_PROBE_SECONDS": "1"}  # fmt: skip
        if emulator is not None:
            env |= {"ERPNEXT_URL": emulator.url, "ERPNEXT_API_KEY": erpnext_shops.TILL[0],
                    "ERPNEXT_API_SECRET": erpnext_shops.TILL[1]}  # fmt: skip
            loaded = settings.load(root, env)
            store = open_store(loaded)
            connections.keep_facts(store, "erpnext", sites.learned(loaded))
            store.close()
        self.root, self.env = root, env
        self.process = Process(root, env=env)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.process.port}"

    def start(self) -> None:
        words = ("--port", str(self.process.port)) if self.process.port else ()
        self.process.words = words
        self.process.start()

    def kill(self) -> None:
        self.process.process.kill()
        self.process.process.wait()
        self.process.log.close()

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        line = self.process.line()
        try:
            status, answer = line.ask(method, path, body)
        finally:
            line.close()
        assert status < 300, answer
        return answer

    def code(self, name: str) -> str:
        """A one-time code for a till, made at the console."""
        return str(self.ask("POST", "/api/console/hub/tills", {"name": name})["secret"])

    def till(self, name: str) -> dict[str, Any]:
        """The row of a till at the console."""
        return next(row for row in self.ask("GET", "/api/console/hub/tills")["rows"] if row["name"] == name)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What stands in its database, read beside it."""
        found = sqlite3.connect(
            f"file:{database_path(settings.load(self.root, self.env))}?mode=ro", uri=True, timeout=20
        )
        try:
            return found.execute(sql, values).fetchall()
        finally:
            found.close()


class Upper:
    """A till in this process: sells, and sends up when `send` is called."""

    def __init__(self, root: Path, till: str, **more: str) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root, self.till, self.more = root, till, more
        self.open()

    def open(self, url: str = "") -> None:
        """Open the folder as its server would; with the hub it joined."""
        env = {"TILLKEEP_TILL_ID": self.till, "TILLKEEP_HUB_SETTLE_SECONDS": "0", "TILLKEEP_HUB_PROBE_SECONDS": "1",
               **self.more}  # fmt: skip
        if url:
            env["TILLKEEP_HUB_URL"] = url
        self.config: Config = settings.load(self.root, env)
        self.store = open_store(self.config)
        connections.sync(self.store, configured(self.config))
        hub_join.prepare(self.store, self.config)
        self.journal = Journal(self.store)
        self.runner = Runner(self.store, self.config, [sync_out.AGENT])

    def close(self) -> None:
        self.journal.close()
        self.store.close()

    def join(self, hub: Hub, code: str) -> None:
        """Type the code, then start anew."""
        hub_join.join(self.store, self.config, hub.url, code, "test")
        self.close()
        self.open(hub.url)

    def sell(self, count: int = 1) -> list[dict[str, Any]]:
        return [documents.decode(self.journal.commit(sale()).body) for _ in range(count)]

    def send(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.runner.once("sync_out", "hub")

    def states(self) -> list[str]:
        self.store.database.connect(reuse_if_open=True)
        return [row.state for row in Outbox.select().where(Outbox.connection == "hub").order_by(Outbox.n)]

    def row(self, doc: dict[str, Any]) -> Any:
        return Outbox.get((Outbox.document == doc["id"]) & (Outbox.connection == "hub"))

    def client(self) -> client.Hub:
        return client.Hub(self.config, connections.facts(self.store, "hub"))

    def head(self) -> str:
        return str(hub_link.head(self.store))


def sale(**more: Any) -> dict[str, Any]:
    """Two at 20%, tax included, as the emulator's shop books it."""
    made = receipts.sale(receipts.line("STD", 2, "12.00", tax_code=sites.STANDARD), customer="Walk-in", **more)
    return {**made, "taxes": [{**made["taxes"][0], "code": sites.STANDARD}]}


@contextmanager
def hub(root: Path) -> Iterator[tuple[Hub, Emulator]]:
    """A running hub with its books."""
    with Emulator(sites.basket_site()) as emulator:
        found = Hub(root, emulator)
        found.start()
        try:
            yield found, emulator
        finally:
            found.process.stop()


@contextmanager
def till(root: Path, name: str, hub: Hub | None = None, **more: str) -> Iterator[Upper]:
    """A till in this process, joined where a hub is given. One at a time: the tables belong to one open store."""
    found = Upper(root, name, **more)
    try:
        if hub is not None:
            found.join(hub, hub.code(f"Till {name}"))
        yield found
    finally:
        found.close()
