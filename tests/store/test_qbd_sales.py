"""Where documents stand that wait for the Web Connector, and what goods were gathered, on both engines."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pos import clock
from pos.rules.daybook import Book, Group, Line
from pos.rules.qbd_split import Part
from pos.store import bundles, outbox, qbd_names, qbd_queue, qbd_sales
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Connection, InventoryPart, Outbox, QbdAccount, QbdItem, QbdWork
from tests import receipts

pytestmark = pytest.mark.both_engines
HERE = "quickbooks_desktop"
GROUP = Group("2026-11-20", "main", "Cash", "sale", "GBP")


def handed_out(store: Store, number: str) -> qbd_sales.Standing:
    book = Book(
        number, "sale", GROUP.day, "main", "Cash", "", "GBP", "", 1, "", (Line("A", "A", "", "", "0", 1, 1, 0, 1),)
    )
    with store.transaction():
        bundles.without_receipts(store, HERE, "main", GROUP, [(book, 1)], clock.stamp(clock.now()))
    return next(row for row in qbd_sales.standing(store, HERE) if row.number == number)


def test_a_document_stands_as_its_messages_do(store: Store) -> None:
    now = clock.now()
    row = handed_out(store, "TK-1")
    assert (row.state, row.works, row.source) == ("queued", 0, f"book:{row.bundle}")
    with store.transaction():
        for _ in range(2):  # told twice, there once
            qbd_queue.tell(store, HERE, "main", "sale", row.source, [Part("sale", {"total": "0.01"}, ())], now)
    for state, counts in (("pending", (1, 0, 0, 0)), ("unknown", (1, 0, 0, 1)), ("error", (1, 0, 1, 0)),
                          ("applied", (1, 1, 0, 0)), ("cancelled", (0, 0, 0, 0))):  # fmt: skip
        with store.transaction():
            QbdWork.update(state=state).execute()
        (seen,) = qbd_sales.standing(store, HERE)
        assert (seen.works, seen.applied, seen.failed, seen.lost) == counts, state
    assert list(qbd_sales.standing(store, "quickbooks_desktop:north")) == []


def test_a_message_is_written_anew_only_where_it_was_refused_for_certain(store: Store) -> None:
    row = handed_out(store, "TK-1")
    with store.transaction():
        qbd_queue.tell(store, HERE, "main", "sale", row.source, [Part("sale", {"total": "1"}, ())], clock.now())
        QbdWork.update(state="error", doubt=True).execute()
        assert not qbd_sales.rewrite(store, qbd_sales.works(store, row.source)[0], {"total": "2"})
        QbdWork.update(doubt=False).execute()
        assert qbd_sales.rewrite(store, qbd_sales.works(store, row.source)[0], {"total": "2"})
    assert qbd_sales.works(store, row.source)[0].payload == {"total": "2"}


def test_a_refused_document_is_taken_up_when_its_message_is_let_go(store: Store) -> None:
    now, row = clock.now(), handed_out(store, "TK-1")
    taken = outbox.take(store, row.n, "me", now)
    assert taken is not None
    outbox.rejected(store, taken, now, "3140", "no such item", "Map it.")
    assert qbd_sales.take_up(store, row.n, now) and not qbd_sales.take_up(store, row.n, now)
    assert Outbox.get(Outbox.n == row.n).state == "queued"


def test_receipts_are_gathered_once_with_what_they_moved(store: Store, journal: Journal) -> None:
    with store.transaction():
        Connection.create(id=HERE, kind=HERE, title="QuickBooks Desktop")
    sold = journal.commit(receipts.sale(receipts.line("A", 2, warehouse="SHOP"), receipts.line("B", warehouse="SHOP")))
    journal.commit(receipts.refund(sold.doc))
    rows = qbd_sales.moved(store, HERE, 0)
    assert [row.goods for row in rows] == [{("SHOP", "A"): -2000, ("SHOP", "B"): -1000}, {("Stores - TS", "A"): 2000}]
    assert qbd_sales.moved(store, HERE, rows[-1].n) == []
    assert clock.parse(rows[0].queued_at) - clock.parse(rows[0].made_at) < timedelta(minutes=1)
    assert qbd_sales.gathered(store, HERE) == {"n": 0, "open": {}}
    with store.transaction():
        qbd_sales.keep_gathered(store, HERE, {"n": rows[-1].n, "told": 1, "open": {"2026-11-20": {"SHOP": {"A": 1}}}})
    assert json.dumps(qbd_sales.gathered(store, HERE)["open"]) == '{"2026-11-20": {"SHOP": {"A": 1}}}'


def test_what_goods_are_called_there(store: Store) -> None:
    with store.transaction():
        InventoryPart.create(company="main", item="A", qb_name="Parent:A", adjustment_account="Shrinkage")
        InventoryPart.create(company="main", item="B", qb_name="B", qb_id="80-1")
        QbdItem.create(connection=HERE, list_id="80-1", full_name="B", kind="ItemService", seen_at="")
        QbdAccount.create(connection=HERE, list_id="81-1", full_name="Sales", kind="Income", seen_at="")
    assert [qbd_names.item_of(store, "main", code) for code in "ABC"] == [
        {"name": "Parent:A"}, {"id": "80-1"}, {"name": "C"},
    ]  # fmt: skip
    assert qbd_names.kind_of_ref(store, HERE, {"id": "80-1"}) == qbd_names.kind_of(store, HERE, "B") == "ItemService"
    assert (qbd_names.account_of(store, "main", "A"), qbd_names.account_of(store, "main", "C")) == ("Shrinkage", "")
    assert qbd_names.site_of(store, "NOWHERE") == {}
    assert qbd_names.strangers(store, HERE, {"SALES", "Bank"}, {"b", "Tea"}) == (["Bank"], ["Tea"])
    assert qbd_names.strangers(store, "other", {"Bank"}, {"Tea"}) == ([], [])
