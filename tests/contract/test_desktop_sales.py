"""Sales on their way to QuickBooks Desktop: a day or a receipt a document, each once, to the penny; the goods once."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from pos import clock
from pos.actions import qbd_mapping, reconcile
from pos.errors import Conflict, Invalid
from pos.store import (
    book_blanking,
    bundles,
    companies,
    connections,
    inventory_places,
    notices,
    qbd_asks,
    unblock,
)
from pos.store.inventory_places import Location
from pos.store.models import Bundle, BundleMember, Outbox, QbdArchive, QbdItem, QbdWork
from pos.store.scopes import Scope
from tests import receipts
from tests.contract import desktop_books
from tests.contract.desktop_desk import DAY, Desk, company_file
from tests.contract.emulators.desktop_adds import total_of
from tests.contract.emulators.desktop_faults import Faults


def total(txn: Any) -> Decimal:
    return sum((Decimal(one.text or "0") for one in txn.request.iter("Amount")), Decimal(0))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desktop_books.shop(tmp_path, company_file()) as shop:
        yield Desk(shop)


def test_a_day_is_one_document_to_the_penny_and_its_receipts_follow(desk: Desk) -> None:
    desk.on()
    for _ in range(3):
        desk.sell(price="0.99")
    desk.sell("MUG", 2, "3.33")
    assert desk.round().told == 0 and desk.states("sale") == ["queued"] * 4  # its day is not over
    desk.tomorrow()
    assert desk.round().told == 1
    assert (desk.states(), desk.states("sale")) == (["queued"], ["bundled"] * 4)
    desk.session()
    assert desk.round().booked == 1
    assert (desk.states(), desk.states("sale")) == (["booked"], ["booked"] * 4)
    (txn,) = desk.there("SalesReceipt")
    assert total(txn) == Decimal("9.63") and txn.memo.endswith("TK-261120-LON-CA") and txn.day == DAY
    assert desk.rows()[0].remote_id == txn.txn_id
    assert desk.round().idle and len(desk.there("SalesReceipt")) == 1
    assert not txn.moved  # goods are moved by the adjustment, not by it


def test_goods_are_told_once_a_day_and_place_and_late_ones_in_a_supplement(desk: Desk) -> None:
    desk.on()
    desk.sell("COLA", 3)
    desk.sell("MUG", 1, "3.33")
    desk.tomorrow()
    assert desk.round().goods == 1 and desk.round().goods == 0
    desk.session()
    (txn,) = desk.there("InventoryAdjustment")
    assert txn.moved == {("COLA", "Shop"): Decimal(-3), ("Becher Größe M & L", "Shop"): Decimal(-1)}
    with clock.set_to(desktop_books.START):
        desk.sell("COLA", 2)  # comes late: of yesterday
    Outbox.update(created_at=clock.stamp(desk.shop.moment)).where(Outbox.state == "queued").execute()
    desk.shop.moment += dt.timedelta(minutes=30)
    assert desk.round().goods == 1
    desk.session()
    assert [one.moved for one in desk.there("InventoryAdjustment")][1:] == [{("COLA", "Shop"): Decimal(-2)}]
    desk.round()
    assert [one.day for one in desk.there("SalesReceipt")] == [DAY, DAY]  # the document has its supplement, too
    desk.tomorrow()
    assert desk.round().goods == 0


def test_documents_move_stock_or_adjustments_do_and_never_both(desk: Desk) -> None:
    desk.on("documents")
    desk.sell("COLA", 3)
    desk.tomorrow()
    done = desk.round()
    assert (done.told, done.goods) == (1, 0)
    desk.session()
    (txn,) = desk.there("SalesReceipt")
    assert txn.moved == {("COLA", "Shop"): Decimal(-3)} and not desk.there("InventoryAdjustment")
    with pytest.raises(Conflict):  # yesterday and today are moved by documents
        qbd_mapping.cut_over(desk.store, "main", "adjustments", "2026-11-21", "boss")
    qbd_mapping.cut_over(desk.store, "main", "adjustments", "2026-11-22", "boss")
    assert desk.shop.desktop.moves_stock == "adjustments"
    desk.sell("COLA", 5)  # of the 21st: still by documents
    desk.shop.moment += dt.timedelta(days=1)
    desk.sell("COLA", 7)
    desk.shop.moment += dt.timedelta(days=1)
    desk.round()
    desk.session()
    desk.round()
    moved = [one.moved for one in desk.there("SalesReceipt")]
    assert moved[1:] == [{("COLA", "Shop"): Decimal(-5)}, {}]
    assert [one.moved for one in desk.there("InventoryAdjustment")] == [{("COLA", "Shop"): Decimal(-7)}]


def test_an_item_with_stock_is_refused_for_sales_where_adjustments_move_the_goods(desk: Desk) -> None:
    QbdItem.create(connection=desk.name, list_id="1", full_name="COLA", kind="ItemInventory", seen_at="")
    desk.on(default_item="COLA")
    desk.sell()
    desk.tomorrow()
    assert desk.round().told == 0
    (row,) = desk.rows("sale")
    assert (row.state, row.code) == ("rejected", "unmapped") and "COLA has stock in QuickBooks" in row.message
    desk.mapped()  # mapped to an item without: it goes by itself
    assert desk.round().told == 1


def test_nothing_is_told_before_quickbooks_said_which_items_have_stock(desk: Desk) -> None:
    """Else a sale on an item with stock would move what its adjustment moves."""
    desk.mapped(default_item="COLA")
    qbd_mapping.switch_on(desk.store, "main", "adjustments", DAY, "boss")
    desk.sell("MUG")
    desk.tomorrow()
    done = desk.round()
    assert (done.told, done.goods) == (0, 0) and not notices.is_open(desk.store, f"qbd:{desk.name}:items")
    QbdWork.update(state="error", message="Nobody knows.").execute()
    desk.round()
    assert notices.is_open(desk.store, f"qbd:{desk.name}:items")
    qbd_asks.ask(desk.store, desk.name, "ask_items", "boss")
    desk.session()
    done = desk.round()
    assert (done.told, done.goods) == (0, 1) and not notices.is_open(desk.store, f"qbd:{desk.name}:items")
    assert "COLA has stock in QuickBooks" in " ".join(row.message for row in desk.rows() + desk.rows("sale"))


def test_before_the_first_cut_over_nothing_is_moved(desk: Desk) -> None:
    desk.mapped()
    with pytest.raises(Invalid):
        qbd_mapping.switch_on(desk.store, "main", "both", DAY, "boss")
    assert connections.lines(desk.store) == []
    desk.sell("COLA", 4)  # sales do not go there yet
    qbd_mapping.switch_on(desk.store, "main", "adjustments", "2026-11-21", "boss")
    desk.sell("COLA", 9)  # of a day before the cut-over
    desk.tomorrow()
    assert desk.round().goods == 0
    assert [row.code for row in desk.rows("sale")] == ["unmapped"]


def test_a_receipt_is_a_document_by_itself(desk: Desk) -> None:
    desk.on()
    values = {"grain": "receipt"}
    kept = companies.kept(desk.store, "main", "desktop")
    companies.keep(desk.store, "main", "desktop", kept.values | values, kept, "boss")
    first, second = desk.sell(), desk.sell("MUG")
    desk.shop.moment += dt.timedelta(minutes=30)
    assert desk.round().told == 2
    desk.session()
    assert desk.round().booked == 2
    assert [txn.memo.split()[-1] for txn in desk.there("SalesReceipt")] == [
        first["invoice_name"],
        second["invoice_name"],
    ]


def test_a_lost_answer_is_in_doubt_and_booked_once(desk: Desk) -> None:
    desk.on()
    desk.sell()
    desk.tomorrow()
    desk.round()
    desk.shop.connector(Faults(rates={"answer_html": 1.0})).run()
    assert len(desk.there("SalesReceipt")) == 1  # it is booked there, and nobody was told
    desk.round()
    assert desk.states() == ["unknown"]
    desk.shop.moment += dt.timedelta(hours=1)
    desk.session()
    desk.round()
    assert desk.states() == ["booked"] and len(desk.there("SalesReceipt")) == 1


def test_a_total_that_is_another_there_is_told_to_a_person(desk: Desk) -> None:
    desk.on()
    desk.sell()
    desk.tomorrow()
    desk.round()
    desk.shop.file.off_by = Decimal("0.01")
    desk.session()
    desk.round()
    (row,) = desk.rows()
    assert row.state == "differs" and "1.51" in row.difference and row.remote_id
    desk.shop.file.off_by = Decimal(0)
    assert desk.shop.retry() == 1  # put right there: it is asked for and compared again, nothing is sent
    desk.session()
    desk.round()
    desk.round()
    assert desk.states() == ["booked"] and len(desk.there("SalesReceipt")) == 1


def test_a_refusal_is_said_and_goes_again_when_it_is_put_right(desk: Desk) -> None:
    desk.on(default_item="No such item")
    desk.sell()
    desk.tomorrow()
    desk.round()
    desk.session()
    desk.round()
    (row,) = desk.rows()
    assert (row.state, row.code) == ("rejected", "3140") and "No such item" in row.message
    assert desk.round().idle
    desk.mapped()
    unblock.retry(desk.store, row.n, "boss", "mapped another item")
    desk.round()
    desk.session()
    desk.round()
    assert desk.states() == ["booked"] and desk.states("sale") == ["booked"]
    assert len(desk.there("SalesReceipt")) == 1


def test_let_go_again_where_the_queue_is_seen(desk: Desk) -> None:
    desk.on(default_item="Sales later")
    desk.sell()
    desk.tomorrow()
    desk.round()
    desk.session()
    desk.round()
    assert desk.states() == ["rejected"]
    desk.shop.file.add_item("Sales later", kind="ItemOtherCharge")
    assert desk.shop.retry() == 1
    desk.round()
    assert desk.states() == ["queued"]
    desk.session()
    desk.round()
    assert desk.states() == ["booked"]


def test_a_refund_is_a_credit_memo_and_then_the_money(desk: Desk) -> None:
    desk.on()
    sold = desk.sell("COLA", 2)
    desk.shop.journal.commit(receipts.refund(sold))
    desk.tomorrow()
    assert desk.round().told == 2
    desk.session()
    assert desk.round().booked == 1 and desk.states() == ["booked", "queued"]  # not before the money went back
    desk.session()
    assert desk.round().booked == 1 and desk.states() == ["booked", "booked"]
    (memo,), (check,) = desk.there("CreditMemo"), desk.there("Check")
    assert check.request.findtext("ApplyCheckToTxnAdd/TxnID") == memo.txn_id
    assert total_of(memo) == total_of(check) > 0


def test_tax_worked_out_there_comes_to_the_penny(desk: Desk) -> None:
    desk.on(tax="rate", tax_item="VAT", tax_percent="20", tax_rounding="Tax difference", untaxed="Non")
    for _ in range(3):
        desk.sell(price="0.99")  # 3 x 0.82 net and 0.17 tax; of 2.46 it is 0.49 there
    desk.tomorrow()
    assert desk.round().told == 1
    (work,) = QbdWork.select().where(QbdWork.kind == "sale")
    assert '"total":"2.97"' in work.payload and '"amount":"0.02"' in work.payload
    desk.shop.file.taxes["VAT"] = Decimal(20)
    desk.session()
    desk.round()
    assert desk.states() == ["booked"] and '"total": "2.97"' in desk.rows()[0].remote


def test_the_day_is_held_against_what_their_answers_said(desk: Desk) -> None:
    desk.on()
    desk.sell()
    desk.tomorrow()
    desk.round()
    desk.session()
    desk.round()
    day = Scope("day", DAY, DAY)
    found = reconcile.look(desk.job(), day)
    assert found is not None and found.verdict == "match", found
    remote = desk.rows()[0].remote.replace('"1.50"', '"1.40"')
    Outbox.update(remote=remote).where(Outbox.part == "book").execute()
    found = reconcile.look(desk.job(), day)
    assert found is not None and found.verdict == "mismatch"


def test_a_sale_on_account_is_an_invoice_to_its_customer(desk: Desk) -> None:
    desk.on(tax="rate", tax_item="VAT", tax_percent="20", tax_rounding="Tax difference")
    desk.shop.file.taxes["VAT"] = Decimal(20)
    desk.shop.file.add_customer("Lopez, Ana")
    account = [{"mode_of_payment": "On account", "kind": "account", "amount": receipts.amount("1.50"),
                "change": receipts.amount(0)}]  # fmt: skip
    desk.sell(payments=account, customer="Ana Lopez")
    desk.shop.moment += dt.timedelta(minutes=30)
    desk.round()
    (row,) = desk.rows("sale")
    assert (row.state, row.code) == ("rejected", "unmapped") and "Ana Lopez" in row.message
    desk.mapped(tax="rate", tax_item="VAT", tax_percent="20", tax_rounding="Tax difference",
                customers={"Ana Lopez": "Lopez, Ana"})  # fmt: skip
    desk.round()
    desk.session()
    desk.round()
    (invoice,) = desk.there("Invoice")
    assert invoice.request.findtext("CustomerRef/FullName") == "Lopez, Ana"
    assert desk.states() == ["booked"] and '"total": "1.50"' in desk.rows()[0].remote


def test_a_place_without_a_site_waits_and_says_so(desk: Desk) -> None:
    desk.on()
    desk.shop.journal.commit(receipts.sale(receipts.line("HAT", 2, "1.50", warehouse="VAN")))
    desk.tomorrow()
    assert desk.round().goods == 0
    assert notices.is_open(desk.store, f"qbd:{desk.name}:goods")
    van = Location("VAN", "main", "Van", qb_site_name="Van 7")
    inventory_places.put_location(desk.store, van, "admin")
    assert desk.round().goods == 1
    desk.session()
    assert desk.there("InventoryAdjustment")[0].moved == {("HAT", "Van 7"): Decimal(-2)}


def test_each_receipt_is_in_one_document(desk: Desk) -> None:
    desk.on()
    for _ in range(4):
        desk.sell()
    desk.tomorrow()
    desk.round()
    assert BundleMember.select().count() == 4
    assert bundles.of_day(desk.store, desk.name, DAY)[0].book.receipts == 4


def test_a_customer_who_is_taken_out_is_in_nothing_that_was_sent(desk: Desk) -> None:
    desk.shop.file.add_customer("Lopez, Ana")
    desk.on(customers={"Ana Lopez": "Lopez, Ana"})
    sold = desk.sell(customer="Ana Lopez")
    desk.shop.moment += dt.timedelta(minutes=30)
    desk.round()
    desk.session()
    desk.round()
    assert desk.states() == ["booked"] and QbdArchive.select().where(QbdArchive.body.contains("Lopez")).exists()
    with desk.store.transaction():
        book_blanking.blank(desk.store, [sold["id"]])
        book_blanking.forget(desk.store, "Ana Lopez")
    left = [row.payload + row.body for row in QbdWork.select()] + [row.body for row in QbdArchive.select()]
    left += [row.body + row.sent for row in Bundle.select()] + [json.dumps(qbd_mapping.read(desk.store, "main").values)]
    assert not [text for text in left if "Lopez" in text]


@pytest.mark.parametrize("step", ["qbd_sales._wait", "qbd_goods.notices.is_open", "qbd_sales.outbox.booked"])
def test_a_round_that_dies_in_the_middle_leaves_nothing_half_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    desk.on()
    desk.sell("COLA", 3)
    desk.tomorrow()
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(f"pos.actions.{step}", Mock(side_effect=RuntimeError("the plug was pulled")))
            with contextlib.suppress(RuntimeError):
                desk.round()
        desk.session()
    desk.round()
    desk.session()
    desk.round()
    assert desk.states() == ["booked"] and len(desk.there("SalesReceipt")) == 1
    assert [txn.moved for txn in desk.there("InventoryAdjustment")] == [{("COLA", "Shop"): Decimal(-3)}]
