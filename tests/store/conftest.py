"""What tests of the store share: a clock that stands, and a queue to QuickBooks Desktop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pos import clock
from pos.store.db import Store
from tests.books import Time
from tests.desktop_queue import Queue


@pytest.fixture
def time() -> Iterator[Time]:
    """A clock that stands until it is moved on."""
    now = Time()
    with clock.set_to(now):
        yield now


@pytest.fixture
def queue(store: Store, time: Time) -> Queue:
    """The queue to QuickBooks Desktop of the first company."""
    return Queue(store, time)
