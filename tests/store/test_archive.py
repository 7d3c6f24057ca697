"""A snapshot's file: read back whole, and refused in words when it was cut, changed, or made to do harm."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos.errors import BadSettings, CannotSave, Corrupt
from pos.rules import backup
from pos.rules.backup import Manifest
from pos.store import archive, snapshot
from tests.copied import till as a_till
from tests.copied import tree

NOW = datetime(2026, 11, 21, 14, 51, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> snapshot.Made:
    """A snapshot of a till with some receipts."""
    base = tmp_path_factory.mktemp("made")
    with a_till(base / "till", base / "stick") as till:
        till.sell(12)
        (base / "work").mkdir()
        return snapshot.make(till.config, base / "work", NOW)


def unpack(file: Path, into: Path) -> Manifest:
    into.mkdir(exist_ok=True)
    return archive.unpack(file, into, lambda _done, _total: None)


def test_what_was_put_in_comes_out_and_other_tools_read_it(made: snapshot.Made, tmp_path: Path):
    manifest = unpack(made.file, tmp_path / "out")
    assert manifest == made.manifest == archive.manifest(made.file)
    found = tree(tmp_path / "out")
    assert set(found) - {p for p in found if p.startswith("invoices/")} == {"config.ini", "data/till.db"}
    assert len(found) == 2 + 12
    snapshot.compare(manifest, tmp_path / "out")
    with tarfile.open(made.file) as tar:
        assert tar.getnames()[:3] == ["manifest.json", "SHA256SUMS", "config.ini"]
        tar.extractall(tmp_path / "by-tar", filter="data")
    if shutil.which("sha256sum"):
        done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "by-tar", check=False)
        assert done.returncode == 0


def test_one_that_was_cut_anywhere_is_refused(made: snapshot.Made, tmp_path: Path):
    body = made.file.read_bytes()
    for n, size in enumerate([0, 1, 10, 100, *range(1000, len(body), len(body) // 40), len(body) - 1]):
        cut = tmp_path / "cut.tkb"
        cut.write_bytes(body[:size])
        with pytest.raises(Corrupt):
            unpack(cut, tmp_path / f"out{n}")


def test_one_flipped_bit_anywhere_is_refused(made: snapshot.Made, tmp_path: Path):
    """But for the few that only fill up the last byte of a block: with those the same comes out."""
    body, chance, refused = made.file.read_bytes(), random.Random(5), 0
    for n in range(60):
        at = chance.randrange(64, len(body))  # before it stand name and time of the compressor, which say nothing
        changed = bytearray(body)
        changed[at] ^= 1 << chance.randrange(8)
        file = tmp_path / "flipped.tkb"
        file.write_bytes(changed)
        try:
            unpack(file, tmp_path / f"out{n}")
        except Corrupt:
            refused += 1
        else:
            assert gzip.decompress(changed) == gzip.decompress(body), f"bit of byte {at}"
    assert refused >= 55


def test_bytes_behind_its_end_are_refused(made: snapshot.Made, tmp_path: Path):
    for n, more in enumerate((b"x", gzip.compress(b"x" * 1000))):
        file = tmp_path / "longer.tkb"
        file.write_bytes(made.file.read_bytes() + more)
        with pytest.raises(Corrupt):
            unpack(file, tmp_path / f"out{n}")


# -- made to do harm -------------------------------------------------------------------------------------------------


class Forged:
    """An archive written by somebody else: any member, any head, with a manifest and checksums that fit or not."""

    def __init__(self, made: snapshot.Made) -> None:
        self.members: list[tuple[tarfile.TarInfo, bytes]] = []
        self.manifest = made.manifest
        self.sums: list[tuple[str, str]] = []
        self.tail = bytes(1024)
        with tarfile.open(made.file) as tar:
            for info in tar:
                body = tar.extractfile(info)
                assert body is not None
                if info.name not in (backup.MANIFEST, backup.SUMS):
                    self.add(info.name, body.read())

    def add(self, name: str, body: bytes = b"", **head: object) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(body)
        for key, value in head.items():
            setattr(info, key, value)
        self.members.append((info, body))
        self.sums.append((name, hashlib.sha256(body).hexdigest()))

    def write(self, file: Path, *, claims: Callable[[Manifest], Manifest] = lambda m: m) -> Path:
        sums = backup.sums_text(self.sums)
        receipts = [b for i, b in self.members if backup.is_receipt(i.name)]
        sizes = {i.name: len(b) for i, b in self.members if not backup.is_receipt(i.name)}
        manifest = replace(
            self.manifest, sums=hashlib.sha256(sums).hexdigest(), sizes={backup.SUMS: len(sums), **sizes},
            receipts=len(receipts), receipt_bytes=sum(map(len, receipts)),
        )  # fmt: skip
        out = io.BytesIO()
        text = claims(manifest).text()
        for name, body in ((backup.MANIFEST, text), (backup.SUMS, sums)):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            out.write(info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512))
        for info, body in self.members:
            out.write(info.tobuf(tarfile.GNU_FORMAT) + body + bytes(-len(body) % 512))
        file.write_bytes(gzip.compress(out.getvalue() + self.tail, 1))
        return file


def test_a_forged_one_that_is_right_in_everything_is_taken(made: snapshot.Made, tmp_path: Path):
    """Else the tests below would refuse for another reason than they say."""
    unpack(Forged(made).write(tmp_path / "x.tkb"), tmp_path / "out")


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "/tmp/evil.json",
        "invoices/../../evil.json",
        "data/../../evil",
        "invoices/2026-11-21/../../../x.json",
        "C:\\evil.json",
        "data/server.json",
        "invoices/2026-11-21/CON/x.json",
        ".ssh/authorized_keys",
    ],
)  # fmt: skip
def test_paths_that_lead_out_are_refused_and_nothing_is_written(name: str, made: snapshot.Made, tmp_path: Path):
    forged = Forged(made)
    forged.add(name, b"harm")
    out = tmp_path / "a" / "b" / "out"
    out.mkdir(parents=True)
    with pytest.raises(Corrupt):
        unpack(forged.write(tmp_path / "x.tkb"), out)
    assert not [p for p in tmp_path.rglob("*") if "evil" in p.name or p.name == "authorized_keys"]


@pytest.mark.parametrize(
    "head",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, {"type": tarfile.LNKTYPE, "linkname": "config.ini"},
        {"type": tarfile.DIRTYPE}, {"type": tarfile.FIFOTYPE}, {"type": tarfile.CHRTYPE},
        {"type": tarfile.XHDTYPE}, {"type": tarfile.GNUTYPE_LONGNAME}, {"type": tarfile.GNUTYPE_SPARSE},
    ],
    ids=lambda head: repr(head["type"]),
)  # fmt: skip
def test_anything_but_a_plain_file_is_refused(head: dict[str, object], made: snapshot.Made, tmp_path: Path):
    forged = Forged(made)
    forged.add("invoices/2026-11-21/T9-000001.json", b"", **head)
    with pytest.raises(Corrupt, match="no snapshot holds"):
        unpack(forged.write(tmp_path / "x.tkb"), tmp_path / "out")


def test_a_bomb_is_refused_before_it_fills_the_disk(
    made: snapshot.Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A gigabyte of noughts in a megabyte: what the manifest admits does not fit, what it hides is not written."""
    forged = Forged(made)
    forged.add("invoices/2026-11-21/T9-000001.json", bytes(50 << 20))
    honest = forged.write(tmp_path / "honest.tkb")
    assert honest.stat().st_size < 1 << 20
    monkeypatch.setattr(archive.disk, "free_bytes", lambda _path: 80 << 20)
    with pytest.raises(CannotSave, match="Make room"):
        unpack(honest, tmp_path / "out1")
    lying = forged.write(tmp_path / "lying.tkb", claims=lambda m: replace(m, receipt_bytes=made.manifest.receipt_bytes))
    with pytest.raises(Corrupt, match="larger than its manifest"):
        unpack(lying, tmp_path / "out2")
    assert sum(map(len, tree(tmp_path / "out2").values())) < 4 << 20
    endless = Forged(made)
    endless.tail = bytes(50 << 20)
    with pytest.raises(Corrupt, match="behind its end"):
        unpack(endless.write(tmp_path / "endless.tkb"), tmp_path / "out3")


