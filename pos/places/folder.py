"""A folder as a place: a USB stick, a second disk, a network share that is mounted."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pos.config import Config
from pos.places.base import PIECE_BYTES, Listed, PlaceError
from pos.store import disk, drives

_AWAY = (errno.ENODEV, errno.ENXIO, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN, errno.ENETUNREACH)


class Folder:
    """Files below one folder. A file is written under another name first, so that a half one is never taken for it."""

    kind = "folder"

    def __init__(self, config: Config, word: str) -> None:
        self.word = word
        self.path = config.root / Path(word).expanduser()
        self._data, self._invoices = config.data, config.invoices
        self._ours = self.path.is_relative_to(config.root)

    def near(self) -> bool:
        """On the disk of the database or of the receipts."""
        with _Words(self.word):
            return drives.same_drive(self.path, self._data) or drives.same_drive(self.path, self._invoices)

    def put_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Write those that are not there; one flush for all of them."""
        written = []
        with _Words(self.word):
            self._there()
            for path, body in files:
                file = self._file(path)
                if file.exists():
                    if file.read_bytes() != body:
                        raise PlaceError(
                            f"{self.word} holds another {path}; it is left alone. Another till with the same id may "
                            "copy there.",
                            code="other",
                        )
                    continue
                disk.write_whole(file, body)
                written.append(file)
            disk.flush_files(written, self.path)

    def put(self, path: str, file: Path) -> None:
        """Copy one file in pieces; the name appears when all of it is on the disk."""
        target = self._file(path)
        half = target.with_name(f".{target.name}.part")
        with _Words(self.word):
            self._there()
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with file.open("rb") as source, half.open("wb") as to:
                    shutil.copyfileobj(source, to, PIECE_BYTES)
                disk.flush_file(half)
                disk.move(half, target)
                disk.flush_folder(target.parent)
            except OSError:
                _forget(half)
                raise

    def listed(self, folder: str) -> Iterator[Listed]:
        with _Words(self.word):
            self._there()
            yield from self._below(self._file(folder), folder.rstrip("/"))

    def _below(self, folder: Path, name: str) -> Iterator[Listed]:
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in found:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(folder / entry.name, f"{name}/{entry.name}")
            elif entry.is_file(follow_symlinks=False):
                yield Listed(f"{name}/{entry.name}", entry.stat(follow_symlinks=False).st_size)

    def read(self, path: str, most: int) -> bytes | None:
        with _Words(self.word):
            self._there()
            try:
                with self._file(path).open("rb") as file:
                    body = file.read(most + 1)
            except (FileNotFoundError, NotADirectoryError):
                return None
        if len(body) > most:
            raise PlaceError(f"{path} at {self.word} is larger than {most} bytes; it is left alone.")
        return body

    def fetch(self, path: str, file: Path) -> None:
        """Read from the disk, not from the memory a moment ago written file may still be in."""
        with _Words(self.word), self._file(path).open("rb") as source, file.open("wb") as to:
            self._there()
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            shutil.copyfileobj(source, to, PIECE_BYTES)

    def remove(self, paths: Iterable[str]) -> None:
        with _Words(self.word):
            for path in paths:
                self._file(path).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is held."""

    def _there(self) -> None:
        """Only a folder of the till's own is made: a missing stick must not become a folder on the wrong disk."""
        if self._ours:
            self.path.mkdir(parents=True, exist_ok=True)
        if not self.path.is_dir():
            raise PlaceError(
                f"There is no folder {self.path}. Plug its disk in, or make the folder.", code="away", away=True
            )

    def _file(self, path: str) -> Path:
        parts = path.split("/")
        if path.startswith("/") or any(part in ("", ".", "..") for part in parts) or "\\" in path:
            raise PlaceError(f"{path!r} is no path of a place.")
        return self.path.joinpath(*parts)


def _forget(half: Path) -> None:
    try:
        half.unlink(missing_ok=True)
    except OSError:
        return  # the place is gone; what is half there has a name nobody reads


class _Words:
    """An error of the disk becomes a sentence about the place."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise _told(self.word, error) from error


def _told(word: str, error: OSError) -> PlaceError:
    if error.errno == errno.ENOSPC:
        return PlaceError(f"{word} is full. Make room there, or name another place in [backup] places.", code="full")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return PlaceError(f"{word} cannot be written: {error.strerror}. Check who may write there.", code="not_allowed")
    words = f"{word} does not answer: {error.strerror or error}. Is it plugged in and mounted?"
    return PlaceError(words, code="away", away=error.errno in _AWAY or isinstance(error, FileNotFoundError))
