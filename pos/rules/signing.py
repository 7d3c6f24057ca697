"""Signatures of webhooks: what is signed, how it is written, how it is compared without telling anything by time.

ERPNext signs the body alone: base64(HMAC-SHA256(secret, body)) in X-Frappe-Webhook-Signature. Ours signs id, time and
body, so that none of them can be changed or used again: hex(HMAC-SHA256(secret, id + "." + time + "." + body)).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable


def sign(secret: str, event: str, at: str, body: bytes) -> str:
    """The signature of a message as 64 hex digits. at: seconds since 1970 as text."""
    return hmac.new(secret.encode(), f"{event}.{at}.".encode() + body, hashlib.sha256).hexdigest()


def is_signed(secrets: Iterable[str], event: str, at: str, body: bytes, given: str) -> bool:
    """Whether one of the secrets made this signature; "sha256=" in front of the digits is allowed."""
    digits = given.strip().removeprefix("sha256=").lower()
    return _any(digits, (sign(secret, event, at, body) for secret in secrets))


def frappe_sign(secret: str, body: bytes) -> str:
    """The signature as ERPNext makes it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode("ascii")


def is_frappe_signed(secrets: Iterable[str], body: bytes, given: str) -> bool:
    """Whether ERPNext made this signature with one of the secrets."""
    return _any(given.strip(), (frappe_sign(secret, body) for secret in secrets))


def _any(given: str, wanted: Iterable[str]) -> bool:
    """Every one is compared in constant time, and all of them, whichever fits."""
    found = False
    for one in wanted:
        found |= hmac.compare_digest(one.encode(), given.encode("utf-8", "replace"))
    return found
