"""Which till a database is. A copy is none, and a till that was restored never goes by its old id again: so no number
is issued twice, however files are moved about."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
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
#: In the database of a hub that moves: where to, and whether it is there; in the new one, which hub it is filled from.
MOVED, COMING = "moved_to", "coming_from"
MARKS = (MOVED, COMING)
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
    refuse_moved(store)
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


# -- a hub that moves to another database ------------------------------------------------------------------------------


def _meta(store: Store, key: str) -> str:
    row = store.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def _mark(store: Store, key: str, value: str) -> None:
    store.execute("DELETE FROM meta WHERE key = ?", (key,))
    store.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))


def mark_moved(store: Store, to: str, *, done: bool) -> None:
    """From now on no server serves this database; to: the other one, as people may see it. In a transaction."""
    _mark(store, MOVED, json.dumps({"to": to, "done": done}))


def unmark_moved(store: Store) -> None:
    """It stays after all. In a transaction."""
    store.execute("DELETE FROM meta WHERE key = ?", (MOVED,))


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a hub is on its way to; done: all of it is there."""

    to: str
    done: bool


def moved(store: Store) -> Moved | None:
    """Where this database went; None = nowhere."""
    told = _meta(store, MOVED)
    return Moved(**json.loads(told)) if told else None


def mark_coming(store: Store, hub: str) -> None:
    """This database is being filled from that hub. In a transaction."""
    _mark(store, COMING, hub)


def coming_from(store: Store) -> str:
    """The hub this database is being filled from; "" = none."""
    return _meta(store, COMING)


def arrived(store: Store) -> None:
    """It is whole. In a transaction."""
    store.execute("DELETE FROM meta WHERE key = ?", (COMING,))


def refuse_moved(store: Store) -> None:
    """BadSettings when this database moved elsewhere, is on its way, or is not filled yet."""
    if coming_from(store):
        raise BadSettings(
            "A hub is being moved into this database, and that is not finished. Give the same `pos_server.py move-to` "
            "command again.",
            code="move_unfinished",
        )
    gone = moved(store)
    if gone is None:
        return
    if gone.done:
        raise BadSettings(
            f"This hub has moved to {gone.to}. Set [storage] url to that; this file stays as it was, for reading.",
            code="moved",
        )
    raise BadSettings(
        f"This hub is being moved to {gone.to}. Give the same `pos_server.py move-to` command again, or "
        "`pos_server.py move-to --give-up` to stay here.",
        code="move_unfinished",
    )
