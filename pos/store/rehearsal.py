"""A copy of the till's database to try something on: what is done to it happens nowhere else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pos.config import Config
from pos.errors import BadSettings
from pos.store.db import Store, database_path, is_postgresql, open_store


@contextmanager
def rehearsal(config: Config) -> Iterator[Store]:
    """An open copy in a folder only this user can read, gone afterwards. The till may run meanwhile. BadSettings for a
    hub without a file: undoing it all there would keep its tills waiting."""
    if is_postgresql(config):
        raise BadSettings(
            "A dry run works on a copy of the database file, and a hub on PostgreSQL has none. Bring a dump into"
            " another database, name that as [storage] url in another folder, and try it there.",
            code="no_file",
        )
    with TemporaryDirectory(prefix="tillkeep-") as folder:
        apart = replace(config, root=Path(folder), storage=replace(config.storage, url="sqlite:///data/till.db"))
        original, copy = database_path(config), database_path(apart)
        copy.parent.mkdir()
        if original.exists():
            with (
                closing(sqlite3.connect(f"{original.resolve().as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
        store = open_store(apart)
        try:
            yield store
        finally:
            store.close()
