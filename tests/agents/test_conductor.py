"""The agent of sessions with QuickBooks Desktop, with the real steps, at the emulated company file."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import agents
from agents import conductor as agent
from pos import clock
from pos import config as settings
from pos.actions import conductor_jobs, run_round
from pos.actions.conductor_manager import SyncManager
from pos.rules import conductor_fields
from pos.store import companies, conductor_companies, conductor_sessions, records
from pos.store.db import Store, open_store
from pos.store.models import QbdCompany
from tests.contract.emulators.conductor import END_USER, KEY, Conductor
from tests.contract.emulators.conductor_file import CompanyFile


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor(validate=False) as running:
        yield running


class Shop:
    """One folder whose companies' files are behind the emulator."""

    def __init__(self, root: Path, there: Conductor) -> None:
        environ = {"CONDUCTOR_SECRET_KEY": KEY, "CONDUCTOR_END_USER_ID": END_USER, "CONDUCTOR_BASE_URL": there.url,
                   "TILLKEEP_SERVER_ROLE": "hub"}  # fmt: skip
        self.config = settings.load(root, environ)
        self.store: Store = open_store(self.config)
        conductor_companies.begin(self.store, self.config)
        self.manager = SyncManager(self.store, self.config, companies.MAIN)

    def customer(self, key: str) -> None:
        fields = conductor_fields.cleaned("qbd_customer", {"name": key}, {})
        records.create(self.store, companies.MAIN, "qbd_customer", key, fields, [], "7", clock.now())

    def round(self) -> str:
        return run_round.by_hand(self.store, self.config, agent.AGENT, "test", bool, conductor_jobs.work)

    def status(self) -> dict[str, Any]:
        found = self.manager.get_sync_status()
        assert found is not None
        return found


@pytest.fixture
def shop(tmp_path: Path, there: Conductor) -> Iterator[Shop]:
    made = Shop(tmp_path, there)
    yield made
    made.store.close()


def test_it_is_there_only_where_a_key_is_set(shop: Shop, tmp_path: Path) -> None:
    assert agent.AGENT in agents.of(shop.config)
    assert agent.AGENT not in agents.of(settings.load(tmp_path, {}))


def test_a_session_brings_both_sides_together_and_counts_its_own(shop: Shop, there: Conductor) -> None:
    before = len(there.file.rows("customers"))
    for name in ("Ada", "Bea"):
        there.file.put("customers", name=name)
    shop.customer("Cleo")
    shop.manager.start_sync(["customers"], by="7")
    shop.round()
    found = shop.status()
    assert (found["status"], found["errors"], found["message"]) == ("completed", [], "")
    assert {row["name"] for row in there.file.rows("customers")} >= {"Ada", "Bea", "Cleo"}
    assert found["object_progress"] == {"customers": {"total": before + 3, "synced": before + 3, "failed": 0}}
    assert shop.manager.get_last_sync_time() == found["end_time"]
    shop.manager.start_sync(["customers"], by="7")
    shop.round()
    assert shop.status()["failed_objects"] == 0
    assert len(there.file.rows("customers")) == before + 3


def test_cancelled_from_another_thread_it_ends_between_two_pages(
    shop: Shop, there: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(conductor_jobs, "CANCELLED_SECONDS", 0.0)
    for n in range(400):
        there.file.put("vendors", name=f"Vendor {n}")
    shop.manager.start_sync(["vendors", "customers"], by="7")
    worker = threading.Thread(target=shop.round)
    worker.start()
    while shop.status()["synced_objects"] < 40:
        assert worker.is_alive()
    assert shop.manager.cancel_sync("8")
    worker.join()
    found = shop.status()
    assert found["status"] == "cancelled"
    assert 40 <= found["synced_objects"] < 400
    shop.manager.start_sync(["vendors"], by="7")
    shop.round()
    assert (shop.status()["status"], shop.status()["failed_objects"]) == ("completed", 0)
    assert len(records.several(shop.store, companies.MAIN, "qbd_vendor", ids(shop, "qbd_vendor"))) >= 400


def ids(shop: Shop, kind: str) -> list[str]:
    rows = shop.store.execute("SELECT id FROM record WHERE kind = ?", (kind,)).fetchall()
    return [str(row[0]) for row in rows]


def test_company_files_are_worked_on_side_by_side_and_each_by_one(shop: Shop, there: Conductor) -> None:
    """One request at a time for a company file; a long session of one holds up no other."""
    there.add("end_usr_north", CompanyFile("North"))
    companies.add(shop.store, "north", "North", "7")
    conductor_companies.add(shop.store, "north", "end_usr_north", "7")
    north = SyncManager(shop.store, shop.config, "north")
    inside, both = set[str](), threading.Barrier(2, timeout=30)

    def waits(on: Any, session: conductor_sessions.Session, *_: Any) -> bool:
        both.wait()  # only if the two are at work at the same time
        inside.add(session.connection)
        return True

    for manager in (shop.manager, north):
        manager.start_sync(["invoices"], by="7")
    run = {"refs": waits, "pull": waits, "push": waits}
    run_round.by_hand(
        shop.store, shop.config, agent.AGENT, "test", bool, lambda job: conductor_jobs.work(job, run)
    )  # fmt: skip
    assert inside == {"conductor", "conductor-north"}
    assert [one.get_sync_history()[0]["status"] for one in (shop.manager, north)] == ["completed"] * 2


def test_not_reachable_it_waits_with_quickbooks_own_words_and_goes_on(shop: Shop, there: Conductor) -> None:
    there.reachable = False
    shop.manager.start_sync(["customers"], by="7")
    shop.round()
    found = shop.status()
    assert (found["status"], found["failed_objects"], found["code"]) == ("running", 0, "desktop_away")
    assert found["message"]
    there.reachable = True
    shop.round()  # a person's round does not wait for its moment
    assert shop.status()["status"] == "completed"


def test_a_key_that_is_wrong_fails_in_words(shop: Shop, there: Conductor) -> None:
    there.key = "sk_conductor_another"
    shop.manager.start_sync(["customers"], by="7")
    shop.round()
    assert (shop.status()["status"], shop.status()["code"]) == ("failed", "key_refused")
    assert "CONDUCTOR_SECRET_KEY" in shop.status()["message"]


def test_what_can_not_be_right_fails_in_words_and_is_not_tried_for_ever(
    shop: Shop, there: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.manager.start_sync(["customers"], by="7")
    monkeypatch.setitem(sys.modules, "conductor", None)
    shop.round()
    assert shop.status()["status"] == "failed" and "requirements-conductor.txt" in shop.status()["message"]
    monkeypatch.undo()
    shop.manager.start_sync(["customers"], by="7")
    with shop.store.transaction():  # a Web Connector beside it, as an old copy could have it
        QbdCompany.create(
            connection="quickbooks_desktop", company=companies.MAIN, username="u", password_hash="", owner_id="o",
            file_id="f", app_name="a", made_at="x",
        )  # fmt: skip
    shop.round()
    assert shop.status()["status"] == "failed" and "Web Connector" in shop.status()["message"]
    assert there.calls == []
