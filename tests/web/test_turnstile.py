"""The turnstile: an allowance of refusals, then so many a second, then the door; who was let in is not held up."""

from __future__ import annotations

import itertools
import logging

import pytest

from pos import clock
from pos.web import turnstile
from pos.web.turnstile import ALLOWANCE, PER_SECOND, WAIT_SECONDS_MAX, Turnstile

NOBODY: dict[str, str] = {}
COOKIE = {"COOKIE": "till_sign_in_T1=secret"}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: moment[0])
    return moment


def spent(gate: Turnstile, address: str, headers: dict[str, str] = NOBODY) -> str:
    """Whoever this is, after as many refusals as the allowance has."""
    who = gate.who(address, headers)
    for _ in range(ALLOWANCE + 1):
        gate.refused(who)
    return who


def test_a_refusal_now_and_then_holds_nobody_up(now: list[float]) -> None:
    gate = Turnstile()
    who = gate.who("10.0.0.9", NOBODY)
    for _ in range(ALLOWANCE * 20):
        assert gate.wait(who) == 0
        gate.refused(who)
        now[0] += 1 / PER_SECOND


def test_with_the_allowance_used_up_so_many_a_second_go_through_and_the_rest_is_sent_away(now: list[float]) -> None:
    gate = Turnstile()
    who = spent(gate, "10.0.0.9")
    waits = [gate.wait(who) for _ in range(1000)]
    served = [one for one in waits if one <= WAIT_SECONDS_MAX]
    assert len(served) == pytest.approx(PER_SECOND * WAIT_SECONDS_MAX, abs=1)
    assert all(b - a == pytest.approx(1 / PER_SECOND) for a, b in itertools.pairwise(served))
    now[0] += WAIT_SECONDS_MAX + ALLOWANCE / PER_SECOND
    assert gate.wait(who) == 0, "in time everything is made good"


def test_one_that_floods_holds_up_no_other_address_and_nobody_who_was_let_in(now: list[float]) -> None:
    gate = Turnstile()
    assert gate.wait(spent(gate, "127.0.0.1")) > 0
    assert gate.wait(gate.who("10.0.0.10", NOBODY)) == 0
    assert gate.wait(gate.who("127.0.0.1", COOKIE)) > 0, "any cookie is no good cookie"
    gate.let_in(COOKIE)
    assert gate.wait(gate.who("127.0.0.1", COOKIE)) == 0


def test_a_key_that_was_let_in_and_then_floods_waits_by_itself(now: list[float]) -> None:
    gate = Turnstile()
    gate.let_in(COOKIE)
    assert gate.wait(spent(gate, "10.0.0.9", COOKIE)) > 0
    assert gate.wait(gate.who("10.0.0.9", NOBODY)) == 0


def test_a_machine_of_ipv6_has_one_allowance_and_a_proxy_lends_its_own_to_nobody(now: list[float]) -> None:
    gate = Turnstile("10.0.0.1")
    assert gate.who("2001:db8::1", NOBODY) == gate.who("2001:db8::ffff:1", NOBODY)
    assert gate.who("2001:db8::1", NOBODY) != gate.who("2001:db8:0:1::1", NOBODY)
    first, second = ({"X_FORWARDED_FOR": f"9.9.9.9, 192.168.1.{n}"} for n in (1, 2))
    assert gate.who("10.0.0.1", first) == "192.168.1.1" != gate.who("10.0.0.1", second)
    assert gate.who("10.0.0.2", first) == gate.who("10.0.0.2", second) == "10.0.0.2", "from anybody else it is noise"


def test_what_is_remembered_has_an_end(now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "OWING_MAX", 10)
    monkeypatch.setattr(turnstile, "KNOWN_MAX", 10)
    gate = Turnstile()
    for n in range(100):
        gate.refused(f"10.0.0.{n}")
        gate.let_in({"AUTHORIZATION": f"Bearer {n}"})
    assert len(gate._owing) <= 10
    assert len(gate._known) <= 10


def test_a_flood_is_one_line_of_the_log_that_names_no_key(now: list[float], caplog: pytest.LogCaptureFixture) -> None:
    gate = Turnstile()
    gate.let_in(COOKIE)
    who = spent(gate, "10.0.0.9", COOKIE)
    with caplog.at_level(logging.WARNING):
        for _ in range(500):
            gate.wait(who)
    assert len(caplog.messages) == 1
    assert "secret" not in caplog.text
