"""The till the actions are tested on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import clock
from pos import config as settings
from pos.actions.line import Job
from pos.store.db import Store
from tests import books as other
from tests.actions.shop import Till, open_till
from tests.books import Books, Time


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    made = open_till(settings.load(tmp_path, environ={}))
    yield made
    made.close()


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
