"""Versions of the program beside the installation: unpacked from a zip, sealed when whole, named by one small file."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from pos import clock, launch
from pos.errors import CannotSave, Conflict, Corrupt, FolderInUse, Invalid
from pos.launch import Pointer
from pos.rules import release
from pos.rules.release import Member, Release
from pos.store import disk
from pos.store.db import Store

PIECE_BYTES = 1 << 20
#: What is left free on the disk beside what is unpacked, for the packages and the till's own work.
REST_BYTES = 512 << 20
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

Progress = Callable[[int, int], None]


class Shelf:
    """The folder of versions, held by one upgrade at a time. `with` lets go of it."""

    def __init__(self, here: Path) -> None:
        """Conflict while another upgrade works there; CannotSave when it cannot be made."""
        self.folder = launch.shelf(here)
        try:
            self.folder.mkdir(exist_ok=True)
            self._lock = disk.FolderLock(self.folder / "lock")
        except FolderInUse as error:
            raise Conflict("Another upgrade is under way. Wait for it.", code="busy") from error
        except OSError as error:
            raise CannotSave(
                f"{self.folder} cannot be written: {error.strerror}. New versions go there, beside the program; make "
                "that folder and give it to the till's user.",
                code="no_shelf",
            ) from error

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def clear(self, name: str) -> Path:
        """The empty folder of a version; what an upgrade that broke off left there is gone."""
        folder = self.folder / name
        (folder / launch.SEAL).unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        return folder


class Zip:
    """A release as a zip, looked at before anything is written. `with` closes it."""

    def __init__(self, file: Path) -> None:
        """Invalid, in words, when it is no release or holds what none holds."""
        try:
            self._zip = zipfile.ZipFile(file)
        except (OSError, ValueError, RuntimeError, struct.error, zipfile.BadZipFile) as error:
            raise Invalid(f"{file} is no zip that can be read: {error}.", field="file") from error
        with ExitStack() as undo:
            undo.callback(self._zip.close)
            self._files = release.places([_member(one) for one in self._zip.infolist()])
            lacks = release.missing(self._files.values())
            if lacks:
                raise Invalid(f"{file} is no release of Tillkeep: {lacks[0]} is missing.", field="file")
            self.release = release.release_of(self._text(release.PRODUCT_FILE), self._files.values())
            undo.pop_all()

    def __enter__(self) -> Zip:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def _text(self, path: str) -> str:
        name = next(name for name, place in self._files.items() if place == path)
        return b"".join(self._pieces(name)).decode("utf-8", errors="replace")

    def _pieces(self, name: str) -> Iterator[bytes]:
        """What a member holds; Corrupt when it holds more than the list said or is damaged."""
        left = self._zip.getinfo(name).file_size
        try:
            with self._zip.open(name) as source:
                while piece := source.read(PIECE_BYTES):
                    left -= len(piece)
                    if left < 0:
                        raise Corrupt(f"The zip is not whole: {name} is larger than its list says.")
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise Corrupt(f"The zip is not whole: {name}: {error}.") from error

    def unpack(self, into: Path, progress: Progress) -> None:
        """Write every file below an empty folder, and flush them. CannotSave when there is no room."""
        needed = sum(one.file_size for one in self._zip.infolist()) + REST_BYTES
        free = disk.free_bytes(into)
        if free < needed:
            raise CannotSave(
                f"The new version needs {needed >> 20} MB on the disk of {into} and there are {free >> 20} MB. Make "
                "room; nothing was changed.",
                code="no_room",
            )
        written = []
        for done, (name, place) in enumerate(self._files.items(), 1):
            target = into / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as out:
                for piece in self._pieces(name):
                    out.write(piece)
            written.append(target)
            progress(done, len(self._files))
        disk.flush_files(written, into)


def _member(one: zipfile.ZipInfo) -> Member:
    mode = one.external_attr >> 16
    odd = bool(stat.S_IFMT(mode)) and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    if one.compress_type not in _COMPRESSIONS:
        raise Invalid(f"{one.filename[:80]!r} is packed in a way no release is.", field="file")
    return Member(one.orig_filename, one.file_size, one.is_dir(), odd, bool(one.flag_bits & 1))


def release_in(folder: Path) -> Release:
    """What the program in a folder is. Invalid when it is none of ours."""
    migrations = folder / "pos" / "store" / "migrations"
    paths = [f"pos/store/migrations/{file.name}" for file in sorted(migrations.glob("*.py"))]
    try:
        init = (folder / release.PRODUCT_FILE).read_text(encoding="utf-8")
    except OSError as error:
        raise Invalid(f"There is no program in {folder} any more.", field="version") from error
    return release.release_of(init, paths)


def applied(store: Store) -> list[str]:
    """The migrations the till's database has seen, in order."""
    return [row[0] for row in store.execute("SELECT name FROM schema_version ORDER BY version")]


def applied_in(file: Path) -> list[str]:
    """The same of a database that is not opened otherwise, and not changed; none when there is no database yet."""
    if not file.is_file():
        return []
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as database:
        try:
            return [row[0] for row in database.execute("SELECT name FROM schema_version ORDER BY version")]
        except sqlite3.OperationalError:
            return []


def seal(folder: Path, python: Path, told: Release) -> None:
    """Say that a version is whole. Everything of it is on the disk before its seal is."""
    inside = python.relative_to(folder).as_posix() if python.is_relative_to(folder) else str(python)
    disk.flush_filesystem(folder)
    body = {"python": inside, "version": told.version, "tables": told.tables, "made_with": sys.version}
    disk.write_whole(folder / launch.SEAL, json.dumps(body, indent=1).encode(), flush=True)


def point(root: Path, to: Pointer, by: str) -> None:
    """The one switch: from here on the folder's till starts as that version. In one step, and on the disk."""
    body = {
        "version": to.version,
        "before": list(to.before),
        "snapshot": to.snapshot,
        "at": clock.stamp(clock.now()),
        "by": by,
    }
    disk.write_whole(root / launch.POINTER, json.dumps(body, indent=1).encode(), flush=True)
