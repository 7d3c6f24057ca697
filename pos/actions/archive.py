"""Archive: put the loose receipt files of months that are over into one verified file each. Sales go on meanwhile.

A month goes when every session it has documents of is closed, everything of it that goes to the books is booked or was
settled by a person, and a verified snapshot has it (or a person says why not to wait for one).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date

from pos import __version__, clock
from pos.config import Config
from pos.errors import CannotSave, Conflict, Corrupt, FolderInUse, Invalid
from pos.places import words_of
from pos.rules import archived
from pos.rules.archived import Contents
from pos.store import archiving, audit, copies, disk, partitions, putaway
from pos.store.archive import digest_of
from pos.store.archives import Archive, Archives
from pos.store.db import Store, cannot_save

log = logging.getLogger(__name__)

REASON_CHARS_MIN, REASON_CHARS_MAX = 5, 500
#: Called before each step with its name; a test ends the process there.
#: Receipts in one archive of a hub; so many have to be held in memory, and indexed to read one.
ROWS_OF_ONE = 10_000
STEPS = ("begin", "written", "proven", "placed", "removing", "removed")
Step = Callable[[str], None]
Progress = Callable[[int, int], None]


def _quiet(_done: int, _total: int) -> None: ...


@dataclass(slots=True)
class Month:
    """One month. why_not: what stands in the way, in words, "" = nothing. file: what was made, "" = it was there."""

    month: str
    receipts: int = 0
    why_not: str = ""
    file: str = ""
    bytes: int = 0
    removed: int = 0


# -- which months ------------------------------------------------------------------------------------------------------


def planned(store: Store, before: str, *, without_backup: str = "") -> list[Month]:
    """Every month that ends before a day and still has loose files, oldest first, each with what stands in the way.

    before: 2026-04 or 2026-04-01. without_backup: the reason not to wait for a snapshot. Invalid.
    """
    day = archived.boundary(before)
    if without_backup and not REASON_CHARS_MIN <= len(without_backup.strip()) <= REASON_CHARS_MAX:
        raise Invalid("Say in a few words why no backup is waited for.", field="without_backup")
    config, found = store.config, []
    counted = putaway.loose if store.keeps_files else partitions.rows_of
    for month in archived.over(putaway.months(store), day, _today(config)):
        loose = counted(store, month)
        if loose:
            found.append(Month(month, loose, _why_not(store, config, month, without_backup)))
    return found


def _today(config: Config) -> date:
    return clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts)


def _why_not(store: Store, config: Config, month: str, without_backup: str) -> str:
    if session := putaway.open_session(store, month):
        return f"The session {session} is not closed. Close it by its Z first."
    if left := putaway.not_booked(store, month):
        number, state, count = left
        more = f" and {count - 1} more" if count > 1 else ""
        return f"{number} is {state} in the outbox{more}. Book or settle it first: `pos_server.py outbox list`."
    if not without_backup and not store.keeps_files:
        return (
            "Copies of this database are made by its own tools, which are not seen from here. Say where one of it is "
            "with --without-backup."
        )
    if not without_backup and not _is_backed_up(store, config, month):
        return (
            "No verified snapshot has all of it. Make one (`pos_server.py backup now`), or give a reason with "
            "--without-backup."
        )
    return ""


def _is_backed_up(store: Store, config: Config, month: str) -> bool:
    newest = putaway.newest(store, month)
    kept = [copies.last_snapshot(store, word, whole=True) for word in words_of(config)]
    return any(one is not None and one.mark >= newest for one in kept)


# -- putting one away --------------------------------------------------------------------------------------------------


def locked(config: Config) -> AbstractContextManager[None]:
    """The archives' folder, made when missing, for one program at a time. Conflict while another is at it."""
    return _Locked(config)


class _Locked(AbstractContextManager[None]):
    def __init__(self, config: Config) -> None:
        self.config = config

    def __enter__(self) -> None:
        self.config.archive.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = disk.FolderLock(self.config.archive / "lock")
        except FolderInUse as error:
            raise Conflict("Another program works on the archives now. Wait for it.", code="busy") from error

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def put_away(
    store: Store,
    month: Month,
    by: str,
    reason: str = "",
    *,
    step: Step = lambda _name: None,
    progress: Progress = _quiet,
) -> Month:
    """Archive one month that `planned` named, nothing standing in its way, and remove its loose files; on PostgreSQL,
    drop its partition.

    Corrupt names the first file that is not as it was written; then nothing was removed. CannotSave when there is no
    room. Killed at any step, the same call goes on from there.
    """
    assert not month.why_not, "it is not to be archived"
    config = store.config
    with locked(config):
        try:
            work = _put_away if store.keeps_files else _let_go
            return work(store, config, month, by, reason, step, progress)
        except OSError as error:
            raise cannot_save(error, config.archive) or CannotSave(
                f"{month.month} could not be archived: {error.strerror or error}."
            ) from error


