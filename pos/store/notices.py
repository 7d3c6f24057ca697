"""Notices: what a person should know. A row per key: raised again it counts up, settled it is resolved, never gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pos import clock
from pos.store.db import Store
from pos.store.models import Notice

Level = Literal["info", "check", "needs"]
LISTED_MAX = 50


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


def raise_notice(store: Store, key: str, level: Level, text: str, remedy: str = "", subject: str = "") -> bool:
    """Tell people, or say it again. True when it was not open before. Callers raise on a change of state only."""
    now = clock.stamp(clock.now())
    with store.transaction():
        again = (
            Notice.update(level=level, text=text, remedy=remedy, subject=subject, last_at=now, count=Notice.count + 1)
            .where((Notice.key == key) & (Notice.resolved_at == ""))
            .execute()
        )
        if again:
            return False
        Notice.replace(
            key=key,
            level=level,
            text=text,
            remedy=remedy,
            subject=subject,
            first_at=now,
            last_at=now,
            count=1,
            resolved_at="",
        ).execute()
        return True


def raise_once(store: Store, key: str, level: Level, text: str, remedy: str = "", subject: str = "") -> bool:
    """Tell people unless they are told already; for causes that are found again at each look. True when it is new."""
    with store.reading():
        told = Notice.select().where((Notice.key == key) & (Notice.resolved_at == "")).exists()
    return not told and raise_notice(store, key, level, text, remedy, subject)


def settle(store: Store, key: str) -> bool:
    """The cause is gone. True when the notice was open."""
    with store.reading():
        open_one = Notice.select().where((Notice.key == key) & (Notice.resolved_at == "")).exists()
    if not open_one:
        return False
    with store.transaction():
        changed = (
            Notice.update(resolved_at=clock.stamp(clock.now()))
            .where((Notice.key == key) & (Notice.resolved_at == ""))
            .execute()
        )
        return bool(changed)


def settle_all_but(store: Store, prefix: str, keep: set[str]) -> int:
    """Settle every open notice whose key starts so and is not in `keep`; how many."""
    gone = [n.key for n in open_notices(store, prefix=prefix, limit=10_000) if n.key not in keep]
    return sum(settle(store, key) for key in gone)


def open_notices(store: Store, level: Level | None = None, prefix: str = "", limit: int = LISTED_MAX) -> list[Shown]:
    """What is open now, oldest first."""
    with store.reading():
        found = Notice.select().where(Notice.resolved_at == "")
        if level is not None:
            found = found.where(Notice.level == level)
        if prefix:
            found = found.where(Notice.key.startswith(prefix))
        found = found.order_by(Notice.first_at, Notice.key).limit(limit)
        return [Shown(n.key, n.level, n.text, n.remedy, n.subject, n.first_at, n.last_at, n.count) for n in found]
