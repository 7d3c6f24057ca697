"""Before and while goods come back: the receipt found, the days, the reasons, and where the money may go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pos import clock
from pos.actions import refund, sell, void
from pos.errors import Conflict, Invalid, NeedsApproval, NotAllowed, NotFound
from pos.store import people, rebuild
from pos.store import sold as sales
from pos.store.db import open_store
from tests.actions.shop import ID, Person, Till, basket, documents_saved, line, put_prices

MORNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SAM = Person("supervisor", "8", "Sam")
ANN = Person("cashier", "1", "Ann")


@pytest.fixture
def now():
    """A clock that a test moves on."""
    moment = [MORNING]
    with clock.set_to(lambda: moment[0]):
        yield moment


def with_returns(till: Till, **values: Any) -> Till:
    till.config = replace(till.config, returns=replace(till.config.returns, **values))
    return till


def sold(till: Till, *lines: dict[str, Any], total: str = "2.40", n: int = 1, pay: Any = "Cash") -> dict[str, Any]:
    asked = basket(*(lines or (line("MUG", "2"),)), total=total, n=n, pay=None if isinstance(pay, list) else pay)
    return sell.commit(till, asked | ({"payments": pay} if isinstance(pay, list) else {}), Person()).doc


def back(
    doc: dict[str, Any], qty: str = "-1", total: str = "-1.20", n: int = 2, pay: Any = "Cash", **more: Any
) -> dict:
    against = {"id": doc["id"], "line": "a1"}
    asked = basket(line("MUG", qty, "r1", return_against=against, **more), total=total, n=n, pay=None)
    payments = pay if isinstance(pay, list) else [{"mode_of_payment": pay, "amount": total}]
    return asked | {"payments": payments}


# -- finding ---------------------------------------------------------------------------------------------------------


def test_a_receipt_is_found_by_its_number_its_id_its_last_digits_and_in_small_letters(till):
    doc = sold(till)
    for code in ("T1-000001", doc["id"], "1", "000001", " t1-000001 "):
        found = refund.find(till.store, till.config, code)
        assert (found["id"], found["number"], found["total_text"]) == (doc["id"], "T1-000001", "£2.40")


def test_another_tills_receipt_is_not_known_here_and_a_return_without_it_is_offered(till):
    with pytest.raises(refund.NotKnownHere, match="It is of till T2") as refused:
        refund.find(till.store, till.config, "T2-000812")
    assert refused.value.details() | {"earlier": []} == {
        "number": "T2-000812", "till": "T2", "rule": "supervisor", "act": "blind_return", "limit_text": None,
        "earlier": [],
    }  # fmt: skip
    with pytest.raises(NotFound) as refused:
        refund.find(till.store, till.config, "T1-000099")
    assert refused.value.code == "not_found", "our own number that was never written is a typing mistake"
    for odd in ("", "  ", "x" * 61, "a\nb"):
        with pytest.raises(Invalid):
            refund.find(till.store, till.config, odd)


def test_what_came_back_before_on_an_unknown_receipt_is_shown(till):
    blind = line("MUG", "-1", "r1", reason="Faulty", return_of="T2-000812")
    sell.commit(till, basket(blind, total="-1.20"), SAM)
    with pytest.raises(refund.NotKnownHere) as refused:
        refund.find(till.store, till.config, "t2-000812")
    assert [(x["number"], x["name"], x["qty_text"], x["amount_text"]) for x in refused.value.facts["earlier"]] == [
        ("T1-000001", "Mug", "1", "£1.20")
    ]


def test_a_document_on_which_nothing_was_sold_is_no_receipt_to_return(till):
    doc = sold(till)
    voided = void.commit(till, {"id": ID.format(30), "document": doc["id"], "reason": "Test sale"}, SAM).doc
    with pytest.raises(NotFound, match="Nothing was sold"):
        refund.find(till.store, till.config, voided["invoice_name"])
    assert refund.find(till.store, till.config, "1")["voided_by"] == voided["invoice_name"]


# -- what may come back ----------------------------------------------------------------------------------------------


def test_the_lines_say_what_was_sold_came_back_and_may_still_come_back_at_the_price_really_paid(till):
    off = {"kind": "percent", "value": "10", "reason": "damaged"}
    doc = sold(till, line("MUG", "3", "a1", discount=off), line("TEA", "0.355", "a2"), total="3.99")
    sell.commit(till, back(doc, total="-1.08", reason="Faulty"), SAM)
    put_prices(till.store, {"MUG": 999})
    found = refund.lines(till.store, till.config, "T1-000001")
    mug, tea = found["lines"]
    assert (mug["qty"], mug["back"], mug["left"], mug["step"]) == ("3", "1", "2", "1")
    assert (mug["unit_text"], mug["paid_text"], mug["left_amount_text"], mug["tax_text"]) == (
        "£1.08",
        "£3.24",
        "£2.16",
        "20%",
    )
    assert [(x["number"], x["qty_text"]) for x in mug["returns"]] == [("T1-000002", "1")]
    assert (tea["qty"], tea["left_amount"], tea["step"]) == ("0.355", "0.75", "0.001")
    assert found["left_amount"] == "2.91"
    assert found["tenders"] == [
        {"mode_of_payment": "Cash", "kind": "cash", "last4": "", "reference": "", "paid": "3.99", "paid_text": "£3.99",
         "back": "1.08", "back_text": "£1.08", "left": "2.91", "left_text": "£2.91"}
    ]  # fmt: skip
    assert found["void"]["allowed"] is False
    assert "Wrong size" in found["reasons"]


def test_a_line_that_came_back_whole_says_so_and_the_rest_stays(till):
    doc = sold(till)
    sell.commit(till, back(doc, "-2", "-2.40"), SAM)
    row = refund.lines(till.store, till.config, doc["id"])["lines"][0]
    assert (row["left"], row["left_amount"], row["why_not"]) == ("0", "0.00", "All of it came back.")


def test_a_line_of_an_exchange_that_was_itself_given_back_is_not_offered(till):
    doc = sold(till)
    swap = basket(back(doc)["lines"][0], line("SHOE-8", id_="n1"), total="43.80", n=2)
    sell.commit(till, swap, SAM)
    assert [x["line"] for x in refund.lines(till.store, till.config, "2")["lines"]] == ["n1"]


# -- days and reasons ------------------------------------------------------------------------------------------------


def test_goods_come_back_until_the_last_day_and_later_only_with_a_second_person(till, now):
    people.add_user(till.store, "8", "Sam", "supervisor", "2468")
    doc = sold(till)
    now[0] += timedelta(days=28)
    assert refund.lines(till.store, till.config, "1")["window"]["late"] is False
    sell.commit(till, back(doc), SAM)
    now[0] += timedelta(days=1)
    assert refund.lines(till.store, till.config, "1")["window"]["late"] is True
    with pytest.raises(NeedsApproval, match="older than 28 days") as refused:
        sell.commit(till, back(doc, n=3), ANN)
    assert (refused.value.act, refused.value.reach) == ("late_return", Decimal("1.20"))
    sell.commit(till, back(doc, n=3), SAM)


def test_the_days_run_by_the_business_day_and_0_is_no_end(till, now):
    doc = sold(till)
    with_returns(till, window_days=0)
    now[0] += timedelta(days=4000)
    assert refund.lines(till.store, till.config, "1")["window"] == {
        "days": 0,
        "until": None,
        "until_text": None,
        "late": False,
    }
    sell.commit(till, back(doc), Person("supervisor"))


def test_the_reason_of_each_line_is_on_the_receipt(till):
    doc = sold(till)
    done = sell.commit(till, back(doc, reason="Wrong size"), SAM)
    assert done.doc["items"][0]["reason"] == "Wrong size"
    assert b'"reason":"Wrong size"' in done.body.replace(b'": "', b'":"')


def test_a_shop_that_insists_on_a_reason_gets_one(till):
    doc = sold(till)
    with_returns(till, reason_required=True)
    with pytest.raises(Invalid) as refused:
        sell.commit(till, back(doc), SAM)
    assert (refused.value.code, refused.value.field) == ("reason", "lines.r1.reason")
    sell.commit(till, back(doc, reason="Faulty"), SAM)


def test_the_same_return_with_another_reason_is_other_content(till):
    doc = sold(till)
    sell.commit(till, back(doc, reason="Faulty"), SAM)
    with pytest.raises(Conflict) as refused:
        sell.commit(till, back(doc, reason="Wrong size"), SAM)
    assert refused.value.field == "lines.r1.reason"


# -- without a receipt -----------------------------------------------------------------------------------------------


def test_without_a_receipt_only_with_a_supervisor_and_a_reason(till):
    people.add_user(till.store, "8", "Sam", "supervisor", "2468")
    blind = basket(line("MUG", "-1", "r1"), total="-1.20")
    with pytest.raises(Invalid, match="without a receipt"):
        sell.commit(till, blind, SAM)
    blind["lines"][0]["reason"] = "Faulty"
    with pytest.raises(NeedsApproval) as refused:
        sell.commit(till, blind, ANN)
    assert (refused.value.act, refused.value.reach) == ("blind_return", Decimal("1.20"))
    assert sell.commit(till, blind, SAM).doc["items"][0]["reason"] == "Faulty"


def test_goods_of_a_receipt_this_till_knows_come_back_against_it_alone(till):
    """Named on a return without receipt they would be given back twice, and at today's price."""
    number = sold(till)["invoice_name"]
    for named in (number, number.lower()):
        blind = line("MUG", "-1", "r1", reason="Faulty", return_of=named)
        with pytest.raises(Invalid) as refused:
            sell.commit(till, basket(blind, total="-1.20", n=2), SAM)
        assert (refused.value.code, number in refused.value.message) == ("known_here", True)


