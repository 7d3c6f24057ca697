"""A closed day at a till, and what somebody did to its invoices over there: for the tests of reconciliation."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from pos.actions import reconcile
from pos.rules import receipt
from pos.store import notices, reconciliations, scopes
from pos.store.reconciliations import Brief, Item
from pos.store.scopes import Scope
from tests import receipts
from tests.actions import drawer
from tests.contract import sites
from tests.contract.tills import Till


def sale(pay: str = "cash", price: str = "12.00", qty: int = 2) -> dict[str, Any]:
    """At 20 %, tax included."""
    doc = receipts.sale(receipts.line("STD", qty, price, tax_code=sites.STANDARD), customer="Walk-in")
    doc["taxes"][0]["code"] = sites.STANDARD
    if pay == "card":
        doc["payments"][0] |= {"kind": "card", "mode_of_payment": "Card"}
        doc["tender"], doc["cash_given"] = "card", Decimal(0)
    receipt.check(doc)
    return doc


def close(shop: Till) -> dict[str, Any]:
    """The drawer is counted as expected, and the session closed by its Z."""
    counter = SimpleNamespace(store=shop.store, config=shop.store.config, journal=shop.journal)
    done: dict[str, Any] = drawer.finish(counter, f"{drawer.expected(counter)}").doc  # type: ignore[arg-type]
    return done


def traded(shop: Till, *docs: dict[str, Any]) -> list[dict[str, Any]]:
    """A session with these sales, closed, everything sent."""
    sold = [shop.commit(doc) for doc in docs or (sale(), sale("card"), sale(price="5.00"))]
    close(shop)
    shop.round()
    return sold


def session(shop: Till) -> Scope:
    name = shop.store.execute("SELECT id FROM session ORDER BY number DESC LIMIT 1").fetchone()[0]
    return scopes.session_of(shop.store, name)


def look(shop: Till, scope: Scope | None = None) -> Brief:
    found = reconcile.look(shop.job, scope or session(shop))
    assert found is not None
    return found


def items(shop: Till, scope: Scope | None = None) -> list[Item]:
    return reconciliations.items(shop.store, "erpnext", scope or session(shop), 50)[0]


def told(shop: Till) -> list[str]:
    return [n.text for n in notices.open_notices(shop.store, prefix="reconcile:")]


def invoice(shop: Till, doc: dict[str, Any]) -> dict[str, Any]:
    (found,) = shop.invoices(doc["id"])
    return found


def copied(shop: Till, there: dict[str, Any], name: str, **changes: Any) -> dict[str, Any]:
    """The same invoice once more under another name, as somebody makes it there by hand."""
    made = {k: v for k, v in there.items() if k not in ("name", "doctype")} | changes
    for table in ("items", "taxes", "payments"):
        made[table] = [{k: v for k, v in row.items() if k != "name"} for row in there[table]]
    return shop.emulator.site.put("Sales Invoice", name, **made)


def cancelled(shop: Till, doc: dict[str, Any]) -> None:
    there = invoice(shop, doc)
    there["docstatus"], there["status"] = 2, "Cancelled"
