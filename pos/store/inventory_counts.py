"""Counting the goods of one place: what is to be counted, what was found, and what was on hand at that very moment.

open ──finish──▶ recount ──finish──▶ waiting ──▶ done        open, recount, waiting (refused) ──▶ given_up
Whoever counts is never told what should be there: nothing here that a count shows while it goes on holds a level.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import inventory as rules
from pos.said import said
from pos.store import audit
from pos.store.db import Store
from pos.store.models import InventoryCount, InventoryCounted, InventoryTally
from pos.store.reach import EVERYWHERE, Reach

_LISTED = "(SELECT value FROM json_each(?))"
#: A count whose change of stock waits for somebody, or is just being asked for.
_WAITS = (
    "(c.state = 'waiting' AND (c.approval = '' OR EXISTS"
    " (SELECT 1 FROM inventory_approval a WHERE a.id = c.approval AND a.state = 'pending')))"
)
_GOES_ON = f"(c.state IN ('open', 'recount') OR {_WAITS})"
_TAKEN = "SELECT 1 FROM inventory_event WHERE id = ? UNION ALL SELECT 1 FROM inventory_approval WHERE id = ?"
TITLE_MAX = 140
#: How an item that was counted already is counted besides: more of it was found, or it is counted anew.
MODES = ("new", "more", "instead")


@dataclass(frozen=True, slots=True)
class Count:
    """One count. state: open | recount | waiting | refused | done | given_up. event: what came of it."""

    id: str
    company: str
    location: str
    title: str
    state: str
    made_by: str
    made_at: str
    ended_at: str
    approval: str
    event: str
    items: int = 0
    counted: int = 0  # items of which everything that is asked for now was counted
    touched_at: str = ""  # when something was counted last


@dataclass(frozen=True, slots=True)
class Counted:
    """One item of a count; figures in thousandths, None = not counted, or not compared yet."""

    item: str
    first: int | None
    first_level: int | None
    first_by: str
    first_at: str
    second: int | None
    second_level: int | None
    second_by: str
    second_at: str

    @property
    def differs_first(self) -> bool:
        """Whether the first round was compared and another figure was on hand."""
        return self.first is not None and self.first_level is not None and self.first != self.first_level

    @property
    def difference(self) -> int:
        """What was found too many or too few in the end; 0 for what was left out."""
        if self.second is not None and self.second_level is not None:
            return self.second - self.second_level
        return 0


@dataclass(frozen=True, slots=True)
class Tally:
    """One line of what somebody sends in. seconds: how long ago it was counted. mode: of MODES."""

    item: str
    qty: int
    mode: str = "new"
    seconds: int = 0


# -- counts ------------------------------------------------------------------------------------------------------------


def begin(
    store: Store, key: str, company: str, location: str, title: str, items: Sequence[str], *, by: str, now: datetime
) -> tuple[Count, bool]:
    """Begin to count these items of a place, [] = whatever is scanned; True when just this count was begun before.
    Conflict for an item that is being counted there already: `counting`, with the count's id."""
    listed = sorted(set(items))
    with store.transaction():
        before = InventoryCount.get_or_none(InventoryCount.id == key)
        if before is not None:
            if (before.company, before.location, before.title) != (company, location, title):
                raise Conflict("This count was begun already, for another place.", code="other_content", field="id")
            return count(store, key), True
        if store.execute(_TAKEN, (key, key)).fetchone() is not None:  # what it asks for in the end has its id
            raise Conflict("There is something of this id already. Begin anew.", code="other_content", field="id")
        _refuse_twice(store, location, listed, "items")
        InventoryCount.create(
            id=key, company=company, location=location, title=title, made_by=by, made_at=clock.stamp(now)
        )
        for item in listed:
            InventoryCounted.create(count=key, item=item)
        audit.record(store, by, "inventory.count.begin", key, {"location": location, "items": len(listed)})
        return count(store, key), False


def _refuse_twice(store: Store, location: str, items: Sequence[str], field: str, but: str = "") -> None:
    """Conflict when one of these items is part of another count of the place that goes on: both would put the same
    difference right."""
    row = store.execute(
        "SELECT x.item, c.id, c.title, c.made_by FROM inventory_count c JOIN inventory_counted x ON x.count = c.id"
        f" WHERE c.location = ? AND c.id <> ? AND {_GOES_ON} AND x.item IN {_LISTED} ORDER BY c.n, x.item LIMIT 1",
        (location, but, json.dumps(list(items))),
    ).fetchone()
    if row is not None:
        item, other, title, by = row
        raise Conflict(
            said("{code} is part of the count {title} of {name}, which is not over. Go on with that one.",
                 code=item, title=title or other[-6:], name=_name(store, by)),
            code="counting", field=field, facts={"count": other, "sku": item},
        )  # fmt: skip


