"""Restore: a till made anew from a snapshot, under a new id. In a folder beside it first; then switched in one go.

A mark lies in the folder from the first step to the last, and no server starts while it does: a restore that was killed
is given again. The old till's documents stay as they are, a chain of their own that nobody adds to. What of them was
made after the snapshot is taken in by the same recovery that runs at each start, and enters the outbox as `unknown`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from pos import clock, config
from pos.config import Config
from pos.errors import Conflict, Corrupt
from pos.rules import backup, ledger
from pos.rules.backup import Manifest
from pos.rules.ini import with_setting
from pos.sections import Storage
from pos.store import archive, audit, disk, identity, intake, recover, shifts, snapshot, takings, unblock
from pos.store.db import LOCK_FILE, Store, open_store
from pos.store.verify import verify

STAGE = ".restore"
#: Called before each step with its name; a test ends the process there.
STEPS = ("marked", "unpacked", "newer", "identified", "merged", "verified", "receipts", "settings", "database", "clean")

Progress = Callable[[int, int], None]


def _quiet(_done: int, _total: int) -> None: ...


@dataclass(slots=True)
class Restored:
    """What became of it. merged: receipts newer than the snapshot. notices: sentences about files left alone."""

    manifest: Manifest
    till: str
    merged: int = 0
    asked_again: int = 0
    session: str = ""
    differences: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


class Restore:
    """One restore into one folder: `unpack`, `add` what is newer, `finish`. `with` holds the folder's lock."""

    def __init__(self, root: Path, step: Callable[[str], None] = lambda _name: None) -> None:
        """Conflict when there is a till in the folder already; FolderInUse when a server runs there."""
        self.root = root
        self._added: list[str] = []
        self._notices: list[str] = []
        self._switching = False
        self.stage = root / STAGE
        self._step = step
        self._mark = identity.unfinished(root)
        root.mkdir(parents=True, exist_ok=True)
        self._mark.parent.mkdir(exist_ok=True)
        self._lock = disk.FolderLock(root / "data" / LOCK_FILE)
        with ExitStack() as undo:
            undo.callback(self._lock.release)
            self._clear()
            undo.pop_all()

    def __enter__(self) -> Restore:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is not None and not self._switching:  # refused: the folder is as it was
            shutil.rmtree(self.stage, ignore_errors=True)
            self._mark.unlink(missing_ok=True)
        self._lock.release()

    def _clear(self) -> None:
        """Put aside what a restore that broke off left; else the folder must hold no till."""
        found = self._till_here()
        if found and not self._mark.exists():
            raise Conflict(
                f"There is a till in {self.root} already ({found}). Name an empty folder with --into. When only its "
                "database is lost, `pos_server.py rebuild` makes it anew from the receipts.",
                code="not_empty",
            )
        disk.write_whole(self._mark, f"{clock.stamp(clock.now())}\n".encode(), flush=True)
        self._step("marked")
        if self.stage.exists():
            shutil.rmtree(self.stage)
        left = [*self._days(), *(p for p in self._database() if p.exists())]
        if left:  # whatever it is, nothing is deleted
            aside = self.root / f"restore-left-{clock.now():%Y%m%d-%H%M%S-%f}"
            aside.mkdir()
            for path in left:
                disk.move(path, aside / path.name)

    def _database(self) -> list[Path]:
        return [self.root / f"{backup.DATABASE}{suffix}" for suffix in ("", "-wal", "-shm")]

    def _till_here(self) -> str:
        database = self.root / backup.DATABASE
        return str(database) if database.exists() else next((str(day) for day in self._days()), "")

    def _days(self) -> list[Path]:
        folder = self.root / backup.RECEIPTS
        return [p for p in sorted(folder.iterdir()) if recover.DAY.match(p.name)] if folder.is_dir() else []

    # -- the steps -----------------------------------------------------------------------------------------------------

    def unpack(self, file: Path, key: Path | None, progress: Progress = _quiet) -> Manifest:
        """Unpack a snapshot beside the folder and prove it. Corrupt, in words, when it is not whole."""
        self.stage.mkdir(mode=0o700)
        try:
            with archive.opened(file, key, self.stage) as plain:
                manifest = archive.unpack(plain, self.stage / "till", progress)
            snapshot.compare(manifest, self.stage / "till")
        except Corrupt as error:
            raise Corrupt(f"{file.name} is not whole: {error.message}. Use another snapshot.") from error
        self._step("unpacked")
        return manifest

    @property
    def invoices(self) -> Path:
        """Where the receipts lie until the switch."""
        return self.stage / "till" / backup.RECEIPTS

    def add(self, path: str, body: bytes) -> bool:
        """Lay a receipt that may be newer than the snapshot beside the others, for recovery to take in; False when that
        one is here, or it is none that can be trusted."""
        file = self.invoices / path
        if not backup.is_receipt(f"{backup.RECEIPTS}{path}") or file.exists():
            return False
        try:
            doc, _rows = intake.proven(body)
            if ledger.path_of(doc) != path:
                raise Corrupt(f"it says it belongs at {ledger.path_of(doc)}")
        except Corrupt as error:
            self._notices.append(f"{path} is no receipt this till can trust and was left where it is: {error}.")
            return False
        disk.write_whole(file, body)
        self._added.append(path)
        return True

    def finish(self, manifest: Manifest, till: str, by: str, *, anyway: bool, progress: Progress = _quiet) -> Restored:
        """Give it its new id, take in what is newer, verify all of it, and switch.

        Corrupt when something differs that differed at the snapshot already, and not `anyway`.
        """
        self._step("newer")
        here = self._settings(manifest, till)
        found = Restored(manifest, till)
        store = open_store(here)
        try:
            self._identify(store, found, by)
            self._step("identified")
            self._merge(store, found)
            self._step("merged")
        finally:
            store.close()
        # Nobody sells here yet: all processors may work at it.
        found.differences = verify(here, progress, processes=os.cpu_count() or 1).differences
        if found.differences and not anyway:
            raise Corrupt(
                f"The snapshot is whole, but what it holds differs: {found.differences[0]} ({len(found.differences)} "
                "in all). Use another snapshot, or take it as it is with --anyway."
            )
        self._step("verified")
        disk.flush_filesystem(self.stage)
        self._switch()
        return found

    def _settings(self, manifest: Manifest, till: str) -> Config:
        """The restored settings with the new id, as the till will read them; the environment is left out."""
        root = self.stage / "till"
        file = root / backup.CONFIG
        text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
        before = config.load(root, {})
        older = [one for one in before.till.succeeds.replace(",", " ").split() if one != manifest.till]
        text = with_setting(text, "till", "id", till)
        text = with_setting(text, "till", "succeeds", ", ".join([*older, manifest.till]))
        for name, default in (("url", Storage().url), ("invoices", Storage().invoices)):
            if getattr(before.storage, name) != default:  # wherever it lay, here is where it lies now
                text = with_setting(text, "storage", name, default)
        disk.write_whole(file, text.encode("utf-8"), flush=True)
        return config.load(root, {})

    def _identify(self, store: Store, found: Restored, by: str) -> None:
        now = clock.now()
        before = found.manifest.till
        with store.transaction():
            identity.retire(store, before)
            found.asked_again = unblock.restored(store, now, store.config.erpnext.settle_seconds)
            store.execute("UPDATE sign_in SET ended_at = ? WHERE ended_at = ''", (clock.stamp(now),))
            store.execute(
                "UPDATE print_job SET state = 'failed', sure = 0, reason = ? WHERE state IN ('waiting', 'sending')",
                ("The till was restored; whether it was printed is not known.",),
            )
            detail = {"snapshot": found.manifest.name, "till": found.till, "before": before}
            audit.record(store, by, "restore", found.till, detail)

    def _merge(self, store: Store, found: Restored) -> None:
        last = store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()[0]
        intake.remember(store, last)  # its files were all just written, and are flushed before the switch
        got = recover.recover(store)
        found.merged, found.notices = len(got.adopted), [*self._notices, *got.notices]
        for path in set(self._added) - set(got.adopted):  # said by recovery; the original lies where it came from
            (self.invoices / path).unlink()
        last = store.execute("SELECT coalesce(max(n), 0) FROM document").fetchone()[0]
        intake.remember(store, last)
        with store.transaction():
            takings.roll(store)
        left = shifts.left_open(store)
        found.session = left[0].id if left else ""
        store.execute("PRAGMA wal_checkpoint(truncate)").fetchall()

    def _switch(self) -> None:
        """Receipts, settings, and last of all the database, without which nothing starts."""
        self._switching = True
        staged, moment = self.stage / "till", f"{clock.now():%Y%m%d-%H%M%S}"
        self._step("receipts")
        target = self.root / backup.RECEIPTS
        target.mkdir(exist_ok=True)
        for day in sorted(self.invoices.iterdir()) if self.invoices.is_dir() else ():
            disk.move(day, target / day.name)
        disk.flush_folder(target)
        self._step("settings")
        for name in (backup.CONFIG, backup.SECRETS):
            if (staged / name).exists():
                if (self.root / name).exists():
                    disk.move(self.root / name, self.root / f"{name}.before-restore-{moment}")
                disk.move(staged / name, self.root / name)
        self._step("database")
        disk.flush_file(staged / backup.DATABASE)
        disk.move(staged / backup.DATABASE, self.root / backup.DATABASE)
        disk.flush_folder(self.root / "data")
        disk.flush_folder(self.root)
        self._step("clean")
        shutil.rmtree(self.stage, ignore_errors=True)
        self._mark.unlink()
        disk.flush_folder(self._mark.parent)


def used_ids(root: Path) -> set[str]:
    """Every till id an unpacked database has documents of."""
    with closing(sqlite3.connect(f"{(root / backup.DATABASE).as_uri()}?mode=ro", uri=True)) as database:
        return {row[0] for row in database.execute("SELECT DISTINCT till FROM document")}
