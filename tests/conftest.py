"""What most tests stand on: settings in a fresh folder, an open database, a journal. Named as the shop names them."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pos import config as settings
from tests import engines, spawned
from tests.once import _addresses_compiled_once, _pages_compiled_once, _tables_made_once  # noqa: F401  (fixtures of the whole run)

if TYPE_CHECKING:
    from pos.store.db import Store
    from pos.store.journal import Journal

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared"


#: Each test makes thousands of objects and drops them at its end; the usual 700 looks at them a hundred times a test.
GC_THRESHOLD = (20_000, 10, 10)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own ERPNEXT_URL must never reach a test."""
    for name in list(os.environ):
        if name.startswith(("ERPNEXT_", "QUICKBOOKS_", "TILLKEEP_", "QBWC_", "INVENTORY_")) and name not in KEPT:
            monkeypatch.delenv(name)


#: Switches of the test run itself; everything else of that name is a setting of a till.
KEPT = (
    "TILLKEEP_REQUIRE_BROWSER", "TILLKEEP_NO_BROWSER", "TILLKEEP_POWER_CUTS", "TILLKEEP_API_CASES", "TILLKEEP_LONG",
    engines.WANTED, engines.REQUIRED,
)  # fmt: skip


#: Folders of tests are made here where it is, and large enough: nine tenths of a test was waiting for a disk to flush.
IN_MEMORY = Path("/dev/shm")
IN_MEMORY_BYTES_MIN = 4 << 30


def _in_memory() -> bool:
    """Whether tests may have their folders in memory. What is flushed, and when, is counted where it is asked for, and
    kills leave what was written either way; real disks lose power in tests/crash/power.py, which brings its own."""
    if sys.platform != "linux" or not IN_MEMORY.is_dir() or not os.access(IN_MEMORY, os.W_OK):
        return False
    there = os.statvfs(IN_MEMORY)
    return there.f_bavail * there.f_frsize >= IN_MEMORY_BYTES_MIN and not there.f_flag & os.ST_NOEXEC


if _in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))  # pytest's own name for where its folders go


spawned.within_pytest = True
gc.disable()  # nothing that is imported or collected goes away; from the first test on see below


def pytest_collection_finish() -> None:
    """What was imported stays to the end: the collector need not walk through it again a thousand times."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    gc.enable()


#: What takes long goes to the workers first, so that no worker ends with an hour's walk while the others stand idle.
LONGEST_FIRST = ("tests/crash/", "tests/browser/", "tests/agents/", "tests/cli/", "tests/contract/")


def _turn(item: pytest.Item) -> int:
    return next((n for n, start in enumerate(LONGEST_FIRST) if item.nodeid.startswith(start)), len(LONGEST_FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; what is too long for every run says so and waits for TILLKEEP_LONG=1. What is about a till's
    own file does not run where the stores are on PostgreSQL."""
    items.sort(key=_turn)
    for item in items if engines.wanted() else ():
        why = "about the file of a till" if item.get_closest_marker("sqlite") else engines.about_files(item.nodeid)
        if why:
            item.add_marker(pytest.mark.skip(reason=why))
    if os.environ.get("TILLKEEP_LONG"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="a long one; it runs with TILLKEEP_LONG=1"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `both_engines` runs on SQLite and, where there is one, on PostgreSQL."""
    if "engine" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_engines"):
        metafunc.parametrize("engine", ["postgresql"] if engines.wanted() else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """What the stores of this test stand on."""
    name: str = getattr(request, "param", "postgresql" if engines.wanted() else "sqlite")
    return name


@pytest.fixture(scope="session")
def shared_by_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run know."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def postgresql(shared_by_workers: Path, tmp_path_factory: pytest.TempPathFactory) -> engines.Server:
    """The run's PostgreSQL; skips where there is none, and fails where one is required."""
    missing = engines.missing()
    if missing and os.environ.get(engines.REQUIRED):
        pytest.fail(f"PostgreSQL is required here: {missing}")
    if missing:
        pytest.skip(missing)

    def migrated(url: str) -> None:
        from pos.store.db import open_store

        open_store(_on_server(settings.load(tmp_path_factory.mktemp("template"), environ={}), url)).close()

    return engines.for_the_run(shared_by_workers, migrated)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run's PostgreSQL ends with the run, when all workers are done."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None and not os.environ.get("PYTEST_XDIST_WORKER"):
        engines.end_of_run(factory.getbasetemp())


def _on_server(config: settings.Config, url: str) -> settings.Config:
    return replace(config, storage=replace(config.storage, url=url))


@pytest.fixture(scope="session", autouse=True)
def _databases(request: pytest.FixtureRequest) -> Iterator[dict[Path, str]]:
    """In a run that is PostgreSQL's each root folder has a database of its own there: root -> its name."""
    made: dict[Path, str] = {}
    if not engines.wanted():
        yield made
        return
    server: engines.Server = request.getfixturevalue("postgresql")
    load, usual = settings.load, settings.Storage().url

    def on_server(root: Path, *given: Any, **named: Any) -> settings.Config:
        config = load(root, *given, **named)
        if config.storage.url != usual:
            return config
        if root not in made:
            made[root] = server.fresh("tillkeep_template")[0]
        return _on_server(config, server.url(made[root]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "load", on_server)
        yield made


@pytest.fixture(autouse=True)
def _databases_go_with_their_test(request: pytest.FixtureRequest, _databases: dict[Path, str]) -> Iterator[None]:
    server: engines.Server | None = request.getfixturevalue("postgresql") if engines.wanted() else None
    yield
    if server is None:
        return
    folder = request.node.funcargs.get("tmp_path")
    for root in [root for root in _databases if folder is not None and root.is_relative_to(folder)]:
        server.drop(_databases.pop(root))


@pytest.fixture
def shop(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> Iterator[settings.Config]:
    """The settings of a till in an empty folder, with every default; on PostgreSQL, its documents in there."""
    config = settings.load(tmp_path, environ={})
    if engine == "sqlite" or engines.wanted():
        yield config
        return
    server: engines.Server = request.getfixturevalue("postgresql")
    name, url = server.fresh("tillkeep_template")
    yield _on_server(config, url)
    server.drop(name)


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
