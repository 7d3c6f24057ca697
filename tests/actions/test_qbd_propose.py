"""Items and accounts QuickBooks Desktop lacks: asked for, agreed to by another person, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pos import clock
from pos.actions import inventory_requests, qbd_hand, qbd_propose
from pos.errors import Conflict, Invalid, NotAllowed, NotFound
from pos.store import inventory_places, qbd_queue
from pos.store.db import Store
from tests.books import Time
from tests.desktop_queue import HERE, VERSION, Queue
from tests.stock_people import ANN, BOB, KEY, Person

ACCOUNTS = {"income": "Sales", "cogs": "Cost of Goods Sold", "asset": "Inventory Asset"}


@pytest.fixture
def queue(store: Store) -> Iterator[Queue]:
    time = Time()
    with clock.set_to(time):
        made = Queue(store, time)
        made.furnish("COLA")
        yield made


def test_an_item_is_made_only_when_another_person_agrees_and_once(queue: Queue) -> None:
    store, config = queue.store, queue.store.config
    inventory_places.put_parts(store, "main", [{"item": "COLA", "qb_name": "Drinks:COLA", "cost": "0.40"}], "ann")
    asked = qbd_propose.item(store, config, "main", "COLA", ACCOUNTS | {"price": "1.20"}, ANN)
    assert (asked.kind, asked.state, asked.payload["parent"]) == ("item_add", "pending", "Drinks")
    assert queue.take(queue.session()) is None  # nothing is made before
    with pytest.raises(Conflict, match="asked for already"):
        qbd_propose.item(store, config, "main", "COLA", ACCOUNTS, BOB)
    with pytest.raises(NotAllowed):
        inventory_requests.approve(store, asked.id, ANN, via="api")
    for made in (True, False):
        assert inventory_requests.approve(store, asked.id, BOB, via="api").made is made
    (work,) = qbd_queue.work_of(store, asked.id)
    handed = qbd_hand.take(store, HERE, queue.session(), VERSION, queue.now)
    assert handed is not None and handed.n == work.n
    for part in ("<Name>COLA</Name>", "<FullName>Drinks</FullName>", "<SalesPrice>1.2</SalesPrice>", "Inventory Asset",
                 "<PurchaseCost>0.4</PurchaseCost>"):  # fmt: skip
        assert part in handed.body
    assert "QuantityOnHand" not in handed.body  # stock is moved by adjustments alone


def test_an_account_is_never_guessed(queue: Queue) -> None:
    store, config = queue.store, queue.store.config
    asked = qbd_propose.account(store, config, "main", {"name": "Stock:Shrinkage", "type": "Expense"}, ANN)
    assert asked.payload == {"name": "Shrinkage", "parent": "Stock", "type": "Expense"}
    inventory_requests.approve(store, asked.id, BOB, via="api")
    assert [row.kind for row in qbd_queue.work_of(store, asked.id)] == ["account_add"]
    for values in ({"name": "Waste"}, {"name": "Waste", "type": "expense"}, {"name": "", "type": "Expense"},
                   {"name": "x" * 32, "type": "Expense"}):  # fmt: skip
        with pytest.raises(Invalid):
            qbd_propose.account(store, config, "main", values, ANN)


def test_what_is_refused(queue: Queue) -> None:
    store, config = queue.store, queue.store.config
    with pytest.raises(Invalid, match="IncomeAccount is missing"):
        qbd_propose.item(store, config, "main", "COLA", {}, ANN)
    with pytest.raises(NotFound):
        qbd_propose.item(store, config, "main", "NOTHING", ACCOUNTS, ANN)
    with pytest.raises(NotFound):
        qbd_propose.item(store, config, "elsewhere", "COLA", ACCOUNTS, ANN)
    with pytest.raises(NotAllowed):
        qbd_propose.item(store, config, "main", "COLA", ACCOUNTS, KEY)
    with pytest.raises(NotAllowed):
        qbd_propose.item(store, config, "main", "COLA", ACCOUNTS, Person("cat", "cat", ("stock",)))
    inventory_places.put_parts(store, "main", [{"item": "COLA", "qb_id": "80-1"}], "ann")
    with pytest.raises(Conflict, match="already"):
        qbd_propose.item(store, config, "main", "COLA", ACCOUNTS, ANN)
