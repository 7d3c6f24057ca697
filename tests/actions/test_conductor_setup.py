"""Settings of QuickBooks Desktop through Conductor: a test that asks, choices that are kept, no secret in an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import checks_conductor, conductor_setup
from pos.actions.finding import Finding, Look
from pos.config import Config
from pos.errors import BadSettings, Conflict, Invalid, NotFound
from pos.store import companies, conductor_companies, conductor_lists, connections
from pos.store.db import Store
from pos.store.models import Audit, ConductorCompany, ConductorSession, QbdCompany
from tests.contract.emulators.conductor import END_USER, KEY, Conductor

MAIN = "main"


@pytest.fixture(scope="module")
def running() -> Iterator[Conductor]:
    with Conductor() as there:
        yield there


@pytest.fixture
def there(running: Conductor) -> Iterator[Conductor]:
    running.faults.clear()
    running.calls.clear()
    yield running
    assert running.broken == []


@pytest.fixture
def config(store: Store, there: Conductor) -> Config:
    own = replace(store.config.conductor, secret_key=KEY, end_user_id=END_USER, url=there.url)
    found = replace(store.config, conductor=own)
    conductor_companies.begin(store, found)
    return found


def look(store: Store, config: Config) -> list[Finding]:
    return list(checks_conductor.conductor(Look(config, clock.now(), store)))


def test_a_test_asks_and_is_written_down(store: Store, config: Config, there: Conductor) -> None:
    assert look(store, config)[0].sentence.endswith("never tested.")
    found = conductor_setup.test(store, config, MAIN, "7")
    assert (found["ok"], found["milliseconds"], found["company_name"]) == (True, 12, there.file.name)
    assert "health health-check" in there.calls
    kept = conductor_setup.settings(store, config, MAIN)
    assert kept.facts == {"milliseconds": 12, "company_name": there.file.name} and kept.tested_at
    row = Audit.select().where(Audit.act == "conductor.test").get()
    assert (row.actor, row.subject, json.loads(row.detail)["ok"]) == ("7", "conductor", True)
    assert look(store, config)[0].state == "ok"


def test_another_company_in_quickbooks_is_said(
    store: Store, config: Config, there: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert conductor_setup.test(store, config, MAIN, "7")["message"] == ""
    monkeypatch.setattr(there.file, "name", "Another Ltd")
    found = conductor_setup.test(store, config, MAIN, "7")
    assert found["ok"] and found["code"] == "other_name" and "called Another Ltd" in found["message"]


def test_a_test_that_gets_no_answer_is_no_success_whatever_was_kept(
    store: Store, config: Config, there: Conductor
) -> None:
    conductor_setup.test(store, config, MAIN, "7")
    there.faults.next("not_connected", hits="health")
    found = conductor_setup.test(store, config, MAIN, "7")
    assert (found["ok"], found["milliseconds"], found["code"]) == (False, None, "desktop_away")
    assert "not running on the computer" in found["message"]  # what they say people should read
    assert "not running" in look(store, config)[0].sentence
    wrong = replace(config, conductor=replace(config.conductor, secret_key="sk_conductor_wrong"))
    found = conductor_setup.test(store, wrong, MAIN, "7")
    assert not found["ok"] and "CONDUCTOR_SECRET_KEY" in found["remedy"]
    told = json.dumps([found, [row.detail for row in Audit.select()], list(ConductorCompany.select().dicts())])
    assert "sk_conductor" not in told
    assert conductor_setup.test(store, config, MAIN, "7")["ok"]


def test_a_test_leaves_a_session_at_work_alone(store: Store, config: Config, there: Conductor) -> None:
    now = clock.now()
    with store.transaction():
        ConductorSession.create(
            id="s", connection="conductor", company=MAIN, objects="[]", started_at="x", owner="elsewhere",
            lease_until=clock.stamp(now + timedelta(seconds=30)),
        )  # fmt: skip
    with clock.set_to(now), pytest.raises(Conflict, match="at work"):
        conductor_setup.test(store, config, MAIN, "7")
    assert there.calls == []
    for moment in (now + timedelta(seconds=31), now - timedelta(days=1)):  # it died; the clock was set back
        with clock.set_to(moment):
            assert conductor_setup.test(store, config, MAIN, "7")["ok"]


def test_choices_are_kept_and_a_change_meanwhile_is_not_lost(store: Store, config: Config) -> None:
    conductor_lists.keep(
        store, "conductor", "account", [conductor_lists.Entry("account", "80-1", "Sales", True, {}, "")], clock.now()
    )
    before = conductor_setup.settings(store, config, MAIN)
    assert before.has_key and before.accounts == {} and before.rules["sales_orders"].winner == "ours"
    given: dict[str, Any] = {
        "rules": {"vendors": {"winner": "ask"}}, "accounts": {"income": "80-1", "cogs": ""},
        "stock_owner": "quickbooks", "history_from": "2026-01-01",
    }  # fmt: skip
    kept = conductor_setup.save(store, config, MAIN, given, before.mark, "7")
    assert (kept.rules["vendors"].winner, kept.account("income"), kept.account("cogs")) == ("ask", "80-1", "")
    assert (kept.stock_owner, kept.history_from) == ("quickbooks", "2026-01-01")
    with pytest.raises(Conflict, match="meanwhile"):
        conductor_setup.save(store, config, MAIN, {"accounts": {}}, before.mark, "8")
    wrong: tuple[dict[str, Any], ...] = (
        {"accounts": {"income": "80-404"}}, {"accounts": {"bank": "80-1"}}, {"stock_owner": "nobody"},
        {"history_from": "yesterday"}, {"rules": {"vendors": {"winner": "loudest"}}}, {"secret_key": "sk_x"},
    )  # fmt: skip
    for given in wrong:
        with pytest.raises(Invalid):
            conductor_setup.save(store, config, MAIN, given, kept.mark, "7")
    assert conductor_setup.settings(store, config, MAIN) == kept
    assert KEY not in repr(kept)


def test_nobody_is_spoken_to_who_should_not_be(store: Store, config: Config, there: Conductor) -> None:
    conductor_setup.open_client(store, config, MAIN).close()
    with pytest.raises(NotFound):
        conductor_setup.open_client(store, config, "nowhere")
    with pytest.raises(BadSettings, match="CONDUCTOR_SECRET_KEY"):
        conductor_setup.usable(store, replace(config, conductor=replace(config.conductor, secret_key="")), MAIN)
    with store.transaction():  # a Web Connector beside it, as an old copy could have it
        QbdCompany.create(
            connection="quickbooks_desktop", company=MAIN, username="u", password_hash="", owner_id="o", file_id="f",
            app_name="a", made_at="x",
        )  # fmt: skip
    with pytest.raises(Conflict, match="Web Connector"):
        conductor_setup.open_client(store, config, MAIN)
    assert look(store, config)[0].state == "fail"
    with store.transaction():
        QbdCompany.delete().execute()
        connections.mark_demo(store)
    conductor_setup.usable(store, config, MAIN)  # an emulator on this machine
    real = replace(config, conductor=replace(config.conductor, url="https://api.conductor.is/v1"))
    for call in (conductor_setup.open_client, conductor_setup.usable):
        with pytest.raises(BadSettings, match="demo shop"):
            call(store, real, MAIN)
    with pytest.raises(BadSettings, match="demo shop"):
        conductor_setup.test(store, real, MAIN, "7")
    conductor_companies.set_enabled(store, MAIN, False, "7")
    with pytest.raises(Conflict, match="switched off"):
        conductor_setup.open_client(store, config, MAIN)
    assert there.calls == []


def test_another_company_has_its_own_computer(store: Store, config: Config, there: Conductor) -> None:
    companies.add(store, "north", "North", "7")
    conductor_companies.add(store, "north", "end_usr_north", "7")
    assert conductor_setup.test(store, config, "north", "7")["code"] == "no_end_user"
    assert conductor_setup.test(store, config, MAIN, "7")["ok"]


def test_the_doctor_says_what_would_never_work(store: Store, config: Config) -> None:
    blank = replace(config, conductor=replace(config.conductor, secret_key=""))
    assert [one.state for one in look(store, blank)] == ["fail"]  # company files, and no key
    open_line = replace(config, conductor=replace(config.conductor, url="http://conductor.example/v1"))
    assert "unencrypted" in look(store, open_line)[0].sentence
    with store.transaction():
        ConductorCompany.delete().execute()
    assert [one.state for one in look(store, blank)] == ["not_set_up"]
    assert [one.state for one in look(store, config)] == ["fail"]  # not in force: no server started with them
