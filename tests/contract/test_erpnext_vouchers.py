"""The voucher ledger of one ERPNext site: its doctypes, rows put there once, pages, and what it says no to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pos.actions.erpnext_setup import prepare
from pos.connectors.base import VoucherEntry
from pos.connectors.erpnext import KIND
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.doctypes import DOCTYPES, ENTRY, VOUCHER
from pos.connectors.erpnext.feeds import PAGE_ROWS
from pos.connectors.erpnext.vouchers import Vouchers, fault
from pos.errors import Rejected, Unknown
from pos.store import connections
from pos.store.db import open_store
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import basket_site, learned, till_config

ROW = VoucherEntry("d1:1", "GV-1", "issue", 5000, at="2026-11-21T10:00:00.000000Z", till="T1", document="d1")


@pytest.fixture(scope="module")
def site() -> Iterator[Emulator]:
    with Emulator(basket_site()) as made:
        yield made


@pytest.fixture(scope="module")
def book(site: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Vouchers:
    config = till_config(tmp_path_factory.mktemp("till"), site.url)
    made = KIND.voucher_book(Erpnext(config, learned(config)))
    assert isinstance(made, Vouchers)
    return made


@pytest.fixture(autouse=True)
def empty(site: Emulator) -> None:
    site.site.docs[ENTRY].clear()
    site.site.docs[VOUCHER].clear()


def test_a_row_comes_back_as_it_was_put(book: Vouchers) -> None:
    whole = replace(ROW, expires="2027-11-21", position=1, receipt="T1-000001")
    book.put_voucher(whole)
    (back,) = book.voucher_entries("GV-1")
    assert replace(back, order="", made_at="") == whole
    assert back.order.startswith("GVE-")
    assert book.find_vouchers(["d1:1", "d2:1"]) == {"d1:1": back}
    assert book.find_vouchers([]) == {}


def test_the_same_row_again_is_success_and_there_once(site: Emulator, book: Vouchers) -> None:
    book.put_voucher(ROW)
    book.put_voucher(ROW)
    assert len(site.site.docs[ENTRY]) == 1


def test_another_row_under_the_same_id_is_refused_and_named(book: Vouchers) -> None:
    book.put_voucher(ROW)
    with pytest.raises(Rejected) as caught:
        book.put_voucher(replace(ROW, amount=6000))
    assert (caught.value.code, "GVE-" in caught.value.remedy) == ("id_taken", True)


@pytest.mark.parametrize(
    "kind", ["reset_after", "half_answer", "garbage", "closed_after", "html_502_after", "deadlock"]
)
def test_no_word_after_a_row_was_sent_is_unknown(site: Emulator, book: Vouchers, kind: str) -> None:
    site.faults.next(kind, hits="writes")
    with pytest.raises(Unknown):
        book.put_voucher(ROW)
    assert len(book.find_vouchers([ROW.id])) == (0 if kind == "deadlock" else 1)


def test_a_till_may_add_rows_and_change_none(site: Emulator, book: Vouchers) -> None:
    book.put_voucher(ROW)
    (name,) = site.site.docs[ENTRY]
    with pytest.raises(Rejected) as caught:
        book._erpnext._send("PUT", f"/api/resource/Gift%20Voucher%20Entry/{name}", {"amount": 1}, ENTRY)
    assert caught.value.code == "right_missing"


def test_pages_end_and_begin_where_the_one_before_stopped(site: Emulator, book: Vouchers) -> None:
    for n in range(PAGE_ROWS + 3):
        site.site.put(ENTRY, f"GVE-{n:08d}", entry_id=f"d{n}:1", voucher_code="GV-1", act="issue", amount=1.0)
    for entry in site.site.docs[ENTRY].values():
        entry["modified"] = "2026-11-21 09:00:00.000000"
    first = book.pull_vouchers("")
    second = book.pull_vouchers(first.cursor)
    assert (len(first.rows), first.more, len(second.rows), second.more) == (PAGE_ROWS, True, 3, False)
    assert len({e.id for e in (*first.rows, *second.rows)}) == PAGE_ROWS + 3
    assert book.pull_vouchers(second.cursor).rows == ()


def test_figures_come_back_whole_whatever_noise_a_float_has(site: Emulator, book: Vouchers) -> None:
    site.site.put(ENTRY, "GVE-1", entry_id="a:1", voucher_code="gv-1 ", act="adjust", amount=-0.11999999999999988)
    (row,) = book.pull_vouchers("").rows
    assert (row.amount, row.code) == (-12, "GV-1")


@pytest.mark.parametrize(
    ("act", "amount", "counts"),
    [
        ("issue", 1, True), ("issue", -1, False), ("redeem", -1, True), ("redeem", 1, False), ("refund", 0, False),
        ("expire", -1, True), ("adjust", 1, True), ("adjust", -1, True), ("adjust", 0, False), ("gift", 1, False),
        ("hold", 0, True), ("release", 0, True),
    ],
)  # fmt: skip
def test_which_rows_count(act: str, amount: int, counts: bool) -> None:
    assert (fault(replace(ROW, act=act, amount=amount)) == "") is counts


def test_a_voucher_made_by_hand_is_read_with_its_status(site: Emulator, book: Vouchers) -> None:
    assert book.voucher_made("XMAS") is None
    site.site.put(
        VOUCHER, "XMAS", voucher_code="XMAS", initial_amount=40.0, balance_amount=7.0, status="Expired",
        issued_on="2026-11-20", expires_on="2026-12-31",
    )  # fmt: skip
    made = book.voucher_made("XMAS")
    assert made is not None
    assert (made.id, made.amount, made.status, made.expires) == ("erpnext:XMAS", 4000, "inactive", "2026-12-31")
    assert book.pull_made("").rows == (made,)


# -- setup -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda doc: doc.update(autoname="field:entry_id"), "the naming series GVE-.########"),
        (lambda doc: doc["fields"][0].update(unique=0), "a unique entry_id"),
        (lambda doc: doc["fields"].pop(), "position"),
    ],
)
def test_a_ledger_that_would_count_a_row_twice_is_not_used(tmp_path: Path, spoil: object, words: str) -> None:
    with Emulator(basket_site()) as emulator:
        spoil(emulator.site.docs["DocType"][ENTRY])  # type: ignore[operator]
        config = till_config(tmp_path, emulator.url)
        store = open_store(config)
        report = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
        facts = connections.facts(store, "erpnext")
        store.close()
        assert not report.blocking
        assert any(ENTRY in sentence and words in sentence for sentence in report.todo), report.todo
        assert KIND.voucher_book(Erpnext(config, facts)) is None


def test_setup_makes_the_doctypes_and_says_so(tmp_path: Path) -> None:
    with Emulator(shops.recorded(installed=False)) as emulator:
        config = till_config(tmp_path, emulator.url, TILLKEEP_TILL_WAREHOUSE="Shop 1 - TS")
        store = open_store(config)
        report = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
        store.close()
        assert set(DOCTYPES) <= set(emulator.site.docs["DocType"])
        assert f"Created the doctype {ENTRY}." in report.done
        again = prepare(open_store(config), config, "cli", shops.MANAGER[0], shops.MANAGER[1])
        assert f"The doctype {ENTRY} is there." in again.done
