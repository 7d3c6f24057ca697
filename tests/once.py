"""What every till of a run needs alike is made once: the functions of its addresses, the code of its pages, and the
tables of a new database."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from types import MethodType
from typing import Any

import pytest
from jinja2 import Environment
from werkzeug.routing import Rule


@pytest.fixture(scope="session", autouse=True)
def _addresses_compiled_once() -> Iterator[None]:
    """Werkzeug takes each address of each application apart and compiles two functions for it; here a thousand tills
    have the same ones."""
    compiled: dict[tuple[object, ...], tuple[Any, ...]] = {}
    compile_rule = Rule.compile

    def once(rule: Rule) -> None:
        own = rule.map
        key = (
            rule.rule, rule.merge_slashes, rule.host if own.host_matching else rule.subdomain, str(rule.defaults),
            *(own.converters.values() if "<" in rule.rule else ()),
        )  # fmt: skip
        known = compiled.get(key)
        if known is None:
            compile_rule(rule)
            made = (rule._build.__func__, rule._build_unknown.__func__)  # type: ignore[attr-defined]
            compiled[key] = (rule._parts, rule._trace, rule._converters, frozenset(rule.arguments), made)
            return
        rule._parts, rule._trace, rule._converters, arguments, made = known
        rule.arguments = set(arguments)
        rule._build, rule._build_unknown = MethodType(made[0], rule), MethodType(made[1], rule)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "compile", once)
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
