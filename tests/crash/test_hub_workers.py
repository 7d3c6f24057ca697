"""A hub on PostgreSQL and Redis whose workers are killed while they send, whose Redis is emptied and whose database is
started anew: each document is in the books once. And its copies by the engine's own tools, brought back."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pos import config as settings
from pos.actions import hub_intake
from pos.config import Config
from pos.errors import CannotSave
from pos.rules import documents, hub, ledger
from pos.store import chains, connections, hub_tills
from pos.store.db import Store, open_store
from pos.store.hub_tills import Till
from pos.store.journal import Journal
from tests import engines, hub_load, redis_process
from tests.conftest import REPO
from tests.contract import hubs, sites
from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext import Emulator
from tests.redis_process import Redis
from tests.till_process import Till as Process

DOCUMENTS = 60
#: The claim of a killed worker ends after half a minute, then the books are asked; with room for a busy machine.
TAKEN_OVER_SECONDS = 300.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[engines.Server]:
    """A server of its own, for it is stopped and started."""
    engines.required()
    one = engines.start()
    yield one
    engines.stop(one)


def of_hub(root: Path, url: str, **more: str) -> tuple[Config, dict[str, str]]:
    env = {
        "TILLKEEP_SERVER_ROLE": "hub", "TILLKEEP_TILL_ID": "HUB", "TILLKEEP_STORAGE_URL": url,
        "TILLKEEP_TILL_WALK_IN": "Walk-in", "TILLKEEP_ERPNEXT_SETTLE_SECONDS": "1",
        "TILLKEEP_ERPNEXT_PROBE_SECONDS": "1", **more,
    }  # fmt: skip
    return settings.load(root, environ=env), env


def enrolled(store: Store, name: str = "L1") -> Till:
    told = hub_tills.Joining(name, (name,), "0" * 32, hub.digest("tk_key"), "0.1.0")
    return hub_tills.join(store, hub_tills.add(store, f"Till {name}", "test"), told)


def chain(till: str, count: int) -> Iterator[tuple[str, bytes]]:
    last = documents.GENESIS
    for sequence in range(1, count + 1):
        doc, body = documents.stamp(
            {**hubs.sale(), "flags": []},
            till=till, store="Stores - TS", series="till", sequence=sequence, mode="hub", prev_hash=last,
            invoice_name=ledger.number_of(till, sequence), session=ledger.session_id(till, 1),
            created_at="2026-11-21T12:00:00.000+00:00", business_day="2026-11-21",
        )  # fmt: skip
        last = doc["hash"]
        yield doc["id"], body


def until(true: Callable[[], object], what: str, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


class Worker:
    """`pos_server.py agents` in a process of its own."""

    def __init__(self, root: Path, env: dict[str, str]) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("ERPNEXT_", "TILLKEEP_"))}
        root.mkdir(parents=True, exist_ok=True)
        self.root, self.env = root, env
        self.log = (root / "agents.log").open("ab")
        line = [sys.executable, str(REPO / "pos_server.py"), "agents", "--root", str(root)]
        self.process = subprocess.Popen(line, stdout=self.log, stderr=self.log, env={**clean, **env})

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.mark.long
@pytest.mark.crash
@pytest.mark.timeout(1500)
def test_killed_workers_an_emptied_redis_and_a_database_started_anew_book_each_document_once(
    server: engines.Server, tmp_path: Path
) -> None:
    redis_process.required()
    with Emulator(sites.basket_site()) as erpnext, Redis(tmp_path / "redis") as redis:
        config, env = of_hub(
            tmp_path / "hub", server.fresh()[1], TILLKEEP_QUEUE_URL=redis.url, ERPNEXT_URL=erpnext.url,
            ERPNEXT_API_KEY=erpnext_shops.TILL[0], ERPNEXT_API_SECRET=erpnext_shops.TILL[1],
        )  # fmt: skip
        store = open_store(config)
        connections.keep_facts(store, "erpnext", sites.learned(config))
        connections.sync(store, [("erpnext", "erpnext", "ERPNext", config.erpnext.url)])
        journal, till = Journal(store), enrolled(store)
        erpnext.delay_seconds = 0.05
        workers = [Worker(tmp_path / f"machine{n}", env) for n in range(2)]
        try:
            sent = _take_in_under_faults(journal, till, erpnext, workers, redis, server)
            until(lambda: sorted(_booked(erpnext)) == sorted(sent), "a document did not arrive", TAKEN_OVER_SECONDS)
            asked = "SELECT count(*) FROM outbox WHERE state <> 'booked'"
            until(lambda: store.execute(asked).fetchone()[0] == 0, "not all rows are booked", TAKEN_OVER_SECONDS)
            time.sleep(2)
        finally:
            for worker in workers:
                worker.kill()
        assert sorted(_booked(erpnext)) == sorted(sent), "a document was booked twice"
        assert chains.walk(store).differences == []
        journal.close()
        store.close()


def _take_in_under_faults(
    journal: Journal, till: Till, erpnext: Emulator, workers: list[Worker], redis: Redis, server: engines.Server
) -> list[str]:
    """Documents come in; both workers are killed while they send, one after the other, and replaced."""
    sent: list[str] = []
    for n, (key, body) in enumerate(chain(till.till, DOCUMENTS), 1):
        _taken(journal, till, key, body)
        sent.append(key)
        if n in (DOCUMENTS // 3, 2 * DOCUMENTS // 3):
            until(lambda least=n // 2: len(_booked(erpnext)) >= least, "nobody sends", TAKEN_OVER_SECONDS)  # type: ignore[misc]
            old = workers.pop(0)
            old.kill()
            workers.append(Worker(old.root, old.env))
            redis.say("FLUSHALL")
        if n == DOCUMENTS // 2:
            server.control("restart", "-m", "fast")
    return sent


def _taken(journal: Journal, till: Till, key: str, body: bytes) -> None:
    """As a till does: what got no answer is sent again."""
    end = time.monotonic() + 120
    while True:
        try:
            hub_intake.take_in(journal, till, key, body)
        except CannotSave:
            assert time.monotonic() < end
            time.sleep(0.2)
        else:
            return


def _booked(erpnext: Emulator) -> list[str]:
    return [d["pos_receipt_id"] for d in list(erpnext.site.docs["Sales Invoice"].values()) if d["docstatus"] == 1]


@pytest.mark.long
@pytest.mark.crash
@pytest.mark.timeout(600)
def test_web_processes_that_stop_in_turn_or_are_killed_lose_and_double_nothing(
    server: engines.Server, tmp_path: Path
) -> None:
    config, env = of_hub(tmp_path / "web0", server.fresh()[1], TILLKEEP_QUEUE_IN_SERVER="no")
    (tmp_path / "web0").mkdir()
    tills = hub_load.enrolled(config, 4, 60)
    webs = [Process(tmp_path / f"web{n}", env=env) for n in range(2)]
    for web in webs:
        web.start()
        web.words = ("--port", str(web.port))  # as behind a proxy: it comes back where it was
    pushers = [threading.Thread(target=_push, args=(till, [web.port for web in webs])) for till in tills]
    for pusher in pushers:
        pusher.start()
    restarts = 0
    while any(pusher.is_alive() for pusher in pushers) and restarts < 6:
        web = webs[restarts % 2]
        if restarts in (2, 3):
            web.process.kill()
            web.process.wait()
            web.log.close()
        else:
            assert web.stop() == 0
        web.start()
        restarts += 1
    for pusher in pushers:
        pusher.join()
    for web in webs:
        web.stop()
    assert restarts >= 4, "all had arrived before anything happened"
    store = open_store(config)
    walked = chains.walk(store)
    assert (walked.documents, walked.differences) == (240, [])
    assert store.execute("SELECT count(*) FROM outbox").fetchone()[0] in (0, 240)
    store.close()


def _push(till: hub_load.Till, ports: list[int]) -> None:
    """As a till behind a proxy: what got no answer goes to the next process, until it is acknowledged."""
    turn = 0
    for key, body in till.bodies:
        end = time.monotonic() + 120
        while True:
            assert time.monotonic() < end, f"{till.id}: {key} is not taken"
            line = http.client.HTTPConnection("127.0.0.1", ports[turn % 2], timeout=20)
            try:
                line.request("PUT", f"/api/hub/v1/documents/{key}", body, till.headers())
                answer = line.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                turn += 1
                time.sleep(0.02)
                continue
            finally:
                line.close()
            if answer.status in (200, 201):
                time.sleep(0.3)  # a customer; else all had arrived before anything happened
                break
            assert answer.status == 503, text
            turn += 1
            time.sleep(0.02)


@pytest.mark.long
def test_a_dump_made_while_documents_come_in_is_brought_back_whole(server: engines.Server, tmp_path: Path) -> None:
    name, url = server.fresh()
    config, _ = of_hub(tmp_path / "hub", url)
    store = open_store(config)
    journal, till = Journal(store), enrolled(store)
    bodies = list(chain(till.till, 40))
    for key, body in bodies[:20]:
        hub_intake.take_in(journal, till, key, body)
    dumping = _pg("pg_dump", server, "-Fc", "-f", str(tmp_path / "hub.dump"), name)
    for key, body in bodies[20:]:
        hub_intake.take_in(journal, till, key, body)
    assert dumping.wait(120) == 0
    journal.close()
    store.close()
    other, back = server.fresh()
    restoring = _pg(
        "pg_restore",
        server,
        "--no-owner",
        "--exit-on-error",
        "--role",
        engines.OWNER,
        "-d",
        other,
        str(tmp_path / "hub.dump"),
    )
    assert restoring.wait(120) == 0
    config, _ = of_hub(tmp_path / "back", back)
    store = open_store(config)
    walked = chains.walk(store)
    assert walked.differences == [] and 20 <= walked.documents <= 40
    journal, till = Journal(store), hub_tills.of_till(store, "L1")
    assert till is not None
    for key, body in bodies:  # what the dump has not got comes again from the tills; the rest is harmless
        hub_intake.take_in(journal, till, key, body)
    assert chains.walk(store).documents == 40
    journal.close()
    store.close()


@pytest.mark.long
def test_a_base_copy_made_while_documents_come_in_starts_with_all_that_was_acknowledged(
    server: engines.Server, tmp_path: Path
) -> None:
    config, _ = of_hub(tmp_path / "hub", server.fresh()[1])
    store = open_store(config)
    journal, till = Journal(store), enrolled(store)
    bodies = list(chain(till.till, 30))
    for key, body in bodies[:15]:
        hub_intake.take_in(journal, till, key, body)
    copy = server.folder / "copy"
    engines._as_nobody(server.folder, engines._program("pg_basebackup") or "", "-h", str(server.folder), "-U", "root",
                       "-D", str(copy), "-X", "stream", "-c", "fast")  # fmt: skip
    journal.close()
    store.close()
    server.control("stop", "-m", "immediate")
    (server.folder / "data").rename(server.folder / "lost")
    copy.rename(server.folder / "data")
    server.control("start")
    store = open_store(config)
    assert chains.walk(store).differences == []
    assert chains.walk(store).documents == 15
    store.close()


def _pg(program: str, server: engines.Server, *words: str) -> subprocess.Popen[Any]:
    found = engines._program(program)
    assert found is not None
    return subprocess.Popen([str(found), "-h", str(server.folder), "-U", "root", *words])
