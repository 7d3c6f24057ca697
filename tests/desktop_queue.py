"""A queue to QuickBooks Desktop with nobody at the other end: sessions, hand-outs and answers by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from pos import clock
from pos.rules.inventory import Draft, Line
from pos.rules.qbd_split import Part
from pos.store import catalog, inventory, inventory_begin, inventory_places, qbd_companies, qbd_queue, qbd_rows
from pos.store import qbd_tickets as tickets
from pos.store.db import Store
from pos.store.inventory_places import Location, Reason
from pos.store.keys import digest
from pos.store.models import QbdCompany, QbdTicket, QbdWork
from pos.store.qbd_outcome import Answer
from pos.store.qbd_queue import Handed
from pos.store.qbd_rows import Work
from tests.books import Time

HERE = qbd_companies.CONNECTION
VERSION = "16.0"
SITES = {"SHOP": "Shop", "BACK": "Back room", "VAN": ""}


def built(work: Work, set_id: str, old_set: str, request_id: str, version: str) -> str:
    """Bytes that say what they are of."""
    what = "probe" if work.probing else work.kind
    return f"<{what} n='{work.n}' set='{set_id}' old='{old_set}' id='{request_id}' v='{version}'/>"


class Queue:
    """The queue of the first company. time: its clock, which stands until it is moved on."""

    def __init__(self, store: Store, time: Time) -> None:
        self.store, self.time = store, time
        with store.transaction():  # without a password, whose slow hash nobody needs here
            QbdCompany.create(
                connection=HERE, company="main", username="webconnector", owner_id="{1}", file_id="{2}",
                app_name="Tillkeep", made_at=clock.stamp(time.moment),
            )  # fmt: skip

    @property
    def now(self) -> datetime:
        return self.time.moment

    # -- what is told

    def tell(self, *items: str, source: str = "", kind: str = "transfer") -> int:
        """One more transfer of these items; its number."""
        lines = [{"item": {"name": item}, "quantity": "1"} for item in items]
        part = Part(kind, {"date": "2026-11-21", "memo": "", "tail": source, "from": {"name": "Shop"},
                           "to": {"name": "Back room"}, "lines": lines}, items)  # fmt: skip
        with self.store.transaction():
            (n,) = qbd_queue.tell(self.store, HERE, "main", kind, source or clock.uuid7(), [part], self.now)
        return n

    def furnish(self, *items: str) -> None:
        """Goods at the shop and behind it, a van QuickBooks does not know, and reasons."""
        inventory_begin.begin(self.store)
        rows = [{"code": code, "name": code, "item_group": "Goods", "tax_code": "V20"} for code in items]
        catalog.put_items(self.store, rows, "csv")
        for code, site in SITES.items():
            inventory_places.put_location(self.store, Location(code, "main", code.title(), qb_site_name=site), "test")
        for code, account in (("damage", "Shrinkage"), ("gift", "Gifts")):
            inventory_places.put_reason(self.store, Reason("main", code, code, account), "test")
        self.post("opening", *(Line(item, destination=place, set_to=99_000) for item in items for place in SITES))

    def post(self, kind: str, *lines: Line, **more: Any) -> str:
        """An event of today; its id."""
        draft = Draft(clock.uuid7(), "main", kind, self.now.date().isoformat(), lines, **more)
        return inventory.post(self.store, draft, by="test", now=self.now).id

    def status(self, event: str) -> tuple[str, str]:
        row = inventory.event(self.store, event)
        return row.qb_status, row.qb_words

    # -- sessions

    def session(self) -> str:
        """A session that is open; what its ticket is kept as."""
        with self.store.transaction():
            return digest(tickets.begin(
                self.store, HERE, "webconnector", "127.0.0.1", self.now, client_version="", company_file="",
            ))  # fmt: skip

    def opened(self, ticket: str) -> tickets.Session:
        with self.store.reading():
            row = QbdTicket.get(QbdTicket.ticket == ticket)
        return tickets.Session(**{name: getattr(row, name) for name in tickets.Session.__slots__})

    def take(self, ticket: str) -> Handed | None:
        return qbd_queue.take(self.store, HERE, ticket, VERSION, self.now, built)

    def taken(self, ticket: str) -> Handed:
        handed = self.take(ticket)
        assert handed is not None
        return handed

    def drained(self, ticket: str) -> list[str]:
        """Everything that is due is taken and booked; what was handed out, in order."""
        bodies = []
        while (handed := self.take(ticket)) is not None:
            bodies.append(handed.body)
            assert self.book(ticket, handed.n)
        return bodies

    def held(self, ticket: str, n: int) -> Work:
        work = qbd_queue.held(self.store, ticket, n)
        assert work is not None
        return work

    def book(self, ticket: str, n: int, remote_id: str = "") -> bool:
        return qbd_queue.booked(self.store, self.held(ticket, n), Answer(remote_id or f"TXN-{n}"), self.now)

    def work(self, n: int) -> Work:
        with self.store.reading():
            found = qbd_rows.one(self.store, n)
        assert found is not None
        return found

    def put_in(self, n: int, **values: Any) -> None:
        """Let a row stand in any state."""
        with self.store.transaction():
            QbdWork.update(**values).where(QbdWork.n == n).execute()

    def passes(self, **ahead: float) -> None:
        self.time.passes(timedelta(**ahead).total_seconds())


# -- answers -----------------------------------------------------------------------------------------------------------


def answered(*items: str, set_id: str = "", set_code: str = "") -> str:
    """A whole answer with these in it."""
    of_set = f' newMessageSetID="{set_id}"' if set_id else ""
    of_set += f' messageSetStatusCode="{set_code}"' if set_code else ""
    return f'<?xml version="1.0" ?><QBXML><QBXMLMsgsRs{of_set}>{"".join(items)}</QBXMLMsgsRs></QBXML>'


def rs(name: str, request_id: str, inside: str = "", code: int = 0, message: str = "Status OK", more: str = "") -> str:
    """The answer to one request."""
    severity = "Info" if code < 500 else "Warn" if code < 1000 else "Error"
    return (
        f'<{name}Rs requestID="{request_id}" statusCode="{code}" statusSeverity="{severity}"'
        f' statusMessage="{escape(message, {chr(34): "&quot;"})}"{more}>{inside}</{name}Rs>'
    )


def recovered(txn: str = "REC-1", key: str = "TxnID") -> str:
    return f"<ErrorRecovery><{key}>{txn}</{key}><TxnNumber>9</TxnNumber></ErrorRecovery>"


def ret(work: Work, txn: str = "TXN-1", **other: Any) -> str:
    """What QuickBooks shows of a transfer or an adjustment, as it was sent; other: what it shows otherwise."""
    transfer = work.kind == "transfer"
    kind = "TransferInventory" if transfer else "InventoryAdjustment"
    lines = other.get("lines", work.payload["lines"])
    rows = "".join(
        f"<{kind}LineRet><TxnLineID>{at}</TxnLineID>{_ref('ItemRef', line['item'])}"
        + (f"<QuantityTransferred>{line['quantity']}</QuantityTransferred>" if transfer
           else f"<QuantityDifference>{line.get('difference', '0')}</QuantityDifference>")
        + f"</{kind}LineRet>"
        for at, line in enumerate(lines)
    )  # fmt: skip
    sites = (
        _ref("FromInventorySiteRef", work.payload["from"]) + _ref("ToInventorySiteRef", work.payload["to"])
        if transfer
        else _ref("AccountRef", {"name": work.payload["account"]}) + _ref("InventorySiteRef", work.payload["site"])
    )
    return (
        f"<{other.get('kind', kind)}Ret><TxnID>{txn}</TxnID><EditSequence>17</EditSequence><TxnNumber>5</TxnNumber>"
        f"<TxnDate>{work.payload['date']}</TxnDate><RefNumber>{other.get('ref', work.ref_number)}</RefNumber>{sites}"
        f"<Memo>{work.payload.get('tail', '')}</Memo><ExternalGUID>{other.get('guid', work.guid)}</ExternalGUID>{rows}"
        f"</{other.get('kind', kind)}Ret>"
    )


def _ref(name: str, ref: Any) -> str:
    inside = f"<ListID>{ref['id']}</ListID>" if ref.get("id") else f"<FullName>{escape(ref['name'])}</FullName>"
    return f"<{name}>{inside}</{name}>"
