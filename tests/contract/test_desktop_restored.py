"""A till that comes back from a copy, and a company file that does: what was posted since is not posted again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from pos.errors import Conflict
from pos.rules.inventory import Line
from pos.store import inventory_places, qbd_queue, qbd_ready, unblock
from tests.contract import desktop_books as books
from tests.contract import desktop_desk
from tests.contract.desktop_desk import Desk
from tests.contract.desktop_judge import Judge, Result

pytestmark = pytest.mark.sqlite  # a copy of a till's file


def copied(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def test_what_was_posted_after_the_copy_was_made_is_found_there(tmp_path: Path) -> None:
    """One event each that then waited to be sent, was on its way, waited for a site and for a person."""
    file = books.company_file()
    with books.shop(tmp_path, file) as shop:
        shop.transfer("COLA")
        connector = shop.connector()
        connector.faults.next("send_lost")
        connector.run()
        shop.transfer("SHOE")
        shop.post("adjustment", *(Line("TEA", 1000, destination="VAN", reason=why) for why in ("damage", "found")))
        shop.transfer("MUG")
        connector.faults.next("bad_reference")
        shop.passes(3600)
        database = Path(shop.store.execute("PRAGMA database_list").fetchall()[0][2])
        copied(database, tmp_path / "copy.sqlite")
        connector.run()
        shop.passes(3600)
        shop.retry()
        van(shop)
        connector.run()
        assert shop.states() == ["applied"] * 4
        later = shop.moment
    assert len(file.txns) == 5
    (tmp_path / "copy.sqlite").replace(database)
    for left in ("-wal", "-shm"):
        database.with_name(database.name + left).unlink(missing_ok=True)
    with books.shop(tmp_path, file, start=later, furnished=True) as shop:
        assert shop.states() == ["in_flight", "pending", "not_ready", "pending"]
        assert unblock.restored(shop.store, shop.moment, 0) == 4
        van(shop)
        connector = shop.connector()
        assert connector.run().outcome == "closed"
        result = Result()
        Judge(shop, result, [connector]).judge()
        assert (result.wrong, result.applied, len(file.txns)) == ([], 4, 5)


def test_what_is_told_anew_after_a_restore_is_asked_for_before_it_is_sent(tmp_path: Path) -> None:
    """A day's sales and its goods, and an event its client sends once more: the copy does not know their messages."""
    file = desktop_desk.company_file()
    with books.shop(tmp_path, file) as shop:
        desk = Desk(shop)
        desk.on("adjustments")
        desk.sell()
        database = Path(shop.store.execute("PRAGMA database_list").fetchall()[0][2])
        copied(database, tmp_path / "copy.sqlite")
        shop.transfer("MUG")
        again, moment = shop.transfer("TEA").id, shop.moment
        desk.session()
        desk.tomorrow()
        desk.round()
        desk.session()
        later = shop.moment
    kinds = [txn.kind for txn in file.txns.values()]
    assert kinds == ["TransferInventory", "TransferInventory", "InventoryAdjustment", "SalesReceipt"]
    (tmp_path / "copy.sqlite").replace(database)
    for left in ("-wal", "-shm"):
        database.with_name(database.name + left).unlink(missing_ok=True)
    with books.shop(tmp_path, file, start=moment, furnished=True) as shop:
        desk = Desk(shop)
        unblock.restored(shop.store, later, 0)
        shop.post("transfer", Line("TEA", 2000, source="SHOP", destination="BACK"), key=again)
        shop.moment = later
        with pytest.raises(Conflict), shop.store.transaction():
            qbd_queue.cancel(shop.store, SimpleNamespace(id=again))
        for _ in range(2):
            desk.round()
            desk.session()
            shop.passes(600)
        desk.round()
        assert (shop.states(), desk.states()) == (["applied"], ["booked"])
        assert [txn.kind for txn in file.txns.values()] == kinds
        shop.passes(3 * 86400)
        desk.sell()  # what is of a later day is sent without a question
        shop.passes(86400)
        desk.round()
        assert [row.probing for row in shop.works() if row.state == "pending"] == [False, False]


def van(shop: books.Shop) -> None:
    """The van gets its site."""
    place = inventory_places.location(shop.store, "VAN")
    given = inventory_places.Location(place.code, "main", "Van", qb_site_name="Van 7")
    inventory_places.put_location(shop.store, given, "admin")
    qbd_ready.mapped(shop.store, "main", shop.moment)


def test_a_company_file_that_forgot_its_answers_is_asked_before_anything_goes_again(tmp_path: Path) -> None:
    """It was moved, or another program cleared what it remembered: the transaction is there, its message set is not."""
    with books.shop(tmp_path) as shop:
        event = shop.transfer()
        connector = shop.connector()
        connector.faults.next("crash_after_run")
        assert connector.run().outcome == "crashed"
        shop.file.stored.clear()
        shop.passes(3600)
        assert connector.run().outcome == "closed"
        assert (shop.states(), len(shop.there(event.id))) == (["applied"], 1)


def test_a_company_file_that_never_got_it_is_sent_the_very_bytes_again(tmp_path: Path) -> None:
    with books.shop(tmp_path) as shop:
        event = shop.transfer()
        connector = shop.connector()
        connector.faults.next("send_lost")
        assert connector.run().outcome == "crashed"
        (kept,) = (row.body for row in shop.works())
        shop.passes(3600)
        assert connector.run().outcome == "closed"
        posted = [body for new, body in shop.file.log if new]
        assert (posted, shop.states(), len(shop.there(event.id))) == ([kept], ["applied"], 1)
