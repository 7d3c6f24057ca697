"""Goods ordered from suppliers: what was ordered, what came, and what the last of it cost.

open ──receipt──▶ part ──receipt──▶ received        open, part ──close──▶ closed
The state follows what was received and nothing else; a receipt taken back takes it back, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pos import clock
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import inventory as rules
from pos.said import said
from pos.store import audit, inventory_places
from pos.store.db import Store
from pos.store.inventory_counts import refuse_uncountable
from pos.store.models import PurchaseOrder, PurchaseOrderLine
from pos.store.reach import EVERYWHERE, Reach

STATES = ("open", "part", "received", "closed")
TEXT_MAX = 140
MEMO_MAX = 1000


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order. qty, received: thousandths. cost: of one unit, exact decimal text, "" = not agreed."""

    position: int
    item: str
    qty: int
    received: int = 0
    cost: str = ""

    @property
    def left(self) -> int:
        """What has still to come."""
        return max(0, self.qty - self.received)


@dataclass(frozen=True, slots=True)
class Order:
    """One purchase order. number: unique in its company."""

    id: str
    company: str
    number: str
    supplier: str
    location: str
    state: str
    memo: str
    made_by: str
    made_at: str
    changed_at: str
    lines: tuple[OrderLine, ...] = ()


def make(
    store: Store, key: str, company: str, supplier: str, location: str, lines: Sequence[OrderLine], *,
    number: str = "", memo: str = "", by: str, now: datetime, lines_max: int = 500,
) -> tuple[Order, bool]:  # fmt: skip
    """Keep an order; True when just this was kept before. number: "" = the next free one. Invalid names the field;
    Conflict for an id or a number that is another order's."""
    supplier, number, memo = supplier.strip(), number.strip(), memo.strip()
    _check(supplier, number, memo, lines, lines_max)
    wanted = tuple(replace(line, position=at, received=0) for at, line in enumerate(lines, start=1))
    with store.transaction():
        before = _find(store, key)
        if before is not None:
            _refuse_other(before, company, supplier, location, wanted, number)
            return before, True
        place = inventory_places.location(store, location)
        if place.company != company:
            raise NotFound(said("There is no place {code}.", code=location[:140]), field="location")
        if not place.active:
            raise Invalid(said("The place {code} is switched off.", code=location), field="location")
        refuse_uncountable(store, [line.item for line in wanted])
        number = number or _next_number(store, company)
        row = PurchaseOrder
        if row.select().where((row.company == company) & (row.number == number)).exists():
            raise Conflict(said("There is an order {number} already.", number=number), field="number", code="taken")
        PurchaseOrder.create(
            id=key, company=company, number=number, supplier=supplier, location=location, memo=memo, made_by=by,
            made_at=clock.stamp(now),
        )  # fmt: skip
        for line in wanted:
            PurchaseOrderLine.create(
                purchase_order=key, position=line.position, item=line.item, qty=line.qty, cost=line.cost
            )
        audit.record(store, by, "inventory.order", key, {"number": number, "supplier": supplier, "lines": len(wanted)})
        return order(store, key), False


def _check(supplier: str, number: str, memo: str, lines: Sequence[OrderLine], lines_max: int) -> None:
    for name, text, longest in (("supplier", supplier, TEXT_MAX), ("number", number, 40), ("memo", memo, MEMO_MAX)):
        if len(text) > longest or not text.replace("\n", " ").isprintable():
            raise Invalid(said("{field} is too long, or holds a control character.", field=name), field=name)
    if not supplier:
        raise Invalid("Say who it is ordered from.", field="supplier")
    if not lines:
        raise Invalid("An order needs at least one line.", field="lines")
    if len(lines) > lines_max:
        raise Invalid(said("At most {n} lines an event; make several.", n=lines_max), field="lines")
    for at, line in enumerate(lines):
        if line.qty <= 0 or line.qty > rules.QTY_MAX:
            raise Invalid("A quantity is above nothing.", field=f"lines[{at}].quantity")
        if line.cost and not rules.is_cost(line.cost):
            raise Invalid(
                said("{value} is no cost; write it like 12.50.", value=line.cost[:20]), field=f"lines[{at}].cost"
            )


