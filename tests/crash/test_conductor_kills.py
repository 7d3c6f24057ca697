"""A process that works on a session with QuickBooks Desktop is killed again and again: the next one goes on with the
same session, nothing is there twice, and no object is counted twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents import conductor as agent
from pos import clock
from pos import config as settings
from pos.actions import conductor_jobs, run_round
from pos.actions.conductor_manager import SyncManager
from pos.rules import conductor_fields
from pos.store import companies, conductor_companies, conductor_sessions, records
from pos.store.db import Store, open_store
from tests.agents.rounds_of import until
from tests.conftest import REPO
from tests.contract.emulators.conductor import END_USER, KEY, Conductor

pytestmark = [pytest.mark.crash, pytest.mark.long]

THERE, HERE = 900, 60
#: Killed as soon as so many requests were answered since its start: in lists, in pages, between creates.
KILLS = (3, 16, 18, 20, 17, 24)


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor(validate=False) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path, there: Conductor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    told = {"CONDUCTOR_SECRET_KEY": KEY, "CONDUCTOR_END_USER_ID": END_USER, "CONDUCTOR_BASE_URL": there.url,
            "TILLKEEP_CONDUCTOR_SETTLE_SECONDS": "1"}  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    store = open_store(settings.load(tmp_path, told))
    conductor_companies.begin(store, store.config)
    yield store
    store.close()


def killed(root: Path, there: Conductor, after: int) -> None:
    """A process of its own that works on what there is, ended by SIGKILL in the middle."""
    begun = len(there.calls)
    worker = f"from tests.crash.test_conductor_kills import worker; worker({str(root)!r})"
    with subprocess.Popen([sys.executable, "-c", worker], cwd=REPO) as process:
        until(lambda: process.poll() is not None or len(there.calls) - begun >= after, seconds=60)
        process.kill()


def worker(root: str) -> None:
    """In the process that is killed. What a dead one held is free: it was the only server of the folder."""
    store = open_store(settings.load(Path(root)))
    conductor_sessions.owner_is_dead(store, "server:")
    run_round.by_hand(store, store.config, agent.AGENT, "server", bool, conductor_jobs.work)


def test_killed_again_and_again_it_is_one_session_and_nothing_is_there_twice(
    tmp_path: Path, store: Store, there: Conductor
) -> None:
    for n in range(THERE):
        there.file.put("customers", name=f"There {n}")
    for n in range(HERE):
        fields = conductor_fields.cleaned("qbd_customer", {"name": f"Here {n}"}, {})
        records.create(store, companies.MAIN, "qbd_customer", f"here-{n}", fields, [], "7", clock.now())
    total = len(there.file.rows("customers")) + HERE
    manager = SyncManager(store, store.config, companies.MAIN)
    manager.start_sync(["customers"], by="7")
    for after in KILLS:
        killed(tmp_path, there, after)
        found = manager.get_sync_status()
        assert found is not None and found["status"] == "running", found
        assert found["synced_objects"] + found["failed_objects"] <= found["total_objects"] <= total

    def over() -> bool:
        conductor_sessions.owner_is_dead(store, "server:")
        run_round.by_hand(store, store.config, agent.AGENT, "server", bool, conductor_jobs.work)
        found = manager.get_sync_status()
        return found is not None and found["status"] != "running"

    until(over, seconds=120)
    (only,) = manager.get_sync_history()
    assert (only["status"], only["failed_objects"], only["errors"]) == ("completed", 0, [])
    names = [row["name"] for row in there.file.rows("customers")]
    assert len(names) == len(set(names)) == total
    assert store.execute("SELECT COUNT(*) FROM record WHERE kind = 'qbd_customer'").fetchone()[0] == total
    # one that arrived and was kept when the process died, a moment before it was counted, is not counted again
    assert total - len(KILLS) <= only["synced_objects"] <= total
    assert there.overlaps == 0
