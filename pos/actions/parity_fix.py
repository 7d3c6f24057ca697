"""Levels of QuickBooks Desktop that are put right: proposals of at most ten lines for one site and account, agreed to
by another person, checked once more at that moment, and told as one adjustment that changes nothing here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pos import clock
from pos.actions import inventory_requests
from pos.actions.inventory import Who, by
from pos.actions.parity_compare import moves_of, sites_of
from pos.config import Config
from pos.errors import Conflict, NotAllowed, NotFound
from pos.rules import parity as rules
from pos.rules import qbd_split
from pos.rules.parity import Fix, Left
from pos.rules.qbd_split import Change, Item, Known, Site, Told
from pos.said import said
from pos.store import inventory, inventory_approvals, inventory_places, parity, parity_read, qbd_companies, qbd_queue
from pos.store.db import Store
from pos.store.inventory_approvals import Request
from pos.store.models import QbdItem
from pos.store.parity import Run

FIX = "quantity_fix"
#: Their figures are no older than this when somebody agrees.
FRESH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was asked for, and what was left out with its reason."""

    requests: list[Request]
    left: list[Left]


def fixes(store: Store, config: Config, run: Run, products: int, who: Who) -> Proposed:
    """Ask for adjustments there that take the differences of a comparison away."""
    if not who.person:
        raise NotAllowed(said("Only a person asks for this."), code="nobody")
    rows = {
        (row["item"], row["location"]): row
        for row in parity.every(store, parity.Filter(run.company, run.side, "open", field="quantity"))
    }
    plan = rules.plan(_wanted(store, config, run, rows.values()), products, made=run.counts.get("proposed", 0))
    done = Proposed([], list(plan.left))
    for bite in plan.adjustments:
        with store.transaction() as tx:
            lines = [_line(rows[one.item, one.location], one) for one in bite]
            payload = {
                "side": run.side, "run": run.n, "site": bite[0].location, "account": bite[0].account, "lines": lines,
            }  # fmt: skip
            split = _split(tx, run.company, payload, "", clock.now())
            if split.reasons:
                done.left.extend(Left(one.item, one.location, split.words) for one in bite)
                continue
            words = said("{n} levels put right in QuickBooks, at {site}.", n=len(lines), site=bite[0].location or "–")
            made = inventory_requests.propose(
                tx, config, run.company, FIX, payload, words, by=by(who), name=who.name
            )  # fmt: skip
            parity.proposed(tx, run, [(one.item, "quantity", one.location) for one in bite], made.id)
            parity.count_up(tx, run, "proposed", 1)
            done.requests.append(made)
    return done


def _wanted(store: Store, config: Config, run: Run, rows: Any) -> Iterator[Fix]:
    """What stands out as this comparison found it, and what is known of it. What is open of an older one was not seen
    to be so still."""
    found = [row for row in rows if row["run"] == run.n]
    for at in range(0, len(found), parity.BITE):
        bite = found[at : at + parity.BITE]
        parts = inventory_places.parts(store, run.company, [row["item"] for row in bite])
        for row in bite:
            part = parts.get(row["item"])
            account = (part.adjustment_account if part else "") or config.qbwc.adjustment_account
            yield Fix(
                row["item"], row["location"], row["difference"], account, row["detail"].get("kind", ""),
                bool(row["detail"].get("packs")), _waits(store, row["proposal"]),
            )  # fmt: skip


def _waits(store: Store, request: str) -> bool:
    """Whether a proposal is waiting, or what came of it."""
    found = inventory_approvals.find(store, request) if request else None
    if found is None:
        return False
    if found.state == "pending":
        return True
    works = qbd_queue.work_of(store, f"{parity_read.FIX}{request}")
    return found.state == "approved" and any(one.state not in ("applied", "cancelled") for one in works)


def _line(row: Mapping[str, Any], fix: Fix) -> dict[str, str]:
    return {
        "item": fix.item, "id": row["detail"].get("id", ""), "ours": row["ours"], "theirs": row["theirs"],
        "difference": fix.difference,
    }  # fmt: skip


