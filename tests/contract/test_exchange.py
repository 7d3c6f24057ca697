"""Two tills and one issuer of gift vouchers: rows go round by id, whatever fails; what was used twice is named."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos import clock
from pos.actions import voucher
from pos.connectors.erpnext.doctypes import ENTRY
from pos.connectors.erpnext.feeds import PAGE_ROWS
from pos.connectors.erpnext.vouchers import Vouchers
from pos.errors import ConnectorError, Invalid, Unavailable
from pos.store import connections, vouchers
from pos.store.vouchers import LedgerRow
from tests.actions.shop import Person
from tests.contract.emulators.erpnext_faults import Faults
from tests.contract.faults import RATES
from tests.contract.voucher_tills import Shop, Till, shop

DONE_BEFORE_THE_ANSWER = ("reset_after", "closed_after", "half_answer", "garbage", "html_502_after")
NOTHING_DONE = ("reset_before", "deadlock", "lock_timeout", "html_500", "html_504", "maintenance", "rate_limit")
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


# -- rows go round -----------------------------------------------------------------------------------------------------


def test_what_one_till_uses_the_other_one_knows_after_a_round(both: Shop) -> None:
    one, two = both.tills
    code = one.issue("50.00")
    assert one.round() == "1 row sent."
    assert two.round() == "1 row brought in."
    two.use(code, "30.00")
    settled(both)
    assert (one.balance(code), two.balance(code)) == (2000, 2000)
    assert one.rows() == two.rows() == both.rows()
    used = next(e for e in both.entries() if e["act"] == "redeem")
    assert (used["till"], used["receipt"], used["amount"]) == ("T2", "T2-000001", -30.0)
    assert one.round() == "Nothing to exchange."


@pytest.mark.parametrize("fault", [*DONE_BEFORE_THE_ANSWER, *NOTHING_DONE])
def test_a_row_is_entered_once_whatever_becomes_of_the_answer(both: Shop, fault: str) -> None:
    one, two = both.tills
    codes = [one.issue("10.00") for _ in range(3)]
    both.emulator.faults.next(fault, hits="writes")
    one.round()
    both.time.passes(3700)  # past a Retry-After
    one.round()
    settled(both)
    assert sorted(e["voucher_code"] for e in both.entries()) == sorted(codes)
    assert vouchers.unsent(one.store) == []
    assert one.rows() == two.rows() == both.rows()


def test_after_a_lost_answer_the_issuer_is_asked_by_id_before_anything_is_sent_again(
    both: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = both.tills
    one.issue("10.00")
    both.emulator.faults.next("reset_after", hits="writes")
    with monkeypatch.context() as patched, pytest.raises(Unavailable):  # nor does the pull of that round bring it
        patched.setattr(Vouchers, "pull_vouchers", _no_answer)
        one.exchange()
    assert len(vouchers.unsent(one.store)) == len(both.entries()) == 1
    before = len(both.emulator.requests)
    one.round()
    assert vouchers.unsent(one.store) == []
    assert not [r for r in both.emulator.requests[before:] if r[0] == "POST"]


def _no_answer(*_: object) -> None:
    raise Unavailable("no answer in time", code="no_answer")


def test_a_row_they_refuse_is_told_and_no_other_waits_for_it(both: Shop) -> None:
    one, _ = both.tills
    good = one.issue("10.00")
    bad = LedgerRow(f"{'x' * 150}:1", "GV-BAD", "issue", 100, clock.stamp(clock.now()), till="T1")
    one.add(bad)
    assert one.round() == "1 row sent, 1 row refused."
    assert [e["voucher_code"] for e in both.entries()] == [good]
    (told,) = one.told("voucher:refused:")
    assert "£1.00 of voucher GV-BAD" in told
    assert one.round() == "Nothing to exchange.", "it is not sent again in each round"


def test_a_row_under_an_id_that_says_something_else_there_is_told_by_both_sides(both: Shop) -> None:
    one, two = both.tills
    code = one.issue("50.00")
    settled(both)
    (entry,) = both.entries()
    both.emulator.site.change(ENTRY, entry["name"], amount=80.0)
    settled(both)
    for till in (one, two):
        (told,) = till.told("voucher:changed:")
        assert "£80.00" in told
        assert "£50.00" in told
        assert till.balance(code) == 5000, "nothing here was changed"
    both.emulator.site.change(ENTRY, entry["name"], amount=50.0)
    settled(both)
    assert one.told() == two.told() == []


def test_an_entry_spoilt_by_hand_does_not_count_and_is_told_until_it_is_mended(both: Shop) -> None:
    one, _ = both.tills
    code = one.issue("50.00")
    one.round()
    spoilt = both.emulator.site.put(
        ENTRY, "GVE-90000000", entry_id="hand-1", voucher_code=code, act="redeem", amount=10.0
    )
    one.round()
    assert one.balance(code) == 5000
    assert "redeem cannot have the amount" in one.told("voucher:unreadable:")[0]
    both.emulator.site.change(ENTRY, spoilt["name"], amount=-10.0)
    one.round()
    assert (one.balance(code), one.told()) == (4000, [])


def test_a_pull_goes_on_through_many_rows_of_one_stamp_and_more_pages_than_a_round_reads(
    both: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos.actions.exchange.PAGES_MAX", 2)
    one, _ = both.tills
    count = 4 * PAGE_ROWS + 7
    for n in range(count):
        both.emulator.site.put(
            ENTRY, f"GVE-{n:08d}", entry_id=f"d{n}:1", voucher_code=f"V-{n:04d}", act="issue", amount=1.0
        )
    for entry in both.entries():
        entry["modified"] = "2026-11-21 09:59:00.000000"
    said = [one.round() for _ in range(3)]
    assert ["more to come" in words for words in said] == [True, True, False]
    assert one.rows() == both.rows()
    assert len(one.rows()) == count
    both.time.passes(16 * 60)
    assert one.round() == "Nothing to exchange."


def test_a_row_that_was_committed_late_under_an_earlier_stamp_still_comes(both: Shop) -> None:
    one, _ = both.tills
    one.issue("10.00")
    one.round()
    one.round()
    both.emulator.site.put(ENTRY, "GVE-90000000", entry_id="late:1", voucher_code="V-LATE", act="issue", amount=5.0)
    both.emulator.site.docs[ENTRY]["GVE-90000000"]["modified"] = "2026-11-21 09:59:00.000000"
    assert one.round() == "1 row brought in."
    assert one.balance("V-LATE") == 500


def test_away_everything_waits_and_the_till_says_why(both: Shop) -> None:
    one, two = both.tills
    code = one.issue("50.00")
    with both.away():
        assert "maintenance" in one.round()
        assert one.balance(code) == 5000
    one.round()
    two.round()
    assert two.balance(code) == 5000


def test_a_site_that_keeps_no_ledger_is_named_once_and_used_after_its_setup(both: Shop) -> None:
    one, _ = both.tills
    facts = connections.facts(one.here().store, "erpnext")
    connections.keep_facts(one.store, "erpnext", facts | {"vouchers": False})
    code = one.issue("50.00")
    assert "does not keep the ledger" in one.round()
    assert "does not keep the ledger" in one.told()[0]
    connections.keep_facts(one.store, "erpnext", facts)
    assert one.round() == "1 row sent."
    assert (one.told(), [e["voucher_code"] for e in both.entries()]) == ([], [code])


# -- made by hand there ------------------------------------------------------------------------------------------------


def test_a_voucher_made_in_erpnext_is_one_row_for_everybody(both: Shop) -> None:
    one, two = both.tills
    both.by_hand("XMAS-1", 40.0, expires_on="2027-01-31")
    both.by_hand("XMAS-OFF", 40.0, status="Inactive")
    settled(both)
    assert both.rows() == [("erpnext:XMAS-1", "XMAS-1", "issue", 4000)]
    assert one.rows() == two.rows() == both.rows()
    assert vouchers.balance(one.store, "XMAS-1").expires == "2027-01-31"
    two.use("XMAS-1", "15.00")
    both.emulator.site.change("Gift Voucher", "XMAS-1", balance_amount=999.0)
    settled(both)
    assert (one.balance("XMAS-1"), two.balance("XMAS-1")) == (2500, 2500), "its balance there is never read"


def test_one_switched_off_in_erpnext_cannot_be_used_until_it_is_switched_on(both: Shop) -> None:
    one, _ = both.tills
    both.by_hand("XMAS-1", 40.0)
    one.round()
    both.emulator.site.change("Gift Voucher", "XMAS-1", status="Inactive")
    one.round()
    with pytest.raises(Invalid, match="switched off"):
        one.use("XMAS-1", "1.00")
    both.emulator.site.change("Gift Voucher", "XMAS-1", status="Active")
    one.round()
    one.use("XMAS-1", "1.00")


# -- used twice --------------------------------------------------------------------------------------------------------


def used_twice(both: Shop) -> str:
    one, two = both.tills
    code = one.issue("50.00")
    settled(both)
    both.time.passes(3600)
    with both.away():
        one.use(code, "30.00")
        two.use(code, "40.00")
    settled(both)
    return code


def test_value_used_at_two_tills_that_see_nobody_is_named_once_on_each_side(both: Shop) -> None:
    code = used_twice(both)
    for till in both.tills:
        assert till.balance(code) == -2000
        (told,) = till.told("voucher:overdrawn:")
        assert "£20.00 short" in told
        assert "£30.00 used on T1-000002 (till T1)" in told
        assert "£40.00 used on T2-000001 (till T2)" in told
    assert both.tills[0].rows() == both.tills[1].rows() == both.rows()
    settled(both)
    for till in both.tills:
        counts = till.store.execute("SELECT count FROM notice WHERE key LIKE 'voucher:overdrawn:%'").fetchall()
        assert counts == [(1,)]


def test_a_double_spend_stays_told_until_a_person_settles_it(both: Shop) -> None:
    code = used_twice(both)
    one = both.tills[0].here()
    asked = {"id": clock.uuid7(), "code": code, "amount": "20.00", "reason": "Settled with the customer"}
    voucher.adjust(one, asked, Person())
    settled(both)
    assert [till.told("voucher:overdrawn:") for till in both.tills] == [[], []]
    assert both.tills[1].balance(code) == 0


def test_what_was_used_out_of_reach_is_exposed_until_the_issuer_has_it(both: Shop) -> None:
    one, _ = both.tills
    code = one.issue("50.00")
    settled(both)
    both.time.passes(3600)
    with both.away():
        one.use(code, "30.00")
        assert vouchers.balance(one.store, code).exposure == 3000
        one.round()
        assert vouchers.balance(one.store, code).exposure == 3000
    one.round()
    assert vouchers.balance(one.store, code).exposure == 0


# -- all of it at once -------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from("abABxX"), st.integers(0, 3), st.integers(-30, 50)), max_size=14),
    seed=st.integers(0, 1000),
)
def test_whatever_the_order_of_rounds_everybody_ends_with_the_same_rows(
    one_shop: Shop, steps: list[tuple[str, int, int]], seed: int
) -> None:
    """a, b: a row is made at that till; A, B: it comes round; x, X: the same through faults."""
    one, two = one_shop.tills
    one_shop.emulator.faults = Faults(seed, {k: v for k, v in RATES.items() if "slow" not in k})
    made = 0
    for what, number, amount in steps:
        till = one if what in "aAx" else two
        one_shop.emulator.faults.on = what in "xX"
        if what in "ab" and amount:
            made += 1
            act = "issue" if amount > 0 else "redeem"
            row = LedgerRow(f"{clock.uuid7()}:1", f"GV-{number}", act, amount, clock.stamp(clock.now()), till=till.name)
            till.add(row)
        else:
            _come_round(till)
        one_shop.time.passes(random.Random(seed).choice((1, 40, 700)))
    one_shop.emulator.faults.on = False
    one_shop.time.passes(7300)
    for till in (one, two, one, two):
        _come_round(till)
    assert one.rows() == two.rows() == one_shop.rows()
    assert len(vouchers.unsent(one.store)) == len(vouchers.unsent(two.store)) == 0
    for n in range(4):
        total = sum(round(e["amount"] * 100) for e in one_shop.entries() if e["voucher_code"] == f"GV-{n}")
        assert one.balance(f"GV-{n}") == two.balance(f"GV-{n}") == total
        assert len([t for t in one.told("voucher:overdrawn:") if f"GV-{n} " in t]) == (1 if total < 0 else 0)


def _come_round(till: Till) -> None:
    with contextlib.suppress(ConnectorError):  # the runner writes it down and comes round again
        till.exchange()


@pytest.fixture(scope="module")
def one_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all examples: what an earlier one left behind is there as well, as in life."""
    with shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened
