"""What a company's words are called in its QuickBooks Desktop, and what moves stock there: read, checked, changed.

Kept with the company's settings. Sales go there once a mapping was kept and sales were switched on; from which day
sales or adjustments move stock is a list of cut-overs, each on a business day of its own and written down in the audit,
so that no day is moved twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pos import clock
from pos.connectors import qbd
from pos.connectors.base import Posted
from pos.connectors.qbd import mapping
from pos.connectors.qbd.desk import Desk
from pos.connectors.qbd.mapping import Known
from pos.errors import Conflict, Invalid
from pos.rules import inventory as rules
from pos.rules.money import digits_of
from pos.said import said
from pos.store import audit, companies, connections, desktop_way, inventory, outbox, qbd_companies, qbd_names, unblock
from pos.store.companies import Kept
from pos.store.connections import Wanted
from pos.store.db import Store

PART, KEY, MOVES = "desktop", "mapping", "moves"


def read(store: Store, company: str) -> Kept:
    """The mapping as plain JSON ({} before it was made), with the mark a change gives back. NotFound."""
    return companies.kept_as(store, company, PART, KEY)


def check(plain: Mapping[str, Any]) -> list[str]:
    """What is wrong with a mapping by itself, in words."""
    try:
        return mapping.problems(mapping.read(plain))
    except ValueError as error:
        return [str(error)]


def write(store: Store, company: str, plain: Mapping[str, Any], before: Kept, by: str) -> Kept:
    """Put it in place of the one before; whatever waited for it goes at once. Invalid names what is wrong with it;
    Conflict ("changed") when somebody changed the company's settings since `before` was read."""
    row = qbd_companies.of_company(store, company)
    if found := check(plain):
        raise Invalid(" ".join(found), field=KEY, code="mapping")
    with store.transaction():
        made = companies.keep_as(store, company, PART, KEY, plain, before, by)
        unblock.mapped(store, row.connection, clock.now())
    return made


def strangers(store: Store, company: str) -> list[str]:
    """What the mapping names and QuickBooks' lists, as they were last fetched, do not have; in words."""
    row = qbd_companies.of_company(store, company)
    accounts, items = mapping.named(mapping.read(read(store, company).values))
    accounts_off, items_off = qbd_names.strangers(store, row.connection, accounts, items)
    return [
        *(said("QuickBooks has no account {name}.", name=name) for name in accounts_off),
        *(said("QuickBooks has no item {name}.", name=name) for name in items_off),
    ]


# -- whether sales go there --------------------------------------------------------------------------------------------


def switch_on(store: Store, company: str, moves: str, day: str, by: str) -> None:
    """From now on receipts of the company's tills go to its QuickBooks Desktop; from the business day on, sales or
    adjustments move stock there. Invalid without a mapping, or where its currency has no two decimals; Conflict where
    Conductor is the way there."""
    row, owner = qbd_companies.of_company(store, company), companies.one(store, company)
    if found := check(read(store, company).values):
        raise Invalid(" ".join(found), field=KEY, code="mapping")
    if owner.currency and digits_of(owner.currency) != 2:
        words = said("QuickBooks Desktop writes amounts with two decimals; {currency} has {digits}.",
                     currency=owner.currency, digits=digits_of(owner.currency))  # fmt: skip
        raise Invalid(words, field="currency")
    with store.transaction():
        desktop_way.refuse_web_connector(store, row.company)
        if not cut_overs(store, company):
            cut_over(store, company, moves, day, by)
        connections.of_company(store, Wanted(row.connection, qbd.KIND.name, qbd.KIND.title, ""), company)
        audit.record(store, by, "qbd.sales", row.connection, {"on": True})


def switch_off(store: Store, company: str, by: str) -> None:
    """Receipts made from now on do not go there; what waits for it is kept."""
    row = qbd_companies.of_company(store, company)
    with store.transaction():
        connections.switch_off(store, row.connection)
        audit.record(store, by, "qbd.sales", row.connection, {"on": False})


# -- what moves stock --------------------------------------------------------------------------------------------------


def cut_overs(store: Store, company: str) -> list[tuple[str, str]]:
    """(business day, what moves stock from it on), the oldest first."""
    rows = companies.kept(store, company, PART).values.get(MOVES) or []
    return sorted((str(day), str(moves)) for day, moves in rows)


def moves_on(cuts: list[tuple[str, str]], day: str) -> str:
    """What moves stock on a business day; "" before the first cut-over: goods of that time are in the opening stock."""
    found = ""
    for since, moves in cuts:
        if since <= day:
            found = moves
    return found


def cut_over(store: Store, company: str, moves: str, day: str, by: str) -> None:
    """From this business day on, `moves` moves stock. Invalid; Conflict for a day that is over or under way and was
    moved the other way already."""
    row = qbd_companies.of_company(store, company)
    if moves not in mapping.MOVES:
        words = said("Stock is moved by {ways}.", ways=", ".join(mapping.MOVES))
        raise Invalid(words, field="moves")
    rules.day(day, "day")
    with store.transaction():
        kept, cuts = companies.kept(store, company, PART), cut_overs(store, company)
        if cuts and cuts[-1][1] == moves:
            return
        until = max(cuts[-1][0], inventory.today(store, company, clock.now())) if cuts else ""
        if day <= until:
            raise Conflict(
                said("Choose a day to come: until {day} it is done the other way.", day=until), code="cut_over"
            )
        whole = {**kept.values, MOVES: [*map(list, cuts), [day, moves]]}
        companies.keep(store, company, PART, whole, kept, by)
        qbd_names.keep_moves(row.connection, moves)
        audit.record(store, by, "qbd.cut_over", row.connection, {"moves": moves, "day": day})
        unblock.mapped(store, row.connection, clock.now())


# -- the connector a round works with ----------------------------------------------------------------------------------


def facts(store: Store, connection: str) -> dict[str, Any]:
    """What it is made with; whoever finds it changed makes a new one."""
    company = companies.of_connection(store, connection)
    return {KEY: read(store, company).values, MOVES: cut_overs(store, company)}


def desk(store: Store, connection: str, found: Mapping[str, Any] | None = None) -> Desk:
    """The company file of a connection, as the bundles see it: for one round, what it looked up it keeps. Speaks to
    nobody."""
    made = found if found is not None else facts(store, connection)
    company = companies.of_connection(store, connection)
    cuts = [(str(day), str(moves)) for day, moves in made.get(MOVES) or []]
    row = qbd_companies.by_company(store, company)
    known = Known(
        item=cache(lambda code: qbd_names.item_of(store, company, code)),
        kind_of=cache(lambda name: qbd_names.kind_of(store, connection, name)),
        multi_site=bool(row is not None and row.facts.get("multi_site")),
        moves=lambda day: moves_on(cuts, day),
        booked=lambda numbers: {
            number: Posted(remote_id, "submitted", remote.get("figures", {}))
            for number, _part, remote_id, remote in outbox.posted(store, connection, numbers)
        },
    )
    return Desk(made, known)
