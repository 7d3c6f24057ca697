"""Baskets set aside: kept whole, of the shop, resumed by a change of state that only one screen wins. Never deleted.

held ──resume──▶ resumed ──hold again──▶ held        held ──discard──▶ discarded
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pos import clock
from pos.errors import Conflict, NotFound
from pos.said import said
from pos.store import audit, intake
from pos.store.db import Store
from pos.store.models import Held

LISTED_MAX = 200
#: How long a basket that was resumed and neither paid nor held again is still offered.
TAKEN_DAYS = 2


@dataclass(frozen=True, slots=True)
class Aside:
    """One basket set aside. basket: JSON, as the page sent it. total: as it was shown, "" = nothing was. up: whether
    the hub has it: "" | sending | there. holder: the till that took it up, "" = this one, or nobody."""

    id: str
    till: str
    title: str
    basket: str
    lines: int
    total: str
    state: str
    by_code: str
    by_name: str
    at: str
    changed_at: str
    changed_by: str
    taken: str
    reason: str
    up: str = ""
    holder: str = ""


class Taken(Conflict):
    """Somebody else has it now, or it was paid or discarded."""

    code = "taken"


class AtHub(Conflict):
    """Other tills can see it, so only the hub can say who takes it."""

    code = "at_hub"


def put(
    store: Store, key: str, basket: str, *, title: str, lines: int, total: str, by: str, name: str
) -> tuple[Aside, bool]:
    """Set a basket aside; True when just this was held already.

    Conflict: `already_paid` when a receipt has this id, `held_elsewhere` when other lines are held under it, or
    `discarded`.
    """
    now = clock.stamp(clock.now())
    with store.durably():
        paid = intake.find(store, key)
        if paid is not None:
            raise Conflict(
                said("This basket is paid already: {number}.", number=paid.doc["invoice_name"]), code="already_paid"
            )
        before = _find(store, key)
        if before is not None and before.state == "held":
            if (before.basket, before.title) == (basket, title):
                return before, True
            raise Conflict(
                said(
                    "This basket is held already, by {name}, with other lines. Start a new basket for these.",
                    name=before.by_name,
                ),
                code="held_elsewhere",
            )
        if before is not None and before.state == "discarded":
            raise Conflict("This basket was discarded; start a new one.", code="discarded")
        Held.put(
            id=key, store=store.config.till.store, till=store.config.till.id, title=title, basket=basket, lines=lines,
            total=total, state="held", by_code=by, by_name=name, at=now if before is None else before.at,
            changed_at="" if before is None else now, changed_by="" if before is None else by,
        )  # fmt: skip
        audit.record(store, by, "basket.hold", key, {"title": title, "lines": lines, "total": total})
        found = _find(store, key)
        assert found is not None
        return found, False


def listed(store: Store, limit: int = LISTED_MAX) -> list[Aside]:
    """What is held in this shop, oldest first."""
    return _many(store, "state = 'held' ORDER BY at, id LIMIT ?", (limit,))


def taken_up(store: Store, limit: int = LISTED_MAX) -> list[Aside]:
    """What was resumed lately and has no receipt: a page may have been lost with it."""
    since = clock.stamp(clock.now() - timedelta(days=TAKEN_DAYS))
    return _many(
        store,
        "state = 'resumed' AND holder = '' AND changed_at > ?"
        " AND NOT EXISTS (SELECT 1 FROM document d WHERE d.id = held.id) ORDER BY changed_at DESC LIMIT ?",
        (since, limit),
    )


def count(store: Store) -> int:
    """How many are held in this shop; the close lists them."""
    row = store.execute(
        "SELECT count(*) FROM held WHERE store = ? AND state = 'held'", (store.config.till.store,)
    ).fetchone()
    return int(row[0])


def get(store: Store, key: str) -> Aside:
    """One of this shop. NotFound."""
    found = _find(store, key)
    if found is None:
        raise NotFound("There is no such basket here.")
    return found


def resume(store: Store, key: str, act: str, by: str, *, again: bool = False) -> Aside:
    """Take it up: held becomes resumed, for one screen alone; the same act again answers the same. Taken otherwise.

    again: take up a second time what was resumed and lost with its page. Both have one id, so it is paid once.
    """
    with store.durably():
        before = get(store, key)
        if before.state == "resumed" and before.taken == act:
            return before
        _refuse_at_hub(before)
        states = ("held", "resumed") if again else ("held",)
        paid = intake.find(store, key)
        if before.state not in states or paid is not None:
            raise _taken(before, paid.doc["invoice_name"] if paid else "")
        _move(store, key, before.state, "resumed", by, taken=act)
        detail = {"title": before.title, "held_by": before.by_code} | (
            {"again": True} if before.state != "held" else {}
        )
        audit.record(store, by, "basket.resume", key, detail)
        return get(store, key)


def discard(store: Store, key: str, reason: str, by: str) -> Aside:
    """It is not wanted any more: the row stays, with who and why. Taken when it is not held."""
    with store.durably():
        before = get(store, key)
        if before.state == "discarded" and (before.changed_by, before.reason) == (by, reason):
            return before
        _refuse_at_hub(before)
        if before.state != "held":
            raise _taken(before)
        _move(store, key, "held", "discarded", by, reason=reason)
        detail = {"title": before.title, "reason": reason, "lines": before.lines, "total": before.total}
        audit.record(store, by, "basket.discard", key, detail)
        return get(store, key)


def _move(store: Store, key: str, old: str, new: str, by: str, *, taken: str = "", reason: str = "") -> None:
    changed = store.execute(
        "UPDATE held SET state = ?, changed_at = ?, changed_by = ?, taken = ?, reason = ? WHERE id = ? AND state = ?",
        (new, clock.stamp(clock.now()), by, taken, reason, key, old),
    ).rowcount
    if not changed:
        raise _taken(get(store, key))


def _refuse_at_hub(found: Aside) -> None:
    """What was handed up, or another till had, is moved by the hub's word alone; `hub_baskets` writes that down."""
    if (found.state == "held" and found.up) or found.holder:
        raise AtHub("Other tills can take this basket up; only the hub can say who has it.")


def _taken(found: Aside, paid: str = "") -> Taken:
    words = {
        "resumed": f"{found.changed_by} has it on another screen now.",
        "discarded": f"{found.changed_by} discarded it: {found.reason}.",
        "held": "It is still held; load the list again.",
    }[found.state]
    return Taken(
        said("It is paid already: {paid}.", paid=paid) if paid else words,
        facts={"state": found.state, "by": found.changed_by, "at": found.changed_at, "number": paid or None},
    )


_COLUMNS = ", ".join(Aside.__dataclass_fields__)


def _many(store: Store, where: str, values: tuple[object, ...]) -> list[Aside]:
    rows = store.execute(f"SELECT {_COLUMNS} FROM held WHERE store = ? AND {where}", (store.config.till.store, *values))
    return [Aside(*row) for row in rows.fetchall()]


def _find(store: Store, key: str) -> Aside | None:
    found = _many(store, "id = ?", (key,))
    return found[0] if found else None
