"""The environment of one version of the program: a Python of its own with the packages it names."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from pos.errors import CannotSave, Unavailable

#: Packages that came with the release, for a machine without internet.
WHEELS = "wheels"
REQUIREMENTS = "requirements.txt"
SECONDS_MAX = 1800
_PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"


def build(folder: Path) -> Path:
    """Make the version's .venv and install what its requirements.txt names: from wheels/ in the release when there is
    such a folder, and then from nowhere else; from the package index otherwise. The path of its Python.

    CannotSave when Python cannot make one; Unavailable when packages are missing. The till is not touched by either.
    """
    venv = folder / ".venv"
    made = _run([sys.executable, "-m", "venv", str(venv)])
    if made.returncode:
        raise CannotSave(f"Python could not make an environment in {venv}: {_last(made)}", code="no_environment")
    python = venv / _PYTHON
    given = folder / WHEELS
    source = ["--no-index", "--find-links", str(given)] if given.is_dir() else []
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-q", *source]
    done = _run([*pip, "-r", str(folder / REQUIREMENTS)])
    if done.returncode:
        remedy = (
            "The release's wheels do not fit this machine."
            if source
            else "Is the machine on the internet? A release with a wheels folder needs none."
        )
        raise Unavailable(f"The packages of the new version could not be installed: {_last(done)} {remedy}")
    digest = hashlib.sha256((folder / REQUIREMENTS).read_bytes()).hexdigest()
    (venv / "installed.json").write_text(json.dumps({"run": digest}))  # so that tasks.py does not install them again
    return python


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{Path(command[0]).name} took longer than {SECONDS_MAX} seconds and was ended.") from error


def _last(done: subprocess.CompletedProcess[str]) -> str:
    """The line that says why."""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return (lines[-1] if lines else f"exit code {done.returncode}").rstrip(".") + "."
