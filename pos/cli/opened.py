"""The folder a command works on: its settings, its database, who is at the keyboard."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos import config
from pos.errors import NotFound
from pos.store.db import Store, database_path, is_postgresql, open_store


def settings(root: Path) -> config.Config:
    """The settings of this folder. BadSettings when the folder is not there."""
    if not root.is_dir():
        raise NotFound(f"There is no folder {root}.")
    return config.load(root)


@contextmanager
def till(root: Path, *, make: bool = False) -> Iterator[Store]:
    """The database of this folder, also while its server runs. NotFound when there is none and `make` is off."""
    loaded = settings(root)
    if not make and not is_postgresql(loaded) and not database_path(loaded).exists():
        raise NotFound(f"There is no till in {root} yet. Start it once: pos_server.py --root {root}")
    store = open_store(loaded)
    try:
        yield store
    finally:
        store.close()


def operator() -> str:
    """Who is at the keyboard, for the audit: the name this machine knows them by."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError, ImportError):  # no such entry, as in some containers
        return "cli"
