"""Till and books side by side.

GET  /api/reconciliations?page=                 z_read   {legs, rows: [Row], page, pages, total, wanted, counts}
GET  /api/reconciliations/<scope>/<name>        z_read   {title, legs: [sums and differences on each leg]}
POST /api/reconciliations/run                   z_read   {scope?, name?} -> 202 {asked}   looked at by the agent
POST /api/reconciliations/items/<n>/settle      z_read   {reason} -> {item}
GET  /reconciliation?page=                      z_read   reconciliations.html
GET  /reconciliation/<scope>/<name>             z_read   reconciliation.html

Each address below /api also stands below /api/console, behind the console's door; `auth` tells them apart by path:

GET  /api/console/reconciliations?page=               z_read   as /api/reconciliations
GET  /api/console/reconciliations/<scope>/<name>      z_read   one of them
POST /api/console/reconciliations/run                 z_read   asks for another look
POST /api/console/reconciliations/items/<n>/settle    z_read   a difference explained by a person

scope: session or day. Row: {scope, name, day, day_text, title, z, cells: [one per leg]}. Cell: {leg, state, why, open,
here, there, here_text, there_text, when_text}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from pos.actions import verdicts
from pos.errors import Invalid
from pos.store import reconciliations
from pos.store.reach import Reach
from pos.web import auth, reader
from pos.web import shapes_shop as shapes
from pos.web.body import json_object, text
from pos.web.console import frame
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import WHOLE

bp = Blueprint("reconciliations", __name__)

View = TypeVar("View", bound=Callable[..., Any])


def _at_both(method: str, path: str) -> Callable[[View], View]:
    """Serve one view at the till and at the console."""

    def mark(view: View) -> View:
        bp.add_url_rule(f"/api{path}", view.__name__, view, methods=[method])
        bp.add_url_rule(f"/api/console{path}", f"console_{view.__name__}", view, methods=[method])
        return view

    return mark


@_at_both("GET", "/reconciliations")
@describe(query={"page": WHOLE}, answer=shapes.RECONCILIATIONS)
@auth.needs("z_read", within=True)
def listed() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **verdicts.overview(here.store, reader.seen(here.config), _page(), _reach())})


@_at_both("GET", "/reconciliations/<scope>/<name>")
@describe(answer=shapes.RECONCILIATION)
@auth.needs("z_read", within=True)
def one(scope: str, name: str) -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **verdicts.detail(here.store, reader.seen(here.config), scope, name, _reach())})


@_at_both("POST", "/reconciliations/run")
@describe(body=shapes.LOOK_AGAIN, answer=shapes.LOOKS, status=202, refuses=(404, 409))
@auth.needs("z_read", within=True)
def run() -> ResponseReturnValue:
    here, body = parts(), json_object()
    scope, name = text(body, "scope", 20), text(body, "name", 40)
    if bool(scope) != bool(name):
        raise Invalid("Name both scope and name, or neither.", field="name")
    asked = verdicts.want(here.store, here.config, auth.actor().code, scope, name, _reach())
    here.ring("reconcile")
    return jsonify({"ok": True, "asked": asked}), 202


@_at_both("POST", "/reconciliations/items/<int:n>/settle")
@describe(body=shapes.SETTLE, answer=shapes.SETTLED_DIFFERENCE, refuses=(409,))
@auth.needs("z_read", within=True)
def settle(n: int) -> ResponseReturnValue:
    here = parts()
    item = reconciliations.settle(here.store, n, text(json_object(), "reason"), auth.actor().code, _reach())
    return jsonify({"ok": True, "item": verdicts.shown(here.store, item, reader.seen(here.config))})


@bp.get("/reconciliation")
@auth.needs("z_read")
def page() -> ResponseReturnValue:
    here = parts()
    return render_template("reconciliations.html", **verdicts.overview(here.store, reader.seen(here.config), _page()))


@bp.get("/reconciliation/<scope>/<name>")
@auth.needs("z_read")
def page_of_one(scope: str, name: str) -> ResponseReturnValue:
    here = parts()
    return render_template("reconciliation.html", **verdicts.detail(here.store, reader.seen(here.config), scope, name))


def _reach() -> Reach:
    return frame.reach() if auth.at_console() else auth.reach_of()


def _page() -> int:
    return request.args.get("page", 1, type=int)
