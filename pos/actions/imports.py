"""Exports of another till: dropped into a company's folder or uploaded, kept whole, and taken in row by row.

A file is read as it comes, never held; its rows are kept in bites, so that nobody who writes waits for long, and one
that was broken off goes on where it stood. What it is to mean is the company's own format (`run_settings`); what could
be read in two ways is refused in words until somebody chooses. Nothing here speaks to anybody.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pos import clock
from pos.actions import import_format, run_settings
from pos.actions.import_books import make_bundles as make_bundles
from pos.actions.import_format import Understood
from pos.actions.run_settings import RunSettings
from pos.config import Config
from pos.errors import CannotSave, Invalid
from pos.rules.epos_csv import Refused
from pos.said import nsaid, said
from pos.store import audit, companies, disk, import_books, imports, notices
from pos.store.db import Store
from pos.store.import_books import Raw
from pos.store.imports import Bite, File

log = logging.getLogger(__name__)

FOLDER, KEPT = "imports", "kept"
#: A dropped file nobody wrote to for so long is whole.
SETTLED_SECONDS = 5.0
#: One that could not be moved for so long after it was written is told.
STUCK_SECONDS = 600.0
PIECE_BYTES = 1 << 20
NAME_MAX = 120
#: Files and days that a warning names.
NAMED_MAX = 3
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
#: An upload nobody went on with for so long is thrown away.
PART_SECONDS = 86_400.0
_SUFFIXES = (".csv", ".txt", ".tsv")


# -- files as they come ------------------------------------------------------------------------------------------------


def folder(config: Config, company: str) -> Path:
    """Where files of a company are dropped."""
    return config.data / FOLDER / company


def take_in(
    store: Store, config: Config, company: str, by: str, *,
    stopping: Callable[[], bool] = bool, breathe: Callable[[], None] = lambda: None,
) -> list[File]:  # fmt: skip
    """Take in what was dropped or waits, one file after the other; what became of each. It can be stopped between two
    bites, and goes on there the next time."""
    settings = run_settings.of(store, company)
    collect(store, config, settings, by)
    done: list[File] = []
    while not stopping() and (file := imports.next_waiting(store, company)) is not None:
        ended = _take(store, config, settings, file, stopping, breathe)
        if ended is None:  # stopped, or somebody else is at it
            break
        done.append(ended)
    return done


def collect(store: Store, config: Config, settings: RunSettings, by: str) -> list[File]:
    """Put dropped files that are whole aside, in one step each, and list them; also those a broken-off round left."""
    place = folder(config, settings.company)
    (place / KEPT).mkdir(parents=True, exist_ok=True)
    key, stuck = "", list[str]()
    for path in sorted((one for one in place.iterdir() if _is_ours(one, settings.csv.prefix)), key=_written):
        if _is_whole(path):
            key = _behind(key)
            try:
                _put_aside(path, place / KEPT / f"{key}-{_clean(path.name)}")
            except OSError as error:  # it is open in another program, or another round took it
                log.info("%s is left for the next time: %s", path.name, error)
                if clock.now().timestamp() - _written(path)[0] > STUCK_SECONDS:
                    stuck.append(_clean(path.name))
    _told(store, settings, stuck)
    _sweep(place / KEPT)
    known = imports.places(store, settings.company)
    left = [path for path in sorted((place / KEPT).iterdir()) if path.suffix != ".part" and _is_file(path)]
    found: list[File] = []
    for path in left:
        if _below(config, path) in known:
            continue
        try:
            found.append(_list(store, config, settings.company, path, by))
        except OSError as error:
            log.warning("%s cannot be read and is left for the next time: %s", path.name, error)
    return found


def _told(store: Store, settings: RunSettings, stuck: Sequence[str]) -> None:
    """Files nobody lets us have are said, until there are none."""
    key = f"import-stuck:{settings.company}"
    if not stuck:
        notices.settle(store, key)
        return
    text = said("Exports of {company} cannot be taken up: {names}.", company=settings.name, names=listed(stuck))
    if not any(one.text == text for one in notices.open_notices(store, prefix=key)):
        remedy = said("Close them in other programs, and let this server read and move them.")
        seen_by = companies.connection_id(settings.books, settings.company) if settings.books else ""
        notices.raise_notice(store, key, "needs", text, remedy, seen_by)


def _written(path: Path) -> tuple[float, str]:
    """The newest last: it is the one that counts."""
    try:
        return path.stat().st_mtime, path.name
    except OSError:
        return 0.0, path.name


def _behind(last: str) -> str:
    """An id that sorts behind this one: two of one millisecond do not do so by themselves."""
    key = clock.uuid7()
    while key <= last:
        key = clock.uuid7()
    return key


def _sweep(place: Path) -> None:
    """Throw away uploads nobody went on with."""
    for part in place.glob("*.part"):
        if clock.now().timestamp() - part.stat().st_mtime > PART_SECONDS:
            part.unlink(missing_ok=True)


def _put_aside(path: Path, target: Path) -> None:
    disk.flush_file(path)
    disk.move(path, target)
    disk.flush_folder(target.parent)


def _is_ours(path: Path, prefix: str) -> bool:
    named = path.suffix.casefold() in _SUFFIXES and path.name.casefold().startswith(prefix.casefold())
    return named and not path.name.startswith(".") and _is_file(path)


def _is_file(path: Path) -> bool:
    """A link may lead out of the company's folder."""
    return path.is_file() and not path.is_symlink()