@pytest.mark.parametrize(
    ("rule", "role", "before", "says"),
    [
        ("refuse", "manager", 0, "not_known_here"),
        ("supervisor", "cashier", 0, "not_allowed"),
        ("supervisor", "supervisor", 0, ""),
        ("limit", "strict", 0, ""),
        ("limit", "strict", 1, "not_allowed"),
        ("limit", "supervisor", 1, ""),
    ],
)
def test_goods_of_another_tills_receipt_follow_the_shops_rule(till, rule, role, before, says):
    """strict: may take goods back, but not without a receipt. The limit counts what came back on that number before."""
    with_returns(till, unknown_receipt=rule, unknown_limit=Decimal("2.00"))
    who = Person(role) if role != "strict" else _Only("refund")
    one = line("MUG", "-1", "r1", reason="Faulty", return_of="T2-000812")
    for n in range(before):
        sell.commit(till, basket(one, total="-1.20", n=20 + n), Person("supervisor"))
    try:
        done = sell.commit(till, basket(one, total="-1.20"), who)
        assert done.doc["items"][0]["return_of"] == "T2-000812"
        code = ""
    except (Invalid, NotAllowed) as refused:
        code = refused.code
    assert code == says
    assert len(sales.on_unknown(till.store, "t2-000812")) == before + (not says)