def count(store: Store, key: str, reach: Reach = EVERYWHERE) -> Count:
    """One count. NotFound, also for one of a company outside of the reach."""
    found = _many(store, "c.id = ?", (key,), reach, 1)
    if not found:
        raise NotFound(said("There is no count {id}.", id=key[:40]), field="id")
    return found[0]


def listed(store: Store, company: str, reach: Reach = EVERYWHERE, *, going_on: bool, limit: int = 50) -> list[Count]:
    """A company's counts, newest first: those that go on or were refused, or those that are over."""
    approved = (
        "(c.state = 'waiting' AND EXISTS"
        " (SELECT 1 FROM inventory_approval a WHERE a.id = c.approval AND a.state = 'approved'))"
    )
    where = f"c.state IN ('open', 'recount', 'waiting') AND NOT {approved}"
    if not going_on:
        where = f"(c.state IN ('done', 'given_up') OR {approved})"
    return _many(store, f"c.company = ? AND {where}", (company,), reach, limit)


def _many(store: Store, where: str, facts: Sequence[Any], reach: Reach, limit: int) -> list[Count]:
    asked = (
        "SELECT c.id, c.company, c.location, c.title, c.state, c.made_by, c.made_at, c.ended_at, c.approval, c.event,"
        " coalesce((SELECT a.state FROM inventory_approval a WHERE a.id = c.approval), ''),"
        " coalesce((SELECT a.event FROM inventory_approval a WHERE a.id = c.approval), ''),"
        " coalesce((SELECT a.decided_at FROM inventory_approval a WHERE a.id = c.approval), ''),"
        " (SELECT count(*) FROM inventory_counted x WHERE x.count = c.id),"
        " (SELECT count(*) FROM inventory_counted x WHERE x.count = c.id AND x.first IS NOT NULL),"
        " (SELECT count(*) FROM inventory_counted x WHERE x.count = c.id AND x.first <> x.first_level),"
        " (SELECT count(*) FROM inventory_counted x WHERE x.count = c.id AND x.first <> x.first_level"
        " AND x.second IS NOT NULL),"
        " coalesce((SELECT max(t.at) FROM inventory_tally t WHERE t.count = c.id), '')"
        f" FROM inventory_count c WHERE {where} ORDER BY c.n DESC LIMIT ?"
    )
    found = []
    for row in store.execute(asked, (*facts, limit)).fetchall():
        key, company, location, title, state, by, at, ended, approval, event = row[:10]
        decided, made, decided_at, items, first, differing, second, touched = row[10:]
        if state == "waiting" and decided == "approved":
            state, event, ended = "done", made, decided_at
        elif state == "waiting" and decided not in ("", "pending"):
            state = "refused"
        if state == "recount":
            items, first = differing, second
        if reach.companies is None or company in reach.companies:
            found.append(
                Count(key, company, location, title, state, by, at, ended, approval, event, items, first, touched)
            )
    return found


def lines(store: Store, key: str) -> list[Counted]:
    """The items of a count, by code."""
    with store.reading():
        rows = list(InventoryCounted.select().where(InventoryCounted.count == key).order_by(InventoryCounted.item))
    names = Counted.__dataclass_fields__
    return [Counted(**{name: getattr(row, name) for name in names}) for row in rows]


def asked_for(state: str, found: Iterable[Counted]) -> list[Counted]:
    """What is to be counted now: everything in the first round, what differed in the second."""
    return [one for one in found if state == "open" or one.differs_first]


