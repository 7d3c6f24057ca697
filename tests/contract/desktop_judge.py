"""Whether a till and a company file of QuickBooks Desktop say the same: judged from what stands in both, by nothing
that sent it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pos.rules.qbd_split import TOLD
from pos.store import inventory, inventory_places
from pos.store.models import Document, InventoryLine, Outbox, QbdItem, QbdLevel, QbdTicket
from tests.contract import desktop_books as books
from tests.contract.emulators.desktop_connector import WebConnector
from tests.contract.emulators.desktop_file import CompanyFile


@dataclass
class Result:
    """What a run came to. wrong: sentences; empty = everything is as it must be."""

    sessions: int = 0
    events: int = 0
    applied: int = 0
    transactions: int = 0
    message_sets: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    refused: int = 0
    sold: int = 0
    documents: int = 0
    levels: int = 0
    wrong: list[str] = field(default_factory=list)


class Judge:
    """other: a company file nothing may be in. whole: every place has its site, and the lists there were read last."""

    def __init__(
        self,
        shop: books.Shop,
        result: Result,
        connectors: list[WebConnector],
        other: CompanyFile | None = None,
        *,
        whole: bool = False,
    ) -> None:
        self.shop, self.result, self.connectors, self.other, self.whole = shop, result, connectors, other, whole

    def judge(self) -> None:
        wrong, file = self.result.wrong, self.shop.file
        works = self.shop.works()
        self.result.transactions, self.result.message_sets = len(file.txns), len(file.log)
        for event in self.shop.events():
            if event.kind in TOLD:
                self.result.events += 1
                self._event(event, [row for row in works if row.source == event.id])
        for number, times in Counter((txn.kind, txn.ref_number) for txn in file.txns.values()).items():
            if times > 1:
                wrong.append(f"{number[0]} {number[1]} is there {times} times")
        for guid, times in Counter(txn.guid for txn in file.txns.values()).items():
            if times > 1:
                wrong.append(f"the part {guid} is there {times} times")
        known = {row.remote_id for row in works if row.state == "applied"}
        for txn in file.txns.values():
            if txn.txn_id not in known:
                wrong.append(f"{txn.kind} {txn.ref_number} is there and not applied here")
        self._order(works)
        self._sales()
        if self.whole:
            self._levels()
            self._lists()
        self._sessions()
        wrong += [f"QuickBooks could not read it: {why}" for why in file.refused]
        if self.other is not None and self.other.txns:
            wrong.append(f"{len(self.other.txns)} transactions are in somebody else's company file")

    def _event(self, event: Any, works: list[Any]) -> None:
        wrong, name = self.result.wrong, f"{event.kind} {event.n}"
        there = self.shop.there(event.id)
        moved: Counter[tuple[str, str]] = Counter()
        for txn in there:
            moved.update(txn.moved)  # type: ignore[arg-type]
        told = {key: Decimal(quantity) for key, quantity in moved.items() if quantity}
        ours = self.shop.moves(event.id) if event.status == "committed" else {}
        if event.qb_status == "applied":
            self.result.applied += 1
            live = [row for row in works if row.state != "cancelled"]
            if {row.state for row in live} != {"applied"} or len(live) != len(there):
                wrong.append(f"{name} is applied with {[row.state for row in live]} and {len(there)} transactions")
            if any(row.remote_id not in self.shop.file.txns for row in live):
                wrong.append(f"{name} is applied with a TxnID nobody gave")
            if ours != told:
                wrong.append(f"{name} did {ours} here and {told} there")
        elif event.qb_status == "none":
            if there:
                wrong.append(f"{name} ({event.status}) is not told, and {len(there)} times there")
        elif not event.qb_words:
            wrong.append(f"{name} is {event.qb_status} without a word")
        else:
            wrong.append(f"{name} is still {event.qb_status}: {event.qb_words}")

    def _sales(self) -> None:
        """The receipts' money is there once, and every document of ours says it is booked."""
        took = paid = Decimal(0)
        for txn in self.shop.file.txns.values():
            if txn.kind in ("SalesReceipt", "CreditMemo"):
                money = sum((Decimal(one.text or "0") for one in txn.request.iter("Amount")), Decimal(0))
                took, paid = (took + money, paid) if txn.kind == "SalesReceipt" else (took, paid + money)
        with self.shop.store.reading():
            ours = [Decimal(row.total).scaleb(-2) for row in Document.select()]
            states = Counter(row.state for row in Outbox.select())
        here = sum((money for money in ours if money > 0), Decimal(0)), -sum((m for m in ours if m < 0), Decimal(0))
        if here != (took, paid):
            self.result.wrong.append(f"{here[0]} taken and {here[1]} paid back here, {took} and {paid} there")
        self.result.documents = sum(txn.kind in ("SalesReceipt", "CreditMemo") for txn in self.shop.file.txns.values())
        if set(states) - {"booked"}:
            self.result.wrong.append(f"documents are {dict(states)}")

    def _levels(self) -> None:
        """Everything together: so much is there as is here."""
        sites = {one.code: one.qb_site_name for one in inventory_places.locations(self.shop.store, "main")}
        for (item, place), quantity in inventory.levels(self.shop.store, "main", books.ITEMS).items():
            there = self.shop.file.level(books.ITEMS[item], sites[place])
            self.result.levels += 1
            if Decimal(quantity) / 1000 != there:
                self.result.wrong.append(f"{item} at {place}: {Decimal(quantity) / 1000} here, {there} there")

    def _lists(self) -> None:
        """What was asked for last is what stands there, whole."""
        file = self.shop.file
        with self.shop.store.reading():
            items = {row.list_id: row.full_name for row in QbdItem.select()}
            levels = {(row.item, row.site): Decimal(row.on_hand) for row in QbdLevel.select()}
        if items != {key: item.name for key, item in file.items.items()}:
            self.result.wrong.append(f"{len(items)} items were read, {len(file.items)} are there")
        if levels != file.levels:
            self.result.wrong.append("the levels that were read are not those there")

    def _order(self, works: list[Any]) -> None:
        """Of each item, the transactions stand in the order of the events."""
        turn = {event.id: event.n for event in self.shop.events()}
        source = {row.remote_id: turn[row.source] for row in works if row.source in turn}
        with self.shop.store.reading():
            lines = list(InventoryLine.select())
        items: dict[int, set[str]] = {}
        for line in lines:
            items.setdefault(turn[line.event], set()).add(line.item)
        last: dict[str, int] = {}
        for txn in sorted(self.shop.file.txns.values(), key=lambda txn: txn.number):
            n = source.get(txn.txn_id, 0)
            moved = {item for item, _ in txn.moved}
            for item in (code for code in items.get(n, ()) if books.ITEMS[code] in moved):
                if n < last.get(item, 0):
                    self.result.wrong.append(f"{item}: event {n} came after {last[item]}")
                last[item] = max(n, last.get(item, 0))

    def _sessions(self) -> None:
        for connector in self.connectors:
            self.result.wrong += [*connector.complaints, *connector.line.complaints]
        if self.result.outcomes["lost"]:
            self.result.wrong.append("a call had no answer a Web Connector reads")
        with self.shop.store.reading():
            tickets = [row.ticket for row in QbdTicket.select()]
        if any(connector.told.ticket in tickets for connector in self.connectors if connector.told.ticket):
            self.result.wrong.append("a ticket is kept as it was handed out")
