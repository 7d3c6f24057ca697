"""A till with a place for copies: a folder that stands for a stick, on another disk unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pos import config as settings
from pos.actions import backup, restore, snapshots
from pos.actions.snapshots import Taken
from pos.config import Config
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.verify import verify
from tests.receipts import sale


class Till:
    """A till in a folder of its own, its journal open, and the stick beside it."""

    def __init__(self, root: Path, stick: Path, **backup_settings: Any) -> None:
        root.mkdir(exist_ok=True)
        stick.mkdir(exist_ok=True)
        text = f"[shop]\n; who we are\nname = Corner Shop\n\n[backup]\nplaces = {stick}\n"
        (root / "config.ini").write_text(text, encoding="utf-8")
        loaded = settings.load(root, {})
        self.config: Config = replace(loaded, backup=replace(loaded.backup, **backup_settings))
        self.stick = stick
        self.store: Store = open_store(self.config)
        self.journal = Journal(self.store)
        self.memory: dict[str, Any] = {}

    def sell(self, count: int = 1) -> list[dict[str, Any]]:
        return [self.journal.commit(sale()).doc for _ in range(count)]

    def copy(self) -> backup.Copied:
        return backup.copy(self.store, self.config, self.memory)

    def snapshot(self, **more: Any) -> Taken:
        return snapshots.take(self.store, self.config, "person", "test", **more)

    @property
    def saved(self) -> dict[str, bytes]:
        """Every receipt by its path, as `tree` shows a copy of them: the files, or what a hub without files holds."""
        if self.store.keeps_files:
            return tree(self.config.invoices)
        rows = self.store.execute("SELECT path, body FROM document").fetchall()
        return {path: body.encode() for path, body in rows}

    @property
    def newest(self) -> Path:
        """The newest snapshot on the stick."""
        return max((self.stick / self.config.till.id / "snapshots").glob("*.tkb"))

    @property
    def receipts(self) -> Path:
        return self.stick / self.config.till.id / "receipts"

    def close(self) -> None:
        self.journal.close()
        self.store.close()


@contextmanager
def till(root: Path, stick: Path, **backup_settings: Any) -> Iterator[Till]:
    found = Till(root, stick, **backup_settings)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def reopened(root: Path) -> Iterator[tuple[Store, Journal]]:
    """The till in a folder, as its server would open it."""
    store = open_store(settings.load(root, {}))
    try:
        journal = Journal(store)
        try:
            yield store, journal
        finally:
            journal.close()
    finally:
        store.close()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def bring_back(lost: Till, into: Path, **wanted: Any) -> restore.Done:
    """Restore the newest snapshot of a till that is lost."""
    return restore.run(into, restore.Wanted(lost.newest, **wanted), "test")


def ok(config: Config) -> None:
    """Files and database say the same."""
    assert verify(config).differences == []
