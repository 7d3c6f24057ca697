"""A request becomes a checked basket, or names the field that is wrong."""

from __future__ import annotations

from copy import deepcopy

import pytest

from pos.errors import Invalid
from pos.rules.basket import parse
from pos.rules.cart import Against
from pos.rules.price import Discount
from tests.rules.shop import D

ID = "0193a1b2-0000-7000-8000-000000000001"
WHOLE = {
    "id": ID,
    "customer": "",
    "lines": [
        {
            "line": "a1",
            "item_code": " MUG ",
            "qty": "2",
            "barcode": "5000112637922",
            "price": "4.99",
            "price_source": "typed",
            "discount": {"kind": "percent", "value": "10", "reason": " damaged "},
            "note": " gift ",
            "return_against": None,
        },
        {
            "line": "a2",
            "item_code": "TEA",
            "qty": "-0.355",
            "price": None,
            "return_against": {"id": "r1", "line": "b1"},
        },
    ],
    "discount": None,
    "payments": [{"mode_of_payment": "Card", "amount": "9.98", "reference": "081552", "last4": "4417"}],
    "total": "9.98",
}


def read(raw, final=True):
    return parse(raw, walk_in="Walk-in Customer", currency="GBP", final=final)


def test_a_request_becomes_a_basket():
    made = read(WHOLE)
    first, second = made.lines
    assert (made.id, made.customer, made.total, made.discount) == (ID, "Walk-in Customer", 998, None)
    assert (first.item_code, first.qty, first.price, first.price_source) == ("MUG", D(2), D("4.99"), "typed")
    assert (first.discount, first.note) == (Discount("percent", D(10), "damaged"), "gift")
    assert (second.qty, second.price, second.price_source) == (D("-0.355"), None, "list")
    assert second.return_against == Against("r1", "b1")
    assert (made.payments[0].amount, made.payments[0].reference, made.payments[0].last4) == (998, "081552", "4417")


def test_a_basket_to_price_needs_no_id_no_payments_and_no_total():
    made = read({"lines": [{"line": "a1", "item_code": "MUG", "qty": "1"}]}, final=False)
    assert (made.id, made.total, made.payments) == ("", None, ())


def test_the_price_beside_a_list_line_is_ignored_as_the_page_may_show_it():
    assert (
        read({"lines": [{"line": "a", "item_code": "M", "qty": "1", "price": "9", "price_source": "list"}]}, False)
        .lines[0]
        .price
        is None
    )


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("id",), "", "id"),
        (("id",), "not-a-uuid", "id"),
        (("id",), ID.upper(), "id"),
        (("id",), "../../etc/passwd", "id"),
        (("id",), 7, "id"),
        (("total",), None, "total"),
        (("total",), "9.985", "total"),
        (("total",), 9.98, "total"),
        (("total",), "1e3", "total"),
        (("total",), "NaN", "total"),
        (("total",), True, "total"),
        (("lines",), {}, "lines"),
        (("lines",), [{}] * 501, "lines"),
        (("lines", 0), "MUG", "lines.0"),
        (("lines", 0, "line"), "", "lines.0.line"),
        (("lines", 0, "line"), "a b", "lines.0.line"),
        (("lines", 0, "item_code"), "", "lines.a1.item_code"),
        (("lines", 0, "item_code"), "x" * 141, "lines.a1.item_code"),
        (("lines", 0, "qty"), "", "lines.a1.qty"),
        (("lines", 0, "qty"), 1.5, "lines.a1.qty"),
        (("lines", 0, "qty"), "1,5", "lines.a1.qty"),
        (("lines", 0, "qty"), "٢", "lines.a1.qty"),
        (("lines", 0, "qty"), "9" * 13, "lines.a1.qty"),
        (("lines", 0, "price"), "4.99 GBP", "lines.a1.price"),
        (("lines", 0, "price_source"), "mine", "lines.a1.price_source"),
        (("lines", 0, "price_source"), ["list"], "lines.a1.price_source"),
        (("lines", 0, "discount"), "10%", "lines.a1.discount"),
        (("lines", 0, "discount", "value"), None, "lines.a1.discount.value"),
        (("lines", 0, "note"), "card 4111 1111 1111 1111", "lines.a1.note"),
        (("lines", 0, "note"), "x" * 501, "lines.a1.note"),
        (("lines", 0, "note"), "a\x00b", "lines.a1.note"),
        (("lines", 0, "note"), "half a \ud83d", "lines.a1.note"),
        (("lines", 1, "return_against"), "r1", "lines.a2.return_against"),
        (("lines", 1, "return_against", "line"), "", "lines.a2.return_against"),
        (("payments",), [{}] * 21, "payments"),
        (("payments", 0), None, "payments.0"),
        (("payments", 0, "mode_of_payment"), "", "payments.0.mode_of_payment"),
        (("payments", 0, "amount"), "9.985", "payments.0.amount"),
        (("payments", 0, "amount"), None, "payments.0.amount"),
        (("payments", 0, "reference"), "4111111111111111", "payments.0.reference"),
        (("payments", 0, "last4"), "44177", "payments.0.last4"),
        (("customer",), {"name": "x"}, "customer"),
    ],
)
def test_a_request_that_is_not_right_names_the_field(path, value, field):
    raw = deepcopy(WHOLE)
    target = raw
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(Invalid) as refused:
        read(raw)
    assert refused.value.field == field


def test_something_else_than_an_object_is_refused():
    with pytest.raises(Invalid):
        read([WHOLE])
