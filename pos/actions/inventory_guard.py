"""What guards changes of stock: whether approvals are on, from when on a second person is needed, who can come in.

Approvals are on. They go off by an owner's act with a reason alone, which is audited and told until they are on again;
`[inventory] require_approval = no` only warns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pos import clock
from pos.config import Config
from pos.errors import Invalid, NotAllowed
from pos.rules import inventory as rules
from pos.rules import rights
from pos.rules.inventory_approval import ENV_ADMIN, ENV_WRITE, Asked, Needed, Thresholds, needs_second
from pos.said import said
from pos.store import audit, companies, env_users, inventory, inventory_approvals, inventory_places, notices
from pos.store.db import Store
from pos.store.people import Person

PART = "inventory_approvals"
OFF, WARNED = "inventory:approvals:off:", "inventory:approvals:setting"
REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a company's approvals are on, and who last said so."""

    on: bool = True
    reason: str = ""
    by: str = ""
    at: str = ""


def switch(store: Store, company: str) -> Switch:
    """How a company's approvals stand."""
    values = companies.kept(store, company, PART).values
    return Switch(not values.get("off"), values.get("reason", ""), values.get("by", ""), values.get("at", ""))


def turn(store: Store, company: str, who: Person, *, on: bool, reason: str) -> Switch:
    """Switch a company's approvals off or on. who: an owner, whose PIN or password was checked. Invalid without a
    reason; NotAllowed for anybody else. The same again changes nothing."""
    reason = " ".join(reason.split())
    if who.role != rights.OWNER:
        audit.record(store, who.code, "inventory.refused", company, {"act": "approvals", "code": "not_allowed"})
        raise NotAllowed("Only an owner switches approvals off or on.")
    if not reason or len(reason) > REASON_MAX or not reason.isprintable():
        raise Invalid("Say the reason in a sentence: it stays in the audit.", field="reason")
    with store.transaction():
        before = companies.kept(store, company, PART)
        if bool(before.values.get("off")) != on:
            return switch(store, company)
        values = {"off": not on, "reason": reason, "by": who.code, "at": clock.stamp(clock.now())}
        companies.keep(store, company, PART, values, before, who.code)
        detail = {"company": company, "on": on, "reason": reason}
        audit.record(store, who.code, "inventory.approvals", company, detail)
        _tell(store, company, who.name, on=on, reason=reason)
    return switch(store, company)


def announce(store: Store, config: Config) -> None:
    """At the start: that the setting alone switches nothing off; and that thresholds are others than before."""
    _tell_thresholds(store, config)
    if config.inventory.require_approval:
        notices.settle(store, WARNED)
        return
    notices.raise_once(
        store, WARNED, "check",
        said("The settings say that changes of stock need no second person; that alone switches nothing off."),
        said("Set [inventory] require_approval = yes, or let an owner run `inventory approvals off --reason`."),
    )  # fmt: skip


def _tell_thresholds(store: Store, config: Config) -> None:
    """Whoever raises a threshold in a file does what an owner does by a command: it is audited, and told."""
    own = config.inventory
    now = {"quantity": own.approval_qty_threshold, "value": own.approval_value_threshold}
    with store.transaction():
        before = inventory_approvals.swap_thresholds(store, now)
        if before in ({}, now):
            return
        audit.record(store, "system", "inventory.thresholds", "", {"before": before, "after": now})
        notices.raise_notice(
            store, "inventory:thresholds", "check",
            said("A second person agrees to changes of stock from {quantity} on, or {value} in money; before it was "
                 "{old_quantity} or {old_value}.", **now, **{f"old_{k}": v for k, v in before.items()}),
            event=True,
        )  # fmt: skip


def needed(store: Store, config: Config, company: str, asked: Asked, now: datetime) -> Needed:
    """Whether a second person must agree, on what the day moved already. In the transaction of what is asked."""
    if not switch(store, company).on:
        return Needed(())
    items = {line.item for line in asked.lines}
    day = inventory.today(store, company, now)
    return needs_second(asked, moved_on(store, company, items, day), costs(store, company, items), thresholds(config))


def thresholds(config: Config) -> Thresholds:
    """From when on a second person is needed, by the settings."""
    own = config.inventory
    quantity = rules.thousandths(own.approval_qty_threshold, "approval_qty_threshold")
    return Thresholds(quantity, Decimal(own.approval_value_threshold))


def costs(store: Store, company: str, items: Iterable[str]) -> dict[str, Decimal]:
    """What one unit costs, of the items whose cost is known."""
    found = inventory_places.parts(store, company, items)
    return {item: Decimal(part.cost) for item, part in found.items() if part.cost}


_MOVED = (
    "SELECT l.item, sum(abs(l.qty)) FROM inventory_line l JOIN inventory_event e ON e.id = l.event"
    " WHERE l.item IN (SELECT value FROM json_each(?)) AND e.company = ? AND e.status = 'committed'"
    " AND e.kind <> 'opening' AND l.event IN (SELECT m.event FROM inventory_move m"
    " WHERE m.item IN (SELECT value FROM json_each(?)) AND m.day = ?) GROUP BY l.item"
)


def moved_on(store: Store, company: str, items: Iterable[str], day: str) -> dict[str, int]:
    """What all events moved of these items that were entered on a day, whoever entered them: thousandths."""
    listed = json.dumps(sorted(items))
    return {item: int(qty) for item, qty in store.execute(_MOVED, (listed, company, listed, day)).fetchall()}


def security(store: Store, config: Config, company: str) -> dict[str, Any]:
    """How changes of stock are guarded, without any secret."""
    own, stands = config.inventory, switch(store, company)
    return {
        "company": company,
        "approvalsOn": stands.on,
        "approvalsOffReason": "" if stands.on else stands.reason,
        "approvalsOffBy": "" if stands.on else stands.by,
        "approvalsOffAt": "" if stands.on else stands.at,
        "requireApprovalSetting": own.require_approval,
        "warning": warning(stands, config),
        "approvalQtyThreshold": rules.text_of(thresholds(config).quantity),
        "approvalValueThreshold": f"{thresholds(config).value:f}",
        "approvalHours": own.approval_hours,
        "setModeNeedsApproval": stands.on,
        "writeToken": env_users.why_not(own, ENV_WRITE) or "set",
        "adminToken": env_users.why_not(own, ENV_ADMIN) or "set",
        "anonymousAccess": False,
    }


def warning(stands: Switch, config: Config) -> str:
    """What somebody should know of how approvals stand; "" = nothing."""
    if not stands.on:
        return said("Approvals are off: changes of stock need no second person.")
    if not config.inventory.require_approval:
        return said("[inventory] require_approval = no has no effect: approvals are on.")
    return ""


def _tell(store: Store, company: str, name: str, *, on: bool, reason: str) -> None:
    if on:
        notices.settle(store, f"{OFF}{company}")
        return
    notices.raise_notice(
        store, f"{OFF}{company}", "needs",
        said("{name} switched approvals of changes of stock off: {reason}", name=name, reason=reason),
        said("Run `inventory approvals on --reason` when this is over."),
    )  # fmt: skip
