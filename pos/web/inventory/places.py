"""Places, reasons and the company file: what is set up once, so that stock moves and QuickBooks Desktop hears of it.

GET  /inventory/places?place=&reason=           may look      inventory/places.html; what is named stands in its form
GET  /inventory/places/desktop.qwc              stock_admin   the file a Web Connector is set up with
POST /api/inventory/desktop                     stock_admin   {username, password?} -> 201 {password}: shown this once
POST /api/inventory/desktop/password            stock_admin   {password?} -> {password}
POST /api/inventory/desktop/enabled             stock_admin   {enabled} -> {}
POST /api/inventory/desktop/rebind              stock_admin   {reason} -> {}: the next company file is the right one
POST /api/inventory/desktop/cutover             stock_admin   {moves, day} -> {}: from that business day on
POST /api/inventory/desktop/sales               stock_admin   {on, moves?, day?} -> {}

company=: whose; left out, the first within reach. A password that is left out is made here.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import inventory_places_views as views
from pos.actions import qbd_mapping, qbd_setup
from pos.errors import Invalid
from pos.store import inventory, inventory_places, qbd_companies
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.inventory import asked, frame
from pos.web.inventory import shapes_screens as shapes
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts

bp = Blueprint("inventory_places", __name__)


@bp.get("/inventory/places")
@auth.needs(*LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    locations = inventory_places.locations(here.store, company)
    reasons = inventory_places.reasons(here.store, company)
    desktop = qbd_companies.by_company(here.store, company)
    place, reason = request.args.get("place", ""), request.args.get("reason", "")
    return frame.show(
        "places",
        "places",
        locations=locations,
        place=next((one for one in locations if one.code == place), None),
        reasons=list(reasons.values()),
        reason=reasons.get(reason),
        sites=views.sites_of(here.store, company),
        accounts=views.accounts_of(here.store, company),
        desktop=views.desktop(here.store, here.config, desktop) if desktop else None,
        asked_lists=views.lists(here.store, here.config, desktop.connection) if desktop else [],
        account_types=views.ACCOUNT_TYPES,
        from_settings=desktop is not None and views.is_of_settings(here.config, desktop),
        may_set=auth.actor().may("stock_admin"),
        moves=views.MOVES_STOCK,
        today=inventory.today(here.store, company, clock.now()),
    )


@bp.post("/api/inventory/desktop")
@describe(body=shapes.NEW_DESKTOP, answer=shapes.SECRET, status=201, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def add() -> ResponseReturnValue:
    body, company = json_object(), asked.company()
    username = text(body, "username", 200)
    _, made = qbd_companies.add(parts().store, company, username, _password(body), auth.actor().code)
    return jsonify({"ok": True, "password": made}), 201


@bp.post("/api/inventory/desktop/password")
@describe(body=shapes.DESKTOP_PASSWORD, answer=shapes.SECRET, refuses=(404,))
@auth.needs("stock_admin", within=True)
def set_password() -> ResponseReturnValue:
    body, company = json_object(), asked.company()
    made = qbd_companies.set_password(parts().store, company, _password(body), auth.actor().code)
    return jsonify({"ok": True, "password": made})


@bp.post("/api/inventory/desktop/enabled")
@describe(body=shapes.ENABLED, answer=shapes.DONE, refuses=(404,))
@auth.needs("stock_admin", within=True)
def set_enabled() -> ResponseReturnValue:
    body, company = json_object(), asked.company()
    enabled = body.get("enabled")
    if not isinstance(enabled, bool):
        raise Invalid("enabled is true or false.", field="enabled")
    qbd_companies.set_enabled(parts().store, company, enabled, auth.actor().code)
    return jsonify({"ok": True})


@bp.post("/api/inventory/desktop/rebind")
@describe(body=shapes.REASON, answer=shapes.DONE, refuses=(404,))
@auth.needs("stock_admin", within=True)
def rebind() -> ResponseReturnValue:
    body, company = json_object(), asked.company()
    qbd_companies.rebind(parts().store, company, auth.actor().code, text(body, "reason", 300))
    return jsonify({"ok": True})


@bp.get("/inventory/places/desktop.qwc")
@describe(kinds=("application/xml",), refuses=(404, 422))
@auth.needs("stock_admin", within=True)
def qwc() -> ResponseReturnValue:
    name, body = qbd_setup.qwc_file(parts().store, frame.company())
    answer = Response(body, mimetype="application/xml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/api/inventory/desktop/cutover")
@describe(body=shapes.CUT_OVER, answer=shapes.DONE, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def cut_over() -> ResponseReturnValue:
    body, company = json_object(), asked.company()
    moves, day = text(body, "moves", 40), text(body, "day", 40)
    qbd_mapping.cut_over(parts().store, company, moves, day, auth.actor().code)
    return jsonify({"ok": True})


@bp.post("/api/inventory/desktop/sales")
@describe(body=shapes.SALES, answer=shapes.DONE, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def sales() -> ResponseReturnValue:
    body, company, by = json_object(), asked.company(), auth.actor().code
    on, store = body.get("on"), parts().store
    if not isinstance(on, bool):
        raise Invalid("on is true or false.", field="on")
    if on:
        qbd_mapping.switch_on(store, company, text(body, "moves", 40), text(body, "day", 40), by)
    else:
        qbd_mapping.switch_off(store, company, by)
    return jsonify({"ok": True})


def _password(body: dict[str, Any]) -> str | None:
    return text(body, "password", 200) or None
