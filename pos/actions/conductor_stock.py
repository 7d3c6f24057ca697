"""Stock and a QuickBooks company file: the steps of a session about it, and what is on hand there beside ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pos import clock
from pos.actions import conductor_booked, conductor_net
from pos.actions.conductor_side import Side
from pos.errors import Rejected
from pos.rules.conductor_fields import plain
from pos.store import conductor_companies, conductor_lists, conductor_stock, connections
from pos.store.conductor_sessions import Session, Step
from pos.store.conductor_stock import Level
from pos.store.db import Store

ADJUSTMENTS = "inventory_adjustments"
LEVELS = "conductor:levels"
#: Of few items the levels are asked for with each session, of many once in so long.
FEW_ITEMS, EVERY = 1500, timedelta(hours=24)
STOCKED = ("inventory_items", "inventory_assembly_items")
SITES = "item_sites"
ANEW_MAX = 3


def run(
    on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]
) -> bool:  # fmt: skip
    """Work on a step about stock; whether it came to its end. That of adjustments books theirs and makes ours, which a
    push then sends; that of items asks what is on hand. ConnectorError; Lost."""
    if step.object_type == ADJUSTMENTS:
        if on.direction(ADJUSTMENTS) in ("both", "from_quickbooks"):
            conductor_booked.book(on, session, step, stopping, breathe)
        if on.direction(ADJUSTMENTS) in ("both", "to_quickbooks") and not stopping():
            conductor_net.tell(on, session, step)
        return not stopping()
    return _levels(on, session, step, stopping, breathe)


# -- what is on hand there ---------------------------------------------------------------------------------------------


def _levels(
    on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]
) -> bool:  # fmt: skip
    """What is on hand there, of every item and at every site: no revision tells of a change of it."""
    mark, now = connections.mark(on.store, on.connection, LEVELS), clock.now()
    often = conductor_stock.count(on.store, on.connection) <= FEW_ITEMS
    if not often and mark.checked_at > clock.stamp(now - EVERY):
        return True
    resources = (*STOCKED, SITES) if conductor_lists.listed(on.store, on.connection, "inventory_site") else STOCKED
    cursor = dict(step.cursor) or {"at": 0, "began": clock.stamp(now)}
    while cursor["at"] < len(resources):
        if not _resource(on, session, step, cursor, resources[cursor["at"]], stopping, breathe):
            return False
        cursor = {**cursor, "at": cursor["at"] + 1}
        conductor_net.went(on, session, step, cursor)
    with on.store.transaction():
        for sites in (False, True):
            conductor_stock.forget(on.connection, clock.parse(cursor["began"]), sites=sites)
        connections.checked(on.store, on.connection, LEVELS, clock.parse(cursor["began"]))
    return True


def _resource(
    on: Side, session: Session, step: Step, cursor: dict[str, Any], resource: str, stopping: Callable[[], bool],
    breathe: Callable[[], None],
) -> bool:  # fmt: skip
    """One list from its first page to its last; False = somebody wants it to stop. A page that is refused under a
    cursor went stale: from the beginning."""
    token, anew = "", 0
    while not stopping():
        try:
            page = on.client.page(resource, token)
        except Rejected:
            if resource != STOCKED[0] and not token:
                return True  # an edition without assemblies, a file without stock at several sites
            anew += 1
            if not token or anew > ANEW_MAX:
                raise
            token = ""
            continue
        with on.store.transaction():
            conductor_stock.keep(on.store, on.connection, _levels_of(page.rows), clock.now())
            conductor_net.went(on, session, step, cursor, synced=len(page.rows))
        breathe()
        if not page.more:
            return True
        token = page.cursor
    return False


def _levels_of(rows: Iterable[Mapping[str, Any]]) -> list[Level]:
    """Bins of a site are in the site's own row."""
    whole = [row for row in rows if not (row.get("inventorySiteLocation") or {}).get("id")]
    return [level for level in map(_level_of, whole) if level.item]


def _level_of(row: Mapping[str, Any]) -> Level:
    if "inventorySite" not in row:
        figures = [
            _figure(row.get(name)) for name in ("quantityOnHand", "quantityOnPurchaseOrder", "quantityOnSalesOrder")
        ]
        return Level(str(row["id"]), "", *figures)
    item = row.get("inventoryItem") or row.get("inventoryAssemblyItem") or {}
    site = (row.get("inventorySite") or {}).get("id") or ""
    figures = [
        _figure(row.get(name)) for name in ("quantityOnHand", "quantityOnPurchaseOrders", "quantityOnSalesOrders")
    ]
    return Level(str(item.get("id") or ""), str(site), *figures)


def _figure(held: Any) -> str:
    return "" if held is None else plain(held)


@dataclass(frozen=True, slots=True)
class Beside:
    """What QuickBooks says is of an item. record: its record here; sites: (name of the site, what is on hand there).
    Figures are exact texts, "" = not known."""

    record: str
    on_hand: str = ""
    on_order: str = ""
    on_sales_order: str = ""
    seen_at: str = ""
    sites: tuple[tuple[str, str], ...] = ()


def beside(store: Store, company: str, items: Iterable[str]) -> dict[str, Beside]:
    """Of items of ours (or of records of items) what QuickBooks says there is; those it knows nothing of are left out.
    {} where the company has no company file that is on."""
    row = conductor_companies.by_company(store, company)
    if row is None or not row.enabled:
        return {}
    there = conductor_stock.remotes(store, company, row.connection, items)
    found = conductor_stock.levels(store, row.connection, [remote for _, remote in there.values()])
    named = {one.site for levels in found.values() for one in levels} - {""}
    sites = conductor_lists.named(store, row.connection, "inventory_site", named)
    made: dict[str, Beside] = {}
    for item, (record, remote) in there.items():
        whole = next((one for one in found.get(remote, ()) if not one.site), None)
        if whole is not None:
            at = [(sites[one.site].name if one.site in sites else one.site, one.on_hand)
                  for one in found[remote] if one.site]  # fmt: skip
            made[item] = Beside(
                record, whole.on_hand, whole.on_order, whole.on_sales_order, whole.seen_at, tuple(sorted(at))
            )
    return made
