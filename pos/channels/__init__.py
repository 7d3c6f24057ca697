"""The ways out to people elsewhere: e-mail, a signed webhook, a chat. Set up in [notices]."""

from __future__ import annotations

from collections.abc import Callable

from pos import language
from pos.channels.base import LEVELS, Change, Channel, Sender
from pos.config import Config, Notices
from pos.errors import BadSettings
from pos.rules import quiet

__all__ = ["Change", "Channel", "Sender", "check", "configured"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def configured(config: Config) -> list[Channel]:
    """The channels that are set up. Speaks to nobody. BadSettings for an address that is none."""
    settings, till = config.notices, config.till
    sender = Sender(till.id, till.name, config.shop.name, config.shop.timezone, language.of(config.shop.language).say)
    return [_made(name)(settings, sender) for name in quiet.levels(settings)]


def _made(name: str) -> Callable[[Notices, Sender], Channel]:
    """Imported when it is set up: a till without e-mail starts 20 ms earlier."""
    if name == "email":
        from pos.channels.email import Email

        return Email
    if name == "webhook":
        from pos.channels.webhook import Webhook

        return Webhook
    from pos.channels.chat import Chat

    return Chat


def check(config: Config) -> None:
    """Whether [notices] can work. BadSettings says what to change."""
    settings = config.notices
    for name, levels in quiet.levels(settings).items():
        unknown = [level for level in levels if level not in LEVELS]
        if unknown:
            raise BadSettings(f"[notices] {name}_levels holds {unknown[0]!r}; levels are {', '.join(LEVELS)}.")
    if settings.email_to and not settings.smtp_host:
        raise BadSettings("[notices] email_to is set, but no smtp_host; name the mail server.")
    if settings.smtp_security == "none" and settings.smtp_user and settings.smtp_host not in _LOOPBACK:
        raise BadSettings(
            "[notices] smtp_security is none, which would send the password in clear; use starttls or tls."
        )
    if settings.webhook_url and not settings.webhook_secret:
        raise BadSettings("[notices] webhook_url is set, but no webhook_secret; unsigned notices are not sent.")
    for name, least in (("timeout_seconds", 1), ("give_up_hours", 1), ("event_days", 1), ("offline_minutes", 1)):
        if getattr(settings, name) < least:
            raise BadSettings(f"[notices] {name} must be at least {least}.")
    configured(config)
