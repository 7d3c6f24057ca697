"""Receipts as they are booked in QuickBooks Online: what of them, under which number, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pos import clock
from pos import config as settings
from pos.actions import deliver, line, outbox_views, qbo_mapping, reconcile, trace
from pos.connectors import configured
from pos.connectors.base import Posted
from pos.connectors.qbo import pace
from pos.connectors.qbo.connector import Books
from pos.store import bundles, connections, outbound, outbox, scopes, tally, unblock
from pos.store.db import open_store
from pos.store.journal import Journal
from pos.store.listing import Asked
from pos.store.models import Bundle, BundleMember, Outbox
from pos.store.outbound import Filter
from tests import receipts
from tests.contract import qbo_books
from tests.contract.qbo_books import Shop
from tests.contract.qbo_sites import connected, environ, running, standing


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path) as made:
        yield made


@pytest.fixture
def single(tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path, TILLKEEP_QUICKBOOKS_GRAIN="receipt") as made:
        yield made


def test_a_day_is_one_document_a_way_to_pay(shop: Shop) -> None:
    for _ in range(3):
        shop.sell()
    shop.sell("24.00", "Card", "SHOE")
    shop.sell("1.50", qty=-1)
    assert shop.round().booked == 0
    assert shop.states("sale") == ["queued"] * 4  # the day is not over
    shop.next_day()
    assert shop.round().booked == 3
    found = {doc["DocNumber"]: doc for doc in shop.there()}
    assert sorted(found) == ["TK-261120-LON-CA", "TK-261120-LON-CD", "TK-261120R-LON-CA"]
    cash, card, back = (found[n] for n in sorted(found))
    assert (cash["entity"], cash["TotalAmt"], cash["TxnDate"]) == ("SalesReceipt", Decimal("4.50"), "2026-11-20")
    assert cash["TxnTaxDetail"]["TotalTax"] == Decimal("0.75")
    assert (card["PaymentMethodRef"]["value"], card["DepositToAccountRef"]["value"]) == ("3", "92")
    assert (back["entity"], back["TotalAmt"]) == ("RefundReceipt", Decimal("1.50"))
    line = cash["Line"][0]
    assert line["SalesItemLineDetail"]["Qty"] == 3
    assert line["SalesItemLineDetail"]["ItemRef"]["value"] == "12"
    assert line["SalesItemLineDetail"]["ClassRef"]["value"] == "1"
    assert cash["DepartmentRef"]["value"] == "1"
    assert (shop.states(), shop.states("sale"), shop.states("return")) == (["booked"] * 3, ["booked"] * 4, ["booked"])
    assert shop.round().booked == 0
    assert len(shop.there()) == 3


def test_a_receipt_that_comes_after_its_day_was_handed_out_goes_into_a_supplement(shop: Shop) -> None:
    shop.sell()
    late = shop.sell()["id"]
    Outbox.update(parked="somebody: not yet").where(Outbox.document == late).execute()
    shop.next_day()
    assert shop.round().booked == 1
    before = shop.there()
    Outbox.update(parked="").where(Outbox.document == late).execute()
    assert shop.round().booked == 1
    assert [doc["DocNumber"] for doc in shop.there()] == ["TK-261120-LON-CA", "TK-261120-LON-CA-S2"]
    assert before[0] in shop.there()


def test_one_receipt_one_document_once_it_has_settled(single: Shop) -> None:
    single.sell(way="Card")
    assert single.round().booked == 0
    single.passes(minutes=11)
    assert single.round().booked == 1
    (doc,) = single.there()
    assert (doc["DocNumber"], doc["TotalAmt"], doc["CustomerRef"]["value"]) == ("T1-000001", Decimal("1.50"), "58")


def test_named_customers_accounts_and_card_refunds_go_by_themselves(shop: Shop) -> None:
    shop.sell(customer="Ana Lopez")
    shop.sell(way="On account", kind_of_payment="account", customer="Ana Lopez")
    shop.sell(way="Card", qty=-1)
    shop.sell()
    shop.passes(minutes=11)
    assert shop.round().booked == 3
    found = {(doc["entity"], doc["DocNumber"]) for doc in shop.there()}
    assert found == {("SalesReceipt", "T1-000001"), ("Invoice", "T1-000002"), ("RefundReceipt", "T1-000003")}
    assert {doc["CustomerRef"]["value"] for doc in shop.there("SalesReceipt", "Invoice")} == {"59"}


def test_a_receipt_paid_in_two_ways_is_booked_when_both_of_its_documents_are(shop: Shop) -> None:
    shop.sell("24.00", code="SHOE", payments=[
        {"mode_of_payment": "Card", "kind": "card", "amount": Decimal("20.00"), "change": Decimal("0.00")},
        {"mode_of_payment": "Cash", "kind": "cash", "amount": Decimal("5.00"), "change": Decimal("1.00")},
    ])  # fmt: skip
    shop.next_day()
    shop.site.gb.seed("SalesReceipt", DocNumber="TK-261120-LON-CD", TxnDate="2026-11-20", TotalAmt=Decimal(1), Line=[])
    done = shop.round()
    assert (done.booked, done.rejected) == (1, 1)
    assert shop.states("sale") == ["bundled"]
    cash = next(doc for doc in shop.there() if doc["DocNumber"].endswith("CA"))
    assert (cash["TotalAmt"], cash["TxnTaxDetail"]["TotalTax"]) == (Decimal("4.00"), Decimal("0.67"))
    (conflict,) = [row for row in shop.rows() if row.state == "rejected"]
    assert conflict.code == "number_taken"
    assert "another document TK-261120-LON-CD" in conflict.message
    unblock.resolve(shop.store, conflict.n, "it is the same money", "boss")
    assert [row.resolved for row in shop.rows("sale")] == ["boss: it is the same money"]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "half_answer", "garbage", "system_after", "late"])
def test_a_lost_answer_books_once_and_under_one_id(shop: Shop, fault: str) -> None:
    shop.sell()
    shop.next_day()
    shop.site.emulator.faults.next(fault)
    shop.round()
    sent = Bundle.get().sent
    for _ in range(4):
        if shop.states() == ["booked"]:
            break
        assert shop.states()[0] in ("unknown", "queued", "sent")
        shop.passes(seconds=160)
        shop.round()
    assert (shop.states(), shop.states("sale")) == (["booked"], ["booked"])
    assert len(shop.there()) == 1
    assert Bundle.get().sent == sent


def test_what_is_booked_late_is_not_posted_again_a_day_later(shop: Shop) -> None:
    """The memory of a requestid ends after a day; the number is asked for before anything is sent."""
    shop.sell()
    shop.next_day()
    shop.site.emulator.faults.next("reset_after")
    shop.site.emulator.faults.next("reset_before", hits="reads", times=2)
    shop.round()
    shop.passes(days=2)
    shop.round()
    shop.passes(seconds=160)
    shop.round()
    assert (len(shop.there()), shop.states()) == (1, ["booked"])


def test_a_program_that_dies_between_any_two_steps_goes_on_where_it_stood(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        shop.sell()
    shop.next_day()

    class Killed(BaseException):
        pass

    def killed_at(module: object, name: str) -> bool:
        """Rounds until the step is come to, and dies there."""

        def dies(*_args: object, **_more: object) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(module, name, dies)
            for _ in range(4):
                try:
                    shop.round()
                except Killed:
                    return True
                finally:
                    shop.passes(seconds=400)
        return False

    steps = [(bundles, "close"), (bundles, "keep_sent"), (shop.client, "create"), (outbox, "sent"), (outbox, "booked")]
    assert [killed_at(*step) for step in steps] == [True] * 5
    for _ in range(3):
        shop.round()
        shop.passes(seconds=160)
    assert (shop.states(), shop.states("sale")) == (["booked"], ["booked"] * 3)
    assert [(doc["DocNumber"], doc["TotalAmt"]) for doc in shop.there()] == [("TK-261120-LON-CA", Decimal("4.50"))]
    assert BundleMember.select().count() == 3


def test_a_bad_document_stops_no_other_and_goes_anew_under_another_id(shop: Shop) -> None:
    shop.sell()
    shop.sell(way="Card")
    shop.next_day()
    shop.site.gb.change("PaymentMethod", "1", Active=False)
    done = shop.round()
    assert (done.booked, done.rejected) == (1, 1)
    (row,) = [row for row in shop.rows() if row.state == "rejected"]
    before = Bundle.get(Bundle.number == row.document)
    shop.site.gb.change("PaymentMethod", "1", Active=True)
    unblock.retry(shop.store, row.n, "boss")
    assert shop.round().booked == 1
    after = Bundle.get(Bundle.number == row.document)
    assert before.request_id != after.request_id
    assert before.sent != after.sent


def test_what_is_not_mapped_waits_with_its_reason_and_goes_when_it_is(shop: Shop) -> None:
    shop.sell(code="TEA", line={"item_group": "Drinks"})
    shop.sell()
    shop.next_day()
    assert shop.round().booked == 1
    tea = shop.rows("sale")[0]
    assert (tea.state, tea.code) == ("rejected", "unmapped")
    assert tea.message.startswith("Item TEA (Item TEA) is not mapped.")
    shop.mapped({**qbo_books.MAPPING, "items": {"COLA": "12", "TEA": "13"}})
    assert unblock.mapped(shop.store, "quickbooks", shop.moment) == 1
    assert shop.round().booked == 1
    assert shop.states("sale") == ["booked", "booked"]
    assert [doc["DocNumber"] for doc in shop.there()] == ["TK-261120-LON-CA", "TK-261120-LON-CA-S2"]


def test_a_document_changed_there_is_named_with_what_differs(shop: Shop) -> None:
    shop.sell()
    shop.next_day()
    with pytest.MonkeyPatch.context() as patch:
        real = shop.client.read

        def changed(entity: str, key: str) -> dict[str, object]:
            return {**real(entity, key), "TotalAmt": Decimal("1.51"), "TxnDate": "2026-11-21"}

        patch.setattr(shop.client, "read", changed)
        assert shop.round().differs == 1
    assert shop.rows()[0].difference == "date is 2026-11-21, not 2026-11-20; total is 1.51, not 1.50"


def test_a_wrong_company_pauses_the_line_and_too_many_requests_burn_no_try(shop: Shop) -> None:
    shop.sell()
    shop.next_day()
    shop.site.gb.switches.subscribed = False
    shop.round()
    assert connections.line(shop.store, "quickbooks").paused_reason
    shop.site.gb.switches.subscribed = True
    shop.passes(seconds=90)
    shop.site.emulator.faults.next("throttled")
    shop.round()
    assert (shop.states(), shop.rows()[0].tries) == (["queued"], 0)
    pace._paces.clear()
    shop.client = shop.site.client()
    shop.mapped(qbo_books.MAPPING)
    shop.passes(seconds=90)
    assert shop.round().booked == 1


def test_what_the_agents_work_with_is_made_of_settings_sign_in_and_mapping(tmp_path: Path) -> None:
    """From the settings to the books with nothing put in by hand; cash that moves goes nowhere."""
    with running(standing(qbo_books.START)) as site, clock.set_to(lambda: moment[0]):
        moment = [qbo_books.START]
        config = settings.load(tmp_path, environ(site.url, TILLKEEP_TILL_WALK_IN="Walk-in Customer"))
        store = open_store(config)
        connections.sync(store, configured(config))
        connected(store, site)
        qbo_mapping.write(store, "main", qbo_books.MAPPING, qbo_mapping.read(store, "main"), "boss")
        journal = Journal(store)
        journal.commit(receipts.sale(receipts.line("COLA", 2, "1.50")))
        assert [(row.connection, row.part) for row in Outbox.select()] == [("quickbooks", "sale")]
        moment[0] += dt.timedelta(hours=13)
        site.cloud.clock.advance(hours=13)
        done = deliver.queued(line.job_by_hand(store, config, "quickbooks", "me"))
        assert (done.booked, done.stopped) == (1, "")
        (doc,) = site.gb.documents()
        assert (doc["DocNumber"], doc["TotalAmt"]) == ("TK-261120-LON-CA", Decimal("3.00"))
        journal.close()
        store.close()


def test_the_reconciliation_reads_the_day_s_documents_back(shop: Shop) -> None:
    shop.sell()
    shop.sell(way="Card")
    shop.next_day()
    assert shop.round().booked == 2
    day = scopes.day_of(shop.store, qbo_books.DAY)
    assert reconcile.look(shop.job(), day).verdict == "match"
    card = next(doc for doc in shop.there() if doc["DocNumber"].endswith("CD"))
    shop.site.gb.change("SalesReceipt", card["Id"], TotalAmt=Decimal("9.99"))
    found = reconcile.look(shop.job(), day)
    assert (found.verdict, found.open) == ("mismatch", 1)
    shop.site.gb.remove("SalesReceipt", card["Id"])
    assert reconcile.look(shop.job(), day).verdict == "mismatch"


def test_the_trace_and_the_outbox_name_the_document_a_receipt_is_in(shop: Shop) -> None:
    first = shop.sell()
    shop.sell()
    shop.next_day()
    shop.site.emulator.faults.next("reset_before")
    shop.round()
    told = {step["key"]: step for step in trace.trace(shop.store, shop.config, first["invoice_name"])["steps"]}
    assert told["booked"]["text"] == "in TK-261120-LON-CA, not in the books yet"
    (waiting,) = [row for row in outbound.listed(shop.store, Filter("waiting"), Asked()).rows if row.part == "book"]
    assert (waiting.number, waiting.total, waiting.currency) == ("TK-261120-LON-CA", Decimal("3.00"), "GBP")
    assert tally.counts(shop.store).waiting == 2  # receipts, not what is made of them
    for _ in range(2):
        shop.passes(seconds=160)
        shop.round()
    told = {step["key"]: step for step in trace.trace(shop.store, shop.config, first["invoice_name"])["steps"]}
    assert told["booked"]["text"].startswith("TK-261120-LON-CA, SalesReceipt/")
    assert told["sent"]["tone"] == told["compared"]["tone"] == "done"
    assert [row.message for row in shop.rows("sale")] == ["TK-261120-LON-CA"] * 2
    assert tally.counts(shop.store).booked == 2


def test_a_number_somebody_takes_in_the_last_moment_is_a_conflict_for_a_person(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was looked up and free; QuickBooks refuses it all the same (6140)."""
    shop.sell()
    shop.next_day()
    real, asked = Books.find, list[str]()

    def free_at_first(books: Books, key: str, kind: str = "sale") -> Posted | None:
        asked.append(key)
        return None if len(asked) == 1 else real(books, key, kind)

    monkeypatch.setattr(Books, "find", free_at_first)
    shop.site.gb.seed("SalesReceipt", DocNumber="TK-261120-LON-CA", TxnDate="2026-11-20", TotalAmt=Decimal(1), Line=[])
    assert shop.round().rejected == 1
    row = shop.rows()[0]
    assert (row.state, row.code) == ("rejected", "number_taken")
    shown = outbox_views.detail(shop.store, shop.config, row.n)
    assert (shown["number"], shown["total"], shown["may"]) == (
        "TK-261120-LON-CA", "1.50", ["retry", "park", "resolve"],
    )  # fmt: skip
    shop.site.gb.change("SalesReceipt", shop.there()[0]["Id"], DocNumber="1001")
    unblock.retry(shop.store, row.n, "boss")
    assert shop.round().booked == 1


def test_books_in_another_currency_are_never_posted_to(shop: Shop) -> None:
    shop.sell()
    shop.next_day()
    shop.books = Books(shop.client, qbo_books.MAPPING, "EUR")
    shop.memory.connector = shop.books
    assert shop.round().booked == 0
    paused = connections.line(shop.store, "quickbooks").paused_reason
    assert paused == "QuickBooks counts in GBP, the tills in EUR."
    assert shop.there() == []
