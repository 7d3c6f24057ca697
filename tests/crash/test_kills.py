"""A couple of dozen kills with each test run; the long runs stand in docs/proof.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pos.store import points
from tests.crash import power

#: The longest of them takes a minute on an idle machine.
PATIENCE_SECONDS = 840
REPO = Path(__file__).resolve().parent.parent.parent
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork; the kills run on POSIX")


def proof(*words: str) -> str:
    """Run a proof to its end in a process of its own; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, cwd=REPO, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@needs_fork
@pytest.mark.crash
@pytest.mark.timeout(900)
def test_no_sale_is_lost_or_doubled_when_the_journal_is_killed() -> None:
    said = proof("tests.crash.journal_kills", "--runs", "24", "--seed", "20261121")
    assert "kills of the journal alone: 24" in said
    assert "lost or doubled 0" in said
    assert "VOID" not in said


@needs_fork
@pytest.mark.crash
@pytest.mark.timeout(900)
def test_no_sale_is_lost_or_doubled_when_the_server_is_killed_and_each_is_booked_once() -> None:
    said = proof("tests.crash.kills", "--runs", "1", "--seed", "20261121")
    assert "lost or doubled 0" in said
    assert "VOID" not in said


@pytest.mark.power
@pytest.mark.timeout(900)
def test_no_sale_is_lost_when_the_power_is_cut() -> None:
    cuts = os.environ.get("TILLKEEP_POWER_CUTS")
    if not cuts:
        pytest.skip("power is cut only where TILLKEEP_POWER_CUTS says how often (.ci/run, tasks.py crash --power)")
    if power.why_not():
        pytest.skip(power.why_not())
    said = proof("tests.crash.power", "--cuts", cuts, "--seed", "20261121")
    assert "lost or doubled 0" in said and "VOID" not in said


def test_power_is_never_cut_where_the_target_is_not_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary folder, whatever it is called and whatever device is claimed for it, is left alone."""
    asked: list[object] = []
    monkeypatch.setattr(power.fcntl, "ioctl", lambda *words: asked.append(words))
    disk = object.__new__(power.Disk)
    disk.image, disk.mount = tmp_path / "image", tmp_path / "mount"
    disk.mount.mkdir()
    disk.image.write_bytes(b"")
    for loop in ("", "/dev/loop0", "/dev/null", "/dev/vda", "/", str(disk.image)):
        disk.loop = loop
        with pytest.raises(power.NotProven):
            disk.cut()
    disk.mount = Path("/")
    disk.loop = "/dev/loop0"
    with pytest.raises(power.NotProven):
        disk.cut()
    assert asked == []


def test_without_the_means_the_power_test_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power.sys, "platform", "win32")
    assert "needs Linux" in power.why_not()
    monkeypatch.setattr(power.sys, "platform", "linux")
    monkeypatch.setattr(power.os, "geteuid", lambda: 1000)
    assert "needs root" in power.why_not()
    monkeypatch.setattr(power.os, "geteuid", lambda: 0)
    monkeypatch.setattr(power.shutil, "which", lambda tool: None if tool == "losetup" else tool)
    assert "needs losetup" in power.why_not()


def test_points_are_silent_unless_armed(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(points.os, "kill", lambda _pid, number: killed.append(number))
    points.at("after_commit")
    points.arm("after_commit:2")
    points.at("after_commit")
    points.at("before_commit")
    assert killed == []
    points.at("after_commit")
    assert len(killed) == 1
    points.arm("")
    points.at("after_commit")
    assert len(killed) == 1
    with pytest.raises(ValueError, match="points are: before_begin"):
        points.arm("nowhere")


def test_every_point_is_passed_by_the_program() -> None:
    """A proof that walks the list would say nothing about a point nobody passes."""
    source = "".join(p.read_text(encoding="utf-8") for p in (REPO / "pos" / "store").glob("*.py"))
    assert [p for p in points.POINTS if f'at("{p}")' not in source] == []
