"""Upgrade: a new version beside the one that runs, tried on a copy of the till, and then one small file that names it.

Nothing of the till is touched before that last step, which is atomic: killed anywhere before it the old version starts,
killed after it the new one. The till's own database goes through its migrations when the new version first starts, each
in one transaction, exactly as they went through on the copy.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos import __version__, clock, launch
from pos.actions import environment
from pos.config import Config
from pos.errors import BadSettings, Conflict, Corrupt, Invalid, NotFound
from pos.launch import Pointer, Version
from pos.rules import backup, release
from pos.rules.backup import Manifest
from pos.rules.release import Release
from pos.store import archive, audit, disk, snapshot, versions
from pos.store.db import Store, database_path, open_store
from pos.store.verify import verify
from pos.store.versions import Progress, Shelf, Zip

#: Called after each step with its name; a test ends the process there.
STEPS = ("begun", "unpacked", "environment", "snapshot", "copied", "rehearsed", "sealed", "switched", "told")
#: Snapshots made before an upgrade that are kept; each is named by the pointer of its time.
SNAPSHOTS_KEPT = 3
REHEARSAL_SECONDS_MAX = 3600

#: Makes the environment of a version; answers its Python.
Builder = Callable[[Path], Path]
#: Lets a version migrate and verify the copy in a folder; answers as `rehearse`.
Rehearsal = Callable[[Version, Path], dict[str, Any]]


def _quiet(_done: int, _total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What became of it. documents: receipts that were looked at with the new version; snapshot: where it lies."""

    version: Version
    release: Release
    documents: int
    tables_before: int
    snapshot: str


