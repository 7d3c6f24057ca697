"""Simulated tills that push documents into one hub over HTTP, as fast as it takes them; then everything is verified.

python -m tests.hub_load --tills 100 --engine postgresql

Each till has its key, its folder's id and its own chain; what it sends was made before the clock starts. Beside it, in
the same run and on the same disk, how many bare rows of the same bytes the engine commits one by one.
"""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from pos import __version__, clock
from pos import config as settings
from pos.rules import documents, hub, ledger
from pos.store import chains, hub_tills
from pos.store.db import open_store
from tests import engines, receipts
from tests.bench import measure
from tests.till_process import Till as Process

RAW_SECONDS = 3.0
#: Requests under way at once: a till has one, and so many find their way through a proxy to one machine.
CONNECTIONS_MAX = 16


@dataclass(slots=True)
class Till:
    """One simulated till: who it is, and what it has to send, in order."""

    id: str
    key: str
    instance: str
    bodies: list[tuple[str, bytes]]
    head: str = ""

    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            hub.TILL: self.id,
            hub.INSTANCE: self.instance,
            hub.VERSION: __version__,
            hub.HEAD: self.head,
            hub.NOW: clock.stamp(clock.now()),
        }


# -- before the clock starts -------------------------------------------------------------------------------------------


def enrolled(config: settings.Config, count: int, each: int) -> list[Till]:
    """So many tills of this hub, each with a chain of its own of so many sales."""
    store, tills = open_store(config), []
    for n in range(1, count + 1):
        key, instance, name = f"tk_{secrets.token_urlsafe(32)}", clock.uuid7(), f"L{n}"
        told = hub_tills.Joining(name, (name,), instance, hub.digest(key), __version__)
        hub_tills.join(store, hub_tills.add(store, f"Till {n}", "load"), told)
        tills.append(Till(name, key, instance, list(chain(name, each))))
    store.close()
    return tills


