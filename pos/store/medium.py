"""The medium below a folder: its file system, whether it keeps what it says it has kept, and how long that takes.

A flush must wait for the medium. One that is answered faster than any medium of its kind can write was answered by a
cache, and what stands there is gone when the power is. Nobody can prove honesty from here; a lie this plain shows.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pos import clock
from pos.store import disk
from pos.store.drives import disks_of

FLUSHES = 32
#: A round of the fastest disk with platters takes 4 ms; a flush waits for a good part of one.
PLATTER_SECONDS = 0.001
#: The best drives with a capacitor of their own answer in about 0.02 ms; one that does nothing, in 0.001.
SOLID_SECONDS = 0.000_008
#: Slower than this, people wait at the till.
SLOW_SECONDS = 0.1

#: Its locks and flushes are somebody else's, so no database can rely on them.
NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.s3fs", "fuse.rclone",
    "fuse.glusterfs", "vboxsf", "fuse.vmhgfs-fuse", "prl_fs", "davfs", "fuse.davfs2",
})  # fmt: skip
#: Who made a disk that is none.
_VIRTUAL = ("QEMU", "VBOX", "VMWARE", "VIRTUAL", "MSFT", "XEN", "GOOGLE", "AMAZON")
#: Gone when the power is.
MEMORY = frozenset({"tmpfs", "ramfs"})
#: Options that tell the system not to flush, or not in order.
CARELESS = frozenset({"nobarrier", "barrier=0", "data=writeback", "nointegrity"})


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a folder lies. kind: of file system, "" where the system does not say."""

    kind: str
    options: frozenset[str]
    point: str


@dataclass(frozen=True, slots=True)
class Flushes:
    """How long one small write and its flush took, in seconds. platters: None where that cannot be told."""

    middle: float
    longest: float
    platters: bool | None


def mount_of(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> Mount:
    """The file system a folder lies on. Known on Linux only."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
        here = folder.resolve()
    except OSError:
        return Mount("", frozenset(), "")
    best = Mount("", frozenset(), "")
    for line in lines:
        head, _, tail = line.partition(" - ")
        fields, words = head.split(), tail.split()
        point = fields[4].replace("\\040", " ")
        if len(point) >= len(best.point) and here.is_relative_to(point):
            options = {*fields[5].split(","), *(words[2].split(",") if len(words) > 2 else ())}
            best = Mount(words[0], frozenset(options), point)
    return best


def flushes(folder: Path, count: int = FLUSHES) -> Flushes:
    """Time some flushes in a file that has no name, or loses it at once. OSError when the folder takes none."""
    spent = []
    with tempfile.TemporaryFile(dir=folder) as scratch:
        for _ in range(count):
            began = clock.monotonic()
            os.write(scratch.fileno(), b"\0" * 512)
            disk.flush_handle(scratch.fileno())
            spent.append(clock.monotonic() - began)
    spent.sort()
    return Flushes(spent[len(spent) // 2], spent[-1], has_platters(folder))


def has_platters(folder: Path, sys: Path = Path("/sys")) -> bool | None:
    """Whether the disk below turns. None where the system does not say; a virtual disk says it does, and need not."""
    found = []
    for name in disks_of(folder):
        block = sys / "block" / name
        try:
            turns = (block / "queue" / "rotational").read_text(encoding="ascii").strip() == "1"
            made_by = "".join(
                (block / "device" / word).read_text(encoding="ascii", errors="replace") for word in ("vendor", "model")
            )
        except OSError:
            return None
        if any(word in made_by.upper() for word in _VIRTUAL):
            return None
        found.append(turns)
    return all(found) if found else None


def inodes_free(folder: Path) -> int | None:
    """How many more files the file system takes; None where it has no such limit, or no word for it."""
    if not hasattr(os, "statvfs"):
        return None
    found = os.statvfs(folder)
    return found.f_favail if found.f_files else None


def is_read_only(folder: Path) -> bool:
    """Whether the file system is mounted so that nobody may write."""
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
