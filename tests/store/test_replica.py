"""A read replica beside the primary: real, streaming, made by pg_basebackup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos import config as settings
from pos.actions import audit_views
from pos.app import create_app
from pos.config import Config
from pos.errors import BadSettings, NotFound
from pos.store import entries, models
from pos.store.db import Store, open_store
from pos.store.engines import postgres_replica
from tests import engines
from tests.store.looking import until

pytestmark = pytest.mark.postgresql
PLACE = "SELECT pg_is_in_recovery()"


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture(scope="module")
def first(postgresql: engines.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Server]:
    """A server of their own: of the run's a replica had to follow every database the other tests make and drop."""
    made = engines.start()
    made.sql(f"CREATE DATABASE tillkeep_template OWNER {engines.OWNER} TEMPLATE template0 ENCODING 'UTF8'")
    config = Config(root=tmp_path_factory.mktemp("template"))
    open_store(replace(config, storage=replace(config.storage, url=made.url("tillkeep_template")))).close()
    yield made
    engines.stop(made)


@pytest.fixture(scope="module")
def second(first: engines.Server) -> Iterator[engines.Server]:
    """A replica of it."""
    made = engines.replica_of(first)
    yield made
    engines.stop(made)


@pytest.fixture
def shop(first: engines.Server, tmp_path: Path) -> Iterator[Config]:
    config = Config(root=tmp_path)
    name, url = first.fresh("tillkeep_template")
    yield replace(config, storage=replace(config.storage, url=url))
    first.drop(name)


@pytest.fixture
def both(shop: Config, store: Store, second: engines.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store's database with its replica beside it."""
    monkeypatch.setattr(postgres_replica, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(postgres_replica, "AWAY_SECONDS", 0.0)
    url = shop.storage.url.replace(
        f"host={store.database.url.split('host=')[1].split('&')[0]}", f"host={second.folder}"
    )
    opened = open_store(replace(shop, storage=replace(shop.storage, read_url=url)))
    until(lambda: opened.replica.standing()[1] == "")
    yield opened
    models.database.initialize(store.database)
    opened.close()


def asked(store: Store) -> bool:
    """Whether reads go to the replica."""
    return bool(store.read_elsewhere(lambda: store.execute(PLACE).fetchone()[0]))


def test_reads_go_there_and_all_that_is_written_stays_here(both: Store) -> None:
    assert not both.execute(PLACE).fetchone()[0]

    def work() -> str:
        assert both.execute(PLACE).fetchone()[0]
        with both.transaction():
            entries.set_meta(both, "told", "yes")
            assert not both.execute(PLACE).fetchone()[0]
        with both.rows():
            assert not both.execute(PLACE).fetchone()[0]
        with both.reading():
            assert both.execute(PLACE).fetchone()[0]
        assert models.Meta.select().count() >= 0  # a query of peewee's goes there as well
        raise NotFound("so it ends")

    with pytest.raises(NotFound):
        both.read_elsewhere(work)
    assert not both.execute(PLACE).fetchone()[0]
    assert entries.meta(both, "told", "") == "yes"
    until(lambda: both.read_elsewhere(lambda: entries.meta(both, "told", "")) == "yes")


def test_one_that_is_behind_or_away_is_not_asked_and_said_why(both: Store, second: engines.Server) -> None:
    both.replica.lag_seconds = 0.2
    second.sql("SELECT pg_wal_replay_pause()")
    with both.transaction():
        entries.set_meta(both, "told", "later")
    until(lambda: not asked(both))
    assert "behind" in both.replica.standing()[1]
    assert both.read_elsewhere(lambda: entries.meta(both, "told", "")) == "later"
    second.sql("SELECT pg_wal_replay_resume()")
    until(lambda: asked(both))
    # It goes away in the middle of a read: what was asked is asked here.
    gone = []

    def work() -> bool:
        there = bool(both.execute(PLACE).fetchone()[0])
        if there and not gone:
            gone.append(second.control("stop", "-m", "immediate"))
        return bool(both.execute("SELECT pg_is_in_recovery() AS now").fetchone()[0]) or there

    assert both.read_elsewhere(work) is False or gone
    assert not asked(both)
    assert "cannot be asked" in both.replica.standing()[1]
    second.control("start")
    until(lambda: asked(both))


def test_only_postgresql_has_one(tmp_path: Path) -> None:
    (tmp_path / "config.ini").write_text("[storage]\nread_url = postgresql://elsewhere/x\n")
    with pytest.raises(BadSettings, match="read_url names a replica, which only PostgreSQL has"):
        settings.load(tmp_path, environ={})


def test_the_console_looks_there_and_who_changed_something_looks_here(
    both: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(both.config)
    try:
        until(lambda: app.store.replica.standing()[1] == "")
        seen: list[bool] = []
        look = audit_views.listed

        def listed(*given: Any, **named: Any) -> Any:
            seen.append(bool(app.store.execute(PLACE).fetchone()[0]))
            return look(*given, **named)

        monkeypatch.setattr(audit_views, "listed", listed)
        browser = app.flask.test_client()
        browser.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {app.control_key}"
        for path in ("/api/console/audit", "/console/audit"):
            assert browser.get(path, base_url="http://127.0.0.1:5000").status_code == 200
        assert seen == [True, True]
        browser.post("/api/console/agents/run", base_url="http://127.0.0.1:5000", json={})
        assert browser.get("/api/console/audit", base_url="http://127.0.0.1:5000").status_code == 200
        assert seen == [True, True, False]
        assert "tillkeep_read_replica_asked 1.0" in browser.get("/metrics", base_url="http://127.0.0.1:5000").text
    finally:
        app.stop()
