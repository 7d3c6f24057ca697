"""A receipt is built, checked, and recognised by what was asked for."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import Corrupt
from pos.rules import documents, receipt
from pos.rules.basket import Tendered
from pos.rules.cart import Discount, LineInput, price_cart
from pos.rules.money import ROUNDING
from pos.rules.receipt import content, content_of_request, first_difference
from pos.rules.tax import RULES, TaxRule
from pos.rules.tender import Payment, settle
from tests.rules import made
from tests.rules.shop import D, basket, goods, rule


@pytest.fixture
def sale():
    lines, stock = basket("2 x 1.20, 0.355 x 2.10 Z")
    lines[0] = replace(lines[0], discount=Discount("percent", D(10), "damaged"), note="gift")
    return made.receipt(lines, stock, rule(cash_step=D("0.05")), Discount("amount", D("0.50"), "regular"))


def test_a_receipt_holds_all_that_is_needed_to_rebuild_the_sale(sale):
    doc, _, _ = sale
    item = doc["items"][0]
    assert (doc["schema"], doc["kind"], doc["rules_version"], doc["tax_rule"]) == (
        "tillkeep.receipt/1",
        "sale",
        "1",
        "erpnext",
    )
    assert (doc["subtotal"], doc["rounding"], doc["total"], doc["tax_total"]) == (
        D("2.41"),
        D("-0.01"),
        D("2.40"),
        D("0.30"),
    )
    assert (item["list_price"], item["price"], item["qty"], item["amount"]) == (D("1.20"), D("1.20"), D(2), D("1.79"))
    assert item["discount"] == {"kind": "percent", "value": D(10), "reason": "damaged", "amount": D("0.24")}
    assert item["sale_discount"] == D("0.37")
    assert doc["discount"] == {"kind": "amount", "value": D("0.50"), "reason": "regular", "amount": D("0.50")}
    assert (doc["tender"], doc["cash_given"], doc["change"], doc["vouchers"]) == ("cash", D("2.40"), D("0.00"), [])
    assert [(t["code"], t["tax"]) for t in doc["taxes"]] == [("S", D("0.30")), ("Z", D("0.00"))]


def test_a_receipt_survives_its_file_without_a_float(sale):
    doc, _, _ = sale
    read = documents.decode(documents.encode(doc))
    assert read == doc
    receipt.check(read)


def test_tenders_are_named():
    lines, stock = basket("1 x 10.00")
    tax = rule()
    cart = price_cart(lines, stock, tax)
    payments = [
        Payment("Gift", "voucher", 400, "GV-1"),
        Payment("Card", "card", 100, "081552", "4417"),
        Payment("Cash", "cash", 1000),
    ]
    _, request, _ = made.receipt(lines, stock, tax)
    doc = receipt.build(request, cart, settle(1000, payments, tax), tax, made.AT)
    assert (doc["tender"], doc["cash_given"], doc["change"]) == ("split", D("10.00"), D("5.00"))
    assert doc["vouchers"] == []  # what it does to vouchers is only known inside the transaction
    assert [p["change"] for p in doc["payments"]] == [D("0.00"), D("0.00"), D("5.00")]
    assert doc["payments"][1]["last4"] == "4417"
    receipt.check(doc)


def test_an_exchange_is_a_sale_while_the_customer_pays_and_a_return_while_money_goes_back():
    for text, kind in (
        ("1 x 5, -1 x 4", "sale"),
        ("1 x 4, -1 x 5", "return"),
        ("1 x 4, -1 x 4", "sale"),
        ("-1 x 4", "return"),
        ("-1 x 0", "return"),
    ):
        lines, stock = basket(text)
        doc, _, _ = made.receipt(lines, stock, rule())
        assert doc["kind"] == kind, text
        receipt.check(doc)


def test_nothing_to_pay_has_no_tender():
    lines, stock = basket("1 x 4, -1 x 4")
    doc, _, _ = made.receipt(lines, stock, rule(), pay="")
    assert (doc["tender"], doc["payments"], doc["total"]) == ("none", [], 0)
    receipt.check(doc)


def test_a_sale_beyond_the_stock_says_so():
    thing = goods("1.00", item="A", stock=D(0))
    doc, _, _ = made.receipt([LineInput("a1", "A", D(1))], {"A": thing}, rule())
    assert doc["flags"] == ["oversold"]


def test_an_unpaid_basket_makes_no_receipt(sale):
    _, request, cart = sale
    with pytest.raises(AssertionError):
        receipt.build(request, cart, settle(cart.total, [], rule()), rule(), made.AT)


# -- check -----------------------------------------------------------------------------------------------------------

BROKEN = {
    "a float": (("total",), 2.4, "total"),
    "a float deep inside": (("items", 0, "qty"), 2.0, "items.0.qty"),
    "total": (("total",), D("2.41"), "total"),
    "subtotal": (("subtotal",), D("2.42"), "subtotal"),
    "rounding": (("rounding",), D("0.00"), "total"),
    "tax_total": (("tax_total",), D("0.31"), "tax_total"),
    "line amount": (("items", 0, "amount"), D("1.80"), "items.a1"),
    "line net": (("items", 0, "net"), D("1.50"), "items.a1"),
    "line price": (("items", 0, "price"), D("1.30"), "items.a1"),
    "line quantity": (("items", 0, "qty"), D(3), "items.a1"),
    "line sign": (("items", 0, "qty"), D(-2), "items.a1"),
    "line discount": (("items", 0, "discount", "amount"), D("0.25"), "items.a1"),
    "share of the sale discount": (("items", 1, "sale_discount"), D("0.14"), "items.a2"),
    "sale discount": (("discount", "amount"), D("0.51"), "discount"),
    "line id twice": (("items", 1, "line"), "a1", "items.a1"),
    "no lines": (("items",), [], "items"),
    "tax of a rate": (("taxes", 0, "tax"), D("0.29"), "taxes"),
    "rate missing": (("taxes",), [], "taxes"),
    "payment": (("payments", 0, "amount"), D("2.50"), "payments"),
    "change": (("change",), D("0.10"), "payments"),
    "change of a payment": (("payments", 0, "change"), D("0.10"), "change"),
    "cash given": (("cash_given",), D("5.00"), "cash_given"),
    "rounded without cash": (("payments", 0, "kind"), "card", "cash_given"),
    "too many decimals": (("total",), D("2.405"), None),
    "no currency": (("currency",), None, "currency"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_does_not_add_up_is_corrupt(sale, what):
    path, value, field = BROKEN[what]
    doc = deepcopy(sale[0])
    target = doc
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(Corrupt) as found:
        receipt.check(doc)
    assert found.value.field == field
    assert found.value.message.startswith("T1-000001: ")


def test_card_above_what_was_due_is_corrupt_even_when_cash_brings_it_back(sale):
    doc = deepcopy(sale[0])
    doc |= {"rounding": D("0.00"), "total": D("2.41"), "change": D("0.59"), "cash_given": D("0.59")}
    doc["payments"] = [
        {
            "mode_of_payment": "Card",
            "kind": "card",
            "amount": D("2.41"),
            "change": D("0.00"),
            "reference": "",
            "last4": "",
        },
        {
            "mode_of_payment": "Cash",
            "kind": "cash",
            "amount": D("0.59"),
            "change": D("0.59"),
            "reference": "",
            "last4": "",
        },
    ]
    receipt.check(doc)
    doc["payments"][0]["amount"], doc["payments"][1]["amount"] = D("2.50"), D("0.50")
    doc["cash_given"] = D("0.50")
    with pytest.raises(Corrupt, match="above what was due"):
        receipt.check(doc)


def test_an_imported_receipt_keeps_its_own_totals_and_other_kinds_have_no_lines(sale):
    doc = deepcopy(sale[0])
    doc |= {"series": "imported", "total": D("9.99")}
    receipt.check(doc)
    receipt.check({"kind": "layaway", "series": "till", "items": []})
    with pytest.raises(Corrupt):
        receipt.check({**doc, "total": 9.99})


# -- the same content ------------------------------------------------------------------------------------------------


def test_a_basket_and_its_receipt_have_the_same_content_also_after_the_file(sale):
    doc, request, _ = sale
    read = documents.decode(documents.encode(doc))
    assert first_difference(content(read), content_of_request(request)) is None


SAID = (
    "lines.a1.qty", "lines.a1.item_code", "lines.a1.note", "lines.a1.price_source", "lines.a1.discount.value",
    "lines.a1.discount.reason", "lines.a1.discount", "lines.a2", "lines.a3", "customer", "total", "discount.value",
    "payments.0.amount", "payments.0.mode_of_payment", "payments.0.reference", "payments.0.last4", "payments.1",
    "payments.0",
)  # fmt: skip


def _changed(request, what):
    line = request.lines[0]
    if what.startswith("lines.a1"):
        change = {
            "lines.a1.qty": {"qty": D(3)},
            "lines.a1.item_code": {"item_code": "other"},
            "lines.a1.note": {"note": "present"},
            "lines.a1.price_source": {"price_source": "typed", "price": D("1.20")},
            "lines.a1.discount.value": {"discount": Discount("percent", D(20), "damaged")},
            "lines.a1.discount.reason": {"discount": Discount("percent", D(10), "old")},
            "lines.a1.discount": {"discount": None},
        }[what]
        return replace(request, lines=(replace(line, **change), *request.lines[1:]))
    if what == "lines.a2":
        return replace(request, lines=request.lines[:1])
    if what == "lines.a3":
        return replace(request, lines=(*request.lines, replace(line, line="a3")))
    payment = request.payments[0]
    return replace(
        request,
        **{
            "customer": {"customer": "Ann Smith"},
            "total": {"total": 1},
            "discount.value": {"discount": Discount("amount", D("0.60"), "regular")},
            "payments.0.amount": {"payments": (replace(payment, amount=500),)},
            "payments.0.mode_of_payment": {"payments": (replace(payment, mode_of_payment="Card"),)},
            "payments.0.reference": {"payments": (replace(payment, reference="x"),)},
            "payments.0.last4": {"payments": (replace(payment, last4="1234"),)},
            "payments.1": {"payments": (payment, Tendered("Cash", 1))},
            "payments.0": {"payments": ()},
        }[what],
    )


@pytest.mark.parametrize(
    "what",
    SAID,
)
def test_the_first_difference_names_its_field(sale, what):
    doc, request, _ = sale
    assert first_difference(content(doc), content_of_request(_changed(request, what))) == what


def test_how_a_figure_is_written_makes_no_difference(sale):
    doc, request, _ = sale
    line = replace(request.lines[0], qty=D("2.000"), discount=Discount("percent", D("10.0"), " damaged "))
    written = replace(request, lines=(line, *request.lines[1:]))
    assert first_difference(content(doc), content_of_request(written)) is None


def test_a_typed_price_and_a_return_link_are_part_of_the_content():
    thing = goods("5.00", item="A")
    doc, request, _ = made.receipt([LineInput("a1", "A", D(1), D("3.00"), "typed")], {"A": thing}, rule())
    other = replace(request, lines=(replace(request.lines[0], price=D("3.10")),))
    assert first_difference(content(doc), content_of_request(request)) is None
    assert first_difference(content(doc), content_of_request(other)) == "lines.a1.price"


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 5000).map(lambda n: D(n).scaleb(-3)),
            st.integers(0, 5000).map(lambda n: D(n).scaleb(-2)),
            st.sampled_from("SRZX"),
            st.sampled_from([1, 1, -1]),
            st.text(max_size=8),
        ),
        min_size=1,
        max_size=8,
    ),
    st.builds(TaxRule, st.sampled_from(RULES), st.sampled_from(sorted(ROUNDING)), st.booleans(), st.just("GBP"),
              st.sampled_from([D("0.01"), D("0.05"), D("1.00")])),
    st.sampled_from(["cash", "card"]),
)  # fmt: skip
def test_every_receipt_the_rules_make_is_whole_and_comes_back_from_its_file(rows, tax, pay):
    stock = {f"i{i}": goods(str(price), code, f"i{i}") for i, (_, price, code, _, _) in enumerate(rows)}
    lines = [
        LineInput(f"l{i}", f"i{i}", sign * qty, note=note.strip()) for i, (qty, _, _, sign, note) in enumerate(rows)
    ]
    doc, request, _ = made.receipt(lines, stock, tax, pay=pay)
    receipt.check(doc)
    read = documents.decode(documents.encode(doc))
    receipt.check(read)
    assert read == doc
    assert first_difference(content(read), content_of_request(request)) is None
