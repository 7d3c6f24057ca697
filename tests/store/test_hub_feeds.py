"""What a hub tells its tills: every change once, by cursors that cannot skip; a till takes in all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos import config as settings
from pos.errors import Conflict, Invalid
from pos.rules import hub
from pos.rules import rights as rules
from pos.store import (
    cashiers,
    connections,
    feeds,
    hub_changes,
    hub_copy,
    hub_feeds,
    hub_tills,
    hub_vouchers,
    notices,
    pages,
    people,
    rights,
    stock,
    vouchers,
)
from pos.store.db import Store, open_store
from pos.store.hub_tills import Joining
from pos.store.journal import Journal
from pos.store.models import Movement, Outbox
from tests import receipts

ITEM = {"code": "TEA", "name": "Tea", "item_group": "Food", "barcodes": [{"code": "50123", "uom": "Nos"}],
        "attributes": [{"name": "Size", "value": "L", "position": 0}]}  # fmt: skip
PRICE = {"price_list": "Shop", "item": "TEA", "amount": 250, "currency": "GBP", "name": "p1"}


@contextmanager
def _opened(root: Path, text: str = "") -> Iterator[Store]:
    root.mkdir(exist_ok=True)
    (root / "config.ini").write_text(text)
    store = open_store(settings.load(root, environ={}))
    try:
        yield store
    finally:
        store.close()


def _all(store: Store, feed: str, since: str = "", limit: int = 2) -> tuple[list[dict[str, Any]], str]:
    rows: list[dict[str, Any]] = []
    while True:
        page = hub_feeds.page(store, "T1", feed, since, limit)
        rows += page.rows
        since = page.cursor
        if not page.more:
            return rows, since


@pytest.mark.both_engines
def test_changes_come_once_and_in_order(store: Store) -> None:
    """Both engines: what was there before, what is new, what is gone; nothing after the last cursor."""
    feeds.put_items(store, [ITEM, {**ITEM, "code": "CAP", "barcodes": []}], "csv")
    hub_changes.watch(store)
    hub_changes.watch(store)  # a second start changes nothing
    first, cursor = _all(store, "items", limit=1)
    assert sorted(row["code"] for row in first) == ["CAP", "TEA"]
    tea = next(row for row in first if row["code"] == "TEA")
    assert tea["barcodes"] == [{"code": "50123", "uom": "Nos"}]
    assert tea["attributes"] == [{"name": "Size", "value": "L", "position": 0}]
    assert _all(store, "items", cursor) == ([], cursor)

    feeds.put_barcodes(store, [{"code": "50999", "item": "CAP", "uom": ""}])
    changed, cursor = _all(store, "items", cursor)
    assert [row["code"] for row in changed] == ["CAP"]
    feeds.put_prices(store, [PRICE])
    _, prices = _all(store, "prices")
    feeds.deactivate(store, ["p1"], "prices")
    (gone,), _ = _all(store, "prices", prices)
    assert (gone["amount"], gone["valid_upto"]) == (0, "1970-01-01")


@pytest.mark.both_engines
def test_tills_hear_of_stock_whose_figure_changed_and_no_row_of_it(store: Store) -> None:
    """What was booked while stock was pulled counts twice until it is pulled again; the books' own figure is the same
    then, so only the hub's word tells the tills."""
    hub_changes.watch(store)

    def told(since: str) -> tuple[list[int], str]:
        rows, cursor = _all(store, "stock", since)
        return [row["qty"] for row in rows], cursor

    def pulled(qty: int, at: datetime) -> None:
        feeds.put_stock(store, [{"item": "TEA", "warehouse": "Shop", "qty": qty}], "erpnext")
        stock.pulled_until(store, at)

    def sold(document: str) -> None:
        with store.transaction():
            Movement.create(document=document, position=1, item_code="TEA", warehouse="Shop", qty=-1000)
            Outbox.create(document=document, connection="erpnext", part="sale", state="sent", next_at="", created_at="",
                          updated_at="")  # fmt: skip

    def booked(document: str, at: datetime) -> None:
        with store.transaction():
            Outbox.update(state="booked", updated_at=clock.stamp(at)).where(Outbox.document == document).execute()
            stock.booked(store, document, "sale", clock.stamp(at))

    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    pulled(10_000, noon)
    sold("d1")
    first, cursor = told("")
    pulled(9_000, noon + timedelta(seconds=10))  # they have it, and nobody read it back yet
    booked("d1", noon + timedelta(seconds=11))
    second, cursor = told(cursor)
    pulled(9_000, noon + timedelta(seconds=20))
    third, cursor = told(cursor)
    assert (first, second, third) == ([9_000], [8_000], [9_000])

    sold("d2")
    pulled(8_000, noon + timedelta(seconds=30))
    fourth, cursor = told(cursor)
    booked("d2", noon + timedelta(seconds=29))  # by a clock that is behind, or said late
    fifth, cursor = told(cursor)
    assert (fourth, fifth, told(cursor)[0]) == ([7_000], [8_000], [])


@pytest.mark.parametrize("cursor", ["nobody:1", "x", "1", "{epoch}:999999999", "{epoch}:x", "{epoch}:-1"])
def test_an_unknown_cursor_begins_anew(store: Store, cursor: str) -> None:
    feeds.put_items(store, [ITEM], "csv")
    hub_changes.watch(store)
    epoch = _all(store, "items")[1].partition(":")[0]
    assert len(_all(store, "items", cursor.format(epoch=epoch))[0]) == 1


