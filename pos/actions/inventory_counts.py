"""Counting the goods of a place: begun, counted by as many people as there are, compared, and put right by a change of
stock that a second person agrees to.

What is shown of a count that goes on says who counted what and when, and no figure: neither what should be there nor
what somebody else found.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pos import clock
from pos.actions import inventory as door
from pos.actions.inventory import Outcome, Who
from pos.actions.inventory_words import exact, quantity
from pos.actions.outbox_views import moment
from pos.actions.receiving import day_of
from pos.config import Config
from pos.errors import Conflict, Invalid, PosError
from pos.rules.inventory import Draft, Line
from pos.said import said
from pos.store import inventory_compared, inventory_counts, inventory_kept, inventory_places
from pos.store.db import Store
from pos.store.inventory_counts import Count, Counted, Tally
from pos.store.reach import EVERYWHERE, Reach

STATES = {
    "open": (said("Counting"), "waiting"),
    "recount": (said("Counting again"), "check"),
    "waiting": (said("Waits for a second person"), "waiting"),
    "refused": (said("Refused"), "needs"),
    "done": (said("Done"), "saved"),
    "given_up": (said("Given up"), "offline"),
}
#: What is to be counted: all there is at a place, what runs low, a group, or whatever is scanned.
SCOPES = ("all", "low", "group", "scan")
#: What becomes of items nobody counted.
UNCOUNTED = ("", "leave", "zero")


@dataclass(frozen=True, slots=True)
class Begun:
    """A count that was begun. of: how many items there would be, where more than fit into one count."""

    count: Count
    existed: bool
    of: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of comparing. again: items to count anew, since their stock was put right by hand meanwhile."""

    count: Count
    again: tuple[str, ...] = ()
    outcome: Outcome | None = None


def begin(
    store: Store, config: Config, who: Who, company: str, key: str, location: str, *, scope: str = "scan",
    group: str = "", items: Sequence[str] = (), title: str = "", reach: Reach = EVERYWHERE,
) -> Begun:  # fmt: skip
    """Begin a count. Of more items than one event takes those are counted that were counted longest ago. Invalid where
    there is nothing to count, or a connection keeps the stock of the place; Conflict `counting`, see the store."""
    door.inside(store, company, reach)
    place = inventory_places.location(store, location, reach)
    if place.company != company or not place.active:
        raise Invalid(said("The place {code} is switched off.", code=location[:140]), field="location")
    if inventory_kept.is_owned(store, location):
        raise Invalid(
            said("The stock of {place} is kept by {owner}; count it there.", place=place.display_name,
                 owner=inventory_kept.owner(store)), field="location", code="kept_elsewhere",
        )  # fmt: skip
    title = " ".join(title.split())
    if len(title) > inventory_counts.TITLE_MAX or not title.isprintable():
        raise Invalid("The name is too long, or holds a control character.", field="title")
    if scope not in SCOPES:
        raise Invalid(said("{field} is one of: {list}.", field="scope", list=", ".join(SCOPES)), field="scope")
    listed, of = list(items), 0
    inventory_counts.refuse_uncountable(store, listed)
    if scope != "scan" and not _exists(store, key):
        listed, of = inventory_counts.longest_ago(
            store, location, group if scope == "group" else "", config.inventory.lines_max, low=scope == "low"
        )
        if not listed:
            raise Invalid("There is nothing to count here; choose something else, or scan.", field="scope")
    made, existed = inventory_counts.begin(
        store, key, company, location, title, listed, by=door.by(who), now=clock.now()
    )
    return Begun(made, existed, 0 if existed else of)


def _seen(store: Store, key: str, reach: Reach) -> Count:
    """A count within reach. NotFound."""
    found = inventory_counts.count(store, key, reach)
    door.inside(store, found.company, reach)
    return found


def _exists(store: Store, key: str) -> bool:
    return store.execute("SELECT 1 FROM inventory_count WHERE id = ?", (key,)).fetchone() is not None


def take(
    store: Store, who: Who, key: str, sending: str, round_: int, tallies: Sequence[Tally], reach: Reach = EVERYWHERE
) -> tuple[Count, bool]:
    """Take in what somebody counted; True when it was taken in before. Refusals as the store's."""
    _seen(store, key, reach)
    if not tallies:
        raise Invalid("Count something first.", field="lines")
    if len({one.item for one in tallies}) < len(tallies):
        raise Invalid("An item stands twice; add its figures up.", field="lines")
    repeated = inventory_counts.take(store, key, sending, round_, tallies, by=door.by(who), now=clock.now())
    return inventory_counts.count(store, key, reach), repeated


def finish(
    store: Store, config: Config, who: Who, key: str, *, round_: int = 0, uncounted: str = "", via: str,
    reach: Reach = EVERYWHERE,
) -> Ended:  # fmt: skip
    """End the round: what differs is counted once more, and what differs then is asked for as a change of stock.
    round_: the one that is meant, 0 = whichever it is at; one that was ended already stays as it ended, so that a
    second click, or an answer that was lost, ends no second round of which nothing was counted.

    Conflict `uncounted`, with the items, while something was not counted and nobody said what becomes of it."""
    here = _seen(store, key, reach)
    if uncounted not in UNCOUNTED:
        raise Invalid(said("{field} is one of: {list}.", field="uncounted", list="leave, zero"), field="uncounted")
    now = clock.now()
    if here.state == "recount" and round_ == 1:
        return Ended(here)
    if here.state in ("open", "recount"):
        left = _uncounted(here, inventory_counts.lines(store, key))
        if left and not uncounted:
            raise Conflict(
                "Some items were not counted. Say whether there are none of them, or leave them out.",
                code="uncounted", facts={"items": left},
            )  # fmt: skip
        judged = inventory_compared.judge(store, key, here.state, zero=uncounted == "zero", by=door.by(who), now=now)
        if judged.again:
            return Ended(inventory_counts.count(store, key), again=judged.again)
        here = inventory_counts.count(store, key)
    if here.state != "waiting" or here.approval:
        return Ended(here)
    return _ask(store, config, who, here, via, reach)


