"""A session of the drawer: opened by a float with who and when, corrected on record, through midnight and restarts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from pos import clock
from pos import config as settings
from pos.actions import reports, shift
from pos.errors import Conflict, Invalid
from pos.store import shifts
from tests.actions.drawer import MANAGER, expected, finish, move, mug, start
from tests.actions.shop import documents_saved, open_till


def test_a_float_opens_a_session_with_who_and_when_and_every_document_is_stamped_with_it(till):
    opened = start(till, "150.00")
    sold = mug(till)
    session = shifts.current(till.store, "T1")
    assert (session.id, session.opened_by, session.opened_at) == ("T1-S000001", "mia", opened["created_at"])
    assert opened["session"] == sold["session"] == "T1-S000001"
    assert (opened["kind"], opened["total"], opened["correction"]) == ("float", Decimal("150.00"), False)
    assert opened["payments"][0]["kind"] == "cash"


def test_the_float_may_be_counted_in_notes_and_coins(till):
    opened = start(till, "", denominations={"20.00": 5, "1.00": 20, "0.50": "2", "0.05": 0})
    assert opened["total"] == Decimal("121.00")
    assert opened["cash"]["pieces"] == [
        {"value": Decimal("20.00"), "pieces": 5},
        {"value": Decimal("1.00"), "pieces": 20},
        {"value": Decimal("0.50"), "pieces": 2},
    ]
    with pytest.raises(Invalid, match="add up"):
        start(till, "10.00", denominations={"20.00": 1})


def test_a_second_float_is_refused_while_a_session_is_open(till):
    start(till)
    with pytest.raises(Conflict) as refused:
        start(till)
    assert (refused.value.code, refused.value.facts) == ("already_open", {"session": "T1-S000001"})
    assert documents_saved(till) == 1


def test_two_screens_that_open_at_once_open_one_session(till):
    def attempt(_n: int) -> str:
        try:
            start(till)
        except Conflict as refused:
            return refused.code
        return "opened"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, range(6)))
    assert (outcomes.count("opened"), outcomes.count("already_open")) == (1, 5)


def test_without_a_float_the_first_sale_opens_a_session_with_nothing_in_the_drawer(till):
    mug(till)
    assert shifts.current(till.store, "T1").id == "T1-S000001"
    assert expected(till) == Decimal("1.20")


def test_a_shop_that_insists_sells_nothing_before_the_float(tmp_path):
    config = settings.load(tmp_path, environ={})
    strict = open_till(replace(config, shift=replace(config.shift, insist_on_float=True)))
    try:
        for act in (lambda: mug(strict), lambda: move(strict, "paid_in", "5.00")):
            with pytest.raises(Conflict) as refused:
                act()
            assert refused.value.code == "no_session"
        start(strict)
        mug(strict)
        finish(strict, "101.20")
        with pytest.raises(Conflict, match="float"):
            mug(strict)
        assert documents_saved(strict) == 3
    finally:
        strict.close()


def test_a_float_correction_is_a_document_of_its_own_that_moves_the_difference(till):
    start(till, "150.00")
    raw = {"id": clock.uuid7(), "amount": "140.00", "reason": "counted again"}
    fixed = shift.correct_float(till, raw, MANAGER).doc
    assert (fixed["correction"], fixed["total"], fixed["cash"]["float"]) == (True, Decimal("-10.00"), Decimal("140.00"))
    assert expected(till) == Decimal("140.00")
    assert reports.x_read(till, MANAGER)["z"]["float_corrections"] == 1
    again = shift.correct_float(till, raw, MANAGER)
    assert again.duplicate and documents_saved(till) == 2
    with pytest.raises(Invalid):
        shift.correct_float(till, {**raw, "id": clock.uuid7()}, MANAGER)
    with pytest.raises(Conflict) as other:
        shift.correct_float(till, {**raw, "amount": "130.00"}, MANAGER)
    assert (other.value.code, other.value.field) == ("other_content", "amount")


def test_a_correction_needs_an_open_session_and_a_reason_and_opens_none(till):
    with pytest.raises(Conflict) as refused:
        shift.correct_float(till, {"id": clock.uuid7(), "amount": "140.00", "reason": "x"}, MANAGER)
    assert refused.value.code == "no_session"
    start(till)
    with pytest.raises(Invalid) as reason:
        shift.correct_float(till, {"id": clock.uuid7(), "amount": "140.00", "reason": " "}, MANAGER)
    assert reason.value.field == "reason"
    assert documents_saved(till) == 1


def test_two_corrections_at_once_move_the_float_once(till, monkeypatch):
    start(till, "100.00")
    real = till.journal.commit

    def meanwhile(doc, guard=None, **more):
        monkeypatch.setattr(till.journal, "commit", real)
        shift.correct_float(till, {"id": clock.uuid7(), "amount": "90.00", "reason": "other screen"}, MANAGER)
        return real(doc, guard, **more)

    monkeypatch.setattr(till.journal, "commit", meanwhile)
    with pytest.raises(Conflict) as refused:
        shift.correct_float(till, {"id": clock.uuid7(), "amount": "90.00", "reason": "this one"}, MANAGER)
    assert refused.value.code == "float_changed"
    assert expected(till) == Decimal("90.00")


def test_a_session_over_midnight_is_one_session_and_its_z_says_what_was_sold_on_which_day(till, time):
    time.moment = datetime.fromisoformat("2026-11-21T22:30:00+00:00")
    start(till)
    mug(till)
    time.passes(3 * 3600)
    late = mug(till, "2")
    z = finish(till, "103.60").doc
    assert (late["business_day"], late["session"]) == ("2026-11-22", "T1-S000001")
    assert z["business_day"] == z["z"]["business_day"] == "2026-11-21"
    assert [(d["business_day"], d["count"], d["total"]) for d in z["z"]["days"]] == [
        ("2026-11-21", 1, Decimal("1.20")),
        ("2026-11-22", 1, Decimal("2.40")),
    ]
    assert z["z"]["sales"]["count"] == 2


def test_a_session_survives_a_restart(till):
    start(till, "80.00")
    mug(till)
    till.journal.close()
    till.journal = type(till.journal)(till.store)
    mug(till)
    assert shifts.current(till.store, "T1").id == "T1-S000001"
    assert expected(till) == Decimal("82.40")


def test_a_session_open_for_more_than_a_day_is_called_old(till, time):
    start(till)
    assert reports.state(till, MANAGER)["session"]["old"] is False
    time.passes(24 * 3600)
    state = reports.state(till, MANAGER)["session"]
    assert (state["old"], state["hours"]) == (True, 24)
