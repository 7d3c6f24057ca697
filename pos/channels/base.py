"""A channel: one way to reach people who do not stand at the till."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pos.said import said

What = Literal["raised", "resolved"]
#: From bad to mild, and how each is called.
LEVELS: dict[str, str] = {
    "needs": said("Needs a person"),
    "check": said("Please check"),
    "info": said("For information"),
}
TEXT_CHARS_MAX = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One notice that was raised or resolved, in the words it had at that moment.

    id: the same each time this change is sent, so that who gets it twice can tell.
    """

    id: str
    key: str
    what: What
    level: str
    text: str
    remedy: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """Which till speaks. zone: local times are written in it. say: a text in the shop's language."""

    till: str
    till_name: str
    shop: str
    zone: str
    say: Callable[[str], str] = str


class Channel(Protocol):
    """One way out.

    name: as in the settings. together: how many changes one message may hold.
    """

    name: str
    title: str
    together: int

    def send(self, changes: Sequence[Change]) -> str:
        """Send one message with these changes. Returns a remark for the record, usually "".

        Raises exactly one of Unavailable (nothing was taken), Unknown (it may have been), Rejected (they said no) and
        SignInNeeded (our name or key is refused). Never tries again by itself.
        """
        ...


def heading(change: Change) -> str:
    """What sort of change this is, in words."""
    return said("Resolved") if change.what == "resolved" else LEVELS.get(change.level, change.level)


def plain(text: str) -> str:
    """One line of a bounded length, for places where a line break or a control character would mean something."""
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())[:TEXT_CHARS_MAX]


def worst(changes: Sequence[Change]) -> Change:
    """The change that matters most; of equals the first."""
    rank = list(LEVELS)
    return min(changes, key=lambda c: (c.what == "resolved", rank.index(c.level) if c.level in rank else len(rank)))
