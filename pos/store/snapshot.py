"""Snapshots: database, receipts and settings of one moment in one file, made while sales go on.

The database is copied by SQLite's online backup in small steps inside one read, so that no sale waits for it and none
makes it begin anew. The receipts are taken from that very copy, which holds each file's bytes: so both are of the same
moment by construction, and `verify` says whether the folder is the same.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pos import __version__, clock
from pos.config import Config
from pos.errors import CannotSave, Corrupt, PosError
from pos.rules import backup
from pos.rules.backup import Figures, Head, Manifest, Total
from pos.store import archive, disk, identity
from pos.store.db import cannot_save, database_path
from pos.store.originals import OfSnapshot
from pos.store.verify import verify

#: Pages of one step of the copy: about a megabyte, some milliseconds.
STEP_PAGES = 256
#: After a step it rests this many times as long as the step took: with 1, whatever the disk can do, half of its time is
#: left to the sales, whose flushes queue behind what the copy reads and writes. A fixed rest would be nothing on a slow
#: disk and half an hour for a large database on a quick one. A disk that stood still for once is not rested for.
REST_FACTOR = 1.0
REST_SECONDS_MAX = 0.1

#: Called before each step with its name; a test ends the process there.
Step = Callable[[str], None]
STEPS = ("begin", "copied", "counted", "summed", "packed", "sealed")


@dataclass(frozen=True, slots=True)
class Made:
    """A snapshot on this machine, not at any place yet."""

    file: Path
    manifest: Manifest
    bytes: int
    sha256: str


def make(
    config: Config,
    work: Path,
    moment: datetime,
    *,
    gently: bool = False,
    step: Step = lambda _name: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Made:
    """Make a snapshot below `work`, a folder of its own that is empty.

    CannotSave when there is no room or the disk refuses; Corrupt when the database is damaged. gently: rest between
    the steps. progress(done, total) counts receipts.
    """
    name = backup.name_of(config.till.id, moment)
    copy = work / "till.db"
    try:
        step("begin")
        _room_for(config, work)
        copy_database(database_path(config), copy, gently=gently)
        step("copied")
        with closing(sqlite3.connect(copy, isolation_level=None)) as database:
            manifest, sums = _described(config, database, copy, name, moment, step)
            step("summed")
            plain = work / f"{name}.plain"
            with archive.Writer(plain) as out:
                out.add(backup.MANIFEST, manifest.text())
                out.add(backup.SUMS, sums)
                for member, file in _extras(config).items():
                    out.add(member, file.read_bytes())
                out.add_file(backup.DATABASE, copy)
                for done, (path, body) in enumerate(_receipts(database), 1):
                    out.add(f"{backup.RECEIPTS}{path}", body)
                    progress(done, manifest.receipts)
        copy.unlink()
        step("packed")
        file = _sealed(config, plain, work / name)
        step("sealed")
        return Made(file, manifest, file.stat().st_size, archive.digest_of(file))
    except (OSError, sqlite3.Error) as error:
        raise cannot_save(error, copy) or CannotSave(f"No snapshot could be made: {error}.") from error


def _sealed(config: Config, plain: Path, file: Path) -> Path:
    if config.backup.key_file:
        archive.encrypt(plain, file, key_of(config) or Path())
        plain.unlink()
        return file
    disk.move(plain, file)
    return file


def key_of(config: Config) -> Path | None:
    """The key file of the settings."""
    return config.root / Path(config.backup.key_file).expanduser() if config.backup.key_file else None


def _room_for(config: Config, work: Path) -> None:
    """The copy, the archive, and aside of it what is unpacked to verify it: never the last bytes of a till's disk."""
    needed = 3 * disk.file_bytes(database_path(config)) + (config.storage.disk_free_mb_min << 20)
    free = disk.free_bytes(work)
    if free < needed:
        raise CannotSave(
            f"A snapshot needs {needed >> 20} MB free on the disk of {work} and there are {free >> 20} MB. Make room; "
            "selling goes on.",
            code="no_room",
        )


def copy_database(source: Path, target: Path, *, gently: bool = False) -> None:
    """An exact copy of a database that others write to meanwhile. sqlite3.Error, OSError."""
    began = time.monotonic()

    def rest(_status: int, _left: int, _total: int) -> None:
        nonlocal began
        if gently:
            time.sleep(min((time.monotonic() - began) * REST_FACTOR, REST_SECONDS_MAX))
        began = time.monotonic()

    if not source.is_file():
        raise CannotSave(f"There is no database at {source}; there is nothing to copy.")
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)) as reading,
        closing(sqlite3.connect(target, isolation_level=None)) as writing,
    ):
        writing.execute("PRAGMA synchronous = off")
        reading.execute("BEGIN")  # one view for all steps: what is written meanwhile does not make it begin anew
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        reading.backup(writing, pages=STEP_PAGES, progress=rest)
        reading.execute("ROLLBACK")
        writing.execute("PRAGMA journal_mode = delete").fetchall()


# -- what is in it ---------------------------------------------------------------------------------------------------