def _refuse_other(
    before: Order, company: str, supplier: str, location: str, lines: Sequence[OrderLine], number: str
) -> None:
    same = [(x.item, x.qty, x.cost) for x in before.lines] == [(x.item, x.qty, x.cost) for x in lines]
    facts = (before.company, before.supplier, before.location)
    if not same or facts != (company, supplier, location) or number not in ("", before.number):
        raise Conflict("There is another order of this id already.", code="other_content", field="id")


def _next_number(store: Store, company: str) -> str:
    """The next of PO-000001, PO-000002, …; what people typed in another form does not count."""
    rows = store.execute(
        "SELECT number FROM purchase_order WHERE company = ? AND number LIKE 'PO-%' ORDER BY length(number) DESC,"
        " number DESC LIMIT 50",
        (company,),
    ).fetchall()
    last = max((int(number[3:]) for (number,) in rows if number[3:].isascii() and number[3:].isdigit()), default=0)
    return f"PO-{last + 1:06d}"


# -- read --------------------------------------------------------------------------------------------------------------


def order(store: Store, key: str, reach: Reach = EVERYWHERE) -> Order:
    """One order by its id. NotFound, also for one of a company outside of the reach."""
    found = _find(store, key)
    if found is None or (reach.companies is not None and found.company not in reach.companies):
        raise NotFound(said("There is no order {id}.", id=key[:40]), field="purchaseOrder")
    return found


def listed(store: Store, company: str, *, states: Sequence[str] = (), limit: int = 100) -> list[Order]:
    """A company's orders, newest first, with their lines. states: () = all."""
    row = PurchaseOrder
    asked = row.company == company
    if states:
        asked &= row.state.in_(list(states))
    with store.reading():
        return [_read(one) for one in row.select().where(asked).order_by(row.n.desc()).limit(limit)]


def _find(store: Store, key: str) -> Order | None:
    with store.reading():
        row = PurchaseOrder.get_or_none(PurchaseOrder.id == key)
        return None if row is None else _read(row)


def _read(row: Any) -> Order:
    line = PurchaseOrderLine
    rows = line.select().where(line.purchase_order == row.id).order_by(line.position)
    found = tuple(OrderLine(one.position, one.item, one.qty, one.received, one.cost) for one in rows)
    return Order(
        row.id, row.company, row.number, row.supplier, row.location, row.state, row.memo, row.made_by, row.made_at,
        row.changed_at, found,
    )  # fmt: skip


# -- received ----------------------------------------------------------------------------------------------------------


def close(store: Store, key: str, by: str, now: datetime) -> Order:
    """Nothing more will come of an order. A second time changes nothing; Conflict once all of it came."""
    with store.transaction():
        found = order(store, key)
        if found.state == "closed":
            return found
        if found.state == "received":
            raise Conflict("All of this order has come.", code="received")
        PurchaseOrder.update(state="closed", changed_at=clock.stamp(now)).where(PurchaseOrder.id == key).execute()
        left = {str(line.position): rules.text_of(line.left) for line in found.lines if line.left}
        audit.record(store, by, "inventory.order.close", key, {"number": found.number, "left": left})
        return order(store, key)


def check(store: Store, draft: rules.Draft) -> None:
    """Refuse what `book` would refuse, without doing it: for a receipt that waits for a second person."""
    _came(order(store, draft.purchase_order), draft)


def book(tx: Store, draft: rules.Draft, now: datetime) -> None:
    """Goods of a receipt came: no more of any line than was ordered. Inside the transaction that posts it. Invalid
    names the line; Conflict for an order that is closed; NotFound for another company's."""
    found = order(tx, draft.purchase_order)
    _keep(found, _came(found, draft), now)


