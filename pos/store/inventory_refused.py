"""Who was refused changes of stock, in the audit: bounded, so that a flood of wrong keys neither fills nor hides it.

Each asker has so many rows an hour, all whom nobody knows together so many, and all who are known as many again, so
that strangers do not use up what people are written down by; what is beyond that is counted, and the count is a row of
the next hour.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pos import clock
from pos.errors import CannotSave
from pos.store import audit
from pos.store.db import Store

#: Rows an hour: of one asker, and of all of them.
EACH_MAX, ALL_MAX = 20, 200
ACT, REST = "inventory.refused", "inventory.refused.more"
_HOUR = 3600


@dataclass(slots=True)
class _Counted:
    hour: int = 0
    written: dict[bool, int] = field(default_factory=dict)
    left_out: int = 0
    by: dict[str, int] = field(default_factory=dict)


_counted: weakref.WeakKeyDictionary[Store, _Counted] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def note(store: Store, actor: str, subject: str, detail: Mapping[str, Any], asker: str = "") -> bool:
    """Write down that somebody was refused, outside of any transaction of what was refused. asker: the address
    that is counted where nobody is known, "" = the actor is. Whether it was written; never fails."""
    before, told = _count(store, asker or actor, is_known=not asker)
    with suppress(CannotSave):
        if before:
            audit.record(store, "system", REST, "", {"left_out": before})
        if told:
            audit.record(store, actor, ACT, subject[:200], detail)
    return told


def _count(store: Store, asker: str, *, is_known: bool) -> tuple[int, bool]:
    """How many of the hour before were left out and are not told yet, and whether this one is written."""
    hour = int(clock.now().timestamp()) // _HOUR
    with _lock:
        counted = _counted.setdefault(store, _Counted())
        before = 0
        if counted.hour != hour:
            before = counted.left_out
            _counted[store] = counted = _Counted(hour)
        mine, all_such = counted.by.get(asker, 0), counted.written.get(is_known, 0)
        if mine >= EACH_MAX or all_such >= ALL_MAX:
            counted.left_out += 1
            return before, False
        counted.by[asker] = mine + 1
        counted.written[is_known] = all_such + 1
        return before, True
