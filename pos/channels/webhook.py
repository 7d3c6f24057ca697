"""A webhook: each change as signed JSON to an address of the shop's own.

X-Webhook-Id stays the same when it is sent again; X-Webhook-Timestamp is the moment of sending; X-Signature-256 is made
of both and the body (`pos/rules/signing.py`). Any till takes such a message in at /hooks/<name>.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pos import clock
from pos.channels import wire
from pos.channels.base import Change, Sender
from pos.config import Notices
from pos.rules import signing

SCHEMA = "tillkeep.notice/1"


class Webhook:
    """One change, one POST."""

    name = "webhook"
    title = "Webhook"
    together = 1

    def __init__(self, settings: Notices, sender: Sender) -> None:
        self._address = wire.Address(settings.webhook_url, settings.timeout_seconds, "webhook_url")
        self._secret, self._sender = settings.webhook_secret, sender

    def send(self, changes: Sequence[Change]) -> str:
        """POST it; any 2xx means taken."""
        (change,) = changes
        at = str(int(clock.now().timestamp()))
        body = json.dumps(self._body(change), ensure_ascii=False).encode()
        signature = signing.sign(self._secret, change.id, at, body)
        self._address.post(
            body,
            {
                "X-Webhook-Id": change.id,
                "X-Webhook-Timestamp": at,
                "X-Signature-256": f"sha256={signature}",
            },
        )
        return ""

    def _body(self, change: Change) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            "id": change.id,
            "what": change.what,
            "level": change.level,
            "key": change.key,
            "text": change.text,
            "remedy": change.remedy,
            "subject": change.subject,
            "at": change.at.isoformat(timespec="milliseconds"),
            "till": {"id": self._sender.till, "name": self._sender.till_name, "shop": self._sender.shop},
        }
