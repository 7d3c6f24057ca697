"""config.ini changed by a program: tried first, then written in one step, every line and comment of people kept.

The file as it was before stays beside the till's data, so that nothing anybody wrote into it is lost.
"""

from __future__ import annotations

import configparser
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pos import clock, config
from pos.config import Config
from pos.errors import BadSettings
from pos.rules.ini import with_setting
from pos.store import disk

FILE = "config.ini"
#: Files of before lie in this folder of the till's data, the newest so many of them.
KEPT = "settings"
KEPT_MAX = 20

#: One change at a time: each reads the file, changes its line and writes it whole.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Changed:
    """settings: as the next start will read them. kept: name of the copy of the file before, "" = there was none."""

    settings: Config
    kept: str


def change(root: Path, changes: Mapping[tuple[str, str], str], check: Callable[[Config], None]) -> Changed:
    """Set (section, name) to a text each. All of them or none: a reader meets the old file or the new one, whole.

    BadSettings, as the start would say it, and OSError leave the file as it was. check: raises BadSettings where more
    than single values must fit.
    """
    file = (root / FILE).resolve()  # where it is a link, what it leads to is written
    with _one_at_a_time:
        body = file.read_bytes() if file.exists() else b""
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadSettings(f"{file} cannot be read: {error}. Save it as UTF-8.") from error
        for (section, name), value in changes.items():
            text = with_setting(text, section, name, value)
        with TemporaryDirectory(prefix="tillkeep-") as folder:
            aside = Path(folder)
            (aside / FILE).write_text(text, encoding="utf-8")
            if (root / ".env").exists():
                shutil.copyfile(root / ".env", aside / ".env")
            check(config.load(aside))
        kept, mode = "", 0o644
        if file.exists():
            mode = file.stat().st_mode & 0o777
            kept = _keep(root, body, mode)
        if b"\r\n" in body:  # as the editor of this machine keeps it
            text = text.replace("\n", "\r\n")
        disk.write_whole(file, text.encode("utf-8"), flush=True, mode=mode)
        return Changed(config.load(root), kept)


def text_of(root: Path, section: str, name: str) -> str | None:
    """What the file says for one setting as it stands, understood or not; None when it says nothing."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(root / FILE, encoding="utf-8-sig")
    except (configparser.Error, UnicodeDecodeError, OSError):
        return None
    return parser.get(section, name, fallback=None)


def _keep(root: Path, body: bytes, mode: int) -> str:
    folder = root / "data" / KEPT
    name = f"config-{clock.now():%Y%m%d-%H%M%S-%f}.ini"
    disk.write_whole(folder / name, body, flush=True, mode=mode)
    for old in sorted(folder.glob("config-*.ini"))[:-KEPT_MAX]:
        old.unlink(missing_ok=True)
    return name