class _Only(Person):
    """Somebody with exactly these rights."""

    def __init__(self, *rights: str) -> None:
        super().__init__("strict")
        object.__setattr__(self, "rights", rights)

    def may(self, right: str) -> bool:
        return right in self.rights


def test_the_number_of_an_unknown_receipt_comes_back_from_the_files(till):
    sell.commit(till, basket(line("MUG", "-1", "r1", reason="Faulty", return_of="T2-000812"), total="-1.20"), SAM)
    before = till.store.execute("SELECT * FROM line").fetchall()
    till.journal.flush()
    config = till.config
    till.journal.close()
    till.store.close()
    rebuild.rebuild(config)
    store = open_store(config)
    try:
        assert store.execute("SELECT * FROM line").fetchall() == before
        assert len(sales.on_unknown(store, "T2-000812")) == 1
    finally:
        store.close()


# -- where the money goes --------------------------------------------------------------------------------------------

BOTH = [{"mode_of_payment": "Card", "amount": "1.40"}, {"mode_of_payment": "Cash", "amount": "1.00"}]


@pytest.mark.parametrize(
    ("paid", "back_by", "elsewhere"),
    [
        ("Cash", [("Cash", "-2.40")], None),
        ("Card", [("Card", "-2.40")], None),
        ("Card", [("Cash", "-2.40")], "2.40"),
        ("Card", [("Card", "-1.40"), ("Cash", "-1.00")], "1.00"),
        ("Cash", [("Card", "-2.40")], "2.40"),
        (BOTH, [("Card", "-1.40"), ("Cash", "-1.00")], None),
        (BOTH, [("Cash", "-2.40")], "1.40"),
    ],
)
def test_money_goes_back_the_way_it_came_or_by_right(till, paid, back_by, elsewhere):
    people.add_user(till.store, "8", "Sam", "supervisor", "2468")
    doc = sold(till, pay=paid)
    asked = back(doc, "-2", "-2.40", pay=[{"mode_of_payment": m, "amount": a} for m, a in back_by])
    by = _Only("refund")
    if elsewhere is None:
        assert sell.pay_check(till.store, till.config, asked, by)["complete"]
        sell.commit(till, asked, by)
        return
    for act in (lambda: sell.pay_check(till.store, till.config, asked, by), lambda: sell.commit(till, asked, by)):
        with pytest.raises(NeedsApproval, match="another way") as refused:
            act()
        assert (refused.value.act, refused.value.reach) == ("refund_tender", Decimal(elsewhere))
    sell.commit(till, asked, SAM)


