"""Goods in: what a supplier delivered, against an order or without one, and the orders themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pos import clock
from pos.actions import inventory as door
from pos.actions.inventory import Outcome, Who
from pos.actions.inventory_words import exact, quantity
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.rules.inventory import Draft, Line
from pos.said import psaid, said
from pos.store import inventory, inventory_approvals, inventory_kept, inventory_places, purchase_orders
from pos.store.db import Store
from pos.store.purchase_orders import Order, OrderLine
from pos.store.reach import EVERYWHERE, Reach

STATES = {
    "open": (said("Ordered"), "waiting"),
    "part": (said("Partly here"), "check"),
    "received": (said("All here"), "saved"),
    "closed": (psaid("order", "Closed"), "offline"),
}


def receive(
    store: Store, config: Config, who: Who, company: str, key: str, lines: Sequence[Line], *, location: str = "",
    purchase_order: str = "", reference: str = "", memo: str = "", day: str = "", via: str,
    reach: Reach = EVERYWHERE,
) -> Outcome:  # fmt: skip
    """Take goods in, as one event. Against an order its place and its costs stand in for what a line does not say, and
    no more than was ordered comes in. day: "" = today. Refusals as `inventory.ask`, with the line's field."""
    now, before = clock.now(), _before(store, key)
    if purchase_order:
        order = purchase_orders.order(store, purchase_order, reach)
        location = location or order.location
        lines = [_of_order(order, line, before, at) for at, line in enumerate(lines)]
    lines = [replace(line, destination=location) for line in lines]
    draft = Draft(
        key, company, "receipt", day or day_of(store, company, key, now), tuple(lines), memo=memo.strip(),
        reference=reference.strip(), purchase_order=purchase_order,
    )  # fmt: skip
    if purchase_order and not before:
        with door.refusals(store, who, "receipt", key, via):
            purchase_orders.check(store, draft)
    return door.ask(store, config, draft, who, via=via, reach=reach)


def day_of(store: Store, company: str, key: str, now: datetime) -> str:
    """Today; or the day of the same event, when it was asked for on another one."""
    asked = inventory_approvals.find(store, key)
    if asked is not None:
        return str(asked.payload.get("draft", {}).get("effective_date", ""))
    row = store.execute("SELECT effective_date FROM inventory_event WHERE id = ?", (key,)).fetchone()
    return str(row[0]) if row else inventory.today(store, company, now)


def _before(store: Store, key: str) -> tuple[tuple[str, int, str], ...]:
    """Item, order line and cost of each line of the same receipt, when it was asked for before: the same again is the
    same event, whatever came of the order meanwhile."""
    asked = inventory_approvals.find(store, key)
    if asked is not None:
        return tuple((one["item"], one["order_line"], one["cost"]) for one in asked.payload["draft"]["lines"])
    rows = store.execute("SELECT item, order_line, cost FROM inventory_line WHERE event = ? ORDER BY position", (key,))
    return tuple((item, line, cost) for item, line, cost in rows.fetchall())


def _of_order(order: Order, line: Line, before: Sequence[tuple[str, int, str]], at: int) -> Line:
    """A line with the order's line it belongs to, and its cost: the named one, else the first of the item that still
    has room for it."""
    if at < len(before) and before[at][0] == line.item:
        return replace(line, order_line=line.order_line or before[at][1], cost=line.cost or before[at][2])
    own = [one for one in order.lines if one.item == line.item and line.order_line in (0, one.position)]
    if not own:
        return line
    fits = next((one for one in own if one.left >= line.qty), own[0])
    return replace(line, order_line=fits.position, cost=line.cost or fits.cost)


def order(
    store: Store, config: Config, who: Who, company: str, key: str, supplier: str, location: str,
    lines: Sequence[OrderLine], *, number: str = "", memo: str = "", reach: Reach = EVERYWHERE,
) -> tuple[Order, bool]:  # fmt: skip
    """Keep an order; True when just this was kept before."""
    door.inside(store, company, reach)
    return purchase_orders.make(
        store, key, company, supplier, location, lines, number=number, memo=memo, by=door.by(who), now=clock.now(),
        lines_max=config.inventory.lines_max,
    )  # fmt: skip


def close(store: Store, who: Who, key: str, reach: Reach = EVERYWHERE) -> Order:
    """Nothing more will come of an order."""
    door.inside(store, purchase_orders.order(store, key, reach).company, reach)
    return purchase_orders.close(store, key, door.by(who), clock.now())


def ordered(store: Store, config: Config, order: Order) -> dict[str, Any]:
    """An order as its screen and the API show it."""
    state, tone = STATES[order.state]
    names = inventory_kept.names(store, [line.item for line in order.lines])
    place = inventory_places.location(store, order.location)
    return {
        "id": order.id,
        "number": order.number,
        "supplier": order.supplier,
        "location": order.location,
        "locationName": place.display_name,
        "state": order.state,
        "stateText": state,
        "tone": tone,
        "memo": order.memo,
        "madeBy": order.made_by,
        "madeAt": order.made_at,
        "madeText": moment(store, config, order.made_at),
        "lines": [_line(config, line, names) for line in order.lines],
    }


def _line(config: Config, line: OrderLine, names: dict[str, str]) -> dict[str, Any]:
    return {
        "orderLine": line.position,
        "sku": line.item,
        "name": names.get(line.item, line.item),
        "cost": line.cost,
        **_figure("quantity", line.qty, config),
        **_figure("received", line.received, config),
        **_figure("left", line.left, config),
    }


def _figure(name: str, thousandths: int, config: Config) -> dict[str, str]:
    return {name: exact(thousandths), f"{name}Text": quantity(thousandths, config)}