def test_members_that_are_twice_missing_or_not_listed_are_refused(made: snapshot.Made, tmp_path: Path):
    twice = Forged(made)
    twice.members.append(twice.members[-1])
    missing = Forged(made)
    missing.sums.append(("invoices/2026-11-21/T9-000001.json", "0" * 64))
    unlisted = Forged(made)
    unlisted.add("invoices/2026-11-21/T9-000001.json", b"x")
    unlisted.sums.pop()
    more = Forged(made)
    more.add(backup.SECRETS, b"KEY=1")
    more.sums.pop()
    for n, forged in enumerate((twice, missing, unlisted, more)):
        with pytest.raises(Corrupt):
            unpack(forged.write(tmp_path / "x.tkb"), tmp_path / f"out{n}")


def test_counts_that_are_not_those_of_its_database_are_named(made: snapshot.Made, tmp_path: Path):
    figures = replace(made.manifest.figures, documents=13)
    file = Forged(made).write(tmp_path / "x.tkb", claims=lambda m: replace(m, figures=figures))
    with pytest.raises(Corrupt, match="documents should be 13 and is 12"):
        snapshot.check(file, None, tmp_path / "aside")
    assert not (tmp_path / "aside").exists(), "nothing is left behind"


def test_a_manifest_too_large_to_be_one_is_not_read(made: snapshot.Made, tmp_path: Path):
    info = tarfile.TarInfo(backup.MANIFEST)
    info.size = archive.MANIFEST_BYTES_MAX + 1
    file = tmp_path / "x.tkb"
    file.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(info.size)))
    with pytest.raises(Corrupt, match="no larger than"):
        archive.manifest(file)


