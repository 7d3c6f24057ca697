"""A whole shop for a whole day: a till in a process of its own, an ERPNext over HTTP, and the cable between them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from pos import demo
from pos.store import people
from pos.store.db import open_store
from tests.contract import sites
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.emulators.erpnext_site import Doc, Site
from tests.till_process import Till

CASHIER, CASHIER_PIN = "103", "2468"
MANAGER, MANAGER_PIN = "101", "8642"
#: How long what the agents do by themselves may take on a busy machine.
AGENTS_SECONDS_MAX = 60


class Shop:
    """The till, the site of its books, and `cable_out()` / `cable_in()` between them."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.site: Site = shops.demo()
        shops.put_vouchers(self.site)
        for item in self.site.docs["Item"].values():
            item["image"] = None  # pictures have their own tests
        self._line = Emulator(self.site)
        self._line.__enter__()
        self.address = self._line.url
        self.env = {
            "ERPNEXT_URL": self.address,
            "ERPNEXT_API_KEY": shops.TILL[0],
            "ERPNEXT_API_SECRET": shops.TILL[1],
            "TILLKEEP_ERPNEXT_PROBE_SECONDS": "1",
            "TILLKEEP_TILL_WALK_IN": "Walk-in",
            **sites.CASH,
        }
        self.till = Till(root, env=self.env)

    @property
    def config(self) -> Any:
        return sites.settings.load(self.root, self.env)

    def prepare(self) -> None:
        """Set the site up, and two people at the till."""
        done = self.till.command(
            "erpnext", "setup", "--admin-key", shops.MANAGER[0], "--admin-secret", shops.MANAGER[1]
        )
        assert done.returncode == 0, done.stdout + done.stderr
        store = open_store(self.config)
        people.add_user(store, CASHIER, "Ines Calloway", "cashier", CASHIER_PIN)
        people.add_user(store, MANAGER, "Priya Nair", "manager", MANAGER_PIN)
        store.close()

    def cable_out(self) -> None:
        """From now on nobody listens at the address of the books."""
        self._line.__exit__()

    def cable_in(self) -> None:
        """The same site at the same address again."""
        self._line = Emulator(self.site, port=self._line.port)
        self._line.__enter__()

    def booked(self, *doctypes: str) -> list[Doc]:
        """What the site holds of these kinds with the till's own key on it."""
        return [doc for kind in doctypes for doc in self.site.docs[kind].values() if doc.get("pos_receipt_id")]

    def ask(self, path: str) -> dict[str, Any]:
        line = self.till.line()
        try:
            status, answer = line.ask("GET", path)
        finally:
            line.close()
        assert status == 200, (path, answer)
        return answer

    def wait_for(self, path: str, so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask until the answer is so; agents work in their own time."""
        until = time.monotonic() + AGENTS_SECONDS_MAX
        while not so(answer := self.ask(path)):
            assert time.monotonic() < until, str(answer)[:600]
            time.sleep(0.05)
        return answer


@contextmanager
def shop(root: Path) -> Iterator[Shop]:
    """Open for business: goods and prices have come from the books."""
    made = Shop(root)
    try:
        made.prepare()
        with made.till:
            made.wait_for("/api/items", _all_there)
            yield made
    finally:
        made.cable_out()


def _all_there(answer: dict[str, Any]) -> bool:
    """Goods come first, then prices, then stock."""
    wanted = sum("variant_of" not in item for item in demo.items())
    first = answer["items"][:1]
    return answer["total"] >= wanted and all(item["price_text"] and item["stock"] for item in first)


def barcodes() -> dict[str, str]:
    """The barcode of each item that has one."""
    return {item["code"]: item["barcodes"][0]["code"] for item in demo.items() if item.get("barcodes")}


def pence(amount: Any) -> int:
    """Minor units of a figure of a file (text) or of the books (a float with its dust)."""
    return int((Decimal(str(amount)) * 100).to_integral_value())


def differences(written: list[dict[str, Any]], shop: Shop) -> list[str]:
    """What the books hold otherwise than the files say."""
    there: dict[str, list[dict[str, Any]]] = {}
    for entry in shop.booked("Sales Invoice", "Journal Entry", "Payment Entry"):
        there.setdefault(entry["pos_receipt_id"].removesuffix("-R"), []).append(entry)
    found = [f"{key} is in the books and nowhere else" for key in there.keys() - {doc["id"] for doc in written}]
    for doc in written:
        ours, theirs = figures(doc), [booked for booked in there.get(doc["id"], ()) if booked["docstatus"] == 1]
        if ours != as_booked(theirs):
            found.append(f"{doc['invoice_name']} {doc['kind']}: {ours} here, {as_booked(theirs)} there")
    rows = {row["id"]: pence(row["amount"]) for doc in written for row in doc.get("vouchers", ())}
    entries = {row["entry_id"]: pence(row["amount"]) for row in shop.site.docs["Gift Voucher Entry"].values()}
    return found if rows == entries else [*found, f"vouchers: {rows} here, {entries} there"]


def figures(doc: dict[str, Any]) -> dict[str, Any]:
    """How many documents it becomes in the books, and every sum they must come to, in pence."""
    if doc["kind"] == "float":
        return as_booked([])
    if doc["kind"] not in ("sale", "return", "void"):
        moved = doc["total"] if doc["kind"] != "z" else doc["z"]["count"]["rows"][0]["difference"]
        return {"documents": 1, "moved": abs(pence(moved))}
    items: Counter[str] = Counter()
    for line in doc["items"]:
        items[line["item_code"]] += pence(line["amount"])
    paid: Counter[str] = Counter()
    for one in doc["payments"]:
        paid[one["mode_of_payment"]] += pence(one["amount"]) - pence(one["change"])
    ways = {Decimal(line["qty"]) > 0 for line in doc["items"]}
    totals = (pence(doc["total"]), pence(doc["tax_total"]))
    return {"documents": len(ways), "totals": totals, "items": dict(items), "paid": dict(paid)}


def as_booked(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The same sums over what the books have of one receipt."""
    if entries and "items" not in entries[0]:
        return {"documents": len(entries), "moved": pence(entries[0].get("total_debit") or entries[0]["paid_amount"])}
    items: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    total = tax = 0
    for entry in entries:
        total, tax = total + pence(entry["grand_total"]), tax + pence(entry["total_taxes_and_charges"])
        for line in entry["items"]:
            items[line["item_code"]] += pence(line["amount"])
        for one in entry["payments"]:
            paid[one["mode_of_payment"]] += pence(one["amount"])
        if entry.get("change_amount"):
            paid["Cash"] -= pence(entry["change_amount"])
    return {"documents": len(entries), "totals": (total, tax), "items": dict(items), "paid": dict(paid)}
