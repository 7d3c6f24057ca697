"""A real hub in a process of its own with ERPNext's emulator behind it, and tills in this one that send up to it."""

from __future__ import annotations

import http.client
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

from agents import sync_out
from pos import clock
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
from pos.store.models import Connection, Outbox
from pos.store.points import POINTS
from tests import receipts
from tests.contract import sites
from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext import Emulator
from tests.till_process import Till as Process

WAIT_SECONDS = 60.0


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

    @property
    def ports(self) -> list[int]:
        """Where it listens; what lies before it tries them in this order."""
        return [self.process.port]

    @property
    def config(self) -> Config:
        return settings.load(self.root, self.env)

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

    def page(self, path: str) -> str:
        """A page of its console, as its browser gets it."""
        line = self.process.line()
        try:
            line.http.request("GET", path, headers={"Authorization": f"Bearer {line.key}"})
            answer = line.http.getresponse()
            text = answer.read().decode()
        finally:
            line.close()
        assert answer.status == 200, text
        return text

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


class Served(Protocol):
    """A hub that a line leads to, of one web process or of several."""

    @property
    def ports(self) -> list[int]: ...


class Line:
    """What lies between a till and its hub, and does as it is told: `says` holds one word a request, then all is well.

    lost: the hub does it, and nobody hears of it. broken: a byte of the body changes on the way. html: a proxy answers
    by itself. cut: nothing gets through. Where nobody listens at the first port it goes to the next. `seen` holds each
    request as (method, path). draw: the word where `says` has none.
    """

    def __init__(self, hub: Served) -> None:
        self.says: list[str] = []
        self.draw: Callable[[], str] = lambda: ""
        self.seen: list[tuple[str, str]] = []
        line = self

        class Between(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                line._pass_on(self, hub, self.rfile.read(size))

            do_PUT = do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def _pass_on(self, asked: BaseHTTPRequestHandler, hub: Served, body: bytes) -> None:
        word = self.says.pop(0) if self.says and "/documents/" in asked.path else self.draw()
        if word == "cut":
            asked.close_connection = True
            asked.connection.close()
            return
        self.seen.append((asked.command, asked.path))
        if word == "html":
            self._answer(asked, 502, b"<html>bad gateway</html>", "text/html")
            return
        if word == "broken":
            body = body.replace(b'"STD"', b'"STX"', 1)
        headers = {k: v for k, v in asked.headers.items() if k.lower() not in ("host", "content-length", "connection")}
        try:
            there = self._reached(hub)
        except OSError:
            asked.close_connection = True
            return
        try:
            there.request(asked.command, asked.path, body or None, headers)
            answer = there.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            asked.close_connection = True
            return
        finally:
            there.close()
        if word == "lost":
            asked.close_connection = True
            asked.connection.close()
            return
        self._answer(asked, answer.status, text, answer.headers.get("Content-Type", "application/json"))

    @staticmethod
    def _reached(hub: Served) -> http.client.HTTPConnection:
        """A connection to the first of its ports where somebody listens."""
        why: OSError = ConnectionRefusedError("nobody listens")
        for port in hub.ports:
            there = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                there.connect()
            except OSError as error:
                why = error
            else:
                return there
        raise why

    @staticmethod
    def _answer(asked: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
        asked.send_response(status)
        asked.send_header("Content-Type", kind)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


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

    def join(self, url: str, code: str) -> None:
        """Type the code, then start anew."""
        hub_join.join(self.store, self.config, url, code, "test")
        self.close()
        self.open(url)

    def again(self) -> None:
        """The next start of its server: what a connection waited for counts no more."""
        self.close()
        self.open(self.config.hub.url)

    def sell(self, count: int = 1) -> list[dict[str, Any]]:
        return [documents.decode(self.journal.commit(sale()).body) for _ in range(count)]

    def send(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.runner.once("sync_out", "hub")

    def due(self) -> None:
        """Turn to what waits for its rung at once, and to a line that was silent."""
        stamp = clock.stamp(clock.now())
        Outbox.update(next_at=stamp, settle_at="").where(Outbox.connection == "hub").execute()
        Connection.update(retry_at="").execute()

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
def till(root: Path, name: str, hub: Hub | None = None, line: Line | None = None, **more: str) -> Iterator[Upper]:
    """A till in this process, joined where a hub is given, over a line of its own where one is. One at a time: the
    tables belong to one open store."""
    found = Upper(root, name, **more)
    try:
        if hub is not None:
            found.join(line.url if line else hub.url, hub.code(f"Till {name}"))
        yield found
    finally:
        found.close()


@contextmanager
def joined(root: Path, name: str, url: str) -> Iterator[Upper]:
    """The folder of a till that joined before, opened again."""
    found = Upper(root, name)
    found.close()
    found.open(url)
    try:
        yield found
    finally:
        found.close()


def there(hub: Hub, till: str) -> list[str]:
    return [number for (number,) in hub.rows("SELECT number FROM document WHERE till = ? ORDER BY n", till)]


def booked(hub: Hub, docs: list[dict[str, Any]]) -> None:
    """Wait until the hub has booked them, each once."""
    marks = ", ".join("?" * len(docs))
    asked = f"SELECT count(*) FROM outbox WHERE connection = 'erpnext' AND state = 'booked' AND document IN ({marks})"
    until(lambda: hub.rows(asked, *(d["id"] for d in docs)) == [(len(docs),)], "booked by the hub")


def reopened(root: Path, hub: Hub) -> Any:
    """A folder of a till that joined before."""
    return joined(root, "G1", hub.url)


def kill_at(point: str, shop: tuple[Hub, Emulator], root: Path) -> None:
    """A hub that is off, dies in the middle of taking a document in, and comes back: each document once."""
    (hub, erpnext), name = shop, f"K{POINTS.index(point)}"
    with till(root, name, hub) as one:
        docs = one.sell(2)
        hub.process.stop()
        one.send()
        assert one.states() == ["queued", "queued"], "it sells while the hub is off"
        hub.process.env["TILLKEEP_KILL_AT"] = f"{point}:1"
        hub.start()
        one.again()
        one.send()
        hub.process.process.wait(60)
        hub.process.log.close()
        del hub.process.env["TILLKEEP_KILL_AT"]
        hub.start()
        for _ in range(5):
            one.again()
            one.due()
            one.send()
        assert one.states() == ["booked", "booked"]
        assert sorted(there(hub, name)) == [doc["invoice_name"] for doc in docs]
        booked(hub, docs)
        invoices = list(erpnext.site.docs["Sales Invoice"].values())
        assert [sum(doc["id"] in one.values() for one in invoices) for doc in docs] == [1, 1]
