"""What people are told of runs: that one began, how it ended, and what does not match. One notice for a cause."""

from __future__ import annotations

from typing import Protocol

from pos.config import Config
from pos.said import said
from pos.store import notices
from pos.store.db import Store


class Asked(Protocol):
    """What is asked of a run."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def words(self) -> str: ...


def started(store: Store, config: Config, job: Asked) -> None:
    """A run was taken up. Says so where it is wanted."""


def ended(store: Store, config: Config, job: Asked) -> None:  # noqa: ARG001
    """A run has its last status. Says so where it is wanted; what is over is settled."""
    if job.status == "failed":
        remedy = said("Open the run: its log says what happened.")
        notices.raise_once(store, f"run:{job.id}", "check", said("A run failed: {why}", why=job.words), remedy)
