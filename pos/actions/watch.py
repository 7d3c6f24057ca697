"""Watch over invoices/: take in what is dropped into it, and raise the alarm over what was done to its days.

A receipt dropped into invoices/ itself is taken in through the same door as a replay, then put aside into
invoices/dropped/; one that cannot be taken in goes to invoices/refused/ with the reason beside it. Nothing is deleted.

In the days' folders nobody but the journal writes. A file that is missing is written again from the database, and
people are told. A file that was changed is never overwritten, for it is evidence: people are told, and once it is moved
away the right one is written again. A file that nobody here wrote is left alone, and people are told.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from pos import clock
from pos.actions import replay
from pos.agent import Run
from pos.errors import Conflict, Invalid
from pos.rules import documents
from pos.said import nsaid, said
from pos.store import audit, disk, folder, notices
from pos.store.archives import Archives
from pos.store.folder import DROPPED, REFUSED, Findings, Seen
from pos.store.journal import Journal

log = logging.getLogger(__name__)

ACTOR = "file drop"
#: A dropped file that cannot be read may still be on its way; refused once it has not changed for this long.
PATIENCE_SECONDS = 10.0
#: Two looks this far apart must agree before a dropped file is touched.
STILL_SECONDS = 1.0
DROPS_MAX = 200
DAYS_MAX = 40
#: Files of past days that are compared byte by byte each round, whatever their date says.
ROLLING_FILES = 200
NOTICES_MAX = 20


@dataclass(slots=True)
class Done:
    """What one round did. days: whether there are files to watch over. more: look again soon."""

    days: bool = True
    taken_in: int = 0
    refused: int = 0
    put_back: int = 0
    alarms: set[str] = field(default_factory=set)
    more: bool = False

    def sentence(self) -> str:
        """For the console."""
        told = [
            f"{count} {words}"
            for count, words in (
                (self.taken_in, "dropped receipts taken in"),
                (self.refused, "refused"),
                (self.put_back, "missing files written again"),
                (len(self.alarms), "files are not as they were written"),
            )
            if count
        ]
        quiet = "All receipts lie as they were written." if self.days else "Nothing was dropped here."
        return f"{', '.join(told)}." if told else quiet


# -- files dropped into invoices/ --------------------------------------------------------------------------------------


def take_in_drops(run: Run, journal: Journal, done: Done) -> None:
    """Take in what lies in invoices/ itself and is no longer being written."""
    before: dict[str, tuple[Seen, float]] = run.memory.setdefault("drops", {})
    here = {seen.path.name: seen for seen in folder.drops(journal.store.config.invoices)}
    for name in before.keys() - here.keys():
        del before[name]
    now = clock.monotonic()
    for name, seen in list(here.items())[:DROPS_MAX]:
        last, since = before.get(name, (None, now))
        if last != seen:
            before[name] = (seen, now)
            done.more = True
        elif now - since < STILL_SECONDS or not _take_in(journal, seen, now - since, done):
            done.more = True
        if run.stopping():
            return
    done.more = done.more or len(here) > DROPS_MAX


def _take_in(journal: Journal, seen: Seen, still_seconds: float, done: Done) -> bool:
    """One file that lies still: taken in or refused, and put aside; False when it is to be looked at again."""
    try:
        if seen.size > documents.BODY_BYTES_MAX:
            raise Invalid(f"It is larger than {documents.BODY_BYTES_MAX >> 20} MB, so it is no receipt.")
        taken = replay.take_in(journal, seen.path.read_bytes(), disk.printable(seen.path.name), ACTOR)
    except Invalid as error:
        if still_seconds < PATIENCE_SECONDS:
            return False  # perhaps it is copied slowly
        _refuse(journal, seen, error.message, done)
    except Conflict as error:
        _refuse(journal, seen, error.message, done)
    except OSError as error:
        log.info("%s cannot be read yet: %s", seen.path.name, error)
        return False
    else:
        done.taken_in += not taken.duplicate
        known = "was here already" if taken.duplicate else "was taken in"
        log.info("%s was dropped: %s %s", seen.path.name, taken.doc["invoice_name"], known)
        _aside(seen, DROPPED)
    return True


def _refuse(journal: Journal, seen: Seen, reason: str, done: Done) -> None:
    if not _aside(seen, REFUSED, reason):
        return
    done.refused += 1
    name = disk.printable(seen.path.name)
    text = said("{name} was dropped into invoices/ and could not be taken in: {why}", name=name, why=reason)
    remedy = said("It lies in invoices/{folder}/ now, with the reason beside it.", folder=REFUSED)
    with journal.store.transaction():
        notices.raise_notice(journal.store, f"drop:{name}", "check", text, remedy, name)
        audit.record(journal.store, ACTOR, "drop.refused", name, {"reason": reason})


def _aside(seen: Seen, where: str, reason: str = "") -> bool:
    """Put the file aside. Where that fails it is met again, which changes nothing: the same receipt is a duplicate."""
    try:
        folder.put_aside(seen.path, where, reason)
    except OSError as error:
        log.warning("%s cannot be moved to invoices/%s/: %s", seen.path.name, where, error)
        return False
    return True


# -- the days ----------------------------------------------------------------------------------------------------------


def guard_days(run: Run, done: Done) -> None:
    """Look at the newest days, at those whose folder changed, and at a few past files byte by byte."""
    looked: dict[str, tuple[tuple[int, int], int]] = run.memory.setdefault("days", {})
    every, archives = folder.days(run.store), _archives(run)
    at = {day: folder.changed_at(run.store, archives, day) for day in every}
    wanted = [d for i, d in enumerate(every) if i < 2 or d not in looked or looked[d][0] != at[d] or not any(at[d])]
    for day in wanted[:DAYS_MAX]:
        if run.stopping():
            return
        started_ns = _now_ns()
        since_ns = looked[day][1] if day in looked else 0
        found = _guard(run, day, since_ns, slice(0, 0), done)
        looked[day] = (folder.changed_at(run.store, archives, day), since_ns if found.waiting else started_ns)
        run.breathe()
    done.more = done.more or len(wanted) > DAYS_MAX
    _roll(run, every, done)
    _guard_archives(run, archives, done)


def _archives(run: Run) -> Archives:
    """The archives with their indexes as this process has read them."""
    found: Archives = run.memory.setdefault("archives", Archives(run.config))
    return found


def _guard_archives(run: Run, archives: Archives, done: Done) -> None:
    """Tell people of each archive that cannot be read; looked at again when its file changes."""
    seen: dict[str, str] = run.memory.setdefault("archives seen", {})
    names = archives.names()
    changed = [name for name in names if seen.get(name) != archives.seal(name)]
    bad = dict(archives.trouble(changed))
    seen.update({name: archives.seal(name) for name in changed if name not in bad})
    for name, words in bad.items():
        done.alarms.add(name)
        with run.store.transaction():
            remedy = said("Keep it as evidence and move it away; the receipts in it are written again.")
            if notices.raise_once(run.store, f"archive:{name}", "needs", f"{words}.", remedy, name):
                audit.record(run.store, "watch", "archive.damaged", name)
    notices.settle_all_but(run.store, "archive:", {f"archive:{name}" for name in bad})


def _roll(run: Run, every: list[str], done: Done) -> None:
    """Compare a bounded part of one day byte by byte, the next part in the next round, round and round."""
    if not every:
        return
    day, start = run.memory.get("rolling", (every[0], 0))
    if day not in every:
        day, start = every[0], 0
    looked: dict[str, Any] = run.memory["days"]
    since_ns = (looked[day][1] if day in looked else 0) or _now_ns()
    found = _guard(run, day, since_ns, slice(start, start + ROLLING_FILES), done)
    if found.checked < ROLLING_FILES:
        run.memory["rolling"] = (every[(every.index(day) + 1) % len(every)], 0)
    else:
        run.memory["rolling"] = (day, start + ROLLING_FILES)


def _guard(run: Run, day: str, since_ns: int, full: slice, done: Done) -> Findings:
    """One day: put back what is missing, tell people about the rest; what was found."""
    prefix = f"file:{day}/"
    suspects = {n.key.removeprefix("file:") for n in notices.open_notices(run.store, prefix=prefix, limit=1000)}
    archives = _archives(run)
    found = folder.look(run.store, archives, day, since_ns, suspects, full)
    if found.missing or found.changed:
        # The second look comes after the question whose file is whole, so that none is written in between.
        ours = set(folder.settled(run.store, found.missing + found.changed))
        found.waiting = any(path not in ours for path in found.missing + found.changed)
        found.missing = [p for p in found.missing if p in ours and folder.is_right(run.store, archives, p) is None]
        found.changed = [p for p in found.changed if p in ours and folder.is_right(run.store, archives, p) is False]
    back = folder.put_back(run.store, found.missing)
    done.put_back += len(back)
    done.alarms.update(found.changed, found.foreign)
    _tell(run, day, found, back)
    return found


_CHANGED = (
    said("{path} was changed after it was written."),
    said("Keep it as evidence and move it away; the right one is written again."),
)
_FOREIGN = (
    said("{path} was not written by this till."),
    said("To take a receipt in, move it into invoices/ itself; else take it away."),
)


def _tell(run: Run, day: str, found: Findings, back: list[str]) -> None:
    store, open_keys = run.store, set()
    if back:
        text = nsaid(
            "{n} receipt file of {day} was missing and was written again: {first}.",
            "{n} receipt files of {day} were missing and were written again, {first} first.",
            len(back), day=day, first=back[0],
        )  # fmt: skip
        remedy = said("Find out who removed them.")
        with store.transaction():
            notices.raise_notice(store, f"files-missing:{day}", "check", text, remedy, day)
            audit.record(store, "watch", "files.missing", day, {"files": back[:NOTICES_MAX], "count": len(back)})
    for paths, (words, remedy), act in (
        (found.changed, _CHANGED, "file.changed"),
        (found.foreign, _FOREIGN, "file.foreign"),
    ):
        for path in map(disk.printable, paths[:NOTICES_MAX]):
            key = f"file:{path}"
            open_keys.add(key)
            with store.transaction():
                if notices.raise_once(store, key, "needs", said(words, path=path), remedy, path):
                    audit.record(store, "watch", act, path)
    notices.settle_all_but(store, f"file:{day}/", open_keys)


def _now_ns() -> int:
    """The present moment as the file system writes it."""
    return int(clock.now().timestamp() * 1_000_000) * 1000
