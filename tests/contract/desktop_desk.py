"""A till whose sales go to the emulated QuickBooks Desktop, too: its words there, and the rounds of its agent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pos.actions import qbd_mapping, qbd_sales
from pos.actions.line import Job, Memory
from pos.store import qbd_asks
from pos.store.models import Outbox, QbdWork
from tests import receipts
from tests.contract import desktop_books
from tests.contract.desktop_books import Shop
from tests.contract.emulators.desktop_file import CompanyFile

DAY, NEXT = "2026-11-20", dt.datetime(2026, 11, 21, 1, tzinfo=dt.UTC)
MAPPING: dict[str, Any] = {
    "prefix": "TK",
    "tax": "lines",
    "tenders": {
        "Cash": {"code": "CA", "method": "Cash", "account": "Undeposited Funds", "payout": "check",
                 "payout_account": "Checking"},
        "Card": {"code": "CD", "method": "Visa", "account": "Undeposited Funds"},
        "*exchange": {"code": "EX", "account": "Undeposited Funds"},
        "*none": {"code": "NO", "account": "Undeposited Funds"},
    },
    "shops": {"main": {"code": "LON", "class": "", "customer": "", "site": "Shop"}},
    "default_item": "Sales goods",
    "taxes": {"V20": {"item": "VAT 20", "code": "Tax"}},
    "rounding": "Sales goods",
    "walk_in": "Walk-in",
    "receivable": "Accounts Receivable",
}  # fmt: skip


class Desk:
    """The till, its company file and its rounds."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.store = shop, shop.store
        self.name = shop.desktop.connection

    def mapped(self, **change: Any) -> None:
        before = qbd_mapping.read(self.store, "main")
        qbd_mapping.write(self.store, "main", MAPPING | change, before, "boss")

    def on(self, moves: str = "adjustments", **change: Any) -> None:
        self.mapped(**change)
        qbd_mapping.switch_on(self.store, "main", moves, DAY, "boss")
        self.listed()

    def listed(self, connection: str = "") -> None:
        """Its items were asked for, and told."""
        n = qbd_asks.ask(self.store, connection or self.name, "ask_items", "boss")
        QbdWork.update(state="applied").where(QbdWork.n == n).execute()

    def sell(self, code: str = "COLA", qty: int = 1, price: str = "1.50", **more: Any) -> dict[str, Any]:
        line = receipts.line(code, qty, price, warehouse="SHOP")
        return self.shop.journal.commit(receipts.sale(line, **more)).doc

    def job(self) -> Job:
        memory = Memory(qbd_mapping.desk(self.store, self.name))
        return Job(self.store, self.name, "", memory, "server:1:test", settle_seconds=0, limit=500, mailbox=True)

    def round(self, *, post: bool = True) -> qbd_sales.Done:
        return qbd_sales.round_on(self.job(), post=post)

    def tomorrow(self) -> None:
        self.shop.moment = max(self.shop.moment, NEXT) + dt.timedelta(minutes=10)

    def session(self) -> None:
        self.shop.connector().run()

    def rows(self, part: str = "book") -> list[Any]:
        return list(Outbox.select().where(Outbox.part == part).order_by(Outbox.n))

    def states(self, part: str = "book") -> list[str]:
        return [row.state for row in self.rows(part)]

    def there(self, kind: str) -> list[Any]:
        return [txn for txn in self.shop.file.txns.values() if txn.kind == kind]


def company_file() -> CompanyFile:
    """One with what sales are posted to."""
    file: CompanyFile = desktop_books.company_file()
    for name in ("Sales goods", "VAT 20", "Tax difference"):
        file.add_item(name, kind="ItemOtherCharge")
    for name, kind in (("Undeposited Funds", "OtherCurrentAsset"), ("Checking", "Bank"),
                       ("Accounts Receivable", "AccountsReceivable")):  # fmt: skip
        if name not in [one.name for one in file.accounts.values()]:
            file.add_account(name, kind)
    if "Walk-in" not in [one.name for one in file.customers.values()]:
        file.add_customer("Walk-in")
    for name in ("Cash", "Visa"):
        if name not in [one.name for one in file.methods.values()]:
            file._add(file.methods, name, "PaymentMethod")
    return file
