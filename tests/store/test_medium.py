"""The disk below a folder: what it is, whether its flushes can be true."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos.store import disk, medium

MOUNTS = r"""
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
23 22 0:21 / {root}/share rw,nosuid - nfs4 box:/srv rw,vers=4.2
24 22 8:17 / {root}/USB\040STICK rw - ext4 /dev/sdb1 rw,nobarrier
""".lstrip()


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS.replace("{root}", str(tmp_path)))
    return path


@pytest.mark.parametrize(
    ("folder", "kind", "option"),
    [("data", "ext4", "errors=remount-ro"), ("share/till", "nfs4", "nosuid"), ("USB STICK", "ext4", "nobarrier")],
)
def test_a_folder_lies_on_the_deepest_mount_above_it(
    tmp_path: Path, mounts: Path, folder: str, kind: str, option: str
) -> None:
    found = medium.mount_of(tmp_path / folder, mounts)
    assert found.kind == kind
    assert option in found.options


def test_a_system_without_such_a_list_says_nothing(tmp_path: Path) -> None:
    assert medium.mount_of(tmp_path, tmp_path / "none").kind == ""


def test_flushes_are_timed_and_leave_nothing_behind(tmp_path: Path) -> None:
    found = medium.flushes(tmp_path, count=5)
    assert 0 < found.middle <= found.longest
    assert list(tmp_path.iterdir()) == []


def test_a_flush_that_waits_for_nothing_is_faster_than_any_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = medium.flushes(tmp_path, count=50).middle
    monkeypatch.setattr(disk, "flush_handle", lambda _handle: None)
    lying = medium.flushes(tmp_path, count=50).middle
    assert lying < honest
    assert lying < medium.PLATTER_SECONDS


@pytest.mark.parametrize(
    ("rotational", "maker", "turns"),
    [
        ("1", "ATA ST2000DM008", True),
        ("0", "ATA Samsung SSD", False),
        ("1", "QEMU QEMU HARDDISK", None),
        ("1", "", None),
    ],
)
def test_only_a_real_disk_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rotational: str, maker: str, turns: bool | None
) -> None:
    """A virtual disk says it turns, and it may be a server's memory: nothing follows from how fast it is."""
    monkeypatch.setattr(medium, "disks_of", lambda _folder: frozenset({"sda"}))
    (tmp_path / "block/sda/queue").mkdir(parents=True)
    (tmp_path / "block/sda/queue/rotational").write_text(f"{rotational}\n")
    if maker:
        (tmp_path / "block/sda/device").mkdir()
        vendor, _, model = maker.partition(" ")
        (tmp_path / "block/sda/device/vendor").write_text(vendor)
        (tmp_path / "block/sda/device/model").write_text(model)
    assert medium.has_platters(tmp_path, tmp_path) is turns
