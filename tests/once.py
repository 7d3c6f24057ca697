"""What every till of a run needs alike is made once: the functions of its addresses, the code of its pages, and the
tables of a new database."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jinja2 import Environment
from werkzeug.routing import Rule


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


@pytest.fixture(scope="session", autouse=True)
def _pages_compiled_once() -> Iterator[None]:
    """Jinja compiles a page for each application that shows it."""
    compiled: dict[tuple[object, ...], Any] = {}
    compile_page = Environment.compile

    def once(env: Environment, source: Any, *more: Any, **named: Any) -> Any:
        if not isinstance(source, str) or named or len(more) != 2:
            return compile_page(env, source, *more, **named)
        key = (source, *more, env.autoescape is True, *sorted(env.extensions))
        if key not in compiled:
            compiled[key] = compile_page(env, source, *more)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tables_made_once() -> Iterator[None]:
    """The migrations run for the first new file; the next ones begin as its copy. tests/store/test_migrate.py and every
    process of its own run them as a till does."""
    from pos.store import db
    from pos.store import migrate as migrations

    template = sqlite3.connect(":memory:", check_same_thread=False)
    turn, migrate, made = threading.Lock(), migrations.migrate, [False]

    def once(database: Any) -> list[str]:
        connection = database.connection()
        if (
            not isinstance(connection, sqlite3.Connection)
            or connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        ):
            return migrate(database)
        with turn:
            if made[0]:
                template.backup(connection)
                return []
            names = migrate(database)
            connection.backup(template)
            made[0] = True
            return names

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "migrate", once)
        yield
    template.close()