def _came(found: Order, draft: rules.Draft) -> list[OrderLine]:
    """The lines of the order with what came added to them."""
    if found.company != draft.company:
        raise NotFound(said("There is no order {id}.", id=found.id[:40]), field="purchaseOrder")
    if found.state == "closed":
        raise Conflict(said("The order {number} is closed.", number=found.number), code="closed", field="purchaseOrder")
    lines = {line.position: line for line in found.lines}
    for at, line in enumerate(draft.lines):
        ordered = lines.get(line.order_line)
        if ordered is None or ordered.item != line.item:
            raise Invalid(
                said("{code} is not on the order {number}; receive it without the order.", code=line.item,
                     number=found.number), field=f"lines[{at}].sku", code="not_ordered",
            )  # fmt: skip
        if line.qty > ordered.left:
            raise Invalid(
                said("Of {code} {qty} are ordered and {received} came; at most {left} more can come.", code=line.item,
                     qty=rules.text_of(ordered.qty), received=rules.text_of(ordered.received),
                     left=rules.text_of(ordered.left)), field=f"lines[{at}].quantity", code="above_ordered",
            )  # fmt: skip
        lines[ordered.position] = replace(ordered, received=ordered.received + line.qty)
    return list(lines.values())


def unbook(tx: Store, key: str, lines: Sequence[rules.Line], now: datetime) -> None:
    """A receipt was taken back: what came of the order is less again. Inside the same transaction."""
    found = order(tx, key)
    left = {line.position: line for line in found.lines}
    for line in lines:
        if line.order_line in left:
            ordered = left[line.order_line]
            left[line.order_line] = replace(ordered, received=max(0, ordered.received - abs(line.qty)))
    _keep(found, list(left.values()), now)


def _keep(found: Order, lines: Sequence[OrderLine], now: datetime) -> None:
    after = sorted(lines, key=lambda one: one.position)
    row = PurchaseOrderLine
    for line in after:
        row.update(received=line.received).where(
            (row.purchase_order == found.id) & (row.position == line.position)
        ).execute()
    state = "received" if not any(line.left for line in after) else "part" if any(x.received for x in after) else "open"
    if found.state == "closed" and state != "received":
        state = "closed"  # taking a receipt back does not order anything again
    PurchaseOrder.update(state=state, changed_at=clock.stamp(now)).where(PurchaseOrder.id == found.id).execute()


def keep_last_costs(tx: Store, draft: rules.Draft, by: str) -> None:
    """What goods cost that came goes to what the books know of them. Inside the transaction that posts them."""
    costs = {line.item: line.cost for line in draft.lines if line.cost}
    inventory_places.put_parts(tx, draft.company, [{"item": item, "cost": cost} for item, cost in costs.items()], by)


_COST_BEFORE = (
    "SELECT l.cost FROM inventory_line l JOIN inventory_event e ON e.id = l.event WHERE l.item = ? AND l.cost <> ''"
    " AND e.company = ? AND e.kind = 'receipt' AND e.status = 'committed' AND e.id <> ? AND NOT EXISTS"
    " (SELECT 1 FROM inventory_event c WHERE c.counters = e.id AND c.status = 'committed') ORDER BY e.n DESC LIMIT 1"
)


def keep_costs_before(tx: Store, receipt: str, company: str, lines: Sequence[rules.Line], by: str) -> None:
    """A receipt was taken back: where its cost still stands, that of the receipt before it stands again. Inside the
    same transaction. What no receipt said before (a list, a person) is not known any more, and nothing changes."""
    costs = {line.item: line.cost for line in lines if line.cost}
    now, back = inventory_places.parts(tx, company, costs), list[dict[str, str]]()
    for item, cost in costs.items():
        row = tx.execute(_COST_BEFORE, (item, company, receipt)).fetchone()
        if row is not None and item in now and now[item].cost == cost:
            back.append({"item": item, "cost": row[0]})
    inventory_places.put_parts(tx, company, back, by)
