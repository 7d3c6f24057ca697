"""The issuer asked while a customer waits: its word, value set aside, and two tills that ask at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import exchange, issuer, voucher
from pos.connectors.base import VoucherEntry
from pos.connectors.erpnext import KIND
from pos.connectors.erpnext.doctypes import ENTRY
from pos.connectors.erpnext.vouchers import Vouchers
from pos.errors import Conflict
from pos.rules.voucher import Refused
from pos.store import connections, vouchers
from tests.contract.voucher_tills import Shop, Till, shop

BASKET = "0193a1b2-0000-7000-8000-{:012d}"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all tests here; each has a voucher of its own."""
    with shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest.fixture
def code(both: Shop) -> str:
    """A voucher over 50.00 that both tills know of."""
    made = both.tills[0].issue("50.00")
    for till in both.tills:
        till.round()
    return made


def entries(both: Shop, code: str) -> list[dict[str, Any]]:
    return [e for e in both.entries(counting=False) if e["voucher_code"] == code]


def acts(both: Shop, code: str) -> list[str]:
    return [e["act"] for e in entries(both, code)]


def test_the_answer_is_the_issuers_word_of_this_moment(both: Shop, code: str) -> None:
    one, two = both.tills
    two.use(code, "20.00")
    two.round()
    both.time.passes(3600)
    asked = one.ask(code, 5000, BASKET.format(1))
    assert (asked.reached, asked.allowed, bool(asked.hold)) == (True, 3000, True)
    known = vouchers.balance(one.store, code)
    assert (known.balance, known.known_at) == (3000, clock.stamp(clock.now()))


def test_a_code_nobody_knows_sets_nothing_aside(both: Shop) -> None:
    one, _ = both.tills
    asked = one.ask("GV-NONE", 5000, BASKET.format(1))
    assert (asked.reached, asked.allowed, asked.hold) == (True, 0, "")
    assert acts(both, "GV-NONE") == []
    assert vouchers.holds(one.store, code="GV-NONE") == []


def test_a_voucher_made_in_erpnext_is_checked_there_and_becomes_one_row(both: Shop) -> None:
    one, two = both.tills
    both.by_hand("XMAS-1", 40.0)
    assert one.ask("XMAS-1", 4000, BASKET.format(1)).allowed == 4000
    assert two.ask("XMAS-1", 1000, BASKET.format(2)).allowed == 0
    assert [r for r in both.rows() if r[1] == "XMAS-1"] == [("erpnext:XMAS-1", "XMAS-1", "issue", 4000)]
    both.emulator.site.change("Gift Voucher", "XMAS-1", status="Inactive")
    one.ask("XMAS-1", 0)
    assert vouchers.balance(one.store, "XMAS-1").state == "inactive"


def test_what_one_till_holds_no_other_may_use(both: Shop, code: str) -> None:
    one, two = both.tills
    assert one.ask(code, 3000, BASKET.format(1)).allowed == 3000
    assert two.ask(code, 5000, BASKET.format(2)).allowed == 2000
    assert two.ask(code, 5000, BASKET.format(3)).allowed == 2000, "baskets of one till wait for each other there"
    assert vouchers.balance(two.store, code).held == 3000
    assert both.tills[0].balance(code) == 5000, "a hold takes nothing off"


def test_a_basket_that_asks_again_keeps_its_place(both: Shop, code: str) -> None:
    one, two = both.tills
    first = one.ask(code, 5000, BASKET.format(1))
    assert two.ask(code, 5000, BASKET.format(2)).allowed == 0
    again = one.ask(code, 4000, BASKET.format(1))
    assert (again.allowed, again.hold) == (5000, first.hold)
    assert acts(both, code).count("hold") == 2


