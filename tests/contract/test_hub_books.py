"""The proof's own judge: what it calls whole is whole, and each thing that may go wrong under faults it names.

And, when asked (long), a minute of the proof itself on either engine.
"""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import engines, redis_process
from tests.contract import hub_books
from tests.till_process import REPO

SALE, GIFT = "01a1ffd4-0000-7000-8000-000000000001", "01a1ffd4-0000-7000-8000-000000000002"


def document(key: str, sequence: int, before: str, lines: list[dict[str, Any]], paid: dict[str, Any]) -> str:
    doc = {
        "kind": "sale", "id": key, "invoice_name": f"T1-00000{sequence}", "till": "T1", "business_day": "2026-11-21",
        "customer": "Walk-in", "currency": "GBP", "items": lines, "tax_total": "0.00", "total": paid["amount"],
        "payments": [{"change": "0.00", "reference": "", **paid}], "prev_hash": before,
    }  # fmt: skip
    head = json.dumps(doc)[:-1] + ', "hash": "'
    return head + hashlib.sha256(head[: -len('"hash": "')].encode()).hexdigest() + '"}'


def line(item: str, amount: str, **more: Any) -> dict[str, Any]:
    return {"item_code": item, "qty": "1.000", "rate": amount, "amount": amount, "warehouse": "Stores",
            "stocked": False, "return_against": None, "voucher": None, **more}  # fmt: skip