@pytest.mark.both_engines
def test_a_hub_from_a_copy_begins_another_epoch_and_asks_the_books_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers were given out to other changes meanwhile, what waited may have been sent, and what its tills made
    until now may be booked."""
    hub_changes.watch(store)
    assert not hub_copy.came_back(store), "its first start"
    before = hub_feeds.page(store, "T1", "items", "", 10).cursor
    connections.sync(store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:1")])
    journal = Journal(store)
    journal.commit(receipts.sale())
    journal.close()
    told = Joining("T7", ("T7",), "folder", hub.digest("k"), "1.0")
    joined = hub_tills.join(store, hub_tills.add(store, "Till 7", "ann"), told)
    assert not hub_copy.came_back(store)
    if store.keeps_files:
        store.config.instance_file.unlink()
    else:
        now = store.database.lineage()
        monkeypatch.setattr(type(store.database), "lineage", lambda _: f"{now}1")
    assert hub_copy.came_back(store)
    assert hub_feeds.page(store, "T1", "items", "", 10).cursor.partition(":")[0] != before.partition(":")[0]
    assert [row.state for row in Outbox.select()] == ["unknown"]
    assert hub_tills.one(store, "T7").first_joined_at > joined.first_joined_at
    assert not hub_copy.came_back(store), "once"


def test_a_till_takes_in_what_its_hub_tells(tmp_path: Path) -> None:
    """Goods, people who can sign in with the PIN of the hub, rights, and only the notices meant for it; then a person
    who left cannot sign in, whatever was open."""
    with _opened(tmp_path / "hub", "[server]\nrole = hub\n") as hub:
        hub_changes.watch(hub)
        feeds.put_items(hub, [ITEM], "csv")
        feeds.put_prices(hub, [PRICE])
        feeds.put_stock(hub, [{"item": "TEA", "warehouse": "Elsewhere", "qty": 7000}], "csv")
        people.add_user(hub, "7", "Nora Fell", "cashier", "4711")
        rights.change(hub, {("cashier", "paid_out"): True}, {"cashier": Decimal(7)}, "1")
        notices.raise_notice(hub, "till:1:clock", "check", "Its clock is off.", subject="T1")
        notices.raise_notice(hub, "till:2:clock", "check", "Not for this one.", subject="T2")
        told = {feed: _all(hub, feed) for feed in ("people", "rights", "items", "prices", "stock", "notices")}
        people.set_active(hub, "7", False)
        notices.settle(hub, "till:1:clock")
        later = {feed: _all(hub, feed, told[feed][1]) for feed in ("people", "notices", "items")}
        assert later["items"][0] == []

    with _opened(tmp_path / "till") as till:
        people.add_user(till, "1", "Own Owner", rules.OWNER, "8246")
        for feed, (rows, cursor) in told.items():
            assert not pages.put(till, "hub", feed, tuple(rows), cursor, (), clock.now()).refused, feed
        assert people.check_pin(till, "7", "4711").name == "Nora Fell"
        assert rights.of(till).allowed("cashier", "paid_out")
        assert rights.of(till).discount_percent_max("cashier") == 7
        assert [n.text for n in notices.open_notices(till)] == ["Its clock is off."]
        assert stock.stock_of(till, ["TEA"], "Elsewhere") == {"TEA": 7000}
        secret, _actor = people.sign_in(till, "7", "4711")

        for feed, (rows, cursor) in later.items():
            pages.put(till, "hub", feed, tuple(rows), cursor, (), clock.now())
        assert people.find_sign_in(till, secret) is None
        with pytest.raises(people.WrongPin):
            people.check_pin(till, "7", "4711")
        assert not notices.open_notices(till)
        assert people.check_pin(till, "1", "8246").active  # whom only this till knows stays
        assert cashiers.names(till, "hub") == set()


def _row(id_: str, act: str, amount: int = 0, held: int = 0, till: str = "T1", basket: str = "") -> dict[str, Any]:
    return {"id": id_, "code": "GV-AAAA", "act": act, "amount": amount, "held": held, "at": "2026-01-01T00:00:00.000Z",
            "expires": "", "till": till, "document": basket or id_, "position": 0}  # fmt: skip


@pytest.mark.both_engines
def test_the_hub_keeps_voucher_rows_by_id_and_in_order(store: Store) -> None:
    """Each once; of two who set the same value aside the second sees the first; what was let go of counts no more."""
    hub_changes.watch(store)
    for row in (
        _row("i1", "issue", 2000),
        _row("i1", "issue", 2000),
        _row("h1", "hold", held=1500, till="T1", basket="b1"),
        _row("h2", "hold", held=1500, till="T2", basket="b2"),
        _row("h1", "hold", held=1500, till="T1", basket="b1"),
    ):
        hub_vouchers.put(store, row)
    assert [row["id"] for row in hub_vouchers.of_code(store, "GV-AAAA")] == ["i1", "h1", "h2"]
    with pytest.raises(Conflict):
        hub_vouchers.put(store, _row("i1", "issue", 2001))
    with pytest.raises(Invalid):
        hub_vouchers.put(store, _row("r1", "redeem", 5))
    hub_vouchers.put(store, _row("h1:released", "release"))
    hub_vouchers.put(store, _row("h3:released", "release"))  # it came before what it ends
    hub_vouchers.put(store, _row("r1", "redeem", -1500))
    assert [row["id"] for row in hub_vouchers.of_code(store, "GV-AAAA")] == ["i1", "h2", "r1"]
    assert vouchers.balance(store, "GV-AAAA").balance == 500
    rows, _cursor = _all(store, "vouchers")
    assert [(row["id"], row["amount"]) for row in rows] == [("i1", 2000), ("r1", -1500)]
