"""What people moved here, told to a QuickBooks company file as its net change.

One adjustment for each site and account, made in the same transaction that says it was told, and sent by the push that
comes after it. What cannot be told yet (an item that is not there, an account nobody named) waits by itself and holds
nothing else. Goods that went from one place to another of the same site moved nothing there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from pos import clock
from pos.actions.conductor_side import Lost, Side
from pos.rules import conductor_fields
from pos.said import said
from pos.store import (
    conductor_companies,
    conductor_lists,
    conductor_sessions,
    conductor_stock,
    connections,
    inventory,
    inventory_kept,
    inventory_places,
    records,
)
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.conductor_stock import ADJUSTMENT, Net
from pos.store.inventory_places import Location
from pos.store.records import Record

#: How far it was told, and what of it waits.
TOLD = "conductor:told"
TYPE = "inventory_adjustments"
#: Who makes the adjustments.
BY = "system"
#: Lines of one adjustment.
LINES_MAX = 300
#: Items that wait are told so many of in a session.
TOLD_MAX = 100
STOCKED = ("inventory_items", "inventory_assembly_items")


@dataclass(slots=True)
class _Known:
    """What is known of the books when our changes are put together. words: why an item waits."""

    on: Side
    there: Mapping[str, tuple[str, str]]
    kinds: Mapping[str, str]
    places: Mapping[str, Location]
    accounts: Mapping[str, str]
    sites: Mapping[str, str]
    words: dict[str, tuple[str, str]] = field(default_factory=dict)

    def resolved(self, net: Net) -> tuple[str, str, str] | None:
        """(site, account, record of the item); None = it waits, and why is kept in words."""
        found, place = self.there.get(net.item), self.places.get(net.place)
        chosen = self.on.settings.account("adjustment")
        account = self.accounts.get(net.account.casefold(), "") if net.account else chosen
        named = place.qb_site_name if place else ""
        site = (place.qb_site_id if place else "") or self.sites.get(named.casefold(), "")
        if found is None:
            why = "item_waits", said("It waits until this item is in QuickBooks.")
        elif self.kinds.get(found[0]) not in STOCKED:
            why = "no_stock_item", said("QuickBooks does not count how many there are of this item.")
        elif not account and net.account:
            why = "no_account", said("There is no account {name} in QuickBooks.", name=net.account)
        elif not account:
            why = "no_account", said("Choose an account for adjustments in the settings.")
        elif named and not site:
            why = "no_site", said("There is no site {name} in QuickBooks.", name=named)
        else:
            return site, account, found[0]
        self.words.setdefault(net.item, why)
        return None


def tell(on: Side, session: Session, step: Step) -> list[Record]:
    """Make what people moved since QuickBooks was told into adjustments that a push sends; those that were made. All of
    it, with how far it was told, is one transaction. Lost."""
    now, made = clock.now(), list[Record]()
    with on.store.transaction():
        company = conductor_companies.get(on.store, on.connection)
        kept = connections.mark(on.store, on.connection, TOLD).value
        mark: dict[str, Any] = json.loads(kept) if kept else {}
        told = mark["n"] if mark else conductor_stock.first_move(on.store, company.made_at)
        nets, last = conductor_stock.untold(on.store, on.company, told)
        open_ = _together([*(Net(*row) for row in mark.get("waits", ())), *nets])
        known = _known(on, open_)
        groups: dict[tuple[str, str], dict[str, int]] = {}
        waits = list[Net]()
        for net in open_:
            resolved = known.resolved(net)
            if resolved is None:
                waits.append(net)
                continue
            site, account, item = resolved
            sums = groups.setdefault((site, account), {})
            sums[item] = sums.get(item, 0) + net.qty
        for (site, account), sums in sorted(groups.items()):
            rows = [(item, qty) for item, qty in sorted(sums.items()) if qty]
            for at in range(0, len(rows), LINES_MAX):
                made.append(_adjustment(on, site, account, rows[at : at + LINES_MAX], now))
        value = json.dumps({"n": last, "waits": [[w.place, w.account, w.item, w.qty] for w in waits]})
        if value != kept:
            connections.move(on.store, on.connection, TOLD, value, now)
        went(on, session, step, dict(step.cursor), synced=len(made), failures=_waiting(on, known))
    return made


def _together(nets: Iterable[Net]) -> list[Net]:
    sums: dict[tuple[str, str, str], int] = {}
    for net in nets:
        key = net.place, net.account, net.item
        sums[key] = sums.get(key, 0) + net.qty
    return [Net(*key, qty) for key, qty in sorted(sums.items()) if qty]


def _known(on: Side, nets: Sequence[Net]) -> _Known:
    there = conductor_stock.remotes(on.store, on.company, on.connection, {net.item for net in nets})
    keys, kinds = [record for record, _ in there.values()], dict[str, str]()
    for at in range(0, len(keys), LINES_MAX):
        bite = records.several(on.store, on.company, "qbd_item", keys[at : at + LINES_MAX])
        kinds |= {key: str(one.fields.get("type")) for key, one in bite.items()}
    return _Known(
        on, there, kinds, {one.code: one for one in inventory_places.locations(on.store, on.company)},
        _by_name(on, "account"), _by_name(on, "inventory_site"),
    )  # fmt: skip


def _by_name(on: Side, sort: str) -> dict[str, str]:
    """Entries of a list of theirs by their name, and by their id."""
    entries = conductor_lists.listed(on.store, on.connection, sort, limit=5000)
    return {one.name.casefold(): one.id for one in entries} | {one.id.casefold(): one.id for one in entries}


def _adjustment(on: Side, site: str, account: str, rows: Sequence[tuple[str, int]], now: datetime) -> Record:
    day = inventory.today(on.store, on.company, now)
    given: dict[str, Any] = {
        "transactionDate": day, "account": {"id": account}, "memo": f"Stock counted and moved up to {day}"
    }  # fmt: skip
    if site:
        given["inventorySite"] = {"id": site}
    lines = [{"item": item, "quantityDifference": f"{Decimal(qty).scaleb(-3):f}"} for item, qty in rows]
    return records.create(
        on.store, on.company, ADJUSTMENT, clock.uuid7(), conductor_fields.cleaned(ADJUSTMENT, given, {}),
        conductor_fields.cleaned_lines(ADJUSTMENT, lines), BY, now,
    )  # fmt: skip


def _waiting(on: Side, known: _Known) -> list[Failure]:
    """What waits, in words, each item once."""
    told = sorted(known.words.items())[:TOLD_MAX]
    names = inventory_kept.names(on.store, [item for item, _ in told])
    return [
        Failure(TYPE, object_id=item, remote_id="", title=names.get(item, item), code=code, message=words)
        for item, (code, words) in told
    ]


def went(
    on: Side, session: Session, step: Step, cursor: dict[str, Any], *, synced: int = 0,
    failures: Sequence[Failure] = (),
) -> None:  # fmt: skip
    """Keep how far the step came, and what failed. Lost."""
    if not conductor_sessions.went(
        on.store, session, step, cursor, synced=synced, failed=len(failures), failures=failures
    ):  # fmt: skip
        raise Lost