def test_a_basket_that_lost_lets_go_at_once(both: Shop, code: str) -> None:
    one, two = both.tills
    one.ask(code, 5000, BASKET.format(1))
    lost = two.ask(code, 5000, BASKET.format(2))
    assert (lost.reached, lost.hold, vouchers.holds(two.store, code=code)[0].till) == (True, "", "T1")
    assert acts(both, code) == ["issue", "hold", "hold", "release"]


def test_a_hold_of_a_till_that_never_came_back_ends_after_a_day(both: Shop, code: str) -> None:
    one, two = both.tills
    one.ask(code, 5000, BASKET.format(1))
    both.time.passes(23 * 3600)
    assert two.ask(code, 5000, BASKET.format(2)).allowed == 0
    both.time.passes(2 * 3600)
    assert two.ask(code, 5000, BASKET.format(3)).allowed == 5000


@pytest.mark.parametrize("rows_first", [True, False])
def test_two_tills_that_ask_at_the_same_moment_cannot_both_have_it(
    both: Shop, code: str, monkeypatch: pytest.MonkeyPatch, rows_first: bool
) -> None:
    """Both put their row before either reads, or one reads before the other puts: one of them gets it, and only one."""
    meet = threading.Barrier(2, timeout=5)
    put = Vouchers.put_voucher

    def put_and_wait(self: Vouchers, entry: Any) -> None:
        put(self, entry)
        if rows_first and entry.act == "hold":
            meet.wait()

    monkeypatch.setattr(Vouchers, "put_voucher", put_and_wait)
    told: list[int] = []

    def ask(till: Till, basket: str) -> None:
        facts = connections.facts(till.store, "erpnext")
        hold = VoucherEntry(clock.uuid7(), code, "hold", held=4000, till=till.name, document=basket)
        wish = issuer._Wish(code, basket, hold, True, vouchers.rows_of(till.store, code), clock.monotonic() + 5)
        found = issuer._live(KIND, till.config, facts, wish)
        assert found is not None
        told.append(found.allowed)

    both.tills[0].here()
    threads = [threading.Thread(target=ask, args=(t, BASKET.format(n))) for n, t in enumerate(both.tills)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [1000, 4000]


def test_rows_are_numbered_in_the_order_they_can_be_read(both: Shop, code: str) -> None:
    """What the hold stands on: the order is the issuer's, never the tills' clocks."""
    one, two = both.tills
    one.ask(code, 3000, BASKET.format(1))
    both.time.passes(-600)  # this till's clock is behind
    assert two.ask(code, 5000, BASKET.format(2)).allowed == 2000
    holds = [e for e in entries(both, code) if e["act"] == "hold"]
    assert [h["till"] for h in sorted(holds, key=lambda h: h["name"])] == ["T1", "T2"]
    assert holds[0]["made_at"] > holds[1]["made_at"]


def test_value_the_issuer_does_not_know_of_yet_is_taken_off(both: Shop, code: str) -> None:
    one, _ = both.tills
    one.use(code, "30.00")
    assert one.ask(code, 5000, BASKET.format(1)).allowed == 2000


def test_a_sale_that_nobody_checked_first_asks_by_itself(both: Shop, code: str) -> None:
    one, two = both.tills
    one.sell(code, "40.00", BASKET.format(10))
    with pytest.raises(Refused, match=r"set aside|may be used"):
        two.sell(code, "40.00", BASKET.format(11))
    two.sell(code, "10.00", BASKET.format(11))
    for till in (one, two, one):
        till.round()
    assert one.balance(code) == two.balance(code) == 0
    assert {x.exposure for x in (*vouchers.rows_of(one.store, code), *vouchers.rows_of(two.store, code))} == {0}


def test_a_voucher_this_till_never_heard_of_is_taken_at_once_when_the_issuer_knows_it(both: Shop) -> None:
    one, two = both.tills
    made = one.issue("25.00")
    one.round()
    assert two.sell(made, "25.00", BASKET.format(20))["vouchers"][0]["balance"] == 0


def test_a_check_that_was_in_vain_is_not_repeated_by_the_sale(both: Shop, code: str) -> None:
    one, _ = both.tills
    both.emulator.faults.next("html_500", hits="writes")
    assert not one.ask(code, 5000, BASKET.format(30)).reached
    before = len(both.emulator.requests)
    receipt = one.sell(code, "50.00", BASKET.format(30))
    assert len(both.emulator.requests) == before
    assert receipt["vouchers"][0]["exposure"] == 50


def test_a_basket_given_up_keeps_no_value_from_the_next_one_at_its_till(both: Shop, code: str) -> None:
    """What it set aside protects that till against others; used by the next basket it is no exposure."""
    one, two = both.tills
    one.ask(code, 5000, BASKET.format(40))
    assert one.sell(code, "40.00", BASKET.format(41))["vouchers"][0].get("exposure") is None
    with pytest.raises(Refused):
        one.sell(code, "40.00", BASKET.format(40))
    with pytest.raises(Refused):
        two.sell(code, "20.00", BASKET.format(42))


def test_a_sold_voucher_used_at_another_till_cannot_be_voided_while_the_issuer_is_in_reach(both: Shop) -> None:
    one, two = both.tills
    receipt = one.sell_gift("25.00")
    made = receipt["vouchers"][0]["code"]
    one.round()
    two.sell(made, "25.00", BASKET.format(50))
    with pytest.raises(Conflict, match="used meanwhile"):
        one.void(receipt)
    untouched = one.sell_gift("30.00")
    one.round()
    voided = one.void(untouched)
    assert [(v["act"], v["amount"], v.get("exposure")) for v in voided["vouchers"]] == [("adjust", -30, None)]
    with pytest.raises(Refused):
        two.sell(untouched["vouchers"][0]["code"], "30.00", BASKET.format(51))


def test_a_code_sold_at_two_tills_that_see_nobody_is_named_on_each_until_somebody_adjusts_it(both: Shop) -> None:
    one, two = both.tills
    with both.away():
        one.sell_gift("20.00", "CARD-0007")
        two.sell_gift("30.00", "CARD-0007")
    for till in (one, two, one):
        till.round()
    for till in both.tills:
        (told,) = till.told("voucher:twice:")
        assert "£20.00 issued on T1-" in told and "£30.00 issued on T2-" in told
    one.by_hand(voucher.adjust, "CARD-0007", "-20.00")
    for till in (one, two):
        till.round()
    assert [till.told("voucher:twice:") for till in both.tills] == [[], []]


def test_with_no_minutes_of_grace_only_an_answer_for_this_very_basket_counts(tmp_path: Path) -> None:
    with shop(tmp_path, "T1", TILLKEEP_VOUCHERS_OFFLINE="refuse", TILLKEEP_VOUCHERS_FRESH_MINUTES="0") as strict:
        (till,) = strict.tills
        made = till.issue("50.00")
        till.round()
        strict.time.passes(1)
        assert till.sell(made, "20.00", BASKET.format(60))["vouchers"][0]["balance"] == 30
        strict.time.passes(1)
        with strict.away(), pytest.raises(Refused, match="out of reach"):
            till.sell(made, "20.00", BASKET.format(61))


def test_an_issuer_that_was_asked_in_vain_is_out_of_reach_however_lately_it_was_heard(tmp_path: Path) -> None:
    """The line is cut a second after it was last good: two tills would otherwise take the same value for minutes."""
    with shop(tmp_path, "T1", TILLKEEP_VOUCHERS_OFFLINE="refuse") as strict:
        (till,) = strict.tills
        made = till.issue("50.00")
        till.round()
        strict.time.passes(1)
        with strict.away(), pytest.raises(Refused, match="out of reach"):
            till.sell(made, "20.00", BASKET.format(62))
        strict.time.passes(1)
        till.round()
        assert till.sell(made, "20.00", BASKET.format(63))["vouchers"][0]["balance"] == 30


def test_a_sold_voucher_set_aside_at_another_till_cannot_be_voided(both: Shop) -> None:
    one, two = both.tills
    receipt = one.sell_gift("25.00")
    one.round()
    assert two.ask(receipt["vouchers"][0]["code"], 2500, BASKET.format(52)).allowed == 2500
    with pytest.raises(Conflict, match="used meanwhile"):
        one.void(receipt)


def test_what_another_till_used_is_not_taken_off_by_hand(both: Shop, code: str) -> None:
    one, two = both.tills
    two.sell(code, "50.00", BASKET.format(53))
    with pytest.raises(Refused):
        one.by_hand(voucher.adjust, code, "-50.00")


def test_a_code_sold_at_another_till_is_not_sold_or_issued_again(both: Shop) -> None:
    one, two = both.tills
    one.sell_gift("20.00", "CARD-0001")
    one.round()
    with pytest.raises(Conflict, match="another voucher"):
        two.sell_gift("20.00", "CARD-0001")
    with pytest.raises(Conflict, match="another voucher"):
        two.by_hand(voucher.issue, "CARD-0001", "20.00")


# -- out of reach ------------------------------------------------------------------------------------------------------


def test_a_silent_issuer_is_waited_for_no_longer_than_promised_and_its_hold_is_ended(
    both: Shop, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert issuer.LIVE_SECONDS == 2
    monkeypatch.setattr(issuer, "LIVE_SECONDS", 0.5)
    one, two = both.tills
    both.emulator.slow_seconds = 2.5
    both.emulator.faults.next("slow_after", hits="writes")
    started = clock.monotonic()
    asked = one.ask(code, 5000, BASKET.format(1))
    assert clock.monotonic() - started < issuer.LIVE_SECONDS + 1.5
    assert (asked.reached, asked.hold) == (False, "")
    both.emulator.wait_idle()
    assert vouchers.confirmed(one.store, code, BASKET.format(1)) == 0
    monkeypatch.undo()
    assert "hold" in acts(both, code), "it stands there all the same"
    assert "1 hold let go" in one.round()
    assert two.ask(code, 5000, BASKET.format(2)).allowed == 5000


@pytest.mark.parametrize("fault", ["reset_before", "html_500", "deadlock", "rate_limit", "garbage"])
def test_whatever_they_answer_asking_raises_nothing(both: Shop, code: str, fault: str) -> None:
    one, _ = both.tills
    both.emulator.faults.next(fault, hits="all")
    asked = one.ask(code, 5000, BASKET.format(1))
    assert (asked.reached, bool(asked.why_not)) == (False, True)
    assert one.balance(code) == 5000


def test_a_line_that_is_known_to_be_away_is_not_asked(both: Shop, code: str) -> None:
    one, _ = both.tills
    with both.away():
        one.round()
        before = len(both.emulator.requests)
        asked = one.ask(code, 5000, BASKET.format(1))
        assert (asked.reached, "maintenance" in asked.why_not) == (False, True)
        assert len(both.emulator.requests) == before
    one.round()


def test_a_line_that_is_away_is_looked_at_again_soon_so_that_vouchers_are_asked_for_again(
    both: Shop, code: str
) -> None:
    """Nothing else waits on a quiet till, so nothing else would find out that the line is back."""
    one, _ = both.tills
    with both.away():
        assert [one.exchange().again_in for _ in range(2)] == [exchange.AWAY_SECONDS] * 2
        assert not one.ask(code, 5000, BASKET.format(70)).reached
    assert one.exchange().again_in is None
    assert one.ask(code, 5000, BASKET.format(70)).reached


def test_without_an_issuer_there_is_nobody_to_ask(tmp_path: Path) -> None:
    with shop(tmp_path, "T1") as alone:
        (till,) = alone.tills
        connections.sync(till.here().store, [])
        assert not till.ask("GV-1", 100, BASKET.format(1)).reached
        assert alone.emulator.site.docs[ENTRY] == {}
