"""A database with something of everything that is known of stock and of QuickBooks Desktop, and what it must still say
wherever it is taken to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pos import clock
from pos.actions import inventory as door
from pos.actions import inventory_counts, inventory_requests, receiving
from pos.rules.inventory import Draft, Line
from pos.store import inventory, inventory_sums, qbd_queue, stock
from pos.store.db import Store
from pos.store.inventory_counts import Tally
from pos.store.purchase_orders import OrderLine
from tests.books import Time
from tests.desktop_queue import HERE, VERSION, Queue, built

#: Tables of stock and of QuickBooks Desktop, by how their names begin.
BEGINNINGS = ("inventory_", "purchase_order", "parity_", "qbd_", "stock", "movement_total", "low_stock")


@dataclass(frozen=True)
class Somebody:
    """One who may do everything with stock."""

    code: str
    name: str = "Somebody"

    @property
    def person(self) -> str:
        return self.code

    def may(self, right: str) -> bool:
        return right.startswith("stock")


ANN, BEN = Somebody("ann"), Somebody("ben")


def furnished(store: Store, time: Time) -> dict[str, str]:
    """Events applied, in doubt, waiting, without a site, voided and countered; a request, two counts, an order half
    received, goods below their point. What a test goes on with, by what it is."""
    with clock.set_to(time):
        queue = Queue(store, time)
        queue.furnish("COLA", "TEA")
        ticket = queue.session()
        queue.post("transfer", Line("COLA", 1000, "SHOP", "BACK"))
        assert queue.book(ticket, queue.taken(ticket).n)
        doubtful = queue.post("adjustment", Line("TEA", -2500, destination="SHOP"), reason="damage")
        queue.taken(ticket)
        waits = queue.post("transfer", Line("COLA", 2000, "BACK", "SHOP"))
        queue.post("transfer", Line("TEA", 1000, "SHOP", "VAN"))
        inventory.void(store, queue.post("transfer", Line("COLA", 5000, "SHOP", "BACK")), by="ann", reason="wrong",
                       now=queue.now)  # fmt: skip
        config = store.config
        asked = door.ask(store, config, _draft(queue, Line("COLA", 60_000, "SHOP", "BACK")), ANN, via="api").approval
        assert asked is not None
        receiving.order(store, config, ANN, "main", "po", "Acme", "SHOP", [OrderLine(0, "TEA", 6000, cost="1.25")])
        receiving.receive(store, config, ANN, "main", "came", [Line("TEA", 2000)], purchase_order="po", via="api")
        inventory_counts.begin(store, config, ANN, "main", "count", "BACK", items=["COLA", "TEA"])
        inventory_counts.take(store, ANN, "count", "s1", 1, [Tally("COLA", 97_000)])
    return {"request": asked.id, "doubtful": doubtful, "waits": waits, "ticket": ticket}


def _draft(queue: Queue, *lines: Line) -> Draft:
    return Draft(clock.uuid7(), "main", "transfer", queue.now.date().isoformat(), lines)


def counted(store: Store, tables: list[str]) -> dict[str, int]:
    """How many rows each of these tables of stock and QuickBooks Desktop has."""
    names = [name for name in tables if name.startswith(BEGINNINGS)]
    return {name: int(store.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}


def levels(store: Store) -> dict[tuple[str, str], int]:
    """Item and place -> on hand."""
    return {
        (item, place): qty
        for place in ("SHOP", "BACK", "VAN")
        for item, qty in stock.stock_of(store, ["COLA", "TEA"], place).items()
    }


def goes_on(store: Store, made: dict[str, str], time: Time) -> None:
    """Everything that was under way is gone on with there, and each sum holds."""
    assert inventory_sums.wrong(store) == []
    before = levels(store)
    with clock.set_to(time):
        config = store.config
        inventory_counts.take(store, BEN, "count", "s2", 1, [Tally("TEA", before["TEA", "BACK"])])
        assert inventory_counts.finish(store, config, BEN, "count", via="api").count.state == "recount"
        receiving.receive(store, config, BEN, "main", "rest", [Line("TEA", 4000)], purchase_order="po", via="api")
        assert inventory_requests.approve(store, made["request"], BEN, via="api").event is not None
    moved: dict[Any, int] = {key: qty - before[key] for key, qty in levels(store).items() if qty != before[key]}
    assert moved == {("COLA", "SHOP"): -60_000, ("COLA", "BACK"): 60_000, ("TEA", "SHOP"): 4000}
    assert inventory_sums.wrong(store) == []


def handed_again(store: Store, ticket: str, time: Time) -> qbd_queue.Handed | None:
    """What a session is handed first."""
    return qbd_queue.take(store, HERE, ticket, VERSION, time.moment, built)
