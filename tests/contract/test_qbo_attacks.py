"""What goes wrong between a till and its company at QuickBooks without any fault of the line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos.actions import qbo_lists, qbo_standing, reconcile
from pos.connectors.qbo import pace
from pos.connectors.qbo.client import Client, Rows
from pos.errors import ConnectorError
from pos.store import connections, scopes, unblock
from tests import receipts
from tests.contract import qbo_books
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_figures import totals
from tests.contract.qbo_books import Shop


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of requests has tests of its own."""
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path) as made:
        yield made
        made.journal.close()


@pytest.fixture
def signed(tmp_path: Path) -> Iterator[Shop]:
    """Signed in in earnest."""
    with qbo_books.shop(tmp_path, signed_in=True) as made:
        yield made
        made.journal.close()


def equal(shop: Shop, *days: str) -> bool:
    found = [reconcile.look(shop.job(), scopes.day_of(shop.store, day)) for day in days or (qbo_books.DAY,)]
    return all(one is not None and one.verdict == "match" for one in found)


def state(shop: Shop) -> str:
    return qbo_standing.standing(shop.store, shop.config, "main").state


# -- the company -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "key"),
    [
        ("Account", shops.DRAWER), ("PaymentMethod", "1"), ("TaxCode", shops.ZERO_RATED), ("Item", "12"),
        ("Department", "1"), ("Class", "1"), ("Customer", "58"),
    ],
)  # fmt: skip
def test_what_was_switched_off_there_refuses_what_names_it_and_nothing_else(shop: Shop, entity: str, key: str) -> None:
    untaxed = {"tax_code": "Z", "tax_rate": Decimal(0), "net": Decimal("1.50"), "tax_amount": Decimal(0)}
    shop.sell(line=untaxed)
    shop.sell(way="Card", code="SHOE")
    shop.next_day()
    shop.site.gb.change(entity, key, Active=False)
    done = shop.round()
    everywhere = entity in ("Department", "Class", "Customer")
    assert (done.booked, done.rejected) == ((0, 2) if everywhere else (1, 1))
    refused = [row for row in shop.rows() if row.state == "rejected"]
    assert all(row.code and row.message for row in refused)
    assert not equal(shop)
    shop.site.gb.change(entity, key, Active=True)
    for row in refused:
        unblock.retry(shop.store, row.n, "boss")
    assert shop.round().booked == len(refused)
    assert equal(shop)


def test_a_mapped_account_goes_by_its_id_whatever_it_is_called_now(shop: Shop) -> None:
    shop.sell()
    shop.next_day()
    shop.site.gb.change("Account", shops.DRAWER, Name='Till "7" \\ O\'Neill 🧾', FullyQualifiedName="x")
    assert shop.round().booked == 1
    assert shop.there()[0]["DepositToAccountRef"]["value"] == shops.DRAWER
    assert equal(shop)


def test_a_token_of_one_company_books_nothing_in_another(shop: Shop) -> None:
    shop.sell()
    shop.next_day()
    shop.client = Client(shop.site.url, shops.US, shop.site.source(shops.GB), read_seconds=5)
    shop.mapped(qbo_books.MAPPING)
    assert shop.round().booked == 0
    assert connections.line(shop.store, "quickbooks").paused_reason
    assert (shop.there(), shop.site.us.documents()) == ([], [])
    assert [row.tries for row in shop.rows()] == [0]


