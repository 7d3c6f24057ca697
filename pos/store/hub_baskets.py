"""Baskets set aside, between tills. At the hub: who has one, decided by compare-and-set. At a till: what was handed up,
and what the hub said became of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from peewee import fn

from pos import clock
from pos.errors import Conflict, NotFound
from pos.said import said
from pos.store import audit, companies, held
from pos.store import reach as within
from pos.store.db import Store
from pos.store.held import Aside, Taken
from pos.store.models import Document, Held
from pos.store.reach import EVERYWHERE, Reach

#: What a till says of a basket it hands up.
TOLD = ("id", "store", "till", "title", "basket", "lines", "total", "by_code", "by_name", "at")
#: What the hub says of one to a till.
SHOWN = (*TOLD, "state", "changed_at", "changed_by", "taken", "reason", "holder")

Row = dict[str, Any]


# -- at the hub --------------------------------------------------------------------------------------------------------


def put(store: Store, till: str, ids: Collection[str], row: Mapping[str, Any]) -> None:
    """A till hands a basket up; the same again is harmless. Taken when somebody else has it, or it was paid."""
    with store.durably():
        before = _find(row["id"])
        if before is not None and companies.of_till(store, before.till) != companies.of_till(store, row["till"]):
            raise Conflict("This id is another basket's.", code="id_taken", field="id")
        paid = Document.get_or_none(Document.id == row["id"])
        if paid is not None:
            raise _taken(before or Held(**row, state="held"), paid.number)
        if before is not None:
            if before.state == "held" and (before.basket, before.title) == (row["basket"], row["title"]):
                return
            if before.state != "resumed" or before.holder not in ids:
                raise _taken(before)
        Held.put(**row, state="held", changed_at=clock.stamp(clock.now()), changed_by=row["by_code"])
        audit.record(store, f"till:{till}", "basket.hold", row["id"], {"by": row["by_code"], "lines": row["lines"]})


def listed(store: Store, shop: str, ids: Collection[str], reach: Reach = EVERYWHERE) -> tuple[list[Row], list[Row]]:
    """What is held in a shop, oldest first; and what the asking till took up and has not paid."""
    with store.reading():
        mine = _in(shop, reach)
        waiting = Held.select().where(mine & (Held.state == "held")).order_by(Held.at, Held.id).limit(held.LISTED_MAX)
        paid = Document.select(Document.id).where(Document.id == Held.id)
        taken = (
            Held.select()
            .where(mine & (Held.state == "resumed") & Held.holder.in_(list(ids)) & ~fn.EXISTS(paid))
            .order_by(Held.changed_at.desc())
            .limit(held.LISTED_MAX)
        )
        return [_row(store, one) for one in waiting], [_row(store, one) for one in taken]


def states(store: Store, shop: str, keys: Collection[str], reach: Reach = EVERYWHERE) -> list[Row]:
    """What became of some baskets of a shop; those that are not here are left out."""
    with store.reading():
        return [_row(store, one) for one in Held.select().where(_in(shop, reach) & Held.id.in_(list(keys)))]


def claim(
    store: Store, till: str, ids: Collection[str], key: str, asked: Mapping[str, str], reach: Reach = EVERYWHERE
) -> Row:
    """Take a basket up, or discard it, for one till alone: asked is {store, act, to, by, reason, again}. The same act
    again answers the same. Taken when somebody else was first; NotFound."""
    to = asked["to"]
    with store.durably():
        before = _find(key)
        if before is None or before.store != asked["store"] or not reach.has(companies.of_till(store, before.till)):
            raise NotFound("There is no such basket at the hub.", code="no_basket")
        if before.state == to and before.taken == asked["act"]:
            return _row(store, before)
        own = asked["again"] == "yes" and before.state == "resumed" and before.holder in ids
        paid = Document.get_or_none(Document.id == key)
        if paid is not None or not (before.state == "held" or own):
            raise _taken(before, paid.number if paid else "")
        changed = Held.update(
            state=to, holder=till, taken=asked["act"], reason=asked["reason"], changed_by=asked["by"],
            changed_at=clock.stamp(clock.now()),
        ).where((Held.id == key) & (Held.state == before.state) & (Held.taken == before.taken))  # fmt: skip
        if changed.execute() != 1:
            raise _taken(_find(key) or before)
        act = "basket.resume" if to == "resumed" else "basket.discard"
        audit.record(store, f"till:{till}", act, key, {"by": asked["by"], "reason": asked["reason"]})
        return _row(store, _find(key))


def _in(shop: str, reach: Reach) -> Any:
    """Held in a shop, by the name its tills give it, and by a till within the reach of who asks."""
    here = Held.store == shop
    for term in within.terms(within.tills(reach, '"t1"."till"')):
        here &= term
    return here


def _find(key: str) -> Any:
    return Held.get_or_none(Held.id == key)


def _row(store: Store, one: Any) -> Row:
    """As tills are told. Where the hub sells as well, what its own screens took up is its own till's."""
    row = {name: getattr(one, name) for name in SHOWN}
    return row if row["holder"] or one.state == "held" else {**row, "holder": store.config.till.id}