def _uncounted(here: Count, found: Sequence[Counted]) -> list[str]:
    asked = inventory_counts.asked_for(here.state, found)
    return [one.item for one in asked if (one.first if here.state == "open" else one.second) is None]


def _ask(store: Store, config: Config, who: Who, here: Count, via: str, reach: Reach) -> Ended:
    """Ask for the change that puts the differences right. When that is refused the second round is open again."""
    now = clock.now()
    lines = tuple(
        Line(one.item, destination=here.location, set_to=one.second, level=one.second_level)
        for one in inventory_counts.lines(store, here.id)
        if one.difference
    )
    key = _event_id(store, here.id)
    day = day_of(store, here.company, key, now)
    draft = Draft(key, here.company, "count", day, lines, memo=here.title, count=here.id)
    try:
        outcome = door.ask(store, config, draft, who, via=via, reach=reach)
    except PosError:
        inventory_counts.settled(store, here.id, now=now)
        raise
    if outcome.event is not None:
        inventory_counts.settled(store, here.id, event=outcome.event.id, now=now)
    elif outcome.approval is not None:
        inventory_counts.settled(store, here.id, approval=outcome.approval.id, now=now)
    return Ended(inventory_counts.count(store, here.id), outcome=outcome)


def _event_id(store: Store, count: str) -> str:
    """The id of the change a count asks for: the count's own, and another one after each time it was refused."""
    row = store.execute(
        "SELECT count(*) FROM inventory_approval WHERE (id = ? OR substr(id, 1, ?) = ?)"
        " AND state NOT IN ('pending', 'approved')",
        (count, len(count) + 1, f"{count}."),
    ).fetchone()
    return f"{count}.{row[0]}" if row[0] else count


def again(store: Store, who: Who, key: str, reach: Reach = EVERYWHERE) -> Count:
    """Count what differed once more, after somebody refused the change."""
    _seen(store, key, reach)
    inventory_counts.again(store, key, door.by(who))
    return inventory_counts.count(store, key)


def give_up(store: Store, who: Who, key: str, reach: Reach = EVERYWHERE) -> Count:
    """End a count of which nothing shall come."""
    _seen(store, key, reach)
    return inventory_counts.give_up(store, key, door.by(who), clock.now())


# -- shown -------------------------------------------------------------------------------------------------------------


def shown(store: Store, config: Config, here: Count) -> dict[str, Any]:
    """A count as its screen and the API show it; nothing of it says what should be there."""
    state, tone = STATES[here.state]
    place = inventory_places.location(store, here.location)
    return {
        "id": here.id,
        "location": here.location,
        "locationName": place.display_name,
        "title": here.title,
        "state": here.state,
        "stateText": state,
        "tone": tone,
        "round": {"open": 1, "recount": 2}.get(here.state, 0),
        "unfinished": here.state == "waiting" and not here.approval,
        "items": here.items,
        "counted": here.counted,
        "madeBy": _name(store, here.made_by),
        "madeText": moment(store, config, here.made_at),
        "touchedText": moment(store, config, here.touched_at),
        "endedText": moment(store, config, here.ended_at),
        "approval": here.approval,
        "event": here.event,
    }


def items(store: Store, config: Config, here: Count) -> list[dict[str, Any]]:
    """The items that are to be counted now, and who has counted which; once it is over, what was found."""
    found = inventory_counts.lines(store, here.id)
    names = _goods(store, [one.item for one in found])
    if here.state in ("open", "recount"):
        return [_to_count(store, config, here, one, names) for one in inventory_counts.asked_for(here.state, found)]
    found.sort(key=lambda one: (one.first is None, not one.differs_first, one.item))  # what differed comes first
    return [_counted(config, one, names) for one in found]


def _to_count(
    store: Store, config: Config, here: Count, one: Counted, names: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    is_first = here.state == "open"
    is_counted = (one.first if is_first else one.second) is not None
    name, group = names.get(one.item, (one.item, ""))
    return {
        "sku": one.item,
        "name": name,
        "group": group,
        "counted": is_counted,
        "by": _name(store, one.first_by if is_first else one.second_by) if is_counted else "",
        "atText": moment(store, config, one.first_at if is_first else one.second_at) if is_counted else "",
    }


def _counted(config: Config, one: Counted, names: dict[str, tuple[str, str]]) -> dict[str, Any]:
    name, group = names.get(one.item, (one.item, ""))
    second = one.second is not None
    level = one.second_level if second else one.first_level
    final = one.second if second else one.first
    difference = None if final is None or level is None else final - level
    return {
        "sku": one.item,
        "name": name,
        "group": group,
        "counted": one.first is not None,
        "first": exact(one.first),
        "firstText": quantity(one.first, config),
        "second": exact(one.second),
        "secondText": quantity(one.second, config),
        "level": exact(level),
        "levelText": quantity(level, config),
        "difference": exact(difference),
        "differenceText": quantity(difference, config, signed=True),
    }


def _goods(store: Store, codes: Sequence[str]) -> dict[str, tuple[str, str]]:
    asked = "SELECT code, name, item_group FROM item WHERE code IN (SELECT value FROM json_each(?))"
    rows = store.execute(asked, (json.dumps(list(codes)),)).fetchall()
    return {code: (name, group) for code, name, group in rows}


def _name(store: Store, code: str) -> str:
    row = store.execute("SELECT name FROM user WHERE code = ?", (code,)).fetchone()
    return row[0] if row else code
