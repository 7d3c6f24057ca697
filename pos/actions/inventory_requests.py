"""Requests for changes of stock are answered here: by another person than who asked, once, on the stock of that moment.

Carrying a request out and writing down that it was agreed to is one transaction: a server that dies in between leaves
it waiting, and nothing else. A level that was asked for is not set blindly later: what was too many or too few then is
put right, and what was sold or moved since stays so; the answer says it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pos import clock
from pos.actions.inventory import WAITING as WAITING
from pos.actions.inventory import Outcome, Who, demand, draft_of, inside, refusals, tell
from pos.config import Config
from pos.errors import Conflict, NotAllowed, UserError
from pos.rules import inventory as rules
from pos.rules.inventory_approval import PROPOSAL, are_one, becomes
from pos.said import said
from pos.store import inventory, inventory_approvals
from pos.store.db import Store
from pos.store.inventory_approvals import Request
from pos.store.inventory_events import Event
from pos.store.reach import EVERYWHERE, Reach

#: What carries out a proposal of a kind, inside the transaction that agrees to it; what it answers is kept as the
#: request's event. Filled by the modules that make proposals.
PROPOSALS: dict[str, Callable[[Store, Request, Who, datetime], str]] = {}
_WORDS = {
    "approved": said("It was agreed to already."),
    "rejected": said("It was rejected already."),
    "expired": said("Nobody answered in time; ask again."),
    "withdrawn": said("It was withdrawn."),
    "failed": said("It could not be carried out; ask again."),
}


class _Overtaken(Exception):
    """Somebody else answered between the look and the change."""


def propose(
    tx: Store, config: Config, company: str, kind: str, payload: Mapping[str, Any], words: str, *, by: str, name: str,
    key: str = "",
) -> Request:  # fmt: skip
    """Ask people to agree to what a program found, inside the caller's transaction. kind: a key of PROPOSALS. The same
    key again is the request there is."""
    key = key or clock.uuid7()
    found = inventory_approvals.find(tx, key)
    if found is not None:
        return found
    made = inventory_approvals.put(
        tx, key, company, kind, payload, (PROPOSAL,), person=by, name=name, now=clock.now(),
        hours=config.inventory.approval_hours, words=words,
    )  # fmt: skip
    inventory_approvals.audited(tx, by, "asked", made, {"why": [PROPOSAL]})
    tell(tx, company)
    return made


def approve(store: Store, key: str, who: Who, note: str = "", *, via: str, reach: Reach = EVERYWHERE) -> Outcome:
    """Agree to a request and carry it out. A second time changes nothing and answers the same. NotAllowed for who
    asked; Conflict where it was answered otherwise, expired, or cannot be carried out any more: then it has failed."""
    with refusals(store, who, "approve", key, via):
        _expire_one(store, key)
        done = _again(lambda: _approve(store, key, who, note, reach))
        if done.approval is not None and done.approval.state == "failed":
            raise Conflict(
                said("It could not be carried out: {why}", why=done.approval.note), code="failed",
                facts={"state": "failed", "approval": key},
            )  # fmt: skip
        return done


def reject(store: Store, key: str, who: Who, note: str = "", *, via: str, reach: Reach = EVERYWHERE) -> Outcome:
    """Refuse a request; nothing moves. A second time changes nothing and answers the same."""
    with refusals(store, who, "reject", key, via):
        _expire_one(store, key)
        return _again(lambda: _close(store, key, who, "rejected", note, reach))


def withdraw(store: Store, key: str, who: Who, note: str = "", *, via: str, reach: Reach = EVERYWHERE) -> Outcome:
    """Whoever asked no longer does; for them alone."""
    with refusals(store, who, "withdraw", key, via):
        _expire_one(store, key)
        return _again(lambda: _close(store, key, who, "withdrawn", note, reach))


def expire(store: Store) -> int:
    """Close requests nobody answered in time; how many."""
    now = clock.now()
    return sum(_expire(store, one, now) for one in inventory_approvals.overdue(store, now))


def moved_since(store: Store, request: Request) -> list[dict[str, Any]]:
    """Levels a request asks for at places that moved since: item, location, level then and now, what it becomes."""
    if request.kind not in rules.KINDS or request.state != "pending":
        return []
    lines = [one for one in draft_of(request.payload).lines if one.set_to is not None and one.level is not None]
    items, places = {one.item for one in lines}, {one.destination for one in lines}
    now = inventory.levels(store, request.company, items, places) if lines else {}
    return [
        {"item": one.item, "location": one.destination, "then": one.level, "now": level,
         "asked": one.set_to, "becomes": becomes(one.set_to or 0, one.level or 0, level)}
        for one in lines
        if (level := now.get((one.item, one.destination), 0)) != one.level
    ]  # fmt: skip


# -- what the above is made of -----------------------------------------------------------------------------------------


def _again(act: Callable[[], Outcome]) -> Outcome:
    """Once more when somebody else was quicker: then the answer says what they did."""
    try:
        return act()
    except _Overtaken:
        return act()


def _approve(store: Store, key: str, who: Who, note: str, reach: Reach) -> Outcome:
    now = clock.now()
    with store.transaction() as tx:
        found = _other(tx, key, who, reach)
        if found.state in ("approved", "failed"):
            return Outcome(_event(tx, found), found, made=False)
        _refuse_answered(found)
        if found.kind not in PROPOSALS and "draft" not in found.payload:
            raise Conflict(said("Nothing here can carry this out: {kind}.", kind=found.kind), code="unknown_kind")
        moved = moved_since(tx, found)
        event, why = _carried_out(tx, found, who, now)
        state = "failed" if why else "approved"
        notes = tuple(_words_of(one) for one in moved) if event else ()
        text = why or " ".join((note, *notes)).strip()
        _decide(tx, found, state, who, text, event, now)
        return Outcome(inventory.event(tx, event) if _is_event(found, event) else None,
                       inventory_approvals.one(tx, key), notes=notes)  # fmt: skip


def _carried_out(tx: Store, found: Request, who: Who, now: datetime) -> tuple[str, str]:
    """What came of it, and why nothing could: exactly one is not "". A refusal takes back what was begun."""
    try:
        with tx.transaction():
            if found.kind in PROPOSALS:
                return PROPOSALS[found.kind](tx, found, who, now), ""
            draft, told = draft_of(found.payload), {"approval": found.id, "approved_by": who.person}
            if draft.kind == "counter":
                made = inventory.counter(
                    tx, draft.counters, key=draft.id, by=found.asked_by, memo=draft.memo, now=now, **told
                )
            else:
                made = inventory.post(tx, draft, by=found.asked_by, now=now, **told)
            return made.id, ""
    except UserError as error:
        return "", str(error.message)


def _close(store: Store, key: str, who: Who, state: str, note: str, reach: Reach) -> Outcome:
    now = clock.now()
    with store.transaction() as tx:
        found = _own(tx, key, who, reach) if state == "withdrawn" else _other(tx, key, who, reach)
        if found.state == state:
            return Outcome(approval=found, made=False)
        _refuse_answered(found)
        _decide(tx, found, state, who, note, "", now)
        return Outcome(approval=inventory_approvals.one(tx, key))


def _decide(tx: Store, found: Request, state: str, who: Who, note: str, event: str, now: datetime) -> None:
    decided = inventory_approvals.decide(
        tx, found.id, state, person=who.person, name=who.name, now=now, note=note, event=event
    )
    if not decided:
        raise _Overtaken
    more = {"note": note, "event": event, "person": who.person}
    inventory_approvals.audited(tx, who.code, state, found, {k: v for k, v in more.items() if v})
    tell(tx, found.company)


def _other(tx: Store, key: str, who: Who, reach: Reach) -> Request:
    """A request for somebody else than who asked to answer."""
    demand(who, "stock_approve")
    found = _inside(tx, key, reach)
    if not who.person:
        raise NotAllowed(
            said("Only a person agrees, and the key {name} is nobody's: make one with `token add --for CODE`.",
                 name=who.name),
            code="nobody",
        )  # fmt: skip
    if are_one(found.asked_by, who.person):
        raise NotAllowed(
            "Nobody answers what they asked for themselves; somebody else must. You can withdraw it.", code="four_eyes"
        )
    return found


def _own(tx: Store, key: str, who: Who, reach: Reach) -> Request:
    found = _inside(tx, key, reach)
    if not who.person or found.asked_by != who.person:
        raise NotAllowed("Only who asked withdraws it.", code="not_yours")
    return found


def _inside(tx: Store, key: str, reach: Reach) -> Request:
    found = inventory_approvals.one(tx, key)
    inside(tx, found.company, reach)
    return found


def _refuse_answered(found: Request) -> None:
    if found.state != "pending":
        raise Conflict(_WORDS[found.state], code="decided", facts={"state": found.state, "approval": found.id})


def _expire_one(store: Store, key: str) -> None:
    found, now = inventory_approvals.find(store, key), clock.now()
    if found is not None and found.is_over(now):
        _expire(store, found, now)


def _expire(store: Store, found: Request, now: datetime) -> bool:
    with store.transaction() as tx:
        if not inventory_approvals.decide(tx, found.id, "expired", person="", name="", now=now):
            return False
        inventory_approvals.audited(tx, "system", "expired", found)
        tell(tx, found.company)
    return True


def _is_event(found: Request, event: str) -> bool:
    return bool(event) and found.kind in rules.KINDS


def _event(tx: Store, found: Request) -> Event | None:
    return inventory.event(tx, found.event) if _is_event(found, found.event) else None


def _words_of(one: Mapping[str, Any]) -> str:
    return said(
        "{item} at {place}: {asked} was asked for while {then} were there; {now} were there now, so it becomes "
        "{becomes}.",
        item=one["item"], place=one["location"],
        **{name: rules.text_of(one[name]) for name in ("asked", "then", "now", "becomes")},
    )  # fmt: skip
