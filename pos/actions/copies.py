"""Copies of other tills in a folder of this one: taken in, listed, given back. Nothing is written over."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pos import clock
from pos.config import Config
from pos.errors import CannotSave, Conflict, Corrupt, Invalid, NotFound
from pos.places.base import PlaceError
from pos.places.folder import Folder
from pos.rules import anchor, backup, documents
from pos.rules.anchor import Anchor, Kept
from pos.said import said
from pos.store import anchors, archive, disk, notices
from pos.store.db import Store

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


def put_all(store: Store, till: str, files: Sequence[tuple[str, bytes]]) -> None:
    """Keep small files: receipts, and the mark of the place. Conflict `other` when a path holds something else.

    The new heads of that till's chains are written down beside them, and people are told of one that does not go on
    where it was."""
    config = store.config
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
    _remember(store, till, lambda at: anchors.arrived(folder.path / till, _receipts(files), at))


def _receipts(files: Sequence[tuple[str, bytes]]) -> Iterator[dict[str, Any]]:
    for path, body in files:
        if path.startswith("receipts/"):
            with contextlib.suppress(Corrupt):  # kept as it came; it proves nothing of a chain
                yield documents.verify(body)


def _remember(store: Store, till: str, act: Callable[[str], list[Kept]]) -> None:
    try:
        broken = act(clock.stamp(clock.now()))
    except OSError as error:
        raise CannotSave(f"The copy could not be kept: {error.strerror}.") from error
    if broken:
        words = said("The chain of till {till} was written anew: {why}.", till=till, why=broken[0].broken)
        remedy = said("Take {list} of its copies to that till and run `pos_server.py verify --anchor` with it there.",
                      list=anchors.LIST)  # fmt: skip
        notices.raise_notice(store, f"anchor:{till}", "needs", words, remedy, till, event=True)


def known(config: Config) -> list[dict[str, Any]]:
    """What is known here of the chains of other tills: their last head each, and what did not follow."""
    if not config.backup.accept:
        return []
    try:
        folder = _folder(config)
        tills = sorted(entry.name for entry in folder.path.iterdir() if backup.is_till(entry.name))
        return [
            {"kept_for": till, **asdict(one), "anchor": anchor.text_of(one.sequence, one.hash)}
            for till in tills
            for one in anchors.kept(folder.path / till).values()
        ]
    except (CannotSave, OSError):
        return []


def anchor_list(config: Config, till: str) -> bytes:
    """The whole list kept of a till, for `verify --anchor` over there. NotFound."""
    try:
        return (_folder(config).path / till / anchors.LIST).read_bytes()
    except FileNotFoundError:
        raise NotFound(said("There is no {path} of {till} here.", path=anchors.LIST, till=till)) from None


def put_piece(store: Store, till: str, path: str, piece: Piece, body: bytes) -> None:
    """Keep one piece of a snapshot. The last one makes the file, when all of it is what its checksum says.

    Conflict `offset` when a piece before it is missing: the sender begins anew.
    """
    config = store.config
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
            _remember(store, till, lambda at: anchors.told(folder.path / till, _heads(target), at))
    except FileNotFoundError as error:
        raise Conflict("A piece before this one is missing; send it from the beginning.", code="offset") from error
    except OSError as error:
        raise CannotSave(f"The copy could not be kept: {error.strerror}.") from error


def _heads(snapshot: Path) -> list[Anchor]:
    """What a snapshot says of its chains; nothing when it is encrypted or none."""
    if archive.is_encrypted(snapshot):
        return []
    try:
        found = archive.manifest(snapshot)
    except Corrupt:
        return []
    return anchor.of_figures(found.figures, found.name)


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
