"""Sessions of a Web Connector on both engines, by the operations themselves: two at once, a process that is gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from pos import clock
from pos.actions import qbd_door, qbd_session
from pos.actions.qbd_door import Door
from pos.actions.qbd_session import Here, Result
from pos.rules import soap
from pos.store import passwords, qbd_companies, qbd_queue, qbd_rows, qbd_tickets
from pos.store.db import Store
from pos.store.models import QbdCompany, QbdTicket, QbdWork

pytestmark = pytest.mark.both_engines

MAIN = qbd_companies.CONNECTION
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def here(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    monkeypatch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    own = replace(store.config.qbwc, username="shop", password="a long enough one")
    store.config = replace(store.config, qbwc=own)
    qbd_companies.begin(store, store.config)
    with store.transaction():
        qbd_rows.put(store, MAIN, "main", "ask_sites", "look", {}, [], NOW, writes=False)
    with clock.set_to(NOW):
        yield Here(store, store.config, Door(), "192.0.2.1")


def call(here: Here, operation: str, **arguments: str) -> Result:
    given = dict.fromkeys(soap.OPERATIONS[operation], "") | arguments
    return qbd_session.answer(here, soap.Call(operation, given))


def sign_in(here: Here) -> list[str]:
    found = call(here, "authenticate", strUserName="shop", strPassword="a long enough one")
    assert isinstance(found, list)
    return found


def ask(here: Here, ticket: str) -> Result:
    return call(here, "sendRequestXML", ticket=ticket, strCompanyFileName="C:\\Shop.qbw", qbXMLMajorVers="16",
                qbXMLMinorVers="0")  # fmt: skip


def test_of_many_that_sign_in_at_once_one_has_the_company(here: Here) -> None:
    told: list[str] = []
    gate = threading.Barrier(4)

    def one(address: str) -> None:
        gate.wait(30)
        told.append(sign_in(replace(here, address=address))[1])
        here.store.release()

    threads = [threading.Thread(target=one, args=(f"192.0.2.{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(told) == ["", "busy", "busy", "busy"]
    assert QbdTicket.select().count() == 1


def test_whichever_process_answers_next_knows_the_session(here: Here) -> None:
    ticket = sign_in(here)[0]
    assert ask(here, ticket)
    other = Here(here.store, here.config, Door(), "192.0.2.1")  # another process: nothing but the database is shared
    assert call(other, "receiveResponseXML", ticket=ticket, response="cut off") in range(1, 101)
    assert call(other, "closeConnection", ticket=ticket) == "OK"
    assert qbd_companies.get(here.store, MAIN).company_file == "C:\\Shop.qbw"


def test_what_a_process_that_is_gone_had_handed_out_is_due_again(here: Here) -> None:
    first = ask(here, sign_in(here)[0])
    assert first and QbdWork.get().state == "in_flight"
    with clock.set_to(NOW + timedelta(minutes=2)):
        assert ask(here, sign_in(here)[0])
    assert sorted(row.state for row in QbdTicket.select()) == ["dropped", "open"]


def test_a_session_of_before_the_clock_was_set_back_keeps_nobody_out(here: Here) -> None:
    assert ask(here, sign_in(here)[0])
    for back, told in ((timedelta(seconds=30), "busy"), (timedelta(days=2), "C:\\Shop.qbw")):
        with clock.set_to(NOW - back):
            assert sign_in(replace(here, address="192.0.2.9"))[1] == told


@pytest.mark.sqlite
def test_however_many_cannot_be_built_what_is_behind_them_goes_in_the_same_session(here: Here) -> None:
    QbdWork.delete().execute()
    with here.store.transaction():
        for n in range(qbd_queue.BUILDS_MAX + 5):
            qbd_rows.put(here.store, MAIN, "main", "transfer", f"bad{n}", {"lines": []}, [], NOW)
        qbd_rows.put(here.store, MAIN, "main", "ask_sites", "look", {}, [], NOW, writes=False)
    assert "InventorySiteQuery" in str(ask(here, sign_in(here)[0]))
    assert QbdWork.select().where(QbdWork.state == "error").count() == qbd_queue.BUILDS_MAX + 5


def test_so_many_passwords_at_once_are_not_looked_at(here: Here) -> None:
    """Each takes tens of megabytes: probes that are none, too."""
    for _ in range(qbd_door.AT_ONCE + qbd_door.WAITING):
        here.door._line.acquire()
    for password in ("probe-x", "guessed", "a long enough one"):
        found = call(here, "authenticate", strUserName="shop", strPassword=password)
        assert isinstance(found, list) and found[1] == "busy"
    assert here.door._counts == {}


def test_old_sessions_and_probes_go_away_by_themselves(here: Here) -> None:
    qbd_tickets.make_probe(here.store, MAIN, "shop", NOW)
    call(here, "closeConnection", ticket=sign_in(here)[0])
    with clock.set_to(NOW + timedelta(days=qbd_tickets.KEPT_DAYS, hours=1)):
        sign_in(here)
    assert [row.state for row in QbdTicket.select()] == ["open"]


def test_two_processes_that_start_at_once_make_one_company_file(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    """Each looked before the other had made it."""
    QbdCompany.delete().execute()
    looks = threading.Barrier(2)
    look = qbd_companies.by_company

    def both_look(store: Store, company: str) -> Any:
        found = look(store, company)
        if found is None and not store.in_transaction():
            looks.wait(30)
        return found

    def starts() -> None:
        qbd_companies.follow(here.store, here.config)
        here.store.release()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qbd_companies, "by_company", both_look)
        threads = [threading.Thread(target=starts) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert QbdCompany.select().count() == 1 and "is not set up" not in caplog.text


def test_settings_that_change_are_followed_and_ids_stay(here: Here) -> None:
    before = qbd_companies.get(here.store, MAIN)
    own = replace(here.config.qbwc, username="shop 2", password="another long one", app_name="Other")
    qbd_companies.begin(here.store, replace(here.config, qbwc=own))
    after = qbd_companies.get(here.store, MAIN)
    assert after.username == "shop 2" and qbd_companies.matches(after, "another long one")
    assert (after.owner_id, after.file_id, after.app_name) == (before.owner_id, before.file_id, before.app_name)
    qbd_companies.begin(here.store, replace(here.config, qbwc=own))
    assert qbd_companies.get(here.store, MAIN) == after
