"""The one door to changes of stock: for screens, the API and the command line alike.

What is at or above a threshold becomes a request for a second person, everything else an event at once; either in one
transaction. Who asks is who is signed in, or who stands behind their key: nothing that is typed changes that. What is
refused is audited, too. Requests are answered in `inventory_requests`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from pos import clock
from pos.actions import inventory_guard as guard
from pos.config import Config
from pos.errors import Conflict, NotAllowed, NotFound, UserError
from pos.rules import inventory as rules
from pos.rules import rights
from pos.rules.inventory import Draft, Line
from pos.rules.inventory_approval import OVER_QUANTITY, OVER_VALUE, Needed
from pos.said import said
from pos.store import companies, inventory, inventory_approvals, inventory_places, inventory_refused, notices, qbd_queue
from pos.store import reach as within
from pos.store.db import Store
from pos.store.inventory_approvals import Request
from pos.store.inventory_events import Event
from pos.store.inventory_places import Location, Part, Reason
from pos.store.reach import EVERYWHERE, Reach

WAITING = "inventory:waiting:"
#: Why somebody takes an event back: so much is kept.
REASON_MAX = 500


class Who(Protocol):
    """Who asks. person: the code of the person behind it; "" for a program's key that is nobody's."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def person(self) -> str: ...
    def may(self, right: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: an event, or a request that waits (or was answered; then its event is here, too). made: now, and
    not by the same request before. notes: in words, what became otherwise than it was asked for."""

    event: Event | None = None
    approval: Request | None = None
    made: bool = True
    notes: tuple[str, ...] = ()


def ask(store: Store, config: Config, draft: Draft, who: Who, *, via: str, reach: Reach = EVERYWHERE) -> Outcome:
    """Change stock, or ask for it: an event, or a request that waits for somebody else. The same draft again is what it
    was before. via: screen | api | cli, for the audit.

    Invalid names the field; Conflict for another draft of the same id; NotAllowed without the right.
    """
    with refusals(store, who, draft.kind, draft.id, via):
        demand(who, "stock_admin" if draft.kind == "opening" else "stock")
        inside(store, draft.company, reach)
        now = clock.now()
        with store.transaction() as tx:
            return _asked_before(tx, draft) or _ask(tx, config, draft, who, now)


def counter(
    store: Store, config: Config, event: str, who: Who, *, key: str, memo: str = "", via: str,
    reach: Reach = EVERYWHERE,
) -> Outcome:  # fmt: skip
    """Take an event back by another one that moves the goods the other way; what holds for any event of that size holds
    for it. key: the new event's id, lasting."""
    with refusals(store, who, "counter", event, via):
        demand(who, "stock_admin")
        now = clock.now()
        with store.transaction() as tx:
            found = seen(tx, event, reach)
            lines = rules.reversed_lines(tuple(line for line in found.lines if line.qty))
            asked = Draft(key, found.company, "counter", "", lines, memo=memo, counters=found.id)
            before = _asked_before(tx, asked, whole=False)
            if before is not None:
                return before
            is_there = _is_there(tx, key)
            needed = Needed(()) if is_there else guard.needed(tx, config, found.company, asked, now)
            if not needed.codes:
                made = inventory.counter(tx, found.id, key=key, by=by(who), memo=memo, now=now)
                return Outcome(made, made=not is_there)
            _try(tx, lambda: inventory.counter(tx, found.id, key=key, by=by(who), memo=memo, now=now))
            return _request(tx, config, asked, rules.fingerprint(asked), needed, who, now)


def void(store: Store, event: str, who: Who, reason: str, *, via: str, reach: Reach = EVERYWHERE) -> Outcome:
    """Take an event back before the books heard of it. A second time changes nothing. Conflict once they may have, or
    `second_person` where its size asks for two people and who made it would take it back alone."""
    with refusals(store, who, "void", event, via):
        demand(who, "stock_admin")
        reason = " ".join(reason.split())[:REASON_MAX]
        with store.transaction() as tx:
            before, now = seen(tx, event, reach), clock.now()
            if before.status != "voided" and before.created_by == by(who):
                _refuse_alone(tx, before, now)
            after = inventory.void(tx, event, by=by(who), reason=reason, now=now)
            return Outcome(after, made=before.status != after.status)


def _refuse_alone(tx: Store, event: Event, now: datetime) -> None:
    lines = rules.reversed_lines(tuple(line for line in event.lines if line.qty))
    back = Draft(event.id, event.company, "counter", "", lines, counters=event.id)
    if {OVER_QUANTITY, OVER_VALUE} & set(guard.needed(tx, tx.config, event.company, back, now).codes):
        raise Conflict(
            said("This is of a size that needs two people. Somebody else takes it back, or a counter-event asks one."),
            code="second_person",
        )


def retry(store: Store, event: str, who: Who, *, via: str, reach: Reach = EVERYWHERE) -> Outcome:
    """Let an event go once more that QuickBooks Desktop refused, under a new id. Conflict where nothing was refused."""
    with refusals(store, who, "retry", event, via):
        demand(who, "stock_admin")
        with store.transaction() as tx:
            found = seen(tx, event, reach)
            qbd_queue.retry(tx, found.id, by(who), clock.now())
            return Outcome(inventory.event(tx, event, reach))


# -- set up ------------------------------------------------------------------------------------------------------------


def set_location(
    store: Store, given: Location, who: Who, *, via: str, new: bool | None = None, reach: Reach = EVERYWHERE
) -> tuple[Location, bool]:
    """Keep a place as it is given; whether it is new."""
    with refusals(store, who, "location", given.code, via):
        demand(who, "stock_admin")
        inside(store, given.company, reach)
        return inventory_places.put_location(store, given, by(who), new=new)


def set_reason(
    store: Store, given: Reason, who: Who, *, via: str, new: bool = False, reach: Reach = EVERYWHERE
) -> tuple[Reason, bool]:
    """Keep a reason as it is given; whether it is new."""
    with refusals(store, who, "reason", given.code, via):
        demand(who, "stock_admin")
        inside(store, given.company, reach)
        return inventory_places.put_reason(store, given, by(who), new=new)


def set_part(store: Store, given: Part, who: Who, *, via: str, reach: Reach = EVERYWHERE) -> Part:
    """Keep what the books know of an item as it is given."""
    with refusals(store, who, "part", given.item, via):
        demand(who, "stock_admin")
        inside(store, given.company, reach)
        return inventory_places.put_part(store, given, by(who))


# -- who may, and where ------------------------------------------------------------------------------------------------


def by(who: Who) -> str:
    """Who it is written down for: the person; a program's name where its key is nobody's."""
    return who.person or who.code


def demand(who: Who, right: str) -> None:
    """NotAllowed without the right."""
    if not who.may(right):
        raise NotAllowed(said("{name} may not {what}.", name=who.name, what=rights.RIGHTS[right]))


def inside(store: Store, company: str, reach: Reach) -> None:
    """NotFound for a company that does not lie inside of a reach, with all its shops: its stock is one thing."""
    known = any(one.id == company for one in within.companies_in(store, reach))
    if not known or not within.whole(store, reach, company):
        raise NotFound(said("There is no company {name} here.", name=company[:30]), field="company")


def seen(store: Store, event: str, reach: Reach) -> Event:
    """An event within a reach. NotFound."""
    found = inventory.event(store, event, reach)
    inside(store, found.company, reach)
    return found


@contextmanager
def refusals(store: Store, who: Who, act: str, subject: str, via: str) -> Iterator[None]:
    """What is refused inside is in the audit, once nothing of it stands any more."""
    try:
        yield
    except UserError as error:
        if not store.in_transaction():
            detail = {"act": act, "code": error.code, "field": error.field, "message": str(error.message), "via": via}
            inventory_refused.note(store, who.code, subject, detail)
        raise


# -- what the above is made of -----------------------------------------------------------------------------------------


def _ask(tx: Store, config: Config, draft: Draft, who: Who, now: datetime) -> Outcome:
    checked = inventory.check(tx, draft, now)
    needed = guard.needed(tx, config, draft.company, replace(draft, lines=checked.lines), now)
    if draft.kind == "opening" or not needed.codes:
        return Outcome(inventory.post(tx, draft, by=by(who), now=now))
    lines = tuple(
        one if one.set_to is None else replace(one, level=then.level)
        for one, then in zip(draft.lines, checked.lines, strict=True)
    )
    return _request(tx, config, replace(draft, lines=lines), rules.fingerprint(draft), needed, who, now)


def _request(
    tx: Store, config: Config, draft: Draft, fingerprint: str, needed: Needed, who: Who, now: datetime
) -> Outcome:
    if not who.person:
        raise NotAllowed(
            said("This needs a second person, and the key {name} is nobody's: make one with `token add --for CODE`.",
                 name=who.name),
            code="nobody",
        )  # fmt: skip
    payload = {"draft": asdict(draft), "fingerprint": fingerprint, "uncosted": list(needed.uncosted)}
    made = inventory_approvals.put(
        tx, draft.id, draft.company, draft.kind, payload, needed.codes, person=who.person, name=who.name, now=now,
        hours=config.inventory.approval_hours,
    )  # fmt: skip
    inventory_approvals.audited(tx, who.code, "asked", made, {"why": list(needed.codes)})
    tell(tx, draft.company)
    return Outcome(approval=made)


def _asked_before(tx: Store, draft: Draft, *, whole: bool = True) -> Outcome | None:
    """What came of the same draft before. Conflict for another one of the same id."""
    found = inventory_approvals.find(tx, draft.id)
    if found is not None:
        if found.company != draft.company or found.payload.get("fingerprint") != rules.fingerprint(draft):
            raise Conflict(
                "There is a request of this id already, with other content. Begin a new one.", field="id",
                code="other_content",
            )  # fmt: skip
        return Outcome(inventory.event(tx, found.event) if found.event else None, found, made=False)
    event = inventory.same(tx, draft) if whole else None
    return None if event is None else Outcome(event, made=False)


def _is_there(tx: Store, event: str) -> bool:
    return tx.execute("SELECT 1 FROM inventory_event WHERE id = ?", (event,)).fetchone() is not None


class _Tried(Exception):
    """Taken back again."""


def _try(tx: Store, act: Callable[[], Any]) -> None:
    """Do it and take it back: raises what it would be refused for."""
    try:
        with tx.transaction():
            act()
            raise _Tried
    except _Tried:
        pass


def draft_of(payload: dict[str, Any]) -> Draft:
    """The draft a request holds."""
    kept = payload["draft"]
    return Draft(**{**kept, "lines": tuple(Line(**line) for line in kept["lines"])})


def tell(tx: Store, company: str) -> None:
    """People are told while something of a company waits for somebody."""
    if not inventory_approvals.waiting(tx, company):
        notices.settle(tx, f"{WAITING}{company}")
        return
    name = companies.one(tx, company).name
    notices.raise_once(
        tx, f"{WAITING}{company}", "check", said("A change of stock of {company} waits for a second person.",
                                                 company=name),
        said("Open Inventory, Approvals: somebody else than who asked agrees to it or refuses."),
    )  # fmt: skip
