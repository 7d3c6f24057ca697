"""The lines of a basket: what one costs in price terms, and a line that sells a gift voucher."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pos.errors import Invalid
from pos.rules.cart import price_cart
from pos.rules.lines import Goods, LineInput
from pos.rules.price import Discount
from pos.rules.tax import TaxRule

D = Decimal
RULE = TaxRule("per_line", "bankers", True, "GBP", D("0.01"))
GOODS = {
    "MUG": Goods("MUG", "Mug", price=D("12.50"), tax_code="S", tax_rate=D(20)),
    "GIFT": Goods("GIFT", "Gift voucher", tax_code="S", tax_rate=D(20), tax_account="VAT", open_price=True),
}
MUG = LineInput("a", "MUG", D(1))
GIFT = LineInput("v", "GIFT", D(1), D("25.00"), "typed", voucher="")
TEN_OFF = Discount("percent", D(10), "staff")


def test_what_a_line_costs_is_less_its_own_discount_and_its_share_of_the_whole():
    cart = price_cart([replace(MUG, discount=TEN_OFF)], GOODS, RULE, Discount("amount", D("1.00"), "staff"))
    line = cart.lines[0]
    assert (line.base, line.before_sale_discount, line.cost, line.amount) == (1250, 1125, 1025, 1025)


def test_a_voucher_is_money_owed_no_tax_no_discount_no_stock():
    cart = price_cart([MUG, GIFT], GOODS, RULE, TEN_OFF)
    mug, gift = cart.lines
    assert (mug.sale_discount, gift.sale_discount) == (125, 0), "a discount on the whole leaves the voucher alone"
    assert (gift.amount, gift.net, gift.tax, gift.tax_rate, gift.tax_code, gift.stocked) == (
        2500,
        2500,
        0,
        0,
        "",
        False,
    )
    assert (cart.total, [t.gross for t in cart.taxes]) == (3625, [1125]), "it is no supply: not among the taxes"
    assert not gift.overridden


@pytest.mark.parametrize("wrong", [{"qty": D(2)}, {"qty": D(-1)}, {"discount": TEN_OFF}, {"price": None}])
def test_one_voucher_a_line_at_its_full_value(wrong):
    with pytest.raises(Invalid) as refused:
        price_cart([replace(GIFT, **wrong)], GOODS, RULE)
    assert (refused.value.field or "").startswith("lines.v.")


def test_a_discount_needs_goods_to_fall_on():
    with pytest.raises(Invalid, match="nothing to take a discount from"):
        price_cart([GIFT], GOODS, RULE, TEN_OFF)
