"""The log read back: JSON lines of every process, the newest first, from the end of the files and never all of them.

A page is found again by where it ended in each file (the file's own number and a place in it), so a file that takes its
turn meanwhile moves nothing. However long the files are, one page reads at most PAGE_BYTES of them.
"""

from __future__ import annotations

import base64
import binascii
import heapq
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pos.errors import Invalid

BLOCK_BYTES = 64 * 1024
#: A page stops here even when it is not full, and says so.
PAGE_BYTES = 16 * 1024 * 1024
LEVELS = ("debug", "info", "warning", "error", "critical")
_NAME = re.compile(r"(?P<family>[\w-]+)\.jsonl(?:\.(?P<turn>\d+))?\Z")
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines. level: that one and worse. agent, run: of these. document: its id, number or the basket's id.
    words: anywhere in the line. "" = any."""

    level: str = ""
    agent: str = ""
    run: str = ""
    document: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page. after: a mark for the older lines, "" = there are none. cut: it stopped early, for it read enough."""

    lines: list[dict[str, Any]]
    after: str
    cut: bool = False


@dataclass(slots=True)
class _Tape:
    """The files of one process, read backwards. place: (number of the file, bytes before what is still to be read)."""

    family: str
    files: list[Path]  # the newest first
    start: tuple[int, int] | None
    place: tuple[int, int] | None = None
    read_bytes: int = 0
    at: str = ""

    def lines(self) -> Iterator[tuple[str, bytes, tuple[int, int]]]:
        """(moment, line, place in front of the line)."""
        files, end = self.files, None
        if self.start is not None:
            numbers = [_number(file) for file in files]
            if self.start[0] not in numbers:
                return  # it took its last turn meanwhile, and all before it
            files, end = files[numbers.index(self.start[0]) :], self.start[1]
        for file in files:
            for line, place in self._backwards(file, end):
                self.at = _moment(line) or self.at
                yield self.at, line, place
            end = None

    def _backwards(self, path: Path, end: int | None) -> Iterator[tuple[bytes, tuple[int, int]]]:
        try:
            file = path.open("rb")
        except OSError:
            return
        with file:
            number = os.fstat(file.fileno()).st_ino
            place = file.seek(0, os.SEEK_END)
            place = place if end is None else min(end, place)
            rest = b""
            while place > 0:
                size = min(BLOCK_BYTES, place)
                file.seek(place - size)
                block = file.read(size)
                place -= size
                self.read_bytes += size
                rest = block + rest
                first, *lines = rest.split(b"\n")
                behind = place + len(rest)
                for line in reversed(lines):
                    behind -= len(line)
                    if line:
                        yield line, (number, behind)
                    behind -= 1
                rest = first
            if rest:
                yield rest, (number, 0)


def page(folder: Path, wanted: Filter, after: str = "", limit: int = 50, most_bytes: int = PAGE_BYTES) -> Found:
    """The newest lines that fit, from a mark on."""
    tapes = _tapes(folder, _unmarked(after))
    found, full = list[dict[str, Any]](), False
    for tape, line, place in _merged(tapes):
        if full:
            return Found(found, _mark(tapes))
        tape.place = place
        fits = _fitting(line, wanted)
        if fits is not None:
            found.append({**fits, "file": tape.family})
        full = len(found) >= limit
        if not full and sum(one.read_bytes for one in tapes) >= most_bytes:
            return Found(found, _mark(tapes), cut=True)
    return Found(found, "")


def every(folder: Path, wanted: Filter) -> Iterator[dict[str, Any]]:
    """All lines that fit, for an export; the files have their limit, so this has one."""
    for tape, line, _ in _merged(_tapes(folder, {})):
        fits = _fitting(line, wanted)
        if fits is not None:
            yield {**fits, "file": tape.family}


def _tapes(folder: Path, starts: dict[str, tuple[int, int]]) -> list[_Tape]:
    families: dict[str, list[tuple[int, Path]]] = {}
    for path in folder.glob("*.jsonl*"):
        named = _NAME.match(path.name)
        if named:
            families.setdefault(named["family"], []).append((int(named["turn"] or 0), path))
    if starts:  # what was read to its end on an earlier page stays at its end
        families = {family: files for family, files in families.items() if family in starts}
    tapes = [_Tape(name, [path for _, path in sorted(files)], starts.get(name)) for name, files in families.items()]
    for tape in tapes:
        tape.place = tape.start
    return tapes


def _merged(tapes: list[_Tape]) -> Iterator[tuple[_Tape, bytes, tuple[int, int]]]:
    """The lines of all processes, the newest first."""

    def told(at: int, tape: _Tape) -> Iterator[tuple[str, int, tuple[_Tape, bytes, tuple[int, int]]]]:
        for moment, line, place in tape.lines():
            yield moment, -at, (tape, line, place)

    found = heapq.merge(*(told(at, tape) for at, tape in enumerate(tapes)), key=lambda one: one[:2], reverse=True)
    return (one for _, _, one in found)


def _fitting(line: bytes, wanted: Filter) -> dict[str, Any] | None:
    """The line as an object when it fits; one that is torn is only its text."""
    for words in (wanted.agent, wanted.run, wanted.document):
        if words and json.dumps(words, ensure_ascii=False)[1:-1].encode() not in line:
            return None
    if wanted.words and wanted.words.lower() not in line.decode("utf-8", "replace").lower():
        return None
    try:
        entry = _decode(line)
    except msgspec.DecodeError:
        entry = None
    if not isinstance(entry, dict):
        entry = {"at": "", "level": "", "from": "", "message": line.decode("utf-8", "replace")}
    level = entry.get("level", "")
    worst = LEVELS.index(level) if level in LEVELS else len(LEVELS)
    if wanted.level and worst < LEVELS.index(wanted.level):
        return None
    if wanted.agent and entry.get("agent") != wanted.agent:
        return None
    if wanted.run and entry.get("run") != wanted.run:
        return None
    if wanted.document and wanted.document not in (entry.get("document"), entry.get("correlation")):
        return None
    return entry


def _moment(line: bytes) -> str:
    """When it was written, without reading all of it: `at` comes first."""
    found = re.match(rb'\{"at": ?"([0-9T:.+-]{19,32})"', line)
    return found[1].decode() if found else ""


def _number(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return -1


def _mark(tapes: list[_Tape]) -> str:
    """Where each process's lines go on. One nothing was taken from begins at its end, as it is now."""
    places = {}
    for tape in tapes:
        place = tape.place
        if place is None:
            newest = tape.files[0]
            try:
                place = (_number(newest), newest.stat().st_size)
            except OSError:
                continue
        places[tape.family] = place
    text = json.dumps(places, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unmarked(mark: str) -> dict[str, tuple[int, int]]:
    if not mark:
        return {}
    wrong = Invalid("This is no place in the list; begin at its first page.", field="after")
    try:
        found = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        places = {str(name): (place[0], place[1]) for name, place in found.items()}
    except (ValueError, TypeError, AttributeError, LookupError, binascii.Error, RecursionError):
        raise wrong from None
    if not places or not all(type(part) is int and part >= 0 for place in places.values() for part in place):
        raise wrong
    return places
