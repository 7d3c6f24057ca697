"""The receipt as a customer reads it: every figure ready as text."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from pos import config
from pos.web.paper import receipt_view


def document(**changes: Any) -> dict[str, Any]:
    """A return of half a discounted line, a weighed item and a foreign rate of tax, as its file would hold it."""
    line = {
        "line": "a",
        "item_code": "SHOE",
        "item_name": "Shoe",
        "attributes": {"Size": "42", "Colour": "red"},
        "qty": D("2.000"),
        "list_price": D("40.00"),
        "rate": D("36.00"),
        "tax_code": "VAT 20%",
        "amount": D("72.00"),
        "discount": {"kind": "percent", "value": D(10), "reason": "staff", "amount": D("8.00")},
        "note": "box torn",
    }
    weighed = {
        "line": "b",
        "item_name": "Nails",
        "qty": D("0.420"),
        "list_price": D("3.3333"),
        "rate": D("3.3333"),
        "tax_code": "ZERO",
        "amount": D("1.40"),
        "discount": None,
    }
    whole = {
        "kind": "sale",
        "invoice_name": "T1-000007",
        "created_at": "2026-07-01T14:32:07.123+01:00",
        "till": "T1",
        "cashier": {"code": "7", "name": "Anna Reyes"},
        "customer": "Walk-in Customer",
        "currency": "GBP",
        "items": [line, weighed],
        "taxes": [
            {"code": "VAT 20%", "rate": D(20), "net": D("60.00"), "tax": D("12.00"), "gross": D("72.00")},
            {"code": "ZERO", "rate": D(0), "net": D("1.40"), "tax": D("0.00"), "gross": D("1.40")},
        ],
        "subtotal": D("73.40"),
        "discount": None,
        "rounding": D("0.00"),
        "total": D("73.40"),
        "payments": [
            {"mode_of_payment": "Card", "kind": "card", "amount": D("70.00"), "last4": "4242", "reference": "A1"},
            {"mode_of_payment": "Cash", "kind": "cash", "amount": D("5.00"), "change": D("1.60")},
        ],
        "change": D("1.60"),
        "mode": "mock",
        "hash": "d83f492a3236" + "0" * 52,
    }
    return {**whole, **changes}


def test_a_sale_is_written_line_by_line(shop: config.Config) -> None:
    view = receipt_view(document(), shop)
    first, second = view["lines"]
    assert (first["name"], first["detail"], first["qty_text"]) == ("Shoe", "42 · red", "2")
    assert (first["unit_text"], first["amount_text"], first["was_text"]) == ("£40.00", "£72.00", "£40.00")
    assert first["discount_text"] == "10% off: -£8.00 (staff)"
    assert (first["note"], first["tax_text"], first["is_return"]) == ("box torn", "A", False)
    assert (second["qty_text"], second["unit_text"], second["tax_text"]) == ("0.42", "3.3333", "B")
    assert (second["was_text"], second["discount_text"]) == (None, None)


def test_its_figures_and_words_are_ready(shop: config.Config) -> None:
    view = receipt_view(document(), shop)
    assert (view["title"], view["number"], view["when_text"]) == ("Receipt", "T1-000007", "1 Jul 2026, 14:32")
    assert (view["total_text"], view["change_text"], view["items_text"]) == ("£73.40", "£1.60", "3 items")
    assert (view["discount_text"], view["rounding_text"], view["customer"]) == (None, None, "")
    assert [t["text"] for t in view["taxes"]] == ["A VAT 20%", "B ZERO 0%"]
    assert (view["taxes"][0]["net_text"], view["taxes"][0]["tax_text"]) == ("£60.00", "£12.00")
    assert view["payments"] == [
        {"text": "Card", "detail": "•••• 4242", "amount_text": "£70.00"},
        {"text": "Cash", "detail": "", "amount_text": "£5.00"},
    ]
    assert view["hash_text"] == "d83f492a3236"


def test_a_return_says_so_and_shows_what_goes_back(shop: config.Config) -> None:
    back = document(
        kind="return", total=D("-36.00"), subtotal=D("-36.00"), customer="Mill & Sons", rounding=D("0.02"), change=D(0)
    )
    back["items"] = [{**back["items"][0], "qty": D("-1.000"), "amount": D("-36.00"), "discount": None}]
    view = receipt_view(back, shop)
    assert (view["title"], view["is_return"], view["customer"]) == ("Return", True, "Mill & Sons")
    assert (view["total_text"], view["rounding_text"], view["change_text"]) == ("-£36.00", "£0.02", None)
    assert (view["lines"][0]["is_return"], view["items_text"]) == (True, "1 item")


def test_a_whole_sale_discount_is_said_once(shop: config.Config) -> None:
    given = {"kind": "amount", "value": D(5), "reason": "damaged box", "amount": D("5.00")}
    assert receipt_view(document(discount=given), shop)["discount_text"] == "Discount: -£5.00 (damaged box)"


def test_a_receipt_of_the_older_shape_can_be_shown_although_it_says_less(shop: config.Config) -> None:
    older = document()
    for missing in ("taxes", "subtotal", "rounding", "discount", "hash", "cashier", "change"):
        del older[missing]
    older["items"] = [{"item_name": "Mug", "qty": D(1), "amount": D("4.50")}]
    view = receipt_view(older, shop)
    assert (view["lines"][0]["amount_text"], view["lines"][0]["unit_text"]) == ("£4.50", "")
    assert (view["taxes"], view["cashier"], view["subtotal_text"]) == ([], "", "£73.40")


def test_a_void_says_what_it_voids_and_why(shop: config.Config) -> None:
    void = {"id": "s1", "invoice_name": "T1-000006", "reason": "Wrong items"}
    seen = receipt_view(document(kind="void", void=void, total=D("-73.40")), shop)
    assert (seen["title"], seen["is_return"]) == ("Void", True)
    assert seen["note"] == "Void of T1-000006: Wrong items"


def test_the_reason_of_a_return_stands_beside_its_line(shop: config.Config) -> None:
    items = document()["items"]
    items[0] |= {"qty": D("-2.000"), "amount": D("-72.00"), "reason": "Faulty"}
    assert receipt_view(document(kind="return", items=items), shop)["lines"][0]["note"] == "Faulty · box torn"