def _split(tx: Store, company: str, payload: Mapping[str, Any], memo_id: str, now: datetime) -> qbd_split.Split:
    """What QuickBooks is told, or why it cannot be."""
    places = {one.code: one for one in inventory_places.locations(tx, company)}
    desktop = qbd_companies.of_company(tx, company)
    where = sites_of(tx, desktop)
    place = where.place(payload["site"]) if not where.whole else ""
    at = places.get(place)
    known = Known(
        {place: Site(at.qb_site_name, at.qb_site_id)} if at else {},
        {line["item"]: Item(line["item"], line["id"]) for line in payload["lines"]},
    )
    lines = tuple(
        Change(line["item"], int(Decimal(line["difference"]).scaleb(3)), place or "–", account=payload["account"])
        for line in payload["lines"]
    )
    day = inventory.today(tx, company, now)
    memo = f"Put right by comparison {payload['run']}"
    return qbd_split.split(Told(memo_id, "adjustment", day, memo, lines), known)


# -- agreed to ---------------------------------------------------------------------------------------------------------


def _agreed(tx: Store, request: Request, _who: Who, now: datetime) -> str:
    """Tell it, once, when everything still is as it was proposed. In the transaction that agrees to it."""
    desktop = qbd_companies.by_company(tx, request.company)
    if desktop is None:
        raise NotFound(said("This company has no QuickBooks Desktop."))
    _refuse_moved(tx, desktop, request.payload, now)
    split = _split(tx, request.company, request.payload, request.id, now)
    if split.reasons:
        raise Conflict(split.words, code="not_ready")
    source = f"{parity_read.FIX}{request.id}"
    qbd_queue.tell(tx, desktop.connection, request.company, qbd_split.ADJUSTMENT, source, split.parts, now)
    return source


def _refuse_moved(tx: Store, desktop: qbd_companies.Desktop, payload: Mapping[str, Any], now: datetime) -> None:
    """Conflict, in words, unless each difference is what was proposed."""
    read = parity_read.read_at(tx, desktop.connection)
    if not read or now - clock.parse(read) > FRESH:
        raise Conflict(said("What QuickBooks has was read more than a day ago. Compare again."), code="stale")
    where, site = sites_of(tx, desktop), payload["site"]
    items = [line["item"] for line in payload["lines"]]
    moves = moves_of(tx, desktop)
    waits = parity_read.waiting(tx, desktop.connection, desktop.company, where, read, moves, items)
    if site not in where.places.values():
        raise Conflict(said("{site} is no site of a place here any more. Compare again.", site=site), code="moved")
    mine = {one.code: one for one in parity_read.ours(
        tx, desktop.company, items, where, waits, currency="", day="")}  # fmt: skip
    theirs = _theirs(tx, desktop.connection, [line["id"] for line in payload["lines"]], where)
    for line in payload["lines"]:
        one, there = mine[line["item"]], theirs.get(line["id"])
        if site in one.unsettled:
            raise Conflict(
                said("{item}: something is on its way to QuickBooks, or went since. Compare again.", item=one.code),
                code="moved",
            )  # fmt: skip
        figure = rules.exact((there.levels or {}).get(site, "") or "0") if there and there.active else None
        if figure is None:
            raise Conflict(said("{item} is not in QuickBooks any more. Compare again.", item=one.code), code="moved")
        difference = Decimal(one.levels[site]).scaleb(-3) - figure
        if difference != Decimal(line["difference"]):
            raise Conflict(
                said("{item} differs by {now} now, not by {then}. Compare again.", item=one.code,
                     now=rules.text_of(difference), then=line["difference"]), code="moved",
            )  # fmt: skip


def _theirs(tx: Store, connection: str, ids: Sequence[str], where: parity_read.Sites) -> dict[str, rules.Theirs]:
    rows = list(QbdItem.select().where((QbdItem.connection == connection) & (QbdItem.list_id.in_(list(ids)))))
    return {one.id: one for one in parity_read.as_theirs(tx, connection, rows, where)}


inventory_requests.PROPOSALS[FIX] = _agreed
