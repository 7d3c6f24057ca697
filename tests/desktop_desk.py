"""A queue to QuickBooks Desktop whose messages are the real ones, and whose answers are given by hand."""

from __future__ import annotations

from typing import Any

from pos.actions import qbd_answer, qbd_hand
from pos.store import qbd_archive
from pos.store.db import Store
from pos.store.qbd_queue import Handed
from pos.store.qbd_rows import Work
from tests.books import Time
from tests.desktop_queue import HERE, VERSION, Queue, answered, rs


class Desk(Queue):
    """A queue whose messages are the real ones, with one session."""

    def __init__(self, store: Store, time: Time) -> None:
        super().__init__(store, time)
        self.ticket = self.session()

    def take(self, ticket: str = "") -> Handed | None:
        return qbd_hand.take(self.store, HERE, ticket or self.ticket, VERSION, self.now)

    def out(self, ticket: str = "") -> Work:
        """What is handed out next, as it stands then."""
        return self.work(self.taken(ticket or self.ticket).n)

    def says(self, response: str = "", hresult: str = "", message: str = "", ticket: str = "") -> int:
        session = self.opened(ticket or self.ticket)
        return qbd_answer.book(self.store, session, response, hresult, message, self.now)

    def posted(self, work: Work, inside: str = "", **more: Any) -> str:
        name = more.pop("name", "TransferInventoryAdd" if work.kind == "transfer" else "InventoryAdjustmentAdd")
        return answered(rs(name, more.pop("request_id", work.request_id), inside, **more), set_id=work.set_id)

    def last(self, n: int) -> str:
        """What went over the wire last about a message."""
        return qbd_archive.found(self.store, HERE, work=n)[0].body
