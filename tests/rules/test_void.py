"""Which sales can be voided, and what of them goes back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pos.errors import Corrupt
from pos.rules import void
from tests.rules.tables import cases

D = Decimal


def sale(**changes: Any) -> dict[str, Any]:
    """A sale of two lines, paid with a card and a note."""
    whole: dict[str, Any] = {
        "id": "s1", "invoice_name": "T1-000001", "kind": "sale", "series": "till", "session": "T1-S000001",
        "currency": "GBP", "vouchers": [],
        "items": [
            {"line": "a", "item_code": "MUG", "qty": D("2.000")},
            {"line": "b", "item_code": "TEA", "qty": D("0.355")},
        ],
        "payments": [
            {"mode_of_payment": "Card", "kind": "card", "amount": D("1.00"), "change": D("0.00"), "last4": "4242"},
            {"mode_of_payment": "Cash", "kind": "cash", "amount": D("5.00"), "change": D("3.15")},
        ],
    }  # fmt: skip
    return {**whole, **changes}


@cases("""
what                    code
a sale                  –
a return                not_voidable
imported                not_voidable
an exchange             not_voidable
a voucher used          not_voidable
a voucher sold          not_voidable
a closed session        other_session
no session              other_session
something came back     returned_already
""")
def test_what_can_be_voided(row):
    doc, session, back = sale(), "T1-S000001", D(0)
    if row["what"] == "a return":
        doc["kind"] = "return"
    elif row["what"] == "imported":
        doc["series"] = "imported"
    elif row["what"] == "an exchange":
        doc["items"][1]["qty"] = D(-1)
    elif row["what"] == "a voucher used":
        doc["vouchers"] = [{"code": "V1"}]
    elif row["what"] == "a voucher sold":
        doc["items"][0]["voucher"] = {"code": "V1"}
    elif row["what"] == "a closed session":
        session = "T1-S000002"
    elif row["what"] == "no session":
        session = ""
    elif row["what"] == "something came back":
        back = D(1)
    refused = void.refusal(doc, session, back)
    assert (refused.code if refused else "") == row["code"]


def test_every_line_comes_back_whole_against_its_own():
    lines = void.lines(sale(), "Wrong items")
    assert [(x.line, x.item_code, x.qty, x.reason) for x in lines] == [
        ("a", "MUG", D("-2.000"), "Wrong items"),
        ("b", "TEA", D("-0.355"), "Wrong items"),
    ]
    assert [(x.return_against.id, x.return_against.line) for x in lines if x.return_against] == [
        ("s1", "a"),
        ("s1", "b"),
    ]


def test_what_was_kept_of_each_payment_goes_back_the_same_way():
    back = void.payments(sale())
    assert [(p.mode_of_payment, p.amount, p.change, p.last4) for p in back] == [
        ("Card", -100, 0, "4242"),
        ("Cash", -185, 0, ""),
    ]


def test_a_void_says_what_it_voids_and_holds_nothing_else():
    block = void.block(sale(), "Wrong items")
    items = [{"line": "a", "qty": D(-2), "return_against": {"id": "s1", "line": "a"}}]
    void.check({"void": block, "items": items})
    for broken in (
        {"void": block | {"reason": ""}, "items": items},
        {"void": block, "items": [{**items[0], "qty": D(2)}]},
        {"void": block, "items": [{**items[0], "return_against": None}]},
        {"void": block, "items": [{**items[0], "return_against": {"id": "s2", "line": "a"}}]},
    ):
        with pytest.raises(Corrupt):
            void.check(broken)