def _described(
    config: Config, database: sqlite3.Connection, copy: Path, name: str, moment: datetime, step: Step
) -> tuple[Manifest, bytes]:
    """The manifest, and the list of checksums it names."""
    for (words,) in database.execute("PRAGMA quick_check(1)").fetchall():
        if words != "ok":
            raise Corrupt(f"the database file is damaged: {words}. Stop the till and run `pos_server.py verify`.")
    identity.mark_copy(database, name)
    counted = figures(database)
    step("counted")
    digests, sizes = [], {}
    for member, file in {**_extras(config), backup.DATABASE: copy}.items():
        digests.append((member, archive.digest_of(file)))
        sizes[member] = file.stat().st_size
    receipts = receipt_bytes = 0
    for path, body in _receipts(database):
        digests.append((f"{backup.RECEIPTS}{path}", hashlib.sha256(body).hexdigest()))
        receipts, receipt_bytes = receipts + 1, receipt_bytes + len(body)
    sums = backup.sums_text(digests)
    tables = database.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()[0]
    manifest = Manifest(
        name=name,
        till=config.till.id,
        store=config.till.store,
        made_at=clock.stamp(moment),
        program=__version__,
        tables=tables,
        encrypted=bool(config.backup.key_file),
        sums=hashlib.sha256(sums).hexdigest(),
        sizes={backup.SUMS: len(sums), **sizes},
        receipts=receipts,
        receipt_bytes=receipt_bytes,
        figures=counted,
    )
    return manifest, sums


def _extras(config: Config) -> dict[str, Path]:
    """config.ini; .env only where it is encrypted and the shop asks for it."""
    found = {backup.CONFIG: config.root / "config.ini"}
    if config.backup.secrets and config.backup.key_file:
        found[backup.SECRETS] = config.root / ".env"
    return {member: file for member, file in found.items() if file.is_file()}


def _receipts(database: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    for path, body in database.execute("SELECT path, body FROM document ORDER BY n"):
        yield path, body.encode("utf-8")


def figures(database: sqlite3.Connection) -> Figures:
    """What is counted in a database that nobody writes to."""

    def one(sql: str) -> int:
        return int(database.execute(sql).fetchone()[0])

    head = database.execute("SELECT hash FROM audit ORDER BY n DESC LIMIT 1").fetchone()
    heads = database.execute(
        "SELECT till, series, max(sequence), hash FROM document GROUP BY till, series ORDER BY till, series"
    )  # SQLite: beside max() stand the columns of that row
    totals = database.execute(
        "SELECT currency, count(*), sum(total), sum(tax) FROM document GROUP BY currency ORDER BY currency"
    )
    return Figures(
        mark=one("SELECT coalesce(max(n), 0) FROM document"),
        documents=one("SELECT count(*) FROM document"),
        lines=one("SELECT count(*) FROM line"),
        sessions=one("SELECT count(*) FROM session"),
        outbox=one("SELECT count(*) FROM outbox"),
        audit_rows=one("SELECT count(*) FROM audit"),
        audit_head=head[0] if head else "",
        heads=tuple(Head(*row) for row in heads),
        totals=tuple(Total(*row) for row in totals),
    )


def figures_in(file: Path) -> Figures:
    """The same of a database file, opened so that nothing can be written. Corrupt when it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            return figures(database)
    except sqlite3.Error as error:
        raise Corrupt(f"its database cannot be read: {error}") from error


# -- verified by restoring it aside ------------------------------------------------------------------------------------


def check(
    file: Path,
    key: Path | None,
    aside: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    gently: bool = False,
) -> tuple[Manifest, list[str]]:
    """Restore a snapshot into a folder aside and compare: every checksum, the counts, the chain's heads, the totals,
    and then all that `verify` looks at, whose differences are answered. The folder is gone afterwards.

    Each receipt is read and compared with its checksum and its row, but not written to a file of its own: see
    `archive.unpack_but_receipts`.

    Corrupt when the file itself is not whole.
    """
    aside.mkdir(parents=True, exist_ok=True)
    try:
        with archive.opened(file, key, aside) as plain:
            manifest, receipts = archive.unpack_but_receipts(plain, aside / "till", lambda _done, _total: None)
        compare(manifest, aside / "till")
        apart = replace(
            Config(root=aside / "till"),
            till=replace(Config(root=aside).till, id=manifest.till, store=manifest.store),
        )
        told = _resting(progress) if gently else progress
        return manifest, verify(apart, told, beside=OfSnapshot(receipts)).differences
    except Corrupt as error:
        raise Corrupt(f"{file.name} is not whole: {error.message}") from error
    except (OSError, sqlite3.Error) as error:
        raise cannot_save(error, aside) or CannotSave(f"{file.name} could not be unpacked: {error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _resting(progress: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Rest after each page as the copy does after each step: a processor at the lowest priority still shares its caches
    and its other half with the sales."""
    began = time.monotonic()

    def told(done: int, total: int) -> None:
        nonlocal began
        progress(done, total)
        time.sleep(min((time.monotonic() - began) * REST_FACTOR, REST_SECONDS_MAX))
        began = time.monotonic()

    return told


def compare(manifest: Manifest, root: Path) -> None:
    """Counts, heads and totals of an unpacked database against the manifest. Corrupt names what differs."""
    differences = manifest.figures.differences(figures_in(root / backup.DATABASE))
    if differences:
        raise Corrupt(f"{differences[0]}")


def words_of(error: BaseException) -> str:
    """An error as people are told it."""
    return error.message if isinstance(error, PosError) else str(error)
