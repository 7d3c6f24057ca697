"""The installation stays what people start; it hands over to the version a till works with, and back."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from pos import launch
from pos.launch import Pointer
from pos.rules.release import Release
from pos.store import versions
from tests.copied import till as a_till
from tests.released import WHOLE, a_release


def pos_server(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ERPNEXT_", "TILLKEEP_"))}
    command = [sys.executable, str(folder / "pos_server.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=clean, timeout=60)


def test_one_command_starts_whatever_version_the_till_works_with_and_leaves_a_broken_one(tmp_path: Path) -> None:
    here, newer = tmp_path / "tillkeep", tmp_path / "tillkeep-versions" / "9.0.0-aa"
    with zipfile.ZipFile(a_release(tmp_path / "a.zip", "0.1.0", parts=WHOLE, migrates=False, below="")) as made:
        made.extractall(here)
        made.extractall(newer)
    init = newer / "pos" / "__init__.py"
    init.write_text(init.read_text().replace('"0.1.0"', '"9.0.0"', 1))
    root = tmp_path / "shop"
    with a_till(root, tmp_path / "stick"):
        pass
    versions.seal(newer, Path(sys.executable), Release("9.0.0", ()))
    versions.point(root, Pointer("9.0.0-aa", ("",)), "test")

    told = pos_server(here, "upgrade", "--root", str(root))
    assert told.stdout.splitlines()[:2] == [
        f"Tillkeep 9.0.0 in {newer}",
        f"{root} works with 9.0.0-aa, before: the installation",
    ], told.stderr
    assert pos_server(here, "verify", "--root", str(root), "--nonsense").returncode == 2, "its exit code is passed on"

    (newer / "pos" / "cli" / "__init__.py").write_text("raise SystemError('does not even start')")
    assert pos_server(here, "upgrade", "--root", str(root)).returncode == 1
    back = pos_server(here, "upgrade", "--back", "--root", str(root))
    assert back.returncode == 0 and f"the installation in {here} again" in back.stdout, back.stderr
    assert launch.pointer(root).version == ""
    assert pos_server(here, "upgrade", "--root", str(root)).stdout.startswith(f"Tillkeep 0.1.0 in {here}")
