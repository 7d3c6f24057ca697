"""Restores that are refused: in words, and with everything left as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos import config as settings
from pos.actions import restore
from pos.actions.restore import Wanted
from pos.errors import BadSettings, Conflict, Corrupt, FolderInUse, Invalid
from pos.store import archive, disk
from pos.store.db import database_path
from tests.copied import Till, bring_back, ok, reopened, tree
from tests.copied import till as a_till
from tests.receipts import sale


def test_a_folder_with_a_till_is_refused_and_left_as_it_is(lost: Till, tmp_path: Path):
    lost.sell(2)
    lost.snapshot()
    lost.close()
    before = {p: b for p, b in tree(lost.config.root).items() if not p.endswith(("lock", "-shm"))}
    with pytest.raises(Conflict, match="already"):
        restore.run(lost.config.root, Wanted(lost.newest), "test")
    after = {p: b for p, b in tree(lost.config.root).items() if not p.endswith(("lock", "-shm"))}
    assert before == after
    database_path(lost.config).rename(tmp_path / "gone.db")
    with pytest.raises(Conflict, match="rebuild"):
        restore.run(lost.config.root, Wanted(lost.newest), "test")


def test_beside_a_running_server_nothing_is_restored(lost: Till, tmp_path: Path):
    lost.sell()
    lost.snapshot()
    new = tmp_path / "new"
    (new / "data").mkdir(parents=True)
    lock = disk.FolderLock(new / "data" / "server.lock")
    with pytest.raises(FolderInUse):
        restore.run(new, Wanted(lost.newest), "test")
    lock.release()


@pytest.mark.parametrize("given", ["T1", "t1", "../x", "TOOLONG99", "", "T-1"])
def test_an_id_that_was_used_or_is_none_is_refused(lost: Till, tmp_path: Path, given: str):
    lost.sell()
    lost.snapshot()
    new = tmp_path / "new"
    if given:
        with pytest.raises(Invalid):
            bring_back(lost, new, till=given)
        bring_back(lost, new, till="T9")
    else:
        bring_back(lost, new, till=given)
    assert settings.load(new, {}).till.id != "T1"


def test_one_that_is_not_whole_is_refused_and_another_one_may_follow(lost: Till, tmp_path: Path):
    lost.sell(2)
    lost.snapshot()
    good = lost.newest.read_bytes()
    new = tmp_path / "new"
    middle = len(good) // 2
    changed = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    for body in (good[:-20], changed, b"nothing"):
        lost.newest.write_bytes(body)
        with pytest.raises(Corrupt, match="not whole"):
            bring_back(lost, new)
        assert not database_path(settings.load(new, {})).exists()
        assert [p.name for p in new.rglob("*") if p.is_file()] == ["server.lock"], "nothing is left behind"
    lost.newest.write_bytes(good)
    bring_back(lost, new)
    ok(settings.load(new, {}))


def test_the_wrong_key_is_refused_and_the_right_one_opens_it(tmp_path: Path):
    key, other = tmp_path / "key", tmp_path / "other"
    archive.new_key(key)
    archive.new_key(other)
    with a_till(tmp_path / "till", tmp_path / "stick", key_file=str(key)) as till:
        till.sell(2)
        till.snapshot()
        new = tmp_path / "new"
        with pytest.raises(BadSettings, match="--key"):
            bring_back(till, new)
        with pytest.raises(BadSettings, match="another key"):
            bring_back(till, new, key=other)
        bring_back(till, new, key=key)
        ok(settings.load(new, {}))


def test_what_differed_before_stops_it_unless_it_is_wanted_all_the_same(lost: Till, tmp_path: Path):
    lost.sell(3)
    lost.store.execute("UPDATE document SET total = total + 1 WHERE n = 2")
    lost.snapshot()
    new = tmp_path / "new"
    with pytest.raises(Corrupt, match="--anyway"):
        bring_back(lost, new)
    done = bring_back(lost, new, anyway=True)
    assert len(done.restored.differences) >= 1
    with reopened(new) as (_store, journal):
        assert journal.commit(sale()).doc["sequence"] == 1
