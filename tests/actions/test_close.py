"""The close: once per session, at any time, with a reason for a difference and a manager above the limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from pos import clock
from pos.actions import shift
from pos.errors import Conflict, Invalid, NeedsApproval, NotAllowed
from pos.store import people, shifts
from pos.store.models import Connection
from tests.actions.drawer import CASHIER, MANAGER, agreed, back, expected, finish, mug, start, tally
from tests.actions.shop import Person, documents_saved
from tests.store.looking import differences


def test_a_difference_needs_a_reason_and_above_the_limit_a_manager(till):
    start(till)
    counted = tally(till, "90.00", CASHIER)
    asked = {"id": clock.uuid7(), "count": counted.count.id}
    supervisor = Person("supervisor", "sue", "Sue")
    people.add_user(till.store, "mia", "Mia", "manager", "482916")
    with pytest.raises(Invalid) as reason:
        shift.close(till, asked, supervisor)
    assert reason.value.code == "reason"
    asked["reason"] = "Wrong change given"
    with pytest.raises(NeedsApproval) as needed:
        shift.close(till, asked, supervisor)
    assert (needed.value.act, needed.value.reach) == ("variance", Decimal("10.00"))
    asked["approvals"] = [agreed(till, "variance", asked["id"], supervisor)]
    z = shift.close(till, asked, supervisor).doc
    assert (z["z"]["count"]["approved_by"], z["z"]["count"]["reason"]) == ("Mia", "Wrong change given")
    assert z["z"]["count"]["variance"] == Decimal("-10.00")
    assert z["approved"][0]["act"] == "variance"


def test_a_small_difference_needs_only_a_reason(till):
    start(till)
    z = finish(till, "104.00", Person("supervisor", "sue", "Sue"), reason="Counted twice, not found").doc
    assert z["z"]["count"]["variance"] == Decimal("4.00")


def test_two_differences_that_cancel_out_are_still_two(till):
    start(till)
    mug(till, "10", pay="Card")
    counted = tally(till, "112.00", Card="0.00")
    assert (counted.needs_reason, counted.needs_approval) == (True, True)


def test_a_cashier_closes_with_a_managers_word_for_this_one_act(till):
    start(till)
    people.add_user(till.store, "mia", "Mia", "manager", "482916")
    key = clock.uuid7()
    with pytest.raises(NeedsApproval) as needed:
        finish(till, "100.00", CASHIER, key=key)
    assert needed.value.act == "z_read"
    given = agreed(till, "z_read", key, CASHIER)
    z = finish(till, "100.00", CASHIER, key=key, approvals=[given]).doc
    assert (z["cashier"]["code"], z["approved"][0]["by"]["code"]) == ("cat", "mia")
    used = till.store.execute("SELECT used_for FROM approval WHERE id = ?", (given,)).fetchone()[0]
    assert used == key


def test_nobody_there_who_could_agree_is_said_so(till):
    start(till)
    with pytest.raises(NotAllowed):
        finish(till, "100.00", CASHIER)
    assert shifts.current(till.store, "T1") is not None


def test_a_sale_after_the_count_asks_for_another_count(till):
    """Complaint 8 of other tills: what is sold in the closing minute is skipped."""
    start(till)
    counted = tally(till, "100.00")
    mug(till)
    with pytest.raises(Conflict) as refused:
        shift.close(till, {"id": clock.uuid7(), "count": counted.count.id}, MANAGER)
    assert refused.value.code == "count_again"
    assert shifts.current(till.store, "T1") is not None


def test_a_sale_between_count_and_commit_is_seen_inside_the_transaction(till, monkeypatch):
    start(till)
    counted = tally(till, "100.00")
    real = till.journal.commit

    def meanwhile(doc, guard=None, **more):
        monkeypatch.setattr(till.journal, "commit", real)
        mug(till)
        return real(doc, guard, **more)

    monkeypatch.setattr(till.journal, "commit", meanwhile)
    with pytest.raises(Conflict) as refused:
        shift.close(till, {"id": clock.uuid7(), "count": counted.count.id}, MANAGER)
    assert refused.value.code == "count_again"


def test_the_same_close_twice_is_one_z_and_another_one_names_it(till):
    """E-94: the same day could be read again and again, by nobody."""
    start(till)
    counted = tally(till, "100.00")
    asked = {"id": clock.uuid7(), "count": counted.count.id}
    first = shift.close(till, asked, MANAGER)
    again = shift.close(till, asked, MANAGER)
    assert (again.duplicate, again.body) == (True, first.body)
    with pytest.raises(Conflict) as refused:
        shift.close(till, {**asked, "id": clock.uuid7()}, MANAGER)
    assert refused.value.code == "already_closed"
    assert (refused.value.facts["number"], refused.value.facts["name"]) == (1, "Z0001")
    with pytest.raises(Conflict) as other:
        shift.close(till, {**asked, "note": "another"}, MANAGER)
    assert (other.value.code, other.value.field) == ("other_content", "note")
    assert documents_saved(till) == 2


def test_closes_of_six_screens_at_once_are_one_z(till):
    start(till)
    counted = [tally(till, "100.00") for _ in range(6)]

    def attempt(one: shift.Checked) -> str:
        try:
            shift.close(till, {"id": clock.uuid7(), "count": one.count.id}, MANAGER)
        except Conflict as refused:
            return refused.code
        return "closed"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, counted))
    assert outcomes.count("closed") == 1
    assert set(outcomes) <= {"closed", "already_closed", "count_again"}
    assert [s.z_number for s in shifts.closed(till.store, "T1", 10)] == [1]


def test_the_next_document_after_a_z_opens_the_next_session(till):
    start(till)
    z = finish(till, "100.00").doc
    sold = mug(till)
    assert (z["session"], sold["session"]) == ("T1-S000001", "T1-S000002")
    assert expected(till) == Decimal("1.20")


def test_z_numbers_run_without_a_gap(till):
    numbers = []
    for _ in range(4):
        start(till)
        numbers.append(finish(till, "100.00").doc["z"]["number"])
    assert numbers == [1, 2, 3, 4]
    assert shifts.next_z(till.store, "T1") == 5


def test_a_day_without_a_sale_can_be_closed(till):
    """Complaint 11 of other tills."""
    start(till, "0.00")
    z = finish(till, "0.00").doc["z"]
    assert (z["sales"]["count"], z["total"], z["first_number"]) == (0, Decimal("0.00"), "")


def test_a_day_of_returns_alone_can_be_closed(till):
    sold = mug(till, "2")
    finish(till, "2.40")
    start(till)
    back(till, sold, "-2")
    z = finish(till, "97.60").doc["z"]
    assert (z["sales"]["count"], z["returns"]["count"], z["returns"]["net"]) == (0, 1, Decimal("-2.40"))
    assert (z["cash"]["refunds"], z["cash"]["expected"]) == (Decimal("-2.40"), Decimal("97.60"))


def test_nothing_open_is_nothing_to_close(till):
    with pytest.raises(Conflict) as refused:
        tally(till, "0.00")
    assert refused.value.code == "no_session"


def test_a_close_names_a_count(till):
    start(till)
    with pytest.raises(Invalid) as refused:
        shift.close(till, {"id": clock.uuid7()}, MANAGER)
    assert refused.value.field == "count"


def test_a_count_of_another_session_closes_nothing(till):
    start(till)
    old = tally(till, "100.00")
    finish(till, "100.00")
    start(till)
    with pytest.raises(Conflict) as refused:
        shift.close(till, {"id": clock.uuid7(), "count": old.count.id}, MANAGER)
    assert refused.value.code == "count_again"


def test_unsent_sales_and_a_connection_that_is_gone_keep_no_session_open(till):
    """Complaints 9 and 12 of other tills: the books decide whether the shop may close."""
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext", paused_reason="key refused", last_error="down")
    start(till)
    mug(till)
    z = finish(till, "101.20").doc
    parts = till.store.execute("SELECT document, part FROM outbox").fetchall()
    assert z["z"]["number"] == 1
    assert z["id"] not in {document for document, _part in parts}, "a Z is a local fact"


def test_a_sale_before_a_clock_set_back_by_a_year_is_in_the_z_and_so_is_the_one_after(till, time):
    """Peers 19: order of entries kept, flagged, Z right."""
    start(till)
    mug(till)
    time.passes(-365 * 24 * 3600)
    odd = mug(till)
    z = finish(till, "102.40").doc
    assert odd["flags"] == ["clock_back"]
    assert z["z"]["sales"]["count"] == 2
    assert (z["z"]["first_number"], z["z"]["last_number"]) == ("T1-000002", "T1-000003")
    assert z["z"]["cash"]["expected"] == Decimal("102.40")
    till.journal.flush()
    assert differences(till.store) == []
