"""Deciding about a field both sides changed, and taking that back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pos import clock
from pos.actions import office
from pos.config import Config
from pos.store import records
from pos.store.db import Store
from pos.store.records import MONEY, Clashed


def decide(store: Store, config: Config, company: str, number: int, choice: str, by: str) -> Clashed:
    """A person's word. NotFound; Conflict, code "decided"."""
    return _done(store, config, company, by, lambda now: records.decide(store, company, number, choice, by, now))


def undo(store: Store, config: Config, company: str, number: int, by: str) -> Clashed:
    """The other value after all. NotFound; Conflict, code "open" or "changed"."""
    return _done(store, config, company, by, lambda now: records.undo(store, company, number, by, now))


def _done(store: Store, config: Config, company: str, by: str, work: Callable[[datetime], Clashed]) -> Clashed:
    now = clock.now()
    with store.transaction():
        one = work(now)
        if one.kind in MONEY:
            office.complete(store, config, company, one.kind, one.record_id, by, now)
        return one
