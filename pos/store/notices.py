"""Notices: what a person should know. A row per key: raised again it counts up, settled it is resolved, never gone.

Each change of state (raised, worse, resolved) has a number of its own: reading is remembered by it, and in the same
transaction one row per channel that wants it is queued (`store.deliveries` takes it from there).

Texts that are `said` are kept with what they were made of, and come back as `said`: each reader has their own language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from pos import clock
from pos.said import packed, unpacked
from pos.store import deliveries
from pos.store import reach as within
from pos.store.db import Store
from pos.store.models import Notice
from pos.store.reach import EVERYWHERE, Reach

Level = Literal["info", "check", "needs"]
RANK = {"info": 0, "check": 1, "needs": 2}
LISTED_MAX = 50


def on_change(store: Store, act: Callable[[], None]) -> None:
    """Call this when a notice changes its state, perhaps just before that is committed. It must not fail or wait."""
    store.on_notice.append(act)


@dataclass(frozen=True, slots=True)
class Shown:
    """One open notice as a screen lists it. count: how often the cause came back since first_at."""

    key: str
    level: str
    text: str
    remedy: str
    subject: str
    first_at: str
    last_at: str
    count: int


def raise_notice(
    store: Store,
    key: str,
    level: Level,
    text: str,
    remedy: str = "",
    subject: str = "",
    *,
    event: bool = False,
    times: int = 1,
) -> bool:
    """Tell people, or say it again. True when it was not open before. Callers raise on a change of state only.

    event: something that happened and has no end of its own; it leaves the list by age. times: how often it happened.
    """
    now = clock.stamp(clock.now())
    with store.transaction():
        old = Notice.get_or_none(Notice.key == key)
        changes = (old.changes if old else 0) + 1
        words = {
            "level": level, "text": str(text), "remedy": str(remedy), "subject": subject, "last_at": now,
            "text_made_of": packed(text), "remedy_made_of": packed(remedy),
        }  # fmt: skip
        if old is not None and not old.resolved_at:
            worse = RANK[level] > RANK[old.level]
            change = {"changes": changes, "changed_at": now} if worse else {}
            Notice.update(**words, **change, count=Notice.count + times).where(Notice.key == key).execute()
        else:
            old, worse = None, True
            Notice.put(
                **words,
                key=key,
                first_at=now,
                count=times,
                resolved_at="",
                changes=changes,
                changed_at=now,
                event=event,
            )
        if worse:
            _changed(store, key, "raised")
    return old is None


def raise_once(store: Store, key: str, level: Level, text: str, remedy: str = "", subject: str = "") -> bool:
    """Tell people unless they are told already; for causes that are found again at each look. True when it is new."""
    return not is_open(store, key) and raise_notice(store, key, level, text, remedy, subject)


def settle(store: Store, key: str) -> bool:
    """The cause is gone. True when the notice was open."""
    if not is_open(store, key):
        return False
    now = clock.stamp(clock.now())
    with store.transaction():
        changed = (
            Notice.update(resolved_at=now, changes=Notice.changes + 1, changed_at=now)
            .where((Notice.key == key) & (Notice.resolved_at == ""))
            .execute()
        )
        if changed:
            _changed(store, key, "resolved")
        return bool(changed)


def settle_all_but(store: Store, prefix: str, keep: set[str]) -> int:
    """Settle every open notice whose key starts so and is not in `keep`; how many."""
    gone = [n.key for n in open_notices(store, prefix=prefix, limit=10_000) if n.key not in keep]
    return sum(settle(store, key) for key in gone)


def settle_events(store: Store, days: int) -> int:
    """Take events off the list that nothing was heard of for so many days; how many."""
    before = clock.stamp(clock.now() - timedelta(days=days))
    with store.reading():
        old = [
            n.key for n in Notice.select(Notice.key).where(_is_open() & (Notice.event == 1) & (Notice.last_at < before))
        ]
    return sum(settle(store, key) for key in old)


def is_open(store: Store, key: str) -> bool:
    """Whether people are being told of it now."""
    with store.reading():
        return bool(Notice.select().where((Notice.key == key) & _is_open()).exists())


def open_notices(
    store: Store, level: Level | None = None, prefix: str = "", limit: int = LISTED_MAX, reach: Reach = EVERYWHERE
) -> list[Shown]:
    """What is open now, oldest first."""
    with store.reading():
        found = Notice.select().where(_is_open())
        if level is not None:
            found = found.where(Notice.level == level)
        if prefix:
            found = found.where(Notice.key.startswith(prefix))
        for term in within.terms(within.notices(reach, '"t1"')):
            found = found.where(term)
        found = found.order_by(Notice.first_at, Notice.key).limit(limit)
        return [_shown(n) for n in found]


def _shown(n: Any) -> Shown:
    text, remedy = unpacked(n.text, n.text_made_of), unpacked(n.remedy, n.remedy_made_of)
    return Shown(n.key, n.level, text, remedy, n.subject, n.first_at, n.last_at, n.count)


def _is_open() -> Any:
    return Notice.resolved_at == ""


def _changed(store: Store, key: str, what: str) -> None:
    deliveries.queue(store, Notice.get_by_id(key), what)
    for act in store.on_notice:
        act()
