"""backup and restore at the command line: what is printed, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos import cli
from pos import config as settings
from pos.actions import backup
from pos.store import archive
from pos.store.verify import verify
from tests.copied import reopened
from tests.copied import till as a_till
from tests.receipts import sale


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A till that sold five times, closed, with a stick."""
    with a_till(tmp_path / "till", tmp_path / "stick") as till:
        till.sell(5)
    return tmp_path / "till"


def run(root: Path, *words: str) -> int:
    return cli.main(["--root", str(root), *words], root)


def newest(root: Path) -> Path:
    return max((root.parent / "stick" / "T1" / "snapshots").glob("*.tkb"))


def test_now_list_verify(root: Path, capsys: pytest.CaptureFixture[str]):
    assert run(root, "backup", "list") == cli.OK
    assert "no copy yet" in capsys.readouterr().out
    assert run(root, "backup", "now") == cli.OK
    said = capsys.readouterr().out
    assert "5 receipts" in said and "restored aside and compared" in said and f"there: {root.parent / 'stick'}" in said
    assert len(list((root.parent / "stick" / "T1" / "receipts").rglob("*.json"))) == 5
    assert run(root, "backup", "list") == cli.OK
    said = capsys.readouterr().out
    assert newest(root).name in said and "proven" in said and "same disk" in said
    assert run(root, "backup", "verify") == cli.OK
    assert run(root, "backup", "verify", newest(root).name) == cli.OK
    assert run(root, "backup", "verify", str(newest(root))) == cli.OK
    assert capsys.readouterr().out.count("whole") == 3


def test_one_that_is_damaged_ends_with_1(root: Path, capsys: pytest.CaptureFixture[str]):
    run(root, "backup", "now")
    newest(root).write_bytes(newest(root).read_bytes()[:-30])
    assert run(root, "backup", "verify") == cli.FAILED
    assert run(root, "backup", "verify", str(newest(root))) == cli.FAILED
    assert "not whole" in capsys.readouterr().out


def test_a_place_that_is_gone_ends_with_1_in_words(root: Path, capsys: pytest.CaptureFixture[str]):
    (root.parent / "stick").rename(root.parent / "pocket")
    assert run(root, "backup", "now") == cli.FAILED
    assert run(root, "backup", "list") == cli.FAILED
    assert "Plug its disk in" in capsys.readouterr().out


def test_now_tries_at_once_what_failed_a_moment_ago(root: Path, capsys: pytest.CaptureFixture[str]):
    """A person who plugged the stick in again does not wait for the ladder, and is not told that all is well."""
    (root.parent / "stick").rename(root.parent / "pocket")
    for _ in range(4):
        assert run(root, "backup", "now") == cli.FAILED
    (root.parent / "pocket").rename(root.parent / "stick")
    capsys.readouterr()
    assert run(root, "backup", "now") == cli.OK
    assert "5 receipts copied" in capsys.readouterr().out
    assert len(list((root.parent / "stick" / "T1" / "receipts").rglob("*.json"))) == 5


def test_restore_says_what_it_did_and_what_is_left_to_do(root: Path, capsys: pytest.CaptureFixture[str]):
    run(root, "backup", "now")
    with reopened(root) as (_store, journal):
        journal.commit(sale())
    run(root, "backup", "list")
    new = root.parent / "new"
    (new / ".fetched-of-one-killed").mkdir(parents=True)
    words = ["restore", str(newest(root)), "--newer", str(root / "invoices"), "--till", "T7"]
    assert run(root.parent, *words, "--into", str(new)) == cli.OK
    said = capsys.readouterr().out
    assert "5 receipts of the snapshot, 1 newer" in said and "This till is T7" in said and "never T1 again" in said
    assert not list(new.glob(".fetched*"))
    assert "T1-S000001 was open" in said and "put .env back" in said
    assert verify(settings.load(new, {})).differences == []
    with pytest.raises(Exception, match="There is a till"):
        run(root.parent, *words, "--into", str(new))


def test_from_a_place_by_its_name_there(root: Path):
    run(root, "backup", "now")
    place, new = str(root.parent / "stick"), root.parent / "new"
    new.mkdir()
    assert run(new, "restore", "latest", "--from", place, "--of", "T1") == cli.OK
    assert verify(settings.load(new, {})).documents == 5
    assert not list(new.glob(".fetched*"))
    with pytest.raises(Exception, match="--of"):
        run(root.parent / "other", "restore", "latest", "--from", place)
    with pytest.raises(Exception, match="no snapshot"):
        run(root.parent / "other", "restore", "latest", "--from", place, "--of", "T2")


def test_keys(root: Path, capsys: pytest.CaptureFixture[str]):
    key = root.parent / "keys" / "till.key"
    assert run(root, "backup", "key", str(key)) == cli.OK
    assert "keep a copy of it elsewhere" in capsys.readouterr().out
    with (root / "config.ini").open("a") as file:
        file.write(f"key_file = {key}\n")
    assert run(root, "backup", "now") == cli.OK
    assert archive.is_encrypted(newest(root))
    assert run(root, "backup", "verify") == cli.OK
    new = root.parent / "new"
    with pytest.raises(Exception, match="--key"):
        run(root.parent, "restore", str(newest(root)), "--into", str(new))
    assert run(root.parent, "restore", str(newest(root)), "--into", str(new), "--key", str(key)) == cli.OK


def test_where_there_is_nothing_it_says_so(tmp_path: Path):
    with pytest.raises(Exception, match="no till"):
        run(tmp_path, "backup", "now")
    with pytest.raises(Exception, match="no snapshot"):
        run(tmp_path, "restore", str(tmp_path / "none.tkb"))


def test_the_place_a_snapshot_is_fetched_from_is_asked_for_newer_receipts(
    root: Path, capsys: pytest.CaptureFixture[str]
):
    """Also when the settings in the snapshot name none, or the stick is mounted elsewhere by now."""
    run(root, "backup", "now")
    with reopened(root) as (store, journal):
        journal.commit(sale())
        backup.copy(store, store.config, {})
    moved = (root.parent / "stick").rename(root.parent / "other-mount")
    new = root.parent / "new"
    words = ["restore", "latest", "--from", str(moved), "--of", "T1", "--into", str(new)]
    run(root.parent, *words)
    assert "5 receipts of the snapshot, 1 newer ones from" in capsys.readouterr().out
    assert verify(settings.load(new, {})).differences == []
