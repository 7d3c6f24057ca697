"""Which version of the program works on a till's folder: the one that was started, or one `upgrade` put beside it.

    tillkeep/                  the installation: what people, service files and shortcuts start, always
    tillkeep-versions/         beside it, made by the first `upgrade`
        0.2.0-1f0c9a7e/        one version, whole once its seal is there
    DIR/data/version.json      in each till's folder: the version it works with; no such file: the installation

Nothing but the standard library is needed to choose, so that a version whose packages are broken can be left again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SUFFIX = "-versions"
#: In a version's folder; written last.
SEAL = "version.json"
#: In a till's folder.
POINTER = Path("data") / "version.json"
#: Set for the program that was handed over to, so that it never hands on.
HANDED = "TILLKEEP_HANDED_OVER"


@dataclass(frozen=True, slots=True)
class Version:
    """One that lies beside the installation, whole. python: the one of its own environment."""

    name: str
    folder: Path
    python: Path


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a till works with: a version's name, "" = the installation. before: those it worked with, newest first."""

    version: str = ""
    before: tuple[str, ...] = ()
    snapshot: str = ""


def installation(here: Path) -> Path:
    """What people start, for the version that runs."""
    shelf = here.parent
    if shelf.name.endswith(SUFFIX) and (here / SEAL).exists():
        return shelf.with_name(shelf.name.removesuffix(SUFFIX))
    return here


def shelf(here: Path) -> Path:
    """Where versions lie, for the version that runs."""
    base = installation(here)
    return base.with_name(f"{base.name}{SUFFIX}")


def pointer(root: Path) -> Pointer:
    """What the till in this folder works with. One that cannot be read is none."""
    try:
        told = json.loads((root / POINTER).read_text(encoding="utf-8"))
        return Pointer(str(told["version"]), tuple(map(str, told["before"])), str(told["snapshot"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Pointer()


def version(here: Path, name: str) -> Version | None:
    """The version of that name when it is there and whole."""
    if not name or name != Path(name).name:
        return None
    folder = shelf(here) / name
    try:
        told = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        python = folder / str(told["python"])  # an absolute path stays as it is
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Version(name, folder, python) if python.exists() and (folder / "pos_server.py").exists() else None


def successor(root: Path, here: Path, words: Sequence[str]) -> Version | None:
    """The version to hand over to; None = the one that was started works itself.

    The way back is never handed over: it must work when the newer version does not start.
    """
    if os.environ.get(HANDED) or (words[:1] == ["upgrade"] and "--back" in words):
        return None
    name = pointer(root).version
    if not name:
        return None
    found = version(here, name)
    if found is None:
        sys.stderr.write(f"Note: version {name} is not in {shelf(here)} any more; {here} starts instead.\n")
        return None
    return None if found.folder.resolve() == here.resolve() else found


def hand_over(to: Version, root: Path, words: Sequence[str]) -> int:
    """Go on as that version. On Windows this process waits for it; elsewhere it becomes it, so that it gets signals."""
    command = [str(to.python), str(to.folder / "pos_server.py"), "--root", str(root), *words]
    environ = {**os.environ, HANDED: "1"}
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execve(command[0], command, environ)  # noqa: S606 - no shell is wanted
    process = subprocess.Popen(command, env=environ)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # it got the same Ctrl-C and is on its way out