@dataclass(slots=True)
class Upgrade:
    """One upgrade of one till. here: the program that runs."""

    config: Config
    here: Path
    by: str
    build: Builder = environment.build
    ask: Rehearsal = field(default_factory=lambda: ask)
    step: Callable[[str], None] = lambda _name: None
    progress: Progress = _quiet

    def run(self, file: Path, sha256: str = "") -> Upgraded:
        """From a zip to the switch. Invalid and Conflict say what is wrong with the zip; Corrupt what differs on the
        copy; the rest as `environment.build` and `snapshot.make`. The till may sell meanwhile."""
        digest = archive.digest_of(file) if file.is_file() else ""
        if not digest:
            raise NotFound(f"There is no file {file}.", field="file")
        if sha256 and sha256.strip().lower() != digest:
            raise Invalid(f"{file} has the SHA-256 {digest}, not the one given; it is not what was released.")
        with Zip(file) as archived:
            told = archived.release
            name = f"{told.version}-{digest[:8]}"
            tables = self._may_go_on(told, name)
            with Shelf(self.here) as shelf:
                found, documents, kept = self._put_there(archived, shelf, name)
                now = self._switch(name, kept)
        self._tell("upgrade", {"version": name, "before": now.version, "snapshot": kept, "sha256": digest})
        self.step("told")
        return Upgraded(found, told, documents, tables, kept)

    def _put_there(self, archived: Zip, shelf: Shelf, name: str) -> tuple[Version, int, str]:
        """The version beside the others, sealed; how many receipts it was tried on, and the snapshot made before."""
        self.step("begun")
        found = launch.version(self.here, name)
        if found is None:
            folder = shelf.clear(name)
            archived.unpack(folder, self.progress)
            self.step("unpacked")
            found = Version(name, folder, self.build(folder))
            self.step("environment")
        documents, kept = self._rehearse(found, archived.release)
        versions.seal(found.folder, found.python, archived.release)
        self.step("sealed")
        return found, documents, kept

    def _switch(self, name: str, kept: str) -> Pointer:
        """What the till worked with until now."""
        now = launch.pointer(self.config.root)
        versions.point(self.config.root, Pointer(name, (now.version, *now.before), kept), self.by)
        self.step("switched")
        return now

    def _may_go_on(self, told: Release, name: str) -> int:
        """How many migrations the till has seen. Conflict when it cannot go on with this release."""
        if launch.pointer(self.config.root).version == name:
            raise Conflict(f"{name} is what this till works with already.", code="same_version")
        if release.is_older(told.version, __version__):
            raise Conflict(
                f"The zip holds {told.version}, and {__version__} runs. `pos_server.py upgrade --back` returns to the "
                "version before.",
                code="older_version",
            )
        applied = versions.applied_in(database_path(self.config))
        unknown = release.unknown_to(told, applied)
        if unknown:
            raise Conflict(
                f"The till's database has been through {unknown}, which the zip's {told.version} does not know: it is "
                "older than what runs, or another line of it.",
                code="older_tables",
            )
        return len(applied)

    # -- tried on a copy ------------------------------------------------------------------------------------------

    def _rehearse(self, found: Version, told: Release) -> tuple[int, str]:
        """Snapshot the till, and let the new version migrate and verify a copy made from it. (receipts, snapshot)."""
        work = self.config.data / "upgrade"
        work.mkdir(parents=True, exist_ok=True)
        aside = work / "aside"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        try:
            kept, manifest = self._snapshot(work, aside)
            self.step("snapshot")
            apart = self._copy(work / kept if kept else None, aside)
            self.step("copied")
            answer = self.ask(found, apart)
            if answer["tables"] != told.tables:
                raise Corrupt(f"The new version brought the copy to tables {answer['tables']}, not as it said.")
            if answer["differences"]:
                raise Corrupt(
                    f"On a copy of this till the new version finds: {answer['differences'][0]}. It was not switched to."
                )
            _compare(manifest, answer)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self.step("rehearsed")
        return int(answer["documents"]), str(work / kept) if kept else ""

    def _snapshot(self, work: Path, aside: Path) -> tuple[str, Manifest | None]:
        """The till as it is now, kept beside it; "" for one that has no database yet."""
        if not database_path(self.config).is_file():
            return "", None
        made = snapshot.make(self.config, aside, clock.now(), progress=self.progress)
        disk.move(made.file, work / made.manifest.name)
        kept = sorted((p for p in work.iterdir() if backup.till_of(p.name)), key=lambda p: p.stat().st_mtime_ns)
        for old in kept[:-SNAPSHOTS_KEPT]:
            old.unlink()
        return made.manifest.name, made.manifest

    def _copy(self, kept: Path | None, aside: Path) -> Path:
        """The snapshot unpacked, with nothing in its settings that leads anywhere else."""
        apart = aside / "till"
        if kept is None:
            apart.mkdir()
        else:
            with archive.opened(kept, snapshot.key_of(self.config), aside) as plain:
                archive.unpack(plain, apart, self.progress)
        for name in (backup.CONFIG, backup.SECRETS):
            (apart / name).unlink(missing_ok=True)
        shop, till = self.config.shop, self.config.till
        text = (
            f"[shop]\ncurrency = {shop.currency}\ntimezone = {shop.timezone}\n"
            f"day_starts = {shop.day_starts:%H:%M}\n[till]\nid = {till.id}\nsucceeds = {till.succeeds}\n"
        )
        disk.write_whole(apart / backup.CONFIG, text.encode())
        return apart

    def _tell(self, act: str, detail: dict[str, Any]) -> None:
        """Into the audit, where this program may write: on the way back it may be older than the till's tables."""
        file = database_path(self.config)
        if not file.is_file() or release.unknown_to(versions.release_in(self.here), versions.applied_in(file)):
            return
        store = open_store(self.config)
        try:
            audit.record(store, self.by, act, detail["version"] or "installation", detail)
        finally:
            store.close()

    # -- back -------------------------------------------------------------------------------------------------------

    def back(self) -> Pointer:
        """Return to the version before, with everything that was done since. NotFound when there is none; Conflict,
        saying what to do instead, when the till's tables have changed since."""
        now = launch.pointer(self.config.root)
        if not now.version:
            raise NotFound("This till works with the installation itself; there is no version to go back to.")
        before, older = now.before[0] if now.before else "", now.before[1:]
        there = launch.version(self.here, before)
        folder = there.folder if there else launch.installation(self.here)
        if before and there is None:
            raise NotFound(f"The version before, {before}, is not in {launch.shelf(self.here)} any more.")
        unknown = release.unknown_to(versions.release_in(folder), versions.applied_in(database_path(self.config)))
        if unknown:
            raise Conflict(_how_back(self.config, now, folder, there, unknown), code="newer_tables")
        versions.point(self.config.root, Pointer(before, older, now.snapshot), self.by)
        self.step("switched")
        self._tell("upgrade.back", {"version": before, "before": now.version})
        return Pointer(before, older)


