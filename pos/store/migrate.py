"""Migrations: numbered files in pos/store/migrations, run forward at each start, one transaction each.

A number may be missing, and a file with a lower number may come later than one with a higher: what a database has not
seen yet is run, in the order of its numbers.

A file is never edited once it was released; a change of the models is a new file. A file holds `up(db)`, which runs
statements with `db.execute_sql`, written for SQLite: `engines.dialect.definition` puts types and names in order for
PostgreSQL, and `engines.postgres.Migrating.instead` holds what that one does in place of a whole file.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any

from pos import clock
from pos.errors import BadSettings

_NAME = re.compile(r"(\d{4})_\w+\Z")
_PACKAGE = "pos.store.migrations"


def known() -> list[str]:
    """Names of all migrations of this program, in order: 0001_base, …"""
    package = importlib.import_module(_PACKAGE)
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if _NAME.match(m.name))
    assert len({name[:4] for name in names}) == len(names), f"two migrations have one number: {names}"
    return names


def newest() -> int:
    """The number of this program's last migration."""
    return int(known()[-1][:4])


def pending(db: Any) -> list[str]:
    """What this program knows and the database has not seen, in order."""
    seen = _seen(db)
    return [name for name in known() if int(name[:4]) not in seen]


def migrate(db: Any) -> list[str]:
    """Bring the database to this program's shape; the names of what was run.

    BadSettings when a newer program wrote it: its tables may mean what this one does not know.
    """
    run = db.migrating() if hasattr(db, "migrating") else db
    done = version(db)
    if done > newest():
        raise BadSettings(
            f"{named(db)} was written by a newer Tillkeep (tables of version {done}, this program knows "
            f"{newest()}). Install that version again, or restore the backup made before it.",
            code="newer_database",
        )
    names = pending(db)
    for name in names:
        with db.atomic("IMMEDIATE"):
            run.execute_sql(
                "CREATE TABLE IF NOT EXISTS schema_version"
                " (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
            )
            if int(name[:4]) in _seen(db):  # another process was quicker
                continue
            _up(run, name)
            row = (int(name[:4]), name, clock.stamp(clock.now()))
            run.execute_sql("INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)", row)
    return names


def _up(run: Any, name: str) -> None:
    """One migration as its file says, or as this engine does it instead."""
    instead = getattr(run, "instead", {}).get(name)
    if instead is None:
        importlib.import_module(f"{_PACKAGE}.{name}").up(run)
        return
    for statement in instead:
        run.execute_sql(statement)


def named(db: Any) -> str:
    """The database as people know it; never a password."""
    return str(getattr(db, "named", db.database))


def version(db: Any) -> int:
    """The highest number of a migration the database has seen; 0 for a new one."""
    return max(_seen(db), default=0)


def _seen(db: Any) -> set[int]:
    if not db.table_exists("schema_version"):
        return set()
    return {int(number) for (number,) in db.execute_sql("SELECT version FROM schema_version").fetchall()}
