"""Restore: from a snapshot and what is newer at the second place to a till that sells, under an id of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dotenv import dotenv_values

from pos import config as settings
from pos.config import Config
from pos.errors import Invalid, NotFound
from pos.places import Place, PlaceError, open_place, words_of
from pos.places.folder import Folder
from pos.rules import backup
from pos.rules.backup import Manifest
from pos.store import restore
from pos.store.restore import Progress, Restore, Restored

LATEST = "latest"
RECEIPT_BYTES_MAX = 16 << 20
#: So many snapshots of a place are named to who asked for one that is not there.
NAMED_MAX = 8


def _quiet(_done: int, _total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored.

    file: the snapshot. key: of an encrypted one. till: its new id, "" = one is chosen. newer: folders or places with
    receipts made after it; None = those the settings in the snapshot name, and where the snapshot lies: the folder it
    is in, or `place` where it was fetched.
    """

    file: Path
    key: Path | None = None
    till: str = ""
    newer: Sequence[str] | None = None
    anyway: bool = False
    place: str = ""


@dataclass(slots=True)
class Done:
    """restored: see there. asked: places that were asked for newer receipts. silent: those that did not answer."""

    restored: Restored
    asked: list[str]
    silent: list[str]


def run(
    root: Path,
    wanted: Wanted,
    by: str,
    *,
    step: Callable[[str], None] = lambda _name: None,
    progress: Progress = _quiet,
) -> Done:
    """Make the till anew below `root`, a folder without one. Nothing starts there before the last step is done.

    Conflict when there is a till already; Corrupt, in words, when the snapshot is not whole; Invalid for an id that
    was used before.
    """
    with Restore(root, step) as work:
        manifest = work.unpack(wanted.file, wanted.key, progress)
        named = work.invoices.parent
        used = restore.used_ids(named) | set(settings.load(named, {}).till.ids) | {manifest.till}
        places = _places(wanted, root, named, manifest)
        used |= _seen_there(places)
        till = _new_id(wanted.till, manifest, used)
        asked: list[str] = []
        silent: list[str] = []
        for place in places:
            try:
                _bring(place, manifest.till, work)
                asked.append(place.word)
            except PlaceError as error:
                silent.append(f"{place.word}: {error.message}")
            finally:
                place.close()
        for folder in _folders(wanted):
            _bring_folder(folder, work)
            asked.append(str(folder))
        return Done(work.finish(manifest, till, by, anyway=wanted.anyway, progress=progress), asked, silent)


def _new_id(given: str, manifest: Manifest, used: set[str]) -> str:
    if not given:
        return backup.successor(manifest.till, used, secrets.choice)
    if not backup.is_till(given):
        raise Invalid(f"{given!r} is no till id; use up to 8 letters and digits.", field="till")
    if given.upper() in {one.upper() for one in used}:
        raise Invalid(
            f"{given} was used before; a restored till takes a new id, so that no number is given out twice.",
            field="till",
        )
    return given


# -- what is newer -----------------------------------------------------------------------------------------------------


def _places(wanted: Wanted, root: Path, unpacked: Path, manifest: Manifest) -> list[Place]:
    """Where newer receipts may be: places named for it, else those of the settings, and the one the file lies at."""
    config = replace(settings.load(unpacked, _keys(root)), root=root)
    words = [w for w in wanted.newer if _is_place(w)] if wanted.newer is not None else words_of(config)
    if wanted.newer is None and wanted.place:  # the settings may not name it, or by another address
        words = list(dict.fromkeys([wanted.place, *words]))
    found: list[Place] = [open_place(config, word) for word in words]
    beside = wanted.file.resolve().parent
    known = {one.path.resolve() for one in found if isinstance(one, Folder)}
    if beside.parent.parent in known:
        return found
    if wanted.newer is None and beside.name == "snapshots" and beside.parent.name == manifest.till:
        found.insert(0, Folder(config, str(beside.parent.parent)))
    return found


def _keys(root: Path) -> dict[str, str]:
    """What the environment and .env of the new folder say of places: the keys to them are in no snapshot."""
    around = {k: v for k, v in dotenv_values(root / ".env").items() if v is not None} | dict(os.environ)
    return {name: value for name, value in around.items() if name.startswith("TILLKEEP_BACKUP_")}


def _is_place(word: str) -> bool:
    return "://" in word or (Path(word).is_dir() and any(Path(word).glob("*/receipts")))


def _folders(wanted: Wanted) -> list[Path]:
    """Folders of receipts by day, such as the invoices/ that was saved."""
    found = []
    for word in wanted.newer or ():
        if not _is_place(word):
            if not Path(word).is_dir():
                raise NotFound(f"There is no folder {word}.", field="newer")
            found.append(Path(word))
    return found


def _seen_there(places: Sequence[Place]) -> set[str]:
    """Till ids that have copies at a place, so that no two restores come to the same id."""
    seen: set[str] = set()
    for place in places:
        if isinstance(place, Folder) and place.path.is_dir():
            seen |= {entry.name for entry in place.path.iterdir() if backup.is_till(entry.name)}
    return seen


def _bring(place: Place, till: str, work: Restore) -> None:
    """Lay every receipt of the place that is not in the snapshot beside those that are."""
    folder = f"{till}/receipts"
    for one in place.listed(folder):
        path = one.path.removeprefix(f"{folder}/")
        if (work.invoices / path).exists() or not backup.is_receipt(f"{backup.RECEIPTS}{path}"):
            continue
        body = place.read(one.path, RECEIPT_BYTES_MAX)
        if body is not None:
            work.add(path, body)


def _bring_folder(folder: Path, work: Restore) -> None:
    for file in sorted(folder.glob("*/*.json")):
        path = file.relative_to(folder).as_posix()
        if not (work.invoices / path).exists() and file.stat().st_size <= RECEIPT_BYTES_MAX:
            work.add(path, file.read_bytes())


# -- a snapshot that lies at a place -----------------------------------------------------------------------------------


def fetch(config: Config, word: str, name: str, till: str, into: Path) -> Path:
    """Bring a snapshot from a place: by its name, or the latest there of a till ("" = of the only one). NotFound."""
    place = open_place(config, word)
    try:
        listed = [one for one in place.listed(till or "") if one.path.split("/")[1:2] == ["snapshots"]] if till else []
        names = sorted(one.path for one in listed if backup.till_of(one.path.rpartition("/")[2]) == till)
        wanted = [path for path in names if name in (LATEST, path.rpartition("/")[2])]
        if not wanted:
            there = ", ".join(path.rpartition("/")[2] for path in names[-NAMED_MAX:]) or "none"
            raise NotFound(f"There is no snapshot {name} of {till} at {word}. There: {there}.", field="file")
        into.mkdir(parents=True, exist_ok=True)
        file = into / wanted[-1].rpartition("/")[2]
        place.fetch(wanted[-1], file)
        return file
    finally:
        place.close()
