"""What most tests stand on: settings in a fresh folder, an open database, a journal. Named as the shop names them."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.routing import Rule

from pos import config as settings

if TYPE_CHECKING:
    from pos.store.db import Store
    from pos.store.journal import Journal

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own ERPNEXT_URL must never reach a test."""
    for name in list(os.environ):
        if name.startswith(("ERPNEXT_", "TILLKEEP_")) and name not in KEPT:
            monkeypatch.delenv(name)


#: Switches of the test run itself; everything else of that name is a setting of a till.
KEPT = ("TILLKEEP_REQUIRE_BROWSER", "TILLKEEP_NO_BROWSER", "TILLKEEP_POWER_CUTS", "TILLKEEP_API_CASES", "TILLKEEP_LONG")


def pytest_collection_finish() -> None:
    """What was imported stays to the end: the collector need not walk through it again a thousand times."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _addresses_compiled_once() -> Iterator[None]:
    """Werkzeug compiles two functions per address of each application; here a thousand tills have the same ones."""
    compiled: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, tuple(rule._trace), str(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


#: What takes long goes to the workers first, so that no worker ends with an hour's walk while the others stand idle.
LONGEST_FIRST = ("tests/crash/", "tests/browser/", "tests/agents/", "tests/cli/", "tests/contract/")


def _turn(item: pytest.Item) -> int:
    return next((n for n, start in enumerate(LONGEST_FIRST) if item.nodeid.startswith(start)), len(LONGEST_FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; what is too long for every run says so and waits for TILLKEEP_LONG=1."""
    items.sort(key=_turn)
    if os.environ.get("TILLKEEP_LONG"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="a long one; it runs with TILLKEEP_LONG=1"))


@pytest.fixture
def shop(tmp_path: Path) -> settings.Config:
    """The settings of a till in an empty folder, with every default."""
    return settings.load(tmp_path, environ={})


@pytest.fixture
def store(shop: settings.Config) -> Iterator[Store]:
    """The till's database, open, migrated and empty."""
    from pos.store.db import open_store

    opened = open_store(shop)
    yield opened
    opened.close()


@pytest.fixture
def journal(store: Store) -> Iterator[Journal]:
    """The one writer of receipts, on `store`."""
    from pos.store.journal import Journal

    writer = Journal(store)
    yield writer
    writer.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded exchanges and designs beside the repository; skips where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here; the tables under tests/contract/ hold the same facts")
    return SHARED
