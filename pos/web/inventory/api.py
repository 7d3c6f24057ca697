"""The API of stock, reading. Nothing is open: each address needs a key or a sign-in that may look at stock.

GET /api/inventory/security-config   may look   how changes are guarded, who you are; no secret
GET /api/inventory/health            may look   {status, approvalsOn, approvalsWaiting, qbPending, qbErrors, …}
GET /api/inventory/locations         may look   {rows: [StockLocation]}; ?active=1: those in use
GET /api/inventory/reasons           may look   {rows: [StockReason]}
GET /api/inventory/overview          may look   ?q=&location=&low=1&limit=&after= -> {figures, rows, after}
GET /api/inventory/events            may look   ?kind=&status=&qbStatus=&sku=&location=&limit=&before= -> {rows, before}
GET /api/inventory/events/<key>      may look   {event}
GET /api/inventory/queue-summary     may look   {states, ready, held, oldest}: what waits for QuickBooks Desktop
GET /api/inventory/item/<any_text:sku>   may look   ?location=&limit=&after= -> the item, its stock, all that moved it
GET /api/inventory/approvals         may look   ?state=&kind=&limit=&before= -> {rows: [StockApproval], before, waiting}
GET /api/inventory/audit             stock_approve, stock_admin, operate   ?actor=&act=&q=&first=&last=&after=&limit=

company=: whose stock, where a hub has several; left out, the first within reach. may look: stock, stock_approve,
stock_admin, operate or z_read. What is sent and what comes of it: docs/inventory.md.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import audit_views, inventory_guard, inventory_requests
from pos.actions.inventory import seen
from pos.errors import Invalid
from pos.rules import inventory as rules
from pos.rules import rights
from pos.said import said
from pos.store import (
    inventory,
    inventory_approvals,
    inventory_places,
    inventory_read,
    qbd_companies,
    qbd_queue,
    qbd_rows,
)
from pos.web import auth
from pos.web.console import lists
from pos.web.console.shapes import LIST_QUERY
from pos.web.console.shapes_lists import AUDIT
from pos.web.describe import describe
from pos.web.inventory import api_shapes as shapes
from pos.web.inventory import asked, shown
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts
from pos.web.shapes import TEXT

bp = Blueprint("inventory_api", __name__)

#: What an event may be at QuickBooks Desktop.
QB_STATES = ("none", *qbd_rows.EVENT_ORDER)
#: How acts in the audit begin that are of stock.
ACTS = "inventory"


@bp.get("/api/inventory/security-config")
@describe(query={"company": TEXT}, answer=shapes.SECURITY)
@auth.needs(*LOOKING, within=True)
def security_config() -> ResponseReturnValue:
    here, who = parts(), auth.actor()
    you = {"code": who.code, "name": who.name, "person": who.person}
    you["rights"] = [right for right in rights.RIGHTS if right in LOOKING and who.may(right)]  # type: ignore[assignment]
    return jsonify({"ok": True, **inventory_guard.security(here.store, here.config, asked.company()), "you": you})


@bp.get("/api/inventory/health")
@describe(query={"company": TEXT}, answer=shapes.HEALTH)
@auth.needs(*LOOKING, within=True)
def health() -> ResponseReturnValue:
    here, company = parts(), asked.company()
    found = inventory_read.figures(here.store, company)
    is_on = inventory_guard.switch(here.store, company).on
    return jsonify(
        {
            "ok": True,
            "status": "ok" if is_on and not found.errors else "check",
            "company": company,
            "now": clock.stamp(clock.now()),
            "approvalsOn": is_on,
            "approvalsWaiting": shown.approvals_waiting(company),
            "skus": found.skus,
            "lowStock": found.low,
            "locations": found.locations,
            "qbPending": found.pending,
            "qbErrors": found.errors,
            "quickbooks": qbd_companies.by_company(here.store, company) is not None,
        }
    )


@bp.get("/api/inventory/locations")
@describe(query=shapes.LOCATIONS_QUERY, answer=shapes.LOCATIONS)
@auth.needs(*LOOKING, within=True)
def locations() -> ResponseReturnValue:
    here, active = parts(), asked.yes("active")
    found = inventory_places.locations(here.store, asked.company(), active=active)
    return jsonify({"ok": True, "rows": [shown.location(one) for one in found]})


@bp.get("/api/inventory/reasons")
@describe(query=shapes.LOCATIONS_QUERY, answer=shapes.REASONS)
@auth.needs(*LOOKING, within=True)
def reasons() -> ResponseReturnValue:
    here, active = parts(), asked.yes("active")
    found = inventory_places.reasons(here.store, asked.company(), active=active)
    return jsonify({"ok": True, "rows": [shown.reason(one) for one in found.values()]})


@bp.get("/api/inventory/overview")
@describe(query=shapes.OVERVIEW_QUERY, answer=shapes.OVERVIEW, refuses=(404,))
@auth.needs(*LOOKING, within=True)
def overview() -> ResponseReturnValue:
    here, company, given = parts(), asked.company(), request.args
    found = inventory_read.overview(
        here.store, company, query=given.get("q", "")[:200], location=given.get("location", "")[:140],
        low_only=asked.yes("low"), page=given.get("after", "")[:1000], size=asked.limit(),
    )  # fmt: skip
    figures = inventory_read.figures(here.store, company)
    return jsonify(
        {
            "ok": True,
            "company": company,
            "figures": {
                "skus": figures.skus,
                "lowStock": figures.low,
                "qbPending": figures.pending,
                "qbErrors": figures.errors,
                "approvalsWaiting": shown.approvals_waiting(company),
            },
            "rows": [shown.stock(row) for row in found.rows],
            "after": found.after,
        }
    )


@bp.get("/api/inventory/events")
@describe(query=shapes.EVENTS_QUERY, answer=shapes.EVENTS)
@auth.needs(*LOOKING, within=True)
def events() -> ResponseReturnValue:
    here, limit, qb_status = parts(), asked.limit(), asked.choice("qbStatus", QB_STATES)
    found = inventory.events(
        here.store, asked.company(), kind=asked.choice("kind", rules.KINDS),
        status=asked.choice("status", ("committed", "voided")), qb_status=(qb_status,) if qb_status else (),
        item=request.args.get("sku", "")[:140], location=request.args.get("location", "")[:140],
        before=asked.before(), limit=limit + 1,
    )  # fmt: skip
    rows = [shown.event(one) for one in found[:limit]]
    return jsonify({"ok": True, "rows": rows, "before": rows[-1]["n"] if len(found) > limit else 0})


@bp.get("/api/inventory/events/<key>")
@describe(answer=shapes.ONE_EVENT)
@auth.needs(*LOOKING, within=True)
def one_event(key: str) -> ResponseReturnValue:
    return jsonify({"ok": True, "event": shown.event(seen(parts().store, key, auth.reach_of()))})


@bp.get("/api/inventory/queue-summary")
@describe(query={"company": TEXT}, answer=shapes.QUEUE)
@auth.needs(*LOOKING, within=True)
def queue_summary() -> ResponseReturnValue:
    here, company = parts(), asked.company()
    row, found = qbd_companies.by_company(here.store, company), qbd_queue.summary(here.store, company)
    return jsonify(
        {
            "ok": True,
            "company": company,
            "connection": row.connection if row else "",
            "states": found.counts,
            "ready": found.ready,
            "held": found.held,
            "oldest": found.oldest,
        }
    )


@bp.get("/api/inventory/item/<any_text:sku>", merge_slashes=False)
@describe(query=shapes.ITEM_QUERY, answer=shapes.ITEM)
@auth.needs(*LOOKING, within=True)
def item(sku: str) -> ResponseReturnValue:
    here, company, place = parts(), asked.company(), request.args.get("location", "")[:140]
    found = inventory_read.item_detail(here.store, sku, company)
    moved = inventory_read.moves(
        here.store, sku, company, location=place, page=request.args.get("after", "")[:2000], size=asked.limit()
    )
    part = found.part
    return jsonify(
        {
            "ok": True,
            "sku": found.item,
            "name": found.name,
            "unit": found.uom,
            "reorderPoint": None if found.reorder is None else rules.text_of(found.reorder),
            "stocked": found.stocked,
            "disabled": found.disabled,
            "barcodes": list(found.barcodes),
            "part": {
                "incomeAccount": part.income_account,
                "cogsAccount": part.cogs_account,
                "assetAccount": part.asset_account,
                "adjustmentAccount": part.adjustment_account,
                "cost": part.cost,
                "vendor": part.vendor,
                "mpn": part.mpn,
                "qbFullName": part.qb_name,
                "qbListId": part.qb_id,
                "qbType": part.qb_type,
            },
            "rows": [shown.stock(row) for row in found.rows],
            "moves": [
                {
                    "at": one.at,
                    "kind": one.kind,
                    "ref": one.ref,
                    "number": one.number,
                    "location": one.location,
                    "quantity": rules.text_of(one.qty),
                    "levelAfter": None if one.level_after is None else rules.text_of(one.level_after),
                    "by": one.by,
                    "void": one.void,
                }
                for one in moved.rows
            ],
            "after": moved.after,
        }
    )


@bp.get("/api/inventory/approvals")
@describe(query=shapes.APPROVALS_QUERY, answer=shapes.APPROVALS)
@auth.needs(*LOOKING, within=True)
def approvals() -> ResponseReturnValue:
    here, company, limit = parts(), asked.company(), asked.limit()
    inventory_requests.expire(here.store)
    found = inventory_approvals.listed(
        here.store, company, state=asked.choice("state", inventory_approvals.STATES),
        kind=request.args.get("kind", "")[:40], before=asked.before(), limit=limit + 1,
    )  # fmt: skip
    rows = [shown.approval(one) for one in found[:limit]]
    more = rows[-1]["n"] if len(found) > limit else 0
    return jsonify({"ok": True, "rows": rows, "before": more, "waiting": shown.approvals_waiting(company)})


@bp.get("/api/inventory/audit")
@describe(query={**LIST_QUERY, **dict.fromkeys(("actor", "act", "q", "first", "last"), TEXT)}, answer=AUDIT)
@auth.needs("stock_approve", "stock_admin", "operate", within=True)
def audited() -> ResponseReturnValue:
    here, given = parts(), {name: request.args.get(name, "")[:200] for name in ("actor", "act", "q", "first", "last")}
    act = given["act"] or ACTS
    if act != ACTS and not act.startswith(f"{ACTS}."):
        raise Invalid(said("{name} cannot be {value}.", name="act", value=repr(act[:40])), field="act")
    wanted = audit_views.Filter(given["actor"], act, given["q"], given["first"], given["last"])
    rows, found = audit_views.listed(
        here.store, here.config, wanted, lists.asked(sorts=("n",), sort="n"), auth.reach_of()
    )
    return jsonify({"ok": True, **lists.as_json(rows, found)})
