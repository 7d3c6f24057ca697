"""A worker is killed in the middle of a post: another has its work within half a minute, and nothing is sent twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.actions import deliver, hub_intake
from pos.store import claims, connections, rounds
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from tests import engines
from tests.contract import sites
from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext import Emulator
from tests.crash.test_hub_workers import Worker, _booked, chain, enrolled, of_hub, until

#: The longest of the three leases that a worker holds, and a look at what is due; with room for a busy machine.
TAKEN_OVER_SECONDS = max(claims.KEPT_SECONDS, deliver.POST_SECONDS, rounds.LEASE_SECONDS) + 15
#: A post takes so long here: longer than any lease that nobody keeps.
POST_TAKES_SECONDS = 40.0


@pytest.fixture
def server() -> Iterator[engines.Server]:
    engines.required()
    one = engines.start()
    yield one
    engines.stop(one)


@pytest.mark.long
@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fate", ["it arrives", "it is lost", "nobody is killed"])
def test_a_worker_killed_while_it_posts_is_followed_by_another_within_half_a_minute(
    server: engines.Server, tmp_path: Path, fate: str
) -> None:
    """What was being posted is booked all the same; or it is lost with the worker; or the worker lives, and the other
    one leaves it alone however long the books take."""
    with Emulator(sites.basket_site(), slow_seconds=POST_TAKES_SECONDS) as erpnext:
        config, env = of_hub(
            tmp_path / "hub", server.fresh()[1], ERPNEXT_URL=erpnext.url, ERPNEXT_API_KEY=erpnext_shops.TILL[0],
            ERPNEXT_API_SECRET=erpnext_shops.TILL[1], TILLKEEP_ERPNEXT_SETTLE_SECONDS="5",
        )  # fmt: skip
        store = open_store(config)
        connections.keep_facts(store, "erpnext", sites.learned(config))
        connections.sync(store, [("erpnext", "erpnext", "ERPNext", config.erpnext.url)])
        journal, till = Journal(store), enrolled(store)
        workers = [Worker(tmp_path / f"machine{n}", env) for n in range(2)]
        try:
            until(lambda: count(store, "SELECT count(*) FROM agent_run WHERE outcome = 'ok'") > 0, "nobody works")
            erpnext.faults.next("slow_before" if fate != "it is lost" else "deadlock")
            erpnext.delay_seconds = 0.0 if fate != "it is lost" else POST_TAKES_SECONDS / 4
            sent = []
            for key, body in chain(till.till, 3):
                hub_intake.take_in(journal, till, key, body)
                sent.append(key)
            owner = poster(store)
            dead, alive = workers if f":{workers[0].process.pid}:" in owner else (workers[1], workers[0])
            assert f":{dead.process.pid}:" in owner
            began = time.monotonic()
            if fate != "nobody is killed":
                dead.kill()
                erpnext.delay_seconds = 0
                held = f"SELECT count(*) FROM outbox WHERE owner = '{owner}' OR state = 'sending'"
                until(lambda: count(store, held) == 0, "nobody took it over", TAKEN_OVER_SECONDS)
            print(f"{fate}: free after {time.monotonic() - began:.0f} s")
            until(lambda: count(store, "SELECT count(*) FROM outbox WHERE state <> 'booked'") == 0, "not booked")
            print(f"{fate}: all booked after {time.monotonic() - began:.0f} s")
            assert alive.process.poll() is None
        finally:
            for worker in workers:
                if worker.process.poll() is None:
                    worker.kill()
        assert sorted(_booked(erpnext)) == sorted(sent), "a document was booked twice, or not at all"
        if fate == "nobody is killed":
            assert count(store, "SELECT count(*) FROM outbox WHERE tries > 0 OR story LIKE '%interrupted%'") == 0
        journal.close()
        store.close()


def count(store: Store, sql: str) -> int:
    return int(store.execute(sql).fetchone()[0])


def poster(store: Store) -> str:
    """Who posts at this moment, as soon as somebody does."""
    posting = "SELECT owner FROM outbox WHERE state = 'sending' AND story LIKE '%\"post\"%'"
    found: list[str] = []

    def seen() -> bool:
        found.extend(owner for (owner,) in store.execute(posting).fetchall())
        return bool(found)

    until(seen, "nobody posts")
    return found[0]
