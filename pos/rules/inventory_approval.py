"""When a change of stock needs a second person, who that may be, and what a level asked for becomes when it moved.

Quantities are whole thousandths; costs and values exact decimals in major units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

#: Users of the two tokens of the environment. Whoever set one of them set the other: they are one person.
ENV_WRITE, ENV_ADMIN = "env-write", "env-admin"
ENV = frozenset({ENV_WRITE, ENV_ADMIN})

OVER_QUANTITY, OVER_ITEM_DAY, OVER_VALUE = "over_quantity", "over_item_day", "over_value"
SET_MODE, COUNTED, PROPOSAL, LOWER_COST = "set_mode", "count", "proposal", "lower_cost"


class Line(Protocol):
    """One line of what is asked for. qty: thousandths, signed where it is a change. set_to: None = no level is set.
    cost: of one unit, as exact decimal text; "" = as it is known."""

    @property
    def item(self) -> str: ...
    @property
    def qty(self) -> int: ...
    @property
    def set_to(self) -> int | None: ...
    @property
    def cost(self) -> str: ...


class Asked(Protocol):
    """What is asked for, as a whole. kind: as InventoryEvent.kind."""

    @property
    def kind(self) -> str: ...
    @property
    def lines(self) -> Sequence[Line]: ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From these on a second person is needed. quantity: thousandths; 0 = of everything. value: 0 = not by value."""

    quantity: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Needed:
    """codes: why a second person is needed, () = not. uncosted: items whose cost is not known, so that only their
    quantity was looked at."""

    codes: tuple[str, ...]
    uncosted: tuple[str, ...] = ()


def needs_second(
    asked: Asked, moved_today: Mapping[str, int], costs: Mapping[str, Decimal], thresholds: Thresholds
) -> Needed:
    """Whether somebody else must agree, and why.

    moved_today: item -> thousandths that all events of the day moved already, whoever made them. costs: of one unit;
    an item that is missing has none. What was split into lines, or into events of one day, is added up again. A line
    that names a cost counts at the higher of the two; a receipt that lowers the known one would let what follows pass.
    """
    own: dict[str, int] = {}
    dear = dict(costs)
    for line in asked.lines:
        own[line.item] = own.get(line.item, 0) + abs(line.qty)
        if line.cost:
            dear[line.item] = max(Decimal(line.cost), dear.get(line.item, Decimal(0)))
    day = {item: qty + moved_today.get(item, 0) for item, qty in own.items()}
    codes = []
    if any(line.set_to is not None for line in asked.lines) and asked.kind != "count":
        codes.append(SET_MODE)
    if asked.kind == "count":
        codes.append(COUNTED)
    if sum(own.values()) >= thresholds.quantity:
        codes.append(OVER_QUANTITY)
    elif any(qty >= thresholds.quantity for qty in day.values()):
        codes.append(OVER_ITEM_DAY)
    if thresholds.value and _is_worth(own, day, dear, thresholds.value):
        codes.append(OVER_VALUE)
    if thresholds.value and asked.kind == "receipt" and _lowers(asked.lines, costs):
        codes.append(LOWER_COST)
    return Needed(tuple(codes), tuple(sorted(item for item in own if item not in dear)))


def _lowers(lines: Sequence[Line], costs: Mapping[str, Decimal]) -> bool:
    return any(line.cost and Decimal(line.cost) < costs.get(line.item, Decimal(0)) for line in lines)


def _is_worth(own: Mapping[str, int], day: Mapping[str, int], costs: Mapping[str, Decimal], least: Decimal) -> bool:
    """Whether the event, or one of its items in the day, is worth so much at cost."""
    worth = {item: costs[item] * qty / 1000 for item, qty in own.items() if item in costs}
    return sum(worth.values()) >= least or any(costs[item] * day[item] / 1000 >= least for item in worth)


def are_one(asked_by: str, decided_by: str) -> bool:
    """Whether these two are one person, so that one cannot agree to what the other asked for."""
    return asked_by == decided_by or {asked_by, decided_by} <= ENV


def becomes(set_to: int, level_asked: int, level_now: int) -> int:
    """What a place shall hold after a level was asked for while it held `level_asked`: what was found too many or too
    few then is put right, and what was sold or moved since stays sold and moved."""
    return level_now + (set_to - level_asked)
