"""Approval in place: a second person's word, for one act on one basket, once, within minutes, and on record."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from argon2 import PasswordHasher

from pos import clock
from pos.actions import approve, sell
from pos.errors import Conflict, Invalid, NeedsApproval, NotAllowed
from pos.rules import rights
from pos.store import approvals, people
from pos.store import rights as tables
from tests.actions.shop import ID, Person, Till, basket, documents_saved, line
from tests.rules.tables import cases

ANN = Person("cashier", "1", "Ann")
EVE = Person("cashier", "2", "Eve")


@pytest.fixture(autouse=True)
def _staff(till, monkeypatch):
    """Ben, a supervisor, Cleo, a manager, and two cashiers, with PINs that cost nothing to check."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(people.PINS, "hasher", cheap)
    for code, name, role in (
        ("1", "Ann", "cashier"),
        ("2", "Eve", "cashier"),
        ("8", "Ben", "supervisor"),
        ("9", "Cleo", "manager"),
    ):
        people.add_user(till.store, code, name, role, "2468")


def agree(till: Till, error: NeedsApproval, by: Person = ANN, code: str = "8", **more: Any) -> str:
    """What the page does with a refusal: the second person types code and PIN."""
    asked = {"act": error.act, "subject": error.subject, "bound": error.reach, "pin": "2468", "code": code, **more}
    return approve.approve(till.store, by, **asked)[0]


def refusal(till: Till, asked: dict[str, Any], by: Person = ANN) -> NeedsApproval:
    with pytest.raises(NeedsApproval) as refused:
        sell.commit(till, asked, by)
    return refused.value


def reduced(percent: str = "20", total: str = "0.96", n: int = 1) -> dict[str, Any]:
    return basket(line("MUG", discount={"kind": "percent", "value": percent, "reason": "damaged"}), total=total, n=n)


def trail(till: Till) -> list[tuple[str, str, str]]:
    found = till.store.execute("SELECT actor, act, subject FROM audit WHERE act LIKE 'approval.%' ORDER BY n")
    return found.fetchall()


def test_a_discount_above_the_cashiers_ceiling_passes_once_a_supervisor_agrees(till):
    asked = reduced()
    refused = refusal(till, asked)
    assert refused.details() == {"act": "discount", "subject": asked["id"], "bound": "20"}
    assert "up to 10 %; this is 20 %" in refused.message
    given = agree(till, refused)
    assert sell.price(till.store, till.config, asked | {"approvals": [given]}, ANN)["total"] == "0.96"
    assert sell.pay_check(till.store, till.config, asked | {"approvals": [given]}, ANN)["complete"]
    done = sell.commit(till, asked | {"approvals": [given]}, ANN)
    assert done.doc["approved"] == [
        {"act": "discount", "by": {"code": "8", "name": "Ben"}, "field": "lines.a1.discount.value"}
    ]
    assert done.doc["cashier"]["code"] == "1"
    assert b'"approved"' in done.body
    assert trail(till) == [("8", "approval.given", asked["id"]), ("8", "approval.used", asked["id"])]


def test_an_approval_counts_for_one_sale(till):
    given = agree(till, refusal(till, reduced()))
    sell.commit(till, reduced() | {"approvals": [given]}, ANN)
    refusal(till, reduced(n=2) | {"approvals": [given]})
    assert documents_saved(till) == 1


def test_the_same_sale_sent_again_needs_no_second_approval(till):
    asked = reduced() | {"approvals": [agree(till, refusal(till, reduced()))]}
    first, second = sell.commit(till, asked, ANN), sell.commit(till, reduced(), ANN)
    assert (first.body, second.duplicate) == (second.body, True)


def test_six_tries_at_once_with_one_approval_make_one_sale(till):
    """Looked at by all, used by one: the state changes inside the transaction."""
    asked = [reduced(n=1) | {"approvals": [agree(till, refusal(till, reduced(n=1)))]}] * 6
    with ThreadPoolExecutor(6) as pool:
        bodies = {done.body for done in pool.map(lambda a: sell.commit(till, a, ANN), asked)}
    assert len(bodies) == 1
    assert [act for _, act, _ in trail(till)] == ["approval.given", "approval.used"]


