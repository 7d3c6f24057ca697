"""What the API below /api/inventory answers with: events, requests, places, by the names that are documented."""

from __future__ import annotations

from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from pos.actions import inventory_requests
from pos.actions.inventory import Outcome, draft_of
from pos.actions.inventory_words import WHY
from pos.rules import inventory as rules
from pos.rules.inventory import Line
from pos.rules.inventory_approval import are_one
from pos.store import inventory_approvals
from pos.store.inventory_approvals import Request
from pos.store.inventory_events import Event
from pos.store.inventory_places import Location, Reason
from pos.store.inventory_read import Row
from pos.web import auth
from pos.web.parts import parts


def answered(outcome: Outcome) -> ResponseReturnValue:
    """201 what was made now, 202 what waits for a second person, 200 what was there or was answered before."""
    waits = outcome.approval is not None and outcome.approval.state == "pending"
    status = 202 if waits else 201 if outcome.made else 200
    return jsonify(of(outcome)), status


def of(outcome: Outcome) -> dict[str, Any]:
    """What came of asking."""
    found, waiting = outcome.event, outcome.approval
    if found is not None:
        status = found.status
    else:
        assert waiting is not None
        status = "pending_approval" if waiting.state == "pending" else waiting.state
    return {
        "ok": True,
        "status": status,
        "event": event(found) if found else None,
        "approval": approval(waiting) if waiting else None,
        "notes": list(outcome.notes),
    }


def event(found: Event) -> dict[str, Any]:
    """An event with its lines."""
    return {
        "id": found.id,
        "n": found.n,
        "company": found.company,
        "kind": found.kind,
        "status": found.status,
        "effectiveDate": found.effective_date,
        "memo": found.memo,
        "reason": found.reason,
        "reference": found.reference,
        "purchaseOrder": found.purchase_order,
        "count": found.count,
        "counters": found.counters,
        "createdAt": found.created_at,
        "createdBy": found.created_by,
        "approval": found.approval,
        "approvedBy": found.approved_by,
        "voidedAt": found.voided_at,
        "voidedBy": found.voided_by,
        "voidReason": found.void_reason,
        "connection": found.connection,
        "qbStatus": found.qb_status,
        "qbWords": found.qb_words,
        "lines": [_line(one) for one in found.lines],
    }


def approval(found: Request) -> dict[str, Any]:
    """A request, with what it asks for, and what whoever looks may do with it."""
    who = auth.actor()
    draft = draft_of(found.payload) if "draft" in found.payload else None
    waits, mine = found.state == "pending", bool(who.person) and are_one(found.asked_by, who.person)
    return {
        "id": found.id,
        "n": found.n,
        "company": found.company,
        "kind": found.kind,
        "state": found.state,
        "why": list(found.why),
        "whyText": [WHY[code] for code in found.why if code in WHY],
        "uncosted": list(found.payload.get("uncosted") or ()),
        "words": found.words,
        "askedBy": found.asked_by,
        "askedByName": found.asked_name,
        "askedAt": found.asked_at,
        "until": found.until,
        "decidedBy": found.decided_by,
        "decidedByName": found.decided_name,
        "decidedAt": found.decided_at,
        "note": found.note,
        "event": found.event,
        "effectiveDate": draft.effective_date if draft else "",
        "memo": draft.memo if draft else "",
        "reason": draft.reason if draft else "",
        "reference": draft.reference if draft else "",
        "lines": [_line(one) for one in draft.lines] if draft else [],
        "movedSince": [_moved(one) for one in inventory_requests.moved_since(parts().store, found)],
        "mayDecide": waits and not mine and bool(who.person) and who.may("stock_approve"),
        "mayWithdraw": waits and found.asked_by == who.person,
    }


def approvals_waiting(company: str) -> int:
    return inventory_approvals.waiting(parts().store, company)


def location(found: Location) -> dict[str, Any]:
    return {
        "code": found.code,
        "displayName": found.display_name,
        "qbSiteFullName": found.qb_site_name,
        "qbSiteListId": found.qb_site_id,
        "isVirtual": found.is_virtual,
        "active": found.active,
        "company": found.company,
        "changedAt": found.changed_at,
        "changedBy": found.changed_by,
    }


def reason(found: Reason) -> dict[str, Any]:
    return {
        "code": found.code,
        "words": found.words,
        "account": found.account,
        "active": found.active,
        "company": found.company,
    }


def stock(row: Row) -> dict[str, Any]:
    """One item at one place."""
    return {
        "sku": row.item,
        "name": row.name,
        "location": row.location,
        "onHand": rules.text_of(row.on_hand),
        "reserved": rules.text_of(row.reserved),
        "available": rules.text_of(row.available),
        "reorderPoint": None if row.reorder is None else rules.text_of(row.reorder),
        "low": row.low,
        "unit": row.uom,
        "keptHere": row.kept,
    }


def _line(line: Line) -> dict[str, Any]:
    between = bool(line.source)
    return {
        "sku": line.item,
        "quantity": rules.text_of(line.qty),
        "fromLocation": line.source,
        "toLocation": line.destination if between else "",
        "location": "" if between else line.destination,
        "setTo": None if line.set_to is None else rules.text_of(line.set_to),
        "levelBefore": None if line.level is None else rules.text_of(line.level),
        "account": line.account,
        "reason": line.reason,
        "cost": line.cost,
        "orderLine": line.order_line,
    }


def _moved(one: dict[str, Any]) -> dict[str, Any]:
    figures = {name: rules.text_of(one[name]) for name in ("then", "now", "asked", "becomes")}
    return {"sku": one["item"], "location": one["location"], **figures}