class World:
    """A till and a hub of raw rows, and the books; whole as it is made."""

    def __init__(self, root: Path) -> None:
        gift = document(GIFT, 1, "0" * 64, [line("GIFT", "5.00", voucher={"code": "GV"})],
                        {"mode_of_payment": "Cash", "kind": "cash", "amount": "5.00"})  # fmt: skip
        spent = {"mode_of_payment": "Gift", "kind": "voucher", "amount": "3.00", "reference": "GV"}
        sale = document(SALE, 2, json.loads(gift)["hash"], [line("STD", "3.00", stocked=True)], spent)
        self.documents = [(json.loads(b)["id"], json.loads(b)["invoice_name"], b) for b in (gift, sale)]
        self.at_till = list(self.documents)
        self.movements = [("STD", "Stores", -1000)]
        self.vouchers = [(GIFT, "GV", "issue", 500, 0, "T1", "now"), (SALE, "GV", "redeem", -300, 0, "T1", "now")]
        self.held = [("basket", "resumed", "T1")]
        self.leases: list[tuple[str, str, str]] = []
        self.unbooked: list[tuple[Any, ...]] = []
        self.failing: list[tuple[Any, ...]] = []
        entries = {n: {"document": d, "voucher_code": c, "act": a, "amount": m / 100}
                   for n, (d, c, a, m, *_) in enumerate(self.vouchers)}  # fmt: skip
        bins = {"STD": {"item_code": "STD", "warehouse": "Stores", "actual_qty": -1.0}}
        invoices = {f"SINV-{n}": self._invoice(f"SINV-{n}", json.loads(b)) for n, (_, _, b) in enumerate(self.at_till)}
        docs = {"Sales Invoice": invoices, "Bin": bins, "Gift Voucher Entry": entries}
        self.site = SimpleNamespace(docs=docs)
        acked = {key: (number, json.loads(body)["total"]) for key, number, body in self.documents}
        self.till = SimpleNamespace(name="T1", root=root, acked=acked, taken={"basket"}, rows=self._of_till)
        self.other = SimpleNamespace(name="T2", root=root, acked={}, taken=set(), rows=lambda _: [])
        (root / "invoices").mkdir()
        for _, number, body in self.documents:
            (root / "invoices" / number).write_text(body)

    @staticmethod
    def _invoice(name: str, doc: dict[str, Any]) -> dict[str, Any]:
        lines = [{"item_code": r["item_code"], "qty": 1.0, "rate": float(r["rate"]), "amount": float(r["amount"]),
                  "warehouse": "Stores"} for r in doc["items"]]  # fmt: skip
        paid = [{"mode_of_payment": r["mode_of_payment"], "amount": float(r["amount"])} for r in doc["payments"]]
        return {"name": name, "pos_receipt_id": doc["id"], "docstatus": 1, "customer": "Walk-in", "currency": "GBP",
                "posting_date": "2026-11-21", "grand_total": float(doc["total"]), "total_taxes_and_charges": 0.0,
                "items": lines, "payments": paid, "is_return": 0}  # fmt: skip

    def _of_till(self, sql: str) -> list[tuple[Any, ...]]:
        if "FROM document" in sql:
            parsed = [(key, number, json.loads(body), body) for key, number, body in self.at_till]
            return [(k, n, i, d["hash"], d["prev_hash"], n, b) for i, (k, n, d, b) in enumerate(parsed, 1)]
        return self.movements if "FROM movement" in sql else []

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Of the hub."""
        if "HAVING" in sql:
            column = ("id", "number").index(sql.split()[1].rstrip(",")) if "hash" not in sql else 2
            counted = Counter(row[column] for row in self.documents)
            return [(value, n) for value, n in counted.items() if n > 1]
        told: dict[str, Any] = {
            "FROM document": self.documents, "FROM movement": self.movements, "FROM voucher_row": self.vouchers,
            "FROM held": self.held, "FROM outbox o": self.unbooked, "FROM lease": self.leases,
            "failures >=": self.failing,
        }  # fmt: skip
        return list(next((rows for words, rows in told.items() if words in sql), []))

    @staticmethod
    def living() -> set[int]:
        return {7}

    def wrong(self) -> list[str]:
        return hub_books.judged(self, [self.till, self.other], self.site).wrong  # type: ignore[arg-type, list-item]


def test_what_is_whole_is_called_whole(tmp_path: Path) -> None:
    assert World(tmp_path).wrong() == []


def _twice(world: World) -> None:
    world.site.docs["Sales Invoice"]["again"] = copy.deepcopy(world.site.docs["Sales Invoice"]["SINV-0"])


def _overspent(world: World) -> None:
    world.vouchers[1] = (SALE, "GV", "redeem", -600, 0, "T1", "now")


WRONGS: dict[str, Callable[[World], Any]] = {
    "the hub has it not": lambda w: w.documents.pop(),
    "acknowledged, and not on its till": lambda w: w.at_till.pop(),
    "its file is not what": lambda w: (w.till.root / "invoices" / "T1-000001").write_text("{}"),
    "the chain of T1 breaks": lambda w: w.at_till.reverse(),
    "2 invoices, of them 2 booked": _twice,
    "0 invoices, of them 0 booked": lambda w: w.site.docs["Sales Invoice"].pop("SINV-0"),
    "total is 5.00 here and 5.01": lambda w: w.site.docs["Sales Invoice"]["SINV-0"].update(grand_total=5.01),
    "stock of STD at Stores": lambda w: w.site.docs["Bin"]["STD"].update(actual_qty=-2.0),
    "100 spent beyond": _overspent,
    "the books were not told of": lambda w: w.vouchers.append((SALE, "GV", "redeem", -300, 0, "T1", "")),
    "was given to 2 tills": lambda w: w.other.taken.add("basket"),
    "1 rows are queued (no reason": lambda w: w.unbooked.append(("queued", "", "", 1, "T1-000001")),
    "zread erpnext failed 4 times": lambda w: w.failing.append(("zread", "erpnext", 4)),
    "held by the dead": lambda w: w.leases.append(("post:erpnext", "agents:9:x", "2999")),
}


@pytest.mark.parametrize("words", WRONGS)
def test_what_is_wrong_is_named(tmp_path: Path, words: str) -> None:
    world = World(tmp_path)
    WRONGS[words](world)
    found = world.wrong()
    assert any(words in one for one in found), found


@pytest.mark.long
@pytest.mark.crash
@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_minute_of_faults_loses_and_doubles_nothing(engine: str) -> None:
    if engine == "postgresql":
        if why := engines.missing():
            pytest.skip(why)
        redis_process.required()
    words = ["--engine", engine, "--tills", "4", "--minutes", "1", "--rate", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.hub_faults", *words],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