def longest_ago(store: Store, location: str, group: str, limit: int, *, low: bool = False) -> tuple[list[str], int]:
    """Items kept at a place, those first that were counted there longest ago or never; and how many there are in all.
    group: "" = of any. low: only at or below their reorder point. What another count holds just now is left out."""
    rows = store.execute(
        "SELECT s.item, i.reorder, s.qty - s.own_at_set + coalesce(t.qty, 0) FROM stock s"
        " JOIN item i ON i.code = s.item LEFT JOIN movement_total t ON t.item = s.item AND t.warehouse = s.warehouse"
        " WHERE s.warehouse = ? AND s.own_at_set IS NOT NULL AND i.stocked = 1 AND i.has_variants = 0"
        " AND (? = '' OR i.item_group = ?)",
        (location, group, group),
    ).fetchall()
    counted = "FROM inventory_count c JOIN inventory_counted x ON x.count = c.id WHERE c.location = ?"
    last = dict(
        store.execute(
            f"SELECT x.item, max(x.first_at) {counted} AND c.state IN ('done', 'waiting') GROUP BY x.item", (location,)
        ).fetchall()
    )
    held = {item for (item,) in store.execute(f"SELECT x.item {counted} AND {_GOES_ON}", (location,)).fetchall()}
    wanted = [
        (last.get(item, ""), item)
        for item, reorder, level in rows
        if item not in held and (not low or level <= (reorder or 0))
    ]
    return [item for _, item in sorted(wanted)[:limit]], len(wanted)


def groups(store: Store, location: str) -> list[tuple[str, int]]:
    """Groups of the items kept at a place, and how many items of each."""
    return [
        (name, n)
        for name, n in store.execute(
            "SELECT i.item_group, count(*) FROM stock s JOIN item i ON i.code = s.item WHERE s.warehouse = ?"
            " AND s.own_at_set IS NOT NULL AND i.stocked = 1 AND i.has_variants = 0 GROUP BY i.item_group"
            " ORDER BY i.item_group",
            (location,),
        ).fetchall()
    ]


# -- counting ----------------------------------------------------------------------------------------------------------


def take(
    store: Store, key: str, sending: str, round_: int, tallies: Sequence[Tally], *, by: str, now: datetime
) -> bool:
    """Take in what somebody counted, each item once, all of it or nothing; True when just this was taken in before.

    Conflict: `round` when the count is at another round or over, `counted_already` with the line's field where the
    item has a figure and the line does not say how it goes with that, `other_content` for a sending that was another.
    """
    with store.transaction():
        if _is_sent(key, sending, round_, tallies, by):
            return True
        here = count(store, key)
        _refuse_round(here, round_)
        have = {one.item: one for one in lines(store, key)}
        refuse_uncountable(store, [one.item for one in tallies])
        _refuse_twice(store, here.location, [one.item for one in tallies], "lines", but=key)
        for at, tally in enumerate(tallies):
            moment = _moment(here, tally, now)
            _put(store, here, have.get(tally.item), tally, round_, f"lines[{at}]", moment, by)
            InventoryTally.create(
                count=key, id=sending, position=at + 1, item=tally.item, round=round_, qty=tally.qty,
                more=tally.mode == "more", at=moment, by=by,
            )  # fmt: skip
        audit.record(
            store, by, "inventory.count.counted", key,
            {"round": round_, "lines": [[one.item, one.qty, one.mode] for one in tallies]},
        )  # fmt: skip
    return False


def _is_sent(key: str, sending: str, round_: int, tallies: Sequence[Tally], by: str) -> bool:
    row = InventoryTally
    sent = list(row.select().where((row.count == key) & (row.id == sending)).order_by(row.position))
    if not sent:
        return False
    before = [(one.item, one.qty, one.round, one.more, one.by) for one in sent]
    if before != [(one.item, one.qty, round_, one.mode == "more", by) for one in tallies]:
        raise Conflict("Other figures were sent under this id before.", code="other_content", field="id")
    return True


def _refuse_round(here: Count, round_: int) -> None:
    wanted = {"open": 1, "recount": 2}.get(here.state)
    if wanted is None:
        raise Conflict("This count is over; nothing more can be counted into it.", code="over")
    if wanted != round_:
        raise Conflict("This count is at another round now. Load it again; your figures are kept.", code="round")


def _moment(here: Count, tally: Tally, now: datetime) -> str:
    """When it was counted; never before the count began, whatever a browser says."""
    return max(clock.stamp(now - timedelta(seconds=max(0, tally.seconds))), here.made_at)


