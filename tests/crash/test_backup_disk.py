"""A place that is really full, and one that really goes away: a small file system of its own (root, Linux)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.actions import backup
from pos.store import archive, notices
from tests.books import Time
from tests.copied import Till, tree
from tests.copied import till as a_till

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or not hasattr(os, "geteuid") or os.geteuid() != 0,
        reason="a small file system of its own needs root on Linux",
    ),
]


def mount(folder: Path, size: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "stick"
    folder.mkdir()
    mount(folder, "256k")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture
def time() -> Iterator[Time]:
    from pos import clock

    now = Time()
    with clock.set_to(now):
        yield now


@pytest.fixture
def till(tmp_path: Path, stick: Path) -> Iterator[Till]:
    with a_till(tmp_path / "till", stick) as found:
        yield found


def test_a_full_stick_loses_nothing_and_goes_on_when_there_is_room(till: Till, stick: Path, time: Time):
    till.sell(200)
    done = till.copy()
    assert "is full" in done.failed[0]
    assert backup.standing(till.store, till.config).state == "failing"
    assert "is full" in notices.open_notices(till.store, prefix="backup:copy:")[0].text
    assert "is full" in till.snapshot().failed[0]
    assert not list(stick.rglob("*.tkb")) and not list(stick.rglob("*.part"))
    subprocess.run(["mount", "-o", "remount,size=32m", str(stick)], check=True)
    for _ in range(3):
        time.passes(300)
        till.copy()
    till.journal.flush()
    assert tree(till.receipts) == tree(till.config.invoices)
    till.snapshot()
    assert archive.manifest(till.newest).receipts == 200
    assert notices.open_notices(till.store, prefix="backup:copy") == []


def test_a_stick_that_is_pulled_out_is_missed_and_not_written_to_the_disk_below(till: Till, stick: Path, time: Time):
    subprocess.run(["mount", "-o", "remount,size=32m", str(stick)], check=True)
    till.sell(3)
    assert till.copy().receipts == 3
    assert backup.standing(till.store, till.config).state == "ok", "memory is another drive than the disk"
    subprocess.run(["umount", str(stick)], check=True)
    till.sell(2)
    assert "mounted" in till.copy().failed[0]
    assert tree(stick) == {}, "the folder below stays empty"
    assert till.snapshot().failed
    assert tree(stick) == {}
    mount(stick, "32m")  # another stick, empty
    time.passes(300)
    assert till.copy().receipts == 5, "it gets all of them"