@pytest.mark.parametrize("at", [1, 4, 7])
def test_lists_that_break_off_half_way_leave_the_old_ones_and_make_nothing_new(
    signed: Shop, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The pitfall: an error page ended the list of items without a word, and everything looked missing."""
    whole = qbo_lists.reload(signed.store, signed.config, "main", "boss", signed.client)
    real, asked = Client.query, [0]

    def broken(client: Client, *given: Any, **named: Any) -> Rows:
        asked[0] += 1
        if asked[0] == at:
            signed.site.emulator.faults.next("gateway_html", hits="reads")
        return real(client, *given, **named)

    monkeypatch.setattr(Client, "query", broken)
    with pytest.raises(ConnectorError):
        qbo_lists.reload(signed.store, signed.config, "main", "boss", signed.client)
    assert asked[0] == at
    assert qbo_lists.cached(signed.store, "main") == whole


# -- the sign-in -------------------------------------------------------------------------------------------------------


def test_taken_back_at_intuit_documents_wait_and_go_once_after_a_new_consent(signed: Shop) -> None:
    signed.sell()
    signed.next_day()
    signed.site.cloud.signin.void(shops.GB)
    asked = len(signed.site.emulator.requests)
    for _ in range(3):
        assert signed.round().booked == 0
        signed.passes(seconds=400)
    assert state(signed) == "needs_reauth"
    assert len(signed.site.emulator.requests) - asked <= 3, "asked once, and latched"
    assert signed.rows()[0].tries == 0
    signed.client = signed.sign_in()
    signed.mapped(qbo_books.MAPPING)
    signed.passes(seconds=400)
    assert signed.round().booked == 1
    assert len(signed.there()) == 1
    assert equal(signed)


def test_a_refresh_token_of_101_days_is_not_even_tried(signed: Shop) -> None:
    signed.sell()
    signed.passes(days=101)
    refreshes, asked = list(signed.site.cloud.signin.refreshes), len(signed.site.emulator.requests)
    assert signed.round().booked == 0
    assert state(signed) == "refresh_expired"
    assert signed.site.cloud.signin.refreshes == refreshes
    assert len(signed.site.emulator.requests) == asked
    signed.sell()
    signed.client = signed.sign_in()
    signed.mapped(qbo_books.MAPPING)
    signed.passes(seconds=400)
    assert signed.round().booked == 1
    assert signed.states("sale") == ["booked", "queued"]
    assert equal(signed)


@pytest.mark.parametrize("hours", [-26, -1, 1, 26])
def test_a_till_whose_clock_was_wrong_when_it_renewed_goes_on(signed: Shop, hours: int) -> None:
    """Wrong by an hour or a day and an hour when it renewed, and put right afterwards."""
    signed.next_day()
    signed.moment += dt.timedelta(hours=hours)
    signed.client.company()
    assert len(signed.site.cloud.signin.refreshes) <= 1, "renewed once, not with every question"
    signed.client.company()
    given = len(signed.site.cloud.signin.refreshes)
    signed.moment -= dt.timedelta(hours=hours)
    signed.client.company()
    signed.passes(minutes=70)
    signed.client.company()
    assert state(signed) == "connected"
    outcomes = [outcome for _realm, outcome in signed.site.cloud.signin.refreshes]
    assert set(outcomes) <= {"given"}
    assert given <= len(outcomes) <= given + 2
    signed.sell()
    signed.passes(days=1)
    assert signed.round().booked == 1


# -- the day -----------------------------------------------------------------------------------------------------------


def test_what_is_voided_or_brought_back_after_its_day_was_booked_is_a_refund_of_its_own_day(shop: Shop) -> None:
    sold, other = shop.sell(), shop.sell("2.40", code="SHOE")
    shop.next_day()
    assert shop.round().booked == 1
    before = shop.there()
    shop.journal.commit(receipts.refund(sold))
    shop.journal.commit(receipts.refund(other, kind="void", voids=other["id"]))
    shop.passes(days=1)
    assert shop.round().booked == 1
    (back,) = [doc for doc in shop.there() if doc not in before]
    assert (back["entity"], back["DocNumber"], back["TxnDate"], back["TotalAmt"]) == (
        "RefundReceipt", "TK-261121R-LON-CA", "2026-11-21", Decimal("3.90"),
    )  # fmt: skip
    assert all(doc in shop.there() for doc in before), "a posted document is never changed"
    assert equal(shop, qbo_books.DAY, "2026-11-21")


def test_a_day_of_refunds_alone_is_a_refund_and_no_sale(shop: Shop) -> None:
    for price in ("1.50", "7.00"):
        shop.sell(price, qty=-1)
    shop.next_day()
    assert shop.round().booked == 1
    assert [(doc["entity"], doc["TotalAmt"]) for doc in shop.there()] == [("RefundReceipt", Decimal("8.50"))]
    assert equal(shop)


def test_more_goods_than_quickbooks_takes_in_a_document_are_several_and_come_to_the_penny(shop: Shop) -> None:
    """750 lines are the most it takes; 2,101 different goods in cash."""
    for start in range(0, 2101, 191):
        lines = [receipts.line(f"SHOE-{n:05d}", 1, f"{(n % 90) / 100 + 1:.2f}") for n in range(start, start + 191)]
        shop.journal.commit(receipts.sale(*lines))
    shop.next_day()
    assert shop.round().booked == 4
    found = shop.there()
    assert sorted(doc["DocNumber"] for doc in found) == [
        "TK-261120-LON-CA", "TK-261120-LON-CA-S2", "TK-261120-LON-CA-S3", "TK-261120-LON-CA-S4",
    ]  # fmt: skip
    assert max(len(doc["Line"]) for doc in found) <= 750
    due = sum((row["total"] for row in map(dict, _bodies(shop))), Decimal(0))
    assert sum((totals(doc)["total"] for doc in found), Decimal(0)) == due
    assert equal(shop)


def _bodies(shop: Shop) -> list[dict[str, Decimal]]:
    rows = shop.store.execute("SELECT total FROM document WHERE kind = 'sale'").fetchall()
    return [{"total": Decimal(total).scaleb(-2)} for (total,) in rows]


def test_one_receipt_with_more_goods_than_a_document_takes_says_so_and_stops_nothing(shop: Shop) -> None:
    lines = [receipts.line(f"SHOE-{n:05d}", 1, "1.00") for n in range(751)]
    shop.journal.commit(receipts.sale(*lines, customer="Ana Lopez"))
    shop.sell()
    shop.next_day()
    done = shop.round()
    assert (done.booked, shop.states("sale")) == (1, ["rejected", "booked"])
    row = shop.rows("sale")[0]
    assert (row.code, "751" in row.message) == ("not_mappable", True)


# -- words -------------------------------------------------------------------------------------------------------------

HOSTILE = ('O\'Neill \\ "Sons" <b>', "Schuhe größe 42 🥾👨‍👩‍👧", "naïve\tcolon: tab", "x" * 4100, "' OR DocNumber = 'x")


def test_names_of_any_sort_and_length_arrive_or_are_cut_and_are_equal(shop: Shop) -> None:
    cash = qbo_books.MAPPING["tenders"]["Cash"]
    ways = {name: cash | {"code": f"C{at}"} for at, name in enumerate(HOSTILE)}
    shop.mapped({**qbo_books.MAPPING, "tenders": {**qbo_books.MAPPING["tenders"], **ways}})
    for at, name in enumerate(HOSTILE):
        shop.sell(f"{at + 1}.20", way=name, kind_of_payment="cash", code=f"SHOE-{at}", line={"name": name})
    shop.next_day()
    done = shop.round()
    assert (done.booked, done.rejected) == (len(ways), 0)
    said = {doc["Line"][0]["Description"] for doc in shop.there()}
    assert said == {name[:4000] for name in HOSTILE}
    assert all(len(doc["PrivateNote"]) <= 4000 for doc in shop.there())
    assert equal(shop)


def test_a_way_to_pay_that_is_not_mapped_is_refused_here_and_follows_when_it_is(shop: Shop) -> None:
    shop.sell(way="Cheque", kind_of_payment="other")
    shop.sell()
    shop.next_day()
    asked = len(shop.site.emulator.requests)
    assert shop.round().booked == 1
    assert not [path for _, path in shop.site.emulator.requests[asked:] if "-CH" in path]
    row = shop.rows("sale")[0]
    assert (row.state, row.code) == ("rejected", "unmapped")
    assert row.message.startswith("Way to pay Cheque is not mapped.")
    cheque = {"code": "CH", "method": "2", "account": shops.UNDEPOSITED}
    shop.mapped({**qbo_books.MAPPING, "tenders": {**qbo_books.MAPPING["tenders"], "Cheque": cheque}})
    unblock.mapped(shop.store, "quickbooks", shop.moment)
    assert shop.round().booked == 1
    assert equal(shop)
