"""The processes of one hub: a single server on SQLite, or web processes and workers on PostgreSQL and Redis.

Each can be killed, or stopped as a service manager does, and comes back where it was.
"""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pos import config as settings
from pos.store import connections, people
from pos.store.db import database_path, open_store
from tests import engines, spawned
from tests.contract import sites
from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext import Emulator
from tests.redis_process import Redis
from tests.till_process import REPO
from tests.till_process import Till as Process

STOP_SECONDS = 60


class Worker:
    """`pos_server.py agents` on a folder of its own, as on a machine of its own."""

    def __init__(self, root: Path, env: dict[str, str]) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("ERPNEXT_", "TILLKEEP_"))}
        root.mkdir(parents=True, exist_ok=True)
        self.root, self.env = root, {**clean, **env}

    def start(self) -> None:
        self.log = (self.root / "agents.log").open("ab")
        words = ["agents", "--root", str(self.root)]
        self.process: Any
        if spawned.possible(self.env):
            self.process = spawned.start(words, self.env, self.log, self.log)
        else:
            line = [sys.executable, str(REPO / "pos_server.py"), *words]
            self.process = subprocess.Popen(line, stdout=self.log, stderr=self.log, env=self.env)

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        return self.process.returncode


class Processes:
    """A hub with its books. sql: the PostgreSQL it stands on, None for SQLite."""

    def __init__(
        self, root: Path, erpnext: Emulator, webs: int, workers: int, sql: engines.Server | None, redis: Redis | None
    ) -> None:
        self.root, self.sql, self.redis = root, sql, redis
        self.env = {
            "TILLKEEP_SERVER_ROLE": "hub", "TILLKEEP_TILL_ID": "HUB", "TILLKEEP_TILL_WALK_IN": "Walk-in",
            "TILLKEEP_ERPNEXT_SETTLE_SECONDS": "1", "TILLKEEP_ERPNEXT_PROBE_SECONDS": "1", "ERPNEXT_URL": erpnext.url,
            "ERPNEXT_API_KEY": erpnext_shops.TILL[0], "ERPNEXT_API_SECRET": erpnext_shops.TILL[1],
        }  # fmt: skip
        self.url = sql.fresh()[1] if sql else ""
        if sql and redis:
            self.env |= {"TILLKEEP_STORAGE_URL": self.url, "TILLKEEP_QUEUE_URL": redis.url,
                         "TILLKEEP_QUEUE_IN_SERVER": "no"}  # fmt: skip
        first = root / "web0"
        first.mkdir(parents=True)
        self.config = settings.load(first, self.env)
        store = open_store(self.config)
        connections.keep_facts(store, "erpnext", sites.learned(self.config))
        self.key = people.add_token(store, "test", "admin")
        store.close()
        self.webs = [Process(root / f"web{n}", env=self.env) for n in range(webs)]
        self.workers = [Worker(root / f"worker{n}", self.env) for n in range(workers)]
        self._turn = itertools.count()

    @property
    def ports(self) -> list[int]:
        """In turns, as a proxy takes them."""
        at = next(self._turn) % len(self.webs)
        return [web.port for web in self.webs[at:] + self.webs[:at]]

    def start(self) -> None:
        for web in self.webs:
            web.start()
            web.key, web.words = self.key, ("--port", str(web.port))
        for worker in self.workers:
            worker.start()

    def stop(self) -> list[str]:
        """Ask all to stop; which of them did not end well."""
        ends = [(f"web process {n}", web.stop()) for n, web in enumerate(self.webs)]
        ends += [(f"worker {n}", worker.stop()) for n, worker in enumerate(self.workers)]
        return [f"{name} ended with {code} when it was told to stop" for name, code in ends if code]

    def living(self) -> set[int]:
        """The ids of those that run."""
        running = [web.process for web in self.webs] + [worker.process for worker in self.workers]
        return {one.pid for one in running if one.poll() is None}

    def kill(self, one: Process | Worker) -> None:
        one.process.kill()
        one.process.wait()
        one.log.close()

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        line = self.webs[0].line()
        try:
            status, answer = line.ask(method, path, body)
        finally:
            line.close()
        assert status < 300, answer
        return answer

    def code(self, name: str) -> str:
        """A one-time code for a till, made at the console."""
        return str(self.ask("POST", "/api/console/hub/tills", {"name": name})["secret"])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in its database, read beside it and by the engine's own driver alone."""
        if self.sql:
            import psycopg

            with psycopg.connect(self.url, autocommit=True) as line:
                return line.execute(sql.encode()).fetchall()
        return read(database_path(self.config), sql)


def read(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SQLite file, read beside whoever works on it."""
    found = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)
    try:
        return found.execute(sql).fetchall()
    finally:
        found.close()


@contextmanager
def made(folder: Path, erpnext: Emulator, engine: str, webs: int, workers: int) -> Iterator[Processes]:
    """A hub that runs, with its PostgreSQL and Redis on this folder's disk where the engine asks for them."""
    if engine == "sqlite":
        found = Processes(folder / "hub", erpnext, 1, 0, None, None)
        found.start()
        try:
            yield found
        finally:
            found.stop()
        return
    folder.chmod(0o755)  # the database's server runs as somebody without rights
    disk = folder / "postgresql"
    disk.mkdir()
    sql = engines.start(disk)
    try:
        with Redis(folder / "redis") as redis:
            found = Processes(folder / "hub", erpnext, webs, workers, sql, redis)
            found.start()
            try:
                yield found
            finally:
                found.stop()
    finally:
        engines.stop(sql)
