"""What QuickBooks tells an address of ours: signed, with no data, some twice, in the old form or as CloudEvents."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import http.client
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.contract.emulators.qbo_api import encoded
from tests.contract.emulators.qbo_cloud import Cloud

_WORDS = {"Create": "created", "Update": "updated", "Delete": "deleted", "Void": "voided"}
KINDS = {"old": "application/json", "cloud": "application/cloudevents-batch+json"}
Event = tuple[str, str, str, str, dt.datetime]


@dataclass
class Webhooks:
    """address: where they go. verifier: the token both sides know. form: which of the two."""

    cloud: Cloud
    address: str
    verifier: str = "verifier-token-of-the-app"
    form: Literal["old", "cloud"] = "cloud"
    content_type: str = ""  # "" = that of the form
    #: (status, body) of each POST.
    sent: list[tuple[int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pending()  # what was there before is no news

    def pending(self) -> list[Event]:
        """(realm, entity, id, operation, when) that were not told yet; they count as told now."""
        found: list[Event] = []
        for realm, company in self.cloud.companies.items():
            with company.lock:
                news, company.told = company.events[company.told :], len(company.events)
            found += [(realm, entity, key, operation, at) for entity, key, operation, at in news]
        return found

    def hush(self) -> None:
        """Forget what happened until now."""
        self.pending()

    def deliver(self, *, twice: bool = False) -> list[int]:
        """One POST with all that is new, of all companies; the statuses. twice: the same bytes again."""
        events = self.pending()
        if not events:
            return []
        body = self.body(events)
        return [self.post(body) for _ in range(1 + twice)]

    def body(self, events: list[Event]) -> bytes:
        return encoded(_old(events) if self.form == "old" else [_event(*event) for event in events])

    def signature(self, body: bytes) -> str:
        return base64.b64encode(hmac.new(self.verifier.encode(), body, hashlib.sha256).digest()).decode()

    def post(self, body: bytes, *, signature: str | None = None) -> int:
        """The bytes as they are. signature: another than the right one, "" for none."""
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=30)
        headers = {"Content-Type": self.content_type or KINDS[self.form], "User-Agent": "intuit_notification"}
        signed = self.signature(body) if signature is None else signature
        if signed:
            headers["intuit-signature"] = signed
        try:
            connection.request("POST", parts.path or "/", body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
        self.sent.append((status, body))
        return status


def _old(events: list[Event]) -> dict[str, Any]:
    realms: dict[str, list[dict[str, str]]] = {}
    for realm, entity, key, operation, at in events:
        said = {"name": entity, "id": key, "operation": operation, "lastUpdated": at.isoformat(timespec="milliseconds")}
        realms.setdefault(realm, []).append(said)
    return {
        "eventNotifications": [
            {"realmId": realm, "dataChangeEvent": {"entities": entities}} for realm, entities in realms.items()
        ]
    }


def _event(realm: str, entity: str, key: str, operation: str, at: dt.datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": secrets.token_hex(16),
        "source": "intuit.qbo",
        "type": f"qbo.{entity.lower()}.{_WORDS[operation]}.v1",
        "datacontenttype": "application/json",
        "time": at.isoformat(timespec="milliseconds"),
        "intuitentityid": key,
        "intuitaccountid": realm,
        "data": {},
    }
