"""Till and ERPNext side by side, read afresh: what somebody did over there is found, named, and gone once it is put right."""

from __future__ import annotations

import time as real_time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import reconcile
from pos.connectors.base import BOOKED_MAX
from pos.rules import receipt, shift
from pos.store import notices, reconciliations, scopes
from pos.store.reconciliations import Brief, Item
from pos.store.scopes import Scope
from tests import receipts
from tests.contract import sites
from tests.contract.tills import Till, till

CLEO = shift.Maker("9", "Cleo", "GBP", "Cash", "Standard Selling")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path) as shop:
        yield shop


def sale(pay: str = "cash", price: str = "12.00", qty: int = 2) -> dict[str, Any]:
    """At 20 %, tax included."""
    doc = receipts.sale(receipts.line("STD", qty, price, tax_code=sites.STANDARD), customer="Walk-in")
    if pay == "card":
        doc["payments"][0] |= {"kind": "card", "mode_of_payment": "Card"}
        doc["tender"], doc["cash_given"] = "card", Decimal(0)
    receipt.check(doc)
    return doc


def close(shop: Till) -> dict[str, Any]:
    """A Z of the open session, as plain as one can be."""
    from tests.contract.closing import z_of

    return shop.commit(z_of(shop.store))


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
