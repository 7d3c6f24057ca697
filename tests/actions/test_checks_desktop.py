"""The doctor's look at QuickBooks Desktop: what is not set up is not failed, what would never work is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from pos import clock
from pos.actions import checks_desktop
from pos.actions.finding import Finding, Look
from pos.store import passwords, qbd_companies, qbd_rows
from pos.store.db import Store

MAIN = qbd_companies.CONNECTION
SET_UP = {"username": "shop", "password": "a long enough one", "app_url": "https://till.example/qbwc"}


def look(store: Store, **values: str) -> list[Finding]:
    config = replace(store.config, qbwc=replace(store.config.qbwc, **values))  # type: ignore[arg-type]
    return list(checks_desktop.desktop(Look(config, clock.now(), store)))


@pytest.fixture
def begun(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    qbd_companies.begin(store, replace(store.config, qbwc=replace(store.config.qbwc, **SET_UP)))  # type: ignore[arg-type]
    return store


def test_what_is_not_set_up_is_not_failed(store: Store) -> None:
    assert [one.state for one in look(store)] == ["not_set_up"]


def test_settings_that_cannot_work_fail(store: Store) -> None:
    assert [one.state for one in look(store, username="shop", password="x", app_url="http://till.example/qbwc")] == [
        "fail", "fail",
    ]  # fmt: skip


def test_what_a_web_connector_did_and_did_not_is_told(begun: Store) -> None:
    (found,) = look(begun, **SET_UP)
    assert found.state == "warn" and "has called yet" in found.sentence
    with begun.transaction():
        qbd_companies.heard(MAIN, clock.now() - timedelta(hours=5), {})
    assert look(begun, **SET_UP)[0].state == "ok"  # nothing waits, so nobody needs to come
    with begun.transaction():
        qbd_rows.put(begun, MAIN, "main", "ask_sites", "look", {}, [], clock.now(), writes=False)
    (found,) = look(begun, **SET_UP)
    assert found.state == "warn" and found.facts["ready"] == 1 and "last heard of" in found.sentence
    with begun.transaction():
        qbd_companies.failed(MAIN, "QuickBooks could not be opened.", clock.now())
    assert "could not be opened" in look(begun, **SET_UP)[0].sentence
    qbd_companies.set_enabled(begun, "main", False, "9")
    assert "switched off" in look(begun, **SET_UP)[0].sentence