def test_an_approval_used_up_meanwhile_refuses_the_commit_inside_the_transaction(till, monkeypatch):
    given = agree(till, refusal(till, reduced()))
    real = till.journal.commit

    def meanwhile(doc, guard=None):
        till.store.execute("UPDATE approval SET used_at = 'x'")
        return real(doc, guard)

    monkeypatch.setattr(till.journal, "commit", meanwhile)
    with pytest.raises(NeedsApproval):
        sell.commit(till, reduced() | {"approvals": [given]}, ANN)
    assert documents_saved(till) == 0


def test_a_commit_that_fails_leaves_the_approval_unused(till, monkeypatch):
    given = agree(till, refusal(till, reduced()))
    real = till.journal.commit

    def fails(doc, guard):
        def broken(tx):
            guard(tx)
            raise Conflict("something else")

        return real(doc, broken)

    monkeypatch.setattr(till.journal, "commit", fails)
    with pytest.raises(Conflict):
        sell.commit(till, reduced() | {"approvals": [given]}, ANN)
    monkeypatch.setattr(till.journal, "commit", real)
    sell.commit(till, reduced() | {"approvals": [given]}, ANN)
    assert documents_saved(till) == 1


def test_after_five_minutes_it_is_too_old(till):
    now = [datetime(2026, 11, 21, 12, tzinfo=UTC)]
    with clock.set_to(lambda: now[0]):
        given = agree(till, refusal(till, reduced()))
        now[0] += timedelta(minutes=approvals.MINUTES, seconds=1)
        refusal(till, reduced() | {"approvals": [given]})


@cases("""
what
another basket
another act
another cashier
a larger discount
an approver who left
an approver who lost the right
""")
def test_an_approval_fits_nothing_but_what_it_was_given_for(till, row):
    given = agree(till, refusal(till, reduced()))
    asked, by = reduced() | {"approvals": [given]}, ANN
    if row["what"] == "another basket":
        asked["id"] = ID.format(7)
    elif row["what"] == "another act":
        asked = basket(line("MUG", price="1.00", price_source="typed"), total="1.00", approvals=[given])
    elif row["what"] == "another cashier":
        by = EVE
    elif row["what"] == "a larger discount":
        asked = reduced("30", "0.84") | {"approvals": [given]}
    elif row["what"] == "an approver who left":
        people.set_active(till.store, "8", False)
    elif row["what"] == "an approver who lost the right":
        tables.change(till.store, {("supervisor", "discount"): False}, {}, "9")
    with pytest.raises(NeedsApproval):
        sell.commit(till, asked, by)
    assert documents_saved(till) == 0


def test_a_smaller_discount_than_agreed_passes(till):
    given = agree(till, refusal(till, reduced("30", "0.84")))
    done = sell.commit(till, reduced() | {"approvals": [given]}, ANN)
    assert done.doc["total"] == Decimal("0.96")


def test_nobody_approves_their_own_act(till):
    refused = refusal(till, reduced())
    with pytest.raises(NotAllowed, match="own act"):
        agree(till, refused, by=Person("supervisor", "8", "Ben"))
    assert trail(till)[-1][1] == "approval.refused"


def test_a_person_without_the_right_or_above_their_own_ceiling_cannot_approve(till):
    refused = refusal(till, reduced("60", "0.48"))
    with pytest.raises(NotAllowed, match="Ben may give up to 50 %, not 60 %"):
        agree(till, refused)
    with pytest.raises(NotAllowed):
        agree(till, refusal(till, basket(line("MUG", price="1.00", price_source="typed"), total="1.00")), code="2")
    sell.commit(till, reduced("60", "0.48") | {"approvals": [agree(till, refused, code="9")]}, ANN)


