"""A run's day on its three sides: what was sold, what was sent, what stands in the books now.

There is one comparison in this program, `actions.reconcile`; this adds the side before it, read afresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pos.actions import reconcile
from pos.actions.line import Job
from pos.store.scopes import Scope

MATCH, MISMATCH, NOT_RUN = "MATCH", "MISMATCH", "NOT RUN"


class Part(Protocol):
    """What is asked of a run's work for one company."""

    @property
    def job(self) -> str: ...
    @property
    def company(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a day came to. status: MATCH, MISMATCH or NOT RUN. code: why it was not run, a word ("line": they cannot be
    reached, worth another try; "waiting": documents are on their way; "nothing": nothing of it goes there). reason: the
    same as a sentence. difference: what the books come to beyond what was sold; minor units. documents: the numbers of
    those that differ."""

    status: str
    code: str = ""
    reason: str = ""
    difference: int = 0
    documents: tuple[str, ...] = ()


def of_day(job: Job, part: Part, day: str, artifact: int) -> Outcome | None:  # noqa: ARG001
    """Compare one business day (ISO) and keep what it came to with the artifact (its `n`). None when the program stops
    meanwhile: nothing was kept."""
    found = reconcile.look(job, Scope("day", day, day))
    if found is None:
        return None
    if found.outcome == "not_run":
        return Outcome(NOT_RUN, found.code, found.reason)
    difference = found.total_there - found.total_here
    return Outcome(MISMATCH if found.open else MATCH, difference=difference)
