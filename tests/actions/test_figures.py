"""What the page is given: figures as text, texts ready made, sums that add up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from pos.actions import sell
from pos.errors import Invalid
from pos.store import feeds
from pos.store.models import Item
from tests.actions.shop import Person, line


def test_the_page_gets_ready_made_texts(till):
    off = {"kind": "percent", "value": "10", "reason": "damaged"}
    asked = {
        "lines": [line("MUG", "2", discount=off), line("TEA", "0.355", "a2"), line("SHOE-8", id_="a3")],
        "discount": {"kind": "amount", "value": "0.91", "reason": "regular"},
    }
    shown = sell.price(till.store, till.config, asked, Person())
    mug, tea, shoe = shown["lines"]
    assert (mug["qty_text"], mug["unit_text"], mug["amount_text"], mug["was_text"], mug["discount_text"]) == (
        "2",
        "£1.20",
        "£2.16",
        "£2.40",
        "10% off: damaged",
    )
    assert (tea["qty_text"], tea["unit_text"], tea["amount_text"], tea["tax_text"]) == (
        "0.355",
        "£2.10 / Kg",
        "£0.75",
        "0%",
    )
    assert shoe["detail"] == "8"
    assert (shown["subtotal_text"], shown["discount_text"], shown["total_text"]) == ("£47.91", "-£0.91", "£47.00")
    assert [t["text"] for t in shown["taxes"]] == ["Includes tax at 20%", "Includes tax at 0%"]
    assert shown["items_text"] == "4 items"
    json.dumps(shown)


def test_the_figures_of_the_page_add_up(till):
    asked = {"lines": [line("MUG", "2"), line("TEA", "0.355", "a2")]}
    shown = sell.price(till.store, till.config, asked)
    assert sum(Decimal(x["amount"]) for x in shown["lines"]) == Decimal(shown["subtotal"])
    assert Decimal(shown["subtotal"]) + Decimal(shown["discount"]) == Decimal(shown["total"])


def test_codes_that_share_a_rate_are_one_row(till):
    feeds.put_taxes(till.store, [{"code": "S2", "title": "Second at 20%", "rate": "20"}])
    with till.store.transaction():
        Item.update(tax_code="S2").where(Item.code == "SHOE-8").execute()
    shown = sell.price(till.store, till.config, {"lines": [line("MUG", "2"), line("SHOE-8", id_="a2")]})
    alone = [sell.price(till.store, till.config, {"lines": [x]}) for x in (line("MUG", "2"), line("SHOE-8"))]
    assert [t["text"] for t in shown["taxes"]] == ["Includes tax at 20%"]
    assert Decimal(shown["taxes"][0]["amount"]) == sum(Decimal(x["taxes"][0]["amount"]) for x in alone)


def test_pay_check_counts_what_is_typed_but_does_not_take_it(till):
    asked = {
        "lines": [line("SHOE-8")],
        "payments": [{"mode_of_payment": "Card", "amount": "30.00"}],
        "typed": {"mode_of_payment": "Cash", "amount": "20.00"},
    }
    shown = sell.pay_check(till.store, till.config, asked, Person())
    assert (shown["taken_text"], shown["left_text"], shown["change_text"]) == ("£30.00", "£0.00", "£5.00")
    assert shown["complete"]
    assert len(shown["payments"]) == 1
    assert [(q["text"], q["note"]) for q in shown["quick"]] == [
        ("£15.00", "Exact"),
        ("£20.00", "£5.00 back"),
        ("£50.00", "£35.00 back"),
    ]


def test_what_is_typed_and_cannot_be_taken_is_named_as_typed(till):
    asked = {"lines": [line("MUG")], "typed": {"mode_of_payment": "Card", "amount": "5"}}
    with pytest.raises(Invalid) as refused:
        sell.pay_check(till.store, till.config, asked)
    assert (refused.value.code, refused.value.field) == ("above_due", "typed.amount")


def test_pay_check_of_a_refund_counts_backwards(till):
    asked = {"lines": [line("MUG", "-1", note="broken")], "payments": []}
    shown = sell.pay_check(till.store, till.config, asked)
    assert (shown["total_text"], shown["left"], shown["quick"]) == (
        "-£1.20",
        "-1.20",
        [{"amount": "-1.20", "text": "-£1.20", "note": "Exact"}],
    )
