"""Whether this machine's clock can be believed. What is marked by its date alone cannot be taken back, so it waits.

The word of a system in reach counts most. Without one the clock must not be behind this till's own documents, must not
have been moved lately, and must not begin long after the last day this till worked: a till started on a wrong day looks
like one that was shut for months, and is believed from its second day of work on.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pos import clock
from pos.said import nsaid, said
from pos.store import notices, receipts, vouchers
from pos.store.db import Store

#: The clock may be set, or be off, by so much without a word.
CLOCK_SECONDS = 120
#: The event of a clock that was set; it stands for [notices] event_days.
JUMPED = "clock-jump"
#: A till that did not work for longer than this is asked for one day of work first.
SHUT_DAYS = 31


def doubt(store: Store, memory: dict[str, Any], now: datetime, off: float | None) -> str:
    """Why the clock is not believed now, in words; "" when it is.

    off: seconds it is ahead of a system that just answered, None when none did. memory: what the caller's process
    remembers between looks.
    """
    moved = jump(memory, now)
    newest = receipts.newest_at(store)
    behind = (clock.parse(newest) - now).total_seconds() if newest else 0.0
    if behind > CLOCK_SECONDS:
        return said("the clock of this machine is {time} behind its own last receipt", time=length(behind))
    if off is not None:
        if abs(off) <= CLOCK_SECONDS:
            return ""
        if off > 0:
            return said("the clock of this machine is {time} ahead of the issuer's", time=length(off))
        return said("the clock of this machine is {time} behind the issuer's", time=length(-off))
    if abs(moved) > CLOCK_SECONDS or notices.is_open(store, JUMPED):
        return said("the clock of this machine was set a short while ago")
    today, last = vouchers.business_day(store), receipts.worked_before(store, vouchers.business_day(store))
    shut = (date.fromisoformat(today) - date.fromisoformat(last)).days if last else 0
    if shut > SHUT_DAYS:
        return nsaid(
            "this till worked for the last time {n} day ago, if its date is right",
            "this till worked for the last time {n} days ago, if its date is right",
            shut,
        )
    return ""


def jump(memory: dict[str, Any], now: datetime) -> float:
    """Seconds the clock was set forward (back: below nothing) since the last look with this memory; 0 when unknown."""
    steady, was = clock.steady(), memory.get("clock")
    memory["clock"] = (now, steady)
    if was is None or steady is None or was[1] is None:
        return 0.0
    moved: float = (now - was[0]).total_seconds() - (steady - was[1])
    return moved


def length(seconds: float) -> str:
    """A stretch of time in words: minutes, hours or days."""
    minutes = int(seconds) // 60
    if minutes < 120:
        return nsaid("{n} minute", "{n} minutes", minutes)
    if minutes < 60 * 48:
        return nsaid("{n} hour", "{n} hours", minutes // 60)
    return nsaid("{n} day", "{n} days", minutes // (60 * 24))