def _put_away(
    store: Store, config: Config, month: Month, by: str, reason: str, step: Step, progress: Progress
) -> Month:
    step("begin")
    all_of, known = Archives(config), putaway.bodies(store, month.month)
    unreadable = next((why for name, why in all_of.trouble() if archived.month_of(name) == month.month), "")
    if unreadable:
        raise Corrupt(f"{unreadable}. Move that file away; its receipts are written again.")
    there = all_of.whole(month.month)
    fresh = {path: body for path, body in known.items() if not any(path in one for one in there)}
    done, made = replace(month), None
    if fresh:
        _compare_loose(config, fresh)
        made = _made(store, config, month.month, fresh, by, reason, step)
        there.append(made)
        done.file, done.bytes = made.file.name, disk.file_bytes(made.file)
    step("placed")
    for one in there:
        of_it = {path: known[path] for path in one.paths() if path in known}
        if one is not made:  # that one was read back a moment ago
            archiving.prove(one, of_it)
        step("removing")
        done.removed += archiving.remove_loose(config, one, of_it)
        progress(done.removed, month.receipts)
    step("removed")
    detail = {"files": [one.file.name for one in there], "receipts": len(known), "removed": done.removed}
    audit.record(store, by, "archive", month.month, detail | ({"without_backup": reason} if reason else {}))
    return done


def _let_go(store: Store, config: Config, month: Month, by: str, reason: str, step: Step, progress: Progress) -> Month:
    """The same for a month of a hub on PostgreSQL: its bytes go into archives, some thousand receipts each, and once
    all are proven and none came in meanwhile, its partition is dropped."""
    step("begin")
    partitions.move_month(store, month.month)
    all_of, sealed = Archives(config), partitions.seal(store, month.month)
    for _, why in all_of.trouble(all_of.of(month.month)):
        raise Corrupt(f"{why}. Move that file away; its receipts are written again.")
    there = all_of.whole(month.month)
    for one in there:  # of a run that was ended, or from before more came in
        archiving.prove(one)
    done, files = replace(month), dict[str, tuple[int, int]]()
    for page in partitions.pages(store, month.month, ROWS_OF_ONE):
        fresh = {path: body for _, path, body in page if not any(path in one for one in there)}
        for _, path, body in page:
            if path not in fresh and body != next(one for one in there if path in one).read(path):
                raise Corrupt(f"{path} is not as an archive of {month.month} holds it; nothing was removed.")
        made = _made(store, config, month.month, fresh, by, reason, step) if fresh else None
        if made is not None:
            done.file, done.bytes = made.file.name, done.bytes + disk.file_bytes(made.file)
        for n, path, _ in page:
            name = made.file.name if made is not None and path in fresh else _of(there, path)
            first, last = files.get(name, (n, n))
            files[name] = (min(first, n), max(last, n))
        done.removed += len(page)
        progress(done.removed, month.receipts)
    step("placed")
    step("removing")
    partitions.let_go(store, month.month, sealed, files)
    step("removed")
    detail = {"files": sorted(files), "receipts": done.removed, "removed": done.removed}
    audit.record(store, by, "archive", month.month, detail | ({"without_backup": reason} if reason else {}))
    return done


def _of(archives: list[Archive], path: str) -> str:
    return next(one.file.name for one in archives if path in one)


def _compare_loose(config: Config, receipts: dict[str, bytes]) -> None:
    """Nothing is archived that differs on the disk from the database: a person is to see it first."""
    for path, body in receipts.items():
        try:
            same = (config.invoices / path).read_bytes() == body
        except FileNotFoundError:
            raise Corrupt(
                f"{path} is missing. The watch agent writes it again; else run `pos_server.py verify`."
            ) from None
        if not same:
            raise Corrupt(f"{path} is not as it was written. Run `pos_server.py verify`; nothing was archived.")


def _made(
    store: Store, config: Config, month: str, receipts: dict[str, bytes], by: str, reason: str, step: Step
) -> Archive:
    """Write it under a hidden name, read it back from the disk, prove it, and give it its name."""
    taken = [archived.part_of(name) for name in Archives(config).of(month)]
    name = archived.name_of(month, max(taken, default=0) + 1)
    contents = archiving.described(name, clock.stamp(clock.now()), by, __version__, receipts)
    half = config.archive / f".{name}.tmp"
    archiving.write(half, contents, receipts)
    step("written")
    archiving.forget_cached(half)
    archiving.prove(Archive(half, month), receipts)
    step("proven")
    final = config.archive / name
    disk.move(half, final)
    disk.flush_folder(config.archive)
    detail = {"sha256": digest_of(final), "receipts": contents.receipts, "bytes": contents.receipt_bytes}
    audit.record(store, by, "archive.made", name, detail | ({"without_backup": reason} if reason else {}))
    return Archive(final)


# -- looking at those there are ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class There:
    """One archive as it lies. contents: None when it cannot be read; words says why."""

    name: str
    bytes: int
    contents: Contents | None
    words: str = ""


def listed(config: Config) -> list[There]:
    """Every archive, oldest month first."""
    found, all_of = [], Archives(config)
    for name in all_of.names():
        size = disk.file_bytes(config.archive / name)
        try:
            found.append(There(name, size, all_of.open(name).contents()))
        except Corrupt as error:
            found.append(There(name, size, None, error.message))
    return found


def proven(store: Store, name: str) -> str:
    """What is wrong with an archive, in words; "" when every byte of it is as it was put in and as the database has
    it."""
    try:
        one = Archive(store.config.archive / name)
        archiving.prove(one)
        for path, body in putaway.some(store, one.paths()):
            if body is None:
                return f"{name}: the database does not know {path}"
            if body != one.read(path):
                return f"{name}: {path} is not as the database has it"
    except Corrupt as error:
        return error.message
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}"
    return ""
