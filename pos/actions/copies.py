"""Copies of other tills in a folder of this one: taken in, listed, given back. Nothing is written over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pos.config import Config
from pos.errors import CannotSave, Conflict, Invalid, NotFound
from pos.places.base import PlaceError
from pos.places.folder import Folder
from pos.rules import backup
from pos.said import said
from pos.store import archive, disk

LISTED_MAX = 1000
READ_BYTES = 4 << 20
FILES_MAX = 500
GIGABYTE = 1 << 30
_PATH = re.compile(r"(receipts/[0-9]{4}-[0-9]{2}-[0-9]{2}/[A-Za-z0-9][A-Za-z0-9_-]{0,119}\.json|place\.json)\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a piece of a large file goes; size: of all of it. sha256: of all of it, with the last piece."""

    offset: int
    size: int
    sha256: str


def _folder(config: Config) -> Folder:
    if not config.backup.accept:
        raise NotFound("This till keeps no copies of others. Name a folder in its [backup] accept.", code="no_copies")
    folder = Folder(config, config.backup.accept)
    if not folder.path.is_relative_to(config.root) and not folder.path.is_dir():
        raise CannotSave(f"The folder for copies, {folder.path}, is not there. Plug its disk in.", code="away")
    folder.path.mkdir(parents=True, exist_ok=True)
    return folder


def _snapshot(till: str, path: str) -> str:
    folder, _, name = path.partition("/")
    if folder != "snapshots" or backup.till_of(name) != till:
        raise Invalid(said("{path} is no snapshot of {till}.", path=path, till=till), field="path")
    return name


def _known(till: str, path: str) -> str:
    if not _PATH.match(path):
        _snapshot(till, path)
    return f"{till}/{path}"


def listed(config: Config, till: str, below: str, after: str) -> tuple[list[tuple[str, int]], bool]:
    """(path, bytes) below a till's folder, in order, behind `after`; whether there is more."""
    if below not in ("", "snapshots", "receipts"):
        raise Invalid(said("{path} is no folder of copies.", path=below), field="below")
    found: list[tuple[str, int]] = []
    for one in _folder(config).listed(f"{till}/{below}".rstrip("/")):
        path = one.path.partition("/")[2]
        if path > after:
            found.append((path, one.bytes))
            if len(found) > LISTED_MAX:
                return found[:LISTED_MAX], True
    return found, False


def put_all(config: Config, till: str, files: Sequence[tuple[str, bytes]]) -> None:
    """Keep small files: receipts, and the mark of the place. Conflict `other` when a path holds something else."""
    if len(files) > FILES_MAX:
        raise Invalid(said("At most {n} files at once.", n=FILES_MAX), field="files")
    folder = _folder(config)
    for path, _body in files:
        if not _PATH.match(path):
            raise Invalid(said("{path} is no receipt.", path=path[:100]), field="path")
    _room_for(config, folder, sum(len(body) for _path, body in files))
    try:
        folder.put_all([(f"{till}/{path}", body) for path, body in files])
    except PlaceError as error:
        raise _refused(error) from error


def put_piece(config: Config, till: str, path: str, piece: Piece, body: bytes) -> None:
    """Keep one piece of a snapshot. The last one makes the file, when all of it is what its checksum says.

    Conflict `offset` when a piece before it is missing: the sender begins anew.
    """
    name = _snapshot(till, path)
    folder = _folder(config)
    target = folder.path / till / "snapshots" / name
    half = target.with_name(f".{name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    if piece.offset == 0:
        _room_for(config, folder, piece.size)
    try:
        with half.open("r+b" if piece.offset else "wb") as out:
            if out.seek(0, 2) < piece.offset or piece.offset + len(body) > piece.size:
                raise Conflict("A piece before this one is missing; send it from the beginning.", code="offset")
            out.truncate(piece.offset)
            out.seek(piece.offset)
            out.write(body)
        if piece.offset + len(body) == piece.size:
            _finish(half, target, piece.sha256)
    except FileNotFoundError as error:
        raise Conflict("A piece before this one is missing; send it from the beginning.", code="offset") from error
    except OSError as error:
        raise CannotSave(f"The copy could not be kept: {error.strerror}.") from error


def _finish(half: Path, target: Path, sha256: str) -> None:
    if archive.digest_of(half) != sha256:
        half.unlink()
        raise Conflict("What arrived is not what its checksum says; send it again.", code="checksum")
    if target.exists() and archive.digest_of(target) != sha256:
        half.unlink()
        raise Conflict("Another snapshot of that name is kept here already.", code="other")
    disk.flush_file(half)
    disk.move(half, target)
    disk.flush_folder(target.parent)


def _room_for(config: Config, folder: Folder, size: int) -> None:
    """Neither the limit of the settings nor what the till's own disk must keep free is ever reached by copies."""
    free = disk.free_bytes(folder.path)
    if free - size < config.storage.disk_free_mb_min << 20:
        raise CannotSave("There is no room for copies here. Make room, or name another place.", code="full")
    if size > READ_BYTES and _held(folder) + size > config.backup.accept_gb_max * GIGABYTE:
        raise CannotSave("Other tills keep as much here as [backup] accept_gb_max allows.", code="full")


def _held(folder: Folder) -> int:
    return sum(one.bytes for till in folder.path.iterdir() if till.is_dir() for one in folder.listed(till.name))


def read(config: Config, till: str, path: str, offset: int) -> tuple[bytes, int]:
    """Bytes of a file from `offset` on, and how many it has in all. NotFound."""
    file = _folder(config).path / _known(till, path)
    try:
        with file.open("rb") as source:
            size = source.seek(0, 2)
            source.seek(offset)
            return source.read(READ_BYTES), size
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(said("There is no {path} of {till} here.", path=path, till=till)) from None


def remove(config: Config, till: str, path: str) -> None:
    """Delete a snapshot the till does not keep any more. Conflict for the newest, which always stays."""
    name = _snapshot(till, path)
    folder = _folder(config)
    names = [one.path.rpartition("/")[2] for one in folder.listed(f"{till}/snapshots")]
    if name not in names:
        raise NotFound(said("There is no {path} of {till} here.", path=path, till=till))
    if name == max(names):
        raise Conflict("The newest snapshot is never deleted.", code="newest")
    folder.remove([f"{till}/{path}"])


def _refused(error: PlaceError) -> Conflict | CannotSave:
    if error.code == "other":
        return Conflict(error.message, code="other")
    return CannotSave(error.message, code=error.code)
