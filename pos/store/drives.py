"""Drives: whether two folders lie on the same disk, so that a copy beside the original is not taken for a safe one.

By the number of the file system, and on Linux by the disk below it: two partitions of one disk fail together.
"""

from __future__ import annotations

import os
from pathlib import Path

_SYS = Path("/sys")
_MOUNTS = Path("/proc/self/mountinfo")
#: How deep partitions, volumes and encryption may be stacked.
_DEPTH_MAX = 8


def same_drive(one: Path, other: Path) -> bool:
    """Whether what takes the disk of one folder takes the other as well. A folder that is not there yet counts as
    its nearest parent that is. OSError when neither can be looked at."""
    first, second = _there(one), _there(other)
    if first.stat().st_dev == second.stat().st_dev:
        return True
    return bool(disks_of(first) & disks_of(second))


def _there(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def disks_of(folder: Path, sys: Path = _SYS, mounts: Path = _MOUNTS) -> frozenset[str]:
    """The physical disks a folder lies on, by the kernel's names; empty where that cannot be told."""
    try:
        number = folder.stat().st_dev
        numbers = f"{os.major(number)}:{os.minor(number)}" if hasattr(os, "major") else ""
        if numbers.startswith("0:"):  # a file system that has no number of a device, such as btrfs
            numbers = _source(numbers, mounts)
        return frozenset(_below((sys / "dev" / "block" / numbers).resolve(strict=True), 0)) if numbers else frozenset()
    except OSError:
        return frozenset()


def _source(numbers: str, mounts: Path) -> str:
    """The device behind a mount, by its number; "" for one of the network or of memory."""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        head, _, tail = line.partition(" - ")
        if head.split()[2] == numbers:
            source = tail.split()[1] if len(tail.split()) > 1 else ""
            if source.startswith("/dev/"):
                device = Path(source).stat().st_rdev
                return f"{os.major(device)}:{os.minor(device)}"
    return ""


def _below(device: Path, depth: int) -> set[str]:
    """A partition lies on its disk; a volume or an encrypted one on those it is made of."""
    if depth > _DEPTH_MAX:
        return set()
    if (device / "partition").exists():
        return _below(device.parent, depth + 1)
    below = sorted((device / "slaves").iterdir()) if (device / "slaves").is_dir() else []
    if not below:
        return {device.name}
    return set().union(*(_below(one.resolve(), depth + 1) for one in below))
