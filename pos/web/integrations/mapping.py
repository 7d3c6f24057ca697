"""What a company's words are called in its QuickBooks: /settings/integrations/mapping and what it is made with.

GET  /settings/integrations/mapping?company=                    settings   console/mapping.html
POST /api/integrations/quickbooks/mapping                       settings   {mark, changes, company?} -> {mark, released}
POST /api/integrations/quickbooks/lists/reload                  settings   {company?} -> {counts}: fetched from there
GET  /api/integrations/quickbooks/lists/<kind>?q=&company=      settings   {rows, total}: what may be chosen, by words
POST /api/integrations/quickbooks/items/approve                 settings   {codes, renamed?} or {all: true}: created
                                                                           there, once -> {approved, created}
POST /api/integrations/quickbooks/items/aside                   settings   {item}: its sales before its start of stock
                                                                           go to the item chosen for that
POST /api/integrations/quickbooks/items/started                 settings   {}: the start was moved there; try again

changes: see `actions.qbo_change.save`.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import qbo_change, qbo_items, qbo_lists, qbo_mapping_views, qbo_missing, qbo_starts
from pos.connectors.qbo.lists import KINDS
from pos.errors import Conflict, ConnectorError, Invalid, NotFound, Unavailable, Unknown
from pos.said import nsaid, said
from pos.store import companies
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame
from pos.web.describe import describe
from pos.web.integrations import reached
from pos.web.integrations import shapes_mapping as shapes
from pos.web.integrations.quickbooks import OutOfReach
from pos.web.parts import parts

bp = Blueprint("integrations_quickbooks_mapping", __name__)

BASE = "/api/integrations/quickbooks"
CODES_MAX = 500


@bp.get("/settings/integrations/mapping")
@auth.needs("settings", within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    return frame.show(
        "mapping",
        "integrations",
        companies=[one for one in companies.every(here.store, active=True) if reached.may(one.id)],
        **qbo_mapping_views.page(here.store, here.config, company),
    )


@bp.post(f"{BASE}/mapping")
@describe(body=shapes.CHANGE, answer=shapes.CHANGED, refuses=(404, 409))
@auth.needs("settings", within=True)
def change() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, changes = reached.in_body(body), body.get("changes")
    if not isinstance(changes, dict):
        raise Invalid(said("{name} is an object.", name="changes"), field="changes")
    made = qbo_change.save(here.store, company, text(body, "mark", 64), changes, auth.actor().code)
    words = said("Saved.")
    if made.released:
        words = nsaid("Saved. {n} receipt that waited goes again.", "Saved. {n} receipts that waited go again.",
                      made.released)  # fmt: skip
        here.ring("line")
    return jsonify({"ok": True, "mark": made.mark, "released": made.released, "message": words})


@bp.post(f"{BASE}/lists/reload")
@describe(body=shapes.OF_COMPANY, answer=shapes.RELOADED, refuses=(404, 409, 503))
@auth.needs("settings", within=True)
def reload() -> ResponseReturnValue:
    here, company = parts(), reached.in_body(json_object())
    try:
        made = qbo_lists.reload(here.store, here.config, company, auth.actor().code)
    except (Unavailable, Unknown) as error:
        raise OutOfReach(error.message) from error
    except ConnectorError as error:
        raise Conflict(error.message, code=error.code) from error
    counts = {kind: len(made.lists.of(kind)) for kind in KINDS}
    return jsonify({"ok": True, "counts": counts, "message": said("The lists of QuickBooks are loaded.")})


@bp.get(f"{BASE}/lists/<kind>")
@describe(query=shapes.LIST_QUERY, answer=shapes.LIST, refuses=(404, 409))
@auth.needs("settings", within=True)
def entries(kind: str) -> ResponseReturnValue:
    if kind not in KINDS:
        raise NotFound(said("There is no such list."), field="kind")
    here, company = parts(), reached.asked()
    return jsonify({"ok": True, **qbo_mapping_views.found(here.store, company, kind, request.args.get("q", "")[:100])})


@bp.post(f"{BASE}/items/approve")
@describe(body=shapes.APPROVE, answer=shapes.APPROVED, refuses=(404, 409, 503))
@auth.needs("settings", within=True)
def approve() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, who = reached.in_body(body), auth.actor().code
    codes, every = body.get("codes", []), body.get("all") is True
    if not isinstance(codes, list) or len(codes) > CODES_MAX or not all(isinstance(one, str) for one in codes):
        raise Invalid(said("{field} is a list of words.", field="codes"), field="codes")
    tables, lists = qbo_items.tables_of(here.store, company), qbo_lists.needed(here.store, company).lists
    waiting = qbo_missing.waiting(here.store, companies.connection_id("quickbooks", company), tables)
    rows = qbo_items.proposals(here.store, company, tables, lists, waiting)
    wanted = [one for one in rows if (qbo_mapping_views.is_ready(one) if every else one.code in set(codes))]
    if not wanted:
        raise Conflict(said("There is nothing to create; look at the page again."), code="nothing")
    taken = qbo_items.approve(here.store, company, wanted, who, renamed=body.get("renamed") is True)
    try:
        made = qbo_items.create(here.store, here.config, company, qbo_items.AT_ONCE)
    except ConnectorError as error:
        raise OutOfReach(said("{n} approved; they are created later. {why}", n=taken, why=error.message)) from error
    here.ring("line")
    words = said("{n} approved, {made} in QuickBooks now; the others follow by themselves.", n=taken, made=made)
    return jsonify({"ok": True, "approved": taken, "created": made, "message": words})


@bp.post(f"{BASE}/items/aside")
@describe(body=shapes.ITEM, answer=shapes.TRIED, refuses=(404, 409))
@auth.needs("settings", within=True)
def aside() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = reached.in_body(body)
    count = qbo_starts.put_aside(here.store, company, text(body, "item", 140), auth.actor().code)
    here.ring("line")
    return jsonify({"ok": True, "documents": count, "message": _tried(count)})


@bp.post(f"{BASE}/items/started")
@describe(body=shapes.OF_COMPANY, answer=shapes.TRIED, refuses=(404, 409))
@auth.needs("settings", within=True)
def started() -> ResponseReturnValue:
    here, company = parts(), reached.in_body(json_object())
    count = qbo_starts.again(here.store, company, auth.actor().code)
    here.ring("line")
    return jsonify({"ok": True, "documents": count, "message": _tried(count)})


def _tried(count: int) -> str:
    return nsaid("{n} document is tried again.", "{n} documents are tried again.", count)
