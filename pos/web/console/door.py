"""Signing in at the console: code and password, a cookie of its own, and out again.

GET  /console/sign-in        open      console/sign_in.html
GET  /api/console/session    open      {user: {code, name, role, rights} or null, csrf}
POST /api/console/sign-in    open      {code, password} -> cookie; answers as /api/console/session
POST /api/console/sign-out   person    ends the sign-in
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from pos import clock
from pos.errors import NotAllowed, UserError
from pos.said import said
from pos.store import passwords
from pos.store.people import Actor, LockedOut
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame, shapes
from pos.web.describe import PAGE, describe
from pos.web.inventory import frame as inventory
from pos.web.parts import parts
from pos.web.shapes import ok

bp = Blueprint("console", __name__)
frame.install(bp)

#: Wrong passwords a minute from one address, whatever codes they are for.
TRIES_MAX = 10
_ADDRESSES_MAX = 1000
_failures: dict[str, list[float]] = {}


@bp.get("/console/sign-in")
@describe(kinds=(PAGE,), refuses=(302,))
@auth.open_to_all
def sign_in_page() -> ResponseReturnValue:
    who = auth.actor_or_none()
    if _may(who, inventory.LOOKING) and (request.args.get("to") == "inventory" or not _may(who, frame.RIGHTS)):
        return redirect("/inventory")
    if _welcome(who):
        return redirect("/console")
    here = parts().config
    return render_template(
        "console/sign_in.html", shop_name=here.shop.name, till_name=here.till.name, csrf=generate_csrf()
    )


@bp.get("/api/console/session")
@describe(answer=shapes.SESSION)
@auth.open_to_all
def session() -> ResponseReturnValue:
    return jsonify(_view(auth.actor_or_none()))


@bp.post("/api/console/sign-in")
@describe(body=shapes.SIGN_IN, answer=shapes.SESSION, refuses=(403, 422, 429))
@auth.open_to_all
def sign_in() -> ResponseReturnValue:
    device, body = auth.require_console(), json_object()
    cookie, address = auth.cookie_name("console"), request.remote_addr or ""
    _slow_down(address)
    try:
        secret, who = passwords.sign_in(
            parts().store,
            text(body, "code", 20),
            text(body, "password", 1000),
            device,
            request.cookies.get(cookie, ""),
        )
    except UserError:
        _failures.setdefault(address, []).append(clock.monotonic())
        raise
    if not _welcome(who):
        passwords.end(parts().store, who.key)
        raise NotAllowed(said("{name} has no right that opens anything here.", name=who.name))
    answer = jsonify(_view(who))
    answer.set_cookie(cookie, secret, httponly=True, samesite="Strict", secure=request.is_secure)
    return answer


@bp.post("/api/console/sign-out")
@describe(answer=ok())
@auth.signed_in
def sign_out() -> ResponseReturnValue:
    passwords.end(parts().store, auth.actor().key)
    answer = jsonify({"ok": True})
    answer.delete_cookie(auth.cookie_name("console"), httponly=True, samesite="Strict")
    return answer


def _welcome(who: Actor | None) -> bool:
    return _may(who, frame.RIGHTS) or _may(who, inventory.LOOKING)


def _may(who: Actor | None, rights: tuple[str, ...]) -> bool:
    return who is not None and any(who.may(right) for right in rights)


def _slow_down(address: str) -> None:
    since = clock.monotonic() - 60
    for known in list(_failures):
        _failures[known] = [at for at in _failures[known] if at > since][-TRIES_MAX:]
        if not _failures[known]:
            del _failures[known]
    if len(_failures.get(address, ())) >= TRIES_MAX or len(_failures) > _ADDRESSES_MAX:
        raise LockedOut("Too many wrong passwords. Try again in a minute.")


def _view(who: Actor | None) -> dict[str, Any]:
    user = None
    if who is not None:
        user = {"code": who.code, "name": who.name, "role": who.role, "rights": list(who.table.rights_of(who.role))}
    return {"ok": True, "user": user, "csrf": generate_csrf()}
