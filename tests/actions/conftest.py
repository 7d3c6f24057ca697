"""The till the actions are tested on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pos import clock
from pos import config as settings
from pos.actions import conductor_jobs
from pos.actions import press as presses
from pos.actions.line import Job
from pos.store import connections
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from tests import books as other
from tests.actions.conductor_corner import Corner
from tests.actions.printed import Shop
from tests.actions.shop import Till, open_till
from tests.books import Books, Time
from tests.copied import Till as CopiedTill
from tests.copied import till as a_till


@pytest.fixture
def till(shop: settings.Config) -> Iterator[Till]:
    made = open_till(shop)
    yield made
    made.close()


@pytest.fixture
def hub_journal(shop: settings.Config) -> Iterator[Journal]:
    """The journal of a hub that posts to ERPNext."""
    config = replace(shop, till=replace(shop.till, id="HUB"), server=replace(shop.server, role="hub"))
    store = open_store(config)
    connections.sync(store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:1")])
    found = Journal(store)
    yield found
    found.close()
    store.close()


@pytest.fixture
def time() -> Iterator[Time]:
    """A clock that stands until it is moved on."""
    now = Time()
    with clock.set_to(now):
        yield now


@pytest.fixture
def books(store: Store, time: Time) -> Books:
    """The other side of a connection that is set up."""
    other.connected(store)
    return Books()


@pytest.fixture
def job(store: Store, books: Books) -> Job:
    """What a round on that connection is given."""
    return other.job(store, books)


@pytest.fixture
def printing_shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    made.press.start()
    yield made
    if made.printer.hold is not None:
        made.printer.hold.set()
    made.close()


@pytest.fixture
def still_shop(tmp_path: Path) -> Iterator[Shop]:
    """The same, its thread not running: a test moves it on by hand."""
    made = Shop(tmp_path)
    yield made
    made.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presses, "BACK_OFF_SECONDS", (0.05,))


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[CopiedTill]:
    """A till that sold, was snapshotted, sold on with copies, and is about to be lost."""
    with a_till(tmp_path / "till", tmp_path / "stick") as till:
        yield till


@pytest.fixture
def corner(shop: settings.Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corner]:
    """A company file nobody calls, on a clock that stands until it is moved on."""
    monkeypatch.setattr(conductor_jobs, "CANCELLED_SECONDS", 0.0)
    made = Corner(shop)
    with clock.set_to(lambda: made.now):
        yield made
    made.store.close()
