"""A receipt of any till, and what any till gave back of it, as the hub has them byte for byte."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pos.connectors.hub.client import OLDER, ROOT
from pos.connectors.hub.feeds import Feeds
from pos.errors import Corrupt, Rejected, Unavailable
from pos.rules import documents

Found = tuple[dict[str, Any], bytes]


#: Another till gives goods of that receipt back this moment.
BEING_RETURNED = "being_returned"


def fetch(line: Feeds, key: str, *, claim: bool = False) -> tuple[Found, list[Found]] | None:
    """The receipt with this number or id, each document proven by its hash; None when the hub knows of none.

    claim: this till is about to give goods of it back. Rejected, code BEING_RETURNED, while another one does."""
    path = f"{ROOT}/receipts/{quote(key, safe='')}"
    try:
        told = _claimed(line, path) if claim else line.ask(path)
    except Rejected as error:
        if error.code == "not_there":
            return None
        raise
    try:
        return _proven(told["document"]), [_proven(body) for body in told["back"]]
    except (Corrupt, KeyError, TypeError, AttributeError) as error:
        raise Unavailable("The hub told a receipt that is not whole.", code="unreadable") from error


def _claimed(line: Feeds, path: str) -> dict[str, Any]:
    """An older hub tells no tills apart here; what any of them gave back so far it tells all the same."""
    try:
        return line.tell(f"{path}/claim", {})
    except Rejected as error:
        if error.code != OLDER:
            raise
        return line.ask(path)


def _proven(text: str) -> Found:
    body = text.encode("utf-8")
    return documents.verify(body), body
