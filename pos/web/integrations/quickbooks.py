"""The sign-in to QuickBooks Online: the page, and the documented addresses.

GET  /settings/integrations?company=                  settings   console/integrations.html
GET  /api/integrations/quickbooks/status?company=     anybody    {connected, companyId?, connectedAt?, expiresAt?, …}
GET  /api/integrations/quickbooks/auth-url?company=   settings   {authUrl}, and a cookie that binds it to this browser
GET  /api/integrations/quickbooks/callback?state=…    open       where Intuit sends the browser; goes on to the page
POST /api/integrations/quickbooks/callback            settings   {address, company?}: the same, pasted by a person
POST /api/integrations/quickbooks/disconnect          settings   {company?} -> {success, revoked, message}
POST /api/integrations/quickbooks/realm               settings   {take, company?}: about another company there
GET  /api/integrations/quickbooks/worker/status       anybody    {running, pollIntervalMs, isProcessing}

The callback comes from another site, so none of the usual cookies comes along (SameSite=Strict). What proves that it is
the browser that began is a cookie of its own, sent to this address alone; and the page it answers goes on by itself, as
a visit of our own site, with all cookies. company: id, "main" where it is left out.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from pos.actions import qbo_connect, qbo_screen, qbo_views, qbo_worker
from pos.errors import Conflict, ConnectorError, Invalid, NotAllowed, PosError, Unavailable, UserError
from pos.said import said
from pos.store import companies, rights
from pos.store import people as staff
from pos.store.companies import Place
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame
from pos.web.describe import PAGE, describe
from pos.web.integrations import shapes
from pos.web.parts import parts

bp = Blueprint("integrations_quickbooks", __name__)

BASE = "/api/integrations/quickbooks"
COOKIE_SECONDS = 15 * 60
ADDRESS_CHARS_MAX = 4000


class OutOfReach(UserError):
    """Intuit cannot be reached now."""

    code = "intuit_unreachable"
    status = 503


@bp.get("/settings/integrations")
@auth.needs("settings", within=True)
def page() -> ResponseReturnValue:
    here = parts()
    company = _company(request.args.get("company", ""))
    problem = request.args.get("qb_error", "")[:40]
    return frame.show(
        "integrations",
        "integrations",
        card=qbo_views.card(here.store, here.config, company),
        worker=qbo_worker.status(here.store, here.config),
        sync=qbo_screen.together(here.store, here.config, company),
        companies=[one for one in companies.every(here.store, active=True) if _reaches(one.id)],
        connected=request.args.get("qb_connected") == "true",
        problem=qbo_views.PROBLEMS.get(problem, qbo_views.PROBLEMS["other"]) if problem else "",
    )


@bp.get(f"{BASE}/status")
@describe(query=shapes.COMPANY, answer=shapes.STATUS, refuses=(404,))
@auth.anybody
def status() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **qbo_views.status(here.store, here.config, _company(request.args.get("company", "")))})


@bp.get(f"{BASE}/auth-url")
@describe(query=shapes.COMPANY, answer=shapes.AUTH_URL, refuses=(404, 409, 503))
@auth.needs("settings", within=True)
def auth_url() -> ResponseReturnValue:
    here, who = parts(), auth.actor()
    browser = secrets.token_urlsafe(32)
    company = _company(request.args.get("company", ""))
    try:
        address = qbo_connect.begin(here.store, here.config, company, (who.code, who.key), browser)
    except Unavailable as error:
        raise OutOfReach(error.message) from error
    answer = jsonify({"ok": True, "authUrl": address})
    answer.set_cookie(
        auth.cookie_name("quickbooks"), browser, max_age=COOKIE_SECONDS, path=f"{BASE}/callback", httponly=True,
        samesite="Lax", secure=request.is_secure,
    )  # fmt: skip
    return answer


@bp.get(f"{BASE}/callback")
@describe(query=shapes.CALLBACK_QUERY, kinds=(PAGE,))
@auth.open_to_all
def callback() -> ResponseReturnValue:
    here = parts()
    told = {name: request.args.get(name, "")[:ADDRESS_CHARS_MAX] for name in shapes.CALLBACK_QUERY}
    cookie = auth.cookie_name("quickbooks")
    try:
        now = qbo_connect.come_back(
            here.store, here.config, told, browser=request.cookies.get(cookie, ""), allowed=_may_still
        )
        said_so = "" if now.row and now.row.held else "qb_connected=true&"
        way = f"/settings/integrations?{said_so}company={now.company}"
        _woken()
    except PosError as error:
        way = f"/settings/integrations?qb_error={error.code if error.code in qbo_views.PROBLEMS else 'other'}"
    answer = make_response(render_template("console/came_back.html", way=way))
    answer.delete_cookie(cookie, path=f"{BASE}/callback", httponly=True, samesite="Lax")
    return answer


@bp.post(f"{BASE}/callback")
@describe(body=shapes.ADDRESS, answer=shapes.CONNECTED, refuses=(404, 409, 503))
@auth.needs("settings", within=True)
def pasted() -> ResponseReturnValue:
    here, who, body = parts(), auth.actor(), json_object()
    _company(text(body, "company", 40) if "company" in body else "")
    told = qbo_connect.parts_of(text(body, "address", ADDRESS_CHARS_MAX))
    now = qbo_connect.come_back(here.store, here.config, told, who=(who.code, who.key))
    held = bool(now.row and now.row.held)
    _woken()
    words = said("Another company waits for your decision.") if held else said("QuickBooks is connected.")
    return jsonify({"ok": True, "state": now.state, "held": held, "message": words})


@bp.post(f"{BASE}/disconnect")
@describe(body=shapes.OF_COMPANY, answer=shapes.DISCONNECTED, refuses=(404,))
@auth.needs("settings", within=True)
def disconnect() -> ResponseReturnValue:
    here, body = parts(), json_object()
    revoked = qbo_connect.disconnect(here.store, here.config, _company_in(body), auth.actor().code)
    words = (
        said("QuickBooks is disconnected.")
        if revoked
        else said("QuickBooks is disconnected here. Intuit could not be told: take the app's access back there, too.")
    )
    here.ring("status")
    return jsonify({"ok": True, "success": True, "revoked": revoked, "message": words})


@bp.post(f"{BASE}/realm")
@describe(body=shapes.DECISION, answer=shapes.CONNECTED, refuses=(404, 409))
@auth.needs("settings", within=True)
def realm() -> ResponseReturnValue:
    here, body = parts(), json_object()
    take = body.get("take")
    if not isinstance(take, bool):
        raise Invalid(said("{name} is yes or no.", name="take"), field="take")
    try:
        now = qbo_connect.decide(here.store, here.config, _company_in(body), take, auth.actor().code)
    except ConnectorError as error:
        raise Conflict(error.message, code=error.code) from error
    words = said("The other company takes the old one's place.") if take else said("The old company stays.")
    _woken()
    return jsonify({"ok": True, "state": now.state, "held": False, "message": words})


@bp.get(f"{BASE}/worker/status")
@describe(answer=shapes.WORKER)
@auth.anybody
def worker_status() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **qbo_worker.status(here.store, here.config)})


def _woken() -> None:
    """What waited for a sign-in goes at once."""
    for event in ("connections", "line"):
        parts().ring(event)


def _company(name: str) -> str:
    """The company's id; NotFound, or 403 when it lies outside of whose rights are kept to others."""
    key = companies.one(parts().store, name[:40] or companies.MAIN).id
    if not _reaches(key):
        raise NotAllowed("Your rights are kept to other companies.", code="reach")
    return key


def _company_in(body: dict[str, Any]) -> str:
    return _company(text(body, "company", 40) if "company" in body else "")


def _reaches(company: str) -> bool:
    reach = auth.reach_of()
    return reach.is_all or all(reach.has(Place(company, shop.id)) for shop in companies.shops(parts().store, company))


def _may_still(person: str) -> bool:
    """Whether who began may still connect: a program's key answers for itself."""
    store = parts().store
    found = [one for one in staff.people(store) if one.code == person]
    return bool(found) and found[0].active and rights.of(store).allowed(found[0].role, "settings")
