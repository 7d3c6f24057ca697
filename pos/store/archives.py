"""Archives: the receipt files of months that are over, one zip each; and reading a receipt wherever it lies.

A zip, because it has an index, so that one receipt is read without the others, and because every machine opens it:
`unzip receipts-2026-03.zip` gives the files back as they were. What is archived is known from the archives that lie
there and from nothing else: one that is taken away is missed, and the receipts in it are written again.
`store.archiving` makes them.
"""

from __future__ import annotations

import contextlib
import os
import re
import struct
import threading
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pos import clock
from pos.config import Config
from pos.errors import Corrupt
from pos.rules import archived, backup, documents
from pos.rules.archived import Contents
from pos.store import disk

#: A folder of receipts is called so.
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
MANIFEST_BYTES_MAX = 1 << 20
SUMS_BYTES_MAX = 1 << 28
#: Indexes kept in memory: whoever goes through the days in order needs one or two at a time.
OPEN_MAX = 4
#: A folder whose last change is longer ago shows the next one in its date.
SETTLED_SECONDS = 2.0
#: What a damaged index may raise.
_NO_INDEX = (zipfile.BadZipFile, struct.error, RuntimeError, ValueError)
_LOCAL = struct.Struct("<4s22xHH")


@dataclass(frozen=True, slots=True)
class _Member:
    at: int
    packed: int
    size: int
    crc: int
    deflated: bool


class Archive:
    """One archive: its index, and any receipt in it. No handle stays open, so that the file can be replaced.

    Corrupt when the index cannot be read or holds what no archive holds.
    """

    def __init__(self, file: Path, month: str = "") -> None:
        """month: of a file that has not got its name yet."""
        self.file = file
        self.month = month or archived.month_of(file.name)
        self._members: dict[str, _Member] = {}
        try:
            with zipfile.ZipFile(file) as opened:
                for info in opened.infolist():
                    self._take(info)
        except _NO_INDEX as error:
            raise Corrupt(f"{file.name} is damaged: its index cannot be read ({error})") from error

    def _take(self, info: zipfile.ZipInfo) -> None:
        name = info.filename
        known = name in (backup.MANIFEST, backup.SUMS)
        of_month = backup.is_receipt(name) and name.startswith(f"{backup.RECEIPTS}{self.month}-")
        most = documents.BODY_BYTES_MAX if of_month else SUMS_BYTES_MAX
        if not (known or of_month) or name in self._members or info.file_size > most:
            raise Corrupt(f"{self.file.name} holds {disk.printable(name)[:80]!r}, which no archive of its month holds")
        if info.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED) or info.flag_bits & 1:
            raise Corrupt(f"{self.file.name} is packed in a way this program does not read")
        deflated = info.compress_type == zipfile.ZIP_DEFLATED
        self._members[name] = _Member(info.header_offset, info.compress_size, info.file_size, info.CRC, deflated)

    def paths(self) -> list[str]:
        """The receipts in it, as day/name.json, in order."""
        start = len(backup.RECEIPTS)
        return sorted(name[start:] for name in self._members if name.startswith(backup.RECEIPTS))

    def __contains__(self, path: str) -> bool:
        return f"{backup.RECEIPTS}{path}" in self._members

    def read(self, path: str) -> bytes:
        """A receipt's file, byte for byte. KeyError when it is not in it, Corrupt when it is damaged."""
        return self._body(f"{backup.RECEIPTS}{path}")

    def contents(self) -> Contents:
        """Its manifest. Corrupt."""
        if (
            self._members.get(backup.MANIFEST, _Member(0, 0, MANIFEST_BYTES_MAX + 1, 0, False)).size
            > MANIFEST_BYTES_MAX
        ):
            raise Corrupt(f"{self.file.name} has no manifest")
        found = archived.contents_of(self._body(backup.MANIFEST))
        if found.month != self.month:
            raise Corrupt(f"{self.file.name} holds the receipts of {found.month}")
        return found

    def sums(self) -> bytes:
        """Its list of checksums. Corrupt."""
        if backup.SUMS not in self._members:
            raise Corrupt(f"{self.file.name} has no list of checksums")
        return self._body(backup.SUMS)

    def _body(self, name: str) -> bytes:
        member = self._members[name]
        try:
            with self.file.open("rb") as source:
                source.seek(member.at)
                mark, name_bytes, extra_bytes = _LOCAL.unpack(source.read(_LOCAL.size))
                source.seek(name_bytes + extra_bytes, os.SEEK_CUR)
                packed = source.read(member.packed)
            unpack = zlib.decompressobj(-zlib.MAX_WBITS)
            body = unpack.decompress(packed, member.size + 1) if member.deflated else packed
        except (OSError, struct.error, zlib.error) as error:
            raise Corrupt(f"{self.file.name} is damaged: {name} cannot be read") from error
        if mark != b"PK\x03\x04" or len(body) != member.size or zlib.crc32(body) != member.crc:
            raise Corrupt(f"{self.file.name} is damaged: {name} is not what was put in")
        return body


def loose(invoices: Path) -> Iterator[str]:
    """Every receipt file below invoices/, as `day/name.json`, in order. Hidden and temporary names are no receipts, and
    only folders called like a day hold any (what was dropped there lies beside them once it was taken in). Nor are
    pipes and devices, which would hold up whoever reads them."""
    if not invoices.is_dir():
        return
    with os.scandir(invoices) as entries:
        days = sorted(entry.name for entry in entries if DAY.match(entry.name) and entry.is_dir())
    for day in days:
        with os.scandir(invoices / day) as entries:
            names = [e.name for e in entries if e.name.endswith(".json") and e.name[0] != "." and e.is_file()]
        yield from (f"{day}/{name}" for name in sorted(names))


