"""A disk that is really full, and one that is really read-only: a small file system of its own (root, Linux)."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import config
from pos.errors import CannotSave
from pos.store.db import open_store
from pos.store.journal import Journal
from pos.store.verify import verify
from tests.receipts import line, sale

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or not hasattr(os, "geteuid") or os.geteuid() != 0,
        reason="a small file system of its own needs root on Linux",
    ),
]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 6 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_stops_the_sale_in_words_and_loses_none(small: Path, caplog: pytest.LogCaptureFixture) -> None:
    shop = config.load(small / "till", environ={})
    store = open_store(shop)
    journal = Journal(store)
    saved = []
    big = [line(f"ITEM-{i}") for i in range(40)]
    with caplog.at_level(logging.CRITICAL):
        with pytest.raises(CannotSave, match="disk is full"):
            while len(saved) < 2000:
                saved.append(journal.commit(sale(*big)))
        assert len(saved) > 5
        assert not journal.health().can_save and "Free some space" in journal.health().reason
        refused = sale(*big, id="kept-basket")
        with pytest.raises(CannotSave):
            journal.commit(refused)
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        again = journal.commit(refused)
    assert not again.duplicate
    assert journal.health().can_save
    journal.flush()
    journal.close()
    store.close()
    report = verify(shop)
    assert report.first == ""
    assert report.documents == len(saved) + 1, "every acknowledged sale, and the one that was refused before"


def test_a_till_on_a_disk_with_next_to_no_room_starts_and_says_so(
    small: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop = config.load(small / "till", environ={})
    store = open_store(shop)
    Journal(store).close()
    store.close()
    with (small / "filler").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 4096)
    with caplog.at_level(logging.CRITICAL):
        with pytest.raises(CannotSave, match="disk is full"):
            open_store(shop)
        os.truncate(small / "filler", (small / "filler").stat().st_size - 400_000)
        store = open_store(shop)
        journal = Journal(store)
        saved = []
        with pytest.raises(CannotSave, match="disk is full"):
            while len(saved) < 500:
                saved.append(journal.commit(sale(*(line(f"ITEM-{i}") for i in range(40)))))
        assert not journal.health().can_save
        (small / "filler").unlink()
        assert journal.commit(sale(id="after")).doc["sequence"] == len(saved) + 1
        journal.close()
    store.close()
    report = verify(shop)
    assert report.first == "" and report.documents == len(saved) + 1


def test_a_disk_that_turns_read_only_refuses_in_words_and_sells_again(
    small: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Linux turns a disk with errors read-only under a running program."""
    shop = config.load(small / "till", environ={})
    subprocess.run(["mount", "--bind", str(small), str(small)], check=True)
    store = open_store(shop)
    journal = Journal(store)
    first = journal.commit(sale())
    journal.flush()
    journal.close()
    store.close()
    subprocess.run(["umount", str(small)], check=True)
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with caplog.at_level(logging.CRITICAL), pytest.raises(CannotSave, match=r"read-only|cannot be"):
        open_store(shop)
    subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
    store = open_store(shop)
    journal = Journal(store)
    assert journal.commit(sale()).doc["prev_hash"] == first.doc["hash"]
    journal.close()
    store.close()
