"""A till that sells gift vouchers, and what people do with them there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pos import clock
from pos.actions import sell
from pos.rules import documents, zread
from pos.store import catalog, shifts, vouchers
from pos.store.journal import Committed
from tests.actions.shop import Person, Till, line

GIFT = {"code": "GIFT-VOUCHER", "name": "Gift voucher", "item_group": "Vouchers", "tax_code": "Z", "open_price": True}


def with_gifts(till: Till) -> Till:
    catalog.put_items(till.store, [{**GIFT, "stocked": False}], "csv")
    return till


def gift(amount: str, id_: str = "v", code: str = "") -> dict[str, Any]:
    return line("GIFT-VOUCHER", id_=id_, price=amount, price_source="typed", voucher={"code": code})


def paid(*ways: tuple[str, ...]) -> list[dict[str, str]]:
    """("Card", "12.50"), ("Gift Voucher", "20.00", code)."""
    return [{"mode_of_payment": w[0], "amount": w[1], "reference": w[2] if len(w) > 2 else ""} for w in ways]


def asked(*lines: dict[str, Any], pay: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    total = sum((Decimal(p["amount"]) for p in pay), Decimal(0))
    whole = {"id": clock.uuid7(), "customer": "", "lines": list(lines), "payments": pay, "total": f"{total:f}"}
    return {**whole, **more}


def sold(till: Till, amount: str = "25.00", code: str = "") -> str:
    """Sell one voucher for cash; its code."""
    doc = sell.commit(till, asked(gift(amount, code=code), pay=paid(("Cash", amount))), Person()).doc
    return str(doc["vouchers"][0]["code"])


def used(till: Till, code: str, amount: str, by: Any = None, **more: Any) -> Committed:
    """Something of an open price paid with a voucher."""
    thing = line("MISC", price=amount, price_source="typed")
    return sell.commit(till, asked(thing, pay=paid(("Gift Voucher", amount, code)), **more), by or Person())


def left(till: Till, code: str) -> int:
    return vouchers.balance(till.store, code).balance


def figures(till: Till) -> dict[str, Any]:
    """The X of the open session; its sums by SQL are those of its documents."""
    session = shifts.current(till.store, "T1")
    assert session is not None
    facts = shifts.facts(till.store, session)
    rows = till.store.execute("SELECT body FROM document WHERE session = ? ORDER BY sequence", (session.id,))
    bodies = [body.encode() for (body,) in rows.fetchall()]
    again = zread.facts_of([(documents.decode(body), body) for body in bodies])
    assert facts.sums == again.sums
    return zread.report(facts, shifts.given(till.store, session))
