"""Snapshots: made, proven by restoring them aside, put to each place, read back from there, and thinned out."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pos import clock
from pos.actions.backup import mark_of
from pos.config import Config
from pos.errors import BadSettings, Conflict, Corrupt, FolderInUse, NotFound, PosError
from pos.places import Place, PlaceError, open_place, words_of
from pos.rules import backup
from pos.rules.backup import Keep
from pos.said import said
from pos.store import archive, aside, audit, copies, disk, notices, snapshot
from pos.store.copies import Kept
from pos.store.db import Store, open_store
from pos.store.snapshot import Made, Step

#: A snapshot that failed is tried again after this long, or at its own time when that is sooner.
AGAIN_MINUTES = 15
#: With nothing sold there is still a snapshot once a day, for prices and people.
AT_LEAST_HOURS = 24

Progress = Callable[[int, int], None]


def _quiet(_done: int, _total: int) -> None: ...


@dataclass(slots=True)
class Taken:
    """One snapshot and what became of it. there: places that have it, read back. failed: sentences."""

    made: Made
    there: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    removed: int = 0
    difference: str = ""


@contextlib.contextmanager
def _work(config: Config) -> Iterator[Path]:
    """A folder of its own on the till's disk, for one snapshot at a time. Conflict while another is made."""
    folder = config.data / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = disk.FolderLock(folder / "lock")
    except FolderInUse as error:
        raise Conflict("A snapshot is being made or checked already. Wait for it.", code="busy") from error
    try:
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left.name != "lock":
                left.unlink()
        work = folder / "work"
        work.mkdir(mode=0o700)
        yield work
    finally:
        shutil.rmtree(folder / "work", ignore_errors=True)
        lock.release()


# -- when ------------------------------------------------------------------------------------------------------------


def is_due(store: Store, config: Config, now: datetime, tried_at: datetime | None) -> bool:
    """Whether a snapshot is to be made now: it is time, and something changed since the last one. tried_at: when this
    process last began one."""
    every = timedelta(minutes=config.backup.snapshot_minutes)
    if not every or not words_of(config):
        return False
    again = min(every, timedelta(minutes=AGAIN_MINUTES))
    if tried_at is not None and tried_at <= now < tried_at + again:
        return False
    return any(_lacks_one(store, word, now, every) for word in words_of(config))


def _lacks_one(store: Store, word: str, now: datetime, every: timedelta) -> bool:
    last = copies.last_snapshot(store, word)
    newest = copies.newest(store)
    if last is None:
        return newest > 0
    age = now - clock.parse(last.made_at)
    if age < timedelta(0):
        return True  # the clock was set back since
    return age >= every and (newest > last.mark or age >= timedelta(hours=AT_LEAST_HOURS))


def scheduled(config: Config) -> None:
    """A snapshot in a process of its own. What became of it stands in the database and the notices."""
    store = open_store(config)
    try:
        with contextlib.suppress(PosError):  # written down already
            take(store, config, "schedule", "backup", gently=True)
    finally:
        store.close()


T = TypeVar("T")


def _at_once(work: Callable[[], T]) -> T:
    return work()


# -- taking one --------------------------------------------------------------------------------------------------------


def take(
    store: Store,
    config: Config,
    cause: str,
    by: str,
    *,
    gently: bool = False,
    step: Step = lambda _name: None,
    progress: Progress = _quiet,
) -> Taken:
    """Make one, restore it aside and compare, put it to each place, read it back, delete what is not kept any more.

    NotFound when no place is named; Conflict while another is made; CannotSave and Corrupt as `snapshot.make`. A place
    that fails is written down and in `failed`; the others have it all the same.
    """
    if not words_of(config):
        raise NotFound("No place is named. Name one in [backup] places of config.ini.", code="no_place")
    now, began = clock.now(), clock.monotonic()
    try:
        with _work(config) as work:
            # Neither holds a lock of the database; what is written to it below is done at the usual priority.
            behind = aside.behind if gently else _at_once
            made = behind(lambda: snapshot.make(config, work, now, gently=gently, step=step, progress=progress))
            taken = Taken(made)
            key = snapshot.key_of(config)
            differences = behind(lambda: snapshot.check(made.file, key, work / "aside", progress, gently=gently)[1])
            taken.difference = differences[0] if differences else ""
            step("checked")
            for word in words_of(config):
                took_ms = int((clock.monotonic() - began) * 1000)
                _put(store, config, word, taken, cause, took_ms, work, step)
            step("put")
    except PosError as error:
        _tell(store, said("No snapshot could be made: {why}", why=error.message), "It is tried again.")
        raise
    _after(store, taken, by)
    return taken


