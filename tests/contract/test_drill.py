"""The drill: a real till sells, is copied, sells on and is lost with everything it had; another machine takes over.

Nothing acknowledged is missing, no number is given out twice, and every sale stands in the books once.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pos import clock, config
from pos.store.db import database_path
from pos.store.verify import verify
from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.emulators.erpnext_faults import Faults
from tests.contract.sites import basket_site
from tests.till_process import Till

SETTLE_SECONDS = 1
WAIT_SECONDS = 40.0


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


class Shop:
    """A till with books and a stick, and what it acknowledged."""

    def __init__(self, root: Path, stick: Path, emulator: Emulator) -> None:
        self.till = Till(
            root,
            env={
                "ERPNEXT_URL": emulator.url,
                "ERPNEXT_API_KEY": erpnext_shops.TILL[0],
                "ERPNEXT_API_SECRET": erpnext_shops.TILL[1],
                "TILLKEEP_TILL_WALK_IN": "Walk-in",
                "TILLKEEP_ERPNEXT_SETTLE_SECONDS": str(SETTLE_SECONDS),
                "TILLKEEP_ERPNEXT_PROBE_SECONDS": "1",
                "TILLKEEP_BACKUP_PLACES": str(stick),
                "TILLKEEP_BACKUP_SNAPSHOT_MINUTES": "0",
            },
        )
        self.root, self.receipts = root, stick
        self.numbers: dict[str, str] = {}

    def sell(self, count: int) -> None:
        line = self.till.line()
        asked: dict[str, Any] = {"customer": "", "discount": None, "payments": [], "total": "", "id": clock.uuid7()}
        asked["lines"] = [
            {"line": "l", "item_code": "STD", "qty": "1", "barcode": "", "price": None, "price_source": "list",
             "discount": None, "note": "", "return_against": None}
        ]  # fmt: skip
        until(lambda: line.ask("POST", "/api/price", asked)[0] == 200, "the goods are there")
        total = line.ask("POST", "/api/price", asked)[1]["total"]
        paid = [{"mode_of_payment": "Cash", "amount": total, "reference": "", "last4": ""}]
        for _ in range(count):
            key = clock.uuid7()
            status, answer = line.ask(
                "POST", "/api/create-sale", {**asked, "id": key, "total": total, "payments": paid}
            )
            assert status == 201, answer
            self.numbers[key] = answer["receipt"]["document"]["invoice_name"]
        line.close()

    def states(self) -> dict[str, int]:
        connection = sqlite3.connect(database_path(config.load(self.root, self.till.env)), timeout=10)
        try:
            return dict(connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
        finally:
            connection.close()


def copied(stick: Path, till: str) -> set[str]:
    return {path.stem for path in (stick / till / "receipts").rglob("*.json")}


def test_the_machine_is_lost_and_another_one_takes_over(tmp_path: Path):
    stick = tmp_path / "stick"
    stick.mkdir()
    with Emulator(basket_site()) as emulator:
        shop = Shop(tmp_path / "till", stick, emulator)
        shop.root.mkdir()
        admin = erpnext_shops.MANAGER
        made = shop.till.command("erpnext", "setup", "--admin-key", admin[0], "--admin-secret", admin[1])
        assert made.returncode == 0, made.stdout + made.stderr
        shop.till.start()
        try:
            shop.sell(4)
            until(lambda: shop.states() == {"booked": 4}, "booked before the snapshot")
            emulator.faults = Faults(1, {"reset_after": 1.0}, only="writes")  # booked over there; nobody hears of it
            shop.sell(3)
            until(lambda: shop.states().get("unknown", 0) == 3, "sent without an answer")
            taken = shop.till.command("backup", "now")
            assert taken.returncode == 0, taken.stdout + taken.stderr
            emulator.faults = Faults(1, {})
            shop.sell(3)  # booked after the snapshot
            until(lambda: shop.states().get("booked", 0) >= 7, "booked after the snapshot")
            emulator.faults = Faults(1, {"maintenance": 1.0})
            shop.sell(3)  # never sent
            until(lambda: len(copied(stick, "T1")) == 13, "every receipt has its copy within seconds")
        finally:
            shop.till.process.kill()
            shop.till.stop()
        shutil.rmtree(shop.root)

        new = Shop(tmp_path / "new", stick, emulator)
        began = time.monotonic()
        snapshot = next((stick / "T1" / "snapshots").glob("*.tkb"))
        back = new.till.command("restore", str(snapshot))
        assert back.returncode == 0, back.stdout + back.stderr
        seconds = time.monotonic() - began
        assert "6 newer ones" in back.stdout
        loaded = config.load(new.root, new.till.env)
        assert loaded.till.id != "T1"
        emulator.faults = Faults(1, {})
        with new.till:
            new.sell(3)
            until(lambda: new.states() == {"booked": 16}, "all booked")
            verified = new.till.command("verify")
            assert verified.returncode == 0, verified.stdout
            until(lambda: len(copied(stick, loaded.till.id)) == 16, "copied under the new id")
        assert seconds < 60

        sold = {**shop.numbers, **new.numbers}
        assert len(sold) == 16 and len(set(sold.values())) == 16, "no number twice"
        there = [d["pos_receipt_id"] for d in emulator.site.docs["Sales Invoice"].values() if d["docstatus"] == 1]
        assert sorted(there) == sorted(sold), "each sale once in the books"
        report = verify(loaded)
        assert report.differences == [] and report.documents == 16
        for key, number in shop.numbers.items():
            file = next((new.root / "invoices").rglob(f"{number}.json"))
            assert json.loads(file.read_text())["id"] == key
