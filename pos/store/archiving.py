"""Writing an archive, proving it whole, and removing the loose files of what is in it.

A file is made under a hidden name, flushed, read back and compared, and only then gets its own name; loose files are
removed after that, each compared once more. Ended at any step, a receipt lies loose, in a whole archive, or in both.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from pos.config import Config
from pos.errors import Corrupt
from pos.rules import archived, backup, documents, ledger
from pos.rules.archived import Contents
from pos.store import disk
from pos.store.archives import Archive

COMPRESS_LEVEL = 6
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write(file: Path, contents: Contents, receipts: Mapping[str, bytes]) -> None:
    """Write an archive, flushed; `sums` of the contents is worked out here. OSError."""
    sums = _sums(receipts)
    with file.open("wb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESS_LEVEL) as out:
            for name, body in ((backup.MANIFEST, contents.text()), (backup.SUMS, sums)):
                out.writestr(_info(name), body)
            for path, body in receipts.items():
                out.writestr(_info(f"{backup.RECEIPTS}{path}"), body)
        raw.flush()
    disk.flush_file(file)


def _info(name: str) -> zipfile.ZipInfo:
    """The same bytes whenever it is written: no moment, no machine."""
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
    return info


def _sums(receipts: Mapping[str, bytes]) -> bytes:
    return backup.sums_text(
        (f"{backup.RECEIPTS}{path}", hashlib.sha256(body).hexdigest()) for path, body in receipts.items()
    )


def described(name: str, made_at: str, by: str, program: str, receipts: Mapping[str, bytes]) -> Contents:
    """The manifest of an archive that holds these receipts. Corrupt when one is no whole receipt."""
    return Contents(
        name=name,
        month=archived.month_of(name),
        made_at=made_at,
        made_by=by,
        program=program,
        receipts=len(receipts),
        receipt_bytes=sum(map(len, receipts.values())),
        sums=hashlib.sha256(_sums(receipts)).hexdigest(),
        chains=archived.chains_of(_head(path, body) for path, body in receipts.items()),
    )


def _head(path: str, body: bytes) -> tuple[str, str, int, str, str]:
    try:
        doc = documents.verify(body)
    except Corrupt as error:
        raise Corrupt(f"{path}: {error.message}") from error
    return doc["till"], doc["series"], doc["sequence"], doc["prev_hash"], ledger.chain_hash(doc)


def prove(archive: Archive, wanted: Mapping[str, bytes] | None = None) -> Contents:
    """Read an archive back and prove all of it: manifest, list of checksums, every receipt's bytes and hash, the chain
    between neighbours; and that it holds exactly `wanted`, byte for byte. Corrupt names the first thing wrong."""
    name = archive.file.name
    contents, sums = archive.contents(), archive.sums()
    if hashlib.sha256(sums).hexdigest() != contents.sums:
        raise Corrupt(f"{name}: its list of checksums was changed")
    listed, paths = backup.sums_of(sums), archive.paths()
    if [f"{backup.RECEIPTS}{path}" for path in paths] != sorted(listed) or len(paths) != contents.receipts:
        raise Corrupt(f"{name}: its list is not that of what it holds")
    if wanted is not None and paths != sorted(wanted):
        raise Corrupt(f"{name}: it does not hold what it should")
    heads = []
    for path in paths:
        body = archive.read(path)
        if hashlib.sha256(body).hexdigest() != listed[f"{backup.RECEIPTS}{path}"]:
            raise Corrupt(f"{name}: {path} is not what was put in")
        if wanted is not None and body != wanted[path]:
            raise Corrupt(f"{name}: {path} is not as its file")
        heads.append(_head(path, body))
    if words := archived.broken(heads):
        raise Corrupt(f"{name}: {words}")
    if archived.chains_of(heads) != contents.chains:
        raise Corrupt(f"{name}: its chains are not those its manifest names")
    return contents


def forget_cached(file: Path) -> None:
    """What is read of the file next comes from the disk, where the system can do that."""
    if hasattr(os, "posix_fadvise"):
        handle = os.open(file, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def remove_loose(config: Config, archive: Archive, paths: Iterable[str]) -> int:
    """Remove the loose files of receipts that are in a proven archive, each compared once more; how many. A day's
    folder goes with its last file. Corrupt, before anything of it is removed, when a file is not as archived."""
    days: dict[str, list[str]] = {}
    for path in paths:
        days.setdefault(path[:10], []).append(path)
    removed = 0
    for day, of_day in sorted(days.items()):
        for path in of_day:
            file = config.invoices / path
            try:
                body = file.read_bytes()
            except FileNotFoundError:
                continue
            if body != archive.read(path):
                raise Corrupt(f"{path} is not as {archive.file.name} holds it; it was left where it is")
            file.unlink()
            removed += 1
        folder = config.invoices / day
        if folder.is_dir():
            disk.flush_folder(folder)
            with contextlib.suppress(OSError):  # something else lies there, or comes this moment: it stays
                folder.rmdir()
    if config.invoices.is_dir():
        disk.flush_folder(config.invoices)
    return removed
