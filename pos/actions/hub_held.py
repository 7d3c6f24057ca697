"""Baskets set aside, shared by the tills of a shop: held at one, taken up at another, exactly once.

A basket is held here first, at once; its way up follows a moment later. From the moment it is on its way only the hub
says who takes it. While the hub is away a till sees its own, and takes up those the hub does not have yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pos.actions import held, hub_ask, line
from pos.actions.held import Person
from pos.actions.hub_ask import Away
from pos.actions.line import Job
from pos.config import Config
from pos.connectors.hub import baskets
from pos.connectors.hub.client import OLDER
from pos.connectors.hub.feeds import Feeds
from pos.errors import Conflict, Invalid, NotFound, Rejected, SignInNeeded, Unavailable, Unknown
from pos.rules import basket as rules
from pos.said import said
from pos.store import foreign, hub_baskets
from pos.store import held as stored
from pos.store.db import Store
from pos.store.held import Aside, AtHub, Taken

SHARED = said("The hub does not answer, and other tills may have taken this basket up. It waits until the hub is back; "
              "or start a new basket.")  # fmt: skip


@dataclass(slots=True)
class Done:
    """What one round did."""

    up: int = 0
    gone: int = 0
    stopped: str = ""

    def sentence(self) -> str:
        """For the console."""
        told = f"{self.up} handed up, {self.gone} taken up elsewhere." if self.up or self.gone else "Nothing to share."
        return f"{told} {self.stopped}".strip()


# -- at the till, while somebody waits ---------------------------------------------------------------------------------


def listed(store: Store, config: Config) -> dict[str, Any]:
    """What is held in the shop: by this till and, while the hub answers, by the others."""
    shop = config.till.store
    try:
        waiting, mine = hub_ask.live(store, config, lambda speak: baskets.listed(speak, shop))
    except (Away, Rejected):
        return {**held.listed(store, config), "hub_away": True}
    there = {row["id"] for row in waiting}
    own = [x for x in stored.listed(store) if x.up != "there" and x.id not in there]
    lost = {x.id for x in stored.taken_up(store)}
    taken = stored.taken_up(store) + [_aside(row) for row in mine if row["id"] not in lost and not _paid(store, row)]
    shown = sorted([*own, *map(_aside, waiting)], key=lambda x: (x.at, x.id))
    return {
        "held": [held.view(store, config, x) for x in shown],
        "taken": [held.view(store, config, x) for x in taken],
        "count": len(shown),
        "hub_away": False,
    }


def _paid(store: Store, row: Mapping[str, Any]) -> bool:
    found = store.execute("SELECT 1 FROM document WHERE id = ?", (row["id"],)).fetchone()
    return found is not None


def resume(store: Store, config: Config, key: str, act: str, by: Person, *, again: bool = False) -> dict[str, Any]:
    """Take a basket up on this screen, wherever it was held. Taken when another one has it; Conflict, code "hub_away",
    when only the hub could say and it does not answer."""
    try:
        return held.resume(store, config, key, act, by, again=again)
    except AtHub:
        pass
    except NotFound:
        if not rules.UUID.match(key):
            raise
    row = _claim(store, config, key, {"act": act, "to": "resumed", "by": by.code, "again": "yes" if again else ""})
    found = hub_baskets.moved(store, row, by.code)
    return {"basket": json.loads(found.basket), "held": held.view(store, config, found)}


def discard(store: Store, config: Config, key: str, reason: str, by: Person) -> dict[str, Any]:
    """It is not wanted any more, wherever it was held. Raises as `resume`; Invalid without a reason."""
    try:
        return held.discard(store, config, key, reason, by)
    except AtHub:
        pass
    except NotFound:
        if not rules.UUID.match(key):
            raise
    words = held.spoken(reason, held.REASON_CHARS_MAX, "reason")
    if not words:
        raise Invalid("Say why it is discarded.", code="reason", field="reason")
    row = _claim(store, config, key, {"act": f"{key}:discard", "to": "discarded", "by": by.code, "reason": words})
    found = hub_baskets.moved(store, row, by.code)
    return {"held": held.view(store, config, found), "count": stored.count(store)}


def _claim(store: Store, config: Config, key: str, asked: dict[str, str]) -> dict[str, Any]:
    body = {"store": config.till.store, "reason": "", "again": "", **asked}
    try:
        return hub_ask.live(store, config, lambda speak: baskets.claim(speak, key, body))
    except Away as error:
        raise Conflict(SHARED, code="hub_away") from error
    except Rejected as error:
        for row in _states(store, config, [key]):
            hub_baskets.became(store, row)
        if error.code == "no_basket":
            raise NotFound("There is no such basket here.") from error
        raise Taken(error.message, facts=baskets.facts_of(error)) from error


def _states(store: Store, config: Config, keys: list[str]) -> list[dict[str, Any]]:
    try:
        return hub_ask.live(store, config, lambda speak: baskets.states(speak, config.till.store, keys))
    except (Away, Rejected):
        return []


def _aside(row: Mapping[str, Any]) -> Aside:
    return Aside(**{name: row[name] for name in Aside.__dataclass_fields__ if name in row})


# -- by itself ---------------------------------------------------------------------------------------------------------


def share(job: Job, config: Config) -> Done:
    """Hand up what is held here, and learn what became of what was handed up. Never raises for what the hub does."""
    done = Done()
    foreign.let_go(job.store)
    if not line.works(job):
        done.stopped = str(line.why_not(job))
        return done
    speak = job.memory.connector
    assert isinstance(speak, Feeds)
    try:
        for key in hub_baskets.to_hand_up(job.store):
            if job.stopping():
                break
            begun = hub_baskets.begin(job.store, key)
            if begun is not None:
                done.up += _hand_up(job, speak, begun)
        keys = hub_baskets.handed_up(job.store)
        known = baskets.states(speak, config.till.store, keys) if keys else []
        for row in known:
            done.gone += row["state"] != "held"
            hub_baskets.became(job.store, row)
        for key in set(keys) - {row["id"] for row in known}:  # a hub that came back from a copy: it gets them again
            hub_baskets.came_back(job.store, key)
        line.reached(job)
    except (Unavailable, Unknown, SignInNeeded) as error:
        down = error if isinstance(error, SignInNeeded) else line.silent(job)
        done.stopped = str(line.give_up(job, down)) if down is not None else error.message
    return done


def _hand_up(job: Job, speak: Feeds, row: Mapping[str, Any]) -> int:
    try:
        baskets.put(speak, row)
    except Unavailable:
        hub_baskets.came_back(job.store, row["id"])
        raise
    except Rejected as error:  # it was taken up, paid or discarded while this till thought that it held it
        known = [] if error.code == OLDER else baskets.states(speak, str(row["store"]), [str(row["id"])])
        for told in known:
            hub_baskets.became(job.store, told)
        if error.code != Taken.code:
            hub_baskets.came_back(job.store, str(row["id"]))
        return 0
    hub_baskets.arrived(job.store, row["id"])
    return 1
