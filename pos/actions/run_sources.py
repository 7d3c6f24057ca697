"""Where a run's sales come from: the journal of this system's tills, or exports of another till."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pos.actions import bundle
from pos.actions.import_source import Export
from pos.actions.run_settings import RunSettings
from pos.connectors.base import Binder
from pos.store import run_days

if TYPE_CHECKING:
    from pos.actions.run_phases import Work


@dataclass(frozen=True, slots=True)
class Sums:
    """What was sold on a day. rows: lines of exports, rejected: those that were not taken; count: receipts; total:
    minor units."""

    count: int
    total: int
    rows: int = 0
    rejected: int = 0


class Source(Protocol):
    """What a source does in the phases of a run; each may be asked again."""

    def begin(self, hold: Work) -> None:
        """Take in what is there, before any day is read."""

    def collect(self, hold: Work, day: str) -> Sums:
        """A day's sums, read afresh."""

    def receipts(self, hold: Work, day: str) -> list[int]:
        """The documents of tills that are posted for a day, by their `n`."""

    def transform(self, hold: Work, binder: Binder) -> int:
        """Make what is sent; how many documents were handed out."""

    def put_away(self, hold: Work) -> None:
        """At the end: put away what it was made of."""


class Journal:
    """Receipts of this system's tills."""

    def begin(self, hold: Work) -> None:
        """They are here already."""

    def collect(self, hold: Work, day: str) -> Sums:
        """From the receipts themselves."""
        return Sums(*run_days.raw(hold.store, self.receipts(hold, day)))

    def receipts(self, hold: Work, day: str) -> list[int]:
        """Those of the company's tills."""
        return run_days.numbers(hold.store, hold.part.connection, day)

    def transform(self, hold: Work, binder: Binder) -> int:
        """All that are due: an earlier day's go first, whoever asked."""
        return bundle.gather(hold.line, binder)

    def put_away(self, hold: Work) -> None:
        """They stay where they are."""


SOURCES: dict[str, Source] = {"journal": Journal(), "csv": Export()}


def of(settings: RunSettings) -> Source:
    """A company's source."""
    return SOURCES[settings.source]