def _how_back(config: Config, now: Pointer, folder: Path, there: Version | None, unknown: str) -> str:
    python = there.python if there else "PYTHON"
    return (
        f"The till's database has been through {unknown} since, which the version before does not know, so it would "
        f"not start. Nothing was changed. To return all the same, stop the till and let the version before restore "
        f"the snapshot made ahead of the upgrade into a new folder; every receipt made since comes along, and the till "
        f"takes a new id:\n  {python} {folder / 'pos_server.py'} restore {now.snapshot or 'SNAPSHOT'} --into NEWFOLDER "
        f"--newer {config.invoices}\nThen start it with --root NEWFOLDER. What is not in receipts (people, prices and "
        "rights changed since) is as it was ahead of the upgrade."
    )


def _compare(manifest: Manifest | None, answer: dict[str, Any]) -> None:
    if manifest is None:
        return
    was = manifest.figures
    heads = [[one.till, one.series, one.sequence, one.hash] for one in was.heads]
    totals = [[one.currency, one.documents, one.total, one.tax] for one in was.totals]
    for what, was_so, is_so in (
        ("receipts", was.documents, answer["documents"]),
        ("heads of the chains", heads, answer["heads"]),
        ("totals", totals, answer["totals"]),
    ):
        if was_so != is_so:
            raise Corrupt(
                f"On a copy of this till the new version counts other {what}: {is_so}, not {was_so}. It was not "
                "switched to."
            )


def ask(found: Version, apart: Path) -> dict[str, Any]:
    """Let the new version itself migrate and verify the copy. Corrupt with its words when it cannot."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TILLKEEP_", "ERPNEXT_", "PYTHON"))}
    command = [str(found.python), str(found.folder / "pos_server.py"), "--root", str(apart)]
    try:
        done = subprocess.run(
            [*command, "upgrade", "--rehearse"],
            capture_output=True, text=True, errors="replace", env=clean, timeout=REHEARSAL_SECONDS_MAX,
        )  # fmt: skip
        answer = json.loads(done.stdout.splitlines()[-1])
        return {name: answer[name] for name in ("tables", "documents", "heads", "totals", "differences")}
    except subprocess.TimeoutExpired as error:
        raise Corrupt(f"The new version took longer than {REHEARSAL_SECONDS_MAX} s on a copy of this till.") from error
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        words = done.stderr.strip().splitlines()[-1:] if not isinstance(error, OSError) else [str(error)]
        raise Corrupt(
            f"The new version does not start on a copy of this till: {''.join(words) or error} It was not switched to."
        ) from error


def rehearse(config: Config) -> dict[str, Any]:
    """Migrate and verify the copy in this folder, as the version that was unpacked. BadSettings where the folder is no
    such copy: this must never touch a till that sells."""
    file = database_path(config)
    fresh = not file.exists()
    if config.root.name != "till" or config.root.parent.name != "aside" or not file.is_relative_to(config.root):
        raise BadSettings("This is for `upgrade` itself; give it a zip.")
    store: Store = open_store(config)
    try:
        tables = len(versions.applied(store))
    finally:
        store.close()
    figures = snapshot.figures_in(file)
    return {
        "tables": tables,
        "documents": figures.documents,
        "heads": [[one.till, one.series, one.sequence, one.hash] for one in figures.heads],
        "totals": [[one.currency, one.documents, one.total, one.tax] for one in figures.totals],
        "differences": [] if fresh else verify(config).differences,
    }
