"""Which notices go where, and when none does: levels of a channel; quiet hours, also over midnight."""

from __future__ import annotations

from datetime import time

from pos.sections import Notices


def levels(settings: Notices) -> dict[str, tuple[str, ...]]:
    """The channels that are set up, each with the levels that go there."""
    ways = {
        "email": (settings.email_to, settings.email_levels),
        "webhook": (settings.webhook_url, settings.webhook_levels),
        "chat": (settings.chat_url, settings.chat_levels),
    }
    return {name: tuple(words.replace(" ", "").split(",")) for name, (to, words) in ways.items() if to}


def is_quiet(at: time, begin: time, end: time) -> bool:
    """Whether a moment lies in the quiet hours; the end itself does not. Equal times = no quiet hours."""
    if begin <= end:
        return begin <= at < end
    return at >= begin or at < end
