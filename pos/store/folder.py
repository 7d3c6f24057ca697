"""The receipts' folder as it lies on the disk: what was dropped into it, and whether its days are as written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos.errors import Corrupt
from pos.store import disk, intake
from pos.store.archives import DAY, Archives
from pos.store.db import Store

#: Below invoices/, beside the days: files that were dropped and taken in, and those that were refused, with the reason.
DROPPED, REFUSED = "dropped", "refused"
#: What a file system takes as a name, less what a file is called while it is written.
NAME_BYTES_MAX = 240
#: Endings of files that somebody is still writing.
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", "~")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as the folder lists it. Two looks that agree mean that nobody is writing it any more."""

    path: Path
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Findings:
    """What is not as written in one day's folder, as paths below invoices/. checked: files compared byte by byte.

    waiting: some file is still the journal's to write, and is to be compared another time."""

    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    checked: int = 0
    waiting: bool = False


def drops(invoices: Path) -> list[Seen]:
    """Files that lie in invoices/ itself, oldest first. Links, hidden and half-written ones are none."""
    found = []
    with os.scandir(invoices) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                continue
            if entry.is_file(follow_symlinks=False):
                stat = entry.stat(follow_symlinks=False)
                found.append(Seen(Path(entry.path), stat.st_size, stat.st_mtime_ns))
    return sorted(found, key=lambda seen: (seen.mtime_ns, seen.path.name))


def put_aside(file: Path, where: str, reason: str = "") -> Path:
    """Move a dropped file beside the days, never over another one; a reason goes along as text. OSError when not."""
    folder = file.parent / where
    folder.mkdir(exist_ok=True)
    target, n = folder / file.name, 1
    while target.exists():
        n += 1
        target = folder / f"{file.stem}-{n}{file.suffix}"
    file.rename(target)
    if reason:
        note = target.with_name(f"{target.name}.reason.txt")
        if len(os.fsencode(note.name)) > NAME_BYTES_MAX:
            note = target.with_name(f"{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}.reason.txt")
        disk.write_whole(note, f"{reason}\n".encode())
    return target


def days(store: Store) -> list[str]:
    """Every day that has receipts, in the database or on the disk, newest first."""
    known = {day for (day,) in store.execute("SELECT DISTINCT business_day FROM document")}
    with os.scandir(store.config.invoices) as entries:
        known |= {e.name for e in entries if DAY.match(e.name) and e.is_dir(follow_symlinks=False)}
    return sorted(known, reverse=True)


def changed_at(store: Store, archives: Archives, day: str) -> tuple[int, int]:
    """When a file was last put into or taken out of a day's folder, in nanoseconds (0 when there is no folder), and
    what changes with the archives of its month (0 when there are none)."""
    try:
        at = (store.config.invoices / day).stat().st_mtime_ns
    except OSError:
        at = 0
    return at, archives.stamp(day[:7])


def look(
    store: Store, archives: Archives, day: str, since_ns: int, suspects: set[str], full: slice = slice(0, 0)
) -> Findings:
    """Compare a day's folder with the database: names and sizes of all; bytes of those written since `since_ns`, of the
    suspects (paths), and of a slice of the rest, so that a careful change is found in time as well. What was archived
    is missing nowhere; its bytes are compared in the archive."""
    expected = _expected(store, day)
    found, here = Findings(), {seen.path.name: seen for seen in _files(store.config.invoices / day)}
    known = expected | (_expected(store, day) if here.keys() - expected.keys() else {})
    sample = set(sorted(expected)[full])
    for name in sorted(known.keys() | here.keys()):
        path = f"{day}/{name}"
        if name not in known:
            found.foreign.append(path)
        elif name not in here and archives.holding(path) is None:
            found.missing.append(path)
        elif name not in here:
            if path in suspects or name in sample:
                found.checked += 1
                if is_right(store, archives, path) is False:
                    found.changed.append(path)
        elif here[name].size != known[name]:
            found.changed.append(path)
        elif here[name].mtime_ns > since_ns or path in suspects or name in sample:
            found.checked += 1
            if not is_right(store, archives, path):
                found.changed.append(path)
    return found


def is_right(store: Store, archives: Archives, path: str) -> bool | None:
    """Whether a file, or else its archive, holds what the database says; None when neither has it, or the file cannot
    be read."""
    body = _body(store, path)
    file = store.config.invoices / path
    try:
        if file.is_file():
            return file.read_bytes() == body
        there = archives.read(path)
    except Corrupt:
        return False
    except OSError:
        return None
    return None if there is None else there == body


def settled(store: Store, paths: list[str]) -> list[str]:
    """Those whose file was made durable before this question. The file of any other is still the journal's to write,
    however long a busy disk lets it wait: a sale stands in the database before its file does."""
    mark = intake.remembered(store)
    return [path for path in paths if (n := _number(store, path)) is not None and n <= mark]


def put_back(store: Store, paths: list[str]) -> list[str]:
    """Write files again that are missing, from the database; those that were. One that is there is never touched."""
    written = []
    for path in paths:
        body, file = _body(store, path), store.config.invoices / path
        if body is not None and not os.path.lexists(file):
            disk.write_whole(file, body)
            written.append(path)
    disk.flush_files([store.config.invoices / path for path in written], store.config.invoices)
    return written


def _expected(store: Store, day: str) -> dict[str, int]:
    """Name -> bytes of every receipt of a day."""
    asked = "SELECT path, length(CAST(body AS BLOB)) FROM document WHERE business_day = ?"
    return {path.rpartition("/")[2]: size for path, size in store.execute(asked, (day,))}


def _files(folder: Path) -> Iterator[Seen]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue  # being written this moment, or no receipt to anybody
        try:
            stat = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        yield Seen(Path(entry.path), stat.st_size if entry.is_file(follow_symlinks=False) else -1, stat.st_mtime_ns)


def _body(store: Store, path: str) -> bytes | None:
    body = _of_path(store, "body", path)
    return body.encode("utf-8") if body is not None else None


def _number(store: Store, path: str) -> int | None:
    number: int | None = _of_path(store, "n", path)
    return number


def _of_path(store: Store, column: str, path: str) -> Any:
    """A column of the document that is kept there, or None. By its number where that names it, else among its day's:
    there is no index of paths, which every sale would pay for, and a look through all documents takes seconds."""
    day, _, name = path.partition("/")
    for key, value in (("number", name.removesuffix(".json")), ("business_day", day)):
        asked = f"SELECT {column} FROM document WHERE {key} = ? AND path = ? LIMIT 1"
        if row := store.execute(asked, (value, path)).fetchone():
            return row[0]
    return None
