"""Cash in and out beside sales: each with a reason, a right, a ceiling, and on the Z."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from pos import clock
from pos import config as settings
from pos.actions import cash, reports
from pos.errors import Conflict, Invalid, NeedsApproval, NotAllowed
from pos.rules import documents, ledger, shift
from pos.store import people
from tests.actions.drawer import CASHIER, MANAGER, agreed, finish, move, mug, start
from tests.actions.shop import Person, documents_saved, open_till
from tests.store.looking import bodies

SUPERVISOR = Person("supervisor", "sue", "Sue")


def asked(kind="paid_out", amount="12.60", reason="window cleaner", **more):
    return {"id": clock.uuid7(), "kind": kind, "amount": amount, "reason": reason, **more}


@pytest.mark.parametrize(
    ("kind", "amount", "total"),
    [
        ("paid_in", "20.00", "20.00"),
        ("paid_out", "12.60", "-12.60"),
        ("drop", "600.00", "-600.00"),
        ("no_sale", None, "0.00"),
    ],
)
def test_each_movement_is_a_document_in_the_chain_that_moves_what_it_says(till, kind, amount, total):
    first = start(till, "700.00")
    doc = move(till, kind, amount)
    assert (doc["kind"], str(doc["total"]), doc["sequence"], doc["prev_hash"]) == (kind, total, 2, first["hash"])
    assert doc["cash"] == {"amount": Decimal(total), "reason": "window cleaner", "note": ""}
    assert reports.x_read(till, MANAGER)["z"]["cash"]["expected"] == Decimal("700.00") + Decimal(total)
    assert documents.verify(bodies(till.store)[1]) == doc


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "x" * 81}, "reason"),
        ({"reason": "card 4111 1111 1111 1111"}, "reason"),
        ({"amount": "0.00"}, "amount"),
        ({"amount": "-5.00"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": 12.6}, "amount"),
        ({"amount": "60000"}, "amount"),
        ({"kind": "gift"}, "kind"),
        ({"id": "1"}, "id"),
        ({"kind": "no_sale", "amount": "5.00"}, "amount"),
    ],
)
def test_what_is_not_whole_is_refused_and_nothing_is_saved(till, change, field):
    with pytest.raises(Invalid) as refused:
        cash.record(till, asked() | change, MANAGER)
    assert refused.value.field == field
    assert documents_saved(till) == 0


def test_the_same_request_twice_is_one_document_and_other_content_is_refused(till):
    start(till)
    raw = asked()
    first = cash.record(till, raw, MANAGER)
    again = cash.record(till, raw, MANAGER)
    assert (first.duplicate, again.duplicate, again.body) == (False, True, first.body)
    for change, field in (({"amount": "12.61"}, "amount"), ({"reason": "other"}, "reason"), ({"kind": "drop"}, "kind")):
        with pytest.raises(Conflict) as refused:
            cash.record(till, raw | change, MANAGER)
        assert (refused.value.code, refused.value.field) == ("other_content", field)
    assert documents_saved(till) == 2


def test_six_presses_at_once_pay_out_once(till):
    start(till)
    raw = asked()
    with ThreadPoolExecutor(6) as pool:
        bodies = {done.body for done in pool.map(lambda _: cash.record(till, raw, MANAGER), range(6))}
    assert (len(bodies), documents_saved(till)) == (1, 2)


def test_six_presses_at_once_with_one_approval_pay_out_once(till):
    people.add_user(till.store, "mia", "Mia", "manager", "482916")
    raw = asked()
    raw["approvals"] = [agreed(till, "paid_out", raw["id"], CASHIER)]
    with ThreadPoolExecutor(6) as pool:
        bodies = {done.body for done in pool.map(lambda _: cash.record(till, raw, CASHIER), range(6))}
    assert len(bodies) == 1


# -- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["paid_in", "paid_out", "drop"])
def test_a_cashier_needs_somebodys_word_to_move_cash(till, kind):
    people.add_user(till.store, "mia", "Mia", "manager", "482916")
    raw = asked(kind)
    with pytest.raises(NeedsApproval) as needed:
        cash.record(till, raw, CASHIER)
    assert (needed.value.act, needed.value.subject) == ("paid_out", raw["id"])
    raw["approvals"] = [agreed(till, "paid_out", raw["id"], CASHIER)]
    doc = cash.record(till, raw, CASHIER).doc
    assert doc["approved"] == [
        {"act": "paid_out", "by": {"code": "mia", "name": "Mia"}, "field": doc["approved"][0]["field"]}
    ]
    other = asked(kind, approvals=raw["approvals"])
    with pytest.raises(NeedsApproval):
        cash.record(till, other, CASHIER)
    assert documents_saved(till) == 1


def test_a_cashier_opens_the_drawer_alone_and_it_is_counted_on_the_z(till):
    """E-96: no reason, no log."""
    start(till)
    raw = {"id": clock.uuid7(), "kind": "no_sale", "reason": "change for the parking meter"}
    doc = cash.record(till, raw, CASHIER).doc
    assert (doc["total"], doc["payments"], doc["cashier"]["code"]) == (Decimal("0.00"), [], "cat")
    block = finish(till, "100.00").doc["z"]
    assert block["no_sales"] == 1
    assert block["cash"]["movements"][1]["reason"] == "change for the parking meter"
    assert block["cash"]["movements"][1]["by"] == "Cat"
    acts = [row[0] for row in till.store.execute("SELECT act FROM audit WHERE subject = ?", (doc["id"],))]
    assert acts == ["no_sale"]


def test_a_role_without_the_right_opens_no_drawer(till):
    with pytest.raises(NotAllowed):
        cash.record(till, {"id": clock.uuid7(), "kind": "no_sale", "reason": "x"}, Person("accountant", "dora", "Dora"))
    assert documents_saved(till) == 0


def test_above_the_ceiling_of_the_role_a_second_person_agrees(till):
    people.add_user(till.store, "mia", "Mia", "manager", "482916")
    cash.record(till, asked(amount="100.00"), SUPERVISOR)
    raw = asked(amount="100.01")
    with pytest.raises(NeedsApproval) as needed:
        cash.record(till, raw, SUPERVISOR)
    assert (needed.value.act, needed.value.reach) == ("paid_out", Decimal("100.01"))
    raw["approvals"] = [agreed(till, "paid_out", raw["id"], SUPERVISOR)]
    assert cash.record(till, raw, SUPERVISOR).doc["approved"][0]["by"]["code"] == "mia"
    cash.record(till, asked(amount="5000.00"), MANAGER)
    cash.record(till, asked("drop", amount="5000.00"), SUPERVISOR)


def test_the_ceilings_are_a_setting(tmp_path):
    config = settings.load(tmp_path, environ={})
    till = open_till(replace(config, shift=replace(config.shift, paid_out_max="manager:5")))
    try:
        cash.record(till, asked(amount="500.00"), SUPERVISOR)
        with pytest.raises(NotAllowed):
            cash.record(till, asked(amount="5.01"), MANAGER)
    finally:
        till.close()


# -- where it goes ---------------------------------------------------------------------------------------------------


def test_the_books_get_what_came_and_went_but_no_float_and_no_open_drawer(till):
    start(till)
    docs = [move(till, "paid_in", "20.00"), move(till, "paid_out", "12.60"), move(till, "drop", "50.00")]
    assert [ledger.parts(doc) for doc in docs] == [("cash",)] * 3
    assert ledger.parts(move(till, "no_sale", None)) == ()


def test_petty_cash_is_saved_at_once_and_not_with_the_next_sale(till):
    """E-90: it went to the server only when the state was next saved."""
    raw = asked()
    cash.record(till, raw, MANAGER)
    till.journal.close()
    till.journal = type(till.journal)(till.store)
    assert cash.record(till, raw, MANAGER).duplicate


def test_cash_rounding_is_part_of_the_expected_cash(tmp_path):
    config = settings.load(tmp_path, environ={})
    till = open_till(replace(config, pricing=replace(config.pricing, cash_step=Decimal("0.50"))))
    try:
        start(till)
        mug(till, given="1.00")
        block = finish(till, "101.00").doc["z"]
        assert (str(block["gross"]), str(block["rounding"]), str(block["total"])) == ("1.20", "-0.20", "1.00")
        assert str(block["cash"]["expected"]) == "101.00"
    finally:
        till.close()


def test_kinds_and_their_rights_are_the_ones_of_the_table():
    assert shift.MOVEMENTS == {"paid_in": "paid_out", "paid_out": "paid_out", "drop": "paid_out", "no_sale": "no_sale"}
