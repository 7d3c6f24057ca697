"""Which till a database is. A copy is none, and a till that was restored never goes by its old id again: so no number
is issued twice, however files are moved about."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from pos.errors import BadSettings

if TYPE_CHECKING:
    from pos.config import Config
    from pos.store.db import Store

#: In a snapshot's database: the snapshot's name. No journal opens on it.
COPY_OF = "copy_of"
#: Ids this database had before it was restored.
RETIRED = "retired_tills"
#: In a folder while a restore into it is not finished.
UNFINISHED = "restore.unfinished"


def mark_copy(database: sqlite3.Connection, name: str) -> None:
    """Say in a copied database that it is one."""
    database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (COPY_OF, name))


def retire(store: Store, till: str) -> None:
    """The database is no copy any more, and its till goes by another id from now on. Inside a transaction."""
    store.execute("DELETE FROM meta WHERE key = ?", (COPY_OF,))
    kept = json.dumps(sorted({*retired(store), till}))
    store.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (RETIRED, kept),
    )


def retired(store: Store) -> list[str]:
    """Ids this database had before."""
    row = store.execute("SELECT value FROM meta WHERE key = ?", (RETIRED,)).fetchone()
    return [str(one) for one in json.loads(row[0])] if row else []


def prove(store: Store) -> None:
    """Whether documents may be made here under the settings' id. BadSettings says why not and what to do."""
    refuse_unfinished(store.config)
    row = store.execute("SELECT value FROM meta WHERE key = ?", (COPY_OF,)).fetchone()
    if row is not None:
        raise BadSettings(
            f"This database is a copy, taken out of the snapshot {row[0]}. It must not sell, for it would give out the "
            "same numbers again: use `pos_server.py restore` with that snapshot.",
            code="copy",
        )
    mine = store.config.till.id
    if mine.upper() in {one.upper() for one in retired(store)}:
        raise BadSettings(
            f"[till] id is {mine}, the id this till had before it was restored. Its numbers would be given out twice: "
            "set the id that `restore` chose (it stands in config.ini; the environment and .env win over it).",
            code="retired_till",
        )


def unfinished(root: Path) -> Path:
    """The mark of a restore under way."""
    return root / "data" / UNFINISHED


def refuse_unfinished(config: Config) -> None:
    """BadSettings when a restore into this folder broke off."""
    if unfinished(config.root).exists():
        raise BadSettings(
            "A restore into this folder was not finished. Give the same `pos_server.py restore` command again; what it "
            "left half done is put aside first.",
            code="unfinished_restore",
        )
