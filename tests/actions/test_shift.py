"""The session of a drawer: opened by a float, counted blind, closed once by a Z that is right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from pos import clock
from pos import config as settings
from pos.actions import reports, shift, void
from pos.errors import Conflict, Invalid, NeedsApproval, NotAllowed
from pos.rules import documents, zread
from pos.store import catalog, intake, people, shifts
from pos.store import takings as tables
from pos.store.rebuild import rebuild
from pos.store.verify import verify
from tests.actions.drawer import CASHIER, MANAGER, agreed, back, finish, move, mug, start, tally
from tests.actions.shop import Person, Till, documents_saved, open_till


def expected(till: Till) -> Decimal:
    return reports.x_read(till, MANAGER)["z"]["cash"]["expected"]


# -- E-14: a session with id, opened and closed moment, opened by; survives midnight; correction is logged -----------


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


# -- the count is blind ----------------------------------------------------------------------------------------------


def test_nothing_a_cashier_sees_before_the_count_says_what_is_expected(till):
    start(till, "100.00")
    mug(till, given="5.00")
    state = reports.state(till, CASHIER)
    assert state["takings"] is None
    assert "expected" not in str(state)


def test_a_count_is_stored_before_it_is_answered_and_a_second_one_stays_visible(till):
    start(till)
    mug(till)
    first = tally(till, "91.20", CASHIER)
    assert [(r.name, r.expected, r.counted, r.state) for r in first.rows] == [("Cash", 10120, 9120, "short")]
    second = tally(till, "101.20", CASHIER)
    z = shift.close(till, {"id": clock.uuid7(), "count": second.count.id, "reason": ""}, MANAGER).doc["z"]
    assert [(c["by"], c["counted"], c["variance"]) for c in z["counts"]] == [
        ("Cat", Decimal("91.20"), Decimal("-10.00")),
        ("Cat", Decimal("101.20"), Decimal("0.00")),
    ]


def test_the_same_count_twice_is_one_and_another_content_is_refused(till):
    start(till)
    asked = {"id": clock.uuid7(), "cash": "100.00"}
    first = shift.count_check(till, asked, MANAGER)
    mug(till)
    again = shift.count_check(till, asked, MANAGER)
    assert again.rows == first.rows, "the first answer, although something was sold meanwhile"
    with pytest.raises(Conflict):
        shift.count_check(till, {**asked, "cash": "101.20"}, MANAGER)
    assert till.store.execute("SELECT count(*) FROM count_check").fetchone()[0] == 1


def test_cards_are_compared_where_they_are_counted_and_left_alone_where_they_are_not(till):
    start(till)
    mug(till, pay="Card")
    left = tally(till, "100.00").rows
    assert [(r.name, r.expected, r.counted, r.amount, r.state) for r in left] == [
        ("Cash", 10000, 10000, 0, "equal"),
        ("Card", 120, None, 0, "not_counted"),
    ]
    counted = tally(till, "100.00", Card="2.40").rows
    assert [(r.name, r.amount, r.state) for r in counted] == [("Cash", 0, "equal"), ("Card", 120, "over")]


def test_a_count_by_piece_is_kept_piece_by_piece(till):
    start(till)
    raw = {"id": clock.uuid7(), "denominations": {"50.00": 1, "20.00": 2, "0.10": 100}}
    found = shift.count_check(till, raw, MANAGER)
    z = shift.close(till, {"id": clock.uuid7(), "count": found.count.id}, MANAGER).doc["z"]
    assert z["count"]["pieces"] == [
        {"value": Decimal("50.00"), "pieces": 1, "amount": Decimal("50.00")},
        {"value": Decimal("20.00"), "pieces": 2, "amount": Decimal("40.00")},
        {"value": Decimal("0.10"), "pieces": 100, "amount": Decimal("10.00")},
    ]
    assert z["count"]["rows"][0]["counted"] == Decimal("100.00")


def test_a_direct_total_counts_as_what_it_says(till):
    """One peer prints a counted total of 0 when it was typed as one sum."""
    start(till)
    z = finish(till, "100.00").doc["z"]
    assert z["count"]["rows"][0]["counted"] == Decimal("100.00")
    assert z["count"]["pieces"] == []


# -- the close -------------------------------------------------------------------------------------------------------


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
    till.store.execute(
        "INSERT INTO connection (id, kind, title, enabled, paused_reason, last_contact_at, last_error, retry_at,"
        " offline_since, address) VALUES ('erpnext', 'erpnext', 'ERPNext', 1, 'key refused', '', 'down', '', '', '')"
        if "address" in {r[1] for r in till.store.execute("PRAGMA table_info(connection)")}
        else "INSERT INTO connection (id, kind, title, enabled, paused_reason, last_contact_at, last_error, retry_at,"
        " offline_since) VALUES ('erpnext', 'erpnext', 'ERPNext', 1, 'key refused', '', 'down', '', '')"
    )
    till.store.database.connection().commit()
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
    assert verify(till.config).differences == []


# -- the Z is a document ---------------------------------------------------------------------------------------------


def day(till: Till) -> dict:
    """A day with everything a drawer sees."""
    start(till, "150.00")
    sold = mug(till, "5", given="20.00")
    mug(till, "3", pay="Card", by=CASHIER)
    back(till, sold, "-2")
    move(till, "paid_in", "20.00", reason="change from the bank")
    move(till, "paid_out", "12.60")
    move(till, "drop", "100.00", reason="to the safe")
    move(till, "no_sale", None, reason="change for the parking meter")
    return sold


def test_the_z_holds_what_the_day_was(till):
    day(till)
    z = finish(till, "61.00").doc["z"]
    cash = z["cash"]
    assert {k: str(cash[k]) for k in cash if k != "movements"} == {
        "float": "150.00", "given": "20.00", "change": "-14.00", "refunds": "-2.40", "paid_in": "20.00",
        "paid_out": "-12.60", "drops": "-100.00", "expected": "61.00",
    }  # fmt: skip
    assert [(m["kind"], str(m["amount"])) for m in cash["movements"]] == [
        ("float", "150.00"),
        ("paid_in", "20.00"),
        ("paid_out", "-12.60"),
        ("drop", "-100.00"),
        ("no_sale", "0.00"),
    ]
    assert (z["sales"]["count"], str(z["sales"]["net"]), z["returns"]["count"]) == (2, "9.60", 1)
    assert [(t["name"], str(t["sale"]), str(t["refund"]), str(t["net"])) for t in z["tenders"]] == [
        ("Cash", "6.00", "-2.40", "3.60"),
        ("Card", "3.60", "0.00", "3.60"),
    ]
    assert [(c["code"], c["name"], c["count"], str(c["total"])) for c in z["cashiers"]] == [
        ("cat", "Cat", 1, "3.60"),
        ("mia", "Mia", 2, "3.60"),
    ]
    assert (str(z["gross"]), str(z["total"]), z["no_sales"], z["items"]) == ("7.20", "7.20", 1, Decimal("8.000"))
    assert [(g["name"], str(g["gross"])) for g in z["groups"]] == [("Home", "7.20")]
    assert (z["first_sequence"], z["last_sequence"], z["documents"], z["missing"]) == (1, 8, 8, [])


def test_the_change_given_is_no_cash_in_the_drawer(till):
    """E-92 and complaint 10: change was not taken off."""
    start(till, "100.00")
    mug(till, given="50.00")
    assert expected(till) == Decimal("101.20")


def test_the_documents_alone_make_the_same_z_byte_for_byte_also_after_rebuild(till):
    day(till)
    first = finish(till, "60.00", reason="Wrong change given").doc
    start(till)
    mug(till)
    finish(till, "101.20")
    assert reports.recomputed(till.store, first)
    till.close()
    rebuild(till.config)
    again = open_till(till.config)
    try:
        for number in (1, 2):
            doc = reports.z_read(again.store, str(number))
            file = till.config.invoices / doc["business_day"] / f"{doc['invoice_name']}.json"
            assert file.read_bytes() == documents.encode(doc)
            assert reports.recomputed(again.store, doc)
        assert reports.z_read(again.store, "Z0001") == first
        assert [s.z_number for s in shifts.closed(again.store, "T1", 9)] == [2, 1]
        assert shifts.next_z(again.store, "T1") == 3
        assert verify(again.config).differences == []
    finally:
        again.close()


def test_sums_and_decoded_documents_give_the_same_z_byte_for_byte(till):
    day(till)
    doc = finish(till, "61.00").doc
    again = zread.report(shifts.counted_facts(till.store, doc), zread.given_of(doc["z"], "GBP"))
    assert documents.encode({**doc, "z": again}) == documents.encode(doc)


def test_a_changed_figure_shows_when_the_z_is_added_up_again(till):
    day(till)
    doc = finish(till, "61.00").doc
    doc["z"]["sales"]["count"] += 1
    assert not reports.recomputed(till.store, doc)


def test_verify_finds_a_session_that_is_not_closed_as_its_z_says(till):
    day(till)
    finish(till, "61.00")
    till.journal.flush()
    with till.store.transaction():
        till.store.execute("UPDATE session SET z_number = 7")
    assert verify(till.config).differences == ["session T1-S000001 is not closed as its Z says"]


def test_verify_finds_sums_that_are_not_those_of_the_documents(till):
    day(till)
    tables.roll(till.store)
    till.journal.flush()
    with till.store.transaction():
        till.store.execute("UPDATE takings_tenders SET amount = amount + 1 WHERE tender = 'card'")
    assert verify(till.config).differences == ["the sums in takings_tenders are not those of the documents"]


def test_held_baskets_are_counted_and_stay(till):
    """Complaint 24: open baskets vanish when the day closes."""
    from pos.actions import held
    from tests.actions.shop import ID, line

    start(till)
    asked = {"id": ID.format(77), "customer": "", "lines": [line("MUG")]}
    held.hold(till.store, till.config, asked, "Mrs Webb", None, MANAGER)
    assert reports.state(till, MANAGER)["held"] == 1
    assert finish(till, "100.00").doc["z"]["held"] == 1
    assert reports.state(till, MANAGER)["held"] == 1


def test_voids_are_on_the_z_finished_sales_and_lines_taken_off(till):
    start(till)
    mug(till, "2")
    wrong = mug(till, "3", given="5.00")
    void.commit(till, {"id": clock.uuid7(), "document": wrong["id"], "reason": "Wrong items"}, MANAGER)
    row = {"id": clock.uuid7(), "basket": clock.uuid7(), "line": "a1", "item_code": "MUG", "qty": "1", "amount": "1.20"}
    void.take_off(till.store, till.config, {"lines": [row]}, CASHIER)
    z = finish(till, "102.40").doc["z"]
    assert z["voids"] == {"count": 1, "amount": Decimal("-3.60"), "lines": 1, "lines_amount": Decimal("1.20")}
    assert (z["sales"]["count"], str(z["sales"]["net"]), str(z["gross"])) == (2, "6.00", "2.40")
    assert z["returns"] == {k: v for k, v in z["returns"].items() if not v}, "a void is no return"
    assert reports.recomputed(till.store, reports.z_read(till.store, "1"))


def test_an_x_resets_nothing_and_who_looked_is_kept(till):
    """E-95; and who has seen what is expected counts no longer blind."""
    start(till)
    mug(till)
    first, second = reports.x_read(till, MANAGER), reports.x_read(till, MANAGER)
    assert first["z"] == second["z"]
    assert documents_saved(till) == 2
    seen = till.store.execute("SELECT actor, subject FROM audit WHERE act = 'x_read'").fetchall()
    assert seen == [("mia", "T1-S000001")] * 2


def test_foreign_notes_are_a_row_of_their_own_in_the_count(till):
    """E-53: they were counted as home cash, and never counted at all at the close."""
    catalog.put_modes(till.store, [{"name": "Euro", "kind": "foreign", "position": 9, "disabled": False}], "test")
    start(till)
    mug(till, "2", pay="Euro")
    rows = tally(till, "100.00", Euro="2.00").rows
    assert [(r.name, r.kind, r.expected, r.amount) for r in rows] == [
        ("Cash", "cash", 10000, 0),
        ("Euro", "foreign", 240, -40),
    ]


# -- late arrivals ---------------------------------------------------------------------------------------------------


def test_a_document_that_comes_in_after_the_z_stays_in_its_session_and_the_next_report_names_it(tmp_path):
    """Complaint 7: a late sale lands in its own session, by rule."""
    config = settings.load(tmp_path, environ={})
    till = open_till(config)
    start(till)
    sales = [mug(till) for _ in range(3)]
    first = finish(till, "103.60").doc
    till.close()
    lost = config.invoices / sales[1]["business_day"] / f"{sales[1]['invoice_name']}.json"
    body = lost.read_bytes()
    lost.unlink()
    rebuild(config)  # the till's disk was replaced: one file was not on the copy
    till = open_till(config)
    try:
        assert reports.z_read(till.store, "1") == first
        start(till)
        assert reports.x_read(till, MANAGER)["z"]["late"] == []
        second = finish(till, "100.00").doc
        start(till)
        till.journal.adopt(body, "found on the old disk", "ann")
        third = reports.x_read(till, MANAGER)["z"]
        assert third["late"] == [], "its own Z counted it already"
        assert reports.recomputed(till.store, reports.z_read(till.store, "1"))
        assert second["z"]["late"] == []
    finally:
        till.close()


def test_a_document_its_z_did_not_count_is_named_once(till):
    start(till)
    mug(till)
    unseen = mug(till)
    with till.store.transaction():  # as if its file and rows had never reached this disk
        for table, key in (("line", "document"), ("tender", "document"), ("movement", "document"), ("document", "id")):
            till.store.execute(f"DELETE FROM {table} WHERE {key} = ?", (unseen["id"],))
    body = documents.encode(unseen)
    mug(till)
    with till.store.transaction():
        till.store.execute("UPDATE document SET sequence = 4, number = 'T1-000004' WHERE sequence = 3")
    first = finish(till, "102.40").doc["z"]
    assert (first["missing"], first["documents"]) == ([3], 3)
    start(till)
    till.journal.adopt(body, "found on the old disk", "ann")
    shown = reports.x_read(till, MANAGER)["z"]["late"]
    assert shown == [
        {"number": "T1-000003", "id": unseen["id"], "kind": "sale", "total": Decimal("1.20"), "session": "T1-S000001"}
    ]
    second = finish(till, "100.00").doc["z"]
    assert second["late"] == shown
    assert second["sales"]["count"] == 0, "it is in its own session"
    start(till)
    assert reports.x_read(till, MANAGER)["z"]["late"] == []
    assert intake.find(till.store, unseen["id"]).doc["session"] == "T1-S000001"


def test_a_sale_of_another_till_is_in_no_session_of_this_one(till):
    start(till)
    sold = mug(till)
    from tests import receipts

    other, body = receipts.stamped(receipts.sale(), till="T2", invoice_name="T2-000001", session="T2-S000001")
    till.journal.adopt(body, "replay", "ann")
    z = finish(till, "101.20").doc["z"]
    assert (z["documents"], z["last_number"], z["late"]) == (2, sold["invoice_name"], [])
    assert other["session"] == "T2-S000001"
