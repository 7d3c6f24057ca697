"""QuickBooks Desktop of a company is reached through its Web Connector or through Conductor, never both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from pos import clock
from pos.config import Config
from pos.errors import BadSettings, Conflict, Invalid, NotFound
from pos.store import companies, conductor_companies, connections, desktop_way, passwords, qbd_companies, qbd_rows
from pos.store import inventory as events
from pos.store.db import Store
from pos.store.models import ConductorCompany, ConductorSession, QbdCompany, QbdWork, RecordLink

MAIN, DESKTOP = "main", qbd_companies.CONNECTION


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def with_key(config: Config, end_user: str = "end_usr_one", url: str = "http://127.0.0.1:1/v1") -> Config:
    return replace(
        config, conductor=replace(config.conductor, secret_key="sk_test", end_user_id=end_user, url=url)
    )  # fmt: skip


def web_connector(store: Store, company: str = MAIN) -> None:
    qbd_companies.add(store, company, f"books-{company}", "kettle-orange-window", "7")


def conductor(store: Store, company: str = MAIN) -> None:
    conductor_companies.add(store, company, f"end_usr_{company}", "7")


@pytest.mark.both_engines
def test_where_one_is_on_the_other_is_not_added_nor_switched_on(store: Store) -> None:
    web_connector(store)
    with pytest.raises(Conflict, match="Web Connector; switch that off"):
        conductor(store)
    qbd_companies.set_enabled(store, MAIN, False, "7")
    conductor(store)
    assert desktop_way.way(store, MAIN) == "conductor"
    with pytest.raises(Conflict, match="Conductor; switch that off"):
        qbd_companies.set_enabled(store, MAIN, True, "7")
    conductor_companies.set_enabled(store, MAIN, False, "7")
    qbd_companies.set_enabled(store, MAIN, True, "7")
    with pytest.raises(Conflict, match="Web Connector; switch that off"):
        conductor_companies.set_enabled(store, MAIN, True, "7")
    assert desktop_way.way(store, MAIN) == "web_connector"


def test_a_web_connector_is_not_added_beside_conductor(store: Store) -> None:
    conductor(store)
    with pytest.raises(Conflict, match="Conductor; switch that off"):
        web_connector(store)
    assert qbd_companies.every(store) == []
    companies.add(store, "north", "North", "7")
    web_connector(store, "north")  # each company for itself
    assert (desktop_way.way(store, MAIN), desktop_way.way(store, "north")) == ("conductor", "web_connector")


@pytest.mark.parametrize("state", desktop_way.OPEN)
def test_what_the_web_connector_has_left_keeps_conductor_off(store: Store, state: str) -> None:
    web_connector(store)
    with store.transaction():
        qbd_rows.put(store, DESKTOP, MAIN, "ask_sites", "look", {}, [], clock.now(), writes=False)  # changes nothing
        n = qbd_rows.put(store, DESKTOP, MAIN, "adjustment", "event", {}, [], clock.now())
        QbdWork.update(state=state).where(QbdWork.n == n).execute()
    qbd_companies.set_enabled(store, MAIN, False, "7")
    with pytest.raises(Conflict, match="1 message waits for the Web Connector") as refused:
        conductor(store)
    assert refused.value.facts == {"left": 1}
    with store.transaction():
        QbdWork.update(state="applied").where(QbdWork.n == n).execute()
    conductor(store)


def test_sales_that_go_through_the_web_connector_keep_conductor_off(store: Store) -> None:
    web_connector(store)
    qbd_companies.set_enabled(store, MAIN, False, "7")
    connections.of_company(store, connections.Wanted(DESKTOP, "quickbooks_desktop", "Desktop", ""), MAIN)
    with pytest.raises(Conflict, match="Sales of this company"):
        conductor(store)
    connections.switch_off(store, DESKTOP)
    conductor(store)


def test_nothing_changes_under_a_session(store: Store) -> None:
    conductor(store)
    with store.transaction():
        ConductorSession.create(id="s", connection="conductor", company=MAIN, objects="[]", started_at="x")
    acts: tuple[Callable[[], object], ...] = (
        lambda: conductor_companies.set_enabled(store, MAIN, False, "7"),
        lambda: conductor_companies.set_end_user(store, MAIN, "end_usr_other", "7"),
    )
    for act in acts:
        with pytest.raises(Conflict, match="session is running"):
            act()


def test_events_of_stock_wait_for_a_web_connector_only_where_that_is_the_way(store: Store) -> None:
    web_connector(store)
    assert events.connection_of(store, MAIN) == DESKTOP
    with store.transaction():  # both on, as an old copy could have it
        ConductorCompany.create(connection="conductor", company=MAIN, enabled=True, made_at="x")
    assert events.connection_of(store, MAIN) == ""
    with pytest.raises(Conflict):
        desktop_way.refuse_beside(store, MAIN)


def test_the_first_companys_row_follows_the_settings(store: Store) -> None:
    conductor_companies.begin(store, store.config)
    assert conductor_companies.every(store) == []
    config = with_key(store.config)
    for _ in range(2):
        conductor_companies.begin(store, config)
    (row,) = conductor_companies.every(store)
    assert (row.connection, row.company, row.end_user, row.enabled) == ("conductor", MAIN, "", True)
    assert conductor_companies.end_user_of(config, row) == "end_usr_one"
    with pytest.raises(Invalid, match="end_usr_"):
        conductor_companies.begin(store, with_key(store.config, "somebody"))
    conductor_companies.follow(store, with_key(store.config, "somebody"))  # no till is kept from selling


def test_settings_switch_nothing_on_beside_a_web_connector(store: Store) -> None:
    web_connector(store)
    conductor_companies.follow(store, with_key(store.config))
    assert not conductor_companies.of_company(store, MAIN).enabled
    with store.transaction():
        QbdCompany.delete().execute()
        ConductorCompany.update(enabled=True).execute()
    qbwc = replace(store.config.qbwc, username="shop", password="a long enough one")
    qbd_companies.begin(store, replace(store.config, qbwc=qbwc))  # quietly: other companies' commands go on
    assert qbd_companies.every(store) == []


def test_a_demo_shop_never_reaches_a_company_file(store: Store) -> None:
    with store.transaction():
        connections.mark_demo(store)
    conductor_companies.begin(store, with_key(store.config))  # an emulator here
    with pytest.raises(BadSettings, match="demo shop"):
        conductor_companies.begin(store, with_key(store.config, url="https://api.conductor.is/v1"))


def test_two_companies_never_share_a_company_file(store: Store) -> None:
    conductor(store)
    companies.add(store, "north", "North", "7")
    with pytest.raises(Conflict, match="Another company"):
        conductor_companies.add(store, "north", "end_usr_main", "7")
    with pytest.raises(Invalid):
        conductor_companies.add(store, "north", "", "7")
    north = conductor_companies.add(store, "north", "end_usr_north", "7")
    assert north.connection == "conductor-north" and conductor_companies.get(store, "conductor-north") == north
    with pytest.raises(NotFound):
        conductor_companies.get(store, "conductor-south")


def test_records_that_are_linked_stay_with_their_company_file(store: Store) -> None:
    conductor(store)
    with store.transaction():
        RecordLink.create(company=MAIN, connection="conductor", kind="qbd_customer", record_id="c", remote_id="80-1")
    with pytest.raises(Conflict, match="Records are linked"):
        conductor_companies.set_end_user(store, MAIN, "end_usr_other", "7")
    moved = conductor_companies.set_end_user(store, MAIN, "end_usr_other", "7", same_file=True)
    assert moved.end_user == "end_usr_other"
