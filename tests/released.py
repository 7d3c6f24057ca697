"""Releases for tests of the upgrade: this very program as a zip, with a migration of its own or one that does harm."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

from pos import config, launch
from pos.actions import upgrade
from pos.rules import release
from pos.store.migrate import newest
from tests.conftest import REPO

#: What a release needs to migrate, verify and answer on the command line; the screens are left out.
WHOLE = ("pos_server.py", "requirements.txt", "pos", "agents")
#: What is looked at and never run.
SMALL = (*release.NEEDED, "pos/store/migrations")


def next_migration() -> str:
    """The name of the migration the made releases bring along."""
    return f"{newest() + 1:04}_of_the_test"


def a_release(
    file: Path,
    version: str = "9.0.0",
    *,
    parts: tuple[str, ...] = SMALL,
    migrates: bool = True,
    below: str = "tillkeep-9/",
    spoilt: str = "",
) -> Path:
    """A zip as `git archive` or a download page makes it. spoilt: what its migration does, in Python."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for part in parts:
            root = REPO / part
            for path in [root] if root.is_file() else sorted(root.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    body = path.read_bytes()
                    if path == REPO / "pos" / "__init__.py":
                        body = body.replace(b'__version__ = "', b'__version__ = "' + version.encode() + b'"  # "')
                    out.writestr(below + path.relative_to(REPO).as_posix(), body)
        if migrates:
            act = spoilt or "db.execute_sql('CREATE TABLE of_the_test (id INTEGER PRIMARY KEY)')"
            text = f'"""A table of the test."""\n\n\ndef up(db):\n    {act}\n'
            out.writestr(f"{below}pos/store/migrations/{next_migration()}.py", text)
    return file


def this_python(_folder: Path) -> Path:
    """An environment that costs nothing: the packages of the tests."""
    return Path(sys.executable)


def in_this_process(found: launch.Version, apart: Path) -> dict[str, Any]:
    """The rehearsal without a process of its own: it verifies the copy, and says it migrated it."""
    tables = max(int(file.name[:4]) for file in (found.folder / "pos/store/migrations").glob("[0-9]*.py"))
    return upgrade.rehearse(config.load(apart, {})) | {"tables": tables}
