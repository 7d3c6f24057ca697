"""A printer as the queue meets it, and the two ways it fails. The difference decides about printing again.

NotPrinted: nothing reached the paper; the same slip may be sent again.
MayHavePrinted: nobody knows; a person looks, and what is printed then is marked COPY.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pos.errors import PosError
from pos.rules.paper import Row


class NotPrinted(PosError):
    """The printer is off, out of paper, or was not reached: nothing of the slip is on paper."""

    code = "not_printed"
    status = 503


class MayHavePrinted(PosError):
    """The slip was sent, in part or whole, and the printer did not say that it printed it."""

    code = "may_have_printed"
    status = 503


@dataclass(frozen=True, slots=True)
class Done:
    """A slip that was handed over. confirmed: the printer itself said that everything before its answer is on paper."""

    confirmed: bool


class Printer(Protocol):
    """One printer. Each call opens it, does one thing, closes it, and ends within a bounded time."""

    def letters(self, text: str) -> str:
        """The text in the letters it has, for laying out."""

    def send(self, rows: Sequence[Row], *, must_answer: bool) -> Done:
        """Print the rows. must_answer: it has answered before, so silence means that it hangs."""

    def print_pages(self) -> None:
        """£ and € in each code page it may have, to find the right one."""

    def kick(self) -> None:
        """One pulse for the drawer."""


class Channel(Protocol):
    """An opened way to a device."""

    def write(self, data: bytes) -> None:
        """Hand over all of it. OSError when that fails or takes too long."""

    def read(self, seconds: float) -> bytes:
        """What has come back, waiting at most so long; b"" when nothing did. OSError when the other side is gone."""

    def close(self) -> None:
        """Never raises."""
