"""What people are told of schedules: that one could not start its run. One notice for a schedule, until it starts one
again or is switched off."""

from __future__ import annotations

from pos.said import said
from pos.store import notices, runs
from pos.store.db import Store
from pos.store.schedules import Schedule

#: What became of a moment that people have to hear of.
TOLD = ("skipped_invalid", "error", "missed")


def came_to(store: Store, schedule: Schedule, kind: str, words: str) -> None:
    """A moment of a schedule came to this. Inside the transaction that keeps it."""
    if kind in TOLD:
        text = said("The schedule {name} did not start its run: {why}", name=schedule.name, why=words)
        remedy = said("Open Schedules: change it, or run it now.")
        books = runs.books_of(store, schedule.company) if schedule.company else ""
        notices.raise_notice(store, _key(schedule), "check", text, remedy, books)
    elif kind == "queued":
        notices.settle(store, _key(schedule))


def over(store: Store, schedule: Schedule) -> None:
    """It is switched off or gone."""
    notices.settle(store, _key(schedule))


def _key(schedule: Schedule) -> str:
    return f"schedule:{schedule.id}"
