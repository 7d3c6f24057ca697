"""A process that works on a run is killed in each phase: the next one goes on, and each document is there once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import clock
from pos.actions import qbo_mapping
from pos.actions import runs as start
from pos.store import run_work, runs
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from tests import receipts
from tests.agents.rounds_of import until
from tests.conftest import REPO
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_books import MAPPING
from tests.contract.qbo_sites import Site
from tests.crash import run_kills

pytestmark = [pytest.mark.crash, pytest.mark.long]

PHASES = [phase for phase in runs.PHASES if phase != "done"]


@pytest.fixture
def site() -> Iterator[Site]:
    with qbo_sites.running(qbo_shops.both()) as started:
        yield started


@pytest.fixture
def shop(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A till signed in at the emulator; each receipt goes by itself, at once, so that its day need not be over."""
    told = qbo_sites.environ(
        site.url, TILLKEEP_TILL_WALK_IN="Walk-in Customer", TILLKEEP_QUICKBOOKS_GRAIN="receipt",
        TILLKEEP_QUICKBOOKS_SETTLE_MINUTES="0",
    )  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    store = open_store(qbo_sites.till_config(tmp_path, site.url, **told))
    qbo_sites.connected(store, site)
    qbo_mapping.write(store, "main", MAPPING, qbo_mapping.read(store, "main"), "07")
    yield store
    store.close()


def killed(root: Path, phase: str, when: str, *words: str) -> None:
    """A process that is killed where it stands."""
    command = [sys.executable, "-m", "tests.crash.run_kills", str(root), phase, when, *words]
    with subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line == "AT\n":
                break
        process.kill()
    assert said[-1:] == ["AT\n"], f"it ended before {phase}: {''.join(said)}"


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_each_phase_the_next_process_ends_the_run(tmp_path: Path, shop: Store, site: Site, when: str) -> None:
    journal, sold = Journal(shop), list[str]()
    today = clock.now().date().isoformat()
    for phase in PHASES:
        paid = {
            "mode_of_payment": "Cash",
            "kind": "cash",
            "amount": receipts.amount("1.50"),
            "change": receipts.amount(0),
        }
        sold.append(
            journal.commit(receipts.sale(receipts.line("COLA", 1, "1.50"), payments=[paid])).doc["invoice_name"]
        )
        job = start.trigger(shop, shop.config, companies=["main"], day_from=today, by="07").id
        killed(tmp_path, phase, when, "reconcile-runs")
        (part,) = runs.parts(shop, job)
        assert (part.status, part.phase) == ("running", phase)
        assert until(
            lambda held=part: run_work.waits(shop, clock.now()) and clock.stamp(clock.now()) > held.lease_until
        )
        command = [sys.executable, "pos_server.py", "--root", str(tmp_path), "reconcile-runs"]
        done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        ended = runs.job(shop, job)
        assert (ended.status, ended.exit_code) == ("succeeded", "0"), runs.tail(shop, job, 0)[0]
        assert f"main {phase}: Its worker died (1 of {run_work.TRIES_MAX})." in runs.tail(shop, job, 0)[0]
    there = [doc["DocNumber"] for doc in site.gb.documents("SalesReceipt")]
    assert sorted(there) == sorted(sold), "each once"
    assert run_kills.LEASE_SECONDS < run_work.LEASE_SECONDS