def _put(
    store: Store, here: Count, have: Counted | None, tally: Tally, round_: int, where: str, moment: str, by: str
) -> None:
    """One item's figure, as the mode says it goes with the one it has."""
    key, row = here.id, InventoryCounted
    if tally.qty < 0:
        raise Invalid("There is never less than nothing at a place.", field=f"{where}.quantity")
    if round_ == 2 and (have is None or not have.differs_first):
        raise Invalid(said("{code} need not be counted again.", code=tally.item), field=f"{where}.sku")
    if have is None:
        row.create(count=key, item=tally.item)
    name = "first" if round_ == 1 else "second"
    figure = getattr(have, name) if have else None
    if figure is not None and tally.mode == "new":
        raise Conflict(
            said("{code} was counted already, by {name}. Say whether this is more of it, or counts instead.",
                 code=tally.item, name=_name(store, getattr(have, f"{name}_by"))),
            code="counted_already", field=f"{where}.sku",
        )  # fmt: skip
    qty = tally.qty + (figure or 0) if tally.mode == "more" else tally.qty
    if qty > rules.QTY_MAX:
        raise Invalid(said("{value} is too much.", value=rules.text_of(qty)), field=f"{where}.quantity")
    values = {name: qty, f"{name}_level": None, f"{name}_by": by, f"{name}_at": moment}
    row.update(**values).where((row.count == key) & (row.item == tally.item)).execute()


# -- how it ends -------------------------------------------------------------------------------------------------------


def settled(store: Store, key: str, *, approval: str = "", event: str = "", now: datetime) -> None:
    """What came of asking for the change: it waits for somebody (approval), or it happened (event). Neither: it could
    not be asked for, and the second round is open again."""
    row = InventoryCount
    values = {"state": "waiting", "approval": approval} if approval else {"state": "recount"}
    if event:
        values = {"state": "done", "event": event, "ended_at": clock.stamp(now)}
    with store.transaction():
        row.update(**values).where((row.id == key) & (row.state == "waiting")).execute()


def again(store: Store, key: str, by: str) -> None:
    """Count what differed once more, after somebody refused the change. Conflict when nobody did."""
    with store.transaction():
        here = count(store, key)
        if here.state != "refused":
            raise Conflict("Nobody refused what this count found.", code="state")
        forget(key, [one.item for one in asked_for("recount", lines(store, key))], "second")
        InventoryCount.update(state="recount").where(InventoryCount.id == key).execute()
        audit.record(store, by, "inventory.count.again", key, {"refused": here.approval})


def give_up(store: Store, key: str, by: str, now: datetime) -> Count:
    """End a count of which nothing shall come. A second time changes nothing; Conflict when something came of it, or
    its change waits for somebody."""
    with store.transaction():
        here = count(store, key)
        if here.state == "given_up":
            return here
        if here.state not in ("open", "recount", "refused"):
            raise Conflict("This count is over; nothing more can be counted into it.", code="over")
        InventoryCount.update(state="given_up", ended_at=clock.stamp(now)).where(InventoryCount.id == key).execute()
        audit.record(store, by, "inventory.count.given_up", key, {"counted": here.counted})
        return count(store, key)


def forget(key: str, items: Iterable[str], name: str) -> None:
    """Items are as if they had not been counted in a round ("first" or "second"). Inside the caller's transaction."""
    row = InventoryCounted
    values = {name: None, f"{name}_level": None, f"{name}_by": "", f"{name}_at": ""}
    for item in items:
        row.update(**values).where((row.count == key) & (row.item == item)).execute()


def refuse_uncountable(store: Store, items: Sequence[str]) -> None:
    """Invalid, with the field of the line, for an item nobody knows or of which no stock is kept."""
    why = uncountable(store, items)
    for at, item in enumerate(items):
        if item in why:
            why[item].field = f"lines[{at}].sku"
            raise why[item]


def uncountable(store: Store, items: Sequence[str]) -> dict[str, Invalid]:
    """Which of these items nobody knows, or of which no stock is kept, and why."""
    asked = f"SELECT code, stocked, has_variants FROM item WHERE code IN {_LISTED}"
    known = {code: rest for code, *rest in store.execute(asked, (json.dumps(list(items)),)).fetchall()}
    found = dict[str, Invalid]()
    for item in items:
        stocked, template = known.get(item, (0, 0))
        if item not in known:
            found[item] = Invalid(said("There is no item {code}.", code=item[:140]), code="unknown_item")
        elif template:
            found[item] = Invalid(said("{code} is a template; name one of its variants.", code=item))
        elif not stocked:
            found[item] = Invalid(said("No stock is kept of {code}.", code=item))
    return found


def _name(store: Store, code: str) -> str:
    row = store.execute("SELECT name FROM user WHERE code = ?", (code,)).fetchone()
    return row[0] if row else code
