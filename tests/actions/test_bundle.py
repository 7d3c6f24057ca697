"""Receipts become documents of their day: whose day it is, when it is over, how many documents it takes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import clock
from pos.actions import bundle, qbo_mapping
from pos.actions.line import Job, Memory
from pos.connectors.qbo.connector import Books, signed_out
from pos.store import bundles, companies, connections, outbox, stock, whereabouts
from pos.store.connections import Wanted
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Bundle, Company, Connection, Outbox
from tests import receipts
from tests.contract import qbo_books
from tests.contract.qbo_books import MAPPING, Shop

ZONES = [
    # zone, day starts, sold at (UTC), its day, over at (UTC)
    ("Africa/Lagos", "05:00", "2026-11-20T03:30:00", "2026-11-19", "2026-11-20T04:10:00"),
    ("Africa/Lagos", "05:00", "2026-11-20T04:30:00", "2026-11-20", "2026-11-21T04:10:00"),
    ("Europe/London", "00:00", "2026-10-24T23:30:00", "2026-10-25", "2026-10-26T00:10:00"),  # 25 hours long
    ("Europe/London", "00:00", "2026-03-29T22:30:00", "2026-03-29", "2026-03-29T23:10:00"),  # 23 hours long
    ("America/New_York", "05:00", "2026-11-01T09:30:00", "2026-10-31", "2026-11-01T10:10:00"),
]


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path) as made:
        yield made


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(("zone", "starts", "sold", "day", "over"), ZONES)
def test_the_day_is_the_company_s_by_its_zone_and_hour(
    corner: Shop, zone: str, starts: str, sold: str, day: str, over: str
) -> None:
    kept = json.dumps({"quickbooks": {"day_starts": starts}})
    Company.update(time_zone=zone, settings=kept).where(Company.id == "main").execute()
    rules = bundle.rules_of(corner.job())
    found = rules.day_of(utc(sold))
    assert found.isoformat() == day
    assert rules.over_at(found).astimezone(dt.UTC) == utc(over)


def test_nothing_sold_is_nothing_to_do(corner: Shop) -> None:
    corner.next_day()
    assert bundle.gather(corner.job(), corner.books) == 0
    assert corner.round().idle


def test_more_goods_than_a_document_holds_make_a_second_one(corner: Shop) -> None:
    for code in ("COLA", "SHOE", "BAG"):
        corner.sell(code=code)
    corner.next_day()
    corner.books.lines_max = 2
    assert corner.round().booked == 2
    assert [doc["DocNumber"] for doc in corner.there()] == ["TK-261120-LON-CA", "TK-261120-LON-CA-S2"]
    assert sum(doc["TotalAmt"] for doc in corner.there()) == receipts.amount("4.50")
    assert corner.states("sale") == ["booked"] * 3


def test_what_one_company_sold_is_in_no_other_s_documents(corner: Shop) -> None:
    companies.add(corner.store, "north", "North", "boss")
    connections.of_company(corner.store, Wanted("quickbooks-north", "quickbooks", "North", corner.site.url), "north")
    before = qbo_mapping.read(corner.store, "north")
    qbo_mapping.write(corner.store, "north", MAPPING | {"prefix": "NO"}, before, "boss")
    corner.sell()
    corner.next_day()
    theirs = Books(signed_out, qbo_mapping.read(corner.store, "north").values)
    job = Job(corner.store, "quickbooks-north", corner.site.url, Memory(theirs), "other", now=corner.now)
    assert bundle.gather(job, theirs) == 0
    assert corner.round().booked == 1
    assert [(row.company, row.connection) for row in Bundle.select()] == [("main", "quickbooks")]
    assert bundles.of_day(corner.store, "quickbooks-north", qbo_books.DAY) == []
    connections.sync(corner.store, [("quickbooks", "quickbooks", "QuickBooks Online", corner.site.url)])
    assert Connection.get(Connection.id == "quickbooks-north").enabled


def test_goods_that_wait_for_their_day_s_document_do_not_count_as_untold(corner: Shop) -> None:
    """Beside books that own the stock, what waits for QuickBooks would count every sale twice."""
    corner.sell()
    corner.store.execute(
        "INSERT INTO stock (item, warehouse, qty, modified) VALUES ('COLA', ?, 10000, '')",
        (corner.config.till.warehouse,),
    )
    assert Outbox.get().state == "queued"
    assert stock.stock_of(corner.store, ["COLA"]) == {"COLA": 10000}


@pytest.mark.both_engines
def test_a_day_s_receipts_join_and_are_handed_out_on_either_engine(store: Store, journal: Journal, engine: str) -> None:
    connections.sync(store, [("quickbooks", "quickbooks", "QuickBooks Online", "http://127.0.0.1:9")])
    for _ in range(2):
        doc = journal.commit(receipts.sale(receipts.line("COLA", 1, "1.50"), customer="Walk-in Customer")).doc
    books = Books(signed_out, MAPPING)
    at = clock.now() + dt.timedelta(days=3)
    job = Job(store, "quickbooks", "http://127.0.0.1:9", Memory(books), "me", now=lambda: at)
    assert bundle.gather(job, books) == 1
    (one,) = bundles.of_day(store, "quickbooks", rules_day(job, doc["created_at"]))
    assert (one.book.receipts, one.book.total) == (2, 300)
    bundle.made_ready(job, books, bundle.document_of(job, one.number))
    row = outbox.take(store, outbox.due(store, "quickbooks", at, 9, part="book")[0], "me", at)
    assert row is not None
    outbox.booked(store, outbox.sent(store, row, at, "SalesReceipt/1"), at, {})
    assert [x.state for x in Outbox.select().order_by(Outbox.n)] == ["booked"] * 3
    assert [x.number for x in bundles.of_receipt(store, doc["id"])] == [one.number]
    assert whereabouts.of(store, doc["id"]).sent[0].book == one.number


def rules_day(job: Job, stamp: str) -> str:
    return bundle.rules_of(job).day_of(dt.datetime.fromisoformat(stamp)).isoformat()
