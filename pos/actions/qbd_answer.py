"""What QuickBooks Desktop answered, booked. Not here yet: nothing is handed out, and nothing is taken for booked."""

from __future__ import annotations

from datetime import datetime

from pos.errors import Unavailable
from pos.store.db import Store
from pos.store.qbd_queue import Work
from pos.store.qbd_tickets import Session


def build(work: Work, set_id: str, old_set: str, request_id: str, version: str) -> str:  # noqa: ARG001
    """The bytes of a message."""
    raise Unavailable("Messages to QuickBooks are not built yet.")


def book(store: Store, session: Session, response: str, hresult: str, message: str, now: datetime) -> int:  # noqa: ARG001
    """Book an answer; how far the session is."""
    raise Unavailable("Answers of QuickBooks are not booked yet.")
