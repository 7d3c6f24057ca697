"""Migrations: run at each start, forward only, whole or not at all, and equal to what the models say."""

from __future__ import annotations

import types
from typing import Any

import pytest
from peewee import SqliteDatabase

from pos.config import Config
from pos.errors import BadSettings
from pos.store import migrate, models
from pos.store.db import Store, open_store


def shape(db: Any, table: str) -> dict[str, Any]:
    """Columns, keys and indexes of a table, as SQLite understood them."""
    columns = [
        (name, kind.split("(")[0], notnull, pk)
        for _, name, kind, notnull, _, pk in db.execute_sql(f"PRAGMA table_info({table})").fetchall()
    ]
    indexes = {}
    for row in db.execute_sql(f"PRAGMA index_list({table})").fetchall():
        fields = tuple(r[2] for r in db.execute_sql(f"PRAGMA index_info({row[1]})").fetchall())
        indexes[fields] = row[2]
    text = db.execute_sql("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    return {"columns": columns, "indexes": indexes, "without_rowid": "WITHOUT ROWID" in text.upper()}


def holds(migrated: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Equal, but for further indexes that a migration may add without a word in the models."""
    more = wanted["indexes"].items() <= migrated["indexes"].items()
    return more and {**migrated, "indexes": wanted["indexes"]} == wanted


@pytest.mark.sqlite
def test_the_migrated_database_is_what_the_models_say(store: Store) -> None:
    """A change of a model needs a new migration; 0001 is edited only until the first release."""
    wanted = SqliteDatabase(":memory:")
    with wanted.bind_ctx(models.ALL):
        wanted.create_tables(models.ALL)
        different = {}
        for model in models.ALL:
            table = model._meta.table_name
            if not holds(shape(store.database, table), shape(wanted, table)):
                sql = "\n".join(
                    r[0]
                    for r in wanted.execute_sql("SELECT sql FROM sqlite_master WHERE tbl_name = ?", (table,))
                    if r[0]
                )
                different[table] = sql
    models.database.initialize(store.database)
    assert different == {}, "write a migration that leads to these statements"


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_hubs_tables_are_those_of_the_models_as_well(store: Store) -> None:
    """Columns, what may be empty, keys, and what is unique."""
    wanted, different = SqliteDatabase(":memory:"), {}
    with wanted.bind_ctx(models.ALL):
        wanted.create_tables(models.ALL)
        for model in models.ALL:
            table = model._meta.table_name
            ours = shape(wanted, table)
            columns = {name: bool(notnull or key) for name, _, notnull, key in ours["columns"]}
            key = tuple(sorted(name for name, *_, at in ours["columns"] if at))
            unique = {key, *(tuple(sorted(fields)) for fields, is_unique in ours["indexes"].items() if is_unique)}
            there = hub_shape(store, table)
            if table == "document":  # one view of what lies by months: tests/store/test_months.py
                assert there[0].keys() == columns.keys()
            elif there[0] != columns or not unique <= there[1]:
                different[table] = (columns, unique, there)
    models.database.initialize(store.database)
    assert different == {}


def hub_shape(store: Store, table: str) -> tuple[dict[str, bool], set[tuple[str, ...]]]:
    """Columns of a table of PostgreSQL, whether each must hold something, and the columns that are unique together."""
    columns = store.execute(
        "SELECT attname, attnotnull::int FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0"
        " AND NOT attisdropped", (f'"{table}"',),
    )  # fmt: skip
    unique = store.execute(
        "SELECT indexrelid, attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)"
        " WHERE indrelid = ?::regclass AND indisunique AND indpred IS NULL", (f'"{table}"',),
    )  # fmt: skip
    found: dict[int, list[str]] = {}
    for index, name in unique.fetchall():
        found.setdefault(index, []).append(name)
    return {name: bool(must) for name, must in columns.fetchall()}, {tuple(sorted(names)) for names in found.values()}


def test_every_table_of_the_models_is_in_the_list() -> None:
    listed = set(models.ALL)
    defined = {v for v in vars(models).values() if isinstance(v, type) and issubclass(v, models.base.Row)}
    assert defined - {models.base.Row} == listed


def test_a_second_start_has_nothing_to_do(store: Store) -> None:
    assert migrate.version(store.database) == migrate.newest()
    assert migrate.migrate(store.database) == []


def test_a_database_of_a_newer_program_is_left_alone(shop: Config) -> None:
    opened = open_store(shop)
    opened.execute("INSERT INTO schema_version (version, name, applied_at) VALUES (9001, '9001_later', '')")
    opened.close()
    with pytest.raises(BadSettings, match="newer Tillkeep") as error:
        open_store(shop)
    assert error.value.code == "newer_database"


def test_a_migration_that_fails_changes_nothing_and_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, every = migrate.newest(), migrate.known()
    name = f"{done + 1:04d}_broken"
    fail = [True]

    def up(db: Any) -> None:
        db.execute_sql("CREATE TABLE half_way (a INTEGER)")
        if fail[0]:
            raise ZeroDivisionError

    loaded = migrate.importlib.import_module
    monkeypatch.setattr(migrate, "known", lambda: [*every, name])
    monkeypatch.setattr(
        migrate.importlib,
        "import_module",
        lambda wanted: types.SimpleNamespace(up=up) if wanted.endswith(name) else loaded(wanted),
    )
    with pytest.raises(ZeroDivisionError):
        migrate.migrate(store.database)
    assert not store.database.table_exists("half_way")
    assert migrate.version(store.database) == done
    fail[0] = False
    assert migrate.migrate(store.database) == [name]
    assert store.database.table_exists("half_way")


def test_a_lower_number_that_comes_later_is_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two branches took numbers; the one with the lower number was merged last."""
    every, loaded = migrate.known(), migrate.importlib.import_module
    later, sooner = f"{migrate.newest() + 2:04}_later", f"{migrate.newest() + 1:04}_sooner"
    ran: list[str] = []
    made = {name: types.SimpleNamespace(up=lambda db, name=name: ran.append(name)) for name in (later, sooner)}
    monkeypatch.setattr(
        migrate.importlib, "import_module", lambda wanted: made.get(wanted.rpartition(".")[2]) or loaded(wanted)
    )
    for known in ([*every, later], [*every, sooner, later]):
        monkeypatch.setattr(migrate, "known", lambda known=known: known)
        migrate.migrate(store.database)
    assert ran == [later, sooner]
    assert migrate.pending(store.database) == []
