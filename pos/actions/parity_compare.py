"""A comparison of our stock with one side's, made in bites: each bite of items is read by itself, and what stands out
of it is kept in a short transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pos.actions import qbd_mapping, qbo_lists, qbo_mapping
from pos.config import Config
from pos.connectors.qbo import mapping as online_mapping
from pos.connectors.qbo.lists import Entry, Lists
from pos.errors import Conflict
from pos.rules import parity as rules
from pos.rules.inventory import text_of
from pos.rules.parity import WHOLE, Finding, Names, Ours, Theirs
from pos.said import said
from pos.store import companies, inventory, parity, parity_owned, parity_read, qbd_companies
from pos.store.db import Store
from pos.store.models import QbdAccount
from pos.store.parity import Run
from pos.store.parity_read import Sites, Waiting

#: Names said of several.
NAMES_MAX = 5
#: (code, name there, id there)
Called = Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Result:
    """counts: status -> findings, with how many items were looked at, are in sync, or could not be judged. words: what
    was not compared, and why."""

    counts: dict[str, int]
    words: str


@dataclass(frozen=True, slots=True)
class Side:
    """What one side is compared by. called: of all items of ours. accounts: names theirs has, in lower case; none where
    that is not known. clamp: as `rules.compare`."""

    where: Sites
    waits: Waiting
    names: Names
    called: Called
    accounts: frozenset[str] = frozenset()
    clamp: bool = False


def desktop(store: Store, config: Config, run: Run, now: datetime) -> Result:
    """With a company file of QuickBooks Desktop, by the lists it told."""
    there = qbd_companies.of_company(store, run.company)
    where = sites_of(store, there)
    since = parity_read.read_at(store, run.connection)
    waits = parity_read.waiting(store, run.connection, run.company, where, since, moves_of(store, there))
    called = list(parity_read.called(store, run.company))
    known = (name for _, name, _ in called)
    names = Names(parity_read.theirs(store, run.connection, where), known, loose=not run.strict)
    side = Side(where, waits, names, called, _accounts(store, run.connection))
    return Result(_made(store, config, run, side, now), " ".join(_of_places(where)))


def online(store: Store, config: Config, run: Run, now: datetime) -> Result:
    """With a company of QuickBooks Online, by its lists as they were loaded last."""
    kept = qbo_lists.needed(store, run.company)
    tables = online_mapping.read(qbo_mapping.read(store, run.company).values)
    found = kept.lists
    has_levels = any(one.on_hand for one in found.items)
    where = parity_read.as_one(store, run.company)
    waits = Waiting()
    parity_read.of_sales(store, run.connection, where, waits, kept.loaded_at, lambda _day: "documents")
    by_sku = _by_sku(found)
    called = [
        (code, name, tables.items.get(code) or by_sku.get(code, ""))
        for code, name in parity_read.named(store, run.company)
    ]
    names = Names(_online(found, has_levels), (name for _, name, _ in called), loose=not run.strict)
    words = [said("Compared with the lists of QuickBooks as they were loaded at {at} UTC.", at=kept.loaded_at[:16])]
    if not has_levels:
        words.append(said("No quantities of theirs are kept here; load the lists of QuickBooks again."))
    counts = _made(store, config, run, Side(where, waits, names, called, clamp=True), now)
    return Result(counts, " ".join(words))


def erpnext(store: Store, run: Run, now: datetime) -> Result:
    """With what ERPNext told of places it keeps by now, where there is stock of ours from before as well."""
    counts = {"items": 0, "in_sync": 0}
    for bite in parity_owned.both(store, run.company):
        found = [
            Finding(one.item, "quantity", "needs_adjustment", text_of(one.ours), text_of(one.theirs),
                    text_of(one.ours - one.theirs), one.place)
            for one in bite
            if one.ours != one.theirs
        ]  # fmt: skip
        counts["items"] += len(bite)
        counts["in_sync"] += len(bite) - len(found)
        _keep(store, run, found, counts, now)
    parity.gone(store, run)
    words = said("Compared where ERPNext keeps a place whose stock was kept here before.")
    return Result(counts, words)


def sites_of(store: Store, there: qbd_companies.Desktop) -> Sites:
    """How a company's places are compared with the sites there."""
    multi = there.facts.get("multi_site") is not False
    return parity_read.sites(store, there.connection, there.company, multi=multi)


def moves_of(store: Store, there: qbd_companies.Desktop) -> Callable[[str], str]:
    """What moves stock there on a business day."""
    cuts = qbd_mapping.cut_overs(store, there.company)
    return lambda day: qbd_mapping.moves_on(cuts, day)


# -- the walk ----------------------------------------------------------------------------------------------------------


