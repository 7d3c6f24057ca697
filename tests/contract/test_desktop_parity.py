"""Sales on their way to QuickBooks Desktop are no difference of stock, at any step, whatever moves the goods there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import clock
from pos.actions import parity, parity_compare
from pos.rules.parity import DESKTOP
from pos.store import parity as kept
from pos.store import parity_read, qbd_companies
from pos.store.parity_read import Waiting
from tests.actions.test_parity import ANN
from tests.contract import desktop_books
from tests.contract.desktop_desk import Desk, company_file

COLA = ("COLA", "")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desktop_books.shop(tmp_path, company_file()) as shop:
        yield Desk(shop)


def waits(desk: Desk, since: str = "9") -> Waiting:
    """What their lists, read at `since`, do not hold yet."""
    there = qbd_companies.of_company(desk.store, "main")
    where = parity_read.as_one(desk.store, "main")
    moves = parity_compare.moves_of(desk.store, there)
    return parity_read.waiting(desk.store, desk.name, "main", where, since, moves)


@pytest.mark.parametrize("moves", ["adjustments", "documents"])
def test_a_sale_waits_until_its_goods_are_there(desk: Desk, moves: str) -> None:
    desk.on(moves)
    desk.sell("COLA", 3)
    assert waits(desk).qty == {COLA: -3000}
    desk.tomorrow()
    desk.sell("COLA", 2)
    desk.round()
    found = waits(desk)
    assert (found.qty, found.unsettled) == ({COLA: -5000}, set())
    read = clock.stamp(desk.shop.moment)
    desk.session()
    for _ in range(2):  # before and after the till hears what became of it
        assert COLA in waits(desk, read).unsettled, "their lists may be from before it"
        found = waits(desk)
        assert (found.qty, found.unsettled) == ({COLA: -2000}, set())
        desk.round()


def test_their_lists_come_with_a_session_and_then_it_is_compared(desk: Desk) -> None:
    asked = parity.begin(desk.store, "main", DESKTOP, ANN)
    assert (asked.state, parity.advance(desk.store, desk.store.config)) == ("asked", 0)
    desk.shop.moment += dt.timedelta(minutes=15)
    desk.session()
    assert parity.advance(desk.store, desk.store.config) == 1
    done = kept.run(desk.store, asked.n)
    assert done.state == "done" and done.counts["items"] > 0
    names = {row["item"] for row in kept.every(desk.store, kept.Filter("main", DESKTOP, "open", "missing", "item"))}
    assert "COLA" not in names, "what both have is not missing"
