"""Tills of one shop with one issuer of gift vouchers: whole tills in folders of their own, one emulated ERPNext."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from agents import voucher as agent
from pos import clock
from pos.actions import exchange, issuer, line, sell, void, voucher
from pos.actions.issuer import Asked
from pos.actions.voucher_lines import rows_of
from pos.config import Config
from pos.connectors.erpnext import KIND
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.doctypes import ENTRY, VOUCHER
from pos.connectors.erpnext.vouchers import Vouchers
from pos.rules.voucher import Wanted
from pos.runner import Runner
from pos.store import catalog, connections, models, notices, vouchers
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.vouchers import LedgerRow
from tests import receipts
from tests.actions.shop import Person
from tests.books import Time
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import basket_site, set_up, till_config

Row = tuple[str, str, str, int]


@dataclass
class Till:
    """One till. Every method makes its database the current one first: a process has one."""

    name: str
    config: Config
    store: Store
    journal: Journal
    runner: Runner
    ids: list[str] = field(default_factory=list)

    def here(self) -> Till:
        models.database.initialize(self.store.database)
        return self

    def issue(self, amount: str, code: str = "") -> str:
        """Make a voucher by hand; its code."""
        self.here()
        asked = {"id": clock.uuid7(), "code": code, "amount": amount, "reason": "Present"}
        doc = voucher.issue(self, asked, Person()).doc
        return str(doc["vouchers"][0]["code"])

    def use(self, code: str, amount: str, basket: str = "") -> dict[str, Any]:
        """Sell something for this much, paid with the voucher, as the shop's rules allow; the receipt."""
        self.here()
        size = Decimal(amount)
        paid = {"mode_of_payment": "Gift Voucher", "kind": "voucher", "amount": size, "change": Decimal(0)}
        doc = receipts.sale(
            receipts.line("STD", 1, amount),
            payments=[{**paid, "reference": code, "last4": ""}],
            tender="voucher", cash_given=Decimal(0), change=Decimal(0), customer="Walk-in",
            **({"id": basket} if basket else {}),
        )  # fmt: skip
        wanted = [Wanted("redeem", code, -int(size * 100))]
        return self.journal.commit(doc, None, lambda tx: {"vouchers": rows_of(tx, wanted, doc["id"])}).doc

    def sell(self, code: str, amount: str, basket: str) -> dict[str, Any]:
        """The same over the whole way of a basket, the issuer asked first; the receipt."""
        self.here()
        line = {"line": "l1", "item_code": "GOODS", "qty": "1", "price": amount, "price_source": "typed"}
        paid = {"mode_of_payment": "Gift Voucher", "amount": amount, "reference": code}
        raw = {"id": basket, "customer": "", "lines": [line], "payments": [paid], "total": amount}
        ask = partial(issuer.ask, self.store, self.config)
        return sell.commit(self, raw, Person(), ask).doc

    def sell_gift(self, amount: str, code: str = "") -> dict[str, Any]:
        """A voucher sold for cash over the whole way of a basket; the receipt."""
        self.here()
        line = {"line": "l1", "item_code": "GIFT-VOUCHER", "qty": "1", "price": amount, "price_source": "typed"}
        paid = {"mode_of_payment": "Cash", "amount": amount}
        raw = {"id": clock.uuid7(), "customer": "", "lines": [line | {"voucher": {"code": code}}], "payments": [paid]}
        return sell.commit(self, raw | {"total": amount}, Person(), partial(issuer.ask, self.store, self.config)).doc

    def void(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """A sale voided, the issuer asked first; the void."""
        self.here()
        raw = {"id": clock.uuid7(), "document": receipt["id"], "reason": "Test sale"}
        return void.commit(self, raw, Person(), partial(issuer.ask, self.store, self.config)).doc

    def by_hand(self, act: Any, code: str, amount: str) -> dict[str, Any]:
        """`voucher.issue` or `voucher.adjust`, the issuer asked first; the document."""
        self.here()
        raw = {"id": clock.uuid7(), "code": code, "amount": amount, "reason": "Present"}
        doc: dict[str, Any] = act(self, raw, Person(), partial(issuer.ask, self.store, self.config)).doc
        return doc

    def ask(self, code: str, amount: int, basket: str = "") -> Asked:
        self.here()
        return issuer.ask(self.store, self.config, code, basket, amount)

    def round(self) -> str:
        """One round of the agent; what it says."""
        self.here()
        assert self.runner.once("voucher")
        said = self.store.execute("SELECT outcome, sentence, error FROM agent_run ORDER BY n DESC LIMIT 1").fetchone()
        assert said[0] == "ok", said
        return str(said[1])

    def exchange(self) -> exchange.Done:
        """One round with the issuer alone, without the runner around it."""
        self.here()
        memory = self.runner._memory.setdefault(("voucher", ""), {})
        kept: line.Memory | None = memory.get("line")
        if kept is None:
            facts = connections.facts(self.store, "erpnext")
            kept = memory["line"] = line.Memory(Erpnext(self.config, facts), facts)
        told = connections.line(self.store, "erpnext")
        job = line.Job(self.store, "erpnext", KIND.address(self.config), kept, self.name)
        return exchange.rows(job, told, KIND.voucher_book(kept.connector))

    def add(self, *added: LedgerRow) -> None:
        """Rows of documents, without the documents."""
        marks = ", ".join("?" * len(LedgerRow._fields))
        with self.store.transaction():
            for row in added:
                self.store.execute(f"INSERT INTO voucher_row VALUES ({marks})", row._replace(origin="document"))

    def rows(self) -> list[Row]:
        found = self.store.execute("SELECT id, code, act, amount FROM voucher_row ORDER BY id").fetchall()
        return [tuple(row) for row in found]

    def balance(self, code: str) -> int:
        return vouchers.balance(self.store, code).balance

    def told(self, prefix: str = "voucher:") -> list[str]:
        self.here()
        return [n.text for n in notices.open_notices(self.store, prefix=prefix)]

    def close(self) -> None:
        self.here()
        self.journal.close()
        self.store.close()


@dataclass
class Shop:
    """The tills and their issuer."""

    emulator: Emulator
    time: Time
    tills: Sequence[Till]

    def entries(self, *, counting: bool = True) -> list[dict[str, Any]]:
        """The rows the issuer holds."""
        found = self.emulator.site.docs[ENTRY].values()
        return [d for d in found if not counting or d["act"] not in ("hold", "release")]

    def rows(self) -> list[Row]:
        return sorted((d["entry_id"], d["voucher_code"], d["act"], round(d["amount"] * 100)) for d in self.entries())

    def by_hand(self, code: str, amount: float, **more: Any) -> None:
        """Somebody makes a Gift Voucher in ERPNext."""
        fields = {"initial_amount": amount, "status": "Active", "issued_on": "2026-11-20", **more}
        self.emulator.site.put(VOUCHER, code, voucher_code=code, **fields)

    def book(self) -> Vouchers:
        return Vouchers(Erpnext(self.tills[0].config, connections.facts(self.tills[0].here().store, "erpnext")))

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody reaches the issuer."""
        self.emulator.maintenance = True
        yield
        self.emulator.maintenance = False


@contextmanager
def shop(root: Path, *names: str, slow_seconds: float = 0.3, **settings: str) -> Iterator[Shop]:
    """Tills T1 and T2 (or as named) on a database each, and an issuer that `erpnext setup` made ready."""
    time = Time()
    site = basket_site()
    site.clock, site._last_stamp = clock.now, ""
    emulator = Emulator(site, slow_seconds=slow_seconds)
    tills: list[Till] = []
    with clock.set_to(time), emulator:
        try:
            for name in names or ("T1", "T2"):
                config = till_config(root / name, emulator.url, TILLKEEP_TILL_ID=name, **settings)
                store = open_store(config)
                connections.keep_facts(store, "erpnext", set_up(site, config, "vouchers"))
                catalog.put_taxes(store, [{"code": "Z", "title": "Zero", "rate": "0", "account": ""}])
                catalog.put_items(
                    store,
                    [
                        {"code": code, "name": code.title(), "item_group": "Home", "tax_code": "Z", "open_price": True}
                        for code in ("GOODS", "GIFT-VOUCHER")
                    ],
                    "csv",
                )
                catalog.put_modes(
                    store,
                    [
                        {"name": name, "kind": kind, "position": 0, "disabled": False}
                        for name, kind in (("Gift Voucher", "voucher"), ("Cash", "cash"))
                    ],
                    "csv",
                )
                connections.sync(store, [("erpnext", "erpnext", "ERPNext", emulator.url)])
                journal = Journal(store)
                runner = Runner(store, config, [agent.AGENT], journal=journal)
                tills.append(Till(name, config, store, journal, runner))
            yield Shop(emulator, time, tills)
        finally:
            for till in tills:
                till.close()
