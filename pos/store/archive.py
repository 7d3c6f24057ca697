"""The file of a snapshot: a tar, compressed by gzip, encrypted by age when there is a key. All as a stream.

A reader trusts nothing in it: only plain files with names a snapshot has, no larger than its manifest says, each with
the checksum its list says. `gzip -dc x.tkb | tar x` and `sha256sum -c SHA256SUMS` read it without this program; an
encrypted one is opened by `age -d` first. Always gzip, whatever else this Python could: it opens on every machine.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pos.errors import BadSettings, CannotSave, Corrupt
from pos.rules import backup
from pos.rules.backup import Manifest
from pos.store import disk

PIECE_BYTES = 1 << 20
BLOCK = 512
COMPRESS_LEVEL = 4
MANIFEST_BYTES_MAX = 4 << 20
CONFIG_BYTES_MAX = 1 << 20
#: A line of the list of checksums is no longer than this.
SUM_BYTES_MAX = 256
#: Room that stays free on a disk a snapshot is unpacked to, beside what it holds.
SPARE_BYTES = 64 << 20
_AGE = b"age-encryption.org/v1"
_GZIP = b"\x1f\x8b"
#: What age says of a file that is made for none of the keys.
_NO_KEY = "No matching keys"


# -- writing ---------------------------------------------------------------------------------------------------------


class Writer:
    """Puts members into a new archive; `with` closes it, on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw = path.open("wb")
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=COMPRESS_LEVEL, mtime=0)
        self._out = io.BufferedWriter(self._gzip, PIECE_BYTES)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if error is None:
                self._out.write(bytes(2 * BLOCK))
                self._out.flush()
                self._gzip.close()
                self._raw.flush()
        finally:
            self._raw.close()
        if error is None:
            disk.flush_file(self._path)

    def add(self, name: str, body: bytes) -> None:
        """One small member."""
        self._head(name, len(body))
        self._out.write(body)
        self._fill(len(body))

    def add_file(self, name: str, file: Path) -> None:
        """One large member, in pieces."""
        size = file.stat().st_size
        self._head(name, size)
        with file.open("rb") as source:
            while piece := source.read(PIECE_BYTES):
                self._out.write(piece)
        self._fill(size)

    def _head(self, name: str, size: int) -> None:
        head = tarfile.TarInfo(name)
        head.size, head.mode = size, 0o600
        self._out.write(head.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"))

    def _fill(self, size: int) -> None:
        self._out.write(bytes(-size % BLOCK))


# -- keys ------------------------------------------------------------------------------------------------------------


def new_key(path: Path) -> str:
    """Make a key file for this user alone, which must not be there yet; the public half, to be shown. BadSettings."""
    from pyrage import x25519

    key = x25519.Identity.generate()
    head = "# Opens the snapshots of this till. Keep a copy of this file elsewhere."
    text = f"{head}\n# public key: {key.to_public()}\n{key}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise BadSettings(f"{path} is there already; a key is never written over.") from None
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(text)
    disk.flush_file(path)
    return str(key.to_public())


def _key(path: Path) -> object:
    from pyrage import IdentityError, x25519

    try:
        lines = path.read_text(encoding="ascii").splitlines()
        return x25519.Identity.from_str(next(line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise BadSettings(f"The key file {path} cannot be read: {why}.") from error
    except (StopIteration, IdentityError):
        raise BadSettings(f"{path} holds no key; make one with `pos_server.py backup key FILE`.") from None


def check_key(path: Path) -> None:
    """BadSettings, in words, when the file holds no key."""
    _key(path)


def encrypt(plain: Path, file: Path, key: Path) -> None:
    """Encrypt a file for the holder of the key. BadSettings when the key file is none."""
    import pyrage

    pyrage.encrypt_file(str(plain), str(file), [_key(key).to_public()])  # type: ignore[attr-defined]
    disk.flush_file(file)


def is_encrypted(file: Path) -> bool:
    """Whether a snapshot needs a key. OSError when it cannot be read."""
    with file.open("rb") as source:
        return source.read(len(_AGE)) == _AGE


@contextmanager
def opened(file: Path, key: Path | None, work: Path) -> Iterator[Path]:
    """The plain archive: the file itself, or a decrypted one below `work` that is gone afterwards. Corrupt when the
    file was changed; BadSettings when there is no key, or another one, which says nothing of the file."""
    try:
        locked = is_encrypted(file)
    except OSError as error:
        raise Corrupt(f"{file} cannot be read: {error.strerror}") from error
    if not locked:
        yield file
        return
    if key is None:
        raise BadSettings(f"{file.name} is encrypted. Name the file of its key with --key, or in [backup] key_file.")
    import pyrage

    plain = work / f".{file.name}.plain"
    try:
        pyrage.decrypt_file(str(file), str(plain), [_key(key)])
    except (pyrage.DecryptError, OSError) as error:
        plain.unlink(missing_ok=True)
        if _NO_KEY in str(error):
            raise BadSettings(
                f"{file.name} cannot be opened with the key {key}: it was made with another key, or its first bytes "
                "are damaged. Name the key it was made with."
            ) from error
        raise Corrupt("it cannot be decrypted: it is damaged or cut") from error
    try:
        yield plain
    finally:
        plain.unlink(missing_ok=True)


# -- reading ---------------------------------------------------------------------------------------------------------


class _Reader:
    """The members of a plain archive, one after the other. Corrupt for anything a snapshot never holds."""

    def __init__(self, raw: BinaryIO) -> None:
        self._in = io.BufferedReader(gzip.GzipFile(fileobj=raw, mode="rb"), PIECE_BYTES)

    def next(self) -> tuple[str, int] | None:
        """Name and size of the next member; None at the end, which is looked at as well."""
        block = self._exactly(BLOCK)
        if block == bytes(BLOCK):
            if self._exactly(BLOCK) != bytes(BLOCK) or self._in.read(1):
                raise Corrupt("there is something behind its end")
            return None
        try:
            head = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise Corrupt("the head of a member is damaged") from error
        if head.type != tarfile.REGTYPE or not backup.is_member(head.name) or head.size < 0:
            raise Corrupt(f"it holds {disk.printable(head.name)[:80]!r}, which no snapshot holds")
        return head.name, head.size

    def body(self, size: int) -> Iterator[bytes]:
        """The member's bytes in pieces."""
        left = size
        while left:
            piece = self._exactly(min(left, PIECE_BYTES))
            left -= len(piece)
            yield piece
        self._exactly(-size % BLOCK)

    def whole(self, size: int, most: int) -> bytes:
        """A small member."""
        if size > most:
            raise Corrupt(f"a member of {size} bytes should be no larger than {most}")
        return b"".join(self.body(size))

    def _exactly(self, size: int) -> bytes:
        found = self._in.read(size)
        if len(found) != size:
            raise Corrupt("it ends in the middle")
        return found


@contextmanager
def _reading(plain: Path) -> Iterator[_Reader]:
    try:
        with plain.open("rb") as raw:
            if raw.read(2) != _GZIP:
                raise Corrupt("it is no snapshot")
            raw.seek(0)
            yield _Reader(raw)
    except EOFError as error:
        raise Corrupt("it ends in the middle") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise Corrupt("it is damaged") from error


def manifest(plain: Path) -> Manifest:
    """What a plain archive says of itself; nothing else of it is looked at. Corrupt."""
    with _reading(plain) as reader:
        return _manifest(reader)


def _manifest(reader: _Reader) -> Manifest:
    first = reader.next()
    if first is None or first[0] != backup.MANIFEST:
        raise Corrupt("it does not begin with its manifest")
    return backup.manifest_of(reader.whole(first[1], MANIFEST_BYTES_MAX))


def listed(plain: Path) -> tuple[Manifest, dict[str, str]]:
    """What a plain archive says of itself, and member -> SHA-256 of all that is in it. Corrupt."""
    with _reading(plain) as reader:
        found = _manifest(reader)
        return found, _sums(reader, found)


def unpack(plain: Path, into: Path, progress: Callable[[int, int], None]) -> Manifest:
    """Unpack a plain archive into an empty folder, and prove every byte of it.

    Corrupt says what is wrong: cut, changed, or made to do harm. CannotSave when there is no room. progress(done,
    total) counts bytes.
    """
    return _taken_out(plain, into, progress, receipts=True)[0]


def unpack_but_receipts(
    plain: Path, into: Path, progress: Callable[[int, int], None]
) -> tuple[Manifest, dict[str, str]]:
    """`unpack`, every byte read and proven, but no receipt is written; path below invoices/ -> SHA-256 of what was read
    of each. A hundred thousand small files, made and deleted every hour, keep the disk from the till's sales."""
    found, sums = _taken_out(plain, into, progress, receipts=False)
    return found, {name.removeprefix(backup.RECEIPTS): s for name, s in sums.items() if backup.is_receipt(name)}


def _taken_out(
    plain: Path, into: Path, progress: Callable[[int, int], None], *, receipts: bool
) -> tuple[Manifest, dict[str, str]]:
    with _reading(plain) as reader:
        found = _manifest(reader)
        (into / "data").mkdir(parents=True)
        _room_for(found, into)
        sums = _sums(reader, found)
        seen: set[str] = set()
        done, receipt_bytes = 0, 0
        while (member := reader.next()) is not None:
            name, size = member
            if name not in sums or name in seen:
                raise Corrupt(f"{name} is not in its list, or is there twice")
            is_receipt = backup.is_receipt(name)
            receipt_bytes += size if is_receipt else 0
            if receipt_bytes > found.receipt_bytes or found.sizes.get(name, size) != size:
                raise Corrupt(f"{name} is larger than its manifest says")
            seen.add(name)
            body = reader.body(size)
            if (_write(into / name, body) if receipts or not is_receipt else _read(body)) != sums[name]:
                raise Corrupt(f"{name} is not what was put in: its checksum differs")
            done += size
            progress(done, found.size)
    missing = sorted(set(sums) - seen)
    if missing:
        raise Corrupt(f"{missing[0]} is missing, and {len(missing) - 1} others")
    return found, sums


def _room_for(found: Manifest, into: Path) -> None:
    try:
        free = disk.free_bytes(into)
    except OSError as error:
        raise CannotSave(f"{into} cannot be looked at: {error.strerror}.") from error
    if found.size + SPARE_BYTES > free:
        raise CannotSave(
            f"{found.name} holds {found.size >> 20} MB and {into} has room for {free >> 20} MB. Make room first."
        )


def _sums(reader: _Reader, found: Manifest) -> dict[str, str]:
    second = reader.next()
    if second is None or second[0] != backup.SUMS or second[1] != found.sizes[backup.SUMS]:
        raise Corrupt("its list of checksums is not where it should be")
    body = reader.whole(second[1], SUM_BYTES_MAX * (found.receipts + len(found.sizes)))
    if hashlib.sha256(body).hexdigest() != found.sums:
        raise Corrupt("its list of checksums was changed")
    sums = backup.sums_of(body)
    receipts = {name for name in sums if backup.is_receipt(name)}
    if set(sums) - receipts != set(found.sizes) - {backup.SUMS} or len(receipts) != found.receipts:
        raise Corrupt("its list of checksums is not that of its manifest")
    return sums


def _write(file: Path, body: Iterable[bytes]) -> str:
    """Write one member; the SHA-256 of what was written."""
    digest = hashlib.sha256()
    try:
        out = file.open("xb")
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        out = file.open("xb")
    with out:
        for piece in body:
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def _read(body: Iterable[bytes]) -> str:
    """The SHA-256 of one member."""
    digest = hashlib.sha256()
    for piece in body:
        digest.update(piece)
    return digest.hexdigest()


def digest_of(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
