"""Holds and expiry at two tills and one issuer: let go of in time, and never by a clock that may be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import clock
from pos.actions import voucher
from pos.errors import Invalid
from pos.store import connections, vouchers
from pos.store.vouchers import Hold
from tests.contract.voucher_tills import Shop, shop

BASKET = "0193a1b2-0000-7000-8000-{:012d}"
DAY = 86_400


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Shop]:
    with shop(tmp_path, TILLKEEP_VOUCHERS_OFFLINE="limit", TILLKEEP_VOUCHERS_OFFLINE_LIMIT="100") as opened:
        yield opened


def settled(both: Shop) -> None:
    """Everybody comes round until everybody knows everything."""
    for till in (*both.tills, *both.tills):
        till.round()


def test_what_is_left_expires_the_day_after_at_the_till_that_made_it_and_once(both: Shop) -> None:
    one, two = both.tills
    code = one.issue("50.00")
    settled(both)
    two.use(code, "20.00")
    two.round()
    both.time.passes(365 * DAY)  # its last day
    assert "expired" not in one.round()
    both.time.passes(DAY)
    assert "expired" not in two.round()
    assert one.round() == "1 voucher expired."
    settled(both)
    assert [e["act"] for e in both.entries()] == ["issue", "redeem", "expire"]
    assert (one.balance(code), two.balance(code)) == (0, 0)
    assert one.told() == two.told() == []


def test_nothing_expires_while_the_issuer_may_know_of_more(both: Shop) -> None:
    one, _ = both.tills
    code = one.issue("50.00")
    one.round()
    both.time.passes(366 * DAY)
    with both.away():
        one.round()
    assert one.balance(code) == 5000
    one.round()
    assert one.balance(code) == 0


def test_without_an_issuer_the_till_expires_and_lets_go_of_holds_by_itself(tmp_path: Path) -> None:
    with shop(tmp_path, "T1") as alone:
        (till,) = alone.tills
        connections.sync(till.here().store, [])
        code = till.issue("50.00")
        vouchers.hold(till.store, Hold("h1", code, 100, "T1", BASKET.format(1), clock.stamp(clock.now())))
        alone.time.passes(16 * 60)
        assert till.round() == "1 hold let go."
        alone.time.passes(366 * DAY)
        till.issue("10.00")  # it worked yesterday
        alone.time.passes(DAY)
        till.runner._memory.clear()  # and was started this morning
        assert till.round() == "1 voucher expired."
        assert (till.balance(code), alone.entries()) == (0, [])


def test_a_clock_far_ahead_expires_nothing_and_says_so_until_it_is_right(both: Shop) -> None:
    one, _ = both.tills
    code = one.issue("50.00")
    right = both.time.moment
    both.emulator.site.clock = lambda: right  # the issuer keeps the right time
    assert one.round() == "1 row sent."
    both.time.passes(400 * DAY)
    said = one.round()
    assert said.endswith("Nothing was expired: the clock of this machine is 400 days ahead of the issuer's."), said
    assert one.balance(code) == 5000
    assert one.told("voucher:not_expired")
    both.time.moment = right
    one.round()
    assert one.told("voucher:not_expired") == []
    both.emulator.site.clock = clock.now
    both.time.passes(400 * DAY)  # the same days, and this time the issuer has seen them as well
    assert "1 voucher expired" in one.round()


def test_without_an_issuer_a_clock_that_was_set_or_began_far_ahead_expires_nothing(tmp_path: Path) -> None:
    with shop(tmp_path, "T1") as alone:
        (till,) = alone.tills
        connections.sync(till.here().store, [])
        code = till.issue("50.00")
        till.round()
        alone.time.passes(400 * DAY)  # nothing but the clock moved
        assert "was set a short while ago" in till.round()
        till.runner._memory.clear()  # started anew: what is left is the last day the till worked
        assert "400 days ago" in till.round()
        alone.time.passes(-400 * DAY - 600)
        till.runner._memory.clear()
        assert "Nothing was expired" not in till.round(), "behind its own receipt nothing is past its day either"
        assert till.balance(code) == 5000


def test_a_hold_nobody_used_is_let_go_at_the_issuer_and_a_paid_one_needs_no_row(both: Shop) -> None:
    one, two = both.tills
    code = one.issue("50.00")
    settled(both)
    one.ask(code, 3000, BASKET.format(1))
    two.ask(code, 2000, BASKET.format(2))
    two.use(code, "20.00", BASKET.format(2))
    two.round()
    assert two.ask(code, 5000, BASKET.format(3)).allowed == 0, "30.00 is held, 20.00 is used"
    both.time.passes(16 * 60)
    assert "1 hold let go" in one.round()
    assert two.ask(code, 5000, BASKET.format(4)).allowed == 3000
    acts = [e["act"] for e in both.entries(counting=False)]
    assert acts.count("release") == 2, "one given up at T1, one refused at T2"


def test_a_basket_that_is_not_paid_after_all_frees_the_value_at_once_and_a_paid_one_does_not(both: Shop) -> None:
    one, two = both.tills
    code = one.issue("50.00")
    settled(both)
    one.ask(code, 1000, BASKET.format(1))
    one.ask(code, 3000, BASKET.format(1))
    one.round()
    assert two.ask(code, 5000, BASKET.format(2)).allowed == 2000, "the larger hold took the place of the smaller"
    assert voucher.release(one.here().store, {"basket": BASKET.format(1), "code": code.lower()}) == 1
    assert voucher.release(one.store, {"basket": BASKET.format(1)}) == 0
    assert one.round() == "1 hold let go."
    assert two.ask(code, 5000, BASKET.format(2)).allowed == 5000
    two.use(code, "30.00", BASKET.format(2))
    assert voucher.release(two.store, {"basket": BASKET.format(2)}) == 0, "paid: it ends with the row that used it"
    with pytest.raises(Invalid):
        voucher.release(two.store, {"basket": "x"})


def test_a_hold_stays_until_the_row_that_used_it_is_at_the_issuer(both: Shop) -> None:
    one, two = both.tills
    code = one.issue("50.00")
    settled(both)
    one.ask(code, 5000, BASKET.format(1))
    one.use(code, "50.00", BASKET.format(1))
    both.time.passes(16 * 60)
    assert two.ask(code, 5000, BASKET.format(2)).allowed == 0
    one.round()
    assert two.ask(code, 5000, BASKET.format(3)).allowed == 0
    assert two.balance(code) == 0
    assert vouchers.holds(one.store) == []
