"""Baskets set aside.

POST /api/hold                sell   {basket, title, total?} -> 201 {held, count, duplicate}; again 200
GET  /api/held                sell   {held, taken, count, hub_away}
POST /api/held/<id>/resume    sell   {act, again?} -> {basket, held}; 409 taken, hub_away
POST /api/held/<id>/discard   sell   {reason} -> {held, count}
"""

from __future__ import annotations

from types import ModuleType

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import held, hub_held
from pos.web import auth
from pos.web import shapes_selling as shapes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import Parts, parts

bp = Blueprint("held", __name__)


@bp.post("/api/hold")
@describe(body=shapes.HOLD, answer=shapes.IS_HELD, made=True, refuses=(409,))
@auth.needs("sell")
def hold() -> ResponseReturnValue:
    body, here = json_object(), parts()
    done = held.hold(
        here.store, here.config, body.get("basket") or {}, text(body, "title"), body.get("total"), auth.actor()
    )
    if here.config.hub.url:
        here.ring("held")
    return jsonify({"ok": True, **done}), 200 if done["duplicate"] else 201


@bp.get("/api/held")
@describe(answer=shapes.ALL_HELD)
@auth.needs("sell")
def listed() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **_of(here).listed(here.store, here.config)})


@bp.post("/api/held/<key>/resume")
@describe(body=shapes.RESUME, answer=shapes.RESUMED, refuses=(409,))
@auth.needs("sell")
def resume(key: str) -> ResponseReturnValue:
    body, here = json_object(), parts()
    again = body.get("again") is True
    done = _of(here).resume(here.store, here.config, key, text(body, "act", 36), auth.actor(), again=again)
    return jsonify({"ok": True, **done})


@bp.post("/api/held/<key>/discard")
@describe(body=shapes.DISCARD, answer=shapes.DISCARDED, refuses=(409,))
@auth.needs("sell")
def discard(key: str) -> ResponseReturnValue:
    body, here = json_object(), parts()
    done = _of(here).discard(here.store, here.config, key, text(body, "reason"), auth.actor())
    return jsonify({"ok": True, **done})


def _of(here: Parts) -> ModuleType:
    """Who knows the baskets of the shop: a till with a hub asks it."""
    return hub_held if here.config.hub.url else held