def test_what_went_back_by_one_way_before_does_not_go_back_that_way_again(till):
    """1.00 in cash and 1.40 by card: after a return of 1.00 in cash the rest belongs to the card."""
    people.add_user(till.store, "8", "Sam", "supervisor", "2468")
    doc = sold(till, pay=BOTH)
    sell.commit(
        till,
        back(doc, pay=[{"mode_of_payment": "Cash", "amount": "-1.00"}, {"mode_of_payment": "Card", "amount": "-0.20"}]),
        _Only("refund"),
    )
    with pytest.raises(NeedsApproval) as refused:
        sell.commit(till, back(doc, n=3), _Only("refund"))
    assert refused.value.reach == Decimal("1.20")
    sell.commit(till, back(doc, n=3, pay="Card"), _Only("refund"))


def test_change_given_is_no_cash_that_can_go_back(till):
    people.add_user(till.store, "8", "Sam", "supervisor", "2468")
    paid = [{"mode_of_payment": "Card", "amount": "1.40"}, {"mode_of_payment": "Cash", "amount": "50.00"}]
    doc = sold(till, pay=paid)
    with pytest.raises(NeedsApproval) as refused:
        sell.commit(till, back(doc, "-2", "-2.40"), _Only("refund"))
    assert refused.value.reach == Decimal("1.40")


def test_kinds_the_shop_lets_everybody_use_need_nobody(till):
    doc = sold(till, pay="Card")
    with_returns(till, free_kinds="voucher, cash")
    sell.commit(till, back(doc), _Only("refund"))
    assert documents_saved(till) == 2


def test_an_exchange_in_which_the_customer_pays_has_no_money_to_send_anywhere(till):
    doc = sold(till, pay="Card")
    swap = basket(back(doc)["lines"][0], line("SHOE-8", id_="n1"), total="43.80", n=2, pay="Cash")
    sell.commit(till, swap, _Only("refund"))


def test_goods_without_a_receipt_may_go_to_any_tender_once_they_were_agreed_to(till):
    one = line("MUG", "-1", "r1", reason="Faulty")
    sell.commit(till, basket(one, total="-1.20", pay="Card"), _Only("refund", "blind_return"))
    assert documents_saved(till) == 1


# -- exchanges and lines that look alike -----------------------------------------------------------------------------


def test_the_same_item_is_sold_and_given_back_in_one_ticket(till):
    """Lines have ids of their own: a faulty mug for a whole one, at today's price."""
    doc = sold(till)
    put_prices(till.store, {"MUG": 150})
    swap = basket(back(doc)["lines"][0], line("MUG", "1", "n1"), total="0.30", n=2)
    done = sell.commit(till, swap, SAM).doc
    assert [(x["item_code"], x["amount"]) for x in done["items"]] == [
        ("MUG", Decimal("-1.20")),
        ("MUG", Decimal("1.50")),
    ]
    assert done["items"][0]["return_against"]["id"] == doc["id"]
    assert (done["kind"], done["total"]) == ("sale", Decimal("0.30"))


def test_of_two_lines_of_one_item_each_comes_back_at_its_own_price(till):
    off = {"kind": "percent", "value": "50", "reason": "damaged"}
    doc = sold(till, line("MUG", "1", "a1"), line("MUG", "1", "a2", discount=off), total="1.80")
    cheap = basket(line("MUG", "-1", "r1", return_against={"id": doc["id"], "line": "a2"}), total="-0.60", n=2)
    assert sell.commit(till, cheap, SAM).doc["total"] == Decimal("-0.60")
    lines = refund.lines(till.store, till.config, "1")["lines"]
    assert [(x["line"], x["left"], x["left_amount"]) for x in lines] == [("a1", "1", "1.20"), ("a2", "0", "0.00")]


def test_what_is_only_being_typed_asks_nobody(till):
    people.add_user(till.store, "8", "Sam", "supervisor", "2468")
    doc = sold(till, pay="Card")
    asked = back(doc, "-2", "-2.40", pay=[]) | {"typed": {"mode_of_payment": "Cash", "amount": "-2.40"}}
    assert sell.pay_check(till.store, till.config, asked, _Only("refund"))["complete"]
