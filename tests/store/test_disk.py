"""The differences between systems, each with its test on the system at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pos.errors import FolderInUse
from pos.store import disk

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")
posix = pytest.mark.skipif(os.name == "nt", reason="Windows logs names by itself")


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "day" / "a.json"
    disk.write_whole(file, b"first")
    disk.write_whole(file, b"second, longer")
    assert file.read_bytes() == b"second, longer"
    assert [p.name for p in file.parent.iterdir()] == ["a.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    disk.write_whole(file, b"old")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        disk.write_whole(file, b"new")
    assert file.read_bytes() == b"old"


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, bytes(data[:3])))
    disk.write_whole(tmp_path / "a.json", b"0123456789")
    assert (tmp_path / "a.json").read_bytes() == b"0123456789"


def test_a_file_held_by_a_virus_scanner_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "WINDOWS", True)
    held, replace = [1, 1, 1], Path.replace

    def sometimes(self: Path, target: Path) -> Path:
        if held:
            held.pop()
            raise PermissionError(13, "in use")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", sometimes)
    disk.write_whole(tmp_path / "a.json", b"x")
    assert (tmp_path / "a.json").read_bytes() == b"x"
    assert held == []


def test_elsewhere_a_refused_replacement_is_an_error_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "WINDOWS", False)
    tries = []

    def never(_self: Path, _target: Path) -> Path:
        tries.append(1)
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "replace", never)
    with pytest.raises(PermissionError):
        disk.write_whole(tmp_path / "a.json", b"x")
    assert len(tries) == 1


@posix
def test_a_flushed_write_flushes_the_file_and_then_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: flushed.append(os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))
    ) if sys.platform.startswith("linux") else pytest.skip("needs /proc")
    disk.write_whole(tmp_path / "a.json", b"x", flush=True)
    assert flushed == [".a.json.tmp", tmp_path.name]


def flushes(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Path]]:
    """What flush_files flushes, by kind."""
    seen: dict[str, list[Path]] = {"file": [], "folder": [], "filesystem": []}
    monkeypatch.setattr(disk, "flush_file", seen["file"].append)
    monkeypatch.setattr(disk, "flush_folder", seen["folder"].append)
    whole = disk.flush_filesystem
    monkeypatch.setattr(disk, "flush_filesystem", lambda path: (seen["filesystem"].append(path), whole(path))[1])
    return seen


def made(folder: Path, count: int) -> list[Path]:
    for i in range(count):
        disk.write_whole(folder / f"d{i % 2}" / f"{i}.json", b"x")
    return [folder / f"d{i % 2}" / f"{i}.json" for i in range(count)]


def test_few_files_are_flushed_one_by_one_and_their_folders_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = made(tmp_path, 4)
    seen = flushes(monkeypatch)
    disk.flush_files(files, tmp_path)
    assert seen == {"file": files, "folder": [tmp_path / "d0", tmp_path / "d1", tmp_path], "filesystem": []}


@linux
def test_many_files_are_flushed_by_one_call_for_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = made(tmp_path, disk.FILES_ONE_BY_ONE_MAX + 1)
    seen = flushes(monkeypatch)
    disk.flush_files(files, tmp_path)
    assert seen["file"] == []
    assert seen["filesystem"] == [tmp_path]


def test_without_syncfs_many_files_are_flushed_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_syncfs", None)
    files = made(tmp_path, disk.FILES_ONE_BY_ONE_MAX + 1)
    seen = flushes(monkeypatch)
    disk.flush_files(files, tmp_path)
    assert seen["file"] == files


@linux
def test_syncfs_says_when_the_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_syncfs", lambda _handle: -1)
    with pytest.raises(OSError):
        disk.flush_filesystem(tmp_path)


def test_a_missing_file_cannot_be_flushed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        disk.flush_files([tmp_path / "none.json"], tmp_path)


def test_nothing_is_flushed_for_a_folder_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "WINDOWS", True)
    disk.flush_folder(Path("/nowhere/at/all"))


def test_macos_tells_sqlite_to_flush_through_the_drives_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "MACOS", True)
    assert disk.pragmas() == {"fullfsync": 1, "checkpoint_fullfsync": 1}
    monkeypatch.setattr(disk, "MACOS", False)
    assert disk.pragmas() == {}


@pytest.mark.skipif(sys.platform != "darwin", reason="macOS only: F_FULLFSYNC")
def test_macos_flushes_through_the_drives_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    asked: list[int] = []
    monkeypatch.setattr(fcntl, "fcntl", lambda _handle, what: asked.append(what))
    disk.write_whole(tmp_path / "a", b"x", flush=True)
    assert set(asked) == {fcntl.F_FULLFSYNC}  # type: ignore[attr-defined]


def test_free_bytes_and_file_bytes_tell_the_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert disk.file_bytes(tmp_path / "a") == 5
    assert disk.file_bytes(tmp_path / "none") == 0
    assert disk.free_bytes(tmp_path) > 0


def test_a_second_lock_names_the_process_that_holds_the_first(tmp_path: Path) -> None:
    file = tmp_path / "data" / "server.lock"
    first = disk.FolderLock(file, [tmp_path])
    assert disk.is_locked(file)
    with pytest.raises(FolderInUse, match=rf"\(process {os.getpid()}\).*Stop that one first"):
        disk.FolderLock(file)
    first.release()
    first.release()
    assert not disk.is_locked(file)
    disk.FolderLock(file, [tmp_path]).release()


@posix
def test_the_receipts_folder_itself_is_locked_too(tmp_path: Path) -> None:
    """Two settings files may name one folder of receipts."""
    first = disk.FolderLock(tmp_path / "one" / "server.lock", [tmp_path])
    with pytest.raises(FolderInUse, match=tmp_path.name):
        disk.FolderLock(tmp_path / "two" / "server.lock", [tmp_path])
    assert not disk.is_locked(tmp_path / "two" / "server.lock"), "the half-taken lock was let go"
    first.release()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    file = tmp_path / "server.lock"
    code = (
        "import sys, pathlib; from pos.store import disk; lock = disk.FolderLock(pathlib.Path(sys.argv[1]));"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        with pytest.raises(FolderInUse, match=str(other.pid)):
            disk.FolderLock(file)
        other.kill()
        other.wait()
    disk.FolderLock(file).release()
