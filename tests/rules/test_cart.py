"""A basket is priced: lines, discounts, refusals; lines and tax are always the total."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import Invalid
from pos.rules.cart import Against, Discount, Goods, LineInput, price_cart
from pos.rules.money import ROUNDING
from pos.rules.tax import RULES, TaxRule
from tests.rules.shop import RATES, D, basket, discount, goods, pence, priced, rule
from tests.rules.tables import cases


@cases("""
lines                          discount    tax             cash_step    tax_total    total    in_cash
1 x 0.99, 2 x 0.34             –           20% included    –            0.28         1.67     1.67
3 x 3.33                       10%         20% added       0.05         1.80         10.79    10.80
3 x 3.33                       –           20% added       –            2.00         11.99    11.99
1 x 10.00, 1 x 20.00 Z         10%         20% included    –            1.50         27.00    27.00
1 x 10.00, 1 x 20.00 Z         3.00 off    20% included    –            1.50         27.00    27.00
1 x 10.00, 1 x 20.00 Z         at 25.00    20% included    –            1.39         25.00    25.00
1 x 10.00, -1 x 4.00           10%         20% included    –            0.83         5.00     5.00
1 x 0.01, 1 x 0.01, 1 x 0.01   50%         20% included    0.05         0.00         0.01     0.00
-1 x 7.47                      –           20% included    0.10         -1.24        -7.47    -7.50
""")
def test_a_basket_with_a_sale_discount(row):
    tax = rule(row["tax"], cash_step=D(row["cash_step"] or "0.01"))
    cart = priced(row["lines"], tax, row["discount"])
    assert (cart.tax, cart.total) == (pence(row["tax_total"]), pence(row["total"]))
    assert tax.cash(cart.total) == pence(row["in_cash"])
    assert sum(x.sale_discount for x in cart.lines) == (cart.discount.amount if cart.discount else 0)


def test_a_sale_discount_falls_on_goods_sold_and_not_on_those_given_back():
    cart = priced("1 x 10.00, -1 x 4.00", off="10%")
    assert [x.sale_discount for x in cart.lines] == [100, 0]
    assert [x.amount for x in cart.lines] == [900, -400]


def test_a_sale_discount_with_nothing_sold_is_refused():
    with pytest.raises(Invalid) as refused:
        priced("-1 x 4.00", off="10%")
    assert refused.value.field == "discount"


def test_the_original_price_and_the_reason_stay_on_the_line():
    lines, stock = basket("2 x 1.20")
    cart = price_cart([replace(lines[0], discount=discount("10%"))], stock, rule())
    x = cart.lines[0]
    assert (x.list_price, x.price, x.base, x.amount) == (120, D("1.20"), 240, 216)
    assert (x.discount.kind, x.discount.value, x.discount.reason, x.discount.amount) == (
        "percent",
        D(10),
        "damaged",
        24,
    )
    assert x.rate == D("1.08")


def test_the_same_item_stands_twice_at_two_prices_and_is_sold_and_given_back_in_one_basket():
    thing = goods("5.00", item="MUG")
    lines = [
        LineInput("a1", "MUG", D(1)),
        LineInput("a2", "MUG", D(1), price=D("3.00"), price_source="typed"),
        LineInput("a3", "MUG", D(-1)),
    ]
    cart = price_cart(lines, {"MUG": thing}, rule())
    assert [x.amount for x in cart.lines] == [500, 300, -500]
    assert (cart.lines[1].list_price, cart.lines[1].price) == (500, D(3))
    assert cart.total == 300


def test_line_and_sale_discount_stack_on_what_is_left():
    lines, stock = basket("1 x 10.00")
    cart = price_cart([replace(lines[0], discount=discount("10%"))], stock, rule(), discount("10%"))
    assert cart.lines[0].amount == 810
    assert cart.goods == 900


def test_both_discounts_together_stay_below_the_ceiling():
    lines, stock = basket("1 x 10.00")
    with_its_own = [replace(lines[0], discount=discount("10%"))]
    with pytest.raises(Invalid) as refused:
        price_cart(with_its_own, stock, rule(), discount("10%"), percent_max=D(10))
    assert refused.value.code == "discount_too_high"
    assert price_cart(with_its_own, stock, rule(), percent_max=D(10)).total == 900


@cases("""
what                       change                       code              field
unknown item               code=NONE                    unknown_item      lines.a1
switched off               disabled                     disabled_item     lines.a1
template                   has_variants                 choose_variant    lines.a1
no price                   price=                       price_needed      lines.a1.price
open price not typed       open_price                   price_needed      lines.a1.price
half a piece               qty=0.5                      whole_pieces      lines.a1.qty
nothing                    qty=0                        invalid           lines.a1.qty
too fine                   qty=1.0005                   invalid           lines.a1.qty
absurd                     qty=100001                   invalid           lines.a1.qty
typed without a price      source=typed                 price_needed      lines.a1.price
negative price             source=typed typed=-1        invalid           lines.a1.price
too many decimals          source=typed typed=1.005     invalid           lines.a1.price
price on a list line       typed=1.00                   invalid           lines.a1.price
unknown source             source=guess                 invalid           lines.a1.price_source
""")
def test_a_line_that_cannot_be_sold_is_named(row):
    thing = Goods(code="A", name="A", price=D("1.00"), tax_code="S", tax_rate=D(20))
    line = LineInput("a1", "A", D(1))
    for word in row["change"].split():
        key, _, value = word.partition("=")
        if key == "code":
            line = replace(line, item_code=value)
        elif key == "qty":
            line = replace(line, qty=D(value))
        elif key == "source":
            line = replace(line, price_source=value)
        elif key == "typed":
            line = replace(line, price=D(value))
        elif key == "price":
            thing = replace(thing, price=None)
        else:
            thing = replace(thing, **{key: True})
    with pytest.raises(Invalid) as refused:
        price_cart([line], {"A": thing}, rule())
    assert (refused.value.code, refused.value.field) == (row["code"], row["field"])


def test_an_open_price_is_what_the_cashier_types():
    thing = Goods(code="MISC", name="Misc", open_price=True, tax_code="S", tax_rate=D(20))
    cart = price_cart([LineInput("a1", "MISC", D(2), D("1.50"), "typed")], {"MISC": thing}, rule())
    assert (cart.total, cart.lines[0].list_price) == (300, 150)


def test_an_empty_basket_too_many_lines_and_equal_ids_are_refused():
    lines, stock = basket("1 x 1.00")
    for given_, code in (
        ([], "empty"),
        (lines * 2, "invalid"),
        ([replace(lines[0], line=str(i)) for i in range(501)], "invalid"),
    ):
        with pytest.raises(Invalid) as refused:
            price_cart(given_, stock, rule())
        assert refused.value.code == code


def test_a_return_whose_receipt_is_not_here_is_refused():
    lines, stock = basket("-1 x 1.00")
    with pytest.raises(Invalid) as refused:
        price_cart([replace(lines[0], return_against=Against("r", "a1"))], stock, rule())
    assert refused.value.code == "unknown_receipt"


def test_selling_more_than_is_there_is_marked_and_not_refused():
    thing = goods("1.00", item="A", stock=D(3))
    lines = [LineInput("a1", "A", D(2)), LineInput("a2", "A", D(2)), LineInput("a3", "A", D(-5))]
    cart = price_cart(lines, {"A": thing}, rule())
    assert [x.oversold for x in cart.lines] == [False, True, False]
    cart = price_cart(lines[:1], {"A": replace(thing, stocked=False, stock=D(0))}, rule())
    assert not cart.lines[0].oversold


def test_a_100_percent_discount_leaves_nothing_to_pay_and_no_tax():
    cart = priced("2 x 1.20", off="100%")
    assert (cart.total, cart.tax, cart.lines[0].rate) == (0, 0, 0)


asked = st.builds(
    lambda qty, price, code, off, sign: (sign * qty, price, code, off),
    st.integers(1, 20_000).map(lambda n: D(n).scaleb(-3)) | st.integers(1, 20).map(D),
    st.integers(0, 20_000).map(lambda n: D(n).scaleb(-2)),
    st.sampled_from(sorted(RATES)),
    st.none() | st.integers(0, 100),
    st.sampled_from([1, 1, 1, -1]),
)


@settings(max_examples=300)
@given(
    st.lists(asked, min_size=1, max_size=10),
    st.builds(TaxRule, st.sampled_from(RULES), st.sampled_from(sorted(ROUNDING)), st.booleans()),
    st.none() | st.integers(0, 100),
)
def test_lines_and_tax_are_always_the_total(rows, tax_rule, off):
    lines, stock = [], {}
    for i, (qty, price, code, percent) in enumerate(rows):
        stock[f"i{i}"] = goods(str(price), code, f"i{i}")
        cut = None if percent is None else Discount("percent", D(percent), "why")
        lines.append(LineInput(f"l{i}", f"i{i}", qty, discount=cut))
    sold = any(x.qty > 0 and stock[x.item_code].price * x.qty >= D("0.02") for x in lines)
    cut = Discount("percent", D(off), "why") if off is not None and sold else None
    try:
        cart = price_cart(lines, stock, tax_rule, cut)
    except Invalid as refused:
        assert cut is not None, refused.message
        assert refused.message == "There is nothing to take a discount from."
        return
    assert cart.net + cart.tax == cart.total == sum(x.amount for x in cart.lines)
    assert sum(t.gross for t in cart.taxes) == cart.total
    assert sum(t.tax for t in cart.taxes) == cart.tax
    assert sum(x.sale_discount for x in cart.lines) == (cart.discount.amount if cart.discount else 0)
    for x in cart.lines:
        assert x.net + x.tax == x.amount
        assert x.amount * (1 if x.qty > 0 else -1) >= 0
        assert x.base - (x.discount.amount if x.discount else 0) - x.sale_discount == x.cost
        figures = (x.list_price, x.base, x.sale_discount, x.net, x.tax, x.amount)
        assert all(type(f) is int for f in figures)
