"""People, PINs, sign-ins, devices and keys, on a real database."""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pos import clock, config
from pos.errors import CannotSave, Conflict, Invalid, NotFound
from pos.rules import rights
from pos.store import keys, people, roles
from pos.store.audit import verify_chain
from pos.store.db import Store, open_store
from pos.store.models import Audit, Device, SignIn, Token, User
from tests.store.looking import kept

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _cheap_pins(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A PIN at its real cost only where that cost is the point."""
    if request.node.name != "test_a_code_nobody_has_costs_the_same_work_and_says_the_same":
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        monkeypatch.setattr(people.PINS, "hasher", cheap)


@pytest.fixture
def anna(store: Store) -> Iterator[Store]:
    """A till on which Anna (7, PIN 4826) is a cashier; the clock stands at noon."""
    with clock.set_to(NOON):
        people.add_user(store, "7", "Anna Reyes", "cashier", "4826")
        yield store


def wrong(store: Store, times: int, code: str = "7") -> None:
    for _ in range(times):
        with pytest.raises((people.WrongPin, people.LockedOut)):
            people.check_pin(store, code, "0000")


def test_the_right_pin_names_the_person(anna: Store) -> None:
    person = people.check_pin(anna, "7", "4826")
    assert (person.code, person.name, person.role) == ("7", "Anna Reyes", "cashier")


@pytest.mark.parametrize(
    "pin", ["", "1", "123", "123456789", "12a4", "１２３４", "4826\n", " 4826", "1111", "1234", "987654"]
)
def test_only_four_to_eight_plain_digits_nobody_tries_first_are_a_pin(store: Store, pin: str) -> None:
    with pytest.raises(Invalid) as refused:
        people.add_user(store, "7", "Anna", "cashier", pin)
    assert refused.value.field == "pin"
    assert people.people(store) == []


@pytest.mark.parametrize(
    ("code", "name", "role", "field"),
    [
        ("", "Anna", "cashier", "code"),
        ("a b", "Anna", "cashier", "code"),
        ("../x", "Anna", "cashier", "code"),
        ("7", "", "cashier", "name"),
        ("7", "x" * 81, "cashier", "name"),
        ("7", "A\x00", "cashier", "name"),
        ("7", "Anna", "boss", "role"),
    ],
)
def test_what_makes_no_person_is_named(store: Store, code: str, name: str, role: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        people.add_user(store, code, name, role, "2468")
    assert refused.value.field == field
    assert User.select().count() == 0


def test_a_code_is_given_once(anna: Store) -> None:
    with pytest.raises(Conflict):
        people.add_user(anna, "7", "Another", "admin", "7531")
    assert people.check_pin(anna, "7", "4826").role == "cashier"


def test_a_pin_is_kept_as_argon2_and_a_cookie_as_a_digest(anna: Store) -> None:
    secret, _ = people.sign_in(anna, "7", "4826")
    token = people.add_token(anna, "runbook", "operator")
    assert User.get().pin_hash.startswith("$argon2id$")
    everything = kept(anna)
    assert b"Anna Reyes" in everything
    assert secret.encode() not in everything
    assert token.encode() not in everything
    assert b"4826" not in everything


def test_after_the_last_free_try_the_code_is_locked_even_for_the_right_pin(anna: Store) -> None:
    wrong(anna, 4)
    with pytest.raises(people.LockedOut) as locked:
        people.check_pin(anna, "7", "0000")
    assert "12:15" in locked.value.message
    with pytest.raises(people.LockedOut):
        people.check_pin(anna, "7", "4826")


def test_the_lock_ends_by_itself_and_the_right_pin_clears_the_count(anna: Store) -> None:
    wrong(anna, 5)
    with clock.set_to(NOON + timedelta(minutes=16)):
        assert people.check_pin(anna, "7", "4826").code == "7"
        wrong(anna, 4)
        assert people.check_pin(anna, "7", "4826").code == "7"


def test_after_the_lock_each_further_wrong_pin_locks_again(anna: Store) -> None:
    wrong(anna, 5)
    with clock.set_to(NOON + timedelta(minutes=16)):
        with pytest.raises(people.LockedOut) as again:
            people.check_pin(anna, "7", "0000")
        assert "12:31" in again.value.message


def test_the_lock_out_survives_a_restart(shop: config.Config) -> None:
    store = open_store(shop)
    with clock.set_to(NOON):
        people.add_user(store, "7", "Anna", "cashier", "4826")
        wrong(store, 3)
        store.close()
        store = open_store(shop)
        wrong(store, 2)
        store.close()
        store = open_store(shop)
        with pytest.raises(people.LockedOut):
            people.check_pin(store, "7", "4826")
    store.close()


def test_guesses_side_by_side_are_counted_one_by_one(anna: Store) -> None:
    """Twelve threads guess at once; no more than five of them learn that their PIN was wrong."""
    heard: list[str] = []

    def guess() -> None:
        try:
            people.check_pin(anna, "7", "0000")
        except (people.WrongPin, people.LockedOut) as refused:
            heard.append(refused.code)
        anna.release()

    guessing = [threading.Thread(target=guess) for _ in range(12)]
    for one in guessing:
        one.start()
    for one in guessing:
        one.join()
    assert heard.count("wrong_pin") == 4  # the fifth is told of the lock
    assert heard.count("locked_out") == 8


def test_a_code_nobody_has_costs_the_same_work_and_says_the_same(anna: Store) -> None:
    people.check_pin(anna, "7", "4826")  # warm
    said, took = set(), dict[str, float]()
    for code in ("7", "nobody") * 3:
        began = time.thread_time()  # what else this machine does counts for neither
        with pytest.raises(people.WrongPin) as refused:
            people.check_pin(anna, code, "0000")
        took[code] = min(took.get(code, 1.0), time.thread_time() - began)
        said.add((refused.value.message, refused.value.code, refused.value.status))
    assert len(said) == 1
    assert took["nobody"] > took["7"] / 4  # a lookup without the hash would take a hundredth


def test_a_person_without_a_pin_cannot_sign_in(store: Store) -> None:
    people.add_user(store, "9", "Pulled from the books", "cashier")
    for pin in ("", "0000"):
        with pytest.raises(people.WrongPin):
            people.check_pin(store, "9", pin)


def test_a_new_pin_lifts_the_lock_and_ends_the_sign_ins(anna: Store) -> None:
    secret, _ = people.sign_in(anna, "7", "4826")
    wrong(anna, 5)
    people.set_pin(anna, "7", "2468", by="manager")
    assert people.check_pin(anna, "7", "2468").code == "7"
    assert people.find_sign_in(anna, secret) is None
    with pytest.raises(people.WrongPin):
        people.check_pin(anna, "7", "4826")


def test_nobody_is_named_when_a_pin_is_set_for_a_code_nobody_has(store: Store) -> None:
    with pytest.raises(NotFound):
        people.set_pin(store, "99", "2468")


def test_who_left_is_signed_out_and_may_come_back(anna: Store) -> None:
    secret, _ = people.sign_in(anna, "7", "4826")
    people.set_active(anna, "7", False)
    assert people.find_sign_in(anna, secret) is None
    with pytest.raises(people.WrongPin):
        people.check_pin(anna, "7", "4826")
    people.add_user(anna, "7", "Anna Reyes", "supervisor", "1357")
    assert people.check_pin(anna, "7", "1357").role == "supervisor"
    assert people.find_sign_in(anna, secret) is None


def test_a_sign_in_is_found_by_its_cookie_until_it_ends(anna: Store) -> None:
    secret, who = people.sign_in(anna, "7", "4826", device="")
    found = people.find_sign_in(anna, secret)
    assert found is not None
    assert (found.code, found.role, found.via, found.locked) == ("7", "cashier", "pin", False)
    assert people.find_sign_in(anna, secret + "x") is None
    assert people.find_sign_in(anna, "") is None
    people.end(anna, who.key)
    assert people.find_sign_in(anna, secret) is None


def test_a_sign_in_ends_after_its_hours(anna: Store) -> None:
    secret, _ = people.sign_in(anna, "7", "4826")
    with clock.set_to(NOON + timedelta(hours=16, seconds=1)):
        assert people.find_sign_in(anna, secret) is None
    assert people.find_sign_in(anna, secret) is None  # ended for good, whatever the clock says next


def test_a_sign_in_not_used_for_the_idle_time_is_locked_by_the_server(anna: Store) -> None:
    secret, who = people.sign_in(anna, "7", "4826")
    with clock.set_to(NOON + timedelta(seconds=290)):
        found = people.find_sign_in(anna, secret)
        assert found is not None
        assert not found.locked
        people.touch(anna, found)
    with clock.set_to(NOON + timedelta(seconds=580)):
        assert people.find_sign_in(anna, secret).locked is False  # type: ignore[union-attr]
    with clock.set_to(NOON + timedelta(seconds=591)):
        assert people.find_sign_in(anna, secret).locked is True  # type: ignore[union-attr]
        unlocked = people.unlock(anna, people.find_sign_in(anna, secret), "4826")  # type: ignore[arg-type]
        assert not unlocked.locked
        assert people.find_sign_in(anna, secret).locked is False  # type: ignore[union-attr]
    assert who.code == "7"


def test_use_within_a_minute_counts_for_the_idle_time_though_it_is_not_written(anna: Store) -> None:
    secret, _ = people.sign_in(anna, "7", "4826")
    with clock.set_to(NOON + timedelta(seconds=50)):
        people.touch(anna, people.find_sign_in(anna, secret))  # type: ignore[arg-type]
    assert SignIn.get().seen_at == clock.stamp(NOON)
    with clock.set_to(NOON + timedelta(seconds=345)):
        assert people.find_sign_in(anna, secret).locked is False  # type: ignore[union-attr]


def test_seen_is_written_at_most_once_a_minute(anna: Store) -> None:
    secret, _ = people.sign_in(anna, "7", "4826")
    written = []
    for seconds in range(0, 240, 5):
        with clock.set_to(NOON + timedelta(seconds=seconds)):
            people.touch(anna, people.find_sign_in(anna, secret))  # type: ignore[arg-type]
        written.append(SignIn.get().seen_at)
    assert len(set(written)) == 4


def test_a_disk_that_takes_nothing_neither_signs_out_nor_keeps_open(
    anna: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = people.sign_in(anna, "7", "4826")
    token = people.add_token(anna, "runbook", "operator")

    def full(**_: object) -> None:
        raise CannotSave("The disk is full.")

    for way in ("transaction", "rows"):
        monkeypatch.setattr(anna, way, full)
    with clock.set_to(NOON + timedelta(seconds=200)):
        people.touch(anna, people.find_sign_in(anna, secret))  # type: ignore[arg-type]
        assert people.find_token(anna, token) is not None
    with clock.set_to(NOON + timedelta(seconds=490)):
        assert people.find_sign_in(anna, secret).locked is False  # type: ignore[union-attr]
    with clock.set_to(NOON + timedelta(seconds=501)):
        assert people.find_sign_in(anna, secret).locked is True  # type: ignore[union-attr]
    with clock.set_to(NOON + timedelta(hours=17)):
        assert people.find_sign_in(anna, secret) is None


def test_a_locked_sign_in_stays_locked_through_a_wrong_pin(anna: Store) -> None:
    secret, who = people.sign_in(anna, "7", "4826")
    people.lock(anna, who.key)
    locked = people.find_sign_in(anna, secret)
    assert locked is not None
    with pytest.raises(people.WrongPin):
        people.unlock(anna, locked, "0000")
    assert people.find_sign_in(anna, secret).locked is True  # type: ignore[union-attr]


def test_a_device_is_enrolled_by_its_one_time_code_once(store: Store) -> None:
    code = people.add_device(store, "Tablet at the door")
    secret, name = people.enrol(store, code.lower().replace("-", " "))
    assert name == "Tablet at the door"
    assert people.find_device(store, secret) == Device.get().id
    with pytest.raises(Invalid):
        people.enrol(store, code)
    assert people.find_device(store, code) is None


def test_a_one_time_code_gets_old(store: Store) -> None:
    with clock.set_to(NOON):
        code = people.add_device(store, "Tablet")
    with clock.set_to(NOON + timedelta(minutes=keys.ENROL_CODE_MINUTES, seconds=1)), pytest.raises(Invalid):
        people.enrol(store, code)


def test_a_withdrawn_device_takes_its_sign_ins_with_it(anna: Store) -> None:
    secret, _ = people.enrol(anna, people.add_device(anna, "Tablet"))
    device = people.find_device(anna, secret)
    assert device
    there, _ = people.sign_in(anna, "7", "4826", device)
    here, _ = people.sign_in(anna, "7", "4826")
    assert people.revoke_device(anna, "Tablet") == 1
    assert people.find_device(anna, secret) is None
    assert people.find_sign_in(anna, there) is None
    assert people.find_sign_in(anna, here) is not None
    assert people.devices(anna) == []


def test_a_token_works_until_it_is_withdrawn(store: Store) -> None:
    secret = people.add_token(store, "runbook", "operator")
    found = people.find_token(store, secret)
    assert found is not None
    assert (found.code, found.role, found.via) == ("token:runbook", "operator", "token")
    assert found.may("replay")
    assert not found.may("sell")
    with pytest.raises(Conflict):
        people.add_token(store, "runbook", "admin")
    people.revoke_token(store, "runbook")
    assert people.find_token(store, secret) is None
    with pytest.raises(NotFound):
        people.revoke_token(store, "runbook")


def test_a_key_of_a_person_may_no_more_than_they_and_stops_when_they_leave(store: Store) -> None:
    people.add_user(store, "ada", "Ada Quist", "manager", "4826")
    secret = people.add_token(store, "scanner", "admin", person="ada")
    found = people.find_token(store, secret)
    assert found is not None
    assert (found.code, found.person, found.role) == ("token:scanner", "ada", "manager")
    assert found.may("stock_approve")
    assert not found.may("stock_admin")
    few = people.find_token(store, people.add_token(store, "few", "stock_keeper", scopes=["stock"], person="ada"))
    assert few is not None
    assert [right for right in rights.RIGHTS if few.may(right)] == ["stock"]
    roles.set_role(store, "ada", "cashier", "cli")
    assert not people.find_token(store, secret).may("stock")  # type: ignore[union-attr]
    people.set_active(store, "ada", False)
    assert people.find_token(store, secret) is None
    with pytest.raises(NotFound):
        people.add_token(store, "later", "operator", person="ada")
    assert people.find_token(store, people.add_token(store, "bot", "admin")).person == ""  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["env-write", "env-admin"])
def test_nobody_takes_the_names_of_the_users_of_the_environment(store: Store, code: str) -> None:
    with pytest.raises(Invalid):
        people.add_user(store, code, "Mallory", "admin", "4826")


def test_the_use_of_a_token_is_written_at_most_once_a_minute(store: Store) -> None:
    secret = people.add_token(store, "runbook", "operator")
    used = []
    for seconds in (0, 30, 59, 61, 90):
        with clock.set_to(NOON + timedelta(seconds=seconds)):
            people.find_token(store, secret)
        used.append(Token.get().used_at)
    assert used == [clock.stamp(NOON)] * 3 + [clock.stamp(NOON + timedelta(seconds=61))] * 2


def test_every_change_of_who_may_do_what_is_in_the_audit(anna: Store) -> None:
    people.set_pin(anna, "7", "1357", by="cli:root")
    wrong(anna, 5)
    people.add_token(anna, "runbook", "operator", by="cli:root")
    people.enrol(anna, people.add_device(anna, "Tablet", by="cli:root"))
    acts = [row.act for row in Audit.select().order_by(Audit.n)]
    assert acts == ["user.add", "user.pin", "pin.locked_out", "token.add", "device.add", "device.enrol"]
    assert verify_chain(anna)[1] == ""


def test_the_key_of_the_page_cookie_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    key = keys.page_key(path)
    assert len(key) == 32
    assert keys.page_key(path) == key
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    os.truncate(path, 0)
    torn = keys.page_key(path)
    assert len(torn) == 32
    assert torn != key
