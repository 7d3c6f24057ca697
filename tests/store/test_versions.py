"""Zips that were made to do harm, or were cut: nothing is written outside, nothing half done is called whole."""

from __future__ import annotations

import os
import stat
import struct
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from pos import launch
from pos.errors import CannotSave, Conflict, Corrupt, Invalid, PosError
from pos.launch import Pointer
from pos.rules import release
from pos.rules.release import Release
from pos.store import disk, versions
from pos.store.versions import Shelf, Zip

WHOLE = dict.fromkeys(release.NEEDED, b"") | {"pos/__init__.py": b'PRODUCT = "tillkeep"\n__version__ = "9.0"\n'}


def a_zip(file: Path, **more: bytes) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, body in {**WHOLE, **{k.replace("__", "/"): v for k, v in more.items()}}.items():
            out.writestr(name, body)
    return file


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "till").mkdir()
    return tmp_path / "till"


def test_a_release_is_unpacked_below_its_folder_alone(tmp_path: Path, here: Path) -> None:
    with Zip(a_zip(tmp_path / "a.zip", pos__deep__er=b"x" * 3)) as archived, Shelf(here) as shelf:
        folder = shelf.clear("9.0-aa")
        archived.unpack(folder, lambda _done, _total: None)
    assert (folder / "pos/deep/er").read_bytes() == b"xxx"
    assert folder == tmp_path / "till-versions" / "9.0-aa"
    assert launch.version(here, "9.0-aa") is None, "it is not whole before it is sealed"


def test_a_link_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    file = a_zip(tmp_path / "a.zip")
    with zipfile.ZipFile(file, "a") as out:
        link = zipfile.ZipInfo("pos/out")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(link, "/etc/passwd")
    with pytest.raises(Invalid, match="link"):
        Zip(file)


@pytest.mark.parametrize("name", ["../out.py", "/out.py", "pos/../../out.py"])
def test_a_way_out_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    file = a_zip(tmp_path / "a.zip")
    with zipfile.ZipFile(file, "a") as out:
        out.writestr(name, b"x")
    with pytest.raises(Invalid, match="no release has"):
        Zip(file)


def test_a_file_larger_than_the_list_says_is_not_written_out(tmp_path: Path, here: Path) -> None:
    """A bomb: the list of contents says 10 bytes, the data goes on."""
    file = a_zip(tmp_path / "a.zip", big=b"\0" * 100_000)
    body = bytearray(file.read_bytes())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = -1
        while (start := body.find(mark, start + 1)) >= 0:
            if struct.unpack_from("<I", body, start + at)[0] == 100_000:
                struct.pack_into("<I", body, start + at, 10)
    file.write_bytes(body)
    with Zip(file) as archived, Shelf(here) as shelf:
        folder = shelf.clear("9.0-aa")
        with pytest.raises(Corrupt, match="not whole"):
            archived.unpack(folder, lambda _done, _total: None)
        assert not (folder / "big").exists() or (folder / "big").stat().st_size <= 10


def test_a_changed_byte_is_noticed(tmp_path: Path, here: Path) -> None:
    file = a_zip(tmp_path / "a.zip", pos__noise=os.urandom(5000))
    body = bytearray(file.read_bytes())
    body[body.find(b"pos/noise") + 2000] ^= 1
    file.write_bytes(body)
    with Zip(file) as archived, Shelf(here) as shelf, pytest.raises(Corrupt, match="not whole"):
        archived.unpack(shelf.clear("9.0-aa"), lambda _done, _total: None)


def test_bytes_changed_anywhere_are_told_in_words(tmp_path: Path) -> None:
    body = a_zip(tmp_path / "a.zip", pos__words=b"to and fro " * 300).read_bytes()
    for at in range(0, len(body), 23):
        (tmp_path / "b.zip").write_bytes(body[:at] + bytes([body[at] ^ 0x55]) + body[at + 1 :])
        with suppress(PosError), Zip(tmp_path / "b.zip") as archived:
            (tmp_path / f"to{at}").mkdir()
            archived.unpack(tmp_path / f"to{at}", lambda _done, _total: None)


def test_what_is_no_zip_or_no_release_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"<html>not found</html>")
    with pytest.raises(Invalid, match="no zip"):
        Zip(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as out:
        out.writestr("readme.txt", b"x")
    with pytest.raises(Invalid, match=r"pos_server\.py is missing"):
        Zip(tmp_path / "b.zip")


def test_no_room_is_said_before_anything_is_written(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda _path: 1 << 20)
    with Zip(a_zip(tmp_path / "a.zip")) as archived, Shelf(here) as shelf:
        folder = shelf.clear("9.0-aa")
        with pytest.raises(CannotSave, match="Make room"):
            archived.unpack(folder, lambda _done, _total: None)
        assert list(folder.iterdir()) == []


def test_one_upgrade_at_a_time(here: Path) -> None:
    with Shelf(here), pytest.raises(Conflict, match="under way"):
        Shelf(here)


def test_the_pointer_names_a_version_and_the_installation_stays_what_is_started(tmp_path: Path, here: Path) -> None:
    root = tmp_path / "shop"
    assert launch.successor(root, here, ["serve"]) is None
    with Shelf(here) as shelf:
        folder = shelf.clear("9.0-aa")
    (folder / "pos_server.py").write_text("")
    versions.point(root, Pointer("9.0-aa", ("",), "S"), "test")
    assert launch.successor(root, here, ["serve"]) is None, "not whole: the installation starts"
    versions.seal(folder, Path(sys.executable), Release("9.0", ()))
    found = launch.successor(root, here, ["serve"])
    assert found is not None and (found.folder, found.python) == (folder, Path(sys.executable))
    assert launch.pointer(root) == Pointer("9.0-aa", ("",), "S")
    assert launch.successor(root, folder, ["serve"]) is None, "it is the one that runs"
    assert launch.successor(root, here, ["upgrade", "--back"]) is None, "the way back needs nothing of the new one"
    assert (launch.installation(folder), launch.shelf(folder)) == (here, shelf.folder)
    assert launch.successor(tmp_path / "other shop", here, ["serve"]) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 7}', '{"version": "../till", "before": [], "snapshot": ""}']
)
def test_a_damaged_pointer_starts_the_installation(tmp_path: Path, here: Path, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "version.json").write_text(text)
    assert launch.successor(tmp_path, here, ["serve"]) is None
