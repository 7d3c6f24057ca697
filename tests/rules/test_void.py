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
a voucher used          –
a voucher sold          –
a voucher of old        not_voidable
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
        doc["vouchers"] = [{"code": "V1", "act": "redeem", "amount": D("-1.00")}]
    elif row["what"] == "a voucher of old":  # from before the ledger: nothing can be turned round
        doc["vouchers"] = [{"code": "V1", "amount": D("1.00")}]
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


def test_every_figure_is_turned_round_and_nothing_is_priced_anew():
    doc = sale(
        schema="tillkeep.receipt/1", customer="C1", price_list="P", prices_include_tax=True, tax_rule="erpnext",
        rounding_method="bankers", rules_version="1", subtotal=D("2.91"), tax_total=D("0.36"), rounding=D("-0.06"),
        total=D("2.85"), taxes=[{"code": "S", "rate": D(20), "net": D("1.80"), "tax": D("0.36"), "gross": D("2.16")}],
    )  # fmt: skip
    doc["items"] = [
        {"line": "a", "item_code": "MUG", "qty": D("2.000"), "net": D("1.80"), "tax_amount": D("0.36"),
         "amount": D("2.16"), "discount": {"kind": "percent"}, "sale_discount": D("0.10"), "price_source": "typed",
         "warehouse": "Back room", "return_against": None},
    ]  # fmt: skip
    void_of = void.document(doc, "v1", "Wrong items", "", {"code": "9", "name": "Cleo"})
    (item,) = void_of["items"]
    assert (item["qty"], item["net"], item["tax_amount"], item["amount"]) == (D(-2), D("-1.80"), D("-0.36"), D("-2.16"))
    assert (item["discount"], item["sale_discount"], item["reason"]) == (None, 0, "Wrong items")
    assert item["warehouse"] == "Back room", "where it left from"
    assert item["return_against"] == {"id": "s1", "invoice_name": "T1-000001", "line": "a"}
    assert [void_of[k] for k in ("subtotal", "tax_total", "rounding", "total")] == [
        D("-2.91"), D("-0.36"), D("0.06"), D("-2.85"),
    ]  # fmt: skip
    assert void_of["taxes"][0] == {
        "code": "S",
        "rate": D(20),
        "net": D("-1.80"),
        "tax": D("-0.36"),
        "gross": D("-2.16"),
    }


def test_what_was_kept_of_each_payment_goes_back_the_same_way():
    doc = sale(
        **dict.fromkeys(("schema", "customer", "price_list", "tax_rule", "rounding_method", "rules_version"), ""),
        **dict.fromkeys(("subtotal", "tax_total", "rounding", "total"), D("0.00")), prices_include_tax=True, taxes=[],
        items=[],
    )  # fmt: skip
    made = void.document(doc, "v1", "Wrong items", "", {})
    assert [(p["mode_of_payment"], p["amount"], p["change"], p.get("last4")) for p in made["payments"]] == [
        ("Card", D("-1.00"), 0, "4242"),
        ("Cash", D("-1.85"), 0, None),
    ]
    assert (made["tender"], made["cash_given"], made["change"]) == ("split", D("-1.85"), 0)


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
