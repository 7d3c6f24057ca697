"""What keeps one company's rows from another's at the console, asked of PostgreSQL in every run; each query by itself
is in test_reach.py."""

from __future__ import annotations

import pytest

from pos.config import Config
from tests.web.test_reach import LISTS, NAMED
from tests.web.two_companies import a_hub

pytestmark = pytest.mark.postgresql


@pytest.fixture
def engine() -> str:
    return "postgresql"


def test_lists_and_what_is_named_keep_to_ones_own(shop: Config) -> None:
    lists = [address for address in LISTS if ".csv" not in address]  # those are the same queries
    named = [address for address, body in NAMED if body is None and ".csv" not in address]
    with a_hub(shop.root, shop.storage) as hub:
        for own, other, page in zip(hub.sides, reversed(hub.sides), hub.pages, strict=True):
            for address in lists:
                text = page.get(address.format(**own.ids)).text
                assert any(mark in text for mark in own.marks), address
                assert [mark for mark in other.marks if mark in text] == [], address
            for address in named:
                assert page.get(address.format(**other.ids)).status_code == 404, address
