"""The till's screen over everything: opened once the till answers, in a profile of its own; nothing else is started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pos import cli, config
from pos.cli import kiosk
from pos.errors import NotFound
from tests.till_process import Till


def test_the_command_of_the_browser(tmp_path: Path) -> None:
    shop = config.load(tmp_path, {})
    line = kiosk.command("/usr/bin/chromium", "http://127.0.0.1:5000/", shop, "display", "1920,0", ["--force-dark"])
    assert line[0] == "/usr/bin/chromium" and line[-1] == "http://127.0.0.1:5000/"
    assert {"--kiosk", "--no-first-run", "--window-position=1920,0", "--force-dark"} < set(line)
    assert f"--user-data-dir={tmp_path / 'data' / 'display'}" in line
    assert not [word for word in line if "sandbox" in word or "web-security" in word or "insecure" in word]


def test_a_browser_is_found_by_name_or_by_place(tmp_path: Path) -> None:
    assert kiosk.found({"PATH": ""}) == "" or sys.platform == "darwin"
    edge = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    edge.parent.mkdir(parents=True)
    edge.touch()
    assert Path(kiosk.found({"PATH": "", "PROGRAMFILES": str(tmp_path)})) == edge


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for the browser")
def test_a_browser_that_is_not_there_is_said_before_the_till_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no program"):
        cli.main(["--root", str(tmp_path), "kiosk", "--browser", str(tmp_path / "chrome")], tmp_path)


def test_it_opens_the_port_the_till_really_has_and_ends_with_the_browser(tmp_path: Path) -> None:
    fake = tmp_path / "browser"
    fake.write_text(f'#!{sys.executable}\nimport sys\nprint("\\n".join(sys.argv[1:]))\nsys.exit(7)\n')
    fake.chmod(0o755)
    with Till(tmp_path / "till") as till:
        done = till.command("kiosk", "--browser", str(fake), "--", "--lang=en")
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines()[-2:] == ["--lang=en", f"http://127.0.0.1:{till.port}/"]
    asked = till.command("kiosk", "--browser", str(fake), "--dry-run", "--display")
    assert asked.stdout.strip().endswith("http://127.0.0.1:5000/display")