@pytest.mark.parametrize(
    "body", [b"", b"PK\x03\x04 a zip", b"\x1f\x8b", b"\x1f\x8b\x08\x00" + bytes(40), json.dumps({}).encode()]
)
def test_what_is_no_snapshot_says_so(body: bytes, tmp_path: Path):
    file = tmp_path / "x.tkb"
    file.write_bytes(body)
    with pytest.raises(Corrupt):
        unpack(file, tmp_path / "out")


# -- keys ------------------------------------------------------------------------------------------------------------


def test_an_encrypted_one_opens_with_its_key_alone(made: snapshot.Made, tmp_path: Path):
    key, other = tmp_path / "key", tmp_path / "other"
    public = archive.new_key(key)
    archive.new_key(other)
    assert key.stat().st_mode & 0o077 == 0
    assert public in key.read_text()
    with pytest.raises(BadSettings, match="never written over"):
        archive.new_key(key)
    locked = tmp_path / made.file.name
    archive.encrypt(made.file, locked, key)
    assert archive.is_encrypted(locked) and not archive.is_encrypted(made.file)
    assert b"Corner Shop" not in locked.read_bytes()
    with archive.opened(locked, key, tmp_path) as plain:
        assert plain.read_bytes() == made.file.read_bytes()
    assert not plain.exists()
    with pytest.raises(BadSettings, match="--key"), archive.opened(locked, None, tmp_path):
        pass
    with pytest.raises(BadSettings, match="another key"), archive.opened(locked, other, tmp_path):
        pass
    broken = bytearray(locked.read_bytes())
    broken[len(broken) // 2] ^= 1
    (tmp_path / "broken.tkb").write_bytes(broken)
    (tmp_path / "short.tkb").write_bytes(locked.read_bytes()[:-100])
    for name in ("broken.tkb", "short.tkb"):
        with pytest.raises(Corrupt, match="damaged"), archive.opened(tmp_path / name, key, tmp_path):
            pass
    assert not list(tmp_path.glob("*.plain"))
    (tmp_path / "text").write_text("hello")
    with pytest.raises(BadSettings, match="holds no key"), archive.opened(locked, tmp_path / "text", tmp_path):
        pass
