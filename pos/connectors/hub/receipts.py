"""A receipt of any till, and what any till gave back of it, as the hub has them byte for byte."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pos.connectors.hub.client import ROOT
from pos.connectors.hub.feeds import Feeds
from pos.errors import Corrupt, Rejected, Unavailable
from pos.rules import documents

Found = tuple[dict[str, Any], bytes]


def fetch(line: Feeds, key: str) -> tuple[Found, list[Found]] | None:
    """The receipt with this number or id, each document proven by its hash; None when the hub knows of none."""
    try:
        told = line.ask(f"{ROOT}/receipts/{quote(key, safe='')}")
    except Rejected as error:
        if error.code == "not_there":
            return None
        raise
    try:
        return _proven(told["document"]), [_proven(body) for body in told["back"]]
    except (Corrupt, KeyError, TypeError, AttributeError) as error:
        raise Unavailable("The hub told a receipt that is not whole.", code="unreadable") from error


def _proven(text: str) -> Found:
    body = text.encode("utf-8")
    return documents.verify(body), body
