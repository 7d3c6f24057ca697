"""Files and the differences between systems: whole writes, flushes, the folder lock, free space. All stand here.

| | Linux | macOS | Windows |
|---|---|---|---|
| a file replaces another in one step | rename | rename | MoveFileEx; tried again while a scanner holds it |
| a flush reaches the disk | fsync | F_FULLFSYNC, `PRAGMA fullfsync` | FlushFileBuffers |
| a new name is durable | fsync of the folder | fsync of the folder | by the file system's journal |
| many files at once | syncfs | sync | one by one |
| one server per folder | flock | flock | LockFile |
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pos.errors import FolderInUse
from pos.store.points import at

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WINDOWS: Final = os.name == "nt"
MACOS: Final = sys.platform == "darwin"

#: Beyond this many files one call for the whole file system is cheaper than one for each.
FILES_ONE_BY_ONE_MAX = 16
#: Windows: how often a replacement is tried while another program (a virus scanner) holds the file, 20 ms apart.
REPLACE_TRIES_MAX = 25
#: The byte that is locked lies behind anything written, so that who holds the lock can be read (Windows locks bytes).
_LOCKED_BYTE = 1 << 30
_BINARY = getattr(os, "O_BINARY", 0)


# -- whole files -----------------------------------------------------------------------------------------------------


def printable(name: str) -> str:
    """A file's name as people are told it: no line breaks, no marks that turn text round, no broken letters."""
    return "".join(ch if ch.isprintable() else "\N{REPLACEMENT CHARACTER}" for ch in name)


def write_whole(path: Path, body: bytes, *, flush: bool = False, mode: int = 0o644) -> None:
    """Afterwards the file holds exactly these bytes for every reader; before, what it held. OSError leaves the old one.

    It survives a killed process. It survives a power cut only with `flush=True`, or once `flush_files` was called.
    mode: who may read and write it, as far as the process gives such rights at all (umask).
    """
    temporary = path.with_name(f".{path.name}.tmp")
    at("before_file")
    try:
        _write(temporary, body, flush, mode)
    except FileNotFoundError:  # the first file of a day
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(temporary, body, flush, mode)
    at("before_replace")
    _replace(temporary, path)
    at("after_replace")
    if flush:
        flush_folder(path.parent)


def _write(temporary: Path, body: bytes, flush: bool, mode: int) -> None:
    handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | _BINARY, mode)
    try:
        left = memoryview(body)
        while left:
            left = left[os.write(handle, left) :]
            at("in_file")
        if flush:
            flush_handle(handle)
    finally:
        os.close(handle)


def _replace(temporary: Path, path: Path) -> None:
    for attempt in range(REPLACE_TRIES_MAX):
        try:
            temporary.replace(path)
        except PermissionError:
            if not WINDOWS or attempt == REPLACE_TRIES_MAX - 1:
                raise
            time.sleep(0.02)
        else:
            return


def move(source: Path, target: Path) -> None:
    """Give a file another name in the same folder, in one step, over whatever had that name."""
    _replace(source, target)


# -- flushes ---------------------------------------------------------------------------------------------------------


def flush_file(path: Path) -> None:
    """The file's content is on the disk when this returns. OSError when it could not be put there."""
    handle = os.open(path, (os.O_RDWR if WINDOWS else os.O_RDONLY) | _BINARY)
    try:
        flush_handle(handle)
    finally:
        os.close(handle)


def flush_handle(handle: int) -> None:
    """What was written to an open file is on the disk when this returns."""
    if sys.platform == "darwin":  # fsync there hands over to the drive, which may keep it in its cache
        with contextlib.suppress(OSError):  # not every file system knows it
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    os.fsync(handle)


def flush_folder(path: Path) -> None:
    """The names in the folder are on the disk. Nothing to do on Windows, whose file systems log names themselves."""
    if WINDOWS:
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        flush_handle(handle)
    finally:
        os.close(handle)


def _find_syncfs() -> ctypes._NamedFuncPointer | None:
    if sys.platform == "linux":
        return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    else:  # noqa: RET505 - the type checker looks at each system's half by itself
        return None


_syncfs = _find_syncfs()


def flush_filesystem(path: Path) -> bool:
    """Everything written to the file system below `path` is on the disk. False where the system cannot do that."""
    if _syncfs is None:
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        if _syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(handle)
    return True


def flush_files(paths: list[Path], below: Path) -> None:
    """These files, their names and the folders on the way to them are on the disk. OSError when one is missing."""
    if not paths:
        return
    if len(paths) <= FILES_ONE_BY_ONE_MAX or not flush_filesystem(below):
        for path in paths:
            flush_file(path)
    for folder in sorted({path.parent for path in paths}):
        flush_folder(folder)
    flush_folder(below)


def pragmas() -> dict[str, int]:
    """What SQLite must be told on this system so that its flushes reach the disk."""
    return {"fullfsync": 1, "checkpoint_fullfsync": 1} if MACOS else {}


# -- room and locks --------------------------------------------------------------------------------------------------


def free_bytes(path: Path) -> int:
    """Free space for this user on the disk that holds `path`. OSError when it does not answer."""
    return shutil.disk_usage(path).free


def file_bytes(path: Path) -> int:
    """The file's size; 0 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


class FolderLock:
    """One server per folder. Held until `release()` or the end of the process, however it ends."""

    def __init__(self, file: Path, folders: Iterable[Path] = ()) -> None:
        """Take the lock of `file`, and where the system can of `folders` themselves. FolderInUse names who holds it."""
        self.file = file
        self._handles: list[int] = []
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._take(os.open(file, os.O_CREAT | os.O_RDWR | _BINARY, 0o644), file.parent)
            for folder in folders if not WINDOWS else ():
                self._take(os.open(folder, os.O_RDONLY), folder)
        except OSError:
            self.release()
            raise
        os.ftruncate(self._handles[0], 0)
        os.write(self._handles[0], f"{os.getpid()}\n".encode("ascii"))

    def _take(self, handle: int, folder: Path) -> None:
        try:
            _lock(handle)
        except OSError as error:
            os.close(handle)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
                raise
            self.release()
            who = _written_in(self.file)
            raise FolderInUse(
                f"Another Tillkeep server{f' (process {who})' if who else ''} uses {folder}. Stop that one first, or "
                "give this one a folder of its own with --root."
            ) from error
        self._handles.append(handle)

    def release(self) -> None:
        """Let another server have the folder. Calling it again does nothing."""
        for handle in self._handles:
            os.close(handle)
        self._handles.clear()


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Claim:
    """A file that one process alone holds, until `release()` or its end; `None` from `claim` when another one does."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let go. Twice does nothing."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


def claim(file: Path) -> Claim | None:
    """Hold this file if nobody does. OSError when it cannot be made."""
    handle = os.open(file, os.O_CREAT | os.O_RDWR | _BINARY, 0o600)
    try:
        _lock(handle)
    except OSError as error:
        os.close(handle)
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            raise
        return None
    return Claim(handle)


@contextlib.contextmanager
def alone(file: Path) -> Iterator[None]:
    """No other process is inside with the same file: for moments, such as making a key once."""
    while (held := claim(file)) is None:
        time.sleep(0.01)  # the lock of a file cannot be waited for everywhere; a dead holder has let go of it
    try:
        yield
    finally:
        held.release()


def _written_in(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def is_locked(file: Path) -> bool:
    """Whether a server holds this lock now. Nothing is written, and nothing stays locked."""
    try:
        handle = os.open(file, os.O_RDWR | _BINARY)
    except FileNotFoundError:
        return False
    try:
        _lock(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
