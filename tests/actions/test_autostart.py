"""Starting with the machine: files below the user's own folders alone, which systemd itself takes, and takes back."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pos.actions import autostart
from pos.config import Config
from pos.errors import Invalid
from pos.rules import service
from tests.conftest import REPO


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def written(home: Path) -> list[str]:
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if not path.is_dir())


def items(shop: Config, home: Path, system: str, *, kiosk: bool = True) -> list[autostart.Item]:
    wanted = autostart.programs(shop, REPO, kiosk=kiosk)
    return autostart.items(wanted, system, {"HOME": str(home), "APPDATA": str(home / "AppData")})


WRITTEN = {
    "linux": [
        ".config/autostart/tillkeep-T1-kiosk.desktop",
        ".config/systemd/user/default.target.wants/tillkeep-T1.service",
        ".config/systemd/user/tillkeep-T1.service",
    ],
    "darwin": ["Library/LaunchAgents/tillkeep-T1-kiosk.plist", "Library/LaunchAgents/tillkeep-T1.plist"],
    "win32": [f"AppData/Microsoft/Windows/Start Menu/Programs/Startup/tillkeep-T1{end}.cmd" for end in ("-kiosk", "")],
}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there; only its own files are written there")
@pytest.mark.parametrize("system", WRITTEN)
def test_installed_and_removed_nothing_is_left(shop: Config, home: Path, system: str) -> None:
    told: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> bool:
        told.append(command)
        return True

    found = items(shop, home, system)
    for _ in range(2):  # again changes nothing
        assert autostart.install(found, run) == []
        assert written(home) == WRITTEN[system]
    assert len(autostart.remove(found, run)) == 2
    assert written(home) == []
    assert autostart.remove(found, run) == []
    assert all(command[0] in ("systemctl", "launchctl") and "sudo" not in command for command in told)


def test_what_is_started_is_the_installation_with_this_folder(shop: Config, home: Path) -> None:
    (item,) = items(shop, home, "darwin", kiosk=False)
    told = plistlib.loads(item.body)["ProgramArguments"]
    assert told[1:] == [str(REPO / "pos_server.py"), "--root", str(shop.root)]
    assert Path(told[0]).exists()


def test_what_the_system_did_not_take_is_said(shop: Config, home: Path) -> None:
    assert autostart.install(items(shop, home, "linux", kiosk=False), lambda _command: False) == [
        "systemctl --user daemon-reload"
    ]
    with pytest.raises(Invalid, match="plan9"):
        items(shop, home, "plan9")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_units(shop: Config, home: Path, tmp_path: Path) -> None:
    shop = replace(shop, till=replace(shop.till, name='Front 50% "til\'l"'))
    (item,) = items(shop, home, "linux", kiosk=False)
    autostart.install([item], lambda _command: True)
    (program,) = autostart.programs(shop, REPO, kiosk=False)
    machine = tmp_path / "tillkeep-machine.service"
    machine.write_text(service.system_unit(program, "root"), encoding="utf-8")
    for words, file in ((("--user",), item.file), ((), machine)):
        done = subprocess.run(
            ["systemd-analyze", *words, "verify", str(file)],
            capture_output=True, text=True, timeout=60, env={"HOME": str(home), "XDG_RUNTIME_DIR": str(tmp_path)},
        )  # fmt: skip
        ours = [line for line in done.stderr.splitlines() if "tillkeep" in line]
        assert (done.returncode, ours) == (0, []), done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_a_unit_that_is_wrong_would_be_noticed(tmp_path: Path) -> None:
    """The control: the same look finds a word systemd does not know."""
    file = tmp_path / "tillkeep-bad.service"
    file.write_text("[Service]\nExecStart=/bin/true\nRestart=sometimes\n", encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if "tillkeep" in line] != []
