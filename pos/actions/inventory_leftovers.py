"""What trials of another day left in a real folder: items SMOKE-SKU-…, places SMOKE_…, their events and requests.

Nothing is deleted. What they did to the stock is taken back as any other event is, what waits is rejected, items and
places are switched off; what a rule forbids stays and is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pos import clock
from pos.actions import inventory as door
from pos.actions import inventory_requests as requests
from pos.config import Config
from pos.errors import Conflict, UserError
from pos.rules import inventory as rules
from pos.rules.inventory import Draft, Line
from pos.said import said
from pos.store import audit, feeds, inventory, inventory_approvals, inventory_places, inventory_trials
from pos.store.db import Store
from pos.store.inventory_approvals import Request
from pos.store.inventory_places import Location

SKU, PLACE, BY = "SMOKE-SKU-", "SMOKE_", "smoke-test"


@dataclass(frozen=True, slots=True)
class Found:
    """What is there. events: ids, the newest first; levels: (item, place) -> thousandths, of their items alone."""

    items: tuple[str, ...]
    places: tuple[Location, ...]
    events: tuple[str, ...]
    requests: tuple[Request, ...]
    levels: dict[tuple[str, str], int]

    @property
    def is_nothing(self) -> bool:
        return not (self.items or self.places or self.events or self.requests or self.levels)


def look(store: Store) -> Found:
    """What trials left here that is still in use."""
    known, on = inventory_trials.items(store, SKU)
    places = tuple(one for one in inventory_places.locations(store) if one.code.startswith(PLACE) and one.active)
    owners = sorted({one.company for one in inventory_places.locations(store)})
    levels = {pair: qty for company in owners for pair, qty in inventory.levels(store, company, known).items() if qty}
    waiting = [
        one
        for company in owners
        for one in inventory_approvals.listed(store, company, state="pending", limit=10_000)
        if _is_trial(one)
    ]
    events = inventory_trials.events(store, known, BY)
    return Found(tuple(on), places, tuple(events), tuple(waiting), levels)


def put_away(store: Store, config: Config, who: door.Who) -> Iterator[str]:
    """Do it, a sentence an act. who: may approve and set up stock; thresholds hold for them, too."""
    found = look(store)
    for request in found.requests:
        end = requests.withdraw if request.asked_by == who.person else requests.reject
        end(store, request.id, who, "left by a trial", via="cli")
        yield said("The request {id} no longer waits.", id=request.id)
    for event in found.events:
        yield _taken_back(store, config, event, who)
    for (item, place), _ in sorted(found.levels.items()):
        yield from _evened(store, config, item, place, who)
    if found.items:
        with store.transaction():
            feeds.deactivate(store, found.items)
            audit.record(store, who.code, "inventory.cleanup", "", {"items": list(found.items)})
        yield said("Switched off: {items}.", items=", ".join(found.items))
    for one in found.places:
        try:
            door.set_location(store, replace(one, active=False), who, via="cli", new=False)
            yield said("The place {code} is switched off.", code=one.code)
        except UserError as error:
            yield said("The place {code} stays: {why}", code=one.code, why=error.message)


def _is_trial(request: Request) -> bool:
    lines = (request.payload.get("draft") or {}).get("lines") or []
    return bool(lines) and all(str(line["item"]).startswith(SKU) for line in lines)


def _taken_back(store: Store, config: Config, event: str, who: door.Who) -> str:
    try:
        door.void(store, event, who, "left by a trial", via="cli")
        return said("The event {id} is voided.", id=event)
    except Conflict as error:
        if error.code != "at_quickbooks":
            return said("The event {id} stays: {why}", id=event, why=error.message)
    except UserError as error:
        return said("The event {id} stays: {why}", id=event, why=error.message)
    try:
        key = f"cleanup-{event}"[: rules.TEXT_MAX["id"]]
        done = door.counter(store, config, event, who, key=key, memo="left by a trial", via="cli")
    except UserError as error:
        return said("The event {id} stays: {why}", id=event, why=error.message)
    if done.event is None:
        return said("Taking back the event {id} waits for a second person.", id=event)
    return said("The event {id} is taken back by a counter-event.", id=event)


def _evened(store: Store, config: Config, item: str, place: str, who: door.Who) -> Iterator[str]:
    """What is left of an item of a trial once its events are taken back."""
    company = inventory_places.location(store, place).company
    level = inventory.levels(store, company, [item], [place]).get((item, place), 0)
    if not level:
        return
    line = Line(item, -level, destination=place)
    day = inventory.today(store, company, clock.now())
    draft = Draft(clock.uuid7(), company, "adjustment", day, (line,), memo="left by a trial")
    words = {"item": item, "place": place, "qty": rules.text_of(level)}
    try:
        done = door.ask(store, config, draft, who, via="cli")
    except UserError as error:
        yield said("{qty} of {item} at {place} stay: {why}", why=error.message, **words)
        return
    if done.event is None:
        yield said("{qty} of {item} at {place}: taking them out waits for a second person.", **words)
    else:
        yield said("{qty} of {item} at {place} are taken out.", **words)
