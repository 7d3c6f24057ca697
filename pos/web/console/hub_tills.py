"""Tills of this hub: enrolled by a one-time code, how far each is, and what a person decides of them.

GET  /api/console/hub/tills?show=           operate, people   {rows: [HubTill]}
GET  /console/hub/tills.csv?show=           operate, people   the same for a spreadsheet
POST /api/console/hub/tills                 people            {name, company?, shop?} -> 201 {secret, minutes, row}
POST /api/console/hub/tills/<key>/again     people            {secret, minutes, row}; the old key works till then
POST /api/console/hub/tills/<key>/keep      people            the same for the one that stays of two
POST /api/console/hub/tills/<key>/rename    people            {name} -> {row}
POST /api/console/hub/tills/<key>/move      people            {company?, shop?} -> {row}; 409 once it has documents
POST /api/console/hub/tills/<key>/revoke    people            {row}; nothing is taken from it any more

show: on or all. secret: the code to type on the till with `pos_server.py hub join`, shown this once. The page is
/console/tills.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import hub_views
from pos.errors import NotFound
from pos.said import said
from pos.store import companies, hub_places, hub_tills
from pos.store import reach as within
from pos.store.companies import Place
from pos.store.db import Store
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.describe import describe
from pos.web.hub import gate
from pos.web.parts import parts
from pos.web.shapes import words

bp = Blueprint("console_hub_tills", __name__)

_SHOW = {"show": words("on", "all")}


@bp.get("/api/console/hub/tills")
@describe(query=_SHOW, answer=shapes.HUB_TILLS, refuses=(404,))
@auth.needs("operate", "people", within=True)
def listed() -> ResponseReturnValue:
    return jsonify({"ok": True, "rows": _rows()})


@bp.get("/console/hub/tills.csv")
@auth.needs("operate", "people", within=True)
def export() -> ResponseReturnValue:
    return lists.as_csv("tills", hub_views.CSV, _rows())


@bp.post("/api/console/hub/tills")
@describe(body=shapes.NEW_HUB_TILL, answer=shapes.HUB_CODE, status=201, refuses=(404, 409))
@auth.needs("people", within=True)
def add() -> ResponseReturnValue:
    gate.is_hub()
    body = json_object()
    name, place = text(body, "name", 200), _place(body)
    code = hub_tills.add(parts().store, name, auth.actor().code, place)
    return jsonify(_made(code, hub_tills.one(parts().store, name).id)), 201


@bp.post("/api/console/hub/tills/<key>/again")
@describe(answer=shapes.HUB_CODE, refuses=(409,))
@auth.needs("people", within=True)
def again(key: str) -> ResponseReturnValue:
    return _code(key, hub_tills.again)


@bp.post("/api/console/hub/tills/<key>/keep")
@describe(answer=shapes.HUB_CODE, refuses=(409,))
@auth.needs("people", within=True)
def keep(key: str) -> ResponseReturnValue:
    return _code(key, hub_tills.keep)


@bp.post("/api/console/hub/tills/<key>/rename")
@describe(body=shapes.NEW_MACHINE, answer=shapes.HUB_TILL_ROW, refuses=(409,))
@auth.needs("people", within=True)
def rename(key: str) -> ResponseReturnValue:
    _inside(key)
    hub_tills.rename(parts().store, key, text(json_object(), "name", 200), auth.actor().code)
    return jsonify({"ok": True, "row": _row(key)})


@bp.post("/api/console/hub/tills/<key>/move")
@describe(body=shapes.MOVE_TILL, answer=shapes.HUB_TILL_ROW, refuses=(409,))
@auth.needs("people", within=True)
def move(key: str) -> ResponseReturnValue:
    _inside(key)
    hub_places.move(parts().store, hub_tills.one(parts().store, key).id, _place(json_object()), auth.actor().code)
    return jsonify({"ok": True, "row": _row(key)})


@bp.post("/api/console/hub/tills/<key>/revoke")
@describe(answer=shapes.HUB_TILL_ROW, refuses=(409,))
@auth.needs("people", within=True)
def revoke(key: str) -> ResponseReturnValue:
    _inside(key)
    hub_tills.revoke(parts().store, key, auth.actor().code)
    return jsonify({"ok": True, "row": _row(key)})


def _inside(key: str) -> None:
    """NotFound for a till that is not there, or not for whoever asks."""
    gate.is_hub()
    if not auth.reach_of().has(hub_tills.whichever(parts().store, key).place):
        raise NotFound(said("There is no such till here."), field="till")


def _place(body: dict[str, Any]) -> Place:
    """Where a till is to stand: as the body says, else the first place of whoever asks."""
    store, reach = parts().store, auth.reach_of()
    company, shop = text(body, "company", 30), text(body, "shop", 30)
    if not company and not shop and not reach.is_all:
        first = within.shops_in(store, reach)
        company, shop = (first[0].company, first[0].id) if first else ("", "")
    place = companies.place(store, company, shop)
    if not reach.has(place):
        raise NotFound(said("There is no shop {name} here.", name=place.shop), field="shop")
    return place


def _rows() -> list[dict[str, Any]]:
    gate.is_hub()
    here = parts()
    return hub_views.listed(here.store, here.config, revoked=request.args.get("show") == "all", reach=frame.reach())


def _row(key: str) -> dict[str, Any]:
    here = parts()
    return hub_views.one(here.store, here.config, key)


def _code(key: str, make: Callable[[Store, str, str], str]) -> ResponseReturnValue:
    _inside(key)
    return jsonify(_made(make(parts().store, key, auth.actor().code), key))


def _made(code: str, key: str) -> dict[str, Any]:
    return {"ok": True, "secret": code, "minutes": hub_tills.CODE_MINUTES, "row": _row(key)}
