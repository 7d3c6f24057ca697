"""A chat's incoming webhook: {"text": …} for Slack and those that speak its language, a card for Microsoft Teams."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pos.channels import wire
from pos.channels.base import Change, Sender, heading, plain
from pos.config import Notices

_SIGNS = {"needs": "🔴", "check": "🟠", "info": "🔵"}


class Chat:
    """Several changes in one message, one line each and the remedy below it."""

    name = "chat"
    title = "Chat"
    together = 20

    def __init__(self, settings: Notices, sender: Sender) -> None:
        self._address = wire.Address(settings.chat_url, settings.timeout_seconds, "chat_url")
        self._card, self._sender = settings.chat_format == "card", sender

    def send(self, changes: Sequence[Change]) -> str:
        """POST it; any 2xx means taken."""
        head = plain(f"{self._sender.shop}, {self._sender.till_name}")
        lines = [_line(change, self._sender) for change in changes]
        content = (
            _card(head, lines) if self._card else {"text": "\n".join([f"*{_harmless(head)}*", *map(_harmless, lines)])}
        )
        self._address.post(json.dumps(content, ensure_ascii=False).encode())
        return ""


def _line(change: Change, sender: Sender) -> str:
    sign = "🟢" if change.what == "resolved" else _SIGNS.get(change.level, "")
    remedy = f" → {plain(change.remedy)}" if change.remedy and change.what == "raised" else ""
    return f"{sign} {sender.say(heading(change))}: {plain(change.text)}{remedy}"


def _harmless(text: str) -> str:
    """Nothing in it calls people or becomes a link or a tag of the chat."""
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "@\u200b")):
        text = text.replace(sign, written)
    return text


def _card(head: str, lines: Sequence[str]) -> dict[str, object]:
    blocks = [{"type": "TextBlock", "text": head, "weight": "Bolder", "wrap": True}]
    blocks += [{"type": "TextBlock", "text": line, "wrap": True} for line in lines]
    content = {"type": "AdaptiveCard", "version": "1.4", "body": blocks}
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    return {"type": "message", "attachments": [card]}