def chain(till: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Sales of one till as its journal would stamp them: three lines, one way to pay."""
    last, session, now = documents.GENESIS, ledger.session_id(till, 1), datetime.now(UTC)
    for sequence in range(1, count + 1):
        lines = [receipts.line(), receipts.line("BAG", 2, "0.10"), receipts.line("MUG", 1, "4.99", name="Mug, blue")]
        doc, body = documents.stamp(
            {**receipts.sale(*lines), "flags": []},
            till=till, store="Stores - TS", series="till", sequence=sequence,
            invoice_name=ledger.number_of(till, sequence), created_at=now.isoformat(timespec="milliseconds"),
            business_day=now.date().isoformat(), session=session, mode="hub", prev_hash=last,
        )  # fmt: skip
        last = doc["hash"]
        yield doc["id"], body


# -- the run -----------------------------------------------------------------------------------------------------------


def send(port: int, mine: list[Till]) -> list[float]:
    """One connection that serves these tills in turns until all is acknowledged; seconds of each document."""
    line, took = http.client.HTTPConnection("127.0.0.1", port, timeout=120), []
    for turn in range(max((len(till.bodies) for till in mine), default=0)):
        for till in mine:
            if turn < len(till.bodies):
                key, body = till.bodies[turn]
                till.head = f"{turn + 1}:{body[-68:-4].decode()}"  # its newest: each goes up as soon as it is made
                began = time.perf_counter()
                line.request("PUT", f"/api/hub/v1/documents/{key}", body, till.headers())
                answer = line.getresponse()
                text = answer.read()
                took.append(time.perf_counter() - began)
                if answer.status != 201:
                    raise RuntimeError(f"{till.id}: {answer.status} {text[:300]!r}")
    line.close()
    return took


def push(ports: list[int], tills: list[Till], connections: int) -> tuple[list[float], float]:
    """All of it over so many connections: seconds of each, and of the whole."""
    shares = [tills[n::connections] for n in range(connections)]
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        samples = list(pool.map(send, [ports[n % len(ports)] for n in range(connections)], shares))
    return [one for sample in samples for one in sample], time.perf_counter() - began


@contextmanager
def served(root: Path, env: dict[str, str], webs: int) -> Iterator[list[Process]]:
    """So many web processes on one store, each on a folder of its own where they share no file."""
    with ExitStack() as stack:
        yield [stack.enter_context(Process(root / f"web{n}", env=env)) for n in range(webs)]


def settings_of(url: str) -> dict[str, str]:
    """A hub with books that are away: each document waits in the outbox, as on any day without a line."""
    return {
        "TILLKEEP_SERVER_ROLE": "hub", "TILLKEEP_TILL_ID": "HUB", "TILLKEEP_STORAGE_URL": url,
        "TILLKEEP_QUEUE_IN_SERVER": "no", "ERPNEXT_URL": "http://127.0.0.1:9", "ERPNEXT_API_KEY": "k",
        "ERPNEXT_API_SECRET": "s",
    }  # fmt: skip


# -- what it is held against -------------------------------------------------------------------------------------------


def raw_postgresql(url: str, body: str, connections: int) -> float:
    """Bare rows a second, one COMMIT each, over so many connections."""
    import psycopg

    until, counts = time.perf_counter() + RAW_SECONDS, [0] * connections
    with psycopg.connect(url, autocommit=True) as one:
        one.execute("CREATE TABLE bare (n BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, body TEXT)")

    def insert(n: int) -> None:
        with psycopg.connect(url, autocommit=True) as line:
            while time.perf_counter() < until:
                line.execute("INSERT INTO bare (body) VALUES (%s)", (body,))
                counts[n] += 1

    threads = [threading.Thread(target=insert, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(url, autocommit=True) as one:
        one.execute("DROP TABLE bare")
    return sum(counts) / RAW_SECONDS


def raw_sqlite(folder: Path, body: str) -> float:
    """Bare rows a second, one COMMIT each, by the one writer there can be."""
    line, count = sqlite3.connect(folder / "bare.db", isolation_level=None), 0
    line.execute("PRAGMA journal_mode = wal")
    line.execute("PRAGMA synchronous = FULL")
    line.execute("CREATE TABLE bare (n INTEGER PRIMARY KEY, body TEXT)")
    until = time.perf_counter() + RAW_SECONDS
    while time.perf_counter() < until:
        line.execute("INSERT INTO bare (body) VALUES (?)", (body,))
        count += 1
    line.close()
    return count / RAW_SECONDS


def weighed(config: settings.Config) -> tuple[int, dict[str, int]]:
    """Bytes of the whole store, and rows by table."""
    store = open_store(config)
    if store.keeps_files:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        asked = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%/_%' ESCAPE '/'"
        (size,) = store.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
    else:
        asked = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%/_%' ESCAPE '/'"
        (size,) = store.execute("SELECT pg_database_size(current_database())").fetchone()
    names = [name for (name,) in store.execute(asked).fetchall()]
    rows = {name: store.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    store.close()
    return int(size), rows


def held(url: str) -> int:
    """Connections that the web processes hold at the database now."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as one:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return int(one.execute(asked).fetchone()[0])  # type: ignore[index]


def written(url: str) -> int:
    """Bytes of log that the server wrote since it was made."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as one:
        return int(one.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')").fetchone()[0])  # type: ignore[index]


def server_cpu(folder: Path) -> float:
    """Seconds of processor of the server in this folder and of all it started, ended ones too."""
    one = psutil.Process(int((folder / "postgresql" / "data" / "postmaster.pid").read_text().split()[0]))
    used = sum(one.cpu_times()[:4])
    for child in one.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile, and is counted with its parent's from then on
            used += sum(child.cpu_times()[:2])
    return float(used)


def cpu(processes: list[Process]) -> float:
    return sum(sum(psutil.Process(one.process.pid).cpu_times()[:2]) for one in processes)


def run(given: argparse.Namespace, folder: Path, url: str) -> dict[str, Any]:
    """One measurement on a new store."""
    each = max(given.documents // given.tills, 1)
    root = folder / "web0"
    root.mkdir(parents=True)
    env = settings_of(url)
    config = settings.load(root, environ=env)
    tills = enrolled(config, given.tills, each)
    size, before = weighed(config)
    connections = min(given.tills, given.connections)
    on_server = url.startswith("postgresql")
    sample = tills[0].bodies[0][1].decode()
    raw = raw_postgresql(url, sample, connections) if on_server else raw_sqlite(folder, sample)
    with served(folder, env, given.webs if on_server else 1) as webs:
        used, theirs, wal = cpu(webs), *((server_cpu(folder), written(url)) if on_server else (0.0, 0))
        samples, took = push([one.port for one in webs], tills, connections)
        used, lines = cpu(webs) - used, held(url) if on_server else 0
        theirs, wal = (server_cpu(folder) - theirs, written(url) - wal) if on_server else (0.0, 0)
    grown, after = weighed(config)
    store = open_store(config)
    walked = chains.walk(store)
    store.close()
    assert walked.differences == [], walked.differences[:3]
    assert walked.documents == len(samples) == given.tills * each, (walked.documents, len(samples))
    p50, p95, p99, top = measure.spread(samples)
    return {
        "engine": "postgresql" if on_server else "sqlite", "webs": len(webs), "tills": given.tills,
        "connections": connections, "documents": len(samples), "per_s": len(samples) / took, "p50": p50, "p95": p95,
        "p99": p99, "max": top, "raw_per_s": raw, "lines": lines, "cpu_ms": used / len(samples) * 1000,
        "server_ms": theirs / len(samples) * 1000, "wal": wal // len(samples),
        "bytes_doc": sum(len(body) for till in tills for _, body in till.bodies) // len(samples),
        "bytes_store": (grown - size) // len(samples),
        "rows": {name: round((after[name] - before[name]) / len(samples), 2) for name in after
                 if after[name] - before[name] >= len(samples) // 2},
    }  # fmt: skip


def main() -> int:
    """0 when every document was acknowledged and every chain is whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tills", type=int, default=10)
    parser.add_argument("--documents", type=int, default=2000, help="in all, shared by the tills (one each at least)")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--webs", type=int, default=2, help="web processes on PostgreSQL; SQLite has one")
    parser.add_argument("--connections", type=int, default=CONNECTIONS_MAX)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tillkeep-load-", dir=os.environ.get("TILLKEEP_LOAD_DIR")) as place:
        folder = Path(place)
        if given.engine == "sqlite":
            found = run(given, folder, f"sqlite:///{folder / 'hub.db'}")
        else:
            if engines.missing():
                print(f"Not run: {engines.missing()}")
                return 1
            folder.chmod(0o755)  # the server runs as somebody without rights
            disk = folder / "postgresql"
            disk.mkdir()
            server = engines.start(disk)
            try:
                found = run(given, folder, server.fresh()[1])
            finally:
                engines.stop(server)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0
    print(
        "{engine} {webs} web, {tills} tills over {connections} connections: {documents} documents, {per_s:.0f}/s, "
        "p50 {p50} p95 {p95} p99 {p99} max {max} ms; bare rows {raw_per_s:.0f}/s; "
        "{lines} connections to the database; {cpu_ms:.2f} ms of processor each, {server_ms:.2f} the database's; "
        "{wal} bytes of the database's log each; "
        "{bytes_doc} bytes a document, {bytes_store} in the store; rows {rows}".format(**found)
        + f"; load {load:.1f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