def _taken(found: Any, paid: str = "") -> Taken:
    where = found.holder or found.till
    words = {
        "resumed": said("{till} has it: {by} took it up.", till=where, by=found.changed_by),
        "discarded": said("{by} discarded it: {reason}.", by=found.changed_by, reason=found.reason),
        "held": said("It is held with other lines; load the list again."),
    }[found.state]
    facts = {"state": found.state, "by": found.changed_by, "at": found.changed_at, "holder": where,
             "number": paid or None}  # fmt: skip
    return Taken(said("It is paid already: {paid}.", paid=paid) if paid else words, facts=facts)


# -- at a till ---------------------------------------------------------------------------------------------------------


def to_hand_up(store: Store, limit: int = 50) -> list[str]:
    """Baskets held here that the hub may not have yet, the oldest first."""
    with store.reading():
        asked = Held.select(Held.id).where((Held.state == "held") & (Held.up != "there")).order_by(Held.at)
        return [one.id for one in asked.limit(limit)]


def begin(store: Store, key: str) -> Row | None:
    """It is on its way up, as it is now: from here on only the hub says who takes it. None when it was taken up
    meanwhile."""
    with store.durably():
        changed = Held.update(up="sending").where((Held.id == key) & (Held.state == "held"))
        return {name: getattr(_find(key), name) for name in TOLD} if changed.execute() == 1 else None


def came_back(store: Store, key: str) -> None:
    """Nothing was sent: it is this till's alone again."""
    with store.transaction():
        Held.update(up="").where((Held.id == key) & (Held.state == "held")).execute()


def arrived(store: Store, key: str) -> None:
    """The hub has it."""
    with store.transaction():
        Held.update(up="there").where((Held.id == key) & (Held.state == "held")).execute()


def handed_up(store: Store) -> list[str]:
    """Baskets that are held as far as is known here, and that the hub has."""
    with store.reading():
        return [one.id for one in Held.select(Held.id).where((Held.state == "held") & (Held.up == "there"))]


def became(store: Store, row: Mapping[str, Any]) -> None:
    """The hub says what became of a basket this till held: another till has it, or it is not wanted any more."""
    if row["state"] == "held":
        return
    told = {name: str(row[name]) for name in ("state", "changed_at", "changed_by", "taken", "reason", "holder")}
    with store.transaction():
        Held.update(**told).where((Held.id == row["id"]) & (Held.state == "held")).execute()


def moved(store: Store, row: Mapping[str, Any], by: str) -> Aside:
    """This till has the hub's word for a basket it took up or discarded: kept here, whole. Again is no harm."""
    with store.durably():
        before = _find(row["id"])
        if before is not None and (before.state, before.taken) == (row["state"], row["taken"]):
            return held.get(store, row["id"])
        told = {name: row[name] for name in SHOWN if name != "holder"}
        Held.put(**told, up="there", holder="")
        act = "basket.resume" if row["state"] == "resumed" else "basket.discard"
        detail = {"title": row["title"], "held_by": row["by_code"], "till": row["till"], "reason": row["reason"]}
        audit.record(store, by, act, row["id"], detail)
        return held.get(store, row["id"])
