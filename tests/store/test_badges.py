"""Badges, changes of cashier and leavers: who stands behind a sign-in, and what the audit says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pos import config
from pos.errors import Conflict, Invalid
from pos.store import approvals, cashiers, people
from pos.store.db import Store, open_store


@pytest.fixture(autouse=True)
def _cheap_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(people.PINS, "hasher", cheap)


def test_a_badge_stands_for_the_code_and_the_pin_still_counts(store: Store) -> None:
    people.add_user(store, "7", "Ada", "cashier", "4711")
    badge = people.set_badge(store, "7")
    assert people.sign_in(store, "", "4711", badge=badge)[1].code == "7"
    assert people.sign_in(store, "99", "4711", badge=f" {badge} ")[1].code == "7"
    for wrong in ((badge, "0000"), ("TB-somebody-elses", "4711"), (badge, "")):
        with pytest.raises(people.WrongPin):
            people.sign_in(store, "", wrong[1], badge=wrong[0])
    assert store.execute("SELECT failed FROM user").fetchone() == (2,)
    assert store.execute("SELECT badge_hash FROM user").fetchone()[0] not in ("", badge)


def test_a_badge_alone_signs_in_where_the_shop_says_so(tmp_path: Path) -> None:
    easy = config.load(tmp_path, environ={"TILLKEEP_SECURITY_BADGE_NEEDS_PIN": "no"})
    store = open_store(easy)
    try:
        people.add_user(store, "7", "Ada", "cashier", "4711")
        badge = people.set_badge(store, "7")
        assert people.sign_in(store, "", "", badge=badge)[1].code == "7"
        with pytest.raises(people.WrongPin):
            people.sign_in(store, "", "", badge="TB-somebody-elses")
        with pytest.raises(people.WrongPin):
            people.check_badge(store, badge, "")  # an approval always needs the PIN
        people.set_active(store, "7", False)
        with pytest.raises(people.WrongPin):
            people.sign_in(store, "", "", badge=badge)
    finally:
        store.close()


def test_one_badge_is_one_persons(store: Store) -> None:
    people.add_user(store, "7", "Ada", "cashier", "4711")
    people.add_user(store, "8", "Ben", "cashier", "4711")
    people.set_badge(store, "7", "CARD-0001")
    with pytest.raises(Conflict, match="Ada"):
        people.set_badge(store, "8", "CARD-0001")
    people.set_active(store, "7", False)
    people.set_badge(store, "8", "CARD-0001")
    people.set_active(store, "7", True)
    assert people.check_badge(store, "CARD-0001", "4711").code == "8"
    for odd in ("short", "x" * 101, "CARD\n0001"):
        with pytest.raises(Invalid):
            people.set_badge(store, "8", odd)


def test_a_change_of_cashier_ends_the_first_sign_in_and_the_audit_says_which_basket_stayed(store: Store) -> None:
    people.add_user(store, "7", "Ada", "cashier", "4711")
    people.add_user(store, "8", "Ben", "cashier", "4711")
    secret, ada = people.sign_in(store, "7", "4711")
    _, ben = people.sign_in(store, "8", "4711", former=ada, basket="b-1")
    assert people.find_sign_in(store, secret) is None
    rows = store.execute("SELECT actor, subject, detail FROM audit WHERE act = 'cashier.change'").fetchall()
    assert [(actor, subject) for actor, subject, _ in rows] == [("8", "b-1")]
    assert json.loads(rows[0][2]) == {"from": "7", "to": "8", "device": "", "basket": "b-1"}
    people.sign_in(store, "8", "4711", former=ben)
    assert len(store.execute("SELECT 1 FROM audit WHERE act = 'cashier.change'").fetchall()) == 1


def test_a_leaver_named_by_the_books_is_signed_out_and_approves_nothing_more(store: Store) -> None:
    row = {"code": "7", "name": "Ada", "role": "supervisor", "active": True}
    cashiers.put(store, [row], "erpnext")
    people.set_pin(store, "7", "4711")
    secret, ada = people.sign_in(store, "7", "4711")
    asker = replace(ada, code="8", role="cashier")
    given = approvals.grant(store, "void", "doc", ada, "8")
    assert approvals.find(store, [given], "void", "doc", asker) is not None
    cashiers.put(store, [{**row, "active": False}], "erpnext")
    assert people.find_sign_in(store, secret) is None
    assert approvals.find(store, [given], "void", "doc", asker) is None
    with pytest.raises(people.WrongPin):
        people.sign_in(store, "7", "4711")
