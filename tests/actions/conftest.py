"""The till the actions are tested on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import config as settings
from tests.actions.shop import Till, open_till


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    made = open_till(settings.load(tmp_path, environ={}))
    yield made
    made.close()
