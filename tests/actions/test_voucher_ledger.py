"""The ledger of gift vouchers: out of the issuer's reach, with its rows, on paper, on the Z, from the files alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos import config as settings
from pos.actions import catalog as words
from pos.actions import paper, sell, voucher, voucher_views
from pos.config import Config, Vouchers
from pos.rules import receipt, slips, zpaper
from pos.rules.paper import readable
from pos.rules.voucher import Refused
from pos.store import prints, rebuild, verify, vouchers
from pos.store.models import Connection
from tests.actions.gifts import asked, figures, gift, left, paid, sold, used, with_gifts
from tests.actions.shop import Person, Till, line, open_till, put_prices

D = Decimal
CASHIER = Person("cashier", "cat", "Cat")


@pytest.fixture
def gifts(till: Till) -> Till:
    put_prices(till.store, {"MUG": 1250})
    return with_gifts(till)


# -- out of the issuer's reach ---------------------------------------------------------------------------------------


def set_up(gifts: Till, **rules: Any) -> Till:
    """A till whose vouchers the books keep; nobody is asked in these tests."""
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    config = replace(gifts.config, vouchers=Vouchers(**rules))
    gifts.store.config = config
    return Till(config, gifts.store, gifts.journal)


def sent(till: Till) -> None:
    vouchers.mark_sent(till.store, [x.id for x in vouchers.unsent(till.store)])


@pytest.mark.parametrize(
    ("rule", "amount", "refused", "exposure"),
    [
        ("refuse", "10.00", "voucher_offline", 0),
        ("limit", "50.00", "", 5000),
        ("limit", "50.01", "voucher_offline", 0),
        ("issued_here", "80.00", "", 8000),
    ],
)
def test_offline_the_shops_rule_decides_and_what_is_exposed_is_written_down(gifts, rule, amount, refused, exposure):
    till = set_up(gifts, offline=rule)
    code = sold(till, "80.00")
    sent(till)
    if refused:
        with pytest.raises(Refused) as error:
            used(till, code, amount, CASHIER)
        assert error.value.code == refused and "out of reach" in error.value.message
        return
    doc = used(till, code, amount, CASHIER).doc
    assert doc["vouchers"][0]["exposure"] == D(amount)
    assert vouchers.balance(till.store, code).exposure == exposure == vouchers.summed(till.store).exposure
    z = figures(till)
    assert z["vouchers"]["exposure"] == D(amount)
    told = voucher_views.checked(till.store, till.config, vouchers.balance(till.store, code))
    assert told["fresh"] is False and told["offline_text"]
    sent(till)
    assert vouchers.balance(till.store, code).exposure == 0, "the issuer has the row: settled"


def test_nobody_else_can_know_a_voucher_the_issuer_does_not_have_yet(gifts):
    till = set_up(gifts, offline="refuse")
    code = sold(till)
    assert "exposure" not in used(till, code, "25.00").doc["vouchers"][0]


def test_a_limit_is_for_the_voucher_not_for_each_payment(gifts):
    till = set_up(gifts, offline="limit")
    code = sold(till, "80.00")
    sent(till)
    used(till, code, "30.00")
    with pytest.raises(Refused) as refused:
        used(till, code, "20.01")
    assert refused.value.details() == {"may_use": "20.00"}


def test_what_the_issuer_set_aside_for_this_basket_is_not_exposed(gifts):
    till = set_up(gifts)
    code, key = sold(till), clock.uuid7()
    sent(till)
    asked_for: list[tuple[str, str, int]] = []

    def ask(code: str, basket: str, amount: int) -> None:
        asked_for.append((code, basket, amount))
        at = clock.stamp(clock.now())
        vouchers.hold(till.store, vouchers.Hold("h1", code, amount, "T1", basket, at))
        vouchers.take_in(till.store, (), clock.now() + timedelta(seconds=1), [code])

    known = voucher.check(till.store, {"code": code, "basket": key, "amount": "10.00"}, ask)
    assert asked_for == [(code, key, 1000)] and known.balance == 2500
    assert "exposure" not in used(till, code, "10.00", id=key).doc["vouchers"][0]
    assert vouchers.holds(till.store, stale_only=True)[0].id == "h1", "paid: the agent lets go of it"


@pytest.mark.both_engines
def test_another_tills_hold_is_not_used_up_here(gifts):
    till = set_up(gifts)
    code = sold(till)
    vouchers.hold(till.store, vouchers.Hold("h2", code, 2000, "T2", "b", clock.stamp(clock.now())))
    with pytest.raises(Refused) as refused:
        used(till, code, "5.01")
    assert refused.value.details() == {"may_use": "5.00"} and "another till" in refused.value.message


# -- rows of the issuer ----------------------------------------------------------------------------------------------


def theirs(key: str, code: str, act: str, amount: int, till: str = "T2") -> vouchers.LedgerRow:
    return vouchers.LedgerRow(key, code, act, amount, clock.stamp(clock.now()), "", till, key.partition(":")[0], 1)


@pytest.mark.both_engines
def test_rows_of_the_issuer_count_once_and_no_balance_is_ever_set(gifts):
    till = set_up(gifts)
    code = sold(till)
    used(till, code, "5.00")
    mine = vouchers.rows_of(till.store, code)
    brought = [theirs("d9:1", code, "redeem", -1000), *mine]
    assert vouchers.take_in(till.store, brought, clock.now(), [code]) == 1
    assert vouchers.take_in(till.store, brought, clock.now(), [code]) == 0
    assert left(till, code) == 1000, "a redemption not sent yet is never wiped, and none counts twice"
    assert vouchers.unsent(till.store) == [], "what the issuer told us of ours, it has"
    assert [x.state for x in vouchers.overdrawn(till.store)] == []
    vouchers.take_in(till.store, [theirs("d9:2", code, "redeem", -1001)], clock.now())
    assert [x.balance for x in vouchers.overdrawn(till.store)] == [-1]


def test_a_receipt_of_another_till_replayed_after_its_rows_came_counts_once(gifts, tmp_path):
    other = with_gifts(open_till(replace(settings.load(tmp_path / "other", environ={}), till=settings.Till(id="T2"))))
    try:
        doc = sell.commit(other, asked(gift("25.00"), pay=paid(("Cash", "25.00"))), Person())
        row = vouchers.rows_of(other.store, doc.doc["vouchers"][0]["code"])[0]
    finally:
        other.close()
    vouchers.take_in(gifts.store, [row], clock.now())
    gifts.journal.adopt(doc.body, "replay", "ann")
    assert left(gifts, row.code) == 2500
    assert [(x.origin, bool(x.sent_at)) for x in vouchers.rows_of(gifts.store, row.code)] == [("document", True)]


# -- found and printed -----------------------------------------------------------------------------------------------


def test_a_scan_says_what_it_is(gifts):
    code = sold(gifts)
    assert words.scanned(gifts.store, gifts.config, code.lower()) == {"item": None, "line": None, "voucher": code}
    assert words.scanned(gifts.store, gifts.config, "MUG")["line"]["item_code"] == "MUG"


def test_slips_say_value_code_and_day_and_a_copy_says_what_is_left(gifts):
    doc = sell.commit(gifts, asked(line("MUG"), gift("25.00"), pay=paid(("Card", "37.50"))), Person()).doc
    code = doc["vouchers"][0]["code"]
    assert paper.templates_of(doc) == ("receipt", "gift", "voucher")
    slip = printed(gifts, doc, "voucher")
    assert "£25.00" in slip and code in slip and "Validuntil" in slip and "COPY" not in slip
    spent = used(gifts, code, "20.00").doc
    assert "balance" in paper.templates_of(spent)
    assert "£5.00" in printed(gifts, spent, "balance")
    again = printed(gifts, doc, "voucher", copy=True)
    assert "COPY" in again and "£5.00" in again and "madeover£25.00" in again
    used(gifts, code, "5.00")
    assert "balance" not in paper.templates_of(used_up(gifts))
    assert "£0.00" in printed(gifts, doc, "voucher", copy=True)


def used_up(till: Till) -> dict[str, Any]:
    row = till.store.execute("SELECT id FROM document ORDER BY n DESC LIMIT 1").fetchone()
    return paper.document(till.store, row[0])


def printed(till: Till, doc: dict[str, Any], template: str, *, copy: bool = False) -> str:
    now = clock.stamp(clock.now())
    job = prints.Job(
        id="j", document=doc["id"], number=doc["invoice_name"], template=template, device="", made_at=now,
        next_at=now, until=now, by_code="ann", by_name="Ann", copy=copy,
    )  # fmt: skip
    text = readable(paper.rows_of(till.store, till.config, job, paper.look_of(till.config)), 42)
    return text.replace(" ", "")  # wide letters stand apart


def test_a_document_that_only_takes_value_off_has_no_voucher_to_print(gifts):
    made = voucher.issue(gifts, {"id": clock.uuid7(), "amount": "15.00", "reason": "Goodwill"}, Person()).doc
    code = made["vouchers"][0]["code"]
    off = voucher.adjust(gifts, {"id": clock.uuid7(), "code": code, "amount": "-5.00", "reason": "x"}, Person()).doc
    gone = voucher.adjust(gifts, {"id": clock.uuid7(), "code": code, "amount": "-10.00", "reason": "x"}, Person()).doc
    assert [slips.templates_of(x) for x in (made, off, gone)] == [("voucher",), ("balance",), ()]


# -- the Z and the files ---------------------------------------------------------------------------------------------


def test_the_z_adds_up_with_vouchers_and_says_what_each_came_to(gifts):
    doc = sell.commit(gifts, asked(line("MUG"), gift("25.00"), pay=paid(("Card", "37.50"))), Person()).doc
    code = doc["vouchers"][0]["code"]
    used(gifts, code, "20.00")
    back = line("MUG", "-1", return_against={"id": doc["id"], "line": "a1"}, reason="x")
    sell.commit(gifts, asked(back, pay=paid(("Gift Voucher", "-12.50", code))), Person())
    voucher.issue(gifts, {"id": clock.uuid7(), "amount": "15.00", "reason": "Goodwill"}, Person())
    z = figures(gifts)
    assert z["vouchers"] == {
        "issued": {"count": 1, "amount": D("25.00")},
        "used": {"count": 1, "amount": D("20.00")},
        "refunded": {"count": 1, "amount": D("-12.50")},
        "by_hand": {"count": 1, "amount": D("15.00")},
        "expired": {"count": 0, "amount": D("0.00")},
        "exposure": D("0.00"),
    }
    assert z["gross"] + z["vouchers"]["issued"]["amount"] + z["rounding"] == z["total"] == D("45.00")
    assert (z["total"], sum(t["net"] for t in z["tenders"])) == (D("45.00"), D("45.00"))
    assert z["sales"]["count"] + z["returns"]["count"] == 3, "a voucher by hand is no receipt"
    shown = {
        "z": z,
        "currency": "GBP",
        "till": "T1",
        "cashier": {"name": "Ann"},
        "created_at": clock.stamp(clock.now()),
    }
    lines = zpaper.lines(shown, 42, zpaper.Words())
    assert any("Vouchers by hand (1)" in text and "£15.00" in text for text in lines)


def test_the_files_alone_give_the_same_ledger(gifts, shop: Config, tmp_path: Path):
    code = sold(gifts)
    used(gifts, code, "20.00")
    made = voucher.issue(gifts, {"id": clock.uuid7(), "amount": "15.00", "reason": "Goodwill"}, Person())
    config = gifts.config
    gifts.journal.flush()
    asked_rows = (
        "SELECT id, code, act, amount, at, expires, till, document, position, origin, exposure FROM voucher_row"
    )
    before = gifts.store.execute(f"{asked_rows} ORDER BY id").fetchall()
    assert verify.verify(config).differences == []
    gifts.store.execute("UPDATE voucher_row SET amount = 99999 WHERE id = ?", (made.doc["vouchers"][0]["id"],))
    assert any("voucher rows" in text for text in verify.verify(config).differences)
    gifts.close()
    rebuild.rebuild(config)
    again = open_till(config)
    try:
        assert again.store.execute(f"{asked_rows} ORDER BY id").fetchall() == before
        assert left(again, code) == 500
        assert verify.verify(config).differences == []
    finally:
        again.close()


def test_a_receipt_with_vouchers_is_checked_whole(gifts):
    doc = sell.commit(gifts, asked(line("MUG"), gift("25.00"), pay=paid(("Card", "37.50"))), Person()).doc
    receipt.check(doc)
    broken = {**doc, "vouchers": [{**doc["vouchers"][0], "amount": D("26.00")}]}
    with pytest.raises(Exception, match="not its lines and payments"):
        receipt.check(broken)
