"""config.ini changed by a program: tried first, then written in one step, every line and comment of people kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from pos import config
from pos.config import Config
from pos.rules.ini import with_setting
from pos.store import disk

FILE = "config.ini"


def change(root: Path, changes: Mapping[tuple[str, str], str], check: Callable[[Config], None]) -> Config:
    """Set (section, name) to a text each, and answer the settings as the next start will read them.

    BadSettings, as the start would say it, leaves the file as it was. check: raises BadSettings where more than single
    values must fit.
    """
    file = root / FILE
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    for (section, name), value in changes.items():
        text = with_setting(text, section, name, value)
    with TemporaryDirectory(prefix="tillkeep-") as folder:
        aside = Path(folder)
        (aside / FILE).write_text(text, encoding="utf-8")
        if (root / ".env").exists():
            shutil.copyfile(root / ".env", aside / ".env")
        check(config.load(aside))
    disk.write_whole(file, text.encode("utf-8"), flush=True)
    return config.load(root)