def _is_whole(path: Path) -> bool:
    """Nobody wrote to it for a while. One whose time lies ahead was copied with a wrong clock, and is taken."""
    try:
        age = clock.now().timestamp() - path.stat().st_mtime
    except OSError:
        return False
    return not 0 <= age < SETTLED_SECONDS


def _clean(name: str) -> str:
    found = re.sub(r"[^\w.\- ]", "_", disk.printable(name))[-NAME_MAX:].strip() or "export.csv"
    return f"{found}.csv" if found.casefold().endswith(".part") else found  # one of ours would be thrown away


def _below(config: Config, path: Path) -> str:
    return path.relative_to(config.data).as_posix()


def _list(store: Store, config: Config, company: str, path: Path, by: str) -> File:
    """A file that lies where it stays, listed. One that is too big is refused."""
    digest, size = _content(path)
    name = path.name[37:] or path.name
    found = imports.received(store, company, name, digest, size, _below(config, path), by, clock.now())
    if size > config.runs.import_mb_max << 20:
        words = said("It is {size} MB; at most {max} are taken.", size=size >> 20, max=config.runs.import_mb_max)
        imports.refused(store, found.n, words, clock.now())
    return found


def _content(path: Path) -> tuple[str, int]:
    """SHA-256 and bytes of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _unchanged(path: Path, file: File) -> None:
    """Invalid when somebody writes to it still: it was moved, but who had it open has it open."""
    if path.stat().st_size != file.size_bytes or _content(path) != (file.sha256, file.size_bytes):
        raise Invalid(said("It was changed after it was put aside: drop it again."), field="file")


def upload(store: Store, config: Config, company: str, name: str, body: BinaryIO, by: str) -> File:
    """Keep a file that is at hand, whole and on the disk, and list it. Invalid when it is too big or empty."""
    key, size = clock.uuid7(), 0
    while data := body.read(PIECE_BYTES):
        size = piece(config, company, key, size, data)
    return uploaded(store, config, company, key, name, size, by)


def piece(config: Config, company: str, key: str, offset: int, data: bytes) -> int:
    """One piece of a file that is being uploaded under an id its sender made; how much is here now. A piece that came
    already is not put there twice. Invalid when it does not follow what is here, or makes too much."""
    part, most = _part(config, company, key), config.runs.import_mb_max << 20
    part.parent.mkdir(parents=True, exist_ok=True)
    here = part.stat().st_size if part.exists() else 0
    if offset + len(data) > most:
        part.unlink(missing_ok=True)
        raise Invalid(said("It is larger than {max} MB.", max=config.runs.import_mb_max), field="file")
    if disk.free_bytes(part.parent) - len(data) < config.storage.disk_free_mb_min << 20:
        raise CannotSave(said("There is no room for files here. Make room on the disk first."), code="full")
    if offset > here:
        raise Invalid(said("A piece of the file is missing: begin again."), field="offset")
    try:
        with part.open("r+b" if here else "wb") as file:
            file.seek(offset)
            file.write(data)
    except OSError as error:
        raise CannotSave(said("The file could not be kept: {why}", why=str(error))) from error
    return max(here, offset + len(data))


def uploaded(store: Store, config: Config, company: str, key: str, name: str, size: int, by: str) -> File:
    """All its pieces are here: from now on it is on the disk, whole, and waits to be taken in. Invalid when not."""
    part = _part(config, company, key)
    path = part.with_name(f"{key}-{_clean(name)}")
    if not path.exists():  # else the answer to an earlier try was lost
        here = part.stat().st_size if part.exists() else 0
        if not size or here != size:
            part.unlink(missing_ok=True)
            words = said("The file is empty.") if not size else said("A piece of the file is missing: begin again.")
            raise Invalid(words, field="file")
        try:
            _put_aside(part, path)
        except OSError as error:
            raise CannotSave(said("The file could not be kept: {why}", why=str(error))) from error
    found = _list(store, config, company, path, by)
    with store.transaction():
        audit.record(store, by, "import.upload", company, {"company": company, "file": found.n, "name": found.name})
    return found


def _part(config: Config, company: str, key: str) -> Path:
    if not _KEY.match(key):
        raise Invalid(said("An upload gets an id from whoever sends it: a UUID."), field="id")
    return folder(config, company) / KEPT / f"{key}.part"


def again(store: Store, company: str, n: int, by: str) -> File:
    """Take up a refused file anew."""
    return imports.again(store, imports.one(store, company, n), by, clock.now())


# -- taking in ---------------------------------------------------------------------------------------------------------


def _take(
    store: Store, config: Config, settings: RunSettings, file: File, stopping: Callable[[], bool],
    breathe: Callable[[], None],
) -> File | None:  # fmt: skip
    """One file to its end; None when it was stopped, or another round is at it."""
    path, now = config.data / file.place, clock.now()
    try:
        _unchanged(path, file)
        known = import_format.understand(path, settings, settings.csv)
        for bite in _bites(path, known, file.cursor):
            if stopping():
                return None
            taken = imports.take(store, file, bite)
            if taken is None:
                return None
            file = taken
            breathe()
        _unchanged(path, file)  # else what is gone from it would be told by what somebody wrote meanwhile
    except OSError as error:
        words = said("The file cannot be read: {why}", why=error.strerror or str(error))
        imports.refused(store, file.n, words, now)
        return imports.one(store, file.company, file.n)
    except Invalid as error:
        imports.refused(store, file.n, error.message, now)
        return imports.one(store, file.company, file.n)
    return imports.ended(store, file, clock.now())


def _bites(path: Path, known: Understood, done: int) -> Iterator[Bite]:
    """The records of a file that are not done with, so many at a time."""
    bite = Bite(0, [], [])
    for at, record in enumerate(import_format.rows(path, known)):
        if at < done:
            continue
        bite.records += 1
        try:
            row = import_format.row(record, known.head, known.form)
            if row is None:
                bite.skipped += 1
            else:
                bite.rows.append((record.line, row))
        except Refused as error:
            bite.rejects.append((record.line, error.message, record.text))
        if bite.records == imports.BITE_ROWS:
            yield bite
            bite = Bite(0, [], [])
    if bite.records:
        yield bite


# -- what others ask ---------------------------------------------------------------------------------------------------


def raw_of(store: Store, company: str, day: str) -> Raw:
    """What a business day (ISO) comes to by its exports, by way to pay, tax and document."""
    return import_books.raw(store, company, day)


def warnings(store: Store, files: Sequence[File]) -> list[str]:
    """What a run says of the files it took in that did not go smoothly."""
    found: list[str] = []
    for file in files:
        if file.state == imports.REFUSED:
            found.append(said("{name} was not taken: {why}", name=file.name, why=file.words))
        if file.rejected_rows:
            found.append(nsaid("{name}: {n} row was not taken", "{name}: {n} rows were not taken", file.rejected_rows,
                               name=file.name))  # fmt: skip
        if file.gone_rows:
            found += _gone(store, file)
        if imports.elsewhere(store, file):
            found.append(said("{name} is the same file as one another company took in: see whose it is.",
                              name=file.name))  # fmt: skip
    return found


def _gone(store: Store, file: File) -> Iterator[str]:
    """Which rows of which exports and days a newer one does not have, and that what it does have counts once: somebody
    may have dropped two parts of a day that overlap."""
    lost = imports.gone_of(store, file)
    others, days = listed([name for _, name, _ in lost]), listed([day for day, _, _ in lost])
    yield nsaid(
        "{name}: {n} row of {others} ({days}) is gone from it; what is booked stays booked, what is not is left out",
        "{name}: {n} rows of {others} ({days}) are gone from it; what is booked stays booked, what is not is left out",
        file.gone_rows, name=file.name, others=others, days=days,
    )  # fmt: skip
    if file.known_rows:
        yield nsaid("{name}: {n} row of it was in {others} already and counts once",
                    "{name}: {n} rows of it were in {others} already and count once", file.known_rows, name=file.name,
                    others=listed(imports.also_in(store, file)))  # fmt: skip


def listed(names: Iterable[str]) -> str:
    """The first of these, each once, and how many more."""
    once = list(dict.fromkeys(names))
    told = ", ".join(once[:NAMED_MAX])
    return said("{names} and {more} more", names=told, more=len(once) - NAMED_MAX) if once[NAMED_MAX:] else told