def _made(store: Store, config: Config, run: Run, side: Side, now: datetime) -> dict[str, int]:
    here = companies.one(store, run.company)
    currency = here.currency or config.shop.currency
    day = inventory.today(store, run.company, now)
    shared = _shared(side)
    there = {code: (name, key) for code, name, key in side.called}
    counts, met = {"items": 0, "in_sync": 0, "unsettled": 0}, set[str]()
    for bite in parity_read.codes(store, run.company):
        rows = [
            replace(one, name=there[one.code][0], id=there[one.code][1])
            for one in parity_read.ours(store, run.company, bite, side.where, side.waits, currency=currency, day=day)
            if one.code in there  # else it came meanwhile
        ]
        found = list[Finding]()
        for one in rows:
            met |= rules.met(one, side.names)
            mine = rules.compare(one, side.names, shared=shared.get(one.code, ()), clamp=side.clamp)
            mine += _lacking(one, side.accounts)
            counts["items"] += 1
            counts["unsettled"] += bool(one.unsettled)
            counts["in_sync"] += not mine and not one.unsettled
            found += mine
        _keep(store, run, found, counts, now)
        parity.untold(store, run, [(one.code, site) for one in rows for site in sorted(one.unsettled)])
    _keep(store, run, rules.strangers(side.names.by_id.values(), met), counts, now)
    parity.gone(store, run)
    return counts


def _keep(store: Store, run: Run, found: Sequence[Finding], counts: dict[str, int], now: datetime) -> None:
    for one in found:
        counts[one.status] = counts.get(one.status, 0) + 1
    parity.keep(store, run, found, now)


def _shared(side: Side) -> dict[str, list[str]]:
    """Our items that are one and the same there: code -> the others."""
    users: dict[str, list[str]] = {}
    for code, name, key in side.called:
        bases = side.names.bases(Ours(code, name, key))
        if len(bases) == 1:
            users.setdefault(bases[0].id, []).append(code)
    return {code: [one for one in many if one != code] for many in users.values() if len(many) > 1 for code in many}


def _lacking(one: Ours, accounts: frozenset[str]) -> Iterator[Finding]:
    """Accounts of an item that the other side does not have."""
    for name in rules.ACCOUNTS:
        mine = one.accounts.get(name, "")
        if mine and accounts and mine.casefold() not in accounts:
            yield Finding(one.code, name, "missing", mine, detail={"missing": "there"})


# -- what of theirs ----------------------------------------------------------------------------------------------------


def _accounts(store: Store, connection: str) -> frozenset[str]:
    with store.reading():
        rows = QbdAccount.select(QbdAccount.full_name).where(QbdAccount.connection == connection)
        return frozenset(str(row.full_name).casefold() for row in rows)


def _of_places(where: Sites) -> Iterator[str]:
    if where.whole:
        yield said("QuickBooks told no sites: quantities are compared for the company as a whole.")
    if where.lost:
        yield said("Not compared, for they have no site in QuickBooks: {names}.", names=_some(where.lost))
    if where.others:
        yield said("Sites of QuickBooks that are no place here: {names}.", names=_some(where.others))


def _some(names: Sequence[str]) -> str:
    more = f" (+{len(names) - NAMES_MAX})" if len(names) > NAMES_MAX else ""
    return ", ".join(names[:NAMES_MAX]) + more


def _by_sku(found: Lists) -> dict[str, str]:
    """Our code -> the one active item there that has it as its SKU."""
    rows: dict[str, list[str]] = {}
    for one in found.items:
        if one.sku and one.active and rules.pack_of(_leaf(one))[1] == 1:
            rows.setdefault(one.sku, []).append(one.id)
    return {sku: ids[0] for sku, ids in rows.items() if len(ids) == 1}


def _online(found: Lists, has_levels: bool) -> Iterator[Theirs]:
    accounts = {one.id: one.name for one in found.accounts}
    for one in found.items:
        if one.kind in ("Category", "Group"):
            continue
        named: Mapping[str, Any] = {
            "income_account": accounts.get(one.income, ""),
            "cogs_account": accounts.get(one.expense, ""),
            "asset_account": accounts.get(one.asset, ""),
        }
        levels = {WHOLE: one.on_hand} if has_levels and one.kind == "Inventory" else None
        yield Theirs(one.id, _leaf(one), one.kind, one.active, levels, named, one.cost, one.price)


def _leaf(one: Entry) -> str:
    """Its own name, without the category it lies in."""
    return one.name.rpartition(":")[2]


def connection_of(store: Store, company: str) -> str:
    """The connection to QuickBooks Online. Conflict where nobody signed in, or its lists were never loaded."""
    connection, _realm = qbo_lists.bound(store, company)
    if qbo_lists.cached(store, company) is None:
        raise Conflict(said("Load the lists of QuickBooks first."), code="no_lists")
    return connection
