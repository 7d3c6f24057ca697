"""Copies elsewhere: each receipt to every place a moment after it was saved, and what is known of all of it.

A place that is away costs nothing: it is tried again on a ladder, and what waits goes there in the order it was saved.
Nothing at a place is written over. A medium is known by a mark, so that two sticks may take turns and an empty mount
point is not taken for one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.config import Config
from pos.errors import BadSettings, PosError
from pos.places import Place, PlaceError, open_place, words_of
from pos.rules import wording
from pos.said import Said, nsaid, said
from pos.store import copies, notices
from pos.store.copies import Copying
from pos.store.db import Store

#: Receipts of one go at a place, and goes of one round.
BATCH, BATCHES_MAX = 200, 10
LADDER_SECONDS = (5, 15, 60, 300)
#: After so many failures in a row people are told.
FAILURES_TOLD = 3
#: A place elsewhere is asked for its mark again this often; a folder each time.
MARK_SECONDS = 600.0
MARK_BYTES_MAX = 4096
#: No try is further ahead than this; a later one means the clock was set back.
AHEAD_MAX = timedelta(seconds=2 * LADDER_SECONDS[-1])


# -- receipts --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Copied:
    """One round over all places. more: there is more to do at once. again_in: seconds until a place is tried again."""

    receipts: int = 0
    failed: list[str] = field(default_factory=list)
    more: bool = False
    again_in: float | None = None

    def sentence(self) -> str:
        done = f"{self.receipts} receipts copied." if self.receipts else ""
        return " ".join(part for part in (done, *self.failed) if part)


def copy(
    store: Store,
    config: Config,
    memory: dict[str, Any],
    stopping: Callable[[], bool] = lambda: False,
    *,
    at_once: bool = False,
) -> Copied:
    """One bounded round: what each place lacks, oldest first. at_once: also where a try failed a moment ago."""
    done = Copied()
    for word in words_of(config):
        now = clock.now()
        before = copies.latest(store, word) or Copying(word, "")
        due = clock.parse(before.retry_at) if before.retry_at else now
        if now < due <= now + AHEAD_MAX and not at_once:
            _again(done, (due - now).total_seconds())
            continue
        try:
            _copy_to(store, config, word, memory, done, stopping)
        except (PlaceError, BadSettings) as error:
            memory.pop(word, None)
            _failed(store, word, error, now, done)
    _tell_of_near_places(store, config)
    return done


def _copy_to(
    store: Store, config: Config, word: str, memory: dict[str, Any], done: Copied, stopping: Callable[[], bool]
) -> None:
    known: _Known | None = memory.get(word)
    if known is None:
        known = memory[word] = _Known(open_place(config, word))
    newest = copies.newest(store)
    if not newest:
        return
    mark = known.mark_of(store, config)
    one = copies.copying(store, word, mark)
    start = one.copied_n
    for _ in range(BATCHES_MAX):
        rows = copies.waiting(store, one.copied_n, BATCH)
        if not rows or stopping():
            break
        try:
            known.place.put_all([(f"{config.till.id}/receipts/{path}", body) for _n, path, body in rows])
        except PlaceError:
            if one.copied_n > start:  # what went there before stays done
                copies.keep(store, replace(one, near=known.near, used_at=clock.stamp(clock.now())))
            raise
        one = replace(one, copied_n=rows[-1][0])
        done.receipts += len(rows)
    now = clock.stamp(clock.now())
    done.more |= one.copied_n < newest and not stopping()
    fresh = replace(one, near=known.near, failing_since="", failures=0, retry_at="", code="", words="")
    if one.copied_n > start or fresh != one or not one.used_at:
        if one.copied_n > start or not one.copied_at:
            fresh = replace(fresh, copied_at=now)
        copies.keep(store, replace(fresh, used_at=now))
        notices.settle(store, f"backup:copy:{word}")


class _Known:
    """What a process remembers of a place between rounds."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.near = False
        self._mark = ""
        self._marked_at = 0.0

    def mark_of(self, store: Store, config: Config) -> str:
        """What the medium that is there now is known by. PlaceError when it is not ours, or is missing."""
        if self._mark and self.place.kind != "folder" and clock.monotonic() - self._marked_at < MARK_SECONDS:
            return self._mark
        self.near = self.place.near()
        self._mark = mark_of(self.place, store, config)
        self._marked_at = clock.monotonic()
        return self._mark


def mark_of(place: Place, store: Store, config: Config) -> str:
    """The mark of the medium at a place, made where there is none yet. PlaceError `other` when another till with this
    id copies there, `away` when what lies there is only the empty folder a stick is mounted on."""
    till, firsts = config.till.id, copies.firsts(store, config.till.id)
    path = f"{till}/place.json"
    body = place.read(path, MARK_BYTES_MAX)
    if body is None:
        known = copies.latest(store, place.word)
        if known is not None and known.mark and not known.near and place.near():
            raise PlaceError(
                f"{place.word} is empty and on this machine's own disk. Is the disk that belongs there plugged in and "
                "mounted?",
                code="away",
                away=True,
            )
        if not firsts:
            return ""
        mark = clock.uuid7()
        made = {"mark": mark, "till": till, "first": firsts[0], "since": clock.stamp(clock.now())}
        place.put_all([(path, (json.dumps(made, indent=1) + "\n").encode())])
        return mark
    try:
        found = json.loads(body)
        mark, first = str(found["mark"]), str(found["first"])
    except (ValueError, KeyError, TypeError):
        raise PlaceError(f"{path} at {place.word} cannot be read; move that folder away.", code="other") from None
    if first not in firsts:
        raise PlaceError(
            f"{place.word} holds copies of another till that goes by the id {till}. Restore that one, or give this "
            "till another id or place.",
            code="other",
        )
    return mark