def test_a_wrong_pin_counts_and_locks_the_approver_out_as_at_sign_in(till):
    refused = refusal(till, reduced())
    for _ in range(till.config.security.pin_tries - 1):
        with pytest.raises(people.WrongPin):
            agree(till, refused, pin="0000")
    with pytest.raises(people.LockedOut):
        agree(till, refused, pin="0000")
    with pytest.raises(people.LockedOut):
        agree(till, refused)
    assert till.store.execute("SELECT count(*) FROM approval").fetchone() == (0,)


def test_the_approver_scans_a_badge_and_types_the_pin(till):
    badge = people.set_badge(till.store, "8")
    refused = refusal(till, reduced())
    with pytest.raises(people.WrongPin):
        agree(till, refused, code="", badge=badge, pin="9999")
    with pytest.raises(people.WrongPin):
        agree(till, refused, code="", badge="TB-unknown-badge")
    given = agree(till, refused, code="", badge=badge)
    assert sell.commit(till, reduced() | {"approvals": [given]}, ANN).doc["approved"][0]["by"]["code"] == "8"


def test_where_nobody_could_approve_the_page_is_not_told_to_ask(till):
    for code in ("8", "9"):
        people.set_active(till.store, code, False)
    with pytest.raises(NotAllowed) as refused:
        sell.commit(till, reduced(), ANN)
    assert refused.value.code == "not_allowed"


def test_odd_requests_for_approval_are_refused(till):
    for more in ({"act": "sell"}, {"act": "fly"}, {"subject": ""}, {"subject": "x" * 101}, {"code": ""}):
        with pytest.raises(Invalid):
            approve.approve(till.store, ANN, **{"act": "void", "subject": "x", "pin": "2468", "code": "8", **more})
    for odd in ("x", [1], {"a": 1}, ["x"] * 21):
        with pytest.raises(Invalid):
            sell.commit(till, reduced() | {"approvals": odd}, ANN)


def test_the_largest_discount_of_a_basket_is_what_is_agreed_to(till):
    """Two lines and the whole sale: one approval, for the largest of them."""
    off = {"kind": "percent", "value": "20", "reason": "damaged"}
    more = {"kind": "percent", "value": "40", "reason": "damaged"}
    asked = basket(line("MUG", discount=off), line("MUG", id_="a2", discount=more), total="1.68")
    refused = refusal(till, asked)
    assert (refused.reach, refused.field) == (Decimal(40), "lines.a2.discount.value")
    done = sell.commit(till, asked | {"approvals": [agree(till, refused)]}, ANN)
    assert len(done.doc["approved"]) == 1


def test_a_price_below_the_shelfs_is_agreed_to_by_how_much_is_lost(till):
    asked = basket(line("MUG", "3", price="1.00", price_source="typed"), total="3.00")
    refused = refusal(till, asked)
    assert (refused.act, refused.reach) == ("price_override", Decimal("0.60"))
    given = agree(till, refused)
    lower = basket(line("MUG", "3", price="0.50", price_source="typed"), total="1.50", approvals=[given])
    refusal(till, lower)
    sell.commit(till, asked | {"approvals": [given]}, ANN)


def test_the_audit_says_who_what_and_on_which_document(till):
    asked = reduced()
    sell.commit(till, asked | {"approvals": [agree(till, refusal(till, asked))]}, ANN)
    rows = till.store.execute("SELECT actor, detail FROM audit WHERE act = 'approval.used'").fetchall()
    assert len(rows) == 1
    detail = json.loads(rows[0][1])
    assert (rows[0][0], detail["act"], detail["asked_by"], detail["document"]) == ("8", "discount", "1", asked["id"])


def test_an_act_that_is_not_one_is_a_bug(till):
    with pytest.raises(ValueError, match="no such act"):
        approvals.grant(till.store, "sell", "x", ANN, "2")
    assert "sell" not in rights.ACTS