def _put(
    store: Store, config: Config, word: str, taken: Taken, cause: str, took_ms: int, work: Path, step: Step
) -> None:
    made, now = taken.made, clock.now()
    till = config.till.id
    head = next((one.hash for one in made.manifest.figures.heads if (one.till, one.series) == (till, "till")), "")
    kept = Kept(
        made.manifest.name, word, cause, made.manifest.made_at, took_ms, made.bytes, made.sha256,
        made.manifest.encrypted, made.manifest.figures.mark, made.manifest.figures.documents, head,
        "" if taken.difference else clock.stamp(now), "there", taken.difference,
    )  # fmt: skip
    try:
        with contextlib.closing(open_place(config, word)) as place:
            _put_to(store, config, place, kept, taken, work, step)
    except (PlaceError, BadSettings) as error:
        copies.add(store, replace(kept, state="failed", words=error.message, verified_at=""))
        taken.failed.append(named(word, error))


def named(word: str, error: PosError) -> str:
    """An error as a sentence that says which place it is of, once."""
    return error.message if word in error.message else f"{word}: {error.message}"


def _put_to(store: Store, config: Config, place: Place, kept: Kept, taken: Taken, work: Path, step: Step) -> None:
    """Put it, read it back, and thin out what lies there."""
    path, made = f"{config.till.id}/snapshots/{kept.name}", taken.made
    mark_of(place, store, config)
    try:
        place.put(path, made.file)
    except PlaceError as error:
        if error.code != "full" or not (thinned := _thin(store, config, place)):
            raise
        taken.removed += thinned  # fewer are kept than lie there: that makes room
        place.put(path, made.file)
    step("there")
    back = work / "back"
    place.fetch(path, back)
    if archive.digest_of(back) != made.sha256:
        raise PlaceError(f"{place.word} gave back something else than was put there; its disk may be failing.")
    back.unlink()
    copies.add(store, kept)
    taken.there.append(place.word)
    taken.removed += _thin(store, config, place, kept.name)


def _thin(store: Store, config: Config, place: Place, just_put: str = "") -> int:
    """Delete what the settings no longer keep; never the newest proven one, nor the one just put, whose name is an old
    one when the clock was set back. How many."""
    till, rule = config.till.id, config.backup
    names = [one.path.rpartition("/")[2] for one in place.listed(f"{till}/snapshots")]
    ours = [name for name in names if backup.till_of(name) == till]
    keep = Keep(rule.keep_hours, rule.keep_days, rule.keep_weeks, rule.keep_months)
    gone = [name for name in backup.expired(copies.stored(store, place.word, ours), keep) if name != just_put]
    place.remove([f"{till}/snapshots/{name}" for name in gone])
    copies.removed(store, gone, place.word, clock.now())
    return len(gone)


def _after(store: Store, taken: Taken, by: str) -> None:
    name = taken.made.manifest.name
    detail = {"snapshot": name, "sha256": taken.made.sha256, "documents": taken.made.manifest.figures.documents}
    audit.record(store, by, "backup.snapshot", name, {**detail, "places": taken.there})
    if taken.difference:
        words = said("The snapshot {name} holds a difference: {why}", name=name, why=taken.difference)
        _tell(store, words, said("Run `pos_server.py verify --all` and look at what it names."))
    elif taken.failed:
        words = said("The snapshot {name} is missing at a place: {why}", name=name, why=" ".join(taken.failed))
        _tell(store, words, said("It is tried again with the next one."))
    else:
        notices.settle(store, "backup:snapshot")


def _tell(store: Store, words: str, remedy: str) -> None:
    notices.raise_notice(store, "backup:snapshot", "check", words, remedy)


# -- looking at those there are ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class There:
    """A snapshot as its place lists it, with what is known of it here."""

    place: str
    name: str
    bytes: int
    verified_at: str


def listed(store: Store, config: Config) -> tuple[list[There], list[str]]:
    """Every snapshot of this till at its places, newest first, and a sentence for each place that did not answer."""
    found, failed = [], []
    known = {(one.name, one.place): one for one in copies.snapshots(store, limit=100_000)}
    for word in words_of(config):
        place = open_place(config, word)
        try:
            for one in place.listed(f"{config.till.id}/snapshots"):
                name = one.path.rpartition("/")[2]
                if backup.till_of(name) == config.till.id:
                    kept = known.get((name, word))
                    found.append(There(word, name, one.bytes, kept.verified_at if kept else ""))
        except PlaceError as error:
            failed.append(named(word, error))
        finally:
            place.close()
    return sorted(found, key=lambda one: (one.name, one.place), reverse=True), failed


def prove(store: Store, config: Config, name: str, word: str, progress: Progress = _quiet) -> str:
    """Fetch a snapshot from its place and restore it aside; the first difference in words, "" when it is whole."""
    place = open_place(config, word)
    try:
        with _work(config) as work:
            file = work / name
            place.fetch(f"{config.till.id}/snapshots/{name}", file)
            words = prove_file(config, file, work / "aside", progress)
    finally:
        place.close()
    copies.verified(store, name, word, clock.now(), words)
    return words


def prove_file(config: Config, file: Path, aside: Path, progress: Progress = _quiet) -> str:
    """Restore a snapshot file aside; the first difference in words, "" when whole. BadSettings without its key."""
    try:
        differences = snapshot.check(file, snapshot.key_of(config), aside, progress)[1]
    except Corrupt as error:
        return error.message
    return differences[0] if differences else ""