def _failed(store: Store, word: str, error: PosError, now: datetime, done: Copied) -> None:
    before = copies.latest(store, word) or Copying(word, "")
    failures = before.failures + 1
    wait = LADDER_SECONDS[min(failures, len(LADDER_SECONDS)) - 1]
    stamp = clock.stamp(now)
    copies.keep(
        store,
        replace(
            before, failing_since=before.failing_since or stamp, failures=failures, code=error.code,
            words=error.message, retry_at=clock.stamp(now + timedelta(seconds=wait)), used_at=stamp,
        ),
    )  # fmt: skip
    done.failed.append(error.message)
    _again(done, wait)
    if failures == FAILURES_TOLD or (error.code in ("other", "full") and failures == 1):
        words = said("Receipts are not copied to {place}: {why}", place=word, why=error.message)
        notices.raise_notice(
            store, f"backup:copy:{word}", "check", words, said("Selling goes on; it is tried again."), word
        )


def _again(done: Copied, seconds: float) -> None:
    done.again_in = seconds if done.again_in is None else min(done.again_in, seconds)


def _tell_of_near_places(store: Store, config: Config) -> None:
    """Copies that lie on the till's own disk alone are lost with it: said once, and taken back."""
    known = [one for word in words_of(config) if (one := copies.latest(store, word)) is not None and one.mark]
    if known and all(one.near for one in known):
        where = ", ".join(one.place for one in known)
        notices.raise_once(
            store,
            "backup:near",
            "check",
            said("Copies go to {place} alone, on this machine's own disk: what takes one takes both.", place=where),
            "Name a place elsewhere in [backup] places: a USB stick, a network share, another till.",
        )
    elif notices.is_open(store, "backup:near"):
        notices.settle(store, "backup:near")


# -- what is known ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One place as it stands. state: ok, near, late, failing or new. behind: receipts without a copy there."""

    place: str
    state: str
    words: str
    copied_at: str
    behind: int
    snapshot: str
    snapshot_at: str
    verified_at: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything about copies. state: the best any place offers; off: none is named. copied_at: of the newest copy."""

    state: str
    text: Said | str
    copied_at: str
    age_seconds: int | None
    places: tuple[PlaceView, ...]


_RANK = ("ok", "near", "new", "late", "failing")


def standing(store: Store, config: Config) -> Standing:
    """How safe the shop is: what the status bar, the overview and the doctor say. Cheap."""
    now = clock.now()
    views = tuple(_view(store, config, word, now) for word in words_of(config))
    if not views:
        return Standing("off", said("no copy elsewhere"), "", None, ())
    best = min(views, key=lambda view: _RANK.index(view.state))
    copied_at = max((view.copied_at for view in views if view.state == best.state), default="")
    age = max(0, int((now - clock.parse(copied_at)).total_seconds())) if copied_at else None
    return Standing(best.state, _text(best.state, age), copied_at, age, views)


def _text(state: str, age: int | None) -> Said | str:
    if age is None:
        return said("no copy yet")
    ago = _ago(age)
    words: dict[str, Said] = {
        "near": said("last copy: {ago}, same disk", ago=ago),
        "late": said("last copy: {ago}, late", ago=ago),
        "failing": said("last copy: {ago}, failing", ago=ago),
    }
    return words.get(state, said("last copy: {ago}", ago=ago))


def _ago(seconds: int) -> Said:
    for size, one, many in ((86400, "{n} day ago", "{n} days ago"), (3600, "{n} h ago", "{n} h ago")):
        if seconds >= size:
            return nsaid(one, many, seconds // size)
    return said("{n} min ago", n=seconds // 60) if seconds >= 60 else said("{n} s ago", n=seconds)


def _view(store: Store, config: Config, word: str, now: datetime) -> PlaceView:
    one = copies.latest(store, word) or Copying(word, "")
    last = copies.last_snapshot(store, word)
    behind, since = copies.behind(store, one.copied_n)
    late = bool(since) and now - clock.parse(since) > timedelta(minutes=config.backup.late_minutes)
    words: str = one.words
    if one.failures:
        state = "failing"
    elif late:
        state = "late"
        local = wording.moment(clock.parse(since), config.shop.locale)
        words = said("{n} receipts since {moment} have no copy there.", n=behind, moment=local)
    elif not one.mark:
        state = "new"
    else:
        state = "near" if one.near else "ok"
    return PlaceView(
        word, state, words, one.copied_at, behind, last.name if last else "", last.made_at if last else "",
        last.verified_at if last else "",
    )  # fmt: skip


def tell_when_late(store: Store, config: Config) -> None:
    """Raise a notice for each place receipts have waited for too long, settle it when they are there."""
    for view in standing(store, config).places:
        key = f"backup:late:{view.place}"
        since = copies.behind(store, (copies.latest(store, view.place) or Copying(view.place, "")).copied_n)[1]
        waits = bool(since) and clock.now() - clock.parse(since) > timedelta(minutes=config.backup.late_minutes)
        if waits:
            words = said("{n} receipts have no copy at {place} yet.", n=view.behind, place=view.place)
            remedy = "See that the place can be reached; what waits is copied by itself."
            notices.raise_once(store, key, "check", words, remedy, view.place)
        else:
            notices.settle(store, key)