# -- all of them -----------------------------------------------------------------------------------------------------


class Archives:
    """The archives of a till. Indexes are read when a receipt of their month is asked for, and again when the file
    changed. Used by many threads."""

    def __init__(self, config: Config) -> None:
        self.folder = config.archive
        self._lock = threading.Lock()
        self._names: dict[str, list[str]] = {}
        self._names_at = -1
        self._opened: OrderedDict[str, tuple[tuple[int, int, int], Archive | Corrupt]] = OrderedDict()

    def names(self) -> list[str]:
        """Files that are archives by their name, in the order of their months."""
        return [name for names in self._listed().values() for name in names]

    def of(self, month: str) -> list[str]:
        """The files of one month."""
        return self._listed().get(month, [])

    def _listed(self) -> dict[str, list[str]]:
        """Month -> files. Read again when a name came or went; a change of this very moment might not show twice, so a
        folder that was just changed is always read."""
        try:
            changed_ns = self.folder.stat().st_mtime_ns
        except OSError:
            return {}
        if self._names_at == changed_ns:
            return self._names
        found: dict[str, list[str]] = {}
        names = [entry.name for entry in self.folder.iterdir() if archived.month_of(entry.name)]
        for name in sorted(names, key=lambda name: (archived.month_of(name), archived.part_of(name))):
            found.setdefault(archived.month_of(name), []).append(name)
        settled = clock.now().timestamp() - changed_ns / 1e9 > SETTLED_SECONDS
        self._names, self._names_at = found, changed_ns if settled else -1
        return found

    def open(self, name: str) -> Archive:
        """One archive. Corrupt when it cannot be read."""
        file = self.folder / name
        try:
            stat = file.stat()
        except OSError as error:
            raise Corrupt(f"{name} cannot be read: {error.strerror}") from error
        seen = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        with self._lock:
            held = self._opened.get(name)
            if held is None or held[0] != seen:
                held = (seen, self._index(file))
                self._opened[name] = held
            self._opened.move_to_end(name)
            while len(self._opened) > OPEN_MAX:
                self._opened.popitem(last=False)
        if isinstance(held[1], Corrupt):
            raise held[1]
        return held[1]

    def _index(self, file: Path) -> Archive | Corrupt:
        try:
            return Archive(file)
        except Corrupt as error:
            return error
        except OSError as error:
            return Corrupt(f"{file.name} cannot be read: {error.strerror}")

    def whole(self, month: str) -> list[Archive]:
        """Those of a month whose index can be read."""
        found = []
        for name in self.of(month):
            try:
                found.append(self.open(name))
            except Corrupt:
                continue  # `trouble` names it
        return found

    def holding(self, path: str) -> Archive | None:
        """The archive a receipt is in; None when it is in none that can be read."""
        return next((one for one in self.whole(path[:7]) if path in one), None)

    def read(self, path: str) -> bytes | None:
        """A receipt as it was archived; None when it is in no archive. Corrupt when it is damaged there."""
        found = self.holding(path)
        return found.read(path) if found is not None else None

    def text(self, named: str) -> str:
        """A receipt that lies in an archive and nowhere else: by its path, before which the file that should hold it
        may stand. Corrupt when it is damaged there, or the file is away."""
        file, _, path = named.partition("/")
        if archived.month_of(file):
            with contextlib.suppress(Corrupt, KeyError):
                return self.open(file).read(path).decode("utf-8")
        else:
            path = named
        body = self.read(path)
        if body is None:
            raise Corrupt(f"{path} is archived, and no archive in {self.folder} holds it. Bring that file back.")
        return body.decode("utf-8")

    def paths(self) -> Iterator[str]:
        """Every receipt in any archive, month by month."""
        for name in self.names():
            try:
                yield from self.open(name).paths()
            except Corrupt:
                continue

    def trouble(self, names: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
        """(name, why) of each archive, of all or of these, whose index cannot be read."""
        for name in self.names() if names is None else names:
            try:
                self.open(name)
            except Corrupt as error:
                yield name, error.message

    def seal(self, name: str) -> str:
        """Changes when an archive does; "" when it is gone."""
        try:
            stat = (self.folder / name).stat()
        except OSError:
            return ""
        return f"{stat.st_size}:{stat.st_mtime_ns}"

    def stamp(self, month: str) -> int:
        """Changes when the archives of a month do; 0 when there are none."""
        seals = [(name, self.seal(name)) for name in self.of(month)]
        return zlib.crc32(repr(seals).encode()) + 1 if seals else 0


class Files:
    """Every receipt file of a till, loose below invoices/ or in an archive. A loose one is read first."""

    def __init__(self, config: Config) -> None:
        self.invoices = config.invoices
        self.archives = Archives(config)

    def paths(self) -> list[str]:
        """Each path once, in order."""
        return sorted({*loose(self.invoices), *self.archives.paths()})

    def read(self, path: str) -> bytes:
        """A receipt's bytes. FileNotFoundError when it lies nowhere, Corrupt when it is damaged in its archive."""
        try:
            return (self.invoices / path).read_bytes()
        except FileNotFoundError:
            body = self.archives.read(path)
            if body is None:
                raise
            return body

    def all_of(self, path: str) -> list[bytes]:
        """Every copy of a receipt that lies here: the loose file, then the archived one. OSError, Corrupt."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            found.append((self.invoices / path).read_bytes())
        body = self.archives.read(path)
        return found if body is None else [*found, body]
