"""Whether two folders lie on one disk: by their file system, and by the disk below partitions and volumes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pos.store import drives

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of its disks")


def test_two_folders_of_one_file_system_are_on_one_drive(tmp_path: Path):
    (tmp_path / "a").mkdir()
    assert drives.same_drive(tmp_path / "a", tmp_path / "b" / "not" / "there" / "yet")


@linux
def test_another_file_system_is_another_drive_where_nothing_says_otherwise(tmp_path: Path):
    if tmp_path.stat().st_dev == Path("/dev/shm").stat().st_dev:
        pytest.skip("both are in memory here")
    assert not drives.same_drive(tmp_path, Path("/dev/shm"))


class Sys:
    """A /sys of our own: sda with two partitions, sdb, a volume over sda2 and sdb, an encrypted one over the volume."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blocks = root / "dev" / "block"
        self.blocks.mkdir(parents=True)

    def device(self, path: str, number: str, *, partition: bool = False, over: tuple[str, ...] = ()) -> None:
        folder = self.root / "devices" / path
        folder.mkdir(parents=True, exist_ok=True)
        if partition:
            (folder / "partition").write_text("1")
        if over:
            (folder / "slaves").mkdir()
            for one in over:
                (folder / "slaves" / Path(one).name).symlink_to(self.root / "devices" / one)
        (self.blocks / number).symlink_to(folder)


@pytest.fixture
def sys_of(tmp_path: Path) -> Sys:
    made = Sys(tmp_path / "sys")
    made.device("sda", "8:0")
    made.device("sda/sda1", "8:1", partition=True)
    made.device("sda/sda2", "8:2", partition=True)
    made.device("sdb", "8:16")
    made.device("dm-0", "253:0", over=("sda/sda2", "sdb"))
    made.device("dm-1", "253:1", over=("dm-0",))
    return made


@linux
@pytest.mark.parametrize(
    ("number", "disks"),
    [((8, 1), {"sda"}), ((8, 2), {"sda"}), ((8, 16), {"sdb"}), ((253, 1), {"sda", "sdb"}), ((9, 9), set())],
)
def test_partitions_volumes_and_encryption_are_seen_through(
    number: tuple[int, int], disks: set[str], sys_of: Sys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    real = Path.stat

    def stat(self: Path, **more: bool) -> os.stat_result:
        found = real(self, **more)
        if self != tmp_path:
            return found
        values = list(found)
        values[2] = os.makedev(*number)
        return os.stat_result(values)

    monkeypatch.setattr(Path, "stat", stat)
    assert drives.disks_of(tmp_path, sys_of.root) == disks


@linux
def test_a_file_system_without_a_number_of_its_own_is_found_by_its_mount(
    sys_of: Sys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:21 / /proc rw - proc proc rw\n36 35 0:45 / /srv rw,noatime shared:1 - btrfs /dev/sda2 rw\n"
        "40 35 0:50 / /mnt rw - nfs server:/share rw\n"
    )
    real = Path.stat

    def stat(self: Path, **more: bool) -> os.stat_result:
        values = list(real(tmp_path, **more))
        return os.stat_result([*values[:6], *values[6:]]) if str(self) != "/dev/sda2" else device

    class Device:
        st_rdev = os.makedev(8, 2)

    device = Device()
    monkeypatch.setattr(Path, "stat", stat)
    assert drives._source("0:45", mounts) == "8:2"
    assert drives._source("0:50", mounts) == "", "a share of the network lies on no disk here"
    assert drives._source("0:99", mounts) == ""
