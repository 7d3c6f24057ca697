"""Alarms: one look at what people must hear of before it stops a sale.

Each is raised when it begins and settled when it is over; what is still so at the next look is not said again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions import run_notices, trusted_clock
from pos.actions.trusted_clock import CLOCK_SECONDS, JUMPED, length
from pos.rules import wording
from pos.said import nsaid, said
from pos.store import (
    connections,
    deliveries,
    disk,
    hook_events,
    inventory_begin,
    low,
    notices,
    qbd_archive,
    qbd_ready,
    receipts,
    shifts,
    tally,
)
from pos.store.db import Store

MEGABYTE = 1 << 20
#: The log of the database is normally below 16 MB; this much for two looks in a row means that it is not emptied.
LOG_MB_MAX = 128
#: Every item is looked at this often; the items of new documents at each look.
EVERYTHING_SECONDS = 900.0
THIN_SECONDS = 3600.0
#: More items than this run low in one look: one notice for all of them.
ITEMS_TOLD_MAX = 20


@dataclass(slots=True)
class Looked:
    """What one look changed."""

    raised: int = 0
    settled: int = 0

    def sentence(self) -> str:
        parts = [f"{self.raised} raised." if self.raised else "", f"{self.settled} settled." if self.settled else ""]
        return " ".join(part for part in parts if part)


@dataclass(slots=True)
class _Teller:
    """Raises and settles, and counts what that changed."""

    store: Store
    looked: Looked

    def state(self, key: str, level: notices.Level, is_so: bool, text: str, remedy: str) -> None:
        """Raise when it is so and not told yet, settle when it is not."""
        if is_so:
            self.looked.raised += notices.raise_once(self.store, key, level, text, remedy)
        else:
            self.looked.settled += notices.settle(self.store, key)

    def event(self, key: str, level: notices.Level, text: str, remedy: str) -> None:
        self.looked.raised += notices.raise_notice(self.store, key, level, text, remedy, event=True)


def look(store: Store, memory: dict[str, Any], now: datetime) -> Looked:
    """One look at everything. memory: what this process remembers between looks; it may be empty."""
    teller = _Teller(store, Looked())
    _disks(teller)
    _log(teller, memory)
    _clock(teller, memory, now)
    _session(teller, now)
    _lines(teller, now)
    _stock(teller, memory, now)
    teller.looked.raised += run_notices.look(store, store.config, now)
    teller.looked.settled += notices.settle_events(store, store.config.notices.event_days)
    _thin(store, memory, now)
    return teller.looked


def _thin(store: Store, memory: dict[str, Any], now: datetime) -> None:
    """Once in a while: records that nobody needs any more."""
    last = memory.get("thinned")
    if last is None or clock.monotonic() - last > THIN_SECONDS:
        memory["thinned"] = clock.monotonic()
        deliveries.thin(store, now)
        hook_events.thin(store, now - timedelta(days=hook_events.KEPT_DAYS))
        qbd_archive.thin(store, now, store.config.qbwc.archive_days)
        qbd_ready.mapped_all(store, now)


# -- this machine ------------------------------------------------------------------------------------------------------


def _disks(teller: _Teller) -> None:
    """Each disk that holds the database or the receipts. Told below the limit, settled a quarter above it."""
    config = teller.store.config
    least = config.storage.disk_free_mb_min
    places = {place.stat().st_dev: place for place in (config.invoices, teller.store.path.parent) if place.exists()}
    low_ones = {}
    for place in places.values():
        free, key = _free_mb(place), f"disk:{place.name}"
        bound = least * 5 // 4 if notices.is_open(teller.store, key) else least
        if free is not None and free < bound:
            low_ones[key] = (place, free)
    for key, (place, free) in low_ones.items():
        text = said(
            "The disk of {place} has {free} MB left. When it is full, nothing can be sold.", place=place, free=free
        )
        remedy = said("Make room: {least} MB are asked for ([storage] disk_free_mb_min).", least=least)
        teller.state(key, "needs", True, text, remedy)
    teller.looked.settled += notices.settle_all_but(teller.store, "disk:", set(low_ones))


def _free_mb(place: Path) -> int | None:
    try:
        return disk.free_bytes(place) // MEGABYTE
    except OSError:  # a disk that does not answer shows in the health of the till
        return None


def _log(teller: _Teller, memory: dict[str, Any]) -> None:
    path = teller.store.path
    size = disk.file_bytes(path.with_name(path.name + "-wal")) // MEGABYTE
    twice, memory["log_mb"] = min(size, memory.get("log_mb", 0)), size
    teller.state(
        "database-log",
        "check",
        twice > LOG_MB_MAX,
        said("The log of the database has grown to {size} MB and is not emptied.", size=size),
        said("Close other programs that have data/till.db open; restarting the till empties it."),
    )


def _clock(teller: _Teller, memory: dict[str, Any], now: datetime) -> None:
    """A jump since the last look, and a clock that is behind the last receipt of this till."""
    here, moved = now, trusted_clock.jump(memory, now)
    if abs(moved) > CLOCK_SECONDS:
        by = length(abs(moved))
        forward = said("The clock of this machine was set forward by {time}.", time=by)
        text = forward if moved > 0 else said("The clock of this machine was set back by {time}.", time=by)
        teller.event(JUMPED, "check", text, said("See that date and time are right; receipts carry them."))
    newest = receipts.newest_at(teller.store)
    ahead = (clock.parse(newest) - here).total_seconds() if newest else 0.0
    teller.state(
        "clock-behind",
        "needs",
        ahead > CLOCK_SECONDS,
        said("The clock of this machine is {time} behind its own last receipt.", time=length(ahead)),
        said("Set date and time of this machine; receipts made meanwhile carry the wrong time."),
    )


# -- this shop ---------------------------------------------------------------------------------------------------------


def _session(teller: _Teller, now: datetime) -> None:
    config = teller.store.config
    hours = config.shift.old_session_hours
    found = shifts.current(teller.store, config.till.id)
    old = found is not None and now - clock.parse(found.opened_at) > timedelta(hours=hours)
    key = f"session:{found.id}" if found is not None else ""
    if found is not None and old:
        since = wording.moment(_local(teller.store, clock.parse(found.opened_at)), config.shop.locale)
        text = said(
            "Session {session} has been open since {time}, longer than {hours} hours.",
            session=found.id, time=since, hours=hours,
        )  # fmt: skip
        remedy = said("Count the drawer and close it; the next sale opens a new one.")
        teller.state(key, "check", True, text, remedy)
    teller.looked.settled += notices.settle_all_but(teller.store, "session:", {key} if old else set())
    left = {f"session-left:{one.id}": one for one in shifts.left_open(teller.store)}
    for name, one in left.items():
        text = said("Session {session} was open when this till was lost, and still is.", session=one.id)
        remedy = said("Count the drawer and close it on the day's page, before the first sale or after the next close.")
        teller.state(name, "check", True, text, remedy)
    teller.looked.settled += notices.settle_all_but(teller.store, "session-left:", set(left))


def _lines(teller: _Teller, now: datetime) -> None:
    """Connections that have not been reached for longer than [notices] offline_minutes."""
    store, away = teller.store, set()
    longest = timedelta(minutes=store.config.notices.offline_minutes)
    for line in connections.lines(store):
        if not line.offline_since or now - clock.parse(line.offline_since) < longest:
            continue
        key = f"offline:{line.id}"
        away.add(key)
        since = wording.moment(_local(store, clock.parse(line.offline_since)), store.config.shop.locale)
        waiting = tally.waiting(store, line.id)
        text = nsaid(
            "No line to {title} since {time}; {n} document waits. Selling goes on.",
            "No line to {title} since {time}; {n} documents wait. Selling goes on.",
            waiting, title=line.title, time=since,
        )  # fmt: skip
        remedy = said("Check this machine's network and whether the other side runs; what waits goes by itself.")
        teller.state(key, "check", True, text, remedy)
    teller.looked.settled += notices.settle_all_but(store, "offline:", away)


def _stock(teller: _Teller, memory: dict[str, Any], now: datetime) -> None:
    """Items that ran low or are full again. The whole stock once in a while, the goods of new documents each time."""
    last = memory.get("everything", 0.0)
    if not last or clock.monotonic() - last > EVERYTHING_SECONDS:
        memory["everything"] = clock.monotonic()
        inventory_begin.begin(teller.store)  # a till that joined meanwhile may sell from another place
        low.everything(teller.store, now, lambda crossed: _tell_stock(teller, crossed))
    else:
        low.moved(teller.store, now, lambda crossed: _tell_stock(teller, crossed))


def _tell_stock(teller: _Teller, crossed: low.Crossed) -> None:
    here = teller.store.config.till.warehouse
    for code, place in crossed.full:
        teller.looked.settled += notices.settle(teller.store, _stock_key(code, place, here))
    if len(crossed.low) > ITEMS_TOLD_MAX:
        names = ", ".join(one.name for one in crossed.low[:5])
        text = said("{n} items ran low at once: {names} and others.", n=len(crossed.low), names=names)
        teller.event("stock-many", "info", text, said("See the stock list."))
        return
    for one in crossed.low:
        words = _low_words(teller.store, one)
        key = _stock_key(one.code, one.location, here)
        teller.state(key, "info", True, words, said("Order it or bring some in."))


def _stock_key(code: str, place: str, here: str) -> str:
    return f"stock:{code}" if place == here else f"stock:{place}:{code}"


def _low_words(store: Store, one: low.Low) -> str:
    locale = store.config.shop.locale
    left = wording.quantity(Decimal(one.qty) / 1000, locale)
    facts = {"item": one.name, "code": one.code, "left": left}
    if one.location not in ("", store.config.till.warehouse):
        facts["place"] = one.location
        if one.reorder is None:
            return said("{item} ({code}) at {place}: {left} in stock.", **facts)
        point = wording.quantity(Decimal(one.reorder) / 1000, locale)
        return said("{item} ({code}) at {place}: {left} left, to be ordered at {point}.", **facts, point=point)
    if one.reorder is None:
        none = one.qty == 0
        return (
            said("{item} ({code}): none left.", **facts) if none else said("{item} ({code}): {left} in stock.", **facts)
        )
    point = wording.quantity(Decimal(one.reorder) / 1000, locale)
    return said("{item} ({code}): {left} left, to be ordered at {point}.", **facts, point=point)


def _local(store: Store, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(store.config.shop.timezone))
