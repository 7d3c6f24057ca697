"""Gift vouchers at a till: sold, used, refunded onto, voided, expired, by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pos import clock
from pos.actions import refund, sell, void, voucher
from pos.errors import BadSettings, Conflict, Invalid, NeedsApproval
from pos.rules.voucher import Refused
from pos.store import people, shifts, vouchers
from tests.actions.gifts import asked, figures, gift, left, paid, sold, used, with_gifts
from tests.actions.shop import Person, Till, documents_saved, line, put_prices

D = Decimal
CASHIER = Person("cashier", "cat", "Cat")


@pytest.fixture
def gifts(till: Till) -> Till:
    put_prices(till.store, {"MUG": 1250})
    return with_gifts(till)


def void_of(doc: dict[str, Any]) -> dict[str, Any]:
    return {"id": clock.uuid7(), "document": doc["id"], "reason": "Wrong items"}


# -- sold ------------------------------------------------------------------------------------------------------------


def test_a_voucher_is_one_more_line_and_lives_by_the_paid_receipt(gifts):
    """Goods 12.50 and a voucher of 25.00 by card: 37.50, tax on the goods alone (12.50 / 6 = 2.08)."""
    basket = asked(line("MUG"), gift("25.00"), pay=paid(("Card", "37.50")))
    assert vouchers.summed(gifts.store).vouchers == 0
    doc = sell.commit(gifts, basket, CASHIER).doc
    code = doc["items"][1]["voucher"]["code"]
    assert (doc["total"], doc["tax_total"]) == (D("37.50"), D("2.08"))
    assert [(t["net"], t["tax"], t["gross"]) for t in doc["taxes"]] == [(D("10.42"), D("2.08"), D("12.50"))]
    assert [(r["code"], r["act"], r["amount"], r["balance"]) for r in doc["vouchers"]] == [
        (code, "issue", D("25.00"), D("25.00"))
    ]
    known = vouchers.balance(gifts.store, code)
    assert (known.balance, known.state, known.issued_here) == (2500, "active", True)
    assert sell.commit(gifts, basket, CASHIER).doc == doc and left(gifts, code) == 2500, "sent twice, made once"


def test_a_basket_that_is_never_paid_makes_no_voucher(gifts):
    """Priced, looked at, refused for want of money and given up: nothing of value is left behind."""
    basket = asked(line("MUG"), gift("25.00"), pay=paid(("Card", "37.50")))
    sell.price(gifts.store, gifts.config, basket, CASHIER)
    sell.pay_check(gifts.store, gifts.config, basket, CASHIER)
    with pytest.raises(Invalid, match="still to pay"):
        sell.commit(gifts, {**basket, "payments": paid(("Card", "12.50"))}, CASHIER)
    assert vouchers.listed(gifts.store) == [] and documents_saved(gifts) == 0


def test_a_scanned_voucher_item_is_a_voucher_without_saying_so(gifts):
    plain = {k: v for k, v in gift("25.00").items() if k != "voucher"}
    basket = asked(plain, pay=paid(("Cash", "25.00")))
    doc = sell.commit(gifts, basket, CASHIER).doc
    assert doc["items"][0]["voucher"]["code"].startswith("GV-")
    assert sell.commit(gifts, basket, CASHIER).duplicate


def test_a_typed_code_is_kept_and_belongs_to_one_voucher_alone(gifts):
    assert sold(gifts, code="card-0001") == "CARD-0001"
    with pytest.raises(Conflict) as refused:
        sold(gifts, code="CARD-0001")
    assert (refused.value.code, refused.value.field) == ("voucher_taken", "lines.v.voucher.code")
    assert left(gifts, "CARD-0001") == 2500


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": "0.99"}, "voucher_amount"),
        ({"price": "500.01"}, "voucher_amount"),
        ({"qty": "2"}, "voucher_line"),
        ({"qty": "-1"}, "voucher_line"),
        ({"discount": {"kind": "percent", "value": "10", "reason": "x"}}, "voucher_line"),
        ({"item_code": "MISC"}, "voucher_line"),
        ({"voucher": {"code": "a b"}}, "voucher_code"),
    ],
)
def test_what_is_no_voucher_is_refused_before_it_is_paid(gifts, change, code):
    with pytest.raises(Invalid) as refused:
        sell.price(gifts.store, gifts.config, asked(gift("25.00") | change, pay=[]), CASHIER)
    assert refused.value.code == code and documents_saved(gifts) == 0


def test_a_voucher_never_comes_back_as_goods(gifts):
    doc = sell.commit(gifts, asked(gift("25.00"), pay=paid(("Cash", "25.00"))), Person()).doc
    back = {"line": "r", "item_code": "GIFT-VOUCHER", "qty": "-1", "reason": "x"}
    for against in ({}, {"return_against": {"id": doc["id"], "line": "v"}}):
        with pytest.raises(Invalid) as refused:
            sell.commit(gifts, asked({**back, **against}, pay=paid(("Cash", "-25.00"))), Person())
        assert refused.value.code == "voucher_line"
    told = refund.lines(gifts.store, gifts.config, doc["id"])["lines"][0]
    assert "does not come back as goods" in told["why_not"]


# -- used ------------------------------------------------------------------------------------------------------------


def test_a_voucher_pays_with_cash_beside_it_and_the_rest_stays(gifts):
    """25.00 on it; 20.00 of it and 3.00 in cash for 23.00: 5.00 stay."""
    code = sold(gifts)
    goods = line("MISC", price="23.00", price_source="typed")
    basket = asked(goods, pay=paid(("Gift Voucher", "20.00", code.lower()), ("Cash", "3.00")))
    doc = sell.commit(gifts, basket, CASHIER).doc
    assert [(p["kind"], p["amount"], p["reference"]) for p in doc["payments"]] == [
        ("voucher", D("20.00"), code), ("cash", D("3.00"), ""),
    ]  # fmt: skip
    assert [(r["act"], r["amount"], r["balance"]) for r in doc["vouchers"]] == [("redeem", D("-20.00"), D("5.00"))]
    assert sell.commit(gifts, basket, CASHIER).duplicate and left(gifts, code) == 500, "sent twice, used once"


@pytest.mark.parametrize(
    ("pay", "code", "field", "may_use"),
    [
        ((("Gift Voucher", "30.00", "CARD-0001"),), "voucher_short", "payments.0.amount", "25.00"),
        ((("Cash", "5.00"), ("Gift Voucher", "25.00", "CARD-9999")), "voucher_unknown", "payments.1.amount", None),
        ((("Gift Voucher", "20.00", "CARD-0001"), ("Gift Voucher", "10.00", "CARD-0001")), "voucher_short",
         "payments.1.amount", "25.00"),
    ],
)  # fmt: skip
def test_value_that_is_not_there_is_refused_on_the_screen_and_in_the_commit(gifts, pay, code, field, may_use):
    """The whole sale is never rolled back behind a screen that says it was paid."""
    sold(gifts, code="CARD-0001")
    basket = asked(line("MISC", price="30.00", price_source="typed"), pay=paid(*pay))
    for act in (lambda: sell.pay_check(gifts.store, gifts.config, basket), lambda: sell.commit(gifts, basket, CASHIER)):
        with pytest.raises(Refused) as refused:
            act()
        assert (refused.value.code, refused.value.field) == (code, field)
        assert refused.value.details() == {"may_use": may_use}
    typed = {**basket, "payments": [], "typed": paid(pay[-1])[0]}
    if len(pay) == 1:
        with pytest.raises(Refused) as refused:
            sell.pay_check(gifts.store, gifts.config, typed)
        assert refused.value.field == "typed.amount"
    assert documents_saved(gifts) == 1 and left(gifts, "CARD-0001") == 2500


def test_a_voucher_is_not_bought_with_a_voucher(gifts):
    code = sold(gifts)
    bought = (([gift("25.00")], "25.00", "0.00"), ([line("MUG"), gift("25.00")], "20.00", "12.50"))
    for lines, amount, goods in bought:
        rest = () if len(lines) == 1 else (("Cash", "17.50"),)
        with pytest.raises(Invalid) as refused:
            sell.commit(gifts, asked(*lines, pay=paid(("Gift Voucher", amount, code), *rest)), CASHIER)
        assert (refused.value.code, refused.value.details()) == ("voucher_for_voucher", {"may_use": goods})
    basket = asked(line("MUG"), gift("25.00"), pay=paid(("Gift Voucher", "12.50", code), ("Cash", "25.00")))
    assert sell.commit(gifts, basket, CASHIER).doc["vouchers"][1]["balance"] == D("12.50")


def test_of_two_screens_with_one_voucher_exactly_one_wins(gifts):
    code = sold(gifts)

    def pay(_: int) -> str:
        try:
            used(gifts, code, "25.00", CASHIER)
        except Refused as refused:
            return refused.code
        return "paid"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(pay, range(4))) == ["paid", *["voucher_short"] * 3]
    assert left(gifts, code) == 0 and documents_saved(gifts) == 2


def test_an_expired_voucher_is_refused_and_taken_off_once(gifts):
    code = sold(gifts)
    then = clock.now() + timedelta(days=366)
    with clock.set_to(lambda: then):
        with pytest.raises(Refused) as refused:
            used(gifts, code, "5.00", CASHIER)
        assert refused.value.code == "voucher_expired" and "2027" in refused.value.message
        session = shifts.last(gifts.store, "T1")
        done = voucher.expire(gifts, Person())
        assert done is not None and done.doc["vouchers"][0]["amount"] == D("-25.00")
        assert voucher.expire(gifts, Person()) is None and left(gifts, code) == 0
        assert done.doc["session"] == (session.id if session and session.open else "")


# -- refunded --------------------------------------------------------------------------------------------------------


def test_goods_come_back_onto_a_new_voucher_or_one_that_is_there(gifts):
    doc = sell.commit(gifts, asked(line("MUG", "2"), pay=paid(("Cash", "25.00"))), Person()).doc
    back = line("MUG", "-1", return_against={"id": doc["id"], "line": "a1"}, reason="Wrong size")
    basket = asked(back, pay=paid(("Gift Voucher", "-12.50")))
    first = sell.commit(gifts, basket, Person())
    came = refund.lines(gifts.store, gifts.config, used(gifts, first.doc["vouchers"][0]["code"], "2.50").doc["id"])
    assert [(t["kind"], t["reference"]) for t in came["tenders"]] == [("voucher", first.doc["vouchers"][0]["code"])]
    row = first.doc["vouchers"][0]
    assert (row["act"], row["amount"], row["balance"], row["made"]) == ("refund", D("12.50"), D("12.50"), True)
    assert first.doc["payments"][0]["reference"] == row["code"]
    assert sell.commit(gifts, basket, Person()).duplicate
    again = asked({**back, "line": "a2"}, pay=paid(("Gift Voucher", "-12.50", row["code"])))
    assert sell.commit(gifts, again, Person()).doc["vouchers"][0]["balance"] == D("22.50")
    assert left(gifts, row["code"]) == 2250
    with pytest.raises(Refused) as refused:
        thing = line("MISC", "-1", price="5.00", price_source="typed", reason="x")
        sell.commit(gifts, asked(thing, pay=paid(("Gift Voucher", "-5.00", "CARD-9999"))), Person())
    assert refused.value.code == "voucher_unknown"


def test_buying_with_a_voucher_and_giving_back_makes_no_money(gifts):
    """Round and round: what is on vouchers and in the drawer together stays what was paid in."""
    code = sold(gifts)
    for _ in range(3):
        doc = used(gifts, code, "25.00").doc
        back = line("MISC", "-1", return_against={"id": doc["id"], "line": "a1"}, reason="x")
        sell.commit(gifts, asked(back, pay=paid(("Gift Voucher", "-25.00", code))), Person())
    assert left(gifts, code) == 2500
    doc = used(gifts, code, "25.00").doc
    back = asked(line("MISC", "-1", return_against={"id": doc["id"], "line": "a1"}), pay=paid(("Cash", "-25.00")))
    people_may_approve(gifts)
    with pytest.raises(NeedsApproval, match="another way"):  # a voucher does not become cash by a way round
        sell.commit(gifts, back, Refunder())


class Refunder(Person):
    """Takes goods back, but pays nobody another way than they paid."""

    def may(self, right: str) -> bool:
        return right != "refund_tender"


def people_may_approve(till: Till) -> None:
    people.add_user(till.store, "8", "Ben", "manager", "2468")


# -- voided ----------------------------------------------------------------------------------------------------------


def test_a_voided_sale_takes_its_voucher_back_and_gives_used_value_back(gifts):
    first = sell.commit(gifts, asked(line("MUG"), gift("25.00"), pay=paid(("Card", "37.50"))), Person()).doc
    code = first["vouchers"][0]["code"]
    second = used(gifts, code, "20.00").doc
    with pytest.raises(Conflict) as refused:
        void.commit(gifts, void_of(first), Person())
    assert refused.value.code == "voucher_used" and code in refused.value.message
    assert refund.lines(gifts.store, gifts.config, first["id"])["void"]["allowed"] is False
    back = void.commit(gifts, void_of(second), Person()).doc
    assert [(r["act"], r["amount"], r["balance"]) for r in back["vouchers"]] == [("refund", D("20.00"), D("25.00"))]
    gone = void.commit(gifts, void_of(first), Person()).doc
    assert [(r["act"], r["amount"], r["balance"]) for r in gone["vouchers"]] == [("adjust", D("-25.00"), D("0.00"))]
    with pytest.raises(Refused, match="Nothing is left"):
        used(gifts, code, "1.00")
    z = figures(gifts)["vouchers"]
    assert (z["issued"], z["used"]["amount"]) == ({"count": 0, "amount": D("0.00")}, D("20.00"))


# -- by hand ---------------------------------------------------------------------------------------------------------


def test_a_voucher_by_hand_needs_its_right_and_a_reason_and_opens_no_session(gifts):
    raw = {"id": clock.uuid7(), "amount": "15.00", "reason": "Goodwill"}
    people_may_approve(gifts)
    with pytest.raises(NeedsApproval):
        voucher.issue(gifts, raw, CASHIER)
    with pytest.raises(Invalid, match="Say why"):
        voucher.issue(gifts, {**raw, "reason": ""}, Person())
    made = voucher.issue(gifts, raw, Person())
    assert voucher.issue(gifts, raw, Person()).duplicate
    doc, code = made.doc, made.doc["vouchers"][0]["code"]
    assert (doc["kind"], doc["total"], doc["session"], doc["voucher"]) == (
        "voucher", D("0.00"), "", {"reason": "Goodwill", "note": ""},
    )  # fmt: skip
    assert shifts.last(gifts.store, "T1") is None
    less = {"id": clock.uuid7(), "code": code, "amount": "-15.01", "reason": "Typing mistake"}
    with pytest.raises(Refused) as refused:
        voucher.adjust(gifts, less, Person())
    assert refused.value.code == "voucher_short"
    voucher.adjust(gifts, {**less, "amount": "-5.00"}, Person())
    assert left(gifts, code) == 1000
    with pytest.raises(Conflict) as other:
        voucher.issue(gifts, {**raw, "amount": "16.00"}, Person())
    assert other.value.code == "other_content"


@pytest.mark.parametrize(("code", "says"), [("4111-1111-1111-1111", "card_number"), ("shoe-8", "voucher_taken")])
def test_a_code_that_could_not_be_used_later_is_refused(gifts, code, says):
    """No payment takes a card's number, and a scan of an item's code sells the item."""
    raw = {"id": clock.uuid7(), "code": code, "amount": "15.00", "reason": "Goodwill"}
    with pytest.raises((Invalid, Conflict)) as refused:
        voucher.issue(gifts, raw, Person())
    assert refused.value.code == says


def test_nothing_is_put_onto_an_expired_voucher_by_hand(gifts):
    """Nobody could use it, and it would be taken off again the same night."""
    code = sold(gifts)
    with clock.set_to(lambda: clock.parse("2036-01-01T12:00:00.000000Z")):
        with pytest.raises(Refused, match="expired"):
            voucher.adjust(gifts, {"id": clock.uuid7(), "code": code, "amount": "5.00", "reason": "Goodwill"}, Person())
        assert left(gifts, code) == 2500


def test_a_voucher_is_not_sold_under_an_items_barcode(gifts):
    with pytest.raises(Conflict, match="of the item"):
        sold(gifts, code="SHOE-8")


# -- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount_min": D(0)}, "amount_min"),
        ({"amount_min": D(600)}, "amount_max"),
        ({"amount_max": D("9.999")}, "decimals"),
        ({"months": -1}, "months"),
        ({"item": "BAG"}, "bag_item"),
    ],
)
def test_the_start_stops_where_no_voucher_could_be_sold(shop, change, words):
    sell.check_settings(shop)
    with pytest.raises(BadSettings, match=words):
        sell.check_settings(replace(shop, vouchers=replace(shop.vouchers, **change)))
